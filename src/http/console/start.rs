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
    sync::attention_text,
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
    let here = &shell.here;
    let (what, advice, tone, link) = match &waiting.matter {
        Matter::Orders(state) => {
            let (words, tone) = words::order_state(state.as_str());
            let link = format!("{here}/orders?state={state}");
            (format!("Orders: {}", words.to_lowercase()), words::order_advice(*state).to_owned(), tone, link)
        }
        Matter::DeadWork(kind) => (
            format!("Given up: {}", words::job(kind)),
            "Nobody tries this any more. Mend the cause, then replay it or pass it over; what stands behind it waits.".to_owned(),
            "bad",
            format!("{here}/deliveries?state=dead&kind={kind}"),
        ),
        Matter::Quarantine => (
            "Refused requests that may be orders".to_owned(),
            "They came with a wrong secret, from somebody unknown, or could not be read.".to_owned(),
            "bad",
            format!("{here}/quarantine?state=waiting"),
        ),
        Matter::Feed(feed) => (
            format!("{} does not answer: {}", feed.connector_id, words::feed(&feed.feed)),
            feed.last_error.clone().unwrap_or_default(),
            "warn",
            format!("{here}/connectors"),
        ),
        Matter::Conflicts => (
            "Values that were changed here and in the ERP".to_owned(),
            "Somebody must say which of the two counts.".to_owned(),
            "warn",
            format!("{here}/conflicts?state=open"),
        ),
        Matter::Settle(first) => (
            words::settle(&first.matter).to_owned(),
            attention_text(first),
            "warn",
            match first.matter.as_str() {
                attention::PAID_EARLY | attention::GONE_FROM_SHOP => format!("{here}/orders/{}", first.name),
                _ => format!("{here}/connectors"),
            },
        ),
        Matter::Refused { state, customer } => (
            words::refused(state).to_owned(),
            "The customer's page says what was asked for and why it did not come about: ask for something else, or take what \
             the ERP has.".to_owned(),
            "warn",
            customer.as_ref().map_or_else(|| format!("{here}/customers"), |id| format!("{here}/customers/{id}")),
        ),
    };
    Item {
        count: waiting.count,
        what,
        advice,
        tone,
        since: waiting.oldest.map(|at| shell.when(gateway, at.as_microsecond())),
        link,
    }
}
