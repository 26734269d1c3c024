//! One piece of work: what it is about, every attempt, what people said, and what can be done with it.

use askama::Template;
use punchgate_app::jobs::{AttemptRow, Facts, JobId, JobView, WordRow};

use super::{NoPage, about, what};
use crate::{
    gateway::Gateway,
    http::console::{
        page::Shell,
        session::Person,
        words::{self, Pill, When},
    },
};

#[derive(Template)]
#[template(path = "console/delivery.html")]
pub(super) struct Detail {
    shell: Shell,
    id: String,
    what: String,
    about: String,
    pill: Pill,
    is_dead: bool,
    /// Whether it can be tried again, and passed over.
    can_replay: bool,
    can_skip: bool,
    known: bool,
    facts: Vec<Fact>,
    attempts: Vec<Attempt>,
    words: Vec<Word>,
}

/// A line of what it is about.
struct Fact {
    name: &'static str,
    value: String,
    link: Option<String>,
    mono: bool,
}

struct Attempt {
    number: i64,
    pill: Pill,
    at: When,
    lasted: String,
    answer: Option<i64>,
    detail: String,
}

struct Word {
    said: &'static str,
    who: String,
    why: String,
    at: When,
}

pub(super) async fn read(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    id: &str,
) -> Result<Detail, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "deliveries").await?;
    let id: JobId = id.parse()?;
    let view = gateway.jobs.get(shell.id(), &id).await?;
    let facts = gateway
        .jobs
        .facts(shell.id(), std::slice::from_ref(&view.job))
        .await?;
    let facts = facts.into_iter().next().unwrap_or_default();
    Ok(detail(gateway, shell, view, &facts))
}

fn detail(gateway: &Gateway, shell: Shell, view: JobView, facts: &Facts) -> Detail {
    let JobView { job, attempts, words } = view;
    let when = |micros: i64| shell.when(gateway, micros);
    let lines = lines(gateway, &shell, &job, facts);
    let state = job.entry.state.as_str();
    Detail {
        id: job.id.to_string(),
        what: what(&job.entry.kind, facts),
        about: about(facts),
        pill: words::work_state(state, job.entry.attempts),
        is_dead: state == "dead",
        can_replay: matches!(state, "dead" | "pending" | "skipped"),
        can_skip: matches!(state, "dead" | "pending"),
        known: job.known,
        facts: lines,
        attempts: attempts.into_iter().map(|row| attempt(row, &when)).collect(),
        words: words.into_iter().map(|row| word(row, &when)).collect(),
        shell,
    }
}

fn lines(gateway: &Gateway, shell: &Shell, job: &punchgate_app::jobs::Job, facts: &Facts) -> Vec<Fact> {
    let here = &shell.here;
    let entry = &job.entry;
    let time = |micros: i64| {
        let when = shell.when(gateway, micros);
        format!("{} ({})", when.shown, when.ago)
    };
    let mut lines = Vec::new();
    let mut add = |name, value: Option<String>, link: Option<String>, mono| {
        if let Some(value) = value {
            lines.push(Fact {
                name,
                value,
                link,
                mono,
            });
        }
    };
    if let Some(event) = &facts.event {
        let kind = format!("{} ({})", words::event(&event.kind), event.kind);
        add("Event", Some(kind), None, false);
        add("webhook-id", Some(event.id.clone()), None, true);
        add("Happened", Some(time(event.at)), None, false);
    }
    if let Some(order) = &facts.order {
        let link = format!("{here}/deliveries?order={}", order.id);
        add("Order", Some(order.number.clone()), Some(link), false);
        add("Relationship", Some(order.relationship.clone()), None, false);
    }
    add("Customer in the ERP", facts.customer.clone(), None, false);
    add("Confirmation", facts.document.clone(), None, true);
    add("Credit account", facts.account.clone(), None, true);
    let connector = entry.connector_id.clone();
    let link = connector.as_ref().map(|id| format!("{here}/connectors#{id}"));
    add("Connector", connector, link, false);
    add("Noted", Some(time(entry.created_at)), None, false);
    let waits = entry.state == "pending";
    add("Next attempt", waits.then(|| time(entry.not_before)), None, false);
    add("Ended", entry.finished_at.map(time), None, false);
    let place = format!("{} · number {}", entry.stream, entry.seq);
    add("Keeps its order in", Some(place), None, true);
    lines
}

fn attempt(row: AttemptRow, when: &impl Fn(i64) -> When) -> Attempt {
    Attempt {
        number: row.attempt,
        pill: words::attempt(&row.outcome),
        at: when(row.started_at),
        lasted: words::lasted(row.finished_at - row.started_at),
        answer: row.status_code,
        detail: row.detail,
    }
}

fn word(row: WordRow, when: &impl Fn(i64) -> When) -> Word {
    Word {
        said: match row.to_value.as_deref() {
            Some("skipped") => "passed it over",
            _ => "had it tried again",
        },
        who: row.who,
        why: row.why,
        at: when(row.changed_at),
    }
}
