//! Copies of orders in a shadow run: stored, judged on what is known, answered; nothing follows from them.
//!
//! **Invariant:** a copy is in [`OrderState::Shadow`], or withdrawn; it names no sink and no credit account, takes up nothing,
//! and puts nothing into the outbox.

use punchgate_domain::{
    ids::DocumentId,
    order::{Actor, Cause, OrderState, RedecisionGate, UpdateRule},
    purchase_order::OrderOperation,
};

use super::Fold;
use crate::orders::{
    Answer, Disposition, Received, carry,
    contract::Contract,
    review::{self, Subject},
    working::Working,
};

impl Fold<'_> {
    /// What a copy does to the order as it is known here.
    pub(super) fn copy(
        &mut self,
        received: &Received,
        document: &DocumentId,
        known: Option<Working>,
    ) -> (Working, Answer, Disposition) {
        match (received.order.operation, known) {
            (OrderOperation::Delete, None) => self.delete_without_order(received, document),
            (OrderOperation::Delete, Some(order)) => self.withdraw_copy(received, document, order),
            (OrderOperation::New | OrderOperation::Update, None) => self.first_copy(received, document),
            (OrderOperation::New | OrderOperation::Update, Some(order)) => {
                self.further_copy(received, document, order)
            }
        }
    }

    fn first_copy(&mut self, received: &Received, document: &DocumentId) -> (Working, Answer, Disposition) {
        let mut order = self.fresh(received, document, 1);
        OrderState::Shadow.as_str().clone_into(&mut order.row.state);
        self.version(&mut order, received, document, 1);
        self.judge_copy(&mut order, received, None);
        (order, Answer::ok(), Disposition::Created)
    }

    fn further_copy(
        &mut self,
        received: &Received,
        document: &DocumentId,
        mut order: Working,
    ) -> (Working, Answer, Disposition) {
        if order.row.content_hash == received.content_hash {
            return (order, Answer::ok(), Disposition::Repeated);
        }
        match order.state().map(OrderState::on_update) {
            Ok(UpdateRule::StaysShadow) => {
                let (version, before) = (carry::next_version(&order), order.row.state.clone());
                self.replace(&mut order, received, document, version);
                self.judge_copy(&mut order, received, Some(before));
                (order, Answer::ok(), Disposition::Changed)
            }
            _ => self.kept(order, received, document, "was withdrawn; it stays so"),
        }
    }

    fn withdraw_copy(
        &mut self,
        received: &Received,
        document: &DocumentId,
        mut order: Working,
    ) -> (Working, Answer, Disposition) {
        if order.row.state != OrderState::Shadow.as_str() {
            return self.kept(order, received, document, "withdraws it once more");
        }
        let version = carry::next_version(&order);
        self.version(&mut order, received, document, version);
        let to = OrderState::Shadow.cancel().state;
        order.step(to, Cause::BuyerCancelled, &Actor::Buyer, None, self.now);
        (order, Answer::ok(), Disposition::Cancelled)
    }

    /// Judges it on the books as they are, in a copy of them: what comes after it does not see that it was there.
    fn judge_copy(&mut self, order: &mut Working, received: &Received, before: Option<String>) {
        let cause = Cause::DocumentReceived;
        order.note(before, OrderState::Shadow, cause, &Actor::Buyer, None, self.now);
        let party = self.loaded.party_of(received);
        let carts = self.loaded.carts_of(received);
        order.row.cart_snapshot_id = carts.first().map(|cart| cart.id.clone());
        order.row.session_id = carts.first().map(|cart| cart.session.clone());
        let subject = Subject {
            relationship: &received.relationship,
            order: &received.order,
            party: party.as_ref().map_err(String::as_str),
            carts: &carts,
            contract: &Contract::default(),
            own: None,
            secured: None,
            confirmed_at: None,
            gate: RedecisionGate::Open,
        };
        let judged = review::judge(&mut self.loaded.ledger.clone(), &subject, order, self.now);
        review::enter_copy(order, party.as_ref().ok(), &judged, self.now);
    }
}
