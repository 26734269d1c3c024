//! An order's way through the staging tables, with the ERP's own process at the other end.

use std::sync::Arc;

use punchgate_connector::{
    ErrorKind,
    conformance::OrderFixture,
    orders::{CancelOutcome, OrderSubmission, PlacedState, SubmitOutcome},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::json;

use crate::support::{Erp, Kind, context, context_for};

crate::on_each_database!(
    an_order_goes_its_way,
    ten_at_once_make_one_order,
    what_was_too_late_to_send_is_not_there,
    refusals_are_the_databases_words,
    cancelling_is_asked_of_the_erp,
);

pub(crate) fn submission(reference: &str) -> OrderSubmission {
    let fixture = OrderFixture {
        part_id: "P-1".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse("18.50", Currency::parse("EUR").unwrap()).unwrap(),
        date: "2026-03-01".parse().unwrap(),
        live: true,
    };
    fixture.submission("C-1", reference.to_owned())
}

/// What the ERP's process does with orders that nobody has taken up.
async fn take_up(erp: &Erp, status: &str) {
    let schema = erp.schema();
    erp.run(&format!(
        "update {schema}punchgate_orders set status = '{status}', status_code = 'X1', message = 'words', order_number = \
         'SO-1', order_total = '37.00' where status is null"
    ))
    .await;
}

async fn an_order_goes_its_way(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&[(
        &["order_states"],
        json!({
            "OPEN": "open", "HELD": "on_hold", "DONE": "completed", "GONE": "cancelled", "NO": "rejected",
        }),
    )]);
    let orders = connector.spec().orders.unwrap();
    let what = submission("ref-1");
    let SubmitOutcome::Created(order) = orders.submit(&context(), &what).await.unwrap() else {
        panic!("a new order is created");
    };
    assert_eq!(
        (order.state, order.order_number.as_str()),
        (PlacedState::Draft, "ref-1")
    );
    let schema = erp.schema();
    let lines = format!(
        "select count(*) from {schema}punchgate_order_lines l join {schema}punchgate_orders o on o.reference = l.reference \
         where o.reference = 'ref-1' and o.purchase_order_number = 'PÖ-ref-1' and o.ship_to_city = 'Århus' and l.part = 'P-1'"
    );
    assert_eq!(erp.count(&lines).await, 1);
    let hold = PlacedState::OnHold {
        code: "X1".to_owned(),
        message: "words".to_owned(),
    };
    let other = PlacedState::OnHold {
        code: "X1".to_owned(),
        message: "'NEW CODE' is not in settings.order_states: words".to_owned(),
    };
    for (status, expected) in [
        ("OPEN", PlacedState::Open),
        ("HELD", hold),
        ("NEW CODE", other),
        ("DONE", PlacedState::Completed),
        ("NO", PlacedState::Cancelled),
    ] {
        erp.run(&format!("update {schema}punchgate_orders set status = null"))
            .await;
        take_up(&erp, status).await;
        let found = orders.find(&context(), &what.key()).await.unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|order| (&order.state, order.order_number.as_str()))
            .collect();
        assert_eq!(seen, [(&expected, "SO-1")]);
        assert_eq!(found[0].order_id, order.order_id, "the key stays");
        assert_eq!(
            found[0].total.as_ref().unwrap().to_money().unwrap().minor(),
            3_700
        );
    }
    let SubmitOutcome::Rejected(refusal) = orders.submit(&context(), &what).await.unwrap() else {
        panic!("what the ERP has rejected stays so");
    };
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("X1", "words"));
    erp.done().await;
}

async fn ten_at_once_make_one_order(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector: Arc<dyn punchgate_connector::Connector> = Arc::from(erp.connector());
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let connector = Arc::clone(&connector);
        all.spawn(async move {
            let orders = connector.spec().orders.unwrap();
            orders.submit(&context(), &submission("ref-1")).await
        });
    }
    let (mut created, mut existing) = (0, 0);
    for outcome in all.join_all().await {
        match outcome {
            Ok(SubmitOutcome::Created(_)) => created += 1,
            Ok(SubmitOutcome::Existing(_)) => existing += 1,
            // Too many at a time for one file: surely not written.
            Err(error) => assert_eq!(error.kind, ErrorKind::Temporary, "{error}"),
            Ok(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(created, 1, "and {existing} times the same");
    let schema = erp.schema();
    for table in ["punchgate_orders", "punchgate_order_lines"] {
        assert_eq!(
            erp.count(&format!("select count(*) from {schema}{table}")).await,
            1
        );
    }
    erp.done().await;
}

async fn what_was_too_late_to_send_is_not_there(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let orders = connector.spec().orders.unwrap();
    let late = orders
        .submit(&context_for(std::time::Duration::ZERO), &submission("ref-1"))
        .await
        .unwrap_err();
    assert_eq!(late.kind, ErrorKind::Temporary, "{late}");
    assert!(
        orders
            .find(&context(), &submission("ref-1").key())
            .await
            .unwrap()
            .is_empty()
    );
    erp.done().await;
}

async fn refusals_are_the_databases_words(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let orders = connector.spec().orders.unwrap();
    let mut negative = submission("ref-1");
    negative.order.lines[0].quantity = punchgate_domain::quantity::Quantity::parse("-1").unwrap();
    let SubmitOutcome::Rejected(refusal) = orders.submit(&context(), &negative).await.unwrap() else {
        panic!("the table's own check refuses it");
    };
    assert!(
        refusal.message.to_lowercase().contains("constraint"),
        "{refusal:?}"
    );
    let schema = erp.schema();
    let left = erp
        .count(&format!("select count(*) from {schema}punchgate_orders"))
        .await;
    assert_eq!(left, 0, "the head went with its line");
    let mut stranger = submission("ref-2");
    stranger.customer = "x'; drop table customer; --".to_owned();
    let SubmitOutcome::Rejected(refusal) = orders.submit(&context(), &stranger).await.unwrap() else {
        panic!("nobody knows this customer");
    };
    assert_eq!(refusal.code, "customer");
    assert_eq!(
        erp.count(&format!("select count(*) from {schema}customer")).await,
        5
    );
    erp.done().await;
}

async fn cancelling_is_asked_of_the_erp(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let orders = connector.spec().orders.unwrap();
    let schema = erp.schema();
    for reference in ["kept", "gone"] {
        orders.submit(&context(), &submission(reference)).await.unwrap();
    }
    take_up(&erp, "open").await;
    for reference in ["kept", "gone"] {
        for _ in 0..2 {
            let waiting = orders
                .cancel(&context(), reference, reference, "no more")
                .await
                .unwrap_err();
            assert_eq!(
                (waiting.kind, waiting.code.as_deref()),
                (ErrorKind::Temporary, Some("waiting"))
            );
            let told = waiting.to_string();
            let awaited =
                format!("for an answer to request cancel-{reference} in {schema}punchgate_order_requests");
            assert!(
                told.contains("waits since 2") && told.contains(&awaited),
                "{told}"
            );
        }
    }
    let asked = format!("select count(*) from {schema}punchgate_order_requests");
    assert_eq!(erp.count(&asked).await, 2, "asked twice, one request each");
    erp.run(&format!(
        "update {schema}punchgate_order_requests set status = 'refused', status_code = 'SHIPPED', message = 'on its way' \
         where reference = 'kept'; update {schema}punchgate_order_requests set status = 'done' where reference = 'gone'; \
         update {schema}punchgate_orders set status = 'cancelled' where reference = 'gone'"
    ))
    .await;
    let refused = orders
        .cancel(&context(), "kept", "kept", "no more")
        .await
        .unwrap();
    assert!(matches!(refused, CancelOutcome::Refused { code, .. } if code == "SHIPPED"));
    let cancelled = orders
        .cancel(&context(), "gone", "gone", "no more")
        .await
        .unwrap();
    assert!(matches!(cancelled, CancelOutcome::Cancelled(_)));
    erp.done().await;
}
