//! What can go wrong in a synchronisation, as far as a job acts on it.

use punchgate_connector::ConnectorError;
use punchgate_storage::{StorageError, work_lease::LostLease};

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Another gateway is at it; nothing is wrong.
    #[error("another gateway synchronises this connection now")]
    Busy,
    /// Another gateway has taken over in the middle; what was applied stands.
    #[error(transparent)]
    LostLease(#[from] LostLease),
    /// The ERP, or the way to it.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// The connector does not keep its contract: names place and remedy.
    #[error("{0}")]
    Contract(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SyncError {
    /// Whether the same run may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::LostLease(_) | Self::Storage(_) => true,
            // Where nobody saw the outcome of a patch, the next run reads the account first.
            Self::Connector(error) => error.retryable() || !error.surely_unchanged(),
            Self::Contract(_) => false,
        }
    }

    /// Whether another transaction crossed this one. A key that exists by now is such a crossing too: it was
    /// looked for before it was written.
    pub(crate) fn is_crossing(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageError::Retry(_) | StorageError::Unique(_))
        )
    }
}
