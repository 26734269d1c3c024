//! Starts the four systems on their listeners and ends them together.

use punchgate_demo::{
    DemoError, ErpConfig, GatewayAccess, ShopConfig, SuiteConfig, WireLog, serve_erp, serve_shop, serve_suite,
};
use punchgate_storage::db::SoleUse;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Addresses, data::DataFolder, ports::Ports, provision::SHOP_KEY, storefront::Storefront};
use crate::{config::Config, connectors, serve};

/// The running systems.
#[derive(Debug)]
pub(super) struct Running {
    gateway: serve::Running,
    peers: Vec<JoinHandle<Result<(), DemoError>>>,
    shutdown: CancellationToken,
    wire: WireLog,
}

/// Starts them.
pub(super) async fn start(
    ports: Ports,
    (addresses, storefront): (&Addresses, &Storefront),
    (data, sole): (&DataFolder, SoleUse),
    config: Config,
) -> Result<Running, String> {
    let (shutdown, wire) = (CancellationToken::new(), WireLog::new());
    let told = |error: DemoError| error.to_string();
    let mut suite = SuiteConfig::demo(
        &addresses.suite,
        &addresses.gateway,
        &addresses.shop,
        &addresses.erp,
    );
    suite.wire = wire.clone();
    suite.shutdown = shutdown.clone();
    let mut erp = ErpConfig::demo().map_err(told)?;
    erp.data_dir = Some(data.erp());
    erp.wire = wire.clone();
    erp.shutdown = shutdown.clone();
    let mut peers = vec![
        tokio::spawn(serve_suite(suite, ports.suite)),
        tokio::spawn(serve_erp(erp, ports.erp)),
    ];
    if let Storefront::Own = storefront {
        let mut shop = ShopConfig::demo(&addresses.shop).map_err(told)?;
        shop.gateway = Some(GatewayAccess {
            base_url: addresses.gateway.clone(),
            api_key: SHOP_KEY.to_owned(),
        });
        shop.embed_origins = vec![addresses.suite.clone()];
        shop.wire = wire.clone();
        shop.shutdown = shutdown.clone();
        peers.push(tokio::spawn(serve_shop(shop, ports.shop)));
    }
    let gateway = serve::start_claimed(ports.gateway, config, connectors::registry(), sole)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Running {
        gateway,
        peers,
        shutdown,
        wire,
    })
}

impl Running {
    /// What crosses between the systems.
    pub(super) fn wire(&self) -> WireLog {
        self.wire.clone()
    }

    /// Ends the gateway first: it calls the others.
    pub(super) async fn stop(self) {
        self.gateway.stop().await;
        self.shutdown.cancel();
        for peer in self.peers {
            match peer.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a demo peer ended badly"),
                Err(error) => tracing::error!(%error, "a demo peer ended badly"),
            }
        }
    }
}
