//! Freight and tax of a cart: where they go, and what the cart then says.

use punchgate_domain::{
    cart::{Cart, ChargeKind},
    policy::{CartCharges, ChargePlacement, ChargeRule},
};

use crate::fixture::{cart_line, charge, usd};

fn rules([freight, tax]: [ChargePlacement; 2]) -> CartCharges {
    let rule = |placement, part: &str| ChargeRule {
        placement,
        part_id: part.to_owned(),
    };
    CartCharges {
        freight: rule(freight, "FRT-1"),
        tax: rule(tax, "TAX-1"),
    }
}

/// Freight 12.50 and tax 3.10 over one line of 10: what is beside the lines, the lines, their sum.
#[test]
fn each_goes_where_it_was_agreed() {
    use ChargePlacement::{Header, Line, Omit};
    let table = [
        ([Omit, Omit], [false, false], vec![], "10"),
        ([Header, Header], [true, true], vec![], "10"),
        ([Header, Omit], [true, false], vec![], "10"),
        ([Omit, Header], [false, true], vec![], "10"),
        (
            [Line, Omit],
            [false, false],
            vec![("FRT-1", ChargeKind::Freight)],
            "22.5",
        ),
        (
            [Header, Line],
            [true, false],
            vec![("TAX-1", ChargeKind::Tax)],
            "13.1",
        ),
        (
            [Line, Line],
            [false, false],
            vec![("FRT-1", ChargeKind::Freight), ("TAX-1", ChargeKind::Tax)],
            "25.6",
        ),
    ];
    for (placements, beside, further, sum) in table {
        let placed = rules(placements).place(cart("12.50", "3.10"));
        assert_eq!(
            [placed.shipping.is_some(), placed.tax.is_some()],
            beside,
            "{placements:?}"
        );
        let lines = placed.lines.iter().skip(1);
        let lines: Vec<_> = lines
            .map(|line| (line.part_id.as_str(), line.charge.unwrap()))
            .collect();
        assert_eq!(lines, further, "{placements:?}");
        assert_eq!(
            placed.lines_total().unwrap().value().normalize().to_string(),
            sum,
            "{placements:?}"
        );
        assert_eq!(
            placed.lines[0],
            cart("0", "0").lines[0],
            "articles stay as they are"
        );
    }
}

#[test]
fn a_line_of_a_charge_can_be_ordered() {
    let placed = rules([ChargePlacement::Line; 2]).place(cart("12.50", "3.10"));
    let line = &placed.lines[1];
    assert_eq!((line.quantity.text(), line.unit.as_str()), ("1", "EA"));
    assert_eq!((line.unit_price.text(), line.language.as_str()), ("12.50", "en"));
    assert_eq!(line.description, "charge");
}

#[test]
fn nothing_is_no_line_and_no_article_is_no_cart() {
    let lines = rules([ChargePlacement::Line; 2]);
    assert_eq!(lines.place(cart("0.00", "0")).lines.len(), 1);
    let mut emptied = cart("12.50", "3.10");
    emptied.lines.clear();
    let placed = lines.place(emptied);
    assert!(placed.lines.is_empty() && !placed.has_articles());
}

fn cart(freight: &str, tax: &str) -> Cart {
    Cart {
        currency: usd(),
        lines: vec![cart_line("A-1", "k1", "10")],
        shipping: charge(freight),
        tax: charge(tax),
    }
}
