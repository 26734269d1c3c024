//! Refused order requests for whoever looks at them: listed, read, set aside.
//!
//! Those of whom nobody knows whose they are have the empty supplier: they are the installation's owner's, who
//! sees them on the command line.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    Lane, StorageResult,
    quarantine::{self, QuarantineRow},
};

pub use punchgate_storage::quarantine::QuarantineFilter;

use crate::{Surroundings, clock::micros};

/// Where a request can stand.
pub const STATES: [&str; 4] = ["waiting", "admitted", "discarded", "noted"];

/// A refused request with its bytes, secrets and cards blanked as they were kept.
#[derive(Debug, Clone)]
pub struct KeptRequest {
    /// What is known of it.
    pub row: QuarantineRow,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The other parts of a multipart request, first to last.
    pub parts: Vec<KeptPart>,
}

/// A further part of a multipart request.
#[derive(Debug, Clone)]
pub struct KeptPart {
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content type.
    pub content_type: String,
    /// How many bytes it has.
    pub length: i64,
}

/// A page, newest first.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    filter: &QuarantineFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<QuarantineRow>> {
    let mut tx = surroundings.db.read().await?;
    let rows = quarantine::list(&mut tx, supplier.as_str(), filter, after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// One request in full.
pub async fn get(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<KeptRequest>> {
    let mut tx = surroundings.db.read().await?;
    let row = quarantine::get(&mut tx, supplier.as_str(), id).await?;
    let body = quarantine::body(&mut tx, supplier.as_str(), id).await?;
    let parts = quarantine::parts(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    let (Some(row), Some(body)) = (row, body) else {
        return Ok(None);
    };
    let parts = parts.into_iter().map(|part| KeptPart {
        content_id: part.content_id,
        content_type: part.body.content_type,
        length: part.body.raw_length,
    });
    Ok(Some(KeptRequest {
        row,
        bytes: body.unpack()?,
        parts: parts.collect(),
    }))
}

/// Sets a waiting request aside for good; it stays readable. `false` if none waits under this id.
pub async fn discard(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
    by: &str,
) -> StorageResult<bool> {
    let mut tx = surroundings.db.begin(Lane::Intake).await?;
    let now = micros(surroundings.now());
    let discarded = quarantine::discard(&mut tx, supplier.as_str(), id, by, now).await?;
    tx.commit().await?;
    Ok(discarded)
}
