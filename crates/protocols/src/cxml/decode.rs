//! The way in: bytes to [`Document`]. charset → guard pass → tree → envelope → body.

pub mod confirmation;
mod header;
pub mod message;
mod order;
pub mod profile;
pub mod setup;
mod value;

use super::{
    Envelope, Finding, Limits, Refusal, Severity, canonical, charset,
    element::Element,
    finding::{Findings, position},
    guard,
};

use confirmation::Confirmation;
use message::OrderMessage;
use profile::ProfileResponse;
use punchgate_domain::purchase_order::PurchaseOrder;
use setup::SetupRequest;

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Who, to whom, when.
    pub envelope: Envelope,
    /// What.
    pub body: Body,
    /// What was odd, in document order.
    pub findings: Vec<Finding>,
    /// Elements that no grammar we know has at their place; they are in the archived bytes.
    pub unknown_elements: u32,
    /// URLs of `Attachment` elements, `cid:` ones included.
    pub attachment_urls: Vec<String>,
}

/// The payload.
#[derive(Clone, Debug)]
pub enum Body {
    /// A shopper wants to come in.
    PunchOutSetupRequest(Box<SetupRequest>),
    /// A purchase order: new, update or delete. Cards are masked.
    OrderRequest(Box<PurchaseOrder>),
    /// What can you do?
    ProfileRequest,
    /// This is what we can do.
    ProfileResponse(ProfileResponse),
    /// The start page, if the Status is a success.
    PunchOutSetupResponse {
        /// The StartPage's URL, trimmed.
        start_page: Option<String>,
    },
    /// A bare Status; it stands in the envelope.
    Response,
    /// A cart.
    PunchOutOrderMessage(Box<OrderMessage>),
    /// An order confirmation.
    ConfirmationRequest(Box<Confirmation>),
    /// A kind of cXML that is not read yet.
    KnownUnread {
        /// The element's name.
        name: String,
    },
    /// No kind of cXML.
    Unknown {
        /// The element's name.
        name: String,
    },
}

impl Body {
    /// The kind's element name, such as `OrderRequest`.
    pub fn name(&self) -> &str {
        match self {
            Self::PunchOutSetupRequest(_) => "PunchOutSetupRequest",
            Self::OrderRequest(_) => "OrderRequest",
            Self::ProfileRequest => "ProfileRequest",
            Self::ProfileResponse(_) => "ProfileResponse",
            Self::PunchOutSetupResponse { .. } => "PunchOutSetupResponse",
            Self::Response => "Response",
            Self::PunchOutOrderMessage(_) => "PunchOutOrderMessage",
            Self::ConfirmationRequest(_) => "ConfirmationRequest",
            Self::KnownUnread { name } | Self::Unknown { name } => name,
        }
    }
}

/// Reads a document.
pub fn decode(bytes: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Document, Refusal> {
    read(bytes, content_type, limits, false).map(|(document, _)| document)
}

/// Reads a document and hashes its content over the same tree (see [`super::canonical`]).
pub fn decode_hashed(
    bytes: &[u8],
    content_type: Option<&str>,
    limits: &Limits,
) -> Result<(Document, [u8; 32]), Refusal> {
    read(bytes, content_type, limits, true)
}

/// Refuses what is larger than allowed, by as much of it as there is.
pub fn too_large(bytes: &[u8], limits: &Limits) -> Option<Refusal> {
    (bytes.len() > limits.max_bytes).then(|| {
        let text = format!(
            "The document is larger than {} bytes; send a smaller one.",
            limits.max_bytes
        );
        Refusal {
            status: 499,
            kind: lexical_kind(bytes),
            ..refusal("document-too-large", text)
        }
    })
}

fn read(
    bytes: &[u8],
    content_type: Option<&str>,
    limits: &Limits,
    hashed: bool,
) -> Result<(Document, [u8; 32]), Refusal> {
    if let Some(refusal) = too_large(bytes, limits) {
        return Err(refusal);
    }
    let decoded = charset::decode(bytes, content_type).map_err(|problem| Refusal {
        kind: lexical_kind(bytes),
        ..refusal(problem.code, problem.text)
    })?;
    let text = decoded.text.get(decoded.start..decoded.end).unwrap_or_default();
    let located = |breach: guard::Breach| {
        let (line, column) = position(&decoded.text, decoded.start.saturating_add(breach.offset));
        Refusal {
            line,
            column,
            kind: lexical_kind(bytes),
            ..refusal(breach.code, breach.text)
        }
    };
    let survey = guard::survey(text, limits).map_err(located)?;
    let tree = tree(text, &survey).map_err(|error| Refusal {
        kind: lexical_kind(bytes),
        ..not_well_formed(&decoded, &error)
    })?;
    let root = Element::root(&tree);
    let mut findings = Findings::new();
    let document = document(root, survey.system_id, &mut findings);
    match document {
        Ok((envelope, body)) => {
            let hash = if hashed { canonical::hash(root) } else { [0; 32] };
            let attachment_urls = if survey.may_attach {
                attachments(root)
            } else {
                Vec::new()
            };
            let unknown_elements = findings.unknown_elements();
            let mut all = oddities(decoded.oddities);
            all.extend(findings.into_findings(&decoded.text, decoded.start));
            Ok((
                Document {
                    envelope,
                    body,
                    findings: all,
                    unknown_elements,
                    attachment_urls,
                },
                hash,
            ))
        }
        Err(stopped) => {
            let (line, column) = position(&decoded.text, decoded.start.saturating_add(stopped.offset));
            Err(Refusal {
                line,
                column,
                ..stopped.refusal
            })
        }
    }
}

/// The tree. The guard pass has seen to it that it cannot grow beyond the document.
fn tree<'t>(text: &'t str, survey: &guard::Survey) -> Result<roxmltree::Document<'t>, roxmltree::Error> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        // No more nodes than the pass saw events can stand in a document without entities; the root counts.
        nodes_limit: survey.events.saturating_mul(2).saturating_add(16),
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(text, options)
}

/// Why a well-formed document is refused, and where.
pub(super) struct Stopped {
    pub(super) refusal: Refusal,
    pub(super) offset: usize,
}

impl Stopped {
    /// Readable XML, but unusable as what it wants to be.
    pub(super) fn unusable(at: Element<'_>, code: &'static str, text: impl Into<String>) -> Self {
        Self {
            refusal: Refusal {
                status: 400,
                ..refusal(code, text)
            },
            offset: at.offset(),
        }
    }
}

fn document(
    root: Element<'_>,
    system_id: Option<String>,
    findings: &mut Findings,
) -> Result<(Envelope, Body), Stopped> {
    if root.name() != "cXML" {
        if !root.name().eq_ignore_ascii_case("cxml") {
            let text = format!(
                "The root element is '{}'; a cXML document begins with <cXML>.",
                root.name()
            );
            let stopped = Stopped::unusable(root, "not-cxml", text);
            return Err(Stopped {
                refusal: Refusal {
                    status: 406,
                    ..stopped.refusal
                },
                ..stopped
            });
        }
        findings.note(
            Severity::Warning,
            "root-misspelt",
            root.offset(),
            || root.path(),
            format!("The root element is spelt '{}'; write <cXML>.", root.name()),
        );
    }
    let envelope = header::envelope(root, system_id, findings)?;
    let body = body(root, &envelope, findings).map_err(|mut stopped| {
        let kind = payload(root).map(|element| element.name().to_owned());
        stopped.refusal.kind = kind;
        stopped.refusal.envelope = Some(Box::new(envelope.clone()));
        stopped
    })?;
    Ok((envelope, body))
}

/// The element below Request, Message or Response that is the payload.
fn payload(root: Element<'_>) -> Option<Element<'_>> {
    let wrapper = root
        .children()
        .find(|child| matches!(child.name(), "Request" | "Message" | "Response"))?;
    wrapper.children().find(|child| child.name() != "Status")
}

fn body(root: Element<'_>, envelope: &Envelope, findings: &mut Findings) -> Result<Body, Stopped> {
    let Some(payload) = payload(root) else {
        if envelope.is_response() {
            return Ok(Body::Response);
        }
        if envelope.status.is_some() {
            return Ok(Body::Unknown { name: String::new() });
        }
        let text = "The document has no payload; put one element below Request or Message.";
        return Err(Stopped::unusable(root, "no-payload", text));
    };
    Ok(match payload.name() {
        "PunchOutSetupRequest" => Body::PunchOutSetupRequest(Box::new(setup::read(payload, findings)?)),
        "OrderRequest" => Body::OrderRequest(Box::new(order::read(payload, &envelope.timestamp, findings)?)),
        "ProfileRequest" => Body::ProfileRequest,
        "ProfileResponse" => Body::ProfileResponse(profile::read(payload)),
        "PunchOutSetupResponse" => Body::PunchOutSetupResponse {
            start_page: payload.child("StartPage").and_then(|page| page.child_text("URL")),
        },
        "PunchOutOrderMessage" => Body::PunchOutOrderMessage(Box::new(message::read(payload, findings)?)),
        "ConfirmationRequest" => Body::ConfirmationRequest(Box::new(confirmation::read(payload, findings)?)),
        name if KNOWN.contains(&name) => {
            let text = format!("{name} is known, but not yet read here.");
            findings.note(
                Severity::Info,
                "not-yet-handled",
                payload.offset(),
                || payload.path(),
                text,
            );
            Body::KnownUnread {
                name: name.to_owned(),
            }
        }
        name => {
            let text = format!("'{name}' is no request, message or response of cXML.");
            findings.note(
                Severity::Warning,
                "unknown-kind",
                payload.offset(),
                || payload.path(),
                text,
            );
            Body::Unknown {
                name: name.to_owned(),
            }
        }
    })
}

/// Requests and messages that are read.
const READ: &[&str] = &[
    "OrderRequest",
    "PunchOutSetupRequest",
    "ProfileRequest",
    "PunchOutOrderMessage",
    "ConfirmationRequest",
];

/// Kinds of cXML that are not read yet.
const KNOWN: &[&str] = &[
    "AuctionRequest",
    "AuthRequest",
    "AuthResponse",
    "CatalogUploadRequest",
    "ContractRequest",
    "ContractStatusUpdateRequest",
    "CopyRequest",
    "DataRequest",
    "DataResponse",
    "FulfillmentRequest",
    "GetPendingRequest",
    "GetPendingResponse",
    "Index",
    "InvoiceDetailRequest",
    "MasterAgreementRequest",
    "OrderStatusRequest",
    "OrganizationDataRequest",
    "PaymentBatchRequest",
    "PaymentProposalRequest",
    "PaymentRemittanceRequest",
    "PaymentRemittanceStatusUpdateRequest",
    "PrivateOrganizationsRequest",
    "ProductActivityMessage",
    "ComponentConsumptionRequest",
    "ProviderDoneMessage",
    "ProviderSetupRequest",
    "ProviderSetupResponse",
    "QualityNotificationRequest",
    "QuoteMessage",
    "QuoteRequest",
    "ReceiptRequest",
    "SalesOrderRequest",
    "ServiceEntryRequest",
    "SessionStatusRequest",
    "ShipNoticeRequest",
    "StatusUpdateRequest",
    "SubscriptionChangeMessage",
    "SubscriptionContentRequest",
    "SubscriptionContentResponse",
    "SubscriptionListRequest",
    "SubscriptionListResponse",
    "SubscriptionStatusUpdateRequest",
    "SupplierChangeMessage",
    "SupplierDataRequest",
    "SupplierDataResponse",
    "SupplierListRequest",
    "SupplierListResponse",
    "TimeCardInfoRequest",
    "TimeCardRequest",
    "TradeRequest",
    "TransportRequest",
    "ApprovalRequest",
    "InvoiceDetailReceiptRequest",
    "OrganizationChangeMessage",
    "CatalogRequest",
    "SourcingRequest",
];

fn refusal(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal {
        code,
        text: text.into(),
        line: 1,
        column: 1,
        status: 406,
        kind: None,
        envelope: None,
    }
}

/// How much of an unreadable document is looked at for its kind.
const KIND_WINDOW: usize = 1 << 20;

/// What a document that cannot be read most likely is: the first kind that stands in its bytes as an element.
fn lexical_kind(bytes: &[u8]) -> Option<String> {
    // Zero bytes out of UTF-16 aside, tags are ASCII in every encoding that is read.
    let plain: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| *byte != 0)
        .take(KIND_WINDOW)
        .collect();
    memchr::memchr_iter(b'<', &plain).find_map(|open| {
        let rest = plain.get(open + 1..)?;
        let end = rest
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let mut kinds = READ.iter().chain(KNOWN);
        kinds
            .find(|kind| kind.as_bytes() == name)
            .map(|kind| (*kind).to_owned())
    })
}

/// What was odd before the document was XML; it has no element.
fn oddities(all: Vec<(&'static str, String)>) -> Vec<Finding> {
    all.into_iter()
        .map(|(code, text)| Finding {
            severity: Severity::Info,
            code,
            text,
            line: 1,
            column: 1,
            path: String::new(),
        })
        .collect()
}

fn not_well_formed(decoded: &charset::Decoded<'_>, error: &roxmltree::Error) -> Refusal {
    let at = error.pos();
    let (line, column) = match error {
        // What is missing is missing at the end.
        roxmltree::Error::UnclosedRootNode | roxmltree::Error::NoRootNode => {
            position(&decoded.text, decoded.end)
        }
        _ => lines_before(&decoded.text, decoded.start, at),
    };
    // The parser's own position counts from behind the XML declaration.
    let problem = problem_of(error).replace(&format!(" at {}:{}", at.row, at.col), "");
    Refusal {
        line,
        column,
        ..refusal(
            "not-well-formed",
            format!("The XML is not well-formed: {problem}. Send it whole and well-formed."),
        )
    }
}

/// What the parser says, without what it quotes: behind a stray `&` or `<` a secret may stand.
fn problem_of(error: &roxmltree::Error) -> String {
    use roxmltree::Error;
    let text = match error {
        Error::UnknownEntityReference(..) => "unknown entity reference",
        Error::UnexpectedCloseTag(..) => "an end tag has another name than its start tag",
        Error::UnknownNamespace(..) => "an unknown namespace prefix",
        Error::DuplicatedNamespace(..) => "a namespace is declared twice on one tag",
        Error::DuplicatedAttribute(..) => "an attribute stands twice on one tag",
        Error::EntityResolver(..) => "unreadable entity",
        Error::NonXmlChar(..) => "a character that XML does not have",
        other => return other.to_string(),
    };
    text.to_owned()
}

/// The position of a parse error in the document as it arrived.
fn lines_before(text: &str, start: usize, at: roxmltree::TextPos) -> (u32, u32) {
    let (line, column) = position(text, start);
    if at.row <= 1 {
        (line, column.saturating_add(at.col).saturating_sub(1))
    } else {
        (line + at.row - 1, at.col)
    }
}

/// URLs of attachments, in document order.
fn attachments(root: Element<'_>) -> Vec<String> {
    root.descendants()
        .filter(|element| element.name() == "Attachment")
        .filter_map(|element| element.child_text("URL"))
        .collect()
}
