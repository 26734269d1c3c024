//! Orders out.
//!
//! An order is one file, handed over by one move. What says that it was handed over is a note in `sent`, which is written
//! before, names the staged file, and can be written once: so whoever finds the note and the staged file finishes the
//! move, and whoever finds the note without it knows that the ERP has, or had, the order. Where a move is not one step
//! (S3), a crash between its two halves leaves what a person looks at.

use async_trait::async_trait;
use jiff::Timestamp;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Files, Orders,
    documents::{DocumentContent, DocumentKind},
    folder::{FilePath, Moved},
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
};
use punchgate_domain::money::{Currency, StatedAmount};
use serde::{Deserialize, Serialize};

use super::{FlatFiles, books::Books};
use crate::{config::OrdersOut, feed::FeedKind, order_file};

/// Most bytes of a note.
const NOTE_BYTES: u64 = 64 << 10;

/// What is noted of an order that is handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Note {
    reference: String,
    customer: String,
    purchase_order_number: String,
    total: String,
    currency: String,
    created_at: Timestamp,
    /// The file that was written first.
    staged: String,
    /// Its name for the ERP.
    file: String,
}

/// The names of one order's files.
struct Names {
    note: FilePath,
    cancelled: FilePath,
}

impl FlatFiles {
    fn orders_out(&self, operation: &'static str) -> ConnectorResult<&OrdersOut> {
        self.orders.as_ref().ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::Unsupported,
                operation,
                "settings.orders is not configured",
            )
        })
    }

    /// The note of an order, and the order as it stands; what was cut short in handing it over is finished first.
    async fn handed_over(
        &self,
        files: Files<'_>,
        reference: &str,
        own: bool,
    ) -> ConnectorResult<Option<(Note, PlacedOrder)>> {
        let out = self
            .orders
            .as_ref()
            .ok_or_else(|| files.error(ErrorKind::Unsupported, "no orders"))?;
        let names = names(files, out, reference)?;
        let Some(note) = files.read(&names.note, NOTE_BYTES).await? else {
            return Ok(None);
        };
        let note: Note = serde_json::from_slice(&note).map_err(|error| {
            files.error(
                ErrorKind::Schema,
                format!("{}: it is no note of ours: {error}", names.note),
            )
        })?;
        let cancelled = files.read(&names.cancelled, NOTE_BYTES).await?.is_some();
        if !cancelled {
            self.hand_over(files, out, &note, own).await?;
        }
        let state = match cancelled {
            true => (PlacedState::Cancelled, None),
            false => self.told_state(files, &note).await?,
        };
        let currency = Currency::parse(&note.currency).unwrap_or(Currency::NONE);
        let order = PlacedOrder {
            order_id: note.reference.clone(),
            order_number: state.1.unwrap_or_else(|| note.reference.clone()),
            reference: note.reference.clone(),
            purchase_order_number: Some(note.purchase_order_number.clone()),
            customer: note.customer.clone(),
            state: state.0,
            total: StatedAmount::parse(&note.total, currency).ok(),
            created_at: note.created_at,
            revision: None,
        };
        Ok(Some((note, order)))
    }

    /// Moves the staged file to where the ERP fetches it: `own` if the note was written in this very call. That it is not staged any more says that this was done.
    async fn hand_over(
        &self,
        files: Files<'_>,
        out: &OrdersOut,
        note: &Note,
        own: bool,
    ) -> ConnectorResult<()> {
        let staged = path(files, &out.sent, &note.staged)?;
        let target = path(files, &out.out, &note.file)?;
        if !files.moves_in_one_step() {
            let there = files.read(&staged, order_bytes()).await?.is_some();
            let at_target = there && files.read(&target, order_bytes()).await?.is_some();
            if there && !at_target && !own {
                let message = format!(
                    "whether '{}' was handed over cannot be known: if the ERP has the order, remove {staged}; if not, \
                     move it to {target}",
                    note.reference
                );
                return Err(files.error(ErrorKind::Unknown, message));
            }
            if at_target {
                return files.remove(&staged).await.map(|_| ());
            }
        }
        if files.move_new(&staged, &target).await? == Moved::Exists {
            files.remove(&staged).await?;
        }
        Ok(())
    }

    /// What the ERP last said of an order, and its number there; a draft until it says something.
    async fn told_state(
        &self,
        files: Files<'_>,
        note: &Note,
    ) -> ConnectorResult<(PlacedState, Option<String>)> {
        let mut state = PlacedState::Draft;
        let mut number = None;
        let incoming = files.list(&self.directories.incoming).await?.entries;
        let archive = files.list(&self.directories.archive).await?.entries;
        // Clocks may differ by hours where files have no time zone.
        let since = note
            .created_at
            .saturating_sub(jiff::SignedDuration::from_hours(26));
        for kind in [DocumentKind::Acknowledgement, DocumentKind::Status] {
            let Some(feed) = self.feed(FeedKind::Documents(kind)) else {
                continue;
            };
            let intake = self.intake(files, feed);
            let survey = intake.survey(&incoming, &archive).await?;
            let since = since.as_ref().map_or(note.created_at, |since| *since);
            for arrival in survey.chain.iter().filter(|arrival| arrival.at >= since) {
                let Some(sheet) = intake.documents(arrival).await? else {
                    continue;
                };
                let of_order = sheet
                    .documents
                    .iter()
                    .filter(|document| document.reference.as_deref() == Some(&note.reference));
                for document in of_order {
                    number = document
                        .order_id
                        .clone()
                        .filter(|id| *id != note.reference)
                        .or(number);
                    match &document.content {
                        DocumentContent::Status { state: told, .. } => state = told.clone(),
                        DocumentContent::Acknowledgement(told)
                            if told.outcome
                                == punchgate_connector::documents::AcknowledgementOutcome::Rejected =>
                        {
                            state = PlacedState::Cancelled;
                        }
                        _ => state = PlacedState::Open,
                    }
                }
            }
        }
        Ok((state, number))
    }
}

#[async_trait]
impl Orders for FlatFiles {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        const OPERATION: &str = "orders.submit";
        let out = self.orders_out(OPERATION)?;
        let files = ctx.files(OPERATION)?;
        let names = names(files, out, &submission.reference)?;
        if let Some((_, order)) = self.handed_over(files, &submission.reference, false).await? {
            return Ok(SubmitOutcome::Existing(order));
        }
        if let Some(refusal) = self.unknown_customer(files, &submission.customer).await? {
            return Ok(SubmitOutcome::Rejected(refusal));
        }
        let unique = ctx.next_request_id();
        let ending = out.format.ending();
        let note = Note {
            reference: submission.reference.clone(),
            customer: submission.customer.clone(),
            purchase_order_number: submission.order.order_number.clone(),
            total: submission.order.total.text().to_owned(),
            currency: submission.order.total.currency().to_string(),
            created_at: ctx.now(),
            staged: format!(
                "staged-{}.{ending}",
                crate::hash::sha256(format!("{unique}/{}", submission.reference).as_bytes())
            ),
            file: format!("order-{}.{ending}", submission.reference),
        };
        let staged = path(files, &out.sent, &note.staged)?;
        files
            .write_new(&staged, order_file::render(submission, out.format))
            .await?;
        let text = serde_json::to_vec_pretty(&note)
            .map_err(|error| files.error(ErrorKind::Schema, error.to_string()))?;
        let written = files.write_new(&names.note, text).await?;
        // What stands there decides, not what was answered: some stores let two writers both be the first.
        let noted = files.read(&names.note, NOTE_BYTES).await?;
        let noted = noted.and_then(|noted| serde_json::from_slice::<Note>(&noted).ok());
        let first = written && noted.is_some_and(|noted| noted.staged == note.staged);
        if !first {
            // Somebody else hands the order over, by a file of their own.
            files.remove(&staged).await?;
        }
        let found = self.handed_over(files, &submission.reference, first).await?;
        let (_, order) = found.ok_or_else(|| {
            files.error(
                ErrorKind::Unknown,
                format!("{} is gone: somebody removed it", names.note),
            )
        })?;
        Ok(match first {
            true => SubmitOutcome::Created(order),
            false => SubmitOutcome::Existing(order),
        })
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        const OPERATION: &str = "orders.find";
        let files = ctx.files(OPERATION)?;
        self.orders_out(OPERATION)?;
        let found = self.handed_over(files, &key.reference, false).await?;
        Ok(found.into_iter().map(|(_, order)| order).collect())
    }

    /// Takes the file back, if the ERP has not fetched it yet.
    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        const OPERATION: &str = "orders.cancel";
        let out = self.orders_out(OPERATION)?;
        let files = ctx.files(OPERATION)?;
        let Some((note, mut order)) = self.handed_over(files, reference, false).await? else {
            let message = format!("order '{order_id}' was never handed over");
            return Err(ConnectorError::new(ErrorKind::NotFound, OPERATION, message));
        };
        if order.state == PlacedState::Cancelled {
            return Ok(CancelOutcome::Cancelled(order));
        }
        if order.state != PlacedState::Draft {
            return Ok(CancelOutcome::Refused {
                code: "fetched".to_owned(),
                message: "the ERP has taken the order up: cancel it there; its order status tells us"
                    .to_owned(),
                order,
            });
        }
        if !files.moves_in_one_step() {
            let message =
                format!("in S3 nobody can know whether the ERP has fetched '{reference}': cancel it there");
            return Err(ConnectorError::new(ErrorKind::Unsupported, OPERATION, message));
        }
        let file = path(files, &out.out, &note.file)?;
        let taken_back = path(files, &out.sent, &format!("{}.taken-back", note.file))?;
        let names = names(files, out, reference)?;
        let moved = files.move_new(&file, &taken_back).await?;
        // Cut short after the move: the file lies where it was taken back to.
        if moved != Moved::Missing || files.read(&taken_back, order_bytes()).await?.is_some() {
            let text = serde_json::json!({ "reason": reason, "at": ctx.now() }).to_string();
            files.write_new(&names.cancelled, text.into_bytes()).await?;
            order.state = PlacedState::Cancelled;
            return Ok(CancelOutcome::Cancelled(order));
        }
        Ok(CancelOutcome::Refused {
            code: "fetched".to_owned(),
            message: "the ERP has fetched the order: cancel it there; its order status tells us".to_owned(),
            order,
        })
    }
}

impl FlatFiles {
    async fn unknown_customer(&self, files: Files<'_>, customer: &str) -> ConnectorResult<Option<Refusal>> {
        let Some(feed) = self.feed(FeedKind::Customers) else {
            return Ok(None);
        };
        let books = Books::open(self, feed, files).await?;
        Ok((!books.list(customer).await?).then(|| Refusal {
            code: "customer".to_owned(),
            message: format!("the files have no customer '{customer}'"),
            fields: Vec::new(),
        }))
    }
}

/// Most bytes of an order that is read back.
fn order_bytes() -> u64 {
    256 << 20
}

fn names(files: Files<'_>, out: &OrdersOut, reference: &str) -> ConnectorResult<Names> {
    Ok(Names {
        note: path(files, &out.sent, &format!("{reference}.json"))?,
        cancelled: path(files, &out.sent, &format!("{reference}.cancelled.json"))?,
    })
}

fn path(files: Files<'_>, directory: &str, name: &str) -> ConnectorResult<FilePath> {
    FilePath::new(directory, name).map_err(|error| files.error(ErrorKind::Invalid, error.to_string()))
}
