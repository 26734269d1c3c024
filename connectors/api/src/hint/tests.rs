//! Schemes as their senders describe them; what must be refused; settings that cannot be right. The signatures of the
//! table were made with another implementation.

mod senders;
mod settings;
mod tokens;

use http::{HeaderMap, HeaderName, HeaderValue};
use punchgate_domain::Instant;
use serde_json::{Value, json};

use super::*;

const URL: &str = "https://gateway.example/api/v1/hooks/acme/erp";
const SENT: i64 = 1_772_452_800;

fn at(second: i64) -> Instant {
    Instant::from_second(second).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

fn incoming<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Incoming<'a> {
    Incoming {
        method: "POST",
        url: URL,
        headers,
        body,
    }
}

fn read(settings: &Value, secrets: &[(&str, &str)]) -> Result<Hints, ConfigError> {
    let secrets = secrets.iter().copied();
    Hints::read("erp", settings, &secrets.collect())
}

fn rule(settings: &Value, secrets: &[(&str, &str)]) -> SignatureRule {
    match read(settings, secrets).unwrap().proof {
        Proof::Signature(rule) => rule,
        Proof::Token(_) => panic!("{settings} is a token's"),
    }
}

fn names(feeds: &BTreeSet<HintedFeed>) -> String {
    let names: Vec<&str> = feeds.iter().map(|feed| feed.as_str()).collect();
    names.join(" ")
}

#[test]
fn types_mean_feeds() {
    let secrets = [("webhook", "a signing secret of 32 characters")];
    let by_body = json!({ "scheme": "hmac", "signature_header": "x", "type_pointer": "/event/kind", "feeds": {
        "customer.*": "accounts", "customer.paid": "accounts exposure", "ping": "none", "order.*": "documents" } });
    let by_header =
        json!({ "scheme": "shopify", "feeds": { "customers/update": "accounts" }, "other_feeds": "none" });
    let bodies: &[(&Value, &str, &str)] = &[
        (&by_body, r#"{"event":{"kind":"customer.moved"}}"#, "accounts"),
        (
            &by_body,
            r#"{"event":{"kind":"customer.paid"}}"#,
            "accounts exposure",
        ),
        (&by_body, r#"{"event":{"kind":"order.shipped"}}"#, "documents"),
        (&by_body, r#"{"event":{"kind":"ping"}}"#, ""),
        (
            &by_body,
            r#"{"event":{"kind":"else"}}"#,
            "accounts exposure documents",
        ),
        (&by_body, r#"{"event":7}"#, "accounts exposure documents"),
        (&by_body, "no json", "accounts exposure documents"),
        (&by_header, r#"{"event":"customers/update"}"#, ""),
    ];
    for (settings, body, expected) in bodies {
        let (hints, none) = (read(settings, &secrets).unwrap(), HeaderMap::new());
        let feeds = hints.feeds(&incoming(&none, body.as_bytes()));
        assert_eq!(names(&feeds), *expected, "{body}");
    }
    let topic = headers(&[("x-shopify-topic", "customers/update")]);
    let feeds = read(&by_header, &secrets)
        .unwrap()
        .feeds(&incoming(&topic, b"{}"));
    assert_eq!(names(&feeds), "accounts");
}
