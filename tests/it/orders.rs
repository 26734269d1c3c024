//! What becomes of purchase orders, from the buyer's document to the ERP and back.

mod attachments;
mod changes;
mod confirmations;
mod doubtful;
mod duplicates;
mod held;
mod prices;
mod submission;
