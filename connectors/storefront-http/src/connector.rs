//! The calls.

use async_trait::async_trait;
use punchgate_connector::{
    Capabilities, Carts, Catalogue, CheckReport, Connector, ConnectorResult, Context, Cursor, EgressRules,
    ErrorKind, Sessions, ShopOrders, Spec,
    carts::{CartMove, FillLine, FilledCart, ShopCart},
    catalogue::{FoundItems, Item, ItemQuery, SearchQuery},
    error::Effect,
    orders::{CancelOutcome, OrderKey, OrderSubmission, SubmitOutcome},
    published::{
        SignedJson, VERSION,
        check::{self, Described},
        order::{WireCancelOutcome, WireCancellation, WireOrderKey, WireSubmission},
        values::{WireDecimal, list},
    },
    sessions::{OpenedSession, SessionRequest},
    shop_orders::ShopOrder,
};
use serde::Serialize;

use crate::{
    config::{CATALOGUE, KIND, ORDERS, SESSIONS},
    convert,
    wire::{
        CartRequest, CloseRequest, Empty, FillRequest, ItemRequest, SearchRequest, StatusRequest,
        WireCartAnswer, WireDescription, WireItemAnswer, WireItems, WireOpened, WireOrderAnswer, WireOrders,
        WireShopOrder,
    },
};

/// The operation that a shop offers or does not; the quality `order_cancel` says so.
const CANCEL_ORDER: &str = "cancel_order";

/// A shop behind the published protocol.
#[derive(Debug)]
pub(crate) struct StorefrontHttp {
    pub(crate) id: String,
    pub(crate) offered: Vec<&'static str>,
    pub(crate) capabilities: Capabilities,
    pub(crate) peer: SignedJson,
}

impl StorefrontHttp {
    fn offers(&self, capability: &str) -> bool {
        self.offered.contains(&capability)
    }

    async fn cart<Q: Serialize + Sync>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        storefront_session: &str,
        request: &Q,
    ) -> ConnectorResult<FilledCart> {
        let answer: WireCartAnswer = self.peer.call(ctx, operation, effect, request).await?;
        convert::filled(answer, storefront_session).map_err(|mismatch| mismatch.into_error(operation, effect))
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
        of(
            SESSIONS,
            &["open_session", "read_cart", "fill_cart", "close_cart"],
        )
        .chain(of(CATALOGUE, &["item", "search"]))
        .chain(of(ORDERS, &["place_order", "find_order", "order_status"]))
        .chain(self.capabilities.order_cancel.then_some(CANCEL_ORDER))
        .collect()
    }
}

/// What does not exist is an answer where the caller may not know whether it does.
fn none_if_not_found<T>(result: ConnectorResult<T>) -> ConnectorResult<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Connector for StorefrontHttp {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: self.capabilities.clone(),
            sessions: self.offers(SESSIONS).then_some(self),
            carts: self.offers(SESSIONS).then_some(self),
            catalogue: self.offers(CATALOGUE).then_some(self),
            shop_orders: self.offers(ORDERS).then_some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.peer.connection().rules.clone()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        const OPERATION: &str = "describe";
        let wire: WireDescription = self.peer.call(ctx, OPERATION, Effect::Read, &Empty {}).await?;
        let described = Described {
            capabilities: convert::capabilities(&wire.qualities),
            protocol: wire.protocol,
            versions: wire.versions,
            name: wire.name,
            software: wire.software,
            time: wire.time,
            operations: wire.operations,
        };
        let mut report = check::report(
            ctx,
            "punchgate-storefront",
            VERSION,
            described,
            &self.needed_operations(),
        )
        .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
        if self.capabilities != Capabilities::default() {
            let overstated = check::overstated(&self.capabilities, &report.capabilities);
            report.findings.extend(overstated);
        }
        Ok(report)
    }
}

#[async_trait]
impl Sessions for StorefrontHttp {
    async fn open(&self, ctx: &Context, request: &SessionRequest) -> ConnectorResult<OpenedSession> {
        const OPERATION: &str = "open_session";
        let wire = convert::open_request(request);
        let answer: WireOpened = self.peer.call(ctx, OPERATION, Effect::Change, &wire).await?;
        convert::opened(answer, ctx.now()).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }
}

#[async_trait]
impl Carts for StorefrontHttp {
    async fn read(&self, ctx: &Context, storefront_session: &str) -> ConnectorResult<ShopCart> {
        let request = CartRequest { storefront_session };
        self.cart(ctx, "read_cart", Effect::Read, storefront_session, &request)
            .await
            .map(|filled| filled.cart)
    }

    async fn fill(
        &self,
        ctx: &Context,
        storefront_session: &str,
        lines: &[FillLine],
    ) -> ConnectorResult<FilledCart> {
        let request = FillRequest {
            storefront_session,
            lines: lines.iter().map(convert::fill_line).collect(),
        };
        self.cart(ctx, "fill_cart", Effect::Change, storefront_session, &request)
            .await
    }

    async fn close(
        &self,
        ctx: &Context,
        storefront_session: &str,
        to: CartMove,
    ) -> ConnectorResult<ShopCart> {
        let request = CloseRequest {
            storefront_session,
            state: to.target().as_str(),
        };
        self.cart(ctx, "close_cart", Effect::Change, storefront_session, &request)
            .await
            .map(|filled| filled.cart)
    }
}

#[async_trait]
impl Catalogue for StorefrontHttp {
    async fn item(&self, ctx: &Context, query: &ItemQuery) -> ConnectorResult<Option<Item>> {
        const OPERATION: &str = "item";
        let request = ItemRequest {
            part_id: &query.part_id,
            customer: query.customer.as_deref(),
            quantity: query.quantity.as_ref().map(WireDecimal::from),
            currency: query.currency.map(|currency| currency.to_string()),
        };
        let answer: ConnectorResult<WireItemAnswer> =
            self.peer.call(ctx, OPERATION, Effect::Read, &request).await;
        none_if_not_found(answer)?
            .map(|answer| convert::item(answer.item))
            .transpose()
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn search(&self, ctx: &Context, query: &SearchQuery) -> ConnectorResult<FoundItems> {
        const OPERATION: &str = "search";
        let request = SearchRequest {
            query: &query.text,
            customer: query.customer.as_deref(),
            cursor: query.cursor.as_ref().map(Cursor::as_str),
            limit: query.limit,
        };
        let answer: WireItems = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        convert::found_items(answer).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }
}

#[async_trait]
impl ShopOrders for StorefrontHttp {
    async fn place(
        &self,
        ctx: &Context,
        submission: &OrderSubmission,
    ) -> ConnectorResult<SubmitOutcome<ShopOrder>> {
        const OPERATION: &str = "place_order";
        let request = WireSubmission::of(OPERATION, submission)?;
        let answer = self.peer.call(ctx, OPERATION, Effect::Change, &request).await?;
        convert::place_outcome(answer, &submission.reference)
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<ShopOrder>> {
        const OPERATION: &str = "find_order";
        let request = WireOrderKey::from(key);
        let answer: WireOrders = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
        list(answer.orders, "orders", |order| {
            convert::shop_order_for(order, &key.reference)
        })
        .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn status(&self, ctx: &Context, order_id: &str) -> ConnectorResult<Option<ShopOrder>> {
        const OPERATION: &str = "order_status";
        let answer: ConnectorResult<WireOrderAnswer> = self
            .peer
            .call(ctx, OPERATION, Effect::Read, &StatusRequest { order_id })
            .await;
        none_if_not_found(answer)?
            .map(|answer| convert::shop_order(answer.order))
            .transpose()
            .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        let request = WireCancellation {
            order_id,
            reference,
            reason,
        };
        let answer: WireCancelOutcome<WireShopOrder> = self
            .peer
            .call(ctx, CANCEL_ORDER, Effect::Change, &request)
            .await?;
        answer
            .read(|order| convert::shop_order_for(order, reference).map(|shop| shop.order))
            .map_err(|mismatch| mismatch.into_error(CANCEL_ORDER, Effect::Change))
    }
}
