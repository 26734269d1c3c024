//! The onboarding sheet: what the buyer's administrator needs, on paper. There is no secret on it.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::Response,
};
use punchgate_app::directory::{Identity, MappingKind, Relationship, entries::StoredMapping};
use punchgate_domain::{ids::RelationshipId, policy::ConfirmationPolicy};

use super::{
    agreed::{self, Line},
    suites::{self, Filled},
    wording,
};
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage, Shell},
            session::Person,
            words::When,
        },
    },
};

/// Of what is mapped, so much stands on paper.
const MAPPED: usize = 12;

#[derive(Template)]
#[template(path = "console/sheet.html")]
struct Sheet {
    shell: Shell,
    id: String,
    path_text: String,
    supplier: String,
    buyer: String,
    is_test: bool,
    is_on: bool,
    at: When,
    address: String,
    or_address: String,
    header: String,
    filled: Option<Filled>,
    identities: Vec<Party>,
    documents: Vec<Document>,
    formats: Vec<Line>,
    carts_to: Vec<String>,
    known: Vec<Known>,
    contact: String,
}

struct Party {
    element: &'static str,
    who: &'static str,
    identities: Vec<Identity>,
}

struct Document {
    name: &'static str,
    way: &'static str,
    what: String,
    version: String,
}

/// What is mapped of a kind: words that the buyer may use in a test.
struct Known {
    name: &'static str,
    words: Vec<String>,
    more: usize,
}

pub(in crate::http::console) async fn sheet(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    page::shown(&gateway, read(&gateway, &person, &supplier, &id).await)
}

async fn read(gateway: &Gateway, person: &Person, supplier: &str, id: &str) -> Result<Sheet, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "relationships").await?;
    let id = RelationshipId::new(id);
    let view = gateway.directory.view(shell.id(), &id).await?;
    // One that does not read has nothing to hand out: the error says why.
    let one = gateway.directory.relationship(shell.id(), &id).await?;
    let mapped = gateway.directory.mappings(shell.id(), &id).await?;
    let cxml = gateway.config.server.public_address("cxml");
    let address = format!("{cxml}/{}", one.path_text());
    Ok(Sheet {
        path_text: one.path_text(),
        supplier: one.supplier.name.clone(),
        buyer: one.buyer_name.clone(),
        is_test: view.listed.mode == "test",
        is_on: one.enabled,
        at: shell.when(gateway, gateway.surroundings.now().as_microsecond()),
        header: header(&one),
        filled: suites::filled(&view.listed.dialect, &one, &address),
        or_address: cxml,
        address,
        identities: parties(&one),
        documents: documents(&one),
        formats: formats(&one),
        carts_to: one.return_hosts.iter().map(ToString::to_string).collect(),
        known: known(&mapped),
        contact: one.supplier.contact.clone(),
        id: id.into_string(),
        shell,
    })
}

fn parties(one: &Relationship) -> Vec<Party> {
    let sender = match one.sender_identities.is_empty() {
        true => Party {
            element: "Sender",
            who: "The buyer's suite itself",
            identities: one.buyer_identities.clone(),
        },
        false => Party {
            element: "Sender",
            who: "The network that sends for the buyer, or the buyer's suite itself",
            identities: one.sender_identities.clone(),
        },
    };
    vec![
        Party {
            element: "From",
            who: "The buyer",
            identities: one.buyer_identities.clone(),
        },
        Party {
            element: "To",
            who: "The supplier",
            identities: one.supplier_identities.clone(),
        },
        sender,
    ]
}

/// The head of a document of this buyer's, with what goes where.
fn header(one: &Relationship) -> String {
    let credential = |identity: Option<&Identity>, more: &str| {
        let (domain, name) = identity.map_or(("", ""), |one| (one.domain.as_str(), one.identity.as_str()));
        format!(
            "    <Credential domain=\"{}\">\n      <Identity>{}</Identity>{more}\n    </Credential>\n",
            escaped(domain),
            escaped(name)
        )
    };
    let secret = format!("\n      <SharedSecret>{}</SharedSecret>", suites::SECRET);
    format!(
        "<Header>\n  <From>\n{}  </From>\n  <To>\n{}  </To>\n  <Sender>\n{}    <UserAgent>the suite's name</UserAgent>\n  </Sender>\n</Header>",
        credential(one.buyer_identities.first(), ""),
        credential(one.supplier_identities.first(), ""),
        credential(suites::sender(one), &secret),
    )
}

/// As it stands in XML; the page escapes it once more, to show it so.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// What goes to and fro, with its operations and version.
fn documents(one: &Relationship) -> Vec<Document> {
    let dtd = &one.dialect.dtd;
    let any = "any 1.2 version".to_owned();
    let mut documents = vec![Document {
        name: "ProfileRequest",
        way: "to the supplier",
        what: "Says what is taken here: the first thing to try".to_owned(),
        version: any.clone(),
    }];
    if one.storefront.is_some() {
        documents.extend([
            Document {
                name: "PunchOutSetupRequest",
                way: "to the supplier",
                what: "Operations create, edit and inspect; source is not supported".to_owned(),
                version: any.clone(),
            },
            Document {
                name: "PunchOutSetupResponse",
                way: "to the buyer",
                what: "The start page, which counts once".to_owned(),
                version: dtd.punchout_setup_response.to_string(),
            },
            Document {
                name: "PunchOutOrderMessage",
                way: "to the buyer",
                what: format!(
                    "The cart, by the shopper's browser. {}",
                    agreed::encoding(&one.dialect)
                ),
                version: dtd.punchout_order_message.to_string(),
            },
        ]);
    }
    documents.push(Document {
        name: "OrderRequest",
        way: "to the supplier",
        what: "Orders of type new, update and delete".to_owned(),
        version: any,
    });
    if one.outbound.is_some() && one.policies.confirmation != ConfirmationPolicy::Never {
        documents.push(Document {
            name: "ConfirmationRequest",
            way: "to the buyer",
            what: one
                .outbound
                .as_ref()
                .map_or_else(String::new, |outbound| format!("To {}", outbound.url)),
            version: dtd.confirmation_request.to_string(),
        });
    }
    documents
}

fn formats(one: &Relationship) -> Vec<Line> {
    let mut lines = vec![
        ("Transport", "HTTP POST, Content-Type text/xml; charset=utf-8; attachments as multipart/related".to_owned()),
        ("Encoding", "UTF-8; UTF-16, ISO-8859-1, ISO-8859-15 and windows-1252 are read, too, where the XML declaration says so".to_owned()),
        ("Answers", "A complete cXML document with a Status on the same connection".to_owned()),
        ("Times", "With an offset from UTC, such as 2026-03-02T11:59:58-05:00".to_owned()),
        ("Units", "UN/CEFACT Recommendation 20, such as EA, BX, KGM; others are mapped here".to_owned()),
        ("Commodity codes", format!("{}, where the shop has them", one.dialect.classification.domain)),
    ];
    let wanted = [
        "The cart goes back",
        "A cancelled edit",
        "The shopper is known by",
        "HTTP status of answers",
        "Longest texts, in bytes",
    ];
    let told = agreed::suite(one).into_iter();
    lines.extend(told.filter(|(name, _)| wanted.contains(name)));
    lines
}

fn known(mapped: &[StoredMapping]) -> Vec<Known> {
    let of = |kind: MappingKind| {
        let all: Vec<String> = mapped
            .iter()
            .filter(|one| one.kind == kind)
            .map(|one| one.source.clone())
            .collect();
        Known {
            name: wording::mappings(kind),
            more: all.len().saturating_sub(MAPPED),
            words: all.into_iter().take(MAPPED).collect(),
        }
    };
    let kinds = MappingKind::ALL.iter().map(|kind| of(*kind));
    kinds.filter(|known| !known.words.is_empty()).collect()
}
