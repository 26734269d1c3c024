//! What a connector is: one small trait per capability, the rows that cross it, errors, context and the
//! conformance suites.
//!
//! A connector translates between a foreign system and these types, and nothing else. **Invariant:** it is
//! stateless; it has no HTTP client, clock, randomness, retry or sleep of its own: all of that comes in with
//! the [`Context`] or stays with the caller. Having a capability is having its trait ([`Spec`]); flags
//! ([`Capabilities`]) only tell how well.
#![warn(missing_docs)]

pub mod accounts;
pub mod capabilities;
pub mod carts;
pub mod catalogue;
pub mod conformance;
pub mod connector;
pub mod context;
pub mod documents;
pub mod endpoint;
pub mod error;
pub mod events;
pub mod exposure;
pub mod files;
pub mod hint;
pub mod orders;
pub mod page;
pub mod prices;
pub mod published;
pub mod sessions;
pub mod settings;
pub mod shop_orders;
pub mod stock;
pub mod webhook_signature;

pub use accounts::Accounts;
pub use capabilities::Capabilities;
pub use carts::Carts;
pub use catalogue::Catalogue;
pub use connector::{CheckReport, Connector, Spec};
pub use context::Context;
pub use documents::Documents;
pub use endpoint::Endpoint;
pub use error::{ConnectorError, ErrorKind};
pub use events::Events;
pub use exposure::Exposures;
pub use files::Files;
pub use orders::Orders;
pub use page::{Cursor, Page};
pub use prices::Prices;
pub use punchgate_child as child;
pub use punchgate_egress as egress;
pub use punchgate_egress::EgressRules;
pub use punchgate_folder as folder;
pub use sessions::Sessions;
pub use settings::{ConfigError, Secrets};
pub use shop_orders::ShopOrders;
pub use stock::Stock;

/// What a call of a connector comes to.
pub type ConnectorResult<T> = Result<T, ConnectorError>;
