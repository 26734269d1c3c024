//! The job that delivers a confirmation: written afresh with the partner's secret of the day, archived
//! without it, posted, and the answer recorded.

use std::{sync::Arc, time::Duration};

use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    purchase_order::PurchaseOrder,
};
use punchgate_protocols::cxml::{
    DeploymentMode,
    encode::{
        Charset, Confirmation, ConfirmationRequest, Frame, Header, OrderReference, PartyCredential,
        SenderProof,
    },
    redact::{identified, redact, shape},
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    body::StoredBody,
    document::{self, DocumentFilter, DocumentRow, NewDocument},
    order::{self, OrderRow},
    outbox::Verdict,
};

use super::{
    CommitmentKind, ConfirmationJob,
    lines::{self, Lines},
};
use crate::{
    Surroundings,
    clock::{from_micros, micros},
    delivery::{Post, Posted, Reception, reception},
    directory::{Directory, Identity, Mode, Relationship},
    events,
    orders::content,
    work::{Claimed, Ending},
};

/// How long a partner may take; suites promise an answer within a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);
/// The archive's name for confirmations.
const KIND: &str = "ConfirmationRequest";
/// The archive's name for what a partner has taken.
const DELIVERED: &str = "delivered";
/// Most confirmations of one order among which the last one is looked for.
const LOOK_BACK: u32 = 50;

/// Delivers confirmations.
#[derive(Debug, Clone)]
pub struct Deliver {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    post: Arc<dyn Post>,
    /// The gateway's name in payloadIDs.
    host: String,
}

impl Deliver {
    /// Over this client; `host` names the gateway in payloadIDs.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        post: Arc<dyn Post>,
        host: impl Into<String>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            post,
            host: host.into(),
        }
    }

    /// The job `deliver-confirmation`.
    pub async fn run(&self, claimed: &Claimed) -> Ending {
        let job: ConfirmationJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let prepared = match self.prepare(&supplier, &job).await {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(ending)) => return ending,
            Err(error) => return Ending::Retry(error.to_string()),
        };
        let answer = self
            .post
            .post(
                &prepared.url,
                "text/xml; charset=utf-8",
                prepared.body.clone(),
                ANSWER_WITHIN,
            )
            .await;
        let received = answer.as_ref().ok().cloned();
        let reception = reception(answer);
        match self.record(claimed, &prepared, &job, &reception, received).await {
            Ok(()) if matches!(reception, Reception::Later { .. }) => {
                Ending::Retry(reception.text().to_owned())
            }
            Ok(()) => Ending::Concluded,
            Err(error) => Ending::Retry(error.to_string()),
        }
    }

    async fn prepare(
        &self,
        supplier: &SupplierId,
        job: &ConfirmationJob,
    ) -> StorageResult<Result<Prepared, Ending>> {
        let mut tx = self.surroundings.db.read().await?;
        let Some(row) = order::get(&mut tx, supplier.as_str(), &job.order).await? else {
            return Ok(Err(Ending::Dead(format!("order {} is gone", job.order))));
        };
        // The order has moved on since, perhaps: the confirmation speaks of the version that it was made for.
        let order = content::of_document(&mut tx, supplier.as_str(), &job.order_document).await?;
        let archived = document::get(&mut tx, supplier.as_str(), &job.document).await?;
        let replaces = delivered_before(&mut tx, supplier, job).await?;
        tx.rollback().await?;
        let is_archived = archived.is_some();
        // A retry keeps its payloadID, whatever the gateway is called by then.
        let payload_id = archived
            .and_then(|row| row.payload_id)
            .unwrap_or_else(|| format!("{}@{}", job.document, self.host));
        let ids = Ids {
            payload: &payload_id,
            replaces: replaces.as_deref(),
        };
        let id = RelationshipId::new(row.relationship_id.clone());
        let relationship = match self.directory.relationship(supplier, &id).await {
            Ok(relationship) => relationship,
            Err(error) => return Ok(Err(Ending::Dead(error.to_string()))),
        };
        if !relationship.enabled {
            return Ok(Err(Ending::Wait(format!(
                "relationship {} is switched off: the buyer is told when it is switched on",
                relationship.path_text()
            ))));
        }
        if relationship.mode == Mode::Shadow {
            return Ok(Err(Ending::Dead(format!(
                "relationship {} is in shadow: nothing goes to its buyer",
                relationship.path_text()
            ))));
        }
        let Some(outbound) = &relationship.outbound else {
            return Ok(Err(Ending::Dead(format!(
                "relationship {} names no address for confirmations; name one and replay",
                relationship.path_text()
            ))));
        };
        let body = match render(&relationship, &order, job, &ids, outbound.secret.as_ref()) {
            Ok(body) => body,
            Err(why) => return Ok(Err(Ending::Dead(why))),
        };
        if !is_archived {
            let mut tx = self.surroundings.db.begin(Lane::Background).await?;
            self.archive(&mut tx, &row, job, &payload_id, &body).await?;
            tx.commit().await?;
        }
        Ok(Ok(Prepared {
            url: outbound.url.clone(),
            body,
            payload_id,
            row,
        }))
    }

    async fn archive(
        &self,
        tx: &mut Tx,
        row: &OrderRow,
        job: &ConfirmationJob,
        payload_id: &str,
        body: &[u8],
    ) -> StorageResult<()> {
        let document = NewDocument {
            supplier: row.supplier_id.clone(),
            id: job.document.clone(),
            direction: "out",
            kind: KIND.to_owned(),
            relationship: Some(row.relationship_id.clone()),
            mode: mode_name(&row.mode),
            payload_id: Some(payload_id.to_owned()),
            content_hash: None,
            status: "queued",
            status_code: None,
            status_text: None,
            order_id: Some(row.order_id.clone()),
            order_number: Some(row.order_number.clone()),
            session_id: row.session_id.clone(),
            buyer_cookie: None,
            in_reply_to: Some(job.order_document.clone()),
            replies_to: Some(job.order_payload_id.clone()).filter(|id| !id.is_empty()),
            content_type: "text/xml; charset=utf-8".to_owned(),
            body: StoredBody::pack(&redact(body)),
            findings: None,
            recorded_at: micros(self.surroundings.now()),
        };
        document::insert_many(tx, &[document]).await
    }

    async fn record(
        &self,
        claimed: &Claimed,
        prepared: &Prepared,
        job: &ConfirmationJob,
        reception: &Reception,
        received: Option<Posted>,
    ) -> StorageResult<()> {
        let row = &prepared.row;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let status = match reception {
            Reception::Taken { .. } => DELIVERED,
            Reception::Refused { .. } => "failed",
            Reception::Later { .. } => "retrying",
        };
        let code = reception.status().map(i64::from);
        document::set_status(
            &mut tx,
            &row.supplier_id,
            &job.document,
            status,
            code,
            Some(reception.text()),
        )
        .await?;
        if let Some(posted) = received {
            let answer = self.answer_document(prepared, job, &posted, code);
            document::insert_many(&mut tx, &[answer]).await?;
        }
        match reception {
            Reception::Taken { .. } => {
                self.mark(&mut tx, row, "sent").await?;
                let confirmed = events::confirmed(row, &job.document, micros(self.surroundings.now()));
                events::announce(&mut tx, &row.supplier_id, &[confirmed]).await?;
            }
            Reception::Refused { .. } => self.mark(&mut tx, row, "failed").await?,
            Reception::Later { .. } => {}
        }
        let conclusion = match reception {
            Reception::Taken { .. } => Some((Verdict::Done, DELIVERED)),
            Reception::Refused { .. } => Some((Verdict::Dead, "refused")),
            Reception::Later { .. } => None,
        };
        if let Some((verdict, outcome)) = conclusion {
            let text = reception.text().to_owned();
            if let Err(error) = claimed
                .conclude(&mut tx, &self.surroundings, &verdict, outcome, code, text)
                .await
            {
                tx.rollback().await?;
                return Err(error);
            }
        }
        tx.commit().await
    }

    /// What became of the order's confirmation, where people look for it.
    async fn mark(&self, tx: &mut Tx, row: &OrderRow, state: &str) -> StorageResult<()> {
        let Some(mut row) = order::lock(tx, &row.supplier_id, &row.order_id).await? else {
            return Ok(());
        };
        state.clone_into(&mut row.confirmation);
        row.updated_at = micros(self.surroundings.now());
        if order::update(tx, &row).await? {
            Ok(())
        } else {
            Err(StorageError::Retry(format!(
                "order {} was changed meanwhile",
                row.order_id
            )))
        }
    }

    fn answer_document(
        &self,
        prepared: &Prepared,
        job: &ConfirmationJob,
        posted: &Posted,
        code: Option<i64>,
    ) -> NewDocument {
        let (row, body) = (&prepared.row, redact(&posted.body));
        NewDocument {
            supplier: row.supplier_id.clone(),
            id: self.surroundings.new_id(),
            direction: "in",
            kind: "Response".to_owned(),
            relationship: Some(row.relationship_id.clone()),
            mode: mode_name(&row.mode),
            payload_id: identified(&shape(&posted.body)).payload_id,
            content_hash: None,
            status: "received",
            status_code: code,
            status_text: Some(format!("HTTP {}", posted.status)),
            order_id: Some(row.order_id.clone()),
            order_number: Some(row.order_number.clone()),
            session_id: row.session_id.clone(),
            buyer_cookie: None,
            in_reply_to: Some(job.document.clone()),
            replies_to: Some(prepared.payload_id.clone()),
            content_type: posted
                .content_type
                .clone()
                .unwrap_or_else(|| "text/plain".to_owned()),
            body: StoredBody::pack(&body),
            findings: None,
            recorded_at: micros(self.surroundings.now()),
        }
    }
}

struct Prepared {
    url: url::Url,
    body: Vec<u8>,
    payload_id: String,
    row: OrderRow,
}

/// What the confirmation is called, and the one whose place it takes.
struct Ids<'a> {
    payload: &'a str,
    replaces: Option<&'a str>,
}

/// The payloadID of the last confirmation that the partner took for the same version of the order. The stream
/// keeps its order: when this one's turn has come, those before it are settled.
async fn delivered_before(
    tx: &mut Tx,
    supplier: &SupplierId,
    job: &ConfirmationJob,
) -> StorageResult<Option<String>> {
    let filter = DocumentFilter {
        kind: Some(KIND.to_owned()),
        order_id: Some(job.order.clone()),
        status: Some(DELIVERED.to_owned()),
        ..DocumentFilter::default()
    };
    let delivered = document::list(tx, supplier.as_str(), &filter, None, LOOK_BACK).await?;
    let same_version = |row: &DocumentRow| {
        row.in_reply_to.as_ref() == Some(&job.order_document) && row.document_id != job.document
    };
    Ok(delivered
        .into_iter()
        .find(same_version)
        .and_then(|row| row.payload_id))
}

fn mode_name(mode: &str) -> &'static str {
    if mode == Mode::Test.as_str() {
        Mode::Test.as_str()
    } else {
        Mode::Production.as_str()
    }
}

fn credentials(identities: &[Identity]) -> Vec<PartyCredential<'_>> {
    identities
        .iter()
        .map(|one| PartyCredential {
            domain: &one.domain,
            identity: &one.identity,
        })
        .collect()
}

fn render(
    relationship: &Relationship,
    order: &PurchaseOrder,
    job: &ConfirmationJob,
    ids: &Ids<'_>,
    secret: Option<&punchgate_protocols::cxml::Secret>,
) -> Result<Vec<u8>, String> {
    let (ours, theirs) = (
        credentials(&relationship.supplier_identities),
        credentials(&relationship.buyer_identities),
    );
    let header = header(relationship, &ours, &theirs, secret);
    let noticed_at = from_micros(job.noticed_at);
    let frame = Frame {
        payload_id: ids.payload,
        timestamp: noticed_at,
        lang: "en-US",
        versions: &relationship.dialect.dtd,
        charset: Charset::Utf8,
    };
    let beside = match job.commitment.kind {
        CommitmentKind::Detail => lines::beside(&order.lines, &relationship.mappings, &job.commitment.lines)?,
        CommitmentKind::Accept | CommitmentKind::Reject => Lines::default(),
    };
    let parts = beside.parts();
    let lines = beside.written(&parts);
    let mut comments = job.commitment.comments.clone();
    comments.extend(beside.comments.iter().cloned());
    let request = ConfirmationRequest {
        confirm_id: &job.confirm_id,
        notice_date: noticed_at,
        replaces_payload_id: ids.replaces,
        order: OrderReference {
            order_number: &order.order_number,
            order_date: Some(&order.order_date),
            payload_id: &job.order_payload_id,
        },
        confirmation: match job.commitment.kind {
            CommitmentKind::Reject => Confirmation::Reject,
            CommitmentKind::Detail if !beside.is_as_ordered() => Confirmation::Detail(&lines),
            CommitmentKind::Accept | CommitmentKind::Detail => Confirmation::Accept,
        },
        total: None,
        shipping: None,
        tax: None,
        comments: &comments,
    };
    request.write(&frame, &header).map_err(|error| error.to_string())
}

fn header<'a>(
    relationship: &Relationship,
    ours: &'a [PartyCredential<'a>],
    theirs: &'a [PartyCredential<'a>],
    secret: Option<&'a punchgate_protocols::cxml::Secret>,
) -> Header<'a> {
    Header {
        from: ours,
        to: theirs,
        sender: ours,
        proof: secret.map_or(SenderProof::None, SenderProof::SharedSecret),
        user_agent: concat!("Punchgate ", env!("CARGO_PKG_VERSION")),
        mode: match relationship.mode {
            Mode::Test | Mode::Shadow => DeploymentMode::Test,
            Mode::Production => DeploymentMode::Production,
        },
    }
}
