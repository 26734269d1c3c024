//! Errors of connectors: kind × retryable × operation × context.

use std::{fmt, time::Duration};

use punchgate_egress::{EgressError, UnknownCause};

/// What kind of trouble it is, and so what the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// We are not known, or the other side is not who we think: stop, tell an operator.
    Auth,
    /// We are known and may not: stop, tell an operator; the fields say what.
    Forbidden,
    /// What we named does not exist.
    NotFound,
    /// The state of the thing does not allow it: read it again.
    Conflict,
    /// A rule of the other side refuses: show it to a person.
    Rejected,
    /// Too many requests: wait.
    RateLimited {
        /// So long, if the other side says.
        after: Option<Duration>,
    },
    /// Not now, and surely nothing was changed: try again.
    Temporary,
    /// Sent, outcome unseen: ask before anything else, never repeat blindly.
    Unknown,
    /// The other side does not offer it: do without.
    Unsupported,
    /// We asked in a way that the other side does not understand: stop, tell an operator.
    Invalid,
    /// The answer is not what was agreed; it was a read, nothing changed: stop, tell an operator.
    Schema,
    /// Our own rules do not let us get there: stop, tell an operator.
    Blocked,
}

impl ErrorKind {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::RateLimited { .. } => "rate_limited",
            Self::Temporary => "temporary",
            Self::Unknown => "unknown",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
            Self::Schema => "schema",
            Self::Blocked => "blocked",
        }
    }

    /// Whether the same call may succeed later without anybody's doing. Not so [`ErrorKind::Unknown`]: that
    /// is resolved by asking.
    pub fn retryable(self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Temporary)
    }
}

/// An error of a connector. Texts are for the log and for operators, never for a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorError {
    /// What the caller does.
    pub kind: ErrorKind,
    /// Which operation failed.
    pub operation: &'static str,
    /// The other side's stable code, if it has one.
    pub code: Option<Box<str>>,
    /// What happened.
    pub message: String,
    /// Which fields, with what is wrong.
    pub fields: Vec<FieldProblem>,
    /// Further names and values, such as the host.
    pub context: Vec<(&'static str, String)>,
}

/// A field that the other side complains about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// The other side's code.
    pub code: Option<String>,
    /// For people.
    pub message: Option<String>,
}

impl ConnectorError {
    /// An error with a text.
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation,
            code: None,
            message: message.into(),
            fields: Vec::new(),
            context: Vec::new(),
        }
    }

    /// With the other side's code.
    pub fn with_code(mut self, code: impl Into<Box<str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With a further name and value.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.context.push((name, value.into()));
        self
    }

    /// Whether the same call may succeed later without anybody's doing.
    pub fn retryable(&self) -> bool {
        self.kind.retryable()
    }

    /// Whether it is certain that nothing was changed over there.
    pub fn surely_unchanged(&self) -> bool {
        self.kind != ErrorKind::Unknown
    }

    /// From the HTTP client: what was perhaps delivered is unknown for a change and temporary for a read.
    pub fn from_egress(operation: &'static str, effect: Effect, error: &EgressError) -> Self {
        let kind = match (error, effect) {
            (EgressError::Refused { .. }, _) => ErrorKind::Blocked,
            // The same answer would come again.
            (
                EgressError::Unknown {
                    cause: UnknownCause::TooLarge,
                    ..
                },
                Effect::Read,
            ) => ErrorKind::Schema,
            (EgressError::NotSent { .. }, _) | (EgressError::Unknown { .. }, Effect::Read) => {
                ErrorKind::Temporary
            }
            (EgressError::Unknown { .. }, Effect::Change) => ErrorKind::Unknown,
        };
        Self::new(kind, operation, error.to_string())
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({}", self.operation, self.kind.as_str())?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        write!(f, "): {}", self.message)?;
        for field in &self.fields {
            write!(f, "; {}: ", field.field)?;
            f.write_str(
                field
                    .message
                    .as_deref()
                    .or(field.code.as_deref())
                    .unwrap_or("refused"),
            )?;
        }
        for (name, value) in &self.context {
            write!(f, "; {name} {value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectorError {}

/// Whether a call changes something over there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It only reads: may be repeated.
    Read,
    /// It changes something: an unseen outcome is unknown.
    Change,
}
