//! cXML and its neighbours: bytes to domain values and back.
//!
//! **Invariant:** pure. No async, no I/O, no clock, no random, no business decision, and no panic on
//! any input. Nothing that a document names is ever fetched.
#![warn(missing_docs)]

pub mod cxml;
pub mod form;
pub mod multipart;
pub mod page;
