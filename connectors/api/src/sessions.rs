//! Punchout sessions in the shop.

use std::fmt;

use async_trait::async_trait;
use punchgate_domain::{
    Instant,
    money::Currency,
    purchase_order::{Address, Contact},
};

use crate::{
    ConnectorResult, Context,
    carts::{FillLine, RefusedLine},
};

/// What the shopper may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionMode {
    /// Fill a new cart.
    Create,
    /// Change a cart.
    Edit,
    /// Look at a cart.
    Inspect,
}

impl SessionMode {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Inspect => "inspect",
        }
    }
}

/// A session to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// Our key of it, unguessable; the same key opens the same session.
    pub session: String,
    /// What the shopper may do.
    pub mode: SessionMode,
    /// Whose prices and assortment count.
    pub customer: SessionCustomer,
    /// Who shops, for display and mail; never an identity to log in with.
    pub contact: Option<Contact>,
    /// The wished currency.
    pub currency: Option<Currency>,
    /// The wished language.
    pub language: Option<String>,
    /// The lines to begin with.
    pub items: Vec<FillLine>,
    /// Show this item first: part number and line key.
    pub selected_item: Option<SelectedItem>,
    /// Where to ship.
    pub ship_to: Option<Address>,
    /// Texts for the shopper.
    pub notices: Vec<Notice>,
    /// Where "transfer cart" sends the browser.
    pub return_url: String,
    /// Where "cancel" sends the browser.
    pub cancel_url: String,
    /// From then on nothing can be changed.
    pub expires_at: Instant,
}

/// The customer of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCustomer {
    /// The shop's key.
    pub external_id: String,
    /// The number that people use.
    pub code: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// An item to show first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedItem {
    /// The supplier's part number.
    pub part_id: String,
    /// The line's key.
    pub auxiliary_id: Option<String>,
}

/// A text for the shopper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How urgent.
    pub severity: Severity,
    /// The text.
    pub text: String,
}

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something may stop the order later.
    Warning,
    /// Something will; stands at "transfer cart" too.
    Blocking,
}

/// An open session.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedSession {
    /// The shop's key; no credential.
    pub storefront_session: String,
    /// Works once; a credential until then.
    pub login_url: String,
    /// The login's end, at most five minutes away.
    pub login_expires_at: Instant,
    /// Lines that the shop could not take.
    pub refused: Vec<RefusedLine>,
}

impl fmt::Debug for OpenedSession {
    /// Without the login address: it is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedSession")
            .field("storefront_session", &self.storefront_session)
            .field("login_expires_at", &self.login_expires_at)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// The shop's punchout sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session, or makes a new login for an open one. [`crate::ErrorKind::Conflict`]: it is over.
    /// May be repeated with the same key, after an unknown outcome too.
    async fn open(&self, ctx: &Context, request: &SessionRequest) -> ConnectorResult<OpenedSession>;
}
