//! `doctor`: what is well, what is not, and what to do about it.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::{jobs::given_up, punchgate};
use crate::support::{live::Live, supplier::Supplier};

/// What `doctor` found, and its exit code, with these variables over the usual ones.
async fn examined(live: &Live, words: &[&str], variables: &[(&str, &str)]) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(["doctor", "--json"])
        .args(words)
        .env("PUNCHGATE_DATABASE_URL", live.database.url())
        .env(
            "PUNCHGATE_KEY_VALUE",
            live.config("127.0.0.1:1").key.value.expose(),
        )
        .env("PUNCHGATE_SERVER_PUBLIC_URL", "http://127.0.0.1:1")
        .envs(variables.iter().copied())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} {:?}", output.stderr));
    (output.status.code().unwrap(), report)
}

/// The findings about a place.
fn about<'r>(report: &'r Value, place: &str) -> Vec<(&'r str, &'r str)> {
    let all = report["findings"].as_array().unwrap();
    let here = all.iter().filter(|one| one["place"] == place);
    here.map(|one| (one["weight"].as_str().unwrap(), one["text"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn what_is_well_and_what_is_not() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let (code, well) = examined(&live, &[], &[]).await;
    assert_eq!((code, &well["problems"]), (0, &0.into()), "{well}");
    for place in [
        "database",
        "clock",
        "secrets",
        "connector ironquay.erp",
        "connector ironquay.shop",
    ] {
        let found = about(&well, place);
        assert!(
            found.iter().all(|(weight, _)| *weight == "ok") && found.len() == 1,
            "{place}: {well}"
        );
    }
    let lacks = about(&well, "relationship ironquay.acme");
    assert!(
        lacks
            .iter()
            .any(|(weight, text)| *weight == "warning" && text.contains("confirmations")),
        "{well}"
    );
    assert_eq!(
        about(&well, "server.public_url")[0].0,
        "warning",
        "nobody answers there"
    );
    let every = well["findings"].as_array().unwrap();
    assert!(
        every
            .iter()
            .all(|one| (one["weight"] == "ok") == (one["remedy"] == "")),
        "{well}"
    );
}

#[tokio::test]
async fn what_does_not_go_on_so_is_a_problem() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let other = punchgate_app::seal::Keyring::new_key(&punchgate_app::entropy::OsEntropy);
    let nowhere = format!(
        "sqlite:{}",
        std::env::temp_dir().join("punchgate-none.db").display()
    );
    live.erp.misbehave(true, 0).await;
    for (words, variables, place, said) in [
        (vec![], vec![], "connector ironquay.erp", ""),
        (
            vec!["--offline"],
            vec![("PUNCHGATE_KEY_VALUE", other.expose())],
            "secrets of ironquay",
            "not in the key file",
        ),
        (
            vec!["--offline"],
            vec![("PUNCHGATE_SERVER_LISTEN", "nowhere")],
            "PUNCHGATE_SERVER_LISTEN",
            "",
        ),
        (
            vec!["--offline"],
            vec![("PUNCHGATE_DATABASE_URL", nowhere.as_str())],
            "database",
            "there is no database",
        ),
    ] {
        let (code, report) = examined(&live, &words, &variables).await;
        let found = about(&report, place);
        assert_eq!(code, 1, "{place}: {report}");
        let told = found
            .iter()
            .any(|(weight, text)| *weight == "problem" && text.contains(said));
        assert!(told, "{place}: {report}");
        assert!(!report.to_string().contains(other.expose()), "no key is shown");
    }
}

#[tokio::test]
async fn what_was_given_up_is_a_problem() {
    let (world, _) = given_up().await;
    let ran = punchgate(&world, &["doctor", "--offline"]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    for part in [
        "problem",
        "1 × submit-order were given up",
        "punchgate jobs list",
        "problems,",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    world.finish_with(&["submit-order"]).await;
}
