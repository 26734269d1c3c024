//! A trading relationship as the use cases see it: every text read, every policy typed.

use std::{fmt, sync::Arc};

use jiff::tz::TimeZone;
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, RelationshipId, SupplierId},
    policy::{
        CartBlocking, CartCharges, ConfirmationPolicy, ContactPolicy, DuplicatePolicy, ExposureAgePolicy,
        KnownOrderPolicy, OrderSink, PcardPolicy, PricePolicy, UnmappedPolicy,
    },
};
use punchgate_protocols::cxml::{Credential, CredentialKey, Envelope, Secret, dialect::Dialect};
use url::Url;

use super::{holding::Holding, hosts::HostRules, mapping::Mappings, mode::Mode};

/// A selling company.
#[derive(Clone, Debug)]
pub struct Supplier {
    /// Its id.
    pub id: SupplierId,
    /// Its name.
    pub name: String,
    /// Its time zone.
    pub time_zone: TimeZone,
    /// Whom partners ask, as a text for people; empty where nobody is named.
    pub contact: String,
    /// Who is written to about what needs a person; empty: whom the configuration names.
    pub alerts_to: Vec<String>,
    /// Whether any of its connectors is told of events.
    pub listens: bool,
    /// Rules and texts of holds.
    pub holding: Holding,
}

/// A trading relationship: buyer × supplier.
#[derive(Clone, Debug)]
pub struct Relationship {
    /// The supplier.
    pub supplier: Arc<Supplier>,
    /// Its id at the supplier.
    pub id: RelationshipId,
    /// What operators call it.
    pub name: String,
    /// The buying company.
    pub buyer_name: String,
    /// Production or test.
    pub mode: Mode,
    /// The kill switch: nothing is taken from or sent to a relationship that is switched off.
    pub enabled: bool,
    /// How the buyer's suite wants things, with the relationship's overlay.
    pub dialect: Arc<Dialect>,
    /// The shop.
    pub storefront: Option<ConnectorId>,
    /// The ERP.
    pub erp: Option<ConnectorId>,
    /// Where approved orders go.
    pub order_sink: OrderSink,
    /// The customer, as the ERP calls it, where nothing else says so.
    pub customer_external_id: Option<String>,
    /// What becomes of freight and tax of a cart.
    pub charges: CartCharges,
    /// Who orders.
    pub users: Users,
    /// What was agreed.
    pub policies: Policies,
    /// Where a setup request may have its cart posted to.
    pub return_hosts: HostRules,
    /// Where the buyer's return page may redirect to.
    pub redirect_hosts: HostRules,
    /// Who the buyer is (From of what comes in, To of what goes out); at least one.
    pub buyer_identities: Vec<Identity>,
    /// Who may send for the buyer besides the buyer itself: the hub.
    pub sender_identities: Vec<Identity>,
    /// Who we are towards the buyer (To of what comes in, From of what goes out); at least one.
    pub supplier_identities: Vec<Identity>,
    /// Where order confirmations and later documents go.
    pub outbound: Option<Outbound>,
    /// How long a start link may be redeemed, in seconds.
    pub start_link_seconds: u32,
    /// How long a shopper may shop, in minutes.
    pub session_minutes: u32,
    /// What tells the buyer's systems apart.
    pub buyer_system: BuyerSystemRule,
    /// What the buyer calls things.
    pub mappings: Mappings,
    /// Raised by every change.
    pub version: i64,
    pub(crate) secrets: Vec<InboundSecret>,
}

/// By what the user of an order is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// Extrinsics that name the user, best first; compared without case. The e-mail of a contact comes last.
    pub extrinsics: Vec<String>,
    /// Whether the ERP is told of a contact on every order.
    pub contact: ContactPolicy,
}

/// What was agreed with the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// The same document once more.
    pub duplicates: DuplicatePolicy,
    /// A known order number with other content.
    pub known_order: KnownOrderPolicy,
    /// Purchasing cards.
    pub pcard: PcardPolicy,
    /// When a confirmation goes out.
    pub confirmation: ConfirmationPolicy,
    /// Carts whose order could not be taken.
    pub cart_blocking: CartBlocking,
    /// Prices against the cart.
    pub price: PricePolicy,
    /// Exposure that was read too long ago.
    pub exposure_age: ExposureAgePolicy,
    /// Whether freight counts against the limit.
    pub shipping_counts: bool,
    /// Whether tax counts against the limit.
    pub tax_counts: bool,
    /// Whether the shop passes orders on to the ERP, so that they are looked for there.
    pub shop_exports_to_erp: bool,
    /// Units and ship-tos that no mapping knows.
    pub unmapped: UnmappedPolicy,
}

/// A credential as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `NetworkID`, `DUNS` …
    pub domain: String,
    /// The identity in that domain.
    pub identity: String,
}

/// Where documents to the buyer go, and what proves us there.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// The buyer's or the hub's address.
    pub url: Url,
    /// The shared secret that we send.
    pub secret: Option<Secret>,
}

/// A secret that a sender may present.
#[derive(Clone, Debug)]
pub(crate) struct InboundSecret {
    pub(crate) secret: Secret,
    /// Not accepted from this instant on.
    pub(crate) valid_until: Option<Instant>,
}

/// What tells two systems of one buyer apart that number their orders alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuyerSystemRule {
    /// The buyer has one system.
    Single,
    /// The identity of From in this domain: `SystemID`.
    FromDomain(String),
    /// The Sender's identity.
    Sender,
}

/// The text of no [`BuyerSystemRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' does not say what tells the buyer's systems apart: expected single, sender or from:DOMAIN, for example from:SystemID"
)]
pub struct BuyerSystemRuleError(pub String);

impl BuyerSystemRule {
    /// Reads `single`, `sender` or `from:DOMAIN`.
    pub fn parse(text: &str) -> Result<Self, BuyerSystemRuleError> {
        match (text, text.strip_prefix("from:").map(str::trim)) {
            ("single", _) => Ok(Self::Single),
            ("sender", _) => Ok(Self::Sender),
            (_, Some(domain)) if !domain.is_empty() => Ok(Self::FromDomain(domain.to_owned())),
            _ => Err(BuyerSystemRuleError(text.to_owned())),
        }
    }

    /// The buyer's system of a document; empty where the document does not say.
    pub fn system_of(&self, envelope: &Envelope) -> String {
        let found = match self {
            Self::Single => None,
            Self::Sender => envelope.sender.first(),
            Self::FromDomain(domain) => envelope
                .from
                .iter()
                .find(|credential| credential.domain.trim().eq_ignore_ascii_case(domain)),
        };
        found.map_or_else(String::new, |credential| credential.match_key().identity)
    }
}

impl Identity {
    /// Takes domain and identity as written.
    pub fn new(domain: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            identity: identity.into(),
        }
    }

    /// What it is matched by.
    pub fn key(&self) -> CredentialKey {
        CredentialKey::new(&self.domain, &self.identity)
    }

    /// As a credential without proof.
    pub fn credential(&self) -> Credential {
        Credential::new(self.domain.clone(), self.identity.clone())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.domain, self.identity)
    }
}

impl Relationship {
    /// What stands for this relationship in the addresses `/cxml/…` and `/oci/…`.
    pub fn path_text(&self) -> String {
        path_text(&self.supplier.id, &self.id)
    }

    /// Whether this is an identity of the buyer.
    pub fn is_buyer(&self, key: &CredentialKey) -> bool {
        self.buyer_identities
            .iter()
            .any(|identity| identity.key() == *key)
    }

    /// Whether a Sender with this identity may act for the buyer: the buyer itself, or a hub named for it.
    pub fn lets_send(&self, key: &CredentialKey) -> bool {
        self.buyer_identities
            .iter()
            .chain(&self.sender_identities)
            .any(|identity| identity.key() == *key)
    }
}

/// What stands for a relationship in an address: supplier and relationship with a dot between them.
pub fn path_text(supplier: &SupplierId, relationship: &RelationshipId) -> String {
    format!("{supplier}.{relationship}")
}

/// Supplier and relationship out of an address.
pub fn parse_path_text(text: &str) -> Option<(SupplierId, RelationshipId)> {
    let (supplier, relationship) = text.split_once('.')?;
    (is_slug(supplier) && is_slug(relationship)).then(|| (supplier.into(), relationship.into()))
}

/// Whether a text may be the id of a supplier, relationship, connector or API key: it stands in addresses,
/// start links and API keys, where dot, underscore and tilde separate.
pub fn is_slug(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&text.len())
        && text.chars().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
