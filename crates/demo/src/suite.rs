//! The simulated procurement suite, "Northstar": requisitions, punchout, purchase orders, confirmations.
//!
//! It knows the supplier only by cXML over HTTP, checks everything that comes back and shows what deviates.
//! It owns its requisitions and orders. It must not look into gateway, shop or ERP, nor decide by the wire
//! log, which it shows in a drawer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Clock, DemoError, Entropy, OsEntropy, SystemClock, server, wire_log::WireLog};

mod api;
mod asset;
mod books;
pub mod buyer;
mod check;
mod inbox;
mod link;
pub mod mask;
mod ordering;
mod pages;
mod punchout;
mod views;
pub mod volume;
mod write;

/// What the suite is told at its start.
#[derive(Clone, Debug)]
pub struct SuiteConfig {
    /// Where browsers and the gateway reach it, without a slash at its end.
    pub public_url: String,
    /// The gateway's address.
    pub gateway_url: String,
    /// The shop's address: its pictures are shown, and it may appear in the frame.
    pub shop_url: String,
    /// The ERP's address, for the link in the guide.
    pub erp_url: String,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes tokens and ids.
    pub entropy: Arc<dyn Entropy>,
    /// Sees every exchange; shown in the drawer.
    pub wire: WireLog,
    /// Ends the server.
    pub shutdown: CancellationToken,
}

impl SuiteConfig {
    /// The demo's suite between these peers.
    pub fn demo(public_url: &str, gateway_url: &str, shop_url: &str, erp_url: &str) -> Self {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Self {
            public_url: bare(public_url),
            gateway_url: bare(gateway_url),
            shop_url: bare(shop_url),
            erp_url: bare(erp_url),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            wire: WireLog::new(),
            shutdown: CancellationToken::new(),
        }
    }
}

/// The running suite.
#[derive(Debug)]
pub(crate) struct Suite {
    config: SuiteConfig,
    link: link::Link,
    books: Mutex<books::Books>,
}

impl Suite {
    fn new(config: SuiteConfig) -> Result<Self, DemoError> {
        let link = link::Link::new(&config.gateway_url, config.clock.clone(), config.wire.clone())?;
        // Order numbers must not begin anew beside a gateway that remembers the last run.
        let first = config
            .clock
            .now()
            .as_second()
            .rem_euclid(100_000_000)
            .unsigned_abs();
        Ok(Self {
            link,
            books: Mutex::new(books::Books::new(first)),
            config,
        })
    }

    fn books(&self) -> MutexGuard<'_, books::Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> jiff::Timestamp {
        self.config.clock.now()
    }

    /// A payloadID that no other document has.
    fn payload_id(&self) -> Result<String, DemoError> {
        let random = self.config.entropy.short_id()?;
        Ok(format!(
            "{}.{random}@suite.northstar.example",
            self.now().as_millisecond()
        ))
    }
}

/// The suite's routes; tests call them without a listener.
pub fn suite_router(config: SuiteConfig) -> Result<Router, DemoError> {
    let suite = Arc::new(Suite::new(config)?);
    let policy: Arc<str> = pages::content_policy(&suite.config).into();
    Ok(pages::routes()
        .merge(punchout::routes())
        .merge(ordering::routes())
        .layer(axum::middleware::from_fn(pages::own_pages_only))
        .merge(punchout::return_routes())
        .merge(api::routes())
        .merge(inbox::routes(&suite))
        .fallback(pages::not_found)
        .layer(axum::middleware::from_fn_with_state(policy, pages::protect))
        .with_state(suite))
}

/// Serves the suite until its token is cancelled.
pub async fn serve_suite(config: SuiteConfig, listener: TcpListener) -> Result<(), DemoError> {
    let shutdown = config.shutdown.clone();
    server::serve(listener, suite_router(config)?, shutdown).await
}
