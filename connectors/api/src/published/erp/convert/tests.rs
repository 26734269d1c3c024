//! Pairs of messages and rows.

use crate::{
    accounts::AccountPatch,
    documents::{AcknowledgementStatus, DocumentContent},
    orders::PlacedState,
};
use jiff::Timestamp;
use punchgate_domain::money::{Currency, Money};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{documents::document, *};
use crate::published::{
    erp::wire::{WireDocument, WireOrders},
    order::WireOrderNumber,
};

/// As the transport reads it: from text, by way of a value.
fn read<T: DeserializeOwned>(value: &Value) -> T {
    let value: Value = serde_json::from_str(&value.to_string()).unwrap();
    serde_json::from_value(value).unwrap()
}

fn with(mut base: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    for (key, value) in changes {
        base[key] = value;
    }
    base
}

fn account_json() -> Value {
    json!({
        "external_id": "C-1", "version": "7", "code": "ACME", "name": "Acmé Ängström", "active": true,
        "currency": "USD", "payer": null, "terms": {"code": "NET30", "label": "Net 30", "net_days": 30},
        "credit_limit": {"kind": "amount", "amount": "10000.00", "currency": "USD"},
        "holds": [], "changed_at": "2026-03-01T09:30:00Z", "unknown_field": {"x": 1}
    })
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

#[test]
fn credit_limits() {
    let kwd = Money::from_minor(12_345, Currency::parse("KWD").unwrap());
    let cases = [
        (
            json!({"kind": "amount", "amount": "10000.00", "currency": "USD"}),
            CreditLimit::Amount(usd(1_000_000)),
        ),
        (
            json!({"kind": "amount", "amount": 0.3, "currency": "USD"}),
            CreditLimit::Amount(usd(30)),
        ),
        (
            json!({"kind": "amount", "amount": 12, "currency": "USD"}),
            CreditLimit::Amount(usd(1200)),
        ),
        (
            json!({"kind": "amount", "amount": "0", "currency": "USD"}),
            CreditLimit::Amount(usd(0)),
        ),
        (
            json!({"kind": "amount", "amount": "12.345", "currency": "KWD"}),
            CreditLimit::Amount(kwd),
        ),
        (
            json!({"kind": "amount", "amount": "1.5000", "currency": "USD"}),
            CreditLimit::Amount(usd(150)),
        ),
        (json!({"kind": "unlimited"}), CreditLimit::Unlimited),
        (json!({"kind": "unknown"}), CreditLimit::Unknown),
        (Value::Null, CreditLimit::Unknown),
    ];
    for (limit, expected) in cases {
        let wire = read(&with(account_json(), json!({"credit_limit": limit})));
        assert_eq!(account(wire).unwrap().credit_limit, expected, "{limit}");
    }
    let mut without = account_json();
    without.as_object_mut().unwrap().remove("credit_limit");
    assert_eq!(
        account(read(&without)).unwrap().credit_limit,
        CreditLimit::Unknown
    );
}

#[test]
fn what_is_not_as_agreed_is_refused_with_its_path() {
    let amount = |text: &str| json!({"credit_limit": {"kind": "amount", "amount": text, "currency": "USD"}});
    let hold = |change: Value| {
        let hold = json!({"id": "H", "code": "X", "since": "2026-01-01T00:00:00Z"});
        json!({"holds": [with(hold, change)]})
    };
    let cases = [
        (amount("1,000.00"), "account 'C-1'.credit_limit.amount"),
        (amount("1e4"), "account 'C-1'.credit_limit.amount"),
        (amount("NaN"), "account 'C-1'.credit_limit.amount"),
        (amount("Infinity"), "account 'C-1'.credit_limit.amount"),
        (amount("-inf"), "account 'C-1'.credit_limit.amount"),
        (amount("10.005"), "account 'C-1'.credit_limit.amount"),
        (
            amount("99999999999999999999"),
            "account 'C-1'.credit_limit.amount",
        ),
        (json!({"currency": "US$"}), "account 'C-1'.currency"),
        (
            json!({"changed_at": "2026-03-01 09:30"}),
            "account 'C-1'.changed_at",
        ),
        (
            hold(json!({"since": "yesterday"})),
            "account 'C-1'.holds[0].since",
        ),
        (
            hold(json!({"until": "2026-03-01"})),
            "account 'C-1'.holds[0].until",
        ),
    ];
    for (change, path) in cases {
        let problem = account(read(&with(account_json(), change.clone())))
            .unwrap_err()
            .to_string();
        assert!(problem.starts_with(path), "{change}: {problem}");
    }
}

#[test]
fn permissions_of_a_hold() {
    let cases = [
        (json!(null), None),
        (json!([]), Some(PermissionSet::EMPTY)),
        (
            json!(["order_on_terms"]),
            Some(PermissionSet::of(&[Permission::OrderOnTerms])),
        ),
        (
            json!(["ship", "invoice"]),
            Some(PermissionSet::of(&[Permission::Ship, Permission::Invoice])),
        ),
        (json!(["ship", "breathe"]), Some(PermissionSet::ALL)),
    ];
    for (removes, expected) in cases {
        let hold = json!({"id": "H", "code": "X", "removes": removes, "since": "2026-01-01T00:00:00Z"});
        let wire = read(&with(account_json(), json!({"holds": [hold]})));
        assert_eq!(account(wire).unwrap().holds[0].removes, expected, "{removes}");
    }
}

#[test]
fn exposure_includes_orders_exactly_if_they_are_there() {
    let base = json!({
        "external_id": "C-1", "open_items": {"amount": "8100.10", "currency": "USD"},
        "as_of": "2026-03-01T09:30:00Z"
    });
    let orders = json!({"amount": "-0.10", "currency": "USD"});
    let cases = [
        (
            json!({"includes_open_orders": true, "open_orders": orders}),
            Some(usd(810_000)),
        ),
        (json!({"includes_open_orders": false}), Some(usd(810_010))),
        (json!({"includes_open_orders": true}), None),
        (
            json!({"includes_open_orders": false, "open_orders": orders}),
            None,
        ),
    ];
    for (change, expected) in cases {
        let read = exposure(read(&with(base.clone(), change.clone())));
        assert_eq!(read.ok().map(|e| e.total().unwrap().amount), expected, "{change}");
    }
}

#[test]
fn patches() {
    let account = account(read(&account_json())).unwrap();
    let since: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let hold = ErpHold {
        id: "pg-1".into(),
        code: "GW".into(),
        removes: Some(PermissionSet::of(&[Permission::Order])),
        texts: HoldTexts {
            shopper: Some("Call us.".into()),
            ..HoldTexts::default()
        },
        since,
        until: None,
        placed_by: None,
    };
    let patch = AccountPatch::of(&account, "because", "c.desk");
    let cases = [
        (
            AccountPatch {
                terms: Some(None),
                ..patch.clone()
            },
            json!({"terms": null}),
        ),
        (
            AccountPatch {
                terms: Some(Some("NET45".into())),
                ..patch.clone()
            },
            json!({"terms": {"code": "NET45"}}),
        ),
        (
            AccountPatch {
                credit_limit: Some(CreditLimit::Amount(usd(1_200_050))),
                ..patch.clone()
            },
            json!({"credit_limit": {"kind": "amount", "amount": "12000.50", "currency": "USD"}}),
        ),
        (
            AccountPatch {
                credit_limit: Some(CreditLimit::Unlimited),
                ..patch.clone()
            },
            json!({"credit_limit": {"kind": "unlimited"}}),
        ),
        (
            AccountPatch {
                release_holds: vec!["H-1".into()],
                ..patch.clone()
            },
            json!({"release_holds": ["H-1"]}),
        ),
        (
            AccountPatch {
                place_holds: vec![hold],
                ..patch.clone()
            },
            json!({"place_holds": [{
                "id": "pg-1", "code": "GW", "removes": ["order"], "internal": null, "accounts_payable": null,
                "shopper": "Call us.", "since": "2026-03-01T00:00:00.000000Z", "until": null, "placed_by": null
            }]}),
        ),
    ];
    for (patch, expected) in cases {
        let written = serde_json::to_value(patch_request("", &patch)).unwrap();
        assert_eq!(written["patch"], expected);
        assert_eq!(
            (&written["expect"], &written["actor"]),
            (&json!("7"), &json!("c.desk"))
        );
    }
}

#[test]
fn a_forgotten_key_is_not_a_missing_one() {
    let answer =
        |items: Value, missing: Value| -> WireFound { read(&json!({"items": items, "missing": missing})) };
    let keys = ["C-1".to_owned(), "C-2".to_owned()];
    let whole = answer(json!([account_json()]), json!(["C-2"]));
    assert!(found(whole, &keys, account).is_ok());
    let forgetful = answer(json!([account_json()]), json!([]));
    assert!(found(forgetful, &keys, account).is_err());
}

#[test]
fn a_row_that_cannot_be_read_is_alone_in_that() {
    let page =
        |items: &[Value]| -> WirePage { read(&json!({"items": items, "next_cursor": "1", "more": false})) };
    let with = |change: Value| {
        let mut row = account_json();
        row.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        row
    };
    let absurd = json!({"kind": "amount", "amount": "999999999999999999999", "currency": "USD"});
    for (change, problem) in [
        (
            json!({"external_id": "C-2", "credit_limit": absurd}),
            "items[1].account 'C-2'.credit_limit.amount",
        ),
        (
            json!({"external_id": "C-2", "active": "yes"}),
            "items[1].'C-2'.row",
        ),
        (json!({"external_id": 7}), "items[1].''.row"),
    ] {
        let (read, left_out) = accounts(page(&[account_json(), with(change)])).unwrap();
        assert_eq!(read.items.len(), 1);
        assert!(left_out[0].problem.starts_with(problem), "{left_out:?}");
    }
    let broken = with(json!({"version": 7}));
    assert!(
        accounts(page(&[broken.clone(), broken])).is_err(),
        "nothing is as it should be"
    );
}

#[test]
fn a_part_of_a_minor_unit_is_owed_as_a_whole_one() {
    let owed = |items: &str, orders: &str| {
        let wire = json!({
            "external_id": "C-1", "open_items": {"amount": items, "currency": "USD"},
            "open_orders": {"amount": orders, "currency": "USD"}, "includes_open_orders": true,
            "as_of": "2026-03-01T12:00:00Z"
        });
        exposure(read(&wire)).unwrap().total().unwrap().amount
    };
    assert_eq!(owed("100.00", "0.0375"), usd(10_004));
    assert_eq!(owed("-0.019", "1"), usd(99));
}

fn document_json(kind: &str, content: Value) -> Value {
    let base = json!({
        "document_id": "D-1", "kind": kind, "order_id": "SO-1", "reference": "r-1", "customer": "C-1",
        "issued_at": "2026-03-01T09:31:00Z"
    });
    with(base, content)
}

#[test]
fn documents_of_every_kind() {
    let amount = |text: &str| json!({"amount": text, "currency": "EUR"});
    let line = |change: Value| {
        with(
            json!({"line_number": 1, "part_id": "P", "quantity": "3", "unit": "BX"}),
            change,
        )
    };
    let invoice = json!({
        "invoice_date": "2026-03-02", "due_date": "2026-04-01", "currency": "EUR", "net": amount("30.00"),
        "tax": amount("5.70"), "total": amount("35.70"),
        "lines": [line(json!({"unit_price": amount("10.0000"), "net": amount("30.00")}))]
    });
    let cases = [
        document_json(
            "acknowledgement",
            json!({"outcome": "changed", "lines": [line(json!({"status": "backordered"}))]}),
        ),
        document_json(
            "status",
            json!({"state": "on_hold", "hold": {"code": "CREDIT", "message": "over"}}),
        ),
        document_json(
            "shipment",
            json!({"shipped_at": "2026-03-02T15:00:00Z", "lines": [line(json!({}))]}),
        ),
        document_json("invoice", invoice.clone()),
        document_json(
            "credit_memo",
            with(invoice, json!({"invoice_document_id": "D-0"})),
        ),
        document_json(
            "payment",
            json!({
                "amount": amount("35.70"), "paid_at": "2026-03-20T00:00:00Z",
                "allocations": [{"invoice_document_id": "D-0", "amount": amount("35.70")}]
            }),
        ),
    ];
    for (kind, case) in DocumentKind::ALL.into_iter().zip(cases) {
        let read = document(read(&case)).unwrap();
        assert_eq!(read.content.kind(), kind);
        match read.content {
            DocumentContent::Acknowledgement(ack) => {
                assert_eq!(ack.lines[0].status, AcknowledgementStatus::Backordered);
            }
            DocumentContent::Status { state, .. } => {
                assert_eq!(
                    state,
                    PlacedState::OnHold {
                        code: "CREDIT".into(),
                        message: "over".into()
                    }
                );
            }
            DocumentContent::Shipment(shipment) => assert_eq!(shipment.lines[0].quantity.text(), "3"),
            DocumentContent::Invoice(invoice) => assert_eq!(invoice.lines[0].unit_price.text(), "10.0000"),
            DocumentContent::CreditMemo {
                invoice_document_id, ..
            } => {
                assert_eq!(invoice_document_id.as_deref(), Some("D-0"));
            }
            DocumentContent::Payment(payment) => assert_eq!(payment.allocations.len(), 1),
        }
    }
}

#[test]
fn documents_that_are_refused() {
    let usd = json!({"amount": "1.00", "currency": "USD"});
    let line = json!({"line_number": 1, "part_id": "P", "quantity": "three", "unit": "BX"});
    let cases = [
        (
            document_json("status", json!({"state": "on_hold"})),
            "document 'D-1'.hold",
        ),
        (
            document_json("status", json!({"state": "lost"})),
            "document 'D-1'.state",
        ),
        (
            document_json(
                "shipment",
                json!({"shipped_at": "2026-03-02T15:00:00Z", "lines": [line]}),
            ),
            "document 'D-1'.lines[0].quantity",
        ),
        (
            document_json(
                "invoice",
                json!({
                    "invoice_date": "2026-03-02", "due_date": "2026-04-01", "currency": "EUR", "net": usd,
                    "total": usd, "lines": []
                }),
            ),
            "document 'D-1'.net.currency",
        ),
    ];
    for (case, path) in cases {
        let wire: WireDocument = read(&case);
        let problem = document(wire).unwrap_err().to_string();
        assert!(problem.starts_with(path), "{problem}");
    }
}

#[test]
fn an_order_of_another_reference_is_a_mix_up() {
    let order = json!({
        "order_id": "1", "order_number": "1", "reference": "other", "customer": "C-1", "state": "open",
        "created_at": "2026-03-01T00:00:00Z"
    });
    let wire = read(&json!({"result": "created", "order": order}));
    assert!(submit_outcome(wire, "mine").is_err());
}

const PUBLISHED: &str = include_str!("../../../../../../docs/protocols/erp.md");

/// The last JSON example below a heading of the published text: an answer.
fn published<T: DeserializeOwned>(heading: &str) -> T {
    let section = PUBLISHED.split(&format!("\n{heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let example = section
        .split("```json\n")
        .last()
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    read(&serde_json::from_str(example).unwrap())
}

#[test]
fn the_published_answers_are_read() {
    let keys = ["C-1001".to_owned()];
    let (known, left_out) = found(published("## account"), &keys, account).unwrap();
    assert!(left_out.is_empty());
    assert_eq!(
        known.items[0].holds[0].removes,
        Some(PermissionSet::of(&[Permission::OrderOnTerms]))
    );
    let (feed, _) = accounts(published("## accounts")).unwrap();
    assert_eq!(
        (feed.deleted.as_slice(), feed.next_cursor.as_str()),
        (&["C-0007".to_owned()][..], "MTcuNDM")
    );
    let patched = patch_outcome(published("## patch_account")).unwrap();
    assert!(
        matches!(patched, PatchOutcome::Conflict(account) if account.credit_limit == CreditLimit::Unlimited)
    );
    let waiting = serde_json::from_str(r#"{"result": "waiting", "message": "at night"}"#).unwrap();
    assert!(matches!(patch_outcome(waiting).unwrap(), PatchOutcome::Waiting(what) if what == "at night"));
    let (owed, _) = found(published("## exposure"), &keys, exposure).unwrap();
    assert_eq!(owed.items[0].total().unwrap().amount, usd(910_000));
    let reference = "0197f0a2-6c1e-7d3a-9d0e-0c5f2b1a7e44";
    let created = submit_outcome(published("## submit_order"), reference).unwrap();
    assert!(
        matches!(created, SubmitOutcome::Created(order) if matches!(order.state, PlacedState::OnHold { .. }))
    );
    let mut passed_on: WireOrders = published("## find_order_by_number");
    let asked = WireOrderNumber {
        customer: "C-1001",
        purchase_order_number: "4500017",
    };
    let passed_on = passed_on.orders.remove(0).placed_under(&asked).unwrap();
    assert_eq!(
        (passed_on.state, passed_on.reference.as_str()),
        (PlacedState::Open, "shop-88213")
    );
    let (page, left_out) = documents(published("## documents")).unwrap();
    assert!(left_out.is_empty(), "{left_out:?}");
    let kinds: Vec<DocumentKind> = page
        .items
        .iter()
        .map(|document| document.content.kind())
        .collect();
    assert_eq!(kinds, [DocumentKind::Acknowledgement, DocumentKind::Shipment]);
}
