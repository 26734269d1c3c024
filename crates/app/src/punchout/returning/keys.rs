//! Line keys: what the shop states is kept; a line without one gets the key that it had before the edit, or a
//! new one. Pure.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::cart::{Cart, CartLine};

/// The cart with a key on every line. `session` makes new keys unlike those of any other cart.
pub(super) fn with_keys(mut cart: Cart, original: Option<&Cart>, session: &str) -> Cart {
    let mut taken: BTreeSet<String> = cart
        .lines
        .iter()
        .filter_map(|line| key(line).map(str::to_owned))
        .collect();
    let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in original.iter().flat_map(|cart| cart.lines.iter().rev()) {
        if let Some(key) = key(line).filter(|key| !taken.contains(*key)) {
            before.entry(&line.part_id).or_default().push(key);
        }
    }
    let mut number = 0_u32;
    for line in cart.lines.iter_mut().filter(|line| key(line).is_none()) {
        let known = before.get_mut(line.part_id.as_str()).and_then(Vec::pop);
        let key = known.map_or_else(|| new_key(session, &mut number, &taken), str::to_owned);
        taken.insert(key.clone());
        line.auxiliary_id = Some(key);
    }
    cart
}

fn key(line: &CartLine) -> Option<&str> {
    line.auxiliary_id.as_deref().filter(|key| !key.is_empty())
}

fn new_key(session: &str, number: &mut u32, taken: &BTreeSet<String>) -> String {
    loop {
        *number += 1;
        let key = format!("{session}-{number}");
        if !taken.contains(&key) {
            return key;
        }
    }
}

#[cfg(test)]
mod tests {
    use punchgate_domain::{
        money::{Currency, StatedAmount},
        quantity::{Quantity, Unit},
    };

    use super::*;

    fn cart(lines: &[(&str, &str)]) -> Cart {
        let currency = Currency::parse("USD").unwrap();
        let line = |(part, key): &(&str, &str)| CartLine {
            part_id: (*part).into(),
            auxiliary_id: (*key != "-").then(|| (*key).to_owned()),
            quantity: Quantity::parse("1").unwrap(),
            unit: Unit::new("EA"),
            unit_price: StatedAmount::parse("1", currency).unwrap(),
            price_basis: None,
            description: String::new(),
            short_name: None,
            language: "en".into(),
            classifications: Vec::new(),
            manufacturer_part_id: None,
            manufacturer_name: None,
            lead_time_days: None,
            image_url: None,
            extrinsics: Vec::new(),
            charge: None,
        };
        Cart {
            currency,
            lines: lines.iter().map(line).collect(),
            shipping: None,
            tax: None,
        }
    }

    #[test]
    fn keys_stay() {
        type Lines<'a> = &'a [(&'a str, &'a str)];
        let cases: [(&str, Lines<'_>, Lines<'_>, &[&str]); 7] = [
            ("the shop's own", &[("A", "k1"), ("A", "k2")], &[], &["k1", "k2"]),
            ("none: new ones", &[("A", "-"), ("B", "")], &[], &["s-1", "s-2"]),
            (
                "by part from before",
                &[("B", "-"), ("A", "-")],
                &[("A", "k1"), ("B", "k2")],
                &["k2", "k1"],
            ),
            (
                "equal parts in order",
                &[("A", "-"), ("A", "-")],
                &[("A", "k1"), ("A", "k2")],
                &["k1", "k2"],
            ),
            (
                "one more than before",
                &[("A", "-"), ("A", "-")],
                &[("A", "k1")],
                &["k1", "s-1"],
            ),
            (
                "a key that is in use is not given twice",
                &[("A", "-"), ("A", "k1")],
                &[("A", "k1")],
                &["s-1", "k1"],
            ),
            (
                "a new key that is in use",
                &[("A", "-"), ("A", "s-1")],
                &[],
                &["s-2", "s-1"],
            ),
        ];
        for (name, lines, original, expected) in cases {
            let done = with_keys(cart(lines), Some(&cart(original)), "s");
            let keys: Vec<_> = done
                .lines
                .iter()
                .filter_map(|line| line.auxiliary_id.as_deref())
                .collect();
            assert_eq!(keys, expected, "{name}");
        }
    }
}
