//! Documents to partners over the guarded client: one client for each host, which reaches nothing else.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use bytes::Bytes;
use punchgate_app::delivery::{Post, Posted, Reach};
use punchgate_egress::{Egress, EgressRules, Limits, Request};
use url::Url;

use crate::config::Delivery;

/// Largest answer of a partner.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Posts over the guarded client.
#[derive(Debug)]
pub(crate) struct EgressPost {
    rules: Delivery,
    clients: Mutex<HashMap<String, Egress>>,
}

impl EgressPost {
    /// Under these rules.
    pub(crate) fn new(rules: Delivery) -> Self {
        Self {
            rules,
            clients: Mutex::new(HashMap::new()),
        }
    }

    fn client(&self, url: &Url) -> Result<Egress, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = url.origin().ascii_serialization();
        if let Some(client) = clients.get(&origin) {
            return Ok(client.clone());
        }
        let rules = EgressRules {
            networks: self.rules.networks.clone(),
            plain_http: self.rules.plain_http,
            ..EgressRules::only(url)
        };
        let client = Egress::new(rules).map_err(|error| error.to_string())?;
        clients.insert(origin, client.clone());
        Ok(client)
    }
}

#[async_trait]
impl Post for EgressPost {
    async fn post(
        &self,
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Posted, String> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(content_type).map_err(|error| error.to_string())?;
        headers.insert(header::CONTENT_TYPE, value);
        let request = Request {
            method: Method::POST,
            url: url.clone(),
            headers,
            body: Bytes::from(body),
            limits: Limits {
                timeout,
                max_response_bytes: ANSWER_BYTES,
            },
        };
        let answer = self
            .client(url)?
            .send(request)
            .await
            .map_err(|error| error.to_string())?;
        let content_type = answer.headers.get(header::CONTENT_TYPE);
        Ok(Posted {
            status: answer.status.as_u16(),
            content_type: content_type
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: answer.body.to_vec(),
        })
    }
}

#[async_trait]
impl Reach for EgressPost {
    async fn reach(&self, url: &Url, timeout: Duration) -> Result<u16, String> {
        let request = Request {
            method: Method::HEAD,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            limits: Limits {
                timeout,
                max_response_bytes: ANSWER_BYTES,
            },
        };
        let answer = self.client(url)?.send(request).await;
        answer
            .map(|answer| answer.status.as_u16())
            .map_err(|error| error.to_string())
    }
}
