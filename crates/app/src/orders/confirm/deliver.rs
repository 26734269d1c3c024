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
        Charset, Confirmation, ConfirmationRequest, ConfirmedLine, Frame, Header, LineOutcome, LinePart,
        OrderReference, PartyCredential, SenderProof,
    },
    redact::redact,
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    body::StoredBody,
    document::{self, NewDocument},
    order::{self, OrderRow},
    outbox::Verdict,
};

use super::{CommitmentKind, CommittedOutcome, ConfirmationJob};
use crate::{
    Surroundings,
    clock::{from_micros, micros},
    delivery::{Post, Posted, Reception, reception},
    directory::{Directory, Identity, Mode, Relationship},
    orders::content,
    work::{Claimed, Ending},
};

/// How long a partner may take; suites promise an answer within a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// Delivers confirmations.
#[derive(Debug, Clone)]
pub struct Deliver {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    post: Arc<dyn Post>,
}

impl Deliver {
    /// Over this client.
    pub fn new(surroundings: Surroundings, directory: Arc<Directory>, post: Arc<dyn Post>) -> Self {
        Self {
            surroundings,
            directory,
            post,
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
            Ok(Err(why)) => return Ending::Dead(why),
            Err(error) => return Ending::Retry(error.to_string()),
        };
        let answer = self
            .post
            .post(
                &prepared.url,
                "text/xml; charset=utf-8",
                prepared.body,
                ANSWER_WITHIN,
            )
            .await;
        let received = answer.as_ref().ok().cloned();
        let reception = reception(answer);
        match self
            .record(claimed, &prepared.row, &job, &reception, received)
            .await
        {
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
    ) -> StorageResult<Result<Prepared, String>> {
        let mut tx = self.surroundings.db.read().await?;
        let Some(row) = order::get(&mut tx, supplier.as_str(), &job.order).await? else {
            return Ok(Err(format!("order {} is gone", job.order)));
        };
        let order = content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?;
        let archived = document::get(&mut tx, supplier.as_str(), &job.document)
            .await?
            .is_some();
        tx.rollback().await?;
        let id = RelationshipId::new(row.relationship_id.clone());
        let relationship = match self.directory.relationship(supplier, &id).await {
            Ok(relationship) => relationship,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let Some(outbound) = &relationship.outbound else {
            return Ok(Err(format!(
                "relationship {} names no address for confirmations; name one and replay",
                relationship.path_text()
            )));
        };
        let body = match render(&relationship, &row, &order, job, outbound.secret.as_ref()) {
            Ok(body) => body,
            Err(why) => return Ok(Err(why)),
        };
        if !archived {
            let mut tx = self.surroundings.db.begin(Lane::Background).await?;
            self.archive(&mut tx, &row, job, &body).await?;
            tx.commit().await?;
        }
        Ok(Ok(Prepared {
            url: outbound.url.clone(),
            body,
            row,
        }))
    }

    async fn archive(
        &self,
        tx: &mut Tx,
        row: &OrderRow,
        job: &ConfirmationJob,
        body: &[u8],
    ) -> StorageResult<()> {
        let document = NewDocument {
            supplier: row.supplier_id.clone(),
            id: job.document.clone(),
            direction: "out",
            kind: "ConfirmationRequest".to_owned(),
            relationship: Some(row.relationship_id.clone()),
            mode: mode_name(&row.mode),
            payload_id: Some(job.payload_id.clone()),
            content_hash: None,
            status: "queued",
            status_code: None,
            status_text: None,
            order_id: Some(row.order_id.clone()),
            order_number: Some(row.order_number.clone()),
            session_id: row.session_id.clone(),
            buyer_cookie: None,
            in_reply_to: Some(row.document_id.clone()),
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
        row: &OrderRow,
        job: &ConfirmationJob,
        reception: &Reception,
        received: Option<Posted>,
    ) -> StorageResult<()> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let status = match reception {
            Reception::Taken { .. } => "delivered",
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
            let answer = self.answer_document(row, job, &posted, code);
            document::insert_many(&mut tx, &[answer]).await?;
        }
        if let Reception::Taken { .. } = reception {
            self.mark_sent(&mut tx, row).await?;
        }
        let conclusion = match reception {
            Reception::Taken { .. } => Some((Verdict::Done, "delivered")),
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

    async fn mark_sent(&self, tx: &mut Tx, row: &OrderRow) -> StorageResult<()> {
        let Some(mut row) = order::lock(tx, &row.supplier_id, &row.order_id).await? else {
            return Ok(());
        };
        "sent".clone_into(&mut row.confirmation);
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
        row: &OrderRow,
        job: &ConfirmationJob,
        posted: &Posted,
        code: Option<i64>,
    ) -> NewDocument {
        NewDocument {
            supplier: row.supplier_id.clone(),
            id: self.surroundings.new_id(),
            direction: "in",
            kind: "Response".to_owned(),
            relationship: Some(row.relationship_id.clone()),
            mode: mode_name(&row.mode),
            payload_id: None,
            content_hash: None,
            status: "received",
            status_code: code,
            status_text: Some(format!("HTTP {}", posted.status)),
            order_id: Some(row.order_id.clone()),
            order_number: Some(row.order_number.clone()),
            session_id: row.session_id.clone(),
            buyer_cookie: None,
            in_reply_to: Some(job.document.clone()),
            content_type: posted
                .content_type
                .clone()
                .unwrap_or_else(|| "text/plain".to_owned()),
            body: StoredBody::pack(&redact(&posted.body)),
            findings: None,
            recorded_at: micros(self.surroundings.now()),
        }
    }
}

struct Prepared {
    url: url::Url,
    body: Vec<u8>,
    row: OrderRow,
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
    row: &OrderRow,
    order: &PurchaseOrder,
    job: &ConfirmationJob,
    secret: Option<&punchgate_protocols::cxml::Secret>,
) -> Result<Vec<u8>, String> {
    let (ours, theirs) = (
        credentials(&relationship.supplier_identities),
        credentials(&relationship.buyer_identities),
    );
    let header = header(relationship, &ours, &theirs, secret);
    let noticed_at = from_micros(job.noticed_at);
    let frame = Frame {
        payload_id: &job.payload_id,
        timestamp: noticed_at,
        lang: "en-US",
        versions: &relationship.dialect.dtd,
        charset: Charset::Utf8,
    };
    let facts = job
        .commitment
        .lines
        .iter()
        .map(|line| line.parts())
        .collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<[LinePart<'_>; 1]> = job
        .commitment
        .lines
        .iter()
        .zip(&facts)
        .map(|(line, (quantity, _, price, delivery))| {
            [LinePart {
                outcome: outcome(line.outcome),
                quantity,
                unit_price: price.as_ref(),
                shipment_date: None,
                delivery_date: *delivery,
                comments: &line.comments,
            }]
        })
        .collect();
    let lines: Vec<ConfirmedLine<'_>> = job
        .commitment
        .lines
        .iter()
        .zip(&facts)
        .zip(&parts)
        .map(|((line, (quantity, unit, ..)), parts)| ConfirmedLine {
            line_number: line.line_number,
            quantity,
            unit,
            parts,
        })
        .collect();
    let request = ConfirmationRequest {
        confirm_id: &job.confirm_id,
        notice_date: noticed_at,
        replaces_payload_id: None,
        order: OrderReference {
            order_number: &row.order_number,
            order_date: Some(&order.order_date),
            payload_id: &row.payload_id,
        },
        confirmation: match job.commitment.kind {
            CommitmentKind::Accept => Confirmation::Accept,
            CommitmentKind::Reject => Confirmation::Reject,
            CommitmentKind::Detail => Confirmation::Detail(&lines),
        },
        total: None,
        shipping: None,
        tax: None,
        comments: &job.commitment.comments,
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
            Mode::Test => DeploymentMode::Test,
            Mode::Production => DeploymentMode::Production,
        },
    }
}

fn outcome(outcome: CommittedOutcome) -> LineOutcome {
    match outcome {
        CommittedOutcome::Accepted => LineOutcome::Accept,
        CommittedOutcome::Changed => LineOutcome::Detail,
        CommittedOutcome::Backordered => LineOutcome::Backordered,
        CommittedOutcome::Rejected => LineOutcome::Reject,
    }
}
