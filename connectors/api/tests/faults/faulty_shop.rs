//! The shop's connector, right or with one fault.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
use punchgate_connector::{
    Carts, Catalogue, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Sessions, ShopOrders,
    Spec,
    carts::{CartMove, FillLine, FilledCart, ShopCart},
    catalogue::{FoundItems, Item, ItemQuery, SearchQuery},
    conformance::Browser,
    connector::CheckReport,
    egress::EgressRules,
    error::Effect,
    orders::{CancelOutcome, OrderKey, OrderSubmission, SubmitOutcome},
    sessions::{OpenedSession, SessionRequest},
    shop_orders::{PaymentState, ShopOrder},
};
use punchgate_domain::money::StatedAmount;

use super::{
    ledger::usd,
    line,
    stock::{Stock, capabilities},
};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    AddsInsteadOfReplacing,
    AnswersAnotherSession,
    CallsACutTemporary,
    CancelsOnlyOnce,
    ChangesWhatIsClosed,
    CountsTermsAsPaid,
    DoublesOrders,
    ForgetsSearchBeforeCreate,
    HasOneCartForAll,
    KeepsOlderLogins,
    LetsALoginInTwice,
    LosesLineKeys,
    LosesTheSearchCursor,
    OpensWithoutLines,
    OpensForAnybody,
    PaysLater,
    ReadsByPrefix,
    RepeatsTheLogin,
    RoundsTotals,
    SaysThatItIsCancelled,
    SwallowsARefusedLine,
    SwallowsAnOrderRefusal,
    TakesAPageForAnEmptyCart,
    TellsGrossPrices,
    TruncatesPages,
}

#[derive(Debug)]
pub(super) struct FaultyShop {
    stock: Stock,
    fault: Option<Fault>,
    /// The first session, for faults that answer it again.
    first: Mutex<Option<String>>,
}

impl FaultyShop {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self {
            stock: Stock::default(),
            fault,
            first: Mutex::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn seen(&self, mut cart: ShopCart) -> ShopCart {
        for line in &mut cart.cart.lines {
            if self.has(Fault::TellsGrossPrices) {
                line.unit_price = gross();
            }
            if self.has(Fault::LosesLineKeys) {
                line.auxiliary_id = None;
            }
        }
        cart
    }
}

impl FaultyShop {
    /// An order as it is told later.
    fn told(&self, mut order: ShopOrder) -> ShopOrder {
        if self.has(Fault::PaysLater) {
            order.payment = PaymentState::Paid;
        }
        if self.has(Fault::RoundsTotals) {
            let total = order.order.total.as_ref().unwrap();
            order.order.total = Some(StatedAmount::from_decimal(
                total.value().round_dp(0),
                total.currency(),
            ));
        }
        order
    }
}

#[async_trait]
impl Browser for FaultyShop {
    async fn enters(&self, login_url: &str) -> bool {
        let (twice, older) = (
            self.has(Fault::LetsALoginInTwice),
            self.has(Fault::KeepsOlderLogins),
        );
        self.stock.redeem(login_url, twice, older) || self.has(Fault::RepeatsTheLogin)
    }
}

fn gross() -> StatedAmount {
    StatedAmount::parse("14.76", usd()).unwrap()
}

#[async_trait]
impl Connector for FaultyShop {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: "stock",
            id: "stock",
            capabilities: capabilities(),
            sessions: Some(self),
            carts: Some(self),
            catalogue: Some(self),
            shop_orders: Some(self),
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        Ok(CheckReport {
            name: "stock".to_owned(),
            software: None,
            capabilities: capabilities(),
            clock_skew: SignedDuration::ZERO,
            findings: Vec::new(),
        })
    }
}

#[async_trait]
impl Sessions for FaultyShop {
    async fn open(&self, _: &Context, request: &SessionRequest) -> ConnectorResult<OpenedSession> {
        let mut request = request.clone();
        if self.has(Fault::OpensWithoutLines) {
            request.items.clear();
        }
        if self.has(Fault::OpensForAnybody) {
            super::ledger::CUSTOMER.clone_into(&mut request.customer.external_id);
        }
        let mut opened = self.stock.open(&request)?;
        if self.has(Fault::RepeatsTheLogin) {
            opened.login_url = format!("https://shop.example/login/{}", request.session);
        }
        let mut first = self.first.lock().unwrap();
        let first = first.get_or_insert(opened.storefront_session.clone());
        if self.has(Fault::HasOneCartForAll) {
            opened.storefront_session.clone_from(first);
        }
        Ok(opened)
    }
}

impl FaultyShop {
    fn cart(&self, session: &str) -> ConnectorResult<ShopCart> {
        let first = self.first.lock().unwrap().clone();
        let session = first
            .filter(|_| self.has(Fault::AnswersAnotherSession))
            .unwrap_or_else(|| session.to_owned());
        if self.has(Fault::ReadsByPrefix)
            && let Some(cart) = self.stock.begun_by(&session)
        {
            return Ok(self.seen(cart));
        }
        Ok(self.seen(self.stock.read(&session)?))
    }

    /// An order that has arrived.
    fn taken(&self, what: &OrderSubmission) -> ConnectorResult<SubmitOutcome<ShopOrder>> {
        let outcome = self.stock.place(what, self.has(Fault::ForgetsSearchBeforeCreate));
        Ok(match outcome {
            SubmitOutcome::Created(_) if self.has(Fault::DoublesOrders) => self.stock.place(what, true),
            SubmitOutcome::Created(order) if self.has(Fault::CountsTermsAsPaid) => {
                SubmitOutcome::Created(ShopOrder {
                    payment: PaymentState::Paid,
                    ..order
                })
            }
            SubmitOutcome::Rejected(_) if self.has(Fault::SwallowsAnOrderRefusal) => {
                let mut known = what.clone();
                super::ledger::CUSTOMER.clone_into(&mut known.customer);
                self.stock.place(&known, false)
            }
            outcome => outcome,
        })
    }
}

#[async_trait]
impl Carts for FaultyShop {
    async fn read(&self, ctx: &Context, session: &str) -> ConnectorResult<ShopCart> {
        let read = line::over(ctx, "cart", Effect::Read, || self.cart(session)).await;
        match read {
            Err(error) if error.kind == ErrorKind::Schema && self.has(Fault::TakesAPageForAnEmptyCart) => {
                let mut cart = self.cart(session)?;
                cart.cart.lines.clear();
                Ok(cart)
            }
            read => read,
        }
    }

    async fn fill(&self, _: &Context, session: &str, lines: &[FillLine]) -> ConnectorResult<FilledCart> {
        let mut lines = lines.to_vec();
        if self.has(Fault::AddsInsteadOfReplacing) {
            let there = self.stock.read(session)?.cart.lines;
            lines.extend(there.into_iter().map(|line| FillLine {
                line: 99,
                part_id: line.part_id,
                auxiliary_id: line.auxiliary_id,
                quantity: line.quantity,
                unit: Some(line.unit),
                unit_price: None,
            }));
        }
        let mut filled = self
            .stock
            .fill(session, &lines, self.has(Fault::ChangesWhatIsClosed))?;
        if self.has(Fault::SwallowsARefusedLine) {
            filled.refused.clear();
        }
        filled.cart = self.seen(filled.cart);
        Ok(filled)
    }

    async fn close(&self, _: &Context, session: &str, to: CartMove) -> ConnectorResult<ShopCart> {
        Ok(self.seen(self.stock.close(session, to)?))
    }
}

#[async_trait]
impl Catalogue for FaultyShop {
    async fn item(&self, _: &Context, query: &ItemQuery) -> ConnectorResult<Option<Item>> {
        let item = self.stock.item(&query.part_id);
        Ok(item.map(|item| match self.has(Fault::TellsGrossPrices) {
            true => Item {
                unit_price: gross(),
                ..item
            },
            false => item,
        }))
    }

    async fn search(&self, _: &Context, query: &SearchQuery) -> ConnectorResult<FoundItems> {
        let mut query = query.clone();
        if self.has(Fault::LosesTheSearchCursor) {
            query.cursor = None;
        }
        let mut found = self.stock.search(&query);
        if self.has(Fault::TruncatesPages) {
            found.next_cursor = None;
            found.items.retain(|item| item.part_id != "GLV-100");
        }
        Ok(found)
    }
}

#[async_trait]
impl ShopOrders for FaultyShop {
    async fn place(
        &self,
        ctx: &Context,
        what: &OrderSubmission,
    ) -> ConnectorResult<SubmitOutcome<ShopOrder>> {
        let outcome = line::over(ctx, "place", Effect::Change, || self.taken(what)).await;
        outcome.map_err(|mut error| {
            if error.kind == ErrorKind::Unknown && self.has(Fault::CallsACutTemporary) {
                error.kind = ErrorKind::Temporary;
            }
            error
        })
    }

    async fn find(&self, _: &Context, key: &OrderKey) -> ConnectorResult<Vec<ShopOrder>> {
        let found = self.stock.orders(|order| order.order.reference == key.reference);
        Ok(found.into_iter().map(|order| self.told(order)).collect())
    }

    async fn status(&self, _: &Context, order_id: &str) -> ConnectorResult<Option<ShopOrder>> {
        let found = self.stock.orders(|order| order.order.order_id == order_id);
        Ok(found.into_iter().next().map(|order| self.told(order)))
    }

    async fn cancel(&self, _: &Context, order_id: &str, _: &str, _: &str) -> ConnectorResult<CancelOutcome> {
        let before = self.stock.orders(|order| order.order.order_id == order_id).pop();
        if let Some(before) = before.filter(|_| self.has(Fault::CancelsOnlyOnce))
            && !before.order.state.is_live()
        {
            return Ok(CancelOutcome::Refused {
                code: "cancelled".to_owned(),
                message: "it is cancelled already".to_owned(),
                order: before.order,
            });
        }
        let said = self
            .stock
            .cancel(order_id, self.has(Fault::SaysThatItIsCancelled));
        let said = said.ok_or_else(|| ConnectorError::new(ErrorKind::NotFound, "cancel", "no such order"))?;
        Ok(CancelOutcome::Cancelled(said.order))
    }
}
