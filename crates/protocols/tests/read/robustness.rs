//! Whatever arrives: a report or a refusal with its place, never a panic.

use proptest::{collection::vec, prelude::*};
use punchgate_protocols::{
    cxml::{
        Limits,
        check::check,
        decode_hashed,
        redact::{OwnSecrets, redact, redact_attachment, redact_read, shape},
    },
    multipart,
};

use crate::folder;

/// A change to a document's bytes.
#[derive(Debug, Clone)]
enum Mutation {
    Replace(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let span = |at: usize, most: usize| at..(at + most).min(length);
        match self {
            Self::Replace(at, new) => {
                let span = span(at.index(length), new.len());
                let new: Vec<u8> = new.iter().copied().take(span.len()).collect();
                bytes.splice(span, new);
            }
            Self::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Remove(at, most) => {
                bytes.drain(span(at.index(length), *most));
            }
            Self::Repeat(at, most) => {
                let span = span(at.index(length), *most);
                let again = bytes[span.clone()].to_vec();
                bytes.splice(span.end..span.end, again);
            }
            Self::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
}

/// Pieces that mean something to a parser.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let tokens: Vec<&[u8]> = vec![
        b"<",
        b">",
        b"</",
        b"/>",
        b"\"",
        b"'",
        b"&",
        b"&lt;",
        b"&#0;",
        b"&x;",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"<!DOCTYPE",
        b"[",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"xmlns:a=''",
        b"<SharedSecret>",
        b"<PCard number='4",
        b"orderID=\"\"",
        b"-1e9",
        b"99999999999999999999999999999999",
        b"\xc3",
        b"\n",
    ];
    prop_oneof![
        prop::sample::select(tokens).prop_map(<[u8]>::to_vec),
        vec(any::<u8>(), 1..4)
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), piece()).prop_map(|(at, piece)| Mutation::Replace(at, piece)),
        (at(), piece()).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (at(), 1_usize..40).prop_map(|(at, most)| Mutation::Remove(at, most)),
        (at(), 1_usize..200).prop_map(|(at, most)| Mutation::Repeat(at, most)),
        at().prop_map(Mutation::Cut),
    ]
}

/// A sample with some changes.
pub(crate) fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples: Vec<Vec<u8>> = folder::samples().into_iter().map(|sample| sample.bytes).collect();
    (prop::sample::select(samples), vec(mutation(), 0..6)).prop_map(|(mut bytes, mutations)| {
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        bytes
    })
}

fn content_type() -> impl Strategy<Value = Option<String>> {
    let known = prop::sample::select(vec![
        "text/xml",
        "text/xml; charset=utf-8",
        "application/xml; charset=\"iso-8859-1\"",
        "text/xml; charset=utf-16",
        "text/xml; charset=",
        "; charset=x",
        "",
    ]);
    prop::option::of(prop_oneof![known.prop_map(str::to_owned), "[ -~]{0,30}"])
}

fn read_all(bytes: &[u8], content_type: Option<&str>) {
    let limits = Limits::default();
    if let Err(refusal) = decode_hashed(bytes, content_type, &limits) {
        assert!(refusal.line >= 1 && refusal.column >= 1, "{refusal:?}");
        assert!(matches!(refusal.status, 400 | 406 | 450 | 499), "{refusal:?}");
    }
    let report = check(bytes, &limits);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.line >= 1 && finding.column >= 1),
        "{report:?}"
    );
    let _ = redact(bytes);
    let _ = redact_attachment(bytes, content_type, &OwnSecrets::of(bytes));
    let _ = shape(bytes);
    assert_eq!(redact_read(bytes).len(), bytes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..600), content_type in content_type()) {
        read_all(&bytes, content_type.as_deref());
    }

    #[test]
    fn any_pieces_of_markup(pieces in vec(piece(), 0..60), content_type in content_type()) {
        read_all(&pieces.concat(), content_type.as_deref());
    }

    #[test]
    fn documents_that_were_damaged(bytes in mutated(), content_type in content_type()) {
        read_all(&bytes, content_type.as_deref());
    }

    #[test]
    fn bodies_of_several_parts(
        pieces in vec(prop_oneof![
            Just(b"--b\r\n".to_vec()), Just(b"--b--".to_vec()), Just(b"\r\n\r\n".to_vec()),
            Just(b"Content-ID: <a>\r\n".to_vec()), Just(b"Content-Transfer-Encoding: base64\r\n".to_vec()),
            Just(b"Content-Transfer-Encoding: quoted-printable\r\n".to_vec()), piece(),
        ], 0..30),
        header in prop_oneof![Just("multipart/related; boundary=b".to_owned()), "multipart/[ -~]{0,40}"],
    ) {
        let _ = multipart::read(&pieces.concat(), &header, &multipart::Limits::default());
    }
}

#[test]
fn the_caps_hold_whatever_is_nested() {
    let limits = Limits::default();
    let cases: [(&str, String); 3] = [
        ("too-deep", "<a>".repeat(100_000)),
        ("too-many-namespaces", "<a xmlns='u'/>".repeat(100)),
        ("document-too-large", " ".repeat(limits.max_bytes + 1)),
    ];
    for (code, text) in cases {
        assert_eq!(
            decode_hashed(text.as_bytes(), None, &limits).unwrap_err().code,
            code
        );
    }
    // A hundred thousand siblings are no attack: read, in time linear in their number.
    let many = format!("<cXML>{}</cXML>", "<a/>".repeat(100_000));
    assert_eq!(
        decode_hashed(many.as_bytes(), None, &limits).unwrap_err().code,
        "no-wrapper"
    );
}
