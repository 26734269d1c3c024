//! Refused order requests for whoever looks at them: listed, read, set aside, put back.
//!
//! **Invariant:** what was given to a relationship is discarded by nobody and given to nobody else, until it is known
//! that no order came of it. Every step stands in the history with who took it.
//!
//! Those of whom nobody knows whose they are have the empty supplier: they are the installation's owner's, who
//! sees them on the command line.

use std::time::Duration;

use punchgate_domain::{catalogue::Problem, ids::SupplierId};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    document::{self, DocumentFilter},
    history::{self, ChangeRow},
    quarantine,
};

pub use punchgate_storage::quarantine::{QuarantineFilter, QuarantineRow};

use crate::{
    Surroundings,
    accounts::{AccountsError, Author},
    clock::{from_micros, micros},
    directory::parse_path_text,
};

/// Where a request can stand.
pub const STATES: [&str; 4] = ["waiting", "admitted", "discarded", "noted"];
/// After so long nobody is still at admitting a request: it waits for its turn at the intake, and for nothing else.
pub const SETTLED_AFTER: Duration = Duration::from_secs(5 * 60);
/// The content type of what is kept of a body that could not be read.
pub(crate) const OUTLINE: &str = "text/plain; charset=us-ascii";
/// The field of a request's history that says whose it became.
pub(crate) const TAKER: &str = "taker";
const OUTLINE_ADVICE: &str = "it could not be read, so only its outline was kept and it cannot be admitted: tell the buyer \
                              what is wrong and where, ask them to send it again, and discard this one";
/// What a request's lines in the history are filed under.
const SUBJECT: &str = "quarantine";
/// How many documents under one payloadID are looked at.
const SAME: u32 = 100;

/// Why a person's word on a kept request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// For the person.
    #[error("{details}")]
    Refused {
        /// Which problem.
        problem: Problem,
        /// In words.
        details: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Whoever decides about a request by a way that asks for no reason.
pub fn somebody(name: impl Into<String>) -> Result<Author, AccountsError> {
    Author::new(name, "a person decided")
}

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

/// What an operator does next with a request that stands so.
pub fn advice(row: &QuarantineRow) -> String {
    let by = row.decided_by.as_deref().unwrap_or_default();
    match (row.state.as_str(), row.admitted_as.as_deref()) {
        ("waiting", Some(taker)) => given(by, taker),
        ("waiting", None) if is_outline(row) => OUTLINE_ADVICE.to_owned(),
        ("waiting", None) => {
            "mend the cause and admit it, or discard it where it is nobody's order".to_owned()
        }
        ("admitted", Some(taker)) => format!("look for the order at {taker}"),
        ("discarded", _) => "ask the buyer to send it again, should it be needed after all".to_owned(),
        _ => "nothing waits for you: only order requests are admitted".to_owned(),
    }
}

/// Whether no more than the outline was kept, which can never be read as an order.
pub(crate) fn is_outline(row: &QuarantineRow) -> bool {
    row.content_type == OUTLINE
}

/// A request that somebody has begun to admit, and nobody saw the end of it.
pub(crate) fn given(by: &str, taker: &str) -> String {
    format!(
        "{by} gave the request to {taker}, and the end of that was not seen: admit it as {taker} again, which makes no \
         second order; or, where no order came of it, put it back"
    )
}

/// Sets a waiting request aside for good; it stays readable. One that was given to a relationship may be an order by
/// now: it is admitted again, or put back.
pub async fn discard(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
    by: &Author,
) -> Result<(), KeptError> {
    let mut tx = surroundings.db.begin(Lane::Intake).await?;
    let now = micros(surroundings.now());
    if !quarantine::discard(&mut tx, supplier.as_str(), id, by.who(), now).await? {
        let row = quarantine::get(&mut tx, supplier.as_str(), id).await?;
        tx.rollback().await?;
        return Err(not_waiting(row.as_ref(), id));
    }
    let step = Step {
        field: "state",
        from: Some("waiting"),
        to: Some("discarded"),
        by,
    };
    note(&mut tx, surroundings, (supplier.as_str(), id), &step).await?;
    tx.commit().await?;
    Ok(())
}

/// A request that was given to a relationship, and became no order there, is nobody's again: it can be admitted as
/// another's, or discarded. Not before [`SETTLED_AFTER`], for whoever gave it may still be at it.
pub async fn put_back(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
    by: &Author,
) -> Result<(), KeptError> {
    let mut tx = surroundings.db.begin(Lane::Intake).await?;
    let refused = match put_back_in(&mut tx, surroundings, (supplier.as_str(), id), by).await {
        Ok(()) => return Ok(tx.commit().await?),
        Err(refused) => refused,
    };
    tx.rollback().await?;
    Err(refused)
}

async fn put_back_in(
    tx: &mut Tx,
    surroundings: &Surroundings,
    (supplier, id): (&str, &str),
    by: &Author,
) -> Result<(), KeptError> {
    let row = quarantine::get(tx, supplier, id).await?;
    let taker = match &row {
        Some(row) if row.state == "waiting" => row.admitted_as.clone(),
        other => return Err(not_waiting(other.as_ref(), id)),
    };
    let (Some(row), Some(taker)) = (row, taker) else {
        return Err(refuse(
            Problem::InvalidTransition,
            "the request was given to nobody: it waits".to_owned(),
        ));
    };
    // From here on nobody else can give it: what was given before is in the history.
    if !quarantine::put_back(tx, supplier, id, &taker).await? {
        return Err(refuse(
            Problem::InvalidTransition,
            "somebody else was quicker; look again".to_owned(),
        ));
    }
    let told = history::of_subject(tx, supplier, SUBJECT, id, 1).await?;
    let given_at = told.first().map(|line| line.changed_at).max(row.decided_at);
    let now = surroundings.now();
    if given_at.is_some_and(|at| from_micros(at) + SETTLED_AFTER > now) {
        let by = row.decided_by.unwrap_or_default();
        let details = format!("{by} may still be at it: wait five minutes, then look again");
        return Err(refuse(Problem::InvalidTransition, details));
    }
    if let Some(number) = received_as(tx, &row, &taker).await? {
        let details = format!(
            "it was received: order {number} of {taker} is there; admit the request as {taker} again, which makes no \
             second order"
        );
        return Err(refuse(Problem::InvalidTransition, details));
    }
    let step = Step {
        field: TAKER,
        from: Some(&taker),
        to: None,
        by,
    };
    Ok(note(tx, surroundings, (supplier, id), &step).await?)
}

/// The number of the order that this relationship received by the same document, if there is one.
async fn received_as(tx: &mut Tx, row: &QuarantineRow, taker: &str) -> StorageResult<Option<String>> {
    let Some((supplier, relationship)) = parse_path_text(taker) else {
        return Ok(None);
    };
    let filter = DocumentFilter {
        direction: Some("in".to_owned()),
        kind: Some(row.kind.clone()),
        relationship: Some(relationship.into_string()),
        search: row.payload_id.clone().or_else(|| row.order_number.clone()),
        ..DocumentFilter::default()
    };
    if filter.search.is_none() {
        return Ok(None);
    }
    let found = document::list(tx, supplier.as_str(), &filter, None, SAME).await?;
    let received = found
        .into_iter()
        .find(|one| !matches!(one.status.as_str(), "refused" | "conflict"));
    Ok(received.map(|one| one.order_number.unwrap_or_default()))
}

/// What a person did with a request.
pub(crate) struct Step<'a> {
    pub field: &'static str,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub by: &'a Author,
}

/// Writes a step into the history, in the transaction that takes it.
pub(crate) async fn note(
    tx: &mut Tx,
    surroundings: &Surroundings,
    (supplier, id): (&str, &str),
    step: &Step<'_>,
) -> StorageResult<()> {
    let line = ChangeRow {
        supplier_id: supplier.to_owned(),
        change_id: surroundings.new_id(),
        subject: SUBJECT.to_owned(),
        subject_id: id.to_owned(),
        field: step.field.to_owned(),
        from_value: step.from.map(str::to_owned),
        to_value: step.to.map(str::to_owned),
        who: step.by.who().to_owned(),
        why: step.by.why().to_owned(),
        changed_at: micros(surroundings.now()),
    };
    history::insert_many(tx, &[line]).await
}

fn not_waiting(row: Option<&QuarantineRow>, id: &str) -> KeptError {
    let Some(row) = row else {
        return refuse(
            Problem::NotFound,
            format!("there is no quarantined request '{id}'"),
        );
    };
    let by = row.decided_by.as_deref().unwrap_or_default();
    let details = match (row.state.as_str(), row.admitted_as.as_deref()) {
        ("waiting", Some(taker)) => given(by, taker),
        ("admitted", Some(taker)) => {
            format!("{by} admitted the request as {taker}; look for the order there")
        }
        ("discarded", _) => format!("{by} discarded the request already"),
        _ => "the request waits for nobody: it is kept for information".to_owned(),
    };
    refuse(Problem::InvalidTransition, details)
}

fn refuse(problem: Problem, details: String) -> KeptError {
    KeptError::Refused { problem, details }
}
