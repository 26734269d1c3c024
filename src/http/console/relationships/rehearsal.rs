//! A simulated buyer is sent through a relationship; what it found may be handed to the real one.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    http::header,
    response::{IntoResponse as _, Response},
};
use punchgate_app::{
    directory::Mode,
    rehearsal::{Orders, RehearsalError, Report, Verdict, Wish, suites},
};
use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    operator::Right,
};

use super::wording;
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            deliveries::Choice,
            page::{self, NoPage, Shell},
            session::{Person, Posted},
            words::Pill,
        },
    },
};

type Place = (String, String);

#[derive(Template)]
#[template(path = "console/rehearsal.html")]
struct Page {
    shell: Shell,
    id: String,
    name: String,
    suites: Vec<Choice>,
    /// What becomes of the orders of such a buyer.
    orders: &'static str,
    parts: String,
    ship_to: String,
    trouble: Option<String>,
    report: Option<Shown>,
}

/// A report as the page shows it.
struct Shown {
    verdict: Pill,
    counts: String,
    cases: Vec<Case>,
    text: String,
}

struct Case {
    what: &'static str,
    name: &'static str,
    pill: Pill,
    detail: String,
    faults: Vec<String>,
}

/// What the person had chosen.
#[derive(Default)]
struct Asked {
    suite: String,
    parts: String,
    ship_to: String,
}

pub(in crate::http::console) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(place): Path<Place>,
) -> Response {
    let asked = Asked::default();
    page::shown(&gateway, read(&gateway, &person, &place, asked, Ok(None)).await)
}

async fn read(
    gateway: &Gateway,
    person: &Person,
    (supplier, id): &Place,
    asked: Asked,
    outcome: Result<Option<Report>, String>,
) -> Result<Page, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    person.operator.require(shell.id(), Right::TryConnections)?;
    let view = gateway
        .directory
        .view(shell.id(), &RelationshipId::new(id))
        .await?;
    let listed = view.listed;
    let suite = match asked.suite.is_empty() {
        true => listed.dialect.as_str(),
        false => asked.suite.as_str(),
    };
    let all = suites();
    let (report, trouble) = match outcome {
        Ok(report) => (report.as_ref().map(shown), None),
        Err(trouble) => (None, Some(trouble)),
    };
    Ok(Page {
        suites: Choice::all(all.iter().map(|name| (*name, wording::dialect(name))), suite),
        orders: match Mode::parse(&listed.mode) {
            Some(Mode::Test) => {
                "It orders, changes and cancels as well, marked as tests: such orders go where this relationship's orders in test go."
            }
            Some(Mode::Shadow) => "There is nothing to rehearse: this relationship only takes copies.",
            Some(Mode::Production) | None => "It orders nothing: this relationship is in production.",
        },
        id: id.clone(),
        name: listed.name,
        parts: asked.parts,
        ship_to: asked.ship_to,
        trouble,
        report,
        shell,
    })
}

fn shown(report: &Report) -> Shown {
    Shown {
        verdict: match report.conformant {
            true => ("All as it must be", "good"),
            false => ("Not as it must be", "bad"),
        },
        counts: format!(
            "{} passed, {} failed, {} skipped",
            report.counts.passed, report.counts.failed, report.counts.skipped
        ),
        cases: report
            .cases
            .iter()
            .map(|case| Case {
                what: case.what,
                name: case.case,
                pill: match case.verdict {
                    Verdict::Passed => ("Passed", "good"),
                    Verdict::Failed => ("Failed", "bad"),
                    Verdict::Skipped => ("Skipped", "warn"),
                },
                detail: case.detail.clone(),
                faults: case.faults.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        text: report.to_string(),
    }
}

/// Answers with the page itself, or with the report alone as a file: what was found is kept nowhere.
pub(in crate::http::console) async fn run(
    Handed(gateway): Handed<State>,
    Path(place): Path<Place>,
    posted: Posted,
) -> Response {
    let fields = &posted.fields;
    let report = match rehearsed(&gateway, &posted, &place).await {
        Ok(report) if fields.text("as") == "json" => return file(&place, &report),
        Ok(report) => Ok(Some(report)),
        Err(NoPage::Problem(Problem::Validation, text)) => Err(text),
        Err(no_page) => return no_page.show(&gateway),
    };
    let asked = Asked {
        suite: fields.text("suite").to_owned(),
        parts: fields.text("parts").to_owned(),
        ship_to: fields.text("ship_to").to_owned(),
    };
    page::shown(
        &gateway,
        read(&gateway, &posted.person, &place, asked, report).await,
    )
}

async fn rehearsed(gateway: &Gateway, posted: &Posted, (supplier, id): &Place) -> Result<Report, NoPage> {
    let (supplier, fields) = (SupplierId::new(supplier), &posted.fields);
    posted.person.operator.require(&supplier, Right::TryConnections)?;
    let words = |name: &str| -> Vec<String> {
        let words = fields.text(name).split([',', ' ', '\r', '\n']);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let wish = Wish {
        supplier,
        relationship: RelationshipId::new(id),
        suite: fields.text("suite").to_owned(),
        // This gateway, as buyers reach it, and nothing else.
        url: gateway.config.server.public_url.clone(),
        hosts: Vec::new(),
        parts: words("parts"),
        ship_to: Some(fields.text("ship_to").trim().to_owned()).filter(|id| !id.is_empty()),
        return_url: None,
        orders: Orders::AsRelationship,
    };
    Ok(Box::pin(gateway.rehearsals.run_alone(&wish)).await?)
}

fn file((supplier, id): &Place, report: &Report) -> Response {
    let name = format!("attachment; filename=\"rehearsal-{supplier}.{id}.json\"");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    match serde_json::to_string_pretty(report) {
        Ok(json) => (headers, json).into_response(),
        Err(error) => {
            tracing::error!(%error, "a rehearsal's report could not be written");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl From<RehearsalError> for NoPage {
    fn from(error: RehearsalError) -> Self {
        match error {
            RehearsalError::Directory(error) => error.into(),
            refused => Self::Problem(Problem::Validation, refused.to_string()),
        }
    }
}
