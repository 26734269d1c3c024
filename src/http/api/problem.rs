//! Errors as problem+json (RFC 9457), from the error catalogue.

use axum::{
    Json,
    extract::{
        RawPathParams, Request,
        rejection::{JsonRejection, QueryRejection, RawPathParamsRejection},
    },
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use punchgate_app::{
    DatabaseError,
    accounts::AccountsError,
    connectors::ConnectorSourceError,
    credit::CheckoutError,
    directory::{DirectoryError, entries::MappingError},
    inbound::AdmitError,
    jobs::JobError,
    offers::OffersError,
    orders::operator::OperatorError,
    quarantine::KeptError,
};
use punchgate_domain::catalogue::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem on its way out.
#[derive(Debug)]
pub struct ApiProblem {
    problem: Problem,
    detail: String,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemBody {
    /// Stable: the code of the error catalogue behind a fixed prefix.
    #[serde(rename = "type")]
    kind: String,
    /// What is wrong in general.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What is wrong here.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Stable, kebab-case.
    code: &'static str,
    /// Whether the same request may succeed later.
    retryable: bool,
}

impl ApiProblem {
    /// With what is wrong here.
    pub(super) fn new(problem: Problem, detail: impl Into<String>) -> Self {
        Self {
            problem,
            detail: detail.into(),
        }
    }

    /// With the catalogue's words.
    pub(in crate::http) fn plain(problem: Problem) -> Self {
        Self::new(problem, "")
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let entry = self.problem.entry();
        let status = StatusCode::from_u16(entry.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            kind: format!("urn:punchgate:problem:{}", entry.code),
            title: entry.partner_text,
            status: entry.http,
            detail: self.detail,
            code: entry.code,
            retryable: entry.retryable,
        };
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            Json(body),
        )
            .into_response()
    }
}

impl From<OffersError> for ApiProblem {
    fn from(error: OffersError) -> Self {
        match error {
            OffersError::Accounts(error) => error.into(),
            OffersError::Directory(error) => error.into(),
            OffersError::NotTold { .. } => Self::new(error.problem(), error.to_string()),
            OffersError::Source(ConnectorSourceError::Storage(error)) => error.into(),
            // What an ERP says of its trouble is for the log.
            OffersError::Erp { ref connector, .. } => {
                tracing::warn!(%error, "the ERP gave no answer to the API");
                Self::new(error.problem(), format!("connector '{connector}' gave no answer"))
            }
            OffersError::Source(ref source) => {
                tracing::warn!(error = %source, "a connector that the API asks for cannot be used");
                Self::plain(error.problem())
            }
        }
    }
}

impl From<DatabaseError> for ApiProblem {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "the database gave no answer to the API");
        Self::plain(Problem::Internal)
    }
}

impl From<AccountsError> for ApiProblem {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Storage(error) => error.into(),
            other => Self::new(other.problem(), other.to_string()),
        }
    }
}

impl From<CheckoutError> for ApiProblem {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Accounts(error) => error.into(),
            CheckoutError::Directory(error) => Self::new(error.problem(), error.to_string()),
        }
    }
}

impl From<AdmitError> for ApiProblem {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Refused { problem, details } => Self::new(problem, details),
            AdmitError::Directory(error) => error.into(),
            AdmitError::Storage(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for ApiProblem {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Storage(error) => error.into(),
            other => Self::new(other.problem(), other.to_string()),
        }
    }
}

impl From<MappingError> for ApiProblem {
    fn from(error: MappingError) -> Self {
        match error {
            MappingError::Directory(error) => error.into(),
            refused @ MappingError::Refused(_) => Self::new(Problem::Validation, refused.to_string()),
        }
    }
}

impl From<KeptError> for ApiProblem {
    fn from(error: KeptError) -> Self {
        match error {
            KeptError::Refused { problem, details } => Self::new(problem, details),
            KeptError::Storage(error) => error.into(),
        }
    }
}

impl From<JobError> for ApiProblem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Refused { problem, details } => Self::new(problem, details),
            JobError::Storage(error) => error.into(),
        }
    }
}

impl From<OperatorError> for ApiProblem {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Refused { problem, details } => Self::new(problem, details),
            OperatorError::Storage(error) => error.into(),
            other => {
                tracing::error!(error = %other, "a person's decision could not be carried out");
                Self::plain(Problem::Internal)
            }
        }
    }
}

impl From<JsonRejection> for ApiProblem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::plain(Problem::MediaTypeUnsupported),
            other => Self::new(Problem::Validation, other.body_text()),
        }
    }
}

impl From<QueryRejection> for ApiProblem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Problem::Validation, rejection.body_text())
    }
}

/// A path whose bytes are no text is the address of nothing; axum alone would say so in plain text.
pub(super) async fn of_text(
    path: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    match path {
        Ok(_) => next.run(request).await,
        Err(_) => ApiProblem::plain(Problem::NotFound).into_response(),
    }
}

/// No such address.
pub(super) async fn not_found() -> ApiProblem {
    ApiProblem::plain(Problem::NotFound)
}

/// The address is there, the method is not.
pub(super) async fn method_not_allowed() -> ApiProblem {
    ApiProblem::plain(Problem::MethodNotAllowed)
}
