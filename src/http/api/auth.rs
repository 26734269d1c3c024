//! Who calls: a bearer key of one supplier, with scopes.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use punchgate_app::{
    api_keys::{self, ApiKey, ApiKeyError, Scope},
    clock::micros,
};
use punchgate_domain::catalogue::Problem;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};

use super::{
    super::{State, remote::Remote},
    problem::ApiProblem,
};

/// A caller whose key is valid.
#[derive(Debug)]
pub(super) struct Caller(pub ApiKey);

impl Caller {
    /// Refuses a caller whose key may not do this.
    pub(super) fn require(&self, scope: Scope) -> Result<(), ApiProblem> {
        if self.0.may(scope) {
            return Ok(());
        }
        Err(ApiProblem::new(
            Problem::ScopeInsufficient,
            format!("the key lacks the scope {scope}"),
        ))
    }

    /// Who it is, for histories.
    pub(super) fn name(&self) -> String {
        format!("api:{}", self.0.id)
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiProblem> {
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        });
        let Some(token) = token else {
            refused(parts, state).await;
            return Err(ApiProblem::plain(Problem::BearerMissing));
        };
        match api_keys::verify(&state.surroundings, &token).await {
            Ok(key) => {
                tracing::Span::current().record("supplier", key.supplier.as_str());
                Ok(Self(key))
            }
            Err(ApiKeyError::Invalid) => {
                refused(parts, state).await;
                Err(ApiProblem::plain(Problem::BearerInvalid))
            }
            Err(ApiKeyError::Storage(error)) => Err(error.into()),
        }
    }
}

/// Whoever guesses may guess less often.
async fn refused(parts: &mut Parts, state: &State) {
    let Ok(Remote(from)) = Remote::from_request_parts(parts, state).await;
    state.throttle.refused(from, micros(state.surroundings.now()));
}

/// Says in the description that every address takes a bearer key.
#[derive(Debug)]
pub(super) struct BearerScheme;

impl utoipa::Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        document.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    }
}
