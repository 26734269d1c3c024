//! Expected bytes: `tests/written/<name>.xml`, with a line end between two tags for the reader's sake.
//! `PUNCHGATE_BLESS=1 cargo test` writes them anew; read the difference before you commit it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use punchgate_protocols::cxml::dialect::Dialect;

use crate::documents::{Texts, documents};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/written")
}

fn bless() -> bool {
    #[allow(
        clippy::disallowed_methods,
        reason = "a switch for the developer at the keyboard"
    )]
    let set = std::env::var_os("PUNCHGATE_BLESS");
    set.is_some()
}

#[test]
fn documents_are_written_as_expected() {
    let dialect = Dialect::built_in("generic").unwrap();
    let mut names = BTreeSet::new();
    let sets = [("", Texts::Plain), ("-nasty", Texts::Nasty)];
    for (suffix, texts) in sets {
        for document in documents(&dialect.dtd, texts) {
            let name = format!("{}{suffix}.xml", document.name);
            let written = String::from_utf8(document.bytes).unwrap().replace("><", ">\n<");
            let path = folder().join(&name);
            if bless() {
                fs::write(&path, &written).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(written, expected, "{name}");
            names.insert(name);
        }
    }
    let leftovers: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !names.contains(name))
        .collect();
    assert!(leftovers.is_empty(), "no document is written as {leftovers:?}");
}
