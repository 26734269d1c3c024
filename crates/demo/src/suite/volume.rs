//! Much of what suites send: orders and setup requests that nobody has clicked together, and an address that takes whatever
//! the supplier sends back. For gateways that are filled to see how they bear it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode as HttpStatus, header};
use jiff::Timestamp;
use punchgate_domain::{
    cart::{Cart, CartLine, Classification},
    money::{Currency, StatedAmount},
    purchase_order::OrderOperation,
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::{decode::setup::SetupOperation, encode::StatusCode};
use rust_decimal::Decimal;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    books::Order,
    buyer::Buyer,
    write::{self, Setup, Stamp, WriteProblem},
};
use crate::{
    Clock, DemoError,
    products::{Catalogue, Product},
    server,
    shop::customer::seeds,
};

/// Most lines of an order.
const LINES_MOST: u64 = 5;

impl From<WriteProblem> for DemoError {
    fn from(problem: WriteProblem) -> Self {
        Self::Document(problem.to_string())
    }
}

/// An order as this buyer's suite writes it, at the buyer's contract prices. The number says which: what is in it, and its payloadID.
pub fn order(
    buyer: &'static Buyer,
    number: u64,
    at: Timestamp,
    catalogue: &Catalogue,
) -> Result<Vec<u8>, DemoError> {
    let currency = Currency::parse("USD").map_err(|error| DemoError::Products(error.to_string()))?;
    let products = catalogue.products();
    let contracts = seeds();
    let contract = contracts.iter().find(|contract| contract.name == buyer.name);
    let price = |product: &Product| contract.map_or(product.price, |contract| contract.price(product));
    let lines = (0..=number % LINES_MOST).filter_map(|line| {
        let count = u64::try_from(products.len()).ok().filter(|count| *count > 0)?;
        // Neighbours have little in common.
        let place = usize::try_from((number.wrapping_mul(7) + line * 3) % count).ok()?;
        let product = products.get(place)?;
        let unit_price = StatedAmount::from_decimal(price(product), currency);
        Some(cart_line(product, 1 + (number + line) % 12, unit_price))
    });
    let cart = Cart {
        currency,
        lines: lines.collect(),
        shipping: None,
        tax: None,
    };
    let order = Order {
        number,
        buyer,
        requisition: number,
        versions: Vec::new(),
        confirmations: Vec::new(),
    };
    let payload_id = format!("order.{number}@suite.northstar.example");
    let stamp = Stamp {
        payload_id: &payload_id,
        now: at,
    };
    Ok(write::order_request(&order, stamp, OrderOperation::New, &cart)?.bytes)
}

fn cart_line(product: &Product, quantity: u64, unit_price: StatedAmount) -> CartLine {
    CartLine {
        part_id: product.sku.clone(),
        auxiliary_id: None,
        quantity: Quantity::from_decimal(Decimal::from(quantity)),
        unit: Unit::new(&product.unit),
        unit_price,
        price_basis: None,
        description: product.name.clone(),
        short_name: None,
        language: "en".to_owned(),
        classifications: vec![Classification {
            domain: "UNSPSC".to_owned(),
            code: product.unspsc.clone(),
        }],
        manufacturer_part_id: Some(product.manufacturer_part.clone()),
        manufacturer_name: Some(product.manufacturer.clone()),
        lead_time_days: Some(product.lead_days),
        image_url: None,
        extrinsics: Vec::new(),
        charge: None,
    }
}

/// A request to shop, whose cart is to come back to this address.
pub fn setup(
    buyer: &'static Buyer,
    number: u64,
    at: Timestamp,
    return_url: &str,
) -> Result<Vec<u8>, DemoError> {
    let payload_id = format!("setup.{number}@suite.northstar.example");
    let stamp = Stamp {
        payload_id: &payload_id,
        now: at,
    };
    let cookie = buyer.cookie(&format!("{number:016x}"));
    let setup = Setup {
        operation: SetupOperation::Create,
        cookie: &cookie,
        return_url,
        lines: &[],
    };
    Ok(write::setup_request(buyer, stamp, buyer.secret, &setup)?)
}

#[derive(Debug)]
struct Taker {
    clock: Arc<dyn Clock>,
    taken: AtomicU64,
}

/// Answers whatever the supplier sends with Status 200, until the token is cancelled.
pub async fn serve_taker(
    listener: TcpListener,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) -> Result<(), DemoError> {
    let taker = Arc::new(Taker {
        clock,
        taken: AtomicU64::new(0),
    });
    let router = Router::new()
        .route("/buyers/{buyer}/cxml", post(take))
        .with_state(taker);
    server::serve(listener, router, shutdown).await
}

async fn take(State(taker): State<Arc<Taker>>) -> Response {
    let number = taker.taken.fetch_add(1, Ordering::Relaxed);
    let payload_id = format!("taken.{number}@suite.northstar.example");
    let stamp = Stamp {
        payload_id: &payload_id,
        now: taker.clock.now(),
    };
    match write::status_response(stamp, StatusCode::OK, "Taken.") {
        Ok(answer) => ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], answer).into_response(),
        Err(problem) => (HttpStatus::SERVICE_UNAVAILABLE, problem.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use punchgate_protocols::cxml::{Body, Limits, decode::decode};

    use super::*;
    use crate::suite::buyer::BUYERS;

    #[test]
    fn every_order_reads_and_is_another() {
        let catalogue = Catalogue::embedded().unwrap();
        let at = "2026-03-02T12:00:00Z".parse().unwrap();
        let (mut numbers, mut totals) = (BTreeSet::new(), BTreeSet::new());
        for number in 1..=60 {
            let buyer = &BUYERS[usize::try_from(number).unwrap() % BUYERS.len()];
            let bytes = order(buyer, number, at, &catalogue).unwrap();
            let document = decode(&bytes, None, &Limits::default()).unwrap();
            let Body::OrderRequest(order) = document.body else {
                panic!("{document:?}");
            };
            assert!((1..=5).contains(&order.lines.len()), "{number}");
            numbers.insert(order.order_number.clone());
            totals.insert(order.total.text().to_owned());
        }
        assert_eq!(numbers.len(), 60);
        assert!(totals.len() > 30, "{totals:?}");
    }

    #[test]
    fn requests_to_shop_read() {
        let at = "2026-03-02T12:00:00Z".parse().unwrap();
        for buyer in &BUYERS {
            let bytes = setup(buyer, 7, at, "https://suite.example/back").unwrap();
            let document = decode(&bytes, None, &Limits::default()).unwrap();
            assert!(
                matches!(document.body, Body::PunchOutSetupRequest(_)),
                "{}",
                buyer.id
            );
        }
    }
}
