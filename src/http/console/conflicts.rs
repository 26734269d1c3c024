//! Conflicts: the list, one with its values, and a person's word on which of them counts.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{accounts::ConflictView, sync::Take};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};

use super::{
    super::State,
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    waiting::{Asked, List, Narrowing, ROWS, Row, paged, pill},
    words::{self, Pill},
};
use crate::gateway::Gateway;

const CONFLICT_STATES: [(&str, Pill); 2] = [("open", ("Open", "warn")), ("resolved", ("Resolved", "good"))];

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
    let shell = Shell::of(gateway, person, supplier, "conflicts").await?;
    let state = asked.state();
    let rows = gateway
        .accounts
        .conflicts(supplier, state.as_deref(), asked.place()?, ROWS + 1)
        .await?;
    let (rows, next) = paged(rows, &asked, |row| (row.noted_at, row.conflict_id.clone()));
    let rows = rows.into_iter().map(|row| {
        let view = ConflictView::from(row);
        let value = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
        Row {
            link: Some(format!("{}/conflicts/{}", shell.here, view.row.conflict_id)),
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
        text: "Values that were changed here and in the ERP at once. Somebody says which of the two counts.",
        columns: ["Customer", "Field", "The values", "Noted"],
        states: asked.states(&CONFLICT_STATES),
        search: None,
        next,
        shell,
    })
}

/// One conflict.
#[derive(Template)]
#[template(path = "console/conflict.html")]
struct Conflict {
    shell: Shell,
    id: String,
    field: String,
    pill: Pill,
    at: words::When,
    /// Why the last word was refused.
    trouble: Option<String>,
    reason: String,
    customer: String,
    /// The customer's page.
    link: Option<String>,
    counts: &'static str,
    ours: String,
    theirs: String,
    base: String,
    /// By whom, and when.
    resolved: Option<(String, words::When)>,
    may_resolve: bool,
}

/// What a person said that was refused.
#[derive(Default)]
struct Said {
    trouble: Option<String>,
    reason: String,
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
) -> Result<Conflict, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "conflicts").await?;
    let (view, customer) = gateway.accounts.conflict(supplier, id).await?;
    let row = view.row;
    let value = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
    let resolved = row.resolved_by.zip(row.resolved_at);
    Ok(Conflict {
        id: id.to_owned(),
        field: row.field,
        pill: pill(&CONFLICT_STATES, &row.state),
        at: shell.when(gateway, row.noted_at),
        trouble: said.trouble,
        reason: said.reason,
        customer: customer.as_ref().map_or_else(
            || row.external_id.clone(),
            |customer| format!("{} ({})", customer.name, customer.code),
        ),
        link: customer.map(|customer| format!("{}/customers/{}", shell.here, customer.customer_id)),
        counts: match row.winner.as_str() {
            "gateway" => "What was asked for here went out to the ERP.",
            "erp" => "What the ERP has was taken.",
            _ => "It was tried several times and given up: what the ERP has counts.",
        },
        ours: value(view.ours),
        theirs: value(view.theirs),
        base: value(view.base),
        resolved: resolved.map(|(by, at)| (by, shell.when(gateway, at))),
        may_resolve: row.state == "open" && shell.may(Right::SetCredit),
        shell,
    })
}

/// Shows the conflict as it is then; what was refused stands above it.
pub(super) async fn resolve(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    match carry_out(&gateway, &posted, &supplier, &id).await {
        Ok(()) => {
            let target = format!("{}/s/{supplier}/conflicts/{id}", page::base(&gateway));
            Redirect::to(&target).into_response()
        }
        Err(refused) => {
            page::once_more(&gateway, refused, async |trouble| {
                let said = Said {
                    trouble: Some(trouble),
                    reason: posted.fields.text("reason").to_owned(),
                };
                detail(&gateway, &posted.person, &supplier, &id, said).await
            })
            .await
        }
    }
}

async fn carry_out(gateway: &Gateway, posted: &Posted, supplier: &str, id: &str) -> Result<(), NoPage> {
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    let at = SupplierId::new(supplier);
    operator.require(&at, Right::SetCredit)?;
    let author = operator
        .author(&at, Right::SetCredit, fields.text("reason"))
        .map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))?;
    let take = match fields.text("take") {
        "ours" => Take::Ours,
        "theirs" => Take::Theirs,
        _ => {
            let text = "Say which of the two counts.".to_owned();
            return Err(NoPage::Problem(Problem::Validation, text));
        }
    };
    gateway
        .accounts
        .resolve_conflict(supplier, id, take, &author)
        .await?;
    Ok(())
}
