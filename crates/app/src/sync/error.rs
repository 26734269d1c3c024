//! What can go wrong in a synchronisation, as far as a job acts on it.

use std::time::Duration;

use punchgate_connector::{ConnectorError, ErrorKind};
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
    /// Whether the same run may succeed later: without a change, or once somebody has mended a password, a right, a
    /// setting or the ERP itself. What was asked for meanwhile waits for that.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::LostLease(_) | Self::Storage(_) => true,
            // Where nobody saw the outcome of a patch, the next run reads the account first.
            Self::Connector(error) => match error.kind {
                ErrorKind::RateLimited { .. }
                | ErrorKind::Temporary
                | ErrorKind::Unknown
                | ErrorKind::Auth
                | ErrorKind::Forbidden
                | ErrorKind::Schema
                | ErrorKind::Blocked
                | ErrorKind::Conflict => true,
                ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::Unsupported | ErrorKind::Invalid => {
                    false
                }
            },
            Self::Contract(_) => false,
        }
    }

    /// How long the ERP wants to be left alone, if it says.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Connector(error) => match error.kind {
                ErrorKind::RateLimited { after } => after,
                _ => None,
            },
            _ => None,
        }
    }

    /// What is the matter, without what differs from one try to the next: whoever has heard of it need not hear of
    /// it again.
    pub fn matter(&self) -> String {
        match self {
            Self::Busy => "busy".to_owned(),
            Self::LostLease(_) => "lost lease".to_owned(),
            Self::Connector(error) => {
                let code = error.code.as_deref().unwrap_or_default();
                format!("{} {} {code}", error.operation, error.kind.as_str())
            }
            Self::Contract(_) => "contract".to_owned(),
            Self::Storage(_) => "storage".to_owned(),
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
