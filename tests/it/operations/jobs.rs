//! Work that is dead waits for a person, and is theirs to move.

use std::time::Duration;

use punchgate_storage::{
    Lane,
    outbox::{self, Attempt, NewEntry, Verdict},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::punchgate;
use crate::support::{
    cxml::Po,
    supplier::{SUPPLIER_ID, Supplier, api_key},
    world::World,
};

const NUMBER: &str = "4500001";

/// An approved order whose job a worker has given up.
pub(super) async fn given_up() -> (World, String) {
    let world = Supplier::with_buyer()
        .policy("price_action", "accept")
        .credit("1000.00")
        .start()
        .await;
    assert_eq!(world.send(&Po::new(NUMBER, "400.00").xml()).await.status, 200);
    let order = world.assert_state(NUMBER, "approved").await;
    let known = [outbox::job_key("submit-order", 1)];
    let now = order.received_at + 1;
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let claimed = outbox::claim(&mut tx, SUPPLIER_ID, now, 10, &known)
        .await
        .unwrap();
    let attempt = Attempt {
        outcome: "dead",
        status_code: None,
        detail: "the ERP does not know our password".to_owned(),
        started_at: now,
        finished_at: now,
    };
    assert_eq!(claimed.len(), 1);
    assert!(
        outbox::conclude(&mut tx, &claimed[0], &Verdict::Dead, &attempt)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    (world, order.order_id)
}

/// The only job of a list.
async fn only(world: &World, path: &str) -> Value {
    let page = world.get(path).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{path}: {page}");
    items[0].clone()
}

fn id(job: &Value) -> &str {
    job["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_dead_job_is_seen_and_tried_again_as_long_as_a_new_one() {
    let (world, order) = given_up().await;
    let job = only(&world, &format!("/v1/jobs?order={order}&kind=submit-order")).await;
    let told = (&job["state"], &job["known"], &job["attempts"], &job["last_error"]);
    let error = json!("the ERP does not know our password");
    assert_eq!(told, (&json!("dead"), &json!(true), &json!(1), &error), "{job}");
    // Longer dead than anything is tried: it gets a new span, and an ERP that is down does not end it.
    world.clock.advance(Duration::from_secs(73 * 3600));
    world.round().await;
    world.erp.misbehave(true, 0).await;
    let path = format!("/v1/jobs/{}/replay", id(&job));
    world.post(&path, json!({ "reason": "password corrected" })).await;
    world.drain().await;
    assert_eq!(
        only(&world, "/v1/jobs?state=pending&kind=submit-order").await["attempts"],
        2
    );
    world.erp.misbehave(false, 0).await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    assert_eq!(world.get("/v1/jobs").await["items"], json!([]), "none is dead");

    let read = world.get(&format!("/v1/jobs/{}", id(&job))).await;
    let tried: Vec<_> = read["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["outcome"])
        .collect();
    assert_eq!(tried[..2], [&json!("dead"), &json!("retry")], "{read}");
    let word = &read["words"][0];
    assert_eq!(
        (&word["who"], &word["why"], &word["to"]),
        (&json!("api:all"), &json!("password corrected"), &json!("pending"))
    );
    let again = world
        .api(Method::POST, &path, Some(json!({ "reason": "once more" })))
        .await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &json!("invalid-transition"))
    );
    world.finish().await;
}

#[tokio::test]
async fn a_skipped_submission_stands_in_the_order_s_history_and_can_be_had_back() {
    let (world, order) = given_up().await;
    let job = only(&world, "/v1/jobs").await;
    let path = format!("/v1/jobs/{}/skip", id(&job));
    for (body, status) in [(json!({}), 422), (json!({ "reason": " " }), 422)] {
        assert_eq!(
            world.api(Method::POST, &path, Some(body)).await.status,
            status,
            "a reason is asked for"
        );
    }
    world
        .post(&path, json!({ "reason": "we entered it by hand" }))
        .await;
    world.drain().await;
    assert!(world.erp.orders().await.is_empty());
    let read = world.get(&format!("/v1/orders/{order}")).await;
    let why = "submit-order was skipped: we entered it by hand";
    assert_eq!(
        (&read["state"], &read["reason"]),
        (&json!("approved"), &json!(why))
    );
    let last = read["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["actor"], &last["detail"]),
        (&json!("operator:api:all"), &json!(why))
    );

    let path = format!("/v1/jobs/{}/replay", id(&job));
    world.post(&path, json!({ "reason": "no, we did not" })).await;
    world.settle().await;
    world.assert_state(NUMBER, "accepted").await;
    world.finish().await;
}

/// A newer program has enqueued what this one does not know: it neither runs nor kills it.
#[tokio::test]
async fn work_of_a_newer_program_waits_and_is_shown_as_unknown() {
    let world = Supplier::with_buyer()
        .policy("price_action", "accept")
        .start()
        .await;
    let entry = |stream: &str, kind, payload_version| NewEntry {
        supplier: SUPPLIER_ID.to_owned(),
        stream: stream.to_owned(),
        kind,
        payload_version,
        payload: "{}".to_owned(),
        not_before: 0,
        coalesce: false,
        connector: None,
        relationship: None,
    };
    let entries = [
        entry("order/x/sink", "submit-order", 2),
        entry("loyalty/x", "grant-points", 1),
    ];
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        assert_eq!(world.drain().await, 0);
        world.clock.advance(Duration::from_secs(48 * 3600));
    }
    let page = world.get("/v1/jobs?state=pending").await;
    let seen: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (&job["kind"], &job["known"], &job["attempts"]))
        .collect();
    let (no, none) = (json!(false), json!(0));
    let expected = [
        (&json!("submit-order"), &no, &none),
        (&json!("grant-points"), &no, &none),
    ];
    assert_eq!(seen, expected, "{page}");
    let listed = punchgate(
        &world,
        &["jobs", "list", "--supplier", SUPPLIER_ID, "--state", "pending"],
    )
    .await;
    assert_eq!(
        listed.out.matches("(unknown here)").count(),
        2,
        "{}{}",
        listed.out,
        listed.err
    );
    world.finish_with(&["submit-order", "grant-points"]).await;
}

#[tokio::test]
async fn the_command_line_lists_shows_and_moves_jobs() {
    let (world, _) = given_up().await;
    let job = only(&world, "/v1/jobs").await;
    let (supplier, id) = (["--supplier", SUPPLIER_ID], id(&job));
    let run = |words: &[&str]| {
        let words: Vec<String> = words.iter().chain(&supplier).map(ToString::to_string).collect();
        let world = &world;
        async move {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            punchgate(world, &words).await
        }
    };
    let listed = run(&["jobs", "list"]).await;
    assert_eq!(listed.code, 0, "{}", listed.err);
    for part in [id, "submit-order", "the ERP does not know our password"] {
        assert!(listed.out.contains(part), "{part}: {}", listed.out);
    }
    let shown = run(&["jobs", "show", id]).await;
    assert!(
        shown.out.contains("attempt 1  dead"),
        "{}{}",
        shown.out,
        shown.err
    );
    let said = run(&["jobs", "skip", id, "--by", "sam", "--reason", "entered by hand"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    let again = run(&["jobs", "skip", id, "--by", "sam", "--reason", "twice"]).await;
    assert_eq!(again.code, 1);
    assert!(again.err.contains("passed over already"), "{}", again.err);
    let shown = run(&["jobs", "show", id]).await;
    assert!(
        shown.out.contains("skipped by cli:sam: entered by hand"),
        "{}",
        shown.out
    );
    let said = run(&["jobs", "replay", id, "--by", "sam", "--reason", "not entered"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(only(&world, "/v1/jobs?state=pending").await["id"], job["id"]);
    world.finish_with(&["submit-order"]).await;
}

#[tokio::test]
async fn only_keys_for_operations_see_and_move_jobs() {
    let world = Supplier::with_buyer()
        .policy("price_action", "accept")
        .start()
        .await;
    for (method, path) in [
        (Method::GET, "/v1/jobs"),
        (Method::GET, "/v1/jobs/x"),
        (Method::POST, "/v1/jobs/x/replay"),
        (Method::POST, "/v1/jobs/x/skip"),
    ] {
        let reader = api_key("reader");
        let answer = world
            .api_as(Some(&reader), method, path, Some(json!({ "reason": "x" })))
            .await;
        assert_eq!(answer.status, 403, "{path}");
    }
    for (path, status) in [("/v1/jobs/x", 404), ("/v1/jobs?state=lost", 422)] {
        assert_eq!(world.api(Method::GET, path, None).await.status, status, "{path}");
    }
    world.finish().await;
}

#[tokio::test]
async fn lists_of_jobs_go_on_where_the_last_page_ended() {
    let world = Supplier::with_buyer()
        .policy("price_action", "accept")
        .credit("9000.00")
        .start()
        .await;
    for number in 1..=5 {
        world.send(&Po::new(format!("45{number:03}"), "1.00").xml()).await;
        if number == 3 {
            world.clock.advance(Duration::from_secs(1));
        }
    }
    let mut seen = Vec::new();
    let mut path = "/v1/jobs?state=pending&limit=2".to_owned();
    loop {
        let page = world.get(&path).await;
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|job| id(job).to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/jobs?state=pending&limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "none twice");
    world.settle().await;
    world.finish().await;
}
