//! What is set here reaches the ERP, in its own books; the other way is told by `latency` and `api`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World};

async fn customer(world: &World) -> Value {
    let list = world.get("/v1/customers").await;
    let items = list["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["external_id"] == CUSTOMER).unwrap();
    let id = item["id"].as_str().unwrap();
    world.get(&format!("/v1/customers/{id}")).await
}

#[tokio::test]
async fn a_hold_and_a_limit_set_here_are_in_the_erp_and_no_echo_comes_back() {
    let world = Supplier::with_buyer().start().await;
    let before = customer(&world).await;
    let id = before["id"].as_str().unwrap();
    let hold = json!({ "expected_version": before["version"], "code": "PASTDUE", "removes": ["order_on_terms"],
        "shopper": "Please call accounts receivable.", "reason": "invoice 17 is 60 days late" });
    let path = format!("/v1/customers/{id}/holds");
    let placed = world.api(Method::POST, &path, Some(hold)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let limit = json!({ "expected_version": placed.body["customer_version"],
        "limit": { "kind": "amount", "amount": "12345.67", "currency": "USD" },
        "reason": "bank statement of May" });
    let asked = world
        .api(Method::PUT, &format!("/v1/customers/{id}/limit"), Some(limit))
        .await;
    assert!(asked.status < 300, "{}", asked.body);
    world.settle().await;

    let there = world.erp.account(CUSTOMER).await;
    assert_eq!(there["holds"][0]["code"], "PASTDUE", "{there}");
    assert_eq!(there["credit_limit"]["amount"], "12345.67", "{there}");
    let here = customer(&world).await;
    assert_eq!(here["holds"][0]["push"], "synced", "{here}");
    assert_eq!(here["limit"]["amount"], "12345.67", "{here}");

    // Our own writes come back with the next pull: nothing is pushed again, nothing is news.
    let (patches, lines) = (world.erp.calls("patch_account"), history(&here));
    world.settle().await;
    assert_eq!(world.erp.calls("patch_account"), patches);
    assert_eq!(history(&customer(&world).await), lines);

    let standing = &here["holds"][0];
    let path = format!("/v1/holds/{}/release", standing["id"].as_str().unwrap());
    let body = json!({ "expected_version": standing["version"], "reason": "paid" });
    let released = world.api(Method::POST, &path, Some(body)).await;
    assert_eq!(released.status, 200, "{}", released.body);
    world.settle().await;
    let there = world.erp.account(CUSTOMER).await;
    assert_eq!(there["holds"], json!([]), "{there}");
    world.finish().await;
}

fn history(customer: &Value) -> usize {
    customer["history"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn without_terms_or_with_prepayment_nothing_is_ordered_on_terms() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    for (number, terms, why) in [
        ("4500001", "", "no payment terms"),
        ("4500002", "PREPAY", "payment in advance"),
    ] {
        world.erp.set_terms(CUSTOMER, terms).await;
        world.round().await;
        let ask = json!({ "customer": CUSTOMER, "amount": "10.00", "currency": "USD" });
        let options = world.post("/v1/checkout-options", ask).await;
        let on_terms = options["tenders"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["tender"] == "terms");
        assert_eq!(on_terms.unwrap()["allowed"], false, "{options}");
        world.send(&Po::new(number, "10.00").xml()).await;
        let order = world.assert_state(number, "held").await;
        assert!(
            order
                .state_reason
                .as_deref()
                .is_some_and(|text| text.contains(why)),
            "{order:?}"
        );
    }
    world.erp.set_terms(CUSTOMER, "NET30").await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.assert_state("4500002", "accepted").await;
    world.finish().await;
}
