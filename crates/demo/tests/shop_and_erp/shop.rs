//! The demo shop over its published protocol and its browser API, without a listener.

use axum::Router;
use http::StatusCode;
use punchgate_demo::shop::{DEMO_SHOP_SECRET, shop_router};
use serde_json::{Value, json};

use crate::fixture::{self as peer, Fixture, browser, post_signed, signed_by};

const OTHER_SECRET: &str = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC0wMDAy";

pub(crate) struct Shop {
    pub(crate) router: Router,
    pub(crate) fixture: Fixture,
}

pub(crate) fn shop() -> Shop {
    let fixture = Fixture::new();
    let router = shop_router(fixture.shop_config()).unwrap();
    Shop { router, fixture }
}

impl Shop {
    async fn call(&self, operation: &str, fields: Value) -> (StatusCode, Value) {
        post_signed(
            &self.router,
            &self.fixture,
            operation,
            fields,
            &[DEMO_SHOP_SECRET],
        )
        .await
    }

    pub(crate) async fn open(&self, session: &str, mode: &str, items: Value) -> Value {
        let (status, answer) = self.call("open_session", opening(session, mode, items)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn enter(&self, opened: &Value) -> (StatusCode, Value) {
        let url = opened["login_url"].as_str().unwrap();
        let token = url.split_once("#t=").unwrap().1;
        browser(
            &self.router,
            "POST",
            "/punchout/api/enter",
            None,
            Some(json!({ "token": token })),
        )
        .await
    }

    pub(crate) async fn bearer(&self, opened: &Value) -> String {
        let (status, entry) = self.enter(opened).await;
        assert_eq!(status, StatusCode::OK, "{entry}");
        entry["bearer"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn add(&self, bearer: &str, sku: &str, quantity: &str) -> (StatusCode, Value) {
        let line = json!({ "sku": sku, "quantity": quantity });
        browser(
            &self.router,
            "POST",
            "/punchout/api/cart/lines",
            Some(bearer),
            Some(line),
        )
        .await
    }
}

fn opening(session: &str, mode: &str, items: Value) -> Value {
    json!({
        "session": session, "mode": mode, "customer": { "external_id": "C-1001" },
        "contact": { "name": "Bea Buyer" }, "items": items,
        "return_url": "http://127.0.0.1:8081/punchout/return/1",
        "cancel_url": "http://127.0.0.1:8081/punchout/cancel/1",
        "expires_at": "2026-03-01T12:00:00Z"
    })
}

#[tokio::test]
async fn the_login_works_once_in_time_and_a_new_one_ends_the_old() {
    let shop = shop();
    let first = shop.open("s1", "create", json!([])).await;
    let second = shop.open("s1", "create", json!([])).await;
    assert_eq!(first["storefront_session"], second["storefront_session"]);
    assert_eq!(
        shop.enter(&first).await.0,
        StatusCode::UNAUTHORIZED,
        "an earlier login"
    );
    assert_eq!(shop.enter(&second).await.0, StatusCode::OK, "the newest login");
    let (status, problem) = shop.enter(&second).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a used login");
    assert!(problem["message"].as_str().unwrap().contains("has been used"));
    let late = shop.open("s2", "create", json!([])).await;
    shop.fixture.clock.advance(301);
    assert_eq!(
        shop.enter(&late).await.0,
        StatusCode::UNAUTHORIZED,
        "a late login"
    );
}

#[tokio::test]
async fn no_answer_ever_sets_a_cookie_or_allows_inline_script() {
    let shop = shop();
    for path in [
        "/",
        "/punchout",
        "/products",
        "/products/TL-1010",
        "/assets/punchout.js",
        "/nowhere",
    ] {
        let response = peer::get(&shop.router, path).await;
        assert!(response.headers().get("set-cookie").is_none(), "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("script-src 'self';") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
    }
    let shell = peer::get(&shop.router, "/punchout").await;
    let policy = shell.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.ends_with("frame-ancestors 'self' http://localhost:8080"),
        "{policy}"
    );
}

#[tokio::test]
async fn a_cart_is_filled_by_the_browser_and_read_by_the_gateway() {
    let shop = shop();
    let opened = shop.open("s1", "create", json!([])).await;
    let bearer = shop.bearer(&opened).await;
    assert_eq!(shop.add(&bearer, "TL-1010", "2").await.0, StatusCode::OK);
    assert_eq!(shop.add(&bearer, "FS-2090", "12.5").await.0, StatusCode::OK);
    assert_eq!(
        shop.add(&bearer, "TL-1010", "1.5").await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(shop.add(&bearer, "XX-1", "1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        shop.add("no-such-bearer", "TL-1010", "1").await.0,
        StatusCode::UNAUTHORIZED
    );
    let of_session = json!({ "storefront_session": opened["storefront_session"] });
    let (_, read) = shop.call("read_cart", of_session).await;
    let lines = read["cart"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0]["unit_price"],
        json!({ "amount": "159.00", "currency": "USD" })
    );
    assert_eq!(
        lines[0]["classifications"][0],
        json!({ "domain": "UNSPSC", "code": "27112703" })
    );
    assert_eq!(lines[1]["quantity"], "12.5");
    assert_eq!(read["cart"]["revision"], 3);
}

#[tokio::test]
async fn two_sessions_of_a_customer_never_share_a_cart() {
    let shop = shop();
    let (one, two) = (
        shop.open("s1", "create", json!([])).await,
        shop.open("s2", "create", json!([])).await,
    );
    let bearer = shop.bearer(&one).await;
    shop.add(&bearer, "TL-1010", "1").await;
    let of_second = json!({ "storefront_session": two["storefront_session"] });
    let (_, read) = shop.call("read_cart", of_second).await;
    assert_eq!(read["cart"]["lines"], json!([]));
}

#[tokio::test]
async fn an_edit_restores_lines_with_their_keys_and_refuses_only_the_bad_ones() {
    let shop = shop();
    let items = json!([
        { "line": 1, "part_id": "TL-1010", "auxiliary_id": "old-7", "quantity": "4", "unit": "EA" },
        { "line": 2, "part_id": "GONE", "quantity": "1" },
        { "line": 3, "part_id": "FS-2010", "quantity": "1", "unit": "EA" },
        { "line": 4, "part_id": "FS-2010", "quantity": "0.5" },
    ]);
    let opened = shop.open("s1", "edit", items).await;
    let refused: Vec<(&Value, &Value)> = opened["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (&line["line"], &line["code"]))
        .collect();
    assert_eq!(
        refused,
        [
            (&json!(2), &json!("unknown_part")),
            (&json!(3), &json!("unit")),
            (&json!(4), &json!("quantity"))
        ]
    );
    let bearer = shop.bearer(&opened).await;
    let change = json!({ "quantity": "6" });
    let (status, _) = browser(
        &shop.router,
        "PUT",
        "/punchout/api/cart/lines/old-7",
        Some(&bearer),
        Some(change),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    let of_session = json!({ "storefront_session": opened["storefront_session"] });
    let (_, read) = shop.call("read_cart", of_session).await;
    assert_eq!(read["cart"]["lines"][0]["auxiliary_id"], "old-7");
    assert_eq!(read["cart"]["lines"][0]["quantity"], "6");
}

#[tokio::test]
async fn an_inspected_cart_is_never_changed() {
    let shop = shop();
    let items = json!([{ "line": 1, "part_id": "TL-1010", "quantity": "1" }]);
    let opened = shop.open("s1", "inspect", items).await;
    let bearer = shop.bearer(&opened).await;
    assert_eq!(shop.add(&bearer, "TL-1010", "1").await.0, StatusCode::CONFLICT);
    let fill = json!({ "storefront_session": opened["storefront_session"], "lines": [] });
    let (status, problem) = shop.call("fill_cart", fill).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("inspect"))
    );
}

#[tokio::test]
async fn a_closed_cart_refuses_everybody_and_stays_readable() {
    let shop = shop();
    let opened = shop.open("s1", "create", json!([])).await;
    let id = &opened["storefront_session"];
    let bearer = shop.bearer(&opened).await;
    shop.add(&bearer, "TL-1010", "1").await;
    for (wanted, status, code) in [
        ("locked", StatusCode::OK, None),
        ("locked", StatusCode::OK, None),
        ("open", StatusCode::OK, None),
        ("locked", StatusCode::OK, None),
        ("returned", StatusCode::OK, None),
        ("returned", StatusCode::OK, None),
        ("open", StatusCode::CONFLICT, Some("cart_returned")),
        ("cancelled", StatusCode::CONFLICT, Some("cart_returned")),
        ("expired", StatusCode::BAD_REQUEST, Some("field")),
    ] {
        let (got, answer) = shop
            .call("close_cart", json!({ "storefront_session": id, "state": wanted }))
            .await;
        assert_eq!(got, status, "{wanted}: {answer}");
        assert_eq!(answer["code"].as_str(), code, "{wanted}");
        if wanted == "locked" {
            assert_eq!(shop.add(&bearer, "TL-1010", "1").await.0, StatusCode::CONFLICT);
        }
    }
    assert_eq!(
        shop.add(&bearer, "TL-1010", "1").await.0,
        StatusCode::UNAUTHORIZED
    );
    let (_, again) = shop
        .call("open_session", opening("s1", "create", json!([])))
        .await;
    assert_eq!(again["code"], "session_closed");
    let (_, read) = shop.call("read_cart", json!({ "storefront_session": id })).await;
    assert_eq!(read["cart"]["state"], "returned");
    assert_eq!(read["cart"]["lines"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_comes_in_only_signed_fresh_new_and_for_its_path() {
    let shop = shop();
    let body = |operation: &str, id: &str| {
        json!({ "version": 1, "operation": operation, "request_id": id, "query": "" }).to_string()
    };
    for (name, path, text, id, secret, kind) in [
        (
            "right",
            "search",
            body("search", "r1"),
            "r1",
            DEMO_SHOP_SECRET,
            None,
        ),
        (
            "wrong secret",
            "search",
            body("search", "r2"),
            "r2",
            OTHER_SECRET,
            Some("auth"),
        ),
        (
            "other operation",
            "search",
            body("item", "r3"),
            "r3",
            DEMO_SHOP_SECRET,
            Some("invalid"),
        ),
        (
            "other id",
            "search",
            body("search", "r4"),
            "r5",
            DEMO_SHOP_SECRET,
            Some("invalid"),
        ),
        (
            "unknown operation",
            "fly",
            body("fly", "r6"),
            "r6",
            DEMO_SHOP_SECRET,
            Some("unsupported"),
        ),
        (
            "not JSON",
            "search",
            "{".into(),
            "r7",
            DEMO_SHOP_SECRET,
            Some("invalid"),
        ),
    ] {
        let (_, answer) = signed_by(&shop.router, &shop.fixture, path, text, id, &[secret]).await;
        assert_eq!(answer["kind"].as_str(), kind, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_stale_request_and_a_replay_of_a_change_are_refused() {
    let shop = shop();
    let (old, id) = shop.fixture.body("search", json!({ "query": "" }));
    let request = peer::request(&shop.fixture, "search", old, &id, &[DEMO_SHOP_SECRET]);
    shop.fixture.clock.advance(301);
    let (_, answer) = peer::send(&shop.router, request).await;
    assert_eq!(answer["kind"], "auth", "stale: {answer}");
    let (body, id) = shop
        .fixture
        .body("open_session", opening("s9", "create", json!([])));
    for expected in [None, Some("replayed")] {
        let request = peer::request(
            &shop.fixture,
            "open_session",
            body.clone(),
            &id,
            &[DEMO_SHOP_SECRET],
        );
        let (_, answer) = peer::send(&shop.router, request).await;
        assert_eq!(answer["code"].as_str(), expected, "{answer}");
    }
}

#[tokio::test]
async fn both_secrets_of_a_rotation_are_believed_and_both_sign_the_answer() {
    let fixture = Fixture::new();
    let mut config = fixture.shop_config();
    config.secrets.insert(
        0,
        punchgate_demo::signing::SigningSecret::read(OTHER_SECRET).unwrap(),
    );
    let router = shop_router(config).unwrap();
    for secret in [DEMO_SHOP_SECRET, OTHER_SECRET] {
        // The answer is verified with the same secret inside.
        let (status, _) = post_signed(&router, &fixture, "describe", json!({}), &[secret]).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_shop_keeps_one_order_for_a_reference_and_pays_nothing() {
    let shop = shop();
    let order = peer::order("ref-1", "C-1001", "TL-1010");
    let (_, first) = shop.call("place_order", order.clone()).await;
    let (_, second) = shop.call("place_order", order).await;
    assert_eq!(
        (&first["result"], &second["result"]),
        (&json!("created"), &json!("existing"))
    );
    assert_eq!(first["order"]["order_id"], second["order"]["order_id"]);
    assert_eq!(first["order"]["payment_state"], "none");
    let (_, found) = shop.call("find_order", json!({ "reference": "ref-1" })).await;
    assert_eq!(found["orders"].as_array().unwrap().len(), 1);
    let (_, refused) = shop
        .call("place_order", peer::order("ref-2", "C-1001", "GONE"))
        .await;
    assert_eq!(
        (&refused["result"], &refused["code"]),
        (&json!("rejected"), &json!("item"))
    );
}

#[tokio::test]
async fn search_pages_through_everything_once() {
    let shop = shop();
    let (mut cursor, mut parts) = (Value::Null, Vec::new());
    loop {
        let fields = json!({ "query": "", "customer": "C-1001", "cursor": cursor, "limit": 25 });
        let (_, page) = shop.call("search", fields).await;
        parts.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["part_id"].to_string()),
        );
        cursor = page["next_cursor"].clone();
        if page["more"] == json!(false) {
            break;
        }
    }
    let count = parts.len();
    parts.sort();
    parts.dedup();
    assert_eq!((count, parts.len()), (61, 61));
    assert!(cursor.is_null());
}
