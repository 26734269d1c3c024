//! What becomes of an order, row by row: `policies.txt` has the orders, the carts, customers and mappings beside which they
//! come in, and for each what came of it, reviewed by people. `PUNCHGATE_BLESS=1` writes what comes of them now.

use std::fmt::Write as _;

use crate::support::{
    cxml::{Line, Po},
    erp::CUSTOMER,
    supplier::Supplier,
    world::World,
};

use super::prices::returned_cart;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/orders/policies.txt");

/// A part of the table: what is settled, and the orders that come in one after the other.
#[derive(Default)]
struct Part<'a> {
    settings: Vec<Vec<&'a str>>,
    rows: Vec<&'a str>,
}

fn parts(table: &'static str) -> Vec<Part<'static>> {
    let mut parts: Vec<Part<'static>> = Vec::new();
    for line in table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if line.starts_with("== ") {
            parts.push(Part::default());
            continue;
        }
        let part = parts.last_mut().expect("a part begins with ==");
        match line.strip_prefix("! ") {
            Some(setting) => part.settings.push(setting.split_whitespace().collect()),
            None => part.rows.push(line.split('|').next().unwrap().trim()),
        }
    }
    parts
}

/// Settings of the relationship; those of the customer come when the world stands.
fn supplier(part: &Part<'static>) -> Supplier {
    let begun = Supplier::with_buyer()
        .policy("price_action", "hold")
        .credit("1000000.00");
    part.settings
        .iter()
        .fold(begun, |supplier, setting| match setting.as_slice() {
            ["policy", key, value] => supplier.policy(key, value),
            ["switch", key, value] => supplier.switch(key, *value == "on"),
            ["available", amount] => supplier.credit(amount),
            ["mapping", kind, source, target @ ..] => supplier.mapping(kind, source, target.join(" ").leak()),
            ["relationship", key, value] => supplier.relationship(key, format!("\"{value}\"")),
            _ => supplier,
        })
}

async fn prepare(world: &World, part: &Part<'_>) -> Option<Line> {
    let mut cart = None;
    for setting in &part.settings {
        match setting.as_slice() {
            ["cart"] => cart = Some(returned_cart(world).await),
            ["hold", customer, removes @ ..] => {
                world.erp.place_hold(customer, removes, "Please call us.").await;
            }
            ["terms", terms] => world.erp.set_terms(CUSTOMER, terms).await,
            ["no-terms"] => world.erp.set_terms(CUSTOMER, "").await,
            _ => {}
        }
    }
    world.round().await;
    cart
}

/// `2 TL-1110 ST @ 57.11 cart + 1 FS-2010 BX @ 9.90 to DOCK-7; total 124.12; to DOCK-1; terms 60; card`
fn order(number: &str, row: &str, cart: Option<&Line>) -> String {
    let mut clauses = row.split(';').map(str::trim);
    let mut po = Po::new(number, "0.00");
    po.lines = clauses
        .next()
        .unwrap()
        .split(" + ")
        .map(|text| line(text, cart))
        .collect();
    let sum: rust_decimal::Decimal = po
        .lines
        .iter()
        .map(|line| {
            line.price.parse::<rust_decimal::Decimal>().unwrap() * rust_decimal::Decimal::from(line.quantity)
        })
        .sum();
    po.total = sum.to_string();
    let mut edits = Vec::new();
    for clause in clauses {
        match clause.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["total", total] => (*total).clone_into(&mut po.total),
            ["to", place] => po.ship_to = Some((*place).to_owned()),
            ["card"] => po.card = true,
            ["test"] => po.envelope.deployment = "test",
            ["terms", days] => {
                let term = format!("<PaymentTerm payInNumberOfDays=\"{days}\"/></OrderRequestHeader>");
                edits.push(("</OrderRequestHeader>".to_owned(), term));
            }
            ["ad", "hoc", line] => {
                let number = format!("lineNumber=\"{line}\"");
                edits.push((number.clone(), format!("{number} isAdHoc=\"yes\"")));
            }
            ["tax", amount] => edits.push(charge("Tax", amount)),
            ["freight", amount] => edits.push(charge("Shipping", amount)),
            ["type", kind] => edits.push((
                "type=\"new\"".to_owned(),
                format!("type=\"new\" orderType=\"{kind}\""),
            )),
            ["quantity", text] => edits.push(("quantity=\"1\"".to_owned(), format!("quantity=\"{text}\""))),
            ["basis", units] => {
                let basis = format!(
                    "<PriceBasisQuantity quantity=\"{units}\" conversionFactor=\"1\"><UnitOfMeasure>ST</UnitOfMeasure>\
                     <Description xml:lang=\"en\">for so many</Description></PriceBasisQuantity></ItemDetail>"
                );
                edits.push(("</ItemDetail>".to_owned(), basis));
            }
            ["line", "in", currency] => {
                let money = "<UnitPrice><Money currency=\"USD\">".to_owned();
                edits.push((money, format!("<UnitPrice><Money currency=\"{currency}\">")));
            }
            ["all", "in", currency] => {
                edits.push(("currency=\"USD\"".to_owned(), format!("currency=\"{currency}\"")));
            }
            other => panic!("{other:?} is no clause of an order"),
        }
    }
    edits.into_iter().fold(po.xml(), |xml, (from, to)| {
        assert!(xml.contains(&from), "{from} is not in {xml}");
        xml.replace(&from, &to)
    })
}

fn charge(element: &str, amount: &str) -> (String, String) {
    let charge = format!(
        "</Total><{element}><Money currency=\"USD\">{amount}</Money><Description xml:lang=\"en\">{element}</Description></{element}>"
    );
    ("</Total>".to_owned(), charge)
}

fn line(text: &str, cart: Option<&Line>) -> Line {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [quantity, part, unit, "@", price, more @ ..] = words.as_slice() else {
        panic!("'{text}' is no line: 2 TL-1110 ST @ 57.11");
    };
    let mut line = Line {
        part: (*part).to_owned(),
        auxiliary: None,
        quantity: quantity.parse().unwrap(),
        price: (*price).to_owned(),
        unit: (*unit).to_owned(),
        ship_to: None,
    };
    match more {
        [] => {}
        ["cart"] => line.auxiliary = cart.expect("the part has a cart").auxiliary.clone(),
        ["key", key] => line.auxiliary = Some((*key).to_owned()),
        ["to", place] => line.ship_to = Some((*place).to_owned()),
        other => panic!("{other:?} is no part of a line"),
    }
    line
}

/// The state, what stands against the order, what is only noted.
async fn outcome(world: &World, number: &str, xml: &str) -> String {
    let answer = world.send(xml).await;
    if answer.status != 200 {
        return format!("answered {}: {}", answer.status, answer.text);
    }
    world.settle().await;
    let row = world.order(number).await;
    let decision: serde_json::Value = row.decision.as_deref().map_or(serde_json::Value::Null, |json| {
        serde_json::from_str(json).unwrap()
    });
    let texts = |list: &str| -> Vec<String> {
        let reasons = decision[list].as_array().into_iter().flatten();
        reasons
            .map(|reason| reason["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut told = row.state;
    for reason in texts("reasons") {
        write!(told, " · {reason}").unwrap();
    }
    for warning in texts("warnings") {
        write!(told, " · noted: {warning}").unwrap();
    }
    told
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says whether files are to be written anew"
)]
#[tokio::test]
async fn every_row_of_the_table_comes_to_what_it_says() {
    let known: &'static str = std::fs::read_to_string(TABLE).unwrap().leak();
    let mut told = String::new();
    let mut number = 0;
    let mut rows = Vec::new();
    for part in parts(known) {
        let world = supplier(&part).start().await;
        let cart = prepare(&world, &part).await;
        for row in &part.rows {
            number += 1;
            let name = format!("PO-{number}");
            let xml = order(&name, row, cart.as_ref());
            rows.push((*row, outcome(&world, &name, &xml).await));
        }
        world.finish().await;
    }
    let mut outcomes = rows.into_iter();
    for line in known.lines() {
        let text = line.trim();
        let is_row = !text.is_empty() && !["#", "==", "!"].iter().any(|mark| text.starts_with(mark));
        match is_row.then(|| outcomes.next().unwrap()) {
            Some((row, outcome)) => writeln!(told, "{row:<64} | {outcome}").unwrap(),
            None => writeln!(told, "{line}").unwrap(),
        }
    }
    if std::env::var_os("PUNCHGATE_BLESS").is_some() {
        std::fs::write(TABLE, &told).unwrap();
        return;
    }
    for (known, told) in known.lines().zip(told.lines()) {
        assert_eq!(known.trim_end(), told.trim_end());
    }
    assert!(number >= 80, "{number} rows");
}
