//! Waiting entries that need not wait any longer: their cause is gone, or the system that they call is back.

use crate::{StorageResult, Tx};

/// Concludes what waits in a stream, dead or not: its cause is gone. Work under way is left alone.
pub async fn settle_stream(tx: &mut Tx, supplier: &str, stream: &str, now: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update outbox set state = 'done', finished_at = $1 where supplier_id = $2 and stream = $3 \
         and state in ('dead', 'pending')",
        now,
        supplier,
        stream,
    )?;
    Ok(())
}

/// Makes due at once what has failed before and waits to call a connector's system, the longest waiting first, at
/// most so many; how many there were. What has not been tried yet waits for its time.
pub async fn wake(tx: &mut Tx, supplier: &str, connector: &str, now: i64, most: i64) -> StorageResult<u64> {
    execute!(
        tx,
        "update outbox set not_before = $3 where supplier_id = $1 and finished_at is null and state = 'pending' \
         and stream || '/' || seq in (select w.stream || '/' || w.seq from outbox w where w.supplier_id = $1 \
         and w.connector_id = $2 and w.finished_at is null and w.state = 'pending' and w.attempts > 0 \
         and w.not_before > $3 order by w.created_at, w.stream, w.seq limit $4)",
        supplier,
        connector,
        now,
        most,
    )
}
