//! `punchgate simulate` as an operator runs it: against the demo, beside its database, and from elsewhere.

use std::{path::Path, process::Stdio};

use punchgate_demo::suite::buyer::Buyer;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A running demo; it ends with the test.
struct Demo {
    gateway: String,
    suite: String,
    _child: Child,
}

async fn demo(data: &Path) -> Demo {
    let mut child = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(["demo", "--port", "0", "--json", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines
        .next_line()
        .await
        .unwrap()
        .expect("the demo says where it is");
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let address = |system: &str| ready[system].as_str().unwrap().to_owned();
    Demo {
        gateway: address("gateway"),
        suite: address("suite"),
        _child: child,
    }
}

/// Exit code, output, and what was said beside it.
async fn simulate(data: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .arg("simulate")
        .args(arguments)
        .env(
            "PUNCHGATE_DATABASE_URL",
            format!("sqlite:{}", data.join("punchgate.db").display()),
        )
        .env("PUNCHGATE_KEY_FILE", data.join("punchgate.key"))
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A buyer of the demo, as a file states it.
fn stated(buyer: &Buyer, suite: &str) -> String {
    let identities = |all: &[(&str, &str)]| {
        let one = |(domain, identity): &(&str, &str)| {
            format!("{{ domain = \"{domain}\", identity = \"{identity}\" }}")
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    format!(
        "name = \"{}\"\nfrom = [{}]\nto = [{}]\nsender = {}\nsecret = {{ file = \"secret\" }}\n\
         return_url = \"{suite}/back\"\n",
        buyer.name,
        identities(buyer.from),
        identities(buyer.to),
        identities(&buyer.sender[..1]),
    )
}

#[tokio::test]
async fn the_demo_passes_beside_its_database_and_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let demo = demo(&data).await;
    let url = demo.gateway.as_str();

    let words = ["coupa", "--url", url, "--as", "ironquay.borealis", "--live"];
    let (code, text, said) = simulate(&data, &words).await;
    assert_eq!(code, 0, "{text}\n{said}");
    assert!(text.contains("19 passed, 0 failed, 0 skipped"), "{text}");
    assert!(text.starts_with("A buyer on Coupa at http://"), "{text}");

    let words = ["ariba", "--url", url, "--as", "ironquay.acme", "--json"];
    let (code, text, said) = simulate(&data, &words).await;
    assert_eq!(code, 0, "{text}\n{said}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["counts"]["passed"], 12, "{report}");
    assert_eq!(
        report["counts"]["skipped"], 7,
        "no order on a production relationship: {report}"
    );
    let acme = Buyer::find("acme").unwrap();
    assert!(!text.contains(acme.secret), "a secret stands in the report");
    assert!(text.contains(acme.to[0].1), "the buyer's documents stand in it");

    let file = folder.path().join("buyer.toml");
    std::fs::write(folder.path().join("secret"), format!("{}\n", acme.secret)).unwrap();
    let stated = stated(acme, &demo.suite);
    std::fs::write(&file, &stated).unwrap();
    let buyer = file.to_str().unwrap();
    let nowhere = folder.path().join("nowhere");
    let words = [
        "ariba",
        "--url",
        url,
        "--as",
        "ironquay.acme",
        "--buyer",
        buyer,
        "--json",
    ];
    let (_, text, said) = simulate(&nowhere, &words).await;
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{said}"));
    let verdict = |name: &str| {
        let cases = report["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["case"] == name).unwrap();
        case["verdict"].as_str().unwrap().to_owned()
    };
    for case in [
        "profile",
        "setup-wrong-secret",
        "setup",
        "start-page",
        "start",
        "start-once",
    ] {
        assert_eq!(verdict(case), "passed", "{case}: {report}");
    }
    assert_eq!(verdict("shop"), "skipped", "{report}");
    assert!(!nowhere.exists(), "it needs no database");

    std::fs::write(&file, stated.replace("{ file = \"secret\" }", "\"hush\"")).unwrap();
    let (code, _, said) = simulate(&nowhere, &words).await;
    assert_eq!(code, 1);
    assert!(said.contains("secret"), "{said}");
}
