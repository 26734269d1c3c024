//! What a storefront connector must do.

mod carts;
mod catalogue;
mod line;
mod logins;
mod orders;
mod sessions;

use async_trait::async_trait;
use jiff::SignedDuration;
use punchgate_domain::quantity::Quantity;

use super::{MakeContext, OrderFixture, Report};
use crate::{
    Carts, Connector, Sessions,
    carts::FillLine,
    conformance::report::Stop,
    sessions::{OpenedSession, SessionCustomer, SessionMode, SessionRequest},
};

/// What the suite may use of the system under test.
pub struct StorefrontFixture<'a> {
    /// Unique to this run, at most 24 characters of `A-Z a-z 0-9 -`: session keys and references are made from it.
    pub run_id: String,
    /// Makes contexts.
    pub context: &'a MakeContext<'a>,
    /// The shop's key of a customer that may shop and order.
    pub customer: String,
    /// What it can buy.
    pub order: OrderFixture,
    /// Who goes where a login leads; without, the suite asks for the address itself.
    pub browser: Option<&'a dyn Browser>,
}

/// A shopper's browser, as far as a login is concerned.
#[async_trait]
pub trait Browser: Send + Sync {
    /// Goes where the login leads; whether the shop lets it in.
    async fn enters(&self, login_url: &str) -> bool;
}

impl<'a> StorefrontFixture<'a> {
    /// With nobody who does anything there.
    pub fn new(run_id: String, context: &'a MakeContext<'a>, customer: String, order: OrderFixture) -> Self {
        Self {
            run_id,
            context,
            customer,
            order,
            browser: None,
        }
    }
}

impl std::fmt::Debug for StorefrontFixture<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorefrontFixture")
            .field("run_id", &self.run_id)
            .field("customer", &self.customer)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// Runs the suite. A failing check ends it: nothing else would say more.
pub async fn run_storefront(connector: &dyn Connector, fixture: &StorefrontFixture<'_>) -> Report {
    let mut report = Report::default();
    let Some(bench) = Bench::set_up(connector, &mut report, fixture, &fixture.run_id, fixture.context).await
    else {
        return report;
    };
    let spec = connector.spec();
    if let (Some(sessions), Some(carts)) = (spec.sessions, spec.carts) {
        let shop = Shop { sessions, carts };
        sessions::run(&mut report, &bench, &shop).await;
        logins::run(&mut report, &bench, &shop).await;
        carts::run(&mut report, &bench, &shop).await;
        line::carts(&mut report, &bench, &shop).await;
    }
    if let Some(system) = spec.catalogue {
        catalogue::run(&mut report, &bench, system).await;
    }
    if let Some(system) = spec.shop_orders {
        orders::run(&mut report, &bench, system).await;
        line::orders(&mut report, &bench, system).await;
    }
    report
}

/// Sessions and their carts.
struct Shop<'a> {
    sessions: &'a dyn Sessions,
    carts: &'a dyn Carts,
}

/// What every case uses.
type Bench<'a> = super::bench::Bench<'a, StorefrontFixture<'a>>;

impl Bench<'_> {
    /// A session of the customer.
    fn request(&self, mode: SessionMode, items: Vec<FillLine>) -> SessionRequest {
        let now = self.context().now();
        SessionRequest {
            session: self.unique("session"),
            mode,
            customer: SessionCustomer {
                external_id: self.fixture.customer.clone(),
                code: None,
                name: None,
            },
            contact: None,
            currency: Some(self.fixture.order.unit_price.currency()),
            language: Some("en".to_owned()),
            items,
            selected_item: None,
            ship_to: None,
            notices: Vec::new(),
            return_url: "https://gateway.example/punchout/return/conformance".to_owned(),
            cancel_url: "https://gateway.example/punchout/cancel/conformance".to_owned(),
            expires_at: now.checked_add(SignedDuration::from_mins(30)).unwrap_or(now),
        }
    }

    /// An open session with an empty cart.
    async fn open(&self, shop: &Shop<'_>) -> Result<OpenedSession, Stop> {
        let request = self.request(SessionMode::Create, Vec::new());
        Ok(shop.sessions.open(&self.context(), &request).await?)
    }

    /// So many of the fixture's part.
    fn line(&self, line: u32, quantity: u32) -> FillLine {
        FillLine {
            line,
            part_id: self.fixture.order.part_id.clone(),
            auxiliary_id: Some(format!("aux:{line}/ä")),
            quantity: Quantity::from_decimal(quantity.into()),
            unit: Some(self.fixture.order.unit.clone()),
            unit_price: None,
        }
    }
}
