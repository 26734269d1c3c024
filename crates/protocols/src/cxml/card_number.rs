//! Card numbers in text that people wrote: found by length, brand and check digit, and blanked.
//!
//! Ids of articles and orders are long numbers, too: what no brand issues stays, and so does a GTIN-13.

use std::borrow::Cow;

/// Digits of card numbers.
const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
/// The groups in which card numbers are written.
const GROUPINGS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

/// Where card numbers stand in a text: ascending, disjoint.
pub(super) fn ranges(text: &[u8]) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    // Most texts hold too few digits for any card number: they are not looked at more closely.
    if text.iter().filter(|byte| byte.is_ascii_digit()).count() < *LENGTHS.start() {
        return ranges;
    }
    let mut at = 0;
    while let Some(found) = position_of_digit(text, at) {
        let run = run_length(text, found);
        let whole = text
            .get(found..found + run)
            .filter(|run| LENGTHS.contains(&run.len()) && is_card(run))
            .map(<[u8]>::len);
        at = match whole.or_else(|| GROUPINGS.iter().find_map(|sizes| grouped(text, found, sizes))) {
            Some(length) => {
                ranges.push((found, found + length));
                found + length
            }
            None => found + run,
        };
    }
    ranges
}

/// The text with card numbers blanked.
pub(super) fn blank(text: &str) -> Cow<'_, str> {
    let ranges = ranges(text.as_bytes());
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned();
    for (from, to) in ranges {
        out.replace_range(from..to, &"*".repeat(to - from));
    }
    Cow::Owned(out)
}

/// Whether a card number stands in a text.
pub fn holds_card_number(text: &str) -> bool {
    !ranges(text.as_bytes()).is_empty()
}

fn position_of_digit(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.iter().position(u8::is_ascii_digit).map(|found| from + found)
}

fn run_length(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The length, separators included, of a card number written in these groups.
fn grouped(text: &[u8], from: usize, sizes: &[usize]) -> Option<usize> {
    let mut at = from;
    for (place, size) in sizes.iter().enumerate() {
        if place > 0 {
            text.get(at).filter(|byte| matches!(byte, b' ' | b'-'))?;
            at += 1;
        }
        if !text.get(at..at + size)?.iter().all(u8::is_ascii_digit) {
            return None;
        }
        at += size;
        if text.get(at).is_some_and(u8::is_ascii_digit) {
            return None;
        }
    }
    let written = text.get(from..at)?.iter().copied();
    let digits: Vec<u8> = written.filter(u8::is_ascii_digit).collect();
    is_card(&digits).then_some(at - from)
}

fn is_card(digits: &[u8]) -> bool {
    is_issued(digits) && check_sum(digits, luhn) && !(digits.len() == 13 && check_sum(digits, gtin))
}

/// Whether a brand issues numbers of this beginning and length.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits
        .iter()
        .take(4)
        .fold(0_u32, |prefix, digit| prefix * 10 + u32::from(digit - b'0'));
    match digits.len() {
        13 => prefix / 1000 == 4,
        14 => matches!(prefix / 10, 300..=305) || matches!(prefix / 100, 36 | 38 | 39),
        15 => matches!(prefix / 100, 34 | 37),
        16 => matches!(prefix, 2221..=2720 | 3528..=3589 | 4000..=6999),
        17 | 18 => matches!(prefix, 5000..=6999),
        19 => matches!(prefix, 3528..=3589 | 4000..=6999),
        _ => false,
    }
}

/// Whether the digits, weighed from the last one, sum up to a multiple of ten.
fn check_sum(digits: &[u8], weigh: fn(u32, bool) -> u32) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| weigh(u32::from(digit - b'0'), place % 2 == 1))
        .sum();
    sum.is_multiple_of(10)
}

fn luhn(digit: u32, is_second: bool) -> u32 {
    let doubled = digit * 2;
    match (is_second, doubled > 9) {
        (false, _) => digit,
        (true, false) => doubled,
        (true, true) => doubled - 9,
    }
}

fn gtin(digit: u32, is_second: bool) -> u32 {
    if is_second { digit * 3 } else { digit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_go_and_other_numbers_stay() {
        let rows = [
            ("card 4111111111111111, please", "card ****************, please"),
            ("4111 1111 1111 1111", "*******************"),
            ("x4111-1111-1111-1111y", "x*******************y"),
            (
                "3782 822463 10005 and 378282246310005",
                "***************** and ***************",
            ),
            ("4222222222222", "*************"),
            ("6304000000000000000", "*******************"),
            ("6304000000000000001", "6304000000000000001"),
            // A GTIN-13 that happens to pass: an article number.
            ("4006381333931", "4006381333931"),
            ("4111111111111112", "4111111111111112"),
            ("41111111111111111111", "41111111111111111111"),
            ("order 4500017041 of 2026-03-02", "order 4500017041 of 2026-03-02"),
            ("9999999999999995", "9999999999999995"),
            ("", ""),
        ];
        for (given, expected) in rows {
            assert_eq!(blank(given), expected);
        }
    }
}
