//! A setup request opens a session: judged, stored with its documents, answered with the start link.
//!
//! **Invariant:** answered after the commit. Requests that wait share a transaction. A setup request is never
//! taken for a duplicate: some suites send the same payloadID every time.

mod exchange;
mod originals;

use std::sync::Arc;

use punchgate_connector::sessions::SelectedItem;
use punchgate_domain::{
    catalogue::Problem,
    ids::ConnectorId,
    session::{Operation, SessionState},
};
use punchgate_protocols::cxml::{
    Body,
    decode::setup::{SetupOperation, SetupRequest},
    dialect::Shopper,
    encode::{Charset, Frame, PunchOutSetupResponse},
};
use punchgate_storage::{
    StorageResult, Tx,
    cart_snapshot::{self, CartSnapshotRow},
    document::{self, NewDocument, NewPart},
    session::{self, SessionRow},
};

use super::{
    Settings, customer,
    setup::{SetupFacts, cookie_key},
    token::Link,
};
use crate::{
    Surroundings,
    clock::micros,
    directory::{HostRefusal, Relationship},
    group_commit::{Batch, GroupCommit, Step},
    inbound::{Believed, Refused},
};
use exchange::Exchange;
use originals::Originals;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Opens sessions.
#[derive(Debug, Clone)]
pub struct Opening {
    surroundings: Surroundings,
    sessions: GroupCommit<OpeningBatch>,
    settings: Arc<Settings>,
}

/// A session with what is stored beside it.
#[derive(Debug)]
pub struct NewSession {
    session: SessionRow,
    documents: [NewDocument; 2],
    parts: Vec<NewPart>,
    original: Option<CartSnapshotRow>,
}

/// Stores sessions that were opened at about the same time.
#[derive(Debug)]
pub struct OpeningBatch(());

impl Batch for OpeningBatch {
    type Request = NewSession;
    type Answer = ();

    fn run<'a>(&'a self, tx: &'a mut Tx, requests: &'a [NewSession]) -> Step<'a, Vec<()>> {
        Box::pin(async move {
            let sessions: Vec<SessionRow> = requests.iter().map(|new| new.session.clone()).collect();
            let documents: Vec<NewDocument> = requests.iter().flat_map(|new| new.documents.clone()).collect();
            let parts: Vec<NewPart> = requests.iter().flat_map(|new| new.parts.clone()).collect();
            document::insert_many(tx, &documents).await?;
            document::insert_parts(tx, &parts).await?;
            for original in requests.iter().filter_map(|new| new.original.as_ref()) {
                cart_snapshot::insert(tx, original).await?;
            }
            session::insert_many(tx, &sessions).await?;
            Ok(vec![(); requests.len()])
        })
    }
}

impl Opening {
    /// Starts the task that stores sessions.
    pub fn start(surroundings: Surroundings, settings: Arc<Settings>) -> Self {
        let sessions = GroupCommit::start(surroundings.db.clone(), OpeningBatch(()), settings.intake);
        Self {
            surroundings,
            sessions,
            settings,
        }
    }

    /// Opens a session; the PunchOutSetupResponse after the commit, or why there is none.
    pub async fn open(&self, believed: &Believed) -> StorageResult<Result<Vec<u8>, Refused>> {
        let Body::PunchOutSetupRequest(request) = &believed.document.body else {
            return Ok(Err(Refused::plain(Problem::Unsupported)));
        };
        let admitted = match admit(&believed.relationship, request) {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(Err(refused)),
        };
        let originals = match admitted.operation {
            Operation::Edit | Operation::Inspect => {
                let mut tx = self.surroundings.db.read().await?;
                let found = originals::find(&mut tx, &believed.relationship, &request.items).await?;
                tx.rollback().await?;
                match found {
                    Some(found) => found,
                    None => return Ok(Err(Refused::plain(Problem::EditWithoutSession))),
                }
            }
            Operation::Create | Operation::Source => Originals::default(),
        };
        let (new, response) = self.prepare(believed, request, admitted, originals);
        tracing::Span::current().record("session", new.session.session_id.as_str());
        self.sessions.submit(new).await?;
        Ok(Ok(response))
    }

    fn prepare(
        &self,
        believed: &Believed,
        request: &SetupRequest,
        admitted: Admitted<'_>,
        originals: Originals,
    ) -> (NewSession, Vec<u8>) {
        let relationship = &believed.relationship;
        let now = self.surroundings.now();
        let link = Link::start(relationship.supplier.id.clone(), &*self.surroundings.entropy);
        let session_id = self.surroundings.new_id();
        let original = originals.cart.as_ref().map(|cart| {
            let id = self.surroundings.new_id();
            originals::row(relationship, &session_id, id, cart, micros(now))
        });
        let start_expires_at = micros(now) + i64::from(relationship.start_link_seconds) * SECOND;
        let session = SessionRow {
            supplier_id: relationship.supplier.id.to_string(),
            relationship_id: relationship.id.to_string(),
            operation: admitted.operation.as_str().to_owned(),
            state: SessionState::Opened.as_str().to_owned(),
            buyer_cookie: cookie_key(request.buyer_cookie.as_str()),
            return_url: admitted.return_url,
            start_hash: link.hash().to_vec(),
            start_expires_at,
            browser_hash: None,
            return_hash: None,
            redeemed_at: None,
            storefront_connector_id: admitted.storefront.to_string(),
            storefront_session: None,
            customer_external_id: Some(admitted.customer),
            setup: facts(believed, request, admitted.shopper, originals).write(),
            original_snapshot_id: original.as_ref().map(|row| row.cart_snapshot_id.clone()),
            cart_snapshot_id: None,
            document_id: self.surroundings.new_id(),
            message_document_id: None,
            expires_at: start_expires_at,
            opened_at: micros(now),
            ended_at: None,
            version: 1,
            session_id,
        };
        let payload_id = format!("{}@{}", self.surroundings.new_id(), self.settings.host);
        let start_page = self.settings.start_url(&link.text());
        let response = PunchOutSetupResponse {
            start_page: &start_page,
        }
        .write(&Frame {
            payload_id: &payload_id,
            timestamp: now,
            lang: "en-US",
            versions: &relationship.dialect.dtd,
            charset: Charset::Utf8,
        });
        let archive = Exchange {
            believed,
            session: &session,
            response: self.surroundings.new_id(),
            payload_id,
            now: micros(now),
        };
        let new = NewSession {
            documents: [
                archive.request(),
                archive.response(&self.redacted(&response, &link)),
            ],
            parts: archive.parts(),
            session,
            original,
        };
        (new, response)
    }

    /// The start link opens the session: the archive keeps it without its token.
    fn redacted(&self, response: &[u8], link: &Link) -> Vec<u8> {
        let text = String::from_utf8_lossy(response);
        let start_page = self.settings.start_url(&link.text());
        let blanked = self.settings.start_url(&format!("{}.***", link.supplier));
        text.replace(&start_page, &blanked).into_bytes()
    }
}

/// What of a setup request is admitted.
struct Admitted<'a> {
    operation: Operation,
    storefront: &'a ConnectorId,
    shopper: Shopper,
    /// As ERP and shop call it.
    customer: String,
    return_url: Option<String>,
}

fn admit<'a>(relationship: &'a Relationship, request: &SetupRequest) -> Result<Admitted<'a>, Refused> {
    if !relationship.enabled {
        return Err(Refused::plain(Problem::RelationshipDisabled));
    }
    let operation = match request.operation {
        SetupOperation::Create => Operation::Create,
        SetupOperation::Edit => Operation::Edit,
        SetupOperation::Inspect => Operation::Inspect,
        SetupOperation::Source => {
            return Err(Refused {
                problem: Problem::Unsupported,
                details: "Operation source is not supported here; use create, edit or inspect.".to_owned(),
            });
        }
    };
    let Some(storefront) = &relationship.storefront else {
        return Err(Refused {
            problem: Problem::Unsupported,
            details: "This trading relationship has no catalogue to punch out to; it takes orders only. \
                      Ask the supplier to connect its shop."
                .to_owned(),
        });
    };
    let return_url = match &request.browser_form_post {
        None => None,
        Some(address) => Some(admit_return(relationship, address)?),
    };
    let shopper = relationship.dialect.identity.shopper(request);
    // A shop without a customer would show somebody else's prices.
    let customer = customer::external_id(relationship, request, &shopper)
        .ok_or_else(|| Refused::plain(Problem::UnknownCustomer))?
        .to_owned();
    Ok(Admitted {
        operation,
        storefront,
        shopper,
        customer,
        return_url,
    })
}

fn admit_return(relationship: &Relationship, address: &str) -> Result<String, Refused> {
    match relationship.return_hosts.admit(address) {
        // As the suite wrote it: some compare it byte by byte.
        Ok(_) => Ok(address.trim().to_owned()),
        Err(refusal) => Err(Refused {
            problem: match &refusal {
                HostRefusal::NotAnAddress(_) | HostRefusal::Credentials(_) => Problem::ReturnAddressInvalid,
                HostRefusal::NotAllowed(_) => Problem::ReturnHostNotAllowed,
            },
            details: format!("BrowserFormPost: {refusal}. Ask the supplier to allow its host."),
        }),
    }
}

fn facts(believed: &Believed, request: &SetupRequest, shopper: Shopper, originals: Originals) -> SetupFacts {
    SetupFacts {
        cookie: request.buyer_cookie.clone(),
        language: believed.document.envelope.language.clone(),
        shopper,
        ship_to: request.ship_to.clone(),
        selected: selected(request),
        items: originals.items,
        missing: originals.missing,
    }
}

fn selected(request: &SetupRequest) -> Option<SelectedItem> {
    let item = request.selected_item.as_ref()?;
    let part = item.part_id.trim();
    (!part.is_empty()).then(|| SelectedItem {
        part_id: part.to_owned(),
        auxiliary_id: item.auxiliary_id.clone(),
    })
}
