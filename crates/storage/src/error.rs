//! What can go wrong in the database, as far as a caller acts on it.

/// Result of a storage call.
pub type StorageResult<T> = Result<T, StorageError>;

/// Why a storage call failed; each variant says what the caller does.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A key exists already. The caller re-runs a batch in halves, or reads what is there.
    #[error("a unique key exists already: {0}")]
    Unique(String),
    /// Two transactions crossed (40001, 40P01, SQLITE_BUSY). The caller runs the transaction again.
    #[error("the transaction must run again: {0}")]
    Retry(String),
    /// The database is out of reach. The caller answers 'temporary' and the sender tries again.
    #[error("the database is out of reach: {0}")]
    Unavailable(String),
    /// A stored value does not read as what it must be: a defect or a foreign hand.
    #[error("stored value unreadable in {place}: {detail}")]
    Corrupt {
        /// Table and column.
        place: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// Anything else.
    #[error("database: {0}")]
    Other(String),
}

impl StorageError {
    /// A stored value that does not read.
    pub fn corrupt(place: &'static str, detail: impl ToString) -> Self {
        Self::Corrupt {
            place,
            detail: detail.to_string(),
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                let text = database.to_string();
                if database.is_unique_violation() {
                    return Self::Unique(text);
                }
                // PostgreSQL: serialization failure, deadlock, lock not available; SQLite: busy, busy snapshot.
                match code.as_ref() {
                    "40001" | "40P01" | "55P03" | "5" | "517" => Self::Retry(text),
                    _ => Self::Other(text),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StorageError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Other(format!("migration: {error}"))
    }
}
