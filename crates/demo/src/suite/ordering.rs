//! Purchase orders: send, send the same once more, change, withdraw.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form, Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use punchgate_domain::{cart::Cart, purchase_order::OrderOperation, quantity::Quantity};

use super::{Suite, books::Sending, buyer::Buyer, check, pages, write};
use crate::DemoError;

pub(super) fn routes() -> Router<Arc<Suite>> {
    Router::new()
        .route("/buyers/{buyer}/requisitions/{number}/submit", post(submit))
        .route("/buyers/{buyer}/orders/{number}/resend", post(resend))
        .route("/buyers/{buyer}/orders/{number}/change", post(change))
        .route("/buyers/{buyer}/orders/{number}/cancel", post(cancel))
}

async fn submit(State(suite): State<Arc<Suite>>, Path((buyer, number)): Path<(String, u64)>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let page = format!("/buyers/{}/requisitions/{number}", buyer.id);
    let opened = {
        let mut books = suite.books();
        let requisition = books.requisition(buyer, number);
        if requisition.is_some_and(|it| it.order.is_some()) {
            Err("This requisition has become an order already.")
        } else {
            match requisition.and_then(|it| it.cart.clone()) {
                Some(cart) => Ok(books.open_order(buyer, number).map(|order| (order, cart))),
                None => Err("There is nothing to order yet. Shop first."),
            }
        }
    };
    match opened {
        Err(said) => pages::back_to(&page, said),
        Ok(None) => pages::missing(&suite, Some(buyer)),
        Ok(Some((order, cart))) => suite.send_version(buyer, order, OrderOperation::New, cart).await,
    }
}

async fn resend(State(suite): State<Arc<Suite>>, Path((buyer, number)): Path<(String, u64)>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    if let Err(error) = suite.send_latest(buyer, number).await {
        return pages::back_to(&order_page(buyer, number), &error.to_string());
    }
    Redirect::to(&order_page(buyer, number)).into_response()
}

async fn change(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
    Form(quantities): Form<BTreeMap<String, String>>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let Some(cart) = suite.current_cart(buyer, number) else {
        return pages::missing(&suite, Some(buyer));
    };
    match changed(cart, &quantities) {
        Ok(cart) => {
            suite
                .send_version(buyer, number, OrderOperation::Update, cart)
                .await
        }
        Err(said) => pages::back_to(&order_page(buyer, number), &said),
    }
}

async fn cancel(State(suite): State<Arc<Suite>>, Path((buyer, number)): Path<(String, u64)>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    match suite.current_cart(buyer, number) {
        Some(cart) => {
            suite
                .send_version(buyer, number, OrderOperation::Delete, cart)
                .await
        }
        None => pages::missing(&suite, Some(buyer)),
    }
}

fn order_page(buyer: &Buyer, number: u64) -> String {
    format!("/buyers/{}/orders/{number}", buyer.id)
}

/// The cart with the quantities of the form (`quantity-1` …), line by line.
fn changed(mut cart: Cart, quantities: &BTreeMap<String, String>) -> Result<Cart, String> {
    let mut differs = false;
    for (number, line) in (1..).zip(&mut cart.lines) {
        let Some(text) = quantities.get(&format!("quantity-{number}")) else {
            continue;
        };
        let quantity = Quantity::parse(text)
            .ok()
            .filter(|quantity| quantity.value().is_sign_positive() && !quantity.value().is_zero())
            .ok_or_else(|| format!("Line {number}: “{text}” is not a quantity above zero."))?;
        differs |= quantity != line.quantity;
        line.quantity = quantity;
    }
    match differs {
        true => Ok(cart),
        false => Err("No quantity differs, so no change was sent.".to_owned()),
    }
}

impl Suite {
    fn current_cart(&self, buyer: &Buyer, number: u64) -> Option<Cart> {
        Some(self.books().order(buyer, number)?.latest()?.cart.clone())
    }

    async fn send_version(
        &self,
        buyer: &'static Buyer,
        number: u64,
        operation: OrderOperation,
        cart: Cart,
    ) -> Response {
        let page = order_page(buyer, number);
        let written = self.write_version(buyer, number, operation, &cart);
        let sent = match written {
            Ok(()) => self.send_latest(buyer, number).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Redirect::to(&page).into_response(),
            Err(error) => pages::back_to(&page, &error.to_string()),
        }
    }

    fn write_version(
        &self,
        buyer: &'static Buyer,
        number: u64,
        operation: OrderOperation,
        cart: &Cart,
    ) -> Result<(), DemoError> {
        let payload_id = self.payload_id()?;
        let mut books = self.books();
        let Some(order) = books.order_mut(buyer, number) else {
            return Ok(());
        };
        let withdrawn = order
            .latest()
            .is_some_and(|it| it.operation == OrderOperation::Delete);
        if withdrawn {
            return Err(DemoError::Document(
                "the order is withdrawn; nothing can follow".to_owned(),
            ));
        }
        let stamp = write::Stamp {
            payload_id: &payload_id,
            now: self.now(),
        };
        let version = write::order_request(order, stamp, operation, cart)
            .map_err(|error| DemoError::Document(error.to_string()))?;
        order.versions.push(version);
        Ok(())
    }

    /// Sends the latest version's bytes, for the first time or again.
    async fn send_latest(&self, buyer: &'static Buyer, number: u64) -> Result<(), DemoError> {
        let latest = {
            let books = self.books();
            books
                .order(buyer, number)
                .and_then(|order| order.latest())
                .map(|version| (version.payload_id.clone(), version.bytes.clone()))
        };
        let Some((payload_id, bytes)) = latest else {
            return Err(DemoError::Document("there is no such order".to_owned()));
        };
        let at = self.now();
        let read = check::reply(self.link.post(buyer.path, &bytes).await);
        self.archive_out(buyer, "OrderRequest", &payload_id, &bytes, &read);
        let mut books = self.books();
        let version = books
            .order_mut(buyer, number)
            .and_then(|order| order.versions.iter_mut().find(|it| it.payload_id == payload_id));
        if let Some(version) = version {
            let sending = Sending {
                at,
                answer: Some(read.answer),
                deviations: read.deviations,
            };
            version.sendings.push(sending);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use punchgate_domain::{
        cart::CartLine,
        money::{Currency, StatedAmount},
        quantity::Unit,
    };

    use super::*;

    fn cart() -> Cart {
        let currency = Currency::parse("USD").unwrap();
        let line = CartLine {
            part_id: "P".into(),
            auxiliary_id: None,
            quantity: Quantity::parse("2").unwrap(),
            unit: Unit::new("EA"),
            unit_price: StatedAmount::parse("1.5", currency).unwrap(),
            price_basis: None,
            description: "d".into(),
            short_name: None,
            language: "en".into(),
            classifications: Vec::new(),
            manufacturer_part_id: None,
            manufacturer_name: None,
            lead_time_days: None,
            image_url: None,
            extrinsics: Vec::new(),
            charge: None,
        };
        Cart {
            currency,
            lines: vec![line.clone(), line],
            shipping: None,
            tax: None,
        }
    }

    #[test]
    fn only_real_changes_are_sent() {
        for (form, expected) in [
            (vec![("quantity-1", "3")], Ok(["3", "2"])),
            (vec![("quantity-2", "2.5"), ("quantity-9", "x")], Ok(["2", "2.5"])),
            (vec![("quantity-1", "2.0")], Err("No quantity differs")),
            (vec![], Err("No quantity differs")),
            (vec![("quantity-1", "0")], Err("Line 1: “0”")),
            (vec![("quantity-2", "-1")], Err("Line 2: “-1”")),
            (vec![("quantity-2", "many")], Err("Line 2: “many”")),
        ] {
            let form = form
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            let seen = changed(cart(), &form).map(|cart| {
                cart.lines
                    .iter()
                    .map(|line| line.quantity.to_string())
                    .collect::<Vec<_>>()
            });
            match (seen, expected) {
                (Ok(seen), Ok(expected)) => assert_eq!(seen, expected),
                (Err(seen), Err(expected)) => assert!(seen.starts_with(expected), "{seen}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
