//! An order while a transaction works on it: its row, and what is to be written beside it.

use punchgate_domain::{
    Instant,
    order::{Actor, Cause, InvalidTransition, OrderState},
    policy::OrderSink,
    purchase_order::PurchaseOrder,
};
use punchgate_storage::{
    StorageError, StorageResult,
    order::{OrderEventRow, OrderRow, OrderVersionRow},
    order_funds::FundsRow,
};

use super::review;
use crate::clock::micros;

/// An order under work.
#[derive(Debug, Clone)]
pub(super) struct Working {
    pub row: OrderRow,
    /// Not in the database yet.
    pub is_new: bool,
    /// The row differs from the database.
    pub changed: bool,
    /// As it stands in the database; none for a new one.
    pub stored: Option<Box<OrderRow>>,
    pub versions: Vec<OrderVersionRow>,
    pub events: Vec<OrderEventRow>,
    /// What a person has secured.
    pub funds: Vec<FundsRow>,
    /// The last version in the database.
    pub stored_versions: i64,
    last_event: i64,
}

/// A document that says what an order is.
pub(super) struct Source<'a> {
    pub order: &'a PurchaseOrder,
    pub version: i64,
    pub document: &'a str,
    pub payload_id: &'a str,
    pub content_hash: &'a [u8],
}

/// The total for lists. One beyond 64 bits of minor units is refused by the decision.
pub(super) fn total_minor(order: &PurchaseOrder) -> i64 {
    order
        .total
        .to_money()
        .map_or(i64::MAX, punchgate_domain::money::Money::minor)
}

impl Working {
    /// A stored order whose history ends at `last_event` and whose last version is `stored_versions`.
    pub(super) fn stored(row: OrderRow, last_event: i64, stored_versions: i64) -> Self {
        Self {
            stored: Some(Box::new(row.clone())),
            row,
            is_new: false,
            changed: false,
            versions: Vec::new(),
            events: Vec::new(),
            funds: Vec::new(),
            stored_versions,
            last_event,
        }
    }

    /// Who speaks when its sink does.
    pub(super) fn sink_actor(&self) -> Actor {
        match self.row.sink == OrderSink::Storefront.as_str() {
            true => Actor::Storefront,
            false => Actor::Erp,
        }
    }

    /// An order that is only now made.
    pub(super) fn fresh(row: OrderRow) -> Self {
        Self {
            row,
            is_new: true,
            changed: true,
            stored: None,
            versions: Vec::new(),
            events: Vec::new(),
            funds: Vec::new(),
            stored_versions: 0,
            last_event: 0,
        }
    }

    /// Its state.
    pub(super) fn state(&self) -> StorageResult<OrderState> {
        OrderState::parse(&self.row.state).map_err(|e| StorageError::corrupt("purchase_order.state", e))
    }

    /// Moves it to a state that its present one leads to, and notes it in the history.
    pub(super) fn step(
        &mut self,
        to: OrderState,
        cause: Cause,
        actor: &Actor,
        detail: Option<String>,
        now: Instant,
    ) {
        let from = self.row.state.clone();
        self.note(Some(from), to, cause, actor, detail.clone(), now);
        to.as_str().clone_into(&mut self.row.state);
        self.row.state_reason = detail;
        self.row.updated_at = micros(now);
        self.changed = true;
    }

    /// Lets another document say what the order is.
    pub(super) fn replace(&mut self, source: &Source<'_>, now: Instant) {
        let row = &mut self.row;
        row.version = source.version;
        row.currency = source.order.total.currency().to_string();
        source.order.total.text().clone_into(&mut row.total_text);
        row.total_minor = total_minor(source.order);
        review::tender_name(&source.order.payment).clone_into(&mut row.tender);
        row.content_hash = source.content_hash.to_vec();
        source.document.clone_into(&mut row.document_id);
        source.payload_id.clone_into(&mut row.payload_id);
        row.requested_on = source
            .order
            .requested_delivery
            .as_ref()
            .map(|date| date.date.to_string());
        row.commitment = None;
        row.confirmed_at = None;
        row.updated_at = micros(now);
        self.changed = true;
    }

    /// Adds to the history; `from` is none for the first entry.
    pub(super) fn note(
        &mut self,
        from: Option<String>,
        to: OrderState,
        cause: Cause,
        actor: &Actor,
        detail: Option<String>,
        now: Instant,
    ) {
        self.last_event += 1;
        self.events.push(OrderEventRow {
            supplier_id: self.row.supplier_id.clone(),
            order_id: self.row.order_id.clone(),
            seq: self.last_event,
            from_state: from,
            to_state: to.as_str().to_owned(),
            cause: cause.as_str().to_owned(),
            actor: actor.to_string(),
            detail,
            figures: None,
            basis: None,
            happened_at: micros(now),
        });
    }

    /// Puts beside the newest step the reckoning of the limit that it rests on, and all that credit was decided on.
    pub(super) fn with_figures(&mut self, figures: Option<String>, basis: Option<String>) {
        if let Some(step) = self.events.last_mut() {
            step.figures = figures;
            step.basis = basis;
        }
    }

    /// The number of the newest step of its history.
    pub(super) fn last_event(&self) -> i64 {
        self.last_event
    }

    /// Gives back what it takes of the limit. The ERP does not have it, or has let go of it: what it takes up next is in no
    /// reading of the ERP's.
    pub(super) fn release_credit(&mut self) {
        self.row.erp_created_at = None;
        self.row.reserved_minor = 0;
        self.row.reserves_charges = 0;
        self.row.billed_minor = 0;
        self.row.billed_at = None;
        self.row.drawn_minor = 0;
        self.row.drawn_override_id = None;
    }
}

/// The one way from a decision's state to the next, by the order's own transitions.
pub(super) fn transition(from: OrderState, to: OrderState) -> Result<OrderState, InvalidTransition> {
    match to {
        OrderState::Approved => from.approve(),
        OrderState::Held => from.hold(),
        OrderState::Referred => from.refer(),
        OrderState::Declined => from.decline(),
        other => Err(InvalidTransition {
            what: "order",
            from: from.as_str(),
            to: other.as_str(),
        }),
    }
}
