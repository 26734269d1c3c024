//! The connector.

use async_trait::async_trait;
use punchgate_connector::{
    CheckReport, Connector, ConnectorResult, Context, EgressRules, Spec,
    published::{SignedJson, erp::Erp},
};

use crate::config::KIND;

/// An ERP behind the published protocol.
#[derive(Debug)]
pub(crate) struct ErpHttp {
    pub(crate) id: String,
    pub(crate) erp: Erp<SignedJson>,
}

#[async_trait]
impl Connector for ErpHttp {
    fn spec(&self) -> Spec<'_> {
        self.erp.spec(KIND, &self.id)
    }

    fn egress_rules(&self) -> EgressRules {
        self.erp.peer().connection().rules.clone()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        self.erp.check(ctx).await
    }
}
