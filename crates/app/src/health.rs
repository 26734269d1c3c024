//! Whether the database answers.

use punchgate_storage::{StorageResult, Tx, db::clock_micros};

/// Asks the database for its time.
pub async fn database_answers(tx: &mut Tx) -> StorageResult<()> {
    clock_micros(tx).await.map(|_| ())
}
