//! `POST /cxml` and `POST /cxml/{relationship}`: any cXML request.

use axum::{
    body::Body,
    extract::{Path, State as Handed, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use punchgate_app::inbound::{Arrival, Reply};
use punchgate_domain::catalogue::Problem;

use super::{State, remote::Remote};

/// The document says which relationship.
pub(super) async fn any(
    Handed(gateway): Handed<State>,
    remote: Remote,
    headers: HeaderMap,
    body: Body,
) -> Response {
    receive(gateway, remote, None, &headers, body).await
}

/// The address says which relationship.
pub(super) async fn of_relationship(
    Handed(gateway): Handed<State>,
    relationship: Result<Path<String>, PathRejection>,
    remote: Remote,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // Bytes that are no text name no relationship, and are refused as any other wrong address.
    let relationship = relationship.map_or_else(|_| "\u{FFFD}".to_owned(), |Path(text)| text);
    receive(gateway, remote, Some(relationship), &headers, body).await
}

/// Another method than POST: somebody looks with a browser, or a suite tries the address.
pub(super) async fn other_method(Handed(gateway): Handed<State>) -> Response {
    let mut answer = respond(gateway.inbound.refuse_unseen(Problem::MethodNotAllowed));
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let allow = HeaderValue::from_static("POST");
    answer.headers_mut().insert(header::ALLOW, allow);
    answer
}

async fn receive(
    gateway: State,
    remote: Remote,
    relationship: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let reply = match read(
        body,
        gateway.config.limits.document_bytes,
        gateway.config.limits.body,
    )
    .await
    {
        Ok(body) => {
            let at = gateway.surroundings.now();
            let arrival = Arrival {
                body,
                content_type,
                relationship,
                remote: remote.0,
                at,
            };
            // Too late for the sender is not too late for the document: what is stored after this is known when
            // it comes again.
            let answered =
                tokio::time::timeout(gateway.config.limits.answer, gateway.inbound.receive(arrival));
            answered
                .await
                .unwrap_or_else(|_| gateway.inbound.refuse_unseen(Problem::Overloaded))
        }
        Err(problem) => gateway.inbound.refuse_unseen(problem),
    };
    respond(reply)
}

/// Reads a body whole, within its size and time. Of one that is too large comes a little more than is allowed: it is
/// refused as such by what it begins with.
async fn read(mut body: Body, most: usize, within: std::time::Duration) -> Result<Vec<u8>, Problem> {
    let collected = tokio::time::timeout(within, async {
        let mut whole = Vec::new();
        while whole.len() <= most
            && let Some(frame) = body.frame().await
        {
            if let Ok(data) = frame.map_err(|_| Problem::BodyTruncated)?.into_data() {
                whole.extend_from_slice(&data);
            }
        }
        Ok(whole)
    });
    collected.await.unwrap_or(Err(Problem::BodyTruncated))
}

pub(super) fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        reply.body,
    )
        .into_response()
}
