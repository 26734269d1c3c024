//! Documents on their way to a partner: posted, and the partner's answer understood.

use std::time::Duration;

use async_trait::async_trait;
use punchgate_protocols::cxml::{Limits, decode};
use url::Url;

/// Posts a document. Implemented by whoever owns the HTTP client.
#[async_trait]
pub trait Post: Send + Sync + std::fmt::Debug {
    /// Posts a body and reads the whole answer; a failure of the transport in words, without secrets.
    async fn post(
        &self,
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Posted, String>;
}

/// Asks whether a partner's address answers, without a document. Implemented by whoever posts there.
#[async_trait]
pub trait Reach: Send + Sync + std::fmt::Debug {
    /// The HTTP status of the answer; a failure of the transport in words.
    async fn reach(&self, url: &Url, timeout: Duration) -> Result<u16, String>;
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Posted {
    /// HTTP status.
    pub status: u16,
    /// Content-Type.
    pub content_type: Option<String>,
    /// Body.
    pub body: Vec<u8>,
}

/// What the partner said to a cXML request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    /// Taken.
    Taken {
        /// cXML Status.
        status: u16,
        /// In words.
        text: String,
    },
    /// Refused for what it says: an operator looks at once.
    Refused {
        /// cXML Status, or the HTTP status where there is no cXML.
        status: u16,
        /// In words.
        text: String,
    },
    /// Not now: the same document is sent again later.
    Later {
        /// Status, if one was seen.
        status: Option<u16>,
        /// In words.
        text: String,
    },
}

impl Reception {
    /// The status seen.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Taken { status, .. } | Self::Refused { status, .. } => Some(*status),
            Self::Later { status, .. } => *status,
        }
    }

    /// In words.
    pub fn text(&self) -> &str {
        match self {
            Self::Taken { text, .. } | Self::Refused { text, .. } | Self::Later { text, .. } => text,
        }
    }
}

/// Understands an answer. cXML counts before HTTP: an answer that is no cXML is trouble of the transport and
/// comes again, unless HTTP itself says that the request is wrong.
pub fn reception(answer: Result<Posted, String>) -> Reception {
    let posted = match answer {
        Ok(posted) => posted,
        Err(text) => return Reception::Later { status: None, text },
    };
    let read = decode(&posted.body, posted.content_type.as_deref(), &Limits::default());
    let status = read.ok().and_then(|document| document.envelope.status);
    if let Some(status) = status.filter(|status| status.code != 0) {
        let text = format!("{} {} {}", status.code, status.text, status.detail)
            .trim()
            .to_owned();
        return match status.code {
            200..300 => Reception::Taken {
                status: status.code,
                text,
            },
            500.. => Reception::Later {
                status: Some(status.code),
                text,
            },
            _ => Reception::Refused {
                status: status.code,
                text,
            },
        };
    }
    let text = format!("HTTP {} without a cXML answer", posted.status);
    match posted.status {
        400..500 if posted.status != 408 && posted.status != 429 => Reception::Refused {
            status: posted.status,
            text,
        },
        _ => Reception::Later {
            status: Some(posted.status),
            text,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let cxml = |code: u16| {
            format!(
                "<cXML payloadID=\"1@x\" timestamp=\"2026-01-01T00:00:00+00:00\"><Response>\
                 <Status code=\"{code}\" text=\"T\">why</Status></Response></cXML>"
            )
        };
        let rows = [
            (200, cxml(200), "taken"),
            (200, cxml(201), "taken"),
            (200, cxml(401), "refused"),
            (500, cxml(200), "taken"),
            (200, cxml(560), "later"),
            (200, "<html>login</html>".to_owned(), "later"),
            (404, "not found".to_owned(), "refused"),
            (429, String::new(), "later"),
            (503, String::new(), "later"),
        ];
        for (status, body, expected) in rows {
            let got = reception(Ok(Posted {
                status,
                content_type: None,
                body: body.clone().into_bytes(),
            }));
            let got = match got {
                Reception::Taken { .. } => "taken",
                Reception::Refused { .. } => "refused",
                Reception::Later { .. } => "later",
            };
            assert_eq!(got, expected, "{status} {body}");
        }
        assert!(matches!(
            reception(Err("no route".into())),
            Reception::Later { status: None, .. }
        ));
    }
}
