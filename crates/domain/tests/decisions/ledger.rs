//! Folding several orders: the same as deciding one after the other.

use proptest::prelude::*;
use punchgate_domain::{
    credit::{CreditRequest, LedgerError, OwnShare, StandingLedger, StandingOverride, decide},
    customer::PartyRole,
    hold::{Override, OverrideScope, Permission::Order},
    ids::CreditAccountId,
    money::Money,
};

use crate::fixture::{at, money, now, party_hold, request, standing, usd};

fn acme() -> CreditAccountId {
    "acme".into()
}

#[test]
fn equal_orders_fill_what_is_available_and_no_more() {
    let mut ledger = StandingLedger::new([standing()]);
    let approved = (0..50)
        .filter(|_| {
            ledger
                .decide(&acme(), &request("1000"), now())
                .unwrap()
                .is_approved()
        })
        .count();
    // ⌊6,600 / 1,000⌋
    assert_eq!(approved, 6);
    assert_eq!(ledger.standing(&acme()).unwrap().reserved, money("18000"));
}

#[test]
fn accounts_do_not_touch_each_other() {
    let mut other = standing();
    other.account = "zenith".into();
    let mut ledger = StandingLedger::new([standing(), other]);
    assert!(
        ledger
            .decide(&acme(), &request("6600"), now())
            .unwrap()
            .is_approved()
    );
    assert!(
        !ledger
            .decide(&acme(), &request("1"), now())
            .unwrap()
            .is_approved()
    );
    assert!(
        ledger
            .decide(&"zenith".into(), &request("6600"), now())
            .unwrap()
            .is_approved()
    );
    let missing = ledger.decide(&"nobody".into(), &request("1"), now());
    assert_eq!(missing.unwrap_err(), LedgerError::NotLoaded("nobody".into()));
}

#[test]
fn an_order_that_is_no_longer_approved_gives_back_what_it_had() {
    let mut ledger = StandingLedger::new([standing()]);
    let held = CreditRequest {
        holds: vec![party_hold(PartyRole::SoldTo, "h", &[Order])],
        own: Some(OwnShare {
            reserved: money("12000"),
            drawn: None,
        }),
        ..request("12000")
    };
    assert!(!ledger.decide(&acme(), &held, now()).unwrap().is_approved());
    assert_eq!(ledger.standing(&acme()).unwrap().reserved, money("0"));
    assert!(
        ledger
            .decide(&acme(), &request("18600"), now())
            .unwrap()
            .is_approved()
    );
}

#[test]
fn an_override_over_all_orders_is_used_up() {
    let mut account = standing();
    account.reserved = money("18600");
    account.overrides = vec![StandingOverride {
        record: Override {
            id: "ov".into(),
            scope: OverrideScope::customer("acme".into(), None, Some(money("1000"))).unwrap(),
            reason: "cheque seen".to_owned(),
            by: "dana".to_owned(),
            at: at("2026-03-01T00:00:00Z"),
        },
        drawn: money("0"),
    }];
    let mut ledger = StandingLedger::new([account]);
    let decided: Vec<bool> = ["400", "400", "400", "200"]
        .map(|total| {
            ledger
                .decide(&acme(), &request(total), now())
                .unwrap()
                .is_approved()
        })
        .to_vec();
    assert_eq!(decided, [true, true, false, true]);
    let after = ledger.standing(&acme()).unwrap();
    assert_eq!(
        (after.overrides[0].drawn, after.reserved),
        (money("1000"), money("19600"))
    );
    let own = OwnShare {
        reserved: money("400"),
        drawn: Some(punchgate_domain::credit::Draw {
            override_id: "ov".into(),
            amount: money("400"),
        }),
    };
    ledger.release(&acme(), &own).unwrap();
    let after = ledger.standing(&acme()).unwrap();
    assert_eq!(
        (after.overrides[0].drawn, after.reserved),
        (money("600"), money("19200"))
    );
}

#[test]
fn an_approval_that_cannot_be_entered_is_referred() {
    let mut account = standing();
    account.limit = punchgate_domain::customer::CreditLimit::Unlimited;
    account.reserved = Money::from_minor(i64::MAX, usd());
    let mut ledger = StandingLedger::new([account.clone()]);
    let decision = ledger.decide(&acme(), &request("1"), now()).unwrap();
    assert_eq!(decision.outcome.as_str(), "refer");
    assert_eq!(ledger.standing(&acme()), Some(&account));
}

proptest! {
    #[test]
    fn the_fold_is_the_serial_decision(totals in prop::collection::vec(1_i64..400_000, 1..40)) {
        let mut ledger = StandingLedger::new([standing()]);
        let mut serial = standing();
        for total in totals {
            let asked = CreditRequest { total: Money::from_minor(total, usd()), ..request("1") };
            let alone = decide(&asked, &serial, now());
            let folded = ledger.decide(&acme(), &asked, now()).unwrap();
            prop_assert_eq!(&alone, &folded);
            if alone.is_approved() {
                serial.reserved = serial.reserved.plus(alone.reserve).unwrap();
            }
        }
        let reserved = ledger.standing(&acme()).unwrap().reserved;
        prop_assert!(reserved.minor() <= 1_860_000);
    }
}
