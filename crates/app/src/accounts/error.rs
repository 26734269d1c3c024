//! What can go wrong with accounts, as far as a caller acts on it.

use punchgate_domain::{catalogue::Problem, money::MoneyError};
use punchgate_storage::StorageError;

/// Why a request about customers, holds or limits came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// No such customer at this supplier.
    #[error("{0} is not known; the next synchronisation with the ERP may bring it")]
    UnknownCustomer(String),
    /// No such hold, override or conflict at this supplier.
    #[error("there is no {what} '{id}'")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody changed it since the caller read it. The caller reads again.
    #[error("{what} was changed meanwhile: version {expected} was expected, {actual} is current")]
    VersionConflict {
        /// What.
        what: &'static str,
        /// What the caller had read.
        expected: i64,
        /// What is there now.
        actual: i64,
    },
    /// The request does not fit the state it meets.
    #[error("{0}")]
    InvalidTransition(String),
    /// Something in the request is missing or wrong; names the field and what is expected.
    #[error("{field}: {expected}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is expected.
        expected: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AccountsError {
    pub(crate) fn invalid(field: &'static str, expected: impl ToString) -> Self {
        Self::Invalid {
            field,
            expected: expected.to_string(),
        }
    }

    /// Whether another transaction crossed this one: the same again may well succeed.
    pub(crate) fn is_crossing(&self) -> bool {
        matches!(self, Self::Storage(StorageError::Retry(_)))
    }

    /// The entry of the error catalogue.
    pub fn problem(&self) -> Problem {
        match self {
            Self::UnknownCustomer(_) => Problem::UnknownCustomer,
            Self::NotFound { .. } => Problem::NotFound,
            Self::VersionConflict { .. } => Problem::VersionConflict,
            Self::InvalidTransition(_) => Problem::InvalidTransition,
            Self::Invalid { .. } => Problem::Validation,
            Self::Storage(_) => Problem::Internal,
        }
    }
}

impl From<MoneyError> for AccountsError {
    fn from(error: MoneyError) -> Self {
        Self::invalid("amount", error)
    }
}
