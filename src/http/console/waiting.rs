//! The lists behind the first page: orders, which have a page each, refused requests and conflicts. What is done about the
//! last two is done by API and command line.

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    response::Response,
};
use punchgate_app::{
    accounts::{AccountsError, ConflictView},
    orders::read::{self as orders, OrderFilter},
    quarantine::{self, QuarantineFilter},
};
use serde::Deserialize;

use super::{
    super::{
        State,
        api::page::{cursor, read_cursor},
    },
    page::{self, NoPage, Shell},
    session::Person,
    words::{self, Pill},
};
use crate::gateway::Gateway;

const ROWS: u32 = 50;

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

/// A list of things that wait: the same three lists, with other words.
#[derive(Template)]
#[template(path = "console/waiting.html")]
struct List {
    shell: Shell,
    heading: &'static str,
    text: &'static str,
    columns: [&'static str; 4],
    states: Vec<(&'static str, &'static str, bool)>,
    /// What is searched for; none where nothing is.
    search: Option<String>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    /// Where there is more about it.
    link: Option<String>,
    first: String,
    second: String,
    pill: Pill,
    third: String,
    at: words::When,
}

type Asked = Result<Query<Narrowing>, QueryRejection>;

impl Narrowing {
    fn of(asked: Asked) -> Self {
        asked.map(|Query(narrowing)| narrowing).unwrap_or_default()
    }

    fn state(&self) -> Option<String> {
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

    fn place(&self) -> Option<(i64, String)> {
        read_cursor(&self.after)
    }

    /// The states to choose from, with the one that is chosen.
    fn states(&self, all: &[(&'static str, Pill)]) -> Vec<(&'static str, &'static str, bool)> {
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
fn paged<T>(
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
        asked.place(),
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

const QUARANTINE_STATES: [(&str, Pill); 4] = [
    ("waiting", ("Waits for a person", "bad")),
    ("noted", ("Noted", "soft")),
    ("admitted", ("Admitted", "good")),
    ("discarded", ("Discarded", "soft")),
];

pub(super) async fn quarantine(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    asked: Asked,
) -> Response {
    let list = read_quarantine(&gateway, &person, &supplier, Narrowing::of(asked)).await;
    page::shown(&gateway, list)
}

async fn read_quarantine(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    asked: Narrowing,
) -> Result<List, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "quarantine").await?;
    let filter = QuarantineFilter {
        state: asked.state(),
        search: None,
    };
    let rows = quarantine::list(
        &gateway.surroundings,
        shell.id(),
        &filter,
        asked.place(),
        ROWS + 1,
    )
    .await?;
    let (rows, next) = paged(rows, &asked, |row| (row.received_at, row.quarantine_id.clone()));
    let rows = rows.into_iter().map(|row| {
        let advice = quarantine::advice(&row);
        Row {
            link: None,
            first: row.order_number.unwrap_or_else(|| "no order number".to_owned()),
            second: format!("{}, from {}", row.claimed, row.remote_address),
            pill: pill(&QUARANTINE_STATES, &row.state),
            third: format!("{} — {advice}", row.detail),
            at: shell.when(gateway, row.received_at),
        }
    });
    Ok(List {
        rows: rows.collect(),
        heading: "Refused requests",
        text: "Requests that were refused and may be orders. They are admitted or discarded with punchgate quarantine, or by the API.",
        columns: ["Order", "Sender", "Why, and what to do", "Received"],
        states: asked.states(&QUARANTINE_STATES),
        search: None,
        next,
        shell,
    })
}

const CONFLICT_STATES: [(&str, Pill); 2] = [("open", ("Open", "warn")), ("resolved", ("Resolved", "good"))];

pub(super) async fn conflicts(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    asked: Asked,
) -> Response {
    let list = read_conflicts(&gateway, &person, &supplier, Narrowing::of(asked)).await;
    page::shown(&gateway, list)
}

async fn read_conflicts(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    asked: Narrowing,
) -> Result<List, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "conflicts").await?;
    let state = asked.state();
    let rows = gateway
        .accounts
        .conflicts(supplier, state.as_deref(), asked.place(), ROWS + 1)
        .await;
    let rows = rows.map_err(|error| match error {
        AccountsError::Storage(error) => NoPage::Database(error),
        other => NoPage::Problem(other.problem(), other.to_string()),
    })?;
    let (rows, next) = paged(rows, &asked, |row| (row.noted_at, row.conflict_id.clone()));
    let rows = rows.into_iter().map(|row| {
        let view = ConflictView::from(row);
        let value = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
        Row {
            link: None,
            first: format!("Customer {}", view.row.external_id),
            second: view.row.field,
            pill: pill(&CONFLICT_STATES, &view.row.state),
            third: format!(
                "asked for here: {}; in the ERP: {}; agreed before: {}",
                value(view.ours),
                value(view.theirs),
                value(view.base)
            ),
            at: shell.when(gateway, view.row.noted_at),
        }
    });
    Ok(List {
        rows: rows.collect(),
        heading: "Conflicts",
        text: "Values that were changed here and in the ERP at once. A person ends them with punchgate sync, or by the API.",
        columns: ["Customer", "Field", "The values", "Noted"],
        states: asked.states(&CONFLICT_STATES),
        search: None,
        next,
        shell,
    })
}

fn pill(all: &[(&str, Pill)], state: &str) -> Pill {
    all.iter()
        .find(|(name, _)| *name == state)
        .map_or(("Unknown here", "soft"), |(_, pill)| *pill)
}
