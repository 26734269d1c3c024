//! Credit rehearsed on orders of the past: on what was true then, with something else proposed; nothing is written.

mod kept;
mod rules;

use std::time::Duration;

use punchgate_app::credit::rehearsal::{CreditWish, ProposalSettings, rehearse_credit};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    operations::punchgate,
    support::{
        cxml::Po,
        erp::CUSTOMER,
        supplier::{SUPPLIER_ID, Supplier, api_key},
        world::World,
    },
};

const PATH: &str = "/v1/rehearsals/credit";

/// What the API says of a proposal, all orders listed.
async fn rehearse(world: &World, proposal: &Value) -> Value {
    let mut body = proposal.clone();
    body["all"] = json!(true);
    world.post(PATH, body).await
}

/// Number and change of each order, in order of arrival.
fn changes(found: &Value) -> Vec<(String, String)> {
    let text = |order: &Value, key: &str| order[key].as_str().unwrap().to_owned();
    let orders = found["orders"].as_array().unwrap().iter();
    orders
        .map(|order| (text(order, "number"), text(order, "change")))
        .collect()
}

fn change_of<'a>(found: &'a Value, number: &str) -> &'a Value {
    let mut orders = found["orders"].as_array().unwrap().iter();
    orders
        .find(|order| order["number"] == number)
        .unwrap_or_else(|| panic!("{number} is not in {found}"))
}

/// State and reasons of the order with the proposal.
fn proposed(found: &Value, number: &str) -> (String, String) {
    let proposed = &change_of(found, number)["proposed"];
    let reasons = proposed["reasons"].as_array().unwrap().iter();
    let reasons: Vec<&str> = reasons.map(|reason| reason.as_str().unwrap()).collect();
    (proposed["state"].as_str().unwrap().to_owned(), reasons.join("; "))
}

fn count<'a>(found: &'a Value, change: &str) -> &'a Value {
    let mut counts = found["changes"].as_array().unwrap().iter();
    counts.find(|count| count["change"] == change).unwrap()
}

/// Three orders of a buyer who may order for 5,000: two go, one waits.
async fn world() -> World {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    for (number, amount) in [("1", "400.00"), ("2", "900.00"), ("3", "6000.00")] {
        world.send(&Po::new(number, amount).xml()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    world.assert_state("1", "approved").await;
    world.assert_state("2", "approved").await;
    world.assert_state("3", "held").await;
    world
}

fn limit(amount: &str) -> Value {
    json!({ "limits": [{ "customer": CUSTOMER, "amount": amount }] })
}

#[tokio::test]
async fn limits_are_rehearsed_on_what_was_true_then() {
    let world = world().await;
    // By now everything is otherwise: rehearsed is what was.
    world.settle().await;
    world.erp.leave_available(CUSTOMER, "90000.00").await;
    world.erp.place_hold(CUSTOMER, &["order"], "Stopped.").await;
    world.settle().await;
    let (held, go, same, other) = ("would_be_held", "would_go", "same", "other_reasons");
    let rows = [
        (json!({ "limit_factor": "1" }), [same, same, same], ""),
        (json!({ "limit_factor": "0" }), [held, held, other], "prepay only"),
        (
            limit("0.00 USD"),
            [held, held, other],
            "prepay only: the limit is USD 0.00",
        ),
        (limit("unlimited"), [same, same, go], ""),
        (limit("900000.00 USD"), [same, same, go], ""),
        (limit("1.00 USD"), [held, held, same], "limit USD 1.00"),
    ];
    for (proposal, expected, words) in rows {
        let found = rehearse(&world, &proposal).await;
        let (numbers, told): (Vec<String>, Vec<String>) = changes(&found).into_iter().unzip();
        assert_eq!(numbers, ["1", "2", "3"], "{proposal}");
        assert_eq!(told, expected, "{proposal}: {found}");
        let (state, reasons) = proposed(&found, "1");
        assert_eq!(state == "approved", expected[0] == same, "{proposal}");
        assert!(reasons.contains(words), "{proposal}: {reasons}");
    }
    // A factor scales the limit that was, to the cent: only the second order no longer fits.
    let then = change_of(&rehearse(&world, &json!({ "limit_factor": "1" })).await, "2")["then"].clone();
    let figures = then["figures"].as_str().unwrap();
    assert!(
        figures.contains("reserved USD 400.00 = available USD 4,600.00"),
        "{figures}"
    );
    world.finish().await;
}

#[tokio::test]
async fn what_would_change_is_counted_with_its_amounts_and_listed_alone_unless_all_is_asked_for() {
    let world = world().await;
    let found = world.post(PATH, limit("unlimited")).await;
    assert_eq!(changes(&found), [("3".to_owned(), "would_go".to_owned())]);
    assert_eq!(found["looked_at"], 3);
    let usd = |amount: &str| json!([{ "amount": amount, "currency": "USD" }]);
    for (change, orders, totals) in [
        ("would_go", 1, usd("6000.00")),
        ("same", 2, usd("1300.00")),
        ("would_be_held", 0, json!([])),
        ("other_reasons", 0, json!([])),
        ("not_rehearsed", 0, json!([])),
    ] {
        let told = count(&found, change);
        assert_eq!(
            (&told["orders"], &told["totals"]),
            (&json!(orders), &totals),
            "{change}"
        );
    }
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn the_command_says_what_the_api_says() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proposal.toml");
    std::fs::write(
        &file,
        format!("[[limit]]\ncustomer = \"{CUSTOMER}\"\namount = \"100.00 USD\"\n"),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let words = ["rehearse", "credit", file, "--supplier", SUPPLIER_ID];
    let span = ["--since", "2026-03-02", "--until", "2026-03-03"];
    let printed = punchgate(&world, &[&words[..], &span, &["--json", "--all"]].concat()).await;
    assert_eq!(printed.code, 0, "{}", printed.err);
    let told: Value = serde_json::from_str(&printed.out).unwrap();
    let mut body = limit("100.00 USD");
    body["all"] = json!(true);
    body["since"] = json!("2026-03-02T00:00:00Z");
    body["until"] = json!("2026-03-03T00:00:00Z");
    assert_eq!(told, world.post(PATH, body).await);

    let printed = punchgate(&world, &[&words[..], &span].concat()).await;
    let lines: Vec<&str> = printed.out.lines().collect();
    assert_eq!(
        lines[0],
        "1  acme  USD 400.00  2026-03-02T12:00:00Z  ACME: approved → held"
    );
    assert!(
        lines[1].starts_with("    proposed: limit USD 100.00 − open USD "),
        "{}",
        lines[1]
    );
    for line in [
        "3 orders received from 2026-03-02T00:00:00Z until 2026-03-03T00:00:00Z:",
        "       2  would be held, and went (USD 1300.00)",
        "       0  would go, and were held",
        "       1  as it was (USD 6000.00)",
    ] {
        assert!(lines.contains(&line), "{line}: {}", printed.out);
    }
    assert!(printed.err.contains("decided by itself"), "{}", printed.err);
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn only_orders_of_the_time_are_rehearsed() {
    let world = world().await;
    let day = |text: &str| json!(format!("2026-03-{text}Z"));
    for (since, until, looked_at) in [
        (Value::Null, day("02T12:00:00"), 0),
        (Value::Null, day("02T12:00:01"), 1),
        (Value::Null, Value::Null, 3),
        (day("02T12:00:00"), day("02T12:00:02"), 2),
        (day("02T12:00:01"), day("03T00:00:00"), 2),
        (day("02T12:00:03"), day("03T00:00:00"), 0),
        // Without a beginning: ninety days before the end.
        (Value::Null, json!("2026-06-02T00:00:00Z"), 0),
        (Value::Null, json!("2026-05-30T00:00:00Z"), 3),
    ] {
        let body = json!({ "limit_factor": "1", "since": since, "until": until });
        let found = world.post(PATH, body.clone()).await;
        assert_eq!(found["looked_at"], looked_at, "{body}");
    }
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn what_does_not_read_is_refused_with_every_problem() {
    let world = Supplier::with_buyer().start().await;
    let rule = |rule: Value| json!({ "hold_rules": [rule] });
    let rows = [
        (json!({}), "it proposes nothing"),
        (json!({ "limit_factor": "-1" }), "limit_factor: '-1'"),
        (json!({ "limit_factor": "1e3" }), "limit_factor: '1e3'"),
        (json!({ "limit_factor": "101" }), "from 0 to 100"),
        (limit("5000"), "'5000' is no limit"),
        (limit("-1.00 USD"), "'-1.00 USD' is no limit"),
        (limit("5000.00 EUR"), "what it owes is counted in USD"),
        (
            json!({ "limits": [{ "customer": "NOBODY", "amount": "1.00 USD" }] }),
            "limit of NOBODY: there is no such customer",
        ),
        (
            json!({ "limits": [{ "customer": CUSTOMER, "amount": "1.00 USD" }, { "customer": "ACME", "amount": "2.00 USD" }] }),
            "counted on the account of",
        ),
        (rule(json!({ "when": "overdue" })), "hold_rule 1: names no id"),
        (
            rule(json!({ "id": "r", "when": "late", "code": "R" })),
            "'late' is none of overdue",
        ),
        (
            rule(json!({ "id": "r", "when": "overdue", "days": 3, "code": "R", "colour": "red" })),
            "colour",
        ),
        (
            json!({ "hold_codes": { "erp": { "X": ["breathe"] } } }),
            "erp: hold_codes.X",
        ),
        (json!({ "limit_factor": "1", "since": "yesterday" }), "since"),
        (
            json!({ "limit_factor": "1", "since": "2026-03-02T12:00:00Z", "until": "2026-03-02T12:00:00Z" }),
            "is not before",
        ),
        (json!({ "limit_factor": "1", "colour": "red" }), "colour"),
    ];
    for (body, part) in rows {
        let answer = world.api(Method::POST, PATH, Some(body.clone())).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{body}: {detail}");
    }
    world.finish().await;
}

#[tokio::test]
async fn all_problems_are_told_at_once_and_whoever_reads_orders_may_ask() {
    let world = Supplier::with_buyer().start().await;
    let both = json!({ "limit_factor": "x", "limits": [{ "customer": CUSTOMER, "amount": "x" }] });
    let answer = world.api(Method::POST, PATH, Some(both)).await;
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("limit_factor") && detail.contains("is no limit"),
        "{detail}"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proposal.toml");
    std::fs::write(
        &file,
        "limit_factor = \"x\"\n[[limit]]\ncustomer = \"a\"\namount = \"x\"\n",
    )
    .unwrap();
    let words = [
        "rehearse",
        "credit",
        file.to_str().unwrap(),
        "--supplier",
        SUPPLIER_ID,
    ];
    let printed = punchgate(&world, &words).await;
    assert_eq!(printed.code, 1, "{}", printed.out);
    assert!(
        printed.err.contains("limit_factor: 'x'") && printed.err.contains("limit of a: 'x'"),
        "{}",
        printed.err
    );
    let some = Some(json!({ "limit_factor": "1" }));
    for (key, status) in [(None, 401), (Some(api_key("reader")), 200)] {
        let answer = world
            .api_as(key.as_deref(), Method::POST, PATH, some.clone())
            .await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    world.finish().await;
}

#[tokio::test]
async fn many_orders_of_one_moment_are_read_page_by_page_up_to_a_bound() {
    let world = Supplier::with_buyer().credit("90000.00").start().await;
    let count = 203;
    for number in 0..count {
        world.send(&Po::new(number.to_string(), "1.00").xml()).await;
    }
    let found = rehearse(&world, &json!({ "limit_factor": "1" })).await;
    assert_eq!(
        (&found["looked_at"], &found["left_off"]),
        (&json!(count), &Value::Null)
    );
    let mut numbers: Vec<usize> = changes(&found)
        .into_iter()
        .map(|(number, _)| number.parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>(), "each once");

    let supplier = world
        .gateway
        .directory
        .supplier(&SUPPLIER_ID.into())
        .await
        .unwrap();
    let settings = ProposalSettings {
        limit_factor: Some("1".to_owned()),
        ..ProposalSettings::default()
    };
    let mut wish = CreditWish {
        proposal: settings.read().unwrap(),
        since: None,
        until: None,
        all: false,
        most: count,
    };
    for (most, is_cut) in [(count, false), (201, true), (count - 1, true)] {
        wish.most = most;
        let found = rehearse_credit(&world.gateway.surroundings, &supplier, &wish)
            .await
            .unwrap();
        assert_eq!(
            (found.looked_at, found.left_off.is_some()),
            (most, is_cut),
            "{most}"
        );
        if is_cut {
            let words = format!(
                "Only the first {most} orders were rehearsed; the next one was received at 2026-03-02T12:00:00Z"
            );
            assert!(found.left_off.unwrap().starts_with(&words));
        }
    }
    world.drain().await;
    world.finish().await;
}
