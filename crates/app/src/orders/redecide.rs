//! Deciding again: after a hold was released or has run out, a limit, terms or exposure changed, a
//! reservation was freed, a person confirmed. First come first decided, one credit account at a time.

use std::{collections::HashMap, sync::Arc};

use jiff::civil;
use punchgate_domain::{
    Instant,
    ids::{RelationshipId, SupplierId},
    order::{Actor, Cause, OrderState, RedecisionGate, RedecisionInput},
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    order::{self, OrderRow},
    outbox,
};

use super::{
    carry, content, load,
    review::{self, Subject},
    working::Working,
    write,
};
use crate::{
    Surroundings,
    clock::{from_micros, micros},
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

/// Decides orders again.
#[derive(Debug, Clone)]
pub struct Redecide {
    surroundings: Surroundings,
    directory: Arc<Directory>,
}

/// What a decision is asked for.
#[derive(Debug, Clone)]
pub(super) struct Occasion {
    pub cause: Cause,
    pub actor: Actor,
    /// Whether the age of the order, its dates and prices ask for a person first.
    pub gated: bool,
}

type Relationships = HashMap<String, Arc<Relationship>>;

impl Redecide {
    /// Over this directory.
    pub fn new(surroundings: Surroundings, directory: Arc<Directory>) -> Self {
        Self {
            surroundings,
            directory,
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
                gated: true,
            };
            done += self.decide(supplier, &ids, &relationships, &occasion).await?;
        }
        Ok(done)
    }

    /// Orders whose customer nobody knew: the ERP or a mapping may know it by now. How many were decided.
    pub async fn without_customer(&self) -> Result<usize, RedecideError> {
        let mut decided = 0;
        for supplier in self.directory.suppliers().await? {
            decided += self.without_customer_of(supplier.id.as_str()).await?;
        }
        Ok(decided)
    }

    async fn without_customer_of(&self, supplier: &str) -> Result<usize, RedecideError> {
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let mut tx = self.surroundings.db.read().await?;
        let rows = order::without_customer(&mut tx, supplier, most).await?;
        tx.rollback().await?;
        let mut decided = 0;
        for row in rows {
            let mut tx = self.surroundings.db.read().await?;
            let relationships = self
                .relationships(&row.supplier_id, std::slice::from_ref(&row))
                .await?;
            let now = self.surroundings.now();
            let known = match relationships.get(&row.relationship_id) {
                Some(relationship) => {
                    let content = content::of_document(&mut tx, &row.supplier_id, &row.document_id).await?;
                    let asked = [(&**relationship, &content)];
                    let known = load::known_unlocked(&mut tx, &row.supplier_id, &asked, now).await?;
                    known.party_of(relationship, &content).is_ok()
                }
                None => false,
            };
            tx.rollback().await?;
            if known {
                decided += self.order(&row.supplier_id, &row.order_id).await?;
            }
        }
        Ok(decided)
    }

    /// One order, whatever it waits for.
    pub async fn order(&self, supplier: &str, id: &str) -> Result<usize, RedecideError> {
        let occasion = Occasion {
            cause: Cause::DecidedAgain,
            actor: job(),
            gated: true,
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
                let detail = "the order that it changes has not come within 15 minutes".to_owned();
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

    async fn decide(
        &self,
        supplier: &str,
        ids: &[String],
        relationships: &Relationships,
        occasion: &Occasion,
    ) -> Result<usize, RedecideError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let decided = decide_in(&mut tx, supplier, ids, relationships, occasion, now).await?;
        let entries: Vec<_> = decided
            .iter()
            .filter_map(|working| carry::submit(&working.row, now))
            .collect();
        write::orders(&mut tx, &decided).await?;
        outbox::enqueue_many(&mut tx, &entries, micros(now)).await?;
        tx.commit().await?;
        Ok(decided.len())
    }
}

/// Decides stored orders in the given order; what becomes of them is not yet written. Locks accounts first.
pub(super) async fn decide_in(
    tx: &mut Tx,
    supplier: &str,
    ids: &[String],
    relationships: &Relationships,
    occasion: &Occasion,
    now: Instant,
) -> StorageResult<Vec<Working>> {
    let mut contents = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(row) = order::get(tx, supplier, id).await? else {
            continue;
        };
        let Some(relationship) = relationships.get(&row.relationship_id) else {
            continue;
        };
        let content = content::of_document(tx, supplier, &row.document_id).await?;
        contents.push((row.order_id, Arc::clone(relationship), content));
    }
    let asked: Vec<_> = contents
        .iter()
        .map(|(_, relationship, content)| (&**relationship, content))
        .collect();
    let known = load::known(tx, supplier, &asked, now).await?;
    let mut ledger = known.standings.ledger();
    let carts = snapshot::of_orders(tx, supplier, &asked).await?;

    let mut decided = Vec::with_capacity(contents.len());
    for (id, relationship, content) in &contents {
        let row = order::lock(tx, supplier, id).await?;
        for mut working in load::with_numbers(tx, supplier, row.into_iter().collect()).await? {
            let state = working.state()?;
            if !state.may_be_decided_again() || carry::waits_for_predecessor(&working) {
                continue;
            }
            let party = known.party_of(relationship, content);
            if let Ok(party) = &party {
                load::enter_party(&mut working, party);
            }
            let cart = load::cart_of(&carts, relationship, content);
            let subject = Subject {
                relationship,
                order: content,
                party: party.as_ref().map_err(String::as_str),
                cart: cart.as_ref().map(|cart| cart.lines.as_slice()),
                own: review::own_share(&working.row, &ledger),
                confirmed: working.row.confirmed_at.is_some(),
                gate: gate(&working.row, relationship, occasion, now),
            };
            let judged = review::judge(&mut ledger, &subject, &working, now);
            review::enter(&mut working, &judged, occasion.cause, &occasion.actor, now);
            decided.push(working);
        }
    }
    Ok(decided)
}

fn gate(row: &OrderRow, relationship: &Relationship, occasion: &Occasion, now: Instant) -> RedecisionGate {
    if !occasion.gated {
        return RedecisionGate::Open;
    }
    let input = RedecisionInput {
        received_at: from_micros(row.received_at),
        requested_delivery: row
            .requested_on
            .as_deref()
            .and_then(|date| date.parse::<civil::Date>().ok()),
        // Prices are compared with the cart that the buyer was shown; that comparison is part of the verdict.
        price_still_valid: true,
        confirmed_at: row.confirmed_at.map(from_micros),
    };
    let today = now.to_zoned(relationship.supplier.time_zone.clone()).date();
    RedecisionGate::judge(&input, now, today)
}

fn job() -> Actor {
    Actor::Job("redecide".to_owned())
}
