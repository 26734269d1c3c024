//! Instants and dates as we write them: ISO 8601, seconds, numeric offset, never `Z`.

use std::borrow::Cow;

use jiff::{Timestamp, tz::Offset};
use punchgate_domain::purchase_order::StatedDate;

/// `2026-11-22T03:57:18+00:00`
pub(super) fn offset_timestamp(at: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

/// A date of another document, with a time: as stated where that is already in our form, so that the
/// other side recognises it; a bare date becomes its midnight, because the grammar wants a time.
pub(super) fn stated_timestamp(date: &StatedDate) -> Cow<'_, str> {
    if is_offset_timestamp(&date.text) {
        return Cow::Borrowed(&date.text);
    }
    Cow::Owned(match date.instant {
        Some(instant) => offset_timestamp(instant),
        None => format!("{}T00:00:00+00:00", date.date),
    })
}

/// A date of another document where a bare date is enough.
pub(super) fn stated_date(date: &StatedDate) -> Cow<'_, str> {
    match date.instant {
        None => Cow::Owned(date.date.to_string()),
        Some(_) => stated_timestamp(date),
    }
}

/// `yyyy-mm-ddThh:mm:ss`, perhaps a fraction, and `+hh:mm` or `-hh:mm`.
fn is_offset_timestamp(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let matches = |text: &str, shape: &[u8]| {
        text.len() == shape.len()
            && text.bytes().zip(shape).all(|(byte, want)| match want {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *want,
            })
    };
    let Some((head, tail)) = text.split_at_checked(SHAPE.len()) else {
        return false;
    };
    let Some(sign) = tail.find(['+', '-']) else {
        return false;
    };
    let (fraction, offset) = tail.split_at(sign);
    let fraction_ok = fraction.is_empty()
        || fraction
            .strip_prefix('.')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    matches(head, SHAPE) && fraction_ok && (matches(offset, b"+00:00") || matches(offset, b"-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_a_numeric_offset_and_no_fraction() {
        for (instant, expected) in [
            ("2026-11-22T03:57:18.999Z", "2026-11-22T03:57:18+00:00"),
            ("2026-01-01T00:00:00-05:00", "2026-01-01T05:00:00+00:00"),
            ("0099-01-02T03:04:05Z", "0099-01-02T03:04:05+00:00"),
        ] {
            assert_eq!(offset_timestamp(instant.parse().unwrap()), expected);
        }
    }

    #[test]
    fn stated_dates_stay_where_they_are_in_our_form() {
        for (text, instant, timestamp, date) in [
            (
                "2026-11-22T09:00:00-05:00",
                Some("2026-11-22T14:00:00Z"),
                "2026-11-22T09:00:00-05:00",
                "2026-11-22T09:00:00-05:00",
            ),
            (
                "2026-11-22T09:00:00.25+01:00",
                Some("2026-11-22T08:00:00.25Z"),
                "2026-11-22T09:00:00.25+01:00",
                "2026-11-22T09:00:00.25+01:00",
            ),
            (
                "2026-11-22T09:00:00Z",
                Some("2026-11-22T09:00:00Z"),
                "2026-11-22T09:00:00+00:00",
                "2026-11-22T09:00:00+00:00",
            ),
            (
                "2026-11-22T09:00:00-0500",
                Some("2026-11-22T14:00:00Z"),
                "2026-11-22T14:00:00+00:00",
                "2026-11-22T14:00:00+00:00",
            ),
            ("2026-11-22", None, "2026-11-22T00:00:00+00:00", "2026-11-22"),
        ] {
            let stated = StatedDate {
                text: text.to_owned(),
                date: text[..10].parse().unwrap(),
                instant: instant.map(|instant| instant.parse().unwrap()),
                has_offset: true,
            };
            assert_eq!(stated_timestamp(&stated), timestamp);
            assert_eq!(stated_date(&stated), date);
        }
    }
}
