//! A cXML document arrives: taken apart, read, its sender believed or not, handed to the use case that it is
//! for, and answered with a complete cXML document.
//!
//! **Invariant:** nothing is answered with 2xx before it is committed; an order request that is refused is
//! in quarantine; no secret and no card number gets past `prepare`.

mod admit;
mod prepare;
mod profile;
mod refuse;

use std::{net::IpAddr, sync::Arc};

use punchgate_domain::{Instant, catalogue::Problem};
use punchgate_protocols::cxml::{
    Body, DeploymentMode, Document, Limits,
    dialect::Dialect,
    encode::{Charset, Frame, StatusCode},
};
use punchgate_storage::StorageError;

use crate::{
    Surroundings,
    clock::micros,
    directory::{Directory, Mode, Relationship},
    group_commit::GroupCommit,
    orders::{ArchivedBytes, Intake, Received},
    punchout::opening::Opening,
    throttle::Throttle,
};

pub use admit::{Admission, AdmitError};
pub use refuse::{QuarantineCaps, Refused};

/// A body as it came over HTTP.
#[derive(Debug)]
pub struct Arrival {
    /// The bytes.
    pub body: Vec<u8>,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// What stood in the address after `/cxml/`.
    pub relationship: Option<String>,
    /// From where.
    pub remote: IpAddr,
    /// When.
    pub at: Instant,
}

/// The answer: a complete cXML document.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub http: u16,
    /// The document.
    pub body: Vec<u8>,
}

/// A document that was read and whose sender is believed, with the bytes to archive.
#[derive(Debug)]
pub struct Believed {
    /// With whom.
    pub relationship: Arc<Relationship>,
    /// The document.
    pub document: Document,
    /// Hash of its canonical content.
    pub content_hash: [u8; 32],
    /// The bytes, redacted and packed.
    pub archived: ArchivedBytes,
    /// When it came.
    pub at: Instant,
}

/// The way in for cXML.
#[derive(Debug, Clone)]
pub struct Inbound {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    orders: GroupCommit<Intake>,
    opening: Opening,
    throttle: Arc<Throttle>,
    settings: Arc<Settings>,
}

/// What the way in needs to know of this installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Caps on documents.
    pub limits: Limits,
    /// Caps on quarantined requests.
    pub quarantine: QuarantineCaps,
    /// Right side of the payloadIDs that we make.
    pub host: String,
    /// Public address of `POST /cxml`, without a slash at its end.
    pub cxml_url: String,
    /// How those are answered of whom nothing is known.
    pub dialect: Arc<Dialect>,
}

impl Inbound {
    /// Puts the parts together.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        orders: GroupCommit<Intake>,
        opening: Opening,
        throttle: Arc<Throttle>,
        settings: Settings,
    ) -> Self {
        Self {
            surroundings,
            directory,
            orders,
            opening,
            throttle,
            settings: Arc::new(settings),
        }
    }

    /// Receives a document and answers it.
    pub async fn receive(&self, arrival: Arrival) -> Reply {
        let read = match prepare::read(&arrival, &self.settings.limits).await {
            Ok(read) => read,
            Err(unread) => return self.refuse_unread(&arrival, unread).await,
        };
        let envelope = &read.document.envelope;
        if !envelope.is_request() {
            let text = "This address takes cXML Requests; a Message goes through the browser to the buyer.";
            return self.refuse(None, Problem::Unsupported, text);
        }
        let (sender, from, now) = (&envelope.sender, arrival.remote, micros(arrival.at));
        if !self.throttle.admits_claim(sender, from, now) {
            return self.refuse(None, Problem::Overloaded, "");
        }
        let relationship = match self
            .directory
            .authenticate(envelope, arrival.relationship.as_deref())
            .await
        {
            Ok(relationship) => relationship,
            Err(refusal) => {
                if refusal.problem == Problem::AuthenticationFailed {
                    self.throttle.refused(from, now);
                }
                return self.refuse_sender(&arrival, &read, &refusal).await;
            }
        };
        self.throttle.believed(sender, from, now);
        let span = tracing::Span::current();
        span.record("supplier", relationship.supplier.id.as_str());
        span.record("relationship", relationship.id.as_str());
        span.record("payload_id", envelope.payload_id.as_str());
        let believed = Believed {
            relationship,
            document: read.document,
            content_hash: read.content_hash,
            archived: read.archived,
            at: arrival.at,
        };
        self.dispatch(believed).await
    }

    async fn dispatch(&self, believed: Believed) -> Reply {
        match &believed.document.body {
            Body::OrderRequest(_) => self.order(believed).await,
            Body::PunchOutSetupRequest(_) if believed.relationship.mode == Mode::Shadow => {
                let text = "This address takes copies of orders only, to compare; send the request to shop to the address that \
                            serves it.";
                self.refuse_believed(&believed, Problem::Unsupported, text).await
            }
            Body::PunchOutSetupRequest(_) => self.setup(believed).await,
            Body::ProfileRequest => self.profile(believed).await,
            other => {
                let text = format!(
                    "{} is not taken here yet; it is archived for the supplier.",
                    other.name()
                );
                self.refuse_believed(&believed, Problem::Unsupported, &text).await
            }
        }
    }

    async fn order(&self, believed: Believed) -> Reply {
        let relationship = Arc::clone(&believed.relationship);
        let Some(received) = received(believed) else {
            return self.refuse(Some(&relationship), Problem::Internal, "");
        };
        match self.orders.submit(received).await {
            Ok(outcome) => {
                let span = tracing::Span::current();
                span.record("document", outcome.document.as_str());
                if let Some(order) = &outcome.order {
                    span.record("order", order.as_str());
                }
                tracing::info!(
                    disposition = outcome.disposition.as_str(),
                    status = outcome.answer.status,
                    "an order was received"
                );
                Reply {
                    http: http_of(&relationship, outcome.answer.status),
                    body: outcome.response,
                }
            }
            Err(error) => self.our_trouble(&relationship, &error),
        }
    }

    async fn setup(&self, believed: Believed) -> Reply {
        let relationship = Arc::clone(&believed.relationship);
        match self.opening.open(&believed).await {
            Ok(Ok(body)) => Reply { http: 200, body },
            Ok(Err(refused)) => {
                self.refuse_believed(&believed, refused.problem, &refused.details)
                    .await
            }
            Err(error) => self.our_trouble(&relationship, &error),
        }
    }

    /// A temporary error: the sender shall send again. The log has the cause, the sender does not.
    fn our_trouble(&self, relationship: &Relationship, error: &StorageError) -> Reply {
        tracing::error!(relationship = %relationship.path_text(), %error, "a document could not be taken in");
        let problem = match error {
            StorageError::Unavailable(_) => Problem::Overloaded,
            _ => Problem::Internal,
        };
        self.refuse(Some(relationship), problem, "")
    }

    fn frame<'a>(&self, dialect: &'a Dialect, payload_id: &'a str) -> Frame<'a> {
        Frame {
            payload_id,
            timestamp: self.surroundings.now(),
            lang: "en-US",
            versions: &dialect.dtd,
            charset: Charset::Utf8,
        }
    }

    fn new_payload_id(&self) -> String {
        format!("{}@{}", self.surroundings.new_id(), self.settings.host)
    }
}

fn received(believed: Believed) -> Option<Received> {
    let Body::OrderRequest(order) = believed.document.body else {
        return None;
    };
    let envelope = &believed.document.envelope;
    Some(Received {
        buyer_system: believed.relationship.buyer_system.system_of(envelope),
        payload_id: envelope.payload_id.clone(),
        is_test: envelope.deployment_mode == DeploymentMode::Test,
        order: *order,
        content_hash: believed.content_hash,
        document: believed.archived,
        received_at: believed.at,
        relationship: believed.relationship,
    })
}

/// The HTTP status of an answer with this cXML Status.
fn http_of(relationship: &Relationship, status: u16) -> u16 {
    let status = StatusCode::new(status).unwrap_or(StatusCode::INTERNAL_ERROR);
    relationship.dialect.http_status.of(status)
}
