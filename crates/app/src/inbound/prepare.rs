//! From the body to a read document and the bytes to archive: taken apart, decoded, redacted, packed, all
//! before any transaction.

use punchgate_protocols::{
    cxml::{
        Document, Finding, Limits, Refusal, decode_hashed,
        redact::{OwnSecrets, identified, redact_attachment, redact_read, shape},
        too_large,
    },
    multipart,
};
use punchgate_storage::body::StoredBody;

use super::{Arrival, refuse::Named};
use crate::{
    orders::{ArchivedBytes, ArchivedPart},
    quarantine::OUTLINE,
};

/// Larger bodies are read on a thread of their own, so that nobody else waits for them. A body of this size takes
/// a fraction of a millisecond, whatever it holds: reading is linear.
const OFF_THREAD: usize = 16 * 1024;

/// What is kept of a body that is too large, to see what it was.
const HEAD: usize = 64 * 1024;

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
    /// By what it is searched, as far as that can be told.
    pub named: Named,
}

impl Unread {
    fn new(refusal: Refusal, body: &[u8], archived: ArchivedBytes) -> Box<Self> {
        let identified = identified(&shape(body));
        Box::new(Self {
            refusal,
            archived,
            named: Named {
                payload_id: identified.payload_id,
                order_number: identified.order_number,
                buyer_cookie: None,
            },
        })
    }
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
            Err(Unread::new(broken(), b"", shape_of(b"", Vec::new())))
        }
    }
}

fn read_now(body: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Read, Box<Unread>> {
    if let Some(refusal) = too_large(body, limits) {
        let head = body.get(..HEAD).unwrap_or(body);
        return Err(Unread::new(refusal, head, shape_of(head, Vec::new())));
    }
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
            let secrets = OwnSecrets::of(&related.root);
            let parts = related.parts.iter().map(|one| part(one, &secrets)).collect();
            read_root(&related.root, related.root_content_type.as_deref(), parts, limits)
        }
        Err(refusal) => Err(Unread::new(refusal, body, shape_of(body, Vec::new()))),
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
        Err(refusal) => {
            let archived = match refusal.envelope {
                // Read as XML, and as cXML as far as its envelope.
                Some(_) => archived(root, content_type, parts, None),
                None => shape_of(root, parts),
            };
            Err(Unread::new(refusal, root, archived))
        }
    }
}

/// What may be kept of a body that is no readable cXML: nothing in it can be told from a secret.
fn shape_of(body: &[u8], parts: Vec<ArchivedPart>) -> ArchivedBytes {
    ArchivedBytes {
        content_type: OUTLINE.to_owned(),
        body: StoredBody::pack(&shape(body)),
        parts,
        findings: None,
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
        body: StoredBody::pack(&redact_read(root)),
        parts,
        findings,
    }
}

fn part(part: &multipart::Part, secrets: &OwnSecrets) -> ArchivedPart {
    ArchivedPart {
        content_id: part.content_id.clone(),
        content_type: part
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        body: StoredBody::pack(&redact_attachment(
            &part.bytes,
            part.content_type.as_deref(),
            secrets,
        )),
    }
}

fn findings(all: &[Finding]) -> Option<String> {
    // Texts and numbers: this cannot fail.
    (!all.is_empty()).then(|| serde_json::to_string(all).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(body: &str) -> Arrival {
        Arrival {
            body: body.as_bytes().to_vec(),
            content_type: Some("text/xml".to_owned()),
            relationship: None,
            remote: std::net::IpAddr::from([127, 0, 0, 1]),
            at: punchgate_domain::Instant::UNIX_EPOCH,
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_takes_time_is_read_off_the_runtime() {
        for piece in ["<!--", "<?a", "<![CDATA[", "<a/>"] {
            let arrival = arrival(&format!("<cXML>{}", piece.repeat(200_000)));
            let limits = Limits::default();
            let mut reading = std::pin::pin!(read(&arrival, &limits));
            tokio::select! {
                biased;
                _ = &mut reading => panic!("read on the thread of the runtime: {piece}"),
                () = std::future::ready(()) => {}
            }
            let unread = reading.await.unwrap_err();
            assert_eq!(
                unread.archived.content_type, "text/plain; charset=us-ascii",
                "{piece}"
            );
        }
    }

    #[tokio::test]
    async fn of_what_cannot_be_read_no_text_is_kept() {
        let secret = "LEAKY-SECRET";
        let rows = [
            format!("\n\0<cXML><SharedSecret>{secret}</SharedSecret></cXML>"),
            format!("<cXML><SharedSecret '>{secret}</SharedSecret></cXML>"),
            format!("<cXML>< SharedSecret>{secret}</SharedSecret></cXML>"),
            format!("cxml-urlencoded=%3CSharedSecret%3E{secret}%3C%2FSharedSecret%3E"),
            format!("<soap><Body>&lt;SharedSecret&gt;{secret}&lt;/SharedSecret&gt;</Body></soap>"),
            format!("+ADw-SharedSecret+AD4-{secret}+ADw-/SharedSecret+AD4-"),
            format!("<cXML><SharedSecret>a&{secret};b</SharedSecret></cXML>"),
        ];
        for body in rows {
            let unread = read(&arrival(&body), &Limits::default()).await.unwrap_err();
            let StoredBody {
                codec,
                raw_length,
                bytes,
            } = unread.archived.body;
            let kept = punchgate_storage::body::unpack(codec, raw_length, bytes).unwrap();
            let kept = String::from_utf8(kept).unwrap();
            assert!(
                !kept.contains(secret) && !unread.refusal.text.contains(secret),
                "{kept}"
            );
        }
    }
}
