//! The demo's shop and ERP do what their protocols ask for, as the suites see it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::date;
use punchgate_app::connectors::Connected;
use punchgate_connector::accounts::{ErpContact, ErpShipTo};
use punchgate_connector::conformance::{
    Booking, Browser, Clerk, ErpFixture, OrderFixture, PeopleFixture, Report, StorefrontFixture, Verdict,
    run_erp, run_storefront,
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::Unit,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{
    erp::{CUSTOMER, Erp},
    http,
    shop::Shop,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

fn order() -> OrderFixture {
    OrderFixture {
        // At the customer's contract price.
        part_id: "TL-1010".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse("159.00", Currency::parse("USD").unwrap()).unwrap(),
        date: date(2026, 3, 2),
        live: true,
    }
}

/// As the demo's ERP begins.
fn people() -> PeopleFixture {
    let contact = |id: &str, name: &str, email: &str, role: &str| ErpContact {
        id: id.to_owned(),
        name: name.to_owned(),
        email: Some(email.to_owned()),
        roles: vec![role.to_owned()],
        ..ErpContact::default()
    };
    let place = |id: &str, name: &str, city: &str| ErpShipTo {
        id: id.to_owned(),
        address: Address {
            name: name.to_owned(),
            city: city.to_owned(),
            ..Address::default()
        },
        ..ErpShipTo::default()
    };
    PeopleFixture {
        customer: CUSTOMER.to_owned(),
        contacts: vec![
            contact("P-11", "Bea Ortiz", "bea.ortiz@acme.example", "purchasing"),
            contact("P-12", "Leo Brandt", "ap@acme.example", "accounts_payable"),
            contact("P-13", "Leo Brandt", "leo.brandt@acme.example", "purchasing"),
            contact("P-14", "Zoë Łęcka", "dock2@acme.example", "receiving"),
        ],
        ship_tos: vec![
            place("S-11", "Plant 1, dock 2", "Dayton"),
            place("S-12", "North warehouse", "Toledo"),
        ],
    }
}

async fn connected(world: &World, id: &str) -> std::sync::Arc<Connected> {
    let source = &world.gateway.connectors;
    source
        .connector(&SupplierId::new(SUPPLIER_ID), &ConnectorId::new(id))
        .await
        .unwrap()
}

fn skipped(report: &Report) -> Vec<&'static str> {
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skipped);
    skipped.map(|case| case.case).collect()
}

/// A clerk at the pages of the demo's ERP.
#[async_trait]
impl Clerk for Erp {
    async fn books(&self, customer: &str, booking: &Booking) -> bool {
        match booking {
            Booking::Invoice(order) => {
                let orders = self.orders().await;
                let order = orders.iter().find(|known| known.id == order.order_id).unwrap();
                self.step(order, "ship").await;
                self.step(order, "invoice").await;
            }
            Booking::Payment(money) => self.pay(customer, &money.to_decimal().to_string()).await,
            Booking::CreditNote(_) => return false,
        }
        true
    }
}

/// The script of the shop's page.
#[async_trait]
impl Browser for Shop {
    async fn enters(&self, login_url: &str) -> bool {
        let (_, token) = login_url.split_once("#t=").unwrap();
        let asked = http().post(format!("{}/punchout/api/enter", self.url));
        let answer = asked.json(&json!({ "token": token })).send().await.unwrap();
        answer.status().is_success()
    }
}

fn assert_conformant(report: &Report) {
    assert!(report.is_conformant(), "{report}");
    assert!(report.count(Verdict::Passed) > 15, "{report}");
}

#[tokio::test]
async fn the_demo_s_erp_conforms() {
    let world = Supplier::with_buyer().tells_prices_and_stock().start().await;
    let erp = connected(&world, "erp").await;
    let make = |id: String| {
        let now = world.gateway.surroundings.now();
        erp.context(id, now, Duration::from_secs(20), CancellationToken::new())
    };
    let elsewhere = world.gateway.connectors.elsewhere(&erp, "NOWHERE").await;
    let elsewhere = elsewhere.unwrap();
    let fixture = ErpFixture {
        held_customer: Some("C-1003".to_owned()),
        second_customer: Some("C-1002".to_owned()),
        people: Some(people()),
        clerk: Some(&world.erp),
        wrong_scope: Some(elsewhere.as_ref()),
        ..ErpFixture::new("demo".to_owned(), &make, CUSTOMER.to_owned(), order())
    };
    let report = run_erp(erp.connector.as_ref(), &fixture).await;
    assert_conformant(&report);
    assert_eq!(
        skipped(&report),
        [
            "accounts-deleted",
            "accounts-inactive",
            "contact-taken-away",
            "accounts-committed-late",
            "exposure-credit-note",
            "order-over-limit",
        ],
        "{report}"
    );
    world.finish().await;
}

#[tokio::test]
async fn the_demo_s_shop_conforms() {
    let world = Supplier::with_buyer().start().await;
    let shop = connected(&world, "shop").await;
    let make = |id: String| {
        let now = world.gateway.surroundings.now();
        shop.context(id, now, Duration::from_secs(20), CancellationToken::new())
    };
    let fixture = StorefrontFixture {
        browser: Some(&world.shop),
        ..StorefrontFixture::new("demo".to_owned(), &make, CUSTOMER.to_owned(), order())
    };
    let report = run_storefront(shop.connector.as_ref(), &fixture).await;
    assert_conformant(&report);
    assert!(skipped(&report).is_empty(), "{report}");
    world.finish().await;
}
