//! What becomes of purchase orders, from the buyer's document to the ERP and back.

mod attachments;
mod by_hand;
mod carried;
mod carried_unseen;
mod changes;
mod charges;
mod confirmations;
mod contacts;
mod doubtful;
mod duplicates;
pub(crate) mod exported;
mod held;
mod policies;
pub(crate) mod prices;
mod restored;
mod ship_tos;
mod shop;
mod submission;
