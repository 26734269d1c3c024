//! The suite of every connector.

#![allow(
    clippy::disallowed_methods,
    reason = "one of the ERP's people writes whatever SQL is theirs"
)]

use async_trait::async_trait;
use punchgate_connector::conformance::{Clerk, ErpFixture, OrderFixture, run_erp};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, mysql::MySqlConnection, postgres::PgConnection};
use tokio::sync::Mutex;

use crate::support::{Erp, Kind, context};

crate::on_each_database!(the_suite_passes, a_faulty_database_is_found);

fn order() -> OrderFixture {
    OrderFixture {
        part_id: "P-1".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse("18.50", Currency::parse("EUR").unwrap()).unwrap(),
        date: "2026-03-01".parse().unwrap(),
        live: true,
    }
}

/// One of the ERP's people, whose transaction is under way while others write.
struct SomebodyThere<'a> {
    erp: &'a Erp,
    under_way: Mutex<Option<UnderWay>>,
}

enum UnderWay {
    Postgres(PgConnection),
    MariaDb(MySqlConnection),
}

impl UnderWay {
    async fn run(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(connection) => drop(connection.execute(sql).await.unwrap()),
            Self::MariaDb(connection) => drop(connection.execute(sql).await.unwrap()),
        }
    }
}

#[async_trait]
impl Clerk for SomebodyThere<'_> {
    async fn begins_a_change(&self, customer: &str) -> bool {
        let mut connection = match self.erp.kind {
            Kind::Postgres => UnderWay::Postgres(self.erp.postgres().await),
            Kind::MariaDb => UnderWay::MariaDb(self.erp.mariadb().await),
            // There only one writes at a time.
            Kind::Sqlite => return false,
        };
        let customers = format!("{}customer", self.erp.schema());
        connection.run("begin").await;
        connection
            .run(&format!(
                "update {customers} set name = 'Müller & Sønner' where id = '{customer}'"
            ))
            .await;
        *self.under_way.lock().await = Some(connection);
        true
    }

    async fn commits_it(&self) {
        let connection = self.under_way.lock().await.take();
        connection.unwrap().run("commit").await;
    }
}

async fn failed(erp: &Erp, changes: &[(&[&str], serde_json::Value)]) -> (String, Vec<&'static str>) {
    let connector = erp.connector_with(changes);
    // It has no parts of its own: one that does not exist is a database without its views and tables.
    let absent: Vec<(&[&str], serde_json::Value)> = vec![
        (&["tables", "customers"], json!("v_absent")),
        (&["tables", "exposure"], json!("v_absent")),
        (&["tables", "orders"], json!("t_absent")),
    ];
    let elsewhere = erp.connector_with(&absent);
    let clerk = SomebodyThere {
        erp,
        under_way: Mutex::default(),
    };
    let run_id = context().operation_id().to_owned();
    let fixture = ErpFixture {
        deleted_customer: Some("C-GONE".to_owned()),
        second_customer: Some("C-2".to_owned()),
        clerk: Some(&clerk),
        wrong_scope: Some(&*elsewhere),
        ..ErpFixture::new(run_id, &|_| context(), "C-1".to_owned(), order())
    };
    let report = run_erp(&*connector, &fixture).await;
    let failed = report
        .cases
        .iter()
        .filter(|case| case.verdict.as_str() == "failed");
    (report.to_string(), failed.map(|case| case.case).collect())
}

async fn the_suite_passes(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    seed_documents(&erp).await;
    seed_price(&erp).await;
    let (report, failed) = failed(&erp, &[]).await;
    assert!(failed.is_empty(), "{report}");
    let mut skipped: Vec<&str> = report
        .lines()
        .filter(|line| line.starts_with("skipped"))
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    let late = skipped.iter().position(|case| *case == "accounts-committed-late");
    assert_eq!(late.is_some(), kind == Kind::Sqlite, "{report}");
    late.map(|place| skipped.remove(place));
    // There are no people and places in it, nor anybody inactive, nobody books anything, an order is a draft until the ERP's process takes it up, the suite has no
    // customer that is held, and orders are cancelled there, not changed.
    assert_eq!(
        skipped,
        [
            "accounts-inactive",
            "contacts-keep-their-ids",
            "contacts-as-they-are",
            "ship-tos-keep-their-ids",
            "ship-tos-as-they-are",
            "contact-taken-away",
            "accounts-throttled",
            "accounts-throttled-without-a-word",
            "accounts-server-error",
            "accounts-page-for-people",
            "accounts-truncated",
            "accounts-line-cut",
            "accounts-token-expired",
            "patch-cut",
            "exposure-counts-an-order",
            "exposure-invoice",
            "exposure-payment",
            "exposure-credit-note",
            "order-held-customer",
            "order-find-by-number",
            "order-cut",
            "order-answer-lost",
            "order-over-limit",
            "order-change",
            "order-change-twice",
            "order-change-older",
            "order-change-cancelled",
            "order-change-unknown"
        ],
        "{report}"
    );
    erp.done().await;
}

async fn seed_price(erp: &Erp) {
    erp.run(&format!(
        "insert into {}price (customer, part, unit, quantity_from, unit_price, currency, valid_from, valid_until) values \
         (null, 'P-1', 'EA', '0', '18.50', 'EUR', null, null)",
        erp.schema()
    ))
    .await;
}

async fn seed_documents(erp: &Erp) {
    let erp_schema = erp.schema();
    for number in 1..=3 {
        erp.run(&format!(
            "insert into {erp_schema}document (id, kind, customer, issued_at, invoice_date, due_date, currency, net, total) \
             values ('I-{number}', 'invoice', 'C-1', '2026-03-01 09:30:00', '2026-03-01', '2026-03-31', 'EUR', '37.00', \
             '37.00'); insert into {erp_schema}document_line (document, position, line_number, part, quantity, unit, \
             unit_price, net) values ('I-{number}', 1, 1, 'P-1', '2', 'EA', '18.50', '37.00')"
        ))
        .await;
    }
}

/// Whatever the database's people get wrong, the suite or the check before it says so.
async fn a_faulty_database_is_found(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    seed_price(&erp).await;
    let schema = erp.schema();
    // The version does not move with a change, a view rounds the limit, and the deleted come along.
    let view = format!("{schema}v_faulty");
    let rounded = match kind {
        Kind::MariaDb => "cast(credit_limit as signed)",
        Kind::Postgres => "cast(credit_limit as bigint)",
        Kind::Sqlite => "cast(credit_limit as integer)",
    };
    erp.run(&format!(
        "create view {view} as select id, modified, version, deleted, code, name, active, currency, terms_code, \
         terms_label, terms_net_days, changed_by, {rounded} as credit_limit from {schema}v_customers"
    ))
    .await;
    let (report, found) = failed(&erp, &[(&["tables", "customers"], json!(view))]).await;
    assert!(found.contains(&"patch-limit-values"), "{report}");
    let (report, found) = failed(&erp, &[(&["columns", "customers", "deleted"], json!(""))]).await;
    assert_eq!(found, ["accounts-deleted"], "{report}");
    let (report, found) = failed(&erp, &[(&["null_limit"], json!("unknown"))]).await;
    assert_eq!(found, ["patch-limit-values"], "{report}");
    let (report, found) = failed(
        &erp,
        &[(&["columns", "customers", "credit_limit"], json!("KLIMK"))],
    )
    .await;
    assert_eq!(found, ["check"], "{report}");
    erp.run(&format!(
        "create table {schema}loose as select * from {schema}punchgate_orders"
    ))
    .await;
    let (report, found) = failed(&erp, &[(&["tables", "orders"], json!(format!("{schema}loose")))]).await;
    assert_eq!(found, ["check"], "{report}");
    assert!(report.contains("has no unique index of its own"), "{report}");
    erp.done().await;
}
