//! The rules that every document of the supplier is held to, and those of a synchronous answer. Pure.

use std::collections::BTreeSet;

use punchgate_protocols::cxml::{
    Body, Document, Limits, Proof, Severity, Status, decode,
    dialect::{BaseVersion, HttpStatus},
    encode::StatusCode,
};

use crate::{clause::Clause, line::Reply, report::Faults};

/// The largest document that is read.
const MOST: usize = 4 << 20;

/// What the answers of one gateway have in common.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) http_status: HttpStatus,
    /// Must not be quoted.
    pub(crate) secrets: &'a [&'a str],
    /// payloadIDs that were used already, the buyer's own included.
    pub(crate) payload_ids: &'a mut BTreeSet<String>,
}

/// An answer that could be read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) body: Body,
}

/// Reads the answer to a request and notes what is wrong with it as such; whether it is the right one is the caller's
/// to say.
pub(crate) fn read(reply: &Reply, rules: &mut Rules<'_>, faults: &mut Faults) -> Option<Answer> {
    let kind = reply
        .content_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_xml = ["text/xml", "application/xml"]
        .iter()
        .any(|known| kind.starts_with(known));
    faults.require(is_xml, Clause::Http, || {
        format!("the answer's Content-Type is “{kind}”, not text/xml")
    });
    let document = document(&reply.body, reply.content_type.as_deref(), rules, faults)?;
    if !document.envelope.is_response() {
        let text = format!("expected a Response, got a {}", document.body.name());
        faults.add(Clause::Response, text);
        return None;
    }
    let has_header = !(document.envelope.from.is_empty() && document.envelope.sender.is_empty());
    faults.require(!has_header, Clause::Response, || {
        "the Response has a Header; an answer has none".to_owned()
    });
    let Some(status) = document.envelope.status else {
        faults.add(Clause::Response, "the Response has no Status");
        return None;
    };
    judge_status(&status, &document.body, reply.status, rules.http_status, faults);
    Some(Answer {
        status,
        body: document.body,
    })
}

fn judge_status(status: &Status, body: &Body, http: u16, policy: HttpStatus, faults: &mut Faults) {
    let Some(code) = StatusCode::new(status.code) else {
        let text = format!("Status code {} is none that cXML has", status.code);
        faults.add(Clause::StatusCode, text);
        return;
    };
    faults.require(!status.text.trim().is_empty(), Clause::Response, || {
        "the Status has no text".to_owned()
    });
    let is_bare = matches!(body, Body::Response);
    faults.require(status.is_success() || is_bare, Clause::Response, || {
        format!("Status {} comes with a {}", status.code, body.name())
    });
    let expected = policy.of(code);
    faults.require(http == expected, Clause::Http, || {
        format!(
            "HTTP {http} with Status {}; HTTP {expected} was expected",
            status.code
        )
    });
}

/// Reads any document of the supplier.
pub(crate) fn document(
    bytes: &[u8],
    content_type: Option<&str>,
    rules: &mut Rules<'_>,
    faults: &mut Faults,
) -> Option<Document> {
    let document = match decode(bytes, content_type, &Limits::with_max_bytes(MOST)) {
        Ok(document) => document,
        Err(refusal) => {
            faults.add(
                Clause::Document,
                format!("the document cannot be read: {refusal}"),
            );
            return None;
        }
    };
    for finding in document
        .findings
        .iter()
        .filter(|one| one.severity != Severity::Info)
    {
        let text = format!(
            "line {}:{} {}: {}",
            finding.line, finding.column, finding.path, finding.text
        );
        faults.add(Clause::Document, text);
    }
    faults.require(bytes.first() == Some(&b'<'), Clause::Document, || {
        "something stands before the first tag; some suites refuse that".to_owned()
    });
    judge_envelope(&document, rules, faults);
    let text = String::from_utf8_lossy(bytes);
    let is_told = rules.secrets.iter().any(|secret| text.contains(secret));
    faults.require(!is_told, Clause::Secrets, || {
        "the document quotes a shared secret".to_owned()
    });
    Some(document)
}

fn judge_envelope(document: &Document, rules: &mut Rules<'_>, faults: &mut Faults) {
    let envelope = &document.envelope;
    match &envelope.doctype_system_id {
        None => faults.add(Clause::Doctype, "the document names no DTD"),
        Some(named) => {
            let mut known = BaseVersion::ALL.iter().map(|version| version.system_id());
            faults.require(
                known.any(|id| id.eq_ignore_ascii_case(named)),
                Clause::Doctype,
                || format!("the document names “{named}”, which is no DTD of cXML for it"),
            );
        }
    }
    let id = envelope.payload_id.trim();
    if id.is_empty() {
        faults.add(Clause::PayloadId, "the document has no payloadID");
    } else {
        faults.require(rules.payload_ids.insert(id.to_owned()), Clause::PayloadId, || {
            format!("payloadID {id} was used before")
        });
    }
    let stamp = &envelope.timestamp;
    let is_numeric = !stamp.text.trim_end().ends_with(['Z', 'z']);
    faults.require(
        stamp.instant.is_some() && stamp.has_offset && is_numeric,
        Clause::Timestamp,
        || format!("the timestamp is “{}”", stamp.text),
    );
    let proven = [&envelope.from, &envelope.to]
        .into_iter()
        .flatten()
        .any(|credential| !matches!(credential.proof, Proof::None));
    faults.require(!proven, Clause::Secrets, || {
        "From or To carries a secret".to_owned()
    });
}

/// What an answer says, in one line.
pub(crate) fn in_words(status: &Status) -> String {
    let detail = status.detail.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("Status {} {} {detail}", status.code, status.text)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WHOLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd\">\n\
        <cXML payloadID=\"1.2@gateway.example\" timestamp=\"2026-03-02T12:00:00+00:00\" xml:lang=\"en-US\" version=\"1.2.014\">\
        <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

    fn faults_of(body: &str, http: u16, content_type: &str) -> Vec<Clause> {
        let reply = Reply {
            status: http,
            content_type: Some(content_type.to_owned()),
            location: None,
            sets_cookie: false,
            policy: None,
            frame_options: None,
            body: body.as_bytes().to_vec(),
            took: Duration::ZERO,
        };
        let mut payload_ids = BTreeSet::from(["used@buyer.example".to_owned()]);
        let mut rules = Rules {
            http_status: HttpStatus::Always200,
            secrets: &["quarry-lantern-41"],
            payload_ids: &mut payload_ids,
        };
        let mut faults = Faults::default();
        read(&reply, &mut rules, &mut faults);
        faults.clauses()
    }

    #[test]
    fn a_clean_answer_has_no_fault() {
        assert_eq!(faults_of(WHOLE, 200, "text/xml; charset=utf-8"), []);
    }

    #[test]
    fn each_rule_finds_its_own_breach() {
        let doctype = WHOLE.lines().nth(1).unwrap();
        let cases: &[(&str, &str, Clause)] = &[
            (doctype, "", Clause::Doctype),
            ("1.2.014/cXML.dtd", "9.9/cXML.dtd", Clause::Doctype),
            ("<Status code=\"200\" text=\"OK\"/>", "", Clause::Response),
            ("text=\"OK\"", "text=\"\"", Clause::Response),
            ("code=\"200\"", "code=\"202\"", Clause::StatusCode),
            ("code=\"200\"", "code=\"560\"", Clause::Http),
            (
                "payloadID=\"1.2@gateway.example\"",
                "payloadID=\"\"",
                Clause::PayloadId,
            ),
            ("1.2@gateway.example", "used@buyer.example", Clause::PayloadId),
            ("12:00:00+00:00", "12:00:00", Clause::Timestamp),
            ("12:00:00+00:00", "12:00:00Z", Clause::Timestamp),
            ("2026-03-02T12:00:00+00:00", "yesterday", Clause::Timestamp),
            ("</Response>", "<Nonsense/></Response>", Clause::Document),
            ("</cXML>", "", Clause::Document),
            (
                "text=\"OK\"/>",
                "text=\"OK\">quarry-lantern-41</Status>",
                Clause::Secrets,
            ),
            ("<Response>", "<Message>", Clause::Document),
            (
                "code=\"200\" text=\"OK\"/>",
                "code=\"401\" text=\"Unauthorized\"/><PunchOutSetupResponse><StartPage><URL>https://x.example/</URL>\
                 </StartPage></PunchOutSetupResponse>",
                Clause::Response,
            ),
        ];
        for (from, to, expected) in cases {
            assert!(WHOLE.contains(from), "{from}");
            let found = faults_of(&WHOLE.replace(from, to), 200, "text/xml");
            assert!(found.contains(expected), "{from} → {to}: {found:?}");
        }
    }

    #[test]
    fn http_counts_too() {
        assert_eq!(faults_of(WHOLE, 500, "text/xml"), [Clause::Http]);
        assert_eq!(faults_of(WHOLE, 200, "text/html"), [Clause::Http]);
        assert_eq!(
            faults_of("<html>Not found</html>", 404, "text/html"),
            [Clause::Http, Clause::Document]
        );
    }
}
