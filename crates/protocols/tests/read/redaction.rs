//! No secret and no card number survives redaction, however it is written.

use proptest::{collection::vec, prelude::*};
use punchgate_protocols::cxml::{
    Body, Document, Limits, Proof, decode,
    redact::{redact, redact_read},
};

use crate::{folder, robustness::mutated};

/// The secrets that a reader would find.
fn secrets(document: &Document) -> Vec<String> {
    let envelope = &document.envelope;
    let all = [&envelope.from, &envelope.to, &envelope.sender]
        .into_iter()
        .flatten();
    all.filter_map(|credential| match &credential.proof {
        Proof::SharedSecret(secret) => Some(secret.expose().to_owned()),
        Proof::Mac(mac) => Some(mac.value.clone()),
        Proof::None | Proof::Signature => None,
    })
    .collect()
}

/// What is left after blanking: nothing but stars and white space.
fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character == '*' || character.is_whitespace())
}

fn encoded(text: &str, encoding: u8) -> Vec<u8> {
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect(),
        2 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        3 => format!(" \r\n{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
        _ => [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat(),
    }
}

/// Ways to write pieces of a secret that contains the marker.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("hunter2".to_owned()),
        Just("<![CDATA[hunter2]]>".to_owned()),
        Just("<![CDATA[</SharedSecret>hunter2]]>".to_owned()),
        Just("<!-- don't hunter2 -->".to_owned()),
        Just("<!-- </SharedSecret> -->hunter2".to_owned()),
        Just("<?note hunter2 it's?>".to_owned()),
        Just("<i a='>'>hunter2</i>".to_owned()),
        Just("<SharedSecret>hunter2</SharedSecret>".to_owned()),
        Just("<SharedSecret/>".to_owned()),
        Just("é".to_owned()),
        Just("&amp;".to_owned()),
        Just(" \n ".to_owned()),
    ]
}

fn document(secret: &str, card: &str) -> String {
    format!(
        "<cXML payloadID='x' timestamp='2026-03-02T12:00:00Z'><Header><From><Credential domain='d'><Identity>i</Identity>\
         </Credential></From><Sender><Credential domain='d'><Identity>i</Identity><SharedSecret>{secret}</SharedSecret>\
         </Credential></Sender></Header><Request><OrderRequest><OrderRequestHeader orderID='1' orderDate='2026-03-02'>\
         <Total><Money currency='USD'>1</Money></Total><Payment><PCard {card} expiration='2028-12-31'/></Payment>\
         </OrderRequestHeader><ItemOut quantity='1'/></OrderRequest></Request></cXML>"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn however_a_secret_is_written(
        pieces in vec(piece(), 0..5),
        card in prop::sample::select(vec![
            "number='4111111111111111'", "number = \"4111111111111111\" name='a>b'", "name=\"it's\" number='4111111111111111'",
            "cvv='123' number='4111111111111111'",
        ]),
        encoding in 0_u8..5,
    ) {
        let xml = encoded(&document(&pieces.concat(), card), encoding);
        let limits = Limits::default();
        prop_assert!(decode(&xml, None, &limits).is_ok(), "the case itself is readable");
        let redacted = redact(&xml);
        prop_assert_eq!(redacted.len(), xml.len());
        // Zero bytes out of UTF-16 aside, the marker would stand there as ASCII.
        let plain: Vec<u8> = redacted.iter().copied().filter(|byte| *byte != 0).collect();
        let plain = String::from_utf8_lossy(&plain);
        prop_assert!(!plain.contains("hunter2") && !plain.contains("4111"), "{}", plain);
        let again = decode(&redacted, None, &limits);
        prop_assert!(again.is_ok(), "{:?} {}", again.err(), plain);
        prop_assert!(secrets(&again.unwrap()).iter().all(|secret| is_blank(secret)), "{}", plain);
    }

    #[test]
    fn wherever_a_secret_is_quoted(
        secret in "[a-z&<>'\"]{6,12}",
        habits in (0_usize..4, 0_usize..4),
        encoding in 0_u8..5,
    ) {
        let written = |habit: usize| -> String {
            let escaped = |byte: char| match (habit, byte) {
                (_, 'a'..='z') => byte.to_string(),
                (0, '&') | (1, '&') => "&amp;".to_owned(),
                (0, '<') | (1, '<') => "&lt;".to_owned(),
                (0, '>') => "&gt;".to_owned(),
                (0, '"') => "&quot;".to_owned(),
                (0, '\'') => "&apos;".to_owned(),
                (2, _) => format!("&#{};", u32::from(byte)),
                _ => byte.to_string(),
            };
            match habit {
                3 => format!("<![CDATA[{secret}]]>"),
                _ => secret.chars().map(escaped).collect(),
            }
        };
        let comment = format!("<Comments>x {} y</Comments></OrderRequestHeader>", written(habits.1));
        let xml = document(&written(habits.0), "name='a'").replace("</OrderRequestHeader>", &comment);
        let redacted = redact_read(&encoded(&xml, encoding));
        let again = decode(&redacted, None, &Limits::default());
        prop_assert!(again.is_ok(), "{:?} {}", again.err(), xml);
        let again = format!("{:?}", again.unwrap().body);
        let stars = again.split("x *").nth(1).unwrap_or_default();
        prop_assert!(stars.trim_start_matches('*').starts_with(" y"), "{}", again);
    }

    #[test]
    fn of_any_document_that_can_be_read(bytes in mutated()) {
        let limits = Limits::default();
        if decode(&bytes, None, &limits).is_ok() {
            let redacted = redact_read(&bytes);
            prop_assert_eq!(redacted.len(), bytes.len());
            let again = decode(&redacted, None, &limits);
            prop_assert!(again.is_ok(), "{:?}\n{}", again.err(), String::from_utf8_lossy(&redacted));
            prop_assert!(secrets(&again.unwrap()).iter().all(|secret| is_blank(secret)), "{}", String::from_utf8_lossy(&redacted));
        }
    }
}

#[test]
fn nothing_else_is_lost() {
    for sample in folder::readable() {
        let limits = Limits::default();
        let before = decode(&sample.bytes, None, &limits).unwrap();
        assert_eq!(
            redact(&sample.bytes),
            redact_read(&sample.bytes),
            "{}",
            sample.name
        );
        let after = decode(&redact_read(&sample.bytes), None, &limits).unwrap();
        match (&before.body, &after.body) {
            (Body::OrderRequest(before), Body::OrderRequest(after)) => {
                let mut before = before.clone();
                before.payment = after.payment.clone();
                assert_eq!(&before, after, "{}", sample.name);
            }
            (before, after) => assert_eq!(format!("{before:?}"), format!("{after:?}"), "{}", sample.name),
        }
        assert_eq!(before.findings, after.findings, "{}", sample.name);
        assert_eq!(
            before.envelope.sender.len(),
            after.envelope.sender.len(),
            "{}",
            sample.name
        );
    }
}
