//! The calls.

use async_trait::async_trait;
use jiff::SignedDuration;
use punchgate_connector::{
    Capabilities, Carts, Catalogue, CheckReport, Connector, ConnectorError, ConnectorResult, Context,
    EgressRules, ErrorKind, Sessions, ShopOrders, Spec,
    carts::{CartMove, FillLine, FilledCart, ShopCart},
    catalogue::{FoundItems, Item, ItemQuery, SearchQuery},
    connector::CheckFinding,
    error::Effect,
    orders::{CancelOutcome, OrderKey, OrderSubmission, SubmitOutcome},
    published::values::{instant, list},
    sessions::{OpenedSession, SessionRequest},
    shop_orders::ShopOrder,
};

use crate::{
    config::{CATALOGUE, KIND, ORDERS, SESSIONS},
    convert::{carts, items, orders},
    graphql::{AdminApi, Call},
    wire,
};

/// The series that this connector was verified with.
const SERIES: &str = "3.7.";
/// Further apart, and the end of sessions and logins is not what we think.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A shop.
#[derive(Debug)]
pub(crate) struct Vendure {
    pub(crate) id: String,
    pub(crate) offered: Vec<&'static str>,
    pub(crate) api: AdminApi,
}

fn reads(operation: &'static str, document: &'static str, field: &'static str) -> Call<'static> {
    Call {
        operation,
        effect: Effect::Read,
        document,
        field,
    }
}

fn changes(operation: &'static str, document: &'static str, field: &'static str) -> Call<'static> {
    Call {
        effect: Effect::Change,
        ..reads(operation, document, field)
    }
}

impl Vendure {
    fn offers(&self, capability: &str) -> bool {
        self.offered.contains(&capability)
    }

    /// The plugin does the same in every shop.
    fn capabilities() -> Capabilities {
        Capabilities {
            order_ref_unique: true,
            order_cancel: true,
            enforces_holds: true,
            edit: true,
            inspect: true,
            parallel_sessions: true,
            keeps_auxiliary_ids: true,
            line_price_override: false,
            page_size: items::PAGE_SIZE,
            ..Capabilities::default()
        }
    }
}

/// What an operator should look at.
fn findings(wire: &wire::Description, skew: SignedDuration) -> Vec<CheckFinding> {
    let fatal = |message: String| CheckFinding { fatal: true, message };
    let note = |message: String| CheckFinding {
        fatal: false,
        message,
    };
    let mut findings: Vec<CheckFinding> = wire.problems.iter().cloned().map(fatal).collect();
    if wire.contract != wire::CONTRACT {
        findings.push(fatal(format!(
            "the plugin speaks version {} of its contract, this connector version {}: install the plugin that came \
             with this gateway",
            wire.contract,
            wire::CONTRACT
        )));
    }
    if wire.page_size < items::PAGE_SIZE {
        findings.push(fatal(format!(
            "the plugin's pages hold {} items only",
            wire.page_size
        )));
    }
    if !wire.vendure.starts_with(SERIES) {
        findings.push(note(format!(
            "this connector was verified with Vendure {SERIES}x, this is {}",
            wire.vendure
        )));
    }
    if skew.abs() > SKEW {
        findings.push(note(format!(
            "the clocks are {} seconds apart: set both by time servers",
            skew.as_secs()
        )));
    }
    findings
}

#[async_trait]
impl Connector for Vendure {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: Self::capabilities(),
            sessions: self.offers(SESSIONS).then_some(self),
            carts: self.offers(SESSIONS).then_some(self),
            catalogue: self.offers(CATALOGUE).then_some(self),
            shop_orders: self.offers(ORDERS).then_some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.api.endpoint.rules.clone()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        let call = reads("check", wire::DESCRIBE, "punchoutDescription");
        let wire: wire::Description = self.api.ask(ctx, call, &wire::Nothing {}).await?;
        let time = instant(&wire.time, "time").map_err(|mismatch| call.mismatch(mismatch))?;
        let clock_skew = time.duration_since(ctx.now());
        Ok(CheckReport {
            name: format!("Vendure shop, selling in {}", wire.currency),
            software: Some(format!("Vendure {}", wire.vendure)),
            capabilities: Self::capabilities(),
            clock_skew,
            findings: findings(&wire, clock_skew),
        })
    }
}

#[async_trait]
impl Sessions for Vendure {
    async fn open(&self, ctx: &Context, request: &SessionRequest) -> ConnectorResult<OpenedSession> {
        let call = changes("open_session", wire::OPEN, "openPunchoutSession");
        let input = carts::open_input(request);
        let wire = self.api.ask(ctx, call, &wire::Input { input }).await?;
        carts::opened(wire, ctx.now()).map_err(|mismatch| call.mismatch(mismatch))
    }
}

#[async_trait]
impl Carts for Vendure {
    async fn read(&self, ctx: &Context, storefront_session: &str) -> ConnectorResult<ShopCart> {
        let call = reads("read_cart", wire::READ, "punchoutCart");
        let input = wire::ById {
            id: storefront_session,
        };
        let wire = self.api.ask(ctx, call, &input).await?;
        let filled = carts::filled(wire, storefront_session);
        filled
            .map(|filled| filled.cart)
            .map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn fill(
        &self,
        ctx: &Context,
        storefront_session: &str,
        lines: &[FillLine],
    ) -> ConnectorResult<FilledCart> {
        let call = changes("fill_cart", wire::FILL, "fillPunchoutCart");
        let input = wire::FillInput {
            id: storefront_session,
            lines: lines.iter().map(carts::fill_line).collect(),
        };
        let wire = self.api.ask(ctx, call, &input).await?;
        carts::filled(wire, storefront_session).map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn close(
        &self,
        ctx: &Context,
        storefront_session: &str,
        to: CartMove,
    ) -> ConnectorResult<ShopCart> {
        let call = changes("close_cart", wire::MOVE, "movePunchoutCart");
        let input = wire::MoveInput {
            id: storefront_session,
            to: to.target().as_str(),
        };
        let wire = self.api.ask(ctx, call, &input).await?;
        let filled = carts::filled(wire, storefront_session);
        filled
            .map(|filled| filled.cart)
            .map_err(|mismatch| call.mismatch(mismatch))
    }
}

#[async_trait]
impl Catalogue for Vendure {
    async fn item(&self, ctx: &Context, query: &ItemQuery) -> ConnectorResult<Option<Item>> {
        let call = reads("item", wire::ITEM, "punchoutItem");
        let wire: Option<wire::Item> = self.api.ask(ctx, call, &items::item_input(query)).await?;
        wire.map(items::item)
            .transpose()
            .map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn search(&self, ctx: &Context, query: &SearchQuery) -> ConnectorResult<FoundItems> {
        let call = reads("search", wire::SEARCH, "punchoutItems");
        let wire = self.api.ask(ctx, call, &items::search_input(query)).await?;
        items::found(wire).map_err(|mismatch| call.mismatch(mismatch))
    }
}

#[async_trait]
impl ShopOrders for Vendure {
    async fn place(
        &self,
        ctx: &Context,
        submission: &OrderSubmission,
    ) -> ConnectorResult<SubmitOutcome<ShopOrder>> {
        let call = changes("place_order", wire::PLACE, "placePunchoutOrder");
        let input = match orders::order_input(submission) {
            Ok(input) => input,
            Err(refusal) => return Ok(SubmitOutcome::Rejected(refusal)),
        };
        let wire = self.api.ask(ctx, call, &wire::Input { input }).await?;
        orders::outcome(wire, &submission.reference).map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<ShopOrder>> {
        let call = reads("find_order", wire::FIND, "punchoutOrders");
        let input = wire::ByReference {
            reference: &key.reference,
        };
        let wire: Vec<wire::Order> = self.api.ask(ctx, call, &input).await?;
        list(wire, "orders", |order| orders::order_of(order, &key.reference))
            .map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn status(&self, ctx: &Context, order_id: &str) -> ConnectorResult<Option<ShopOrder>> {
        let call = reads("order_status", wire::STATUS, "punchoutOrder");
        let wire: Option<wire::Order> = self.api.ask(ctx, call, &wire::ById { id: order_id }).await?;
        wire.map(orders::order)
            .transpose()
            .map_err(|mismatch| call.mismatch(mismatch))
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        let call = changes("cancel_order", wire::CANCEL, "cancelPunchoutOrder");
        let input = wire::CancelInput { reference, reason };
        let wire = self.api.ask(ctx, call, &input).await?;
        let outcome =
            orders::cancelled(wire, (order_id, reference)).map_err(|mismatch| call.mismatch(mismatch))?;
        outcome.ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::NotFound,
                call.operation,
                format!("the shop has no order '{reference}'"),
            )
        })
    }
}
