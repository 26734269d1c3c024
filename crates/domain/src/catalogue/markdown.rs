//! `docs/errors.md`, made from the catalogue.

use std::fmt::Write;

use super::Problem;

/// The whole page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Made from the catalogue in `crates/domain/src/catalogue/entries.rs`; a test compares.\n\n\
         The code is stable. *HTTP* is the status of the JSON API; a cXML request is answered with HTTP 200 \
         (or that of its Status, where the relationship mirrors it) and 503 where the sender is to repeat.\n",
    );
    for problem in Problem::ALL {
        let entry = problem.entry();
        let repeat = if entry.retryable { "yes" } else { "no" };
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n| HTTP | cXML Status | repeat |\n|---|---|---|\n| {} | {} {} | {repeat} |\n\n{}\n\nIn the log: {}.\n",
            entry.code, entry.http, entry.cxml_code, entry.cxml_text, entry.partner_text, entry.log_text,
        );
    }
    page
}
