//! A refused order request is admitted: its cause is mended, and an operator vouches for the sender.

use std::sync::Arc;

use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_protocols::cxml::{Limits, decode_hashed};
use punchgate_storage::{
    Lane, StorageError,
    body::StoredBody,
    document::BodyRow,
    quarantine::{self, QuarantinePartRow, QuarantineRow, Taking},
};

use super::{Believed, Inbound, received};
use crate::{
    accounts::Author,
    clock::micros,
    directory::{DirectoryError, Relationship},
    orders::{ArchivedBytes, ArchivedPart, Outcome, Received},
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

/// Which request is admitted, as whose, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    /// Under which supplier it is kept; empty where its sender belonged to none.
    pub holder: &'a SupplierId,
    /// The request.
    pub id: &'a str,
    /// Whose it becomes: the holder's, where there is one.
    pub supplier: &'a SupplierId,
    /// Of which relationship.
    pub relationship: &'a RelationshipId,
    /// Who vouches for it.
    pub by: &'a Author,
}

impl Inbound {
    /// Receives a quarantined order request as one of a relationship, with all its parts. Twice admitted is once
    /// received: the second time it is a repeat, and nobody else's. What was discarded stays so.
    pub async fn admit(&self, admission: &Admission<'_>) -> Result<Outcome, AdmitError> {
        let (holder, id) = (admission.holder.as_str(), admission.id);
        if !holder.is_empty() && admission.holder != admission.supplier {
            return Err(AdmitError::Refused {
                problem: Problem::Validation,
                details: format!(
                    "the request is {holder}'s and becomes no order of {}",
                    admission.supplier
                ),
            });
        }
        let known = self
            .directory
            .relationship(admission.supplier, admission.relationship);
        let relationship = known.await?;
        let mut tx = self.surroundings.db.read().await?;
        let row = quarantine::get(&mut tx, holder, id).await?;
        let body = quarantine::body(&mut tx, holder, id).await?;
        let parts = quarantine::parts(&mut tx, holder, id).await?;
        tx.rollback().await?;
        let (Some(row), Some(body)) = (row, body) else {
            let details = format!("there is no quarantined request '{id}'");
            return Err(AdmitError::Refused {
                problem: Problem::NotFound,
                details,
            });
        };
        let taker = relationship.path_text();
        admissible(&row, &taker)?;
        let received = self.read_again(relationship, &row, body, parts)?;
        self.give_to(&row, &taker, admission.by).await?;
        // Whatever ends here without an order leaves the request waiting.
        let outcome = self.orders.submit(received).await?;
        self.settle(&row, &taker, admission.by, &outcome).await?;
        Ok(outcome)
    }

    fn taking<'a>(&self, relationship: &'a str, by: &'a Author) -> Taking<'a> {
        let at = micros(self.surroundings.now());
        Taking {
            relationship,
            by: by.who(),
            at,
        }
    }

    /// What became of the request, once it was handed in.
    async fn settle(
        &self,
        row: &QuarantineRow,
        taker: &str,
        by: &Author,
        outcome: &Outcome,
    ) -> Result<(), StorageError> {
        let (holder, id) = (row.supplier_id.as_str(), row.quarantine_id.as_str());
        let taking = self.taking(taker, by);
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        match &outcome.order {
            Some(order) => {
                if !quarantine::admitted(&mut tx, holder, id, &taking).await? {
                    tracing::error!(request = id, order = order.as_str(), %taker,
                        "a request became an order although it was put back and decided otherwise meanwhile: look at both");
                }
            }
            None => {
                quarantine::put_back(&mut tx, holder, id, taker).await?;
            }
        }
        tx.commit().await
    }

    /// The kept bytes as the order that they hold.
    fn read_again(
        &self,
        relationship: Arc<Relationship>,
        row: &QuarantineRow,
        body: BodyRow,
        parts: Vec<QuarantinePartRow>,
    ) -> Result<Received, AdmitError> {
        let refuse = |problem, details| AdmitError::Refused { problem, details };
        let content_type = body.content_type.clone();
        let bytes = body.unpack()?;
        let kind = Some(content_type.as_str()).filter(|kind| !kind.starts_with("multipart/"));
        let read = decode_hashed(&bytes, kind, &Limits::with_max_bytes(bytes.len()));
        let (document, content_hash) = read.map_err(|refusal| {
            // Of an outline the reader has nothing to say that would help anybody.
            let what = match kept::is_outline(row) {
                true => format!(
                    "the request could not be read when it came ({}), and only its outline was kept",
                    row.detail
                ),
                false => format!("the request still does not read: {refusal}"),
            };
            let details = format!("{what}; tell the buyer what is wrong and ask them to send it again");
            refuse(Problem::MalformedDocument, details)
        })?;
        let name = document.body.name().to_owned();
        let believed = Believed {
            relationship,
            document,
            content_hash,
            archived: ArchivedBytes {
                content_type,
                body: StoredBody::pack(&bytes),
                parts: parts.into_iter().map(archived_part).collect::<Result<_, _>>()?,
                findings: None,
            },
            at: self.surroundings.now(),
        };
        received(believed).ok_or_else(|| refuse(Problem::Unsupported, format!("a {name} cannot be admitted")))
    }

    /// Before it is received: of two who admit it at once as different ones, one is too late.
    async fn give_to(&self, row: &QuarantineRow, to: &str, by: &Author) -> Result<(), AdmitError> {
        let (supplier, id) = (row.supplier_id.as_str(), row.quarantine_id.as_str());
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let given = quarantine::give(&mut tx, supplier, id, &self.taking(to, by)).await?;
        if given {
            let step = kept::Step {
                field: kept::TAKER,
                from: row.admitted_as.as_deref(),
                to: Some(to),
                by,
            };
            kept::note(&mut tx, &self.surroundings, (supplier, id), &step).await?;
        }
        let row = quarantine::get(&mut tx, supplier, id).await?;
        tx.commit().await?;
        match row {
            Some(row) if !given => admissible(&row, to),
            _ => Ok(()),
        }
    }
}

/// Whether the request waits, or was admitted as this one's already.
fn admissible(row: &QuarantineRow, taker: &str) -> Result<(), AdmitError> {
    let by = row.decided_by.as_deref().unwrap_or_default();
    let admitted_as = row.admitted_as.as_deref().unwrap_or_default();
    let details = match row.state.as_str() {
        "discarded" => format!("{by} discarded the request; ask the buyer to send it again"),
        "admitted" if admitted_as != taker => {
            format!("{by} admitted the request as {admitted_as}; look for the order there")
        }
        "waiting" if !admitted_as.is_empty() && admitted_as != taker => kept::given(by, admitted_as),
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
