//! Mappings that a person enters at the console: one, or a table of them; all or none.

use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    accounts::Author,
    directory::{
        MappingKind,
        entries::{Entered, MappingEntry, MappingError},
    },
};
use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    operator::Right,
};

use super::mappings::{self, Narrowing, Said, Written};
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage},
            session::Posted,
        },
    },
    mapping_table::MappingTable,
};

/// What came of it.
enum Outcome {
    /// It stands in the list.
    Entered,
    /// A table was entered: the page says what came of it.
    Counted(Entered),
    /// The same of one that would be, and stays in its form.
    Tried(Entered),
}

/// Why nothing was entered.
enum NotEntered {
    NoPage(NoPage),
    /// Line by line.
    Lines(Vec<String>),
}

pub(in crate::http::console) async fn enter(
    Handed(gateway): Handed<State>,
    Path((supplier, id, deed)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let place = (supplier.as_str(), id.as_str());
    let (no_page, problems) = match carry_out(&gateway, &posted, place, &deed).await {
        Ok(Outcome::Entered) => {
            let base = page::base(&gateway);
            let target = format!("{base}/s/{supplier}/relationships/{id}/mappings");
            return Redirect::to(&target).into_response();
        }
        Ok(Outcome::Counted(entered)) => {
            let said = Said {
                done: Some(counted(entered)),
                ..Said::default()
            };
            return show(&gateway, &posted, place, said).await;
        }
        Ok(Outcome::Tried(entered)) => {
            let said = Said {
                done: Some(format!("Nothing was entered. It would be: {}", counted(entered))),
                written: written(&posted),
                ..Said::default()
            };
            return show(&gateway, &posted, place, said).await;
        }
        Err(NotEntered::NoPage(no_page)) => (no_page, Vec::new()),
        Err(NotEntered::Lines(lines)) => {
            let text = "Nothing was entered: mend these lines, then enter the table again.";
            (NoPage::Problem(Problem::Validation, text.to_owned()), lines)
        }
    };
    page::once_more(&gateway, no_page, async |trouble| {
        let said = Said {
            trouble: Some(trouble),
            problems,
            done: None,
            written: written(&posted),
        };
        mappings::read(&gateway, &posted.person, place, Narrowing::default(), said).await
    })
    .await
}

async fn show(gateway: &Gateway, posted: &Posted, place: (&str, &str), said: Said) -> Response {
    let page = mappings::read(gateway, &posted.person, place, Narrowing::default(), said);
    page::shown(gateway, page.await)
}

fn written(posted: &Posted) -> Written {
    let text = |name| posted.fields.text(name).to_owned();
    Written {
        kind: text("kind"),
        source: text("source"),
        target: text("target"),
        reason: text("reason"),
        table: text("table"),
    }
}

async fn carry_out(
    gateway: &Gateway,
    posted: &Posted,
    (supplier, id): (&str, &str),
    deed: &str,
) -> Result<Outcome, NotEntered> {
    let (supplier, id) = (SupplierId::new(supplier), RelationshipId::new(id));
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    operator
        .require(&supplier, Right::EnterMappings)
        .map_err(NoPage::from)?;
    // What is not there is not found, whatever is asked of it.
    let known = gateway.directory.mappings(&supplier, &id).await;
    known.map_err(NoPage::from)?;
    let author = operator.author(&supplier, Right::EnterMappings, fields.text("reason"));
    let author = author.map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))?;
    let place = (&supplier, &id);
    match deed {
        "put" => {
            let entry = entry(posted, Some(fields.text("target").to_owned()))?;
            one(gateway, place, entry, &author).await
        }
        "remove" => one(gateway, place, entry(posted, None)?, &author).await,
        "import" => table(gateway, posted, place, &author).await,
        _ => Err(NoPage::Problem(Problem::NotFound, String::new()).into()),
    }
}

fn entry(posted: &Posted, target: Option<String>) -> Result<MappingEntry, NoPage> {
    let kind = MappingKind::parse(posted.fields.text("kind")).ok_or_else(|| {
        let text = "say what it is: a customer, a ship-to, a unit or a part";
        NoPage::Problem(Problem::Validation, text.to_owned())
    })?;
    Ok(MappingEntry {
        kind,
        source: posted.fields.text("source").to_owned(),
        target,
    })
}

async fn one(
    gateway: &Gateway,
    place: (&SupplierId, &RelationshipId),
    entry: MappingEntry,
    author: &Author,
) -> Result<Outcome, NotEntered> {
    let entered = gateway
        .directory
        .enter_mappings(place, &[entry], author, false)
        .await;
    match entered {
        Ok(_) => Ok(Outcome::Entered),
        Err(MappingError::Directory(error)) => Err(NoPage::from(error).into()),
        Err(MappingError::Refused(problems)) => {
            let texts: Vec<String> = problems.into_iter().map(|problem| problem.details).collect();
            Err(NoPage::Problem(Problem::Validation, texts.join("; ")).into())
        }
    }
}

async fn table(
    gateway: &Gateway,
    posted: &Posted,
    place: (&SupplierId, &RelationshipId),
    author: &Author,
) -> Result<Outcome, NotEntered> {
    let read = MappingTable::read(posted.fields.text("table")).map_err(NotEntered::Lines)?;
    let dry = posted.fields.text("dry") == "yes";
    let directory = &gateway.directory;
    let entered = directory.enter_mappings(place, &read.entries, author, dry).await;
    match entered {
        Ok(entered) if dry => Ok(Outcome::Tried(entered)),
        Ok(entered) => Ok(Outcome::Counted(entered)),
        Err(MappingError::Directory(error)) => Err(NoPage::from(error).into()),
        Err(MappingError::Refused(problems)) => {
            let lines = problems.iter().map(|problem| read.told(problem));
            Err(NotEntered::Lines(lines.collect()))
        }
    }
}

fn counted(entered: Entered) -> String {
    let Entered {
        added,
        changed,
        removed,
        unchanged,
    } = entered;
    format!("{added} added, {changed} changed, {removed} taken away, {unchanged} as they were.")
}

impl From<NoPage> for NotEntered {
    fn from(no_page: NoPage) -> Self {
        Self::NoPage(no_page)
    }
}
