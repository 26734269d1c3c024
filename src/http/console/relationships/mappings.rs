//! What a buyer calls things, and what they are called here: found, read, and put into a file.

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    http::header,
    response::{IntoResponse as _, Response},
};
use punchgate_app::directory::{MappingKind, entries::StoredMapping};
use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    operator::Right,
};
use serde::Deserialize;

use super::wording;
use crate::{
    gateway::Gateway,
    http::{
        State,
        api::page::cursor,
        console::{
            deliveries::Choice,
            page::{self, NoPage, Shell},
            session::Person,
        },
    },
    mapping_table::MappingTable,
};

const ROWS: usize = 50;

/// What stands in the address.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(in crate::http::console) struct Narrowing {
    kind: String,
    search: String,
    after: String,
    /// The entry that is to be changed.
    of: String,
    source: String,
}

/// What stands on the page beside the mappings.
#[derive(Default)]
pub(super) struct Said {
    /// Why nothing was entered.
    pub(super) trouble: Option<String>,
    /// The same line by line.
    pub(super) problems: Vec<String>,
    /// What came of what was entered.
    pub(super) done: Option<String>,
    /// What the person had written.
    pub(super) written: Written,
}

/// What is in the forms.
#[derive(Default)]
pub(super) struct Written {
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) target: String,
    pub(super) reason: String,
    pub(super) table: String,
}

#[derive(Template)]
#[template(path = "console/mappings.html")]
pub(super) struct Mappings {
    shell: Shell,
    id: String,
    name: String,
    search: String,
    kinds: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    count: usize,
    trouble: Option<String>,
    problems: Vec<String>,
    done: Option<String>,
    written: Written,
    /// The kinds of the form, with the one that is chosen.
    form_kinds: Vec<Choice>,
    is_change: bool,
    may: bool,
}

struct Row {
    kind: &'static str,
    source: String,
    target: String,
    is_declared: bool,
    /// Where it is changed.
    change: String,
}

pub(in crate::http::console) async fn list(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
    asked: Result<Query<Narrowing>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(narrowing)| narrowing).unwrap_or_default();
    let said = Said::default();
    page::shown(
        &gateway,
        read(&gateway, &person, (&supplier, &id), asked, said).await,
    )
}

/// The page of mappings for this person.
pub(super) async fn read(
    gateway: &Gateway,
    person: &Person,
    (supplier, id): (&str, &str),
    asked: Narrowing,
    said: Said,
) -> Result<Mappings, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    let relationship = RelationshipId::new(id);
    let view = gateway.directory.view(shell.id(), &relationship).await?;
    let all = gateway.directory.mappings(shell.id(), &relationship).await?;
    let count = all.len();
    let mut written = said.written;
    let of = all
        .iter()
        .find(|one| one.kind.as_str() == asked.of && one.source == asked.source);
    if let Some(one) = of {
        written.kind = one.kind.as_str().to_owned();
        written.source.clone_from(&one.source);
        written.target.clone_from(&one.target);
    }
    let chosen = match written.kind.is_empty() {
        true => asked.kind.clone(),
        false => written.kind.clone(),
    };
    let kinds = || {
        MappingKind::ALL
            .iter()
            .map(|kind| (kind.as_str(), wording::mappings(*kind)))
    };
    let path = format!("{}/relationships/{id}/mappings", shell.here);
    let after = page::place(&asked.after)?;
    let mut found: Vec<_> = all
        .into_iter()
        .filter(|one| asked.takes(one))
        .filter(|one| after.as_ref().is_none_or(|after| *after < place(one)))
        .collect();
    found.sort_by_key(place);
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let last = found.last().filter(|_| more).map(place);
    Ok(Mappings {
        id: id.to_owned(),
        name: view.listed.name,
        kinds: Choice::all(kinds(), &asked.kind),
        form_kinds: Choice::all(kinds(), &chosen),
        rows: found.into_iter().map(|one| row(&path, one)).collect(),
        next: last.map(|place| asked.next(&cursor(&place))),
        search: asked.search,
        count,
        trouble: said.trouble,
        problems: said.problems,
        done: said.done,
        is_change: of_is(&written, &asked.of),
        written,
        may: shell.may(Right::EnterMappings),
        shell,
    })
}

/// Whether the form is about an entry that there is.
fn of_is(written: &Written, of: &str) -> bool {
    !of.is_empty() && written.kind == of
}

/// Where an entry stands in the order of all: they are listed by kind, then by what the buyer writes.
fn place(one: &StoredMapping) -> (i64, String) {
    let kind = MappingKind::ALL.iter().position(|kind| *kind == one.kind);
    let kind = kind.and_then(|place| i64::try_from(place).ok());
    (kind.unwrap_or_default(), one.source.clone())
}

fn row(path: &str, one: StoredMapping) -> Row {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("of", one.kind.as_str())
        .append_pair("source", &one.source);
    Row {
        kind: wording::mapping(one.kind),
        change: format!("{path}?{}#enter", query.finish()),
        source: one.source,
        target: one.target,
        is_declared: one.declared,
    }
}

impl Narrowing {
    fn takes(&self, one: &StoredMapping) -> bool {
        let searched = self.search.trim().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&searched);
        (self.kind.is_empty() || self.kind == one.kind.as_str()) && (has(&one.source) || has(&one.target))
    }

    /// The query of the page behind this one.
    fn next(&self, place: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("kind", &self.kind), ("search", &self.search)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", place);
        query.finish()
    }
}

/// All mappings as a file.
pub(in crate::http::console) async fn export(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    match table(&gateway, &person, (&supplier, &id)).await {
        Ok(table) => {
            let name = format!("attachment; filename=\"mappings-{supplier}.{id}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, table).into_response()
        }
        Err(no_page) => no_page.show(&gateway),
    }
}

async fn table(gateway: &Gateway, person: &Person, (supplier, id): (&str, &str)) -> Result<Vec<u8>, NoPage> {
    let supplier = SupplierId::new(supplier);
    person.operator.require(&supplier, Right::Look)?;
    let all = gateway
        .directory
        .mappings(&supplier, &RelationshipId::new(id))
        .await?;
    MappingTable::write(&all).map_err(|error| NoPage::Problem(Problem::Internal, error.to_string()))
}
