//! What a check says of missing views, columns and rights.

use serde_json::json;

use crate::support::{Erp, Kind, connect, context};

crate::on_each_database!(
    what_is_missing_is_named,
    a_missing_right_is_named_with_its_grant,
    a_table_that_takes_nothing_back_is_refused,
    customers_that_the_database_takes_for_one_are_refused
);

async fn problems(connector: &dyn punchgate_connector::Connector) -> Vec<String> {
    let report = connector.check(&context()).await.unwrap();
    report
        .findings
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

async fn what_is_missing_is_named(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    assert_eq!(problems(&*erp.connector()).await, Vec::<String>::new());
    let schema = erp.schema();
    let customers = format!("{schema}v_customers");
    let column = erp.connector_with(&[(&["columns", "customers", "credit_limit"], json!("KLIMK"))]);
    let found = problems(&*column).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&format!("{customers}.KLIMK is not there")),
        "{found:?}"
    );
    assert!(
        found[0].ends_with("correct settings.columns.customers.credit_limit"),
        "{found:?}"
    );
    let view = erp.connector_with(&[(&["tables", "exposure"], json!(format!("{schema}v_absent")))]);
    let found = problems(&*view).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{schema}v_absent ")), "{found:?}");
    if kind != Kind::Sqlite {
        let zone = erp.connector_with(&[(&["time_zone"], json!("Asia/Tokyo"))]);
        // PostgreSQL takes the zone over; MariaDB has one of its own.
        let found = problems(&*zone).await;
        assert_eq!(
            found.iter().any(|message| message.contains("settings.time_zone")),
            kind == Kind::MariaDb,
            "{found:?}"
        );
    }
    erp.done().await;
}

async fn a_missing_right_is_named_with_its_grant(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    if kind == Kind::Sqlite {
        println!("skipped: a file has no rights of columns");
        return;
    }
    let user = format!("u_{}", erp.name.trim_start_matches("erp_sql_"));
    let schema = erp.schema();
    let (create, whom, remove) = match kind {
        Kind::Postgres => (
            format!("create role {user} login; grant usage on schema erp to {user}"),
            user.clone(),
            format!("drop owned by {user}; drop role {user}"),
        ),
        _ => (
            format!("create user '{user}'@'localhost'"),
            format!("'{user}'@'localhost'"),
            format!("drop user '{user}'@'localhost'"),
        ),
    };
    erp.run(&create).await;
    // All columns but the limit; orders may be read and inserted, their state not be changed; lines not at all.
    erp.run(&format!(
        "grant select (id, modified, code, name, active, terms_code, terms_label, terms_net_days) on {schema}v_customers to \
         {whom}; grant select, insert on {schema}punchgate_orders to {whom}"
    ))
    .await;
    let mut settings = erp.place();
    settings["user"] = json!(user);
    settings["currency"] = json!("EUR");
    settings["tables"] = json!({
        "customers": format!("{schema}v_customers"),
        "orders": format!("{schema}punchgate_orders"),
        "order_lines": format!("{schema}punchgate_order_lines"),
    });
    // A server on the network would ask for a password that this user has not.
    if settings.get("socket").is_none() {
        println!("skipped: the server is not on a socket");
        return;
    }
    let found = problems(&*connect(&settings)).await;
    let grant = |right: &str, table: &str, column: &str| {
        found.iter().any(|message| {
            let said = message.split("GRANT ").nth(1).unwrap_or_default();
            message.starts_with(&format!("{schema}{table}"))
                && said.starts_with(right)
                && said.contains(column)
                && said.contains(table)
                && said.contains(&user)
        })
    };
    assert!(grant("SELECT", "v_customers", "credit_limit"), "{found:#?}");
    assert!(grant("UPDATE", "punchgate_orders", "status"), "{found:#?}");
    assert!(grant("INSERT", "punchgate_order_lines", ""), "{found:#?}");
    assert_eq!(found.len(), 3, "{found:#?}");
    erp.run(&remove).await;
    erp.done().await;
}

async fn a_table_that_takes_nothing_back_is_refused(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    if kind == Kind::MariaDb {
        erp.run("alter table punchgate_account_requests engine = MyISAM")
            .await;
        let found = problems(&*erp.connector()).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("MyISAM") && found[0].ends_with("ENGINE = InnoDB"),
            "{found:?}"
        );
        let mend = found[0].split(": ").nth(1).unwrap();
        erp.run(mend).await;
    }
    assert_eq!(problems(&*erp.connector()).await, Vec::<String>::new());
    erp.done().await;
}

async fn customers_that_the_database_takes_for_one_are_refused(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let schema = erp.schema();
    erp.run(&format!(
        "insert into {schema}customer (id, code, name, deleted, currency, terms_code, credit_limit) values ('c-1', 'c-1', \
         'another', {}, 'EUR', 'N30', '1.00')",
        erp.flag(false)
    ))
    .await;
    let found = problems(&*erp.connector()).await;
    match kind {
        // It tells them apart everywhere.
        Kind::Postgres => assert_eq!(found, Vec::<String>::new()),
        Kind::Sqlite | Kind::MariaDb => {
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("v_customers.id: 'c-1'"), "{found:?}");
        }
    }
    erp.done().await;
}
