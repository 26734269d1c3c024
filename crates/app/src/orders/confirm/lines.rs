//! The lines of a confirmation: what the sink commits to, set beside what was ordered. Pure.
//!
//! **Invariant:** a line is named once, in the buyer's unit, and its parts sum to what was ordered; a quantity beyond
//! that stops the document, not the order. All of an order is accepted only if the sink has named every line of it.

use jiff::Timestamp;
use punchgate_domain::{
    money::StatedAmount,
    purchase_order::OrderLine,
    quantity::{Conversion, Quantity, Unit, exact_product},
};
use punchgate_protocols::cxml::encode::{ConfirmedLine, LineOutcome, LinePart};
use rust_decimal::Decimal;

use super::{CommittedLine, CommittedOutcome};
use crate::directory::Mappings;

/// What the document says of lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    /// Whether every line of the order is named, as it was ordered.
    is_as_ordered: bool,
    /// For people: what is about no line of the order.
    pub comments: Vec<String>,
}

#[derive(Debug)]
struct Line {
    number: u32,
    quantity: Quantity,
    unit: Unit,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    outcome: LineOutcome,
    quantity: Quantity,
    unit_price: Option<StatedAmount>,
    delivery: Option<Timestamp>,
    comments: Vec<String>,
}

/// Every line that the sink has named; what stands against saying so. Of a line that is not named the buyer goes on
/// knowing what it knew.
pub(super) fn beside(
    ordered: &[OrderLine],
    mappings: &Mappings,
    committed: &[CommittedLine],
) -> Result<Lines, String> {
    let mut lines = Lines::default();
    let mut numbers: Vec<u32> = committed.iter().map(|part| part.line_number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let said = committed.iter().filter(|part| part.line_number == number);
        let Some(ordered) = ordered.iter().find(|line| line.line_number == number) else {
            lines.comments.extend(said.map(|part| {
                let (quantity, unit) = (&part.quantity, &part.unit);
                format!("Line {number} ({quantity} {unit}) is not in the order.")
            }));
            continue;
        };
        lines.lines.push(Line::beside(ordered, mappings, said)?);
    }
    if lines.lines.is_empty() {
        return Err(
            "the sink says that the order is changed, but of none of its lines how: have it \
                    acknowledged there line by line, then skip this"
                .to_owned(),
        );
    }
    lines.is_as_ordered = lines.lines.len() == ordered.len() && lines.lines.iter().all(Line::is_as_ordered);
    Ok(lines)
}

impl Lines {
    /// Whether all of the order is accepted.
    pub(super) fn is_as_ordered(&self) -> bool {
        self.is_as_ordered
    }

    /// The parts of each line, as they are written.
    pub(super) fn parts(&self) -> Vec<Vec<LinePart<'_>>> {
        self.lines
            .iter()
            .map(|line| line.parts.iter().map(Part::written).collect())
            .collect()
    }

    /// The lines, over their parts.
    pub(super) fn written<'a>(&'a self, parts: &'a [Vec<LinePart<'a>>]) -> Vec<ConfirmedLine<'a>> {
        let written = |(line, parts): (&'a Line, &'a Vec<LinePart<'a>>)| ConfirmedLine {
            line_number: line.number,
            quantity: &line.quantity,
            unit: &line.unit,
            parts,
        };
        self.lines.iter().zip(parts).map(written).collect()
    }
}

impl Line {
    fn beside<'a>(
        ordered: &OrderLine,
        mappings: &Mappings,
        said: impl Iterator<Item = &'a CommittedLine>,
    ) -> Result<Self, String> {
        let number = ordered.line_number;
        let mut parts = Vec::new();
        let mut left = ordered.quantity.value();
        for one in said {
            let (quantity, unit, price, delivery) = one.parts()?;
            let Some(conversion) = conversion_to(&unit, ordered, mappings) else {
                return Err(format!(
                    "line {number} was ordered in {} and is answered in {unit}: map the unit, then replay",
                    ordered.unit
                ));
            };
            let inexact = || {
                format!(
                    "line {number}: {quantity} {unit} are no exact number of {}, of which one is {conversion}: have the \
                     sink commit to whole ones, then replay",
                    ordered.unit
                )
            };
            let quantity = conversion.convert_back(&quantity).ok_or_else(inexact)?;
            let price = match price {
                Some(price) => Some(price_as_ordered(price, ordered, &conversion).ok_or_else(inexact)?),
                None => None,
            };
            left -= quantity.value();
            parts.push(Part::beside(ordered, one, quantity, price, delivery));
        }
        if left.is_sign_negative() && !left.is_zero() {
            return Err(format!(
                "line {number}: {} {} were ordered, the sink commits to {} more",
                ordered.quantity,
                ordered.unit,
                left.abs().normalize()
            ));
        }
        if !left.is_zero() {
            parts.push(Part::unknown(left));
        }
        Ok(Self {
            number,
            quantity: ordered.quantity.clone(),
            unit: ordered.unit.clone(),
            parts,
        })
    }

    fn is_as_ordered(&self) -> bool {
        let accepted = |part: &Part| part.outcome == LineOutcome::Accept && part.comments.is_empty();
        self.parts.iter().all(accepted)
    }
}

impl Part {
    fn beside(
        ordered: &OrderLine,
        said: &CommittedLine,
        quantity: Quantity,
        price: Option<StatedAmount>,
        delivery: Option<Timestamp>,
    ) -> Self {
        let unit_price = price.filter(|price| *price != ordered.unit_price);
        let differs = unit_price.is_some() || delivery.is_some();
        Self {
            outcome: match said.outcome {
                CommittedOutcome::Accepted | CommittedOutcome::Changed if differs => LineOutcome::Detail,
                CommittedOutcome::Accepted | CommittedOutcome::Changed => LineOutcome::Accept,
                CommittedOutcome::Backordered => LineOutcome::Backordered,
                CommittedOutcome::Rejected => LineOutcome::Reject,
            },
            quantity,
            unit_price,
            delivery,
            comments: said.comments.clone(),
        }
    }

    /// What the sink says nothing of.
    fn unknown(left: Decimal) -> Self {
        Self {
            outcome: LineOutcome::Unknown,
            quantity: Quantity::from_decimal(left),
            unit_price: None,
            delivery: None,
            comments: Vec::new(),
        }
    }

    fn written(&self) -> LinePart<'_> {
        LinePart {
            outcome: self.outcome,
            quantity: &self.quantity,
            unit_price: self.unit_price.as_ref(),
            shipment_date: None,
            delivery_date: self.delivery,
            comments: &self.comments,
        }
    }
}

/// What the unit that was ordered is of the one in which the sink counts; none where nobody has said so.
pub(in crate::orders) fn conversion_to(
    unit: &Unit,
    ordered: &OrderLine,
    mappings: &Mappings,
) -> Option<Conversion> {
    let conversion = mappings.unit(&ordered.unit);
    match conversion.filter(|conversion| conversion.unit() == unit) {
        Some(conversion) => Some(conversion.clone()),
        None => (*unit == ordered.unit).then(|| Conversion::same(unit.clone())),
    }
}

/// The sink's price for as many as the ordered one stands for. It was told the price of one of its units, or the ordered
/// one with another basis, which then is the same number; `None` where no exact number says it.
fn price_as_ordered(
    price: StatedAmount,
    ordered: &OrderLine,
    conversion: &Conversion,
) -> Option<StatedAmount> {
    let told = ordered.counted_in(conversion)?;
    if conversion.renames() || told.price_basis.is_some() {
        return Some(price);
    }
    let whole = exact_product(price.value(), conversion.factor())?;
    Some(StatedAmount::from_decimal(whole, price.currency()))
}

#[cfg(test)]
mod tests {
    use punchgate_domain::{
        money::{Currency, StatedAmount},
        purchase_order::OrderLine,
        quantity::{Quantity, Unit},
    };

    use super::{Lines, beside};
    use crate::{
        directory::{MappingKind, Mappings},
        orders::confirm::{CommittedLine, CommittedOutcome},
    };

    const UNNAMED: &str = "the sink says that the order is changed, but of none of its lines how: have it acknowledged \
                           there line by line, then skip this";

    /// Twenty pieces at 10.00.
    fn line(line_number: u32) -> OrderLine {
        OrderLine {
            line_number,
            quantity: Quantity::parse("20").unwrap(),
            unit: Unit::new("EA"),
            part_id: "TL-1110".to_owned(),
            auxiliary_id: None,
            buyer_part_id: None,
            unit_price: StatedAmount::parse("10.00", Currency::parse("USD").unwrap()).unwrap(),
            price_basis: None,
            price_basis_factor: None,
            description: String::new(),
            classifications: Vec::new(),
            manufacturer_part_id: None,
            manufacturer_name: None,
            requested_delivery: None,
            ship_to: None,
            is_ad_hoc: false,
            is_return: false,
            schedule_lines: 0,
            comments: Vec::new(),
            extrinsics: Vec::new(),
        }
    }

    /// `line quantity unit outcome [price]`, comma separated.
    fn said(text: &str) -> Vec<CommittedLine> {
        let one = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            CommittedLine {
                line_number: words[0].parse().unwrap(),
                quantity: words[1].to_owned(),
                unit: words[2].to_owned(),
                outcome: match words[3] {
                    "accepted" => CommittedOutcome::Accepted,
                    "backordered" => CommittedOutcome::Backordered,
                    "rejected" => CommittedOutcome::Rejected,
                    other => panic!("{other}"),
                },
                unit_price: words.get(4).map(|price| ((*price).to_owned(), "USD".to_owned())),
                delivery_on: None,
                comments: Vec::new(),
            }
        };
        text.split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(one)
            .collect()
    }

    fn shown(lines: &Lines) -> String {
        let parts = lines.parts();
        let written = lines.written(&parts);
        let line = |line: &super::ConfirmedLine<'_>| {
            let part = |part: &super::LinePart<'_>| {
                let price = part
                    .unit_price
                    .map_or(String::new(), |price| format!(" at {}", price.text()));
                format!("{:?} {}{price}", part.outcome, part.quantity)
            };
            let parts: Vec<String> = line.parts.iter().map(part).collect();
            format!(
                "{}: {} {} = {}",
                line.line_number,
                line.quantity,
                line.unit,
                parts.join(" + ")
            )
        };
        let told: Vec<String> = match lines.is_as_ordered() {
            true => vec!["all".to_owned()],
            false => written.iter().map(line).collect(),
        };
        let told = told.into_iter().chain(lines.comments.iter().cloned());
        told.collect::<Vec<_>>().join("; ")
    }

    /// Two boxes of twelve were ordered, and the sink counts pieces.
    #[test]
    fn a_sink_that_counts_pieces_answers_an_order_of_boxes() {
        let mut mappings = Mappings::default();
        mappings.insert(MappingKind::Unit, "BX", "12 EA");
        let mut ordered = line(1);
        ordered.unit = Unit::new("BX");
        ordered.quantity = Quantity::parse("2").unwrap();
        ordered.unit_price = StatedAmount::parse("120.00", ordered.unit_price.currency()).unwrap();
        let uneven = "line 1: 7 EA are no exact number of BX, of which one is 12 EA: have the sink commit to whole ones, \
                      then replay";
        for (text, expected) in [
            ("1 24 EA accepted", Ok("all")),
            ("1 24 EA accepted 10.00", Ok("all")),
            ("1 2 BX accepted 120.00", Ok("all")),
            ("1 24 EA accepted 11", Ok("1: 2 BX = Detail 2 at 132")),
            (
                "1 12 EA accepted, 1 12 EA backordered",
                Ok("1: 2 BX = Accept 1 + Backordered 1"),
            ),
            ("1 7 EA accepted", Err(uneven)),
            (
                "1 36 EA accepted",
                Err("line 1: 2 BX were ordered, the sink commits to 1 more"),
            ),
        ] {
            let told = beside(std::slice::from_ref(&ordered), &mappings, &said(text));
            let told = told.as_ref().map(shown).map_err(Clone::clone);
            assert_eq!(told, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    #[rustfmt::skip] // one row a line
    fn what_the_sink_says_beside_what_was_ordered() {
        // On how many lines twenty were ordered, what the sink says, what the buyer is told.
        let rows = [
            (1, "1 20 EA accepted", Ok("all")),
            (1, "1 20 EA accepted 10.00", Ok("all")),
            (1, "1 14 EA accepted 10.00, 1 6 EA accepted", Ok("all")),
            (1, "1 20 EA accepted 10.50", Ok("1: 20 EA = Detail 20 at 10.50")),
            (1, "1 14 EA accepted, 1 6 EA backordered", Ok("1: 20 EA = Accept 14 + Backordered 6")),
            (1, "1 6 EA backordered 10, 1 14 EA accepted 11", Ok("1: 20 EA = Backordered 6 + Detail 14 at 11")),
            (1, "1 14 EA accepted", Ok("1: 20 EA = Accept 14 + Unknown 6")),
            (1, "1 20 EA rejected", Ok("1: 20 EA = Reject 20")),
            (1, "1 20 STK accepted, 9 1 EA accepted", Ok("all; Line 9 (1 EA) is not in the order.")),
            (1, "1 10 STK accepted, 1 10 EA rejected", Ok("1: 20 EA = Accept 10 + Reject 10")),
            (2, "1 20 EA accepted, 2 20 EA accepted", Ok("all")),
            (2, "1 20 EA accepted", Ok("1: 20 EA = Accept 20")),
            (2, "2 20 EA backordered, 1 20 EA accepted", Ok("1: 20 EA = Accept 20; 2: 20 EA = Backordered 20")),
            (1, "1 20.5 EA accepted", Err("line 1: 20 EA were ordered, the sink commits to 0.5 more")),
            (1, "1 2 CS accepted", Err("line 1 was ordered in EA and is answered in CS: map the unit, then replay")),
            (1, "", Err(UNNAMED)),
            (1, "7 1 EA accepted", Err(UNNAMED)),
        ];
        let mut mappings = Mappings::default();
        mappings.insert(MappingKind::Unit, "EA", "STK");
        for (count, text, expected) in rows {
            let ordered: Vec<OrderLine> = (1..=count).map(line).collect();
            let lines = beside(&ordered, &mappings, &said(text));
            let shown = lines.as_ref().map(shown).map_err(Clone::clone);
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(shown, expected, "{text}");
        }
    }
}
