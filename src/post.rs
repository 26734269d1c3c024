//! Documents to partners over the guarded client.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use punchgate_app::delivery::{Post, Posted};
use punchgate_egress::{Egress, EgressRules, EgressSetupError, Request};
use url::Url;

use crate::config::Config;

/// Posts over the guarded client.
#[derive(Debug)]
pub struct EgressPost {
    client: Egress,
}

impl EgressPost {
    /// A client that goes to public https addresses, and to private ones where the installation allows it.
    pub fn new(config: &Config) -> Result<Self, EgressSetupError> {
        let rules = EgressRules {
            allow_http: config.delivery.allow_http,
            allow_private: config.delivery.allow_private,
            ..EgressRules::default()
        };
        Ok(Self { client: Egress::new(rules)? })
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
        let mut headers = axum::http::HeaderMap::new();
        let value = content_type.parse().map_err(|_| "the content type does not fit a header".to_owned())?;
        headers.insert(axum::http::header::CONTENT_TYPE, value);
        let request = Request {
            method: axum::http::Method::POST,
            url: url.clone(),
            headers,
            body: Bytes::from(body),
            timeout,
        };
        let answer = self.client.send(request).await.map_err(|error| error.to_string())?;
        let content_type = answer.headers.get(axum::http::header::CONTENT_TYPE);
        Ok(Posted {
            status: answer.status.as_u16(),
            content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
            body: answer.body.to_vec(),
        })
    }
}
