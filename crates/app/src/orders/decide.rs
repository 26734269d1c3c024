//! The second phase: pure. Folds the documents of a batch in their order of arrival over what was loaded;
//! each sees what those before it did. Says what is to be written; writes nothing.

mod archive;
mod rows;
mod shadow;

use std::collections::HashMap;

use punchgate_domain::{
    Instant,
    ids::{DocumentId, OrderId},
    order::{Actor, CancelDuty, Cause, OrderState, UpdateRule},
    policy::{DuplicatePolicy, KnownOrderPolicy},
    purchase_order::OrderOperation,
};
use punchgate_storage::{
    document::{NewDocument, NewPart},
    outbox::NewEntry,
    request_key::RequestKeyRow,
};

use super::{
    Answer, Disposition, Outcome, Received, carry, confirm,
    contract::Contract,
    load::{Identity, KeyOf, Loaded},
    review::{self, Subject},
    working::{Source, Working},
};
use crate::{clock::micros, directory::Mode};

/// Everything that one batch of one supplier writes.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub outcomes: Vec<Outcome>,
    pub orders: Vec<Working>,
    pub documents: Vec<NewDocument>,
    pub parts: Vec<NewPart>,
    pub keys: Vec<RequestKeyRow>,
    pub entries: Vec<NewEntry>,
    /// Credit accounts whose line has grown.
    pub arrivals: Vec<(String, i64)>,
    /// When, in stored form.
    pub now: i64,
}

/// What a withdrawn order shows that its sink had accepted.
const WITHDRAWN_LATE: &str = "the sink had accepted it: a person cancels it there";

/// Kind under which payloadIDs of purchase orders are remembered.
pub(super) const REQUEST_KIND: &str = "OrderRequest";

struct Fold<'a> {
    loaded: Loaded,
    now: Instant,
    host: &'a str,
    new_id: &'a mut dyn FnMut() -> String,
    out: Decided,
}

pub(super) use rows::mode_of;

/// Folds a batch of one supplier.
pub(super) fn fold(
    loaded: Loaded,
    batch: &[&Received],
    now: Instant,
    host: &str,
    new_id: &mut dyn FnMut() -> String,
) -> Decided {
    let mut fold = Fold {
        loaded,
        now,
        host,
        new_id,
        out: Decided::default(),
    };
    for received in batch {
        fold.receive(received);
    }
    let Fold { loaded, mut out, .. } = fold;
    out.now = micros(now);
    out.arrivals = loaded.lines().grown();
    out.orders = loaded
        .orders
        .into_values()
        .filter(|order| order.changed || !order.events.is_empty())
        .collect();
    // One order a row, in key order: two gateways lock in the same order.
    out.orders.sort_by(|a, b| a.row.order_id.cmp(&b.row.order_id));
    let freed = out.orders.iter().filter_map(|order| carry::freed(order, now));
    out.entries.extend(freed);
    out
}

impl Fold<'_> {
    fn receive(&mut self, received: &Received) {
        let document = DocumentId::new((self.new_id)());
        // Remembered under the policy of that day; what counts is today's.
        let looks = received.relationship.policies.duplicates == DuplicatePolicy::ByPayloadId;
        let known = self.loaded.keys.get(&KeyOf::of(received)).filter(|_| looks);
        if let Some(known) = known.cloned() {
            return self.same_payload(received, document, &known);
        }
        let identity = Identity::of(received);
        let known = self.loaded.orders.remove(&identity);
        let (order, answer, disposition) = match (received.order.operation, known) {
            (_, known) if received.relationship.mode == Mode::Shadow => self.copy(received, &document, known),
            (OrderOperation::New, None) => self.create(received, &document),
            (OrderOperation::New, Some(order)) => self.new_for_known(received, &document, order),
            (OrderOperation::Update, None) => self.update_without_order(received, &document),
            (OrderOperation::Update, Some(order)) => self.update(received, &document, order),
            (OrderOperation::Delete, None) => self.delete_without_order(received, &document),
            (OrderOperation::Delete, Some(order)) => self.delete(received, &document, order),
        };
        let id = OrderId::new(order.row.order_id.clone());
        self.loaded.orders.insert(identity, order);
        self.conclude(received, document, Some(id), answer, disposition);
    }

    /// The payloadID is known: the same content is a repeat, other content a contradiction.
    fn same_payload(&mut self, received: &Received, document: DocumentId, known: &RequestKeyRow) {
        let order = known.order_id.clone().map(OrderId::new);
        if known.content_hash == received.content_hash {
            let answer = serde_json::from_str(&known.answer).unwrap_or_else(|_| Answer::ok());
            self.conclude(received, document, order, answer, Disposition::Repeated);
        } else {
            let details = format!(
                "payloadID {} was used before for another document; send this one under a payloadID of its own",
                received.payload_id
            );
            self.conclude(
                received,
                document,
                order,
                Answer::conflict(details),
                Disposition::Conflict,
            );
        }
    }

    fn create(&mut self, received: &Received, document: &DocumentId) -> (Working, Answer, Disposition) {
        let mut order = self.fresh(received, document, 1);
        self.version(&mut order, received, document, 1);
        order.note(
            None,
            OrderState::Received,
            Cause::DocumentReceived,
            &Actor::Buyer,
            None,
            self.now,
        );
        self.judge(&mut order, received);
        (order, Answer::ok(), Disposition::Created)
    }

    fn new_for_known(
        &mut self,
        received: &Received,
        document: &DocumentId,
        mut order: Working,
    ) -> (Working, Answer, Disposition) {
        if order.row.content_hash == received.content_hash {
            return (order, Answer::ok(), Disposition::Repeated);
        }
        if carry::lacks_predecessor(&order) {
            // The change came first: this is what it changes. The change stays what counts.
            self.version(&mut order, received, document, 1);
            let why = "is the order that an earlier change belongs to";
            self.note_kept(&mut order, received, document, why);
            carry::predecessor_came(&mut order);
            self.out.entries.push(carry::redecide_order(&order.row, self.now));
            return (order, Answer::ok(), Disposition::Changed);
        }
        match received.relationship.policies.known_order {
            _ if order.row.state == OrderState::Tombstone.as_str() => self.kept(
                order,
                received,
                document,
                "was withdrawn before it came; it stays cancelled",
            ),
            KnownOrderPolicy::Change => self.update(received, document, order),
            KnownOrderPolicy::Review => {
                let why = "is known with other content; the order is as it was: a person looks";
                self.show(&mut order, received, document, why);
                self.kept(order, received, document, why)
            }
            KnownOrderPolicy::Conflict409 => {
                let details = format!(
                    "order {} is known with other content; send a change as type=\"update\"",
                    received.order.order_number
                );
                (order, Answer::conflict(details), Disposition::Conflict)
            }
        }
    }

    fn update(
        &mut self,
        received: &Received,
        document: &DocumentId,
        mut order: Working,
    ) -> (Working, Answer, Disposition) {
        if order.row.content_hash == received.content_hash {
            return (order, Answer::ok(), Disposition::Repeated);
        }
        let Ok(state) = order.state() else {
            return self.kept(order, received, document, "is in a state that cannot be read");
        };
        if carry::lacks_predecessor(&order) {
            let version = carry::next_version(&order);
            self.replace(&mut order, received, document, version);
            let why = "changes it once more; the order itself has not come yet";
            self.note_kept(&mut order, received, document, why);
            return (order, Answer::ok(), Disposition::Changed);
        }
        match state.on_update() {
            UpdateRule::Replaces => {
                let version = carry::next_version(&order);
                self.replace(&mut order, received, document, version);
                order.step(
                    OrderState::Received,
                    Cause::DocumentReceived,
                    &Actor::Buyer,
                    None,
                    self.now,
                );
                self.judge(&mut order, received);
                (order, Answer::ok(), Disposition::Changed)
            }
            UpdateRule::AfterSinkAnswer => {
                let version = carry::next_version(&order);
                self.version(&mut order, received, document, version);
                self.kept(
                    order,
                    received,
                    document,
                    "waits for the sink's answer to the version before it",
                )
            }
            UpdateRule::ByPerson => {
                let version = carry::next_version(&order);
                self.version(&mut order, received, document, version);
                let why = "is with the sink already: a person carries the change over";
                self.show(&mut order, received, document, why);
                self.kept(order, received, document, why)
            }
            UpdateRule::StaysCancelled => self.kept(order, received, document, "was withdrawn; it stays so"),
            UpdateRule::StaysShadow => self.kept(order, received, document, "is a copy of a shadow run"),
        }
    }

    fn update_without_order(
        &mut self,
        received: &Received,
        document: &DocumentId,
    ) -> (Working, Answer, Disposition) {
        let mut order = self.fresh(received, document, 2);
        self.version(&mut order, received, document, 2);
        let detail = carry::AWAITS_PREDECESSOR.to_owned();
        order.note(
            None,
            OrderState::Received,
            Cause::DocumentReceived,
            &Actor::Buyer,
            Some(detail.clone()),
            self.now,
        );
        order.row.state_reason = Some(detail);
        self.out
            .entries
            .push(carry::predecessor_due(&order.row, self.now));
        (order, Answer::ok(), Disposition::Created)
    }

    fn delete_without_order(
        &mut self,
        received: &Received,
        document: &DocumentId,
    ) -> (Working, Answer, Disposition) {
        let mut order = self.fresh(received, document, 1);
        OrderState::Tombstone.as_str().clone_into(&mut order.row.state);
        self.version(&mut order, received, document, 1);
        order.note(
            None,
            OrderState::Tombstone,
            Cause::BuyerCancelled,
            &Actor::Buyer,
            None,
            self.now,
        );
        (order, Answer::ok(), Disposition::Cancelled)
    }

    fn delete(
        &mut self,
        received: &Received,
        document: &DocumentId,
        mut order: Working,
    ) -> (Working, Answer, Disposition) {
        let Ok(state) = order.state() else {
            return self.kept(order, received, document, "is in a state that cannot be read");
        };
        if state.on_update() == UpdateRule::StaysCancelled {
            // What it takes of the limit is given back when the sink has let go, not because it is said twice.
            return self.kept(order, received, document, "withdraws it once more");
        }
        let version = carry::next_version(&order);
        self.version(&mut order, received, document, version);
        let cancellation = state.cancel();
        if !cancellation.duty.keeps_reservation() {
            review::give_back(&mut order, &mut self.loaded.ledger);
        }
        let left = (cancellation.duty == CancelDuty::CancelAtSink).then(|| WITHDRAWN_LATE.to_owned());
        order.step(
            cancellation.state,
            Cause::BuyerCancelled,
            &Actor::Buyer,
            left,
            self.now,
        );
        self.out
            .entries
            .extend(carry::cancel_duty(&order.row, cancellation.duty, self.now));
        self.out
            .entries
            .extend(carry::redecide_account_of(&order.row, self.now));
        (order, Answer::ok(), Disposition::Cancelled)
    }

    /// Shown in the list until the order's next step, not in its history alone; beside what it waits for already.
    fn show(&self, order: &mut Working, received: &Received, document: &DocumentId, why: &str) {
        let detail = kept_detail(document, &received.payload_id, why);
        order.row.state_reason = Some(match order.row.state_reason.take() {
            Some(before) => format!("{before}; {detail}"),
            None => detail,
        });
        order.row.updated_at = micros(self.now);
        order.changed = true;
    }

    /// The document says from now on what the order is.
    fn replace(&self, order: &mut Working, received: &Received, document: &DocumentId, version: i64) {
        self.version(order, received, document, version);
        let source = Source {
            order: &received.order,
            version,
            document: document.as_str(),
            payload_id: &received.payload_id,
            content_hash: &received.content_hash,
        };
        order.replace(&source, self.now);
    }

    /// The document is stored; the order stays as it is and shows the note to a person.
    fn kept(
        &mut self,
        mut order: Working,
        received: &Received,
        document: &DocumentId,
        why: &str,
    ) -> (Working, Answer, Disposition) {
        self.note_kept(&mut order, received, document, why);
        (order, Answer::ok(), Disposition::Kept)
    }

    fn note_kept(&self, order: &mut Working, received: &Received, document: &DocumentId, why: &str) {
        let detail = kept_detail(document, &received.payload_id, why);
        if let Ok(state) = order.state() {
            let from = Some(order.row.state.clone());
            order.note(
                from,
                state,
                Cause::DocumentReceived,
                &Actor::Buyer,
                Some(detail),
                self.now,
            );
        }
    }

    fn judge(&mut self, order: &mut Working, received: &Received) {
        let party = self.loaded.party_of(received);
        let own = self.loaded.enter_party(order, party.as_ref().ok());
        let carts = self.loaded.carts_of(received);
        order.row.cart_snapshot_id = carts.first().map(|cart| cart.id.clone());
        order.row.session_id = carts.first().map(|cart| cart.session.clone());
        let subject = Subject {
            relationship: &received.relationship,
            order: &received.order,
            party: party.as_ref().map_err(String::as_str),
            carts: &carts,
            // Nobody was asked yet about this version: that needs a network, and the buyer an answer.
            contract: &Contract::default(),
            own,
            secured: self.loaded.secured_for(order),
            confirmed_at: None,
            gate: punchgate_domain::order::RedecisionGate::Open,
        };
        let judged = review::judge(&mut self.loaded.ledger, &subject, order, self.now);
        review::enter(order, &judged, Cause::Decided, &Actor::Gateway, self.now);
        if order.row.state == OrderState::Declined.as_str() {
            let (relationship, document) = (&received.relationship, (self.new_id)());
            let why = judged.words_for_buyer();
            let rejection = confirm::rejection(order, relationship, &why, document, self.now);
            self.out.entries.extend(rejection);
        }
        if judged.asks_prices && order.row.state != OrderState::Declined.as_str() {
            self.out.entries.push(carry::compare_prices(
                &order.row,
                &received.relationship,
                self.now,
            ));
        }
        self.out.entries.extend(carry::submit(&order.row, self.now));
    }
}

/// What is said of a document that changed nothing by itself.
fn kept_detail(document: &DocumentId, payload_id: &str, why: &str) -> String {
    format!("document {document} ({payload_id}) {why}")
}

/// Orders by identity, as the fold keeps them.
pub(super) type Orders = HashMap<Identity, Working>;
