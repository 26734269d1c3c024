//! Which of several prices counts.

use jiff::{civil::date, tz::TimeZone};
use punchgate_connector::prices::{PriceAnswer, PriceQuery};
use punchgate_domain::quantity::{Quantity, Unit};

use super::{Price, answer, price};
use crate::{cell::Style, feed::PRICE, fields::Fields};

/// customer;unit;price;minimum;from;until
fn prices(rows: &[&str]) -> Vec<Price> {
    let style = Style {
        decimal: '.',
        thousands: None,
        dates: Vec::new(),
        zone: TimeZone::UTC,
    };
    let read = rows.iter().map(|row| {
        let cells: Vec<&str> = row.split(';').collect();
        let values = vec![
            cells[0], "P", cells[1], "EUR", cells[2], "", cells[3], cells[4], cells[5], "",
        ];
        let fields = Fields {
            names: PRICE,
            values,
            style: &style,
        };
        price(&fields).unwrap()
    });
    read.collect()
}

#[test]
fn the_price_that_counts() {
    let prices = prices(&[
        ";EA;10;;;",
        ";EA;9;100;;",
        "A;EA;8;;2026-01-01;2026-06-30",
        "A;EA;7;;2026-07-01;",
        "A;EA;6;50;2026-01-01;2026-06-30",
        ";BX;90;;;",
    ]);
    let cases = [
        ("B", "1", "EA", date(2026, 3, 1), Some("10")),
        ("B", "100", "EA", date(2026, 3, 1), Some("9")),
        ("A", "100", "EA", date(2026, 3, 1), Some("6")),
        ("A", "49.9", "EA", date(2026, 6, 30), Some("8")),
        ("A", "49", "EA", date(2026, 7, 1), Some("7")),
        ("A", "1", "BX", date(2026, 3, 1), Some("90")),
        ("A", "1", "CA", date(2026, 3, 1), None),
    ];
    for (customer, quantity, unit, date, expected) in cases {
        let query = PriceQuery {
            customer: customer.to_owned(),
            part_id: "P".to_owned(),
            quantity: Quantity::parse(quantity).unwrap(),
            unit: Unit::new(unit),
            date,
        };
        let told = match answer(&prices, &query) {
            PriceAnswer::Price { unit_price, .. } => Some(unit_price.text().to_owned()),
            PriceAnswer::None { .. } => None,
        };
        assert_eq!(told.as_deref(), expected, "{query:?}");
    }
}
