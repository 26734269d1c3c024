//! Deliveries: durable work with every attempt, narrowed in the address, tried again or passed over with a reason.

mod detail;
mod narrowing;

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::jobs::{Facts, Job, JobError, JobId};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};

use super::{
    super::{State, api::page::cursor},
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    words::{self, Pill},
};
use crate::gateway::Gateway;
use narrowing::Narrowing;
pub(super) use narrowing::{Choice, begin_of};

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "console/deliveries.html")]
struct Deliveries {
    shell: Shell,
    narrowing: Narrowing,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    connectors: Vec<Choice>,
    relationships: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_narrowed: bool,
}

/// A line of the list.
struct Row {
    link: String,
    what: String,
    about: String,
    connector: Option<String>,
    pill: Pill,
    attempts: i64,
    said: Option<String>,
    at: words::When,
    next_try: Option<words::When>,
}

pub(super) async fn list(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Response {
    let narrowing = narrowing.map(|Query(narrowing)| narrowing).unwrap_or_default();
    page::shown(&gateway, read(&gateway, &person, &supplier, narrowing).await)
}

async fn read(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    narrowing: Narrowing,
) -> Result<Deliveries, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "deliveries").await?;
    let filter = narrowing.filter(&shell.supplier.time_zone)?;
    let after = narrowing.place()?;
    let mut jobs = gateway.jobs.list(shell.id(), &filter, after, ROWS + 1).await?;
    let more = jobs.len() > ROWS as usize;
    jobs.truncate(ROWS as usize);
    let facts = gateway.jobs.facts(shell.id(), &jobs).await?;
    let next = jobs
        .last()
        .filter(|_| more)
        .map(|job| narrowing.with("after", &cursor(&job.place())));
    let connectors = gateway.connectors.overview(shell.id()).await?;
    let connectors = connectors.iter().map(|view| (view.id.as_str(), view.id.as_str()));
    let elsewhere = |_| NoPage::Refused(punchgate_app::operators::Refused::Elsewhere);
    let relationships = gateway
        .directory
        .relationships(shell.id())
        .await
        .map_err(elsewhere)?;
    let relationships = relationships
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str()));
    Ok(Deliveries {
        states: Choice::all(
            words::WORK_STATES
                .iter()
                .map(|(name, (words, _))| (*name, *words)),
            &narrowing.state,
        ),
        kinds: Choice::all(words::JOBS.iter().copied(), &narrowing.kind),
        connectors: Choice::all(connectors, &narrowing.connector),
        relationships: Choice::all(relationships, &narrowing.relationship),
        rows: jobs
            .into_iter()
            .zip(facts)
            .map(|(job, facts)| row(gateway, &shell, job, &facts))
            .collect(),
        is_narrowed: narrowing.is_any(),
        narrowing,
        next,
        shell,
    })
}

fn row(gateway: &Gateway, shell: &Shell, job: Job, facts: &Facts) -> Row {
    let entry = job.entry;
    let waits = matches!(entry.state.as_str(), "pending");
    Row {
        link: format!("{}/deliveries/{}", shell.here, job.id),
        what: what(&entry.kind, facts),
        about: about(facts),
        connector: entry.connector_id,
        pill: words::work_state(&entry.state, entry.attempts),
        attempts: entry.attempts,
        said: entry.last_error,
        at: shell.when(gateway, entry.created_at),
        next_try: waits.then(|| shell.when(gateway, entry.not_before)),
    }
}

/// What is done: of a webhook, with the event.
fn what(kind: &str, facts: &Facts) -> String {
    match &facts.event {
        Some(event) => format!("{}: {}", words::job(kind), words::event(&event.kind)),
        None => words::job(kind).to_owned(),
    }
}

/// What it is about, in a few words.
fn about(facts: &Facts) -> String {
    match (&facts.order, &facts.customer) {
        (Some(order), _) => format!("Order {}", order.number),
        (None, Some(customer)) => format!("Customer {customer}"),
        (None, None) => String::new(),
    }
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    page::shown(&gateway, detail::read(&gateway, &person, &supplier, &id).await)
}

/// What a person says of work.
#[derive(Clone, Copy)]
enum Word {
    Replay,
    Skip,
}

pub(super) async fn replay(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    say(&gateway, posted, (supplier, id), Word::Replay).await
}

pub(super) async fn skip(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    say(&gateway, posted, (supplier, id), Word::Skip).await
}

async fn say(gateway: &Gateway, posted: Posted, (supplier, id): (String, String), word: Word) -> Response {
    let target = format!("{}/s/{supplier}/deliveries/{id}", page::base(gateway));
    match carry_out(gateway, &posted, supplier.into(), &id, word).await {
        Ok(()) => Redirect::to(&target).into_response(),
        Err(no_page) => no_page.show(gateway),
    }
}

async fn carry_out(
    gateway: &Gateway,
    posted: &Posted,
    supplier: SupplierId,
    id: &str,
    word: Word,
) -> Result<(), NoPage> {
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    let author = operator.author(&supplier, Right::MoveWork, fields.text("reason"))?;
    let id: JobId = id.parse()?;
    match word {
        Word::Replay => gateway.jobs.replay(&supplier, &id, &author).await?,
        Word::Skip => gateway.jobs.skip(&supplier, &id, &author).await?,
    }
    Ok(())
}

impl From<JobError> for NoPage {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Storage(error) => Self::Database(error),
            JobError::Refused { problem, details } => Self::Problem(problem, details),
        }
    }
}

/// What stands in the address does not read.
pub(super) fn unreadable(text: impl Into<String>) -> NoPage {
    NoPage::Problem(Problem::Validation, text.into())
}
