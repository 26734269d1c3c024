//! Customers and credit: found by number, read in full, held and let go of, other terms and limits asked for.

mod act;
mod detail;
mod hold;

pub(super) use act::{limit, release, terms};
pub(super) use hold::place;

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    response::Response,
};
use punchgate_app::accounts::{AccountsError, CustomerFilter, CustomerSummary};
use punchgate_domain::{catalogue::Problem, customer::CreditLimit};
use serde::Deserialize;

use super::{
    super::{State, api::page::cursor},
    page::{self, NoPage, Shell},
    session::Person,
    words,
};
use crate::gateway::Gateway;

const ROWS: u32 = 50;

/// What stands in the address.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowing {
    search: String,
    connector: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/customers.html")]
struct Customers {
    shell: Shell,
    search: String,
    connector: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    link: String,
    name: String,
    code: String,
    standing: words::Pill,
    terms: String,
    limit: String,
    owed: Option<String>,
    as_of: Option<words::When>,
    available: String,
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
) -> Result<Customers, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "customers").await?;
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let filter = CustomerFilter {
        search: some(&asked.search),
        connector: some(&asked.connector),
        ..CustomerFilter::default()
    };
    let after = page::place(&asked.after)?;
    let found = gateway.accounts.list(supplier, &filter, after, ROWS).await?;
    let next = found.next.map(|place| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("search", &asked.search), ("connector", &asked.connector)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &cursor(&place));
        query.finish()
    });
    Ok(Customers {
        rows: found
            .customers
            .into_iter()
            .map(|one| row(gateway, &shell, one))
            .collect(),
        search: asked.search,
        connector: asked.connector,
        next,
        shell,
    })
}

fn row(gateway: &Gateway, shell: &Shell, one: CustomerSummary) -> Row {
    Row {
        link: format!("{}/customers/{}", shell.here, one.id),
        standing: standing(&one),
        terms: terms_of(&one),
        limit: limit_of(one.limit),
        owed: one.exposure.map(|exposure| exposure.amount.to_string()),
        as_of: one
            .exposure
            .map(|exposure| shell.when(gateway, exposure.as_of.as_microsecond())),
        available: one
            .available
            .map_or_else(|| "no reckoning".to_owned(), |money| money.to_string()),
        name: one.name,
        code: one.code,
    }
}

/// What the holds in force come to.
fn standing(one: &CustomerSummary) -> words::Pill {
    match (one.active, one.stops_orders, one.stops_terms) {
        (false, ..) => ("Closed in the ERP", "soft"),
        (_, true, _) => ("No orders", "bad"),
        (_, _, true) => ("Not on terms", "warn"),
        _ => ("May order", "good"),
    }
}

fn terms_of(one: &CustomerSummary) -> String {
    one.terms
        .as_ref()
        .map_or_else(|| "not told by the ERP".to_owned(), |terms| terms.label.clone())
}

fn limit_of(limit: CreditLimit) -> String {
    match limit {
        CreditLimit::Unknown => "not told by the ERP".to_owned(),
        CreditLimit::Unlimited => "none: unlimited".to_owned(),
        CreditLimit::Amount(money) => money.to_string(),
    }
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    page::shown(
        &gateway,
        detail::read(&gateway, &person, &supplier, &id, None).await,
    )
}

impl From<AccountsError> for NoPage {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Storage(error) => Self::Database(error),
            // Of another supplier, or of nobody: the same page.
            AccountsError::UnknownCustomer(_) => Self::Problem(Problem::NotFound, String::new()),
            other => Self::Problem(other.problem(), other.to_string()),
        }
    }
}
