//! Systems that hear of what happens here.

use async_trait::async_trait;
use punchgate_domain::{Instant, event::EventKind};

use crate::{ConnectorResult, Context};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The same at every attempt: whoever hears it twice knows it by this.
    pub id: String,
    /// What kind.
    pub kind: EventKind,
    /// When.
    pub at: Instant,
    /// What there is to know; never a secret.
    pub data: serde_json::Value,
}

/// A system that is told of events.
#[async_trait]
pub trait Events: Send + Sync {
    /// The kinds that it wants to hear of.
    fn wanted(&self) -> &[EventKind];

    /// Tells it; `Ok` when it has taken the event. May be repeated.
    async fn tell(&self, ctx: &Context, event: &Event) -> ConnectorResult<()>;
}
