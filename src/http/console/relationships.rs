//! Trading relationships: the list, and one with everything that a person keeps of it.

mod act;
mod adding;
mod agreed;
mod detail;
mod entering;
mod mappings;
pub(super) mod rehearsal;
mod sheet;
mod suites;
mod wording;

pub(super) use act::{add_secret, drop_secret, switch, test};
pub(super) use adding::{add, offer};
pub(super) use entering::enter;
pub(super) use mappings::{export, list as mappings};
pub(super) use sheet::sheet;

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    response::Response,
};
use punchgate_app::directory::{
    DirectoryError,
    desk::{ListedRelationship, RelationshipFilter, RelationshipOrder},
};
use punchgate_domain::{catalogue::Problem, operator::Right};
use punchgate_protocols::cxml::dialect::Dialect;
use serde::Deserialize;

use super::{
    super::State,
    deliveries::Choice,
    page::{self, NoPage, Shell},
    session::Person,
    words::{Pill, When},
};
use crate::gateway::Gateway;

const ROWS: usize = 50;

/// What stands in the address; everything is optional, and empty where it is not given.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowing {
    search: String,
    dialect: String,
    mode: String,
    sink: String,
    on: String,
    sort: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/relationships.html")]
struct Relationships {
    shell: Shell,
    search: String,
    dialects: Vec<Choice>,
    modes: Vec<Choice>,
    sinks: Vec<Choice>,
    switches: Vec<Choice>,
    sorts: Vec<Choice>,
    rows: Vec<Row>,
    has_any: bool,
    keeps: bool,
    next: Option<String>,
}

struct Row {
    link: String,
    name: String,
    id: String,
    buyer: String,
    protocol: String,
    dialect: String,
    is_test: bool,
    is_shadow: bool,
    sink: &'static str,
    pill: Pill,
    is_exchanging: bool,
    trouble: Option<String>,
    last_in: Option<When>,
    last_out: Option<When>,
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
) -> Result<Relationships, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let wanted = (&asked.filter(), asked.order());
    let directory = &gateway.directory;
    let found = directory.overview(shell.id(), wanted, after, ROWS).await?;
    let dialects = Dialect::names().map(|name| (name, wording::dialect(name)));
    Ok(Relationships {
        dialects: Choice::all(dialects, &asked.dialect),
        modes: Choice::all(wording::MODES.into_iter(), &asked.mode),
        sinks: Choice::all(wording::SINKS.into_iter(), &asked.sink),
        switches: Choice::all([("yes", "On"), ("no", "Off")].into_iter(), &asked.on),
        sorts: Choice::all([("last", "Last document first")].into_iter(), &asked.sort),
        next: found.next.map(|last| asked.next(last.as_str())),
        rows: found
            .rows
            .into_iter()
            .map(|one| row(gateway, &shell, one))
            .collect(),
        has_any: found.has_any,
        keeps: shell.may(Right::KeepRelationships),
        search: asked.search,
        shell,
    })
}

impl Narrowing {
    fn filter(&self) -> RelationshipFilter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        RelationshipFilter {
            search: some(&self.search),
            dialect: some(&self.dialect),
            mode: some(&self.mode),
            order_sink: some(&self.sink),
            enabled: some(&self.on).map(|on| on == "yes"),
        }
    }

    fn order(&self) -> RelationshipOrder {
        match self.sort.as_str() {
            "last" => RelationshipOrder::LastDocument,
            _ => RelationshipOrder::Name,
        }
    }

    /// The query of the page behind this one.
    fn next(&self, last: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("search", &self.search),
            ("dialect", &self.dialect),
            ("mode", &self.mode),
            ("sink", &self.sink),
            ("on", &self.on),
            ("sort", &self.sort),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", last);
        query.finish()
    }
}

fn row(gateway: &Gateway, shell: &Shell, one: ListedRelationship) -> Row {
    let when = |at: punchgate_domain::Instant| shell.when(gateway, at.as_microsecond());
    Row {
        link: format!("{}/relationships/{}", shell.here, one.id),
        id: one.id.into_string(),
        name: one.name,
        buyer: one.buyer_name,
        protocol: wording::protocol(&one.protocol).to_owned(),
        dialect: wording::dialect(&one.dialect).to_owned(),
        is_test: one.mode == "test",
        is_shadow: one.mode == "shadow",
        sink: wording::sink(&one.order_sink),
        pill: standing(one.enabled, one.trouble.is_some()),
        is_exchanging: one.exchanged_since.is_some(),
        trouble: one.trouble,
        last_in: one.last_in.map(when),
        last_out: one.last_out.map(when),
    }
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    let said = detail::Said::default();
    page::shown(
        &gateway,
        detail::read(&gateway, &person, (&supplier, &id), said).await,
    )
}

/// How a relationship stands.
fn standing(is_on: bool, is_broken: bool) -> Pill {
    match (is_on, is_broken) {
        (false, _) => ("Off", "bad"),
        (true, true) => ("Cannot be used", "bad"),
        (true, false) => ("On", "good"),
    }
}

impl From<DirectoryError> for NoPage {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Storage(error) => Self::Database(error),
            // Of another supplier, or of nobody: the same page.
            DirectoryError::Unknown(_) => Self::Problem(Problem::NotFound, String::new()),
            broken @ DirectoryError::Broken { .. } => Self::Problem(Problem::Internal, broken.to_string()),
        }
    }
}
