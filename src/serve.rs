//! The running gateway: HTTP and background work around the use cases.

use std::{net::SocketAddr, sync::Arc};

use punchgate_app::connectors::ConnectorRegistry;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    connectors,
    gateway::Gateway,
    http::{self, server::ClientLimits},
    jobs,
};

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
    /// Its parts.
    pub gateway: Arc<Gateway>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Stops taking requests and work, lets those under way finish, closes the database.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the gateway ended badly");
            }
        }
        self.gateway.surroundings.db.close().await;
    }
}

/// Starts the gateway on the configured address.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let listener = TcpListener::bind(config.server.listen).await.map_err(|error| {
        ServeError(format!(
            "server.listen {} cannot be used: {error}; choose another",
            config.server.listen
        ))
    })?;
    start_on(listener, config, connectors::registry()).await
}

/// Starts the gateway on a listener, with these kinds of connectors.
pub async fn start_on(
    listener: TcpListener,
    config: Config,
    registry: ConnectorRegistry,
) -> Result<Running, ServeError> {
    let address = listener.local_addr().map_err(ServeError::from_display)?;
    let gateway = Gateway::open(config, registry).await?;
    Ok(run(listener, address, gateway))
}

fn run(listener: TcpListener, address: SocketAddr, gateway: Arc<Gateway>) -> Running {
    let stop = CancellationToken::new();
    let limits = ClientLimits {
        header: gateway.config.limits.header,
        connections: gateway.config.limits.connections,
        shutdown: gateway.config.server.shutdown,
    };
    let router = http::router(Arc::clone(&gateway));
    let tasks = vec![
        tokio::spawn(http::server::serve(listener, router, limits, stop.clone())),
        tokio::spawn(jobs::run(Arc::clone(&gateway), stop.clone())),
        tokio::spawn(jobs::periodic::run(Arc::clone(&gateway), stop.clone())),
    ];
    tracing::info!(%address, "the gateway takes requests");
    Running {
        address,
        gateway,
        stop,
        tasks,
    }
}

/// Runs until the process is told to stop.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let running = start(config).await?;
    told_to_stop().await;
    tracing::info!("the gateway stops");
    running.stop().await;
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
pub async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
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
