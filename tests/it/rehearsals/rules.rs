//! Hold rules and hold codes, rehearsed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{change_of, changes, proposed, rehearse};
use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World};

/// Owes USD 12,840.50 of a limit of 15,000.00; USD 7,310.20 of it since 2025-12-30, 62 days before every test begins.
const LATE: &str = "C-1003";
const OVERDUE: &str = "7310.20";
const RULE: &str = "\n[[supplier.hold_rule]]\nid = \"past-due\"\nwhen = \"overdue\"\ndays = 60\n\
    removes = [\"order_on_terms\"]\ncode = \"PAST-DUE\"\n";

async fn world(declared: &str) -> World {
    let world = Supplier::with_buyer()
        .relationship("customer", format!("\"{LATE}\""))
        .connectors(declared)
        .start()
        .await;
    world.erp.release_holds(LATE).await;
    world.settle().await;
    world
}

fn overdue(change: impl FnOnce(&mut Value)) -> Value {
    let mut rule = json!({ "id": "past-due", "when": "overdue", "days": 60, "removes": ["order_on_terms"], "code": "LATE" });
    change(&mut rule);
    json!({ "hold_rules": [rule] })
}

async fn customer(world: &World) -> String {
    let found = world.get(&format!("/v1/customers?search={LATE}")).await;
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rule_holds_what_it_would_have_held_by_what_was_overdue_then() {
    let world = world("").await;
    world.send(&Po::new("1", "10.00").xml()).await;
    world.assert_state("1", "approved").await;
    world.settle().await;
    // What is overdue is paid since, and the next order comes after that.
    world.erp.pay(LATE, OVERDUE).await;
    world.clock.advance(Duration::from_secs(120));
    world.settle().await;
    world.send(&Po::new("2", "10.00").xml()).await;
    let because = "the customer is on hold (LATE): 62 days overdue, USD 7,310.20 since 2025-12-30";
    type Row = (Value, &'static str, &'static str);
    let held = |proposal: Value| -> Row { (proposal, "would_be_held", because) };
    let same = |proposal: Value| -> Row { (proposal, "same", "") };
    let rows = [
        held(overdue(|_| {})),
        held(overdue(|rule| rule["days"] = json!(62))),
        same(overdue(|rule| rule["days"] = json!(63))),
        held(overdue(|rule| rule["amount"] = json!("7310.20 USD"))),
        same(overdue(|rule| rule["amount"] = json!("7310.21 USD"))),
        same(overdue(|rule| rule["except"] = json!(["COBALT"]))),
        held(overdue(|rule| rule["customers"] = json!(["COBALT"]))),
        same(overdue(|rule| rule["customers"] = json!(["ACME"]))),
        same(overdue(|rule| rule["enabled"] = json!(false))),
        // A warning holds nothing.
        same(overdue(|rule| rule["removes"] = json!([]))),
        same(overdue(|rule| rule["removes"] = json!(["ship"]))),
        same(json!({ "hold_rules": [] })),
        same(
            json!({ "hold_rules": [{ "id": "w", "when": "broken_promise", "removes": ["order"], "code": "WORD" }] }),
        ),
        same(
            json!({ "hold_rules": [{ "id": "o", "when": "over_limit", "removes": ["order"], "code": "OVER" }] }),
        ),
        // A rule looks at the limit that is proposed beside it.
        (
            json!({
                "hold_rules": [{ "id": "o", "when": "over_limit", "percent": 20, "removes": ["order"], "code": "OVER" }],
                "limits": [{ "customer": "COBALT", "amount": "10000.00 USD" }],
            }),
            "would_be_held",
            "(OVER): USD 2,840.50 beyond the limit: USD 12,840.50 of a limit of USD 10,000.00",
        ),
    ];
    for (proposal, change, reason) in rows {
        let found = rehearse(&world, &proposal).await;
        assert_eq!(change_of(&found, "1")["change"], change, "{proposal}: {found}");
        let (_, reasons) = proposed(&found, "1");
        assert!(reasons.contains(reason), "{proposal}: {reasons}");
        if proposal["limits"].is_null() {
            assert_eq!(change_of(&found, "2")["change"], "same", "{proposal}: {found}");
        }
    }
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn holds_of_the_supplier_s_rules_give_way_to_those_of_the_proposed_ones() {
    let world = world(RULE).await;
    world.send(&Po::new("1", "10.00").xml()).await;
    world.assert_state("1", "held").await;
    for (proposal, change) in [
        (json!({ "limit_factor": "1" }), "same"),
        (overdue(|rule| rule["code"] = json!("PAST-DUE")), "same"),
        // Held as before, in other words.
        (overdue(|_| {}), "other_reasons"),
        (overdue(|rule| rule["days"] = json!(63)), "would_go"),
        (json!({ "hold_rules": [] }), "would_go"),
    ] {
        let found = rehearse(&world, &proposal).await;
        assert_eq!(change_of(&found, "1")["change"], change, "{proposal}: {found}");
    }
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn promises_to_pay_count_as_they_stood() {
    let world = world("").await;
    let promise = json!({ "amount": { "amount": OVERDUE, "currency": "USD" }, "until": "2026-03-03" });
    world.send(&Po::new("before", "10.00").xml()).await;
    world.clock.advance(Duration::from_secs(60));
    let path = format!("/v1/customers/{}/promises", customer(&world).await);
    world.post(&path, promise).await;
    world.clock.advance(Duration::from_secs(60));
    world.send(&Po::new("during", "10.00").xml()).await;
    world.settle().await;
    let broken = json!({ "hold_rules": [{ "id": "w", "when": "broken_promise", "removes": ["order"], "code": "WORD" }] });
    let stubborn = overdue(|rule| rule["respects_promises"] = json!(false));
    let table = [
        (overdue(|_| {}), ["would_be_held", "same"]),
        (stubborn, ["would_be_held", "would_be_held"]),
        (broken.clone(), ["same", "same"]),
    ];
    for (proposal, expected) in table {
        let found = rehearse(&world, &proposal).await;
        let told: Vec<String> = changes(&found).into_iter().map(|(_, change)| change).collect();
        assert_eq!(told, expected, "{proposal}: {found}");
    }
    // The day goes by, and nothing was paid.
    world.clock.advance(Duration::from_secs(3 * 86_400));
    world.settle().await;
    world.send(&Po::new("after", "10.00").xml()).await;
    let found = rehearse(&world, &broken).await;
    assert_eq!(change_of(&found, "after")["change"], "would_be_held", "{found}");
    assert_eq!(change_of(&found, "during")["change"], "same", "{found}");
    // It is paid after all: since when it was broken stands nowhere any more.
    world.erp.pay(LATE, OVERDUE).await;
    world.clock.advance(Duration::from_secs(120));
    world.settle().await;
    let found = rehearse(&world, &broken).await;
    let after = change_of(&found, "after");
    assert_eq!(after["change"], "not_rehearsed", "{found}");
    assert!(
        after["not_rehearsed"]
            .as_str()
            .unwrap()
            .contains("promise to pay was broken")
    );
    assert_eq!(change_of(&found, "during")["change"], "same", "{found}");
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn hold_codes_are_rehearsed_where_the_table_says_what_a_hold_takes_away() {
    let world = Supplier::with_buyer()
        .credit("5000.00")
        .sync("hold_codes = { Z9 = [\"order\"], W = [] }\n")
        .start()
        .await;
    world.erp.place_unexplained_hold(CUSTOMER, "Z9").await;
    world.round().await;
    world.clock.advance(Duration::from_secs(1));
    world.erp.place_unexplained_hold(CUSTOMER, "W").await;
    world.round().await;
    world.send(&Po::new("1", "10.00").xml()).await;
    world.assert_state("1", "held").await;
    let codes = |codes: Value| json!({ "hold_codes": { "erp": codes } });
    for (proposal, change, reasons) in [
        (
            codes(json!({ "Z9": ["order"], "W": [] })),
            "same",
            "the customer is on hold (Z9)",
        ),
        (codes(json!({ "Z9": ["ship"], "W": [] })), "would_go", ""),
        (
            codes(json!({ "Z9": [], "W": ["order"] })),
            "other_reasons",
            "the customer is on hold (W)",
        ),
        // A code that the table lacks takes everything away.
        (
            codes(json!({ "Z9": [] })),
            "other_reasons",
            "the customer is on hold (W)",
        ),
        (
            json!({ "hold_codes": { "another": {} } }),
            "same",
            "the customer is on hold (Z9)",
        ),
    ] {
        let found = rehearse(&world, &proposal).await;
        assert_eq!(change_of(&found, "1")["change"], change, "{proposal}: {found}");
        assert_eq!(proposed(&found, "1").1, reasons, "{proposal}");
    }
    // What the ERP says itself of a hold, no table says.
    world.erp.release_holds(CUSTOMER).await;
    world.erp.place_hold(CUSTOMER, &["order"], "Stopped.").await;
    world.clock.advance(Duration::from_secs(1));
    world.round().await;
    world.send(&Po::new("2", "10.00").xml()).await;
    world.assert_state("2", "held").await;
    let found = rehearse(&world, &codes(json!({ "PASTDUE": [] }))).await;
    assert_eq!(change_of(&found, "2")["change"], "same", "{found}");
    world.drain().await;
    world.finish().await;
}
