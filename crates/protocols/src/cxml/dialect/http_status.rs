//! The HTTP status that goes with a cXML Status.

use serde::Deserialize;

use crate::cxml::encode::StatusCode;

/// HTTP status of an answer that is a complete cXML document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum HttpStatus {
    /// 200 for whatever the sender shall read; 503 where it shall send again.
    #[serde(rename = "always_200")]
    Always200,
    /// The Status code's counterpart, for senders that look at HTTP only.
    #[serde(rename = "mirror")]
    Mirror,
}

impl HttpStatus {
    /// The number of the HTTP status. Never one that forbids a body.
    pub fn of(self, code: StatusCode) -> u16 {
        match (self, code.number()) {
            // A sender that looks only at HTTP must not take it for success.
            (_, 560) => 503,
            (Self::Always200, _) => 200,
            (Self::Mirror, number @ (200 | 201 | 400..=403 | 406 | 409 | 412 | 417 | 500)) => number,
            (Self::Mirror, number) => match number {
                204..=281 => 200,
                450 => 501,
                461..=467 | 469..=477 => 400,
                468 | 499 => 413,
                550 | 551 => 502,
                _ => 503,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        for (code, always, mirror) in [
            (200, 200, 200),
            (201, 200, 201),
            (204, 200, 200),
            (281, 200, 200),
            (401, 200, 401),
            (406, 200, 406),
            (409, 200, 409),
            (450, 200, 501),
            (461, 200, 400),
            (468, 200, 413),
            (476, 200, 400),
            (499, 200, 413),
            (500, 200, 500),
            (551, 200, 502),
            (560, 503, 503),
            (562, 200, 503),
        ] {
            let code = StatusCode::new(code).unwrap();
            let statuses = (HttpStatus::Always200.of(code), HttpStatus::Mirror.of(code));
            assert_eq!(statuses, (always, mirror), "{code:?}");
        }
    }
}
