//! What is reported of a day, as it is stored and shown. Pure.

use std::collections::BTreeMap;

use punchgate_domain::shadow::{Difference, Field};
use serde::{Deserialize, Serialize};

/// The version of this shape; a later one reads the ones before.
const VERSION: u32 = 1;
/// Examples of one kind of difference.
const EXAMPLES: usize = 5;
/// Kinds of differences in one report.
const GROUPS: usize = 100;

/// What the copies of a day came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowReport {
    v: u32,
    /// How many orders were compared and do not differ.
    pub agree: usize,
    /// How many differ.
    pub differ: usize,
    /// How many the ERP does not have yet: they are compared again with the next day's.
    pub waiting: usize,
    /// How many could not be compared.
    pub not_compared: usize,
    /// What differs: by field, the most frequent first.
    pub groups: Vec<DifferenceGroup>,
    /// Kinds of differences beyond those.
    pub left_off: usize,
    /// What to bear in mind.
    pub notes: Vec<String>,
    /// Orders that are compared again with the next day's.
    pub(super) again: Vec<String>,
}

/// Differences of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceGroup {
    /// `decision`, `customer`, `ship_to`, `part`, `unit`, `quantity`, `price` or `total`.
    pub field: String,
    /// What they have in common: the part, or both texts; empty where nothing is.
    pub subject: String,
    /// How many lines; of what is the order's, how many orders.
    pub count: usize,
    /// Some of them, the first ones.
    pub examples: Vec<Example>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Our key of the order.
    pub order: String,
    /// The buyer's number.
    pub number: String,
    /// The buyer's line number.
    pub line_number: Option<u32>,
    /// Here.
    pub ours: String,
    /// In the ERP.
    pub theirs: String,
    /// What it may come from.
    pub note: Option<String>,
}

/// How one order compares.
#[derive(Debug)]
pub(super) enum Compared {
    /// With these differences, or none.
    Done(Vec<Difference>),
    /// The ERP does not have it yet.
    Waits,
    /// And why not.
    Not(String),
}

/// A report while orders are added to it.
#[derive(Debug, Default)]
pub(super) struct Drafted {
    agree: usize,
    differ: usize,
    not_compared: usize,
    waiting: Vec<String>,
    groups: BTreeMap<(Field, String), (usize, Vec<Example>)>,
    notes: BTreeMap<String, usize>,
}

impl Drafted {
    pub(super) fn add(&mut self, (order, number): (&str, &str), compared: Compared) {
        match compared {
            Compared::Waits => self.waiting.push(order.to_owned()),
            Compared::Not(why) => {
                self.not_compared += 1;
                *self.notes.entry(why).or_default() += 1;
            }
            Compared::Done(differences) if differences.is_empty() => self.agree += 1,
            Compared::Done(differences) => {
                self.differ += 1;
                for one in differences {
                    self.count((order, number), one);
                }
            }
        }
    }

    fn count(&mut self, (order, number): (&str, &str), one: Difference) {
        let (count, examples) = self.groups.entry((one.field, one.subject)).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(Example {
                order: order.to_owned(),
                number: number.to_owned(),
                line_number: one.line_number,
                ours: one.ours,
                theirs: one.theirs,
                note: one.note,
            });
        }
    }

    pub(super) fn finish(self) -> ShadowReport {
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        // Stable: within a field and a count by what they have in common.
        groups.sort_by_key(|((field, _), (count, _))| (*field, usize::MAX - count));
        let left_off = groups.len().saturating_sub(GROUPS);
        let groups = groups.into_iter().take(GROUPS);
        let groups = groups.map(|((field, subject), (count, examples))| DifferenceGroup {
            field: field.as_str().to_owned(),
            subject,
            count,
            examples,
        });
        let notes = self.notes.into_iter();
        ShadowReport {
            v: VERSION,
            agree: self.agree,
            differ: self.differ,
            waiting: self.waiting.len(),
            not_compared: self.not_compared,
            groups: groups.collect(),
            left_off,
            notes: notes
                .map(|(why, count)| format!("{count} not compared: {why}"))
                .collect(),
            again: self.waiting,
        }
    }
}
