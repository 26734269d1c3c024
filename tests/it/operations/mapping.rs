//! What a buyer calls things and what the supplier does: by the command line, beside what `apply` declares.

use std::time::Duration;

use punchgate_storage::history::{self, ChangeRow};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Printed, punchgate};
use crate::support::{
    cxml::Po,
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier, api_key},
    world::World,
};

const RELATIONSHIP: &str = "ironquay.acme";
const SAID: [&str; 4] = ["--by", "sam", "--reason", "the buyer called"];

async fn mapping(world: &World, words: &[&str]) -> Printed {
    let words = [&["mapping"], words].concat();
    punchgate(world, &words).await
}

/// The same as somebody who says why.
async fn say(world: &World, words: &[&str]) -> Printed {
    mapping(world, &[words, &SAID].concat()).await
}

#[tokio::test]
async fn mappings_are_entered_beside_those_that_are_declared() {
    let world = Supplier::with_buyer().mapping("unit", "PCE", "EA").start().await;
    let added = say(&world, &["put", RELATIONSHIP, "ship_to", "DOCK-7", "C-1001-07"]).await;
    assert_eq!(added.code, 0, "{}", added.err);
    assert_eq!(added.out.trim(), "1 added, 0 changed, 0 removed, 0 as they were.");
    let changed = say(&world, &["put", RELATIONSHIP, "ship_to", "DOCK-7", "C-1001-08"]).await;
    assert_eq!(
        changed.out.trim(),
        "0 added, 1 changed, 0 removed, 0 as they were."
    );
    let refused = say(&world, &["remove", RELATIONSHIP, "unit", "PCE"]).await;
    assert_eq!(refused.code, 1, "{}", refused.out);
    assert!(
        refused.err.contains("declared in the file that apply reads"),
        "{}",
        refused.err
    );
    let listed = mapping(&world, &["list", RELATIONSHIP]).await.out;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(
        lines,
        [
            "ship_to   DOCK-7 → C-1001-08  (entered)",
            "unit      PCE → EA  (declared)"
        ]
    );
    let tested = mapping(
        &world,
        &[
            "test",
            RELATIONSHIP,
            "--address-id",
            "DOCK-7",
            "--unit",
            "PCE",
            "--part",
            "X-1",
        ],
    )
    .await;
    let lines: Vec<&str> = tested.out.lines().collect();
    assert_eq!(
        lines,
        [
            "customer  DOCK-7: not mapped; the relationship's own customer C-1001 counts",
            "ship_to   DOCK-7 → C-1001-08",
            "unit      PCE → EA",
            "part      X-1: not mapped; it goes to the ERP as the buyer writes it"
        ]
    );
    let unknown = mapping(&world, &["list", "ironquay.nobody"]).await;
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("there is no relationship"),
        "{}",
        unknown.err
    );
    world.finish().await;
}

#[tokio::test]
async fn a_file_is_entered_whole_or_not_at_all_and_comes_back_as_it_went() {
    let world = Supplier::with_buyer().mapping("unit", "PCE", "EA").start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    let good = file(
        "good.csv",
        "kind,source,target\nunit,PCE,EA\nunit,KT,SET\npart,OLD-1,NEW-1\n",
    );
    let bad = file(
        "bad.csv",
        "kind,source,target\nunit,BX,BOX\nunit,PCE,PC\nunit,,X\n",
    );
    let dry = say(&world, &["import", RELATIONSHIP, &good, "--dry-run"]).await;
    assert!(
        dry.out
            .contains("it would be: 2 added, 0 changed, 0 removed, 1 as they were"),
        "{}",
        dry.out
    );
    let refused = say(&world, &["import", RELATIONSHIP, &bad]).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("line 4: source: is missing"),
        "{}",
        refused.err
    );
    let before = mapping(&world, &["export", RELATIONSHIP]).await.out;
    assert_eq!(
        before, "kind,source,target,origin\nunit,PCE,EA,declared\n",
        "neither has entered anything"
    );
    assert_eq!(say(&world, &["import", RELATIONSHIP, &good]).await.code, 0);
    let after = mapping(&world, &["export", RELATIONSHIP]).await.out;
    let back = file("back.csv", &after);
    let again = say(&world, &["import", RELATIONSHIP, &back]).await;
    assert_eq!(again.out.trim(), "0 added, 0 changed, 0 removed, 3 as they were.");
    let away = file("away.csv", "kind,source,target\nunit,KT,\n");
    assert_eq!(
        say(&world, &["import", RELATIONSHIP, &away]).await.out.trim(),
        "0 added, 0 changed, 1 removed, 0 as they were."
    );
    world.finish().await;
}

#[tokio::test]
async fn an_order_of_an_address_that_nobody_knew_goes_on_when_it_is_mapped() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .relationship("customer", "\"C-7777\"")
        .start()
        .await;
    let mut po = Po::new("1", "400.00");
    po.ship_to = Some("DOCK-7".to_owned());
    world.send(&po.xml()).await;
    world.assert_state("1", "held").await;
    let dock = json!({ "kind": "customer", "source": "DOCK-7", "target": CUSTOMER });
    world.post(PATH, asked(&[dock])).await;
    // By itself, as soon as every gateway knows it.
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    world.assert_state("1", "accepted").await;
    assert_eq!(world.erp.live_orders("1").await.len(), 1);
    world.finish().await;
}

const PATH: &str = "/v1/relationships/acme/mappings";

fn unit(source: &str, target: impl Into<Value>) -> Value {
    let target: Value = target.into();
    json!({ "kind": "unit", "source": source, "target": target })
}

fn asked(items: &[Value]) -> Value {
    json!({ "items": items, "reason": "asked" })
}

#[tokio::test]
async fn the_api_refuses_mappings_in_words() {
    let world = Supplier::with_buyer().mapping("unit", "PCE", "EA").start().await;
    let strange = json!({ "kind": "colour", "source": "red", "target": "blue" });
    let nobody = "/v1/relationships/nobody/mappings";
    let silent = json!({ "items": [], "reason": " " });
    let rows = [
        (nobody, "all", asked(&[]), 404, "unknown-relationship", ""),
        (PATH, "reader", asked(&[]), 403, "scope-insufficient", ""),
        (PATH, "all", silent, 422, "validation", "reason"),
        (
            PATH,
            "all",
            asked(&[strange]),
            422,
            "validation",
            "items[0].kind: one of",
        ),
        (
            PATH,
            "all",
            asked(&[unit("PCE", "PC")]),
            422,
            "validation",
            "declared in the file",
        ),
        (
            PATH,
            "all",
            asked(&[unit("", "EA")]),
            422,
            "validation",
            "entry 1: source: is missing",
        ),
    ];
    for (path, key, sent, status, code, said) in rows {
        let told = format!("{path} {sent}");
        let key = api_key(key);
        let answer = world.api_as(Some(&key), Method::POST, path, Some(sent)).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (status, &json!(code)),
            "{told}: {}",
            answer.body
        );
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(said), "{told}: {detail}");
    }
    world.finish().await;
}

#[tokio::test]
async fn mappings_are_entered_by_the_api_all_at_once() {
    let world = Supplier::with_buyer().mapping("unit", "PCE", "EA").start().await;
    let entered = [unit("KT", "SET"), unit("PCE", "EA"), unit("BX", Value::Null)];
    let mut dry = asked(&entered);
    dry["dry_run"] = json!(true);
    let expected = json!({ "added": 1, "changed": 0, "removed": 0, "unchanged": 2 });
    assert_eq!(world.post(PATH, dry).await, expected);
    let kept = json!({ "kind": "unit", "source": "PCE", "target": "EA", "origin": "declared" });
    assert_eq!(
        world.get(PATH).await["items"],
        json!([kept]),
        "nothing was entered"
    );
    assert_eq!(world.post(PATH, asked(&entered)).await, expected);
    let new = json!({ "kind": "unit", "source": "KT", "target": "SET", "origin": "entered" });
    assert_eq!(world.get(PATH).await["items"], json!([new, kept]));
    let lines = lines_of(&world, "mapping", "acme").await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.field.as_str(), line.to_value.as_deref()))
        .collect();
    assert_eq!(told, [("unit KT", Some("SET"))]);
    world.finish().await;
}

async fn lines_of(world: &World, subject: &str, id: &str) -> Vec<ChangeRow> {
    let mut tx = world.db().read().await.unwrap();
    let lines = history::of_subject(&mut tx, SUPPLIER_ID, subject, id, 50)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    lines
}
