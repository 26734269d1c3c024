//! Time as a parameter: the one place that reads the wall clock, and one that a test sets.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use punchgate_domain::Instant;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now.
    fn now(&self) -> Instant;

    /// Time since the machine started, sleep included: what a lease is measured by.
    fn since_boot(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is handed"
    )]
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn since_boot(&self) -> Duration {
        // A kernel without this clock would be older than any that runs us; a lease that then looks just
        // begun is still fenced by the database.
        nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at an instant.
    pub fn at(instant: Instant) -> Self {
        Self(AtomicI64::new(instant.as_microsecond()))
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        from_micros(self.0.load(Ordering::SeqCst))
    }

    fn since_boot(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

/// An instant as it is stored.
pub fn micros(instant: Instant) -> i64 {
    instant.as_microsecond()
}

/// A stored instant; a value out of range reads as the nearest one.
pub fn from_micros(micros: i64) -> Instant {
    Instant::from_microsecond(micros).unwrap_or(if micros < 0 { Instant::MIN } else { Instant::MAX })
}
