//! Changes of customers that the ERP's own process carries out.

use punchgate_connector::{
    accounts::{Account, AccountPatch, PatchOutcome},
    capabilities::Cas,
};
use punchgate_domain::{customer::CreditLimit, money::Money};
use serde_json::json;

use crate::support::{Erp, Kind, context};

crate::on_each_database!(
    a_request_is_asked_once_and_answered,
    a_newer_request_takes_the_place_of_those_that_wait,
    a_direct_write_tells_who_and_why
);

fn limited(account: &Account, minor: i64) -> AccountPatch {
    AccountPatch {
        credit_limit: Some(CreditLimit::Amount(Money::from_minor(minor, account.currency))),
        ..AccountPatch::of(account, "asked for", "ann")
    }
}

async fn a_request_is_asked_once_and_answered(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&[(&["account_writes"], json!("requests"))]);
    let spec = connector.spec();
    assert_eq!(spec.capabilities.cas, Cas::ReadBack);
    let accounts = spec.accounts.unwrap();
    let keys = ["C-1".to_owned()];
    let before = accounts.get(&context(), &keys).await.unwrap().items.remove(0);
    let patch = limited(&before, 700_000);
    for _ in 0..3 {
        let waiting = accounts.patch(&context(), &patch).await.unwrap();
        assert!(matches!(waiting, PatchOutcome::Waiting(_)), "{waiting:?}");
    }
    let schema = erp.schema();
    let asked = format!(
        "select count(*) from {schema}punchgate_account_requests where customer = 'C-1' and limit_kind = 'amount' and actor \
         = 'ann'"
    );
    assert_eq!(erp.count(&asked).await, 1);
    erp.run(&format!(
        "update {schema}customer set credit_limit = '7000.00' where id = 'C-1'; \
         update {schema}punchgate_account_requests set status = 'applied'"
    ))
    .await;
    let PatchOutcome::Applied(after) = accounts.patch(&context(), &patch).await.unwrap() else {
        panic!("the ERP has applied it");
    };
    assert_eq!(
        after.credit_limit,
        CreditLimit::Amount(Money::from_minor(700_000, after.currency))
    );
    assert_ne!(after.version, before.version);

    let stale = limited(&before, 800_000);
    assert!(matches!(
        accounts.patch(&context(), &stale).await.unwrap(),
        PatchOutcome::Conflict(_)
    ));
    let refused = limited(&after, 900_000);
    let waiting = accounts.patch(&context(), &refused).await.unwrap();
    assert!(matches!(waiting, PatchOutcome::Waiting(_)), "{waiting:?}");
    erp.run(&format!(
        "update {schema}punchgate_account_requests set status = 'rejected', status_field = 'credit_limit', status_code = \
         'TOO_MUCH', message = 'ask the bank' where status is null"
    ))
    .await;
    let PatchOutcome::Rejected(refusals) = accounts.patch(&context(), &refused).await.unwrap() else {
        panic!("the ERP has rejected it");
    };
    assert_eq!(
        (refusals[0].field.as_str(), refusals[0].message.as_str()),
        ("credit_limit", "ask the bank")
    );
    let anew = AccountPatch {
        request_id: "limit 2".to_owned(),
        ..refused.clone()
    };
    let asked = accounts.patch(&context(), &anew).await.unwrap();
    assert!(
        matches!(asked, PatchOutcome::Waiting(_)),
        "the ERP decides once more: {asked:?}"
    );
    erp.done().await;
}

async fn a_newer_request_takes_the_place_of_those_that_wait(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector_with(&[(&["account_writes"], json!("requests"))]);
    let accounts = connector.spec().accounts.unwrap();
    let keys = ["C-1".to_owned()];
    let before = accounts.get(&context(), &keys).await.unwrap().items.remove(0);
    let (first, second) = (limited(&before, 700_000), limited(&before, 800_000));
    let waits = async |patch: &AccountPatch| {
        let outcome = accounts.patch(&context(), patch).await.unwrap();
        assert!(matches!(outcome, PatchOutcome::Waiting(_)), "{outcome:?}");
    };
    let schema = erp.schema();
    let count = async |limit: &str, status: &str| {
        let count = format!(
            "select count(*) from {schema}punchgate_account_requests where credit_limit + 0 = {limit} and status {status}"
        );
        erp.count(&count).await
    };
    waits(&first).await;
    waits(&second).await;
    assert_eq!(count("7000", "= 'superseded'").await, 1);
    assert_eq!(count("8000", "is null").await, 1);
    // What had taken its place was called off.
    waits(&first).await;
    assert_eq!(
        (
            count("7000", "is null").await,
            count("8000", "= 'superseded'").await
        ),
        (1, 1)
    );
    // One that the ERP has taken up stays its own.
    erp.run(&format!(
        "update {schema}punchgate_account_requests set status = 'rejected', message = 'no' where credit_limit + 0 = 7000"
    ))
    .await;
    waits(&second).await;
    assert_eq!(
        (
            count("7000", "= 'rejected'").await,
            count("8000", "is null").await
        ),
        (1, 1)
    );
    erp.done().await;
}

async fn a_direct_write_tells_who_and_why(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let accounts = connector.spec().accounts.unwrap();
    let keys = ["C-1".to_owned()];
    let before = accounts.get(&context(), &keys).await.unwrap().items.remove(0);
    let outcome = accounts
        .patch(&context(), &limited(&before, 12_345))
        .await
        .unwrap();
    assert!(
        matches!(outcome, PatchOutcome::Applied(account) if account.changed_by.as_deref() == Some("ann"))
    );
    let schema = erp.schema();
    let told = format!("select count(*) from {schema}customer where change_reason = 'asked for'");
    assert_eq!(erp.count(&told).await, 1, "one row, and no other");
    erp.done().await;
}
