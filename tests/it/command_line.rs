//! Commands as an operator types them: the real program, what it prints, what it leaves behind.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;
use tokio::process::Command;

use crate::support::{erp::CUSTOMER, live::Live, supplier::Supplier};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(folder: &Path, variables: &[(&str, &str)], words: &[&str]) -> Ran {
    let done = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(words)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// The words that run the suite against a connector, with real orders at this price.
fn conformance(id: &'static str, price: &'static str) -> Vec<&'static str> {
    let customer = [
        "connector",
        "conformance",
        id,
        "--supplier",
        "ironquay",
        "--customer",
        CUSTOMER,
    ];
    let order = [
        "--part",
        "TL-1010",
        "--unit",
        "EA",
        "--price",
        price,
        "--currency",
        "USD",
        "--live",
    ];
    [customer.as_slice(), order.as_slice()].concat()
}

#[tokio::test]
async fn an_operator_tries_out_shop_and_erp() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let folder = tempfile::tempdir().unwrap();
    let config = live.config("127.0.0.1:1");
    let variables = [
        ("PUNCHGATE_DATABASE_URL", live.database.url()),
        ("PUNCHGATE_KEY_VALUE", config.key.value.expose()),
    ];
    let checked = run(
        folder.path(),
        &variables,
        &["connector", "check", "erp", "--json"],
    )
    .await;
    assert_eq!(checked.code, Some(0), "{} {}", checked.out, checked.err);
    let report: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(report["fit"], true, "{report}");
    assert!(report["has"].as_array().unwrap().contains(&"accounts".into()));

    for id in ["erp", "shop"] {
        let ran = run(folder.path(), &variables, &conformance(id, "159.00")).await;
        assert_eq!(ran.code, Some(0), "{id}: {} {}", ran.out, ran.err);
        assert!(
            ran.out.contains("passed") && ran.out.contains(" 0 failed"),
            "{}",
            ran.out
        );
    }
    let cases = people_and_a_wrong_scope(folder.path(), &variables, &conformance("erp", "159.00")).await;
    for case in [
        "accounts-wrong-scope",
        "contacts-as-they-are",
        "ship-tos-as-they-are",
    ] {
        assert_eq!(cases[case], "passed", "{cases:?}");
    }
    let unread = run(folder.path(), &variables, &conformance("erp", "much")).await;
    assert_eq!(unread.code, Some(1));
    assert!(unread.err.contains("--price much"), "{}", unread.err);
    let unknown = run(folder.path(), &variables, &["connector", "check", "none"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("has no connector 'none'"), "{}", unknown.err);

    // What fails is said, and told to the caller.
    let nobody: Vec<&str> = conformance("erp", "159.00")
        .into_iter()
        .map(|word| if word == CUSTOMER { "C-NOBODY" } else { word })
        .collect();
    let failed = run(
        folder.path(),
        &variables,
        &[nobody.as_slice(), ["--json"].as_slice()].concat(),
    )
    .await;
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    let report: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!(report["conformant"], false);
}

/// What the report says of every case, where those who stand in the ERP and a company that does not are named.
async fn people_and_a_wrong_scope(
    folder: &Path,
    variables: &[(&str, &str)],
    words: &[&str],
) -> BTreeMap<String, String> {
    let toml = "[[contact]]\nname = \"Bea Ortiz\"\nemail = \"bea.ortiz@acme.example\"\n\
                [[contact]]\nid = \"P-12\"\nname = \"Leo Brandt\"\n\
                [[contact]]\nname = \"Leo Brandt\"\nroles = [\"purchasing\"]\n\
                [[contact]]\nname = \"Zoë Łęcka\"\n\
                [[ship_to]]\ncity = \"Dayton\"\n[[ship_to]]\nid = \"S-12\"\nname = \"North warehouse\"\n";
    let table: toml::Table = toml.parse().unwrap();
    let json = serde_json::to_string(&table).unwrap();
    let mut reports = Vec::new();
    for (file, text) in [("people.toml", toml), ("people.json", &json)] {
        std::fs::write(folder.join(file), text).unwrap();
        let further = ["--wrong-scope", "NOWHERE", "--people", file, "--json"];
        let ran = run(folder, variables, &[words, further.as_slice()].concat()).await;
        assert_eq!(ran.code, Some(0), "{file}: {} {}", ran.out, ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let text = |case: &Value, key: &str| case[key].as_str().unwrap().to_owned();
        let cases = report["cases"].as_array().unwrap().iter();
        reports.push(
            cases
                .map(|case| (text(case, "case"), text(case, "verdict")))
                .collect(),
        );
    }
    std::fs::write(folder.join("people.toml"), "[[contact]]\nnom = \"Bea\"\n").unwrap();
    let further = ["--people", "people.toml"];
    let refused = run(folder, variables, &[words, further.as_slice()].concat()).await;
    assert!(
        refused.code == Some(1) && refused.err.contains("nom"),
        "{}",
        refused.err
    );
    assert_eq!(reports[0], reports[1], "TOML and JSON say the same");
    reports.swap_remove(0)
}

/// The documented defaults as a file: nothing is wrong with them, and a database comes of them.
#[tokio::test]
async fn a_copy_of_the_example_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let key = run(folder.path(), &[], &["keys", "new"]).await;
    std::fs::write(folder.path().join("punchgate.key"), &key.out).unwrap();
    std::fs::write(folder.path().join("punchgate.toml"), punchgate::config::EXAMPLE).unwrap();
    for words in [["check-config"], ["migrate"], ["check-config"]] {
        let ran = run(folder.path(), &[], &words).await;
        assert_eq!(ran.code, Some(0), "{words:?}: {}{}", ran.out, ran.err);
    }
    assert!(folder.path().join("punchgate.db").exists());
    // Valid, and most likely not meant: said beside it.
    let variables = [("PUNCHGATE_SERVER_PUBLIC_URL", "https://gateway.example.com")];
    let checked = run(folder.path(), &variables, &["check-config"]).await;
    assert!(
        checked.code == Some(0) && checked.err.contains("Note: server.trusted_proxies: is empty"),
        "{}{}",
        checked.out,
        checked.err
    );
    // What check-config calls valid, migrate can use.
    std::fs::write(
        folder.path().join("program"),
        b"\x7fELF and what follows, long enough",
    )
    .unwrap();
    for url in [
        "sqlite:/dev/null",
        "sqlite:punchgate.db?mode=ro",
        "sqlite:program",
    ] {
        let variables = [("PUNCHGATE_DATABASE_URL", url)];
        let checked = run(folder.path(), &variables, &["check-config"]).await;
        assert!(
            checked.code == Some(1) && checked.err.contains("1 problem in the configuration"),
            "{url}: {}{}",
            checked.out,
            checked.err
        );
        assert_eq!(
            run(folder.path(), &variables, &["migrate"]).await.code,
            Some(1),
            "{url}"
        );
    }
}

#[tokio::test]
async fn what_does_not_begin_leaves_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let declared = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/apply.example.toml");
    let declared = declared.to_str().unwrap();
    let key = (
        "PUNCHGATE_KEY_VALUE",
        "a2V5LWtleS1rZXkta2V5LWtleS1rZXkta2V5LWtleSE=",
    );
    let serve = run(folder.path(), &[], &["serve"]).await;
    assert_eq!(serve.code, Some(1));
    assert!(serve.err.contains("punchgate keys new"), "{}", serve.err);
    let dry = run(folder.path(), &[key], &["apply", declared, "--dry-run"]).await;
    assert_eq!(dry.code, Some(1), "its secrets are not set: {}", dry.out);
    assert!(dry.err.contains("ACME_GLOBEX_SECRET"), "{}", dry.err);
    let secrets = [
        key,
        ("ACME_GLOBEX_SECRET", "the current one"),
        ("ACME_GLOBEX_OLD_SECRET", "the previous one"),
        ("ACME_GLOBEX_OUTBOUND_SECRET", "the outbound one"),
    ];
    let _ = run(folder.path(), &secrets, &["apply", declared, "--dry-run"]).await;
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The file of Python.
async fn python() -> String {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .await
        .unwrap();
    String::from_utf8(asked.stdout).unwrap().trim().to_owned()
}

/// A connector in another language: declared, checked and tried out by its commands.
#[tokio::test]
async fn an_operator_brings_a_program_of_his_own() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let folder = tempfile::tempdir().unwrap();
    let config = live.config("127.0.0.1:1");
    let variables = [
        ("PUNCHGATE_DATABASE_URL", live.database.url()),
        ("PUNCHGATE_KEY_VALUE", config.key.value.expose()),
        ("OWN_ERP_PASSWORD", "hunter2-of-the-erp"),
    ];
    let python = python().await;
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocols/reference/erp_stdio_whole.py");
    let declared = |command: &str| {
        let database = folder.path().join("erp.db");
        format!(
            "[[supplier]]\nid = \"lines\"\nname = \"Lines Supply\"\ntime_zone = \"UTC\"\n\
             [[supplier.connector]]\nid = \"own\"\nkind = \"erp-stdio\"\nmode = \"test\"\n\
             secrets = {{ password = {{ env = \"OWN_ERP_PASSWORD\" }} }}\n\
             settings = {{ command = \"{command}\", args = [\"-B\", {example:?}], start_timeout_seconds = 120, \
             read_timeout_seconds = 120, change_timeout_seconds = 120, options = {{ database = {database:?} }} }}\n"
        )
    };
    let file = folder.path().join("suppliers.toml");
    let apply = ["apply", file.to_str().unwrap()];

    std::fs::write(&file, declared("/nowhere/erp")).unwrap();
    let refused = run(folder.path(), &variables, &apply).await;
    assert_eq!(refused.code, Some(1), "{}", refused.out);
    assert!(
        refused.err.contains("connector own / settings.command") && refused.err.contains("/nowhere/erp"),
        "{}",
        refused.err
    );

    std::fs::write(&file, declared(&python)).unwrap();
    let applied = run(folder.path(), &variables, &apply).await;
    assert_eq!(applied.code, Some(0), "{} {}", applied.out, applied.err);

    let check = ["connector", "check", "own", "--supplier", "lines", "--json"];
    let checked = run(folder.path(), &variables, &check).await;
    assert_eq!(checked.code, Some(0), "{} {}", checked.out, checked.err);
    let report: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(report["name"], "Example ERP");
    assert_eq!(
        report["has"],
        serde_json::json!(["accounts", "exposure", "orders", "documents", "prices", "stock"])
    );

    let conformance = [
        "connector",
        "conformance",
        "own",
        "--supplier",
        "lines",
        "--customer",
        "C-1001",
        "--held-customer",
        "C-1002",
        "--deleted-customer",
        "C-0007",
        "--part",
        "GLV-100",
        "--unit",
        "BX",
        "--price",
        "12.40",
        "--currency",
        "USD",
        "--live",
    ];
    let ran = run(folder.path(), &variables, &conformance).await;
    assert_eq!(ran.code, Some(0), "{} {}", ran.out, ran.err);
    assert!(ran.out.contains(" 0 failed"), "{}", ran.out);
    assert!(!format!("{}{}{}", ran.out, ran.err, checked.err).contains("hunter2"));
}
