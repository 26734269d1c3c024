//! The demo shop, "Ironquay Industrial Supply": public pages, punchout storefront, storefront protocol.
//!
//! It owns its catalogue, carts and orders. It must not decide about credit or holds, set a cookie,
//! or let a browser carry a cart: the gateway reads the cart server to server.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use rust_decimal::Decimal;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Clock, DemoError, Entropy, OsEntropy, SystemClock, envelope::Endpoint, products::Catalogue, server,
    signing::SigningSecret, wire_log::WireLog,
};

mod browser;
mod cart_document;
pub(crate) mod customer;
mod desk;
mod gateway;
mod order;
mod pages;
mod picture;
mod protocol;
mod session;

pub use customer::ShopCustomer;
pub use gateway::GatewayAccess;

/// The shared secret of the demo's storefront connector.
pub const DEMO_SHOP_SECRET: &str = "whsec_aXJvbnF1YXktZGVtby1zaG9wLXNlY3JldC0wMDAx";

/// What the shop is told at its start.
#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// Where browsers and the gateway reach it, without a slash at its end.
    pub public_url: String,
    /// Secrets of the storefront protocol, the current one first, then those being phased out.
    pub secrets: Vec<SigningSecret>,
    /// Where to ask for checkout options; none: the shop says that it cannot know.
    pub gateway: Option<GatewayAccess>,
    /// Origins that may show the punchout storefront in a frame.
    pub embed_origins: Vec<String>,
    /// Who buys here, at which prices.
    pub customers: Vec<ShopCustomer>,
    /// Freight of every cart that holds something; none: the shop does not know it yet.
    pub freight: Option<Decimal>,
    /// Tax of every cart that holds something; none: the shop does not know it yet.
    pub tax: Option<Decimal>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes tokens and ids.
    pub entropy: Arc<dyn Entropy>,
    /// Sees every exchange over the published protocols.
    pub wire: WireLog,
    /// Ends the server.
    pub shutdown: CancellationToken,
}

impl ShopConfig {
    /// The demo's shop with its three customers and its well-known secret.
    pub fn demo(public_url: &str) -> Result<Self, DemoError> {
        Ok(Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            secrets: vec![SigningSecret::read(DEMO_SHOP_SECRET)?],
            gateway: None,
            embed_origins: Vec::new(),
            customers: customer::seeds(),
            freight: None,
            tax: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            wire: WireLog::new(),
            shutdown: CancellationToken::new(),
        })
    }
}

/// The running shop.
#[derive(Debug)]
pub(crate) struct Shop {
    config: ShopConfig,
    catalogue: Catalogue,
    gateway: gateway::Gateway,
    endpoint: Endpoint,
    books: Mutex<Books>,
}

/// Everything that changes.
#[derive(Debug, Default)]
struct Books {
    sessions: BTreeMap<String, session::Session>,
    orders: Vec<order::ShopOrder>,
    /// Orders placed so far, forgotten ones included.
    placed: u64,
}

impl Books {
    /// The order that was placed for a purchase order of this number.
    fn order_of(&mut self, purchase_order: &str) -> Option<&mut order::ShopOrder> {
        let mut orders = self.orders.iter_mut();
        orders.find(|order| order.purchase_order_number() == purchase_order)
    }
}

impl Shop {
    fn new(config: ShopConfig) -> Result<Self, DemoError> {
        let gateway =
            gateway::Gateway::new(config.gateway.clone(), config.clock.clone(), config.wire.clone())?;
        Ok(Self {
            catalogue: Catalogue::embedded()?,
            endpoint: Endpoint::new(config.secrets.clone(), config.clock.clone()),
            gateway,
            config,
            books: Mutex::default(),
        })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn customer(&self, id: &str) -> Option<&ShopCustomer> {
        self.config.customers.iter().find(|customer| customer.id == id)
    }
}

/// SHA-256 of a token.
fn token_hash(token: &str) -> session::TokenHash {
    <sha2::Sha256 as sha2::Digest>::digest(token.as_bytes()).into()
}

/// The shop's routes; tests call them without a listener.
pub fn shop_router(config: ShopConfig) -> Result<Router, DemoError> {
    let shop = Arc::new(Shop::new(config)?);
    Ok(pages::routes(shop.clone())
        .merge(browser::routes(shop.clone()))
        .merge(desk::routes(shop.clone()))
        .merge(protocol::routes(shop)))
}

/// Serves the shop until its token is cancelled.
pub async fn serve_shop(config: ShopConfig, listener: TcpListener) -> Result<(), DemoError> {
    let shutdown = config.shutdown.clone();
    server::serve(listener, shop_router(config)?, shutdown).await
}
