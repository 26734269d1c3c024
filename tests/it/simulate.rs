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
