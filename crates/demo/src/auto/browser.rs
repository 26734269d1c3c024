//! A browser without scripts: fetches pages, submits forms, follows redirects, and keeps no cookie: one that
//! is offered is a deviation.

use std::time::Duration;

use punchgate_protocols::page::Form;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Mismatch, Outcome};
use crate::{Entropy, OsEntropy, http_client::http_client};

const TIMEOUT: Duration = Duration::from_secs(20);
/// A chain of more redirects than this leads nowhere.
const REDIRECTS: usize = 8;

/// A page, or where a redirect leads to a page that is not followed.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) location: Option<Url>,
    pub(super) body: String,
}

#[derive(Debug)]
pub(super) struct Browser {
    client: reqwest::Client,
}

impl Browser {
    pub(super) fn new() -> Outcome<Self> {
        Ok(Self {
            client: http_client(TIMEOUT)?,
        })
    }

    /// One exchange; redirects are handed out, not followed.
    async fn exchange(&self, request: reqwest::RequestBuilder, url: &Url) -> Outcome<Page> {
        let answer = request
            .send()
            .await
            .map_err(|error| Mismatch::new(format!("an answer of {url}"), error.to_string()))?;
        if let Some(cookie) = answer.headers().get(http::header::SET_COOKIE) {
            let name = String::from_utf8_lossy(cookie.as_bytes())
                .split('=')
                .next()
                .unwrap_or_default()
                .to_owned();
            return Err(Mismatch::new(
                format!("no cookie from {url}"),
                format!("a cookie {name}"),
            ));
        }
        let location = answer
            .headers()
            .get(http::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| url.join(text).ok());
        let status = answer.status().as_u16();
        let body = answer
            .text()
            .await
            .map_err(|error| Mismatch::new(format!("a whole answer of {url}"), error.to_string()))?;
        Ok(Page {
            url: url.clone(),
            status,
            location,
            body,
        })
    }

    pub(super) async fn get(&self, url: &str) -> Outcome<Page> {
        let url = read(url)?;
        self.exchange(self.client.get(url.clone()), &url).await
    }

    /// Posts fields as a form; the answer may be a redirect.
    pub(super) async fn post(&self, url: &str, fields: &[(String, String)]) -> Outcome<Page> {
        let url = read(url)?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .client
            .post(url.clone())
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.exchange(request, &url).await
    }

    /// Submits a form of a page. An empty nonce is filled as the page's script would.
    pub(super) async fn submit(&self, page: &Page, form: &Form) -> Outcome<Page> {
        let target = match form.action.is_empty() {
            true => page.url.clone(),
            false => page.url.join(&form.action).map_err(|error| {
                Mismatch::new("a form with an address", format!("“{}”: {error}", form.action))
            })?,
        };
        let mut fields = form.fields.clone();
        for (name, value) in &mut fields {
            if name == "nonce" && value.is_empty() {
                *value = OsEntropy.token()?;
            }
        }
        self.post(target.as_str(), &fields).await
    }

    /// Follows redirects to a page.
    pub(super) async fn follow(&self, mut page: Page) -> Outcome<Page> {
        for _ in 0..REDIRECTS {
            match &page.location {
                Some(next) if (300..400).contains(&page.status) => page = self.get(next.as_str()).await?,
                _ => return Ok(page),
            }
        }
        Err(Mismatch::new(
            "a page",
            format!("{REDIRECTS} redirects, the last to {}", page.url),
        ))
    }

    /// JSON of an address, with a bearer where one is needed.
    pub(super) async fn json<T: DeserializeOwned>(&self, url: &str, bearer: Option<&str>) -> Outcome<T> {
        let url = read(url)?;
        let mut request = self.client.get(url.clone());
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let page = self.exchange(request, &url).await?;
        page.json()
    }

    /// Posts or puts JSON.
    pub(super) async fn send_json<T: DeserializeOwned>(
        &self,
        method: http::Method,
        url: &str,
        bearer: Option<&str>,
        body: &serde_json::Value,
    ) -> Outcome<T> {
        self.sent_json(method, url, bearer, body).await?.json()
    }

    /// The same, whatever the answer is.
    pub(super) async fn sent_json(
        &self,
        method: http::Method,
        url: &str,
        bearer: Option<&str>,
        body: &serde_json::Value,
    ) -> Outcome<Page> {
        let url = read(url)?;
        let mut request = self.client.request(method, url.clone()).json(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        self.exchange(request, &url).await
    }
}

impl Page {
    fn json<T: DeserializeOwned>(&self) -> Outcome<T> {
        serde_json::from_str(&self.body)
            .ok()
            .filter(|_| self.status == 200)
            .ok_or_else(|| {
                Mismatch::new(
                    format!("HTTP 200 and JSON from {}", self.url),
                    format!("{} {}", self.status, cut(&self.body)),
                )
            })
    }
}

fn read(url: &str) -> Outcome<Url> {
    Url::parse(url).map_err(|error| Mismatch::new("an address", format!("“{url}”: {error}")))
}

/// The beginning of a body, for a message.
pub(super) fn cut(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}
