//! Deciding again: on what an order says now, on whose account, in whose turn, and without disturbing whoever has it
//! before them.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{
    cxml::{Line, Po, Setup, between},
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

#[tokio::test]
async fn an_update_that_comes_while_an_order_is_decided_again_is_judged_by_what_it_says() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let id = world.order("4500001").await.order_id;
    for round in 0..40 {
        let amount = format!("{}.00", 100 + round * 7);
        let update = Po::new("4500001", &amount).operation("update").xml();
        let again = || world.gateway.redecide.order(SUPPLIER_ID, &id);
        let (_, one, two, three) = tokio::join!(world.send(&update), again(), again(), again());
        for result in [one, two, three] {
            result.unwrap();
        }
        let order = world.assert_state("4500001", "approved").await;
        assert_eq!(order.total_text, amount);
        assert_eq!(
            order.reserved_minor, order.total_minor,
            "{amount}: judged by another version"
        );
    }
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_moves_to_another_credit_account_takes_nothing_from_its_limit_but_itself() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.erp.leave_available("C-1002", "500.00").await;
    world.round().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let before = world.assert_state("4500001", "approved").await;
    world
        .meddle(
            "update customer set credit_account_id = (select o.credit_account_id from customer o \
         where o.external_id = 'C-1002') where external_id = 'C-1001'",
        )
        .await;
    // 900 would fit only if the 400 on the old account were given back on the new one.
    world
        .send(&Po::new("4500001", "900.00").operation("update").xml())
        .await;
    let after = world.assert_state("4500001", "held").await;
    assert_ne!(before.credit_account_id, after.credit_account_id);
    assert_eq!(after.reserved_minor, 0);
    world
        .send(&Po::new("4500001", "500.00").operation("update").xml())
        .await;
    let order = world.assert_state("4500001", "approved").await;
    assert_eq!(order.reserved_minor, 50_000);
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn a_held_order_is_left_as_it_is_while_nothing_but_the_time_of_reading_changes() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let before = world.assert_state("4500001", "held").await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(120));
        world.settle().await;
    }
    let after = world.assert_state("4500001", "held").await;
    assert_eq!(before.row_version, after.row_version, "{:?}", after.decision);
    world.erp.leave_available(CUSTOMER, "250.00").await;
    world.clock.advance(Duration::from_secs(120));
    world.settle().await;
    let other = world.assert_state("4500001", "held").await;
    assert_ne!(after.row_version, other.row_version, "another limit is news");
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.clock.advance(Duration::from_secs(120));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_whose_document_cannot_be_read_is_for_a_person_and_holds_up_no_other() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    for number in ["1", "2", "3"] {
        world.send(&Po::new(number, "400.00").xml()).await;
    }
    world.settle().await;
    world
        .meddle(
        "delete from document where document_id = (select document_id from purchase_order where order_number = '1')",
        )
        .await;
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.settle().await;
    let unread = world.assert_state("1", "referred").await;
    assert!(unread.state_reason.unwrap().contains("not in the archive"));
    for number in ["2", "3"] {
        world.assert_state(number, "accepted").await;
    }
    world.finish().await;
}

#[tokio::test]
async fn orders_that_stay_unknown_keep_none_behind_them_waiting() {
    let unknown = "\"C-7777\"";
    let world = Supplier::with_buyer()
        .credit("5000.00")
        .relationship("customer", unknown)
        .start()
        .await;
    for number in 0..51 {
        world.send(&Po::new(format!("{number:02}"), "10.00").xml()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    let waiting = world.assert_state("50", "held").await;
    assert_eq!((waiting.arrival, waiting.customer_id), (0, None));
    // The first fifty belong to a relationship that nobody has any more.
    world
        .meddle("update purchase_order set relationship_id = 'gone' where order_number <> '50'")
        .await;
    world
        .meddle("update customer set external_id = 'C-7777' where external_id = 'C-1001'")
        .await;
    for _ in 0..2 {
        world.gateway.redecide.without_customer().await.unwrap();
    }
    let known = world.assert_state("50", "approved").await;
    assert_eq!(known.arrival, 1, "it has a place in the line");
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn what_an_update_lets_go_of_is_there_for_the_next_in_line_at_once() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "800.00").xml()).await;
    world.send(&Po::new("4500002", "500.00").xml()).await;
    world.assert_state("4500002", "held").await;
    world
        .send(&Po::new("4500001", "300.00").operation("update").xml())
        .await;
    // No round over the ERP: what is owed is not read again.
    world.drain().await;
    world.assert_state("4500002", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_approved_order_that_has_grown_old_on_its_way_is_for_a_person() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "800.00").xml()).await;
    world.assert_state("4500001", "approved").await;
    world.clock.advance(Duration::from_secs(6 * 24 * 3600));
    world.round().await;
    world.drain().await;
    let order = world.assert_state("4500001", "referred").await;
    assert!(order.state_reason.unwrap().contains("received 6 days ago"));
    assert!(world.erp.orders().await.is_empty());
    let word = json!({ "expected_version": order.row_version, "reason": "they still want it" });
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_card_order_goes_on_when_a_person_has_charged_the_whole_of_it() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    let mut po = Po::new("4500001", "400.00");
    po.card = true;
    world.send(&po.xml()).await;
    let held = world.assert_state("4500001", "held").await;
    let path = format!("/v1/orders/{}/funds", held.order_id);
    let charge = |version: i64, amount: &str, currency: &str| {
        json!({ "expected_version": version, "kind": "captured", "amount": amount, "currency": currency,
            "reference": "ch_1", "reason": "charged by telephone" })
    };
    for (amount, currency) in [("0", "USD"), ("400.00", "EUR"), ("many", "USD")] {
        let body = charge(held.row_version, amount, currency);
        let answer = world.api(Method::POST, &path, Some(body)).await;
        assert!(
            (400..500).contains(&answer.status),
            "{amount} {currency}: {}",
            answer.body
        );
    }
    world.post(&path, charge(held.row_version, "399.99", "USD")).await;
    let part = world.assert_state("4500001", "held").await;
    assert!(part.decision.unwrap().contains("funds-not-secured"));
    world.post(&path, charge(part.row_version, "400.00", "USD")).await;
    let order = world.assert_state("4500001", "approved").await;
    assert_eq!((order.tender.as_str(), order.reserved_minor), ("card", 0));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_terms_hold_is_passed_only_with_the_whole_of_an_order_secured() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let mut order = world.assert_state("4500001", "held").await;
    for (amount, tender, state) in [("399.00", "terms", "held"), ("400.00", "card", "approved")] {
        let body = json!({ "expected_version": order.row_version, "kind": "authorised", "amount": amount,
            "currency": "USD", "reference": "auth_1", "reason": "they pay by card" });
        world
            .post(&format!("/v1/orders/{}/funds", order.order_id), body)
            .await;
        order = world.assert_state("4500001", state).await;
        assert_eq!(order.tender, tender);
    }
    // More than was secured is on terms again.
    world
        .send(&Po::new("4500001", "600.00").operation("update").xml())
        .await;
    let order = world.assert_state("4500001", "held").await;
    assert_eq!(order.tender, "terms");
    world.drain().await;
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn an_automatic_decline_tells_the_buyer() {
    let world = Supplier::with_buyer()
        .credit("5000.00")
        .policy("pcard", "refuse")
        .relationship("outbound_url", "\"http://127.0.0.1:9/cxml\"")
        .start()
        .await;
    let mut po = Po::new("4500001", "400.00");
    po.card = true;
    world.send(&po.xml()).await;
    let order = world.assert_state("4500001", "declined").await;
    assert_eq!(order.confirmation, "queued");
    let left = world.unfinished().await;
    assert_eq!(left.len(), 1);
    assert!(
        left[0].payload.contains("\"reject\"") && left[0].payload.contains("We do not take purchasing cards"),
        "{}",
        left[0].payload
    );
    world.finish_with(&["deliver-confirmation"]).await;
}

/// Punches out for one product: the line as an order repeats it.
async fn line_of_a_cart(world: &World, cookie: &str, part: &str) -> Line {
    let message = world.punch_out_and_return(&Setup::new(cookie), part, "1").await;
    let text = |document: &str, element: &str| {
        let rest = between(document, &format!("<{element}"), &format!("</{element}>")).unwrap();
        rest.split_once('>').unwrap().1.to_owned()
    };
    Line {
        part: text(&message, "SupplierPartID"),
        auxiliary: Some(text(&message, "SupplierPartAuxiliaryID")),
        quantity: 1,
        price: text(
            between(&message, "<ItemDetail>", "</ItemDetail>").unwrap(),
            "Money",
        ),
        unit: text(&message, "UnitOfMeasure"),
        ship_to: None,
    }
}

#[tokio::test]
async fn an_order_of_two_carts_is_compared_with_both() {
    let supplier = Supplier::with_buyer().policy("price_action", "hold");
    let world = supplier.credit("5000.00").start().await;
    let lines = vec![
        line_of_a_cart(&world, "one", "TL-1110").await,
        line_of_a_cart(&world, "two", "TL-1120").await,
    ];
    assert_ne!(lines[0].part, lines[1].part);
    let cents = |price: &str| price.replace('.', "").parse::<u64>().unwrap();
    let total: u64 = lines.iter().map(|line| cents(&line.price)).sum();
    let mut po = Po::new("4500001", &format!("{}.{:02}", total / 100, total % 100));
    po.lines = lines.clone();
    world.send(&po.xml()).await;
    world.assert_state("4500001", "approved").await;
    // Each price is still that of its own cart.
    let mut po = Po::new("4500002", &format!("{}.{:02}", total / 100, total % 100));
    po.lines = lines;
    let (first, second) = (po.lines[0].price.clone(), po.lines[1].price.clone());
    (po.lines[0].price, po.lines[1].price) = (second, first);
    world.send(&po.xml()).await;
    let held = world.assert_state("4500002", "held").await;
    assert_eq!(
        held.decision.unwrap().matches("price-differs").count(),
        4,
        "twice named"
    );
    world.drain().await;
    world.finish().await;
}
