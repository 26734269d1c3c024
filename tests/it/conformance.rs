//! The demo's shop and ERP do what their protocols ask for, as the suites see it.

use std::time::Duration;

use jiff::civil::date;
use punchgate_app::connectors::Connected;
use punchgate_connector::accounts::{ErpContact, ErpShipTo};
use punchgate_connector::conformance::{
    ErpFixture, OrderFixture, PeopleFixture, Report, StorefrontFixture, Verdict, run_erp, run_storefront,
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::Unit,
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    erp::CUSTOMER,
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
fn people() -> PeopleFixture<'static> {
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
        take_away: None,
    }
}

async fn connected(world: &World, id: &str) -> std::sync::Arc<Connected> {
    let source = &world.gateway.connectors;
    source
        .connector(&SupplierId::new(SUPPLIER_ID), &ConnectorId::new(id))
        .await
        .unwrap()
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
    let fixture = ErpFixture {
        run_id: "demo".to_owned(),
        context: &make,
        customer: CUSTOMER.to_owned(),
        held_customer: None,
        deleted_customer: None,
        order: order(),
        people: Some(people()),
        wrong_scope: None,
    };
    assert_conformant(&run_erp(erp.connector.as_ref(), &fixture).await);
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
        run_id: "demo".to_owned(),
        context: &make,
        customer: CUSTOMER.to_owned(),
        order: order(),
    };
    assert_conformant(&run_storefront(shop.connector.as_ref(), &fixture).await);
    world.finish().await;
}
