//! A copy beside what was made of the order elsewhere.

use punchgate_domain::{
    money::{Currency, StatedAmount},
    order::OrderState,
    quantity::Unit,
    shadow::{Made, MadeLine, MadePrice, There, decisions_agree, differences},
};
use rust_decimal::Decimal;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// `10 TL-1 2 BX 12.40/1`: number, part, quantity, unit, price and for how many; `-` is not told.
fn line(text: &str) -> MadeLine {
    let words: Vec<&str> = text.split(' ').collect();
    let told = |word: &str| (word != "-").then(|| word.to_owned());
    MadeLine {
        line_number: words[0].parse().unwrap(),
        part_id: words[1].to_owned(),
        quantity: told(words[2]).map(|text| decimal(&text)),
        unit: Unit::new(words[3]),
        price: told(words[4]).map(|text| {
            let (amount, per) = text.split_once('/').unwrap();
            MadePrice {
                amount: decimal(amount),
                currency: Currency::parse("USD").unwrap(),
                per: decimal(per),
            }
        }),
    }
}

/// `C-1 DOCK 12.40 | line | line`: customer, place and total before the lines.
fn made(text: &str) -> Made {
    let mut parts = text.split(" | ");
    let head: Vec<Option<String>> = parts
        .next()
        .unwrap()
        .split(' ')
        .map(|word| (word != "-").then(|| word.to_owned()))
        .collect();
    let usd = Currency::parse("USD").unwrap();
    Made {
        customer: head[0].clone(),
        ship_to: head[1].clone(),
        total: head[2]
            .as_ref()
            .map(|text| StatedAmount::parse(text, usd).unwrap()),
        lines: parts.map(line).collect(),
    }
}

const OURS: &str = "C-1 D-1 24.80 | 1 TL-1 2 EA 12.40/1";

/// What is here, what is there, what differs.
const BESIDE: &[(&str, &str, &str)] = &[
    (OURS, OURS, ""),
    // Equal in value, however it is written.
    (OURS, "C-1 D-1 24.8 | 1 TL-1 2.0 EA 1240.00/100", ""),
    // What nobody tells is no difference.
    (OURS, "- - -", ""),
    (OURS, "C-1 - - | 1 TL-1 - EA -", ""),
    ("C-1 - 1 | 1 TL-1 2 EA -", "C-1 D-1 1 | 1 TL-1 2 EA 9/1", ""),
    (OURS, "C-2 D-1 24.80", "customer - [C-1 → C-2] C-1 / C-2"),
    (
        "- D-1 24.80",
        "C-2 D-1 24.80",
        "customer - [unknown → C-2] unknown / C-2",
    ),
    (OURS, "C-1 D-2 24.80", "ship_to - [D-1 → D-2] D-1 / D-2"),
    (OURS, "C-1 D-1 24.81", "total - [] USD 24.80 / USD 24.81"),
    (
        OURS,
        "C-1 D-1 24.80 | 1 TL-2 2 EA 12.40/1",
        "part 1 [TL-1 → TL-2] TL-1 / TL-2",
    ),
    (
        OURS,
        "C-1 D-1 24.80 | 1 TL-1 3 EA 12.40/1",
        "quantity 1 [TL-1] 2 EA / 3 EA",
    ),
    (
        OURS,
        "C-1 D-1 24.80 | 1 TL-1 2 EA 12.50/1",
        "price 1 [TL-1] USD 12.40 / EA / USD 12.50 / EA",
    ),
    (
        OURS,
        "C-1 D-1 24.80 | 1 TL-1 2 EA 125.00/10",
        "price 1 [TL-1] USD 12.40 / EA / USD 125.00 / 10 EA",
    ),
    // Two units with one amount differ in the unit alone, and the quantities say how many it is.
    (
        "C-1 D-1 24 | 1 TL-1 2 BX 12/1",
        "C-1 D-1 24 | 1 TL-1 24 EA 1/1",
        "unit 1 [BX → EA] BX / EA (1 BX seems to be 12 EA)",
    ),
    (
        "C-1 D-1 24 | 1 TL-1 24 EA 1/1",
        "C-1 D-1 24 | 1 TL-1 2 BX 12/1",
        "unit 1 [EA → BX] EA / BX (1 BX seems to be 12 EA)",
    ),
    (
        "C-1 D-1 24 | 1 TL-1 2 BX 12/1",
        "C-1 D-1 24 | 1 TL-1 24 EA 2/1",
        "unit 1 [BX → EA] BX / EA (1 BX seems to be 12 EA); price 1 [TL-1] USD 12 / BX / USD 2 / EA",
    ),
    (
        "C-1 D-1 24 | 1 TL-1 2 BX 12/1",
        "C-1 D-1 24 | 1 TL-1 - EA 1/1",
        "unit 1 [BX → EA] BX / EA",
    ),
    (
        "C-1 D-1 24 | 1 TL-1 3 BX 12/1",
        "C-1 D-1 24 | 1 TL-1 7 EA -",
        "unit 1 [BX → EA] BX / EA",
    ),
    // Numbers of its own: place by place.
    (
        "C-1 D-1 2 | 1 A 1 EA 1/1 | 2 B 1 EA 1/1",
        "C-1 D-1 2 | 10 A 1 EA 1/1 | 20 C 1 EA 1/1",
        "part 2 [B → C] B / C",
    ),
    (
        OURS,
        "C-1 D-1 24.80 | 1 TL-1 2 EA 12.40/1 | 2 TL-9 1 EA 0/1",
        "part 2 [no such line → TL-9] no such line / TL-9",
    ),
];

#[test]
fn what_differs() {
    for (ours, theirs, expected) in BESIDE.iter().copied() {
        let found: Vec<String> = differences(&made(ours), &made(theirs))
            .into_iter()
            .map(|one| {
                let number = one
                    .line_number
                    .map_or_else(|| "-".to_owned(), |it| it.to_string());
                let note = one.note.map_or_else(String::new, |note| format!(" ({note})"));
                let (field, subject) = (one.field, one.subject);
                format!("{field} {number} [{subject}] {} / {}{note}", one.ours, one.theirs)
            })
            .collect();
        assert_eq!(found.join("; "), expected, "{ours} beside {theirs}");
    }
}

#[test]
fn whether_decisions_agree() {
    use OrderState::{Approved, Cancelled, Declined, Held, Referred, Tombstone};
    // absent, draft, open, on hold, completed, cancelled
    let (yes, no, later) = (Some(true), Some(false), None);
    let rows = [
        (Approved, [later, yes, yes, no, yes, no]),
        (Held, [later, no, no, yes, no, no]),
        (Referred, [later, no, no, yes, no, no]),
        (Declined, [yes, no, no, no, no, yes]),
        (Cancelled, [yes, no, no, no, no, yes]),
        (Tombstone, [yes, no, no, no, no, yes]),
    ];
    for (ours, expected) in rows {
        let found: Vec<Option<bool>> = There::ALL
            .iter()
            .map(|theirs| decisions_agree(ours, *theirs))
            .collect();
        assert_eq!(found, expected, "{ours}");
    }
}
