//! Stored texts: every one reads back, and a wrong one is told what may stand there. The lists are written out,
//! because what is stored must not change.

use std::fmt::{Debug, Display};

use punchgate_domain::{
    cart::ChargeKind,
    credit::{CheckPoint, OverLimitAction, Tender},
    customer::{CreditLimit, PartyRole},
    hold::{HoldSource, Permission},
    merge::{FieldOwner, Side},
    order::{Cause, OrderState},
    policy::{
        CartBlocking, ChargePlacement, ConfirmationPolicy, ContactPolicy, DuplicatePolicy, KnownOrderPolicy,
        OrderSink, PcardPolicy, PriceAction, StaleExposure, UnmappedPolicy,
    },
    session::{Operation, OperationAllowed, SessionState},
    shadow::{Field, There},
    stored_name::UnknownName,
};

use crate::fixture::money;

macro_rules! names {
    ($($kind:ident: $($text:literal)+;)+) => {
        $(reads_back($kind::ALL, $kind::NAMES, &[$($text),+], $kind::parse);)+
    };
}

fn reads_back<V: Copy + Display + PartialEq + Debug>(
    all: &[V],
    names: &[&str],
    expected: &[&str],
    parse: fn(&str) -> Result<V, UnknownName>,
) {
    assert_eq!(names, expected);
    assert_eq!(all.len(), names.len());
    for (value, name) in all.iter().zip(names) {
        assert_eq!(parse(name), Ok(*value));
        assert_eq!(value.to_string(), *name);
    }
    for wrong in ["", "x", " "] {
        let refused = parse(wrong).unwrap_err().to_string();
        assert!(names.iter().all(|name| refused.contains(name)), "{refused}");
    }
}

#[test]
fn stored_texts() {
    names! {
        CheckPoint: "checkout" "cart_return" "purchase_order";
        ChargeKind: "freight" "tax";
        ChargePlacement: "omit" "header" "line";
        ContactPolicy: "optional" "required";
        Tender: "terms" "card" "ach" "credit_provider" "points";
        OverLimitAction: "hold" "refer" "decline";
        PartyRole: "sold_to" "ship_to" "payer";
        HoldSource: "manual" "erp" "rule";
        Permission: "order_on_terms" "order" "ship" "invoice";
        FieldOwner: "erp" "gateway" "latest";
        Side: "gateway" "erp";
        OrderState: "received" "approved" "held" "referred" "declined" "submitting" "accepted" "held_by_erp"
            "rejected" "unknown" "cancelled" "tombstone" "shadow";
        Cause: "document_received" "decided" "decided_again" "person_decided" "claimed" "sink_answered"
            "buyer_cancelled" "operator_cancelled" "reopened";
        SessionState: "opened" "shopping" "returned" "cancelled" "expired";
        Operation: "create" "edit" "inspect" "source";
        OperationAllowed: "create" "inspect" "edit";
        DuplicatePolicy: "by_payload_id" "ignore";
        KnownOrderPolicy: "review" "change" "409";
        PcardPolicy: "tokenise" "hold" "refuse";
        ConfirmationPolicy: "on_erp_acknowledgement" "on_erp_order_created" "manual" "never";
        CartBlocking: "warn" "block";
        OrderSink: "erp" "storefront" "none";
        PriceAction: "hold" "warn" "accept";
        UnmappedPolicy: "hold" "warn" "pass";
        Field: "decision" "customer" "ship_to" "part" "unit" "quantity" "price" "total";
        There: "absent" "draft" "open" "on_hold" "completed" "cancelled";
    }
}

#[test]
fn what_old_exposure_does() {
    let rows = [
        ("block", StaleExposure::Block),
        ("warn", StaleExposure::Warn),
        ("allow_up_to:500.00 USD", StaleExposure::AllowUpTo(money("500"))),
        ("allow_up_to:500 JPY", StaleExposure::AllowUpTo(money("JPY 500"))),
    ];
    for (text, value) in rows {
        assert_eq!(StaleExposure::parse(text), Ok(value));
        assert_eq!(value.to_string(), text);
    }
    for text in [
        "",
        "allow",
        "allow_up_to:",
        "allow_up_to:5",
        "allow_up_to:x USD",
        "allow_up_to:5 US",
    ] {
        assert_eq!(StaleExposure::parse(text).unwrap_err().0, text);
    }
}

#[test]
fn limits_are_stored_in_two_parts() {
    for limit in [
        CreditLimit::Unknown,
        CreditLimit::Unlimited,
        CreditLimit::Amount(money("0")),
    ] {
        assert_eq!(CreditLimit::from_parts(limit.kind(), limit.amount()), Ok(limit));
    }
    for (kind, amount) in [("amount", None), ("unknown", Some(money("1"))), ("", None)] {
        assert!(
            CreditLimit::from_parts(kind, amount).is_err(),
            "{kind} {amount:?}"
        );
    }
}

#[test]
fn a_cart_stays_only_where_that_is_agreed() {
    assert!(CartBlocking::Block.stops(false));
    assert!(!CartBlocking::Block.stops(true));
    assert!(!CartBlocking::Warn.stops(false));
}
