//! Who pays, who takes part, and what lines and carts amount to.

use punchgate_domain::{
    cart::Cart,
    customer::{Parties, PartyRole},
    quantity::Quantity,
};

use crate::fixture::{cart_line, order_line, stated, usd};

#[test]
fn each_customer_takes_part_once() {
    use PartyRole::{Payer, ShipTo, SoldTo};
    let roles = |parties: &Parties| -> Vec<(PartyRole, String)> {
        let found = parties.roles().into_iter();
        found.map(|(role, id)| (role, id.to_string())).collect()
    };
    let mut parties = Parties {
        sold_to: "site".into(),
        ship_tos: Vec::new(),
        payer: "site".into(),
    };
    assert_eq!(roles(&parties), [(SoldTo, "site".to_owned())]);
    parties.payer = "payer".into();
    assert_eq!(
        roles(&parties),
        [(SoldTo, "site".to_owned()), (Payer, "payer".to_owned())]
    );
    parties.ship_tos = ["dock", "payer", "site", "dock"].map(Into::into).to_vec();
    assert_eq!(
        roles(&parties),
        [
            (SoldTo, "site".to_owned()),
            (ShipTo, "dock".to_owned()),
            (ShipTo, "payer".to_owned())
        ]
    );
}

#[test]
fn amounts_are_exact_or_absent() {
    // quantity, price, basis, factor, amount
    let rows = [
        ("3", "9.99", None, None, Some("29.97")),
        ("250", "12.50", Some("100"), None, Some("31.25")),
        ("2", "12.50", Some("100"), Some("50"), Some("12.5")),
        ("-1", "9.99", None, None, Some("-9.99")),
        ("1", "9.99", Some("0"), None, None),
        ("79228162514264337593543950335", "10", None, None, None),
        ("2", "1", None, Some("79228162514264337593543950335"), None),
    ];
    for (quantity, price, basis, factor, amount) in rows {
        let number = |text: Option<&str>| text.map(|text| Quantity::parse(text).unwrap());
        let mut line = order_line(1, "A", "", price);
        line.quantity = Quantity::parse(quantity).unwrap();
        line.price_basis = number(basis);
        line.price_basis_factor = number(factor);
        let expected = amount.map(|amount| stated(amount).value());
        assert_eq!(line.amount(), expected, "{quantity} × {price}");
        if factor.is_none() {
            let mut in_cart = cart_line("A", "k", price);
            (in_cart.quantity, in_cart.price_basis) = (line.quantity, line.price_basis);
            assert_eq!(in_cart.amount(), expected, "{quantity} × {price}");
            let cart = Cart {
                currency: usd(),
                lines: vec![in_cart, cart_line("B", "k", "1")],
                shipping: None,
                tax: None,
            };
            let with_one = expected.map(|value| value + rust_decimal::Decimal::ONE);
            assert_eq!(cart.lines_total().map(|total| total.value()), with_one);
        }
    }
}
