//! Errors of the published protocols: problem documents, and answers that are not what was agreed.

use std::{fmt, time::Duration};

use serde::Deserialize;

use crate::{
    ConnectorError, ErrorKind,
    error::{Effect, FieldProblem},
};

/// A place of a document that is not what was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    path: String,
    problem: String,
}

impl Mismatch {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            path: field.into(),
            problem: problem.to_string(),
        }
    }

    /// The same, seen from the object around it.
    pub fn inside(mut self, outer: impl fmt::Display) -> Self {
        self.path = format!("{outer}.{}", self.path);
        self
    }

    /// As an error: of a read, the answer is not usable; of a change, the outcome is unseen.
    pub fn into_error(self, operation: &'static str, effect: Effect) -> ConnectorError {
        unreadable(operation, effect, format!("the answer's {self}"))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// An answer that cannot be used.
pub(super) fn unreadable(operation: &'static str, effect: Effect, message: String) -> ConnectorError {
    let kind = match effect {
        Effect::Read => ErrorKind::Schema,
        Effect::Change => ErrorKind::Unknown,
    };
    ConnectorError::new(kind, operation, message)
}

/// A problem document.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) kind: String,
    detail: String,
    code: Option<String>,
    #[serde(default)]
    fields: Option<Vec<WireFieldProblem>>,
    retry_after: Option<u64>,
}

/// A field that is complained about.
#[derive(Debug, Deserialize)]
pub struct WireFieldProblem {
    field: String,
    code: Option<String>,
    message: Option<String>,
}

impl From<WireFieldProblem> for FieldProblem {
    fn from(wire: WireFieldProblem) -> Self {
        Self {
            field: wire.field,
            code: wire.code,
            message: wire.message,
        }
    }
}

impl Problem {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// As an error; `header` is what Retry-After says. A kind that we do not know is no assurance of anything.
    pub(super) fn into_error(
        self,
        operation: &'static str,
        effect: Effect,
        header: Option<Duration>,
    ) -> ConnectorError {
        let after = self.retry_after.map(Duration::from_secs).or(header);
        let kind = match self.kind.as_str() {
            "auth" => ErrorKind::Auth,
            "forbidden" => ErrorKind::Forbidden,
            "not_found" => ErrorKind::NotFound,
            "conflict" => ErrorKind::Conflict,
            "rejected" => ErrorKind::Rejected,
            "rate_limited" => ErrorKind::RateLimited { after },
            "temporary" => ErrorKind::Temporary,
            "unsupported" => ErrorKind::Unsupported,
            "invalid" => ErrorKind::Invalid,
            other => {
                let message = format!("an error of the unknown kind '{other}': {}", self.detail);
                return unreadable(operation, effect, message);
            }
        };
        ConnectorError {
            kind,
            operation,
            code: self.code.map(String::into_boxed_str),
            message: self.detail,
            fields: self
                .fields
                .into_iter()
                .flatten()
                .map(FieldProblem::from)
                .collect(),
            context: Vec::new(),
        }
    }
}
