//! What all pages have in common: the frame around them, and the pages that only say something.

use std::sync::Arc;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};
use punchgate_app::{
    DatabaseError,
    directory::Supplier,
    operators::{Operator, Refused},
};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};

use super::{super::api::page::read_cursor, session::Person, words};
use crate::gateway::Gateway;

/// The path below which the console is, without a slash at its end.
pub(super) fn base(gateway: &Gateway) -> String {
    let path = gateway.config.console_url().path().trim_end_matches('/');
    format!("{path}/console")
}

/// What the frame of a page shows.
pub(super) struct Shell {
    /// The path below which the console is.
    pub(super) base: String,
    /// The path below which this supplier's pages are.
    pub(super) here: String,
    /// Which of the tabs it is.
    pub(super) section: &'static str,
    pub(super) supplier: Arc<Supplier>,
    pub(super) who: String,
    pub(super) role: &'static str,
    /// The suppliers that the person works for, with whether it is this one.
    pub(super) suppliers: Vec<(String, String, bool)>,
    /// What forms carry.
    pub(super) token: String,
    /// Whether the person may move work.
    pub(super) moves_work: bool,
    /// Whether the person may switch connectors.
    pub(super) switches: bool,
    operator: Operator,
}

/// Why a page is not shown.
pub(super) enum NoPage {
    /// The person has no business there, or may not do that.
    Refused(Refused),
    /// What was asked for is not there, or does not read.
    Problem(Problem, String),
    /// The database.
    Database(DatabaseError),
}

#[derive(Template)]
#[template(path = "console/message.html")]
struct Message<'a> {
    base: String,
    heading: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "console/come_in.html")]
struct ComeIn {
    base: String,
}

impl Shell {
    /// The frame for a person at a supplier, if the person has any business there.
    pub(super) async fn of(
        gateway: &Gateway,
        person: &Person,
        supplier: &str,
        section: &'static str,
    ) -> Result<Self, NoPage> {
        let id = SupplierId::new(supplier);
        let operator = &person.operator;
        operator.require(&id, Right::Look)?;
        let elsewhere = |_| NoPage::Refused(Refused::Elsewhere);
        let known = gateway.directory.supplier(&id).await.map_err(elsewhere)?;
        let mut suppliers = Vec::new();
        for other in operator.roles().keys() {
            if let Ok(other) = gateway.directory.supplier(other).await {
                suppliers.push((other.id.to_string(), other.name.clone(), other.id == id));
            }
        }
        let base = base(gateway);
        Ok(Self {
            here: format!("{base}/s/{id}"),
            base,
            section,
            supplier: known,
            who: operator.name().to_owned(),
            role: operator.roles().get(&id).map_or("", |role| words::role(*role)),
            suppliers,
            token: person.cookie.form_token(),
            moves_work: operator.may(&id, Right::MoveWork),
            switches: operator.may(&id, Right::SwitchConnectors),
            operator: operator.clone(),
        })
    }

    /// The supplier's id.
    pub(super) fn id(&self) -> &SupplierId {
        &self.supplier.id
    }

    /// Whether the person may do it here.
    pub(super) fn may(&self, right: Right) -> bool {
        self.operator.may(&self.supplier.id, right)
    }

    /// An instant as people at this supplier read it.
    pub(super) fn when(&self, gateway: &Gateway, micros: i64) -> words::When {
        words::When::of(micros, &self.supplier.time_zone, gateway.surroundings.now())
    }
}

/// A page.
pub(super) fn show(gateway: &Gateway, page: &impl Template) -> Response {
    show_as(gateway, StatusCode::OK, page)
}

/// A page with a status.
pub(super) fn show_as(_: &Gateway, status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page, or why there is none.
pub(super) fn shown(gateway: &Gateway, page: Result<impl Template, NoPage>) -> Response {
    match page {
        Ok(page) => show(gateway, &page),
        Err(no_page) => no_page.show(gateway),
    }
}

/// What a person is told whose page is older than what it shows.
const STALE: &str = "It has changed since you opened this page, and nothing was done. Below is what it is now: look once \
                     more, then decide.";

/// After something that was refused: the page about the same thing as it is now, with why above it; where there is
/// nothing to show it about, only why.
pub(super) async fn once_more<T: Template>(
    gateway: &Gateway,
    refused: NoPage,
    page: impl AsyncFnOnce(String) -> Result<T, NoPage>,
) -> Response {
    let (problem, text) = match refused {
        NoPage::Problem(Problem::VersionConflict, _) => (Problem::VersionConflict, STALE.to_owned()),
        NoPage::Problem(problem, text) if problem != Problem::NotFound => (problem, text),
        no_page => return no_page.show(gateway),
    };
    match page(text).await {
        Ok(page) => show_as(gateway, status_of(problem), &page),
        Err(no_page) => no_page.show(gateway),
    }
}

fn status_of(problem: Problem) -> StatusCode {
    StatusCode::from_u16(problem.entry().http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Where a list goes on, as the page before has it in its address; nothing at the first.
pub(super) fn place(after: &str) -> Result<Option<(i64, String)>, NoPage> {
    if after.is_empty() {
        return Ok(None);
    }
    match read_cursor(after) {
        Some(place) => Ok(Some(place)),
        None => {
            let text = "the page to go on from is not one: begin at the first";
            Err(NoPage::Problem(Problem::Validation, text.to_owned()))
        }
    }
}

/// A page that only says something.
pub(super) fn message(gateway: &Gateway, status: StatusCode, heading: &str, text: &str) -> Response {
    let base = base(gateway);
    show_as(gateway, status, &Message { base, heading, text })
}

/// A page that comes here once more, by itself: then it is the console that asks, and the browser sends its cookie.
pub(super) fn come_in(gateway: &Gateway) -> Response {
    show(gateway, &ComeIn { base: base(gateway) })
}

/// There is nothing here, or nothing for this person.
pub(super) fn not_found(gateway: &Gateway) -> Response {
    message(
        gateway,
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address is wrong, or what it led to is not yours to see.",
    )
}

/// The database gives no answer.
pub(super) fn trouble(gateway: &Gateway, error: &DatabaseError) -> Response {
    tracing::error!(%error, "the database gave no answer to the console");
    message(
        gateway,
        StatusCode::SERVICE_UNAVAILABLE,
        "The database does not answer",
        "Nothing was lost. Please try again in a moment.",
    )
}

impl NoPage {
    /// As a page.
    pub(super) fn show(self, gateway: &Gateway) -> Response {
        let (problem, text) = match self {
            Self::Database(error) => return trouble(gateway, &error),
            Self::Refused(refused) => (refused.problem(), refused.to_string()),
            Self::Problem(problem, text) => (problem, text),
        };
        let heading = match problem {
            Problem::NotFound => return not_found(gateway),
            Problem::ScopeInsufficient => "You may not do this here",
            Problem::Internal => "That did not work",
            Problem::VersionConflict => "It has changed since",
            Problem::InvalidTransition => "That is not possible any more",
            _ => "Something is missing",
        };
        message(gateway, status_of(problem), heading, &text)
    }
}

impl From<Refused> for NoPage {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<DatabaseError> for NoPage {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}
