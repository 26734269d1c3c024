//! Files that have come, in the order in which they count. Pure.
//!
//! What was read lies in the archive under a name that says when it was written and what is in it:
//! `20260331T060000.000000Z_0123456789abcdef_customers-12.csv`. In and archive together are the chain of a feed, so a
//! file may be moved from one to the other at any time: nothing is read differently for it.

use std::cmp::Ordering;

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use punchgate_connector::folder::Entry;

use crate::feed::{Extent, Feed};

/// Digits of the hash in an archived name.
const HASH_DIGITS: usize = 16;
const TIME: &str = "%Y%m%dT%H%M%S%.6fZ";

/// A file of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Its name where it lies.
    pub(crate) name: String,
    /// Its name as the ERP gave it.
    pub(crate) original: String,
    pub(crate) extent: Extent,
    pub(crate) sequence: Option<u64>,
    /// When it was written.
    pub(crate) at: Timestamp,
    /// Of an archived file the beginning of its hash; of another one none yet.
    pub(crate) hash: Option<String>,
    /// Differs where the content does, as far as the store tells.
    pub(crate) stamp: String,
}

impl Arrival {
    /// A file of this feed that waits to be read.
    pub(crate) fn incoming(feed: &Feed, entry: &Entry) -> Option<Self> {
        let (extent, sequence) = feed.matches(&entry.name)?;
        Some(Self {
            name: entry.name.clone(),
            original: entry.name.clone(),
            extent,
            sequence,
            at: in_microseconds(entry.modified),
            hash: None,
            stamp: format!("{}/{}", entry.name, entry.stamp),
        })
    }

    /// A file of this feed that was read.
    pub(crate) fn archived(feed: &Feed, entry: &Entry) -> Option<Self> {
        let is_whole = |arrival: &Self| {
            arrival
                .hash
                .as_ref()
                .is_some_and(|hash| hash.len() == HASH_DIGITS)
        };
        Self::put_away(feed, entry).filter(is_whole)
    }

    /// A file of this feed that was read, or refused; of one that was too large nobody knows the hash.
    pub(crate) fn put_away(feed: &Feed, entry: &Entry) -> Option<Self> {
        let (time, rest) = entry.name.split_once('_')?;
        let (hash, original) = rest.split_once('_')?;
        let (extent, sequence) = feed.matches(original)?;
        let at = strtime::parse(TIME, time).ok()?;
        let at = at.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Self {
            name: entry.name.clone(),
            original: original.to_owned(),
            extent,
            sequence,
            at,
            hash: Some(hash.to_owned()),
            stamp: entry.name.clone(),
        })
    }

    /// Its name in the archive. What is too long for a name loses letters in front.
    pub(crate) fn archived_name(&self) -> String {
        let hash = self.hash.as_deref().unwrap_or_default();
        let time = strtime::format(TIME, &self.at.to_zoned(TimeZone::UTC)).unwrap_or_default();
        format!("{time}_{hash}_{}", self.original)
    }

    /// Where it stands in the order of its feed.
    pub(crate) fn place(&self) -> Place {
        Place {
            at: match self.sequence {
                Some(sequence) => i128::from(sequence),
                None => i128::from(self.at.as_microsecond()),
            },
            hash: self.hash.clone().unwrap_or_default(),
        }
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let (one, two) = (self.place(), other.place());
        one.at
            .cmp(&two.at)
            .then_with(|| self.original.cmp(&other.original))
    }
}

/// A file by its place and content.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    /// Its sequence number, or when it was written, in microseconds.
    pub(crate) at: i128,
    /// The beginning of its hash.
    pub(crate) hash: String,
}

/// As names in the archive have it.
pub(crate) fn in_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The beginning of a hash, as names have it.
pub(crate) fn short(sha256: &str) -> String {
    sha256.chars().take(HASH_DIGITS).collect()
}

/// What becomes of a file that came, as far as its place in the order says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is read next.
    Next,
    /// It was read before, with this content.
    Known,
    /// Not now, for this reason.
    Waits(String),
    /// Never, for this reason.
    Refused(String),
}

/// Whether a file, its hash known, follows on what was read.
pub(crate) fn turn(feed: &Feed, read: &[Arrival], new: &Arrival) -> Turn {
    if feed.is_keyed() && feed.full.is_some() && read.is_empty() && new.extent == Extent::Delta {
        return Turn::Waits("it says what changed, and no file with everything has come yet".to_owned());
    }
    let Some(last) = read.last() else {
        return Turn::Next;
    };
    let Some((sequence, latest)) = new.sequence.zip(last.sequence) else {
        if last.hash == new.hash && last.original == new.original {
            return Turn::Known;
        }
        return match new.at < last.at {
            true => Turn::Refused(format!(
                "it was written at {}, before '{}', which was read already",
                new.at, last.original
            )),
            false => Turn::Next,
        };
    };
    if sequence <= latest {
        let same = read.iter().rev().find(|known| known.sequence == Some(sequence));
        return match same {
            Some(known) if known.hash == new.hash => Turn::Known,
            Some(_) => Turn::Refused(format!(
                "number {sequence} was read already, with another content: give what is new a new number"
            )),
            None => Turn::Refused(format!("number {sequence} comes after number {latest} was read")),
        };
    }
    // What comes whole needs nothing before it.
    if sequence > latest.saturating_add(1) && new.extent == Extent::Delta {
        return Turn::Waits(format!(
            "number {} is missing before it",
            latest.saturating_add(1)
        ));
    }
    Turn::Next
}
