//! One clock for the gateway and its peers: it stands until a test moves it.

use std::{sync::Arc, time::Duration};

use punchgate_app::clock::{Clock as _, FixedClock};
use punchgate_domain::Instant;

/// When every test begins.
pub(crate) const NOW: &str = "2026-03-02T12:00:00Z";

/// The clock of a test.
#[derive(Debug, Clone)]
pub(crate) struct TestClock(Arc<FixedClock>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(FixedClock::at(NOW.parse().unwrap())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

impl punchgate_app::clock::Clock for TestClock {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn since_boot(&self) -> Duration {
        self.0.since_boot()
    }
}

impl punchgate_demo::Clock for TestClock {
    fn now(&self) -> Instant {
        self.0.now()
    }
}
