//! The content's hash: the same for every manner of writing one content, another for another content.

use proptest::prelude::*;
use punchgate_protocols::cxml::{Limits, canonical::content_hash};

use crate::{
    folder::{self, Sample},
    markup::{Manner, write},
};

fn hash(bytes: &[u8]) -> [u8; 32] {
    content_hash(bytes, None, &Limits::default()).unwrap_or_else(|refusal| {
        panic!("{refusal}\n{}", String::from_utf8_lossy(bytes));
    })
}

/// The sample as text without its declaration; those with an encoding of their own are left out.
fn texts() -> Vec<(Sample, String)> {
    let text = |sample: Sample| {
        let text = String::from_utf8(sample.bytes.clone()).ok()?;
        Some((sample, text.trim().to_owned()))
    };
    folder::readable().into_iter().filter_map(text).collect()
}

fn manner() -> impl Strategy<Value = Manner> {
    any::<[bool; 6]>().prop_map(
        |[
            indented,
            reversed,
            references,
            comments,
            other_envelope,
            other_secrets,
        ]| Manner {
            indented,
            reversed,
            references,
            comments,
            other_envelope,
            other_secrets,
        },
    )
}

fn encoded(text: &str, encoding: u8) -> Vec<u8> {
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat(),
        2 => [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect(),
        3 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => {
            let declared = format!("<?xml version='1.0' encoding='windows-1252'?>{text}");
            encoding_rs::WINDOWS_1252.encode(&declared).0.into_owned()
        }
    }
}

#[test]
fn the_samples_in_their_own_encodings_are_hashed() {
    let hashes: std::collections::BTreeSet<[u8; 32]> = folder::readable()
        .iter()
        .map(|sample| hash(&sample.bytes))
        .collect();
    assert_eq!(
        hashes.len(),
        folder::readable().len(),
        "no two samples say the same"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_manner_of_writing_changes_nothing(index: prop::sample::Index, manner in manner(), encoding in 0_u8..5) {
        let texts = texts();
        let (sample, text) = index.get(&texts);
        let written = write(text, manner, None);
        prop_assert_eq!(hash(&sample.bytes), hash(&encoded(&written.text, encoding)), "{}\n{}", sample.name, written.text);
    }

    #[test]
    fn any_change_of_the_content_changes_it(index: prop::sample::Index, place: prop::sample::Index, manner in manner()) {
        let texts = texts();
        let (sample, text) = index.get(&texts);
        let places = write(text, manner, None).places;
        prop_assume!(places > 0);
        let written = write(text, manner, Some(place.index(places)));
        // A changed type or operation may make the document unreadable: then there is no hash to compare.
        if let Ok(changed) = content_hash(written.text.as_bytes(), None, &Limits::default()) {
            prop_assert_ne!(hash(&sample.bytes), changed, "{}\n{}", sample.name, written.text);
        }
    }
}
