//! The client.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use url::{Position, Url};

use crate::{
    EgressError, EgressRules, EgressSetupError, UnknownCause,
    resolver::{AddressRefused, GuardedResolver, LookUp, of_the_machine},
};

#[cfg(test)]
mod tests;

/// Longest time for name, connection and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle connections are dropped before usual servers drop them: a request on a dying one has an unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
const USER_AGENT: &str = concat!("punchgate/", env!("CARGO_PKG_VERSION"));

/// A guarded HTTP client; cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Egress {
    client: reqwest::Client,
    rules: Arc<EgressRules>,
}

/// A request.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// How long and how much.
    pub limits: Limits,
}

/// How long a request may take and how much may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first step to the last byte.
    pub timeout: Duration,
    /// Of the answer's body, decoded.
    pub max_response_bytes: usize,
}

impl Default for Limits {
    /// 30 seconds, 4 MiB.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_response_bytes: 4 << 20,
        }
    }
}

/// An answer that was read to its end. Redirects are answers like any other.
#[derive(Clone)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decoded.
    pub body: Bytes,
}

impl Egress {
    /// A client that reaches what the rules allow.
    pub fn new(rules: EgressRules) -> Result<Self, EgressSetupError> {
        Self::looking_up(rules, of_the_machine)
    }

    fn looking_up(rules: EgressRules, look_up: LookUp) -> Result<Self, EgressSetupError> {
        // The first to install wins; it is the same provider everywhere in the product.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let rules = Arc::new(rules);
        let roots = rules
            .extra_roots
            .iter()
            .enumerate()
            .map(|(at, pem)| {
                reqwest::Certificate::from_pem(pem.as_bytes()).map_err(|error| {
                    EgressSetupError::Certificate {
                        index: at + 1,
                        detail: error.to_string(),
                    }
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        #[expect(clippy::disallowed_methods, reason = "this is the one HTTP client")]
        let builder = reqwest::Client::builder();
        let mut builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .https_only(!rules.plain_http)
            .dns_resolver(GuardedResolver::new(Arc::clone(&rules), look_up));
        if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        let client = builder
            .build()
            .map_err(|error| EgressSetupError::Client(chain(&error)))?;
        Ok(Self { client, rules })
    }

    /// What it may reach.
    pub fn rules(&self) -> &EgressRules {
        &self.rules
    }

    /// Sends the request once and reads the answer to its end.
    pub async fn send(&self, request: Request) -> Result<Response, EgressError> {
        let host = request.url[Position::BeforeHost..Position::AfterPort].to_owned();
        if let Some(reason) = self.rules.refuse_url(&request.url) {
            return Err(EgressError::Refused { host, reason });
        }
        let Limits {
            timeout,
            max_response_bytes,
        } = request.limits;
        match tokio::time::timeout(timeout, self.exchange(&host, request, max_response_bytes)).await {
            Ok(result) => result,
            Err(_) => Err(EgressError::Unknown {
                host,
                cause: UnknownCause::Timeout,
                detail: format!("no complete answer within {} ms", timeout.as_millis()),
            }),
        }
    }

    async fn exchange(&self, host: &str, request: Request, max: usize) -> Result<Response, EgressError> {
        let sent = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await;
        let mut answer = sent.map_err(|error| send_error(host, error.without_url()))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| body_error(host, &error.without_url()))?
        {
            if body.len().saturating_add(chunk.len()) > max {
                return Err(EgressError::Unknown {
                    host: host.to_owned(),
                    cause: UnknownCause::TooLarge,
                    detail: format!("the answer is larger than {max} bytes"),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status: answer.status(),
            headers: std::mem::take(answer.headers_mut()),
            body: body.freeze(),
        })
    }
}

fn send_error(host: &str, error: reqwest::Error) -> EgressError {
    let host = host.to_owned();
    if let Some(refused) = find_cause::<AddressRefused>(&error) {
        return EgressError::Refused {
            host,
            reason: refused.to_string(),
        };
    }
    let detail = chain(&error);
    if error.is_connect() || error.is_builder() {
        return EgressError::NotSent { host, detail };
    }
    EgressError::Unknown {
        host,
        cause: if error.is_timeout() {
            UnknownCause::Timeout
        } else {
            UnknownCause::Cut
        },
        detail,
    }
}

fn body_error(host: &str, error: &reqwest::Error) -> EgressError {
    EgressError::Unknown {
        host: host.to_owned(),
        cause: UnknownCause::Cut,
        detail: chain(error),
    }
}

fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("rules", &self.rules).finish()
    }
}

impl fmt::Debug for Request {
    /// Without query, headers and body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, &self.url[..Position::AfterPath])
    }
}

impl fmt::Debug for Response {
    /// Without headers and body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}
