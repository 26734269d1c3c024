//! How well a connector does what it can do. *Whether* it can is told by its traits.

use crate::documents::DocumentKind;

/// Qualities of a connector (or of the system behind it). The default is the most careful reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How a write is kept from overwriting somebody else's.
    pub cas: Cas,
    /// How deleted accounts show.
    pub deletes: Deletes,
    /// Whether an equal reference never makes a second order, not even in parallel.
    pub order_ref_unique: bool,
    /// Whether an order that is there can be changed.
    pub order_change: bool,
    /// Whether a shop cancels orders that it has taken.
    pub order_cancel: bool,
    /// Whether a shop says how much of each line of an order it confirms.
    pub confirms_quantities: bool,
    /// Whether open orders are in the exposure.
    pub exposure_includes_orders: bool,
    /// Which account fields can be written.
    pub writable: Writable,
    /// What of a customer's people and places comes with the account.
    pub tells: Tells,
    /// Whether the system itself refuses orders of held customers.
    pub enforces_holds: bool,
    /// Whether the system itself refuses orders beyond the limit.
    pub enforces_limit: bool,
    /// Which documents it delivers.
    pub document_kinds: Vec<DocumentKind>,
    /// Whether a returned cart can be opened for change.
    pub edit: bool,
    /// Whether a returned cart can be opened for looking.
    pub inspect: bool,
    /// Whether every session has a cart of its own.
    pub parallel_sessions: bool,
    /// Whether line keys survive an edit.
    pub keeps_auxiliary_ids: bool,
    /// Whether the shop takes our prices.
    pub line_price_override: bool,
    /// Largest page.
    pub page_size: u32,
    /// Requests at a time that the system likes, if that is known; more wait for their turn.
    pub max_concurrency: Option<u32>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            cas: Cas::None,
            deletes: Deletes::Sweep,
            order_ref_unique: false,
            order_change: false,
            order_cancel: false,
            confirms_quantities: false,
            exposure_includes_orders: false,
            writable: Writable::default(),
            tells: Tells::default(),
            enforces_holds: false,
            enforces_limit: false,
            document_kinds: Vec::new(),
            edit: false,
            inspect: false,
            parallel_sessions: false,
            keeps_auxiliary_ids: false,
            line_price_override: false,
            page_size: 100,
            max_concurrency: None,
        }
    }
}

/// How a write is kept from overwriting somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cas {
    /// The system compares and writes in one step.
    Native,
    /// Read, compare, write, read again: a small gap stays.
    ReadBack,
    /// Not at all.
    None,
}

/// How deleted accounts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deletes {
    /// The feed lists them.
    Tombstone,
    /// Only a full read shows them.
    Sweep,
}

/// Which account fields can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Writable {
    /// Terms.
    pub terms: bool,
    /// Limit.
    pub credit_limit: bool,
    /// Holds.
    pub holds: bool,
}

/// What of a customer's people and places comes with the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tells {
    /// Its contacts.
    pub contacts: bool,
    /// Its ship-tos.
    pub ship_tos: bool,
}
