//! What the ERP's process made of a request is read before its answer is there, under another name, code and beginning.

use punchgate_connector::{
    Accounts,
    accounts::{Account, AccountPatch, ErpHold, PatchOutcome},
};
use punchgate_domain::{customer::CreditLimit, hold::HoldTexts, money::Money};
use serde_json::{Value, json};

use crate::support::{Erp, Kind, context};

crate::on_each_database!(
    a_reading_that_overtakes_the_answer_asks_for_nothing_twice,
    a_hold_whose_other_half_is_settled_is_not_placed_twice,
    a_request_that_met_another_version_is_asked_for_anew,
    a_hold_that_the_erp_keeps_as_its_own_is_told_and_released_as_ours
);

fn requests() -> [(&'static [&'static str], Value); 1] {
    [(&["account_writes"], json!("requests"))]
}

fn hold(id: &str) -> ErpHold {
    ErpHold {
        id: id.to_owned(),
        code: "cheque".to_owned(),
        removes: None,
        texts: HoldTexts::default(),
        since: "2026-03-01T09:30:00Z".parse().unwrap(),
        until: None,
        placed_by: Some("ann".to_owned()),
    }
}

/// A hold of ours that is asked for, alone.
fn placing(account: &Account, id: &str) -> AccountPatch {
    AccountPatch {
        place_holds: vec![hold(id)],
        request_id: format!("hold:{id} 1"),
        ..AccountPatch::of(account, "unpaid", "ann")
    }
}

async fn read(accounts: &dyn Accounts) -> Account {
    let keys = ["C-1".to_owned()];
    accounts.get(&context(), &keys).await.unwrap().items.remove(0)
}

async fn waits(accounts: &dyn Accounts, patch: &AccountPatch) {
    let outcome = accounts.patch(&context(), patch).await.unwrap();
    assert!(matches!(outcome, PatchOutcome::Waiting(_)), "{outcome:?}");
}

async fn applied(accounts: &dyn Accounts, patch: &AccountPatch) -> Account {
    match accounts.patch(&context(), patch).await.unwrap() {
        PatchOutcome::Applied(account) => *account,
        other => panic!("the ERP has applied it: {other:?}"),
    }
}

/// The ERP places the hold its own way: another id, another code, since another moment.
async fn place_its_own_way(erp: &Erp) {
    erp.run(&format!(
        "insert into {}customer_hold (customer, id, code, since) values ('C-1', 'E-77', 'CHQ', '2026-03-02 00:00:00')",
        erp.schema()
    ))
    .await;
}

async fn answer(erp: &Erp, status: &str) {
    erp.run(&format!(
        "update {}punchgate_account_requests set status = '{status}' where status is null",
        erp.schema()
    ))
    .await;
}

async fn asked(erp: &Erp, which: &str) -> i64 {
    let schema = erp.schema();
    erp.count(&format!(
        "select count(*) from {schema}punchgate_account_requests where {which}"
    ))
    .await
}

async fn a_reading_that_overtakes_the_answer_asks_for_nothing_twice(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&requests());
    let accounts = connector.spec().accounts.unwrap();
    let before = read(accounts).await;
    waits(accounts, &placing(&before, "h1")).await;
    place_its_own_way(&erp).await;
    let read_meanwhile = read(accounts).await;
    assert_ne!(read_meanwhile.version, before.version);
    let again = placing(&read_meanwhile, "h1");
    for _ in 0..2 {
        waits(accounts, &again).await;
    }
    assert_eq!(
        (asked(&erp, "1 = 1").await, asked(&erp, "status is null").await),
        (1, 1)
    );
    answer(&erp, "applied").await;
    for _ in 0..2 {
        assert_eq!(applied(accounts, &again).await.holds.len(), 1);
    }
    assert_eq!(asked(&erp, "1 = 1").await, 1);
    // Another hold is another request.
    waits(accounts, &placing(&read_meanwhile, "h2")).await;
    assert_eq!(asked(&erp, "1 = 1").await, 2);
    erp.done().await;
}

async fn a_hold_whose_other_half_is_settled_is_not_placed_twice(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&requests());
    let accounts = connector.spec().accounts.unwrap();
    let before = read(accounts).await;
    let limit =
        |account: &Account, minor| Some(CreditLimit::Amount(Money::from_minor(minor, account.currency)));
    let both = AccountPatch {
        credit_limit: limit(&before, 700_000),
        request_id: "limit 1, hold:h1 1".to_owned(),
        ..placing(&before, "h1")
    };
    waits(accounts, &both).await;
    place_its_own_way(&erp).await;
    // The limit is known as ours, and so only the hold is still asked for.
    let meanwhile = read(accounts).await;
    waits(accounts, &placing(&meanwhile, "h1")).await;
    assert_eq!(
        (asked(&erp, "1 = 1").await, asked(&erp, "status is null").await),
        (1, 1)
    );
    answer(&erp, "applied").await;
    applied(accounts, &placing(&meanwhile, "h1")).await;
    assert_eq!(asked(&erp, "1 = 1").await, 1);
    // With something else beside it, that alone is asked for; edited, the hold is.
    let more = AccountPatch {
        credit_limit: limit(&meanwhile, 800_000),
        request_id: "limit 2, hold:h1 1".to_owned(),
        ..placing(&meanwhile, "h1")
    };
    waits(accounts, &more).await;
    assert_eq!(asked(&erp, "place_holds is null").await, 1);
    let mut edited = placing(&meanwhile, "h1");
    edited.place_holds[0].texts.internal = Some("and a second one".to_owned());
    waits(accounts, &edited).await;
    assert_eq!(asked(&erp, "place_holds like '%a second one%'").await, 1);
    erp.done().await;
}

async fn a_request_that_met_another_version_is_asked_for_anew(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&requests());
    let accounts = connector.spec().accounts.unwrap();
    let before = read(accounts).await;
    waits(accounts, &placing(&before, "h1")).await;
    erp.run(&format!(
        "update {}customer set name = 'Other', version = version + 1 where id = 'C-1'",
        erp.schema()
    ))
    .await;
    let now = placing(&read(accounts).await, "h1");
    waits(accounts, &now).await;
    assert_eq!(asked(&erp, "1 = 1").await, 1);
    answer(&erp, "conflict").await;
    for _ in 0..2 {
        waits(accounts, &now).await;
    }
    assert_eq!(
        (asked(&erp, "1 = 1").await, asked(&erp, "status is null").await),
        (2, 1)
    );
    erp.done().await;
}

async fn a_hold_that_the_erp_keeps_as_its_own_is_told_and_released_as_ours(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let schema = erp.schema();
    erp.run(&format!(
        "alter table {schema}customer_hold add column ours varchar(100); \
         alter table {schema}punchgate_account_requests add column placed_as varchar(1000)"
    ))
    .await;
    let by_hold: (&[&str], Value) = (&["columns", "holds"], json!({ "reference": "ours" }));
    let by_answer: (&[&str], Value) = (
        &["columns", "account_requests"],
        json!({ "placed_as": "placed_as" }),
    );
    let holds: (&[&str], Value) = (&["tables", "holds"], json!(format!("{schema}customer_hold")));
    let [way] = requests();
    for (names, statement) in [
        (
            by_hold,
            format!("update {schema}customer_hold set ours = 'h1' where id = 'E-77'"),
        ),
        (
            by_answer,
            format!(
                "update {schema}punchgate_account_requests set placed_as = '{{\"h1\": \"E-77\"}}' where status = 'applied'"
            ),
        ),
    ] {
        let connector = erp.connector_with(&[way.clone(), holds.clone(), names]);
        let accounts = connector.spec().accounts.unwrap();
        let before = read(accounts).await;
        let mut patch = placing(&before, "h1");
        patch.request_id = statement.clone();
        waits(accounts, &patch).await;
        place_its_own_way(&erp).await;
        answer(&erp, "applied").await;
        erp.run(&statement).await;
        let after = applied(accounts, &patch).await;
        let told = |account: &Account| {
            account
                .holds
                .iter()
                .map(|hold| hold.id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&after), ["h1"]);
        assert_eq!(after.holds[0].code, "CHQ", "as the ERP has it");
        let page = accounts.pull(&context(), None, 100).await.unwrap();
        let pulled = page.items.iter().find(|account| account.external_id == "C-1");
        assert_eq!(told(pulled.unwrap()), ["h1"]);
        let release = AccountPatch {
            release_holds: vec!["h1".to_owned()],
            request_id: format!("{statement} release"),
            ..AccountPatch::of(&after, "paid", "ann")
        };
        waits(accounts, &release).await;
        let by_its_id = "status is null and release_holds = '[\"E-77\"]'";
        assert_eq!(asked(&erp, by_its_id).await, 1, "{statement}");
        erp.run(&format!(
            "delete from {schema}punchgate_account_requests; delete from {schema}customer_hold"
        ))
        .await;
    }
    erp.done().await;
}
