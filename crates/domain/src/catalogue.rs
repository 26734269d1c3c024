//! The catalogue of errors: one entry a problem, from which answers, log lines and `docs/errors.md` are made.
//!
//! A code is stable for ever. Texts for partners say what to do and give nothing away that the partner does
//! not know already.

mod entries;
mod markdown;

pub use entries::Problem;
pub use markdown::markdown;

/// What the catalogue says of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// For the partner: what is wrong and what to do.
    pub partner_text: &'static str,
    /// For the log: what happened.
    pub log_text: &'static str,
    /// HTTP status of the API.
    pub http: u16,
    /// cXML Status code.
    pub cxml_code: u16,
    /// cXML Status text.
    pub cxml_text: &'static str,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
}
