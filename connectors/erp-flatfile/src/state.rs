//! What the files of a keyed feed come to: the last full file, and what later files changed of it. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    cell::Misread,
    convert,
    feed::{Extent, Feed, FeedKind},
    fields::{BETWEEN, Fields, Misfit},
    sheet::{self, BadRow},
};

/// A row that counts: its fields in one text, for there may be hundreds of thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) text: Box<str>,
    /// The time of its file.
    pub(crate) at: Timestamp,
}

/// The rows that count, by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) records: BTreeMap<Box<str>, Arc<Record>>,
    /// Bad rows of the last full file and of those after it.
    pub(crate) bad: Vec<BadRow>,
    /// Keys of those that do not count: what is known of these may be another than what the ERP says.
    unread: BTreeSet<Box<str>>,
    /// Whether the key of any of those could not be read: then it may be any.
    keyless: bool,
}

/// What a file brings.
#[derive(Debug)]
pub(crate) struct Brought {
    rows: Vec<(Box<str>, Option<Record>)>,
    pub(crate) count: u64,
    pub(crate) bad: Vec<BadRow>,
}

/// Reads a file of a keyed feed; an error refuses it as a whole.
pub(crate) fn read(feed: &Feed, bytes: &[u8], extent: Extent, at: Timestamp) -> Result<Brought, String> {
    let mut rows: Vec<(Box<str>, Option<Record>)> = Vec::new();
    let mut strict: BTreeSet<u64> = BTreeSet::new();
    let mut summary = sheet::read(feed, bytes, extent, |row, fields| {
        let key = convert::key_of(feed.kind, fields);
        let key = key.map_err(|misfit| (convert::owner_key(feed.kind, fields), misfit))?;
        let keyed = |misfit: Misfit| (Some(key.clone()), misfit);
        if fields.flag("deleted").map_err(keyed)?.unwrap_or(false) {
            rows.push((key.into(), None));
            return Ok(());
        }
        let doubt = check(feed, fields, at).map_err(keyed)?;
        let text: String = fields.values.join(BETWEEN.encode_utf8(&mut [0; 4]));
        let record = Record {
            text: text.into(),
            at,
        };
        rows.push((key.as_str().into(), Some(record)));
        match doubt {
            None => Ok(()),
            Some(misfit) => {
                strict.insert(row);
                Err(keyed(misfit))
            }
        }
    })?;
    for bad in &mut summary.bad {
        bad.counts = strict.contains(&bad.row);
    }
    if feed.kind == FeedKind::Holds {
        refuse_anybodys(&summary.bad, extent)?;
    }
    Ok(Brought {
        rows,
        count: summary.rows,
        bad: summary.bad,
    })
}

/// A hold that may be anybody's: no customer's holds are known then, so nothing of the file counts. Of a file of changes,
/// nor if nobody knows which hold it is: no later file would end that.
fn refuse_anybodys(bad: &[BadRow], extent: Extent) -> Result<(), String> {
    let whole = |key: &str| extent == Extent::Full || !key.ends_with(convert::BETWEEN);
    let anybodys = bad.iter().find(|bad| !bad.key.as_deref().is_some_and(whole));
    match anybodys {
        None => Ok(()),
        Some(bad) => Err(format!(
            "nobody knows whose hold row {} has, or which: {}{}{}; {}",
            bad.row,
            bad.column,
            if bad.column.is_empty() { "" } else { ": " },
            bad.problem,
            bad.remedy
        )),
    }
}

/// Whether a row can be read. What is told of one that counts all the same comes back, too.
fn check(feed: &Feed, fields: &Fields<'_>, at: Timestamp) -> Result<Option<Misfit>, Misfit> {
    match feed.kind {
        FeedKind::Customers => {
            convert::accounts::account(fields, &[], at, feed.export_time, feed.empty_is_unlimited)?;
        }
        FeedKind::Holds => return convert::accounts::check_hold(fields, at),
        FeedKind::Exposure => {
            let customer = fields.required("customer")?;
            convert::accounts::exposure(customer, fields, at, feed.export_time)?;
        }
        FeedKind::Prices => {
            convert::prices::price(fields)?;
        }
        FeedKind::Documents(_) => {}
    }
    Ok(None)
}

impl State {
    /// The state after one more file. A row that could not be read leaves what was known; where not even its key could
    /// be read, nothing that the file lacks is taken for gone.
    pub(crate) fn with(mut self, extent: Extent, mut brought: Brought) -> Self {
        if extent == Extent::Delta {
            let told: BTreeSet<&str> = brought.rows.iter().map(|(key, _)| &**key).collect();
            self.bad
                .retain(|bad| !bad.key.as_deref().is_some_and(|key| told.contains(key)));
            for (key, record) in brought.rows {
                match record {
                    Some(record) => self.records.insert(key, Arc::new(record)),
                    None => self.records.remove(&key),
                };
            }
            self.bad.append(&mut brought.bad);
            return Self::of(self.records, self.bad);
        }
        let mut records: BTreeMap<Box<str>, Arc<Record>> = BTreeMap::new();
        let mut twice: Vec<Box<str>> = Vec::new();
        for (key, record) in brought.rows {
            if let Some(record) = record
                && records.insert(key.clone(), Arc::new(record)).is_some()
            {
                twice.push(key);
            }
        }
        for key in twice {
            records.remove(&key);
            brought.bad.push(bad_twice(&key));
        }
        let keyless = brought.bad.iter().any(|bad| bad.key.is_none());
        let lacking = brought.bad.iter().filter_map(|bad| bad.key.as_deref());
        let kept: Vec<&str> = match keyless {
            true => self.records.keys().map(|key| &**key).collect(),
            false => lacking.collect(),
        };
        for key in kept {
            if let Some(known) = self.records.get(key)
                && !records.contains_key(key)
            {
                records.insert(key.into(), Arc::clone(known));
            }
        }
        Self::of(records, brought.bad)
    }

    fn of(records: BTreeMap<Box<str>, Arc<Record>>, bad: Vec<BadRow>) -> Self {
        let mut unread = BTreeSet::new();
        let mut keyless = false;
        for bad in bad.iter().filter(|bad| !bad.counts) {
            match bad.key.as_deref() {
                Some(key) => drop(unread.insert(key.into())),
                None => keyless = true,
            }
        }
        Self {
            unread,
            keyless,
            records,
            bad,
        }
    }

    /// Whether a key without a record may be there all the same: a row that could not be read may be its own.
    pub(crate) fn may_have(&self, key: &str) -> bool {
        self.keyless || self.unread.contains(key)
    }

    /// Whether a row that could not be read may have a key that begins so.
    pub(crate) fn may_have_below(&self, prefix: &str) -> bool {
        let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
        let next = self.unread.range::<str, _>(from).next();
        self.keyless || next.is_some_and(|key| key.starts_with(prefix))
    }

    /// The keys of rows that could not be read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        self.unread.iter().map(|key| &**key)
    }

    /// Keys that are gone in `next`. What could not be read there is not gone.
    fn gone_in<'a>(&'a self, next: &'a Self) -> impl Iterator<Item = &'a Box<str>> {
        let keys = self.records.keys();
        keys.filter(|key| !next.records.contains_key(*key) && !next.may_have(key))
    }

    /// Says if so many rows are gone that the file is rather cut off. `percent` is how many may be.
    pub(crate) fn shrunk_to(&self, next: &Self, percent: u32) -> Option<String> {
        let before = self.records.len();
        let gone = self.gone_in(next).count();
        let most = before.saturating_mul(usize::try_from(percent).unwrap_or(100)) / 100;
        // A handful may go at once, but not all.
        let guarded = gone > 3 || gone == before;
        (gone > 0 && guarded && gone > most).then(|| {
            format!(
                "{gone} of {before} rows are gone, more than {percent} %: it is taken for cut off. If it is right, \
                 send it again with \"accept_shrink\": true in its manifest, or raise max_shrink_percent"
            )
        })
    }

    /// Keys whose record is another than in `next`, in order, with whether they are gone there.
    pub(crate) fn changed_in(&self, next: &Self) -> Vec<(Box<str>, bool)> {
        let mut changed: Vec<(Box<str>, bool)> = Vec::new();
        for (key, record) in &next.records {
            let same = self.records.get(key).is_some_and(|old| old.text == record.text);
            if !same {
                changed.push((key.clone(), false));
            }
        }
        changed.extend(self.gone_in(next).map(|key| (key.clone(), true)));
        changed.sort_unstable();
        changed
    }

    /// The records whose keys begin so.
    pub(crate) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Record> {
        let from = self
            .records
            .range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(_, record)| &**record)
    }
}

fn bad_twice(key: &str) -> BadRow {
    let misread = Misread::new(
        "the file has this key more than once",
        "send one row a key, or send it as a delta, where the last row counts",
    );
    BadRow {
        row: 0,
        key: Some(key.to_owned()),
        column: String::new(),
        value: String::new(),
        problem: misread.problem,
        remedy: misread.remedy,
        counts: false,
    }
}
