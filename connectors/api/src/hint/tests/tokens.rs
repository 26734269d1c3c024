//! Tokens and detached signatures: what was agreed is taken, everything else is refused.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use sha2::{Digest as _, Sha256};

use super::*;

const BODY: &[u8] = br#"{"type":"customer.updated"}"#;

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A key made for these tests.
fn rsa() -> RsaKeyPair {
    let text: String = include_str!("rsa_key.b64").split_whitespace().collect();
    RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(text).unwrap()).unwrap()
}

fn rsa_signature(message: &str) -> String {
    let key = rsa();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    encoded(signature)
}

/// The public half, as a key set.
fn published(kid: &str) -> KeySet {
    // The public key is a DER sequence of modulus and exponent, which is 65537.
    let der = rsa().public().as_ref().to_vec();
    let n = &der[der.len() - 5 - 256..der.len() - 5];
    let set = json!({ "keys": [
        { "kty": "oct", "kid": kid, "k": "AAAA" },
        { "kty": "RSA", "kid": "another", "n": encoded([0xff; 256]), "e": "AQAB" },
        { "kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": encoded(n), "e": "AQAB", "x5t": "x" },
    ] });
    KeySet::parse(set.to_string().as_bytes()).unwrap()
}

fn token_rule(more: Value) -> TokenRule {
    let mut settings = json!({ "scheme": "jwt", "jwks_url": "https://login.example/keys", "issuer": "https://login.example",
        "audience": "gateway" });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    if settings["scheme"] == "jws-detached" {
        for key in ["issuer", "audience"] {
            settings.as_object_mut().unwrap().remove(key);
        }
    }
    match read(&settings, &[]).unwrap().proof {
        Proof::Token(rule) => *rule,
        Proof::Signature(_) => panic!("{settings} is no token's"),
    }
}

fn claims() -> Value {
    json!({ "iss": "https://login.example", "aud": "gateway", "exp": SENT + 300, "iat": SENT, "jti": "t-1",
        "body": format!("{:x}", Hex(Sha256::digest(BODY).to_vec())) })
}

struct Hex(Vec<u8>);

impl std::fmt::LowerHex for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn token(head: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
    format!("{message}.{}", rsa_signature(&message))
}

fn head() -> Value {
    json!({ "alg": "RS256", "kid": "k-1", "typ": "JWT" })
}

fn verify(rule: &TokenRule, token: &str, body: &[u8], keys: &KeySet) -> Result<Proven, Refusal> {
    let headers = headers(&[("authorization", &format!("Bearer {token}"))]);
    rule.verify(&incoming(&headers, body), at(SENT), keys)
}

#[test]
fn a_token_that_says_what_was_agreed_is_taken() {
    let (rule, keys) = (token_rule(json!({ "body_claim": "body" })), published("k-1"));
    let proven = verify(&rule, &token(&head(), &claims()), BODY, &keys);
    assert_eq!(
        proven,
        Ok(Proven {
            id: Some("t-1".to_owned())
        })
    );
    let without_kid = token(&json!({ "alg": "RS256" }), &claims());
    assert!(verify(&rule, &without_kid, BODY, &keys).is_ok());
    let mut several = claims();
    several["aud"] = json!(["another", "gateway"]);
    assert!(verify(&rule, &token(&head(), &several), BODY, &keys).is_ok());
    let changed = verify(&rule, &token(&head(), &claims()), b"{}", &keys);
    assert_eq!(changed, Err(Refusal::Body("body".to_owned())));
}

#[test]
fn claims_that_differ_are_refused() {
    let (rule, keys) = (token_rule(json!({ "body_claim": "body" })), published("k-1"));
    let rows = [
        ("iss", json!("https://login.example.org"), false),
        ("iss", Value::Null, false),
        ("aud", json!("another"), false),
        ("aud", json!(["another"]), false),
        ("aud", Value::Null, false),
        ("exp", Value::Null, false),
        ("exp", json!("later"), false),
        ("exp", json!(SENT - 60), true),
        ("exp", json!(SENT - 61), false),
        ("exp", json!(1e30), false),
        ("iat", json!(SENT + 60), true),
        ("iat", json!(SENT + 61), false),
        ("iat", json!(SENT - 86_400), true),
        ("nbf", json!(SENT + 60), true),
        ("nbf", json!(SENT + 61), false),
        ("nbf", json!(1_772_452_800.75), true),
        ("body", Value::Null, false),
        ("body", json!("00"), false),
        ("body", json!(""), false),
    ];
    for (name, value, taken) in rows {
        let mut changed = claims();
        changed[name] = value.clone();
        let proven = verify(&rule, &token(&head(), &changed), BODY, &keys);
        assert_eq!(proven.is_ok(), taken, "{name} = {value}: {proven:?}");
    }
}

#[test]
fn no_byte_of_a_token_may_differ() {
    let (rule, keys) = (token_rule(json!({ "body_claim": "body" })), published("k-1"));
    let right = token(&head(), &claims());
    for place in 0..right.len() {
        let mut changed = right.clone().into_bytes();
        // The last letter of base64 has bits that nobody reads.
        changed[place] = if changed[place] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        if changed != right {
            assert!(verify(&rule, &changed, BODY, &keys).is_err(), "byte {place}");
        }
    }
    for text in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", &"x".repeat(17_000)] {
        assert!(verify(&rule, text, BODY, &keys).is_err(), "{text:.20}");
    }
    let nothing = HeaderMap::new();
    let refused = rule.verify(&incoming(&nothing, BODY), at(SENT), &keys);
    assert_eq!(refused, Err(Refusal::Header("authorization".to_owned())));
}

#[test]
fn the_algorithm_is_the_agreed_one() {
    let (rule, keys) = (token_rule(json!({})), published("k-1"));
    for alg in ["none", "None", "HS256", "RS512", "PS256", "ES256", ""] {
        let mut head = head();
        head["alg"] = json!(alg);
        let refused = verify(&rule, &token(&head, &claims()), BODY, &keys);
        assert_eq!(refused, Err(Refusal::algorithm(alg, "RS256")));
    }
    // The public key taken for a secret: the oldest trick.
    let message = format!(
        "{}.{}",
        encoded(r#"{"alg":"HS256","kid":"k-1"}"#),
        encoded(claims().to_string())
    );
    let forged = mac(
        HmacAlgorithm::Sha256,
        rsa().public().as_ref(),
        [message.as_bytes()],
    );
    assert!(verify(&rule, &format!("{message}.{}", encoded(forged)), BODY, &keys).is_err());
    let unsigned = format!(
        "{}.{}.",
        encoded(r#"{"alg":"none"}"#),
        encoded(claims().to_string())
    );
    assert!(verify(&rule, &unsigned, BODY, &keys).is_err());
    let mut critical = head();
    critical["crit"] = json!(["exp"]);
    assert!(verify(&rule, &token(&critical, &claims()), BODY, &keys).is_err());
    let mut raw = head();
    raw["b64"] = json!(false);
    assert!(verify(&rule, &token(&raw, &claims()), BODY, &keys).is_err());
}

#[test]
fn keys_are_told_apart() {
    let rule = token_rule(json!({}));
    let right = token(&head(), &claims());
    assert_eq!(
        verify(&rule, &right, BODY, &published("k-2")),
        Err(Refusal::unknown_key(Some("k-1")))
    );
    assert_eq!(
        verify(&rule, &right, BODY, &KeySet::default()),
        Err(Refusal::unknown_key(Some("k-1")))
    );
    let mut other = head();
    other["kid"] = json!("another");
    assert_eq!(
        verify(&rule, &token(&other, &claims()), BODY, &published("k-1")),
        Err(Refusal::Mismatch)
    );
    for (text, expected) in [
        ("no json", KeySetError::Form),
        ("{}", KeySetError::Form),
        (r#"{"keys":[]}"#, KeySetError::None),
        (
            r#"{"keys":[7,{"kty":"oct","k":"AA"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#,
            KeySetError::None,
        ),
        (
            r#"{"keys":[{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}]}"#,
            KeySetError::None,
        ),
        (
            r#"{"keys":[{"kty":"RSA","alg":"RS512","n":"AQAB","e":"AQAB"}]}"#,
            KeySetError::None,
        ),
    ] {
        assert_eq!(KeySet::parse(text.as_bytes()).unwrap_err(), expected, "{text}");
    }
    // A key that is too short verifies nothing.
    let short = r#"{"keys":[{"kty":"RSA","kid":"k-1","n":"AQAB","e":"AQAB"}]}"#;
    let short = KeySet::parse(short.as_bytes()).unwrap();
    assert_eq!(verify(&rule, &right, BODY, &short), Err(Refusal::Mismatch));
}

#[test]
fn a_detached_signature_is_of_the_body() {
    let rule = token_rule(json!({ "scheme": "jws-detached", "token_header": "saleor-signature" }));
    let keys = published("k-1");
    let body = String::from_utf8(BODY.to_vec()).unwrap();
    let usual = encoded(head().to_string());
    let raw = encoded(json!({ "alg": "RS256", "kid": "k-1", "b64": false, "crit": ["b64"] }).to_string());
    let unsaid = encoded(json!({ "alg": "RS256", "kid": "k-1", "b64": false }).to_string());
    for (value, body, taken) in [
        (
            format!(
                "{usual}..{}",
                rsa_signature(&format!("{usual}.{}", encoded(BODY)))
            ),
            BODY,
            true,
        ),
        (
            format!(
                "{usual}..{}",
                rsa_signature(&format!("{usual}.{}", encoded(BODY)))
            ),
            b"{}".as_slice(),
            false,
        ),
        (
            format!("{raw}..{}", rsa_signature(&format!("{raw}.{body}"))),
            BODY,
            true,
        ),
        (
            format!("{raw}..{}", rsa_signature(&format!("{raw}.{body}"))),
            b"{}",
            false,
        ),
        (
            format!("{unsaid}..{}", rsa_signature(&format!("{unsaid}.{body}"))),
            BODY,
            false,
        ),
        (token(&head(), &claims()), BODY, false),
        (format!("{usual}.."), BODY, false),
    ] {
        let headers = headers(&[("saleor-signature", &value)]);
        let proven = rule.verify(&incoming(&headers, body), at(SENT), &keys);
        assert_eq!(proven.is_ok(), taken, "{value}: {proven:?}");
    }
}

#[test]
fn es256_is_taken_where_it_was_agreed() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let point = key.public_key().as_ref();
    let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) }] });
    let keys = KeySet::parse(set.to_string().as_bytes()).unwrap();
    let message = format!(
        "{}.{}",
        encoded(r#"{"alg":"ES256"}"#),
        encoded(claims().to_string())
    );
    let token = format!(
        "{message}.{}",
        encoded(key.sign(&random, message.as_bytes()).unwrap())
    );
    assert!(verify(&token_rule(json!({ "algorithm": "ES256" })), &token, BODY, &keys).is_ok());
    assert_eq!(
        verify(&token_rule(json!({})), &token, BODY, &keys),
        Err(Refusal::algorithm("ES256", "RS256"))
    );
}
