//! Views that mean no good.

use std::time::Duration;

use punchgate_connector::{
    ErrorKind,
    prices::{PriceAnswer, PriceQuery},
};
use punchgate_domain::{
    customer::CreditLimit,
    quantity::{Quantity, Unit},
};
use serde_json::json;

use crate::support::{Erp, Kind, connect, context, context_for};

crate::on_each_database!(
    one_bad_row_hides_no_other,
    a_page_is_no_larger_than_it_may_be,
    a_view_without_end_is_given_up,
    keys_may_be_numbers,
    prices_are_the_customers_own_first,
    nothing_leads_where_it_may_not,
    a_hold_is_found_however_its_customer_is_written,
);

/// A view of customers whose limit, name and stamp are what a test wants.
async fn view(erp: &Erp, rows: &[(&str, &str)]) -> String {
    let name = format!("{}v_hostile", erp.schema());
    let rows: Vec<String> = rows
        .iter()
        .map(|(id, limit)| {
            format!(
                "select '{id}' as id, modified, {limit} as credit_limit, 'n' as name from {}customer where id = 'C-1'",
                erp.schema()
            )
        })
        .collect();
    erp.run(&format!("create view {name} as {}", rows.join(" union all ")))
        .await;
    name
}

fn settings(erp: &Erp, view: &str) -> serde_json::Value {
    let mut settings = erp.place();
    settings["tables"] = json!({"customers": view});
    settings["currency"] = json!("EUR");
    settings["columns"] = json!({"customers": {
        "code": "", "active": "", "terms_code": "", "terms_label": "", "terms_net_days": "",
    }});
    settings
}

async fn one_bad_row_hides_no_other(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let huge = match kind {
        Kind::Sqlite => "hex(zeroblob(2000000))",
        Kind::Postgres | Kind::MariaDb => "repeat('9', 4000000)",
    };
    let not_utf8 = match kind {
        Kind::Sqlite => "cast(x'ff' as text)",
        // PostgreSQL holds no such text; in MariaDB it is a character of latin1, which is no digit.
        Kind::Postgres => "'\u{ff}'",
        Kind::MariaDb => "convert(x'ff' using latin1)",
    };
    let rows = [
        ("fine", "'1000.00'"),
        ("nan", "'NaN'"),
        ("infinity", "'Infinity'"),
        ("negative", "'-1'"),
        ("null", "null"),
        ("zero", "'0.0000'"),
        ("float", "'0.30000000000000004'"),
        ("large", "'99999999999999999999999999'"),
        ("word", "'x'"),
        ("date", "'0000-00-00'"),
        ("huge", huge),
        ("not-utf8", not_utf8),
    ];
    let name = view(&erp, &rows).await;
    let connector = connect(&settings(&erp, &name));
    let accounts = connector.spec().accounts.unwrap();
    let ctx = context();
    let page = accounts.pull(&ctx, None, 100).await.unwrap();
    let mut read: Vec<(&str, &str)> = page
        .items
        .iter()
        .map(|account| (account.external_id.as_str(), account.credit_limit.kind()))
        .collect();
    read.sort_unstable();
    assert_eq!(
        read,
        [
            ("fine", "amount"),
            ("negative", "amount"),
            ("null", "unknown"),
            ("zero", "amount")
        ]
    );
    let mut left_out: Vec<String> = ctx
        .take_left_out()
        .into_iter()
        .map(|row| row.external_id)
        .collect();
    left_out.sort_unstable();
    assert_eq!(
        left_out,
        [
            "date", "float", "huge", "infinity", "large", "nan", "not-utf8", "word"
        ]
    );
    // What is to be made of a negative one is not the connector's to say.
    for (id, minor) in [("zero", 0), ("negative", -100)] {
        let account = page.items.iter().find(|account| account.external_id == id);
        let limit = account.unwrap().credit_limit;
        assert!(
            matches!(limit, CreditLimit::Amount(amount) if amount.minor() == minor),
            "{id}: {limit:?}"
        );
    }
    erp.done().await;
}

async fn a_view_without_end_is_given_up(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let schema = erp.schema();
    // Long enough that nobody's patience sees its end.
    let number = if kind == Kind::Postgres {
        "cast(max(n) as text)"
    } else {
        "max(n)"
    };
    erp.run(&format!(
        "create view {schema}v_endless as with recursive numbers (n) as (select 1 union all select n + 1 from numbers where \
         n < 2000000000) select 'a' as id, '2026-03-01' as modified, 'n' as name, {number} as credit_limit from numbers"
    ))
    .await;
    let endless = settings(&erp, &format!("{schema}v_endless"));
    let connector = connect(&endless);
    let accounts = connector.spec().accounts.unwrap();
    let error = accounts
        .get(&context_for(Duration::from_millis(700)), &["a".to_owned()])
        .await;
    // MariaDB ends recursion by itself, after a thousand steps.
    match error {
        Err(error) => assert_eq!(error.kind, ErrorKind::Temporary, "{error}"),
        Ok(_) => assert_eq!(kind, Kind::MariaDb),
    }
    erp.done().await;
}

/// No column is too long alone; all of them together are more than one page may be.
async fn a_page_is_no_larger_than_it_may_be(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else {
        return;
    };
    let schema = erp.schema();
    let long = match kind {
        Kind::Sqlite => "hex(zeroblob(4000))",
        Kind::Postgres | Kind::MariaDb => "repeat('9', 8000)",
    };
    let digit = "(select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 union all \
                 select 5 union all select 6 union all select 7 union all select 8 union all select 9)";
    let id = match kind {
        Kind::MariaDb => "concat('', a.n + 10 * b.n + 100 * c.n)",
        Kind::Sqlite | Kind::Postgres => "cast(a.n + 10 * b.n + 100 * c.n as text)",
    };
    erp.run(&format!(
        "create view {schema}v_large as select {id} as id, '2026-03-01' as modified, {long} as name, {long} as \
         credit_limit, {long} as code from {digit} a, {digit} b, {digit} c"
    ))
    .await;
    let mut large = settings(&erp, &format!("{schema}v_large"));
    large["columns"]["customers"]["code"] = json!("code");
    large["page_size"] = json!(1000);
    let connector = connect(&large);
    let accounts = connector.spec().accounts.unwrap();
    let error = accounts.pull(&context(), None, 1000).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Schema, "{error}");
    assert!(error.message.contains("lower settings.page_size"), "{error}");
    erp.done().await;
}

async fn keys_may_be_numbers(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else {
        return;
    };
    let schema = erp.schema();
    erp.run(&format!(
        "create table {schema}numbered (id integer primary key, modified integer not null, name varchar(20), \
         credit_limit varchar(20)); insert into {schema}numbered values (9, 5, 'nine', '1'), (10, 6, 'ten', '2'), (11, 6, \
         'eleven', '3')"
    ))
    .await;
    let mut numbered = settings(&erp, &format!("{schema}numbered"));
    numbered["number_columns"] = json!(["customers.id", "customers.modified"]);
    numbered["overlap_numbers"] = json!(0);
    let connector = connect(&numbered);
    assert!(connector.check(&context()).await.unwrap().is_fit());
    let accounts = connector.spec().accounts.unwrap();
    let (mut ids, mut cursor) = (Vec::new(), None);
    for _ in 0..6 {
        let page = accounts.pull(&context(), cursor.as_ref(), 1).await.unwrap();
        ids.extend(page.items.into_iter().map(|account| account.external_id));
        cursor = Some(page.next_cursor);
    }
    assert_eq!(ids, ["9", "10", "11"], "as numbers, not as texts");
    erp.run(&format!(
        "update {schema}numbered set name = 'new', modified = 7 where id = 9"
    ))
    .await;
    let page = accounts.pull(&context(), cursor.as_ref(), 10).await.unwrap();
    assert_eq!(page.items.len(), 1, "{:?}", page.items);
    let keys = ["9".to_owned(), "x".to_owned()];
    let found = accounts.get(&context(), &keys).await.unwrap();
    assert_eq!((found.items.len(), found.missing), (1, vec!["x".to_owned()]));
    erp.done().await;
}

async fn prices_are_the_customers_own_first(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let schema = erp.schema();
    erp.run(&format!(
        "insert into {schema}price (customer, part, unit, quantity_from, unit_price, currency, valid_from, valid_until) values \
         (null, 'P', 'EA', '0', '20.00', 'EUR', null, null), ('C-1', 'P', 'EA', '0', '18.50', 'EUR', null, null), \
         ('C-1', 'P', 'EA', '100', '15.005', 'EUR', null, null), ('C-1', 'P', 'EA', '0', '1.00', 'EUR', '2030-01-01', null), \
         ('C-2', 'P', 'EA', '0', '2.00', 'EUR', null, '2020-01-01')"
    ))
    .await;
    let connector = erp.connector();
    let prices = connector.spec().prices.unwrap();
    let query = |customer: &str, part: &str, quantity: &str, unit: &str| PriceQuery {
        customer: customer.to_owned(),
        part_id: part.to_owned(),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: Unit::new(unit),
        date: "2026-03-01".parse().unwrap(),
    };
    let cases = [
        (query("C-1", "P", "1", "EA"), Some("18.5")),
        (query("C-1", "P", "100", "EA"), Some("15.005")),
        (query("C-2", "P", "1", "EA"), Some("20")),
        (query("C-1", "P", "1", "BX"), None),
        (query("C-1", "' or 1=1 --", "1", "EA"), None),
    ];
    let queries: Vec<PriceQuery> = cases.iter().map(|(query, _)| query.clone()).collect();
    let answers = prices.prices(&context(), &queries).await.unwrap();
    for ((query, expected), answer) in cases.iter().zip(answers) {
        let price = match answer {
            PriceAnswer::Price { unit_price, .. } => Some(unit_price.value().normalize().to_string()),
            PriceAnswer::None { .. } => None,
        };
        assert_eq!(price.as_deref(), *expected, "{query:?}");
    }
    erp.done().await;
}

/// Addresses are held to the rules of every request, whatever is listening there.
async fn nothing_leads_where_it_may_not(kind: Kind) {
    let database = match kind {
        Kind::Sqlite => return,
        Kind::Postgres => "postgres",
        Kind::MariaDb => "mariadb",
    };
    for host in ["169.254.169.254", "127.0.0.1", "localhost", "10.0.0.7"] {
        let connector = connect(&json!({
            "database": database, "host": host, "user": "u", "name": "n", "tls": false, "allow_plain": true,
            "tables": {"customers": "c"},
        }));
        let error = connector.check(&context()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Blocked, "{host}: {error}");
    }
}

/// The database compares without telling upper case from lower, and so does the ERP that writes the holds.
async fn a_hold_is_found_however_its_customer_is_written(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let schema = erp.schema();
    let (text, alike) = match kind {
        Kind::Postgres => {
            erp.run("create collation erp.alike (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
                .await;
            ("text", "collate erp.alike")
        }
        Kind::MariaDb => ("varchar(40)", "collate utf8mb4_general_ci"),
        Kind::Sqlite => ("text", "collate nocase"),
    };
    erp.run(&format!(
        "create table {schema}loose_hold (id varchar(40), customer {text} {alike}, code varchar(40), since varchar(40)); \
         insert into {schema}loose_hold values ('H1', 'c-1', 'Z1', '2026-03-01 00:00:00')"
    ))
    .await;
    let mut settings = erp.settings();
    settings["tables"]["holds"] = json!(format!("{schema}loose_hold"));
    settings["account_writes"] = json!("none");
    settings["columns"]["holds"] = json!({
        "removes": "", "internal": "", "accounts_payable": "", "shopper": "", "until": "", "placed_by": "",
    });
    let connector = connect(&settings);
    let accounts = connector.spec().accounts.unwrap();
    let keys = ["C-1".to_owned(), "C-2".to_owned()];
    let found = accounts.get(&context(), &keys).await.unwrap();
    let held: Vec<usize> = found.items.iter().map(|account| account.holds.len()).collect();
    assert_eq!(held, [1, 0]);
    let page = accounts.pull(&context(), None, 100).await.unwrap();
    let held: Vec<&str> = page
        .items
        .iter()
        .filter(|account| !account.holds.is_empty())
        .map(|account| account.external_id.as_str())
        .collect();
    assert_eq!(held, ["C-1"]);
    erp.done().await;
}
