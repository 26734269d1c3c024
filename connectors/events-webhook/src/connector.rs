//! The call.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::SignedDuration;
use punchgate_connector::{
    Capabilities, CheckReport, Connector, ConnectorError, ConnectorResult, Context, EgressRules, ErrorKind,
    Events, Spec,
    connector::CheckFinding,
    egress::{Limits, Request, Response},
    error::Effect,
    events::Event,
    published::transport::retry_after,
    webhook_signature::{self, SigningSecrets},
};
use punchgate_domain::event::EventKind;
use url::Url;

use crate::{config::KIND, message};

const TELL: &str = "tell";
/// What a receiver says is read for the log alone; a page is no reason to have it told again.
const ANSWER_BYTES: usize = 1024 * 1024;
/// As much of it stands in the log.
const SHOWN: usize = 200;

/// A web address that is told of events.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) url: Url,
    pub(crate) rules: EgressRules,
    pub(crate) timeout: Duration,
    pub(crate) wanted: Vec<EventKind>,
    pub(crate) secrets: SigningSecrets,
}

impl Webhook {
    fn request(&self, ctx: &Context, event: &Event) -> Result<Request, String> {
        let body = message::body(event).map_err(|error| error.to_string())?;
        let signed = self.secrets.sign(&event.id, ctx.now(), &body);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            (webhook_signature::ID, signed.id),
            (webhook_signature::TIMESTAMP, signed.timestamp),
            (webhook_signature::SIGNATURE, signed.signature),
        ] {
            let value = HeaderValue::from_str(&value).map_err(|error| error.to_string())?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Bytes::from(body),
            limits: Limits {
                timeout: self.timeout,
                max_response_bytes: ANSWER_BYTES,
            },
        })
    }
}

#[async_trait]
impl Connector for Webhook {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: Capabilities::default(),
            events: Some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.rules.clone()
    }

    /// Tells a receiver nothing that did not happen: the settings are all that is looked at.
    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        let kinds: Vec<&str> = self.wanted.iter().map(|kind| kind.as_str()).collect();
        Ok(CheckReport {
            name: self.url.host_str().unwrap_or_default().to_owned(),
            software: None,
            capabilities: Capabilities::default(),
            clock_skew: SignedDuration::ZERO,
            findings: vec![CheckFinding {
                fatal: false,
                message: format!(
                    "is told of {}; whether it takes them shows with the first event (jobs list --kind tell-event)",
                    kinds.join(", ")
                ),
            }],
        })
    }
}

#[async_trait]
impl Events for Webhook {
    fn wanted(&self) -> &[EventKind] {
        &self.wanted
    }

    async fn tell(&self, ctx: &Context, event: &Event) -> ConnectorResult<()> {
        let invalid = |problem: String| ConnectorError::new(ErrorKind::Invalid, TELL, problem);
        let request = self.request(ctx, event).map_err(invalid)?;
        // Being told twice does no harm, so a request without an answer is like one that was not sent.
        let answer = ctx
            .send(request)
            .await
            .map_err(|error| ConnectorError::from_egress(TELL, Effect::Read, &error))?;
        refusal(ctx, &answer).map_or(Ok(()), Err)
    }
}

/// None if the receiver has taken it.
fn refusal(ctx: &Context, answer: &Response) -> Option<ConnectorError> {
    let status = answer.status;
    let kind = match status {
        _ if status.is_success() => return None,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited {
            after: retry_after(ctx, answer),
        },
        // It may say so of itself as a whole, too.
        StatusCode::SERVICE_UNAVAILABLE if retry_after(ctx, answer).is_some() => ErrorKind::RateLimited {
            after: retry_after(ctx, answer),
        },
        StatusCode::REQUEST_TIMEOUT => ErrorKind::Temporary,
        _ if status.is_server_error() => ErrorKind::Temporary,
        StatusCode::UNAUTHORIZED => ErrorKind::Auth,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden,
        StatusCode::NOT_FOUND | StatusCode::GONE => ErrorKind::NotFound,
        _ => ErrorKind::Rejected,
    };
    let hint = match status {
        _ if status.is_redirection() => " (redirects are not followed: correct settings.url, then replay)",
        StatusCode::GONE => {
            " (it wants no more of them: set enabled = false, or correct settings.url; then skip or replay)"
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            " (does it have the same secret, and the right time? then replay)"
        }
        _ => "",
    };
    let said: String = String::from_utf8_lossy(&answer.body)
        .chars()
        .take(SHOWN)
        .collect();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = format!("the receiver answered {}{hint}: {said}", status.as_u16());
    Some(ConnectorError::new(kind, TELL, message))
}

#[cfg(test)]
mod tests {
    use punchgate_connector::egress::Egress;
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn context() -> Context {
        let http = Egress::new(EgressRules::default()).unwrap();
        let now = "2026-03-02T12:00:00Z".parse().unwrap();
        Context::new(
            "tell-1",
            now,
            Duration::from_secs(1),
            CancellationToken::new(),
            http,
        )
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        }
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from("no\n thanks".to_owned() + &"x".repeat(1000)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers() {
        use ErrorKind as E;
        let limited = |seconds: Option<u64>| E::RateLimited {
            after: seconds.map(Duration::from_secs),
        };
        let rows = [
            (200, None, None),
            (204, None, None),
            (301, None, Some(E::Rejected)),
            (400, None, Some(E::Rejected)),
            (401, None, Some(E::Auth)),
            (403, None, Some(E::Forbidden)),
            (404, None, Some(E::NotFound)),
            (408, None, Some(E::Temporary)),
            (410, None, Some(E::NotFound)),
            (422, None, Some(E::Rejected)),
            (429, None, Some(limited(None))),
            (429, Some("7"), Some(limited(Some(7)))),
            (
                429,
                Some("Mon, 02 Mar 2026 12:00:30 GMT"),
                Some(limited(Some(30))),
            ),
            (429, Some("soon"), Some(limited(None))),
            (500, None, Some(E::Temporary)),
            (502, Some("7"), Some(E::Temporary)),
            (503, Some("7"), Some(limited(Some(7)))),
            (503, None, Some(E::Temporary)),
        ];
        for (status, retry_after, expected) in rows {
            let refusal = refusal(&context(), &answer(status, retry_after));
            assert_eq!(refusal.as_ref().map(|error| error.kind), expected, "{status}");
            if let Some(error) = refusal {
                assert!(error.message.contains("no thanks"), "{}", error.message);
                assert!(error.message.len() < 400, "{}", error.message);
            }
        }
    }
}
