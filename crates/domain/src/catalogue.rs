//! The catalogue of errors: one entry a problem, from which answers, log lines and `docs/errors.md` are made.
//!
//! A code is stable for ever. Texts for partners say what to do and give nothing away that the partner does
//! not know already.

mod entries;
mod markdown;

pub use entries::Problem;
pub use markdown::markdown;

use crate::policy::HttpStatusPolicy;

/// What the catalogue says of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// For the partner: what is wrong and what to do.
    pub partner_text: &'static str,
    /// For the log: what happened.
    pub log_text: &'static str,
    /// HTTP status of the API and of mirrored cXML answers.
    pub http: u16,
    /// cXML Status code.
    pub cxml_code: u16,
    /// cXML Status text.
    pub cxml_text: &'static str,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
}

impl Entry {
    /// The HTTP status of a cXML answer. What the sender is to repeat is 503 under every policy: a sender that
    /// looks only at HTTP must not take it for success.
    pub fn http_for_cxml(&self, policy: HttpStatusPolicy) -> u16 {
        match policy {
            _ if self.cxml_code >= 500 => 503,
            HttpStatusPolicy::Always200 => 200,
            HttpStatusPolicy::Mirror => self.http,
        }
    }
}
