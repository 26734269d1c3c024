//! What an order reserves, and when that shrinks or ends.

use punchgate_domain::{
    credit::{
        Reservation, ReservationBasis, ReservedLine, amount_to_reserve, reservation_change, reserved_total,
        reserves,
    },
    customer::Exposure,
    money::{MoneyError, StatedAmount},
    order::OrderState,
    purchase_order::PurchaseOrder,
    quantity::Quantity,
};

use crate::fixture::{at, charge, money, order, order_line, usd};

fn exposure(as_of: &str, includes_open_orders: bool) -> Exposure {
    Exposure {
        amount: money("1"),
        as_of: at(as_of),
        includes_open_orders,
    }
}

fn reservation(lines: &[(&str, &str)], charges: (&str, &str)) -> Reservation {
    Reservation {
        lines: lines
            .iter()
            .zip(1..)
            .map(|((amount, invoiced), line_number)| ReservedLine {
                line_number,
                amount: money(amount),
                invoiced: money(invoiced),
            })
            .collect(),
        charges: money(charges.0),
        charges_invoiced: money(charges.1),
        erp_created_at: Some(at("2026-03-04T09:00:00Z")),
    }
}

#[test]
fn it_ends_when_the_exposure_shows_the_order() {
    let rows = [
        (None, "100"),
        (Some(exposure("2026-03-04T09:00:01Z", true)), "0"),
        // Read at the very moment, or before: it may not be in yet.
        (Some(exposure("2026-03-04T09:00:00Z", true)), "100"),
        (Some(exposure("2026-03-04T08:59:59Z", true)), "100"),
        (Some(exposure("2026-03-04T09:00:01Z", false)), "100"),
    ];
    for (exposure, open) in rows {
        let made = reservation(&[("60", "0"), ("40", "0")], ("0", "0"));
        assert_eq!(made.open(exposure.as_ref()), Ok(money(open)), "{exposure:?}");
        // Without an order in the ERP nothing can show it.
        let not_there = Reservation {
            erp_created_at: None,
            ..made
        };
        assert_eq!(
            not_there.open(exposure.as_ref()),
            Ok(money("100")),
            "{exposure:?}"
        );
    }
}

#[test]
fn it_shrinks_line_by_line() {
    let rows = [
        (vec![("60", "0"), ("40", "0")], ("5", "0"), "105"),
        (vec![("60", "60"), ("40", "0")], ("5", "0"), "45"),
        (vec![("60", "60"), ("40", "10")], ("5", "2"), "33"),
        // Invoiced above its order frees no other line.
        (vec![("60", "90"), ("40", "0")], ("5", "0"), "45"),
        // The last invoice takes the charges along.
        (vec![("60", "60"), ("40", "40")], ("5", "0"), "0"),
    ];
    for (lines, charges, open) in rows {
        assert_eq!(
            reservation(&lines, charges).open(None),
            Ok(money(open)),
            "{lines:?} {charges:?}"
        );
    }
    assert_eq!(Reservation::of(money("7")).open(None), Ok(money("7")));
}

#[test]
fn the_sum_and_the_difference() {
    let made = [
        Reservation::of(money("7")),
        reservation(&[("60", "20")], ("0", "0")),
    ];
    assert_eq!(reserved_total(&made, None, usd()), Ok(money("47")));
    let mixed = [Reservation::of(money("EUR 7"))];
    assert!(matches!(
        reserved_total(&mixed, None, usd()),
        Err(MoneyError::Mixed(..))
    ));
    assert_eq!(reservation_change(None, money("10")), Ok(money("10")));
    assert_eq!(
        reservation_change(Some(money("25")), money("10")),
        Ok(money("-15"))
    );
    let reserving: Vec<_> = OrderState::ALL
        .iter()
        .filter(|s| reserves(**s))
        .map(|s| s.as_str())
        .collect();
    assert_eq!(
        reserving,
        ["approved", "submitting", "accepted", "held_by_erp", "unknown"]
    );
}

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
