//! Deciding again: after a hold was released or has run out, a limit, terms or exposure changed, a
//! reservation was freed, a person confirmed. First come first decided, one credit account at a time.

mod stored;
mod unknown;

use std::{collections::HashMap, sync::Arc};

use jiff::civil;
use punchgate_domain::{
    Instant,
    ids::{CreditAccountId, RelationshipId, SupplierId},
    order::{Actor, Cause, OrderState, RedecisionGate, RedecisionInput},
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx, contract_price, credit_account,
    order::{self, OrderRow},
    outbox,
};

pub(super) use self::stored::Stored;
use self::unknown::Turn;
use super::{
    carry,
    carts::OrderCarts,
    confirm, contract, load,
    review::{self, Subject},
    working::Working,
    write,
};
use crate::{
    Surroundings,
    accounts::crossing::run_again_if_crossed,
    clock::{from_micros, micros},
    credit,
    directory::{Directory, DirectoryError, Relationship},
    punchout::snapshot,
};

/// Most orders of one transaction.
const AT_ONCE: usize = 50;

/// Why orders could not be decided again.
#[derive(Debug, thiserror::Error)]
pub enum RedecideError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl RedecideError {
    fn is_crossing(&self) -> bool {
        matches!(self, Self::Storage(StorageError::Retry(_)))
    }
}

/// Decides orders again.
#[derive(Debug, Clone)]
pub struct Redecide {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    turn: Arc<Turn>,
}

/// What a decision is asked for.
#[derive(Debug, Clone)]
pub(super) struct Occasion {
    pub cause: Cause,
    pub actor: Actor,
    /// Whether the order leaves for its sink now: what must be known by then is missing if it is not known.
    pub leaving: bool,
}

type Relationships = HashMap<String, Arc<Relationship>>;

impl Redecide {
    /// Over this directory.
    pub fn new(surroundings: Surroundings, directory: Arc<Directory>) -> Self {
        Self {
            surroundings,
            directory,
            turn: Arc::default(),
        }
    }

    /// The waiting orders of a credit account.
    /// Returns how many orders were decided.
    pub async fn account(&self, supplier: &str, account: &str) -> Result<usize, RedecideError> {
        let mut done = 0;
        let mut after = (i64::MIN, String::new());
        loop {
            let rows = self.waiting(supplier, account, &after).await?;
            let Some(last) = rows.last() else { break };
            after = (last.arrival, last.order_id.clone());
            let relationships = self.relationships(supplier, &rows).await?;
            let ids: Vec<String> = rows.into_iter().map(|row| row.order_id).collect();
            let occasion = Occasion {
                cause: Cause::DecidedAgain,
                actor: job(),
                leaving: false,
            };
            done += self.decide(supplier, &ids, &relationships, &occasion).await?;
        }
        Ok(done)
    }

    /// One order, whatever it waits for.
    pub async fn order(&self, supplier: &str, id: &str) -> Result<usize, RedecideError> {
        let occasion = Occasion {
            cause: Cause::DecidedAgain,
            actor: job(),
            leaving: false,
        };
        self.one(supplier, id, &occasion).await
    }

    pub(super) async fn one(
        &self,
        supplier: &str,
        id: &str,
        occasion: &Occasion,
    ) -> Result<usize, RedecideError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier, id).await?;
        tx.rollback().await?;
        let Some(row) = row else { return Ok(0) };
        let relationships = self.relationships(supplier, std::slice::from_ref(&row)).await?;
        self.decide(supplier, &[row.order_id], &relationships, occasion)
            .await
    }

    /// A change whose order has not come in time goes to a person.
    pub async fn predecessor_due(&self, supplier: &str, id: &str) -> Result<(), RedecideError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let row = order::lock(&mut tx, supplier, id).await?;
        for mut working in load::with_numbers(&mut tx, supplier, row.into_iter().collect()).await? {
            if carry::waits_for_predecessor(&working) {
                let detail = carry::PREDECESSOR_MISSING.to_owned();
                working.step(
                    OrderState::Referred,
                    Cause::DecidedAgain,
                    &job(),
                    Some(detail),
                    now,
                );
            }
            write::orders(&mut tx, &[working]).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn waiting(
        &self,
        supplier: &str,
        account: &str,
        after: &(i64, String),
    ) -> Result<Vec<OrderRow>, RedecideError> {
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let mut tx = self.surroundings.db.read().await?;
        let rows = order::undecided_of_account(&mut tx, supplier, account, (after.0, &after.1), most).await?;
        tx.rollback().await?;
        Ok(rows)
    }

    pub(super) async fn relationships(
        &self,
        supplier: &str,
        rows: &[OrderRow],
    ) -> Result<Relationships, RedecideError> {
        let mut found = HashMap::new();
        for row in rows {
            if !found.contains_key(&row.relationship_id) {
                let id = RelationshipId::new(row.relationship_id.clone());
                let relationship = self
                    .directory
                    .relationship(&SupplierId::from(supplier), &id)
                    .await?;
                found.insert(row.relationship_id.clone(), relationship);
            }
        }
        Ok(found)
    }

    /// Decides the orders, in one transaction that is run again if another one crossed it.
    async fn decide(
        &self,
        supplier: &str,
        ids: &[String],
        relationships: &Relationships,
        occasion: &Occasion,
    ) -> Result<usize, RedecideError> {
        run_again_if_crossed!(self.decide_once(supplier, ids, relationships, occasion))
    }

    async fn decide_once(
        &self,
        supplier: &str,
        ids: &[String],
        relationships: &Relationships,
        occasion: &Occasion,
    ) -> Result<usize, RedecideError> {
        let mut stored = Vec::with_capacity(ids.len());
        let mut tx = self.surroundings.db.read().await?;
        for id in ids {
            match Stored::read(&mut tx, supplier, id, relationships).await {
                Ok(found) => stored.extend(found),
                Err(error @ StorageError::Corrupt { .. }) => self.unreadable(supplier, id, &error).await?,
                Err(error) => return Err(error.into()),
            }
        }
        tx.rollback().await?;
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let decided = decide_stored(&self.surroundings, &mut tx, supplier, &stored, occasion).await?;
        let entries: Vec<_> = decided
            .iter()
            .filter_map(|working| carry::submit_again(&working.row, now))
            .collect();
        write::orders(&mut tx, &decided).await?;
        outbox::enqueue_many(&mut tx, &entries, micros(now)).await?;
        tx.commit().await?;
        Ok(decided.len())
    }

    /// One order whose document cannot be read is for a person, and keeps the others of its account from nothing.
    async fn unreadable(&self, supplier: &str, id: &str, error: &StorageError) -> StorageResult<()> {
        tracing::error!(order = %id, %error, "an order cannot be decided");
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let row = order::lock(&mut tx, supplier, id).await?;
        let mut working = load::with_numbers(&mut tx, supplier, row.into_iter().collect()).await?;
        for order in &mut working {
            let detail = format!("it cannot be decided: {error}");
            let said = order.row.state_reason.as_deref() == Some(detail.as_str());
            if let (Ok(next), false) = (order.state()?.refer(), said) {
                order.release_credit();
                order.step(next, Cause::DecidedAgain, &job(), Some(detail), now);
            }
        }
        let freed: Vec<_> = working
            .iter()
            .filter_map(|order| carry::freed(order, now))
            .collect();
        outbox::enqueue_many(&mut tx, &freed, micros(now)).await?;
        write::orders(&mut tx, &working).await?;
        tx.commit().await
    }
}

/// Decides orders that were read before, in the given order; what becomes of them is not yet written. Locks accounts
/// first.
pub(super) async fn decide_stored(
    surroundings: &Surroundings,
    tx: &mut Tx,
    supplier: &str,
    stored: &[Stored],
    occasion: &Occasion,
) -> StorageResult<Vec<Working>> {
    let now = surroundings.now();
    let asked: Vec<_> = stored
        .iter()
        .map(|one| (&*one.relationship, &one.content))
        .collect();
    let so_far = stored.iter().filter_map(|one| one.row.credit_account_id.clone());
    let so_far: Vec<CreditAccountId> = so_far.map(CreditAccountId::new).collect();
    let mut known = load::known(tx, supplier, &asked, &so_far, now).await?;
    let ids: Vec<String> = stored.iter().map(|one| one.row.order_id.clone()).collect();
    let supplier_id = SupplierId::from(supplier);
    credit::add_overrides_of_orders(tx, &supplier_id, &mut known.standings, &ids).await?;
    let mut ledger = known.standings.ledger();
    let carts = snapshot::of_orders(tx, supplier, &asked).await?;
    let secured = load::secured(tx, supplier, &ids).await?;
    let answers = contract::answers(tx, supplier, &ids).await?;

    let (mut decided, mut entries) = (Vec::with_capacity(stored.len()), Vec::new());
    for one in stored {
        let row = order::lock(tx, supplier, &one.row.order_id).await?;
        for mut working in load::with_numbers(tx, supplier, row.into_iter().collect()).await? {
            let state = working.state()?;
            // Only a person's word lets a change pass whose order has not come.
            let waits = carry::lacks_predecessor(&working) && working.row.confirmed_at.is_none();
            if !state.may_be_decided_again() || waits {
                continue;
            }
            one.is_still(&working.row)?;
            if carry::lacks_sink(&working, &one.relationship)
                && !order::was_approved(tx, supplier, &working.row.order_id).await?
            {
                carry::name_sink(&mut working, &one.relationship);
            }
            let party = known.party_of(&one.relationship, &one.content);
            let own = review::enter_party(&mut working, party.as_ref().ok(), &mut known.lines, &mut ledger);
            let subject = Subject {
                relationship: &one.relationship,
                order: &one.content,
                party: party.as_ref().map_err(String::as_str),
                carts: &OrderCarts::of(&carts, &one.relationship, &one.content),
                contract: &answers.of(&working.row, occasion.leaving, now),
                own,
                secured: secured.get(&working.row.order_id).copied(),
                confirmed_at: working.row.confirmed_at.map(from_micros),
                gate: gate(&working.row, &one.relationship, now),
            };
            let judged = review::judge(&mut ledger, &subject, &working, now);
            review::enter(&mut working, &judged, occasion.cause, &occasion.actor, now);
            if working.row.state == OrderState::Declined.as_str() {
                let (why, document) = (judged.words_for_buyer(), surroundings.new_id());
                let rejection = confirm::rejection(&mut working, &one.relationship, &why, document, now);
                entries.extend(rejection);
            }
            if occasion.leaving {
                let passed_over = contract::not_asked(&working.row, &judged.unasked, now);
                contract_price::put_many(tx, &passed_over).await?;
            }
            if judged.asks_prices && !occasion.leaving && asks_now(&working.row) {
                entries.push(carry::compare_again(&working.row, &one.relationship, now));
            }
            entries.extend(carry::freed(&working, now));
            decided.push(working);
        }
    }
    credit_account::set_next_arrivals(tx, supplier, &known.lines.grown()).await?;
    outbox::enqueue_many(tx, &entries, micros(now)).await?;
    Ok(decided)
}

/// Whether prices are asked for an order that was decided again: before it goes on, or because it is held for them.
fn asks_now(row: &OrderRow) -> bool {
    let held_for_price = || {
        let decision = row.decision.as_deref().and_then(review::DecisionRecord::read);
        decision.is_some_and(|decision| decision.is_about_prices())
    };
    row.state == OrderState::Approved.as_str() || (row.state == OrderState::Held.as_str() && held_for_price())
}

/// Whether the age of the order or its requested date asks for a person first.
fn gate(row: &OrderRow, relationship: &Relationship, now: Instant) -> RedecisionGate {
    let day_of = |at: Instant| at.to_zoned(relationship.supplier.time_zone.clone()).date();
    // An approval let a date pass that was over already; only what has passed since asks for a person.
    let approved_on = row
        .decided_at
        .filter(|_| row.state == OrderState::Approved.as_str())
        .map(|at| day_of(from_micros(at)));
    let input = RedecisionInput {
        received_at: from_micros(row.received_at),
        requested_delivery: row
            .requested_on
            .as_deref()
            .and_then(|date| date.parse::<civil::Date>().ok())
            .filter(|date| approved_on.is_none_or(|approved| *date >= approved)),
        confirmed_at: row.confirmed_at.map(from_micros),
    };
    RedecisionGate::judge(&input, now, day_of(now))
}

fn job() -> Actor {
    Actor::Job("redecide".to_owned())
}
