//! The connector: before its program has said what it can do, and after.

use async_trait::async_trait;
use punchgate_connector::{
    Capabilities, CheckReport, Connector, ConnectorError, ConnectorResult, Context, EgressRules, ErrorKind,
    Spec,
    child::Program,
    published::{
        JsonLines,
        erp::{Description, Erp, ErpSettings},
        lines,
    },
};
use serde_json::Value;

use crate::config::KIND;

/// An ERP behind a program.
#[derive(Debug)]
pub(crate) struct ErpStdio {
    id: String,
    program: Program,
    settings: ErpSettings,
    peer: JsonLines,
    /// None until the program has introduced itself: who has said nothing can do nothing.
    erp: Option<Erp<JsonLines>>,
}

impl ErpStdio {
    pub(crate) fn unmet(id: &str, program: Program, settings: ErpSettings, peer: JsonLines) -> Self {
        Self {
            id: id.to_owned(),
            program,
            settings,
            peer,
            erp: None,
        }
    }
}

/// Why what a program says of itself does not do, if it does not.
pub(crate) fn refusal(description: Value) -> Option<String> {
    match Description::read(description) {
        Ok(description) => description.refusal(),
        Err(mismatch) => Some(format!("the answer to its greeting: {mismatch}")),
    }
}

#[async_trait]
impl Connector for ErpStdio {
    fn spec(&self) -> Spec<'_> {
        match &self.erp {
            Some(erp) => erp.spec(KIND, &self.id),
            None => Spec {
                kind: KIND,
                id: &self.id,
                capabilities: Capabilities::default(),
                ..Spec::default()
            },
        }
    }

    /// None: what the program reaches is its own affair.
    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    fn program(&self) -> Option<Program> {
        Some(self.program.clone())
    }

    fn introduced(&self, greeting: &[u8]) -> ConnectorResult<Box<dyn Connector>> {
        let unusable = |problem: String| ConnectorError::new(ErrorKind::Schema, "hello", problem);
        let description = lines::greeted(greeting)
            .and_then(|said| Description::read(said).map_err(|mismatch| mismatch.to_string()))
            .map_err(unusable)?;
        Ok(Box::new(Self {
            id: self.id.clone(),
            program: self.program.clone(),
            settings: self.settings.clone(),
            peer: self.peer.clone(),
            erp: Some(Erp::described(
                self.settings.clone(),
                description,
                self.peer.clone(),
            )),
        }))
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        let erp = self.erp.as_ref().ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::Temporary,
                "describe",
                "the program has not been started",
            )
        })?;
        erp.check(ctx).await
    }
}
