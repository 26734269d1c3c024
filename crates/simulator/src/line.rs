//! The line to a gateway: guarded HTTP, one request after the other, redirects handed out and not followed.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use punchgate_egress::{Egress, EgressRules, HostPattern, IpNet, Limits, Request};
use url::Url;

/// The largest answer that is read.
const MOST: usize = 8 << 20;

/// A line to a gateway and the hosts of its pages.
#[derive(Clone, Debug)]
pub struct Line {
    egress: Egress,
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LineError(String);

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) location: Option<Url>,
    pub(crate) sets_cookie: bool,
    /// Content-Security-Policy.
    pub(crate) policy: Option<String>,
    /// X-Frame-Options.
    pub(crate) frame_options: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Line {
    /// A line to the host of this address, and to further ones. Whoever names an address means it: it may be one of the
    /// machine or of a private network, and `http://` if it is written so.
    pub fn to(url: &Url, further: &[String]) -> Result<Self, LineError> {
        let mut hosts: Vec<HostPattern> = HostPattern::of_url(url).into_iter().collect();
        for host in further {
            hosts.push(host.parse().map_err(|error| LineError(format!("{error}")))?);
        }
        let everywhere = ["0.0.0.0/0", "::/0"];
        let networks: Result<Vec<IpNet>, _> = everywhere.iter().map(|network| network.parse()).collect();
        let rules = EgressRules {
            hosts,
            networks: networks.map_err(|error| LineError(error.to_string()))?,
            plain_http: url.scheme() == "http",
            extra_roots: Vec::new(),
        };
        let egress = Egress::new(rules).map_err(|error| LineError(error.to_string()))?;
        Ok(Self { egress })
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        content_type: Option<&'static str>,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Reply, String> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let began = tokio::time::Instant::now();
        let sent = self.egress.send(Request {
            method,
            url: url.clone(),
            headers,
            body: Bytes::from(body),
            limits: Limits {
                timeout,
                max_response_bytes: MOST,
            },
        });
        let answer = sent.await.map_err(|error| error.to_string())?;
        let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Reply {
            status: answer.status.as_u16(),
            content_type: text(header::CONTENT_TYPE).map(str::to_owned),
            location: text(header::LOCATION).and_then(|location| url.join(location).ok()),
            policy: text(header::CONTENT_SECURITY_POLICY).map(str::to_owned),
            frame_options: text(header::X_FRAME_OPTIONS).map(str::to_owned),
            sets_cookie: answer.headers.contains_key(header::SET_COOKIE),
            body: answer.body.to_vec(),
            took: began.elapsed(),
        })
    }
}
