//! Why a file was not read or written.

/// Why a call has no result. Texts name the place, never a content or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// Our own rules do not let us get there: an operator looks at them.
    #[error("{place} may not be reached: {reason}")]
    Refused {
        /// Where.
        place: String,
        /// Which rule.
        reason: String,
    },
    /// The other side does not know us, or is not who it should be.
    #[error("{place} does not let us in: {detail}")]
    Login {
        /// Where.
        place: String,
        /// What happened, and what to do.
        detail: String,
    },
    /// We are known and may not.
    #[error("{place}: not allowed: {detail}")]
    Forbidden {
        /// Which file or directory.
        place: String,
        /// What happened.
        detail: String,
    },
    /// It is not there.
    #[error("{place} is not there")]
    Missing {
        /// Which file or directory.
        place: String,
    },
    /// It is larger than allowed.
    #[error("{place} has more than {max} bytes")]
    TooLarge {
        /// Which file.
        place: String,
        /// The limit.
        max: u64,
    },
    /// Surely nothing was changed: try again.
    #[error("{place}: {detail}")]
    NotDone {
        /// Where.
        place: String,
        /// What happened.
        detail: String,
    },
    /// Perhaps done, and no answer was seen: look before doing it again.
    #[error("{place}: no answer was seen: {detail}")]
    Unseen {
        /// Where.
        place: String,
        /// What happened.
        detail: String,
    },
}

/// The folder cannot be made of its settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct FolderSetupError {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl FolderSetupError {
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}
