//! Links for a buyer's team to one case: made, listed, taken back.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::evidence::{self, EvidenceError, Link, Made, Subject};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};

use super::{
    super::{State, evidence::address},
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    words::{Pill, When},
};
use crate::gateway::Gateway;

/// How long a link may open its case, and which is chosen at first.
const DAYS: [(u32, &str); 4] = [(1, "a day"), (7, "a week"), (30, "30 days"), (90, "90 days")];
const USUALLY: u32 = 7;

#[derive(Template)]
#[template(path = "console/evidence.html")]
struct Links {
    shell: Shell,
    /// This page.
    here: String,
    /// The page that it belongs to, and its name.
    back: (String, String),
    what: String,
    trouble: Option<String>,
    reason: String,
    made: Option<(String, When)>,
    days: Vec<(u32, &'static str, bool)>,
    links: Vec<Row>,
    can_share: bool,
}

struct Row {
    id: String,
    reason: String,
    made_by: String,
    at: When,
    until: When,
    pill: Pill,
    opens: bool,
}

/// What a form has said.
#[derive(Default)]
struct Said {
    trouble: Option<String>,
    reason: String,
    days: Option<u32>,
    made: Option<Made>,
}

/// `orders` or `documents`, as it stands in the address, and which.
type Case<'a> = (&'a str, &'a str);

fn subject((kind, id): Case<'_>) -> Result<Subject<'_>, NoPage> {
    match kind {
        "orders" => Ok(Subject::Order(id)),
        "documents" => Ok(Subject::Document(id)),
        _ => Err(NoPage::Problem(Problem::NotFound, String::new())),
    }
}

async fn links(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    case: Case<'_>,
    said: Said,
) -> Result<Links, NoPage> {
    let shell = Shell::of(
        gateway,
        person,
        supplier,
        if case.0 == "orders" { "orders" } else { "documents" },
    )
    .await?;
    let subject = subject(case)?;
    if !evidence::is_there(&gateway.surroundings, shell.id(), subject).await? {
        return Err(NoPage::Problem(Problem::NotFound, String::new()));
    }
    let found = evidence::of_subject(&gateway.surroundings, shell.id(), subject).await?;
    let chosen = said.days.unwrap_or(USUALLY);
    let back = format!("{}/{}/{}", shell.here, case.0, in_path(case.1));
    let made = said.made.map(|made| {
        let url = address(gateway, shell.id(), &made.secret);
        (url, shell.when(gateway, made.expires_at))
    });
    let row = |link: Link| Row {
        at: shell.when(gateway, link.made_at),
        until: shell.when(gateway, link.expires_at),
        pill: match link.opens {
            true => ("Opens", "good"),
            false => ("Over", "soft"),
        },
        id: link.id,
        reason: link.reason,
        made_by: link.made_by,
        opens: link.opens,
    };
    Ok(Links {
        here: format!("{}/evidence/{}/{}", shell.here, case.0, in_path(case.1)),
        back: match subject {
            Subject::Order(_) => (back, "The order".to_owned()),
            Subject::Document(_) => (back, "The document".to_owned()),
        },
        what: match subject {
            Subject::Order(_) => "this order".to_owned(),
            Subject::Document(_) => "this document".to_owned(),
        },
        trouble: said.trouble,
        reason: said.reason,
        made,
        days: DAYS.map(|(days, text)| (days, text, days == chosen)).to_vec(),
        links: found.into_iter().map(row).collect(),
        can_share: person.operator.may(shell.id(), Right::ShareEvidence),
        shell,
    })
}

fn in_path(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, kind, id)): Path<(String, String, String)>,
) -> Response {
    let links = links(
        &gateway,
        &person,
        &supplier,
        (kind.as_str(), id.as_str()),
        Said::default(),
    );
    page::shown(&gateway, links.await)
}

pub(super) async fn make(
    Handed(gateway): Handed<State>,
    Path((supplier, kind, id)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let (person, fields) = (&posted.person, &posted.fields);
    let reason = fields.text("reason").to_owned();
    // What is no number is none that may be chosen.
    let days = fields.text("days").parse().unwrap_or(0);
    let of = SupplierId::new(supplier.clone());
    let made = async {
        let author = person
            .operator
            .author(&of, Right::ShareEvidence, &reason)
            .map_err(NoPage::from)?;
        let case = subject((kind.as_str(), id.as_str()))?;
        Ok::<_, NoPage>(evidence::make(&gateway.surroundings, &of, case, days, &author).await?)
    };
    match made.await {
        Ok(made) => {
            let said = Said {
                made: Some(made),
                ..Said::default()
            };
            page::shown(
                &gateway,
                links(&gateway, person, &supplier, (kind.as_str(), id.as_str()), said).await,
            )
        }
        Err(refused) => {
            page::once_more(&gateway, refused, async |trouble| {
                let said = Said {
                    trouble: Some(trouble),
                    reason,
                    days: Some(days),
                    made: None,
                };
                links(&gateway, person, &supplier, (kind.as_str(), id.as_str()), said).await
            })
            .await
        }
    }
}

pub(super) async fn revoke(
    Handed(gateway): Handed<State>,
    Path((supplier, kind, id, link)): Path<(String, String, String, String)>,
    posted: Posted,
) -> Response {
    let person = &posted.person;
    let of = SupplierId::new(supplier.clone());
    let revoked = async {
        let reason = posted.fields.text("reason");
        let author = person
            .operator
            .author(&of, Right::ShareEvidence, reason)
            .map_err(NoPage::from)?;
        subject((kind.as_str(), id.as_str()))?;
        evidence::revoke(&gateway.surroundings, &of, &link, &author).await?;
        Ok::<_, NoPage>(())
    };
    match revoked.await {
        Ok(()) => {
            let base = page::base(&gateway);
            let to = format!("{base}/s/{supplier}/evidence/{kind}/{}", in_path(&id));
            Redirect::to(&to).into_response()
        }
        Err(refused) => {
            page::once_more(&gateway, refused, async |trouble| {
                let said = Said {
                    trouble: Some(trouble),
                    ..Said::default()
                };
                links(&gateway, person, &supplier, (kind.as_str(), id.as_str()), said).await
            })
            .await
        }
    }
}

impl From<EvidenceError> for NoPage {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Storage(error) => Self::Database(error),
            EvidenceError::Refused { problem, details } => Self::Problem(problem, details),
        }
    }
}
