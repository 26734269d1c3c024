//! The running gateway: HTTP and background work around the use cases.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use punchgate_app::{connectors::ConnectorRegistry, seal::Keyring};
use punchgate_storage::db::SoleUse;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    connectors,
    gateway::Gateway,
    http::{self, server::ClientLimits},
    jobs, log,
    tls::Tls,
};

/// Between two looks whether the certificate was renewed.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);

/// Why the gateway cannot run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServeError(pub String);

impl ServeError {
    /// From any error, in its words.
    pub fn from_display(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A running gateway.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts, as the configuration of the moment has them.
    pub gateway: Arc<Gateway>,
    /// Where its figures are served, if anywhere.
    pub figures: Option<SocketAddr>,
    tls: Option<Arc<Tls>>,
    registry: ConnectorRegistry,
    keyring: Arc<Keyring>,
    routers: watch::Sender<Router>,
    figure_routers: watch::Sender<Router>,
    stop: CancellationToken,
    servers: Vec<JoinHandle<()>>,
    work: Work,
    _sole: SoleUse,
}

/// The background work of one configuration.
#[derive(Debug)]
struct Work {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Work {
    fn start(gateway: &Arc<Gateway>) -> Self {
        let stop = CancellationToken::new();
        let tasks = vec![
            tokio::spawn(jobs::run(Arc::clone(gateway), stop.clone())),
            tokio::spawn(jobs::periodic::run(Arc::clone(gateway), stop.clone())),
            tokio::spawn(jobs::alerts::run(Arc::clone(gateway), stop.clone())),
        ];
        Self { stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the gateway ended badly");
            }
        }
    }
}

impl Running {
    /// Goes on under another configuration: requests that come from now on, and background work. Requests under
    /// way end as they began. Address, database and key stay as they are until a restart.
    pub async fn reload(&mut self, mut config: Config) -> Result<(), ServeError> {
        for key in config.keep_what_needs_a_restart(&self.gateway.config) {
            tracing::warn!(key, "was changed: it counts only after a restart");
        }
        log::change(&config.log);
        let surroundings = self.gateway.surroundings.clone();
        let (keyring, registry) = (Arc::clone(&self.keyring), self.registry.clone());
        let gateway = Gateway::assemble(config, surroundings, keyring, registry)?;
        if let Some(tls) = &self.tls {
            tls.change(&gateway.config.tls)
                .map_err(ServeError::from_display)?;
        }
        let _ = self.routers.send_replace(http::router(Arc::clone(&gateway)));
        let _ = self
            .figure_routers
            .send_replace(http::metrics::router(Arc::clone(&gateway)));
        let work = std::mem::replace(&mut self.work, Work::start(&gateway));
        self.gateway = gateway;
        work.stop().await;
        tracing::info!("the configuration was read again");
        Ok(())
    }

    /// Stops taking requests and work, lets those under way finish, closes the database.
    pub async fn stop(self) {
        self.stop.cancel();
        self.work.stop().await;
        for server in self.servers {
            if let Err(error) = server.await {
                tracing::error!(%error, "a listener ended badly");
            }
        }
        self.gateway.surroundings.db.close().await;
    }
}

/// Starts the gateway on the configured address.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let listener = bind("server.listen", config.server.listen).await?;
    start_on(listener, config, connectors::registry()).await
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| ServeError(format!("{key} {address} cannot be used: {error}; choose another")))
}

/// Starts the gateway on a listener, with these kinds of connectors.
pub async fn start_on(
    listener: TcpListener,
    config: Config,
    registry: ConnectorRegistry,
) -> Result<Running, ServeError> {
    config.keyring().map_err(ServeError::from_display)?;
    let sole = claim(&config)?;
    start_claimed(listener, config, registry, sole).await
}

/// The right to be the one gateway on the configured database.
pub fn claim(config: &Config) -> Result<SoleUse, ServeError> {
    SoleUse::claim(config.database.url.expose()).map_err(|error| ServeError(format!("database.url: {error}")))
}

/// Starts the gateway on a database that has been claimed for it.
pub async fn start_claimed(
    listener: TcpListener,
    config: Config,
    registry: ConnectorRegistry,
    sole: SoleUse,
) -> Result<Running, ServeError> {
    let address = listener.local_addr().map_err(ServeError::from_display)?;
    let figures_listener = match config.metrics.listen {
        Some(listen) => Some(bind("metrics.listen", listen).await?),
        None => None,
    };
    // First: without its keys it makes no database.
    let keyring = Arc::new(config.keyring().map_err(ServeError::from_display)?);
    let surroundings = Gateway::surroundings(&config).await?;
    let registry = registry.with_roots(config.folders.roots.clone());
    let gateway = Gateway::assemble(config, surroundings, Arc::clone(&keyring), registry.clone())?;
    let stop = CancellationToken::new();
    let limits = ClientLimits {
        header: gateway.config.limits.header,
        connections: gateway.config.limits.connections,
        shutdown: gateway.config.server.shutdown,
    };
    let tls = match gateway.config.tls.is_on() {
        true => Some(Arc::new(
            Tls::open(&gateway.config.tls).map_err(ServeError::from_display)?,
        )),
        false => None,
    };
    let acceptor = tls.as_ref().map(|tls| tls.acceptor()).transpose();
    let acceptor = acceptor.map_err(ServeError::from_display)?;
    let (routers, current) = watch::channel(http::router(Arc::clone(&gateway)));
    let (figure_routers, current_figures) = watch::channel(http::metrics::router(Arc::clone(&gateway)));
    let mut servers = vec![tokio::spawn(http::server::serve(
        listener,
        acceptor,
        current,
        limits,
        stop.clone(),
    ))];
    let mut figures = None;
    if let Some(listener) = figures_listener {
        figures = Some(listener.local_addr().map_err(ServeError::from_display)?);
        servers.push(tokio::spawn(http::server::serve(
            listener,
            None,
            current_figures,
            limits,
            stop.clone(),
        )));
    }
    tracing::info!(%address, "the gateway takes requests");
    if let Some(tls) = &tls {
        servers.push(tokio::spawn(renewed(Arc::clone(tls), stop.clone())));
    }
    Ok(Running {
        address,
        tls,
        work: Work::start(&gateway),
        gateway,
        registry,
        keyring,
        figures,
        routers,
        figure_routers,
        stop,
        servers,
        _sole: sole,
    })
}

/// Looks now and then whether the certificate was renewed. One that does not read is told once.
async fn renewed(tls: Arc<Tls>, stop: CancellationToken) {
    let mut told = None;
    while stop
        .run_until_cancelled(tokio::time::sleep(CERTIFICATE_LOOK))
        .await
        .is_some()
    {
        match tls.look_again() {
            Ok(true) => tracing::info!("another certificate counts from now on"),
            Ok(false) => told = None,
            Err(problem) if told.as_ref() != Some(&problem) => {
                tracing::error!(%problem, "the renewed certificate cannot be used; the one before counts");
                told = Some(problem);
            }
            Err(_) => {}
        }
    }
}

/// Runs until the process is told to stop; SIGHUP has the configuration read again. One that does not read
/// changes nothing.
pub async fn serve<R>(config: Config, read_again: R) -> Result<(), ServeError>
where
    R: Fn() -> Result<Config, String>,
{
    tell_notes(&config);
    let mut running = start(config).await?;
    let mut hangup = signal(SignalKind::hangup()).map_err(ServeError::from_display)?;
    let told = told_to_stop();
    tokio::pin!(told);
    loop {
        tokio::select! {
            () = &mut told => break,
            _ = hangup.recv() => {
                let reloaded = match read_again() {
                    Ok(config) => {
                        tell_notes(&config);
                        running.reload(config).await.map_err(|error| error.to_string())
                    }
                    Err(problems) => Err(problems),
                };
                if let Err(problems) = reloaded {
                    tracing::error!(%problems, "the configuration was not read again; the gateway goes on as before");
                }
            }
        }
    }
    tracing::info!("the gateway stops");
    running.stop().await;
    Ok(())
}

/// What is valid, and most likely not meant, in the log.
fn tell_notes(config: &Config) {
    for note in config.notes() {
        tracing::warn!(key = note.place, remedy = note.remedy, "{}", note.problem);
    }
}

/// Waits for SIGTERM or SIGINT.
pub async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be listened for");
            let _ = interrupted.await;
        }
    }
}
