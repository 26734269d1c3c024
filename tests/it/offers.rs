//! Prices and stock of the ERP, asked in batches by shops and supplier systems.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    erp::CUSTOMER,
    supplier::{Supplier, api_key},
    world::World,
};

fn price(part_id: &str, unit: &str) -> Value {
    json!({ "part_id": part_id, "quantity": "2", "unit": unit })
}

async fn refused(world: &World, path: &str, body: Value) -> (u16, String) {
    let answer = world.api(Method::POST, path, Some(body)).await;
    (
        answer.status,
        answer.body["detail"].as_str().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn every_line_has_an_answer_or_a_reason() {
    let world = Supplier::with_buyer().tells_prices_and_stock().start().await;
    let asked = json!({ "customer": CUSTOMER, "lines": [
        price("TL-1010", "EA"), price("NO-SUCH", "EA"), price("TL-1110", "BX"), price("TL-1110", "ST"),
    ] });
    let told = world.post("/v1/prices", asked).await;
    assert_eq!(told["connector"], "erp");
    let lines = told["lines"].as_array().unwrap();
    let prices: Vec<&str> = lines
        .iter()
        .map(|line| {
            line["unit_price"]["amount"]
                .as_str()
                .or(line["reason"].as_str())
                .unwrap()
        })
        .collect();
    assert_eq!(
        prices,
        [
            "159.00",
            "There is no part NO-SUCH.",
            "TL-1110 is sold by the ST.",
            "57.11"
        ]
    );
    // In as many calls as the ERP takes.
    let many = vec![json!({ "part_id": "TL-1010", "unit": "EA" }); 250];
    let told = world.post("/v1/stock", json!({ "lines": many })).await;
    let lines = told["lines"].as_array().unwrap();
    assert_eq!((lines.len(), world.erp.calls("stock")), (250, 3));
    assert_eq!(
        lines[249],
        json!({ "part_id": "TL-1010", "available": "84", "unit": "EA", "expected": "2026-03-25", "reason": null })
    );
    let elsewhere = json!({ "customer": CUSTOMER, "warehouse": "MOON", "lines": [{ "part_id": "TL-1010", "unit": "EA" }] });
    let told = world.post("/v1/stock", elsewhere).await;
    assert_eq!(told["lines"][0]["reason"], "There is no warehouse MOON.");
    assert_eq!(
        told["lines"][0]["available"],
        Value::Null,
        "not known is not none"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_with_its_place() {
    let world = Supplier::with_buyer().tells_prices_and_stock().start().await;
    let line = |key: &str, text: &str| {
        let mut line = price("TL-1010", "EA");
        line[key] = json!(text);
        json!({ "customer": CUSTOMER, "lines": [price("TL-1010", "EA"), line] })
    };
    let cases = [
        (line("quantity", "two"), 422, "lines[1].quantity: 'two'"),
        (line("quantity", "0"), 422, "lines[1].quantity: is not above zero"),
        (line("part_id", " "), 422, "lines[1].part_id: is empty"),
        (line("unit", ""), 422, "lines[1].unit: is empty"),
        (line("date", "2026-03-01T00:00:00Z"), 422, "lines[1].date"),
        (
            json!({ "customer": CUSTOMER, "lines": [] }),
            422,
            "lines: 1 to 500",
        ),
        (
            json!({ "customer": CUSTOMER, "lines": vec![price("TL-1010", "EA"); 501] }),
            422,
            "lines: 1 to 500",
        ),
        (
            json!({ "customer": "nobody", "lines": [price("TL-1010", "EA")] }),
            404,
            "nobody",
        ),
        (
            json!({ "customer": CUSTOMER, "connector": "shop", "lines": [price("TL-1010", "EA")] }),
            404,
            "",
        ),
    ];
    for (body, status, detail) in cases {
        let (answered, said) = refused(&world, "/v1/prices", body.clone()).await;
        assert!(
            answered == status && said.contains(detail),
            "{body}: {answered} {said}"
        );
    }
    let body = json!({ "lines": [{ "part_id": "TL-1010", "unit": "EA" }], "connector": "shop" });
    let (status, said) = refused(&world, "/v1/stock", body).await;
    assert!(
        status == 501 && said.contains("tells no stock"),
        "{status} {said}"
    );
    let answer = world
        .api_as(
            Some(&api_key("reader")),
            Method::POST,
            "/v1/stock",
            Some(json!({ "lines": [] })),
        )
        .await;
    assert_eq!(answer.status, 403);
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_is_away_or_tells_no_prices_is_said_so() {
    let world = Supplier::with_buyer().tells_prices_and_stock().start().await;
    let body = json!({ "customer": CUSTOMER, "lines": [price("TL-1010", "EA")] });
    world.erp.misbehave(true, 0).await;
    let answer = world.api(Method::POST, "/v1/prices", Some(body.clone())).await;
    assert_eq!((answer.status, &answer.body["retryable"]), (503, &json!(true)));
    world.erp.misbehave(false, 0).await;
    assert_eq!(
        world.post("/v1/prices", body.clone()).await["lines"][0]["reason"],
        Value::Null
    );
    world.finish().await;
    let world = Supplier::with_buyer().start().await;
    let (status, said) = refused(&world, "/v1/prices", body).await;
    assert!(
        status == 501 && said.contains("tells no prices"),
        "{status} {said}"
    );
    world.finish().await;
}
