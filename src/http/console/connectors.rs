//! Connectors: how they stand, how far they were read, their secrets' age, the switch.

pub(super) mod adding;

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    attention::is_failing,
    connectors::{ConnectorView, SecretsView, SwitchError},
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    operator::Right,
};

use super::{
    super::State,
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    words,
};
use crate::gateway::Gateway;

#[derive(Template)]
#[template(path = "console/connectors.html")]
struct Connectors {
    shell: Shell,
    items: Vec<Item>,
    enters: bool,
}

struct Item {
    id: String,
    kind: String,
    is_test: bool,
    enabled: bool,
    is_webhook: bool,
    events: Vec<String>,
    secrets: String,
    feeds: Vec<Feed>,
    words: Vec<Word>,
}

struct Feed {
    name: String,
    scope: String,
    failing: bool,
    finished: Option<words::When>,
    failed: Option<words::When>,
    error: Option<String>,
    rows: i64,
}

struct Word {
    on: bool,
    who: String,
    why: String,
    at: words::When,
}

pub(super) async fn list(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
) -> Response {
    page::shown(&gateway, read(&gateway, &person, &supplier).await)
}

async fn read(gateway: &Gateway, person: &Person, supplier: &str) -> Result<Connectors, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "connectors").await?;
    let views = gateway.connectors.overview(shell.id()).await?;
    let items = views
        .into_iter()
        .map(|view| item(gateway, &shell, view))
        .collect();
    let enters = shell.may(Right::EnterSystems);
    Ok(Connectors { shell, items, enters })
}

fn item(gateway: &Gateway, shell: &Shell, view: ConnectorView) -> Item {
    let when = |micros: i64| shell.when(gateway, micros);
    let is_webhook = view.kind == "events-webhook";
    Item {
        is_webhook,
        secrets: secrets(gateway, shell, view.secrets, is_webhook),
        id: view.id.into_string(),
        kind: words::connector(&view.kind).to_owned(),
        is_test: view.mode == "test",
        enabled: view.enabled,
        events: view
            .events
            .iter()
            .map(|kind| words::event(kind).to_owned())
            .collect(),
        feeds: view
            .feeds
            .into_iter()
            .map(|row| Feed {
                name: words::feed(&row.feed).to_owned(),
                failing: is_failing(&row),
                finished: row.finished_at.map(when),
                failed: row.failed_at.map(when),
                scope: row.scope,
                error: row.last_error,
                rows: row.rows_applied,
            })
            .collect(),
        words: view
            .words
            .into_iter()
            .map(|row| Word {
                on: row.to_value.as_deref() == Some("true"),
                who: row.who,
                why: row.why,
                at: when(row.changed_at),
            })
            .collect(),
    }
}

fn secrets(gateway: &Gateway, shell: &Shell, view: SecretsView, is_webhook: bool) -> String {
    let changed = |since: Option<punchgate_domain::Instant>| match since {
        Some(at) => {
            let when = shell.when(gateway, at.as_microsecond());
            format!("last changed {} ({})", when.ago, when.shown)
        }
        None => "not changed since this was first noted".to_owned(),
    };
    match view {
        SecretsView::None => "It has none.".to_owned(),
        SecretsView::Closed => {
            "They do not open with this gateway's sealing keys: add the old key to the key file, or apply them anew.".to_owned()
        }
        SecretsView::One { since } => format!("In use: {}.", changed(since)),
        SecretsView::Rotating { since } => {
            let both = match is_webhook {
                true => "every message is signed with both",
                false => "both are in use",
            };
            format!(
                "Being rotated: {}; {both}, until previous_secret is taken out of the file and applied.",
                changed(since)
            )
        }
    }
}

pub(super) async fn switch(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let target = format!("{}/s/{supplier}/connectors#{id}", page::base(&gateway));
    match turn(&gateway, &posted, supplier.into(), id.into()).await {
        Ok(()) => Redirect::to(&target).into_response(),
        Err(no_page) => no_page.show(&gateway),
    }
}

async fn turn(
    gateway: &Gateway,
    posted: &Posted,
    supplier: SupplierId,
    id: ConnectorId,
) -> Result<(), NoPage> {
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    let author = operator.author(&supplier, Right::SwitchConnectors, fields.text("reason"))?;
    let on = fields.text("to") == "on";
    let switched = gateway.connectors.switch(&supplier, &id, on, &author).await;
    switched.map_err(|error| match error {
        SwitchError::Storage(error) => NoPage::Database(error),
        refused => NoPage::Problem(refused.problem(), refused.to_string()),
    })
}
