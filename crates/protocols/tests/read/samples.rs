//! Our own documents, each beside the report expected of it.

use std::{collections::BTreeSet, fs};

use punchgate_protocols::cxml::{
    Limits,
    check::{Handling, check},
};

use crate::folder;

/// Secrets and cards of the samples: no report shows one.
const SECRETS: [&str; 3] = ["a-secret-of-the-tests-1", "AMj8tz2pUvAGbJ3F", "4111111111111111"];

fn bless() -> bool {
    #[allow(
        clippy::disallowed_methods,
        reason = "a switch for the developer at the keyboard"
    )]
    let set = std::env::var_os("PUNCHGATE_BLESS");
    set.is_some()
}

#[test]
fn every_document_is_reported_as_expected() {
    let mut wrong = Vec::new();
    for sample in folder::samples() {
        let report = check(&sample.bytes, &Limits::default());
        assert_eq!(
            report.handling == Handling::Refused,
            sample.is_rejected(),
            "{}: {report:?}",
            sample.name
        );
        let mut text = serde_json::to_string_pretty(&report).unwrap();
        text.push('\n');
        for secret in SECRETS {
            assert!(!text.contains(secret), "{} shows a secret", sample.name);
        }
        let path = sample.path.with_extension("expected");
        if bless() {
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{}:\n{text}", sample.name));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

#[test]
fn a_refusal_says_where_and_what_to_do() {
    for sample in folder::samples().iter().filter(|sample| sample.is_rejected()) {
        let refusal = check(&sample.bytes, &Limits::default()).refusal.expect("refused");
        assert!(refusal.line >= 1 && refusal.column >= 1, "{}", sample.name);
        assert!(
            matches!(refusal.status, 400 | 406),
            "{}: {}",
            sample.name,
            refusal.status
        );
        assert!(
            refusal.text.len() > 20 && refusal.text.ends_with('.'),
            "{}: {}",
            sample.name,
            refusal.text
        );
    }
}

#[test]
fn nothing_is_left_over() {
    let names: BTreeSet<String> = folder::names().into_iter().collect();
    let stray: Vec<_> = names
        .iter()
        .filter(|name| match name.strip_suffix(".expected") {
            Some(stem) => !names.contains(&format!("{stem}.xml")),
            None => !name.ends_with(".xml"),
        })
        .collect();
    assert!(stray.is_empty(), "belongs to no document: {stray:?}");

    let index = fs::read_to_string(folder::root().join("README.md")).unwrap();
    let rows = index
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    let documents: BTreeSet<String> = names.into_iter().filter(|name| name.ends_with(".xml")).collect();
    assert_eq!(listed, documents, "README.md has one line a document");
}
