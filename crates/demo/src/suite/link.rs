//! The suite's line to the supplier: posts a document, waits for the answer, tells the wire log.

use std::{sync::Arc, time::Duration};

use super::check::Reply;
use crate::{
    Clock, DemoError,
    http_client::http_client,
    wire_log::{Exchange, Peer, WireLog},
};

/// How long a suite waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The line to the gateway.
#[derive(Debug)]
pub(crate) struct Link {
    client: reqwest::Client,
    base_url: String,
    clock: Arc<dyn Clock>,
    wire: WireLog,
}

impl Link {
    pub(crate) fn new(base_url: &str, clock: Arc<dyn Clock>, wire: WireLog) -> Result<Self, DemoError> {
        Ok(Self {
            client: http_client(TIMEOUT)?,
            base_url: base_url.trim_end_matches('/').to_owned(),
            clock,
            wire,
        })
    }

    /// Posts a document; an error is a text for people.
    pub(crate) async fn post(&self, path: &str, document: &[u8]) -> Result<Reply, String> {
        let url = format!("{}/{path}", self.base_url);
        let began = self.clock.now();
        let reply = self.exchange(&url, document.to_vec()).await;
        let duration_ms = self.clock.now().as_millisecond() - began.as_millisecond();
        let (status, response) = match &reply {
            Ok(reply) => (
                Some(reply.status),
                String::from_utf8_lossy(&reply.body).into_owned(),
            ),
            Err(error) => (None, error.clone()),
        };
        self.wire.push(Exchange {
            seq: 0,
            at_ms: began.as_millisecond(),
            from: Peer::Suite,
            to: Peer::Gateway,
            method: "POST".into(),
            url,
            request: String::from_utf8_lossy(document).into_owned(),
            status,
            response,
            duration_ms,
        });
        reply.map(|reply| Reply { duration_ms, ..reply })
    }

    async fn exchange(&self, url: &str, body: Vec<u8>) -> Result<Reply, String> {
        let told = |error: reqwest::Error| match error.is_connect() {
            true => format!("{url} cannot be reached"),
            false => error.to_string(),
        };
        let sent = self
            .client
            .post(url)
            .header(http::header::CONTENT_TYPE, "text/xml; charset=UTF-8")
            .body(body)
            .send()
            .await
            .map_err(told)?;
        let content_type = sent.headers().get(http::header::CONTENT_TYPE);
        Ok(Reply {
            status: sent.status().as_u16(),
            content_type: content_type
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: sent.bytes().await.map_err(told)?.to_vec(),
            duration_ms: 0,
        })
    }
}
