//! From the body to a read document and the bytes to archive: taken apart, decoded, redacted, packed, all
//! before any transaction.

use punchgate_protocols::{
    cxml::{Document, Finding, Limits, Refusal, decode_hashed, redact::redact},
    multipart,
};
use punchgate_storage::body::StoredBody;

use super::Arrival;
use crate::orders::{ArchivedBytes, ArchivedPart};

/// Larger bodies are read on a thread of their own, so that nobody else waits for them.
const OFF_THREAD: usize = 128 * 1024;

/// A document that was read.
#[derive(Debug)]
pub(super) struct Read {
    pub document: Document,
    pub content_hash: [u8; 32],
    pub archived: ArchivedBytes,
}

/// A body that was not.
#[derive(Debug)]
pub(super) struct Unread {
    pub refusal: Refusal,
    /// What may be kept of it.
    pub archived: ArchivedBytes,
}

/// Reads a body.
pub(super) async fn read(arrival: &Arrival, limits: &Limits) -> Result<Read, Box<Unread>> {
    if arrival.body.len() < OFF_THREAD {
        return read_now(&arrival.body, arrival.content_type.as_deref(), limits);
    }
    let (body, content_type, limits) = (arrival.body.clone(), arrival.content_type.clone(), limits.clone());
    let reading = tokio::task::spawn_blocking(move || read_now(&body, content_type.as_deref(), &limits));
    match reading.await {
        Ok(result) => result,
        // Reading does not panic; should it, this document is refused and the next one is not.
        Err(error) => {
            tracing::error!(%error, "reading a document failed");
            Err(Box::new(Unread {
                refusal: broken(),
                archived: nothing(arrival.content_type.clone()),
            }))
        }
    }
}

fn read_now(body: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Read, Box<Unread>> {
    let is_multipart =
        content_type.is_some_and(|kind| kind.trim_start().to_lowercase().starts_with("multipart/"));
    if !is_multipart {
        return read_root(body, content_type, Vec::new(), limits);
    }
    match multipart::read(
        body,
        content_type.unwrap_or_default(),
        &multipart::Limits::default(),
    ) {
        Ok(related) => {
            let parts = related.parts.iter().map(part).collect();
            read_root(&related.root, related.root_content_type.as_deref(), parts, limits)
        }
        Err(refusal) => Err(Box::new(Unread {
            archived: archived(body, content_type, Vec::new(), None),
            refusal,
        })),
    }
}

fn read_root(
    root: &[u8],
    content_type: Option<&str>,
    parts: Vec<ArchivedPart>,
    limits: &Limits,
) -> Result<Read, Box<Unread>> {
    match decode_hashed(root, content_type, limits) {
        Ok((document, content_hash)) => {
            let findings = findings(&document.findings);
            Ok(Read {
                archived: archived(root, content_type, parts, findings),
                document,
                content_hash,
            })
        }
        Err(refusal) => Err(Box::new(Unread {
            archived: archived(root, content_type, parts, None),
            refusal,
        })),
    }
}

fn archived(
    root: &[u8],
    content_type: Option<&str>,
    parts: Vec<ArchivedPart>,
    findings: Option<String>,
) -> ArchivedBytes {
    ArchivedBytes {
        content_type: content_type.unwrap_or("text/xml").to_owned(),
        body: StoredBody::pack(&redact(root)),
        parts,
        findings,
    }
}

fn part(part: &multipart::Part) -> ArchivedPart {
    ArchivedPart {
        content_id: part.content_id.clone(),
        content_type: part
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        body: StoredBody::pack(&part.bytes),
    }
}

fn findings(all: &[Finding]) -> Option<String> {
    // Texts and numbers: this cannot fail.
    (!all.is_empty()).then(|| serde_json::to_string(all).unwrap_or_default())
}

fn nothing(content_type: Option<String>) -> ArchivedBytes {
    archived(b"", content_type.as_deref(), Vec::new(), None)
}

fn broken() -> Refusal {
    Refusal {
        code: "not-read",
        text: "The document could not be read.".to_owned(),
        line: 1,
        column: 1,
        status: 406,
        kind: None,
        envelope: None,
    }
}
