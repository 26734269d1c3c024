//! What stands in one cell: numbers, dates, yes and no, as the file writes them.
//!
//! **Invariant:** a number is read from its text to a decimal, never by way of a float; what does not read whole is an
//! error, never a part of it.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use punchgate_domain::money::parse_decimal;
use rust_decimal::Decimal;

/// How cells of a feed are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) decimal: char,
    pub(crate) thousands: Option<char>,
    /// Formats of dates, as strftime has them; ISO 8601 is always read.
    pub(crate) dates: Vec<String>,
    pub(crate) zone: TimeZone,
}

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Misread {
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

impl Style {
    /// A decimal number. A minus may stand before or behind it.
    pub(crate) fn decimal(&self, text: &str) -> Result<Decimal, Misread> {
        let wrong = || {
            let separator = match self.thousands {
                Some(mark) => format!("and '{mark}' between thousands, if anything"),
                None => "and nothing between thousands".to_owned(),
            };
            Misread::new(
                format!("'{}' is not a number", shown(text)),
                format!("write it with '{}' before the decimals {separator}", self.decimal),
            )
        };
        let trimmed = text.trim();
        let (negative, digits) = match (trimmed.strip_prefix('-'), trimmed.strip_suffix('-')) {
            (Some(rest), None) | (None, Some(rest)) => (true, rest.trim()),
            (None, None) => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
            (Some(_), Some(_)) => return Err(wrong()),
        };
        let (whole, fraction) = match digits.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let whole = self.without_thousands(whole).ok_or_else(wrong)?;
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number(&whole) || !fraction.is_none_or(is_number) {
            return Err(wrong());
        }
        let sign = if negative { "-" } else { "" };
        let plain = match fraction {
            Some(fraction) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{whole}"),
        };
        parse_decimal(&plain).ok_or_else(|| {
            Misread::new(
                format!("'{}' has more digits than can be counted", shown(text)),
                "write at most 28 digits",
            )
        })
    }

    /// Without the marks between groups of three; nothing if they stand elsewhere.
    fn without_thousands(&self, whole: &str) -> Option<String> {
        let Some(mark) = self.thousands.filter(|mark| whole.contains(*mark)) else {
            return Some(whole.to_owned());
        };
        let mut groups = whole.split(mark);
        let first = groups.next()?;
        let rest: Vec<&str> = groups.collect();
        let fits = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
        fits.then(|| format!("{first}{}", rest.concat()))
    }

    /// A day.
    pub(crate) fn date(&self, text: &str) -> Result<Date, Misread> {
        let trimmed = text.trim();
        let stated = self.dates.iter();
        stated
            .filter_map(|format| Date::strptime(format, trimmed).ok())
            .next()
            .or_else(|| {
                self.instant_of(trimmed)
                    .map(|at| at.to_zoned(self.zone.clone()).date())
            })
            .or_else(|| trimmed.parse().ok())
            .ok_or_else(|| self.no_date(text))
    }

    /// An instant: a day is its first moment in the time zone of the file, a time without offset is in that zone.
    pub(crate) fn instant(&self, text: &str) -> Result<Timestamp, Misread> {
        let trimmed = text.trim();
        if let Some(at) = self.instant_of(trimmed) {
            return Ok(at);
        }
        let day = self.date(trimmed)?;
        day.to_zoned(self.zone.clone())
            .map(|zoned| zoned.timestamp())
            .map_err(|_| self.no_date(text))
    }

    fn instant_of(&self, text: &str) -> Option<Timestamp> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        let stated = self.dates.iter();
        let civil = stated
            .filter_map(|format| DateTime::strptime(format, text).ok())
            .next()
            .or_else(|| text.parse().ok().filter(|_| text.len() > 10))?;
        civil
            .to_zoned(self.zone.clone())
            .ok()
            .map(|zoned| zoned.timestamp())
    }

    fn no_date(&self, text: &str) -> Misread {
        let formats = match self.dates.as_slice() {
            [] => String::new(),
            formats => format!(" or as {}", formats.join(" or ")),
        };
        Misread::new(
            format!("'{}' is not a date", shown(text)),
            format!("write it as 2026-03-31{formats}; `dates` of the feed names the formats"),
        )
    }
}

/// Yes or no.
pub(crate) fn flag(text: &str) -> Result<bool, Misread> {
    match text.trim().to_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "x" => Ok(true),
        "0" | "no" | "n" | "false" | "" => Ok(false),
        _ => Err(Misread::new(
            format!("'{}' is neither yes nor no", shown(text)),
            "write yes or no, or say in `values` of the feed what it means",
        )),
    }
}

/// A whole number.
pub(crate) fn count(text: &str) -> Result<u32, Misread> {
    text.trim().parse().map_err(|_| {
        Misread::new(
            format!("'{}' is no whole number", shown(text)),
            "write digits only",
        )
    })
}

/// A cell as errors show it.
pub(crate) fn shown(text: &str) -> String {
    let mut cut: String = text
        .chars()
        .take(40)
        .map(|c| if c.is_control() { '·' } else { c })
        .collect();
    if text.chars().nth(40).is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(decimal: char, thousands: Option<char>) -> Style {
        Style {
            decimal,
            thousands,
            dates: vec![
                "%d.%m.%Y".to_owned(),
                "%d.%m.%Y %H:%M".to_owned(),
                "%Y%m%d".to_owned(),
            ],
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        }
    }

    #[test]
    fn numbers() {
        let comma = style(',', Some('.'));
        let point = style('.', None);
        let cases = [
            (&comma, "1.234.567,80", Some("1234567.80")),
            (&comma, "1234,5", Some("1234.5")),
            (&comma, "-12,00", Some("-12.00")),
            (&comma, "12,00-", Some("-12.00")),
            (&comma, "0", Some("0")),
            (&comma, "0,1", Some("0.1")),
            (&comma, "1.23", None),
            (&comma, "1.2345,00", None),
            (&comma, "12,", None),
            (&comma, ",5", None),
            (&comma, "-5-", None),
            (&comma, "1e5", None),
            (&comma, "NaN", None),
            (&comma, "", None),
            (&point, "1234.50", Some("1234.50")),
            (&point, "1,234.50", None),
            (&point, "1 234", None),
            (&point, "0.30000000000000004", Some("0.30000000000000004")),
            (&point, "99999999999999999999999999999999", None),
        ];
        for (style, text, expected) in cases {
            let read = style.decimal(text).ok().map(|number| number.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates() {
        let style = style(',', None);
        let cases = [
            ("31.03.2026", Some("2026-03-31")),
            ("2026-03-31", Some("2026-03-31")),
            ("20260331", Some("2026-03-31")),
            ("31.03.2026 23:30", Some("2026-03-31")),
            // An instant that is the next day in Berlin.
            ("2026-03-31T23:30:00Z", Some("2026-04-01")),
            ("03/31/2026", None),
            ("31.02.2026", None),
            ("0000-00-00", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                style.date(text).ok().map(|d| d.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
        let instants = [
            // Before and in summer time.
            ("28.03.2026 12:00", "2026-03-28T11:00:00Z"),
            ("30.03.2026 12:00", "2026-03-30T10:00:00Z"),
            ("30.03.2026", "2026-03-29T22:00:00Z"),
            ("2026-03-30T12:00:00", "2026-03-30T10:00:00Z"),
            ("2026-03-30T12:00:00-05:00", "2026-03-30T17:00:00Z"),
        ];
        for (text, expected) in instants {
            assert_eq!(style.instant(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn flags() {
        for (text, expected) in [
            ("X", Some(true)),
            ("no", Some(false)),
            ("", Some(false)),
            ("maybe", None),
        ] {
            assert_eq!(flag(text).ok(), expected, "{text}");
        }
    }
}
