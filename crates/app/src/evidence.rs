//! Evidence for a buyer's people: one case, read only, for some days, without signing in. What crossed between the two companies
//! stands there as it is archived, secrets and cards blanked, with what our reader found odd and whose turn it is.
//!
//! **Invariant:** nothing that the buyer has not sent or been sent stands there: no decision, limit, hold or document of an ERP,
//! no other buyer's document. A link that is unknown, over or taken back opens nothing, and does not say which.

mod turn;

use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    order::OrderState,
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    document::{self, DocumentFilter, DocumentRow},
    evidence_link::{self, EvidenceLinkRow},
    history::{self, ChangeRow},
    order,
};

pub use turn::{Turn, Whose};

use crate::{
    Surroundings,
    accounts::Author,
    clock::micros,
    directory::{Directory, DirectoryError},
    entropy::{new_secret, secret_hash},
};

/// The longest that a link may open its case, in days.
pub const DAYS_MOST: u32 = 90;
/// What changes about links are filed under in the history.
pub const SUBJECT: &str = "evidence-link";
/// Documents of a case that are shown: one has a few.
const DOCUMENTS: u32 = 100;
/// Links of a case that are listed.
const LINKS: u32 = 50;
/// One day, in microseconds.
const DAY: i64 = 86_400 * 1_000_000;

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// An order with all that was sent about it, its cart and its session.
    Order(&'a str),
    /// A document, what answered it and what it answers.
    Document(&'a str),
}

impl<'a> Subject<'a> {
    fn parts(self) -> (&'static str, &'a str) {
        match self {
            Self::Order(id) => ("order", id),
            Self::Document(id) => ("document", id),
        }
    }

    fn of(row: &'a EvidenceLinkRow) -> Self {
        match row.subject.as_str() {
            "order" => Self::Order(&row.subject_id),
            _ => Self::Document(&row.subject_id),
        }
    }
}

/// Why a link is not made or taken back.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
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

/// A link that was just made.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// What stands in the address behind the supplier; it is told this once.
    pub secret: String,
    /// When it opens nothing any more, in microseconds.
    pub expires_at: i64,
}

/// A link as it is listed.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// Who made it, and why.
    pub made_by: String,
    /// Why.
    pub reason: String,
    /// When, in microseconds.
    pub made_at: i64,
    /// When it opens nothing any more.
    pub expires_at: i64,
    /// Whether it opens its case now.
    pub opens: bool,
}

/// What stands on the page.
#[derive(Debug)]
pub struct Evidence {
    /// The supplier's name, and whom to ask.
    pub supplier: String,
    /// Whom to ask.
    pub contact: String,
    /// The buyer's name.
    pub buyer: String,
    /// The buyer's number of the order, where it is about one.
    pub order_number: Option<String>,
    /// Whether it is a trial.
    pub is_test: bool,
    /// Whose turn it is.
    pub turn: Turn,
    /// What crossed, first to last.
    pub documents: Vec<DocumentRow>,
    /// When the link opens nothing any more, in microseconds.
    pub expires_at: i64,
}

fn refused(problem: Problem, details: impl Into<String>) -> EvidenceError {
    EvidenceError::Refused {
        problem,
        details: details.into(),
    }
}

/// Makes a link to a case of the supplier's that opens it for so many days.
pub async fn make(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    subject: Subject<'_>,
    days: u32,
    author: &Author,
) -> Result<Made, EvidenceError> {
    if !(1..=DAYS_MOST).contains(&days) {
        let details = format!("days: {days} is not from 1 to {DAYS_MOST}");
        return Err(refused(Problem::Validation, details));
    }
    let (kind, id) = subject.parts();
    let now = micros(surroundings.now());
    let secret = new_secret(&*surroundings.entropy);
    let row = EvidenceLinkRow {
        supplier_id: supplier.to_string(),
        link_id: surroundings.new_id(),
        secret_hash: secret_hash(&secret).to_vec(),
        subject: kind.to_owned(),
        subject_id: id.to_owned(),
        made_by: author.who().to_owned(),
        reason: author.why().to_owned(),
        made_at: now,
        expires_at: now.saturating_add(i64::from(days).saturating_mul(DAY)),
        revoked_at: None,
    };
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    if case(&mut tx, supplier, subject).await?.is_none() {
        tx.rollback().await?;
        let details = format!("there is no {kind} '{id}' that a buyer has sent or been sent");
        return Err(refused(Problem::NotFound, details));
    }
    evidence_link::insert(&mut tx, &row).await?;
    let made = change(surroundings, &row, (None, Some(format!("{days} days"))), author);
    history::insert_many(&mut tx, &[made]).await?;
    tx.commit().await?;
    Ok(Made {
        id: row.link_id,
        secret,
        expires_at: row.expires_at,
    })
}

/// Takes a link back.
pub async fn revoke(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    link: &str,
    author: &Author,
) -> Result<(), EvidenceError> {
    let now = micros(surroundings.now());
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let Some(row) = evidence_link::get(&mut tx, supplier.as_str(), link).await? else {
        tx.rollback().await?;
        return Err(refused(Problem::NotFound, format!("there is no link '{link}'")));
    };
    if row.revoked_at.is_none() {
        evidence_link::revoke(&mut tx, supplier.as_str(), link, now).await?;
        let gone = change(surroundings, &row, (Some("opens".to_owned()), None), author);
        history::insert_many(&mut tx, &[gone]).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn change(
    surroundings: &Surroundings,
    row: &EvidenceLinkRow,
    (from_value, to_value): (Option<String>, Option<String>),
    author: &Author,
) -> ChangeRow {
    ChangeRow {
        supplier_id: row.supplier_id.clone(),
        change_id: surroundings.new_id(),
        subject: SUBJECT.to_owned(),
        subject_id: row.subject_id.clone(),
        field: format!("link {}", row.link_id),
        from_value,
        to_value,
        who: author.who().to_owned(),
        why: author.why().to_owned(),
        changed_at: micros(surroundings.now()),
    }
}

/// Whether there is such a case, and anything in it that a buyer has sent or been sent.
pub async fn is_there(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    subject: Subject<'_>,
) -> StorageResult<bool> {
    let mut tx = surroundings.db.read().await?;
    let case = case(&mut tx, supplier, subject).await?;
    tx.rollback().await?;
    Ok(case.is_some())
}

/// The links of a case, the newest first.
pub async fn of_subject(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    subject: Subject<'_>,
) -> StorageResult<Vec<Link>> {
    let (kind, id) = subject.parts();
    let now = micros(surroundings.now());
    let mut tx = surroundings.db.read().await?;
    let rows = evidence_link::of_subject(&mut tx, supplier.as_str(), kind, id, LINKS).await?;
    tx.rollback().await?;
    let link = |row: EvidenceLinkRow| Link {
        opens: opens(&row, now),
        id: row.link_id,
        made_by: row.made_by,
        reason: row.reason,
        made_at: row.made_at,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(link).collect())
}

fn opens(row: &EvidenceLinkRow, now: i64) -> bool {
    now < row.expires_at && row.revoked_at.is_none()
}

/// What a link opens; nothing where it opens nothing.
pub async fn open(
    surroundings: &Surroundings,
    directory: &Directory,
    supplier: &SupplierId,
    secret: &str,
) -> StorageResult<Option<Evidence>> {
    let now = micros(surroundings.now());
    let mut tx = surroundings.db.read().await?;
    let link = evidence_link::by_secret(&mut tx, supplier.as_str(), &secret_hash(secret)).await?;
    let opened = match &link {
        Some(link) if opens(link, now) => case(&mut tx, supplier, Subject::of(link)).await?,
        _ => None,
    };
    tx.rollback().await?;
    let (Some(link), Some(case)) = (link, opened) else {
        return Ok(None);
    };
    // Of a supplier that cannot be used any more nothing is shown.
    let of = match directory.supplier(supplier).await {
        Ok(of) => of,
        Err(DirectoryError::Storage(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let relationship = RelationshipId::new(case.relationship.clone());
    let buyer = match directory.relationship(supplier, &relationship).await {
        Ok(relationship) => relationship.buyer_name.clone(),
        Err(_) => case.relationship,
    };
    Ok(Some(Evidence {
        supplier: of.name.clone(),
        contact: of.contact.clone(),
        buyer,
        order_number: case.order_number,
        is_test: case.is_test,
        turn: turn::of(case.state, &case.documents),
        documents: case.documents,
        expires_at: link.expires_at,
    }))
}

/// The bytes of a document of an opened case; nothing of any other.
pub async fn bytes(
    surroundings: &Surroundings,
    directory: &Directory,
    (supplier, secret): (&SupplierId, &str),
    document: &str,
) -> StorageResult<Option<(String, Vec<u8>)>> {
    let Some(evidence) = open(surroundings, directory, supplier, secret).await? else {
        return Ok(None);
    };
    if !evidence.documents.iter().any(|row| row.document_id == document) {
        return Ok(None);
    }
    crate::documents::raw(surroundings, supplier, document).await
}

/// What crossed about something, with whom.
struct Crossed {
    relationship: String,
    order_number: Option<String>,
    is_test: bool,
    state: Option<OrderState>,
    documents: Vec<DocumentRow>,
}

async fn case(tx: &mut Tx, supplier: &SupplierId, subject: Subject<'_>) -> StorageResult<Option<Crossed>> {
    let supplier = supplier.as_str();
    match subject {
        Subject::Order(id) => {
            let Some(row) = order::get(tx, supplier, id).await? else {
                return Ok(None);
            };
            let of_order = DocumentFilter {
                order_id: Some(id.to_owned()),
                ..DocumentFilter::default()
            };
            let mut documents = document::list(tx, supplier, &of_order, None, DOCUMENTS).await?;
            if let Some(session) = &row.session_id {
                let of_session = DocumentFilter {
                    session_id: Some(session.clone()),
                    ..DocumentFilter::default()
                };
                documents.extend(document::list(tx, supplier, &of_session, None, DOCUMENTS).await?);
            }
            let state = OrderState::parse(&row.state)
                .map_err(|error| StorageError::corrupt("purchase_order.state", error))?;
            Ok(Some(Crossed {
                documents: with_the_buyer(documents, &row.relationship_id),
                relationship: row.relationship_id,
                order_number: Some(row.order_number),
                is_test: row.mode == "test",
                state: Some(state),
            }))
        }
        Subject::Document(id) => {
            let Some(row) = document::get(tx, supplier, id).await? else {
                return Ok(None);
            };
            let Some(relationship) = row.relationship_id.clone().filter(|_| is_theirs(&row)) else {
                return Ok(None);
            };
            let mut documents = vec![row.clone()];
            if let Some(payload_id) = &row.payload_id {
                let request = (row.document_id.as_str(), payload_id.as_str());
                documents.extend(document::answers_to(tx, supplier, request, DOCUMENTS.into()).await?);
            }
            if let Some(request) = &row.in_reply_to {
                documents.extend(document::get(tx, supplier, request).await?);
            }
            Ok(Some(Crossed {
                documents: with_the_buyer(documents, &relationship),
                relationship,
                order_number: row.order_number,
                is_test: row.mode == "test",
                state: None,
            }))
        }
    }
}

/// What the buyer has sent or been sent, first to last, each once.
fn with_the_buyer(mut documents: Vec<DocumentRow>, relationship: &str) -> Vec<DocumentRow> {
    documents.retain(|row| is_theirs(row) && row.relationship_id.as_deref() == Some(relationship));
    documents.sort_by(|a, b| (a.recorded_at, &a.document_id).cmp(&(b.recorded_at, &b.document_id)));
    documents.dedup_by(|a, b| a.document_id == b.document_id);
    documents
}

/// Whether it crossed between the companies: what an ERP tells, and what waits here, did not.
fn is_theirs(row: &DocumentRow) -> bool {
    let crossed = row.direction == "in" || !matches!(row.status.as_str(), "queued" | "received");
    crossed && !row.kind.starts_with("Erp")
}
