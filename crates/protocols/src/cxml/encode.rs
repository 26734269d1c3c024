//! Writing cXML: one struct a document with exactly the facts to write, and `write`.
//!
//! **Invariant:** what is written is valid against the (module, version) that [`DtdVersions`] names for
//! the document. A fact that this grammar cannot express is an error, never dropped in silence. Nothing
//! here decides, rounds an amount of the cart, or reads a clock.

mod confirmation;
mod cookie;
mod item;
mod markup;
mod order;
mod order_message;
mod party;
mod profile;
mod setup;
mod status;
mod timestamp;

use jiff::Timestamp;

use super::{
    DeploymentMode, Secret,
    dialect::{BaseVersion, DtdVersions, FulfillVersion},
    mac::CredentialMac,
};
use markup::Markup;
pub(in crate::cxml) use markup::is_xml_char;

pub use confirmation::{
    Confirmation, ConfirmationRequest, ConfirmedLine, LineOutcome, LinePart, OrderReference,
};
pub use order::{CardNumber, OrderRequest};
pub use order_message::{PunchOutCancel, PunchOutOrderMessage};
pub use profile::{ProfileRequest, ProfileResponse, Transaction};
pub use setup::{ItemKey, ItemOut, PunchOutSetupRequest, PunchOutSetupResponse};
pub use status::{StatusCode, StatusResponse};

/// What surrounds every document.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Identifies this document; the caller makes it unique.
    pub payload_id: &'a str,
    /// When it was written.
    pub timestamp: Timestamp,
    /// Language of the document's texts (`en-US`).
    pub lang: &'a str,
    /// Which DTD version each document is written in.
    pub versions: &'a DtdVersions,
    /// Which characters may stand in the bytes.
    pub charset: Charset,
}

/// Which characters may stand in the bytes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 as it is.
    Utf8,
    /// us-ascii; everything else becomes a numeric reference, so the bytes survive a form field.
    Ascii,
}

/// Header of a Request or Message. A Response has none.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Origin; at least one credential.
    pub from: &'a [PartyCredential<'a>],
    /// Destination; at least one credential.
    pub to: &'a [PartyCredential<'a>],
    /// The party that opens the connection; at least one credential.
    pub sender: &'a [PartyCredential<'a>],
    /// What proves the sender. Only requests carry it: a message goes through a shopper's browser.
    pub proof: SenderProof<'a>,
    /// Name and version of the writing software.
    pub user_agent: &'a str,
    /// Production or test.
    pub mode: DeploymentMode,
}

/// A credential as written: domain and identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartyCredential<'a> {
    /// `NetworkID`, `DUNS` …
    pub domain: &'a str,
    /// The identity in that domain.
    pub identity: &'a str,
}

/// What proves the sender of a request.
#[derive(Clone, Copy, Debug)]
pub enum SenderProof<'a> {
    /// Nothing.
    None,
    /// The secret that both sides know.
    SharedSecret(&'a Secret),
    /// A MAC that a hub made with the receiver's secret.
    Mac(&'a CredentialMac),
}

/// Why a document cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Header/From, To or Sender has no credential. Configure one for the relationship.
    #[error("Header/{0} needs at least one credential; configure it for the relationship")]
    NoCredential(&'static str),
    /// The grammar named for the document lacks this. Choose a newer version in the dialect, or convert.
    #[error("{document} in cXML {version} cannot express {fact}; choose a newer DTD version in the dialect")]
    NotExpressible {
        /// Document kind.
        document: &'static str,
        /// The version asked for.
        version: &'static str,
        /// What cannot be said.
        fact: String,
    },
    /// A fact that the document must state is absent or contradicts another one.
    #[error("{document}: {problem}")]
    Incomplete {
        /// Document kind.
        document: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl Frame<'_> {
    fn document(&self, system_id: &str, version: &str, capacity: usize) -> Markup {
        let mut out = Markup::new(self.charset, capacity);
        out.prolog(system_id);
        out.root(self, version);
        out
    }

    fn response(&self, version: BaseVersion, capacity: usize, content: impl FnOnce(&mut Markup)) -> Vec<u8> {
        let mut out = self.document(version.system_id(), version.as_str(), capacity);
        out.open("Response").content(content);
        out.finish()
    }

    fn request(
        &self,
        version: BaseVersion,
        header: &Header<'_>,
        capacity: usize,
        content: impl FnOnce(&mut Markup),
    ) -> Result<Vec<u8>, WriteError> {
        let out = self.document(version.system_id(), version.as_str(), capacity);
        self.addressed(out, "Request", header, header.proof, content)
    }

    fn fulfilment(
        &self,
        version: FulfillVersion,
        header: &Header<'_>,
        capacity: usize,
        content: impl FnOnce(&mut Markup),
    ) -> Result<Vec<u8>, WriteError> {
        let out = self.document(version.system_id(), version.as_str(), capacity);
        self.addressed(out, "Request", header, header.proof, content)
    }

    /// A message travels through the shopper's browser: us-ascii, and no secret.
    fn message(
        &self,
        version: BaseVersion,
        header: &Header<'_>,
        capacity: usize,
        content: impl FnOnce(&mut Markup),
    ) -> Result<Vec<u8>, WriteError> {
        let frame = Frame {
            charset: Charset::Ascii,
            ..*self
        };
        let out = frame.document(version.system_id(), version.as_str(), capacity);
        frame.addressed(out, "Message", header, SenderProof::None, content)
    }

    fn addressed(
        &self,
        mut out: Markup,
        kind: &'static str,
        header: &Header<'_>,
        proof: SenderProof<'_>,
        content: impl FnOnce(&mut Markup),
    ) -> Result<Vec<u8>, WriteError> {
        header.check()?;
        header.write(&mut out, proof);
        out.open(kind)
            .attr("deploymentMode", deployment_mode(header.mode))
            .content(content);
        Ok(out.finish())
    }
}

impl Header<'_> {
    fn check(&self) -> Result<(), WriteError> {
        let parties = [("From", self.from), ("To", self.to), ("Sender", self.sender)];
        parties
            .into_iter()
            .find(|(_, credentials)| credentials.is_empty())
            .map_or(Ok(()), |(party, _)| Err(WriteError::NoCredential(party)))
    }

    fn write(&self, out: &mut Markup, proof: SenderProof<'_>) {
        out.open("Header").content(|out| {
            out.open("From")
                .content(|out| credentials(out, self.from, SenderProof::None));
            out.open("To")
                .content(|out| credentials(out, self.to, SenderProof::None));
            out.open("Sender").content(|out| {
                credentials(out, self.sender, proof);
                out.open("UserAgent").text(self.user_agent);
            });
        });
    }
}

/// Every credential of one party; the proof goes with the first one, which names the sender.
fn credentials(out: &mut Markup, all: &[PartyCredential<'_>], proof: SenderProof<'_>) {
    for (place, credential) in all.iter().enumerate() {
        let proof = if place == 0 { proof } else { SenderProof::None };
        out.open("Credential")
            .attr("domain", credential.domain)
            .content(|out| {
                out.open("Identity").text(credential.identity);
                match proof {
                    SenderProof::None => {}
                    SenderProof::SharedSecret(secret) => out.open("SharedSecret").text(secret.expose()),
                    SenderProof::Mac(mac) => out
                        .open("CredentialMac")
                        .attr("type", &mac.kind)
                        .attr("algorithm", &mac.algorithm)
                        .attr("creationDate", &mac.creation_date)
                        .attr("expirationDate", &mac.expiration_date)
                        .text(&mac.value),
                }
            });
    }
}

fn deployment_mode(mode: DeploymentMode) -> &'static str {
    match mode {
        DeploymentMode::Production => "production",
        DeploymentMode::Test => "test",
    }
}
