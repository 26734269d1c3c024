//! What one recipient is told now. Pure.
//!
//! The first alert of a quiet time goes at once; what comes within the window after a mail waits for the next, which tells
//! everything together. What goes on is told again after a day; what is over is told to those who knew of it.

use std::collections::BTreeMap;

use punchgate_storage::alert::AlertRow;

use crate::attention::Code;

/// What goes on is told again after so long, in microseconds.
pub const AGAIN: i64 = 24 * 3_600 * 1_000_000;

/// What a recipient knows.
#[derive(Debug, Default)]
pub(super) struct Knows<'a> {
    /// What it was told of, and when last.
    pub(super) told: BTreeMap<(&'a str, &'a str), i64>,
    /// When it was last written to.
    pub(super) written_at: Option<i64>,
    /// Whether a mail to it has not been taken yet.
    pub(super) waits: bool,
}

/// What one mail tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digest<'a> {
    /// What is new, or has gone on for another day, worst first.
    pub(super) stands: Vec<&'a AlertRow>,
    /// What is over, worst first.
    pub(super) over: Vec<&'a AlertRow>,
}

/// None where nothing is to be told now.
pub(super) fn digest<'a>(
    rows: &'a [AlertRow],
    knows: &Knows<'_>,
    now: i64,
    window: i64,
) -> Option<Digest<'a>> {
    // What the mail server has not taken yet is followed by one mail, however long that takes.
    let gathers = knows.written_at.is_some_and(|at| now.saturating_sub(at) < window);
    if knows.waits || gathers {
        return None;
    }
    let known = |row: &AlertRow| {
        knows
            .told
            .get(&(row.code.as_str(), row.subject.as_str()))
            .copied()
    };
    let is_due = |row: &&AlertRow| {
        let stands = row.raised_at.is_some() && row.ended_at.is_none();
        stands && known(row).is_none_or(|at| now.saturating_sub(at) >= AGAIN)
    };
    let mut digest = Digest {
        stands: rows.iter().filter(is_due).collect(),
        over: rows
            .iter()
            .filter(|row| row.ended_at.is_some() && known(row).is_some())
            .collect(),
    };
    digest.stands.sort_by_key(|row| worst_first(row));
    digest.over.sort_by_key(|row| worst_first(row));
    (!digest.stands.is_empty() || !digest.over.is_empty()).then_some(digest)
}

/// What this program does not know is a newer one's, and stands last.
fn worst_first(row: &AlertRow) -> (bool, Option<Code>, i64, String) {
    let code = Code::parse(&row.code);
    (code.is_none(), code, row.began_at, row.subject.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use punchgate_storage::alert::ToldRow;

    use super::*;
    use crate::{alerts::standing::compare, attention::Each};

    const MINUTE: i64 = 60_000_000;

    /// What happens in a minute: what stands then, and whether the mail server takes what waits.
    type Step = (i64, &'static [(Code, &'static str)], bool);

    /// The mails that one recipient gets, as `MINUTE: what stands / what is over`.
    fn mails(steps: &[Step]) -> Vec<String> {
        let (mut rows, mut told) = (Vec::new(), Vec::<ToldRow>::new());
        let (mut written_at, mut waits, mut ids, mut mails) = (None, false, 0, Vec::new());
        for (minute, stands, takes) in steps {
            let now = minute * MINUTE;
            let found: Vec<Each> = stands
                .iter()
                .map(|(code, subject)| Each::new(*code, *subject, (*subject).to_owned(), ""))
                .collect();
            let patience = |code| {
                if code == Code::ConnectorSilent {
                    10 * MINUTE
                } else {
                    0
                }
            };
            let new_id = || {
                ids += 1;
                ids.to_string()
            };
            waits = waits && !takes;
            rows = compare(
                ("s", rows),
                &found,
                &BTreeSet::new(),
                &told,
                (now, patience),
                new_id,
            )
            .rows;
            let knows = Knows {
                told: told
                    .iter()
                    .map(|row| ((row.code.as_str(), row.subject.as_str()), row.told_at))
                    .collect(),
                written_at,
                waits,
            };
            let Some(digest) = digest(&rows, &knows, now, 15 * MINUTE) else {
                continue;
            };
            let names = |rows: &[&AlertRow]| {
                let names: Vec<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
                names.join(" ")
            };
            mails.push(format!(
                "{minute}: {} / {}",
                names(&digest.stands),
                names(&digest.over)
            ));
            let of = |row: &AlertRow| (row.code.clone(), row.subject.clone());
            let (stands, over): (Vec<_>, Vec<_>) = (
                digest.stands.iter().map(|row| of(row)).collect(),
                digest.over.iter().map(|row| of(row)).collect(),
            );
            told.retain(|row| {
                let key = (row.code.clone(), row.subject.clone());
                !over.contains(&key) && !stands.contains(&key)
            });
            told.extend(stands.into_iter().map(|(code, subject)| ToldRow {
                supplier_id: "s".to_owned(),
                recipient: "r".to_owned(),
                code,
                subject,
                told_at: now,
            }));
            (written_at, waits) = (Some(now), !takes);
        }
        mails
    }

    const H1: (Code, &str) = (Code::OrderHeld, "h1");
    const H2: (Code, &str) = (Code::OrderHeld, "h2");
    const D: (Code, &str) = (Code::DeadWork, "d");
    const E: (Code, &str) = (Code::ConnectorSilent, "e");
    const DAY: i64 = 24 * 60;

    /// What happens, and the mails that it makes.
    const CASES: &[(&str, &[Step], &[&str])] = &[
        ("nothing", &[(0, &[], true), (60, &[], true)], &[]),
        (
            "the first at once, and once",
            &[(0, &[H1], true), (1, &[H1], true), (20, &[H1], true)],
            &["0: h1 / "],
        ),
        (
            "what follows is gathered, worst first",
            &[
                (0, &[H1], true),
                (3, &[H1, H2], true),
                (5, &[H1, H2, D], true),
                (15, &[H1, H2, D], true),
            ],
            &["0: h1 / ", "15: d h2 / "],
        ),
        (
            "the end is told with the next mail",
            &[
                (0, &[H1], true),
                (5, &[], true),
                (14, &[], true),
                (15, &[], true),
                (40, &[], true),
            ],
            &["0: h1 / ", "15:  / h1"],
        ),
        (
            "what was over before it was told is not told",
            &[
                (0, &[H1], true),
                (3, &[H1, H2], true),
                (9, &[H1], true),
                (30, &[H1], true),
            ],
            &["0: h1 / "],
        ),
        (
            "what comes again before its end was told has gone on",
            &[
                (0, &[H1], true),
                (5, &[], true),
                (9, &[H1], true),
                (30, &[H1], true),
            ],
            &["0: h1 / "],
        ),
        (
            "what comes again later is new",
            &[(0, &[H1], true), (20, &[], true), (40, &[H1], true)],
            &["0: h1 / ", "20:  / h1", "40: h1 / "],
        ),
        (
            "what goes on is told again after a day",
            &[
                (0, &[H1], true),
                (DAY - 1, &[H1], true),
                (DAY, &[H1], true),
                (DAY + 20, &[H1], true),
            ],
            &["0: h1 / ", "1440: h1 / "],
        ),
        (
            "a system may be away for a while",
            &[(0, &[E], true), (9, &[E], true), (10, &[E], true)],
            &["10: e / "],
        ),
        (
            "and back",
            &[
                (0, &[E], true),
                (9, &[], true),
                (12, &[E], true),
                (21, &[E], true),
            ],
            &[],
        ),
        (
            "a server that takes nothing for hours is sent one mail more",
            &[
                (0, &[H1], false),
                (20, &[H1, H2], false),
                (300, &[D, H2], false),
                (400, &[D, H2], true),
            ],
            &["0: h1 / ", "400: d h2 / h1"],
        ),
    ];

    #[test]
    fn what_comes_to_which_mails() {
        for (name, steps, expected) in CASES {
            assert_eq!(mails(steps), *expected, "{name}");
        }
    }
}
