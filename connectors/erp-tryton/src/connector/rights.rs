//! What our user may do in Tryton, and what of a patch it refuses. Nothing here writes.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, accounts::FieldRefusal, error::Effect, published::Mismatch,
};
use serde_json::{Value, json};

use super::Tryton;
use crate::{
    convert::{
        accounts::HOLDS,
        refusals::{self, Part, Rights},
    },
    rpc::Fault,
};

const HOLD: &str = "punchgate.hold";

impl Tryton {
    /// Fields of a model by their names: what they are called, and whether we may write them.
    pub(super) async fn definitions(
        &self,
        ctx: &Context,
        operation: &'static str,
        model: &str,
        fields: &[&str],
    ) -> Result<Value, Fault> {
        let method = format!("model.{model}.fields_get");
        self.ask(ctx, operation, &method, json!([fields, self.context()]))
            .await
    }

    /// What we may do with a model.
    pub(super) async fn rights(
        &self,
        ctx: &Context,
        operation: &'static str,
        model: &str,
    ) -> ConnectorResult<Rights> {
        let params = json!([[model], self.context()]);
        let answer = self
            .ask(ctx, operation, "model.ir.model.access.get_access", params)
            .await;
        let mut result = answer.map_err(|fault| fault.into_error(operation))?;
        match result.get_mut(model).map(Value::take) {
            Some(Value::Object(rights)) => Ok(Rights(rights)),
            _ => Err(Mismatch::new(model, "is missing").into_error(operation, Effect::Read)),
        }
    }

    /// Which parts of a patch are refused with these words. Nothing of it was written: what is not named here the core
    /// asks for again. Where Tryton cannot be brought to say, all of them.
    pub(super) async fn refused(
        &self,
        ctx: &Context,
        operation: &'static str,
        parts: &[Part],
        message: &str,
    ) -> ConnectorResult<Vec<FieldRefusal>> {
        let found = match parts {
            [] | [_] => Vec::new(),
            several => match self.culprits(ctx, operation, several, message).await {
                Ok(found) => found,
                // Soon it may say: until then nothing is given up.
                Err(error) if error.retryable() => return Err(error),
                Err(_) => Vec::new(),
            },
        };
        Ok(match found.is_empty() {
            true => refusals::refused(parts, message),
            false => refusals::refused(found, message),
        })
    }

    async fn culprits<'a>(
        &self,
        ctx: &Context,
        operation: &'static str,
        parts: &'a [Part],
        message: &str,
    ) -> Result<Vec<&'a Part>, ConnectorError> {
        let error = |fault: Fault| fault.into_error(operation);
        let fields: Vec<&str> = parts.iter().map(|part| part.field.as_str()).collect();
        let definitions = self.definitions(ctx, operation, "party.party", &fields).await;
        let definitions = definitions.map_err(error)?;
        let has_holds = fields.contains(&HOLDS);
        let hold_model = match has_holds {
            true => self.model_name(ctx, operation, HOLD).await.map_err(error)?,
            false => None,
        };
        let named = refusals::named(parts, &definitions, hold_model.as_deref(), message);
        if !named.is_empty() {
            return Ok(named);
        }
        let of_holds = match has_holds {
            true => Some(self.rights(ctx, operation, HOLD).await?),
            false => None,
        };
        Ok(refusals::forbidden(parts, &definitions, of_holds.as_ref()))
    }

    /// What Tryton calls a model in its words.
    async fn model_name(
        &self,
        ctx: &Context,
        operation: &'static str,
        model: &str,
    ) -> Result<Option<String>, Fault> {
        let params = json!([self.context()]);
        let names = self
            .ask(ctx, operation, "model.ir.model.get_names", params)
            .await?;
        Ok(names[model].as_str().map(str::to_owned))
    }
}
