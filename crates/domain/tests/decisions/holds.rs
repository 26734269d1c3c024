//! Holds combine by union; the strictest speaks first.

use proptest::prelude::*;
use punchgate_domain::hold::{
    Permission::{self, Invoice, Order, OrderOnTerms, Ship},
    PermissionSet, effective, removed_by_erp_code,
};

use crate::fixture::{at, hold, now};

#[test]
#[rustfmt::skip] // one row a line
fn union_and_texts() {
    let warn = hold("warn", &[]);
    let ship = hold("ship", &[Ship, Invoice]);
    let terms = hold("terms", &[OrderOnTerms]);
    let mut mute = hold("mute", &[Order]);
    mute.texts.shopper = None;
    let mut over = hold("over", &[Order]);
    over.until = Some(now());
    // holds, removed, order, shopper's text
    type Row<'a> = (
        Vec<&'a punchgate_domain::hold::Hold>,
        &'a [Permission],
        Vec<&'a str>,
        Option<&'a str>,
    );
    let rows: Vec<Row<'_>> = vec![
        (vec![], &[], vec![], None),
        (vec![&over], &[], vec![], None),
        (vec![&warn], &[], vec!["warn"], Some("warn: please call us")),
        (vec![&warn, &ship], &[Ship, Invoice], vec!["ship", "warn"], Some("ship: please call us")),
        (vec![&ship, &terms, &over], &[OrderOnTerms, Ship, Invoice], vec!["terms", "ship"], Some("terms: please call us")),
        (vec![&terms, &mute, &terms], &[Order, OrderOnTerms], vec!["mute", "terms"], Some("terms: please call us")),
        (vec![&mute], &[Order], vec!["mute"], None),
    ];
    for (number, (holds, removed, ids, shopper)) in rows.into_iter().enumerate() {
        let found = effective(holds, now());
        let order: Vec<&str> = found.holds.iter().map(|h| h.id.as_str()).collect();
        assert_eq!(found.removed, PermissionSet::of(removed), "row {number}");
        assert_eq!(order, ids, "row {number}");
        assert_eq!(found.shopper_text(), shopper, "row {number}");
        assert!(removed.iter().all(|p| found.removes(*p)), "row {number}");
    }
}

#[test]
fn of_equals_the_oldest_speaks_first() {
    let (mut young, old) = (hold("a-young", &[Order]), hold("z-old", &[Order]));
    young.since = at("2026-03-03T00:00:00Z");
    let found = effective([&young, &old], now());
    assert_eq!(found.internal_text(), Some("z-old: 3 invoices overdue"));
    assert_eq!(found.accounts_payable_text(), None);
}

#[test]
fn a_code_that_the_table_does_not_know_removes_everything() {
    let table = [("01", PermissionSet::of(&[Ship])), ("W", PermissionSet::EMPTY)];
    assert_eq!(removed_by_erp_code(table, "01"), PermissionSet::of(&[Ship]));
    assert_eq!(removed_by_erp_code(table, "W"), PermissionSet::EMPTY);
    assert_eq!(removed_by_erp_code(table, "02"), PermissionSet::ALL);
    assert_eq!(removed_by_erp_code([], ""), PermissionSet::ALL);
}

proptest! {
    #[test]
    fn sets_are_sets(a in 0_u8..16, b in 0_u8..16) {
        let (x, y) = (PermissionSet::from_bits(a).unwrap(), PermissionSet::from_bits(b).unwrap());
        prop_assert_eq!(x.union(y), y.union(x));
        prop_assert_eq!(x.union(x), x);
        prop_assert_eq!(x.union(y).bits(), a | b);
        for p in Permission::ALL {
            prop_assert_eq!(x.union(y).contains(*p), x.contains(*p) || y.contains(*p));
        }
        prop_assert_eq!(PermissionSet::of(&x.iter().collect::<Vec<_>>()), x);
    }

    #[test]
    fn unknown_bits_are_refused(bits in 16_u8..) {
        prop_assert_eq!(PermissionSet::from_bits(bits), None);
    }
}
