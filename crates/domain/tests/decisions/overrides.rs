//! Overrides: what passes, how much is drawn.

use punchgate_domain::{
    credit::{CreditRequest, CreditStanding, Draw, OwnShare, StandingOverride, Tender, TenderUse, decide},
    customer::{CreditLimit, PartyRole},
    hold::{Override, OverrideError, OverrideScope, Permission::Order},
    money::Money,
};

use crate::fixture::{at, money, now, party_hold, request, standing};

fn given(scope: OverrideScope, drawn: &str) -> StandingOverride {
    StandingOverride {
        record: Override {
            id: "ov".into(),
            scope,
            reason: "paid by wire this morning".to_owned(),
            by: "dana".to_owned(),
            at: at("2026-03-04T08:00:00Z"),
        },
        drawn: money(drawn),
    }
}

fn for_order(id: &str) -> StandingOverride {
    given(OverrideScope::Order(id.into()), "0")
}

fn for_customer(id: &str, until: Option<&str>, amount: Option<&str>, drawn: &str) -> StandingOverride {
    let scope = OverrideScope::customer(id.into(), until.map(at), amount.map(money)).unwrap();
    given(scope, drawn)
}

const TOMORROW: Option<&str> = Some("2026-03-05T00:00:00Z");
const PAST: Option<&str> = Some("2026-03-04T10:00:00Z");

fn held(asked: &mut CreditRequest) {
    asked.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])];
}

#[test]
#[rustfmt::skip] // one row a line
fn what_an_override_lets_pass() {
    type Change = fn(&mut CreditRequest, &mut CreditStanding);
    // total, override, what is different, outcome, drawn
    let rows: Vec<(&str, StandingOverride, Change, &str, Option<&str>)> = vec![
        ("7000", for_order("order-1"), |_, _| {}, "approve", Some("400")),
        ("7000", for_order("order-2"), |_, _| {}, "hold", None),
        ("7000", for_order("order-1"), |r, _| r.order = None, "hold", None),
        ("10", for_order("order-1"), |r, _| held(r), "approve", Some("10")),
        ("10", for_order("order-1"), |_, a| a.limit = CreditLimit::Unknown, "approve", Some("10")),
        ("10", for_order("order-1"), |_, a| a.exposure = None, "approve", Some("10")),
        ("10", for_order("order-1"), |_, a| a.limit = CreditLimit::Amount(money("0")), "approve", Some("10")),
        // Nothing stands against it: nothing is drawn.
        ("10", for_order("order-1"), |_, _| {}, "approve", None),
        // A person's yes to one order covers a credit note; a customer's override does not.
        ("-10", for_order("order-1"), |_, _| {}, "approve", Some("-10")),
        ("-10", for_customer("acme", TOMORROW, None, "0"), |_, _| {}, "refer", None),
        // What cannot be reckoned cannot be reserved, whoever says yes.
        ("EUR 10", for_order("order-1"), |_, _| {}, "refer", None),
        // An override is no card terminal.
        ("10", for_order("order-1"), |r, _| { r.tender = TenderUse::Funds { tender: Tender::Card, secured: None } }, "hold", None),
        // Customer: sold-to or payer, not the ship-to, nobody else.
        ("10", for_customer("acme-east", TOMORROW, None, "0"), |r, _| held(r), "approve", Some("10")),
        ("10", for_customer("acme", TOMORROW, None, "0"), |r, _| held(r), "approve", Some("10")),
        ("10", for_customer("acme-dock", TOMORROW, None, "0"), |r, _| held(r), "hold", None),
        ("10", for_customer("zenith", TOMORROW, None, "0"), |r, _| held(r), "hold", None),
        ("10", for_customer("acme", PAST, None, "0"), |r, _| held(r), "hold", None),
        // Up to an amount over all orders; of a limit only what is missing is drawn.
        ("10", for_customer("acme", None, Some("100"), "90"), |r, _| held(r), "approve", Some("10")),
        ("10.01", for_customer("acme", None, Some("100"), "90"), |r, _| held(r), "hold", None),
        ("7000", for_customer("acme", None, Some("400"), "0"), |_, _| {}, "approve", Some("400")),
        ("7000.01", for_customer("acme", None, Some("400"), "0"), |_, _| {}, "hold", None),
        // What the order itself has drawn before does not count twice.
        ("10", for_customer("acme", None, Some("100"), "100"), |r, _| { held(r); r.own = Some(OwnShare { reserved: money("10"), drawn: Some(Draw { override_id: "ov".into(), amount: money("10") }) }); }, "approve", Some("10")),
        // Approved on it in time, asked again after its end; a new order is too late.
        ("10", for_customer("acme", PAST, Some("100"), "10"), |r, _| { held(r); r.own = Some(OwnShare { reserved: money("10"), drawn: Some(Draw { override_id: "ov".into(), amount: money("10") }) }); }, "approve", Some("10")),
        ("10", for_customer("acme", PAST, Some("100"), "10"), |r, _| { held(r); r.own = Some(OwnShare { reserved: money("10"), drawn: Some(Draw { override_id: "other".into(), amount: money("10") }) }); }, "hold", None),
        // The hold passes, the card is still awaited: nothing is drawn yet.
        ("10", for_order("order-1"), |r, _| { held(r); r.tender = TenderUse::Funds { tender: Tender::Card, secured: None }; }, "hold", None),
    ];
    for (number, (total, record, change, outcome, drawn)) in rows.into_iter().enumerate() {
        let (mut asked, mut account) = (request(total), standing());
        account.overrides = vec![record];
        change(&mut asked, &mut account);
        let before = account.clone();
        let decision = decide(&asked, &account, now());
        assert_eq!(decision.outcome.as_str(), outcome, "row {number}: {decision:?}");
        assert_eq!(
            decision.drawn.map(|d| d.amount),
            drawn.map(money),
            "row {number}: drawn"
        );
        assert_eq!(account, before);
    }
}

#[test]
fn what_was_passed_is_still_told() {
    let mut account = standing();
    account.overrides = vec![for_order("order-1")];
    let mut asked = request("7000");
    held(&mut asked);
    let decision = decide(&asked, &account, now());
    let codes: Vec<_> = decision.warnings.iter().map(|r| r.code()).collect();
    assert_eq!(codes, ["on-hold", "over-limit"]);
}

#[test]
fn an_override_counts_from_when_it_was_given() {
    let mut account = standing();
    account.overrides = vec![for_order("order-1")];
    account.overrides[0].record.at = at("2026-03-04T10:00:01Z");
    assert_eq!(decide(&request("7000"), &account, now()).outcome.as_str(), "hold");
}

#[test]
fn a_customers_override_has_an_end() {
    let endless = OverrideScope::customer("acme".into(), None, None);
    assert_eq!(endless, Err(OverrideError::Endless));
    let zero = Money::zero(crate::fixture::usd());
    let nothing = OverrideScope::customer("acme".into(), None, Some(zero));
    assert_eq!(nothing, Err(OverrideError::Amount(zero)));
    // Even a record that was made some other way does not count.
    let mut account = standing();
    account.overrides = vec![given(
        OverrideScope::Customer {
            customer: "acme".into(),
            until: None,
            amount: None,
        },
        "0",
    )];
    assert_eq!(decide(&request("7000"), &account, now()).outcome.as_str(), "hold");
}
