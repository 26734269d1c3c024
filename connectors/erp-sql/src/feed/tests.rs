//! Pages, equal stamps, late commits and the clock that is put back.

use super::*;

fn overlap(zone: &str) -> Overlap {
    Overlap {
        seconds: 120,
        numbers: 100,
        zone: TimeZone::get(zone).unwrap(),
    }
}

fn row(key: &str, stamp: &str, hash: &str) -> Stamped {
    Stamped {
        key: key.to_owned(),
        stamp: Stamp::read(stamp),
        hash: hash.to_owned(),
    }
}

fn beginning(highest: &str, now: &str) -> Beginning {
    Beginning {
        highest: Stamp::read(highest),
        now: now.parse().unwrap(),
    }
}

#[test]
fn the_next_run_begins_before_this_one_in_the_form_of_the_stamps() {
    let cases = [
        (
            "UTC",
            "2026-03-01 09:00:00",
            "2026-03-01T09:30:00Z",
            "2026-03-01 09:28:00",
        ),
        (
            "UTC",
            "2026-03-01T09:00:00.123Z",
            "2026-03-01T09:30:00.5Z",
            "2026-03-01T09:28:00.500Z",
        ),
        (
            "UTC",
            "2026-03-01 09:00:00.123456+00",
            "2026-03-01T09:30:00Z",
            "2026-03-01 09:28:00.000000+00",
        ),
        (
            "Europe/Berlin",
            "2026-03-01 10:00:00+01",
            "2026-03-01T09:30:00Z",
            "2026-03-01 10:28:00+01",
        ),
        // Local time repeats an hour once a year: it is always read again.
        (
            "Europe/Berlin",
            "2026-03-01 10:00:00",
            "2026-03-01T09:30:00Z",
            "2026-03-01 09:28:00",
        ),
        (
            "Europe/Berlin",
            "2026-10-25 02:59:00",
            "2026-10-25T01:10:00Z",
            "2026-10-25 01:08:00",
        ),
        ("UTC", "5000", "2026-03-01T09:30:00Z", "4900"),
    ];
    for (zone, highest, now, expected) in cases {
        let next = overlap(zone).next(&beginning(highest, now));
        assert_eq!(next.as_deref(), Some(expected), "{highest} at {now}");
    }
    assert_eq!(
        overlap("UTC").next(&beginning("0000-00-00 00:00:00", "2026-03-01T09:30:00Z")),
        None
    );
}

#[test]
fn a_run_goes_over_equal_stamps_and_falls_silent() {
    let mut feed = Feed::default();
    let stamp = "2026-03-01 09:29:30";
    let start = beginning(stamp, "2026-03-01T09:30:00Z");
    let rows = [row("a", stamp, "1"), row("b", stamp, "1"), row("c", stamp, "1")];
    assert_eq!(
        feed.advance(&rows[..2], 2, Some(&start), &overlap("UTC")),
        (vec![true, true], true)
    );
    assert_eq!(
        feed.advance(&rows[2..], 2, None, &overlap("UTC")),
        (vec![true], false)
    );
    assert_eq!(
        feed.advance(&rows[..2], 2, Some(&start), &overlap("UTC")),
        (vec![false, false], true)
    );
    let run = feed.run.clone().unwrap();
    assert_eq!(
        (run.after_stamp.as_deref(), run.after_key.as_str()),
        (Some(stamp), "b")
    );
    assert_eq!(
        feed.advance(&rows[2..], 2, None, &overlap("UTC")),
        (vec![false], false)
    );
}

#[test]
fn a_row_that_became_visible_late_and_one_that_changed_within_its_stamp_are_new() {
    let mut feed = Feed::default();
    let start = beginning("2026-03-01 09:29:30", "2026-03-01T09:30:00Z");
    feed.advance(
        &[row("b", "2026-03-01 09:29:30", "1")],
        10,
        Some(&start),
        &overlap("UTC"),
    );
    let later = [
        row("late", "2026-03-01 09:28:10", "1"),
        row("b", "2026-03-01 09:29:30", "2"),
    ];
    assert_eq!(
        feed.advance(&later, 10, Some(&start), &overlap("UTC")),
        (vec![true, true], false)
    );
}

#[test]
fn old_rows_are_forgotten_and_not_read_again() {
    let mut feed = Feed::default();
    let stamp = "2026-03-01 03:00:00";
    let start = beginning(stamp, "2026-03-01T09:30:00Z");
    feed.advance(&[row("a", stamp, "1")], 10, Some(&start), &overlap("UTC"));
    assert!(
        feed.seen.is_empty(),
        "all rows had one old stamp: no storm at the cursor"
    );
    assert_eq!(feed.since.as_deref(), Some("2026-03-01 09:28:00"));
}

#[test]
fn no_more_is_remembered_than_a_cursor_holds() {
    let mut feed = Feed::default();
    let start = beginning("2026-03-01 09:29:30", "2026-03-01T09:30:00Z");
    let rows: Vec<Stamped> = (0..REMEMBERED + 500)
        .map(|number| row(&format!("{number:06}"), "2026-03-01 09:29:30", "1"))
        .collect();
    feed.advance(&rows, 10_000, Some(&start), &overlap("UTC"));
    assert_eq!(feed.seen.len(), REMEMBERED);
}

#[test]
fn a_foreign_cursor_means_begin_anew() {
    let error = read("accounts", Some(&Cursor::new("{\"offset\": 7}"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}
