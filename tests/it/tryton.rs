//! The whole product on a real Tryton: `scripts/tryton run cargo test --workspace --test it tryton`.
//!
//! As in `latency`, real time is a subject here: the gateway runs as it does in service.

mod line;
mod rig;

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::cxml::Po;
use line::Event;
use rig::Rig;

/// Both ways in one: what is set there counts at checkout, what is set here stands there, within five seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_and_holds_are_there_within_five_seconds() {
    let Some(rig) = Rig::start(true, "C-ACME").await else {
        return;
    };
    for (limit, allowed) in [("50000", true), ("0", false), ("60000", true)] {
        rig.tryton.set_limit(limit).await;
        let took = rig
            .until("terms at checkout", async || rig.on_terms().await == allowed)
            .await;
        rig.judge(&format!("a limit of {limit} set in Tryton"), took)
            .await;
    }

    let customer = rig.customer().await;
    let path = format!("/v1/customers/{}/holds", customer["id"].as_str().unwrap());
    let hold = json!({ "expected_version": customer["version"], "code": "PASTDUE", "removes": ["order_on_terms"],
        "shopper": "Please call accounts receivable.", "reason": "invoice 17 is 60 days late" });
    let placed = rig.api(Method::POST, &path, Some(hold)).await;
    let took = rig
        .until("the hold in Tryton", async || {
            rig.tryton.holds().await == ["PASTDUE"]
        })
        .await;
    rig.judge("a hold placed here", took).await;
    assert!(!rig.on_terms().await);

    // What the push has written is its next version.
    let standing = async || rig.customer().await["holds"][0].clone();
    rig.until("the push to be noted", async || {
        standing().await["push"] == "synced"
    })
    .await;
    let hold = standing().await;
    assert_eq!(hold["id"], placed["hold"], "{hold}");
    let path = format!("/v1/holds/{}/release", hold["id"].as_str().unwrap());
    let body = json!({ "expected_version": hold["version"], "reason": "paid" });
    rig.api(Method::POST, &path, Some(body)).await;
    let took = rig
        .until("no hold in Tryton", async || rig.tryton.holds().await.is_empty())
        .await;
    rig.judge("a hold released here", took).await;
    rig.stop().await;
}

/// While the gateway's write is on its way, somebody in Tryton writes the same field.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_changed_on_both_sides_is_one_conflict_and_both_values_are_told() {
    let Some(rig) = Rig::start(true, "C-HOOLI").await else {
        return;
    };
    let customer = rig.customer().await;
    let go_on = Arc::new(Notify::new());
    let met = rig
        .line
        .once("model.party.party.write", Event::Wait(Arc::clone(&go_on)));
    let path = format!("/v1/customers/{}/limit", customer["id"].as_str().unwrap());
    let limit = json!({ "expected_version": customer["version"], "reason": "bank statement of May",
        "limit": { "kind": "amount", "amount": "7000.00", "currency": "USD" } });
    rig.api(Method::PUT, &path, Some(limit)).await;
    met.notified().await;
    rig.tryton.set_limit("8000").await;
    go_on.notify_one();

    rig.until("a conflict", async || !rig.conflicts().await.is_empty())
        .await;
    rig.until("the ERP's limit", async || {
        rig.customer().await["limit"]["amount"] == "8000.00"
    })
    .await;
    rig.until("nothing on its way", async || {
        rig.customer().await["requests"] == json!([])
    })
    .await;
    let conflicts = rig.conflicts().await;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let conflict = &conflicts[0];
    assert_eq!(conflict["field"], "limit", "{conflict}");
    assert_eq!(conflict["winner"], "erp", "{conflict}");
    for (side, amount) in [("ours", "7,000.00"), ("theirs", "8,000.00")] {
        assert!(
            conflict[side].as_str().is_some_and(|text| text.contains(amount)),
            "{conflict}"
        );
    }
    assert_eq!(rig.tryton.limit().await, "8000");
    let history = rig.customer().await["history"].to_string();
    assert!(
        history.contains("7,000.00") && history.contains("8,000.00"),
        "{history}"
    );
    rig.stop().await;
}

/// With our module and without: ten times the same purchase order at once, and the line is cut behind the create.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_equal_orders_and_a_line_that_is_cut_make_one_live_sale() {
    for (module, create) in [(true, "punchgate_submit"), (false, "model.sale.sale.create")] {
        let Some(rig) = Rig::start(module, "C-ACME").await else {
            return;
        };
        let met = rig.line.once(create, Event::CutBehind);
        let number = format!("45-{}-{module}", rig.tryton.run);
        let mut order = Po::new(&number, "16.65");
        "HX-1001".clone_into(&mut order.lines[0].part);
        "EA".clone_into(&mut order.lines[0].unit);
        let xml = order.xml();
        let sent = (0..10).map(|_| rig.send(&xml));
        for status in futures_util::future::join_all(sent).await {
            assert_eq!(status, 200, "module = {module}");
        }
        met.notified().await;
        let order = async || -> Value {
            let found = rig.get(&format!("/v1/orders?search={number}")).await;
            let found = found["items"].as_array().unwrap().clone();
            assert_eq!(found.len(), 1, "{found:?}");
            found[0].clone()
        };
        rig.until("the order with Tryton", async || {
            let state = order().await["state"].as_str().unwrap().to_owned();
            assert!(
                !["rejected", "declined", "referred"].contains(&&*state),
                "{}",
                order().await
            );
            state == "accepted" || state == "held_by_erp"
        })
        .await;
        let live = rig.tryton.live_sales(&number).await;
        assert_eq!(live.len(), 1, "module = {module}: {live:?}");
        rig.stop().await;
    }
}

/// With our module and without: the buyer wants more of it, a person carries that over, and the line is cut behind the
/// write; then the buyer withdraws it, and a person has it cancelled there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_cut_is_carried_over_once_and_a_withdrawal_cancels_the_sale() {
    for (module, write) in [(true, "punchgate_change"), (false, "model.sale.sale.write")] {
        let Some(rig) = Rig::start(module, "C-ACME").await else {
            return;
        };
        let number = format!("46-{}-{module}", rig.tryton.run);
        let mut po = Po::new(&number, "16.65");
        "HX-1001".clone_into(&mut po.lines[0].part);
        "EA".clone_into(&mut po.lines[0].unit);
        assert_eq!(rig.send(&po.xml()).await, 200);
        let order = async || -> Value {
            let found = rig.get(&format!("/v1/orders?search={number}")).await;
            found["items"][0].clone()
        };
        // What the ERP tells meanwhile may change the order under a person's hands: they read it again.
        let say = async |what: &str, more: Value| {
            rig.until(what, async || {
                let order = order().await;
                let mut body =
                    json!({ "expected_version": order["row_version"], "reason": "the buyer called" });
                body.as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                let path = format!("/v1/orders/{}/{what}", order["id"].as_str().unwrap());
                let (status, text) = rig.said(Method::POST, &path, Some(body)).await;
                assert!(
                    status == 204 || text.contains("has changed since"),
                    "{status} {text}"
                );
                status == 204
            })
            .await;
        };
        rig.until("the order with Tryton", async || {
            order().await["state"] == "accepted"
        })
        .await;
        let mut more = po.clone().operation("update").payload(&format!("po.{number}.2"));
        more.lines[0].quantity = 2;
        "33.30".clone_into(&mut more.total);
        assert_eq!(rig.send(&more.xml()).await, 200);
        let met = rig.line.once(write, Event::CutBehind);
        say("carry-over", json!({ "version": 2 })).await;
        met.notified().await;
        rig.until("the change in Tryton", async || order().await["version"] == 2)
            .await;
        assert_eq!(
            order().await["state"],
            "accepted",
            "module = {module}: {}",
            order().await
        );
        let live = rig.tryton.live_sales(&number).await;
        assert_eq!(live.len(), 1, "module = {module}: {live:?}");
        let withdrawn = po.operation("delete").payload(&format!("po.{number}.3"));
        assert_eq!(rig.send(&withdrawn.xml()).await, 200);
        say("cancel-at-sink", json!({})).await;
        rig.until("the sale cancelled", async || {
            rig.tryton.live_sales(&number).await.is_empty()
        })
        .await;
        rig.stop().await;
    }
}
