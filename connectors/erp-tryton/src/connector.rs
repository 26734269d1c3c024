//! The calls.

mod accounts;
mod change;
mod check;
mod documents;
mod entry;
mod exposure;
mod orders;
mod prices;
mod rights;
mod stock;

use async_trait::async_trait;
use punchgate_connector::{
    Capabilities, CheckReport, Connector, ConnectorError, ConnectorResult, Context, EgressRules, ErrorKind,
    Spec,
    capabilities::{Cas, Deletes, Tells, Writable},
    context::LeftOut,
    documents::DocumentKind,
    error::Effect,
    published::Mismatch,
};
use punchgate_domain::{Instant, money::Currency};
use serde_json::{Value, json};

use crate::{
    config::{ACCOUNTS, DOCUMENTS, EXPOSURE, KIND, ORDERS, PRICES, STOCK, Settings, Target},
    rpc::{Answer, Call, Fault, Rpc},
    wire::{self, Row},
};

/// The most keys in one request.
const KEYS: usize = 100;

/// A Tryton, seen as one company in it.
#[derive(Debug)]
pub(crate) struct Tryton {
    pub(crate) id: String,
    pub(crate) settings: Settings,
    pub(crate) rpc: Rpc,
}

/// A search with the fields to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    operation: &'static str,
    model: &'static str,
    domain: &'a Value,
    limit: Option<usize>,
    fields: &'a [String],
}

/// The company that a connector is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    currency: Currency,
    /// The server's clock before anything else was read.
    at: Instant,
}

impl Tryton {
    fn offers(&self, capability: &str) -> bool {
        self.settings.offered.contains(&capability)
    }

    /// The context that every call has.
    fn context(&self) -> Value {
        json!({"company": self.settings.company})
    }

    /// Only records of the company.
    fn of_company(&self) -> Value {
        json!(["company", "=", self.settings.company])
    }

    /// Searches and reads, by ascending id.
    async fn search(&self, ctx: &Context, search: Search<'_>) -> ConnectorResult<Answer> {
        let order = json!([["id", "ASC"]]);
        self.ordered(ctx, search, &order).await
    }

    /// The same with what is not used any more, of the records and of what belongs to them.
    async fn search_all(&self, ctx: &Context, search: Search<'_>) -> ConnectorResult<Answer> {
        let mut context = self.context();
        context["active_test"] = json!(false);
        self.search_in(ctx, search, &json!([["id", "ASC"]]), context)
            .await
    }

    async fn ordered(&self, ctx: &Context, search: Search<'_>, order: &Value) -> ConnectorResult<Answer> {
        self.search_in(ctx, search, order, self.context()).await
    }

    async fn search_in(
        &self,
        ctx: &Context,
        search: Search<'_>,
        order: &Value,
        context: Value,
    ) -> ConnectorResult<Answer> {
        let method = format!("model.{}.search_read", search.model);
        let call = Call {
            operation: search.operation,
            effect: Effect::Read,
            method: &method,
        };
        let params = json!([search.domain, 0, search.limit, order, search.fields, context]);
        self.rpc
            .call(ctx, call, params)
            .await
            .map_err(|fault| fault.into_error(search.operation))
    }

    /// Calls a method that changes something on records.
    async fn change(
        &self,
        ctx: &Context,
        operation: &'static str,
        method: &str,
        params: Value,
    ) -> Result<Value, Fault> {
        self.invoke(ctx, (operation, Effect::Change), method, params)
            .await
    }

    /// Calls a method that only tells.
    async fn ask(
        &self,
        ctx: &Context,
        operation: &'static str,
        method: &str,
        params: Value,
    ) -> Result<Value, Fault> {
        self.invoke(ctx, (operation, Effect::Read), method, params).await
    }

    async fn invoke(
        &self,
        ctx: &Context,
        (operation, effect): (&'static str, Effect),
        method: &str,
        params: Value,
    ) -> Result<Value, Fault> {
        let call = Call {
            operation,
            effect,
            method,
        };
        Ok(self.rpc.call(ctx, call, params).await?.result)
    }

    /// The company: that it is there is asked each time, for under one that is not, Tryton answers with empty
    /// limits, which would read as none.
    async fn company(&self, ctx: &Context, operation: &'static str) -> ConnectorResult<Company> {
        let domain = json!([["id", "=", self.settings.company]]);
        let search = Search {
            operation,
            model: "company.company",
            domain: &domain,
            limit: Some(1),
            fields: &["currency.code".to_owned()],
        };
        let answer = self.search(ctx, search).await?;
        let read = |mismatch: Mismatch| mismatch.into_error(operation, Effect::Read);
        let rows = wire::rows(&answer.result).map_err(read)?;
        let Some(row) = rows.first() else {
            let message = format!(
                "Tryton has no company {} that settings.user may see: correct settings.company",
                self.settings.company
            );
            return Err(ConnectorError::new(ErrorKind::Invalid, operation, message));
        };
        Ok(Company {
            currency: row.currency("currency").map_err(read)?,
            at: answer.at.unwrap_or_else(|| ctx.now()),
        })
    }

    /// The customers of the company, among them those that do not trade any more.
    fn customers(&self) -> Vec<Value> {
        let mut domain = vec![json!(["active", "in", [true, false]])];
        if let Some(category) = &self.settings.customer_category {
            domain.push(json!(["categories.name", "=", category]));
        }
        domain
    }

    fn capabilities(&self) -> Capabilities {
        let (settings, fields) = (&self.settings, &self.settings.fields);
        let mut document_kinds = vec![
            DocumentKind::Status,
            DocumentKind::Shipment,
            DocumentKind::Invoice,
            DocumentKind::CreditMemo,
            DocumentKind::Payment,
        ];
        if settings.module {
            document_kinds.insert(0, DocumentKind::Acknowledgement);
        }
        Capabilities {
            cas: Cas::Native,
            deletes: Deletes::Sweep,
            order_ref_unique: settings.module,
            order_change: true,
            exposure_includes_orders: fields.credit_amount.is_some(),
            writable: Writable {
                terms: fields.terms.is_some(),
                credit_limit: fields.credit_limit.is_some(),
                holds: settings.module,
            },
            tells: Tells {
                contacts: settings.people,
                ship_tos: settings.people,
            },
            enforces_holds: settings.module && settings.target == Target::Confirmed,
            enforces_limit: fields.credit_limit.is_some() && settings.target == Target::Confirmed,
            document_kinds,
            page_size: settings.page_size,
            max_concurrency: Some(2),
            ..Capabilities::default()
        }
    }
}

/// What can be read of rows; what cannot is left out, and whoever called is told. Where none of several can be read,
/// the answer as a whole is not what it should be.
fn readable<'r, T>(
    ctx: &Context,
    rows: impl IntoIterator<Item = Row<'r>>,
    read: impl Fn(Row<'r>) -> Result<T, Mismatch>,
) -> Result<Vec<T>, Mismatch> {
    readable_with(ctx, rows.into_iter().map(|row| (row, ())), |row, ()| read(row))
}

/// The same of rows with something that is known of each.
fn readable_with<'r, A, T>(
    ctx: &Context,
    rows: impl IntoIterator<Item = (Row<'r>, A)>,
    read: impl Fn(Row<'r>, A) -> Result<T, Mismatch>,
) -> Result<Vec<T>, Mismatch> {
    let (mut items, mut failed) = (Vec::new(), Vec::new());
    for (row, known) in rows {
        match read(row, known) {
            Ok(item) => items.push(item),
            Err(mismatch) => failed.push((row.id("id").map(|id| id.to_string()), mismatch)),
        }
    }
    if items.is_empty()
        && failed.len() > 1
        && let Some((_, mismatch)) = failed.pop()
    {
        return Err(mismatch);
    }
    ctx.leave_out(failed.into_iter().map(|(id, mismatch)| LeftOut {
        external_id: id.unwrap_or_default(),
        problem: mismatch.to_string(),
    }));
    Ok(items)
}

#[async_trait]
impl Connector for Tryton {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: self.capabilities(),
            accounts: self.offers(ACCOUNTS).then_some(self),
            exposure: self.offers(EXPOSURE).then_some(self),
            orders: self.offers(ORDERS).then_some(self),
            documents: self.offers(DOCUMENTS).then_some(self),
            prices: self.offers(PRICES).then_some(self),
            stock: self.offers(STOCK).then_some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.rpc.endpoint.rules.clone()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        check::report(self, ctx).await
    }
}
