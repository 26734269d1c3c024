//! What the suite finds wrong with documents of the supplier: pure checks, shown to people as they are.
//!
//! Every deviation from the protocol counts, also one that a real suite would let pass.

use punchgate_protocols::cxml::{
    Body, Credential, Document, Finding, Limits, Proof, Refusal, Secret, Severity, decode,
    decode::{confirmation::Confirmation, message::OrderMessage},
    verify_shared_secret,
};
use serde::Serialize;

use super::{
    books::{Answer, CameBack, Order, ReturnedCart},
    buyer::Buyer,
};

/// The largest document that is read.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Something that should not be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Deviation {
    /// True if the document must not be relied on.
    pub(crate) grave: bool,
    /// What was expected and what was seen.
    pub(crate) text: String,
}

impl Deviation {
    pub(crate) fn grave(text: impl Into<String>) -> Self {
        Self {
            grave: true,
            text: text.into(),
        }
    }

    fn minor(text: impl Into<String>) -> Self {
        Self {
            grave: false,
            text: text.into(),
        }
    }
}

impl From<&Finding> for Deviation {
    fn from(finding: &Finding) -> Self {
        Self {
            grave: finding.severity == Severity::Error,
            text: format!(
                "line {}:{} {}: {}",
                finding.line, finding.column, finding.path, finding.text
            ),
        }
    }
}

fn read(bytes: &[u8], content_type: Option<&str>) -> Result<(Document, Vec<Deviation>), Box<Refusal>> {
    let document = decode::decode(bytes, content_type, &Limits::with_max_bytes(MAX_BYTES))?;
    let mut deviations: Vec<Deviation> = document
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Info)
        .map(Deviation::from)
        .collect();
    if document.envelope.payload_id.is_empty() {
        deviations.push(Deviation::grave("the document has no payloadID"));
    }
    if document.envelope.doctype_system_id.is_none() {
        deviations.push(Deviation::minor("the document names no DTD"));
    }
    if document.unknown_elements > 0 {
        let text = format!(
            "{} elements stand where the grammar has none",
            document.unknown_elements
        );
        deviations.push(Deviation::grave(text));
    }
    Ok((document, deviations))
}

/// What came back over HTTP for a request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) duration_ms: i64,
}

/// The answer in a reply, its body, and what is odd about it.
#[derive(Debug)]
pub(crate) struct ReadReply {
    pub(crate) answer: Answer,
    pub(crate) body: Option<Body>,
    pub(crate) deviations: Vec<Deviation>,
}

/// Reads the synchronous answer to a request; without one, `Err` says why.
pub(crate) fn reply(reply: Result<Reply, String>) -> ReadReply {
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => {
            let answer = Answer {
                http: None,
                code: 0,
                text: "No answer".to_owned(),
                detail: error.clone(),
                duration_ms: 0,
            };
            let deviations = vec![Deviation::grave(format!("the supplier gave no answer: {error}"))];
            return ReadReply {
                answer,
                body: None,
                deviations,
            };
        }
    };
    match read(&reply.body, reply.content_type.as_deref()) {
        Ok((document, deviations)) => understood(&reply, document, deviations),
        Err(refusal) => ReadReply {
            answer: Answer {
                http: Some(reply.status),
                code: 0,
                text: "Unreadable answer".to_owned(),
                detail: refusal.to_string(),
                duration_ms: reply.duration_ms,
            },
            body: None,
            deviations: vec![Deviation::grave(format!(
                "the answer is no complete cXML: {refusal}"
            ))],
        },
    }
}

fn understood(reply: &Reply, document: Document, mut deviations: Vec<Deviation>) -> ReadReply {
    if !document.envelope.is_response() {
        deviations.push(Deviation::grave(format!(
            "expected a Response, got a {}",
            document.body.name()
        )));
    }
    let is_xml = reply.content_type.as_deref().is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.starts_with("text/xml") || kind.starts_with("application/xml")
    });
    if !is_xml {
        deviations.push(Deviation::minor("the answer's Content-Type is not text/xml"));
    }
    let status = document.envelope.status.as_ref();
    if status.is_none() {
        deviations.push(Deviation::grave("the Response has no Status"));
    }
    let answer = Answer {
        http: Some(reply.status),
        code: status.map_or(0, |status| status.code),
        text: status.map(|status| status.text.clone()).unwrap_or_default(),
        detail: status
            .map(|status| status.detail.trim().to_owned())
            .unwrap_or_default(),
        duration_ms: reply.duration_ms,
    };
    ReadReply {
        answer,
        body: Some(document.body),
        deviations,
    }
}

/// The start page of a setup response; anything else is a deviation.
pub(crate) fn start_page(reply: &mut ReadReply) -> Option<String> {
    let is_success = (200..300).contains(&reply.answer.code);
    let page = match &reply.body {
        Some(Body::PunchOutSetupResponse { start_page }) => start_page.clone(),
        _ => None,
    };
    let page = page.filter(|page| {
        let absolute = url::Url::parse(page).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !absolute {
            reply.deviations.push(Deviation::grave(format!(
                "the StartPage “{page}” is no absolute address"
            )));
        }
        absolute
    });
    if is_success && page.is_none() {
        reply
            .deviations
            .push(Deviation::grave("Status 200 without a StartPage"));
    }
    page
}

/// A cart form's document: whose session it claims, what it holds, what is odd.
#[derive(Debug)]
pub(crate) struct ReadCart {
    pub(crate) back: Option<CameBack>,
    pub(crate) payload_id: String,
    pub(crate) deviations: Vec<Deviation>,
}

/// Reads the cart that a browser brought.
pub(crate) fn cart(bytes: &[u8], buyer: &Buyer, cookie: &str) -> ReadCart {
    let (document, mut deviations) = match read(bytes, None) {
        Ok(read) => read,
        Err(refusal) => {
            return ReadCart {
                back: None,
                payload_id: String::new(),
                deviations: vec![Deviation::grave(format!("the cart cannot be read: {refusal}"))],
            };
        }
    };
    deviations.extend(secrets_in(bytes, &document, buyer));
    let payload_id = document.envelope.payload_id.clone();
    if !document.envelope.is_message() {
        deviations.push(Deviation::grave("a cart comes as a Message"));
    }
    if !is_any(&document.envelope.from, buyer.to) {
        deviations.push(Deviation::minor("From does not name the supplier that was asked"));
    }
    if !is_any(&document.envelope.to, buyer.from) {
        deviations.push(Deviation::minor("To does not name this buyer"));
    }
    let is_cancelled = document
        .envelope
        .status
        .as_ref()
        .is_some_and(|status| status.code == 204);
    let Body::PunchOutOrderMessage(message) = document.body else {
        let text = format!("expected a PunchOutOrderMessage, got a {}", document.body.name());
        deviations.push(Deviation::grave(text));
        return ReadCart {
            back: None,
            payload_id,
            deviations,
        };
    };
    if message.buyer_cookie.as_str() != cookie {
        let seen = message.buyer_cookie.as_str();
        let text = format!("the BuyerCookie came back as {seen:?}, not byte for byte as {cookie:?}");
        deviations.push(Deviation::grave(text));
        return ReadCart {
            back: None,
            payload_id,
            deviations,
        };
    }
    if is_cancelled {
        return ReadCart {
            back: Some(CameBack::Cancelled),
            payload_id,
            deviations,
        };
    }
    deviations.extend(total(&message));
    let OrderMessage {
        operation_allowed: allowed,
        total,
        cart,
        ..
    } = *message;
    ReadCart {
        back: Some(CameBack::Cart(Box::new(ReturnedCart { cart, total, allowed }))),
        payload_id,
        deviations,
    }
}

fn secrets_in(bytes: &[u8], document: &Document, buyer: &Buyer) -> Option<Deviation> {
    let envelope = &document.envelope;
    let proven = [&envelope.from, &envelope.to, &envelope.sender]
        .into_iter()
        .flatten()
        .any(|credential| !matches!(credential.proof, Proof::None));
    let text = String::from_utf8_lossy(bytes);
    let told = [buyer.secret, buyer.supplier_secret]
        .iter()
        .any(|secret| text.contains(secret));
    (proven || told).then(|| Deviation::grave("a secret travels through the shopper's browser"))
}

fn total(message: &OrderMessage) -> Option<Deviation> {
    let Some(stated) = &message.total else {
        return Some(Deviation::grave("the cart has no Total"));
    };
    let lines = message.cart.lines_total()?;
    let rounded = |amount: rust_decimal::Decimal| super::write::two_places(amount);
    (rounded(lines.value()) != rounded(stated.value())).then(|| {
        Deviation::minor(format!(
            "the Total is {} {}, the lines sum up to {}",
            stated.text(),
            stated.currency(),
            lines.text()
        ))
    })
}

fn is_any(seen: &[Credential], expected: &[(&str, &str)]) -> bool {
    expected.iter().any(|(domain, identity)| {
        let key = Credential::new(*domain, *identity).match_key();
        seen.iter().any(|credential| credential.match_key() == key)
    })
}

/// Whether the sender of a document is the supplier, by its secret.
pub(crate) fn is_supplier(document: &Document, buyer: &Buyer) -> bool {
    let expected = Secret::new(buyer.supplier_secret);
    document
        .envelope
        .sender
        .iter()
        .any(|credential| match &credential.proof {
            Proof::SharedSecret(given) => verify_shared_secret(given, &expected),
            _ => false,
        })
        && is_any(&document.envelope.from, buyer.to)
}

/// Reads a document that the supplier posted.
pub(crate) fn incoming(
    bytes: &[u8],
    content_type: Option<&str>,
) -> Result<(Document, Vec<Deviation>), Box<Refusal>> {
    read(bytes, content_type)
}

/// What is odd about a confirmation of this order.
pub(crate) fn confirmation(confirmation: &Confirmation, order: &Order) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let references = order
        .versions
        .iter()
        .any(|version| confirmation.order_payload_id.as_deref() == Some(version.payload_id.as_str()));
    if !references {
        deviations.push(Deviation::minor(format!(
            "OrderReference names payloadID {:?}, which is none of this order's documents",
            confirmation.order_payload_id.as_deref().unwrap_or_default()
        )));
    }
    let Some(latest) = order.latest() else {
        return deviations;
    };
    for item in &confirmation.items {
        let ordered = usize::try_from(item.line_number)
            .ok()
            .and_then(|number| number.checked_sub(1))
            .and_then(|index| latest.cart.lines.get(index));
        let Some(ordered) = ordered else {
            let text = format!("it speaks of line {}, which was not ordered", item.line_number);
            deviations.push(Deviation::grave(text));
            continue;
        };
        let sum: rust_decimal::Decimal = item.statuses.iter().map(|status| status.quantity.value()).sum();
        if sum != item.quantity.value() {
            let text = format!(
                "line {}: its statuses sum up to {sum}, its quantity is {}",
                item.line_number, item.quantity
            );
            deviations.push(Deviation::grave(text));
        }
        if item.unit != ordered.unit {
            let text = format!(
                "line {}: confirmed in {}, ordered in {}",
                item.line_number, item.unit, ordered.unit
            );
            deviations.push(Deviation::minor(text));
        }
    }
    deviations
}
