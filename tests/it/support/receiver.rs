//! A system of the supplier's that is told of events. It computes signatures by itself: what the product signs is not
//! checked by the product.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

/// The secret of both sides.
pub(crate) const HOOK_SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
/// The one before it.
pub(crate) const HOOK_SECRET_BEFORE: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// A running receiver; it ends with the test.
pub(crate) struct Receiver {
    server: MockServer,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) signatures: Vec<String>,
    pub(crate) raw: Vec<u8>,
    pub(crate) body: Value,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        let receiver = Self {
            server: MockServer::start().await,
        };
        receiver.answers(ResponseTemplate::new(204)).await;
        receiver
    }

    /// From now on it answers so; what it was told before is forgotten.
    pub(crate) async fn answers(&self, template: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(any())
            .respond_with(template)
            .mount(&self.server)
            .await;
    }

    /// The connector `hooks`, as `apply` reads it, with further settings and keys.
    pub(crate) fn declared(&self, settings: &str, keys: &str) -> String {
        let url = format!("{}/hooks?tenant=7", self.server.uri());
        format!(
            "\n[[supplier.connector]]\nid = \"hooks\"\nkind = \"events-webhook\"\nmode = \"production\"\n\
             settings = {{ url = \"{url}\", allow_http = true, allow_networks = [\"127.0.0.0/8\"]{settings} }}\n{keys}\n"
        )
    }

    /// What it was told, in the order in which it came.
    pub(crate) async fn told(&self) -> Vec<Told> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(Told::read).collect()
    }
}

impl Told {
    fn read(request: &Request) -> Self {
        let header = |name: &str| {
            let mut values = request.headers.get_all(name).iter();
            let value = values.next().unwrap().to_str().unwrap().to_owned();
            assert!(values.next().is_none(), "{name} is there twice");
            value
        };
        assert_eq!(request.method.as_str(), "POST");
        assert_eq!(request.url.query(), Some("tenant=7"));
        assert_eq!(header("content-type"), "application/json");
        Self {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp").parse().unwrap(),
            signatures: header("webhook-signature")
                .split(' ')
                .map(str::to_owned)
                .collect(),
            raw: request.body.clone(),
            body: serde_json::from_slice(&request.body).unwrap(),
        }
    }

    /// The signature that a secret makes of it.
    pub(crate) fn signed_with(&self, secret: &str) -> String {
        let key = BASE64_STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.id, self.timestamp).as_bytes());
        mac.update(&self.raw);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }

    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    /// A text of its data.
    pub(crate) fn data(&self, field: &str) -> &str {
        self.body["data"][field].as_str().unwrap_or_default()
    }
}
