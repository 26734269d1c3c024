//! How long an order is left alone before the shop is asked again: what moves is asked after often, what has lain still
//! for long seldom. Pure.

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const MONTH: i64 = 30 * DAY;

/// Until it is asked again, in microseconds, when it last said something new so long ago.
pub(super) fn rest(still_for: i64, is_on_hold: bool) -> i64 {
    let rest = match still_for {
        ..HOUR => MINUTE,
        HOUR..DAY => 10 * MINUTE,
        DAY..WEEK => HOUR,
        WEEK..MONTH => 6 * HOUR,
        _ => DAY,
    };
    // Somebody waits for it.
    if is_on_hold { rest.min(HOUR) } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_still_is_asked_after_less_and_less() {
        let table = [
            (-1, false, MINUTE),
            (0, false, MINUTE),
            (HOUR, false, 10 * MINUTE),
            (DAY - 1, false, 10 * MINUTE),
            (DAY, false, HOUR),
            (8 * DAY, false, 6 * HOUR),
            (8 * DAY, true, HOUR),
            (400 * DAY, false, DAY),
            (400 * DAY, true, HOUR),
            (0, true, MINUTE),
        ];
        for (still_for, is_on_hold, expected) in table {
            assert_eq!(rest(still_for, is_on_hold), expected, "{still_for} {is_on_hold}");
        }
    }
}
