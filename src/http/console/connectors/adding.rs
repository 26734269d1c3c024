//! A connector is entered: of those kinds that reach over the network alone. What runs a program here, opens a file or dials a
//! database is declared in a file, by who may sign in to the machine.

use askama::Template;
use axum::{
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use ipnet::IpNet;
use punchgate_app::{accounts::Author, provisioning::Subject};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};
use serde::Deserialize;
use toml::{Table, Value};

use super::super::{
    super::State,
    deliveries::Choice,
    entering::{self, FormSecrets},
    page::{self, NoPage, Shell},
    session::{Person, Posted},
    words,
};
use crate::gateway::Gateway;

/// What a kind begins with.
struct Starter {
    kind: &'static str,
    /// The id that most installations give it.
    id: &'static str,
    /// Settings to be filled in.
    settings: &'static str,
    /// The name of its secret, and what that is.
    secret: (&'static str, &'static str),
    /// Where its settings are described.
    described: &'static str,
}

/// In the order of the list.
const STARTERS: [Starter; 5] = [
    Starter {
        kind: "erp-http",
        id: "erp",
        settings: "base_url = \"https://erp.example.com/punchgate\"\n\n# What the ERP lets others write: terms, credit_limit, holds.\nqualities = { writable = [] }\n",
        secret: (
            "secret",
            "What both sign with: whsec_ and base64, as the ERP has it",
        ),
        described: "docs/protocols/erp.md",
    },
    Starter {
        kind: "erp-tryton",
        id: "erp",
        settings: "# With the name of the database at the end.\nbase_url = \"https://tryton.example.com/erp\"\nuser = \"punchgate\"\n# The id of the company in Tryton.\ncompany = 1\n\n[units]\nEA = \"Unit\"\n",
        secret: ("password", "The password of that user"),
        described: "connectors/erp-tryton/README.md",
    },
    Starter {
        kind: "storefront-http",
        id: "shop",
        settings: "base_url = \"https://shop.example.com/punchgate\"\n",
        secret: (
            "secret",
            "What both sign with: whsec_ and base64, as the shop has it",
        ),
        described: "docs/protocols/storefront.md",
    },
    Starter {
        kind: "storefront-vendure",
        id: "shop",
        settings: "base_url = \"https://vendure.example.com\"\n",
        secret: ("api_key", "The API key of the plugin"),
        described: "connectors/storefront-vendure/README.md",
    },
    Starter {
        kind: "events-webhook",
        id: "hooks",
        settings: "url = \"https://erp.example.com/hooks/punchgate\"\n# Left out: it is told of everything.\nevents = [\"order.held\", \"delivery.failed\"]\n",
        secret: ("secret", "What messages are signed with: whsec_ and base64"),
        described: "docs/protocols/webhooks.md",
    },
];

/// What stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http::console) struct Wanted {
    kind: String,
}

#[derive(Template)]
#[template(path = "console/new_connector.html")]
struct New {
    shell: Shell,
    kinds: Vec<Kind>,
    chosen: Option<Chosen>,
    trouble: Vec<String>,
}

struct Kind {
    name: &'static str,
    says: &'static str,
    is_chosen: bool,
}

/// The form of a kind, with what was written.
struct Chosen {
    kind: &'static str,
    says: &'static str,
    id: String,
    modes: Vec<Choice>,
    settings: String,
    secret: &'static str,
    described: &'static str,
    reason: String,
}

pub(in crate::http::console) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let starter = starter(&wanted.kind);
    let chosen = starter.map(|starter| {
        starter.form(&|name| match name {
            "id" => starter.id.to_owned(),
            "settings" => starter.settings.to_owned(),
            "mode" => "test".to_owned(),
            _ => String::new(),
        })
    });
    page::shown(
        &gateway,
        form(&gateway, &person, &supplier, chosen, Vec::new()).await,
    )
}

fn starter(kind: &str) -> Option<&'static Starter> {
    STARTERS.iter().find(|starter| starter.kind == kind)
}

impl Starter {
    fn form(&self, field: &dyn Fn(&str) -> String) -> Chosen {
        Chosen {
            kind: self.kind,
            says: words::connector(self.kind),
            id: field("id"),
            modes: Choice::all(
                [("test", "Test"), ("production", "Production")].into_iter(),
                &field("mode"),
            ),
            settings: field("settings"),
            secret: self.secret.1,
            described: self.described,
            reason: field("reason"),
        }
    }
}

async fn form(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    chosen: Option<Chosen>,
    trouble: Vec<String>,
) -> Result<New, NoPage> {
    person
        .operator
        .require(&SupplierId::new(supplier), Right::EnterSystems)?;
    let kinds = STARTERS.iter().map(|starter| Kind {
        name: starter.kind,
        says: words::connector(starter.kind),
        is_chosen: chosen.as_ref().is_some_and(|chosen| chosen.kind == starter.kind),
    });
    Ok(New {
        shell: Shell::of(gateway, person, supplier, "connectors").await?,
        kinds: kinds.collect(),
        chosen,
        trouble,
    })
}

pub(in crate::http::console) async fn enter(
    Handed(gateway): Handed<State>,
    Path(supplier): Path<String>,
    posted: Posted,
) -> Response {
    let trouble = match add(&gateway, &posted, &supplier).await {
        Ok(id) => {
            let to = format!("{}/s/{supplier}/connectors#{id}", page::base(&gateway));
            return Redirect::to(&to).into_response();
        }
        Err(NoPage::Problem(Problem::Validation, text)) => text,
        Err(no_page) => return no_page.show(&gateway),
    };
    let chosen = starter(posted.fields.text("kind"))
        .map(|starter| starter.form(&|name| posted.fields.text(name).to_owned()));
    let trouble = trouble.lines().map(str::to_owned).collect();
    match form(&gateway, &posted.person, &supplier, chosen, trouble).await {
        Ok(form) => page::show_as(&gateway, StatusCode::UNPROCESSABLE_ENTITY, &form),
        Err(no_page) => no_page.show(&gateway),
    }
}

async fn add(gateway: &Gateway, posted: &Posted, supplier: &str) -> Result<String, NoPage> {
    let (fields, supplier) = (&posted.fields, SupplierId::new(supplier));
    let operator = &posted.person.operator;
    operator.require(&supplier, Right::EnterSystems)?;
    let invalid = |text: String| NoPage::Problem(Problem::Validation, text);
    let Some(starter) = starter(fields.text("kind")) else {
        return Err(invalid(
            "Kind: it is not one of those that are entered here; others are declared in a file (punchgate apply)".to_owned(),
        ));
    };
    let settings: Table = fields
        .text("settings")
        .parse()
        .map_err(|error: toml::de::Error| invalid(format!("Settings: {}", error.message())))?;
    within(gateway, &settings).map_err(invalid)?;
    let author: Author = operator.author(&supplier, Right::EnterSystems, fields.text("reason"))?;
    let mut table = Table::new();
    for key in ["id", "mode"] {
        entering::text(&mut table, key, fields.text(key));
    }
    table.insert("kind".to_owned(), starter.kind.into());
    table.insert("settings".to_owned(), Value::Table(settings));
    let mut secrets = FormSecrets::default();
    let secret = fields.text("secret").trim();
    if !secret.is_empty() {
        let (name, _) = starter.secret;
        let kept = Table::from_iter([(name.to_owned(), secrets.keep(name, secret))]);
        table.insert("secrets".to_owned(), Value::Table(kept));
    }
    let entered = (Subject::Connector(supplier), table);
    entering::enter(gateway, entered, &secrets, &author, label).await?;
    Ok(fields.text("id").trim().to_owned())
}

/// What a page may open: no more of the networks around the machine than its configuration says.
fn within(gateway: &Gateway, settings: &Table) -> Result<(), String> {
    let console = &gateway.config.console;
    if settings.get("allow_http").and_then(Value::as_bool) == Some(true) && !console.plain_http {
        return Err(
            "Settings: allow_http is not open to connectors that are entered here; console.plain_http in the configuration opens it"
                .to_owned(),
        );
    }
    let networks = settings.get("allow_networks").and_then(Value::as_array);
    for named in networks.into_iter().flatten().filter_map(Value::as_str) {
        // What is no network is refused by the connector itself.
        let Ok(network) = named.parse::<IpNet>() else {
            continue;
        };
        if !console.networks.iter().any(|open| open.contains(&network)) {
            return Err(format!(
                "Settings: {named} is not open to connectors that are entered here; console.networks in the configuration opens it"
            ));
        }
    }
    Ok(())
}

fn label(key: &str) -> &str {
    match key {
        "id" => "Id",
        "mode" => "Mode",
        key if key.starts_with("secrets") => "Secret",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors;

    #[test]
    fn what_is_offered_is_there_and_reads() {
        let registry = connectors::registry();
        for starter in &STARTERS {
            assert!(registry.kinds().contains(&starter.kind), "{}", starter.kind);
            starter.settings.parse::<Table>().unwrap();
            assert_ne!(words::connector(starter.kind), starter.kind);
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(starter.described);
            assert!(file.is_file(), "{}", starter.described);
        }
    }
}
