//! How far an order is, line by line: what was confirmed, shipped, invoiced and credited of it.
//!
//! Quantities come from the lines of documents, and are facts: more than was ordered is a finding for people, and stops
//! nothing. What cannot be counted (another unit, no such line) is told, too, and not counted.

use rust_decimal::Decimal;

use crate::quantity::{Quantity, Unit};

/// A line of a document, or of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgressLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
}

/// What a document does with the lines of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The supplier commits to all of it; the last commitment counts.
    ConfirmedWhole,
    /// The supplier commits to these lines, now or later, and says nothing of others.
    Confirmed(Vec<ProgressLine>),
    /// Goods left.
    Shipped(Vec<ProgressLine>),
    /// Money is asked for.
    Invoiced(Vec<ProgressLine>),
    /// Money is given back.
    Credited(Vec<ProgressLine>),
}

/// How far a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProgress {
    /// The buyer's line number.
    pub line_number: u32,
    /// As it was ordered.
    pub unit: Unit,
    /// What was ordered.
    pub ordered: Decimal,
    /// What the supplier commits to; none while nothing was said of this line.
    pub confirmed: Option<Decimal>,
    /// What has left.
    pub shipped: Decimal,
    /// What was invoiced.
    pub invoiced: Decimal,
    /// What was credited.
    pub credited: Decimal,
}

/// How far an order is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Line by line, as ordered.
    pub lines: Vec<LineProgress>,
    /// What does not fit together, for people.
    pub findings: Vec<String>,
}

/// How far an order is by these documents, the first issued first; each with its name for people.
pub fn progress(ordered: &[ProgressLine], reports: &[(String, Report)]) -> Progress {
    let mut progress = Progress::default();
    for line in ordered {
        progress.order(line);
    }
    for (name, report) in reports {
        match report {
            Report::ConfirmedWhole => {
                for line in &mut progress.lines {
                    line.confirmed = Some(line.ordered);
                }
            }
            Report::Confirmed(lines) => {
                for line in &mut progress.lines {
                    line.confirmed = None;
                }
                progress.count(name, lines, |line, quantity| {
                    line.confirmed = Some(line.confirmed.unwrap_or_default().saturating_add(quantity));
                });
            }
            Report::Shipped(lines) => progress.count(name, lines, |line, quantity| {
                line.shipped = line.shipped.saturating_add(quantity);
            }),
            Report::Invoiced(lines) => progress.count(name, lines, |line, quantity| {
                line.invoiced = line.invoiced.saturating_add(quantity);
            }),
            Report::Credited(lines) => progress.count(name, lines, |line, quantity| {
                line.credited = line.credited.saturating_add(quantity);
            }),
        }
    }
    progress.compare();
    progress
}

impl Progress {
    fn order(&mut self, line: &ProgressLine) {
        let number = line.line_number;
        match self.lines.iter_mut().find(|known| known.line_number == number) {
            Some(known) if known.unit == line.unit => {
                known.ordered = known.ordered.saturating_add(line.quantity.value());
            }
            Some(known) => self.findings.push(format!(
                "line {number} is ordered in {} and again in {}: only the first is counted",
                known.unit, line.unit
            )),
            None => self.lines.push(LineProgress {
                line_number: number,
                unit: line.unit.clone(),
                ordered: line.quantity.value(),
                confirmed: None,
                shipped: Decimal::ZERO,
                invoiced: Decimal::ZERO,
                credited: Decimal::ZERO,
            }),
        }
    }

    fn count(&mut self, name: &str, lines: &[ProgressLine], mut add: impl FnMut(&mut LineProgress, Decimal)) {
        for stated in lines {
            let (number, quantity, unit) = (stated.line_number, &stated.quantity, &stated.unit);
            let Some(line) = self.lines.iter_mut().find(|line| line.line_number == number) else {
                let finding =
                    format!("{name} names line {number} ({quantity} {unit}), which the order does not have");
                self.findings.push(finding);
                continue;
            };
            if !quantity.is_readable() {
                let finding = format!(
                    "{name}: the quantity '{quantity}' of line {number} is not counted: it is no number"
                );
                self.findings.push(finding);
            } else if *unit != line.unit {
                self.findings.push(format!(
                    "{name}: {quantity} {unit} of line {number} are not counted: it was ordered in {}",
                    line.unit
                ));
            } else {
                add(line, quantity.value());
            }
        }
    }

    fn compare(&mut self) {
        for line in &self.lines {
            let asked = line.invoiced.saturating_sub(line.credited);
            let counted = [
                ("confirmed", line.confirmed.unwrap_or_default()),
                ("shipped", line.shipped),
                ("invoiced, less what was credited,", asked),
            ];
            for (what, quantity) in counted
                .into_iter()
                .filter(|(_, quantity)| *quantity > line.ordered)
            {
                self.findings.push(format!(
                    "line {}: {} {unit} were {what} of {} {unit} ordered",
                    line.line_number,
                    quantity.normalize(),
                    line.ordered.normalize(),
                    unit = line.unit,
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<ProgressLine> {
        let line = |line: &str| {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            ProgressLine {
                line_number: word().parse().unwrap(),
                quantity: Quantity::parse(word()).unwrap_or_else(|_| Quantity::unreadable("?")),
                unit: Unit::new(word()),
            }
        };
        text.split(", ")
            .filter(|line| !line.is_empty())
            .map(line)
            .collect()
    }

    fn reports(text: &str) -> Vec<(String, Report)> {
        let report = |report: &str| {
            let (kind, text) = report.split_once(": ").unwrap_or((report, ""));
            let report = match kind {
                "whole" => Report::ConfirmedWhole,
                "confirmed" => Report::Confirmed(lines(text)),
                "shipped" => Report::Shipped(lines(text)),
                "invoiced" => Report::Invoiced(lines(text)),
                _ => Report::Credited(lines(text)),
            };
            (kind.to_owned(), report)
        };
        text.split("; ")
            .filter(|text| !text.is_empty())
            .map(report)
            .collect()
    }

    /// What was ordered, what documents say → confirmed / shipped / invoiced / credited of each line, and findings.
    #[test]
    fn documents_add_up_line_by_line() {
        let table = [
            ("1 4 EA", "", "-/0/0/0", ""),
            ("1 4 EA", "whole; shipped: 1 3 EA; shipped: 1 1 EA", "4/4/0/0", ""),
            (
                "1 4 EA, 2 1 BX",
                "confirmed: 1 3 EA, 1 1 EA; invoiced: 1 4.0 EA",
                "4/0/4/0 -/0/0/0",
                "",
            ),
            ("1 4 EA", "whole; confirmed: 1 2 EA", "2/0/0/0", ""),
            ("1 4 EA", "whole; confirmed", "-/0/0/0", ""),
            (
                "1 4 EA",
                "shipped: 1 5 EA",
                "-/5/0/0",
                "line 1: 5 EA were shipped of 4 EA ordered",
            ),
            ("1 4 EA", "invoiced: 1 5 EA; credited: 1 1 EA", "-/0/5/1", ""),
            (
                "1 4 EA",
                "invoiced: 1 6 EA; credited: 1 1 EA",
                "-/0/6/1",
                "line 1: 5 EA were invoiced, less what was credited, of 4 EA ordered",
            ),
            (
                "1 4 EA",
                "shipped: 1 1 BX, 7 1 EA, 1 ? EA",
                "-/0/0/0",
                "shipped: 1 BX of line 1 are not counted: it was ordered in EA | shipped names line 7 (1 EA), which the \
                 order does not have | shipped: the quantity '?' of line 1 is not counted: it is no number",
            ),
            ("1 4 EA, 1 2 EA", "whole; shipped: 1 6 EA", "6/6/0/0", ""),
            (
                "1 4 EA, 1 2 BX",
                "",
                "-/0/0/0",
                "line 1 is ordered in EA and again in BX: only the first is counted",
            ),
            (
                "",
                "shipped: 1 6 EA",
                "",
                "shipped names line 1 (6 EA), which the order does not have",
            ),
        ];
        for (ordered, said, expected, findings) in table {
            let progress = progress(&lines(ordered), &reports(said));
            let line = |line: &LineProgress| {
                let confirmed = line
                    .confirmed
                    .map_or("-".to_owned(), |quantity| quantity.normalize().to_string());
                let text = |quantity: Decimal| quantity.normalize().to_string();
                format!(
                    "{confirmed}/{}/{}/{}",
                    text(line.shipped),
                    text(line.invoiced),
                    text(line.credited)
                )
            };
            let counted: Vec<String> = progress.lines.iter().map(line).collect();
            assert_eq!(counted.join(" "), expected, "{ordered}: {said}");
            assert_eq!(progress.findings.join(" | "), findings, "{ordered}: {said}");
        }
    }
}
