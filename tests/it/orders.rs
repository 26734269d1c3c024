//! What becomes of purchase orders, from the buyer's document to the ERP and back.

mod duplicates;
