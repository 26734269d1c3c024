//! The page of a relationship.

use askama::Template;
use punchgate_app::{
    directory::{
        HostRules, Identity, MappingKind, Relationship,
        desk::{ChangeRow, RelationshipView},
        entries,
        secrets::{self, RelationshipSecrets},
    },
    doctor::Finding,
    seal::Secret,
};
use punchgate_domain::{Instant, ids::RelationshipId, operator::Right, policy::ConfirmationPolicy};

use super::{
    agreed::{self, Line},
    standing, wording,
};
use crate::{
    gateway::Gateway,
    http::console::{
        page::{NoPage, Shell},
        session::Person,
        words::{Pill, When},
    },
};

/// What stands on the page beside the relationship itself.
#[derive(Default)]
pub(super) struct Said {
    /// Why the last deed was refused.
    pub(super) trouble: Option<String>,
    /// What the person had written.
    pub(super) reason: String,
    /// A secret that has just been put there: the one time that it is shown.
    pub(super) secret: Option<Secret>,
    /// What a test of the connections found.
    pub(super) found: Option<Vec<Finding>>,
}

#[derive(Template)]
#[template(path = "console/relationship.html")]
pub(super) struct Page {
    shell: Shell,
    id: String,
    path_text: String,
    name: String,
    subtitle: String,
    pill: Pill,
    is_on: bool,
    is_test: bool,
    is_shadow: bool,
    broken: Option<String>,
    trouble: Option<String>,
    reason: String,
    secret: Option<Secret>,
    found: Option<Vec<Found>>,
    identities: Vec<Party>,
    secrets: Vec<Line>,
    is_rotating: bool,
    has_secret: bool,
    endpoints: Vec<Endpoint>,
    facts: Vec<Fact>,
    mapped: Vec<(&'static str, usize)>,
    policies: Vec<Line>,
    suite: Vec<Line>,
    history: Vec<Change>,
    keeps: bool,
    tries: bool,
}

/// Somebody whom a document names.
struct Party {
    element: &'static str,
    who: String,
    identities: Vec<Identity>,
}

struct Endpoint {
    name: &'static str,
    values: Vec<String>,
    says: &'static str,
}

struct Fact {
    name: &'static str,
    value: String,
    link: Option<String>,
}

struct Change {
    what: String,
    who: String,
    why: String,
    at: When,
}

struct Found {
    pill: Pill,
    place: String,
    text: String,
    remedy: String,
}

/// A relationship for this person.
pub(super) async fn read(
    gateway: &Gateway,
    person: &Person,
    (supplier, id): (&str, &str),
    said: Said,
) -> Result<Page, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    let id = RelationshipId::new(id);
    let view = gateway.directory.view(shell.id(), &id).await?;
    let read = view.read.as_deref();
    let listed = &view.listed;
    let mapped = gateway.directory.mappings(shell.id(), &id).await?;
    let mapped = MappingKind::ALL.iter().map(|kind| {
        let count = mapped.iter().filter(|one| one.kind == *kind).count();
        (wording::mappings(*kind), count)
    });
    Ok(Page {
        path_text: format!("{}.{id}", shell.id()),
        name: listed.name.clone(),
        subtitle: format!(
            "{}, {} by {}",
            listed.buyer_name,
            wording::dialect(&listed.dialect),
            wording::protocol(&listed.protocol)
        ),
        pill: standing(listed.enabled, listed.trouble.is_some()),
        is_on: listed.enabled,
        is_test: listed.mode == "test",
        is_shadow: listed.mode == "shadow",
        broken: listed.trouble.clone(),
        trouble: said.trouble,
        reason: said.reason,
        secret: said.secret,
        found: said.found.map(|found| found.into_iter().map(shown).collect()),
        identities: read.map(parties).unwrap_or_default(),
        secrets: secret_lines(gateway, &shell, &view.secrets),
        is_rotating: view.secrets.entered.is_some(),
        has_secret: view.secrets.current.is_some(),
        endpoints: read.map(|read| endpoints(gateway, read)).unwrap_or_default(),
        facts: facts(gateway, &shell, &view),
        mapped: mapped.collect(),
        policies: read.map(agreed::policies).unwrap_or_default(),
        suite: read.map(agreed::suite).unwrap_or_default(),
        history: view
            .history
            .iter()
            .map(|row| change(gateway, &shell, row))
            .collect(),
        keeps: shell.may(Right::KeepRelationships),
        tries: shell.may(Right::TryConnections),
        id: id.into_string(),
        shell,
    })
}

impl Page {
    /// How an exchange of the secret is ended.
    fn droppings() -> [(&'static str, &'static str, &'static str); 2] {
        [
            (
                "drop-old",
                "Drop the old secret",
                "The buyer uses the new one. Documents that come with the old one are refused at once, and it does not come \
                 back: where the file of apply has it, take the new one into that file.",
            ),
            (
                "drop-new",
                "Drop the new secret",
                "The exchange is called off. Documents that come with the new one are refused at once; the old one counts.",
            ),
        ]
    }
}

/// Who stands where in the documents of this buyer.
fn parties(one: &Relationship) -> Vec<Party> {
    let mut parties = vec![
        Party {
            element: "From",
            who: format!(
                "{}, the buyer; the Sender, too, where the suite sends for itself",
                one.buyer_name
            ),
            identities: one.buyer_identities.clone(),
        },
        Party {
            element: "To",
            who: format!("{}, you", one.supplier.name),
            identities: one.supplier_identities.clone(),
        },
    ];
    if !one.sender_identities.is_empty() {
        let sender = Party {
            element: "Sender",
            who: "A network that may send for the buyer".to_owned(),
            identities: one.sender_identities.clone(),
        };
        parties.insert(1, sender);
    }
    parties
}

fn endpoints(gateway: &Gateway, one: &Relationship) -> Vec<Endpoint> {
    let cxml = gateway.config.server.public_address("cxml");
    vec![
        Endpoint {
            name: "The buyer sends to",
            values: vec![format!("{cxml}/{}", one.path_text())],
            says: "Punchout setup and purchase orders. The address says which relationship it is.",
        },
        Endpoint {
            name: "Or to",
            values: vec![cxml],
            says: "Here the identities in the document say which one it is.",
        },
        Endpoint {
            name: "Carts go back to",
            values: hosts(&one.return_hosts),
            says: "Hosts that a setup request may name for the cart. Another one is refused.",
        },
        Endpoint {
            name: "Which may lead on to",
            values: hosts(&one.redirect_hosts),
            says: "Hosts to which the buyer's own page may send the shopper's browser.",
        },
    ]
}

fn hosts(rules: &HostRules) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

fn secret_lines(gateway: &Gateway, shell: &Shell, secrets: &RelationshipSecrets) -> Vec<Line> {
    let when = |at: Instant| shell.when(gateway, at.as_microsecond());
    let since = |at: Instant| format!("set {} ({})", when(at).ago, when(at).shown);
    let mut lines: Vec<Line> = Vec::new();
    match (secrets.current, secrets.entered) {
        (None, _) => lines.push((
            "Of the buyer",
            "none: nobody can prove to be the buyer".to_owned(),
        )),
        (Some(current), None) => lines.push(("Of the buyer", since(current))),
        (Some(current), Some(entered)) => lines.extend([
            (
                "Of the buyer, old",
                format!("{}; counts until you drop it", since(current)),
            ),
            ("Of the buyer, new", format!("{}; counts, too", since(entered))),
        ]),
    }
    if let Some(until) = secrets.previous_until {
        let text = format!("counts until {}, as the file of apply says", when(until).shown);
        lines.push(("Of the buyer, before", text));
    }
    lines.push((
        "Ours, on what we send",
        secrets
            .outbound
            .map_or_else(|| "none: we send none".to_owned(), since),
    ));
    if let Some(why) = &secrets.closed {
        lines.push(("Trouble", why.clone()));
    }
    lines
}

fn facts(gateway: &Gateway, shell: &Shell, view: &RelationshipView) -> Vec<Fact> {
    let listed = &view.listed;
    let plain = |name, value: String| Fact {
        name,
        value,
        link: None,
    };
    let mode = match listed.mode.as_str() {
        "test" => "Test: nothing of it reaches production systems",
        "shadow" => "Shadow: it takes copies of orders to compare, and nothing comes of them",
        _ => "Production: a test document on it is kept, and not submitted",
    };
    let mut facts = vec![
        plain("For", mode.to_owned()),
        plain("Orders go", wording::sink(&listed.order_sink).to_owned()),
    ];
    let Some(one) = view.read.as_deref() else {
        return facts;
    };
    for (name, connector) in [("Shop", &one.storefront), ("ERP", &one.erp)] {
        facts.push(Fact {
            name,
            value: connector
                .as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string),
            link: connector
                .as_ref()
                .map(|id| format!("{}/connectors#{id}", shell.here)),
        });
    }
    let customer = one.customer_external_id.clone();
    facts.push(plain(
        "Customer in the ERP",
        customer.unwrap_or_else(|| "by the addresses of each order".to_owned()),
    ));
    let confirmations = match (&one.outbound, one.policies.confirmation) {
        (_, ConfirmationPolicy::Never) => "none is sent".to_owned(),
        (Some(outbound), _) => outbound.url.to_string(),
        (None, _) => "no address: the buyer is told nothing".to_owned(),
    };
    facts.push(plain("Confirmations go to", confirmations));
    for (name, at) in [
        ("Last from the buyer", listed.last_in),
        ("Last to the buyer", listed.last_out),
    ] {
        let at = at.map(|at| shell.when(gateway, at.as_microsecond()));
        let value = at.map_or_else(
            || "nothing yet".to_owned(),
            |at| format!("{} ({})", at.ago, at.shown),
        );
        facts.push(plain(name, value));
    }
    facts
}

fn change(gateway: &Gateway, shell: &Shell, row: &ChangeRow) -> Change {
    let to = row.to_value.as_deref();
    let what = match row.field.as_str() {
        "enabled" if to == Some("true") => "switched it on".to_owned(),
        "enabled" => "switched it off".to_owned(),
        "entered" => "entered it".to_owned(),
        field if field == secrets::FIELD => format!("changed the secret: {}", to.unwrap_or_default()),
        field if row.subject == entries::SUBJECT => mapping(field, row.from_value.as_deref(), to),
        other => format!("changed {other}"),
    };
    Change {
        what,
        who: row.who.clone(),
        why: row.why.clone(),
        at: shell.when(gateway, row.changed_at),
    }
}

/// A line about a mapping: its field is the kind and what the buyer writes.
fn mapping(field: &str, from: Option<&str>, to: Option<&str>) -> String {
    let (kind, source) = field.split_once(' ').unwrap_or(("", field));
    let what = MappingKind::parse(kind).map_or("entry", wording::mapping);
    match (from, to) {
        (_, None) => format!("took the {what} {source} away"),
        (None, Some(to)) => format!("mapped the {what} {source} to {to}"),
        (Some(from), Some(to)) => format!("mapped the {what} {source} to {to} instead of {from}"),
    }
}

fn shown(finding: Finding) -> Found {
    Found {
        pill: wording::weight(finding.weight),
        place: finding.place,
        text: finding.text,
        remedy: finding.remedy,
    }
}
