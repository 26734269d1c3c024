//! Orders out: once, found, taken back, told of by the ERP.

use std::fs;

use futures_util::future::join_all;
use jiff::civil::date;
use punchgate_connector::{
    ConnectorResult, ErrorKind,
    conformance::OrderFixture,
    orders::{CancelOutcome, OrderSubmission, PlacedState, SubmitOutcome},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::{Value, json};

use crate::support::{Drop, customers, rows, settings};

pub(crate) fn fixture() -> OrderFixture {
    OrderFixture {
        part_id: "P-100".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse("12.50", Currency::parse("EUR").unwrap()).unwrap(),
        date: date(2026, 3, 31),
        live: true,
    }
}

fn order(reference: &str) -> OrderSubmission {
    fixture().submission("A", reference.to_owned())
}

pub(crate) fn with_status() -> Value {
    let mut feeds = customers();
    feeds["status"] = json!({ "files": "status-{seq}.csv", "values": { "state": { "ok": "open" } } });
    settings(feeds)
}

fn drop() -> Drop {
    let drop = Drop::local(with_status());
    drop.put("customers-1.csv", rows(&[("A", "1")]));
    drop
}

async fn submit(drop: &Drop, what: &OrderSubmission) -> SubmitOutcome {
    drop.connector
        .spec()
        .orders
        .unwrap()
        .submit(&drop.context(), what)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_order_is_one_file_whatever_is_repeated() {
    hands_an_order_over_once(&drop()).await;
}

/// Ten at a time, and again after the ERP fetched it. Where a move takes two steps, who comes between them is not sure.
pub(crate) async fn hands_an_order_over_once(drop: &Drop) {
    let what = order("PG-1");
    let system = drop.connector.spec().orders.unwrap();
    let contexts: Vec<_> = (0..10).map(|_| drop.context()).collect();
    let outcomes = join_all(contexts.iter().map(|context| system.submit(context, &what))).await;
    let created = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(SubmitOutcome::Created(_))))
        .count();
    let known = |outcome: &&ConnectorResult<SubmitOutcome>| match outcome {
        Ok(outcome) => matches!(outcome, SubmitOutcome::Existing(_)),
        Err(error) => error.kind == ErrorKind::Unknown && drop.root.ends_with("drops/acme/erp"),
    };
    let known = outcomes.iter().filter(known).count();
    assert!(created <= 1 && created + known == 10, "{outcomes:?}");
    assert_eq!(drop.files("out"), ["order-PG-1.csv"]);
    let text = drop.content("out", "order-PG-1.csv");
    assert!(
        text.contains("\"PG-1\",\"A\"") && text.contains("\"12.50\"") && text.contains("配達"),
        "{text}"
    );
    assert_eq!(drop.files("sent"), ["PG-1.json"], "no staged file is left");
    // The ERP fetches it, and it is not written again.
    fs::remove_file(drop.root.join("out/order-PG-1.csv")).unwrap();
    assert!(matches!(submit(drop, &what).await, SubmitOutcome::Existing(_)));
    assert_eq!(drop.files("out"), Vec::<String>::new());
    let found = system.find(&drop.context(), &what.key()).await.unwrap();
    assert_eq!((found.len(), &found[0].state), (1, &PlacedState::Draft));
}

#[tokio::test]
async fn what_was_cut_short_is_finished_and_never_doubled() {
    let drop = drop();
    let system = drop.connector.spec().orders.unwrap();
    // Killed after the note was written and before the move: the staged file is still there.
    let what = order("PG-2");
    submit(&drop, &what).await;
    let note: Value = serde_json::from_str(&drop.content("sent", "PG-2.json")).unwrap();
    let staged = drop.root.join("sent").join(note["staged"].as_str().unwrap());
    fs::rename(drop.root.join("out/order-PG-2.csv"), &staged).unwrap();
    assert_eq!(system.find(&drop.context(), &what.key()).await.unwrap().len(), 1);
    assert_eq!(drop.files("out"), ["order-PG-2.csv"]);
    // Killed before the note: the staged file of that attempt is nobody's.
    fs::write(drop.root.join("sent/staged-0000.csv"), "x").unwrap();
    let other = order("PG-3");
    assert_eq!(system.find(&drop.context(), &other.key()).await.unwrap(), []);
    assert!(matches!(submit(&drop, &other).await, SubmitOutcome::Created(_)));
    assert_eq!(drop.files("out"), ["order-PG-2.csv", "order-PG-3.csv"]);
}

#[tokio::test]
async fn taken_back_while_it_lies_there_refused_once_it_was_fetched() {
    let drop = drop();
    let system = drop.connector.spec().orders.unwrap();
    submit(&drop, &order("PG-4")).await;
    for _ in 0..2 {
        let outcome = system
            .cancel(&drop.context(), "PG-4", "PG-4", "no longer needed")
            .await
            .unwrap();
        assert!(matches!(outcome, CancelOutcome::Cancelled(_)), "{outcome:?}");
    }
    assert_eq!(drop.files("out"), Vec::<String>::new());
    let found = system.find(&drop.context(), &order("PG-4").key()).await.unwrap();
    assert_eq!(found[0].state, PlacedState::Cancelled);
    submit(&drop, &order("PG-5")).await;
    fs::remove_file(drop.root.join("out/order-PG-5.csv")).unwrap();
    let outcome = system
        .cancel(&drop.context(), "PG-5", "PG-5", "too late")
        .await
        .unwrap();
    assert!(
        matches!(&outcome, CancelOutcome::Refused { code, .. } if code == "fetched"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn the_erp_says_what_became_of_it() {
    let drop = drop();
    let system = drop.connector.spec().orders.unwrap();
    submit(&drop, &order("PG-6")).await;
    fs::remove_file(drop.root.join("out/order-PG-6.csv")).unwrap();
    let header = "document_id,reference,order_id,customer,state,code,message\n";
    drop.put(
        "status-1.csv",
        format!("{header}1,PG-6,SO-17,A,on_hold,K1,Limit\n2,PG-60,SO-18,A,ok,,\n"),
    );
    let found = system.find(&drop.context(), &order("PG-6").key()).await.unwrap();
    assert_eq!(found[0].order_number, "SO-17");
    assert!(
        matches!(&found[0].state, PlacedState::OnHold { code, .. } if code == "K1"),
        "{found:?}"
    );
    drop.put("status-2.csv", format!("{header}3,PG-6,SO-17,A,ok,,\n"));
    let found = system.find(&drop.context(), &order("PG-6").key()).await.unwrap();
    assert_eq!(found[0].state, PlacedState::Open);
}

#[tokio::test]
async fn references_that_are_no_names_are_refused_before_anything_is_written() {
    let drop = drop();
    let system = drop.connector.spec().orders.unwrap();
    for reference in ["../PG", "a/b", ".hidden", "a\0b"] {
        let result = system.submit(&drop.context(), &order(reference)).await;
        assert_eq!(
            result.unwrap_err().kind,
            punchgate_connector::ErrorKind::Invalid,
            "{reference}"
        );
    }
    assert_eq!((drop.files("out"), drop.files("sent")), (vec![], vec![]));
}
