//! Prices against the cart, total against the lines.

use punchgate_domain::{
    cart::CartLine,
    policy::{
        CartCheck, ContractPrice, ContractPrices, PricePolicy, PriceTolerance, contract_check, total_check,
    },
    purchase_order::{OrderLine, PurchaseOrder},
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use crate::fixture::{
    at, cart_line, charge, money, order, order_line, price_check, price_check_mapped, stated,
};

fn quantity(text: &str) -> Option<Quantity> {
    Some(Quantity::parse(text).unwrap())
}

fn tolerance(percent: &str, absolute: &str) -> PriceTolerance {
    PriceTolerance {
        percent: percent.parse().unwrap(),
        absolute: absolute.parse().unwrap(),
    }
}

fn said(ordered: &[OrderLine], cart: &[CartLine], tolerance: &PriceTolerance) -> Vec<String> {
    texts(&price_check(ordered, cart, tolerance))
}

fn texts(check: &CartCheck) -> Vec<String> {
    let uncovered = check
        .uncovered
        .iter()
        .map(|place| format!("line at {place} is for the contract"));
    check
        .findings
        .iter()
        .map(ToString::to_string)
        .chain(uncovered)
        .collect()
}

#[test]
#[rustfmt::skip] // one row a line
fn one_line_against_its_cart_line() {
    type Change = fn(&mut OrderLine, &mut CartLine);
    let rows: &[(Change, &[&str])] = &[
        (|_, _| {}, &[]),
        (|o, _| o.unit_price = stated("9.9900"), &[]),
        (|o, _| o.unit_price = stated("10.00"), &[]),
        (|o, _| o.unit_price = stated("10.01"), &["line 1: price USD 10.01 ordered, USD 9.99 offered"]),
        // A lower price is as wrong as a higher one.
        (|o, _| o.unit_price = stated("9.97"), &["line 1: price USD 9.97 ordered, USD 9.99 offered"]),
        (|o, _| o.unit = Unit::new("BX"), &["line 1: unit BX ordered, EA offered"]),
        (|o, _| o.part_id = "B".to_owned(), &["line 1: part B ordered, A offered"]),
        (|o, _| { o.part_id = "B".to_owned(); o.auxiliary_id = None; }, &["line at 0 is for the contract"]),
        (|o, _| o.auxiliary_id = None, &[]),
        // The cart's price is for 100; the suite forgot that.
        (|_, c| c.price_basis = quantity("100"), &["line 1: price for 1 units ordered, for 100 offered", "line 1: price USD 9.99 ordered, USD 0.0999 offered"]),
        // The suite reckoned it down to one.
        (|o, c| { c.price_basis = quantity("100"); o.unit_price = stated("0.0999"); }, &[]),
        // Same basis, written otherwise; and through the factor from order unit to basis unit.
        (|o, c| { c.price_basis = quantity("100"); o.price_basis = quantity("100.0"); }, &[]),
        (|o, c| { c.price_basis = quantity("5"); o.price_basis = quantity("10"); o.price_basis_factor = quantity("2"); }, &[]),
        (|o, _| o.price_basis = quantity("0"), &["line 1: its numbers cannot be reckoned with"]),
        (|_, c| c.price_basis = quantity("-1"), &["line 1: its numbers cannot be reckoned with"]),
        (|o, _| { o.unit_price = punchgate_domain::money::StatedAmount::parse("9.99", money("EUR 1").currency()).unwrap() }, &["line 1: price in EUR, offered in USD"]),
        // A return is no purchase.
        (|o, _| { o.is_return = true; o.part_id = "Z".to_owned(); o.auxiliary_id = None; }, &[]),
    ];
    for (number, (change, expected)) in rows.iter().enumerate() {
        let (mut ordered, mut offered) = (order_line(1, "A", "key", "9.99"), cart_line("A", "key", "9.99"));
        change(&mut ordered, &mut offered);
        assert_eq!(
            said(&[ordered], &[offered], &PricePolicy::default().tolerance),
            *expected,
            "row {number}"
        );
    }
}

#[test]
fn either_bound_is_enough() {
    // percent, absolute, ordered against 200.00, within
    let rows = [
        ("0", "0", "200.00", true),
        ("0", "0", "200.01", false),
        ("1", "0", "202.00", true),
        ("1", "0", "198.00", true),
        ("1", "0", "202.01", false),
        ("0", "5", "205.00", true),
        ("1", "5", "205.00", true),
        ("3", "5", "206.00", true),
        ("3", "5", "206.01", false),
    ];
    for (percent, absolute, ordered, within) in rows {
        let found = said(
            &[order_line(1, "A", "key", ordered)],
            &[cart_line("A", "key", "200.00")],
            &tolerance(percent, absolute),
        );
        assert_eq!(
            found.is_empty(),
            within,
            "{percent}% {absolute}: {ordered}: {found:?}"
        );
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn a_cent_is_a_cent_of_the_stated_price_and_of_the_line() {
    // offered for so many, ordered each, so many ordered, within
    let rows = [
        // 0.008 each: a cent on each would be all of it.
        ("8.00", "1000", "0", "1000", false),
        ("8.00", "1000", "0", "1", false),
        ("8.00", "1000", "0.008", "100000", true),
        ("8.00", "1000", "0.00801", "1000", true),
        ("8.00", "1000", "0.00802", "1000", false),
        ("8.00", "1000", "0.01", "1000", false),
        // Stated for one: the line is what it costs.
        ("0.008", "1", "0", "10000", false),
        ("5.00", "1", "4.99", "1", true),
        ("5.00", "1", "4.99", "5000", false),
        // Less than one: the stated price counts.
        ("8.00", "1", "0", "0.001", false),
    ];
    for (offered, basis, each, ordered, within) in rows {
        let (mut line, mut cart) = (order_line(1, "A", "key", each), cart_line("A", "key", offered));
        cart.price_basis = quantity(basis);
        line.quantity = Quantity::parse(ordered).unwrap();
        cart.quantity = line.quantity.clone();
        let found = said(&[line], &[cart], &PricePolicy::default().tolerance);
        assert_eq!(found.is_empty(), within, "{offered} for {basis}, {ordered} at {each}: {found:?}");
    }
}

#[test]
fn lines_find_their_partner() {
    let cart = [
        cart_line("A", "k1", "10"),
        cart_line("A", "k2", "20"),
        cart_line("B", "k3", "30"),
    ];
    let exact = tolerance("0", "0");
    // By key, whatever the order of lines.
    let by_key = [
        order_line(1, "A", "k2", "20"),
        order_line(2, "B", "k3", "30"),
        order_line(3, "A", "k1", "10"),
    ];
    assert!(said(&by_key, &cart, &exact).is_empty());
    // Split into two deliveries: the same cart line answers twice, not its neighbour.
    let split = [order_line(1, "A", "k1", "10"), order_line(2, "A", "k1", "10")];
    assert!(said(&split, &cart, &exact).is_empty());
    // Without keys the same part is compared in turn.
    let in_turn = [order_line(1, "A", "", "10"), order_line(2, "A", "", "20")];
    assert!(said(&in_turn, &cart, &exact).is_empty());
    let empty: [OrderLine; 0] = [];
    assert!(said(&empty, &cart, &exact).is_empty());
}

/// Quantities that are ordered, by key, against what the cart had under keys k1 (A, 600 and 400) and k2 (B, 10).
#[test]
#[rustfmt::skip] // one row a line
fn a_price_for_more_is_none_for_less() {
    let in_cart = |part: &str, key: &str, quantity: &str, unit: &str| {
        let mut line = cart_line(part, key, "5.00");
        line.quantity = Quantity::parse(quantity).unwrap();
        line.unit = Unit::new(unit);
        line
    };
    let cart = [
        in_cart("A", "k1", "600", "EA"), in_cart("A", "k1", "400", "EA"), in_cart("A", "k1", "3", "BX"),
        in_cart("B", "k2", "10", "EA"),
    ];
    // part, key, quantity, unit; places that the contract judges, other findings
    type Row<'a> = (&'a [(&'a str, &'a str, &'a str, &'a str)], &'a [usize], &'a [&'a str]);
    let rows: &[Row<'_>] = &[
        (&[("A", "k1", "1000", "EA")], &[], &[]),
        (&[("A", "k1", "1000.000", "EA")], &[], &[]),
        (&[("A", "k1", "2000", "EA")], &[], &[]),
        (&[("A", "k1", "1", "EA")], &[0], &[]),
        (&[("A", "k1", "999.9", "EA")], &[0], &[]),
        // In parts, of which one is a return.
        (&[("A", "k1", "500", "EA"), ("A", "k1", "500", "EA")], &[], &[]),
        (&[("A", "k1", "500", "EA"), ("A", "k1", "499", "EA")], &[0, 1], &[]),
        (&[("A", "k1", "999", "EA"), ("A", "k1", "1", "return")], &[0], &[]),
        // Each key and each unit for itself.
        (&[("A", "k1", "1000", "EA"), ("B", "k2", "9", "EA")], &[1], &[]),
        (&[("B", "k2", "10", "EA")], &[], &[]),
        (&[("A", "k1", "1000", "EA"), ("A", "k1", "3", "BX")], &[], &[]),
        (&[("A", "k1", "2", "BX"), ("A", "k1", "1000", "EA")], &[0], &[]),
        // Another part under the key is said, however much of it.
        (&[("Z", "k2", "10", "EA")], &[], &["line 1: part Z ordered, B offered"]),
        (&[("Z", "k2", "1", "EA")], &[0], &["line 1: part Z ordered, B offered"]),
        // In another unit nobody can tell.
        (&[("B", "k2", "1", "PAL")], &[], &["line 1: unit PAL ordered, EA offered"]),
        // Without a key: against the lines that answer.
        (&[("B", "", "10", "EA")], &[], &[]),
        (&[("B", "", "9", "EA")], &[0], &[]),
        (&[("A", "", "400", "EA"), ("A", "", "600", "EA")], &[], &[]),
        (&[("A", "", "400", "EA"), ("A", "", "599", "EA")], &[0, 1], &[]),
    ];
    for (number, (ordered, uncovered, findings)) in rows.iter().enumerate() {
        let lines: Vec<OrderLine> = (1..).zip(*ordered).map(|(number, (part, key, quantity, unit))| {
            let mut line = order_line(number, part, key, "5.00");
            line.quantity = Quantity::parse(quantity).unwrap();
            line.is_return = *unit == "return";
            line.unit = Unit::new(if line.is_return { "EA" } else { unit });
            line
        }).collect();
        let check = price_check(&lines, &cart, &tolerance("0", "0"));
        let said: Vec<String> = check.findings.iter().map(ToString::to_string).collect();
        assert_eq!((check.uncovered.as_slice(), said), (*uncovered, findings.iter().map(ToString::to_string).collect()), "row {number}");
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn what_the_mappings_make_of_it_is_as_offered() {
    let ours: fn(&str) -> &str = |text| match text { "PCE" => "EA", "OLD" => "A", other => other };
    // part and unit in the cart, on the order, findings
    let rows: &[(&str, &str, &str, &str, &[&str])] = &[
        ("A", "PCE", "A", "PCE", &[]),
        ("A", "EA", "A", "PCE", &[]),
        ("A", "PCE", "A", "EA", &[]),
        ("OLD", "EA", "A", "EA", &[]),
        ("A", "EA", "OLD", "EA", &[]),
        ("A", "EA", "OLD", "PCE", &[]),
        ("A", "BX", "A", "PCE", &["line 1: unit PCE ordered, BX offered"]),
        ("B", "EA", "OLD", "EA", &["line 1: part OLD ordered, B offered"]),
    ];
    for (number, (part, unit, ordered, in_unit, expected)) in rows.iter().enumerate() {
        let (mut line, mut cart) = (order_line(1, ordered, "k", "5"), cart_line(part, "k", "5"));
        (line.unit, cart.unit) = (Unit::new(in_unit), Unit::new(unit));
        let check = |line: &OrderLine, cart: &CartLine| price_check_mapped(
            std::slice::from_ref(line), std::slice::from_ref(cart), &tolerance("0", "0"), ours);
        assert_eq!(texts(&check(&line, &cart)), *expected, "row {number}");
        // A line without a key is found by what it means, too.
        line.auxiliary_id = None;
        let by_part = check(&line, &cart);
        assert_eq!(by_part.uncovered.is_empty(), *part != "B", "row {number}");
    }
}

#[test]
fn thousands_of_lines_are_compared_in_turn() {
    let price = |number: u32| format!("{number}.00");
    let lines: Vec<OrderLine> = (1..=20_000)
        .map(|number| order_line(number, "A", "", &price(number)))
        .collect();
    let cart: Vec<CartLine> = (1..=20_000)
        .map(|number| cart_line("A", &format!("k{number}"), &price(number)))
        .collect();
    assert_eq!(
        price_check(&lines, &cart, &tolerance("0", "0")),
        CartCheck::default()
    );
}

#[test]
fn a_cart_counts_as_long_as_was_agreed() {
    let policy = PricePolicy {
        cart_prices_valid_days: 30,
        ..PricePolicy::default()
    };
    let returned_at = at("2026-03-04T10:00:00Z");
    for (ordered_at, counts) in [
        ("2026-03-04T09:59:59Z", true),
        ("2026-03-04T10:00:00Z", true),
        ("2026-04-03T10:00:00Z", true),
        ("2026-04-03T10:00:01Z", false),
        ("2028-02-04T10:00:00Z", false),
    ] {
        assert_eq!(
            policy.counts_cart_of(returned_at, at(ordered_at)),
            counts,
            "{ordered_at}"
        );
    }
    assert_eq!(PricePolicy::default().cart_prices_valid_days, 90);
}

#[test]
fn numbers_out_of_range_are_findings() {
    let huge = Decimal::MAX.to_string();
    let mut ordered = order_line(1, "A", "key", &huge);
    ordered.price_basis = quantity("0.0000001");
    let found = said(
        &[ordered.clone()],
        &[cart_line("A", "key", "1")],
        &tolerance("0", "0"),
    );
    assert_eq!(
        found,
        [
            "line 1: price for 0.0000001 units ordered, for 1 offered",
            "line 1: its numbers cannot be reckoned with"
        ]
    );
    ordered.quantity = Quantity::parse(&huge).unwrap();
    let found = total_check(&order("1", vec![ordered]), &tolerance("0", "0"));
    assert_eq!(found.unwrap().to_string(), "the lines cannot be summed up");
}

#[test]
#[rustfmt::skip] // one row a line
fn the_total_is_net_or_with_its_charges() {
    type Change = fn(&mut PurchaseOrder);
    let rows: &[(&str, Change, Option<&str>)] = &[
        ("30.00", |_| {}, None),
        ("33.00", |_| {}, Some("the total says USD 33.00, the lines make USD 30")),
        ("33.00", |o| o.tax = charge("3"), None),
        ("30.00", |o| o.tax = charge("3"), None),
        ("35.00", |o| { o.tax = charge("3"); o.shipping = charge("2"); }, None),
        ("32.00", |o| { o.tax = charge("3"); o.shipping = charge("2"); }, None),
        ("34.00", |o| { o.tax = charge("3"); o.shipping = charge("2"); }, Some("the total says USD 34.00, the lines make USD 30")),
        // Half a cent for each of the two lines.
        ("30.01", |_| {}, None),
        ("30.02", |_| {}, Some("the total says USD 30.02, the lines make USD 30")),
        ("30", |o| { o.lines[1].unit_price = punchgate_domain::money::StatedAmount::parse("20", money("EUR 1").currency()).unwrap() }, Some("line 2 is in EUR, the total in USD")),
    ];
    for (number, (total, change, expected)) in rows.iter().enumerate() {
        let mut order = order(
            total,
            vec![order_line(1, "A", "", "10"), order_line(2, "B", "", "20")],
        );
        change(&mut order);
        let found = total_check(&order, &tolerance("0", "0")).map(|f| f.to_string());
        assert_eq!(found.as_deref(), *expected, "row {number}");
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn a_line_that_no_cart_covers_against_the_contract() {
    let offered = |price: &str, unit: &str, basis: Option<&str>| Some(ContractPrice::Offered {
        unit: Unit::new(unit),
        unit_price: stated(price),
        price_basis: basis.and_then(quantity),
    });
    let none = || Some(ContractPrice::NotOffered { message: "no such part".to_owned() });
    let away = || Some(ContractPrice::NotTold { message: "nobody to ask".to_owned() });
    let euro = punchgate_domain::money::StatedAmount::parse("9.99", money("EUR 1").currency()).unwrap();
    type Row = (Option<ContractPrice>, bool, &'static [&'static str]);
    // answer, must it be known by now, findings
    let rows: [Row; 11] = [
        (offered("9.99", "EA", None), true, &[]),
        (offered("10.00", "EA", None), true, &[]),
        (offered("8.50", "EA", None), true, &["line 1: price USD 9.99 ordered, USD 8.5 offered"]),
        (offered("999", "EA", Some("100")), true, &[]),
        (offered("9.99", "BX", None), true, &["line 1: unit EA ordered, BX offered"]),
        (offered("9.99", "EA", Some("0")), true, &["line 1: its numbers cannot be reckoned with"]),
        (none(), true, &["line 1: part A has no price for this customer: no such part"]),
        (away(), false, &["line 1: the price of part A was compared with nothing: nobody to ask"]),
        (None, false, &[]),
        (None, true, &["line 1: the price of part A was compared with nothing: the contract price was not asked"]),
        (Some(ContractPrice::Offered { unit: Unit::new("EA"), unit_price: euro, price_basis: None }), true, &["line 1: price in USD, offered in EUR"]),
    ];
    for (number, (answer, due, expected)) in rows.into_iter().enumerate() {
        let asked = order("9.99", vec![order_line(1, "A", "key", "9.99")]);
        let prices = ContractPrices { known: answer.into_iter().map(|answer| (0, answer)).collect(), due };
        let findings = contract_check(&asked, &[0, 7], &prices, &PricePolicy::default().tolerance);
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(said, expected, "row {number}");
    }
}
