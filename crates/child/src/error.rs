//! What can go wrong, told apart by the one thing that matters to a caller: may it have acted?

use std::time::Duration;

/// Why there is no answer. Texts never hold what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChildError {
    /// Surely not asked: it could not be started, or others had its time. May be repeated.
    #[error("{program} was not asked: {detail}")]
    NotAsked {
        /// Its file.
        program: String,
        /// What happened.
        detail: String,
        /// When it is started again at the earliest, if that is why.
        after: Option<Duration>,
    },
    /// It runs, and its greeting is not what was agreed: an operator looks at it.
    #[error("{program} cannot be spoken to: {detail}")]
    Refused {
        /// Its file.
        program: String,
        /// Why.
        detail: String,
    },
    /// Asked, and no answer that could be read; it was killed. It may have acted: ask before repeating.
    #[error("{program} was asked and gave no usable answer: {detail}; it was ended")]
    Unseen {
        /// Its file.
        program: String,
        /// In one word.
        cause: UnseenCause,
        /// What happened.
        detail: String,
    },
}

impl ChildError {
    /// How long it is left alone, if that is why it was not asked.
    pub fn rest(&self) -> Option<Duration> {
        match self {
            Self::NotAsked { after, .. } => *after,
            Self::Refused { .. } | Self::Unseen { .. } => None,
        }
    }
}

/// Why the answer was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnseenCause {
    /// The time was over.
    Silent,
    /// It ended.
    Ended,
    /// Its line is longer than allowed.
    TooLong,
    /// Its line is not the answer.
    Garbled,
}
