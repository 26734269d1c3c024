//! Questions and calls.

use jiff::civil::date;
use punchgate_domain::quantity::{Quantity, Unit};

use super::*;
use crate::{config::settings_of, convert::orders::product, wire::Row};

#[test]
fn queries_that_can_share_a_call_share_it() {
    let settings = settings_of(&json!({"units": {"BX": "Unit"}}));
    let products: Vec<Product> = [(1, "HX-1", true), (2, "GL-2", true), (3, "OLD", false)]
        .map(|(id, code, salable)| {
            let row =
                json!({"id": id, "code": code, "salable": salable, "sale_uom.": {"id": 1, "category": 1}});
            product(Row::of(&row).unwrap()).unwrap().unwrap()
        })
        .into();
    let units: Vec<TrytonUnit> = [(1, "Unit", 1), (2, "Kilogram", 2)]
        .map(|(id, name, category)| {
            let row = json!({"id": id, "name": name, "category": category});
            units::unit(Row::of(&row).unwrap()).unwrap()
        })
        .into();
    let customers = [(2, Some(1)), (3, None)].into();
    let query = |customer: &str, part: &str, quantity: &str, unit: &str| PriceQuery {
        customer: customer.to_owned(),
        part_id: part.to_owned(),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: Unit::new(unit),
        date: date(2026, 3, 1),
    };
    // What is asked; the number of its call, or why it is not asked.
    let cases = [
        (query("2", "HX-1", "10", "EA"), Ok(0)),
        (query("2", "GL-2", "10.0", "BX"), Ok(0)),
        (query("2", "HX-1", "20", "EA"), Ok(1)),
        (query("3", "HX-1", "10", "EA"), Ok(2)),
        (query("4", "HX-1", "10", "EA"), Err("there is no customer '4'")),
        (query("x", "HX-1", "10", "EA"), Err("there is no customer 'x'")),
        (query("2", "OLD", "10", "EA"), Err("'OLD' is not sold")),
        (query("2", "NONE", "10", "EA"), Err("'NONE' is not sold")),
        (
            query("2", "HX-1", "10", "KGM"),
            Err("'HX-1' is not sold by the KGM"),
        ),
        (
            query("2", "HX-1", "10", "PAL"),
            Err("'HX-1' is not sold by the PAL"),
        ),
    ];
    let queries: Vec<PriceQuery> = cases.iter().map(|(query, _)| query.clone()).collect();
    let (groups, answers) = groups(&settings, &queries, &customers, &products, &units);
    assert_eq!(groups.len(), 3);
    for (at, (query, expected)) in cases.iter().enumerate() {
        let call = groups
            .values()
            .position(|wanted| wanted.iter().any(|(query, _)| *query == at));
        match (expected, &answers[at]) {
            (Ok(number), None) => assert_eq!(call, Some(*number), "{query:?}"),
            (Err(why), Some(PriceAnswer::None { message })) => {
                assert_eq!((message.as_str(), call), (*why, None))
            }
            other => panic!("{query:?}: {other:?}"),
        }
    }
    let first = groups.keys().next().unwrap();
    let context = first.context(&settings, Some(1)).to_string();
    for part in [
        r#""company":1"#,
        r#""customer":2"#,
        r#""price_list":1"#,
        r#""quantity":10,"#,
        r#""uom":1"#,
    ] {
        assert!(context.contains(part), "{part} in {context}");
    }
}

#[test]
fn a_part_on_two_lines_is_asked_once() {
    assert_eq!(products_of(&[(0, 7), (1, 3), (2, 7)]), [3, 7]);
}
