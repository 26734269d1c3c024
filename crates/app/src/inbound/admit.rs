//! A refused order request is admitted: its cause is mended, and an operator vouches for the sender.

use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_protocols::cxml::{Body, Limits, decode_hashed};
use punchgate_storage::{Lane, StorageError, body::StoredBody, quarantine};

use super::{Believed, Inbound, received};
use crate::{
    clock::micros,
    directory::DirectoryError,
    orders::{ArchivedBytes, Outcome},
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
    /// Receives a quarantined order request as one of this relationship. Twice admitted is once received: the
    /// second time it is a repeat.
    pub async fn admit(
        &self,
        supplier: &SupplierId,
        id: &str,
        relationship: &RelationshipId,
        by: &str,
    ) -> Result<Outcome, AdmitError> {
        let relationship = self.directory.relationship(supplier, relationship).await?;
        let mut tx = self.surroundings.db.read().await?;
        let body = quarantine::body(&mut tx, supplier.as_str(), id).await?;
        tx.rollback().await?;
        let Some(body) = body else {
            let details = format!("there is no quarantined request '{id}'");
            return Err(AdmitError::Refused {
                problem: Problem::NotFound,
                details,
            });
        };
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
            parts: Vec::new(),
            findings: None,
        };
        let at = self.surroundings.now();
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
        let outcome = self.orders.submit(received).await?;
        self.decide(supplier, id, "admitted", by).await?;
        Ok(outcome)
    }

    /// Sets a quarantined request aside for good; it stays readable.
    pub async fn discard(&self, supplier: &SupplierId, id: &str, by: &str) -> Result<(), AdmitError> {
        if self.decide(supplier, id, "discarded", by).await? {
            return Ok(());
        }
        let details = format!("there is no quarantined request '{id}' that waits");
        Err(AdmitError::Refused {
            problem: Problem::NotFound,
            details,
        })
    }

    async fn decide(
        &self,
        supplier: &SupplierId,
        id: &str,
        state: &str,
        by: &str,
    ) -> Result<bool, StorageError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let decided = quarantine::decide(&mut tx, supplier.as_str(), id, state, by, now).await?;
        tx.commit().await?;
        Ok(decided)
    }
}
