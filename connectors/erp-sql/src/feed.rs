//! Where a feed was left. Pure.
//!
//! The first run reads everything by key. Later runs read by (stamp, key) what was stamped since the beginning of the run
//! before, less an overlap, for a row becomes visible later than it was stamped. What was delivered inside the overlap is
//! remembered with a hash of its content and not delivered again.

mod stamp;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use punchgate_connector::{ConnectorError, Cursor, ErrorKind};
use punchgate_domain::Instant;
use serde::{Deserialize, Serialize};

pub(crate) use stamp::Stamp;

use crate::{dialect::Dialect, schema::Table, statement::Statement};

/// How many deliveries a cursor remembers. Beyond it, rows of the overlap come again: too often, never too seldom.
const REMEMBERED: usize = 2_000;

/// Where a feed was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    /// Rows stamped since here, as the database writes it; none: all.
    since: Option<String>,
    run: Option<Run>,
    /// What was delivered inside the overlap: key, stamp and hash.
    seen: BTreeMap<String, (i64, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    /// Where the next run begins.
    next: Option<String>,
    /// The last row that was read; a run over everything goes by key alone.
    after_stamp: Option<String>,
    after_key: String,
}

/// A row with its stamp; none if that is null or cannot be read: then only a run over everything finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamped {
    pub(crate) key: String,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) hash: String,
}

/// What a run's beginning is told.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    /// The highest stamp that there is, if any.
    pub(crate) highest: Option<Stamp>,
    /// The database's clock.
    pub(crate) now: Instant,
}

/// How far a change may be behind.
#[derive(Clone, Debug)]
pub(crate) struct Overlap {
    /// Of stamps in time.
    pub(crate) seconds: u32,
    /// Of stamps that are numbers.
    pub(crate) numbers: u32,
    /// In which zone stamps without offset are.
    pub(crate) zone: TimeZone,
}

impl Overlap {
    /// Where the run after one with this beginning starts. Where clocks are put back, local stamps repeat an hour.
    fn next(&self, beginning: &Beginning) -> Option<String> {
        let highest = beginning.highest.as_ref()?;
        if let Some(number) = highest.number() {
            return Some(number.saturating_sub(self.numbers.into()).to_string());
        }
        let repeats = !highest.has_offset() && self.zone.to_fixed_offset().is_err();
        let back = i64::from(self.seconds) + if repeats { 3_600 } else { 0 };
        highest.at(beginning.now, &self.zone)?.earlier(back)
    }
}

impl Feed {
    /// Whether the next call begins a run.
    pub(crate) fn begins(&self) -> bool {
        self.run.is_none()
    }

    /// Adds to a statement which rows come next, and in which order.
    pub(crate) fn conditions(
        &self,
        mut statement: Statement,
        table: &Table,
        key: &str,
        limit: usize,
    ) -> Statement {
        let (key, stamp) = (table.needed(key), table.needed("modified"));
        statement = match (&self.run, &self.since) {
            (None, None) => statement,
            (None, Some(since)) => statement.push(" and ").compare(&stamp, ">=", since),
            (Some(run), _) => match &run.after_stamp {
                None => statement.push(" and ").compare(&key, ">", &run.after_key),
                Some(after) => statement
                    .push(" and ")
                    // Alone it would do, but only so is an index on the stamp of use.
                    .compare(&stamp, ">=", after)
                    .push(" and (")
                    .compare(&stamp, ">", after)
                    .push(" or ")
                    .compare(&key, ">", &run.after_key)
                    .push(")"),
            },
        };
        let order = if self.since.is_none() {
            key.quoted
        } else {
            format!("{}, {}", stamp.quoted, key.quoted)
        };
        statement.push(&format!(" order by {order} limit {limit}"))
    }

    /// Takes in what came, in the order in which it came, and says which of it is new, and whether there is more.
    /// `beginning` is needed where a run begins.
    pub(crate) fn advance(
        &mut self,
        page: &[Stamped],
        limit: usize,
        beginning: Option<&Beginning>,
        overlap: &Overlap,
    ) -> (Vec<bool>, bool) {
        let next = match (&self.run, beginning) {
            (Some(run), _) => run.next.clone(),
            // What has no stamp at all is read whole each time.
            (None, beginning) => beginning.and_then(|beginning| overlap.next(beginning)),
        };
        let new: Vec<bool> = page
            .iter()
            .map(|row| {
                let known = self.seen.get(&row.key).is_some_and(|(_, hash)| *hash == row.hash);
                let at = row.stamp.as_ref().map_or(i64::MIN, Stamp::order);
                self.seen.insert(row.key.clone(), (at, row.hash.clone()));
                !known
            })
            .collect();
        let kept = next
            .as_deref()
            .and_then(Stamp::read)
            .map_or(i64::MIN, |stamp| stamp.order());
        self.seen.retain(|_, (at, _)| *at >= kept);
        self.forget();
        // A stamp without an end (`infinity`) comes last: nothing can be read after it.
        let passable = |row: &&Stamped| page.len() >= limit && (self.since.is_none() || row.stamp.is_some());
        let last = page.last().filter(passable);
        match last {
            Some(last) => {
                let after_stamp = self.since.as_ref().and(last.stamp.as_ref());
                self.run = Some(Run {
                    next,
                    after_stamp: after_stamp.map(|stamp| stamp.text().to_owned()),
                    after_key: last.key.clone(),
                });
            }
            None => {
                self.since = next.or_else(|| self.since.take());
                self.run = None;
            }
        }
        (new, last.is_some())
    }

    fn forget(&mut self) {
        if self.seen.len() > REMEMBERED {
            let mut stamps: Vec<i64> = self.seen.values().map(|(at, _)| *at).collect();
            stamps.sort_unstable_by(|one, other| other.cmp(one));
            let oldest = stamps[REMEMBERED - 1];
            self.seen.retain(|_, (at, _)| *at >= oldest);
            while self.seen.len() > REMEMBERED {
                self.seen.pop_first();
            }
        }
    }
}

/// The beginning of a run, as a statement: the highest stamp.
pub(crate) fn highest(dialect: Dialect, table: &Table) -> Statement {
    let stamp = dialect.as_text(&format!("max({})", table.needed("modified").quoted));
    Statement::one(dialect, &format!("select {stamp} from {}", table.quoted))
}

/// Reads a cursor of ours.
pub(crate) fn read(operation: &'static str, cursor: Option<&Cursor>) -> Result<Feed, ConnectorError> {
    cursor.map_or(Ok(Feed::default()), |cursor| {
        serde_json::from_str(cursor.as_str()).map_err(|error| {
            let message = format!("the cursor is not one of ours ({error}): begin anew");
            ConnectorError::new(ErrorKind::Conflict, operation, message)
        })
    })
}

/// Writes a cursor.
pub(crate) fn write(operation: &'static str, feed: &Feed) -> Result<Cursor, ConnectorError> {
    serde_json::to_string(feed)
        .map(Cursor::new)
        .map_err(|error| ConnectorError::new(ErrorKind::Invalid, operation, error.to_string()))
}

#[cfg(test)]
mod tests;
