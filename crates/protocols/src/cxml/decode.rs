//! The way in: bytes to [`Document`]. charset → guard pass → tree → envelope → body.

use super::{Envelope, Finding, Limits, Refusal};

pub mod confirmation;
pub mod message;
pub mod profile;
pub mod setup;

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
    decode_hashed(bytes, content_type, limits).map(|(document, _)| document)
}

/// Reads a document and hashes its content over the same tree (see [`super::canonical`]).
pub fn decode_hashed(
    bytes: &[u8],
    content_type: Option<&str>,
    limits: &Limits,
) -> Result<(Document, [u8; 32]), Refusal> {
    let _ = (bytes, content_type, limits);
    Err(Refusal {
        code: "not-read",
        text: String::new(),
        line: 1,
        column: 1,
        status: 406,
        kind: None,
        envelope: None,
    })
}
