//! What an order reserves.

use punchgate_domain::{
    credit::{ReservationBasis, amount_to_reserve, reserves_charges},
    money::{MoneyError, StatedAmount},
    purchase_order::PurchaseOrder,
    quantity::Quantity,
};

use crate::fixture::{charge, money, order, order_line};

#[test]
#[rustfmt::skip] // one row a line
fn what_counts_against_the_limit() {
    type Change = fn(&mut PurchaseOrder);
    let both = ReservationBasis::default();
    let net = ReservationBasis {
        tax: false,
        freight: false,
    };
    let no_tax = ReservationBasis {
        tax: false,
        freight: true,
    };
    let charges: Change = |o| {
        o.tax = charge("3");
        o.shipping = charge("2");
    };
    let rows: &[(&str, Change, ReservationBasis, &str)] = &[
        ("30", |_| {}, both, "30"),
        ("30", charges, both, "35"),
        ("30", charges, net, "30"),
        ("30", charges, no_tax, "32"),
        // The total has tax and freight, or one of them, in it already.
        ("35", charges, both, "35"),
        ("33", charges, both, "35"),
        ("35", charges, net, "30"),
        // A total that is not the lines': the larger counts.
        ("20", |_| {}, both, "30"),
        ("40", |_| {}, both, "40"),
        // Charges below zero make no room, whatever the total says.
        ("10", |o| o.tax = charge("-20"), both, "30"),
        ("25", |o| { o.tax = charge("3"); o.shipping = charge("-8"); }, both, "33"),
        ("-30", |o| { for l in &mut o.lines { l.quantity = Quantity::parse("-1").unwrap(); } }, both, "-30"),
    ];
    for (number, (total, change, basis, expected)) in rows.iter().enumerate() {
        let mut order = order(
            total,
            vec![order_line(1, "A", "", "10"), order_line(2, "B", "", "20")],
        );
        change(&mut order);
        assert_eq!(
            amount_to_reserve(&order, *basis),
            Ok(money(expected)),
            "row {number}"
        );
    }
}

/// Total, tax → whether invoices give tax back.
#[test]
fn whether_charges_are_in_it() {
    let net = ReservationBasis {
        tax: false,
        freight: false,
    };
    let both = ReservationBasis::default();
    for (total, tax, basis, expected) in [
        ("30", None, both, false),
        ("30", Some("3"), both, true),
        ("33", Some("3"), both, true),
        ("33", Some("3"), net, false),
        ("33", None, both, true),
    ] {
        let lines = vec![order_line(1, "A", "", "10"), order_line(2, "B", "", "20")];
        let mut order = order(total, lines);
        order.tax = tax.and_then(charge);
        let reserved = amount_to_reserve(&order, basis).unwrap();
        assert_eq!(reserves_charges(&order, reserved), expected, "{total} {tax:?}");
    }
}

#[test]
fn what_cannot_be_summed_is_an_error() {
    let mut huge = order_line(1, "A", "", "79228162514264337593543950335");
    huge.quantity = Quantity::parse("1000").unwrap();
    let basis = ReservationBasis::default();
    assert!(matches!(
        amount_to_reserve(&order("1", vec![huge]), basis),
        Err(MoneyError::Range(_))
    ));
    let mut other = order_line(1, "A", "", "1");
    other.unit_price = StatedAmount::parse("1", money("EUR 1").currency()).unwrap();
    assert!(matches!(
        amount_to_reserve(&order("1", vec![other]), basis),
        Err(MoneyError::Mixed(..))
    ));
    let mut no_basis = order_line(1, "A", "", "1");
    no_basis.price_basis = Some(Quantity::parse("0").unwrap());
    assert!(amount_to_reserve(&order("1", vec![no_basis]), basis).is_err());
}
