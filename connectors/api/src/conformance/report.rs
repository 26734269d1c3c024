//! What a suite found.

use std::fmt;

use crate::ConnectorError;

/// What a suite found, case by case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they ran.
    pub cases: Vec<CaseResult>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// Stable name.
    pub case: &'static str,
    /// In one word.
    pub verdict: Verdict,
    /// What was seen, why it failed or was skipped.
    pub detail: String,
}

/// What became of a case, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// Does not apply, or the fixture lacks what it needs.
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

impl Report {
    /// How many cases came to this.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }

    /// Whether something was tried and nothing failed.
    pub fn is_conformant(&self) -> bool {
        self.count(Verdict::Failed) == 0 && self.count(Verdict::Passed) > 0
    }

    pub(crate) fn note(&mut self, case: &'static str, outcome: Outcome) {
        let (verdict, detail) = match outcome {
            Ok(detail) => (Verdict::Passed, detail),
            Err(Stop::Failed(detail)) => (Verdict::Failed, detail),
            Err(Stop::Skipped(detail)) => (Verdict::Skipped, detail),
        };
        self.cases.push(CaseResult {
            case,
            verdict,
            detail,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(
                f,
                "{:<8} {:<36} {}",
                case.verdict.as_str(),
                case.case,
                case.detail
            )?;
        }
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.count(Verdict::Passed),
            self.count(Verdict::Failed),
            self.count(Verdict::Skipped)
        )
    }
}

/// What a case comes to: a detail, or why it stopped.
pub(crate) type Outcome = Result<String, Stop>;

/// Why a case stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Not as it must be.
    Failed(String),
    /// Does not apply.
    Skipped(String),
}

impl From<ConnectorError> for Stop {
    fn from(error: ConnectorError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Fails the case unless the condition holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds {
        Ok(())
    } else {
        Err(Stop::Failed(otherwise()))
    }
}

/// Skips the case unless the condition holds.
pub(crate) fn applies(holds: bool, otherwise: &str) -> Result<(), Stop> {
    if holds {
        Ok(())
    } else {
        Err(Stop::Skipped(otherwise.to_owned()))
    }
}
