//! Who carries the messages of a published protocol.

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use super::SignedJson;
use crate::{ConnectorResult, Context, error::Effect};

/// The other side, however it is reached.
#[async_trait]
pub trait Peer: Send + Sync + std::fmt::Debug {
    /// Asks for an operation and reads its answer.
    async fn call<Q, A>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        request: &Q,
    ) -> ConnectorResult<A>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned + Send;
}

#[async_trait]
impl Peer for SignedJson {
    async fn call<Q, A>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        request: &Q,
    ) -> ConnectorResult<A>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned + Send,
    {
        SignedJson::call(self, ctx, operation, effect, request).await
    }
}
