//! Trouble with an ERP: who looks after it hears of it once, and again when it is another; the ERP is asked more
//! and more slowly.

use std::{collections::BTreeSet, time::Duration};

use punchgate_app::{connectors::ConnectorSourceError, orders::feed::FeedError, sync::SyncError};

/// Longest pause of our own: an ERP that is back is noticed within it.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest pause that an ERP is granted.
const LONGEST_GRANTED: Duration = Duration::from_secs(3600);
/// Most names that are remembered as told; more than anybody reads.
const MOST_TOLD: usize = 10_000;

/// Why a turn came to nothing.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The same as long as the matter is the same.
    matter: String,
    text: String,
    /// So long the ERP wants to be left alone.
    wait: Option<Duration>,
}

impl Trouble {
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl From<SyncError> for Trouble {
    fn from(error: SyncError) -> Self {
        Self {
            matter: error.matter(),
            wait: error.wait(),
            text: error.to_string(),
        }
    }
}

impl From<FeedError> for Trouble {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Sync(error) => error.into(),
            FeedError::Sink(error) => SyncError::Connector(error).into(),
            FeedError::Storage(error) => SyncError::Storage(error).into(),
            FeedError::Source(error) => error.into(),
            error => Self::of("documents", error.to_string()),
        }
    }
}

impl From<ConnectorSourceError> for Trouble {
    fn from(error: ConnectorSourceError) -> Self {
        let text = error.to_string();
        match error {
            ConnectorSourceError::Program { error, .. } => Self {
                wait: error.rest(),
                ..Self::of("program", text)
            },
            _ => Self::of("settings", text),
        }
    }
}

impl Trouble {
    fn of(matter: &str, text: String) -> Self {
        Self {
            matter: matter.to_owned(),
            text,
            wait: None,
        }
    }
}

/// What a feed's loop remembers of its troubles.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    matter: Option<String>,
    failures: u32,
    wait: Option<Duration>,
    told: BTreeSet<String>,
}

impl Troubles {
    /// A turn failed. Whether somebody is to hear of it.
    pub(super) fn failed(&mut self, trouble: &Trouble) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.wait = trouble.wait;
        let is_new = self.matter.as_ref() != Some(&trouble.matter);
        self.matter = Some(trouble.matter.clone());
        is_new
    }

    /// A turn went well, of a round that has not ended, or not whole: the pauses are the usual ones again, and the matter
    /// is not over. It may be one account of many that is asked for once in a round.
    pub(super) fn eased(&mut self) {
        self.failures = 0;
        self.wait = None;
    }

    /// A whole round went well. Whether that ends a trouble.
    pub(super) fn ended(&mut self) -> bool {
        self.eased();
        self.matter.take().is_some()
    }

    /// Whether the last turn failed.
    pub(super) fn last(&self) -> bool {
        self.failures > 0
    }

    /// The names of which nobody has heard yet.
    pub(super) fn untold(&mut self, names: BTreeSet<String>) -> BTreeSet<String> {
        if self.told.len() > MOST_TOLD {
            self.told.clear();
        }
        let untold: BTreeSet<String> = names.difference(&self.told).cloned().collect();
        self.told.extend(untold.iter().cloned());
        untold
    }

    /// Until the next turn after a failure, of a feed that is else read this often.
    pub(super) fn pause(&self, every: Duration) -> Duration {
        let doublings = self.failures.clamp(1, 16) - 1;
        let own = every
            .saturating_mul(3)
            .saturating_mul(1 << doublings)
            .min(LONGEST.max(every));
        own.max(self.wait.unwrap_or_default().min(LONGEST_GRANTED))
    }
}

#[cfg(test)]
mod tests {
    use punchgate_connector::child::ChildError;

    use super::*;

    fn trouble(matter: &str, wait: Option<u64>) -> Trouble {
        Trouble {
            wait: wait.map(Duration::from_secs),
            ..Trouble::of(matter, format!("{matter} at request 17"))
        }
    }

    #[test]
    fn a_program_that_rests_is_left_alone_and_told_once() {
        let failed = |failures: u32, seconds: u64| {
            Trouble::from(ConnectorSourceError::Program {
                supplier: "acme".into(),
                id: "own".into(),
                error: ChildError::NotAsked {
                    program: "/opt/erp".to_owned(),
                    detail: format!("it failed {failures} times in a row and rests"),
                    after: Some(Duration::from_secs(seconds)),
                },
            })
        };
        let mut troubles = Troubles::default();
        assert!(troubles.failed(&failed(1, 200)));
        assert!(!troubles.failed(&failed(2, 250)));
        assert_eq!(troubles.pause(Duration::from_secs(1)), Duration::from_secs(250));
    }

    #[test]
    fn a_matter_is_told_once_until_it_is_over() {
        let mut troubles = Troubles::default();
        assert!(!troubles.ended());
        let told =
            ["schema", "schema", "auth", "schema"].map(|matter| troubles.failed(&trouble(matter, None)));
        assert_eq!(told, [true, false, true, true]);
        assert!(troubles.ended() && !troubles.ended());
        assert!(troubles.failed(&trouble("schema", None)));
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(troubles.untold(names(&["A", "B"])), names(&["A", "B"]));
        assert_eq!(troubles.untold(names(&["B", "C"])), names(&["C"]));
    }

    #[test]
    fn a_round_that_is_not_whole_ends_no_matter() {
        let bad = trouble("schema", None);
        let mut troubles = Troubles::default();
        assert!(troubles.failed(&bad) && troubles.last());
        for _ in 0..3 {
            // The rest of the round, then the same account again.
            troubles.eased();
            assert!(!troubles.last());
            assert!(!troubles.failed(&bad), "told once");
        }
        assert!(troubles.ended() && !troubles.last());
        assert!(troubles.failed(&bad));
    }

    #[test]
    fn pauses_grow_and_what_the_erp_asks_for_is_granted() {
        // Failures, what the ERP asks for, the pause in seconds, of a feed that is read every three seconds.
        let cases = [
            (1, None, 9),
            (2, None, 18),
            (4, None, 60),
            (99, None, 60),
            (1, Some(7), 9),
            (1, Some(600), 600),
            (1, Some(86_400), 3600),
        ];
        for (failures, wait, expected) in cases {
            let mut troubles = Troubles::default();
            for _ in 0..failures {
                troubles.failed(&trouble("limited", wait));
            }
            let pause = troubles.pause(Duration::from_secs(3));
            assert_eq!(pause.as_secs(), expected, "{failures} {wait:?}");
        }
        let sweeps = Duration::from_secs(6 * 3600);
        let mut troubles = Troubles::default();
        troubles.failed(&trouble("schema", None));
        assert_eq!(troubles.pause(sweeps), sweeps);
    }
}
