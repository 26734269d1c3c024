//! Trouble with an ERP: who looks after it hears of it once, whatever feeds it breaks, and again when it is another; the
//! ERP is asked more and more slowly.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use punchgate_app::{connectors::ConnectorSourceError, orders::feed::FeedError, sync::SyncError};

/// Longest pause of our own: an ERP that is back is noticed within it.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest pause that an ERP is granted.
const LONGEST_GRANTED: Duration = Duration::from_secs(3600);
/// Most names that are remembered as told. Beyond that only what must be heard is told: nobody reads so many.
const MOST_TOLD: usize = 100_000;
/// Hold codes that nobody has explained.
pub(super) const CODE: &str = "code";
/// Most names in a line of the log.
const MOST_SHOWN: usize = 20;

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

/// What was told of an ERP, whichever of its feeds has met it.
#[derive(Debug, Default)]
pub(super) struct Matters {
    /// In how many feeds each matter stands.
    standing: Mutex<BTreeMap<String, usize>>,
    /// Hashes of names and what they were told for: there may be very many.
    told: Mutex<BTreeSet<u64>>,
}

impl Matters {
    /// It stands in one feed more. Whether that is the first.
    fn begun(&self, matter: &str) -> bool {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let feeds = standing.entry(matter.to_owned()).or_default();
        *feeds += 1;
        *feeds == 1
    }

    /// It stands in one feed less. Whether that was the last.
    fn ended(&self, matter: &str) -> bool {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        match standing.get_mut(matter) {
            Some(feeds) if *feeds > 1 => {
                *feeds -= 1;
                false
            }
            _ => standing.remove(matter).is_some(),
        }
    }
}

/// What a feed's loop remembers of its troubles.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    of_erp: Arc<Matters>,
    matter: Option<String>,
    failures: u32,
    wait: Option<Duration>,
}

/// Names that nobody has heard yet; written, the first few of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<&str> = self.0.iter().take(MOST_SHOWN).map(String::as_str).collect();
        f.write_str(&shown.join(", "))?;
        match self.0.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A loop that ends takes its matter with it.
impl Drop for Troubles {
    fn drop(&mut self) {
        if let Some(matter) = &self.matter {
            self.of_erp.ended(matter);
        }
    }
}

impl Troubles {
    /// Those of a feed of the ERP whose matters these are.
    pub(super) fn of(of_erp: Arc<Matters>) -> Self {
        let mut troubles = Self::default();
        troubles.of_erp = of_erp;
        troubles
    }

    /// A turn failed. Whether somebody is to hear of it.
    pub(super) fn failed(&mut self, trouble: &Trouble) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.wait = trouble.wait;
        if self.matter.as_ref() == Some(&trouble.matter) {
            return false;
        }
        if let Some(before) = self.matter.replace(trouble.matter.clone()) {
            self.of_erp.ended(&before);
        }
        self.of_erp.begun(&trouble.matter)
    }

    /// A turn went well, of a round that has not ended, or not whole: the pauses are the usual ones again, and the matter
    /// is not over. It may be one account of many that is asked for once in a round.
    pub(super) fn eased(&mut self) {
        self.failures = 0;
        self.wait = None;
    }

    /// Another gateway reads the feed: what troubles it is that one's matter.
    pub(super) fn given_away(&mut self) {
        if let Some(matter) = self.matter.take() {
            self.of_erp.ended(&matter);
        }
    }

    /// A whole round went well. Whether that ends a trouble of the ERP.
    pub(super) fn ended(&mut self) -> bool {
        self.eased();
        let matter = self.matter.take();
        matter.is_some_and(|matter| self.of_erp.ended(&matter))
    }

    /// Whether the last turn failed.
    pub(super) fn last(&self) -> bool {
        self.failures > 0
    }

    /// The names of which nobody has heard this yet. Of codes there are few, and they stop customers: none is left out.
    pub(super) fn untold(&self, what: &str, names: BTreeSet<String>) -> Names {
        let mut told = self.of_erp.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = |name: &String| {
            let mut hash = DefaultHasher::new();
            (what, name).hash(&mut hash);
            (told.len() < MOST_TOLD || what == CODE) && told.insert(hash.finish())
        };
        Names(names.into_iter().filter(|name| is_new(name)).collect())
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
        assert_eq!(
            troubles.untold("unreadable", names(&["A", "B"])).to_string(),
            "A, B"
        );
        let another = Troubles::of(Arc::clone(&troubles.of_erp));
        assert_eq!(another.untold("unreadable", names(&["B", "C"])).to_string(), "C");
        assert!(troubles.untold("unreadable", names(&["C"])).is_empty());
        assert_eq!(another.untold("negative", names(&["C"])).to_string(), "C");
    }

    #[test]
    fn names_beyond_what_anybody_reads_are_counted() {
        let troubles = Troubles::default();
        let many = || {
            (0..150_000)
                .map(|number| format!("{number:06}"))
                .collect::<BTreeSet<_>>()
        };
        let told = troubles.untold("unreadable", many()).to_string();
        assert!(
            told.starts_with("000000, ") && told.ends_with("000019 and 99980 more"),
            "{told}"
        );
        assert!(
            troubles.untold("unreadable", many()).is_empty(),
            "and never again"
        );
        let code = || BTreeSet::from(["XX".to_owned()]);
        assert_eq!(troubles.untold(CODE, code()).to_string(), "XX", "always");
        assert!(troubles.untold(CODE, code()).is_empty());
    }

    /// An ERP that answers everything with an error page.
    #[test]
    fn what_breaks_all_feeds_of_an_erp_is_told_once() {
        let erp = Arc::new(Matters::default());
        let mut feeds = [(); 4].map(|()| Troubles::of(Arc::clone(&erp)));
        let schema = trouble("schema", None);
        let told = feeds.each_mut().map(|feed| feed.failed(&schema));
        assert_eq!(told, [true, false, false, false]);
        assert!(feeds[1].failed(&trouble("auth", None)), "another matter");
        assert!(!feeds[1].failed(&schema), "stands already");
        let over = feeds.each_mut().map(Troubles::ended);
        assert_eq!(over, [false, false, false, true]);
        let mut gone = Troubles::of(Arc::clone(&erp));
        assert!(gone.failed(&schema));
        drop(gone);
        assert!(feeds[0].failed(&schema), "with its loop it has ended");
        feeds[0].given_away();
        assert!(feeds[1].failed(&schema), "another gateway had it");
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
