//! The envelope: root attributes, Header, Status.

use super::Stopped;
use crate::cxml::{
    Credential, DeploymentMode, Envelope, EnvelopeKind, Proof, Secret, Severity, StatedTimestamp, Status,
    element::Element, finding::Findings, mac::CredentialMac,
};

/// Longest payloadID: it is a key of what is stored.
const PAYLOAD_ID_BYTES: usize = 512;

/// Reads the envelope. What is missing is a finding; only a document without Request, Message and Response
/// is refused.
pub(super) fn envelope(
    root: Element<'_>,
    doctype_system_id: Option<String>,
    findings: &mut Findings,
) -> Result<Envelope, Stopped> {
    let Some((wrapper, kind)) = root
        .children()
        .find_map(|child| Some((child, kind(child.name())?)))
    else {
        let text = "Below <cXML> stands neither Request, Message nor Response.";
        return Err(Stopped::unusable(root, "no-wrapper", text));
    };
    let payload_id = root.filled_attribute("payloadID").unwrap_or_default().to_owned();
    if payload_id.len() > PAYLOAD_ID_BYTES {
        let text = format!("payloadID is longer than {PAYLOAD_ID_BYTES} bytes; it only has to be unique.");
        return Err(Stopped::unusable(root, "payload-id-too-long", text));
    }
    if payload_id.is_empty() {
        let text = "payloadID is missing: repeats of this document cannot be recognised by it.";
        findings.note(
            Severity::Warning,
            "payload-id-missing",
            root.offset(),
            || root.path(),
            text,
        );
    }
    let timestamp = StatedTimestamp::read(root.attribute("timestamp").unwrap_or_default());
    note_timestamp(root, &timestamp, findings);
    let header = root.child("Header");
    if header.is_none() && kind != EnvelopeKind::Response {
        let text = "Header is missing: nobody can be told to be the sender.";
        findings.note(
            Severity::Error,
            "header-missing",
            root.offset(),
            || root.path(),
            text,
        );
    }
    let party = |name: &str| header.and_then(|header| header.child(name));
    let to = party("To").map(credentials).unwrap_or_default();
    if to.is_empty() && kind != EnvelopeKind::Response {
        let text = "To is missing or names nobody; the address decides for whom this is.";
        findings.note(Severity::Info, "to-missing", root.offset(), || root.path(), text);
    }
    Ok(Envelope {
        payload_id,
        timestamp,
        version: root.filled_attribute("version").map(str::to_owned),
        doctype_system_id,
        language: root.language().map(str::to_owned),
        from: party("From").map(credentials).unwrap_or_default(),
        to,
        sender: party("Sender").map(credentials).unwrap_or_default(),
        user_agent: party("Sender").and_then(|sender| sender.child_text("UserAgent")),
        deployment_mode: mode(wrapper),
        kind,
        in_reply_to: wrapper.filled_attribute("inReplyTo").map(str::to_owned),
        status: wrapper.child("Status").map(status),
    })
}

fn kind(name: &str) -> Option<EnvelopeKind> {
    match name {
        "Request" => Some(EnvelopeKind::Request),
        "Message" => Some(EnvelopeKind::Message),
        "Response" => Some(EnvelopeKind::Response),
        _ => None,
    }
}

fn mode(wrapper: Element<'_>) -> DeploymentMode {
    match wrapper.filled_attribute("deploymentMode") {
        Some(mode) if mode.eq_ignore_ascii_case("test") => DeploymentMode::Test,
        _ => DeploymentMode::Production,
    }
}

fn note_timestamp(root: Element<'_>, timestamp: &StatedTimestamp, findings: &mut Findings) {
    let (code, text) = if timestamp.text.trim().is_empty() {
        ("timestamp-missing", "timestamp is missing.".to_owned())
    } else if timestamp.instant.is_none() {
        (
            "timestamp-unreadable",
            format!("timestamp '{}' is not a date that is understood.", timestamp.text),
        )
    } else if !timestamp.has_offset {
        (
            "timestamp-without-offset",
            format!("timestamp '{}' has no offset; it is read as UTC.", timestamp.text),
        )
    } else {
        return;
    };
    findings.note(Severity::Info, code, root.offset(), || root.path(), text);
}

fn credentials(party: Element<'_>) -> Vec<Credential> {
    party
        .children()
        .filter(|child| child.name() == "Credential")
        .map(credential)
        .collect()
}

fn credential(element: Element<'_>) -> Credential {
    let identity = element.child("Identity").map(all_text).unwrap_or_default();
    let proof = if let Some(secret) = element.child("SharedSecret") {
        Proof::SharedSecret(Secret::new(all_text(secret)))
    } else if let Some(mac) = element.child("CredentialMac") {
        let attribute = |name: &str| mac.attribute(name).unwrap_or_default().to_owned();
        Proof::Mac(CredentialMac {
            kind: attribute("type"),
            algorithm: attribute("algorithm"),
            creation_date: attribute("creationDate"),
            expiration_date: attribute("expirationDate"),
            value: mac.trimmed().into_owned(),
        })
    } else if element.child("DigitalSignature").is_some() {
        Proof::Signature
    } else {
        Proof::None
    };
    Credential {
        domain: element.filled_attribute("domain").unwrap_or_default().to_owned(),
        identity,
        is_marketplace: element.filled_attribute("type") == Some("marketplace"),
        proof,
    }
}

/// Identity and SharedSecret may hold anything: the text of all that is inside counts.
fn all_text(element: Element<'_>) -> String {
    if !element.has_children() {
        return element.trimmed().into_owned();
    }
    let whole: String = element.descendants().map(|inner| inner.text()).collect();
    whole.trim().to_owned()
}

pub(super) fn status(element: Element<'_>) -> Status {
    Status {
        code: element
            .filled_attribute("code")
            .and_then(|code| code.parse().ok())
            .unwrap_or(0),
        text: element.attribute("text").unwrap_or_default().to_owned(),
        detail: element.trimmed().into_owned(),
    }
}
