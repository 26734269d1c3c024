//! What a person has done to an order that the sink has: a change of the buyer's carried over, a withdrawn order cancelled
//! there. Decided and noted here; the sink is told by a job.
//!
//! **Invariant:** one change of an order is on its way at a time, and takes up what it asks for beyond the order until
//! somebody knows what became of it.

use std::sync::Arc;

use punchgate_domain::{
    Instant,
    catalogue::Problem,
    ids::{ConnectorId, CreditAccountId},
    order::{Cause, OrderState},
    policy::{ConfirmationPolicy, OrderSink},
    purchase_order::{OrderOperation, PurchaseOrder},
};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    order::{self, OrderRow},
    order_change::{self, OrderChangeRow},
    outbox,
};

use super::{OperatorError, OrderDesk, Word, actor, is_expected, is_no_copy, not_found};
use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry,
        confirm::{self, Commitment},
        content,
        load::{self, KnownOfChange},
        review::{Difference, Party, Step, change_reservation, taken_by_hand},
        submit,
        working::Working,
        write,
    },
};

/// A change that a person has asked for, as it was read before anything was locked.
struct Asked {
    row: OrderRow,
    relationship: Arc<Relationship>,
    before: PurchaseOrder,
    after: PurchaseOrder,
}

impl Asked {
    async fn known(&self, tx: &mut Tx, now: Instant) -> StorageResult<KnownOfChange> {
        load::known_of_change(tx, &self.row, (&*self.relationship, &self.after), now).await
    }

    fn step(&self, known: &KnownOfChange) -> Step<'_> {
        Step {
            relationship: &self.relationship,
            before: &self.before,
            after: &self.after,
            secured: known.secured,
            counted: None,
        }
    }

    /// What the order takes of the limit beyond what it does, once the change is made.
    fn taken_by_hand(&self, known: &KnownOfChange, order: &Working, now: Instant) -> Result<i64, String> {
        let Some(account) = order.row.credit_account_id.clone().map(CreditAccountId::new) else {
            return Ok(0);
        };
        let ledger = known.customers.standings.ledger();
        match ledger.standing(&account) {
            Some(standing) => taken_by_hand(standing, &self.step(known), order, now),
            None => Ok(0),
        }
    }
}

impl OrderDesk {
    /// Has a version of an order that the sink has carried over to it: decided by what it asks for beyond the order, then
    /// told to the sink.
    pub async fn carry_over(&self, word: &Word<'_>, version: i64) -> Result<(), OperatorError> {
        let asked = self.asked(word, version).await?;
        self.sink_can_change(&asked.row).await?;
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let decided = self.decide_change(&mut tx, word, version, &asked).await;
        match decided {
            Ok(Ok(())) => Ok(tx.commit().await?),
            // What stands against it is noted with the order.
            Ok(Err(why)) => {
                tx.commit().await?;
                Err(refused(why))
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// A person has changed the order in the sink: this version is what it is from now on. Nobody decides: it is done.
    pub async fn carried_over_by_hand(&self, word: &Word<'_>, version: i64) -> Result<(), OperatorError> {
        let asked = self.asked(word, version).await?;
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        match self.take_by_hand(&mut tx, word, version, &asked).await {
            Ok(()) => Ok(tx.commit().await?),
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// Has a withdrawn order cancelled in the sink that had accepted it.
    pub async fn cancel_at_sink(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        let can_cancel = self.sink_can_cancel(word).await?;
        self.change(word, |working| {
            let state = working.state()?;
            let row = &working.row;
            if state != OrderState::Cancelled {
                let why = format!("the order is {state}: only one that the buyer has withdrawn is cancelled there");
                return Ok(Err(why));
            }
            let Some(number) = &row.sink_order_id else {
                return Ok(Err("the sink never had the order".to_owned()));
            };
            if row.sink_connector_id.is_none() || !can_cancel {
                let why = format!(
                    "nobody here can cancel {number}: cancel it there, then replay {} (or skip it, where a person had \
                     entered the order)",
                    carry::WITHDRAWAL_DUE
                );
                return Ok(Err(why));
            }
            let entry = carry::cancel_accepted(row, word.reason, now);
            let detail = Some(format!("to be cancelled in the sink: {}", word.reason));
            let from = Some(working.row.state.clone());
            working.note(from, state, Cause::PersonDecided, &actor(word), detail.clone(), now);
            working.row.state_reason = detail;
            working.row.updated_at = micros(now);
            working.changed = true;
            Ok(Ok(Some(entry)))
        })
        .await
    }

    /// Every ERP does; a shop where it says so. A connector that cannot be made just now is asked by the job.
    async fn sink_can_cancel(&self, word: &Word<'_>) -> Result<bool, OperatorError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, word.supplier.as_str(), word.order).await?;
        tx.rollback().await?;
        let connector = row.and_then(|row| {
            row.sink_connector_id
                .filter(|_| row.sink != OrderSink::Erp.as_str())
        });
        let Some(connector) = connector.map(ConnectorId::new) else {
            return Ok(true);
        };
        let opened = self.connectors.connector(word.supplier, &connector).await;
        Ok(opened.map_or(true, |shop| shop.spec().capabilities.order_cancel))
    }

    /// Reads what a decision rests on, before anything is locked.
    async fn asked(&self, word: &Word<'_>, version: i64) -> Result<Asked, OperatorError> {
        let relationship = self.relationship_of(word).await?;
        let supplier = word.supplier.as_str();
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier, word.order).await?;
        let stored = order::version(&mut tx, supplier, word.order, version).await?;
        let (Some(row), Some(stored)) = (row, stored) else {
            tx.rollback().await?;
            return Err(OperatorError::Refused {
                problem: Problem::NotFound,
                details: format!("there is no version {version} of order '{}'", word.order),
            });
        };
        is_no_copy(&row)?;
        let before = content::of_document(&mut tx, supplier, &row.document_id).await?;
        let after = content::of_document(&mut tx, supplier, &stored.document_id).await?;
        tx.rollback().await?;
        Ok(Asked {
            row,
            relationship,
            before,
            after,
        })
    }

    /// Refuses where nobody but a person can change the order. A connector that cannot be made just now is asked by the
    /// job.
    async fn sink_can_change(&self, row: &OrderRow) -> Result<(), OperatorError> {
        let by_hand = |why: String| {
            Err(refused(format!(
                "{why}: change it there, then carry it over with by_hand = true"
            )))
        };
        let Some(connector) = &row.sink_connector_id else {
            return by_hand("a person has entered the order".to_owned());
        };
        let connector = ConnectorId::new(connector.clone());
        if row.sink != OrderSink::Erp.as_str() {
            return by_hand(format!("shop '{connector}' takes no changes of its orders"));
        }
        let supplier = row.supplier_id.as_str().into();
        match self.connectors.connector(&supplier, &connector).await {
            Ok(opened) if !opened.spec().capabilities.order_change => {
                by_hand(format!("'{connector}' does not change orders"))
            }
            _ => Ok(()),
        }
    }

    /// The order under its lock, if it is what the person saw and waits for this version.
    async fn locked(
        &self,
        tx: &mut Tx,
        word: &Word<'_>,
        version: i64,
    ) -> Result<(Working, Option<OrderChangeRow>), OperatorError> {
        let supplier = word.supplier.as_str();
        let row = order::lock(tx, supplier, word.order).await?;
        let mut working = load::with_numbers(tx, supplier, row.into_iter().collect()).await?;
        let Some(order) = working.pop() else {
            return Err(not_found(word));
        };
        is_expected(word, &order)?;
        let state = order.state()?;
        if !matches!(state, OrderState::Accepted | OrderState::HeldByErp) {
            return Err(refused(format!(
                "the order is {state}: a change is carried over only to a sink that has the order"
            )));
        }
        if version <= order.row.version {
            return Err(refused(format!(
                "the order is version {} already",
                order.row.version
            )));
        }
        if version != order.stored_versions {
            return Err(refused(format!(
                "version {} has come since: carry that one over",
                order.stored_versions
            )));
        }
        let change = order_change::of_order(tx, supplier, word.order).await?;
        Ok((order, change))
    }

    /// Decides and, if nothing stands against it, writes the change down and what tells the sink of it. What stands
    /// against it is noted.
    async fn decide_change(
        &self,
        tx: &mut Tx,
        word: &Word<'_>,
        version: i64,
        asked: &Asked,
    ) -> Result<Result<(), String>, OperatorError> {
        let now = self.surroundings.now();
        let known = asked.known(tx, now).await?;
        let (mut order, change) = self.locked(tx, word, version).await?;
        if let Some(change) = change {
            return Err(on_its_way(&change));
        }
        let step = asked.step(&known);
        let mut ledger = known.customers.standings.ledger();
        let party = known.customers.party_of(&asked.relationship, &asked.after);
        let decided = party.and_then(|party| {
            is_of(&order.row, &party, &asked.after)?;
            let difference = Difference::decide(&mut ledger, &step, &party, &order, now)?;
            let drawn = difference.draw(&mut order)?;
            Ok((difference, drawn))
        });
        let (said, from) = (order.state()?, Some(order.row.state.clone()));
        let (detail, entry, outcome) = match decided {
            Ok((difference, drawn_minor)) => {
                let row = change_row(word, version, &order, (&difference, drawn_minor), micros(now));
                order_change::put(tx, &row).await?;
                let detail = format!("version {version} is carried over to the sink: {}", word.reason);
                (
                    detail,
                    Some(carry::change_at_sink(&order.row, version, now)),
                    Ok(()),
                )
            }
            Err(why) => {
                let detail = format!("version {version} cannot be carried over: {why}");
                (detail.clone(), None, Err(detail))
            }
        };
        order.note(
            from,
            said,
            Cause::PersonDecided,
            &actor(word),
            Some(detail.clone()),
            now,
        );
        order.row.state_reason = Some(detail);
        order.row.updated_at = micros(now);
        order.changed = true;
        write::orders(tx, &[order]).await?;
        outbox::enqueue_many(tx, entry.as_slice(), micros(now)).await?;
        Ok(outcome)
    }

    async fn take_by_hand(
        &self,
        tx: &mut Tx,
        word: &Word<'_>,
        version: i64,
        asked: &Asked,
    ) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        let known = asked.known(tx, now).await?;
        let (mut order, change) = self.locked(tx, word, version).await?;
        if let Some(change) = change {
            return Err(on_its_way(&change));
        }
        let relationship = &asked.relationship;
        let takes = asked.taken_by_hand(&known, &order, now);
        let entries = self
            .by_hand(tx, word, (&mut order, version, takes), asked)
            .await?;
        // An order that the ERP holds is told of when it is let go; an acknowledgement comes from the ERP itself.
        let tells = relationship.policies.confirmation == ConfirmationPolicy::OnErpOrderCreated
            && order.state()? == OrderState::Accepted;
        let told = tells.then(|| {
            confirm::enqueue_entry(&self.surroundings, &mut order, relationship, Commitment::accept())
        });
        let entries: Vec<_> = told.flatten().into_iter().chain(entries).collect();
        write::orders(tx, &[order]).await?;
        outbox::enqueue_many(tx, &entries, micros(now)).await?;
        Ok(())
    }

    async fn by_hand(
        &self,
        tx: &mut Tx,
        word: &Word<'_>,
        (order, version, takes): (&mut Working, i64, Result<i64, String>),
        asked: &Asked,
    ) -> StorageResult<Option<outbox::NewEntry>> {
        let now = self.surroundings.now();
        let (state, from) = (order.state()?, Some(order.row.state.clone()));
        let tender = order.row.tender.clone();
        submit::take_version(tx, order, version, now).await?;
        if asked.before.payment == asked.after.payment {
            // Paid as it was, also where a person had secured it.
            order.row.tender = tender;
        }
        submit::is_in_sink(tx, &order.row, version, now).await?;
        let (takes, unknown) = match takes {
            Ok(takes) => (takes, String::new()),
            Err(why) => (
                0,
                format!("; it takes up no more of the limit than before: {why}"),
            ),
        };
        change_reservation(order, (&asked.before, &asked.after), takes, &asked.relationship);
        let detail = Some(format!(
            "version {version} was carried over by hand: {}{unknown}",
            word.reason
        ));
        order.note(from, state, Cause::PersonDecided, &actor(word), detail, now);
        order.row.state_reason = None;
        if order.row.erp_created_at.is_some() {
            // A reading that is under way shows perhaps what it was before.
            order.row.erp_created_at = Some(micros(now));
        }
        Ok(carry::freed(order, now))
    }
}

/// A change names the customer of its order, and says what the order is.
fn is_of(row: &OrderRow, party: &Party, after: &PurchaseOrder) -> Result<(), String> {
    if after.operation == OrderOperation::Delete {
        return Err("it withdraws the order: nothing is carried over".to_owned());
    }
    let customer = party.parties.sold_to.as_str();
    let account = party.account.as_str();
    let same =
        row.customer_id.as_deref() == Some(customer) && row.credit_account_id.as_deref() == Some(account);
    match same {
        true => Ok(()),
        false => {
            Err("it is for another customer than the order: cancel that, and enter this one anew".to_owned())
        }
    }
}

/// A change that nobody has told the sink of yet.
fn change_row(
    word: &Word<'_>,
    version: i64,
    order: &Working,
    (difference, drawn_minor): (&Difference, i64),
    asked_at: i64,
) -> OrderChangeRow {
    OrderChangeRow {
        supplier_id: order.row.supplier_id.clone(),
        order_id: order.row.order_id.clone(),
        version,
        credit_account_id: order.row.credit_account_id.clone(),
        tender: difference.tender.as_str().to_owned(),
        reserved_minor: difference.reserve,
        drawn_minor,
        asked_by: word.by.to_owned(),
        asked_at,
        sent_at: None,
        commitment: None,
    }
}

fn on_its_way(change: &OrderChangeRow) -> OperatorError {
    refused(format!(
        "version {} is on its way to the sink: what comes of that is known first",
        change.version
    ))
}

fn refused(details: String) -> OperatorError {
    OperatorError::Refused {
        problem: Problem::InvalidTransition,
        details,
    }
}
