//! The feed against a model of Tryton: whatever happens in between, every last state is delivered, and when
//! nothing happens any more, nothing comes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

fn at(seconds: i64) -> Instant {
    Instant::from_second(1_800_000_000 + seconds).unwrap()
}

/// A record and one that belongs to it, each with the stamp and the number of its last write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Record {
    parts: [Option<(i64, u32)>; 2],
}

impl Record {
    fn stamped(at: i64) -> Self {
        Self {
            parts: [Some((at, 0)), None],
        }
    }

    fn stamps(&self) -> impl Iterator<Item = Instant> {
        self.parts.iter().flatten().map(|(stamp, _)| at(*stamp))
    }

    fn content(&self) -> u64 {
        let number = |part: usize| self.parts[part].map_or(0, |(_, number)| u64::from(number) + 1);
        number(0) << 32 | number(1)
    }
}

/// What the search of [`Feed::domain_with`] finds: its meaning, not its text.
fn search(feed: &Feed, records: &BTreeMap<i64, Record>, limit: usize) -> Vec<Stamped> {
    let after = feed.run.map_or(0, |run| run.after);
    let fits = |stamp: Instant| feed.since.is_none_or(|since| stamp.as_microsecond() >= since);
    let found = records
        .iter()
        .filter(|(id, record)| **id > after && record.stamps().any(fits));
    found
        .take(limit)
        .map(|(id, record)| Stamped {
            id: *id,
            at: record.stamps().max().unwrap(),
            content: record.content(),
        })
        .collect()
}

#[test]
fn the_domain_asks_for_both_stamps_from_the_second_run_on() {
    let mut feed = Feed::default();
    assert_eq!(feed.domain(), json!([["id", ">", 0]]));
    let record = Stamped {
        id: 7,
        at: at(0),
        content: 1,
    };
    assert_eq!(feed.advance(&[record], 1, at(100), OVERLAP), (vec![true], true));
    assert_eq!(feed.domain(), json!([["id", ">", 7]]));
    assert_eq!(feed.advance(&[], 1, at(200), OVERLAP), (Vec::new(), false));
    // From the beginning of the run, not from its end.
    let since = wire::datetime(at(40));
    let expected = json!([
        ["id", ">", 0],
        ["OR", ["write_date", ">=", since], ["create_date", ">=", since]]
    ]);
    assert_eq!(feed.domain(), expected);
    let with_more = feed.domain_with(&["addresses.write_date"]);
    assert_eq!(with_more[1][3], json!(["addresses.write_date", ">=", since]));
}

#[test]
fn equal_stamps_cross_pages() {
    let records: BTreeMap<i64, Record> = (1..=7).map(|id| (id, Record::stamped(0))).collect();
    let mut feed = Feed::default();
    let mut seen = Vec::new();
    loop {
        let page = search(&feed, &records, 2);
        let (new, more) = feed.advance(&page, 2, at(10), OVERLAP);
        seen.extend(
            page.iter()
                .zip(new)
                .filter(|(_, new)| *new)
                .map(|(record, _)| record.id),
        );
        if !more {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    let page = search(&feed, &records, 10);
    assert_eq!(page.len(), 7, "inside the overlap they are found again");
    let (new, more) = feed.advance(&page, 10, at(11), OVERLAP);
    assert!(new.iter().all(|new| !new) && !more);
}

#[test]
fn a_cursor_does_not_grow_without_end() {
    let record = |id: i64| Stamped {
        id,
        at: at(id % 50),
        content: u64::MAX,
    };
    let page: Vec<Stamped> = (1..=5_000).map(record).collect();
    let mut feed = Feed::default();
    feed.advance(&page, 10_000, at(50), OVERLAP);
    assert_eq!(feed.seen.len(), REMEMBERED);
    let cursor = write("accounts", &feed).unwrap();
    assert!(cursor.as_str().len() < 64 * 1024, "{}", cursor.as_str().len());
}

#[test]
fn cursors_there_and_back_and_foreign_ones() {
    let mut feed = Feed::default();
    let record = Stamped {
        id: 3,
        at: at(5),
        content: u64::MAX,
    };
    feed.advance(&[record], 1, at(6), OVERLAP);
    let cursor = write("accounts", &feed).unwrap();
    assert_eq!(read::<Feed>("accounts", Some(&cursor)).unwrap(), feed);
    assert_eq!(read::<Feed>("accounts", None).unwrap(), Feed::default());
    for text in [
        "",
        "17",
        "{}",
        r#"{"since": "yesterday", "run": null, "seen": {}}"#,
        r#"{"since": null, "run": null, "seen": {"7": 1800000000000000}}"#,
    ] {
        let error = read::<Feed>("accounts", Some(&Cursor::new(text))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{text}");
    }
}

/// A long transaction sets a party's limit, another one its contact; the later one is visible first.
#[test]
fn a_change_under_an_earlier_stamp_than_the_last_is_delivered() {
    let mut feed = Feed::default();
    let mut party = Record::stamped(0);
    let mut pull = |party: Record, clock: i64| {
        let page = search(&feed, &[(7, party)].into(), 10);
        feed.advance(&page, 10, at(clock), OVERLAP)
    };
    party.parts[1] = Some((15, 1));
    assert_eq!(pull(party, 16), (vec![true], false));
    party.parts[0] = Some((10, 2));
    assert_eq!(
        pull(party, 20),
        (vec![true], false),
        "the limit was not delivered"
    );
    assert_eq!(pull(party, 22), (vec![false], false));
}

/// What happens between two pages: a part of a record is written, its transaction taking this long to be visible.
#[derive(Clone, Debug)]
struct Write {
    id: i64,
    part: usize,
    takes: i64,
}

fn writes() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let write = (1_i64..12, 0_usize..2, 0_i64..50).prop_map(|(id, part, takes)| Write { id, part, takes });
    prop::collection::vec(prop::collection::vec(write, 0..4), 1..40)
}

proptest! {
    #[test]
    fn nothing_is_lost_and_the_feed_falls_silent(history in writes(), limit in 1_usize..5, pace in 1_i64..40) {
        let mut visible: BTreeMap<i64, Record> = BTreeMap::new();
        let mut delivered: BTreeMap<i64, u64> = BTreeMap::new();
        let mut waiting: Vec<(i64, i64, usize, i64, u32)> = Vec::new();
        let mut feed = Feed::default();
        let (mut clock, mut written) = (0, 0);
        let mut silent = 0;
        // Long enough for the slowest write to become visible and for the longest run after it.
        let quiet = std::iter::repeat_n(Vec::new(), 120);
        for happening in history.into_iter().chain(quiet) {
            clock += pace;
            for Write { id, part, takes } in happening {
                written += 1;
                waiting.push((clock + takes, id, part, clock, written));
            }
            waiting.sort_unstable();
            // A stamp is the beginning of its transaction. Rows are locked, so the stamps of one ascend; those of a record
            // and of what belongs to it do not.
            while let Some((_, id, part, stamp, number)) = waiting.first().copied().filter(|(end, ..)| *end <= clock) {
                waiting.remove(0);
                let seen = &mut visible.entry(id).or_default().parts[part];
                *seen = (*seen).max(Some((stamp, number)));
            }
            let page = search(&feed, &visible, limit);
            let cursor = write("accounts", &feed).unwrap();
            feed = read("accounts", Some(&cursor)).unwrap();
            let (new, _) = feed.advance(&page, limit, at(clock), OVERLAP);
            silent += 1;
            for (record, _) in page.iter().zip(new).filter(|(_, new)| *new) {
                delivered.insert(record.id, record.content);
                silent = 0;
            }
        }
        let visible: BTreeMap<i64, u64> = visible.iter().map(|(id, record)| (*id, record.content())).collect();
        prop_assert_eq!(delivered, visible);
        prop_assert!(silent > 10, "still delivering after the end");
    }
}
