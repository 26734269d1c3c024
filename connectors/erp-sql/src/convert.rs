//! Rows into what crosses the connector, and back. Pure.

pub(crate) mod accounts;
pub(crate) mod documents;
pub(crate) mod orders;
pub(crate) mod prices;
pub(crate) mod requests;

use jiff::tz::TimeZone;
use punchgate_domain::Instant;

use crate::dialect::Dialect;

/// An instant to write: where the column may have an offset, with one; else as the clock on the wall shows it.
pub(crate) fn timestamp(dialect: Dialect, zone: &TimeZone, instant: Instant) -> String {
    let zoned = instant.to_zoned(zone.clone());
    let local = zoned.datetime();
    match dialect {
        Dialect::Postgres => format!("{local:.6}{}", colons(zoned.offset().seconds())),
        Dialect::MariaDb | Dialect::Sqlite => format!("{} {:.6}", local.date(), local.time()),
    }
}

fn colons(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_the_stated_zone() {
        let instant: Instant = "2026-07-01T22:30:00.5Z".parse().unwrap();
        let cases = [
            (
                Dialect::Postgres,
                "Europe/Berlin",
                "2026-07-02T00:30:00.500000+02:00",
            ),
            (
                Dialect::Postgres,
                "America/St_Johns",
                "2026-07-01T20:00:00.500000-02:30",
            ),
            (Dialect::MariaDb, "Europe/Berlin", "2026-07-02 00:30:00.500000"),
            (Dialect::Sqlite, "UTC", "2026-07-01 22:30:00.500000"),
        ];
        for (dialect, zone, expected) in cases {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(timestamp(dialect, &zone, instant), expected);
        }
    }
}
