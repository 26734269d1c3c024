//! The shop as punchout sees it: a session is opened, its cart is locked and read, and at last given back.
//! Called outside any transaction.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, Context, ErrorKind,
    carts::{CartMove, Carts},
    sessions::{OpenedSession, SessionRequest, Sessions},
};
use punchgate_domain::{
    cart::Cart,
    ids::{ConnectorId, SupplierId},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Surroundings,
    connectors::{Connected, ConnectorSource, ConnectorSourceError},
};

/// Which shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopAt {
    /// Whose.
    pub supplier: SupplierId,
    /// The connector instance.
    pub connector: ConnectorId,
}

/// A shop's sessions and carts.
#[async_trait]
pub trait Shop: Send + Sync + Debug {
    /// Opens a session, or gives a known one another login.
    async fn open(&self, at: &ShopAt, request: &SessionRequest) -> Result<OpenedSession, ShopError>;

    /// Moves the cart of a session and answers what is in it. May be repeated.
    async fn move_cart(&self, at: &ShopAt, shop_session: &str, to: CartMove) -> Result<Cart, ShopError>;
}

/// Why the shop did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// There is no connector to call.
    #[error(transparent)]
    Source(#[from] ConnectorSourceError),
    /// The connector cannot do this at all.
    #[error("the connector '{0}' does not open sessions and read carts")]
    Unable(ConnectorId),
    /// It answered something that no browser can be sent to.
    #[error("the shop's login_url is no web address")]
    NoLogin,
    /// The call failed.
    #[error(transparent)]
    Call(#[from] ConnectorError),
}

impl ShopError {
    /// Whether the shop no longer has the session, or has closed it.
    pub fn is_session_gone(&self) -> bool {
        matches!(self, Self::Call(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict))
    }
}

/// Shops behind configured connectors.
#[derive(Debug)]
pub struct ConnectedShop {
    surroundings: Surroundings,
    source: Arc<ConnectorSource>,
    timeout: Duration,
}

impl ConnectedShop {
    /// `timeout` is for one call.
    pub fn new(surroundings: Surroundings, source: Arc<ConnectorSource>, timeout: Duration) -> Self {
        Self {
            surroundings,
            source,
            timeout,
        }
    }

    async fn connected(&self, at: &ShopAt) -> Result<Arc<Connected>, ShopError> {
        Ok(self.source.connector(&at.supplier, &at.connector).await?)
    }

    /// Each attempt is an operation of its own.
    fn context(&self, connected: &Connected, what: &str, session: &str) -> Context {
        let now = self.surroundings.now();
        let operation = format!("{what}-{session}-{}", self.surroundings.new_id());
        connected.context(operation, now, self.timeout, CancellationToken::new())
    }
}

#[async_trait]
impl Shop for ConnectedShop {
    async fn open(&self, at: &ShopAt, request: &SessionRequest) -> Result<OpenedSession, ShopError> {
        let connected = self.connected(at).await?;
        let context = self.context(&connected, "open", &request.session);
        let shop = sessions(&connected)?;
        Ok(shop.open(&context, request).await?)
    }

    async fn move_cart(&self, at: &ShopAt, shop_session: &str, to: CartMove) -> Result<Cart, ShopError> {
        let connected = self.connected(at).await?;
        let context = self.context(&connected, "cart", shop_session);
        let shop = carts(&connected)?;
        Ok(shop.close(&context, shop_session, to).await?.cart)
    }
}

fn sessions(connected: &Connected) -> Result<&dyn Sessions, ShopError> {
    let unable = || ShopError::Unable(connected.id.clone());
    connected.connector.spec().sessions.ok_or_else(unable)
}

fn carts(connected: &Connected) -> Result<&dyn Carts, ShopError> {
    let unable = || ShopError::Unable(connected.id.clone());
    connected.connector.spec().carts.ok_or_else(unable)
}
