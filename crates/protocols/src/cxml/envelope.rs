//! The envelope of a cXML document: who, to whom, when, in which mode.
//!
//! Read liberally: a missing To, several Credentials or an odd timestamp are findings. Whether the
//! sender is believed is decided elsewhere.

use super::{Credential, StatedTimestamp};

/// Which of the three forms a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvelopeKind {
    /// Asks for an answer on the same connection.
    Request,
    /// One way.
    Message,
    /// The answer; has no Header.
    Response,
}

/// What the sender says about test or production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeploymentMode {
    /// The default of the grammar.
    #[default]
    Production,
    /// A test document.
    Test,
}

/// The `Status` of a Response or Message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The code; 0 where it was not a number.
    pub code: u16,
    /// The short text.
    pub text: String,
    /// The element's text: details.
    pub detail: String,
}

impl Status {
    /// Whether the code is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

/// The envelope.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The document's id; empty where the sender gave none.
    pub payload_id: String,
    /// When it was made, as stated and as understood.
    pub timestamp: StatedTimestamp,
    /// The version attribute.
    pub version: Option<String>,
    /// The DOCTYPE's system id; never fetched.
    pub doctype_system_id: Option<String>,
    /// The root's xml:lang.
    pub language: Option<String>,
    /// The origin.
    pub from: Vec<Credential>,
    /// The destination; old senders omit it.
    pub to: Vec<Credential>,
    /// Who opened the connection.
    pub sender: Vec<Credential>,
    /// The sender's software.
    pub user_agent: Option<String>,
    /// Test or production, as stated.
    pub deployment_mode: DeploymentMode,
    /// Request, Message or Response.
    pub kind: EnvelopeKind,
    /// The payloadID that a Message answers.
    pub in_reply_to: Option<String>,
    /// The Status of a Response, or of a Message that has one.
    pub status: Option<Status>,
}

impl Envelope {
    /// Whether it is a Request.
    pub fn is_request(&self) -> bool {
        self.kind == EnvelopeKind::Request
    }

    /// Whether it is a Message.
    pub fn is_message(&self) -> bool {
        self.kind == EnvelopeKind::Message
    }

    /// Whether it is a Response.
    pub fn is_response(&self) -> bool {
        self.kind == EnvelopeKind::Response
    }
}
