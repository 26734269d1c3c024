//! Trouble on the line, when it is wanted: the conformance suites disturb one exchange of a call at a time, whatever
//! system is at the other end.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use punchgate_child::{ChildError, UnseenCause};
use punchgate_egress::{EgressError, Request, Response, UnknownCause};

/// What a proxy says to people.
const PAGE: &str = "<!DOCTYPE html><html><body><h1>Sorry, back in a minute</h1></body></html>";

/// What happens to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is carried out, and the line is cut before the answer.
    Cut,
    /// It is carried out, and the answer ends in its middle, as if that were all of it.
    Halved,
    /// It is carried out, and a page for people is answered, with 200.
    Page,
    /// It is carried out, and 500 is answered.
    Broken,
    /// It is not carried out: 429, with so many seconds to wait or none.
    Throttled(Option<u64>),
    /// It is not carried out: 401, as if the token had just expired.
    Expired,
}

/// The trouble of one call, at its first exchange, its second …
#[derive(Debug)]
pub(crate) struct Disturbance {
    trouble: Trouble,
    at: u32,
    passed: AtomicU32,
    met: AtomicBool,
    lost: Mutex<Option<String>>,
}

impl Disturbance {
    /// Of the exchange after so many others.
    pub(crate) fn new(trouble: Trouble, at: u32) -> Self {
        Self {
            trouble,
            at,
            passed: AtomicU32::new(0),
            met: AtomicBool::new(false),
            lost: Mutex::default(),
        }
    }

    /// Whether there was such an exchange.
    pub(crate) fn was_met(&self) -> bool {
        self.met.load(Ordering::SeqCst)
    }

    /// What the exchange was, for people.
    pub(crate) fn what(&self) -> String {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.clone().unwrap_or_else(|| "no exchange".to_owned())
    }

    /// Whether the next exchange is the one.
    fn is_next(&self, what: impl FnOnce() -> String) -> bool {
        let is_it = self.passed.fetch_add(1, Ordering::SeqCst) == self.at;
        if is_it {
            self.met.store(true, Ordering::SeqCst);
            *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(what());
        }
        is_it
    }

    /// A request on its way to whoever answers it.
    pub(crate) async fn carry(
        &self,
        request: Request,
        send: impl AsyncFnOnce(Request) -> Result<Response, EgressError>,
    ) -> Result<Response, EgressError> {
        if !self.is_next(|| format!("{request:?}")) {
            return send(request).await;
        }
        match self.trouble {
            Trouble::Throttled(wait) => return Ok(throttled(wait)),
            Trouble::Expired => return Ok(answer(StatusCode::UNAUTHORIZED, "application/json", "{}")),
            Trouble::Cut | Trouble::Halved | Trouble::Page | Trouble::Broken => {}
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let mut answered = send(request).await?;
        match self.trouble {
            Trouble::Page => Ok(answer(StatusCode::OK, "text/html", PAGE)),
            Trouble::Broken => Ok(answer(StatusCode::INTERNAL_SERVER_ERROR, "text/html", PAGE)),
            Trouble::Halved if !answered.body.is_empty() => {
                answered.body.truncate(answered.body.len() / 2);
                Ok(answered)
            }
            _ => Err(EgressError::Unknown {
                host,
                cause: UnknownCause::Cut,
                detail: "the conformance suite cut the line".to_owned(),
            }),
        }
    }

    /// What a program answered. Nobody throttles a program, and its lines end where they end: only a cut is like that of
    /// a line.
    pub(crate) fn answered<T>(&self, answer: Result<T, ChildError>) -> Result<T, ChildError> {
        if self.trouble != Trouble::Cut || !self.is_next(|| "the program".to_owned()) {
            return answer;
        }
        answer.and(Err(ChildError::Unseen {
            program: "the program".to_owned(),
            cause: UnseenCause::Ended,
            detail: "the conformance suite lost its answer".to_owned(),
        }))
    }
}

impl Trouble {
    /// How long the other side says to wait.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) => wait.map(Duration::from_secs),
            _ => None,
        }
    }

    /// For people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "the line was cut before its answer",
            Self::Halved => "half of its answer came",
            Self::Page => "a page for people was answered",
            Self::Broken => "500 was answered",
            Self::Throttled(_) => "429 was answered",
            Self::Expired => "401 was answered",
        }
    }
}

fn throttled(wait: Option<u64>) -> Response {
    let mut answer = answer(StatusCode::TOO_MANY_REQUESTS, "text/html", PAGE);
    if let Some(wait) = wait {
        answer
            .headers
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    answer
}

fn answer(status: StatusCode, kind: &'static str, body: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Response {
        status,
        headers,
        body: body.into(),
    }
}
