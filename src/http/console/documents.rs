//! The archive: what came and what went out, narrowed in the address; each document as it was read, and raw.

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    http::header,
    response::{IntoResponse as _, Response},
};
use punchgate_app::documents::{self as archive, DocumentFilter, DocumentRow, Finding};
use punchgate_domain::{catalogue::Problem, operator::Right};
use serde::Deserialize;

use super::{
    super::{State, api::page::cursor},
    deliveries::{Choice, begin_of, unreadable},
    page::{self, NoPage, Shell},
    session::Person,
    words::{self, Pill, When},
};
use crate::gateway::Gateway;

const ROWS: u32 = 50;
/// As much of a document's bytes as the page shows; the rest is in the download.
const SHOWN_BYTES: usize = 256 * 1024;
/// Kinds to choose from: what the gateway itself reads and writes.
const KINDS: [&str; 12] = [
    "OrderRequest",
    "ConfirmationRequest",
    "PunchOutSetupRequest",
    "PunchOutSetupResponse",
    "PunchOutOrderMessage",
    "Response",
    "ErpAcknowledgement",
    "ErpStatus",
    "ErpShipment",
    "ErpInvoice",
    "ErpCreditMemo",
    "ErpPayment",
];

/// What stands in the address; everything is optional, and empty where it is not given.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowing {
    direction: String,
    kind: String,
    relationship: String,
    status: String,
    order: String,
    search: String,
    from: String,
    to: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/documents.html")]
struct Documents {
    shell: Shell,
    narrowing: Narrowing,
    directions: Vec<Choice>,
    kinds: Vec<Choice>,
    relationships: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_narrowed: bool,
}

struct Row {
    link: String,
    what: String,
    direction: &'static str,
    pill: Pill,
    order: Option<(String, String)>,
    relationship: Option<String>,
    payload_id: Option<String>,
    at: When,
}

#[derive(Template)]
#[template(path = "console/document.html")]
struct Document {
    shell: Shell,
    id: String,
    row: Row,
    /// Where what goes out is tried again.
    deliveries: Option<String>,
    is_test: bool,
    /// Whether a buyer has sent it, or been sent it.
    can_share: bool,
    said: Option<String>,
    facts: Vec<(&'static str, String)>,
    findings: Vec<Finding>,
    read: Option<String>,
    raw: String,
    is_cut: bool,
}

pub(super) async fn list(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    asked: Result<Query<Narrowing>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(narrowing)| narrowing).unwrap_or_default();
    page::shown(&gateway, read(&gateway, &person, &supplier, asked).await)
}

async fn read(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    asked: Narrowing,
) -> Result<Documents, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "documents").await?;
    let filter = asked.filter(&shell)?;
    let after = page::place(&asked.after)?;
    let surroundings = &gateway.surroundings;
    let mut rows = archive::list(surroundings, shell.id(), &filter, after, ROWS + 1).await?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let last = rows
        .last()
        .filter(|_| more)
        .map(|row| (row.recorded_at, row.document_id.clone()));
    let elsewhere = |_| NoPage::Refused(punchgate_app::operators::Refused::Elsewhere);
    let relationships = gateway.directory.relationships(shell.id()).await;
    let relationships = relationships.map_err(elsewhere)?;
    let relationships = relationships
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str()));
    let statuses = words::DOCUMENT_STATUSES
        .iter()
        .map(|(name, (words, _))| (*name, *words));
    let kinds = KINDS.iter().map(|kind| (*kind, words::document_kind(kind)));
    let directions = [("in", "Came in"), ("out", "Went out")];
    Ok(Documents {
        directions: Choice::all(directions.into_iter(), &asked.direction),
        kinds: Choice::all(kinds, &asked.kind),
        relationships: Choice::all(relationships, &asked.relationship),
        statuses: Choice::all(statuses, &asked.status),
        rows: rows.into_iter().map(|one| row(gateway, &shell, one)).collect(),
        next: last.map(|place| asked.next(&cursor(&place))),
        is_narrowed: asked.pairs().iter().any(|(_, value)| !value.is_empty()),
        narrowing: asked,
        shell,
    })
}

impl Narrowing {
    /// Days are the supplier's, the last one included.
    fn filter(&self, shell: &Shell) -> Result<DocumentFilter, NoPage> {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let known = |name: &str, text: &str, all: &[&str]| match some(text) {
            Some(text) if !all.contains(&text.as_str()) => {
                Err(unreadable(format!("{name}: one of {}", all.join(", "))))
            }
            text => Ok(text),
        };
        let zone = &shell.supplier.time_zone;
        Ok(DocumentFilter {
            direction: known("direction", &self.direction, &archive::DIRECTIONS)?,
            kind: some(&self.kind),
            relationship: some(&self.relationship),
            status: known("status", &self.status, &archive::STATUSES)?,
            order_id: some(&self.order),
            session_id: None,
            search: some(&self.search),
            from: begin_of(&self.from, 0, zone)?,
            until: begin_of(&self.to, 1, zone)?,
        })
    }

    /// The query of the page behind this one.
    fn next(&self, place: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs().iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("after", place);
        query.finish()
    }

    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("direction", &self.direction),
            ("kind", &self.kind),
            ("relationship", &self.relationship),
            ("status", &self.status),
            ("order", &self.order),
            ("search", &self.search),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
}

fn row(gateway: &Gateway, shell: &Shell, row: DocumentRow) -> Row {
    let number = row.order_number.unwrap_or_else(|| "its order".to_owned());
    let order = row
        .order_id
        .map(|order| (format!("{}/orders/{order}", shell.here), number));
    Row {
        link: format!("{}/documents/{}", shell.here, row.document_id),
        what: words::document_kind(&row.kind).to_owned(),
        direction: words::direction(&row.direction, &row.kind),
        pill: words::document_status(&row.status),
        order,
        relationship: row.relationship_id,
        payload_id: row.payload_id,
        at: shell.when(gateway, row.recorded_at),
    }
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    page::shown(&gateway, detail(&gateway, &person, &supplier, &id).await)
}

async fn detail(gateway: &Gateway, person: &Person, supplier: &str, id: &str) -> Result<Document, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "documents").await?;
    let surroundings = &gateway.surroundings;
    let found = archive::get(surroundings, shell.id(), id)
        .await?
        .ok_or_else(nowhere)?;
    let (_, mut bytes) = archive::raw(surroundings, shell.id(), id)
        .await?
        .ok_or_else(nowhere)?;
    let is_cut = bytes.len() > SHOWN_BYTES;
    bytes.truncate(SHOWN_BYTES);
    let stored = found.row;
    let shown = stored.clone();
    Ok(Document {
        id: id.to_owned(),
        is_test: stored.mode == "test",
        can_share: stored.relationship_id.is_some() && !stored.kind.starts_with("Erp"),
        deliveries: stored
            .order_id
            .as_ref()
            .map(|order| format!("{}/deliveries?order={order}", shell.here)),
        facts: facts(&stored),
        findings: archive::findings(&stored),
        said: stored.status_text,
        read: found
            .read
            .and_then(|read| serde_json::to_string_pretty(&read).ok()),
        raw: String::from_utf8_lossy(&bytes).into_owned(),
        is_cut,
        row: row(gateway, &shell, shown),
        shell,
    })
}

fn facts(row: &DocumentRow) -> Vec<(&'static str, String)> {
    let code = row.status_code.map(|code| code.to_string());
    let all = [
        ("Element", Some(row.kind.clone())),
        ("Relationship", row.relationship_id.clone()),
        ("payloadID", row.payload_id.clone()),
        ("BuyerCookie", row.buyer_cookie.clone()),
        ("Status code", code),
        ("Content type", Some(row.content_type.clone())),
        ("Length", Some(format!("{} bytes", row.raw_length))),
        ("Our id", Some(row.document_id.clone())),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn nowhere() -> NoPage {
    NoPage::Problem(Problem::NotFound, String::new())
}

/// The bytes as they were archived, secrets and cards blanked; a partner's bytes are never a page of ours.
pub(super) async fn raw(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    let supplier = supplier.as_str().into();
    if let Err(refused) = person.operator.require(&supplier, Right::Look) {
        return NoPage::from(refused).show(&gateway);
    }
    let (content_type, bytes) = match archive::raw(&gateway.surroundings, &supplier, &id).await {
        Ok(Some(found)) => found,
        Ok(None) => return page::not_found(&gateway),
        Err(error) => return page::trouble(&gateway, &error),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    (headers, bytes).into_response()
}
