//! What a real Tryton refuses: orders over the limit, users without rights, wrong passwords.

use punchgate_connector::{
    ErrorKind, Secrets,
    egress::Egress,
    orders::{PlacedState, SubmitOutcome},
};
use serde_json::json;

use crate::{
    documents::{line, submission},
    support::{address, by_hand, company, connector, context, customer, now},
};

#[tokio::test]
async fn an_order_over_the_limit_waits_in_tryton() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let globex = customer(system.as_ref(), &http, "C-GLOBEX").await.external_id;
    let reference = format!("limit-{}", now().as_microsecond());
    let what = submission(&globex, &reference, vec![line(1, "DR-3003", "2", "EA", "189.00")]);
    let orders = system.spec().orders.unwrap();
    let outcome = orders
        .submit(&context("submit".to_owned(), &http), &what)
        .await
        .unwrap();
    let SubmitOutcome::Created(order) = outcome else {
        panic!("{outcome:?}")
    };
    let PlacedState::OnHold { code, message } = &order.state else {
        panic!("{order:?}")
    };
    assert!(code == "credit" && message.contains("Globex"), "{order:?}");

    let found = orders
        .find(&context("find".to_owned(), &http), &what.key())
        .await
        .unwrap();
    assert!(
        matches!(found.as_slice(), [one] if matches!(one.state, PlacedState::OnHold { .. })),
        "{found:?}"
    );
    // A person of the company lets it pass.
    let id: i64 = order.order_id.parse().unwrap();
    let limit = json!({"__class__": "Decimal", "decimal": "5000"});
    let params = json!([[globex.parse::<i64>().unwrap()], {"credit_limit_amount": limit}, company()]);
    by_hand(&base, &http, "model.party.party.write", params).await;
    by_hand(&base, &http, "model.sale.sale.confirm", json!([[id], company()])).await;
    let found = orders
        .find(&context("again".to_owned(), &http), &what.key())
        .await
        .unwrap();
    assert_eq!(found[0].state, PlacedState::Open);
    orders
        .cancel(
            &context("cancel".to_owned(), &http),
            &order.order_id,
            &reference,
            "test",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn what_cannot_be_ordered_leaves_nothing_behind() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let hooli = customer(system.as_ref(), &http, "C-HOOLI").await.external_id;
    let cases = [
        (line(1, "NONE", "1", "EA", "1.00"), "item"),
        (line(1, "HX-1001", "1", "PAL", "1.00"), "item"),
        (line(1, "HX-1001", "1", "KGM", "1.00"), "item"),
        // More digits than Tryton gives a price: its own refusal.
        (line(1, "HX-1001", "1", "EA", "1.123456789"), "other"),
    ];
    let orders = system.spec().orders.unwrap();
    for (at, (line, code)) in cases.into_iter().enumerate() {
        let what = submission(
            &hooli,
            &format!("bad-{at}-{}", now().as_microsecond()),
            vec![line],
        );
        let outcome = orders
            .submit(&context(format!("submit-{at}"), &http), &what)
            .await
            .unwrap();
        let SubmitOutcome::Rejected(refusal) = outcome else {
            panic!("{at}: {outcome:?}")
        };
        assert_eq!(refusal.code, code, "{at}: {}", refusal.message);
        let found = orders
            .find(&context(format!("find-{at}"), &http), &what.key())
            .await
            .unwrap();
        assert!(found.is_empty(), "{at}: {found:?}");
    }
}

#[tokio::test]
async fn a_check_names_the_rights_that_are_missing() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let login = format!("poor-{}", now().as_microsecond());
    let user = json!([[{
        "name": login, "login": login, "password": "poor-password-1", "company": 1, "companies": [["add", [1]]],
    }], company()]);
    by_hand(&base, &http, "model.res.user.create", user).await;
    let settings = json!({
        "base_url": base, "user": login, "company": 1, "module": true, "allow_http": true,
        "allow_networks": ["127.0.0.0/8"], "fields": {"credit_amount": "no_such_field"}
    });
    let secrets: Secrets = [("password", "poor-password-1")].into_iter().collect();
    let poor = punchgate_erp_tryton::from_config("poor", &settings, &secrets).unwrap();
    let report = poor.check(&context("check".to_owned(), &http)).await.unwrap();
    assert!(!report.is_fit(), "{report:?}");
    let said: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    for wanted in [
        "credit_limit_amount may not be written",
        "sale.sale",
        "punchgate.hold",
        "no_such_field",
    ] {
        assert!(
            said.iter().any(|message| message.contains(wanted)),
            "{wanted}: {said:#?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_named() {
    let Some(base) = address() else { return };
    let settings = json!({
        "base_url": base, "user": "nobody", "company": 1, "allow_http": true, "allow_networks": ["127.0.0.0/8"]
    });
    let secrets: Secrets = [("password", "wrong")].into_iter().collect();
    let system = punchgate_erp_tryton::from_config("wrong", &settings, &secrets).unwrap();
    let http = Egress::new(system.egress_rules()).unwrap();
    let error = system
        .check(&context("check".to_owned(), &http))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error}");
}
