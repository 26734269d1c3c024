//! Refused requests: the list, one with what was kept of it, and what a person does about it.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    inbound::{Admission, AdmitError},
    quarantine::{self, KeptError, KeptRequest, QuarantineFilter},
};
use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    operator::Right,
};

use serde::Deserialize;

use super::{
    super::State,
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    waiting::{Asked, List, Narrowing, ROWS, Row, paged, pill},
    words::{self, Pill},
};
use crate::gateway::Gateway;

/// So much of a request stands in its page.
const SHOWN: usize = 256 * 1024;

const QUARANTINE_STATES: [(&str, Pill); 4] = [
    ("waiting", ("Waits for a person", "bad")),
    ("noted", ("Noted", "soft")),
    ("admitted", ("Admitted", "good")),
    ("discarded", ("Discarded", "soft")),
];

pub(super) async fn list(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    asked: Asked,
) -> Response {
    let list = read(&gateway, &person, &supplier, Narrowing::of(asked)).await;
    page::shown(&gateway, list)
}

async fn read(gateway: &Gateway, person: &Person, supplier: &str, asked: Narrowing) -> Result<List, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "quarantine").await?;
    let filter = QuarantineFilter {
        state: asked.state(),
        search: None,
    };
    let rows = quarantine::list(
        &gateway.surroundings,
        shell.id(),
        &filter,
        asked.place()?,
        ROWS + 1,
    )
    .await?;
    let (rows, next) = paged(rows, &asked, |row| (row.received_at, row.quarantine_id.clone()));
    let rows = rows.into_iter().map(|row| {
        let advice = quarantine::advice(&row);
        Row {
            link: Some(format!("{}/quarantine/{}", shell.here, row.quarantine_id)),
            first: row.order_number.unwrap_or_else(|| "no order number".to_owned()),
            second: format!("{}, from {}", sender(&row.claimed), row.remote_address),
            pill: pill(&QUARANTINE_STATES, &row.state),
            third: format!("{} — {advice}", row.detail),
            at: shell.when(gateway, row.received_at),
        }
    });
    Ok(List {
        rows: rows.collect(),
        heading: "Refused requests",
        text: "Requests that were refused and may be orders: admit them once their cause is mended, or discard them.",
        columns: ["Order", "Sender", "Why, and what to do", "Received"],
        states: asked.states(&QUARANTINE_STATES),
        search: None,
        next,
        shell,
    })
}

/// One request.
#[derive(Template)]
#[template(path = "console/refused.html")]
struct Refused {
    shell: Shell,
    id: String,
    title: String,
    pill: Pill,
    at: words::When,
    /// Why the last deed was refused.
    trouble: Option<String>,
    reason: String,
    detail: String,
    advice: String,
    facts: Vec<(&'static str, String)>,
    /// Whose it may become.
    relationships: Vec<(String, String, bool)>,
    can_admit: bool,
    can_discard: bool,
    can_put_back: bool,
    raw: String,
    is_cut: bool,
}

/// What a person said that was refused.
#[derive(Default)]
struct Said {
    trouble: Option<String>,
    reason: String,
    relationship: String,
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    page::shown(
        &gateway,
        detail(&gateway, &person, &supplier, &id, Said::default()).await,
    )
}

async fn detail(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    id: &str,
    said: Said,
) -> Result<Refused, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "quarantine").await?;
    let found = quarantine::get(&gateway.surroundings, shell.id(), id).await?;
    let found = found.ok_or_else(|| NoPage::Problem(Problem::NotFound, String::new()))?;
    let relationships = gateway.directory.relationships(shell.id()).await;
    let relationships = relationships.map_err(|_| NoPage::Problem(Problem::Internal, String::new()))?;
    let chosen = match &found.row.admitted_as {
        Some(taker) => taker
            .rsplit_once('.')
            .map_or("", |(_, relationship)| relationship)
            .to_owned(),
        None => said.relationship,
    };
    let relationships = relationships
        .iter()
        .map(|one| (one.id.to_string(), one.name.clone(), one.id.as_str() == chosen));
    let relationships = relationships.collect();
    let may = shell.may(Right::DecideOrders) && found.row.state == "waiting";
    let is_given = found.row.admitted_as.is_some();
    let text = String::from_utf8_lossy(&found.bytes);
    let raw: String = text.chars().take(SHOWN).collect();
    Ok(Refused {
        id: id.to_owned(),
        title: match &found.row.order_number {
            Some(number) => format!("Refused request, order {number}"),
            None => "Refused request".to_owned(),
        },
        pill: pill(&QUARANTINE_STATES, &found.row.state),
        at: shell.when(gateway, found.row.received_at),
        trouble: said.trouble,
        reason: said.reason,
        detail: found.row.detail.clone(),
        advice: quarantine::advice(&found.row),
        facts: facts(gateway, &shell, &found),
        relationships,
        can_admit: may,
        can_discard: may && !is_given,
        can_put_back: may && is_given,
        is_cut: raw.len() < text.len(),
        raw,
        shell,
    })
}

/// Whom a request names: who it says it is of, who sends it and for whom it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Claimed {
    from: Vec<Identity>,
    sender: Vec<Identity>,
    to: Vec<Identity>,
}

#[derive(Deserialize)]
struct Identity {
    domain: String,
    identity: String,
}

fn words_of(identities: &[Identity]) -> String {
    let words: Vec<String> = identities
        .iter()
        .map(|one| format!("{} {}", one.domain, one.identity))
        .collect();
    words.join(", ")
}

fn claimed(text: &str) -> Vec<(&'static str, String)> {
    let claimed: Claimed = serde_json::from_str(text).unwrap_or_default();
    let named = [
        ("Says it is of", &claimed.from),
        ("Sent by", &claimed.sender),
        ("For", &claimed.to),
    ];
    let named = named.into_iter().filter(|(_, identities)| !identities.is_empty());
    named
        .map(|(name, identities)| (name, words_of(identities)))
        .collect()
}

/// Who sends it, as it says.
fn sender(text: &str) -> String {
    let claimed: Claimed = serde_json::from_str(text).unwrap_or_default();
    match words_of(&claimed.sender) {
        sender if sender.is_empty() => "a sender without a name".to_owned(),
        sender => sender,
    }
}

fn facts(gateway: &Gateway, shell: &Shell, found: &KeptRequest) -> Vec<(&'static str, String)> {
    let row = &found.row;
    let mut facts = vec![("What", row.kind.clone())];
    facts.extend(claimed(&row.claimed));
    facts.push(("Came from", row.remote_address.clone()));
    facts.push(("Refused as", row.reason.clone()));
    for (name, value) in [
        ("payloadID", &row.payload_id),
        ("Order", &row.order_number),
        ("BuyerCookie", &row.buyer_cookie),
        ("Given to", &row.admitted_as),
        ("Decided by", &row.decided_by),
    ] {
        facts.extend(value.clone().map(|value| (name, value)));
    }
    if let Some(at) = row.decided_at {
        facts.push(("Decided", shell.when(gateway, at).shown));
    }
    facts.push(("Kept", format!("{} bytes, {}", row.raw_length, row.content_type)));
    facts.extend(found.parts.iter().map(|part| {
        let id = part.content_id.as_deref().unwrap_or("without a Content-ID");
        (
            "Beside it",
            format!("{id}: {} bytes, {}", part.length, part.content_type),
        )
    }));
    facts
}

/// Shows the request as it is then, or the order that it became; what was refused stands above it.
pub(super) async fn act(
    Handed(gateway): Handed<State>,
    Path((supplier, id, deed)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let here = format!("{}/s/{supplier}", page::base(&gateway));
    match carry_out(&gateway, &posted, &supplier.as_str().into(), (&id, &deed)).await {
        Ok(Some(order)) => Redirect::to(&format!("{here}/orders/{order}")).into_response(),
        Ok(None) => Redirect::to(&format!("{here}/quarantine/{id}")).into_response(),
        Err(refused) => {
            page::once_more(&gateway, refused, async |trouble| {
                let said = Said {
                    trouble: Some(trouble),
                    reason: posted.fields.text("reason").to_owned(),
                    relationship: posted.fields.text("relationship").to_owned(),
                };
                detail(&gateway, &posted.person, &supplier, &id, said).await
            })
            .await
        }
    }
}

/// The order that the request became, if it became one.
async fn carry_out(
    gateway: &Gateway,
    posted: &Posted,
    supplier: &SupplierId,
    (id, deed): (&str, &str),
) -> Result<Option<String>, NoPage> {
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    operator.require(supplier, Right::DecideOrders)?;
    let author = operator
        .author(supplier, Right::DecideOrders, fields.text("reason"))
        .map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))?;
    match deed {
        "admit" => {
            let relationship = RelationshipId::new(fields.text("relationship"));
            let admission = Admission {
                holder: supplier,
                id,
                supplier,
                relationship: &relationship,
                by: &author,
            };
            let outcome = gateway.inbound.admit(&admission).await?;
            match outcome.order {
                Some(order) => Ok(Some(order.into_string())),
                None => Err(NoPage::Problem(
                    Problem::InvalidTransition,
                    format!("It was not taken: {}", outcome.answer.details),
                )),
            }
        }
        "discard" => {
            quarantine::discard(&gateway.surroundings, supplier, id, &author).await?;
            Ok(None)
        }
        "put-back" => {
            quarantine::put_back(&gateway.surroundings, supplier, id, &author).await?;
            Ok(None)
        }
        _ => Err(NoPage::Problem(Problem::NotFound, String::new())),
    }
}

impl From<KeptError> for NoPage {
    fn from(error: KeptError) -> Self {
        match error {
            KeptError::Storage(error) => Self::Database(error),
            KeptError::Refused { problem, details } => Self::Problem(problem, details),
        }
    }
}

impl From<AdmitError> for NoPage {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Storage(error) => Self::Database(error),
            AdmitError::Refused { problem, details } => Self::Problem(problem, details),
            // The page chooses among those that there are.
            AdmitError::Directory(error) => Self::Problem(Problem::Validation, error.to_string()),
        }
    }
}
