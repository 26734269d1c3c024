//! The synchronisation in the hands of people: feeds, conflicts, terms, overrides.

use reqwest::Method;
use serde_json::{Value, json};

use super::punchgate;
use crate::support::{
    cxml::Po,
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier, api_key},
    world::World,
};

async fn customer(world: &World) -> Value {
    let list = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/customers/{id}")).await
}

async fn put(world: &World, customer: &Value, what: &str, body: Value) {
    let path = format!("/v1/customers/{}/{what}", customer["id"].as_str().unwrap());
    let answer = world.api(Method::PUT, &path, Some(body)).await;
    assert_eq!(answer.status, 202, "{path}: {}", answer.body);
}

#[tokio::test]
async fn every_feed_says_how_far_it_was_read() {
    let world = Supplier::with_buyer().start().await;
    let status = world.get("/v1/sync").await;
    let feeds = status["feeds"].as_array().unwrap();
    for feed in ["accounts", "exposure"] {
        let found = feeds
            .iter()
            .find(|it| it["feed"] == feed && it["connector"] == "erp");
        let found = found.unwrap_or_else(|| panic!("{feed}: {status}"));
        assert!(
            found["finished_at"].is_string() && found["last_error"].is_null(),
            "{found}"
        );
    }
    world.erp.misbehave(true, 0).await;
    world.round().await;
    let status = world.get("/v1/sync").await;
    assert!(
        status["feeds"].to_string().contains("last_error\":\""),
        "{status}"
    );
    let printed = punchgate(&world, &["sync", "status", "--supplier", SUPPLIER_ID]).await;
    assert!(
        printed.out.contains("erp/") && printed.out.contains("accounts"),
        "{}{}",
        printed.out,
        printed.err
    );
    world.finish().await;
}

/// A hold with a code that nobody has explained is on the list of what a person should look at, until it is mapped.
#[tokio::test]
async fn a_hold_code_that_nobody_has_explained_is_shown() {
    let world = Supplier::with_buyer().start().await;
    assert_eq!(world.get("/v1/sync").await["attention"], json!([]));
    world.erp.place_unexplained_hold(CUSTOMER, "Z9").await;
    world.round().await;
    let status = world.get("/v1/sync").await;
    let shown = &status["attention"][0];
    assert_eq!(
        (
            &shown["matter"],
            &shown["name"],
            &shown["connector"],
            &shown["external_id"]
        ),
        (&json!("hold-code"), &json!("Z9"), &json!("erp"), &json!(CUSTOMER)),
        "{status}"
    );
    assert!(
        shown["text"].as_str().unwrap().contains("sync.hold_codes"),
        "{shown}"
    );
    let history = customer(&world).await["history"].to_string();
    assert!(history.contains("hold code 'Z9' is in no table"), "{history}");
    let printed = punchgate(&world, &["sync", "status", "--supplier", SUPPLIER_ID]).await;
    assert!(
        printed.out.contains("hold code 'Z9' is in no table"),
        "{}{}",
        printed.out,
        printed.err
    );
    world.finish().await;
}

#[tokio::test]
async fn a_conflict_is_listed_and_ended() {
    let world = Supplier::with_buyer().start().await;
    let before = customer(&world).await;
    let limit = json!({ "kind": "amount", "amount": "12345.67", "currency": "USD" });
    let body = json!({ "expected_version": before["version"], "limit": limit, "reason": "bank statement" });
    put(&world, &before, "limit", body).await;
    // The ERP's clerk changes it at the same time.
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.settle().await;
    let page = world.get("/v1/sync/conflicts?state=open").await;
    let conflict = &page["items"][0];
    let told = (&conflict["field"], &conflict["winner"], &conflict["ours"]);
    assert_eq!(
        told,
        (&json!("limit"), &json!("erp"), &json!("USD 12,345.67")),
        "{page}"
    );
    let listed = punchgate(&world, &["sync", "conflicts", "--supplier", SUPPLIER_ID]).await;
    assert!(
        listed.out.contains("ours USD 12,345.67"),
        "{}{}",
        listed.out,
        listed.err
    );

    let path = format!("/v1/sync/conflicts/{}/resolve", conflict["id"].as_str().unwrap());
    let wrong = world
        .api(
            Method::POST,
            &path,
            Some(json!({ "take": "both", "reason": "x" })),
        )
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    world
        .post(&path, json!({ "take": "ours", "reason": "agreed with the bank" }))
        .await;
    world.settle().await;
    let there = world.erp.account(CUSTOMER).await;
    assert_eq!(there["credit_limit"]["amount"], "12345.67", "{there}");
    assert_eq!(
        world.get("/v1/sync/conflicts?state=open").await["items"],
        json!([])
    );
    let again = world
        .api(
            Method::POST,
            &path,
            Some(json!({ "take": "ours", "reason": "x" })),
        )
        .await;
    assert_eq!(again.status, 404);
    world.finish().await;
}

#[tokio::test]
async fn terms_are_asked_of_the_erp() {
    let world = Supplier::with_buyer().start().await;
    let before = customer(&world).await;
    let body = json!({ "expected_version": before["version"], "code": "NET60", "net_days": 60,
        "reason": "agreed with purchasing" });
    put(&world, &before, "terms", body).await;
    let asked = customer(&world).await;
    let request = (&asked["requests"][0]["field"], &asked["requests"][0]["state"]);
    assert_eq!(request, (&json!("terms"), &json!("pending")), "{asked}");
    world.settle().await;
    let after = customer(&world).await;
    assert_eq!(after["terms"]["code"], "NET60", "{after}");
    assert_eq!(after["requests"], json!([]));
    world.finish().await;
}

#[tokio::test]
async fn a_revoked_override_lets_nothing_pass() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    let id = customer(&world).await["id"].clone();
    let amount = json!({ "amount": "9000.00", "currency": "USD" });
    let body = json!({ "customer": id, "amount": amount, "reason": "trade fair" });
    let placed = world.post("/v1/overrides", body).await;
    let read = customer(&world).await;
    assert_eq!(read["overrides"][0]["id"], placed["id"], "{read}");
    let path = format!("/v1/overrides/{}/revoke", placed["id"].as_str().unwrap());
    let answer = world
        .api(Method::POST, &path, Some(json!({ "reason": "" })))
        .await;
    assert_eq!(answer.status, 422, "a reason is asked for");
    world.post(&path, json!({ "reason": "the fair is over" })).await;
    assert_eq!(customer(&world).await["overrides"], json!([]));
    let again = world
        .api(Method::POST, &path, Some(json!({ "reason": "again" })))
        .await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &json!("invalid-transition"))
    );
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.order("4500001").await;
    assert_ne!(order.state, "accepted", "{:?}", order.decision);
    world.finish().await;
}

#[tokio::test]
async fn keys_need_the_scopes_of_what_they_do() {
    let world = Supplier::with_buyer().start().await;
    for (method, path) in [
        (Method::GET, "/v1/sync"),
        (Method::GET, "/v1/sync/conflicts"),
        (Method::POST, "/v1/sync/conflicts/x/resolve"),
        (Method::PUT, "/v1/customers/x/terms"),
        (Method::POST, "/v1/overrides/x/revoke"),
    ] {
        let answer = world
            .api_as(Some(&api_key("reader")), method, path, Some(json!({})))
            .await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let state = world
        .api(Method::GET, "/v1/sync/conflicts?state=lost", None)
        .await;
    assert_eq!(state.status, 422);
    world.finish().await;
}

/// People, places and relations of a customer are told by the API.
#[tokio::test]
async fn people_and_places_come_along() {
    let world = Supplier::with_buyer().start().await;
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    let customer = world.get(&format!("/v1/customers/{id}")).await;
    let bea = &customer["contacts"][0];
    assert_eq!(
        (&bea["name"], &bea["roles"]),
        (&json!("Bea Ortiz"), &json!(["purchasing"])),
        "{customer}"
    );
    let places = customer["ship_tos"].as_array().unwrap();
    let told: Vec<_> = places
        .iter()
        .map(|place| (&place["id"], &place["code"], &place["active"]))
        .collect();
    let expected = [
        (json!("S-11"), json!(null), json!(true)),
        (json!("S-12"), json!("NORTH"), json!(true)),
        (json!("S-13"), json!(null), json!(false)),
    ];
    assert_eq!(
        told,
        expected.each_ref().map(|(id, code, active)| (id, code, active)),
        "{customer}"
    );
    assert_eq!(
        (&customer["payer"], &customer["head_office"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(customer["sites"], json!([]));
    for narrowing in ["payer", "head"] {
        let below = world.get(&format!("/v1/customers?{narrowing}={id}")).await;
        assert_eq!(below["items"], json!([]), "{below}");
    }
    world.finish().await;
}
