//! The simulated buyer against the product: a gateway that does all as it must passes every case, and one whose answers
//! are tampered with is found out, each time by the right rule.

mod command;
mod tampering;

use punchgate_app::rehearsal::{Orders, Rehearsals, Report, Verdict, Wish};
use punchgate_domain::ids::{RelationshipId, SupplierId};
use url::Url;

use crate::support::{
    cxml::SECRET,
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier},
    world::World,
};

/// Every case, in order.
const CASES: &[&str] = &[
    "profile",
    "setup-wrong-secret",
    "unreadable-document",
    "setup",
    "start-page",
    "start",
    "start-once",
    "shop",
    "return",
    "edit",
    "edit-cancel",
    "inspect",
    "order",
    "order-repeat",
    "order-again",
    "order-update",
    "order-delete",
    "order-wrong-secret",
    "order-unknown",
];

fn wish(world: &World, suite: &str, orders: Orders) -> Wish {
    Wish {
        supplier: SupplierId::new(SUPPLIER_ID),
        relationship: RelationshipId::new(RELATIONSHIP),
        suite: suite.to_owned(),
        url: Url::parse(&format!("http://{}", world.address)).unwrap(),
        hosts: Vec::new(),
        parts: vec!["TL-1110".to_owned(), "SF-3080".to_owned()],
        ship_to: None,
        return_url: None,
        orders,
    }
}

async fn rehearsed(world: &World, wish: &Wish) -> Report {
    let gateway = &world.gateway;
    let rehearsals = Rehearsals::new(
        gateway.surroundings.clone(),
        gateway.directory.clone(),
        gateway.connectors.clone(),
    );
    Box::pin(rehearsals.run(wish)).await.unwrap()
}

fn of_suite(suite: &'static str) -> Supplier {
    Supplier::with_buyer().relationship("dialect", format!("\"{suite}\""))
}

fn names(report: &Report, verdict: Verdict) -> Vec<&'static str> {
    let cases = report.cases.iter().filter(|case| case.verdict == verdict);
    cases.map(|case| case.case).collect()
}

async fn a_clean_run(suite: &'static str) {
    let world = of_suite(suite).start().await;
    let report = rehearsed(&world, &wish(&world, suite, Orders::Live)).await;
    assert_eq!(names(&report, Verdict::Passed), CASES, "{report}");
    assert!(report.conformant, "{report}");
    world.settle().await;
    // One was withdrawn before it was submitted, the other was never an order.
    let numbers: Vec<String> = world
        .orders()
        .await
        .into_iter()
        .map(|row| row.order_number)
        .collect();
    assert!(
        numbers.iter().all(|number| number.starts_with("SIM-")),
        "{numbers:?}"
    );
    assert!(world.erp.orders().await.is_empty());
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains(SECRET), "a secret stands in the report");
    for link in ["/punchout/start/", "/punchout/return/"] {
        assert!(text.contains(&format!("{link}********")), "{link}");
        assert_eq!(
            text.matches(link).count(),
            text.matches(&format!("{link}********")).count(),
            "{link}"
        );
    }
    for kind in ["PunchOutSetupRequest", "PunchOutOrderMessage", "OrderRequest"] {
        assert!(text.contains(kind), "{kind}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_does_all_as_it_must_passes_as_ariba() {
    a_clean_run("ariba").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_does_all_as_it_must_passes_as_coupa() {
    a_clean_run("coupa").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_relationship_wants_otherwise_is_expected_so() {
    for (suite, key, value) in [
        ("coupa", "edit_cancel", "204"),
        ("coupa", "edit_cancel", "no-post"),
        ("coupa", "return_encoding", "cxml-base64"),
        ("ariba", "return_encoding", "cxml-urlencoded"),
        ("ariba", "http_status", "mirror"),
    ] {
        let world = of_suite(suite).overlay(key, value).start().await;
        let report = rehearsed(&world, &wish(&world, suite, Orders::Live)).await;
        assert_eq!(
            names(&report, Verdict::Passed),
            CASES,
            "{key} = {value}\n{report}"
        );
        world.settle().await;
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_production_relationship_only_what_is_asked_for_is_ordered() {
    let world = of_suite("ariba").start().await;
    let report = rehearsed(&world, &wish(&world, "ariba", Orders::AsRelationship)).await;
    assert!(report.conformant, "{report}");
    assert_eq!(names(&report, Verdict::Passed), CASES[..12], "{report}");
    assert_eq!(names(&report, Verdict::Skipped), CASES[12..], "{report}");
    assert!(world.orders().await.is_empty());

    let report = rehearsed(&world, &wish(&world, "ariba", Orders::Test)).await;
    assert_eq!(names(&report, Verdict::Passed), CASES, "{report}");
    world.settle().await;
    assert!(!world.orders().await.is_empty());
    assert!(
        world.erp.orders().await.is_empty(),
        "marked as a test, and submitted"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_shopper_is_asked_before_the_cart_goes_back_is_told() {
    let world = of_suite("coupa").credit("1.00").start().await;
    let report = rehearsed(&world, &wish(&world, "coupa", Orders::AsRelationship)).await;
    let returned = report.case("return").unwrap();
    assert_eq!(returned.verdict, Verdict::Passed, "{report}");
    assert!(returned.detail.contains("asked first"), "{report}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_a_buyer_out_is_in_the_report_or_said_before() {
    let world = of_suite("coupa").start().await;
    let mut parts = wish(&world, "coupa", Orders::AsRelationship);
    parts.parts = vec!["NO-SUCH-PART".to_owned()];
    let report = rehearsed(&world, &parts).await;
    let shop = report.case("shop").unwrap();
    assert_eq!(shop.verdict, Verdict::Failed, "{report}");
    assert!(shop.detail.contains("line 1 is not in the cart"), "{report}");
    assert_eq!(
        report.case("return").unwrap().verdict,
        Verdict::Skipped,
        "{report}"
    );

    let mut elsewhere = wish(&world, "coupa", Orders::AsRelationship);
    elsewhere.return_url = Some("https://elsewhere.example/back".to_owned());
    let report = rehearsed(&world, &elsewhere).await;
    assert_eq!(report.case("setup").unwrap().verdict, Verdict::Failed, "{report}");

    let mut nobody = wish(&world, "coupa", Orders::AsRelationship);
    nobody.url = Url::parse("http://127.0.0.1:1").unwrap();
    let report = rehearsed(&world, &nobody).await;
    assert!(!report.conformant && report.counts.passed == 0, "{report}");

    let gateway = &world.gateway;
    let rehearsals = Rehearsals::new(
        gateway.surroundings.clone(),
        gateway.directory.clone(),
        gateway.connectors.clone(),
    );
    let mut unknown = wish(&world, "coupa", Orders::AsRelationship);
    unknown.relationship = RelationshipId::new("nobody");
    let said = Box::pin(rehearsals.run(&unknown)).await.unwrap_err().to_string();
    assert!(said.contains("there is no relationship"), "{said}");
    world.finish().await;
}
