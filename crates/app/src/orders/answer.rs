//! What a sender of a purchase order is told: facts, stored, and rendered again for a repeat.

use jiff::Timestamp;
use punchgate_protocols::cxml::{
    dialect::Dialect,
    encode::{Charset, Frame, StatusCode, StatusResponse},
};
use serde::{Deserialize, Serialize};

/// The facts of an answer. Promises nothing about the order: that is the confirmation's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// cXML Status code.
    pub status: u16,
    /// Details for a person at the buyer's; may be empty.
    pub details: String,
}

impl Answer {
    /// Stored; some suites look for the text `OK`, which goes with the code.
    pub fn ok() -> Self {
        Self {
            status: 200,
            details: String::new(),
        }
    }

    /// Contradicts what is known.
    pub fn conflict(details: impl Into<String>) -> Self {
        Self {
            status: 409,
            details: details.into(),
        }
    }

    /// The Response document.
    pub fn render(&self, dialect: &Dialect, payload_id: &str, at: Timestamp) -> Vec<u8> {
        let frame = Frame {
            payload_id,
            timestamp: at,
            lang: "en-US",
            versions: &dialect.dtd,
            charset: Charset::Utf8,
        };
        let status = StatusCode::new(self.status).unwrap_or(StatusCode::OK);
        StatusResponse {
            status,
            details: &self.details,
        }
        .write(&frame)
    }
}
