//! The conformance suite.

use punchgate_connector::conformance::{ErpFixture, Verdict, run_erp};
use serde_json::{Value, json};

use crate::{
    orders::fixture,
    support::{Drop, rows},
};

pub(crate) fn everything() -> Value {
    let mut settings = crate::orders::with_status();
    settings["feeds"]["exposure"] =
        json!({ "files": "exposure-{seq}.csv", "columns": { "open_orders": "orders" } });
    settings["feeds"]["invoice"] = json!({ "files": "invoice-{seq}.csv" });
    settings
}

/// With so many cases that apply and pass.
pub(crate) async fn conforms(drop: &Drop, cases: usize) {
    drop.put(
        "customers-1.csv",
        rows(&[("A", "1"), ("B", "2"), ("C", ""), ("D", "0"), ("GONE", "5")]),
    );
    drop.put("changes-2.csv", "key,currency,deleted\nGONE,,yes\n");
    drop.put(
        "exposure-1.csv",
        "customer,currency,open_items,orders\nA,EUR,10,0\n",
    );
    drop.put(
        "invoice-1.csv",
        "document_id,customer,currency,invoice_date,net,total\nR1,A,EUR,2026-03-31,1,1\n",
    );
    drop.put(
        "status-1.csv",
        "document_id,reference,customer,state\nS1,PG-1,A,open\n",
    );
    let make = |id| drop.named(id);
    let mut order = fixture();
    order.live = false;
    let fixture = ErpFixture {
        deleted_customer: Some("GONE".to_owned()),
        ..ErpFixture::new("conf-1".to_owned(), &make, "A".to_owned(), order)
    };
    let report = run_erp(&*drop.connector, &fixture).await;
    assert_eq!(report.count(Verdict::Failed), 0, "{report}");
    assert_eq!(report.count(Verdict::Passed), cases, "{report}");
}

#[tokio::test]
async fn a_folder_of_this_machine() {
    conforms(&Drop::local(everything()), 17).await;
}
