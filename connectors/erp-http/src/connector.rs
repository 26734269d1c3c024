//! The calls.

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, Capabilities, CheckReport, Connector, ConnectorError, ConnectorResult, Context, Cursor,
    Documents, EgressRules, ErrorKind, Exposures, Orders, Page, Spec,
    accounts::{Account, AccountPatch, PatchOutcome},
    connector::CheckFinding,
    context::LeftOut,
    documents::{DocumentKind, ErpDocument},
    error::Effect,
    exposure::AccountExposure,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome},
    page::Found,
    published::{
        Mismatch, SignedJson, VERSION,
        check::{self, Described},
        order::{WireOrderKey, WireSubmission},
        values::list,
    },
};

use crate::{
    config::{ACCOUNTS, DOCUMENTS, EXPOSURE, KIND, ORDERS},
    convert,
    wire::{
        CancelRequest, Empty, FeedRequest, KeysRequest, Scoped, WireCancelOutcome, WireDescription,
        WireFound, WireOrders, WirePage, WirePatchOutcome,
    },
};

/// The most keys in one request.
const KEYS: usize = 100;

/// An ERP behind the published protocol.
#[derive(Debug)]
pub(crate) struct ErpHttp {
    pub(crate) id: String,
    pub(crate) scope: String,
    pub(crate) offered: Vec<&'static str>,
    pub(crate) capabilities: Capabilities,
    pub(crate) peer: SignedJson,
}

impl ErpHttp {
    fn offers(&self, capability: &str) -> bool {
        self.offered.contains(&capability)
    }

    /// Asks for any number of keys, in requests of a hundred.
    async fn by_keys<T>(
        &self,
        ctx: &Context,
        operation: &'static str,
        keys: &[String],
        convert: impl Fn(WireFound, &[String]) -> Result<(Found<T>, Vec<LeftOut>), Mismatch>,
    ) -> ConnectorResult<Found<T>> {
        let mut all = Found {
            items: Vec::with_capacity(keys.len()),
            missing: Vec::new(),
        };
        for keys in keys.chunks(KEYS) {
            let request = KeysRequest {
                scope: &self.scope,
                keys,
            };
            let answer = self.peer.call(ctx, operation, Effect::Read, &request).await?;
            let (found, left_out) =
                convert(answer, keys).map_err(|mismatch| mismatch.into_error(operation, Effect::Read))?;
            ctx.leave_out(left_out);
            all.items.extend(found.items);
            all.missing.extend(found.missing);
        }
        Ok(all)
    }

    /// The operations that the capabilities in use need.
    fn needed_operations(&self) -> Vec<&'static str> {
        let of = |capability, operations: &'static [&'static str]| {
            self.offers(capability)
                .then_some(operations)
                .into_iter()
                .flatten()
                .copied()
        };
        of(ACCOUNTS, &["accounts", "account"])
            .chain(of(EXPOSURE, &["exposure"]))
            .chain(of(ORDERS, &["submit_order", "find_order"]))
            .chain(of(DOCUMENTS, &["documents"]))
            .collect()
    }
}

#[async_trait]
impl Connector for ErpHttp {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: self.capabilities.clone(),
            accounts: self.offers(ACCOUNTS).then_some(self),
            exposure: self.offers(EXPOSURE).then_some(self),
            orders: self.offers(ORDERS).then_some(self),
            documents: self.offers(DOCUMENTS).then_some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.peer.connection().rules.clone()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        const OPERATION: &str = "describe";
        let wire: WireDescription = self.peer.call(ctx, OPERATION, Effect::Read, &Empty {}).await?;
        let scope_known = wire.scopes.is_empty() || wire.scopes.iter().any(|scope| scope.id == self.scope);
        let capabilities = convert::capabilities(wire.qualities)
            .map_err(|mismatch| mismatch.inside("qualities").into_error(OPERATION, Effect::Read))?;
        let described = Described {
            protocol: wire.protocol,
            versions: wire.versions,
            name: wire.name,
            software: wire.software,
            time: wire.time,
            operations: wire.operations,
            capabilities,
        };
        let mut report = check::report(
            ctx,
            "punchgate-erp",
            VERSION,
            described,
            &self.needed_operations(),
        )
        .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
        if !scope_known {
            report.findings.push(CheckFinding {
                fatal: true,
                message: format!(
                    "the server has no scope '{}': set settings.scope to one that it lists",
                    self.scope
                ),
            });
        }
        if self.capabilities != Capabilities::default() {
            report
                .findings
                .extend(check::overstated(&self.capabilities, &report.capabilities));
        }
        Ok(report)
    }
}

#[async_trait]
impl Accounts for ErpHttp {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        const OPERATION: &str = "accounts";
        let request = FeedRequest {
            scope: &self.scope,
            cursor: cursor.map(Cursor::as_str),
            limit,
            kinds: None,
        };
        let answer: WirePage = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        let (page, left_out) =
            convert::accounts(answer).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
        ctx.leave_out(left_out);
        Ok(page)
    }

    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.by_keys(ctx, "account", external_ids, |answer, keys| {
            convert::found(answer, keys, convert::account)
        })
        .await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        const OPERATION: &str = "patch_account";
        if patch.is_empty() {
            return Err(ConnectorError::new(
                ErrorKind::Invalid,
                OPERATION,
                "the patch changes nothing",
            ));
        }
        let request = convert::patch_request(&self.scope, patch);
        let answer: WirePatchOutcome = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::patch_outcome(answer).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }
}

#[async_trait]
impl Exposures for ErpHttp {
    async fn exposure(
        &self,
        ctx: &Context,
        external_ids: &[String],
    ) -> ConnectorResult<Found<AccountExposure>> {
        self.by_keys(ctx, "exposure", external_ids, |answer, keys| {
            convert::found(answer, keys, convert::exposure)
        })
        .await
    }
}

#[async_trait]
impl Orders for ErpHttp {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        const OPERATION: &str = "submit_order";
        let request = Scoped {
            scope: &self.scope,
            request: WireSubmission::of(OPERATION, submission)?,
        };
        let answer = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::submit_outcome(answer, &submission.reference)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        const OPERATION: &str = "find_order";
        let request = Scoped {
            scope: &self.scope,
            request: WireOrderKey::from(key),
        };
        let answer: WireOrders = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        list(answer.orders, "orders", |order| order.placed_for(&key.reference))
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        const OPERATION: &str = "cancel_order";
        let request = Scoped {
            scope: &self.scope,
            request: CancelRequest {
                order_id,
                reference,
                reason,
            },
        };
        let answer: WireCancelOutcome = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::cancel_outcome(answer, reference)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }
}

#[async_trait]
impl Documents for ErpHttp {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        const OPERATION: &str = "documents";
        let request = FeedRequest {
            scope: &self.scope,
            cursor: cursor.map(Cursor::as_str),
            limit,
            kinds: (!kinds.is_empty()).then(|| kinds.iter().map(|kind| kind.as_str()).collect()),
        };
        let answer: WirePage = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        convert::page(answer, convert::document)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }
}
