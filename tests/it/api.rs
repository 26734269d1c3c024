//! The JSON API: keys and scopes, problems, pages, and the description that is kept beside it.

use std::path::Path;

use punchgate_app::documents::{DIRECTIONS, STATUSES};
use punchgate_domain::{
    order::OrderState,
    session::{Operation, SessionState},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    cxml::Po,
    erp::CUSTOMER,
    http,
    supplier::{SUPPLIER_ID, Supplier, api_key},
};

#[tokio::test]
async fn keys_open_what_their_scopes_say_and_nothing_else() {
    let world = Supplier::with_buyer().start().await;
    let (all, reader) = (api_key("all"), api_key("reader"));
    let wrong = format!("{}B", &all[..all.len() - 1]);
    let foreign = all.replace(SUPPLIER_ID, "somebody");
    // The paths, and whether the key that reads orders opens them.
    let paths = [
        ("/v1/orders", true),
        ("/v1/customers", false),
        ("/v1/sessions", false),
        ("/v1/documents", false),
        ("/v1/quarantine", false),
    ];
    for (path, opens) in paths {
        for (key, status, code) in [
            (None, 401, "bearer-missing"),
            (Some("pg_nonsense"), 401, "bearer-invalid"),
            (Some(wrong.as_str()), 401, "bearer-invalid"),
            (Some(foreign.as_str()), 401, "bearer-invalid"),
            (
                Some(reader.as_str()),
                if opens { 200 } else { 403 },
                "scope-insufficient",
            ),
            (Some(all.as_str()), 200, ""),
        ] {
            let answer = world.api_as(key, Method::GET, path, None).await;
            assert_eq!(answer.status, status, "{path} {key:?}: {}", answer.body);
            if status != 200 {
                assert_eq!(answer.body["code"], code, "{path}");
                assert_eq!(answer.content_type, "application/problem+json");
                assert_eq!(answer.body["status"], status);
                assert!(
                    answer.body["title"]
                        .as_str()
                        .is_some_and(|title| title.len() > 20)
                );
            }
        }
    }
    for (method, path) in [
        (Method::POST, "/v1/customers/x/holds"),
        (Method::PUT, "/v1/customers/x/limit"),
        (Method::POST, "/v1/holds/x/release"),
        (Method::POST, "/v1/overrides"),
        (Method::POST, "/v1/orders/x/confirm"),
        (Method::POST, "/v1/orders/x/decline"),
        (Method::POST, "/v1/orders/x/reopen"),
        (Method::POST, "/v1/checkout-options"),
        (Method::POST, "/v1/relationships/acme/switch"),
        (Method::POST, "/v1/relationships/acme/mappings"),
        (Method::GET, "/v1/quarantine/x"),
        (Method::POST, "/v1/quarantine/x/put-back"),
    ] {
        let answer = world.api_as(Some(&reader), method, path, Some(json!({}))).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (403, &json!("scope-insufficient")),
            "{path}"
        );
    }
    world.finish().await;
}

type Row = (Method, String, Option<Value>, u16, &'static str);

/// Method, path, body → status, code.
fn problem_rows(customer: &str) -> Vec<Row> {
    let hold = |version: i64, removes: Value| {
        Some(json!({ "expected_version": version, "code": "x", "removes": removes, "reason": "because" }))
    };
    let checkout = |customer: &str, amount: &str| {
        Some(json!({ "customer": customer, "amount": amount, "currency": "USD" }))
    };
    let holds = format!("/v1/customers/{customer}/holds");
    let get = |path: &str, status, code| (Method::GET, path.to_owned(), None, status, code);
    let post = |path: &str, body, status, code| (Method::POST, path.to_owned(), body, status, code);
    let options = "/v1/checkout-options";
    vec![
        get("/v1/nothing", 404, "not-found"),
        get("/v1/orders/none", 404, "not-found"),
        get("/v1/orders?limit=many", 422, "validation"),
        get("/v1/orders?cursor=%21%21", 400, "cursor-invalid"),
        get("/v1/orders?state=lost", 422, "validation"),
        get("/v1/sessions?state=lost", 422, "validation"),
        get("/v1/sessions?operation=look", 422, "validation"),
        get("/v1/documents?direction=up", 422, "validation"),
        get("/v1/documents?status=lost", 422, "validation"),
        get("/v1/quarantine?state=lost", 422, "validation"),
        get("/v1/jobs?state=lost", 422, "validation"),
        get("/v1/sync/conflicts?state=lost", 422, "validation"),
        (
            Method::DELETE,
            "/v1/orders".to_owned(),
            None,
            405,
            "method-not-allowed",
        ),
        post(&holds, hold(99, json!(["order"])), 409, "version-conflict"),
        post(&holds, hold(1, json!(["breathe"])), 422, "validation"),
        post(&holds, Some(json!({ "code": 1 })), 422, "validation"),
        post("/v1/overrides", Some(json!({ "reason": "x" })), 422, "validation"),
        post(options, checkout("nobody", "1.00"), 404, "unknown-customer"),
        post(options, checkout(CUSTOMER, "one"), 422, "validation"),
    ]
}

#[tokio::test]
async fn problems_are_told_with_a_stable_code() {
    let world = Supplier::with_buyer().start().await;
    let customer = world.get(&format!("/v1/customers?search={CUSTOMER}")).await["items"][0].clone();
    for (method, path, body, status, code) in problem_rows(customer["id"].as_str().unwrap()) {
        let answer = world.api(method.clone(), &path, body).await;
        let told = (answer.status, &answer.body["code"]);
        assert_eq!(told, (status, &json!(code)), "{method} {path}: {}", answer.body);
        assert_eq!(answer.content_type, "application/problem+json", "{path}");
    }
    world.finish().await;
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let world = Supplier::with_buyer().credit("9000.00").start().await;
    for number in 1..=7 {
        world.send(&Po::new(format!("45{number:03}"), "1.00").xml()).await;
        if number % 3 == 0 {
            // Equal instants are told apart by their ids.
            world.clock.advance(std::time::Duration::from_secs(1));
        }
    }
    let mut seen = Vec::new();
    let mut path = "/v1/orders?limit=3".to_owned();
    loop {
        let page = world.get(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        seen.extend(
            items
                .iter()
                .map(|item| item["order_number"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/orders?limit=3&cursor={next}");
    }
    let mut expected: Vec<String> = (1..=7).map(|number| format!("45{number:03}")).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn documents_are_found_by_order_payload_id_and_cookie() {
    let world = Supplier::with_buyer().credit("9000.00").start().await;
    let po = Po::new("4500001", "1.00");
    world.send(&po.xml()).await;
    world
        .send(&crate::support::cxml::Setup::new("cookie-77").xml())
        .await;
    let mut refused = crate::support::cxml::Setup::new("cookie-78");
    refused.return_url = "https://elsewhere.example/return".to_owned();
    world.send(&refused.xml()).await;
    for (search, kind) in [
        ("4500001", "OrderRequest"),
        (po.envelope.payload_id.as_str(), "OrderRequest"),
        (po.envelope.payload_id.as_str(), "Response"),
        ("cookie-77", "PunchOutSetupRequest"),
        ("cookie-78", "PunchOutSetupRequest"),
        ("cookie-78", "Response"),
    ] {
        let found = world.get(&format!("/v1/documents?search={search}")).await;
        let kinds: Vec<_> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["kind"].clone())
            .collect();
        assert!(kinds.contains(&json!(kind)), "{search}: {found}");
    }
    world.settle().await;
    world.finish().await;
}

/// A slip of the pen is no empty list: the values that there are are named. All that there are are taken.
#[tokio::test]
async fn lists_are_narrowed_by_what_there_is() {
    let world = Supplier::with_buyer().credit("500.00").start().await;
    for (number, amount) in [("4500001", "400.00"), ("4500002", "400.00")] {
        world.send(&Po::new(number, amount).xml()).await;
    }
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world
        .send(&Po::new("4500001", "400.00").operation("update").xml())
        .await;
    world
        .send(&crate::support::cxml::Setup::new("cookie-1").xml())
        .await;
    world.settle().await;
    let known: [(&str, &str, &[&str]); 5] = [
        ("orders", "state", OrderState::NAMES),
        ("sessions", "state", SessionState::NAMES),
        ("sessions", "operation", Operation::NAMES),
        ("documents", "direction", &DIRECTIONS),
        ("documents", "status", &STATUSES),
    ];
    for (noun, key, values) in known {
        let path = |narrowed: &str| format!("/v1/{noun}?limit=200{narrowed}");
        let count = async |path: String| world.get(&path).await["items"].as_array().unwrap().len();
        let mut found = 0;
        for value in values {
            found += count(path(&format!("&{key}={value}"))).await;
        }
        assert!(
            found > 0 && found == count(path("")).await,
            "{noun} {key}: {found}"
        );
        let answer = world.api(Method::GET, &path(&format!("&{key}=lost")), None).await;
        let told = format!("{key}: one of {}", values.join(", "));
        assert_eq!((answer.status, &answer.body["detail"]), (422, &json!(told)));
    }
    world.finish().await;
}

#[tokio::test]
async fn checkout_tells_the_shopper_and_nothing_internal() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    let ask = |amount: &str| json!({ "customer": CUSTOMER, "amount": amount, "currency": "USD" });
    let terms = |answer: &Value| {
        let tenders = answer["tenders"].as_array().unwrap();
        tenders
            .iter()
            .find(|tender| tender["tender"] == "terms")
            .unwrap()
            .clone()
    };
    let fits = world.post("/v1/checkout-options", ask("100.00")).await;
    assert_eq!(terms(&fits)["allowed"], true, "{fits}");
    let beyond = world.post("/v1/checkout-options", ask("100.01")).await;
    assert_eq!(terms(&beyond)["allowed"], false, "{beyond}");
    assert!(
        terms(&beyond)["why_not"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    world
        .erp
        .place_hold(CUSTOMER, &["order"], "Please call us.")
        .await;
    world.round().await;
    let held = world.post("/v1/checkout-options", ask("1.00")).await;
    assert_eq!(held["hold"]["stops_orders"], true, "{held}");
    assert!(
        held.to_string().contains("Please call us.") && !held.to_string().contains("for our eyes only"),
        "{held}"
    );
    world.finish().await;
}

/// Compares a file of `docs/` with what the program says; `PUNCHGATE_BLESS=1` writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says whether files are to be written anew"
)]
fn compare(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("PUNCHGATE_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{file} is not what the program says; look at the difference after: PUNCHGATE_BLESS=1 cargo test --test it api"
    );
}

#[test]
fn the_description_in_docs_is_the_one_that_is_served() {
    let description = serde_json::to_string_pretty(&punchgate::http::api::description()).unwrap() + "\n";
    compare("openapi.json", &description);
}

#[test]
fn the_errors_in_docs_are_those_of_the_catalogue() {
    compare("errors.md", &punchgate_domain::catalogue::markdown());
}

#[tokio::test]
async fn the_description_is_served_and_names_every_path() {
    let world = Supplier::with_buyer().start().await;
    let served: Value = http()
        .get(format!("http://{}/api/openapi.json", world.address))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        served,
        serde_json::to_value(punchgate::http::api::description()).unwrap()
    );
    for path in [
        "/api/v1/customers",
        "/api/v1/orders/{id}",
        "/api/v1/documents/{id}/raw",
        "/api/v1/checkout-options",
    ] {
        assert!(served["paths"][path].is_object(), "{path}");
    }
    world.finish().await;
}
