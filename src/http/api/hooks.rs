//! Webhooks of suppliers' systems. No bearer key: the message proves where it comes from.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{OriginalUri, Path, State as Handed},
    http::{HeaderMap, Method, StatusCode},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use punchgate_app::hooks::{HookError, Incoming, Receipt};
use punchgate_domain::catalogue::Problem;

use super::{
    super::{State, remote::Remote},
    problem::{ApiProblem, ProblemBody},
};

/// Largest message; most are a hundredth of it.
const MOST_BYTES: usize = 1024 * 1024;

/// Takes a webhook of a shop or ERP, signed as `[supplier.connector.webhook]` says: what it is about is read soon.
///
/// Nothing of its body is kept. 202: taken; 200: it was taken before. A wrong signature, a connector that there is not and
/// one that is switched off are answered alike.
#[utoipa::path(post, path = "/api/v1/hooks/{supplier}/{connector}",
    params(("supplier" = String, Path), ("connector" = String, Path)), request_body(content = String, content_type = "*/*"),
    responses((status = 202), (status = 200), (status = 401, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)), security(()), tag = "webhooks")]
pub(super) async fn receive(
    Handed(gateway): Handed<State>,
    Path((supplier, connector)): Path<(String, String)>,
    remote: Remote,
    method: Method,
    OriginalUri(address): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiProblem> {
    let hooks = &gateway.hooks;
    let admitted = hooks.admit(remote.0, &supplier, &connector).await?;
    let body = match read(body, gateway.config.limits.body).await {
        Ok(body) => body,
        Err(problem) => {
            hooks.unread(&admitted);
            return Err(problem);
        }
    };
    let path = address.path_and_query().map_or("", |path| path.as_str());
    let incoming = Incoming {
        method: method.as_str(),
        url: &gateway.config.server.public_address(path.trim_start_matches('/')),
        headers: &headers,
        body: &body,
    };
    match hooks.receive(admitted, &incoming).await? {
        Receipt::Taken => Ok(StatusCode::ACCEPTED),
        Receipt::Repeated => Ok(StatusCode::OK),
    }
}

/// The whole body, within its size and time.
async fn read(body: Body, within: Duration) -> Result<Vec<u8>, ApiProblem> {
    match tokio::time::timeout(within, Limited::new(body, MOST_BYTES).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiProblem::plain(Problem::DocumentTooLarge)),
        _ => Err(ApiProblem::plain(Problem::BodyTruncated)),
    }
}

impl From<HookError> for ApiProblem {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Refused => Self::plain(Problem::SignatureInvalid),
            HookError::TooMany => Self::plain(Problem::Overloaded),
            HookError::Storage(error) => error.into(),
        }
    }
}
