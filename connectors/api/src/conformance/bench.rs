//! What every case of a suite uses: contexts, texts that nobody has used, and what the system states of itself.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use jiff::SignedDuration;
use punchgate_domain::Instant;

use super::{
    MakeContext,
    report::{Report, Stop, ensure},
};
use crate::{
    Capabilities, CheckReport, Connector, Context,
    context::{Disturbance, Trouble},
};

/// The bench of a suite with its fixture.
pub(super) struct Bench<'a, F> {
    pub(super) fixture: &'a F,
    pub(super) capabilities: Capabilities,
    run_id: &'a str,
    make: &'a MakeContext<'a>,
    /// Its clock less ours.
    skew: SignedDuration,
    attempts: AtomicU32,
}

impl<'a, F> Bench<'a, F> {
    /// Checks the connector first and notes what came of it; `None` if nothing else would say more.
    pub(super) async fn set_up(
        connector: &dyn Connector,
        report: &mut Report,
        fixture: &'a F,
        run_id: &'a str,
        make: &'a MakeContext<'a>,
    ) -> Option<Self> {
        let mut bench = Self {
            fixture,
            capabilities: Capabilities::default(),
            run_id,
            make,
            skew: SignedDuration::ZERO,
            attempts: AtomicU32::new(0),
        };
        let (outcome, checked) = match bench.check(connector).await {
            Ok(checked) => (Ok("reachable, known, fit".to_owned()), Some(checked)),
            Err(stop) => (Err(stop), None),
        };
        report.note("check", outcome);
        let checked = checked?;
        bench.capabilities = checked.capabilities;
        bench.skew = checked.clock_skew;
        Some(bench)
    }

    async fn check(&self, connector: &dyn Connector) -> Result<CheckReport, Stop> {
        let checked = connector.check(&self.context()).await?;
        ensure(checked.is_fit(), || {
            let fatal = checked.findings.iter().filter(|finding| finding.fatal);
            fatal
                .map(|finding| finding.message.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        })?;
        Ok(checked)
    }

    /// A context for the next attempt.
    pub(super) fn context(&self) -> Context {
        (self.make)(self.unique("try"))
    }

    /// A context for the next attempt, with trouble at its first exchange or after so many.
    pub(super) fn disturbed(&self, trouble: Trouble, after: u32) -> (Context, Arc<Disturbance>) {
        let disturbance = Arc::new(Disturbance::new(trouble, after));
        let context = self.context().with_disturbance(Arc::clone(&disturbance));
        (context, disturbance)
    }

    /// The present instant by the system's clock.
    pub(super) fn their_now(&self) -> Instant {
        let now = self.context().now();
        now.checked_add(self.skew).unwrap_or(now)
    }

    /// A text that nobody has used.
    pub(super) fn unique(&self, what: &str) -> String {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        format!("{}-{what}-{number}", self.run_id)
    }
}
