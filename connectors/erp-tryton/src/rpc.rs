//! One JSON-RPC call, and what its failures mean.
//!
//! **Invariant:** what Tryton itself says no to (an `error` in its answer) was rolled back. What came from
//! elsewhere, or cannot be read, proves nothing about a change.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use punchgate_connector::{
    ConnectorError, Context, Endpoint, ErrorKind,
    egress::{Request, Response},
    endpoint::BasicCredentials,
    error::Effect,
};
use punchgate_domain::Instant;
use serde_json::{Value, json};

/// Tryton over an endpoint, as one user.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: BasicCredentials,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the method returned.
    pub(crate) result: Value,
    /// The server's clock when it answered, in whole seconds.
    pub(crate) at: Option<Instant>,
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A rule of Tryton refuses, in its words; nothing was changed.
    Refused(Refused),
    /// The record has another time stamp than the one that was expected; nothing was changed.
    Stale(String),
    /// Anything else.
    Error(ConnectorError),
}

/// A rule of Tryton refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// For people, in the language of our user.
    pub(crate) message: String,
    /// More of it; our module writes a code here.
    pub(crate) detail: String,
    /// Of a warning, which a person could pass over: its name.
    pub(crate) warning: Option<String>,
}

impl Fault {
    /// As an error, where a refusal is nothing special.
    pub(crate) fn into_error(self, operation: &'static str) -> ConnectorError {
        match self {
            Self::Refused(refused) => ConnectorError::new(ErrorKind::Rejected, operation, refused.message),
            Self::Stale(message) => ConnectorError::new(ErrorKind::Conflict, operation, message),
            Self::Error(error) => error,
        }
    }
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The connector's operation, for errors.
    pub(crate) operation: &'static str,
    /// Whether it changes something.
    pub(crate) effect: Effect,
    /// The method: `model.party.party.search_read`.
    pub(crate) method: &'a str,
}

impl Call<'_> {
    fn fault(&self, kind: ErrorKind, message: impl Into<String>) -> Fault {
        Fault::Error(ConnectorError::new(kind, self.operation, message).with("method", self.method))
    }

    /// What cannot be read: of a change, the outcome is unseen.
    fn unreadable(&self, message: impl Into<String>) -> Fault {
        let kind = match self.effect {
            Effect::Read => ErrorKind::Schema,
            Effect::Change => ErrorKind::Unknown,
        };
        self.fault(kind, message)
    }
}

impl Rpc {
    /// Calls a method. The last of the parameters of a model's method is its context.
    pub(crate) async fn call(&self, ctx: &Context, call: Call<'_>, params: Value) -> Result<Answer, Fault> {
        self.at(ctx, "rpc/", call, params).await
    }

    /// Calls a method of the server, which is above its databases.
    pub(crate) async fn server(&self, ctx: &Context, call: Call<'_>) -> Result<Answer, Fault> {
        self.at(ctx, "../rpc/", call, json!([])).await
    }

    async fn at(&self, ctx: &Context, path: &str, call: Call<'_>, params: Value) -> Result<Answer, Fault> {
        let id = ctx.next_request_id();
        // With other keys than these three Tryton answers in another way.
        let body = json!({"id": id, "method": call.method, "params": params});
        let url = self
            .endpoint
            .base
            .join(path)
            .map_err(|error| call.fault(ErrorKind::Invalid, error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, self.credentials.header());
        let request = Request {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from(body.to_string()),
            limits: self.endpoint.limits(call.effect),
        };
        let answer = ctx.send(request).await.map_err(|error| {
            Fault::Error(ConnectorError::from_egress(call.operation, call.effect, &error))
        })?;
        tracing::debug!(
            method = call.method,
            request_id = %id,
            status = answer.status.as_u16(),
            bytes = answer.body.len(),
            "answered"
        );
        read(&call, &id, &answer)
    }
}

/// Reads an answer.
fn read(call: &Call<'_>, id: &str, answer: &Response) -> Result<Answer, Fault> {
    if answer.status != StatusCode::OK {
        return Err(by_status(call, answer));
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&answer.body) else {
        return Err(call.unreadable(format!(
            "an answer that is not Tryton's ({})",
            content_type(answer)
        )));
    };
    if body.get("id").and_then(Value::as_str) != Some(id) {
        return Err(call.unreadable("the answer to another request"));
    }
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        return Err(refusal(call, error));
    }
    match body.remove("result") {
        Some(result) => Ok(Answer {
            result,
            at: server_time(answer),
        }),
        None => Err(call.unreadable("an answer without result and without error")),
    }
}

/// What Tryton says no with: `["UserError", [message, description, …]]`, or the text of a Python exception.
fn refusal(call: &Call<'_>, error: &Value) -> Fault {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text(error.get(0));
    let said = error.get(1);
    let of_said = |at: usize| text(said.and_then(|said| said.get(at)));
    match name.as_str() {
        "UserError" => Fault::Refused(Refused {
            message: of_said(0),
            detail: of_said(1),
            warning: None,
        }),
        "UserWarning" => Fault::Refused(Refused {
            message: of_said(1),
            detail: of_said(2),
            warning: Some(of_said(0)),
        }),
        "ConcurrencyException" => Fault::Stale(text(said)),
        "LoginException" => call.fault(
            ErrorKind::Auth,
            "Tryton wants another way to log in: use a user with a password",
        ),
        "RateLimitException" => call.fault(ErrorKind::RateLimited { after: None }, "too many requests"),
        // A fault inside Tryton; its transaction is rolled back. Most often a field or model that is not there.
        other => call.fault(ErrorKind::Invalid, format!("Tryton failed: {other}")),
    }
}

fn by_status(call: &Call<'_>, answer: &Response) -> Fault {
    let status = answer.status;
    let said = format!("status {} ({})", status.as_u16(), content_type(answer));
    match status {
        StatusCode::UNAUTHORIZED => call.fault(
            ErrorKind::Auth,
            format!("{said}: Tryton does not know settings.user with secrets.password"),
        ),
        StatusCode::FORBIDDEN => call.fault(
            ErrorKind::Forbidden,
            format!("{said}: the method may not be called; is the Tryton module there that has it?"),
        ),
        StatusCode::TOO_MANY_REQUESTS => call.fault(
            ErrorKind::RateLimited {
                after: retry_after(answer),
            },
            format!("{said}: too many requests, or too many wrong passwords"),
        ),
        _ if status.is_client_error() => call.fault(
            ErrorKind::Invalid,
            format!("{said}: does settings.base_url end with the database's name?"),
        ),
        _ if status.is_server_error() && call.effect == Effect::Read => call.fault(
            ErrorKind::Temporary,
            format!("{said}: not available, or a database that is not there"),
        ),
        _ if status.is_redirection() => call.unreadable(format!(
            "{said}: redirects are not followed, correct settings.base_url"
        )),
        _ => call.unreadable(said),
    }
}

fn content_type(answer: &Response) -> &str {
    answer
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type")
}

fn server_time(answer: &Response) -> Option<Timestamp> {
    let text = answer.headers.get(header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
