//! What went over the wire, kept without secrets.

use std::borrow::Cow;

use punchgate_protocols::cxml::redact;

use crate::report::Exchange;

/// What stands where something secret stood.
const MASK: &str = "********";
/// Fewer characters than this are found in too many innocent places.
const LEAST: usize = 6;
/// More of a page or document than this helps nobody.
const MOST: usize = 512 << 10;

/// The exchanges so far, and what must not stand in them.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) exchanges: Vec<Exchange>,
    secrets: Vec<String>,
}

impl Record {
    /// From now on this stands nowhere, in exchanges that are noted already either.
    pub(crate) fn conceal(&mut self, secret: &str) {
        if secret.len() < LEAST || self.secrets.iter().any(|known| known == secret) {
            return;
        }
        self.secrets.push(secret.to_owned());
        for exchange in &mut self.exchanges {
            for text in [&mut exchange.url, &mut exchange.request, &mut exchange.response] {
                if text.contains(secret) {
                    *text = text.replace(secret, MASK);
                }
            }
        }
    }

    /// A text without what is concealed.
    pub(crate) fn masked(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), MASK));
            }
        }
        text.into_owned()
    }

    /// A document without secrets and card numbers.
    pub(crate) fn document(&self, bytes: &[u8]) -> String {
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        let redacted = redact::redact(bytes);
        self.masked(&String::from_utf8_lossy(&redacted))
    }

    /// Notes an exchange; its number.
    pub(crate) fn note(&mut self, exchange: Exchange) -> usize {
        let number = self.exchanges.len() + 1;
        self.exchanges.push(Exchange { number, ..exchange });
        number
    }

    /// What a later look shows of an answer: the cart in a page.
    pub(crate) fn amend(&mut self, number: usize, response: String) {
        if let Some(exchange) = number.checked_sub(1).and_then(|at| self.exchanges.get_mut(at)) {
            exchange.response = response;
        }
    }
}
