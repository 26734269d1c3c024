//! What can go wrong, told apart by the one thing that matters to a caller: may it have been delivered?

/// Why a request has no answer. Texts never hold a path, query, header or body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The rules do not allow it; nothing was sent. Repeating is pointless, an operator looks at the rules.
    #[error("{host} may not be reached: {reason}")]
    Refused {
        /// Host and port.
        host: String,
        /// Which rule.
        reason: String,
    },
    /// Surely not delivered: no name, no connection, no TLS. May be repeated.
    #[error("{host} was not reached: {detail}")]
    NotSent {
        /// Host and port.
        host: String,
        /// What happened.
        detail: String,
    },
    /// Perhaps delivered, no answer that could be read. A change may have happened: ask before repeating it.
    #[error("{host} may have received the request, but no usable answer came: {detail}")]
    Unknown {
        /// Host and port.
        host: String,
        /// In one word.
        cause: UnknownCause,
        /// What happened.
        detail: String,
    },
}

/// Why the answer was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownCause {
    /// The time was over.
    Timeout,
    /// The connection broke, or what came through it cannot be decoded.
    Cut,
    /// The answer is larger than allowed.
    TooLarge,
}

impl EgressError {
    /// Whether it is certain that nothing was delivered.
    pub fn surely_not_delivered(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EgressSetupError {
    /// An additional certificate authority is not a PEM certificate.
    #[error("extra root certificate {index} is not a PEM certificate: {detail}")]
    Certificate {
        /// Which, from 1.
        index: usize,
        /// Why.
        detail: String,
    },
    /// The TLS library refuses.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}
