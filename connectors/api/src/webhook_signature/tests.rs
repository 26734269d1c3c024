//! The published vector, rotation, tolerance, and everything that must be refused.

use http::{HeaderMap, HeaderValue};

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SENT: i64 = 1_614_265_330;

fn secrets(texts: &[&str]) -> SigningSecrets {
    SigningSecrets::parse(texts.iter().copied()).unwrap()
}

fn at(second: i64) -> Instant {
    Instant::from_second(second).unwrap()
}

fn published() -> SignedHeaders {
    SignedHeaders {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
        timestamp: SENT.to_string(),
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into(),
    }
}

#[test]
fn the_published_vector() {
    let signed = secrets(&[SECRET]).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at(SENT), BODY);
    assert_eq!(signed, published());
    assert_eq!(secrets(&[SECRET]).verify(&published(), at(SENT), BODY), Ok(()));
}

#[test]
fn time() {
    for (apart, accepted) in [
        (0, true),
        (300, true),
        (-300, true),
        (301, false),
        (-301, false),
        (86_400, false),
    ] {
        let verified = secrets(&[SECRET]).verify(&published(), at(SENT + apart), BODY);
        assert_eq!(verified.is_ok(), accepted, "{apart}");
    }
    for text in [
        "",
        "-1",
        "+1614265330",
        "1614265330.0",
        "now",
        "99999999999999999999",
    ] {
        let headers = SignedHeaders {
            timestamp: text.into(),
            ..published()
        };
        let refused = secrets(&[SECRET]).verify(&headers, at(SENT), BODY);
        assert_eq!(refused, Err(SignatureError::Header(TIMESTAMP)), "{text}");
    }
}

#[test]
fn rotation() {
    let both = secrets(&[OTHER, SECRET]);
    let signed_with_both = both.sign("id", at(SENT), BODY);
    assert_eq!(signed_with_both.signature.split(' ').count(), 2);
    let cases: [(&[&str], &SignedHeaders, bool); 5] = [
        (&[SECRET], &signed_with_both, true),
        (&[OTHER], &signed_with_both, true),
        (&[OTHER, SECRET], &published(), true),
        (&[OTHER], &published(), false),
        (&[SECRET, OTHER], &signed_with_both, true),
    ];
    for (known, headers, accepted) in cases {
        assert_eq!(
            secrets(known).verify(headers, at(SENT), BODY).is_ok(),
            accepted,
            "{known:?}"
        );
    }
}

#[test]
fn altered_messages() {
    let good = published();
    let signature = |text: String| SignedHeaders {
        signature: text,
        ..published()
    };
    let cases = [
        (
            SignedHeaders {
                id: "msg_other".into(),
                ..published()
            },
            BODY,
        ),
        (
            SignedHeaders {
                timestamp: (SENT + 1).to_string(),
                ..published()
            },
            BODY,
        ),
        (published(), &BODY[..BODY.len() - 1]),
        (published(), b"".as_slice()),
        (signature(String::new()), BODY),
        (signature("v1,".into()), BODY),
        (signature(good.signature.replacen("v1", "v2", 1)), BODY),
        (signature(good.signature.replacen("v1,", "", 1)), BODY),
        (signature(good.signature.replacen("g0", "G0", 1)), BODY),
        (signature(good.signature[..20].into()), BODY),
    ];
    for (headers, body) in cases {
        let refused = secrets(&[SECRET]).verify(&headers, at(SENT), body);
        assert_eq!(refused, Err(SignatureError::Mismatch), "{headers:?}");
    }
    let among_others = signature(format!("v1a,xxx v1,AAAA {} v9,zzz", good.signature));
    assert_eq!(secrets(&[SECRET]).verify(&among_others, at(SENT), BODY), Ok(()));
}

#[test]
fn headers_must_be_there_once() {
    let mut headers = HeaderMap::new();
    for (name, value) in [(ID, "a"), (TIMESTAMP, "1"), (SIGNATURE, "v1,x")] {
        assert_eq!(SignedHeaders::read(&headers), Err(SignatureError::Header(name)));
        headers.insert(name, HeaderValue::from_static(value));
    }
    assert!(SignedHeaders::read(&headers).is_ok());
    headers.append(SIGNATURE, HeaderValue::from_static("v1,y"));
    assert_eq!(
        SignedHeaders::read(&headers),
        Err(SignatureError::Header(SIGNATURE))
    );
}

#[test]
fn secrets_that_cannot_be_used() {
    let cases = [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
        ("whsec_***", SecretError::Base64),
        ("whsec_c2hvcnQ=", SecretError::Length(5)),
    ];
    for (text, error) in cases {
        assert_eq!(SigningSecrets::parse([text]).unwrap_err(), error);
    }
    assert_eq!(SigningSecrets::parse([]).unwrap_err(), SecretError::None);
    assert!(!format!("{:?}", secrets(&[SECRET])).contains("MfKQ"));
}
