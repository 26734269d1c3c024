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
