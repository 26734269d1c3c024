//! Timestamps and dates of documents: ten formats are understood, the text always stays.
//!
//! Senders write what they like: with and without offset, with a zone's name, with a blank before the
//! offset, without the `T`, or as C's `ctime`. All are read; an absent offset is read as UTC and said so.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::Offset,
};
use punchgate_domain::purchase_order::StatedDate;

/// A moment as a document stated it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedTimestamp {
    /// As stated.
    pub text: String,
    /// As understood; an absent offset is read as UTC.
    pub instant: Option<Timestamp>,
    /// Whether an offset stood in the text.
    pub has_offset: bool,
}

impl StatedTimestamp {
    /// Keeps the text; understands it if it can.
    pub fn read(text: &str) -> Self {
        let moment = Moment::parse(text.trim());
        Self {
            text: text.to_owned(),
            instant: moment.as_ref().and_then(Moment::instant),
            has_offset: moment.is_some_and(|moment| moment.offset.is_some()),
        }
    }
}

/// Reads a moment or a bare date; `None` if it is neither.
pub fn parse_stated_date(text: &str) -> Option<StatedDate> {
    let moment = Moment::parse(text.trim())?;
    Some(StatedDate {
        text: text.to_owned(),
        date: moment.date,
        instant: moment.instant(),
        has_offset: moment.offset.is_some(),
    })
}

/// A text taken apart.
struct Moment {
    date: Date,
    time: Option<Time>,
    offset: Option<Offset>,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        Self::parse_iso(text).or_else(|| Self::parse_ctime(text))
    }

    /// An instant, where a time was given.
    fn instant(&self) -> Option<Timestamp> {
        let civil = DateTime::from_parts(self.date, self.time?);
        self.offset.unwrap_or(Offset::UTC).to_timestamp(civil).ok()
    }

    /// `2020-06-02[T ]14:36:51[.123][ ][Z|±hh:mm|±hhmm|±hh|-CST]`, or the date alone.
    fn parse_iso(text: &str) -> Option<Self> {
        let separator = match text.as_bytes().get(4)? {
            b'-' => '-',
            b'/' => '/',
            _ => return None,
        };
        let date = parse_date(text.get(..10)?, separator)?;
        let rest = text.get(10..)?;
        let clock = match rest.chars().next() {
            None => {
                return Some(Self {
                    date,
                    time: None,
                    offset: None,
                });
            }
            Some('T' | 't' | ' ') => rest.get(1..)?.trim_start(),
            // A bare date with an offset, as XML Schema's `date` may have it.
            Some(_) => {
                return Some(Self {
                    date,
                    time: None,
                    offset: Some(parse_offset(rest)?),
                });
            }
        };
        let end = clock
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','))
            .unwrap_or(clock.len());
        let time = parse_time(clock.get(..end)?)?;
        let zone = clock.get(end..)?.trim();
        let offset = if zone.is_empty() {
            None
        } else {
            Some(parse_offset(zone)?)
        };
        Some(Self {
            date,
            time: Some(time),
            offset,
        })
    }

    /// `Mon May 19 18:29:48 +0000 2008` and `Mon May 19 18:29:48 2008`.
    fn parse_ctime(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let (_weekday, month, day, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let (zone, year) = match (words.next()?, words.next()) {
            (zone, Some(year)) => (Some(zone), year),
            (year, None) => (None, year),
        };
        let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
        let date = Date::new(
            year.parse().ok()?,
            i8::try_from(month).ok()?.checked_add(1)?,
            day.parse().ok()?,
        )
        .ok()?;
        let offset = match zone {
            Some(zone) => Some(parse_offset(zone)?),
            None => None,
        };
        Some(Self {
            date,
            time: Some(parse_time(clock)?),
            offset,
        })
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Zone names seen or to be expected, in hours from UTC, as RFC 822 and European practice have them.
const ZONES: [(&str, i32); 19] = [
    ("Z", 0),
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 1),
    ("BST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

fn digits(text: &str) -> Option<i32> {
    let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn parse_date(text: &str, separator: char) -> Option<Date> {
    let mut parts = text.split(separator);
    let year = i16::try_from(digits(parts.next()?)?).ok()?;
    let month = i8::try_from(digits(parts.next()?)?).ok()?;
    let day = i8::try_from(digits(parts.next()?)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// `14:36[:51[.123]]`; a leap second is read as the second before it.
fn parse_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text
        .split_once(['.', ','])
        .map_or((text, ""), |(clock, rest)| (clock, rest));
    let mut parts = clock.split(':');
    let hour = i8::try_from(digits(parts.next()?)?).ok()?;
    let minute = i8::try_from(digits(parts.next()?)?).ok()?;
    let second = match parts.next() {
        Some(text) => i8::try_from(digits(text)?).ok()?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let second = if second == 60 { 59 } else { second };
    let nanosecond = if fraction.is_empty() {
        0
    } else {
        let known = fraction.get(..fraction.len().min(9))?;
        let missing = u32::try_from(9_usize.checked_sub(known.len())?).ok()?;
        digits(known)?.checked_mul(10_i32.checked_pow(missing)?)?
    };
    Time::new(hour, minute, second, nanosecond).ok()
}

/// `Z`, `+00:00`, `-0800`, `+01`, `-CST`, `UTC`.
fn parse_offset(text: &str) -> Option<Offset> {
    let name = text.trim_start_matches('-');
    if let Some((_, hours)) = ZONES.iter().find(|(zone, _)| zone.eq_ignore_ascii_case(name)) {
        return Offset::from_seconds(hours.checked_mul(3600)?).ok();
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let body = text.get(1..)?;
    let (hours, minutes) = match body.split_once(':') {
        Some((hours, minutes)) => (digits(hours)?, digits(minutes)?),
        None if body.len() == 4 => (digits(body.get(..2)?)?, digits(body.get(2..)?)?),
        None => (digits(body)?, 0),
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_the_wild_is_read() {
        let cases = [
            ("2020-06-02T14:36:51-05:00", "2020-06-02T19:36:51Z", true),
            ("2022-01-21T05:53:40+00:00", "2022-01-21T05:53:40Z", true),
            ("2018-01-01T00:00:00-0500", "2018-01-01T05:00:00Z", true),
            ("2010-12-22T19:03:37Z", "2010-12-22T19:03:37Z", true),
            ("2021-10-11T14:59:02 +00:00", "2021-10-11T14:59:02Z", true),
            ("2022-06-16T19:31:23", "2022-06-16T19:31:23Z", false),
            ("2017-01-19T01:11:57-CST", "2017-01-19T07:11:57Z", true),
            ("2021-09-25T12:55:47.212Z", "2021-09-25T12:55:47.212Z", true),
            ("2008-01-01 10:00:00", "2008-01-01T10:00:00Z", false),
            ("Mon May 19 18:29:48 +0000 2008", "2008-05-19T18:29:48Z", true),
            (
                "2026-02-03T04:05:06.1234567891+02:00",
                "2026-02-03T02:05:06.123456789Z",
                true,
            ),
            ("2026-02-03T04:05+02", "2026-02-03T02:05:00Z", true),
            (" 2026-02-03T23:59:60Z ", "2026-02-03T23:59:59Z", true),
        ];
        for (text, instant, has_offset) in cases {
            let read = StatedTimestamp::read(text);
            assert_eq!(read.text, text);
            assert_eq!(
                read.instant.map(|i| i.to_string()).as_deref(),
                Some(instant),
                "{text}"
            );
            assert_eq!(read.has_offset, has_offset, "{text}");
        }
    }

    #[test]
    fn bare_dates_have_no_instant() {
        for text in ["2023-10-24", "2023/10/24", "2023-10-24Z"] {
            let read = parse_stated_date(text).unwrap();
            assert_eq!(read.date, jiff::civil::date(2023, 10, 24), "{text}");
            assert_eq!(read.instant, None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "...",
            "invoice_date",
            "2023-13-01",
            "2023-02-30T10:00:00Z",
            "2023-01-01T25:00:00",
            "10/24/2023",
            "2023-01-01T10:00:00+99:00",
            "2023-01-01T10:00:00 Mars",
            "äöüß-12-01",
        ] {
            assert_eq!(parse_stated_date(text), None, "{text}");
        }
    }
}
