//! What every case of a suite uses: contexts, texts that nobody has used, and what the system states of itself.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{
    MakeContext,
    report::{Report, Stop, ensure},
};
use crate::{Capabilities, Connector, Context};

/// The bench of a suite with its fixture.
pub(super) struct Bench<'a, F> {
    pub(super) fixture: &'a F,
    pub(super) capabilities: Capabilities,
    run_id: &'a str,
    make: &'a MakeContext<'a>,
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
            attempts: AtomicU32::new(0),
        };
        let (outcome, capabilities) = match bench.check(connector).await {
            Ok(capabilities) => (Ok("reachable, known, fit".to_owned()), Some(capabilities)),
            Err(stop) => (Err(stop), None),
        };
        report.note("check", outcome);
        bench.capabilities = capabilities?;
        Some(bench)
    }

    async fn check(&self, connector: &dyn Connector) -> Result<Capabilities, Stop> {
        let checked = connector.check(&self.context()).await?;
        ensure(checked.is_fit(), || {
            let fatal = checked.findings.iter().filter(|finding| finding.fatal);
            fatal
                .map(|finding| finding.message.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        })?;
        Ok(checked.capabilities)
    }

    /// A context for the next attempt.
    pub(super) fn context(&self) -> Context {
        (self.make)(self.unique("try"))
    }

    /// A text that nobody has used.
    pub(super) fn unique(&self, what: &str) -> String {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        format!("{}-{what}-{number}", self.run_id)
    }
}
