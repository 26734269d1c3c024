//! Settings that cannot be right, and what an operator should know of those that can.

use super::*;

const SECRET: (&str, &str) = ("webhook", "a signing secret of 32 characters");

fn jwt(more: Value) -> Value {
    let mut settings = json!({ "scheme": "jwt", "jwks_url": "https://login.example.com/keys", "issuer": "i", "audience": "a" });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

fn hmac(more: Value) -> Value {
    let mut settings = json!({ "scheme": "hmac", "signature_header": "x-signature" });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

#[test]
fn what_is_wrong_is_named() {
    let rows = [
        (json!({}), "webhook.scheme"),
        (json!({ "scheme": "morse" }), "webhook.scheme"),
        (json!({ "scheme": "hmac" }), "webhook.signature_header"),
        (json!("hmac"), "webhook"),
        (
            hmac(json!({ "signature_header": "no header" })),
            "webhook.signature_header",
        ),
        (hmac(json!({ "encoding": "base32" })), "webhook.encoding"),
        (hmac(json!({ "algorithm": "md5" })), "webhook.algorithm"),
        (hmac(json!({ "separator": ", " })), "webhook.separator"),
        (hmac(json!({ "signed": "{id}.{body}" })), "webhook.signed"),
        (hmac(json!({ "signed": "{timestamp}.{body}" })), "webhook.signed"),
        (hmac(json!({ "signed": "{body", })), "webhook.signed"),
        (hmac(json!({ "signed": "{bodies}" })), "webhook.signed"),
        (
            hmac(json!({ "signed": "{header:no header}{body}" })),
            "webhook.signed",
        ),
        (hmac(json!({ "signed": "nothing" })), "webhook.signed"),
        (hmac(json!({ "timestamp_header": "x-sent" })), "webhook.signed"),
        (
            hmac(json!({ "timestamp_item": "t=", "signed": "{timestamp}{body}" })),
            "webhook.timestamp_item",
        ),
        (
            hmac(json!({ "timestamp_item": "t=", "timestamp_header": "x", "signed": "{timestamp}{body}" })),
            "webhook.timestamp_item",
        ),
        (
            hmac(json!({ "timestamp_format": "julian" })),
            "webhook.timestamp_format",
        ),
        (
            hmac(json!({ "tolerance_seconds": 0 })),
            "webhook.tolerance_seconds",
        ),
        (
            hmac(json!({ "tolerance_seconds": 3601 })),
            "webhook.tolerance_seconds",
        ),
        (
            hmac(json!({ "id_header": "x", "id_pointer": "/id" })),
            "webhook.id_pointer",
        ),
        (hmac(json!({ "id_pointer": "id" })), "webhook.id_pointer"),
        (hmac(json!({ "key": "hex" })), "webhook.key"),
        (hmac(json!({ "feeds": { "a": "accounts" } })), "webhook.feeds"),
        (
            hmac(json!({ "type_pointer": "/t", "feeds": { "a": "prices" } })),
            "webhook.feeds.a",
        ),
        (
            hmac(json!({ "type_pointer": "/t", "type_header": "x" })),
            "webhook.type_pointer",
        ),
        (hmac(json!({ "other_feeds": "" })), "webhook.other_feeds"),
        (hmac(json!({ "issuer": "i" })), "webhook.issuer"),
    ];
    all_are_named(&rows);
}

#[test]
fn what_is_wrong_with_tokens_is_named() {
    let rows = [
        (jwt(json!({ "algorithm": "HS256" })), "webhook.algorithm"),
        (jwt(json!({ "algorithm": "none" })), "webhook.algorithm"),
        (
            jwt(json!({ "jwks_url": "http://login.example.com/keys" })),
            "webhook.jwks_url",
        ),
        (
            jwt(json!({ "jwks_url": "https://me@login.example.com/" })),
            "webhook.jwks_url",
        ),
        (jwt(json!({ "issuer": "" })), "webhook.issuer"),
        (jwt(json!({ "audience": null })), "webhook.audience"),
        (jwt(json!({ "body_hash": "sha1" })), "webhook.body_hash"),
        (
            jwt(json!({ "allow_networks": ["here"] })),
            "webhook.allow_networks",
        ),
        (jwt(json!({ "signed": "{body}" })), "webhook.signed"),
    ];
    all_are_named(&rows);
}

fn all_are_named(rows: &[(Value, &str)]) {
    for (settings, key) in rows {
        let error = read(settings, &[SECRET]).unwrap_err();
        assert_eq!(error.key, *key, "{settings}: {error}");
        assert!(!error.remedy.is_empty(), "{settings}");
    }
}

/// Settings, secrets, and the key that is wrong.
type Refused<'a> = (&'a Value, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn secrets_must_be_there_and_long() {
    let standard = json!({ "scheme": "standard-webhooks" });
    let long = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let rows: [Refused<'_>; 6] = [
        (&standard, &[], "secrets.webhook"),
        (&standard, &[("webhook_previous", long)], "secrets.webhook"),
        (&standard, &[("webhook", "whsec_!")], "secrets.webhook"),
        (&standard, &[("webhook", "whsec_AQEB")], "secrets.webhook"),
        (
            &standard,
            &[("webhook", long), ("webhook_previous", "whsec_AQEB")],
            "secrets.webhook_previous",
        ),
        (&hmac(json!({})), &[("webhook", "hunter2")], "secrets.webhook"),
    ];
    for (settings, secrets, key) in rows {
        assert_eq!(read(settings, secrets).unwrap_err().key, key, "{secrets:?}");
    }
    // A lost `=` is nobody's fault; neither is a secret without its prefix.
    for secret in [long, &long[..long.len() - 1], &long[6..]] {
        assert!(read(&standard, &[("webhook", secret)]).is_ok(), "{secret}");
    }
    let shown = format!("{:?}", read(&standard, &[("webhook", long)]).unwrap());
    assert!(!shown.contains("AQEB") && !shown.contains("1, 1, 1"), "{shown}");
}

#[test]
fn what_is_weak_is_noted() {
    let rows = [
        (json!({ "scheme": "standard-webhooks" }), "standard", 0),
        (json!({ "scheme": "stripe" }), "stripe", 0),
        (json!({ "scheme": "github" }), "github", 2),
        (hmac(json!({ "algorithm": "sha1" })), "sha1", 2),
        (jwt(json!({})), "jwt", 1),
        (jwt(json!({ "body_claim": "body_sha256" })), "bound", 0),
    ];
    for (settings, name, notes) in rows {
        let read = read(
            &settings,
            &[("webhook", "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")],
        )
        .unwrap();
        assert_eq!(read.notes.len(), notes, "{name}: {:?}", read.notes);
    }
    let sha1 = read(&hmac(json!({ "algorithm": "sha1" })), &[SECRET]).unwrap();
    assert!(sha1.notes[0].contains("sha1"), "{:?}", sha1.notes);
}
