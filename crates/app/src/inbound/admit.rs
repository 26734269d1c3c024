//! A refused order request is admitted: its cause is mended, and an operator vouches for the sender.

use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_protocols::cxml::{Body, Limits, decode_hashed};
use punchgate_storage::{
    Lane, StorageError,
    body::StoredBody,
    quarantine::{self, QuarantinePartRow, QuarantineRow},
};

use super::{Believed, Inbound, received};
use crate::{
    clock::micros,
    directory::DirectoryError,
    orders::{ArchivedBytes, ArchivedPart, Outcome},
    quarantine as kept,
};

/// Why a request was not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// For the operator.
    #[error("{details}")]
    Refused {
        /// Which problem.
        problem: Problem,
        /// In words.
        details: String,
    },
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Inbound {
    /// Receives a quarantined order request as one of this relationship, with all its parts. Twice admitted is once
    /// received: the second time it is a repeat, and nobody else's. What was discarded stays so.
    pub async fn admit(
        &self,
        supplier: &SupplierId,
        id: &str,
        relationship: &RelationshipId,
        by: &str,
    ) -> Result<Outcome, AdmitError> {
        let relationship = self.directory.relationship(supplier, relationship).await?;
        let mut tx = self.surroundings.db.read().await?;
        let row = quarantine::get(&mut tx, supplier.as_str(), id).await?;
        let body = quarantine::body(&mut tx, supplier.as_str(), id).await?;
        let parts = quarantine::parts(&mut tx, supplier.as_str(), id).await?;
        tx.rollback().await?;
        let (Some(row), Some(body)) = (row, body) else {
            let details = format!("there is no quarantined request '{id}'");
            return Err(AdmitError::Refused {
                problem: Problem::NotFound,
                details,
            });
        };
        admissible(&row, &relationship.id)?;
        let content_type = body.content_type.clone();
        let bytes = body.unpack()?;
        let kind = Some(content_type.as_str()).filter(|kind| !kind.starts_with("multipart/"));
        let read = decode_hashed(&bytes, kind, &Limits::with_max_bytes(bytes.len()));
        let (document, content_hash) = read.map_err(|refusal| AdmitError::Refused {
            problem: Problem::MalformedDocument,
            details: format!("the request still does not read: {refusal}; ask the buyer to send it again"),
        })?;
        if !matches!(document.body, Body::OrderRequest(_)) {
            let details = format!("a {} cannot be admitted", document.body.name());
            return Err(AdmitError::Refused {
                problem: Problem::Unsupported,
                details,
            });
        }
        let archived = ArchivedBytes {
            content_type,
            body: StoredBody::pack(&bytes),
            parts: parts.into_iter().map(archived_part).collect::<Result<_, _>>()?,
            findings: None,
        };
        let at = self.surroundings.now();
        let taker = relationship.id.clone();
        let believed = Believed {
            relationship,
            document,
            content_hash,
            archived,
            at,
        };
        let Some(received) = received(believed) else {
            let details = "the request holds no order".to_owned();
            return Err(AdmitError::Refused {
                problem: Problem::Unsupported,
                details,
            });
        };
        self.give_to(&row, &taker, by).await?;
        let outcome = self.orders.submit(received).await?;
        if outcome.order.is_none() {
            let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
            quarantine::put_back(&mut tx, supplier.as_str(), id, taker.as_str()).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    /// Before it is received: of two who admit it at once as different ones, one is too late.
    async fn give_to(&self, row: &QuarantineRow, to: &RelationshipId, by: &str) -> Result<(), AdmitError> {
        let (supplier, id) = (row.supplier_id.as_str(), row.quarantine_id.as_str());
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let given = quarantine::admit(&mut tx, supplier, id, to.as_str(), by, now).await?;
        let row = quarantine::get(&mut tx, supplier, id).await?;
        tx.commit().await?;
        match row {
            Some(row) if !given => admissible(&row, to),
            _ => Ok(()),
        }
    }

    /// Sets a quarantined request aside for good; it stays readable.
    pub async fn discard(&self, supplier: &SupplierId, id: &str, by: &str) -> Result<(), AdmitError> {
        if kept::discard(&self.surroundings, supplier, id, by).await? {
            return Ok(());
        }
        let details = format!("there is no quarantined request '{id}' that waits");
        Err(AdmitError::Refused {
            problem: Problem::NotFound,
            details,
        })
    }
}

/// Whether the request waits, or was admitted as this one's already.
fn admissible(row: &QuarantineRow, relationship: &RelationshipId) -> Result<(), AdmitError> {
    let by = row.decided_by.as_deref().unwrap_or_default();
    let admitted_as = row.admitted_as.as_deref().unwrap_or_default();
    let details = match row.state.as_str() {
        "discarded" => format!("{by} discarded the request; ask the buyer to send it again"),
        "admitted" if admitted_as != relationship.as_str() => {
            format!("{by} admitted the request as {admitted_as}; look for the order there")
        }
        _ => return Ok(()),
    };
    Err(AdmitError::Refused {
        problem: Problem::InvalidTransition,
        details,
    })
}

fn archived_part(row: QuarantinePartRow) -> Result<ArchivedPart, StorageError> {
    Ok(ArchivedPart {
        content_id: row.content_id,
        content_type: row.body.content_type.clone(),
        body: StoredBody::pack(&row.body.unpack()?),
    })
}
