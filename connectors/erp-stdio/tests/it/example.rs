//! The published examples, one of a hundred lines and one with everything: they conform, and with one fault they do not.

use std::{fs, path::PathBuf, process::Command};

use async_trait::async_trait;

use jiff::civil::date;
use punchgate_connector::{
    accounts::ErpContact,
    conformance::{Clerk, ErpFixture, OrderFixture, PeopleFixture, Report, Verdict, run_erp},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Met, python, settings};

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocols/reference");
/// The one of a hundred lines.
const SHORT: &str = "erp_stdio.py";
/// What adds everything else to it.
const WHOLE: &str = "erp_stdio_whole.py";

fn contact(id: &str, name: &str) -> ErpContact {
    ErpContact {
        id: id.to_owned(),
        name: name.to_owned(),
        ..ErpContact::default()
    }
}

/// Copies of the examples in which one text is another, and the settings of one of them.
struct Example {
    folder: TempDir,
    settings: Value,
}

impl Example {
    fn of(python: &str, script: &str) -> Self {
        Self::with(python, script, ("", ""))
    }

    fn with(python: &str, script: &str, (text, by): (&str, &str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut found = 0;
        for name in [SHORT, WHOLE] {
            let mut source = fs::read_to_string(PathBuf::from(REFERENCE).join(name)).unwrap();
            if !text.is_empty() {
                found += source.matches(text).count();
                source = source.replace(text, by);
            }
            fs::write(folder.path().join(name), source).unwrap();
        }
        assert!(
            text.is_empty() || found == 1,
            "'{text}' must stand once in the examples"
        );
        let mut settings = settings(python, &folder.path().join(script));
        settings["options"] = json!({"database": folder.path().join("erp.db")});
        Self { folder, settings }
    }

    /// Somebody takes the second contact of a customer away: in the example's own file, with its own means.
    fn take_a_contact(&self) -> bool {
        let script = "import sys; sys.path.insert(0, sys.argv[1]); import erp_stdio; state = erp_stdio.State(sys.argv[2]); \
                      account = state.get('account', 'C-1002'); account['contacts'].pop(); \
                      state.put('account', 'C-1002', account); state.db.commit()";
        let file: PathBuf = self.folder.path().join("erp.db");
        let done = Command::new(self.settings["command"].as_str().unwrap())
            .args(["-c", script])
            .arg(self.folder.path())
            .arg(file)
            .status();
        done.unwrap().success()
    }

    async fn conformance(&self) -> Report {
        let system = Met::with(&self.settings).await.unwrap();
        let mut elsewhere = self.settings.clone();
        elsewhere["scope"] = json!("NOWHERE");
        let elsewhere = Met::with(&elsewhere).await.unwrap();
        let make = |id| system.context(id);
        let order = OrderFixture {
            part_id: "GLV-100".to_owned(),
            unit: Unit::new("BX"),
            unit_price: StatedAmount::parse("12.40", Currency::parse("USD").unwrap()).unwrap(),
            date: date(2026, 3, 1),
            live: true,
        };
        let fixture = ErpFixture {
            held_customer: Some("C-1002".to_owned()),
            deleted_customer: Some("C-0007".to_owned()),
            second_customer: Some("C-1002".to_owned()),
            clerk: Some(self),
            people: Some(PeopleFixture {
                customer: "C-1002".to_owned(),
                contacts: vec![
                    contact("P-1", "Purchasing of Béta GmbH"),
                    contact("P-2", "花子 Łęcka"),
                ],
                ship_tos: Vec::new(),
            }),
            wrong_scope: Some(elsewhere.connector.as_ref()),
            ..ErpFixture::new("example".to_owned(), &make, "C-1001".to_owned(), order)
        };
        run_erp(system.connector.as_ref(), &fixture).await
    }
}

#[async_trait]
impl Clerk for Example {
    async fn takes_a_contact_away(&self) -> bool {
        self.take_a_contact()
    }
}

#[tokio::test]
async fn a_hundred_lines_conform() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 is not installed, the example was not tried");
        return;
    };
    let source = fs::read_to_string(PathBuf::from(REFERENCE).join(SHORT)).unwrap();
    assert!(source.lines().count() <= 100, "it says so of itself");
    let example = Example::of(&python, SHORT);
    let met = Met::with(&example.settings).await.unwrap();
    assert_eq!(met.connector.spec().names(), ["accounts", "orders"]);
    let report = example.conformance().await;
    assert!(report.is_conformant(), "{report}");
    let passed = report.cases.iter().filter(|case| case.verdict == Verdict::Passed);
    let passed: Vec<&str> = passed.map(|case| case.case).collect();
    for case in ["accounts-all-pages", "order-submit-twice", "order-held-customer"] {
        assert!(passed.contains(&case), "{case}\n{report}");
    }
}

#[tokio::test]
async fn the_whole_example_conforms() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 is not installed, the example was not tried");
        return;
    };
    let report = Example::of(&python, WHOLE).conformance().await;
    assert!(report.is_conformant(), "{report}");
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skipped);
    let skipped: Vec<&str> = skipped.map(|case| case.case).collect();
    assert_eq!(
        skipped,
        [
            "accounts-inactive",
            "ship-tos-keep-their-ids",
            "ship-tos-as-they-are",
            "accounts-committed-late",
            "accounts-throttled",
            "accounts-throttled-without-a-word",
            "accounts-server-error",
            "accounts-page-for-people",
            "accounts-truncated",
            "accounts-token-expired",
            "exposure-invoice",
            "exposure-payment",
            "exposure-credit-note",
            "order-answer-lost",
            "order-over-limit"
        ],
        "{report}"
    );
}

#[tokio::test]
async fn its_state_outlives_it() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 is not installed, the example was not tried");
        return;
    };
    let example = Example::of(&python, SHORT);
    let pull = async |id: &str| {
        let met = Met::with(&example.settings).await.unwrap();
        let accounts = met.connector.spec().accounts.unwrap();
        accounts
            .pull(&met.context(id.to_owned()), None, 100)
            .await
            .unwrap()
    };
    let before = pull("before").await;
    assert_eq!(before.items.len(), 2);
    assert_eq!(pull("after").await, before);
    assert!(example.folder.path().join("erp.db").exists());
}

/// What it can do is what it says: an operation that it does not offer is a capability that is not there.
#[tokio::test]
async fn capabilities_are_what_the_program_says() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 is not installed, the example was not tried");
        return;
    };
    let cases = [
        (
            "",
            "",
            &["accounts", "exposure", "orders", "documents", "prices", "stock"][..],
        ),
        (
            "\"documents\": partial(feed, \"document\"),",
            "",
            &["accounts", "exposure", "orders", "prices", "stock"],
        ),
        (
            ", \"find_order\": find_order",
            "",
            &["accounts", "exposure", "documents", "prices", "stock"],
        ),
    ];
    for (text, by, expected) in cases {
        let example = Example::with(&python, WHOLE, (text, by));
        let met = Met::with(&example.settings).await.unwrap();
        assert_eq!(met.connector.spec().names(), expected, "without {text}");
        let report = met
            .connector
            .check(&met.context("check".to_owned()))
            .await
            .unwrap();
        assert!(report.is_fit() && report.findings.is_empty(), "{report:?}");
    }
    // The operator leaves some of it out.
    let mut example = Example::of(&python, WHOLE);
    example.settings["capabilities"] = json!(["orders"]);
    let met = Met::with(&example.settings).await.unwrap();
    assert_eq!(met.connector.spec().names(), ["orders"]);
}

/// (text, what it becomes, the case that must fail)
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "if params.get(\"scope\", \"\") != \"\":",
        "if False:",
        "accounts-wrong-scope",
    ),
    (
        "if account[\"version\"] != request[\"expect\"]:",
        "if False:",
        "patch-stale-version",
    ),
    (
        "if existing := state.get(\"order\", request[\"reference\"]):",
        "if existing := None:",
        "order-submit-twice",
    ),
    (
        "(o[\"customer\"], o[\"purchase_order_number\"]) == wanted",
        "wanted and o[\"reference\"] == \"\"",
        "order-find-by-number",
    ),
    ("\"deleted\": gone, ", "\"deleted\": [], ", "accounts-deleted"),
    (
        "o[\"state\"] != \"cancelled\"",
        "False",
        "exposure-counts-an-order",
    ),
    (
        "{\"state\": \"on_hold\", ",
        "{\"state\": \"open\", ",
        "order-held-customer",
    ),
    (
        "and sequence > ? order",
        "and sequence >= ? order",
        "documents-all-pages",
    ),
];

#[tokio::test]
async fn every_fault_is_found() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 is not installed, faults were not tried");
        return;
    };
    for (text, by, case) in FAULTS {
        let example = Example::with(&python, WHOLE, (text, by));
        let report = example.conformance().await;
        let found = report
            .cases
            .iter()
            .any(|tried| tried.case == *case && tried.verdict == Verdict::Failed);
        assert!(found, "'{text}' became '{by}':\n{report}");
    }
}
