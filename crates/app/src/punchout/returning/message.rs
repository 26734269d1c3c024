//! The PunchOutOrderMessage of a visit: written, and as a form field. No secret ever stands in it, and the buyer
//! cookie stands in it byte for byte.

use punchgate_domain::{Instant, cart::Cart, catalogue::Problem, money::Currency};
use punchgate_protocols::{
    cxml::{
        DeploymentMode,
        decode::message::OperationAllowed,
        dialect::ReturnEncoding,
        encode::{
            Charset, Frame, Header, PartyCredential, PunchOutCancel, PunchOutOrderMessage, SenderProof,
            WriteError,
        },
    },
    form::{FormField, base64_field, urlencoded_field},
};

use super::{Punchout, Refusal, Visit, prepare::Prepared};
use crate::directory::{Identity, Mode, Relationship};

/// The Total of nothing needs a currency; no suite reads it.
const NO_CURRENCY: &str = "USD";

/// How documents name us.
const USER_AGENT: &str = concat!("Punchgate ", env!("CARGO_PKG_VERSION"));

/// A message that was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) payload_id: String,
    /// Status that it carries.
    pub(super) status: i64,
    pub(super) findings: Option<String>,
}

/// What makes a document one of its own.
#[derive(Debug)]
pub(super) struct FrameIds {
    payload_id: String,
    now: Instant,
}

impl Punchout {
    pub(super) fn frame_ids(&self) -> FrameIds {
        FrameIds {
            payload_id: format!("{}@{}", self.surroundings.new_id(), self.settings.host),
            now: self.surroundings.now(),
        }
    }
}

/// The cart.
pub(super) fn with_cart(ids: FrameIds, visit: &Visit, prepared: &Prepared) -> Result<Written, Refusal> {
    let findings = prepared.findings();
    order_message(ids, visit, &prepared.fitted.cart, findings)
}

/// The lines as they came: what a cancelled edit sends. They went out before, so they are fit already.
pub(super) fn original(ids: FrameIds, visit: &Visit, cart: &Cart) -> Result<Written, Refusal> {
    order_message(ids, visit, cart, None)
}

/// The session is over and nothing shall change.
pub(super) fn no_change(ids: FrameIds, visit: &Visit) -> Result<Written, Refusal> {
    let currency = Currency::parse(NO_CURRENCY).map_err(|error| trouble(visit, &error))?;
    let message = PunchOutCancel {
        buyer_cookie: &visit.facts.cookie,
        operation_allowed: OperationAllowed::Edit,
        currency,
    };
    write(ids, visit, 204, None, |frame, header| {
        message.write(frame, header)
    })
}

fn order_message(
    ids: FrameIds,
    visit: &Visit,
    cart: &Cart,
    findings: Option<String>,
) -> Result<Written, Refusal> {
    let message = PunchOutOrderMessage {
        buyer_cookie: &visit.facts.cookie,
        operation_allowed: OperationAllowed::Edit,
        cart,
        total_includes: visit.relationship.dialect.total_includes,
    };
    write(ids, visit, 200, findings, |frame, header| {
        message.write(frame, header)
    })
}

fn write(
    ids: FrameIds,
    visit: &Visit,
    status: i64,
    findings: Option<String>,
    document: impl FnOnce(&Frame<'_>, &Header<'_>) -> Result<Vec<u8>, WriteError>,
) -> Result<Written, Refusal> {
    let relationship = &visit.relationship;
    let us = credentials(&relationship.supplier_identities);
    let buyer = credentials(&relationship.buyer_identities);
    let frame = Frame {
        payload_id: &ids.payload_id,
        timestamp: ids.now,
        lang: "en-US",
        versions: &relationship.dialect.dtd,
        charset: Charset::Ascii,
    };
    let header = Header {
        from: &us,
        to: &buyer,
        sender: &us,
        proof: SenderProof::None,
        user_agent: USER_AGENT,
        mode: match relationship.mode {
            Mode::Production => DeploymentMode::Production,
            Mode::Test | Mode::Shadow => DeploymentMode::Test,
        },
    };
    let bytes = document(&frame, &header).map_err(|error| trouble(visit, &error))?;
    Ok(Written {
        bytes,
        payload_id: ids.payload_id,
        status,
        findings,
    })
}

/// The message as the suite wants it in the form.
pub(super) fn field(relationship: &Relationship, message: &[u8]) -> FormField {
    match relationship.dialect.return_encoding {
        ReturnEncoding::UrlEncoded => urlencoded_field(message),
        ReturnEncoding::Base64 => base64_field(message),
    }
}

fn credentials<'a>(identities: &'a [Identity]) -> Vec<PartyCredential<'a>> {
    let credential = |identity: &'a Identity| PartyCredential {
        domain: &identity.domain,
        identity: &identity.identity,
    };
    identities.iter().map(credential).collect()
}

/// What cannot be written is a matter for an operator: the dialect or the relationship lacks something.
fn trouble(visit: &Visit, error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, session = visit.row.session_id, "a cart could not be written");
    Refusal::of(Problem::Internal)
}
