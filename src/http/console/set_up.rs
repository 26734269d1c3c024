//! The first page of a new installation: whoever has the first account says which supplier it is for, and is its owner.

use askama::Template;
use axum::{
    extract::State as Handed,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::tz;
use punchgate_app::{accounts::Author, provisioning::Subject};
use punchgate_domain::catalogue::Problem;
use toml::Table;

use super::{
    super::State,
    entering::{self, FormSecrets},
    page::{self, NoPage},
    session::{Person, Posted},
};
use crate::gateway::Gateway;

/// What stands in the history.
const WHY: &str = "the installation was set up";

#[derive(Template)]
#[template(path = "console/set_up.html")]
struct SetUp {
    base: String,
    token: String,
    who: String,
    name: String,
    id: String,
    time_zone: String,
    contact: String,
    time_zones: Vec<String>,
    trouble: Vec<String>,
}

/// Whether there is anything to set up, and it is this person's to do: whoever has no role anywhere, while there is nowhere
/// to have one.
pub(super) async fn is_due(gateway: &Gateway, person: &Person) -> Result<bool, NoPage> {
    Ok(person.operator.roles().is_empty() && gateway.operators.is_new_installation().await?)
}

async fn require(gateway: &Gateway, person: &Person) -> Result<(), NoPage> {
    match is_due(gateway, person).await? {
        true => Ok(()),
        false => Err(NoPage::Problem(Problem::NotFound, String::new())),
    }
}

pub(super) async fn show(Handed(gateway): Handed<State>, person: Person) -> Response {
    match require(&gateway, &person).await {
        Ok(()) => page::show(&gateway, &form(&gateway, &person, &|_| String::new(), Vec::new())),
        Err(no_page) => no_page.show(&gateway),
    }
}

pub(super) async fn enter(Handed(gateway): Handed<State>, posted: Posted) -> Response {
    let refused = match found(&gateway, &posted).await {
        Ok(supplier) => {
            let to = format!("{}/s/{supplier}", page::base(&gateway));
            return Redirect::to(&to).into_response();
        }
        Err(NoPage::Problem(Problem::Validation, text)) => text,
        Err(no_page) => return no_page.show(&gateway),
    };
    let trouble = refused.lines().map(str::to_owned).collect();
    let field = |name: &str| posted.fields.text(name).to_owned();
    let form = form(&gateway, &posted.person, &field, trouble);
    page::show_as(&gateway, StatusCode::UNPROCESSABLE_ENTITY, &form)
}

async fn found(gateway: &Gateway, posted: &Posted) -> Result<String, NoPage> {
    require(gateway, &posted.person).await?;
    let fields = &posted.fields;
    let id = entering::id_or_slug(fields.text("id"), fields.text("name"));
    let mut table = Table::new();
    entering::text(&mut table, "id", &id);
    for key in ["name", "time_zone", "contact"] {
        entering::text(&mut table, key, fields.text(key));
    }
    let author = Author::new(posted.person.operator.name(), WHY)
        .map_err(|error| NoPage::Problem(error.problem(), error.to_string()))?;
    let entered = (Subject::Supplier, table);
    entering::enter(gateway, entered, &FormSecrets::default(), &author, label).await?;
    Ok(id)
}

fn label(key: &str) -> &str {
    match key {
        "id" => "Short name",
        "name" => "Name",
        "time_zone" => "Time zone",
        "contact" => "Contact",
        other => other,
    }
}

fn form(gateway: &Gateway, person: &Person, field: &dyn Fn(&str) -> String, trouble: Vec<String>) -> SetUp {
    SetUp {
        base: page::base(gateway),
        token: person.cookie.form_token(),
        who: person.operator.name().to_owned(),
        name: field("name"),
        id: field("id"),
        time_zone: field("time_zone"),
        contact: field("contact"),
        time_zones: tz::db().available().map(|name| name.to_string()).collect(),
        trouble,
    }
}
