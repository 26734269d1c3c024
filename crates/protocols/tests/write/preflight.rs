//! The bounds of repair: what changes, what stops a line, what goes out as it is.

mod cases;

use proptest::prelude::*;
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::{
    Secret,
    decode::{message::OperationAllowed, setup::BuyerCookie},
    dialect::{Dialect, Severity, preflight},
    encode::{PunchOutOrderMessage, WriteError},
};
use rust_decimal::Decimal;

use crate::samples::{cart, frame, supplier_header, usd_amount};
use cases::{described, plain, with_part};

#[test]
fn lines_are_repaired_or_stopped_within_bounds() {
    for case in cases::all() {
        let dialect = Dialect::with_toml("generic", case.overlay).unwrap();
        let result = preflight(&cart(vec![case.line]), &dialect);
        let codes: Vec<_> = result.lines.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, case.codes, "{}: {:?}", case.name, result.lines);
        let fitted = result.cart.lines.first();
        assert_eq!(fitted, case.fitted.as_ref(), "{}", case.name);
        // Equality of amounts is by value; what is written is the text.
        if let (Some(fitted), Some(expected)) = (fitted, &case.fitted) {
            assert_eq!(
                fitted.unit_price.text(),
                expected.unit_price.text(),
                "{}",
                case.name
            );
            assert_eq!(fitted.quantity.text(), expected.quantity.text(), "{}", case.name);
        }
        assert_eq!(
            result.stopped_lines(),
            usize::from(fitted.is_none()),
            "{}",
            case.name
        );
    }
}

#[test]
fn a_stopped_line_leaves_the_others_alone() {
    let dialect = Dialect::built_in("ariba").unwrap();
    let original = cart(vec![plain(), with_part("A?1"), described(""), plain()]);
    let result = preflight(&original, &dialect);
    let seen: Vec<_> = result
        .lines
        .iter()
        .map(|warning| (warning.line, warning.severity))
        .collect();
    assert_eq!(
        seen,
        [(Some(2), Severity::Stopped), (Some(3), Severity::Repaired)]
    );
    assert_eq!(result.cart.lines.len(), 3);
    assert_eq!(result.cart.shipping, original.shipping);
    assert_eq!(preflight(&result.cart, &dialect).lines, [], "a fitted cart fits");
}

#[test]
fn freight_in_another_currency_is_left_out() {
    let euro = Currency::parse("EUR").unwrap();
    let mut original = cart(vec![plain()]);
    original.shipping.as_mut().unwrap().amount = StatedAmount::parse("4.90", euro).unwrap();
    let result = preflight(&original, &Dialect::built_in("generic").unwrap());
    let said: Vec<_> = result
        .lines
        .iter()
        .map(|warning| (warning.line, warning.code.as_str()))
        .collect();
    assert_eq!(said, [(None, "currency-mixed")]);
    assert_eq!(result.stopped_lines(), 0);
    assert_eq!((result.cart.shipping, result.cart.tax), (None, original.tax));
}

#[test]
fn the_total_can_always_be_written() {
    let mut large = plain();
    large.unit_price = usd_amount("50000000000000000");
    large.quantity = Quantity::parse("1").unwrap();
    let result = preflight(
        &cart(vec![large.clone(), large]),
        &Dialect::built_in("generic").unwrap(),
    );
    let said: Vec<_> = result
        .lines
        .iter()
        .map(|warning| (warning.line, warning.code.as_str()))
        .collect();
    assert_eq!(said, [(Some(2), "amount-too-large")]);
}

fn any_line() -> impl Strategy<Value = CartLine> {
    (
        (0_i64..2_000_000, 0_u32..7),
        (0_i64..10_000_000, 0_u32..8),
        proptest::option::of((1_i64..2_000, 0_u32..2)),
        prop_oneof![Just("EA"), Just("DZ"), Just("G"), Just("XX")],
        ".{0,80}",
        "[A-Zé]{1,3}[?{} 0-9]{0,1}[a-z]{0,3}",
    )
        .prop_map(|(amount, price, basis, unit, description, part_id)| {
            let decimal = |(digits, scale)| Decimal::new(digits, scale);
            CartLine {
                quantity: Quantity::from_decimal(decimal(amount)),
                unit: Unit::new(unit),
                price_basis: basis.map(|basis| Quantity::from_decimal(decimal(basis))),
                unit_price: StatedAmount::from_decimal(decimal(price), usd_amount("1").currency()),
                description,
                part_id,
                ..plain()
            }
        })
}

/// Quantity × price, compared crosswise so that no division can round.
fn same_amount(left: &CartLine, right: &CartLine) -> bool {
    let basis = |line: &CartLine| line.price_basis.as_ref().map_or(Decimal::ONE, Quantity::value);
    let value =
        |line: &CartLine, other: &CartLine| line.quantity.value() * line.unit_price.value() * basis(other);
    value(left, right) == value(right, left)
}

/// A dialect with units to convert, with and without a price basis in its cart.
fn converting(extended: bool) -> Dialect {
    let version = if extended { "1.2.050" } else { "1.2.014" };
    let overlay = format!(
        "dtd.punchout_order_message = \"{version}\"\nunits.codes.DZ = {{ code = \"EA\", factor = \"12\" }}\n\
         units.codes.G = {{ code = \"KGM\", factor = \"0.001\" }}"
    );
    Dialect::with_toml("generic", &overlay).unwrap()
}

fn write(cart: &Cart, dialect: &Dialect) -> Result<Vec<u8>, WriteError> {
    let message = PunchOutOrderMessage {
        buyer_cookie: &BuyerCookie::Text("c".to_owned()),
        operation_allowed: OperationAllowed::Edit,
        cart,
        total_includes: dialect.total_includes,
    };
    let secret = Secret::new("");
    message.write(&frame(&dialect.dtd, "p"), &supplier_header(&secret))
}

fn extreme_line() -> impl Strategy<Value = CartLine> {
    let decimal = || (any::<i64>(), 0_u32..=28).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    (decimal(), decimal(), proptest::option::of(decimal()), "[DG]Z?").prop_map(
        |(amount, price, basis, unit)| CartLine {
            quantity: Quantity::from_decimal(amount),
            unit: Unit::new(unit),
            price_basis: basis.map(Quantity::from_decimal),
            unit_price: StatedAmount::from_decimal(price, usd_amount("1").currency()),
            ..plain()
        },
    )
}

proptest! {
    /// Numbers at the edge of what can be counted stop their line and nothing else.
    #[test]
    fn extremes_are_stopped_or_written(lines in proptest::collection::vec(extreme_line(), 0..6), extended: bool) {
        let dialect = converting(extended);
        let result = preflight(&cart(lines), &dialect);
        prop_assert!(write(&result.cart, &dialect).is_ok());
    }

    /// Whatever comes in: a line that goes out costs what it cost, has its ids, fits, and can be written.
    #[test]
    fn what_goes_out_is_worth_what_came_in(lines in proptest::collection::vec(any_line(), 0..6), extended: bool) {
        let dialect = converting(extended);
        let original = cart(lines);
        let result = preflight(&original, &dialect);
        let stopped: Vec<_> = result
            .lines
            .iter()
            .filter(|warning| warning.severity == Severity::Stopped)
            .filter_map(|warning| warning.line)
            .collect();
        let kept = (1..).zip(&original.lines).filter(|(place, _)| !stopped.contains(place));
        prop_assert_eq!(result.cart.lines.len() + stopped.len(), original.lines.len());
        for ((_, before), after) in kept.zip(&result.cart.lines) {
            prop_assert!(same_amount(before, after), "{before:?} became {after:?}");
            prop_assert_eq!(&before.part_id, &after.part_id);
            prop_assert_eq!(&before.auxiliary_id, &after.auxiliary_id);
            prop_assert!(after.unit_price.value().scale() <= 4);
        }
        prop_assert!(write(&result.cart, &dialect).is_ok());
    }
}
