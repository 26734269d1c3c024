//! The ERP protocol (`docs/protocols/erp.md`): its operations as capabilities, over any [`Peer`].
//!
//! `wire` and `convert` are pure; who carries the messages is the connector's: `erp-http` signed HTTP, `erp-stdio` the
//! lines of a program.

mod convert;
mod offers;
mod people;
mod settings;
mod wire;

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Mismatch, Peer, VERSION,
    check::{self, Described},
    order::{
        WireCancelOutcome, WireCancellation, WireChange, WireOrder, WireOrderKey, WireOrderNumber,
        WireSubmission,
    },
    values::list,
};
use crate::{
    Accounts, Capabilities, CheckReport, ConnectorError, ConnectorResult, Context, Cursor, Documents,
    ErrorKind, Exposures, Orders, Page, Spec,
    accounts::{Account, AccountPatch, PatchOutcome},
    connector::CheckFinding,
    context::LeftOut,
    documents::{DocumentKind, ErpDocument},
    error::Effect,
    exposure::AccountExposure,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome,
    },
    page::Found,
};
use wire::{
    Empty, FeedRequest, KeysRequest, Scoped, WireChangeOutcome, WireDescription, WireFound, WireOrders,
    WirePage, WirePatchOutcome,
};

pub use settings::ErpSettings;

/// The protocol's name for itself.
pub const PROTOCOL: &str = "punchgate-erp";

/// Capabilities and the operations that each needs.
const NEEDED: &[(&str, &[&str])] = &[
    (ACCOUNTS, &["accounts", "account"]),
    (EXPOSURE, &["exposure"]),
    (ORDERS, &["submit_order", "find_order"]),
    (DOCUMENTS, &["documents"]),
    (PRICES, &["prices"]),
    (STOCK, &["stock"]),
];

const ACCOUNTS: &str = "accounts";
const EXPOSURE: &str = "exposure";
const ORDERS: &str = "orders";
const DOCUMENTS: &str = "documents";
const PRICES: &str = "prices";
const STOCK: &str = "stock";

/// The operation that a server offers or does not; the quality `order_change` says so.
const CHANGE_ORDER: &str = "change_order";

/// The most keys in one request.
const KEYS: usize = 100;

/// An ERP that speaks the protocol.
#[derive(Debug)]
pub struct Erp<P> {
    settings: ErpSettings,
    capabilities: Capabilities,
    peer: P,
}

/// What a server says of itself when it is asked.
#[derive(Debug)]
pub struct Description {
    described: Described,
    scopes: Vec<String>,
}

impl Description {
    /// Reads an answer of `describe`.
    pub fn read(answer: Value) -> Result<Self, Mismatch> {
        let wire: WireDescription =
            serde_json::from_value(answer).map_err(|error| Mismatch::new("description", error))?;
        let mut capabilities =
            convert::capabilities(wire.qualities).map_err(|mismatch| mismatch.inside("qualities"))?;
        // What it offers counts, not what it says of itself.
        capabilities.order_change = wire.operations.iter().any(|offered| offered == CHANGE_ORDER);
        Ok(Self {
            scopes: wire.scopes.into_iter().map(|scope| scope.id).collect(),
            described: Described {
                protocol: wire.protocol,
                versions: wire.versions,
                name: wire.name,
                software: wire.software,
                time: wire.time,
                operations: wire.operations,
                capabilities,
            },
        })
    }

    /// Why it cannot be spoken to: another protocol, another version.
    pub fn refusal(&self) -> Option<String> {
        let Described {
            protocol, versions, ..
        } = &self.described;
        if protocol != PROTOCOL {
            return Some(format!("it speaks '{protocol}', not {PROTOCOL}"));
        }
        (!versions.contains(&VERSION))
            .then(|| format!("it does not speak version {VERSION}, only {versions:?}"))
    }
}

impl<P: Peer> Erp<P> {
    /// Of which the operator states what it can do and how well. Prices and stock, which a server need not have, are
    /// stated by name.
    pub fn stated(mut settings: ErpSettings, capabilities: Capabilities, peer: P) -> Self {
        settings.leave_out_what_is_optional();
        Self {
            settings,
            capabilities,
            peer,
        }
    }

    /// No more of a feed at once than the server gives.
    fn page(&self, limit: u32) -> u32 {
        limit.clamp(1, self.capabilities.page_size.max(1))
    }

    /// Which says itself what it can do and how well; the settings only leave some of it out.
    pub fn described(mut settings: ErpSettings, description: Description, peer: P) -> Self {
        let offers = |operation: &&str| {
            description
                .described
                .operations
                .iter()
                .any(|offered| offered == operation)
        };
        settings
            .offered
            .retain(|capability| needed(capability).iter().all(offers));
        Self {
            settings,
            capabilities: description.described.capabilities,
            peer,
        }
    }

    /// Who carries the messages.
    pub fn peer(&self) -> &P {
        &self.peer
    }

    /// What it can do, of this kind and under this id.
    pub fn spec<'a>(&'a self, kind: &'static str, id: &'a str) -> Spec<'a> {
        Spec {
            kind,
            id,
            capabilities: self.capabilities.clone(),
            accounts: self.offers(ACCOUNTS).then_some(self),
            exposure: self.offers(EXPOSURE).then_some(self),
            orders: self.offers(ORDERS).then_some(self),
            documents: self.offers(DOCUMENTS).then_some(self),
            prices: self.offers(PRICES).then_some(self),
            stock: self.offers(STOCK).then_some(self),
            ..Spec::default()
        }
    }

    /// Asks whether all is well.
    pub async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        const OPERATION: &str = "describe";
        let unusable = |mismatch: Mismatch| mismatch.into_error(OPERATION, Effect::Read);
        let answer: Value = self.peer.call(ctx, OPERATION, Effect::Read, &Empty {}).await?;
        let Description { described, scopes } = Description::read(answer).map_err(unusable)?;
        let needed: Vec<&'static str> = NEEDED
            .iter()
            .filter(|(capability, _)| self.offers(capability))
            .flat_map(|(_, operations)| operations.iter().copied())
            .collect();
        let mut report = check::report(ctx, PROTOCOL, VERSION, described, &needed).map_err(unusable)?;
        let scope = &self.settings.scope;
        if !scopes.is_empty() && !scopes.contains(scope) {
            report.findings.push(CheckFinding {
                fatal: true,
                message: format!(
                    "the server has no scope '{scope}': set settings.scope to one that it lists"
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

    fn offers(&self, capability: &str) -> bool {
        self.settings.offered.contains(&capability)
    }

    fn scope(&self) -> &str {
        &self.settings.scope
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
                scope: self.scope(),
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
}

/// The operations without which there is no such capability.
fn needed(capability: &str) -> &'static [&'static str] {
    NEEDED
        .iter()
        .find(|(name, _)| *name == capability)
        .map_or(&[], |(_, operations)| operations)
}

#[async_trait]
impl<P: Peer> Accounts for Erp<P> {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        const OPERATION: &str = "accounts";
        let request = FeedRequest {
            scope: self.scope(),
            cursor: cursor.map(Cursor::as_str),
            limit: self.page(limit),
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
        let request = convert::patch_request(self.scope(), patch);
        let answer: WirePatchOutcome = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::patch_outcome(answer).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }
}

#[async_trait]
impl<P: Peer> Exposures for Erp<P> {
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
impl<P: Peer> Orders for Erp<P> {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        const OPERATION: &str = "submit_order";
        let request = Scoped {
            scope: self.scope(),
            request: WireSubmission::of(OPERATION, submission)?,
        };
        let answer = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::submit_outcome(answer, &submission.reference)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        const OPERATION: &str = "find_order";
        let request = Scoped {
            scope: self.scope(),
            request: WireOrderKey::from(key),
        };
        let answer: WireOrders = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        list(answer.orders, "orders", |order| order.placed_for(&key.reference))
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn find_by_number(
        &self,
        ctx: &Context,
        customer: &str,
        purchase_order_number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        const OPERATION: &str = "find_order_by_number";
        let asked = WireOrderNumber {
            customer,
            purchase_order_number,
        };
        let request = Scoped {
            scope: self.scope(),
            request: &asked,
        };
        let answer: WireOrders = match self.peer.call(ctx, OPERATION, Effect::Read, &request).await {
            // Who serves the protocol need not offer it.
            Err(error) if error.kind == ErrorKind::Unsupported => return Ok(None),
            answer => answer?,
        };
        list(answer.orders, "orders", |order| order.placed_under(&asked))
            .map(Some)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn change(&self, ctx: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        let request = Scoped {
            scope: self.scope(),
            request: WireChange::of(CHANGE_ORDER, change)?,
        };
        let answer: WireChangeOutcome = self
            .peer
            .call(ctx, CHANGE_ORDER, Effect::Change, &request)
            .await?;
        convert::change_outcome(answer, change)
            .map_err(|mismatch| mismatch.into_error(CHANGE_ORDER, Effect::Change))
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
            scope: self.scope(),
            request: WireCancellation {
                order_id,
                reference,
                reason,
            },
        };
        let answer: WireCancelOutcome<WireOrder> =
            self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        answer
            .read(|order| order.placed_for(reference))
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }
}

#[async_trait]
impl<P: Peer> Documents for Erp<P> {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        const OPERATION: &str = "documents";
        let request = FeedRequest {
            scope: self.scope(),
            cursor: cursor.map(Cursor::as_str),
            limit: self.page(limit),
            kinds: (!kinds.is_empty()).then(|| kinds.iter().map(|kind| kind.as_str()).collect()),
        };
        let answer: WirePage = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        let (page, left_out) =
            convert::documents(answer).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
        ctx.leave_out(left_out);
        Ok(page)
    }
}
