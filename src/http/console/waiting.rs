//! The lists behind the first page: what they have in common, and that of orders.

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    response::Response,
};
use punchgate_app::orders::read::{self as orders, OrderFilter};
use serde::Deserialize;

use super::{
    super::{State, api::page::cursor},
    page::{self, NoPage, Shell},
    session::Person,
    words::{self, Pill},
};
use crate::gateway::Gateway;

/// Rows of a page.
pub(super) const ROWS: u32 = 50;

/// What stands in the address.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowing {
    state: String,
    relationship: String,
    customer: String,
    search: String,
    after: String,
}

/// A list of things that wait: of orders, refused requests and conflicts, with other words.
#[derive(Template)]
#[template(path = "console/waiting.html")]
pub(super) struct List {
    pub(super) shell: Shell,
    pub(super) heading: &'static str,
    pub(super) text: &'static str,
    pub(super) columns: [&'static str; 4],
    pub(super) states: Vec<(&'static str, &'static str, bool)>,
    /// What is searched for; none where nothing is.
    pub(super) search: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) next: Option<String>,
}

pub(super) struct Row {
    /// Where there is more about it.
    pub(super) link: Option<String>,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) pill: Pill,
    pub(super) third: String,
    pub(super) at: words::When,
}

pub(super) type Asked = Result<Query<Narrowing>, QueryRejection>;

impl Narrowing {
    pub(super) fn of(asked: Asked) -> Self {
        asked.map(|Query(narrowing)| narrowing).unwrap_or_default()
    }

    pub(super) fn state(&self) -> Option<String> {
        (!self.state.is_empty()).then(|| self.state.clone())
    }

    fn relationship(&self) -> Option<String> {
        (!self.relationship.is_empty()).then(|| self.relationship.clone())
    }

    fn customer(&self) -> Option<String> {
        (!self.customer.is_empty()).then(|| self.customer.clone())
    }

    fn search(&self) -> Option<String> {
        let search = self.search.trim();
        (!search.is_empty()).then(|| search.to_owned())
    }

    pub(super) fn place(&self) -> Result<Option<(i64, String)>, NoPage> {
        page::place(&self.after)
    }

    /// The states to choose from, with the one that is chosen.
    pub(super) fn states(&self, all: &[(&'static str, Pill)]) -> Vec<(&'static str, &'static str, bool)> {
        all.iter()
            .map(|(name, (words, _))| (*name, *words, *name == self.state))
            .collect()
    }

    /// The query of the page behind this one.
    fn next(&self, place: &(i64, String)) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let narrowed = [
            ("state", self.state()),
            ("relationship", self.relationship()),
            ("customer", self.customer()),
            ("search", self.search()),
        ];
        for (name, value) in narrowed {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.append_pair("after", &cursor(place));
        query.finish()
    }
}

/// The rows of this page, and the query of the next one.
pub(super) fn paged<T>(
    mut rows: Vec<T>,
    narrowing: &Narrowing,
    place: impl Fn(&T) -> (i64, String),
) -> (Vec<T>, Option<String>) {
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| narrowing.next(&place(row)));
    (rows, next)
}

pub(super) async fn orders(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    asked: Asked,
) -> Response {
    let list = read_orders(&gateway, &person, &supplier, Narrowing::of(asked)).await;
    page::shown(&gateway, list)
}

async fn read_orders(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    asked: Narrowing,
) -> Result<List, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "orders").await?;
    let filter = OrderFilter {
        state: asked.state(),
        relationship: asked.relationship(),
        customer: asked.customer(),
        search: asked.search(),
    };
    let rows = orders::list(
        &gateway.surroundings,
        &gateway.directory,
        shell.id(),
        &filter,
        asked.place()?,
        ROWS + 1,
    )
    .await?;
    let (rows, next) = paged(rows, &asked, |row| (row.received_at, row.order_id.clone()));
    let rows = rows.into_iter().map(|row| Row {
        link: Some(format!("{}/orders/{}", shell.here, row.order_id)),
        first: row.order_number,
        second: format!("{} {}, {}", row.total_text, row.currency, row.relationship_id),
        pill: words::order_state(&row.state),
        third: row.state_reason.unwrap_or_default(),
        at: shell.when(gateway, row.received_at),
    });
    Ok(List {
        rows: rows.collect(),
        heading: "Orders",
        text: "Purchase orders, newest first.",
        columns: ["Order", "Total and relationship", "Why it stands so", "Received"],
        states: asked.states(&words::ORDER_STATES),
        search: Some(asked.search),
        next,
        shell,
    })
}

pub(super) fn pill(all: &[(&str, Pill)], state: &str) -> Pill {
    all.iter()
        .find(|(name, _)| *name == state)
        .map_or(("Unknown here", "soft"), |(_, pill)| *pill)
}
