//! One signed request, one verified answer.
//!
//! **Invariant:** an answer that does not verify is believed in nothing. Of a change, its outcome is then
//! unknown, whatever its status says. The one exception is a 401 problem of kind `auth`: who shares no secret
//! with us cannot sign.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use punchgate_egress::{Limits, Request, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Connection, VERSION,
    problem::{Problem, unreadable},
};
use crate::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    error::Effect,
    webhook_signature::{self, SignatureError, SignedHeaders},
};

/// Speaks a published protocol over a connection.
#[derive(Clone, Debug)]
pub struct SignedJson {
    connection: Connection,
}

/// What every request has.
#[derive(Serialize)]
struct Envelope<'a, Q> {
    version: u32,
    operation: &'static str,
    request_id: &'a str,
    #[serde(flatten)]
    request: &'a Q,
}

impl SignedJson {
    /// Over this connection.
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Asks for an operation and reads its answer.
    pub async fn call<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        request: &Q,
    ) -> ConnectorResult<A> {
        let id = ctx.next_request_id();
        let outgoing = self.request(ctx, operation, effect, &id, request)?;
        let answer = ctx
            .send(outgoing)
            .await
            .map_err(|error| ConnectorError::from_egress(operation, effect, &error))?;
        tracing::debug!(
            operation,
            request_id = %id,
            status = answer.status.as_u16(),
            bytes = answer.body.len(),
            "answered"
        );
        self.read(ctx, operation, effect, &id, &answer)
    }

    fn request<Q: Serialize>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        id: &str,
        request: &Q,
    ) -> ConnectorResult<Request> {
        let invalid = |problem: String| ConnectorError::new(ErrorKind::Invalid, operation, problem);
        let envelope = Envelope {
            version: VERSION,
            operation,
            request_id: id,
            request,
        };
        let body = serde_json::to_vec(&envelope).map_err(|error| invalid(error.to_string()))?;
        let url = self
            .connection
            .base
            .join(operation)
            .map_err(|error| invalid(error.to_string()))?;
        let signed = self.connection.secrets.sign(id, ctx.now(), &body);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/json, application/problem+json"),
        );
        for (name, value) in [
            (webhook_signature::ID, signed.id),
            (webhook_signature::TIMESTAMP, signed.timestamp),
            (webhook_signature::SIGNATURE, signed.signature),
        ] {
            let value = HeaderValue::from_str(&value).map_err(|error| invalid(error.to_string()))?;
            headers.insert(name, value);
        }
        let timeout = match effect {
            Effect::Read => self.connection.read_timeout,
            Effect::Change => self.connection.change_timeout,
        };
        Ok(Request {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from(body),
            limits: Limits {
                timeout,
                max_response_bytes: self.connection.max_response_bytes,
            },
        })
    }

    fn read<A: DeserializeOwned>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        id: &str,
        answer: &Response,
    ) -> ConnectorResult<A> {
        if let Err(error) = self.verify(ctx, id, answer) {
            return Err(unverified(operation, effect, answer, &error));
        }
        if answer.status == StatusCode::OK {
            // By way of a value: with `arbitrary_precision`, a tagged or flattened type cannot read an integer
            // straight from the text.
            return serde_json::from_slice::<serde_json::Value>(&answer.body)
                .and_then(serde_json::from_value)
                .map_err(|error| {
                    unreadable(operation, effect, format!("the answer is not as agreed: {error}"))
                });
        }
        Err(match Problem::read(&answer.body) {
            Some(problem) => problem.into_error(operation, effect, retry_after(ctx, answer)),
            None => unreadable(
                operation,
                effect,
                format!("status {} without a problem document", answer.status.as_u16()),
            ),
        })
    }

    fn verify(&self, ctx: &Context, id: &str, answer: &Response) -> Result<(), SignatureError> {
        let headers = SignedHeaders::read(&answer.headers)?;
        self.connection
            .secrets
            .verify(&headers, ctx.now(), &answer.body)?;
        // Well signed, but the answer to another request.
        if headers.id == id {
            Ok(())
        } else {
            Err(SignatureError::Header(webhook_signature::ID))
        }
    }
}

/// What an answer comes to that nobody vouches for.
fn unverified(
    operation: &'static str,
    effect: Effect,
    answer: &Response,
    error: &SignatureError,
) -> ConnectorError {
    let status = answer.status;
    let problem = (status == StatusCode::UNAUTHORIZED)
        .then(|| Problem::read(&answer.body))
        .flatten()
        .filter(|problem| problem.kind == "auth");
    if let Some(problem) = problem {
        return problem
            .into_error(operation, effect, None)
            .with("answer", error.to_string());
    }
    let kind = match effect {
        Effect::Change => ErrorKind::Unknown,
        Effect::Read if status == StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited {
            after: seconds(answer),
        },
        Effect::Read if status.is_server_error() => ErrorKind::Temporary,
        Effect::Read => ErrorKind::Schema,
    };
    let content = answer
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type");
    let hint = if status.is_redirection() {
        "; redirects are not followed, correct the base address"
    } else {
        ""
    };
    let message = format!(
        "an answer that does not verify (status {}, {content}): {error}{hint}",
        status.as_u16()
    );
    ConnectorError::new(kind, operation, message)
}

/// Retry-After as seconds or as a date.
pub fn retry_after(ctx: &Context, answer: &Response) -> Option<Duration> {
    seconds(answer).or_else(|| {
        let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Some(Duration::try_from(at.duration_since(ctx.now())).unwrap_or_default())
    })
}

fn seconds(answer: &Response) -> Option<Duration> {
    let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
