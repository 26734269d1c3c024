//! The page that everybody sees first: what needs a person, worst first.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    attention::{self, Matter, Waiting},
    connectors::{is_erp, is_shop},
    directory::desk::{RelationshipFilter, RelationshipOrder},
};
use punchgate_domain::operator::Right;

use super::{
    super::State,
    page::{self, NoPage, Shell},
    session::Person,
    set_up, words,
};
use crate::gateway::Gateway;

#[derive(Template)]
#[template(path = "console/start.html")]
struct Start {
    shell: Shell,
    matters: Vec<Item>,
    /// What an installation lacks until the first buyer can come.
    steps: Option<Vec<Step>>,
}

/// A step on the way to the first buyer.
struct Step {
    what: &'static str,
    says: &'static str,
    link: String,
    done: bool,
}

/// One thing that waits.
struct Item {
    count: i64,
    what: String,
    advice: String,
    /// good, info, warn, bad.
    tone: &'static str,
    since: Option<words::When>,
    link: String,
}

/// To the first supplier that the person works for.
pub(super) async fn front(Handed(gateway): Handed<State>, person: Person) -> Response {
    match person.operator.roles().keys().next() {
        Some(supplier) => Redirect::to(&format!("{}/s/{supplier}", page::base(&gateway))).into_response(),
        None => match set_up::is_due(&gateway, &person).await {
            Ok(true) => Redirect::to(&format!("{}/set-up", page::base(&gateway))).into_response(),
            Ok(false) => page::message(
                &gateway,
                StatusCode::FORBIDDEN,
                "You work for no supplier here",
                "Your account is in order, but has no role. Whoever looks after the accounts can give you one.",
            ),
            Err(no_page) => no_page.show(&gateway),
        },
    }
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
) -> Response {
    page::shown(&gateway, read(&gateway, &person, &supplier).await)
}

async fn read(gateway: &Gateway, person: &Person, supplier: &str) -> Result<Start, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "start").await?;
    let waiting = attention::list(&gateway.surroundings, shell.id()).await?;
    let matters = waiting
        .into_iter()
        .map(|one| item(gateway, &shell, one))
        .collect();
    let matters = with_relationships(gateway, &shell, matters).await?;
    let steps = steps(gateway, &shell).await?;
    Ok(Start {
        shell,
        matters,
        steps,
    })
}

/// Until there is a relationship, which is the last of them; for whoever may take them.
async fn steps(gateway: &Gateway, shell: &Shell) -> Result<Option<Vec<Step>>, NoPage> {
    if !shell.may(Right::EnterSystems) {
        return Ok(None);
    }
    let first = (&RelationshipFilter::default(), RelationshipOrder::Name);
    let found = gateway.directory.overview(shell.id(), first, None, 1).await?;
    if found.has_any {
        return Ok(None);
    }
    let connectors = gateway.connectors.overview(shell.id()).await?;
    let step = |what, says, path: &str, done| Step {
        what,
        says,
        link: format!("{}{path}", shell.here),
        done,
    };
    Ok(Some(vec![
        step(
            "Connect the ERP",
            "Whose customers, terms, limits and holds count, and where orders go.",
            "/new/connector?kind=erp-http",
            connectors.iter().any(|one| is_erp(&one.kind)),
        ),
        step(
            "Connect the shop",
            "Where the buyer's people fill their carts. Left out where orders come without carts.",
            "/new/connector?kind=storefront-http",
            connectors.iter().any(|one| is_shop(&one.kind)),
        ),
        step(
            "Enter the first buyer",
            "Who it is, how its suite speaks, where its orders go; then test its connections, and hand its sheet over.",
            "/new/relationship",
            false,
        ),
    ]))
}

/// Relationships that cannot be used, before everything else; secrets that are being exchanged, behind it.
async fn with_relationships(
    gateway: &Gateway,
    shell: &Shell,
    mut matters: Vec<Item>,
) -> Result<Vec<Item>, NoPage> {
    let all = (&RelationshipFilter::default(), RelationshipOrder::Name);
    let found = gateway
        .directory
        .overview(shell.id(), all, None, usize::MAX)
        .await?;
    let (mut broken, mut exchanged) = (Vec::new(), Vec::new());
    for one in found.rows {
        let link = format!("{}/relationships/{}", shell.here, one.id);
        if let Some(trouble) = one.trouble {
            broken.push(Item {
                count: 1,
                what: format!("Nothing can be taken from {}", one.name),
                advice: format!("{trouble}. Mend it in its file and apply that again."),
                tone: "bad",
                since: None,
                link,
            });
        } else if let Some(since) = one.exchanged_since {
            exchanged.push(Item {
                count: 1,
                what: format!("The secret of {} is being exchanged", one.name),
                advice: "Both count. Drop the old one when the buyer uses the new one.".to_owned(),
                tone: "info",
                since: Some(shell.when(gateway, since.as_microsecond())),
                link,
            });
        }
    }
    broken.append(&mut matters);
    broken.append(&mut exchanged);
    Ok(broken)
}

fn item(gateway: &Gateway, shell: &Shell, waiting: Waiting) -> Item {
    let matter = &waiting.matter;
    Item {
        count: waiting.count,
        what: matter.title(),
        advice: matter.advice(),
        tone: match matter {
            Matter::Orders(state) => words::order_state(state.as_str()).1,
            Matter::DeadWork(_) | Matter::Quarantine | Matter::Mails { .. } => "bad",
            _ => "warn",
        },
        since: waiting.oldest.map(|at| shell.when(gateway, at.as_microsecond())),
        link: format!("{}{}", shell.here, matter.path()),
    }
}
