//! The stamp of a row, as the database writes it: a number that grows, or a time with or without offset.
//!
//! The text stays as it was read, for it goes back into comparisons; an earlier one is written in the same form, so that
//! databases that compare texts compare rightly too.

use jiff::{
    Timestamp,
    civil::{self, DateTime},
    tz::{Offset, TimeZone},
};
use punchgate_domain::Instant;

/// A stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    text: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Number(i64),
    Time {
        local: DateTime,
        /// Between date and time.
        separator: char,
        /// Digits after the point.
        digits: usize,
        /// As it stands at the end.
        suffix: String,
        offset: Option<Offset>,
    },
}

const DATE: usize = "2026-03-01".len();
const SECONDS: usize = "2026-03-01 09:30:00".len();
/// The most digits after the point that are read.
const DIGITS: usize = 9;

impl Stamp {
    /// Reads a number or a time; none if it is neither.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(number) => Some(Self {
                text: text.to_owned(),
                value: Value::Number(number),
            }),
            Err(_) => Self::read_timestamp(text),
        }
    }

    /// Reads a time.
    pub(crate) fn read_timestamp(text: &str) -> Option<Self> {
        let separator = char::from(*text.as_bytes().get(DATE)?);
        if !matches!(separator, ' ' | 'T') || !text.is_ascii() {
            return None;
        }
        let date: civil::Date = text[..DATE].parse().ok()?;
        let clock: civil::Time = text.get(DATE + 1..SECONDS)?.parse().ok()?;
        let rest = &text[SECONDS..];
        let (digits, suffix) = match rest.strip_prefix('.') {
            None => ("", rest),
            Some(fraction) => {
                let end = fraction
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(fraction.len());
                fraction.split_at(end)
            }
        };
        if digits.len() > DIGITS || (digits.is_empty() && rest.starts_with('.')) {
            return None;
        }
        let nanos: i32 = if digits.is_empty() {
            0
        } else {
            format!("{digits:0<9}").parse().ok()?
        };
        let local = date
            .to_datetime(clock)
            .with()
            .subsec_nanosecond(nanos)
            .build()
            .ok()?;
        Some(Self {
            text: text.to_owned(),
            value: Value::Time {
                local,
                separator,
                digits: digits.len(),
                offset: offset(suffix)?,
                suffix: suffix.to_owned(),
            },
        })
    }

    /// As it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// For comparing stamps of one column.
    pub(crate) fn order(&self) -> i64 {
        match &self.value {
            Value::Number(number) => *number,
            Value::Time { local, offset, .. } => offset
                .unwrap_or(Offset::UTC)
                .to_timestamp(*local)
                .map_or(i64::MAX, Timestamp::as_microsecond),
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self.value {
            Value::Number(number) => Some(number),
            Value::Time { .. } => None,
        }
    }

    pub(crate) fn has_offset(&self) -> bool {
        matches!(self.value, Value::Time { offset: Some(_), .. })
    }

    /// The instant that a time means; without offset, in `zone`.
    pub(crate) fn instant(&self, zone: &TimeZone) -> Option<Instant> {
        let Value::Time { local, offset, .. } = &self.value else {
            return None;
        };
        match offset {
            Some(offset) => offset.to_timestamp(*local).ok(),
            None => zone.to_timestamp(*local).ok(),
        }
    }

    /// This instant in the form of this stamp.
    pub(crate) fn at(&self, instant: Instant, zone: &TimeZone) -> Option<Self> {
        let Value::Time { offset, .. } = &self.value else {
            return None;
        };
        let local = match offset {
            Some(offset) => offset.to_datetime(instant),
            None => zone.to_datetime(instant),
        };
        Some(self.with(local))
    }

    /// So many seconds before, in the same form.
    pub(crate) fn earlier(&self, seconds: i64) -> Option<String> {
        let Value::Time { local, .. } = &self.value else {
            return None;
        };
        let earlier = local.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok()?;
        Some(self.with(earlier).text)
    }

    fn with(&self, local: DateTime) -> Self {
        let Value::Time {
            separator,
            digits,
            suffix,
            offset,
            ..
        } = &self.value
        else {
            return self.clone();
        };
        let mut text = format!(
            "{}{separator}{}",
            local.date(),
            local
                .time()
                .with()
                .subsec_nanosecond(0)
                .build()
                .unwrap_or(local.time())
        );
        if *digits > 0 {
            let nanos = format!("{:09}", local.subsec_nanosecond());
            text.push('.');
            text.push_str(&nanos[..*digits]);
        }
        text.push_str(suffix);
        Self {
            text,
            value: Value::Time {
                local,
                separator: *separator,
                digits: *digits,
                suffix: suffix.clone(),
                offset: *offset,
            },
        }
    }
}

/// The offset at the end of a time; none inside if there is none, none at all if it cannot be read.
#[expect(
    clippy::option_option,
    reason = "an absent offset is as right as one that is there"
)]
fn offset(suffix: &str) -> Option<Option<Offset>> {
    let sign = match suffix.as_bytes() {
        [] => return Some(None),
        [b'Z'] => return Some(Some(Offset::UTC)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let mut parts = suffix[1..].split(':');
    let mut part = || match parts.next() {
        None => Some(0),
        Some(text) if text.len() == 2 => text.parse::<i32>().ok(),
        Some(_) => None,
    };
    let seconds = part()? * 3_600 + part()? * 60 + part()?;
    Offset::from_seconds(sign * seconds).ok().map(Some)
}
