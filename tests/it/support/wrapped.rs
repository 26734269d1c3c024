//! A connector with something of a test's own in the place of one or more of its capabilities.

use std::fmt;

use async_trait::async_trait;
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorResult, Context, Secrets, Spec, egress::EgressRules,
};

/// What a test puts in the place of a connector's capabilities; the rest stays as the connector has it.
pub(crate) trait Wrap: fmt::Debug + Send + Sync + 'static {
    /// The connector behind it.
    fn inner(&self) -> &dyn Connector;

    /// The connector's capabilities with the test's own among them.
    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a>;
}

/// A connector around which a test has put its own.
#[derive(Debug)]
pub(crate) struct Wrapped<T>(T);

/// `erp-http` with a test's own around it.
pub(crate) fn erp_http<T: Wrap>(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
    wrap: impl FnOnce(Box<dyn Connector>) -> T,
) -> Result<Box<dyn Connector>, ConfigError> {
    let inner = punchgate_erp_http::from_config(id, settings, secrets)?;
    Ok(Box::new(Wrapped(wrap(inner))))
}

/// `events-webhook` with a test's own around it.
pub(crate) fn events_webhook<T: Wrap>(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
    wrap: impl FnOnce(Box<dyn Connector>) -> T,
) -> Result<Box<dyn Connector>, ConfigError> {
    let inner = punchgate_events_webhook::from_config(id, settings, secrets)?;
    Ok(Box::new(Wrapped(wrap(inner))))
}

/// `storefront-http` with a test's own around it.
pub(crate) fn storefront_http<T: Wrap>(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
    wrap: impl FnOnce(Box<dyn Connector>) -> T,
) -> Result<Box<dyn Connector>, ConfigError> {
    let inner = punchgate_storefront_http::from_config(id, settings, secrets)?;
    Ok(Box::new(Wrapped(wrap(inner))))
}

#[async_trait]
impl<T: Wrap> Connector for Wrapped<T> {
    fn spec(&self) -> Spec<'_> {
        self.0.spec(self.0.inner().spec())
    }

    fn egress_rules(&self) -> EgressRules {
        self.0.inner().egress_rules()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        self.0.inner().check(ctx).await
    }
}
