//! What went wrong with a call: kind × retryable × operation × what was being done.

use std::{fmt, time::Duration};

/// The operation that failed.
pub type Operation = &'static str;

/// Why a call failed.
#[derive(Debug, Clone)]
pub struct ConnectorError {
    /// What kind of failure; says what the caller does.
    pub kind: ErrorKind,
    /// Which operation.
    pub operation: Operation,
    /// What was being done: `order PO-1`.
    pub subject: String,
    /// The other system's words, or ours, for a person.
    pub message: String,
}

/// What kind of failure, and what the caller does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// Our credentials are not accepted: stop, alert an operator.
    Auth,
    /// A right is missing, for these fields: alert an operator.
    Forbidden(Vec<String>),
    /// There is no such thing.
    NotFound,
    /// It changed meanwhile: read again, merge again.
    Conflict,
    /// The system refuses this request for what it says; it will refuse it again.
    Rejected {
        /// Code.
        code: String,
        /// Field, if it is about one.
        field: Option<String>,
    },
    /// Too many calls: not before this.
    RateLimited(Option<Duration>),
    /// It surely did not happen; try again later.
    Temporary,
    /// It was sent, the outcome was not seen: ask before doing it again.
    Unknown,
    /// The system cannot do this.
    Unsupported,
    /// The answer does not read as the protocol says; the place is named in the message.
    Schema,
    /// Given up by the caller.
    Cancelled,
}

impl ConnectorError {
    /// A failure of an operation.
    pub fn new(
        kind: ErrorKind,
        operation: Operation,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            operation,
            subject: subject.into(),
            message: message.into(),
        }
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Temporary | ErrorKind::RateLimited(_) | ErrorKind::Conflict
        )
    }

    /// Whether the request may have been carried out.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, ErrorKind::Unknown | ErrorKind::Schema)
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.operation, self.subject, self.message)
    }
}

impl std::error::Error for ConnectorError {}
