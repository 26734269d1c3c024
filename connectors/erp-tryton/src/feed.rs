//! Where the feed of a model was left. Pure.
//!
//! Tryton has no log of changes, only two time stamps a record, and records become visible later than they were
//! stamped. So a feed goes in runs: a run reads, by ascending id, every record stamped since an instant; the
//! next run starts from the beginning of this one less an overlap. What was delivered inside the overlap is
//! remembered by its content and not delivered again. Not by its stamp: that of a party is the latest of its own and
//! those of its addresses and contacts, and a long transaction that becomes visible under an earlier one does not move it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use punchgate_connector::{ConnectorError, Cursor, ErrorKind, published::Mismatch};
use punchgate_domain::Instant;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::wire::{self, Row};

/// How many deliveries a cursor remembers. Beyond it, records of the overlap come again: too often, never too
/// seldom.
const REMEMBERED: usize = 1_500;

/// Where a feed was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    /// Records stamped since here, in microseconds; none: all.
    since: Option<i64>,
    /// The run under way.
    run: Option<Run>,
    /// What was delivered inside the overlap, by id.
    seen: BTreeMap<i64, Delivered>,
}

/// The stamp of a record, in seconds, by which it is forgotten, and what it was, by which it is known again.
type Delivered = (i64, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    /// The server's clock at its beginning, in microseconds.
    started: i64,
    /// The last id that was read.
    after: i64,
}

/// A record with its stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamped {
    pub(crate) id: i64,
    /// The latest of all its stamps.
    pub(crate) at: Instant,
    /// What tells it from itself as it was: [`Row::fingerprint`], all its stamps included.
    pub(crate) content: u64,
}

impl Stamped {
    /// Of a record that was read with its time stamps.
    pub(crate) fn of(row: Row<'_>) -> Result<Self, Mismatch> {
        Self::of_several(row, row.changed_at()?)
    }

    /// Of a record that has further stamps, of records that belong to it; `latest` of them all.
    pub(crate) fn of_several(row: Row<'_>, latest: Instant) -> Result<Self, Mismatch> {
        Ok(Self {
            id: row.id("id")?,
            at: latest,
            content: row.fingerprint(),
        })
    }
}

impl Feed {
    /// Which records come next, by ascending id.
    pub(crate) fn domain(&self) -> Value {
        self.domain_with(&[])
    }

    /// The same where further stamps, of records that belong to them, bring them too.
    pub(crate) fn domain_with(&self, stamps: &[&str]) -> Value {
        let mut domain = vec![json!(["id", ">", self.run.map_or(0, |run| run.after)])];
        if let Some(since) = self
            .since
            .and_then(|micros| Instant::from_microsecond(micros).ok())
        {
            let since = wire::datetime(since);
            // A record that was never changed has only the stamp of its creation.
            let own = ["write_date", "create_date"];
            let stamps = own.iter().chain(stamps).map(|stamp| json!([stamp, ">=", since]));
            domain.push([json!("OR")].into_iter().chain(stamps).collect());
        }
        Value::Array(domain)
    }

    /// Takes in what came, in the order in which it came, and says which of it is new, and whether there is more.
    pub(crate) fn advance(
        &mut self,
        page: &[Stamped],
        limit: usize,
        server_time: Instant,
        overlap: SignedDuration,
    ) -> (Vec<bool>, bool) {
        let started = self.run.map_or(server_time.as_microsecond(), |run| run.started);
        let new: Vec<bool> = page
            .iter()
            .map(|record| {
                let before = self
                    .seen
                    .insert(record.id, (record.at.as_second(), record.content));
                before.is_none_or(|(_, content)| content != record.content)
            })
            .collect();
        let overlap = i64::try_from(overlap.as_micros()).unwrap_or(i64::MAX);
        let next = started.saturating_sub(overlap);
        self.seen
            .retain(|_, (stamp, _)| *stamp >= next.div_euclid(1_000_000));
        self.forget();
        let last = page.last().filter(|_| page.len() >= limit);
        match last {
            Some(last) => {
                self.run = Some(Run {
                    started,
                    after: last.id,
                })
            }
            None => {
                self.since = Some(next);
                self.run = None;
            }
        }
        (new, last.is_some())
    }

    fn forget(&mut self) {
        if self.seen.len() > REMEMBERED {
            let mut stamps: Vec<i64> = self.seen.values().map(|(stamp, _)| *stamp).collect();
            stamps.sort_unstable_by(|one, other| other.cmp(one));
            let oldest = stamps[REMEMBERED - 1];
            self.seen.retain(|_, (stamp, _)| *stamp >= oldest);
            while self.seen.len() > REMEMBERED {
                self.seen.pop_first();
            }
        }
    }
}

/// Reads a cursor of ours.
pub(crate) fn read<T: DeserializeOwned + Default>(
    operation: &'static str,
    cursor: Option<&Cursor>,
) -> Result<T, ConnectorError> {
    cursor.map_or(Ok(T::default()), |cursor| {
        serde_json::from_str(cursor.as_str()).map_err(|error| {
            let message = format!("the cursor is not one of ours ({error}): begin anew");
            ConnectorError::new(ErrorKind::Conflict, operation, message)
        })
    })
}

/// Writes a cursor.
pub(crate) fn write<T: Serialize>(operation: &'static str, state: &T) -> Result<Cursor, ConnectorError> {
    serde_json::to_string(state)
        .map(Cursor::new)
        .map_err(|error| ConnectorError::new(ErrorKind::Invalid, operation, error.to_string()))
}

#[cfg(test)]
mod tests;
