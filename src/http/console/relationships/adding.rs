//! A relationship is entered: who is who, how the buyer's suite speaks, where its orders go.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    connectors::{ConnectorView, is_erp, is_shop},
    entropy::new_secret,
    provisioning::Subject,
    seal::Secret,
};
use punchgate_domain::{catalogue::Problem, ids::SupplierId, operator::Right};
use punchgate_protocols::cxml::dialect::Dialect;
use toml::{Table, Value};

use super::{
    detail::{self, Said},
    wording,
};
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            deliveries::Choice,
            entering::{self, FormSecrets},
            page::{self, NoPage, Shell},
            session::{Person, Posted},
        },
    },
};

/// Fields of the form that are texts of the relationship, by key and name.
const TEXTS: [(&str, &str); 9] = [
    ("name", "Name"),
    ("buyer", "Buyer"),
    ("dialect", "Suite"),
    ("mode", "For"),
    ("storefront", "Shop"),
    ("erp", "ERP"),
    ("order_sink", "Orders go"),
    ("customer", "Customer in the ERP"),
    ("outbound_url", "Where confirmations go"),
];
/// Lists of identities, one a line.
const PARTIES: [(&str, &str); 3] = [
    ("buyer_identities", "Who the buyer is"),
    ("sender_identities", "Who sends for the buyer"),
    ("supplier_identities", "Who you are"),
];

#[derive(Template)]
#[template(path = "console/new_relationship.html")]
struct New {
    shell: Shell,
    trouble: Vec<String>,
    name: String,
    buyer: String,
    id: String,
    dialects: Vec<Choice>,
    modes: Vec<Choice>,
    shops: Vec<Choice>,
    erps: Vec<Choice>,
    sinks: Vec<Choice>,
    customer: String,
    buyer_identities: String,
    sender_identities: String,
    supplier_identities: String,
    return_hosts: String,
    outbound_url: String,
    is_given: bool,
    reason: String,
}

/// The empty form.
pub(in crate::http::console) async fn offer(
    Handed(gateway): Handed<State>,
    person: Person,
    Path(supplier): Path<String>,
) -> Response {
    let usual = |name: &str| match name {
        "mode" => "test".to_owned(),
        _ => String::new(),
    };
    page::shown(
        &gateway,
        form(&gateway, &person, &supplier, &usual, Vec::new()).await,
    )
}

async fn form(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    field: &(dyn Fn(&str) -> String + Sync),
    trouble: Vec<String>,
) -> Result<New, NoPage> {
    person
        .operator
        .require(&SupplierId::new(supplier), Right::KeepRelationships)?;
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    let connectors = gateway.connectors.overview(shell.id()).await?;
    Ok(New {
        dialects: Choice::all(
            Dialect::names().map(|name| (name, wording::dialect(name))),
            &field("dialect"),
        ),
        modes: Choice::all(wording::MODES.into_iter(), &field("mode")),
        shops: systems(&connectors, is_shop, &field("storefront")),
        erps: systems(&connectors, is_erp, &field("erp")),
        sinks: Choice::all(wording::SINKS.into_iter(), &field("order_sink")),
        name: field("name"),
        buyer: field("buyer"),
        id: field("id"),
        customer: field("customer"),
        buyer_identities: field("buyer_identities"),
        sender_identities: field("sender_identities"),
        supplier_identities: field("supplier_identities"),
        return_hosts: field("return_hosts"),
        outbound_url: field("outbound_url"),
        is_given: field("how") == "given",
        reason: field("reason"),
        shell,
        trouble,
    })
}

/// The connectors of a kind, those in test marked: they go with relationships in test.
fn systems(connectors: &[ConnectorView], is_kind: fn(&str) -> bool, chosen: &str) -> Vec<Choice> {
    let fitting: Vec<(String, String)> = connectors
        .iter()
        .filter(|one| is_kind(&one.kind))
        .map(|one| {
            let test = if one.mode == "test" { " (test)" } else { "" };
            (one.id.to_string(), format!("{}{test}", one.id))
        })
        .collect();
    Choice::all(
        fitting.iter().map(|(id, words)| (id.as_str(), words.as_str())),
        chosen,
    )
}

/// Answers with the relationship's page itself where a secret was made up: it is shown this once.
pub(in crate::http::console) async fn add(
    Handed(gateway): Handed<State>,
    Path(supplier): Path<String>,
    posted: Posted,
) -> Response {
    let trouble = match make(&gateway, &posted, &supplier).await {
        Ok((id, None)) => {
            let to = format!("{}/s/{supplier}/relationships/{id}", page::base(&gateway));
            return Redirect::to(&to).into_response();
        }
        Ok((id, secret)) => {
            let said = Said {
                secret,
                ..Said::default()
            };
            let page = detail::read(&gateway, &posted.person, (&supplier, &id), said).await;
            return page::shown(&gateway, page);
        }
        Err(NoPage::Problem(Problem::Validation, text)) => text,
        Err(no_page) => return no_page.show(&gateway),
    };
    let trouble = trouble.lines().map(str::to_owned).collect();
    let field = |name: &str| posted.fields.text(name).to_owned();
    match form(&gateway, &posted.person, &supplier, &field, trouble).await {
        Ok(form) => page::show_as(&gateway, StatusCode::UNPROCESSABLE_ENTITY, &form),
        Err(no_page) => no_page.show(&gateway),
    }
}

/// Makes it; its id, and the secret if that was made up.
async fn make(
    gateway: &Gateway,
    posted: &Posted,
    supplier: &str,
) -> Result<(String, Option<Secret>), NoPage> {
    let (fields, supplier) = (&posted.fields, SupplierId::new(supplier));
    let operator = &posted.person.operator;
    operator.require(&supplier, Right::KeepRelationships)?;
    let author = operator.author(&supplier, Right::KeepRelationships, fields.text("reason"))?;
    let id = entering::id_or_slug(fields.text("id"), fields.text("name"));
    let mut table = Table::new();
    entering::text(&mut table, "id", &id);
    entering::text(&mut table, "protocol", "cxml");
    for (key, _) in TEXTS {
        entering::text(&mut table, key, fields.text(key));
    }
    let mut wrong = Vec::new();
    for (key, name) in PARTIES {
        match identities(fields.text(key)) {
            Ok(all) if all.is_empty() => {}
            Ok(all) => drop(table.insert(key.to_owned(), Value::Array(all))),
            Err(line) => wrong.push(format!(
                "{name}: '{line}' is no domain and identity; write such as NetworkID AN01000000001"
            )),
        }
        if !table.contains_key(key) && key != "sender_identities" && wrong.is_empty() {
            wrong.push(format!("{name}: at least one domain and identity is needed"));
        }
    }
    if !wrong.is_empty() {
        return Err(NoPage::Problem(Problem::Validation, wrong.join("\n")));
    }
    let hosts = fields.text("return_hosts").split([',', ' ', '\r', '\n']);
    let hosts = hosts.filter(|host| !host.is_empty()).map(Value::from).collect();
    table.insert("return_hosts".to_owned(), Value::Array(hosts));
    let (made, current) = match fields.text("how") {
        "given" => (None, fields.text("secret").trim().to_owned()),
        _ => {
            let secret = new_secret(&*gateway.surroundings.entropy);
            (Some(Secret::new(secret.as_str())), secret)
        }
    };
    let mut kept = FormSecrets::default();
    let mut secrets = Table::from_iter([("current".to_owned(), kept.keep("current", &current))]);
    let outbound = fields.text("outbound_secret").trim();
    if !outbound.is_empty() {
        secrets.insert("outbound".to_owned(), kept.keep("outbound", outbound));
    }
    table.insert("secrets".to_owned(), Value::Table(secrets));
    let entered = (Subject::Relationship(supplier), table);
    entering::enter(gateway, entered, &kept, &author, label).await?;
    Ok((id, made))
}

/// `NetworkID AN01000000001`, one a line; the line that is none.
fn identities(text: &str) -> Result<Vec<Value>, &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (domain, identity) = line.split_once(char::is_whitespace).ok_or(line)?;
            let pair = [("domain", domain), ("identity", identity.trim())];
            let pair = pair.map(|(key, value)| (key.to_owned(), Value::from(value)));
            Ok(Value::Table(Table::from_iter(pair)))
        })
        .collect()
}

fn label(key: &str) -> &str {
    let known = TEXTS.iter().chain(&PARTIES).find(|(known, _)| *known == key);
    match (known, key) {
        (Some((_, name)), _) => name,
        (None, "id") => "Short name",
        (None, "return_hosts") => "Where carts go",
        (None, key) if key.starts_with("secrets.current") => "The buyer's secret",
        (None, key) if key.starts_with("secrets.outbound") => "Your secret",
        (None, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::identities;

    #[test]
    fn an_identity_is_a_domain_and_the_rest_of_the_line() {
        for (text, expected) in [
            ("", Ok(0)),
            ("NetworkID AN01000000001\n\n  DUNS\t12-345-6789 \n", Ok(2)),
            ("PrivateID Globex Corporation", Ok(1)),
            ("DUNS 1\nAN01000000001", Err("AN01000000001")),
        ] {
            assert_eq!(identities(text).map(|all| all.len()), expected, "{text}");
        }
        let all = identities("PrivateID Globex Corporation").unwrap();
        assert_eq!(all[0]["identity"].as_str(), Some("Globex Corporation"));
    }
}
