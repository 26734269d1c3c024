//! The storefront protocol, version 1, as `docs/protocols/storefront.md` publishes it.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::Response,
    routing::post,
};
use http::HeaderMap;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shop, ShopCustomer, cart_document, order,
    session::{Line, Mode, Notice, Opening, Session, State as CartState, checked_quantity},
    token_hash,
};
use crate::{
    envelope::{Answer, Kind, Problem, fields, instant},
    server::{self, Observer},
    wire_log::Peer,
};

/// Where the protocol is served, below the shop's address.
const PROTOCOL_PATH: &str = "/punchgate";
const PAGE_SIZE: usize = 100;
const OPERATIONS: &[&str] = &[
    "describe",
    "open_session",
    "read_cart",
    "fill_cart",
    "close_cart",
    "item",
    "search",
    "place_order",
    "find_order",
    "order_status",
    "cancel_order",
];
const CHANGING: &[&str] = &[
    "open_session",
    "fill_cart",
    "close_cart",
    "place_order",
    "cancel_order",
];

pub(super) fn routes(shop: Arc<Shop>) -> Router {
    let observer = Observer {
        log: shop.config.wire.clone(),
        clock: shop.config.clock.clone(),
        from: Peer::Gateway,
        to: Peer::Shop,
    };
    Router::new()
        .route(&format!("{PROTOCOL_PATH}/{{operation}}"), post(answer))
        .layer(axum::middleware::from_fn_with_state(observer, server::observe))
        .with_state(shop)
}

async fn answer(
    State(shop): State<Arc<Shop>>,
    Path(operation): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let changes = CHANGING.contains(&operation.as_str());
    let answer = shop
        .endpoint
        .open(&operation, changes, &headers, &body)
        .and_then(|request| shop.answer(&operation, request));
    shop.endpoint.seal(&headers, answer)
}

impl Shop {
    fn answer(&self, operation: &str, request: Value) -> Answer {
        match operation {
            "describe" => Ok(self.describe()),
            "open_session" => self.open_session(fields(request)?),
            "read_cart" => self.read_cart(&fields(request)?),
            "fill_cart" => self.fill_cart(fields(request)?),
            "close_cart" => self.close_cart(&fields(request)?),
            "item" => self.item(&fields(request)?),
            "search" => self.search(&fields(request)?),
            "place_order" => order::place(self, request),
            "find_order" => order::find(self, request),
            "order_status" => order::status(self, request),
            "cancel_order" => order::cancel(self, request),
            other => Err(Problem::new(
                Kind::Unsupported,
                "operation",
                format!("this shop does not offer {other}"),
            )),
        }
    }

    fn describe(&self) -> Value {
        json!({
            "protocol": "punchgate-storefront", "versions": [1], "name": "Ironquay Industrial Supply",
            "software": concat!("Punchgate demo shop ", env!("CARGO_PKG_VERSION")),
            "time": instant(self.config.clock.now()), "operations": OPERATIONS,
            "qualities": {
                "edit": true, "inspect": true, "parallel_sessions": true, "keeps_auxiliary_ids": true,
                "line_price_override": false, "order_reference_unique": true,
                "order_cancel": true, "confirms_quantities": true, "page_size": PAGE_SIZE
            }
        })
    }

    fn open_session(&self, request: OpenSession) -> Answer {
        let customer = self.customer(&request.customer.external_id).ok_or_else(|| {
            let detail = format!("There is no customer {}.", request.customer.external_id);
            Problem::new(Kind::NotFound, "unknown_customer", detail)
        })?;
        let now = self.config.clock.now();
        let no_randomness = |_| Problem::new(Kind::Temporary, "entropy", "no login can be made just now");
        let token = self.config.entropy.token().map_err(no_randomness)?;
        let id = self.config.entropy.short_id().map_err(no_randomness)?;
        let mut books = self.books();
        if let Some(known) = books
            .sessions
            .values_mut()
            .find(|session| session.opening.gateway_key == request.session)
        {
            match known.state(now) {
                CartState::Open | CartState::Locked => known.renew_login(token_hash(&token), now),
                CartState::Returned | CartState::Cancelled | CartState::Expired => {
                    return Err(Problem::new(
                        Kind::Conflict,
                        "session_closed",
                        "This session has ended.",
                    ));
                }
            }
            return Ok(self.login(known, &token, &[]));
        }
        let (taken, refused) = self.take(request.items.as_deref().unwrap_or_default(), customer)?;
        let mut session = Session::open(request.opening(id.clone(), token_hash(&token), now));
        session.fill(taken);
        let answer = self.login(&session, &token, &refused);
        books.sessions.insert(id, session);
        Ok(answer)
    }

    fn login(&self, session: &Session, token: &str, refused: &[Value]) -> Value {
        json!({
            "storefront_session": session.opening.id,
            "login_url": format!("{}/punchout#t={token}", self.config.public_url),
            "login_expires_at": instant(session.login_until()), "refused": refused
        })
    }

    fn read_cart(&self, request: &OfSession) -> Answer {
        let mut books = self.books();
        let session = session_of(&mut books, &request.storefront_session)?;
        Ok(json!({ "cart": cart_document::cart(self, session, self.config.clock.now()) }))
    }

    fn fill_cart(&self, request: FillCart) -> Answer {
        let now = self.config.clock.now();
        let mut books = self.books();
        let session = session_of(&mut books, &request.storefront_session)?;
        let state = session.state(now);
        if state != CartState::Open {
            return Err(cart_conflict(state));
        }
        if session.opening.mode == Mode::Inspect {
            return Err(Problem::new(
                Kind::Conflict,
                "inspect",
                "An inspected cart is not filled again.",
            ));
        }
        let customer = self.customer(&session.opening.customer).ok_or_else(|| {
            Problem::new(
                Kind::NotFound,
                "unknown_customer",
                "The session's customer is gone.",
            )
        })?;
        let (taken, refused) = self.take(&request.lines, customer)?;
        session.fill(taken);
        Ok(json!({ "cart": cart_document::cart(self, session, now), "refused": refused }))
    }

    fn close_cart(&self, request: &CloseCart) -> Answer {
        let now = self.config.clock.now();
        let mut books = self.books();
        let session = session_of(&mut books, &request.storefront_session)?;
        if request.state == CartState::Expired {
            return Err(Problem::invalid(
                "state",
                "is one of locked, open, returned, cancelled",
            ));
        }
        session.close(request.state, now).map_err(cart_conflict)?;
        Ok(json!({ "cart": cart_document::cart(self, session, now) }))
    }

    /// Sorts fill lines into those that can be taken, at the customer's price, and refusals.
    fn take(&self, lines: &[FillLine], customer: &ShopCustomer) -> Result<(Vec<Taken>, Vec<Value>), Problem> {
        let mut numbers = BTreeSet::new();
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for line in lines {
            if !numbers.insert(line.line) {
                return Err(Problem::invalid("line", format!("{} is there twice", line.line)));
            }
            match self.take_one(line, customer) {
                Ok(one) => taken.push(one),
                Err((code, message)) => {
                    refused.push(json!({ "line": line.line, "code": code, "message": message }));
                }
            }
        }
        Ok((taken, refused))
    }

    fn take_one(&self, line: &FillLine, customer: &ShopCustomer) -> Result<Taken, (&'static str, String)> {
        let product = self
            .catalogue
            .product(&line.part_id)
            .ok_or_else(|| ("unknown_part", format!("We do not sell {}.", line.part_id)))?;
        if line.unit.as_ref().is_some_and(|unit| *unit != product.unit) {
            return Err(("unit", format!("{} is sold by {}.", product.sku, product.unit)));
        }
        let quantity = checked_quantity(line.quantity, &product.unit)
            .map_err(|refusal| ("quantity", refusal.to_string()))?;
        let taken = Line {
            auxiliary_id: String::new(),
            sku: product.sku.clone(),
            quantity,
            unit_price: customer.price(product),
        };
        Ok((line.auxiliary_id.clone().filter(|key| !key.is_empty()), taken))
    }

    fn item(&self, request: &ItemOf) -> Answer {
        let customer = self.named_customer(request.customer.as_deref())?;
        self.catalogue
            .product(&request.part_id)
            .map(|product| json!({ "item": cart_document::item(self, product, customer) }))
            .ok_or_else(|| {
                let detail = format!("We do not sell {}.", request.part_id);
                Problem::new(Kind::NotFound, "unknown_part", detail)
            })
    }

    fn search(&self, request: &Search) -> Answer {
        let customer = self.named_customer(request.customer.as_deref())?;
        let from = match request.cursor.as_deref() {
            None | Some("") => 0,
            Some(cursor) => cursor
                .parse::<usize>()
                .map_err(|_| Problem::new(Kind::Conflict, "cursor_expired", "This cursor is not ours."))?,
        };
        let limit = request.limit.unwrap_or(20).clamp(1, PAGE_SIZE);
        let found = self.catalogue.find(&request.query, "");
        let items: Vec<Value> = found
            .iter()
            .skip(from)
            .take(limit)
            .map(|product| cart_document::item(self, product, customer))
            .collect();
        let next = from + items.len();
        let more = next < found.len();
        Ok(json!({ "items": items, "next_cursor": more.then(|| next.to_string()), "more": more }))
    }

    fn named_customer(&self, id: Option<&str>) -> Result<Option<&ShopCustomer>, Problem> {
        id.map(|id| {
            self.customer(id).ok_or_else(|| {
                Problem::new(
                    Kind::NotFound,
                    "unknown_customer",
                    format!("There is no customer {id}."),
                )
            })
        })
        .transpose()
    }
}

/// A line that is taken, with the key it brings.
type Taken = (Option<String>, Line);

fn session_of<'a>(books: &'a mut super::Books, id: &str) -> Result<&'a mut Session, Problem> {
    books.sessions.get_mut(id).ok_or_else(|| {
        Problem::new(
            Kind::NotFound,
            "unknown_session",
            format!("There is no session {id}."),
        )
    })
}

fn cart_conflict(state: CartState) -> Problem {
    let name = match state {
        CartState::Open => "open",
        CartState::Locked => "locked",
        CartState::Returned => "returned",
        CartState::Cancelled => "cancelled",
        CartState::Expired => "expired",
    };
    Problem::new(
        Kind::Conflict,
        format!("cart_{name}"),
        format!("The cart is {name}."),
    )
}

#[derive(Deserialize)]
struct OpenSession {
    session: String,
    mode: Mode,
    customer: CustomerRef,
    #[serde(default)]
    contact: Option<Contact>,
    #[serde(default)]
    items: Option<Vec<FillLine>>,
    #[serde(default)]
    selected_item: Option<SelectedItem>,
    #[serde(default)]
    notices: Option<Vec<Notice>>,
    return_url: String,
    cancel_url: String,
    expires_at: Timestamp,
}

impl OpenSession {
    fn opening(self, id: String, login: super::session::TokenHash, at: Timestamp) -> Opening {
        Opening {
            id,
            gateway_key: self.session,
            customer: self.customer.external_id,
            user_name: self
                .contact
                .map_or_else(|| "Guest".to_owned(), |contact| contact.name),
            mode: self.mode,
            return_url: self.return_url,
            cancel_url: self.cancel_url,
            landing: self.selected_item.map(|item| item.part_id),
            notices: self.notices.unwrap_or_default(),
            login,
            at,
            expires_at: self.expires_at,
        }
    }
}

#[derive(Deserialize)]
struct CustomerRef {
    external_id: String,
}

#[derive(Deserialize)]
struct Contact {
    name: String,
}

#[derive(Deserialize)]
struct SelectedItem {
    part_id: String,
}

#[derive(Deserialize)]
struct FillLine {
    line: i64,
    part_id: String,
    #[serde(default)]
    auxiliary_id: Option<String>,
    #[serde(deserialize_with = "crate::purchase::decimal")]
    quantity: Decimal,
    #[serde(default)]
    unit: Option<String>,
}

#[derive(Deserialize)]
struct OfSession {
    storefront_session: String,
}

#[derive(Deserialize)]
struct FillCart {
    storefront_session: String,
    lines: Vec<FillLine>,
}

#[derive(Deserialize)]
struct CloseCart {
    storefront_session: String,
    state: CartState,
}

#[derive(Deserialize)]
struct ItemOf {
    part_id: String,
    #[serde(default)]
    customer: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    query: String,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}
