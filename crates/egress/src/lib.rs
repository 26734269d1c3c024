//! The one guarded HTTP client: which hosts may be called, checked again against the address that the name
//! resolved to at connect; limits on time and size; no redirects; nothing secret in an error or log.
//!
//! **Invariant:** nobody else in the product builds an HTTP client.
#![warn(missing_docs)]

mod address;
mod resolver;
mod rules;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

pub use address::is_public;
pub use rules::{EgressRules, HostPattern, HostPatternError};

/// A client for one connector instance or one kind of delivery.
#[derive(Clone, Debug)]
pub struct Egress {
    client: reqwest::Client,
    rules: Arc<EgressRules>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: Url,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
}

/// Why there is no answer; the caller must tell the two apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The request surely did not reach the other side.
    #[error("not sent to {host}: {reason}")]
    NotSent {
        /// Host.
        host: String,
        /// Why, without query or secret.
        reason: String,
    },
    /// The request may have been carried out; the answer was not seen, or not whole.
    #[error("no whole answer from {host}: {reason}")]
    Unknown {
        /// Host.
        host: String,
        /// Why, without query or secret.
        reason: String,
    },
}

/// A client could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct EgressSetupError(pub String);

impl Egress {
    /// A client under these rules.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that builds an HTTP client"
    )]
    pub fn new(rules: EgressRules) -> Result<Self, EgressSetupError> {
        // Somebody else has installed a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(rules.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(rules.user_agent.clone())
            .dns_resolver(resolver::Guarded {
                allow_private: rules.allow_private,
            })
            .build()
            .map_err(|error| EgressSetupError(error.without_url().to_string()))?;
        Ok(Self {
            client,
            rules: Arc::new(rules),
        })
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Response, EgressError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        self.rules
            .permit(&request.url)
            .map_err(|reason| EgressError::NotSent {
                host: host.clone(),
                reason,
            })?;
        let sending = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .timeout(request.timeout)
            .send();
        let answer = sending.await.map_err(|error| tell_apart(&host, error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = self.read_body(&host, answer).await?;
        Ok(Response {
            status,
            headers,
            body,
        })
    }

    async fn read_body(&self, host: &str, answer: reqwest::Response) -> Result<Bytes, EgressError> {
        let mut whole = Vec::new();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| unknown(host, &error))?;
            if whole.len() + chunk.len() > self.rules.answer_bytes {
                let reason = format!("the answer is larger than {} bytes", self.rules.answer_bytes);
                return Err(EgressError::Unknown {
                    host: host.to_owned(),
                    reason,
                });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}

/// Only what failed before or at the connection was surely not sent.
fn tell_apart(host: &str, error: reqwest::Error) -> EgressError {
    if error.is_builder() || error.is_connect() {
        EgressError::NotSent {
            host: host.to_owned(),
            reason: words(&error),
        }
    } else {
        unknown(host, &error)
    }
}

fn unknown(host: &str, error: &reqwest::Error) -> EgressError {
    EgressError::Unknown {
        host: host.to_owned(),
        reason: words(error),
    }
}

/// The innermost cause: the outer texts repeat the address with its query.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, error) {
        "the request failed".to_owned()
    } else {
        cause.to_string()
    }
}
