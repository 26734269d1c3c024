//! Writes a document anew from what was read of it, reads that, and compares: what is lost on the way was not
//! understood.

use std::fmt;

use jiff::Timestamp;
use punchgate_protocols::cxml::{
    Body, Credential, Document, Limits, decode,
    dialect::Dialect,
    encode::{Charset, Frame, Header, OrderRequest, PartyCredential, ProfileRequest, SenderProof},
};
use serde_json::{Value, json};

/// The widest grammar that we write: an older one could not express what was read.
const WIDEST: &str = "[dtd]\norder_request = \"1.2.071\"\nprofile = \"1.2.071\"\n";

/// What the comparison says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// The second reading equals the first.
    Equal,
    /// We do not write this kind of document from what is read of it.
    NotWritten,
    /// It cannot be written: why.
    Unwritable(String),
    /// The second reading differs: the first line that does.
    Different { first: String, second: String },
}

impl Comparison {
    /// Whether something was lost or changed.
    pub(super) fn differs(&self) -> bool {
        matches!(self, Self::Different { .. })
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Equal => json!({ "outcome": "equal" }),
            Self::NotWritten => json!({ "outcome": "not-written" }),
            Self::Unwritable(problem) => json!({ "outcome": "unwritable", "problem": problem }),
            Self::Different { first, second } => {
                json!({ "outcome": "different", "first": first, "second": second })
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => f.write_str("round trip: written and read again, equal"),
            Self::NotWritten => {
                f.write_str("round trip: documents of this kind are not written from what is read")
            }
            Self::Unwritable(problem) => write!(f, "round trip: cannot be written: {problem}"),
            Self::Different { first, second } => {
                write!(f, "round trip: differs: read '{first}', after writing '{second}'")
            }
        }
    }
}

/// Writes and reads again. Secrets and cards are not written.
pub(super) fn compare(document: &Document) -> Comparison {
    let bytes = match write(document) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Comparison::NotWritten,
        Err(problem) => return Comparison::Unwritable(problem),
    };
    match decode(&bytes, None, &Limits::default()) {
        Ok(again) => match (&document.body, &again.body) {
            (Body::OrderRequest(first), Body::OrderRequest(second)) if first == second => Comparison::Equal,
            (Body::ProfileRequest, Body::ProfileRequest) => Comparison::Equal,
            (first, second) => first_difference(&format!("{first:#?}"), &format!("{second:#?}")),
        },
        Err(refusal) => Comparison::Different {
            first: document.body.name().to_owned(),
            second: refusal.to_string(),
        },
    }
}

fn write(document: &Document) -> Result<Option<Vec<u8>>, String> {
    let envelope = &document.envelope;
    let dialect = Dialect::with_toml("generic", WIDEST).map_err(|error| error.to_string())?;
    let [from, to, sender] = [&envelope.from, &envelope.to, &envelope.sender].map(|party| credentials(party));
    let frame = Frame {
        payload_id: &envelope.payload_id,
        timestamp: envelope.timestamp.instant.unwrap_or(Timestamp::UNIX_EPOCH),
        lang: envelope.language.as_deref().unwrap_or("en-US"),
        versions: &dialect.dtd,
        charset: Charset::Utf8,
    };
    let header = Header {
        from: &from,
        to: &to,
        sender: &sender,
        proof: SenderProof::None,
        user_agent: envelope.user_agent.as_deref().unwrap_or("Punchgate"),
        mode: envelope.deployment_mode,
    };
    let written = match &document.body {
        Body::OrderRequest(order) => OrderRequest {
            order,
            card_number: None,
        }
        .write(&frame, &header),
        Body::ProfileRequest => ProfileRequest.write(&frame, &header),
        _ => return Ok(None),
    };
    written.map(Some).map_err(|error| error.to_string())
}

fn credentials(party: &[Credential]) -> Vec<PartyCredential<'_>> {
    party
        .iter()
        .map(|credential| PartyCredential {
            domain: &credential.domain,
            identity: &credential.identity,
        })
        .collect()
}

fn first_difference(first: &str, second: &str) -> Comparison {
    let end = "(end)";
    let mut pairs = first.lines().chain([end]).zip(second.lines().chain([end]));
    match pairs.find(|(first, second)| first != second) {
        Some((first, second)) => Comparison::Different {
            first: first.trim().to_owned(),
            second: second.trim().to_owned(),
        },
        None => Comparison::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(first_difference("a\nb", "a\nb"), Comparison::Equal);
        let longer = first_difference("a", "a\nb");
        assert!(longer.differs() && longer.to_string().contains("'(end)', after writing 'b'"));
    }
}
