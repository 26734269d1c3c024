//! The page that everybody sees first: what needs a person, worst first.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    attention::{self, Matter, Waiting},
    directory::desk::{RelationshipFilter, RelationshipOrder},
};

use super::{
    super::State,
    page::{self, NoPage, Shell},
    session::Person,
    words,
};
use crate::gateway::Gateway;

#[derive(Template)]
#[template(path = "console/start.html")]
struct Start {
    shell: Shell,
    matters: Vec<Item>,
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
        None => page::message(
            &gateway,
            StatusCode::FORBIDDEN,
            "You work for no supplier here",
            "Your account is in order, but has no role. Whoever looks after the accounts can give you one.",
        ),
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
    Ok(Start { shell, matters })
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
