//! What a rehearsal found, as text and as data that may be handed to a buyer.
//!
//! **Invariant:** no secret stands in it: every document is redacted, every one-time address masked, before it is noted.

use std::fmt;

use serde::Serialize;

use crate::clause::Clause;

/// Characters of a detail in the table.
const DETAIL: usize = 140;

/// What a rehearsal found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this form.
    pub version: u32,
    /// Which suite was played.
    pub suite: String,
    /// For people.
    pub title: String,
    /// The relationship.
    pub relationship: String,
    /// Where requests went.
    pub url: String,
    /// When it began.
    pub began: String,
    /// Whether something was tried and nothing failed.
    pub conformant: bool,
    /// How many cases came to which verdict.
    pub counts: Counts,
    /// In the order in which they ran.
    pub cases: Vec<Case>,
    /// What went over the wire.
    pub exchanges: Vec<Exchange>,
}

/// How many cases came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As it must be.
    pub passed: usize,
    /// Not as it must be.
    pub failed: usize,
    /// Not tried.
    pub skipped: usize,
}

/// What became of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Stable name.
    pub case: &'static str,
    /// What a buyer does here.
    pub what: &'static str,
    /// In one word.
    pub verdict: Verdict,
    /// What was seen, or why it was not tried.
    pub detail: String,
    /// What was not as it must be.
    pub faults: Vec<Fault>,
    /// Numbers of the exchanges that belong to it.
    pub exchanges: Vec<usize>,
}

/// What became of a case, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// Does not apply, or something before it failed.
    Skipped,
}

impl Verdict {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Which rule.
    pub clause: Clause,
    /// Where the rule stands.
    pub source: &'static str,
    /// What was seen.
    pub text: String,
}

impl Fault {
    pub(crate) fn new(clause: Clause, text: impl Into<String>) -> Self {
        Self {
            clause,
            source: clause.source(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.text, self.source)
    }
}

/// One request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// From 1.
    pub number: usize,
    /// When it was sent.
    pub at: String,
    /// HTTP method.
    pub method: String,
    /// Where to; one-time parts masked.
    pub url: String,
    /// The document that was sent; of a form, the names of its fields.
    pub request: String,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// The document that came; of a web page, the cart that it carries, if it does. Without an answer: why.
    pub response: String,
    /// How long it took.
    pub milliseconds: u64,
}

impl Report {
    /// A case by its name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.case == name)
    }

    pub(crate) fn concluded(mut self) -> Self {
        let count = |verdict| self.cases.iter().filter(|case| case.verdict == verdict).count();
        self.counts = Counts {
            passed: count(Verdict::Passed),
            failed: count(Verdict::Failed),
            skipped: count(Verdict::Skipped),
        };
        self.conformant = self.counts.failed == 0 && self.counts.passed > 0;
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "A buyer on {} at {}, as {}, {}\n",
            self.title, self.url, self.relationship, self.began
        )?;
        for case in &self.cases {
            let first = case
                .faults
                .first()
                .map_or_else(|| shortened(&case.detail), Fault::to_string);
            writeln!(f, "{:<8} {:<22} {first}", case.verdict.as_str(), case.case)?;
            for fault in case.faults.iter().skip(1) {
                writeln!(f, "{:<31} {fault}", "")?;
            }
        }
        let Counts {
            passed,
            failed,
            skipped,
        } = self.counts;
        write!(f, "\n{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// A detail of the table; the whole of it stands in the data.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(DETAIL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a case comes to: what was seen, or why it stopped.
pub(crate) type Outcome<T = String> = Result<T, Stop>;

/// Why a case stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Not as it must be.
    Failed(Vec<Fault>),
    /// Does not apply, or something before it failed.
    Skipped(String),
}

impl Stop {
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }

    pub(crate) fn failed(clause: Clause, text: impl Into<String>) -> Self {
        Self::Failed(vec![Fault::new(clause, text)])
    }
}

/// What one check after another finds.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, clause: Clause, text: impl Into<String>) {
        self.0.push(Fault::new(clause, text));
    }

    /// Notes a fault unless the condition holds.
    pub(crate) fn require(&mut self, holds: bool, clause: Clause, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.add(clause, otherwise());
        }
    }

    /// Nothing, if nothing was found.
    pub(crate) fn settle(self) -> Result<(), Stop> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Stop::Failed(self.0))
        }
    }

    #[cfg(test)]
    pub(crate) fn clauses(&self) -> Vec<Clause> {
        self.0.iter().map(|fault| fault.clause).collect()
    }
}
