//! What just went over the wire: a bounded, shared ring of HTTP exchanges.
//!
//! The peers push what they receive and send over the published protocols; the suite's drawer shows
//! it. It observes only: nothing in the demo may decide anything by it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;

/// How many exchanges are kept, of those that people look for and of routine each.
const CAPACITY: usize = 400;
/// Operations by which the gateway keeps itself up to date: many a second, and seldom looked for.
const ROUTINE: &[&str] = &["accounts", "exposure", "documents", "describe"];
/// How much of a body is kept, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// The simulated procurement suite.
    Suite,
    /// The gateway under demonstration.
    Gateway,
    /// The simulated shop.
    Shop,
    /// The simulated ERP.
    Erp,
    /// The shopper's browser, between suite, gateway and shop.
    Browser,
}

/// One HTTP request and its answer, as one side saw it.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Position in the log, ascending; given by [`WireLog::push`].
    pub seq: u64,
    /// When the request began, in ms since 1970, by the caller's clock.
    pub at_ms: i64,
    /// Who asked.
    pub from: Peer,
    /// Who answered.
    pub to: Peer,
    /// HTTP method.
    pub method: String,
    /// Path and query, or the whole URL if it is known.
    pub url: String,
    /// Request body as text, capped.
    pub request: String,
    /// HTTP status; none if the line was cut.
    pub status: Option<u16>,
    /// Response body as text, capped.
    pub response: String,
    /// How long the answer took, in ms.
    pub duration_ms: i64,
}

impl Exchange {
    /// Background polling that people hide first.
    pub fn is_routine(&self) -> bool {
        let operation = self.url.rsplit('/').next().unwrap_or_default();
        ROUTINE.contains(&operation)
    }
}

/// Apart, so that polling pushes out nothing but polling.
#[derive(Debug, Default)]
struct Ring {
    next: u64,
    telling: VecDeque<Exchange>,
    routine: VecDeque<Exchange>,
}

/// A shared, bounded log of exchanges; clones are the same log.
#[derive(Clone, Debug, Default)]
pub struct WireLog {
    ring: Arc<Mutex<Ring>>,
}

impl WireLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an exchange, drops the oldest beyond the bound, and returns its position.
    pub fn push(&self, mut exchange: Exchange) -> u64 {
        cap(&mut exchange.request);
        cap(&mut exchange.response);
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = ring.next;
        ring.next += 1;
        exchange.seq = seq;
        let kept = match exchange.is_routine() {
            true => &mut ring.routine,
            false => &mut ring.telling,
        };
        kept.push_back(exchange);
        if kept.len() > CAPACITY {
            kept.pop_front();
        }
        seq
    }

    /// The exchanges from position `from` on, oldest first.
    pub fn since(&self, from: u64) -> Vec<Exchange> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = ring.telling.iter().chain(&ring.routine);
        let mut found: Vec<Exchange> = kept.filter(|exchange| exchange.seq >= from).cloned().collect();
        found.sort_unstable_by_key(|exchange| exchange.seq);
        found
    }

    /// The position the next exchange will get.
    pub fn next_seq(&self) -> u64 {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).next
    }
}

fn cap(text: &mut String) {
    if text.len() > BODY_LIMIT {
        let end = (0..=BODY_LIMIT)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(end);
        text.push_str("\n… (cut)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(url: &str, request: String) -> Exchange {
        Exchange {
            seq: 0,
            at_ms: 1,
            from: Peer::Gateway,
            to: Peer::Shop,
            method: "POST".into(),
            url: url.into(),
            request,
            status: Some(200),
            response: String::new(),
            duration_ms: 2,
        }
    }

    #[test]
    fn keeps_the_newest_and_numbers_on() {
        let log = WireLog::new();
        for number in 0..(CAPACITY + 3) {
            log.push(exchange(&format!("/{number}"), String::new()));
        }
        let kept = log.since(0);
        assert_eq!(kept.len(), CAPACITY);
        assert_eq!(kept[0].url, "/3");
        assert_eq!(log.next_seq(), 403);
        assert_eq!(log.since(402).len(), 1);
    }

    #[test]
    fn polling_pushes_out_nothing_but_polling() {
        let log = WireLog::new();
        log.push(exchange("/cxml", String::new()));
        for _ in 0..=CAPACITY {
            log.push(exchange("http://127.0.0.1:1/punchgate/accounts", String::new()));
        }
        log.push(exchange("/punchgate/submit_order", String::new()));
        let kept: Vec<u64> = log.since(0).iter().map(|exchange| exchange.seq).collect();
        assert_eq!((kept[0], kept[1]), (0, 2));
        assert_eq!(kept.len(), CAPACITY + 2);
        assert!(kept.is_sorted());
    }

    #[test]
    fn cuts_long_bodies_at_a_character() {
        let log = WireLog::new();
        log.push(exchange("/", "é".repeat(BODY_LIMIT)));
        let kept = log.since(0);
        assert!(kept[0].request.ends_with("… (cut)"));
        assert!(kept[0].request.len() < BODY_LIMIT + 20);
    }
}
