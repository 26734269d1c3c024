//! A relationship without a sink: a person enters its orders, and tells the buyer.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{cxml::Po, supplier::Supplier, world::World};

async fn approved() -> (World, String) {
    let supplier = Supplier::with_buyer()
        .relationship("order_sink", "\"none\"")
        .relationship("outbound_url", "\"http://127.0.0.1:1/cxml\"")
        .policy("confirmation", "manual");
    let world = supplier.credit("1000.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    world.settle().await;
    let order = world.assert_state("1", "approved").await;
    (world, order.order_id)
}

#[tokio::test]
async fn an_order_without_a_sink_is_taken_over_and_confirmed_by_a_person() {
    let (world, id) = approved().await;
    let version = |row: &serde_json::Value| row["row_version"].clone();
    let order = world.get(&format!("/v1/orders/{id}")).await;
    let early = json!({ "expected_version": version(&order), "reason": "told" });
    let send = format!("/v1/orders/{id}/send-confirmation");
    let answer = world.api(Method::POST, &send, Some(early)).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let take = format!("/v1/orders/{id}/take-over");
    let nameless = json!({ "expected_version": version(&order), "number": " ", "reason": "entered" });
    assert_eq!(world.api(Method::POST, &take, Some(nameless)).await.status, 422);
    let taken = json!({ "expected_version": version(&order), "number": "SO-7", "reason": "entered" });
    world.post(&take, taken.clone()).await;
    let row = world.assert_state("1", "accepted").await;
    assert_eq!(
        (row.sink_order_id.as_deref(), row.confirmation.as_str()),
        (Some("SO-7"), "none")
    );
    let again = json!({ "expected_version": row.row_version, "number": "SO-8", "reason": "entered" });
    assert_eq!(world.api(Method::POST, &take, Some(again)).await.status, 409);
    let word = json!({ "expected_version": row.row_version, "reason": "told" });
    world.post(&send, word).await;
    assert_eq!(world.order("1").await.confirmation, "queued");
    // Nobody listens there.
    world.settle().await;
    world.finish_with(&["deliver-confirmation"]).await;
}

#[tokio::test]
async fn an_order_that_goes_by_itself_is_not_taken_over() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    let order = world.assert_state("1", "approved").await;
    let word = json!({ "expected_version": order.row_version, "number": "SO-7", "reason": "entered" });
    let path = format!("/v1/orders/{}/take-over", order.order_id);
    let answer = world.api(Method::POST, &path, Some(word)).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    world.settle().await;
    world.finish().await;
}

/// The order was approved while nobody had named a sink: a person may have entered it in the ERP already. It goes nowhere by
/// itself, and is taken over.
#[tokio::test]
async fn an_approved_order_does_not_go_to_a_sink_that_was_named_since() {
    let supplier = Supplier::with_buyer().relationship("order_sink", "\"none\"");
    let world = supplier.clone().credit("1000.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    world.assert_state("1", "approved").await;
    let named = supplier.relationship("order_sink", "\"erp\"");
    world.apply(&named.declared(&world.erp, &world.shop)).await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("1", "approved").await;
    // Nor does a change of it that had to wait.
    world
        .send(&Po::new("1", "1057.11").operation("update").xml())
        .await;
    world.assert_state("1", "held").await;
    world
        .erp
        .leave_available(crate::support::erp::CUSTOMER, "2000.00")
        .await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let order = world.assert_state("1", "approved").await;
    assert_eq!(world.erp.calls("submit_order"), 0);
    let taken = json!({ "expected_version": order.row_version, "number": "SO-7", "reason": "entered" });
    world
        .post(&format!("/v1/orders/{}/take-over", order.order_id), taken)
        .await;
    world.assert_state("1", "accepted").await;
    world.settle().await;
    world.finish().await;
}

/// A number of the ERP's is one order's, however many people enter orders at once.
#[tokio::test]
async fn of_two_orders_entered_under_one_number_at_once_one_is_refused() {
    let (world, id) = approved().await;
    world.send(&Po::new("2", "57.11").xml()).await;
    world.settle().await;
    let second = world.assert_state("2", "approved").await.order_id;
    let mut bodies = Vec::new();
    for id in [&id, &second] {
        let order = world.get(&format!("/v1/orders/{id}")).await;
        bodies
            .push(json!({ "expected_version": order["row_version"], "number": "SO-7", "reason": "entered" }));
    }
    let path = |id: &str| format!("/v1/orders/{id}/take-over");
    let (one, two) = (path(&id), path(&second));
    let (one, two) = tokio::join!(
        world.api(Method::POST, &one, Some(bodies[0].clone())),
        world.api(Method::POST, &two, Some(bodies[1].clone())),
    );
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [204, 409], "{} {}", one.body, two.body);
    world.settle().await;
    world.finish().await;
}

/// What a person has entered counts in what the ERP tells from then on, and not beside it; withdrawn, it lets go of the
/// limit when a person says that it is cancelled there.
#[tokio::test]
async fn an_order_taken_over_takes_up_credit_no_longer_than_it_should() {
    let (world, id) = approved().await;
    let take = async |number: &str, path_id: &str, status: u16| {
        let order = world.get(&format!("/v1/orders/{path_id}")).await;
        let body = json!({ "expected_version": order["row_version"], "number": number, "reason": "entered" });
        let answer = world
            .api(
                Method::POST,
                &format!("/v1/orders/{path_id}/take-over"),
                Some(body),
            )
            .await;
        assert_eq!(answer.status, status, "{}", answer.body);
    };
    take("SO-7", &id, 204).await;
    world.send(&Po::new("2", "900.00").xml()).await;
    let second = world.assert_state("2", "approved").await.order_id;
    take("SO-7", &second, 409).await;
    world.send(&Po::new("3", "100.00").xml()).await;
    world.assert_state("3", "held").await;
    // The ERP is read again: what was entered there is in its exposure now, which the demo ERP does not know of.
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("3", "approved").await;

    world.send(&Po::new("1", "57.11").operation("delete").xml()).await;
    world.drain().await;
    let jobs = world.get(&format!("/v1/jobs?order={id}")).await;
    let dead = jobs["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["kind"] == "withdrawal-due");
    let dead = dead.unwrap_or_else(|| panic!("{jobs}"));
    assert!(
        dead["last_error"]
            .as_str()
            .unwrap()
            .contains("entered as SO-7 by hand"),
        "{dead}"
    );
    assert_ne!(world.order("1").await.reserved_minor, 0);
    let skip = json!({ "reason": "cancelled in the ERP" });
    world
        .post(&format!("/v1/jobs/{}/skip", dead["id"].as_str().unwrap()), skip)
        .await;
    let order = world.assert_state("1", "cancelled").await;
    assert_eq!(order.reserved_minor, 0);
    world.settle().await;
    world.finish().await;
}

/// The order came while nobody had named a sink.
#[tokio::test]
async fn an_order_goes_to_the_sink_that_was_named_since() {
    let supplier = Supplier::with_buyer().relationship("order_sink", "\"none\"");
    let world = supplier.clone().credit("10.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    world.assert_state("1", "held").await;
    let named = supplier.relationship("order_sink", "\"erp\"");
    world.apply(&named.declared(&world.erp, &world.shop)).await;
    world
        .erp
        .leave_available(crate::support::erp::CUSTOMER, "1000.00")
        .await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.finish().await;
}
