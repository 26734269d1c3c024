//! What the command line prints: results to standard output, everything else to standard error.
//!
//! A reader that went away (`punchgate … | head`) ends the printing, not the program with a panic.

use std::io::{self, Write as _};

/// Prints a line of the result.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints the result as JSON.
pub fn json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(text),
        Err(error) => notice(format_args!("the result cannot be written as JSON: {error}")),
    }
}

/// Prints a line that is no result: a problem, a hint.
pub fn notice(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
