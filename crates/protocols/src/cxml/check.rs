//! What `punchgate cxml check` prints: a document's kind, parties, lines, totals and findings.

use serde::Serialize;

use super::{Body, Credential, Document, Finding, Limits, Refusal, decode::setup::SetupRequest};
use punchgate_domain::purchase_order::{OrderOperation, PurchaseOrder};

/// What a document says, or why it is refused.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The kind's element name; empty where it cannot be told.
    pub kind: String,
    /// How far this kind is taken.
    pub handling: Handling,
    /// create, edit, new, update …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Its payloadID.
    pub payload_id: String,
    /// Its timestamp as stated.
    pub timestamp: String,
    /// Version as stated.
    pub version: Option<String>,
    /// The DOCTYPE's system id.
    pub doctype: Option<String>,
    /// Origin.
    pub from: Vec<IdentityReport>,
    /// Destination.
    pub to: Vec<IdentityReport>,
    /// Who opened the connection.
    pub sender: Vec<IdentityReport>,
    /// Status of a Response or Message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusReport>,
    /// The order's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// The buyer's cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_cookie: Option<String>,
    /// Total with currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Lines.
    pub lines: Vec<LineReport>,
    /// What was odd.
    pub findings: Vec<Finding>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalReport>,
}

/// How far a kind is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handling {
    /// Read with its content.
    Read,
    /// A kind of cXML that is not read yet.
    KnownNotRead,
    /// No kind of cXML.
    Unknown,
    /// Not read.
    Refused,
}

/// A credential without its proof.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityReport {
    /// Domain.
    pub domain: String,
    /// Identity.
    pub identity: String,
}

/// A Status.
#[derive(Clone, Debug, Serialize)]
pub struct StatusReport {
    /// Code.
    pub code: u16,
    /// Text.
    pub text: String,
}

/// A line.
#[derive(Clone, Debug, Serialize)]
pub struct LineReport {
    /// Line number, where lines have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_number: Option<u32>,
    /// Part.
    pub part_id: String,
    /// Line key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auxiliary_id: Option<String>,
    /// Quantity as stated.
    pub quantity: String,
    /// Unit.
    pub unit: String,
    /// Price with currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<String>,
    /// Description.
    pub description: String,
}

/// Why a document is refused.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalReport {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub text: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// The cXML Status that answers it.
    pub status: u16,
}

/// Reads a document for people.
pub fn check(bytes: &[u8], limits: &Limits) -> Report {
    match super::decode(bytes, None, limits) {
        Ok(document) => Report::of(document),
        Err(refusal) => Report::refused(refusal),
    }
}

impl Report {
    fn of(document: Document) -> Self {
        let envelope = document.envelope;
        let mut report = Self {
            kind: document.body.name().to_owned(),
            handling: match &document.body {
                Body::KnownUnread { .. } => Handling::KnownNotRead,
                Body::Unknown { .. } => Handling::Unknown,
                _ => Handling::Read,
            },
            operation: None,
            payload_id: envelope.payload_id,
            timestamp: envelope.timestamp.text,
            version: envelope.version,
            doctype: envelope.doctype_system_id,
            from: identities(&envelope.from),
            to: identities(&envelope.to),
            sender: identities(&envelope.sender),
            status: envelope.status.map(|status| StatusReport {
                code: status.code,
                text: status.text,
            }),
            order_number: None,
            buyer_cookie: None,
            total: None,
            lines: Vec::new(),
            findings: document.findings,
            refusal: None,
        };
        report.add_body(&document.body);
        report
    }

    fn add_body(&mut self, body: &Body) {
        match body {
            Body::PunchOutSetupRequest(setup) => self.add_setup(setup),
            Body::OrderRequest(order) => self.add_order(order),
            Body::PunchOutOrderMessage(message) => {
                self.buyer_cookie = Some(message.buyer_cookie.as_str().to_owned());
                self.total = message.total.as_ref().map(ToString::to_string);
                self.lines = message.cart.lines.iter().map(LineReport::of_cart).collect();
            }
            Body::ConfirmationRequest(confirmation) => {
                self.order_number.clone_from(&confirmation.order_number);
                self.total = confirmation.total.as_ref().map(ToString::to_string);
            }
            _ => {}
        }
    }

    fn add_setup(&mut self, setup: &SetupRequest) {
        self.operation = Some(setup.operation.as_str().to_owned());
        self.buyer_cookie = Some(setup.buyer_cookie.as_str().to_owned());
        self.lines = setup
            .items
            .iter()
            .map(|item| LineReport {
                line_number: item.line_number,
                part_id: item.item.part_id.clone(),
                auxiliary_id: item.item.auxiliary_id.clone(),
                quantity: item.quantity.text().to_owned(),
                unit: item
                    .unit
                    .as_ref()
                    .map(|unit| unit.as_str().to_owned())
                    .unwrap_or_default(),
                unit_price: item.unit_price.as_ref().map(ToString::to_string),
                description: item.description.clone().unwrap_or_default(),
            })
            .collect();
    }

    fn add_order(&mut self, order: &PurchaseOrder) {
        let operation = match order.operation {
            OrderOperation::New => "new",
            OrderOperation::Update => "update",
            OrderOperation::Delete => "delete",
        };
        self.operation = Some(operation.to_owned());
        self.order_number = Some(order.order_number.clone());
        self.total = Some(order.total.to_string());
        self.lines = order
            .lines
            .iter()
            .map(|line| LineReport {
                line_number: Some(line.line_number),
                part_id: line.part_id.clone(),
                auxiliary_id: line.auxiliary_id.clone(),
                quantity: line.quantity.text().to_owned(),
                unit: line.unit.as_str().to_owned(),
                unit_price: Some(line.unit_price.to_string()),
                description: line.description.clone(),
            })
            .collect();
    }

    fn refused(refusal: Refusal) -> Self {
        let envelope = refusal.envelope.as_deref();
        Self {
            kind: refusal.kind.clone().unwrap_or_default(),
            handling: Handling::Refused,
            operation: None,
            payload_id: envelope
                .map(|envelope| envelope.payload_id.clone())
                .unwrap_or_default(),
            timestamp: envelope
                .map(|envelope| envelope.timestamp.text.clone())
                .unwrap_or_default(),
            version: None,
            doctype: None,
            from: envelope
                .map(|envelope| identities(&envelope.from))
                .unwrap_or_default(),
            to: envelope
                .map(|envelope| identities(&envelope.to))
                .unwrap_or_default(),
            sender: envelope
                .map(|envelope| identities(&envelope.sender))
                .unwrap_or_default(),
            status: None,
            order_number: None,
            buyer_cookie: None,
            total: None,
            lines: Vec::new(),
            findings: Vec::new(),
            refusal: Some(RefusalReport {
                code: refusal.code,
                text: refusal.text,
                line: refusal.line,
                column: refusal.column,
                status: refusal.status,
            }),
        }
    }
}

impl LineReport {
    fn of_cart(line: &punchgate_domain::cart::CartLine) -> Self {
        Self {
            line_number: None,
            part_id: line.part_id.clone(),
            auxiliary_id: line.auxiliary_id.clone(),
            quantity: line.quantity.text().to_owned(),
            unit: line.unit.as_str().to_owned(),
            unit_price: Some(line.unit_price.to_string()),
            description: line.description.clone(),
        }
    }
}

fn identities(credentials: &[Credential]) -> Vec<IdentityReport> {
    credentials
        .iter()
        .map(|one| IdentityReport {
            domain: one.domain.clone(),
            identity: one.identity.clone(),
        })
        .collect()
}
