//! What a real Tryton refuses: orders over the limit, users without rights, wrong passwords.

use punchgate_connector::{
    ErrorKind, Secrets,
    accounts::{AccountPatch, ErpHold, PatchOutcome},
    egress::Egress,
    orders::{PlacedState, SubmitOutcome},
};
use punchgate_domain::{customer::CreditLimit, hold::HoldTexts, money::Money};
use serde_json::{Value, json};

use crate::{
    documents::{line, submission},
    support::{address, answer, by_hand, company, connector, context, customer, now},
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
    // What is missing, the place in Tryton that says who has it, and the one where it is given.
    let models = "in Tryton, Administration → Models → Models Access says";
    let fields = "in Tryton, Administration → Models → Models Access → Fields Access says";
    let users = "Administration → Users → Users, under Access Permissions, Groups";
    let cases = [
        ("credit_limit_amount may not be written", [fields, users]),
        ("sale.sale may not be read", [models, users]),
        ("sale.sale may not be created", [models, users]),
        ("sale.sale may not be written", [models, users]),
        ("punchgate.hold may not be created", [models, users]),
        (
            "no field no_such_field",
            [
                "settings.fields",
                "Administration → Models → Models Access → Fields Access",
            ],
        ),
    ];
    for (wanted, places) in cases {
        let is_it =
            |message: &&&str| message.contains(wanted) && places.iter().all(|place| message.contains(place));
        assert!(said.iter().any(|message| is_it(&message)), "{wanted}: {said:#?}");
    }
}

/// The limit is not ours to set, and what was asked for with it is not lost for that.
#[tokio::test]
async fn only_what_tryton_refuses_is_named() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let login = format!("desk-{}", now().as_microsecond());
    let named = json!([["name", "in", ["Party Administration", "Accounting", "Sales"]]]);
    let groups = by_hand(
        &base,
        &http,
        "model.res.group.search",
        json!([named, 0, null, null, company()]),
    )
    .await;
    let user = json!([[{
        "name": login, "login": login, "password": "desk-password-1", "company": 1, "companies": [["add", [1]]],
        "groups": [["add", groups]],
    }], company()]);
    by_hand(&base, &http, "model.res.user.create", user).await;
    let settings = json!({
        "base_url": base, "user": login, "company": 1, "module": true, "allow_http": true,
        "allow_networks": ["127.0.0.0/8"], "read_timeout_seconds": 120, "change_timeout_seconds": 300
    });
    let secrets: Secrets = [("password", "desk-password-1")].into_iter().collect();
    let desk = punchgate_erp_tryton::from_config("desk", &settings, &secrets).unwrap();
    let party = json!([[{"name": login, "code": login.clone()}], company()]);
    by_hand(&base, &http, "model.party.party.create", party).await;
    let before = customer(system.as_ref(), &http, &login).await;
    let hold = ErpHold {
        id: "pg-desk".to_owned(),
        code: "PASTDUE".to_owned(),
        removes: None,
        texts: HoldTexts::default(),
        since: before.changed_at,
        until: None,
        placed_by: None,
    };
    let mut patch = AccountPatch::of(&before, "past due", "c.desk");
    patch.credit_limit = Some(CreditLimit::Amount(Money::zero(before.currency)));
    patch.place_holds = vec![hold];
    let accounts = desk.spec().accounts.unwrap();
    let outcome = accounts.patch(&context("patch".to_owned(), &http), &patch).await;
    let PatchOutcome::Rejected(refused) = outcome.unwrap() else {
        panic!("Tryton takes the limit")
    };
    let fields: Vec<&str> = refused.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["credit_limit"], "{refused:?}");
    assert_eq!(customer(system.as_ref(), &http, &login).await, before);

    patch.credit_limit = None;
    let outcome = accounts.patch(&context("again".to_owned(), &http), &patch).await;
    let PatchOutcome::Applied(after) = outcome.unwrap() else {
        panic!("Tryton refuses the hold alone")
    };
    assert_eq!(after.holds.len(), 1, "{after:?}");
}

/// Who is sold to and who is invoiced may be two.
#[tokio::test]
async fn a_hold_on_either_party_of_a_sale_stops_it() {
    let Some(base) = address() else { return };
    let http = Egress::new(connector(&base, 1, true).egress_rules()).unwrap();
    let call = async |method: &str, params: Value| by_hand(&base, &http, method, params).await;
    for held in ["party", "invoice_party"] {
        let party = |name: &str| json!({"name": name, "addresses": [["create", [{"street": "1 Way"}]]]});
        let both = call(
            "model.party.party.create",
            json!([[party("Plant"), party("Head office")], company()]),
        )
        .await;
        let read = json!([both, ["addresses"], company()]);
        let read = call("model.party.party.read", read).await;
        let address_of = |id: &Value| {
            let mut rows = read.as_array().unwrap().iter();
            rows.find(|row| row["id"] == *id).unwrap()["addresses"][0].clone()
        };
        let price = json!({"__class__": "Decimal", "decimal": "1"});
        let line = json!({"type": "line", "description": "Repair", "quantity": 1, "unit_price": price});
        let sale = json!([[{
            "lines": [["create", [line]]], "company": 1, "party": both[0], "shipment_address": address_of(&both[0]),
            "invoice_party": both[1], "invoice_address": address_of(&both[1]),
        }], company()]);
        let sale = call("model.sale.sale.create", sale).await;
        call("model.sale.sale.quote", json!([sale, company()])).await;
        let on_hold = if held == "party" { &both[0] } else { &both[1] };
        let hold =
            json!([[{"party": on_hold, "company": 1, "code": "PAST_DUE", "stops_orders": true}], company()]);
        let hold = call("model.punchgate.hold.create", hold).await;

        let confirm = json!([sale, company()]);
        let refused = answer(&base, &http, "model.sale.sale.confirm", confirm.clone()).await;
        assert_eq!(
            refused["error"][1][1], "customer-on-hold",
            "a hold on {held}: {refused}"
        );
        call("model.punchgate.hold.delete", json!([hold, company()])).await;
        call("model.sale.sale.confirm", confirm).await;
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
