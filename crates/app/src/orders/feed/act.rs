//! A document meets its order: what it does there, and what follows. Runs inside the transaction that applies it.

use punchgate_domain::{
    ids::ConnectorId,
    order::{Actor, Cause},
    policy::ConfirmationPolicy,
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    order::{self, OrderRow},
    order_change::{self, OrderChangeRow},
    order_submission,
    outbox::{self, NewEntry},
};

use super::{
    OrderFeed, Relationships,
    effect::{self, Effect, OrderKey},
};
use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry,
        confirm::{self, Commitment, CommitmentKind, SaidMeanwhile},
        load,
        working::Working,
        write,
    },
};

impl OrderFeed {
    /// Acts on the order that was found under these keys. Locks it.
    pub(super) async fn act_on(
        &self,
        tx: &mut Tx,
        (found, connector, key): (&OrderRow, &ConnectorId, &OrderKey),
        detail: &str,
        effect: &Effect,
        relationships: &Relationships,
    ) -> StorageResult<()> {
        let supplier = &found.supplier_id;
        let Some(relationship) = relationships.get(&found.relationship_id) else {
            // The order became known between the look and the transaction.
            return Err(StorageError::Retry(format!(
                "relationship {} was not loaded",
                found.relationship_id
            )));
        };
        let row = order::lock(tx, supplier, &found.order_id).await?;
        let mut working = load::with_numbers(tx, supplier, row.into_iter().collect()).await?;
        let submissions = order_submission::of_order(tx, supplier, &found.order_id).await?;
        // Of an order in a shop that passes it on the ERP tells, too.
        let is_sink = found.sink_connector_id.as_deref() == Some(connector.as_str());
        let mut entries = Vec::new();
        for order in &mut working {
            let who = if is_sink { order.sink_actor() } else { Actor::Erp };
            let another = effect::names_another(&order.row, connector.as_str(), key, &submissions);
            match (another, effect) {
                (Some(why), Effect::Confirm { .. } | Effect::Bill(_)) => {
                    self.note(order, &who, format!("{detail}; {why}"))?;
                }
                (_, Effect::Confirm { said, issued_at }) if effect::is_told(order.state()?, said) => {
                    if !self
                        .waits_for_change(tx, order, (said, *issued_at), (&who, detail))
                        .await?
                    {
                        let older = effect::is_older(&order.row, *issued_at, &submissions);
                        let telling = (&who, detail.to_owned());
                        entries.extend(self.commit(order, (said, older), relationship, telling)?);
                    }
                }
                _ => entries.extend(self.act(order, (&who, detail), effect)?),
            }
        }
        write::orders(tx, &working).await?;
        outbox::enqueue_many(tx, &entries, micros(self.surroundings.now())).await
    }

    fn act(
        &self,
        order: &mut Working,
        (who, detail): (&Actor, &str),
        effect: &Effect,
    ) -> StorageResult<Vec<NewEntry>> {
        let now = self.surroundings.now();
        let state = order.state()?;
        let mut detail = detail.to_owned();
        let mut entries = Vec::new();
        match effect {
            Effect::Confirm { .. } => {
                detail.push_str(&format!("; the buyer is not told: the order is {state} here"));
            }
            Effect::Bill(bill) => effect::bill(order, bill, now),
            Effect::Ask { ended } => {
                if *ended {
                    effect::end(order, now);
                }
                entries.push(carry::ask_sink(&order.row, now));
            }
            Effect::Note => {}
        }
        self.note(order, who, detail)?;
        Ok(entries)
    }

    /// What the sink commits to while a change is on its way there is perhaps about the order as it will be: the buyer is
    /// told when that is known. Not of an order that nobody has told the sink to change yet.
    async fn waits_for_change(
        &self,
        tx: &mut Tx,
        order: &mut Working,
        (said, issued_at): (&Commitment, i64),
        (who, detail): (&Actor, &str),
    ) -> StorageResult<bool> {
        let (supplier, id) = (&order.row.supplier_id, &order.row.order_id);
        let change = order_change::of_order(tx, supplier, id).await?;
        let Some((change, sent_at)) = change.and_then(|change| change.sent_at.map(|at| (change, at))) else {
            return Ok(false);
        };
        let version = change.version;
        let commitment = Some(carry::json(&SaidMeanwhile {
            said: said.clone(),
            is_older: issued_at < sent_at,
        }));
        order_change::put(tx, &OrderChangeRow { commitment, ..change }).await?;
        let words =
            format!("{detail}; the buyer is told when it is known whether the sink has version {version}");
        self.note(order, who, words)?;
        Ok(true)
    }

    fn note(&self, order: &mut Working, who: &Actor, detail: String) -> StorageResult<()> {
        let (state, from) = (order.state()?, Some(order.row.state.clone()));
        let now = self.surroundings.now();
        order.note(from, state, Cause::SinkAnswered, who, Some(detail), now);
        Ok(())
    }

    /// Keeps what the sink commits to, and tells the buyer where the policy says so. What it wrote down before it was told
    /// of the version that counts is perhaps about the one before: a person looks.
    fn commit(
        &self,
        order: &mut Working,
        (commitment, is_older): (&Commitment, bool),
        relationship: &Relationship,
        (who, mut detail): (&Actor, String),
    ) -> StorageResult<Vec<NewEntry>> {
        let before = confirm::committed(order)?;
        let told = match relationship.policies.confirmation {
            ConfirmationPolicy::OnErpAcknowledgement | ConfirmationPolicy::OnErpOrderCreated if is_older => {
                let why = confirm::older_text(order.row.version);
                detail.push_str(&format!("; {why}"));
                order.row.state_reason = Some(why);
                false
            }
            ConfirmationPolicy::OnErpAcknowledgement => true,
            // All of it was confirmed when the sink had it: what is said since is told where it differs.
            ConfirmationPolicy::OnErpOrderCreated => *commitment != before,
            ConfirmationPolicy::Manual => {
                detail.push_str("; the buyer is told when a person sends the confirmation");
                false
            }
            ConfirmationPolicy::Never => false,
        };
        order.row.commitment = Some(carry::json(commitment));
        order.changed = true;
        let confirmation = told
            .then(|| confirm::enqueue_entry(&self.surroundings, order, relationship, commitment.clone()))
            .flatten();
        // Whether the order itself is rejected is for the sink to say, not for its letter.
        let rejected = commitment.kind == CommitmentKind::Reject;
        let asked = rejected.then(|| carry::ask_sink(&order.row, self.surroundings.now()));
        self.note(order, who, detail)?;
        Ok(confirmation.into_iter().chain(asked).collect())
    }
}
