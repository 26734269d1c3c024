//! The server's side of `docs/protocols/README.md`: what every signed call and answer has in common.
//!
//! Checks signature, version, operation, request id and replay; signs every answer. Knows no operation.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    Clock,
    signing::{self, SigningSecret},
};

/// How long a request id is remembered.
const REPLAY_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// The kinds of error that these peers give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Auth,
    NotFound,
    Conflict,
    Temporary,
    Unsupported,
    Invalid,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Temporary => "temporary",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Auth => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Temporary => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unsupported => StatusCode::NOT_IMPLEMENTED,
            Self::Invalid => StatusCode::BAD_REQUEST,
        }
    }
}

/// A problem of a call.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) fields: Vec<&'static str>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            detail: detail.into(),
            fields: Vec::new(),
        }
    }

    pub(crate) fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self {
            fields: vec![field],
            ..Self::new(Kind::Invalid, "field", detail)
        }
    }

    fn document(&self) -> Value {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .map(|field| json!({ "field": field, "code": self.code, "message": self.detail }))
            .collect();
        json!({
            "type": "about:blank", "title": self.kind.status().canonical_reason(),
            "status": self.kind.status().as_u16(), "kind": self.kind.name(), "code": self.code,
            "detail": self.detail, "fields": fields, "retry_after": null
        })
    }
}

/// What an operation answers.
pub(crate) type Answer = Result<Value, Problem>;

/// The door of a peer.
#[derive(Debug)]
pub(crate) struct Endpoint {
    secrets: Vec<SigningSecret>,
    clock: Arc<dyn Clock>,
    seen: Mutex<VecDeque<(Timestamp, String)>>,
}

impl Endpoint {
    pub(crate) fn new(secrets: Vec<SigningSecret>, clock: Arc<dyn Clock>) -> Self {
        Self {
            secrets,
            clock,
            seen: Mutex::default(),
        }
    }

    /// The request's object, if it may come in; `changes` says whether a replay would hurt.
    pub(crate) fn open(&self, operation: &str, changes: bool, headers: &HeaderMap, body: &[u8]) -> Answer {
        let now = self.clock.now();
        signing::verify(&self.secrets, headers, body, now)
            .map_err(|error| Problem::new(Kind::Auth, "signature", error.to_string()))?;
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| Problem::new(Kind::Invalid, "json", format!("the body is not JSON: {error}")))?;
        if request.get("version") != Some(&json!(1)) {
            return Err(Problem::new(
                Kind::Unsupported,
                "version",
                "this server speaks version 1 only",
            ));
        }
        if request.get("operation").and_then(Value::as_str) != Some(operation) {
            return Err(Problem::invalid(
                "operation",
                "differs from the last segment of the path",
            ));
        }
        let id = request_id(headers);
        if request.get("request_id").and_then(Value::as_str) != Some(id) || !is_request_id(id) {
            return Err(Problem::invalid(
                "request_id",
                "differs from webhook-id, or is not 1 to 128 characters of A-Z a-z 0-9 _ -",
            ));
        }
        if changes && !self.is_new(id, now) {
            return Err(Problem::new(
                Kind::Auth,
                "replayed",
                "this request id has been used in the last ten minutes; a repeated attempt takes a new one",
            ));
        }
        Ok(request)
    }

    /// The signed answer to the request with these headers.
    pub(crate) fn seal(&self, headers: &HeaderMap, answer: Answer) -> Response {
        let (status, content_type, document) = match answer {
            Ok(document) => (StatusCode::OK, "application/json", document),
            Err(problem) => (
                problem.kind.status(),
                "application/problem+json",
                problem.document(),
            ),
        };
        let body = document.to_string();
        let signed = signing::sign(
            &self.secrets,
            request_id(headers),
            self.clock.now(),
            body.as_bytes(),
        );
        let mut response = (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        for (name, value) in [
            ("webhook-id", signed.id),
            ("webhook-timestamp", signed.timestamp),
            ("webhook-signature", signed.signature),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    fn is_new(&self, id: &str, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.front().is_some_and(|(at, _)| *at + REPLAY_WINDOW < now) {
            seen.pop_front();
        }
        if seen.iter().any(|(_, known)| known == id) {
            return false;
        }
        seen.push_back((now, id.to_owned()));
        true
    }
}

fn request_id(headers: &HeaderMap) -> &str {
    headers
        .get("webhook-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// The request's fields as a type; what does not fit is named.
pub(crate) fn fields<T: DeserializeOwned>(request: Value) -> Result<T, Problem> {
    serde_json::from_value(request).map_err(|error| {
        Problem::new(
            Kind::Invalid,
            "field",
            format!("the request does not fit: {error}"),
        )
    })
}

/// An instant as the protocols write it.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
