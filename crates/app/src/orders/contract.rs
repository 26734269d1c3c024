//! Lines of an order that no cart covers, compared with the customer's contract: their prices are asked of the ERP,
//! or of the shop where the ERP tells none, stored with the order, and the order is decided again.
//!
//! **Invariant:** the network is asked in no transaction, so the buyer is answered before it is known what the
//! contract says. The question stands in the sink's stream ahead of the submission: the order goes nowhere before
//! it is answered, unless the relationship only warns of prices.

mod ask;
mod stored;

use std::sync::Arc;

use punchgate_domain::{
    Instant,
    ids::SupplierId,
    order::OrderState,
    policy::{ContractPrice, PriceAction},
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    contract_price::{self, ContractPriceRow},
    order::{self, OrderRow},
};

pub(super) use self::stored::{Contract, answers, not_asked};
use self::{ask::Question, stored::Answered};
use super::{
    carry::OrderJob,
    carts::{OrderCarts, counted_at},
    content, load,
    mapped::mapped,
    redecide::{Redecide, RedecideError},
    write,
};
use crate::{
    Surroundings,
    clock::micros,
    connectors::ConnectorSource,
    directory::Relationship,
    punchout::snapshot,
    work::{Claimed, Ending},
};

/// How the reason of an order begins that stands still because nobody tells its prices.
const WAITS: &str = "waits for its contract prices: ";

/// Asks contract prices.
#[derive(Debug, Clone)]
pub struct ComparePrices {
    surroundings: Surroundings,
    redecide: Redecide,
    connectors: Arc<ConnectorSource>,
}

/// Why prices could not be compared.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Redecide(#[from] RedecideError),
    /// Whoever is asked may answer later.
    #[error("{0}")]
    Later(String),
    /// The relationship is switched off.
    #[error("{0}")]
    SwitchedOff(String),
}

/// Of which order, and which version of it.
struct Asked {
    row: OrderRow,
    relationship: Arc<Relationship>,
    questions: Vec<Question>,
}

impl ComparePrices {
    /// Over these connectors.
    pub fn new(surroundings: Surroundings, redecide: Redecide, connectors: Arc<ConnectorSource>) -> Self {
        Self {
            surroundings,
            redecide,
            connectors,
        }
    }

    /// The job `compare-prices`. Asking twice changes nothing: the answers that are there stay.
    pub async fn run(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        match self.compare(claimed, &job).await {
            Ok(done) => Ending::Done(done),
            Err(CompareError::SwitchedOff(why)) => Ending::Wait(why),
            Err(error) => Ending::Retry(error.to_string()),
        }
    }

    async fn compare(&self, claimed: &Claimed, job: &OrderJob) -> Result<String, CompareError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let Some(asked) = self.questions(&supplier, job).await? else {
            return Ok("nothing left to compare".to_owned());
        };
        let answered = match self.ask(&supplier, &asked).await {
            Ok(answered) => answered,
            Err(message) if asked.relationship.policies.price.action == PriceAction::Warn => {
                // A warning keeps no order from going on.
                Answered::for_all(&asked.questions, &ContractPrice::NotTold { message })
            }
            Err(why) => {
                self.write(claimed, &asked.row, &[], Some(&why)).await?;
                return Err(CompareError::Later(why));
            }
        };
        let now = micros(self.surroundings.now());
        let rows: Vec<_> = answered.iter().map(|one| one.row(&asked.row, now)).collect();
        self.write(claimed, &asked.row, &rows, None).await?;
        self.redecide
            .order(supplier.as_str(), &asked.row.order_id)
            .await?;
        Ok(format!("{} contract prices asked", rows.len()))
    }

    /// What is to be asked of the order as it stands now; none if it waits for nobody's price.
    async fn questions(&self, supplier: &SupplierId, job: &OrderJob) -> Result<Option<Asked>, CompareError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        tx.rollback().await?;
        let Some(row) = row else { return Ok(None) };
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&row))
            .await?;
        let Some(relationship) = relationships.get(&row.relationship_id).cloned() else {
            return Ok(None);
        };
        let open = OrderState::parse(&row.state).is_ok_and(OrderState::may_be_decided_again);
        if !open || relationship.policies.price.action == PriceAction::Accept {
            return Ok(None);
        }
        if !relationship.enabled {
            let why = format!(
                "relationship {} is switched off: its prices are asked when it is switched on",
                relationship.path_text()
            );
            return Err(CompareError::SwitchedOff(why));
        }
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.read().await?;
        let questions = open_questions(&mut tx, &row, &relationship, now).await?;
        tx.rollback().await?;
        Ok(questions.map(|questions| Asked {
            row,
            relationship,
            questions,
        }))
    }

    /// Keeps what was told, and says in the order why it stands still, or that it no longer does.
    async fn write(
        &self,
        claimed: &Claimed,
        row: &OrderRow,
        told: &[ContractPriceRow],
        why: Option<&str>,
    ) -> StorageResult<()> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let stored = order::lock(&mut tx, &row.supplier_id, &row.order_id).await?;
        claimed.fence(&mut tx).await?;
        contract_price::put_many(&mut tx, told).await?;
        let mut working = load::with_numbers(&mut tx, &row.supplier_id, stored.into_iter().collect()).await?;
        for one in &mut working {
            let waits = one
                .row
                .state_reason
                .as_ref()
                .is_some_and(|said| said.starts_with(WAITS));
            let reason = why.map(|why| format!("{WAITS}{why}"));
            let says = one.row.state == OrderState::Approved.as_str()
                && one.row.version == row.version
                && one.row.state_reason != reason
                && (waits || one.row.state_reason.is_none());
            if says {
                one.row.state_reason = reason;
                one.row.updated_at = micros(self.surroundings.now());
                one.changed = true;
            }
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await
    }
}

/// The lines that no cart covers and for which there is no answer of today. None where the customer is not known:
/// the order is held for that, and asked again when it is.
async fn open_questions(
    tx: &mut Tx,
    row: &OrderRow,
    relationship: &Arc<Relationship>,
    now: Instant,
) -> StorageResult<Option<Vec<Question>>> {
    let supplier = row.supplier_id.as_str();
    let Some(customer) = super::submit::draft::customer(tx, row).await? else {
        return Ok(None);
    };
    let order = content::of_document(tx, supplier, &row.document_id).await?;
    let asked = mapped(&order, relationship);
    let carts = snapshot::of_orders(tx, supplier, &[(&**relationship, &order)]).await?;
    let carts = OrderCarts::of(&carts, relationship, &order);
    let uncovered = carts.check(&order, relationship, counted_at(row, now)).uncovered;
    let known = answers(tx, supplier, std::slice::from_ref(&row.order_id)).await?;
    let known = known.of(row, false, now);
    let missing = uncovered.into_iter().filter(|place| !known.is_fresh(*place));
    Ok(Some(
        missing
            .filter_map(|place| {
                Some(Question::of(
                    place,
                    asked.lines.get(place)?,
                    &customer.external_id,
                ))
            })
            .collect(),
    ))
}
