//! Holds by rule, promises to pay, and what is said of holds: from the ERP's ledger to the shopper and back.

mod pushed;
mod words;

use std::{sync::Arc, time::Duration};

use punchgate_app::{accounts::rules_round, directory::Supplier as Declared};
use punchgate_storage::{Lane, work_lease};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    cxml::{Po, Setup},
    http,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

/// Owes USD 12,840.50 of a limit of 15,000.00; USD 7,310.20 of it since 2025-12-30, 62 days before every test begins.
const LATE: &str = "C-1003";
const OVERDUE: &str = "7310.20";

const RULE: &str = "\n[[supplier.hold_rule]]\nid = \"past-due\"\nwhen = \"overdue\"\ndays = 60\n\
    removes = [\"order_on_terms\"]\ncode = \"PAST-DUE\"\ntexts = \"late\"\n";
const TEXTS: &str = "\n[[supplier.hold_text]]\nreason = \"late\"\nshopper = \"Please pay first, {customer_name}.\"\n\
    internal = \"{customer_code}: {overdue_amount} since {oldest_due}\"\n\
    [[supplier.hold_text]]\nreason = \"late\"\nlanguage = \"de\"\nshopper = \"Bitte erst {overdue_amount} zahlen.\"\n\
    [[supplier.hold_text]]\nshopper = \"Please ask {supplier}.\"\n";
const BROKEN: &str =
    "\n[[supplier.hold_rule]]\nid = \"word\"\nwhen = \"broken_promise\"\nremoves = []\ncode = \"WORD\"\n";

fn supplier(declared: &str) -> Supplier {
    Supplier::with_buyer()
        .relationship("customer", format!("\"{LATE}\""))
        .connectors(declared)
}

/// A supplier whose buyer pays late, without the hold that the ERP begins with.
async fn world(declared: &str) -> World {
    started(supplier(declared)).await
}

async fn started(supplier: Supplier) -> World {
    let world = supplier.start().await;
    world.erp.release_holds(LATE).await;
    world.settle().await;
    world
}

async fn customer(world: &World) -> Value {
    let found = world.get(&format!("/v1/customers?search={LATE}")).await;
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/customers/{id}")).await
}

/// Rule and why, of the holds that stand.
async fn held(world: &World) -> Vec<(String, String)> {
    let view = customer(world).await;
    let holds = view["holds"].as_array().unwrap().iter();
    let text = |hold: &Value, key: &str| hold[key].as_str().unwrap_or_default().to_owned();
    holds
        .filter(|hold| hold["released_at"].is_null())
        .map(|hold| (text(hold, "rule"), text(hold, "reason")))
        .collect()
}

async fn rules_that_hold(world: &World) -> Vec<String> {
    let mut rules: Vec<String> = held(world).await.into_iter().map(|(rule, _)| rule).collect();
    rules.sort();
    rules
}

/// The newest end of a hold: by whom, and why.
async fn ended(world: &World) -> (String, String) {
    let view = customer(world).await;
    let mut history = view["history"].as_array().unwrap().iter();
    let line = history.find(|line| {
        line["field"].as_str().unwrap().starts_with("hold:")
            && line["to"].is_null()
            && line["from"].is_string()
    });
    let text = |key: &str| line.unwrap()[key].as_str().unwrap().to_owned();
    (text("who"), text("why"))
}

async fn options(world: &World, language: Option<&str>) -> Value {
    options_of(world, LATE, language).await
}

async fn options_of(world: &World, customer: &str, language: Option<&str>) -> Value {
    let ask = json!({ "customer": customer, "amount": "10.00", "currency": "USD", "language": language });
    world.post("/v1/checkout-options", ask).await
}

async fn declared(world: &World) -> Arc<Declared> {
    world
        .gateway
        .directory
        .supplier(&SUPPLIER_ID.into())
        .await
        .unwrap()
}

/// A round of the rules alone: nothing is read from the ERP.
async fn rules(world: &World) -> usize {
    let supplier = declared(world).await;
    rules_round(&world.gateway.surroundings, "test", &supplier)
        .await
        .unwrap()
}

#[tokio::test]
async fn overdue_comes_with_the_exposure_and_goes_with_the_payment() {
    let world = supplier(&format!("{RULE}{TEXTS}")).start().await;
    // Somebody else is on the round: whatever happens now, reading the ERP does it.
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let name = format!("hold-rules/{SUPPLIER_ID}");
    work_lease::acquire(&mut tx, &name, "another", 3_600_000_000)
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    world.erp.release_holds(LATE).await;
    world.meddle("delete from hold_rule_case").await;
    world.meddle("delete from hold where source = 'rule'").await;
    assert_eq!(rules(&world).await, 0);
    world
        .meddle("update credit_account set exposure_as_of = null")
        .await;
    world.settle().await;
    let why = "62 days overdue, USD 7,310.20 since 2025-12-30";
    assert_eq!(held(&world).await, [("past-due".to_owned(), why.to_owned())]);

    for (language, expected) in [
        (None, "Please pay first, Cobalt Labs."),
        (Some("fr"), "Please pay first, Cobalt Labs."),
        (Some("de-AT"), "Bitte erst USD 7,310.20 zahlen."),
    ] {
        let options = options(&world, language).await;
        assert_eq!(options["message"], expected, "{options}");
        assert_eq!(options["hold"]["stops_terms"], true);
        let mut tenders = options["tenders"].as_array().unwrap().iter();
        let terms = tenders.find(|tender| tender["tender"] == "terms").unwrap();
        assert_eq!(
            (&terms["allowed"], &terms["why_not"]),
            (&json!(false), &json!(expected))
        );
    }
    let view = customer(&world).await;
    assert_eq!(
        view["holds"][0]["internal"],
        "COBALT: USD 7,310.20 since 2025-12-30"
    );
    assert_eq!(view["holds"][0]["placed_by"], "rule past-due");

    world.send(&Po::new("4500001", "10.00").xml()).await;
    let order = world.assert_state("4500001", "held").await;
    assert!(order.decision.unwrap().contains("PAST-DUE"));

    world.erp.pay(LATE, OVERDUE).await;
    world.clock.advance(Duration::from_secs(1));
    world.round().await;
    assert!(held(&world).await.is_empty());
    assert_eq!(
        ended(&world).await,
        ("rule past-due".to_owned(), "nothing is overdue".to_owned())
    );
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn what_a_person_releases_is_not_placed_again_for_the_same_case() {
    let world = world(RULE).await;
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    let hold = customer(&world).await["holds"][0].clone();
    assert_eq!(hold["rule"], "past-due", "{hold}");
    let release = json!({ "expected_version": hold["version"], "reason": "they called" });
    let path = format!("/v1/holds/{}/release", hold["id"].as_str().unwrap());
    let answer = world.post(&path, release).await;
    assert!(
        answer["note"].as_str().unwrap().contains("rule past-due"),
        "{answer}"
    );
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert!(held(&world).await.is_empty());

    world.erp.pay(LATE, OVERDUE).await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world
        .meddle("update credit_account set exposure_overdue_minor = 100, exposure_oldest_due = '2025-11-30'")
        .await;
    assert_eq!(rules(&world).await, world_size(&world).await);
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    world.drain().await;
    world.finish().await;
}

/// How many accounts have been read.
async fn world_size(world: &World) -> usize {
    let all = world.get("/v1/customers?limit=200").await;
    let items = all["items"].as_array().unwrap().iter();
    items.filter(|item| !item["exposure"].is_null()).count()
}

#[tokio::test]
async fn a_rule_that_is_off_or_gone_lets_go_and_one_that_is_changed_holds_otherwise() {
    let world = world(RULE).await;
    let applied = async |declared: &str| {
        let file = supplier(declared).declared(&world.erp, &world.shop);
        world.apply(&file).await;
        world.clock.advance(Duration::from_secs(3));
        world.settle().await;
    };
    applied("").await;
    assert_eq!(
        rules_that_hold(&world).await,
        ["past-due"],
        "what is not named stays"
    );
    applied(&RULE.replace("PAST-DUE", "LATE")).await;
    let view = customer(&world).await;
    assert_eq!(
        (&view["holds"][0]["code"], rules_that_hold(&world).await.len()),
        (&json!("LATE"), 1)
    );
    applied(&format!("{RULE}enabled = false\n")).await;
    assert!(held(&world).await.is_empty());
    assert_eq!(ended(&world).await.1, "the rule is switched off");
    applied(RULE).await;
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    applied(BROKEN).await;
    assert!(held(&world).await.is_empty());
    assert_eq!(ended(&world).await.1, "the rule is not declared any more");
    world.finish().await;
}

#[tokio::test]
async fn midnight_at_the_supplier_is_enough() {
    let world = world(&RULE.replace("days = 60", "days = 63")).await;
    assert!(held(&world).await.is_empty());
    // It is 07:00 in New York.
    world.clock.advance(Duration::from_secs(16 * 3600 + 3599));
    assert_eq!(rules(&world).await, 0);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(rules(&world).await, 1);
    assert!(held(&world).await[0].1.starts_with("63 days overdue"));
    assert_eq!(rules(&world).await, 0);
    // What was read too long ago places and releases nothing.
    world.clock.advance(Duration::from_secs(24 * 3600));
    world
        .meddle("update credit_account set exposure_overdue_minor = 0, exposure_oldest_due = null")
        .await;
    assert_eq!(rules(&world).await, 0);
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    world.drain().await;
    world.finish().await;
}

async fn promise(world: &World, amount: &str, until: &str) -> Value {
    let id = customer(world).await["id"].as_str().unwrap().to_owned();
    let body = json!({ "amount": { "amount": amount, "currency": "USD" }, "until": until, "note": "by phone", "by": "Ms Kim" });
    world.post(&format!("/v1/customers/{id}/promises"), body).await
}

async fn promises(world: &World) -> Vec<(String, String)> {
    let view = customer(world).await;
    let text = |promise: &Value, key: &str| promise[key].as_str().unwrap_or_default().to_owned();
    let all = view["promises"].as_array().unwrap().iter();
    all.map(|promise| (text(promise, "state"), text(promise, "until")))
        .collect()
}

#[tokio::test]
async fn a_promise_suspends_and_is_kept_or_broken() {
    let state = |state: &str, until: &str| (state.to_owned(), until.to_owned());
    let world = started(supplier(&format!("{RULE}{BROKEN}")).key("promise_grace_days", 1)).await;
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    promise(&world, "1000.00", "2026-03-04").await;
    assert!(held(&world).await.is_empty(), "at once");
    assert_eq!(
        ended(&world).await.1,
        "USD 1,000.00 are promised until 2026-03-04"
    );

    // Kept: but the rest is overdue, too.
    world.erp.pay(LATE, "1000.00").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(promises(&world).await, [state("kept", "2026-03-04")]);
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);

    // Broken: not before the day of grace is over, and the ERP was read since.
    promise(&world, "500.00", "2026-03-04").await;
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    world.settle().await;
    assert_eq!(promises(&world).await[0], state("running", "2026-03-04"));
    world.clock.advance(Duration::from_secs(17 * 3600));
    // It suspends no more; but what was read before its end does not say that it is broken.
    assert_eq!(rules(&world).await, 1);
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    assert_eq!(promises(&world).await[0], state("running", "2026-03-04"));
    world.settle().await;
    assert_eq!(promises(&world).await[0], state("broken", "2026-03-04"));
    assert_eq!(rules_that_hold(&world).await, ["past-due", "word"]);

    world.erp.pay(LATE, "500.00").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(promises(&world).await[0], state("kept", "2026-03-04"));
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);

    let given = promise(&world, "200.00", "2026-03-31").await;
    assert!(held(&world).await.is_empty());
    let path = format!("/v1/promises/{}/withdraw", given["id"].as_str().unwrap());
    world.post(&path, json!({ "reason": "a mistake" })).await;
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    let again = world
        .api(Method::POST, &path, Some(json!({ "reason": "once more" })))
        .await;
    assert_eq!(again.status, 409, "{}", again.body);
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn promises_that_mean_nothing_are_refused() {
    let world = world(RULE).await;
    let id = customer(&world).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/customers/{id}/promises");
    for (amount, currency, until) in [
        ("0.00", "USD", "2026-03-04"),
        ("10.00", "EUR", "2026-03-04"),
        ("10.00", "USD", "2026-03-01"),
        ("10.00", "USD", "9999-12-31"),
        ("10.00", "USD", "soon"),
    ] {
        let body = json!({ "amount": { "amount": amount, "currency": currency }, "until": until });
        let answer = world.api(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 422, "{amount} {currency} {until}: {}", answer.body);
    }
    world.finish().await;
}

#[tokio::test]
async fn holds_without_a_text_get_the_supplier_s_also_in_the_language_of_the_session() {
    let american = "\n[[supplier.hold_text]]\nreason = \"AUDIT\"\nlanguage = \"en-US\"\nshopper = \"Audit & <b>{reason}</b>\"\n";
    let world = world(&format!("{TEXTS}{american}")).await;
    let view = customer(&world).await;
    let hold = json!({ "expected_version": view["version"], "code": "AUDIT", "removes": ["order_on_terms"],
        "reason": "audit", "push": false });
    let id = view["id"].as_str().unwrap();
    world.post(&format!("/v1/customers/{id}/holds"), hold).await;
    let usual = "Please ask Ironquay Industrial Supply.";
    assert_eq!(options(&world, None).await["message"], usual);
    assert_eq!(
        options(&world, Some("en-us")).await["message"],
        "Audit & <b>AUDIT</b>"
    );
    let unreadable = json!({ "customer": LATE, "amount": "1.00", "currency": "USD", "language": "deutsch!" });
    let answer = world
        .api(Method::POST, "/v1/checkout-options", Some(unreadable))
        .await;
    assert_eq!(answer.status, 422, "{}", answer.body);

    // The suite speaks en-US; on a page the text is text.
    let (_, return_url) = world.punch_out(&Setup::new("cookie-1"), "TL-1110", "1").await;
    let asked = http()
        .post(&return_url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("accept=")
        .send()
        .await
        .unwrap();
    let page = asked.text().await.unwrap();
    assert!(
        page.contains("Audit &amp; &lt;b&gt;AUDIT") || page.contains("Audit &#38; &#60;b&#62;AUDIT"),
        "{page}"
    );
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn what_a_rule_holds_of_a_group_head_counts_for_its_sites() {
    let world = world(&format!("{RULE}{TEXTS}")).await;
    let site = "C-1001";
    assert_eq!(options_of(&world, site, None).await["hold"], Value::Null);
    world
        .meddle(
            "update customer set head_external_id = 'C-1003', credit_account_id = (select h.customer_id from customer h \
             where h.external_id = 'C-1003') where external_id = 'C-1001'",
        )
        .await;
    let view = customer(&world).await;
    let hold = json!({ "expected_version": view["version"], "code": "OWN", "removes": ["order"], "reason": "its own",
        "push": false });
    world
        .post(
            &format!("/v1/customers/{}/holds", view["id"].as_str().unwrap()),
            hold,
        )
        .await;
    let options = options_of(&world, site, None).await;
    assert_eq!(options["message"], "Please pay first, Cobalt Labs.");
    let hold = &options["hold"];
    // A person's hold on the head is the head's own.
    assert_eq!(
        (&hold["stops_terms"], &hold["stops_orders"]),
        (&json!(true), &json!(false))
    );
    world.drain().await;
    world.finish().await;
}

/// What `LATE` owes is counted on the account of a payer from now on, or on its own again.
async fn count_on_payer(world: &World, payer: bool) {
    let sql = match payer {
        true => {
            "update customer set payer_external_id = 'C-1002', credit_account_id = (select c.customer_id from customer c \
             where c.external_id = 'C-1002') where external_id = 'C-1003'"
        }
        false => {
            "update customer set payer_external_id = null, credit_account_id = customer_id where external_id = 'C-1003'"
        }
    };
    world.meddle(sql).await;
}

#[tokio::test]
async fn a_customer_that_gets_a_payer_is_let_go_and_keeps_its_promises_in_sight() {
    let world = world(RULE).await;
    assert_eq!(rules_that_hold(&world).await, ["past-due"]);
    count_on_payer(&world, true).await;
    assert_eq!(rules(&world).await, 1);
    assert!(held(&world).await.is_empty());
    let why = "what the customer owes is counted on another account now";
    assert_eq!(ended(&world).await, ("rule past-due".to_owned(), why.to_owned()));
    assert_eq!(rules(&world).await, 0, "and that is that");

    count_on_payer(&world, false).await;
    assert_eq!(rules(&world).await, 1);
    promise(&world, "500.00", "2026-03-04").await;
    count_on_payer(&world, true).await;
    assert_eq!(promises(&world).await.len(), 1);
    assert_eq!(rules(&world).await, 1);
    assert_eq!(
        promises(&world).await,
        [("withdrawn".to_owned(), "2026-03-04".to_owned())]
    );
    assert_eq!(rules(&world).await, 0);
    world.drain().await;
    world.finish().await;
}

/// A group head whose own bills another pays still carries the account of its sites.
#[tokio::test]
async fn a_head_with_a_payer_is_seen_with_its_sites_and_its_release_wakes_their_orders() {
    let world = started(Supplier::with_buyer().connectors(RULE)).await;
    world
        .meddle(
            "update customer set head_external_id = 'C-1003', credit_account_id = (select h.customer_id from customer h \
             where h.external_id = 'C-1003') where external_id = 'C-1001'",
        )
        .await;
    count_on_payer(&world, true).await;
    assert_eq!(rules(&world).await, 0, "the account is its sites'");
    world.send(&Po::new("4500001", "10.00").xml()).await;
    world.settle().await;
    world.assert_state("4500001", "held").await;

    let found = world.get("/v1/customers?search=C-1001").await;
    let site = found["items"][0]["id"].as_str().unwrap();
    let view = world.get(&format!("/v1/customers/{site}")).await;
    assert_eq!(view["holds"], json!([]));
    let others = view["holds_of_others"].as_array().unwrap();
    let hold = &others[0];
    let head = customer(&world).await;
    assert_eq!(
        (
            others.len(),
            &hold["customer"],
            &hold["customer_code"],
            &hold["rule"]
        ),
        (1, &head["id"], &json!("COBALT"), &json!("past-due"))
    );
    assert_eq!(head["holds_of_others"], json!([]), "it is its own");

    let release = json!({ "expected_version": hold["version"], "reason": "they called" });
    let path = format!("/v1/holds/{}/release", hold["id"].as_str().unwrap());
    world.post(&path, release).await;
    world.drain().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}
