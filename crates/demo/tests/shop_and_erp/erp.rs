//! The demo ERP over its published protocol, its clerks' forms, and on a real socket.

use axum::Router;
use http::StatusCode;
use punchgate_demo::{
    ErpConfig,
    erp::{DEMO_ERP_SECRET, erp_router},
};
use serde_json::{Value, json};

use crate::fixture::{self as peer, Fixture, form, page, post_signed};

pub(crate) struct Erp {
    pub(crate) router: Router,
    pub(crate) fixture: Fixture,
}

fn erp() -> Erp {
    erp_with(|_| {})
}

pub(crate) fn erp_with(change: impl FnOnce(&mut ErpConfig)) -> Erp {
    let fixture = Fixture::new();
    let mut config = fixture.erp_config();
    change(&mut config);
    Erp {
        router: erp_router(config).unwrap(),
        fixture,
    }
}

impl Erp {
    pub(crate) async fn call(&self, operation: &str, mut fields: Value) -> (StatusCode, Value) {
        if fields.get("scope").is_none() {
            fields["scope"] = json!("");
        }
        post_signed(&self.router, &self.fixture, operation, fields, &[DEMO_ERP_SECRET]).await
    }

    pub(crate) async fn account(&self, id: &str) -> Value {
        let (_, answer) = self.call("account", json!({ "keys": [id] })).await;
        answer["items"][0].clone()
    }

    async fn exposure(&self, id: &str) -> (String, String) {
        let (_, answer) = self.call("exposure", json!({ "keys": [id] })).await;
        let text = |field: &str| answer["items"][0][field]["amount"].as_str().unwrap().to_owned();
        (text("open_items"), text("open_orders"))
    }

    pub(crate) async fn submit(&self, reference: &str, customer: &str) -> Value {
        let (status, answer) = self
            .call("submit_order", peer::order(reference, customer, "TL-1010"))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

#[tokio::test]
async fn the_seeds_are_three_usd_customers_one_on_hold_and_one_in_euro() {
    let erp = erp();
    let (_, answer) = erp.call("accounts", json!({})).await;
    let seen: Vec<(&str, &str, usize)> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| {
            let holds = account["holds"].as_array().unwrap().len();
            (
                account["external_id"].as_str().unwrap(),
                account["currency"].as_str().unwrap(),
                holds,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("C-1001", "USD", 0),
            ("C-1002", "USD", 0),
            ("C-1003", "USD", 1),
            ("C-1004", "EUR", 0)
        ]
    );
    let cobalt = erp.account("C-1003").await;
    assert_eq!(
        cobalt["holds"][0]["shopper"],
        "Account past due. Please call accounts receivable."
    );
    let acme = erp.account("C-1001").await;
    assert_eq!(
        acme["credit_limit"],
        json!({ "kind": "amount", "amount": "50000", "currency": "USD" })
    );
}

#[tokio::test]
async fn an_equal_reference_makes_a_second_order_and_both_are_found() {
    let erp = erp();
    let (first, second) = (
        erp.submit("ref-1", "C-1001").await,
        erp.submit("ref-1", "C-1001").await,
    );
    assert_eq!(
        (&first["result"], &second["result"]),
        (&json!("created"), &json!("created"))
    );
    let (_, found) = erp.call("find_order", json!({ "reference": "ref-1" })).await;
    let ids: Vec<&Value> = found["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| &order["order_id"])
        .collect();
    assert_eq!(
        ids,
        [&first["order"]["order_id"], &second["order"]["order_id"]],
        "oldest first"
    );
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_number_is_found_whatever_the_reference_and_only_with_its_customer() {
    let erp = erp();
    let number = peer::order("ref-1", "C-1001", "TL-1010")["purchase_order_number"].clone();
    let mut expected = Vec::new();
    for (reference, customer) in [("ref-1", "C-1001"), ("shop-9", "C-1001"), ("ref-2", "C-1002")] {
        let mut order = peer::order(reference, customer, "TL-1010");
        order["purchase_order_number"] = number.clone();
        let (_, answer) = erp.call("submit_order", order).await;
        assert_eq!(answer["result"], "created", "{answer}");
        if customer == "C-1001" {
            expected.push(answer["order"]["order_id"].clone());
        }
    }
    for (customer, number, expected) in [
        ("C-1001", number.clone(), expected),
        ("C-4711", number, Vec::new()),
        ("C-1001", json!("none"), Vec::new()),
    ] {
        let asked = json!({ "customer": customer, "purchase_order_number": number });
        let (_, found) = erp.call("find_order_by_number", asked.clone()).await;
        let orders = found["orders"].as_array().unwrap().iter();
        let ids: Vec<Value> = orders.map(|order| order["order_id"].clone()).collect();
        assert_eq!(ids, expected, "{asked}");
    }
}

#[tokio::test]
async fn what_is_rejected_creates_nothing() {
    let erp = erp();
    for (customer, currency, quantity, code) in [
        ("C-4711", "USD", "2", "customer"),
        ("C-1004", "USD", "2", "price"),
        ("C-1001", "EUR", "2", "price"),
        ("C-1001", "USD", "0", "other"),
    ] {
        let mut order = peer::order("ref-1", customer, "TL-1010");
        order["currency"] = json!(currency);
        order["lines"][0]["quantity"] = json!(quantity);
        let (_, answer) = erp.call("submit_order", order).await;
        assert_eq!(
            (&answer["result"], &answer["code"]),
            (&json!("rejected"), &json!(code)),
            "{answer}"
        );
    }
    let (_, found) = erp.call("find_order", json!({ "reference": "ref-1" })).await;
    assert_eq!(found["orders"], json!([]));
}

#[tokio::test]
async fn a_held_customers_order_on_terms_is_kept_back_until_a_clerk_releases_it() {
    let erp = erp();
    let answer = erp.submit("ref-1", "C-1003").await;
    assert_eq!(answer["order"]["state"], "on_hold");
    assert_eq!(answer["order"]["hold"]["code"], "PASTDUE");
    let number = answer["order"]["order_number"].as_str().unwrap();
    let location = form(&erp.router, &format!("/orders/{number}/release"), "reason=").await;
    assert!(location.contains("released"), "{location}");
    let (_, found) = erp.call("find_order", json!({ "reference": "ref-1" })).await;
    assert_eq!(found["orders"][0]["state"], "open");
    let (_, documents) = erp.call("documents", json!({})).await;
    let kinds: Vec<&Value> = documents["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| &each["kind"])
        .collect();
    assert_eq!(
        kinds,
        ["status", "acknowledgement"],
        "it is confirmed once it is released"
    );
    let mut by_card = peer::order("ref-2", "C-1003", "TL-1010");
    by_card["payment"] = json!("card");
    let (_, answer) = erp.call("submit_order", by_card).await;
    assert_eq!(
        answer["order"]["state"], "open",
        "a terms hold lets a card through"
    );
}

#[tokio::test]
async fn a_patch_compares_versions_and_a_same_value_write_makes_a_new_one() {
    let erp = erp();
    let limit = json!({ "kind": "amount", "amount": "50000", "currency": "USD" });
    let patch = |expect: &str, patch: Value| json!({ "external_id": "C-1001", "expect": expect, "patch": patch, "reason": "test", "actor": "t" });
    let (_, stale) = erp
        .call("patch_account", patch("0", json!({ "credit_limit": limit })))
        .await;
    assert_eq!(
        (&stale["result"], &stale["account"]["version"]),
        (&json!("conflict"), &json!("1"))
    );
    let (_, same) = erp
        .call("patch_account", patch("1", json!({ "credit_limit": limit })))
        .await;
    assert_eq!(
        (&same["result"], &same["account"]["version"]),
        (&json!("applied"), &json!("2"))
    );
    let bad = json!({ "terms": { "code": "NET7" }, "credit_limit": { "kind": "unlimited" } });
    let (_, rejected) = erp.call("patch_account", patch("2", bad)).await;
    assert_eq!(rejected["rejected"][0]["field"], "terms");
    assert_eq!(
        erp.account("C-1001").await["credit_limit"],
        limit,
        "nothing was written"
    );
    let (status, nothing) = erp.call("patch_account", patch("2", json!({}))).await;
    assert_eq!(
        (status, &nothing["kind"]),
        (StatusCode::BAD_REQUEST, &json!("invalid"))
    );
    let (_, cleared) = erp
        .call("patch_account", patch("2", json!({ "terms": null })))
        .await;
    assert_eq!(cleared["account"]["terms"], Value::Null);
}

#[tokio::test]
async fn the_feed_passes_over_no_change_and_becomes_silent() {
    let erp = erp();
    let (mut cursor, mut pages) = (Value::Null, Vec::new());
    loop {
        let (_, page) = erp
            .call("accounts", json!({ "cursor": cursor, "limit": 3 }))
            .await;
        pages.push(page["items"].as_array().unwrap().len());
        cursor = page["next_cursor"].clone();
        if page["more"] == json!(false) {
            break;
        }
    }
    assert_eq!(pages, [3, 1]);
    let (_, silent) = erp.call("accounts", json!({ "cursor": cursor })).await;
    assert_eq!(silent["items"], json!([]));
    erp.submit("ref-1", "C-1001").await;
    let (_, silent) = erp.call("accounts", json!({ "cursor": cursor })).await;
    assert_eq!(silent["items"], json!([]), "exposure is no change of the account");
    form(
        &erp.router,
        "/customers/C-1002/holds",
        "code=CREDIT&order_on_terms=1&shopper=Call+us",
    )
    .await;
    let (_, changed) = erp.call("accounts", json!({ "cursor": cursor })).await;
    assert_eq!(changed["items"][0]["external_id"], "C-1002");
    assert_eq!(
        changed["items"][0]["holds"][0]["removes"],
        json!(["order_on_terms"])
    );
    let (status, foreign) = erp.call("accounts", json!({ "cursor": "d3" })).await;
    assert_eq!(
        (status, &foreign["code"]),
        (StatusCode::CONFLICT, &json!("cursor_expired"))
    );
}

#[tokio::test]
async fn exposure_moves_from_orders_to_invoices_to_payments_without_a_version() {
    let erp = erp();
    let version = erp.account("C-1002").await["version"].clone();
    assert_eq!(erp.exposure("C-1002").await, ("3460.75".into(), "0".into()));
    let answer = erp.submit("ref-1", "C-1002").await;
    assert_eq!(erp.exposure("C-1002").await, ("3460.75".into(), "25.00".into()));
    let number = answer["order"]["order_number"].as_str().unwrap();
    form(&erp.router, &format!("/orders/{number}/invoice"), "reason=").await;
    assert_eq!(erp.exposure("C-1002").await, ("3485.75".into(), "0".into()));
    form(&erp.router, "/customers/C-1002/payments", "amount=485.75").await;
    assert_eq!(erp.exposure("C-1002").await.0, "3000.00");
    assert_eq!(erp.account("C-1002").await["version"], version);
    let (_, documents) = erp.call("documents", json!({})).await;
    let kinds: Vec<&str> = documents["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["acknowledgement", "invoice", "payment"]);
}

#[tokio::test]
async fn what_is_not_on_the_shelf_is_confirmed_as_back_order() {
    let erp = erp();
    let mut order = peer::order("ref-1", "C-1001", "LB-4040");
    order["lines"][0]["quantity"] = json!("20");
    erp.call("submit_order", order).await;
    let (_, documents) = erp
        .call("documents", json!({ "kinds": ["acknowledgement"] }))
        .await;
    let document = &documents["items"][0];
    assert_eq!(document["outcome"], "changed");
    let lines: Vec<(&str, &str)> = document["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["quantity"].as_str().unwrap(),
                line["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("18", "accepted"), ("2", "backordered")]);
}

#[tokio::test]
async fn a_shipped_order_is_not_cancelled_and_an_open_one_is_twice() {
    let erp = erp();
    let open = erp.submit("ref-1", "C-1001").await["order"]["order_id"].clone();
    let cancel = |id: &Value| json!({ "order_id": id, "reference": "ref-1", "reason": "no longer needed" });
    for _ in 0..2 {
        let (_, answer) = erp.call("cancel_order", cancel(&open)).await;
        assert_eq!(
            (&answer["result"], &answer["order"]["state"]),
            (&json!("cancelled"), &json!("cancelled"))
        );
    }
    let second = erp.submit("ref-2", "C-1001").await["order"].clone();
    form(
        &erp.router,
        &format!("/orders/{}/ship", second["order_number"].as_str().unwrap()),
        "reason=",
    )
    .await;
    let (_, answer) = erp.call("cancel_order", cancel(&second["order_id"])).await;
    assert_eq!(
        (&answer["result"], &answer["code"]),
        (&json!("refused"), &json!("shipped"))
    );
    let (status, answer) = erp.call("cancel_order", cancel(&json!("SO-1"))).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::NOT_FOUND, &json!("unknown_order"))
    );
}

#[tokio::test]
async fn another_scope_is_never_answered_for_this_one() {
    let erp = erp();
    let (status, answer) = erp
        .call("account", json!({ "scope": "EU", "keys": ["C-1001"] }))
        .await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::NOT_FOUND, &json!("unknown_scope"))
    );
}

#[tokio::test]
async fn a_release_and_a_change_of_limit_stand_in_the_history_with_their_reason() {
    let erp = erp();
    form(
        &erp.router,
        "/customers/C-1003/holds/H-501/release",
        "reason=paid+by+wire",
    )
    .await;
    form(
        &erp.router,
        "/customers/C-1003/credit",
        "terms=NET15&limit=20%2C000.00&reason=good+again",
    )
    .await;
    let account = erp.account("C-1003").await;
    assert_eq!(
        (&account["holds"], &account["terms"]["code"]),
        (&json!([]), &json!("NET15"))
    );
    assert_eq!(account["credit_limit"]["amount"], "20000.00");
    let shown = page(&erp.router, "/customers/C-1003").await;
    for text in [
        "paid by wire",
        "good again",
        "Credit limit 15,000.00 USD → 20,000.00 USD",
    ] {
        assert!(shown.contains(text), "{text}");
    }
    let location = form(
        &erp.router,
        "/customers/C-1003/credit",
        "terms=NET15&limit=a+lot&reason=x",
    )
    .await;
    assert!(location.contains("is+not+an+amount"), "{location}");
}

#[tokio::test]
async fn every_page_of_the_erp_renders_and_other_sites_may_not_press_its_buttons() {
    let erp = erp();
    erp.submit("ref-1", "C-1001").await;
    for (path, text) in [
        ("/", "Latest orders"),
        ("/customers", "Cobalt Labs"),
        ("/customers/C-1003", "Invoices 2871 and 2904"),
        ("/orders?q=4500017", "SO-20405"),
        ("/orders/20405", "acknowledgement"),
        ("/documents", "ACK-3001"),
        ("/break", "Cut the line"),
        ("/customers/C-9", "no such record"),
    ] {
        assert!(page(&erp.router, path).await.contains(text), "{path}");
    }
    let foreign = http::Request::post("/break")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from("down=1"))
        .unwrap();
    assert_eq!(peer::send(&erp.router, foreign).await.0, StatusCode::FORBIDDEN);
}
