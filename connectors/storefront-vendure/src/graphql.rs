//! One GraphQL request, and what its failures mean.
//!
//! **Invariant:** what the plugin says no to was rolled back. What Vendure fails at inside, what came from elsewhere
//! and what cannot be read proves nothing about a change.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, Endpoint, ErrorKind,
    egress::{Request, Response},
    error::Effect,
    published::Mismatch,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

const KEY_HEADER: HeaderName = HeaderName::from_static("vendure-api-key");
const CHANNEL_HEADER: HeaderName = HeaderName::from_static("vendure-token");

/// The Admin API of a shop, as the owner of a key.
#[derive(Clone, Debug)]
pub(crate) struct AdminApi {
    pub(crate) endpoint: Endpoint,
    pub(crate) url: url::Url,
    pub(crate) key: HeaderValue,
    pub(crate) channel: Option<HeaderValue>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The connector's operation, for errors.
    pub(crate) operation: &'static str,
    /// Whether it changes something.
    pub(crate) effect: Effect,
    /// The document.
    pub(crate) document: &'a str,
    /// The one field of the answer.
    pub(crate) field: &'static str,
}

#[derive(Serialize)]
struct Question<'a, V> {
    query: &'a str,
    variables: &'a V,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    errors: Vec<GraphQlError>,
}

#[derive(Deserialize)]
struct GraphQlError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    code: Option<String>,
    reason: Option<String>,
}

impl Call<'_> {
    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ConnectorError {
        ConnectorError::new(kind, self.operation, message)
    }

    /// What cannot be read: of a change, the outcome is unseen.
    fn unreadable(&self, message: impl Into<String>) -> ConnectorError {
        let kind = match self.effect {
            Effect::Read => ErrorKind::Schema,
            Effect::Change => ErrorKind::Unknown,
        };
        self.error(kind, message)
    }

    /// An answer that is there, but not as agreed.
    pub(crate) fn mismatch(&self, mismatch: Mismatch) -> ConnectorError {
        mismatch.into_error(self.operation, self.effect)
    }
}

impl AdminApi {
    /// Asks, and reads the one field of the answer.
    pub(crate) async fn ask<A: DeserializeOwned>(
        &self,
        ctx: &Context,
        call: Call<'_>,
        variables: &(impl Serialize + Sync),
    ) -> ConnectorResult<A> {
        let question = Question {
            query: call.document,
            variables,
        };
        let body = serde_json::to_vec(&question)
            .map_err(|error| call.error(ErrorKind::Invalid, error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(KEY_HEADER, self.key.clone());
        if let Some(channel) = &self.channel {
            headers.insert(CHANNEL_HEADER, channel.clone());
        }
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Bytes::from(body),
            limits: self.endpoint.limits(call.effect),
        };
        let answer = ctx
            .send(request)
            .await
            .map_err(|error| ConnectorError::from_egress(call.operation, call.effect, &error))?;
        tracing::debug!(
            field = call.field,
            status = answer.status.as_u16(),
            bytes = answer.body.len(),
            "answered"
        );
        read(&call, &answer)
    }
}

/// Reads an answer.
fn read<A: DeserializeOwned>(call: &Call<'_>, answer: &Response) -> ConnectorResult<A> {
    let body: Option<Answer> = serde_json::from_slice(&answer.body).ok();
    // A document that the shop does not understand is answered with 400 and errors.
    let graphql = body.filter(|_| matches!(answer.status, StatusCode::OK | StatusCode::BAD_REQUEST));
    let Some(body) = graphql else {
        return Err(by_status(call, answer));
    };
    if let Some(error) = body.errors.into_iter().next() {
        return Err(refusal(call, error));
    }
    let value = body.data.and_then(|mut data| data.remove(call.field));
    let Some(value) = value else {
        return Err(call.unreadable(format!("an answer without {}", call.field)));
    };
    serde_json::from_value(value).map_err(|error| call.mismatch(Mismatch::new(call.field, error)))
}

/// What GraphQL's errors mean, by their codes.
fn refusal(call: &Call<'_>, error: GraphQlError) -> ConnectorError {
    let GraphQlError {
        message,
        extensions: Extensions { code, reason },
    } = error;
    let kind = match code.as_deref() {
        Some("PUNCHOUT_NOT_FOUND") => ErrorKind::NotFound,
        Some("PUNCHOUT_CONFLICT") => ErrorKind::Conflict,
        Some("PUNCHOUT_INVALID") => ErrorKind::Invalid,
        Some("FORBIDDEN") => {
            let message = "the shop does not know secrets.api_key, or its role lacks the permission Punchout";
            return call.error(ErrorKind::Auth, message);
        }
        Some("CHANNEL_NOT_FOUND") => {
            let message = "the shop has no channel with settings.channel_token";
            return call.error(ErrorKind::Invalid, message);
        }
        Some("GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED" | "BAD_USER_INPUT") => {
            let message = format!("{message}; is the plugin in the shop, in a version that fits?");
            return call.error(ErrorKind::Invalid, message);
        }
        // Said after something may have been written.
        _ => {
            return match call.effect {
                Effect::Read => call.error(ErrorKind::Temporary, format!("the shop failed: {message}")),
                Effect::Change => call.error(ErrorKind::Unknown, format!("the shop failed: {message}")),
            };
        }
    };
    let error = call.error(kind, message);
    match reason {
        Some(reason) => error.with_code(reason),
        None => error,
    }
}

fn by_status(call: &Call<'_>, answer: &Response) -> ConnectorError {
    let status = answer.status;
    let said = format!("status {} ({})", status.as_u16(), content_type(answer));
    match status {
        StatusCode::UNAUTHORIZED => call.error(ErrorKind::Auth, format!("{said}: we are not known there")),
        StatusCode::FORBIDDEN => call.error(
            ErrorKind::Forbidden,
            format!("{said}: something before the shop refuses us"),
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            let after = retry_after(answer);
            call.error(
                ErrorKind::RateLimited { after },
                format!("{said}: too many requests"),
            )
        }
        _ if status.is_client_error() => {
            let message =
                format!("{said}: is the Admin API at settings.base_url and settings.admin_api_path?");
            call.error(ErrorKind::Invalid, message)
        }
        _ if status.is_server_error() && call.effect == Effect::Read => {
            call.error(ErrorKind::Temporary, format!("{said}: the shop is not available"))
        }
        _ if status.is_redirection() => call.unreadable(format!(
            "{said}: redirects are not followed, correct settings.base_url"
        )),
        _ => call.unreadable(format!("{said}: not the answer of a GraphQL API")),
    }
}

fn content_type(answer: &Response) -> &str {
    answer
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type")
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
