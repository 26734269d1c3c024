//! Everything that we write is valid against the DTD it names: judged by libxml2, not by us.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use punchgate_protocols::cxml::dialect::{BaseVersion, Dialect, FulfillVersion};

use crate::{
    documents::{Texts, Written, documents},
    samples::versions,
};

/// The folder of the DTDs, laid out `<version>/<module>.dtd`, if one is at hand.
fn dtd_folder() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the DTDs may not be copied into the project; a test finds them where it is told"
    )]
    let folder = std::env::var_os("PUNCHGATE_DTDS").map(PathBuf::from)?;
    let has_xmllint = Command::new("xmllint").arg("--version").output().is_ok();
    has_xmllint.then_some(folder)
}

/// Every version of each module, every dialect's choice, plain and nasty texts.
fn all_documents() -> Vec<Written> {
    let fulfill = FulfillVersion::ALL;
    let mut tables: Vec<_> = BaseVersion::ALL
        .iter()
        .enumerate()
        .map(|(place, base)| versions(*base, fulfill[place % fulfill.len()]))
        .collect();
    tables.extend(Dialect::names().map(|name| Dialect::built_in(name).unwrap().dtd));
    let texts = [Texts::Plain, Texts::Nasty];
    tables
        .iter()
        .flat_map(|table| texts.into_iter().flat_map(|texts| documents(table, texts)))
        .collect()
}

#[test]
fn every_document_is_valid_against_its_dtd() {
    let Some(folder) = dtd_folder() else {
        eprintln!("skipped: set PUNCHGATE_DTDS to the folder of the cXML DTDs and install xmllint");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let mut by_dtd: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for (place, document) in all_documents().into_iter().enumerate() {
        let path = scratch.path().join(format!("{place}-{}.xml", document.name));
        fs::write(&path, &document.bytes).unwrap();
        let dtd = folder.join(document.version).join(document.module);
        by_dtd.entry(dtd).or_default().push(path);
    }
    for (dtd, files) in by_dtd {
        validate(&dtd, &files);
    }
}

fn validate(dtd: &Path, files: &[PathBuf]) {
    assert!(dtd.is_file(), "{} is missing", dtd.display());
    let judged = Command::new("xmllint")
        .args(["--noout", "--nonet", "--dtdvalid"])
        .arg(dtd)
        .args(files)
        .output()
        .unwrap();
    // libxml2 also tells, once a file, that it has not fetched the DTD over the network.
    let said = String::from_utf8_lossy(&judged.stderr);
    let errors: Vec<_> = said
        .lines()
        .filter(|line| !line.contains("network entity"))
        .collect();
    assert!(
        judged.status.success(),
        "{}:\n{}",
        dtd.display(),
        errors.join("\n")
    );
}

#[test]
fn every_document_names_its_dtd_and_is_well_formed() {
    for document in all_documents() {
        let text = String::from_utf8(document.bytes).unwrap();
        let doctype = format!(
            "<!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/{}/{}\">",
            document.version, document.module
        );
        assert!(text.contains(&doctype), "{}: {text}", document.name);
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            ..roxmltree::ParsingOptions::default()
        };
        roxmltree::Document::parse_with_options(&text, options)
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", document.name));
    }
}

#[test]
fn messages_are_ascii_and_without_secret() {
    for document in all_documents() {
        if document.name.starts_with("punchout-order-message") {
            let text = String::from_utf8(document.bytes).unwrap();
            assert!(text.is_ascii(), "{}: {text}", document.name);
            assert!(!text.contains("SharedSecret"), "{}: {text}", document.name);
        }
    }
}
