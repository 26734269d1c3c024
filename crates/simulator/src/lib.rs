//! A headless buyer: does what a procurement suite and its shopper do, over HTTP, and checks each answer against the
//! specification and the suite's dialect.
//!
//! **Invariant:** it sees of a gateway what a buyer sees: requests, pages, documents. What only the supplier can do (fill
//! a cart in its shop, count its orders) stands behind [`SupplierSide`]. Time and unique texts come in with [`Means`].
//! No secret gets into a [`Report`].
#![warn(missing_docs)]

mod answer;
mod cart;
mod clause;
mod line;
mod manner;
mod record;
mod report;
mod run;
mod supplier_side;
mod write;

pub use clause::Clause;
pub use line::{Line, LineError};
pub use manner::{Manner, MannerError, OrderChange, SenderRule, Shopper};
pub use report::{Case, Counts, Exchange, Fault, Report, Verdict};
pub use run::{Buyer, Means, Ordering, Plan, Stamps, rehearse};
pub use supplier_side::{Goods, Pick, ShopCart, SupplierSide, Visit};
