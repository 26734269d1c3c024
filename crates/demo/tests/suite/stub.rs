//! A gateway that answers as it is told and remembers what it was sent, and a suite in front of it.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use punchgate_demo::{SuiteConfig, http_client::http_client, serve_suite};
use punchgate_protocols::cxml::{Body, Envelope, Finding, Limits, decode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How the stub answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stub {
    fixed: Option<String>,
}

impl Stub {
    pub(crate) fn status(code: u16, details: &str) -> Self {
        Self::body(&response(&format!(
            "<Status code=\"{code}\" text=\"x\">{details}</Status>"
        )))
    }

    pub(crate) fn body(text: &str) -> Self {
        Self {
            fixed: Some(text.to_owned()),
        }
    }
}

/// A request as the stub saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) bytes: Bytes,
    pub(crate) envelope: Envelope,
    pub(crate) body: Body,
    pub(crate) findings: Vec<Finding>,
}

#[derive(Clone, Debug, Default)]
struct Gateway {
    stub: Stub,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// A suite on a port of its own, with its stub.
#[derive(Debug)]
pub(crate) struct World {
    base: String,
    gateway: Gateway,
    client: reqwest::Client,
    shutdown: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn answer(
    State(gateway): State<Gateway>,
    uri: http::Uri,
    bytes: Bytes,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let document = decode::decode(&bytes, None, &Limits::default()).unwrap();
    let text = gateway.stub.fixed.clone().unwrap_or_else(|| {
        response(match document.body {
            Body::PunchOutSetupRequest(_) => {
                "<Status code=\"200\" text=\"OK\"/><PunchOutSetupResponse><StartPage><URL>http://127.0.0.1:9/start/1</URL></StartPage></PunchOutSetupResponse>"
            }
            _ => "<Status code=\"200\" text=\"OK\"/>",
        })
    });
    gateway.calls.lock().unwrap().push(Call {
        path: uri.path().to_owned(),
        bytes,
        envelope: document.envelope,
        body: document.body,
        findings: document.findings,
    });
    ([(header::CONTENT_TYPE, "text/xml")], text)
}

const HEAD: &str = "<!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd\">\n<cXML version=\"1.2.014\" payloadID=\"stub-1@gateway.example\" timestamp=\"2026-01-01T00:00:00+00:00\" xml:lang=\"en-US\">";
const EVERYBODY: &str = "<From><Credential domain=\"NetworkID\"><Identity>AN01000009001</Identity></Credential><Credential domain=\"DUNS\"><Identity>081466849</Identity></Credential><Credential domain=\"PrivateID\"><Identity>ironquay</Identity></Credential></From><To><Credential domain=\"NetworkID\"><Identity>AN01000000101</Identity></Credential><Credential domain=\"DUNS\"><Identity>060704781</Identity></Credential><Credential domain=\"PrivateID\"><Identity>cobalt-labs</Identity></Credential></To>";

fn response(content: &str) -> String {
    format!("{HEAD}<Response>{content}</Response></cXML>")
}

fn message(content: &str) -> String {
    format!(
        "{HEAD}<Header>{EVERYBODY}<Sender><Credential domain=\"NetworkID\"><Identity>AN01000009001</Identity></Credential><UserAgent>stub</UserAgent></Sender></Header><Message>{content}</Message></cXML>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A cart of one line at 12.50 with this cookie; its Total is right for a quantity of 2.
pub(crate) fn order_message(cookie: &str, quantity: &str) -> String {
    let cookie = escaped(cookie);
    message(&format!(
        "<PunchOutOrderMessage><BuyerCookie>{cookie}</BuyerCookie><PunchOutOrderMessageHeader operationAllowed=\"edit\"><Total><Money currency=\"USD\">25.00</Money></Total></PunchOutOrderMessageHeader><ItemIn quantity=\"{quantity}\"><ItemID><SupplierPartID>P-1</SupplierPartID><SupplierPartAuxiliaryID>aux-1</SupplierPartAuxiliaryID></ItemID><ItemDetail><UnitPrice><Money currency=\"USD\">12.50</Money></UnitPrice><Description xml:lang=\"en\">Thing</Description><UnitOfMeasure>EA</UnitOfMeasure><Classification domain=\"UNSPSC\">27112703</Classification></ItemDetail></ItemIn></PunchOutOrderMessage>"
    ))
}

/// A cart without lines.
pub(crate) fn empty_message(cookie: &str) -> String {
    let cookie = escaped(cookie);
    message(&format!(
        "<PunchOutOrderMessage><BuyerCookie>{cookie}</BuyerCookie><PunchOutOrderMessageHeader operationAllowed=\"edit\"><Total><Money currency=\"USD\">0.00</Money></Total></PunchOutOrderMessageHeader></PunchOutOrderMessage>"
    ))
}

/// The supplier's confirmation of a one-line order of ACME.
pub(crate) const CONFIRMATION: &str = "<!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.050/Fulfill.dtd\">\n<cXML version=\"1.2.050\" payloadID=\"conf-1@gateway.example\" timestamp=\"2026-01-01T00:00:00+00:00\" xml:lang=\"en-US\"><Header><From><Credential domain=\"NetworkID\"><Identity>AN01000009001</Identity></Credential></From><To><Credential domain=\"NetworkID\"><Identity>AN01000000101</Identity></Credential></To><Sender><Credential domain=\"NetworkID\"><Identity>AN01000009001</Identity><SharedSecret>demo-ironquay-to-acme-77</SharedSecret></Credential><UserAgent>stub</UserAgent></Sender></Header><Request><ConfirmationRequest><ConfirmationHeader type=\"accept\" operation=\"new\" noticeDate=\"2026-01-01T00:00:00+00:00\" confirmID=\"C-1\"/><OrderReference orderID=\"@ORDER\"><DocumentReference payloadID=\"@REFERENCE\"/></OrderReference></ConfirmationRequest></Request></cXML>";

/// The form that a browser posts.
pub(crate) fn cart_form(document: &str, urlencoded: bool) -> String {
    let (name, value) = match urlencoded {
        true => ("cXML-urlencoded", document.to_owned()),
        false => ("cXML-base64", STANDARD.encode(document)),
    };
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, &value)
        .finish()
}

impl World {
    pub(crate) async fn start(stub: Stub) -> Self {
        let gateway = Gateway {
            stub,
            ..Gateway::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/cxml", post(answer))
            .route("/cxml/{relationship}", post(answer))
            .with_state(gateway.clone());
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut config = SuiteConfig::demo(&base, &gateway_url, "http://127.0.0.1:9", "http://127.0.0.1:9");
        config.shutdown = shutdown.clone();
        tokio::spawn(serve_suite(config, listener));
        let client = http_client(std::time::Duration::from_secs(10)).unwrap();
        Self {
            base,
            gateway,
            client,
            shutdown,
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.gateway.calls.lock().unwrap().len()
    }

    pub(crate) fn last_call(&self) -> Call {
        self.gateway.calls.lock().unwrap().last().unwrap().clone()
    }

    /// The cookie of the last setup request.
    pub(crate) fn cookie(&self) -> String {
        let Body::PunchOutSetupRequest(setup) = self.last_call().body else {
            panic!("no setup request")
        };
        setup.buyer_cookie.as_str().to_owned()
    }

    /// Path and query of the last setup request's return address.
    fn back(&self) -> String {
        let Body::PunchOutSetupRequest(setup) = self.last_call().body else {
            panic!("no setup request")
        };
        setup
            .browser_form_post
            .unwrap()
            .strip_prefix(&self.base)
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn punch_out(&self, buyer: &str, view: &str) -> (u64, String) {
        self.post(&format!("/buyers/{buyer}/punchout"), &format!("view={view}"))
            .await;
        let all = self.json(&format!("/api/buyers/{buyer}/requisitions")).await;
        (all[0]["number"].as_u64().unwrap(), self.back())
    }

    pub(crate) async fn punch_again(&self, buyer: &str, requisition: u64, operation: &str) -> String {
        let path = format!("/buyers/{buyer}/requisitions/{requisition}/punchout");
        self.post(&path, &format!("view=tab&operation={operation}")).await;
        self.back()
    }

    pub(crate) async fn filled(&self, buyer: &str) -> u64 {
        let (requisition, back) = self.punch_out(buyer, "tab").await;
        self.post(&back, &cart_form(&order_message(&self.cookie(), "2"), false))
            .await;
        requisition
    }

    pub(crate) async fn ordered(&self, buyer: &str) -> u64 {
        let requisition = self.filled(buyer).await;
        self.post(&format!("/buyers/{buyer}/requisitions/{requisition}/submit"), "")
            .await;
        self.requisition(buyer, requisition).await["order"]
            .as_u64()
            .unwrap()
    }

    pub(crate) async fn requisition(&self, buyer: &str, number: u64) -> Value {
        self.json(&format!("/api/buyers/{buyer}/requisitions/{number}"))
            .await
    }

    pub(crate) async fn order(&self, buyer: &str, number: u64) -> Value {
        self.json(&format!("/api/buyers/{buyer}/orders/{number}")).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self
            .client
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        body
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(path).await).unwrap()
    }

    pub(crate) async fn headers(&self, path: &str) -> HeaderMap {
        self.client
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .unwrap()
            .headers()
            .clone()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (StatusCode, String) {
        self.send(path, "application/x-www-form-urlencoded", body, &[])
            .await
    }

    pub(crate) async fn post_xml(&self, path: &str, body: &str) -> (StatusCode, String) {
        self.send(path, "text/xml; charset=UTF-8", body, &[]).await
    }

    pub(crate) async fn post_from_elsewhere(&self, path: &str) -> StatusCode {
        let foreign = [("sec-fetch-site", "cross-site")];
        self.send(path, "application/x-www-form-urlencoded", "view=tab", &foreign)
            .await
            .0
    }

    async fn send(
        &self,
        path: &str,
        content_type: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let mut request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, content_type)
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}
