//! HMAC schemes: what each sender sends is taken, and nothing that differs from it in any byte.

use crate::webhook_signature::SigningSecrets;

use super::*;

const SECRET: &str = "a signing secret of 32 characters";
/// The bytes 0 to 31.
const BASE64_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const BODY: &str = r#"{"id":"evt_7","type":"customer.updated","scope":"store/customer/updated","event_id":"Ev7","event":{"type":"message"}}"#;

/// A message that is right.
struct Row {
    name: &'static str,
    settings: Value,
    secret: &'static str,
    headers: Headers,
    body: &'static str,
    sent: i64,
    id: Option<&'static str>,
    /// Headers that nobody signs.
    unsigned: &'static [&'static str],
}

type Headers = Vec<(&'static str, &'static str)>;

fn row(
    name: &'static str,
    settings: Value,
    headers: Headers,
    id: Option<&'static str>,
    unsigned: &'static [&'static str],
) -> Row {
    Row {
        name,
        settings,
        secret: SECRET,
        headers,
        body: BODY,
        sent: SENT,
        id,
        unsigned,
    }
}

/// As Standard Webhooks has it.
fn standard(
    scheme: &'static str,
    secret: &'static str,
    names: [&'static str; 3],
    signature: &'static str,
) -> Row {
    let headers = vec![
        (names[0], "msg_7"),
        (names[1], "1772452800"),
        (names[2], signature),
    ];
    let settings = json!({ "scheme": scheme });
    Row {
        secret,
        ..row(scheme, settings, headers, Some("msg_7"), &[])
    }
}

fn rows() -> Vec<Row> {
    let mut rows = standard_webhooks();
    rows.extend(schemes_of_senders());
    rows.extend(schemes_of_settings());
    rows
}

fn standard_webhooks() -> Vec<Row> {
    let webhook = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let of_32 = "v1,dxNSPHW3FXExy1AGZuy381gKP9Zw/mN+73DsfeM1ygU=";
    vec![
        Row {
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            body: r#"{"test": 2432232314}"#,
            sent: 1_614_265_330,
            id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
            headers: vec![
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                (
                    "webhook-signature",
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                ),
            ],
            ..standard("standard-webhooks", "", webhook, "")
        },
        standard(
            "svix",
            BASE64_SECRET,
            ["svix-id", "svix-timestamp", "svix-signature"],
            of_32,
        ),
        standard(
            "bigcommerce",
            SECRET,
            webhook,
            "v1,iSnJ6+ozPlH1sa/5+8F8ZAaqHeyEehoz70Qc/2rBLgk=",
        ),
        Row {
            // The same message stands in the plugin's own test.
            secret: "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            body: r#"{"type":"order.state","timestamp":"2026-03-01T09:30:00.000Z","data":{"order":"T1"}}"#,
            sent: 1_772_357_400,
            id: Some("msg_1"),
            headers: vec![
                ("webhook-id", "msg_1"),
                ("webhook-timestamp", "1772357400"),
                (
                    "webhook-signature",
                    "v1,vbDumgVwxXxXBCuX+DG0Ew2NmH3ChEl38gBYvWhvWOM=",
                ),
            ],
            ..standard("vendure", "", webhook, "")
        },
    ]
}

/// What has a name in the settings.
fn schemes_of_senders() -> Vec<Row> {
    vec![
        row(
            "stripe",
            json!({ "scheme": "stripe" }),
            vec![(
                "stripe-signature",
                "t=1772452800,v1=c8dbe03f8760e037468f80df1de15fadd7d301cc87c3b1da23fd452f1a64fd1f",
            )],
            Some("evt_7"),
            &[],
        ),
        row(
            "github",
            json!({ "scheme": "github" }),
            vec![
                (
                    "x-hub-signature-256",
                    "sha256=93dd807299cba62ec09e359e1b5720b96ddfda244bd5b9b03165300e2677d420",
                ),
                ("x-github-delivery", "72d3162e"),
                ("x-github-event", "push"),
            ],
            Some("72d3162e"),
            &["x-github-delivery", "x-github-event"],
        ),
        row(
            "shopify",
            json!({ "scheme": "shopify" }),
            vec![
                (
                    "x-shopify-hmac-sha256",
                    "k92AcpnLpi7AnjWeG1cguW3f2iRL1bmwMWUwDiZ31CA=",
                ),
                ("x-shopify-webhook-id", "b54557e4"),
                ("x-shopify-topic", "customers/update"),
            ],
            Some("b54557e4"),
            &["x-shopify-webhook-id", "x-shopify-topic"],
        ),
        row(
            "woocommerce",
            json!({ "scheme": "woocommerce" }),
            vec![
                (
                    "x-wc-webhook-signature",
                    "k92AcpnLpi7AnjWeG1cguW3f2iRL1bmwMWUwDiZ31CA=",
                ),
                ("x-wc-webhook-delivery-id", "17"),
            ],
            Some("17"),
            &["x-wc-webhook-delivery-id"],
        ),
        row(
            "slack",
            json!({ "scheme": "slack" }),
            vec![
                ("x-slack-request-timestamp", "1772452800"),
                (
                    "x-slack-signature",
                    "v0=bf25ed82e4512e7a1a7f4744d016b579abe5ef66e1c72884e8ad72c42f669bb4",
                ),
            ],
            Some("Ev7"),
            &[],
        ),
    ]
}

/// What has none.
fn schemes_of_settings() -> Vec<Row> {
    vec![
        row(
            "method, address and milliseconds, as HubSpot has it",
            json!({ "scheme": "hmac", "signature_header": "x-hubspot-signature-v3", "encoding": "base64",
                "signed": "{method}{url}{body}{timestamp}", "timestamp_header": "x-hubspot-request-timestamp",
                "timestamp_format": "unix-ms" }),
            vec![
                ("x-hubspot-request-timestamp", "1772452800000"),
                (
                    "x-hubspot-signature-v3",
                    "te8Er7timiXO4qQd82k5jQAkAttPIA8c+hQNirqMVy8=",
                ),
            ],
            None,
            &[],
        ),
        row(
            "SHA-512 of the body, as Oracle has it",
            json!({ "scheme": "hmac", "signature_header": "x-oracle-cc-webhook-signature", "encoding": "base64",
                "algorithm": "sha512" }),
            vec![(
                "x-oracle-cc-webhook-signature",
                "IuEBH57WTD5eY8UXxULM9O7tJ4lsu513/9JMEwJV4UbabUvWTnfut4RaeNd9g1UsCMHg4Cazg8EnhRIP6qRgQQ==",
            )],
            None,
            &[],
        ),
        row(
            "SHA-1, where it is named",
            json!({ "scheme": "hmac", "signature_header": "x-signature", "prefix": "sha1=", "algorithm": "sha1" }),
            vec![("x-signature", "sha1=dec9c5fe73cd631f0df2039d2cd62c0ba32e95bf")],
            None,
            &[],
        ),
        row(
            "a date, another header and base64url",
            json!({ "scheme": "hmac", "signature_header": "x-signature", "encoding": "base64url",
                "signed": "{timestamp}|{header:x-shop}|{body}", "timestamp_header": "x-sent",
                "timestamp_format": "rfc3339", "id_pointer": "/id" }),
            vec![
                ("x-sent", "2026-03-02T12:00:00Z"),
                ("x-shop", "shop-1"),
                ("x-signature", "Rz-cfWnsHqxsbmwjEc9MbLmX6nxwIR9WCFrUQ0Juv24"),
            ],
            Some("evt_7"),
            &[],
        ),
    ]
}

impl Row {
    fn rule(&self) -> SignatureRule {
        rule(&self.settings, &[("webhook", self.secret)])
    }

    fn verify(&self, rule: &SignatureRule, headers: &HeaderMap, body: &[u8]) -> Result<Proven, Refusal> {
        rule.verify(&incoming(headers, body), at(self.sent))
    }
}

#[test]
fn what_senders_send_is_taken() {
    for row in rows() {
        let proven = row.verify(&row.rule(), &headers(&row.headers), row.body.as_bytes());
        let id = proven.map(|proven| proven.id);
        assert_eq!(id, Ok(row.id.map(str::to_owned)), "{}", row.name);
    }
    let github = rule(
        &json!({ "scheme": "github" }),
        &[("webhook", "It's a Secret to Everybody")],
    );
    let published = headers(&[
        (
            "x-hub-signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        ("x-github-delivery", "1"),
    ]);
    assert!(
        github
            .verify(&incoming(&published, b"Hello, World!"), at(SENT))
            .is_ok()
    );
}

#[test]
fn no_byte_may_differ() {
    for row in rows() {
        let (rule, right) = (row.rule(), headers(&row.headers));
        for place in 0..row.body.len() {
            let mut body = row.body.as_bytes().to_vec();
            body[place] ^= 1;
            assert!(
                row.verify(&rule, &right, &body).is_err(),
                "{}: byte {place} of the body",
                row.name
            );
        }
        let longer = [row.body.as_bytes(), b" "].concat();
        assert!(
            row.verify(&rule, &right, &longer).is_err(),
            "{}: longer",
            row.name
        );
        for (name, value) in &row.headers {
            let mut without = right.clone();
            without.remove(*name);
            let mut twice = right.clone();
            twice.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
            let is_topic = *name == "x-github-event" || *name == "x-shopify-topic";
            for headers in [without, twice].iter().filter(|_| !is_topic) {
                assert!(
                    row.verify(&rule, headers, row.body.as_bytes()).is_err(),
                    "{}: {name}",
                    row.name
                );
            }
            if row.unsigned.contains(name) {
                continue;
            }
            for place in 0..value.len() {
                let mut changed = value.as_bytes().to_vec();
                // Base64 leaves bits of its last letter unused: another letter must differ in those that count.
                changed[place] ^= if changed[place].is_ascii_alphabetic() {
                    0x13
                } else {
                    1
                };
                let Ok(changed) = HeaderValue::from_bytes(&changed) else {
                    continue;
                };
                let mut headers = right.clone();
                headers.insert(name.parse::<HeaderName>().unwrap(), changed);
                let taken = row.verify(&rule, &headers, row.body.as_bytes());
                assert!(taken.is_err(), "{}: byte {place} of {name}", row.name);
            }
        }
    }
}

#[test]
fn another_secret_fits_nothing() {
    for row in rows() {
        let other = match row.secret.strip_prefix("whsec_") {
            Some(_) => "whsec_////AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            None => "a signing secret of 33 characters",
        };
        let wrong = rule(&row.settings, &[("webhook", other)]);
        let refused = row.verify(&wrong, &headers(&row.headers), row.body.as_bytes());
        assert_eq!(refused, Err(Refusal::Mismatch), "{}", row.name);
        let rotating = rule(
            &row.settings,
            &[("webhook", other), ("webhook_previous", row.secret)],
        );
        assert!(
            row.verify(&rotating, &headers(&row.headers), row.body.as_bytes())
                .is_ok(),
            "{}",
            row.name
        );
    }
}

#[test]
fn an_old_time_is_refused_where_there_is_one() {
    for row in rows() {
        let has_time =
            !["github", "shopify", "woocommerce"].contains(&row.name) && !row.name.starts_with("SHA");
        for (apart, near) in [(300, true), (-300, true), (301, false), (-301, false)] {
            let right = headers(&row.headers);
            let taken = row
                .rule()
                .verify(&incoming(&right, row.body.as_bytes()), at(row.sent + apart));
            assert_eq!(taken.is_ok(), near || !has_time, "{} {apart}", row.name);
        }
    }
}

#[test]
fn one_of_several_signatures_is_enough() {
    let stripe = rule(&json!({ "scheme": "stripe" }), &[("webhook", SECRET)]);
    let good = "v1=c8dbe03f8760e037468f80df1de15fadd7d301cc87c3b1da23fd452f1a64fd1f";
    let bad = good.replace('c', "d");
    for (value, taken) in [
        (format!("t=1772452800,{bad},{good}"), true),
        (format!("t=1772452800, {good}, v0=00"), true),
        (format!("t=1772452800,{bad}"), false),
        (format!("t=1772452800,v0={}", &good[3..]), false),
        (
            format!("t=1772452800{}", format!(",{bad}").repeat(16) + "," + good),
            false,
        ),
        (format!("t=1772452801,{good}"), false),
        (format!("t=,{good}"), false),
        (good.to_owned(), false),
        ("t=1772452800".to_owned(), false),
        ("t=1772452800,v1=".to_owned(), false),
    ] {
        let headers = headers(&[("stripe-signature", &value)]);
        let proven = stripe.verify(&incoming(&headers, BODY.as_bytes()), at(SENT));
        assert_eq!(proven.is_ok(), taken, "{value}: {proven:?}");
    }
}

/// What is signed for the JSON protocols is a configuration of this, in both directions.
#[test]
fn standard_webhooks_are_what_the_protocols_sign() {
    let texts = [BASE64_SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    let ours = SigningSecrets::parse(texts).unwrap();
    let theirs = rule(
        &json!({ "scheme": "standard-webhooks" }),
        &[("webhook", texts[1]), ("webhook_previous", texts[0])],
    );
    let signed = ours.sign("msg_9", at(SENT), BODY.as_bytes());
    for (id, timestamp, signature, apart) in [
        ("msg_9", signed.timestamp.as_str(), signed.signature.as_str(), 0),
        ("msg_9", signed.timestamp.as_str(), signed.signature.as_str(), 301),
        ("msg_8", signed.timestamp.as_str(), signed.signature.as_str(), 0),
        ("msg_9", "1772452801", signed.signature.as_str(), 0),
        ("msg_9", "+1772452800", signed.signature.as_str(), 0),
        ("msg_9", signed.timestamp.as_str(), "v1,AAAA", 0),
        ("msg_9", signed.timestamp.as_str(), "", 0),
    ] {
        let headers = headers(&[
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ]);
        let now = at(SENT + apart);
        let read = crate::webhook_signature::SignedHeaders::read(&headers);
        let before = read
            .and_then(|read| ours.verify(&read, now, BODY.as_bytes()))
            .is_ok();
        let after = theirs.verify(&incoming(&headers, BODY.as_bytes()), now).is_ok();
        assert_eq!(before, after, "{id} {timestamp} {signature} {apart}");
    }
}
