//! Refusals: what the sender is told, what is archived, and the quarantine for order requests.

use std::sync::Arc;

use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::{
    Body, Envelope,
    dialect::Dialect,
    encode::{StatusCode, StatusResponse},
};
use punchgate_storage::{
    Lane, StorageResult,
    document::{self, NewDocument},
    quarantine::{self, NewQuarantine, NewQuarantinePart},
};

use super::{
    Arrival, Believed, Inbound, Reply,
    prepare::{Read, Unread},
};
use crate::{
    authentication::AuthRefusal,
    clock::micros,
    directory::Relationship,
    orders::{ArchivedBytes, ArchivedPart},
    punchout::cookie_key,
};

const ORDER_REQUEST: &str = "OrderRequest";
/// The kind of what could not be read.
const UNKNOWN: &str = "unknown";
/// Codes of the reader for documents that no honest sender writes.
const BEYOND_LIMITS: &[&str] = &[
    "too-deep",
    "too-many-attributes",
    "too-many-elements",
    "too-many-namespaces",
    "tag-too-large",
    "internal-dtd-subset",
    "second-doctype",
    "doctype-unreadable",
];
/// One hour, in microseconds.
const HOUR: i64 = 3_600_000_000;

/// Caps on the quarantine, so that nobody fills the disk with refused requests.
#[derive(Debug, Clone, Copy)]
pub struct QuarantineCaps {
    /// Requests of one address in an hour.
    pub per_address: i64,
    /// Requests in an hour.
    pub per_hour: i64,
    /// Bytes of one request.
    pub bytes: i64,
}

/// A document that is refused for what it says.
#[derive(Debug)]
pub struct Refused {
    /// What the sender is told.
    pub problem: Problem,
    /// In more words.
    pub details: String,
}

impl Refused {
    /// With the catalogue's own text.
    pub fn plain(problem: Problem) -> Self {
        Self {
            problem,
            details: String::new(),
        }
    }
}

impl Inbound {
    /// The answer alone. Without words of its own the catalogue's text is sent.
    pub(super) fn refuse(
        &self,
        relationship: Option<&Relationship>,
        problem: Problem,
        details: &str,
    ) -> Reply {
        let payload_id = self.new_payload_id();
        Reply {
            http: self.dialect(relationship).http_status.of(status_of(problem)),
            body: self.status_document(relationship, problem, details, &payload_id),
        }
    }

    /// A body that did not come whole, or not within its size.
    pub fn refuse_unseen(&self, problem: Problem) -> Reply {
        self.refuse(None, problem, "")
    }

    /// In whose manner is answered; in our own where nobody is known.
    fn dialect<'a>(&'a self, relationship: Option<&'a Relationship>) -> &'a Dialect {
        relationship.map_or(&self.settings.dialect, |known| &known.dialect)
    }

    fn status_document(
        &self,
        relationship: Option<&Relationship>,
        problem: Problem,
        details: &str,
        payload_id: &str,
    ) -> Vec<u8> {
        let entry = problem.entry();
        let dialect = self.dialect(relationship);
        let details = if details.is_empty() {
            entry.partner_text
        } else {
            details
        };
        let status = status_of(problem);
        StatusResponse { status, details }.write(&self.frame(dialect, payload_id))
    }

    /// A body that is not readable cXML.
    pub(super) async fn refuse_unread(&self, arrival: &Arrival, unread: Box<Unread>) -> Reply {
        let refusal = &unread.refusal;
        tracing::info!(
            code = refusal.code,
            line = refusal.line,
            column = refusal.column,
            "a document was refused"
        );
        let problem = match refusal.status {
            499 => Problem::DocumentTooLarge,
            450 => Problem::Unsupported,
            400 => Problem::Validation,
            _ if BEYOND_LIMITS.contains(&refusal.code) => Problem::DocumentBeyondLimits,
            _ => Problem::MalformedDocument,
        };
        let details = format!(
            "line {}, column {}: {}",
            refusal.line, refusal.column, refusal.text
        );
        // What cannot be told from its bytes may have been an order: better kept than lost.
        let kind = refusal.kind.as_deref();
        let envelope = refusal.envelope.as_deref();
        let supplier = self.supplier_of(arrival, envelope).await;
        let kept = Kept {
            supplier: &supplier,
            problem,
            detail: &details,
            envelope,
            kind: kind.unwrap_or(UNKNOWN),
            may_be_order: kind.is_none_or(|kind| kind == ORDER_REQUEST),
            named: unread.named.clone(),
        };
        if let Err(error) = self.keep(arrival, &unread.archived, kept).await {
            tracing::error!(%error, "a refused request could not be quarantined");
            return self.refuse(None, Problem::Internal, "");
        }
        let addressed = self.addressed(arrival).await;
        self.refuse(addressed.as_deref(), problem, &details)
    }

    /// The relationship of the address to which a request came, whoever sent it: that address is answered in its manner.
    async fn addressed(&self, arrival: &Arrival) -> Option<Arc<Relationship>> {
        let text = arrival.relationship.as_deref()?;
        self.directory.by_url(text).await.ok()
    }

    /// Whose a request is that does not read as a whole: its address says so, or what could be read of its
    /// header, believed or not. Empty where nothing does.
    async fn supplier_of(&self, arrival: &Arrival, envelope: Option<&Envelope>) -> String {
        let address = arrival.relationship.as_deref();
        let by_address = match address {
            Some(text) => self.directory.supplier_by_url(text).await.ok(),
            None => None,
        };
        let supplier = match (by_address, envelope) {
            (Some(supplier), _) => Some(supplier),
            (None, Some(envelope)) => match self.directory.authenticate(envelope, None).await {
                Ok(relationship) => Some(relationship.supplier.id.clone()),
                Err(refusal) => refusal.supplier,
            },
            (None, None) => None,
        };
        supplier.map_or_else(String::new, |supplier| supplier.to_string())
    }

    /// A sender that is not believed.
    pub(super) async fn refuse_sender(&self, arrival: &Arrival, read: &Read, refusal: &AuthRefusal) -> Reply {
        tracing::warn!(reason = %refusal.reason, claimed = %refusal.claimed, remote = %arrival.remote,
            "a sender was refused");
        let supplier = match (&refusal.supplier, &arrival.relationship) {
            (Some(supplier), _) => supplier.to_string(),
            (None, Some(_)) => self.supplier_of(arrival, None).await,
            (None, None) => String::new(),
        };
        let detail = refusal.reason.to_string();
        let (envelope, body) = (&read.document.envelope, &read.document.body);
        let kept = Kept {
            supplier: &supplier,
            problem: refusal.problem,
            detail: &detail,
            envelope: Some(envelope),
            kind: body.name(),
            may_be_order: matches!(body, Body::OrderRequest(_)),
            named: Named::of(envelope, body),
        };
        if let Err(error) = self.keep(arrival, &read.archived, kept).await {
            tracing::error!(%error, "a refused request could not be quarantined");
            return self.refuse(None, Problem::Internal, "");
        }
        let addressed = self.addressed(arrival).await;
        self.refuse(addressed.as_deref(), refusal.problem, "")
    }

    /// A document of a believed sender that is refused: archived with its answer.
    pub(super) async fn refuse_believed(
        &self,
        believed: &Believed,
        problem: Problem,
        details: &str,
    ) -> Reply {
        let relationship = &believed.relationship;
        let payload_id = self.new_payload_id();
        let body = self.status_document(Some(relationship), problem, details, &payload_id);
        match self
            .archive_exchange(believed, &payload_id, &body, Some(problem))
            .await
        {
            Ok(()) => Reply {
                http: relationship.dialect.http_status.of(status_of(problem)),
                body,
            },
            Err(error) => self.our_trouble(relationship, &error),
        }
    }

    /// Archives a request and its answer.
    pub(super) async fn archive_exchange(
        &self,
        believed: &Believed,
        payload_id: &str,
        answer: &[u8],
        refused: Option<Problem>,
    ) -> StorageResult<()> {
        let relationship = &believed.relationship;
        let request = self.surroundings.new_id();
        let named = Named::of(&believed.document.envelope, &believed.document.body);
        let entry = refused.map(Problem::entry);
        let documents = [
            NewDocument {
                direction: "in",
                kind: believed.document.body.name().to_owned(),
                payload_id: named.payload_id.clone(),
                content_hash: Some(believed.content_hash.to_vec()),
                status: if refused.is_some() { "refused" } else { "accepted" },
                status_code: Some(entry.map_or(200, |entry| i64::from(entry.cxml_code))),
                status_text: entry.map(|entry| entry.code.to_owned()),
                order_number: named.order_number.clone(),
                buyer_cookie: named.buyer_cookie.clone(),
                content_type: believed.archived.content_type.clone(),
                body: believed.archived.body.clone(),
                findings: believed.archived.findings.clone(),
                ..self.blank_document(relationship, request.clone(), micros(believed.at))
            },
            NewDocument {
                direction: "out",
                kind: "Response".to_owned(),
                payload_id: Some(payload_id.to_owned()),
                status: "answered",
                status_code: Some(entry.map_or(200, |entry| i64::from(entry.cxml_code))),
                order_number: named.order_number.clone(),
                buyer_cookie: named.buyer_cookie.clone(),
                in_reply_to: Some(request),
                replies_to: named.payload_id,
                body: punchgate_storage::body::StoredBody::pack(answer),
                ..self.blank_document(
                    relationship,
                    self.surroundings.new_id(),
                    micros(self.surroundings.now()),
                )
            },
        ];
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        document::insert_many(&mut tx, &documents).await?;
        tx.commit().await
    }

    fn blank_document(&self, relationship: &Relationship, id: String, recorded_at: i64) -> NewDocument {
        NewDocument {
            supplier: relationship.supplier.id.to_string(),
            id,
            direction: "in",
            kind: String::new(),
            relationship: Some(relationship.id.to_string()),
            mode: relationship.mode.as_str(),
            payload_id: None,
            content_hash: None,
            status: "accepted",
            status_code: None,
            status_text: None,
            order_id: None,
            order_number: None,
            session_id: None,
            buyer_cookie: None,
            in_reply_to: None,
            replies_to: None,
            content_type: "text/xml; charset=utf-8".to_owned(),
            body: punchgate_storage::body::StoredBody::pack(b""),
            findings: None,
            recorded_at,
        }
    }

    async fn keep(&self, arrival: &Arrival, archived: &ArchivedBytes, kept: Kept<'_>) -> StorageResult<()> {
        let caps = self.settings.quarantine;
        // Strangers could fill it with what nobody will ever ask for.
        if kept.supplier.is_empty() && !kept.may_be_order {
            return Ok(());
        }
        let remote = arrival.remote.to_string();
        let since = micros(arrival.at) - HOUR;
        let attached = archived.parts.iter().map(|part| part.body.raw_length);
        let bytes = archived.body.raw_length.saturating_add(attached.sum::<i64>());
        if bytes > caps.bytes {
            tracing::warn!(bytes, "a refused request is too large for the quarantine");
            return Ok(());
        }
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let full = quarantine::count_from(&mut tx, &remote, since).await? >= caps.per_address
            || quarantine::count_since(&mut tx, since).await? >= caps.per_hour;
        if full {
            tracing::warn!(%remote, "the quarantine takes no more of this address for now");
            return tx.rollback().await;
        }
        let row = NewQuarantine {
            supplier: kept.supplier.to_owned(),
            id: self.surroundings.new_id(),
            reason: kept.problem.entry().code.to_owned(),
            detail: kept.detail.to_owned(),
            claimed: kept.envelope.map_or_else(|| "{}".to_owned(), claimed),
            remote_address: remote,
            kind: kept.kind.to_owned(),
            state: if kept.may_be_order { "waiting" } else { "noted" },
            payload_id: kept.named.payload_id,
            order_number: kept.named.order_number,
            buyer_cookie: kept.named.buyer_cookie,
            content_type: archived.content_type.clone(),
            body: archived.body.clone(),
            parts: archived.parts.iter().map(part_to_keep).collect(),
            received_at: micros(arrival.at),
        };
        quarantine::insert(&mut tx, &row).await?;
        tx.commit().await
    }
}

fn part_to_keep(part: &ArchivedPart) -> NewQuarantinePart {
    NewQuarantinePart {
        content_id: part.content_id.clone(),
        content_type: part.content_type.clone(),
        body: part.body.clone(),
    }
}

struct Kept<'a> {
    supplier: &'a str,
    problem: Problem,
    detail: &'a str,
    envelope: Option<&'a Envelope>,
    kind: &'a str,
    /// Whether it may be admitted once its cause is mended.
    may_be_order: bool,
    named: Named,
}

/// By what a request is searched.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub payload_id: Option<String>,
    pub order_number: Option<String>,
    pub buyer_cookie: Option<String>,
}

impl Named {
    fn of(envelope: &Envelope, body: &Body) -> Self {
        let stated = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut named = Self {
            payload_id: stated(&envelope.payload_id),
            ..Self::default()
        };
        match body {
            Body::OrderRequest(order) => named.order_number = stated(&order.order_number),
            Body::PunchOutSetupRequest(setup) => {
                named.buyer_cookie = stated(&cookie_key(setup.buyer_cookie.as_str()));
            }
            _ => {}
        }
        named
    }
}

fn status_of(problem: Problem) -> StatusCode {
    StatusCode::new(problem.entry().cxml_code).unwrap_or(StatusCode::INTERNAL_ERROR)
}

/// The identities that a document claims; never its secrets.
fn claimed(envelope: &Envelope) -> String {
    let party = |credentials: &[punchgate_protocols::cxml::Credential]| {
        credentials
            .iter()
            .map(|one| serde_json::json!({ "domain": one.domain, "identity": one.identity }))
            .collect::<Vec<_>>()
    };
    serde_json::json!({
        "from": party(&envelope.from),
        "to": party(&envelope.to),
        "sender": party(&envelope.sender),
    })
    .to_string()
}
