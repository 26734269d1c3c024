//! The demo's whole loop without a browser, as anybody sees it first; every document that the gateway sent in it is
//! judged by libxml2 where the DTDs are at hand.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command as Blocking,
};

use tokio::process::Command;

#[tokio::test]
async fn the_whole_loop_runs_as_expected_and_what_the_gateway_sent_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    let done = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(["demo", "--auto", "--port", "0", "--data"])
        .arg(folder.path().join("data"))
        .arg("--record")
        .arg(&record)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let sent: Vec<PathBuf> = fs::read_dir(&record)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.contains("-gateway-suite-") && name.ends_with(".xml")
        })
        .collect();
    assert!(sent.len() > 20, "{} documents of the gateway", sent.len());
    let Some(dtds) = dtd_folder() else {
        eprintln!("skipped: set PUNCHGATE_DTDS to the folder of the cXML DTDs and install xmllint");
        return;
    };
    for document in sent {
        assert_valid(&dtds, &document);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the DTDs may not be copied into the project; a test finds them where it is told"
)]
fn dtd_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PUNCHGATE_DTDS").map(PathBuf::from)?;
    let has_xmllint = Blocking::new("xmllint").arg("--version").output().is_ok();
    has_xmllint.then_some(folder)
}

/// Against the DTD of the version that the document itself names.
fn assert_valid(dtds: &Path, document: &Path) {
    let text = fs::read_to_string(document).unwrap();
    let named = text
        .split_once("http://xml.cxml.org/schemas/cXML/")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(named, _)| named)
        .unwrap_or_else(|| panic!("{} names no DTD", document.display()));
    let judged = Blocking::new("xmllint")
        .args(["--noout", "--nonet", "--dtdvalid"])
        .arg(dtds.join(named))
        .arg(document)
        .output()
        .unwrap();
    assert!(
        judged.status.success(),
        "{}: {}",
        document.display(),
        String::from_utf8_lossy(&judged.stderr)
    );
}
