//! The demo ERP, "Keelson": accounts, holds, orders and invoices, with pages for its clerks.
//!
//! As treacherous as a real one: it makes a second order for an equal reference, a write of the same
//! value bumps the version, exposure moves without it, and it can be down, slow, or cut the line
//! after its commit. It must not know the gateway: it only answers.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Clock, DemoError, SystemClock, envelope::Endpoint, server, signing::SigningSecret, wire_log::WireLog,
};

mod account;
mod document;
mod faults;
mod forms;
mod journal;
mod ledger;
mod order;
mod pages;
mod people;
mod protocol;
mod rows;
mod seed;

pub use faults::Faults;

/// The shared secret of the demo's ERP connector.
pub const DEMO_ERP_SECRET: &str = "whsec_a2VlbHNvbi1kZW1vLWVycC1zZWNyZXQtMDAwMDAx";

/// What the ERP is told at its start.
#[derive(Clone, Debug)]
pub struct ErpConfig {
    /// Secrets of the ERP protocol, the current one first.
    pub secrets: Vec<SigningSecret>,
    /// Where to keep a journal that survives `kill -9`; none: in memory only.
    pub data_dir: Option<PathBuf>,
    /// Confirms new open orders by itself.
    pub acknowledge: bool,
    /// How it misbehaves from the start.
    pub faults: Faults,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Sees every exchange over the published protocols.
    pub wire: WireLog,
    /// Ends the server.
    pub shutdown: CancellationToken,
}

impl ErpConfig {
    /// The demo's ERP with its seeded customers and its well-known secret, in memory.
    pub fn demo() -> Result<Self, DemoError> {
        Ok(Self {
            secrets: vec![SigningSecret::read(DEMO_ERP_SECRET)?],
            data_dir: None,
            acknowledge: true,
            faults: Faults::default(),
            clock: Arc::new(SystemClock),
            wire: WireLog::new(),
            shutdown: CancellationToken::new(),
        })
    }
}

/// The running ERP.
#[derive(Debug)]
pub(crate) struct Erp {
    config: ErpConfig,
    endpoint: Endpoint,
    ledger: Mutex<ledger::Ledger>,
    faults: Mutex<Faults>,
}

impl Erp {
    fn new(config: ErpConfig) -> Result<Self, DemoError> {
        let mut ledger = ledger::Ledger::seeded(config.clock.now(), config.acknowledge)?;
        if let Some(folder) = &config.data_dir {
            ledger.keep_in(journal::Journal::open(folder)?)?;
        }
        Ok(Self {
            endpoint: Endpoint::new(config.secrets.clone(), config.clock.clone()),
            ledger: Mutex::new(ledger),
            faults: Mutex::new(config.faults),
            config,
        })
    }

    fn ledger(&self) -> MutexGuard<'_, ledger::Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ERP's routes; tests call them without a listener.
pub fn erp_router(config: ErpConfig) -> Result<Router, DemoError> {
    let erp = Arc::new(Erp::new(config)?);
    Ok(pages::routes(erp.clone())
        .merge(forms::routes(erp.clone()))
        .merge(protocol::routes(erp)))
}

/// Serves the ERP until its token is cancelled.
pub async fn serve_erp(config: ErpConfig, listener: TcpListener) -> Result<(), DemoError> {
    let shutdown = config.shutdown.clone();
    server::serve(listener, erp_router(config)?, shutdown).await
}
