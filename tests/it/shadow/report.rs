//! What a day's copies came to beside the ERP.

use std::time::Duration;

use jiff::civil::date;
use punchgate_connector::conformance::OrderFixture;
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::in_shadow;
use crate::{
    operations::punchgate,
    support::{
        cxml::Po,
        erp::CUSTOMER,
        supplier::{SUPPLIER_ID, Supplier},
        world::World,
    },
};

const PATH: &str = "/v1/relationships/acme/shadow-report";

/// The incumbent enters an order in the ERP: two pieces of TL-1110 for a customer.
async fn enter(world: &World, number: &str, customer: &str, price: &str) {
    let source = &world.gateway.connectors;
    let erp = source
        .connector(&SupplierId::new(SUPPLIER_ID), &ConnectorId::new("erp"))
        .await
        .unwrap();
    let goods = OrderFixture {
        part_id: "TL-1110".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse(price, Currency::parse("USD").unwrap()).unwrap(),
        date: date(2026, 3, 2),
        live: true,
    };
    let mut what = goods.submission(customer, format!("old-{number}"));
    number.clone_into(&mut what.order.order_number);
    let now = world.gateway.surroundings.now();
    let ctx = erp.context(
        format!("old-{number}"),
        now,
        Duration::from_secs(20),
        CancellationToken::new(),
    );
    erp.connector
        .spec()
        .orders
        .unwrap()
        .submit(&ctx, &what)
        .await
        .unwrap();
}

/// A copy of an order of two pieces of TL-1110.
fn copy(number: &str, price: &str, unit: &str, total: &str) -> Po {
    let mut po = Po::new(number, price);
    po.total = total.to_owned();
    po.lines[0].quantity = 2;
    po.lines[0].unit = unit.to_owned();
    po
}

/// An hour after the supplier's day has ended; the ERP was read before.
async fn next_day(world: &World) {
    world.round().await;
    world.clock.advance(Duration::from_secs(24 * 3_600));
    world.round().await;
}

fn counts(report: &Value) -> (i64, i64, i64, i64) {
    let count = |key: &str| report[key].as_i64().unwrap();
    (
        count("agree"),
        count("differ"),
        count("waiting"),
        count("not_compared"),
    )
}

/// Field, subject and count of each kind of difference.
fn kinds(report: &Value) -> Vec<(String, String, i64)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = report["differences"].as_array().unwrap().iter();
    all.map(|one| {
        (
            text(one, "field"),
            text(one, "subject"),
            one["count"].as_i64().unwrap(),
        )
    })
    .collect()
}

fn kind(field: &str, subject: &str, count: i64) -> (String, String, i64) {
    (field.to_owned(), subject.to_owned(), count)
}

#[tokio::test]
async fn a_day_is_reported_when_it_has_ended() {
    let world = in_shadow().start().await;
    let answer = world.api(reqwest::Method::GET, PATH, None).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
    for (number, price, unit, total) in [
        ("agrees", "28.55", "EA", "57.10"),
        ("waits", "28.55", "EA", "57.10"),
        ("unit", "28.55", "ST", "57.10"),
        ("total", "28.55", "EA", "57.20"),
        ("limit", "2500.00", "EA", "5000.00"),
    ] {
        world.send(&copy(number, price, unit, total).xml()).await;
    }
    let copy = format!("/v1/orders/{}", world.order("agrees").await.order_id);
    let before = world.get(&copy).await;
    for number in ["agrees", "unit", "total"] {
        enter(&world, number, CUSTOMER, "28.55").await;
    }
    enter(&world, "limit", CUSTOMER, "2500.00").await;
    world.round().await;
    let answer = world.api(reqwest::Method::GET, PATH, None).await;
    assert_eq!(answer.status, 404, "the day goes on: {}", answer.body);
    next_day(&world).await;
    assert_eq!(world.get(&copy).await, before, "what the ERP issues is another's");
    let report = world.get(PATH).await;
    assert_eq!(
        (&report["day"], counts(&report)),
        (&json!("2026-03-02"), (1, 3, 1, 0)),
        "{report}"
    );
    let expected = [
        // The total is not that of its lines, the limit is passed.
        kind("decision", "held → open", 2),
        kind("unit", "ST → EA", 1),
        kind("total", "", 1),
    ];
    assert_eq!(kinds(&report), expected, "{report}");
    let decision = &report["differences"][0]["examples"][1];
    assert_eq!(
        (&decision["order_number"], &decision["theirs"]),
        (&json!("limit"), &json!("has it"))
    );
    assert!(
        decision["ours"].as_str().unwrap().starts_with("held: limit "),
        "{decision}"
    );
    let unit = &report["differences"][1]["examples"][0];
    assert_eq!(unit["note"], json!("1 ST seems to be 1 EA"), "{unit}");

    // What came late is compared with the next day's, and not again.
    enter(&world, "waits", CUSTOMER, "28.55").await;
    next_day(&world).await;
    let report = world.get(PATH).await;
    assert_eq!(
        (&report["day"], counts(&report)),
        (&json!("2026-03-03"), (1, 0, 0, 0))
    );
    next_day(&world).await;
    assert_eq!(counts(&world.get(PATH).await), (0, 0, 0, 0));
    let first = world.get(&format!("{PATH}?day=2026-03-02")).await;
    assert_eq!(counts(&first), (1, 3, 1, 0), "a report stays as it was made");
    let wrong = world
        .api(reqwest::Method::GET, &format!("{PATH}?day=today"), None)
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    world.finish().await;
}

#[tokio::test]
async fn what_never_comes_differs_in_the_end() {
    let world = in_shadow().start().await;
    world.send(&copy("goes", "28.55", "EA", "57.10").xml()).await;
    world.send(&copy("held", "2500.00", "EA", "5000.00").xml()).await;
    for _ in 0..7 {
        next_day(&world).await;
        assert_eq!(counts(&world.get(PATH).await), (0, 0, 2, 0));
    }
    next_day(&world).await;
    let report = world.get(PATH).await;
    assert_eq!(counts(&report), (1, 1, 0, 0), "{report}");
    assert_eq!(kinds(&report), [kind("decision", "approved → absent", 1)]);
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_is_silent_is_waited_for() {
    let world = in_shadow().start().await;
    world.send(&copy("1", "28.55", "EA", "57.10").xml()).await;
    enter(&world, "1", CUSTOMER, "28.55").await;
    world.round().await;
    world.erp.misbehave(true, 0).await;
    // 17 hours to the end of the day, and one more.
    world.clock.advance(Duration::from_secs(18 * 3_600));
    world.round().await;
    assert_eq!(world.api(reqwest::Method::GET, PATH, None).await.status, 404);
    world.clock.advance(Duration::from_secs(6 * 3_600));
    world.round().await;
    let report = world.get(PATH).await;
    assert_eq!(counts(&report), (0, 0, 0, 1), "{report}");
    assert!(
        report["notes"][0].as_str().unwrap().contains("does not answer"),
        "{report}"
    );
    world.finish().await;
}

#[tokio::test]
async fn an_order_under_another_customer_is_found_by_what_the_erp_has_issued() {
    let unmapped: Supplier = in_shadow().relationship("customer", "\"C-9999\"");
    for (supplier, ours) in [(unmapped, "unknown"), (in_shadow(), CUSTOMER)] {
        let world = supplier.start().await;
        world.send(&copy("1", "28.55", "EA", "57.10").xml()).await;
        enter(&world, "1", "C-1002", "28.55").await;
        next_day(&world).await;
        let report = world.get(PATH).await;
        let customer = kind("customer", &format!("{ours} → C-1002"), 1);
        assert!(kinds(&report).contains(&customer), "{report}");
        world.finish().await;
    }
}

#[tokio::test]
async fn the_command_says_what_the_api_says() {
    let world = in_shadow().start().await;
    let words = ["shadow", "report", "ironquay.acme"];
    let printed = punchgate(&world, &words).await;
    assert_eq!(printed.code, 1, "{}", printed.out);
    assert!(
        printed.err.contains("there is no report on ironquay.acme yet"),
        "{}",
        printed.err
    );
    world.send(&copy("1", "28.55", "ST", "57.10").xml()).await;
    enter(&world, "1", CUSTOMER, "28.55").await;
    next_day(&world).await;
    let json = punchgate(&world, &[&words[..], &["--json"]].concat()).await;
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(told, world.get(PATH).await);
    let printed = punchgate(&world, &[&words[..], &["--day", "2026-03-02"]].concat()).await;
    for line in [
        "ironquay.acme, copies of 2026-03-02:",
        "     0  agree with the ERP",
        "     1  differ",
        "     1  unit  ST → EA",
        "        1 line 1: here ST; ERP EA (1 ST seems to be 1 EA)",
    ] {
        assert!(
            printed.out.lines().any(|it| it == line),
            "{line}: {}",
            printed.out
        );
    }
    world.finish().await;
}
