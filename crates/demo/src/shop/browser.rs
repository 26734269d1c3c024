//! What the punchout storefront in the browser asks: JSON with a session-bound bearer, no cookie.
//!
//! The bearer lives in the page only. Nothing here changes the state of a session but its cart.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::{StatusCode, header, request::Parts};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Shop,
    customer::ShopCustomer,
    gateway::Standing,
    session::{Mode, Notice, Refusal, Session, State as CartState},
    token_hash,
};
use crate::{
    products::{Product, unit_name},
    server,
};

pub(super) fn routes(shop: Arc<Shop>) -> Router {
    let ancestors: Arc<str> = "'none'".into();
    Router::new()
        .route("/punchout/api/enter", post(enter))
        .route("/punchout/api/session", get(session))
        .route("/punchout/api/products", get(products))
        .route("/punchout/api/products/{sku}", get(product))
        .route("/punchout/api/cart", get(cart))
        .route("/punchout/api/cart/lines", post(add_line))
        .route("/punchout/api/cart/lines/{line}", put(set_line))
        .route("/punchout/api/standing", get(standing))
        .layer(axum::middleware::from_fn_with_state(ancestors, server::protect))
        .with_state(shop)
}

/// A refusal as JSON.
#[derive(Debug)]
struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(serde_json::json!({ "message": self.1 }))).into_response()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Ended => StatusCode::UNAUTHORIZED,
            Refusal::Closed | Refusal::ReadOnly | Refusal::Full => StatusCode::CONFLICT,
            Refusal::NoSuchLine => StatusCode::NOT_FOUND,
            Refusal::Quantity(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self(status, refusal.to_string())
    }
}

#[derive(Deserialize)]
struct Entry {
    token: String,
}

async fn enter(State(shop): State<Arc<Shop>>, Json(entry): Json<Entry>) -> Result<Response, Problem> {
    let bearer = shop.config.entropy.token().map_err(|error| {
        tracing::error!(%error, "no bearer could be made");
        Problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "The shop cannot sign you in just now. Try again.".into(),
        )
    })?;
    let now = shop.config.clock.now();
    let (login, hash) = (token_hash(&entry.token), token_hash(&bearer));
    let mut books = shop.books();
    let entered = books.sessions.values_mut().find_map(|session| {
        session
            .redeem(&login, hash, now)
            .then(|| session.opening.id.clone())
    });
    let id = entered.ok_or_else(|| {
        Problem(
            StatusCode::UNAUTHORIZED,
            "This sign-in link has been used or is more than five minutes old. \
             Start again from your procurement system; a cart you returned is safe there."
                .into(),
        )
    })?;
    Ok(Json(serde_json::json!({ "bearer": bearer, "session": id })).into_response())
}

/// The id of the session whose bearer the request carries.
struct Bearer(String);

impl FromRequestParts<Arc<Shop>> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Problem> {
        let hash = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(token_hash)
            .ok_or_else(|| Problem::from(Refusal::Ended))?;
        let now = shop.config.clock.now();
        shop.books()
            .sessions
            .values()
            .find(|session| {
                session.is_bearer(&hash) && matches!(session.state(now), CartState::Open | CartState::Locked)
            })
            .map(|session| Self(session.opening.id.clone()))
            .ok_or_else(|| Refusal::Ended.into())
    }
}

impl Shop {
    fn with_session<T>(
        &self,
        bearer: &Bearer,
        work: impl FnOnce(&mut Session, &ShopCustomer) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut books = self.books();
        let session = books.sessions.get_mut(&bearer.0).ok_or(Refusal::Ended)?;
        let customer = self.customer(&session.opening.customer).ok_or(Refusal::Ended)?;
        work(session, customer)
    }

    fn saleable(&self, sku: &str) -> Result<&Product, Problem> {
        self.catalogue
            .product(sku)
            .ok_or_else(|| Problem(StatusCode::NOT_FOUND, format!("We do not sell an item {sku}.")))
    }
}

#[derive(Serialize)]
struct SessionView {
    id: String,
    customer: String,
    user: String,
    mode: Mode,
    read_only: bool,
    closed: bool,
    notices: Vec<Notice>,
    expires_at: String,
    landing: Option<String>,
    return_url: String,
    cancel_url: String,
    categories: Vec<CategoryView>,
    cart_lines: usize,
}

#[derive(Serialize)]
struct CategoryView {
    id: String,
    name: String,
    tagline: String,
}

async fn session(State(shop): State<Arc<Shop>>, bearer: Bearer) -> Result<Json<SessionView>, Problem> {
    let categories = shop
        .catalogue
        .categories()
        .iter()
        .map(|category| CategoryView {
            id: category.id.clone(),
            name: category.name.clone(),
            tagline: category.tagline.clone(),
        })
        .collect();
    let now = shop.config.clock.now();
    shop.with_session(&bearer, |session, customer| {
        let opening = &session.opening;
        Ok(Json(SessionView {
            id: opening.id.clone(),
            customer: customer.name.clone(),
            user: opening.user_name.clone(),
            mode: opening.mode,
            read_only: is_read_only(session, now),
            closed: session.state(now) != CartState::Open,
            notices: opening.notices.clone(),
            expires_at: session.expires_at.to_string(),
            landing: opening.landing.clone(),
            return_url: opening.return_url.clone(),
            cancel_url: opening.cancel_url.clone(),
            categories,
            cart_lines: session.lines().len(),
        }))
    })
}

#[derive(Serialize)]
struct ProductView {
    sku: String,
    name: String,
    description: String,
    category: String,
    category_name: String,
    price: String,
    list_price: Option<String>,
    currency: &'static str,
    unit: String,
    unit_name: String,
    fractional: bool,
    pack: String,
    manufacturer: String,
    manufacturer_part: String,
    unspsc: String,
    lead_days: u32,
    stock: u32,
    picture: String,
}

fn product_view(shop: &Shop, customer: &ShopCustomer, product: &Product) -> ProductView {
    let price = customer.price(product);
    ProductView {
        sku: product.sku.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        category: product.category.clone(),
        category_name: shop.catalogue.category_name(&product.category).to_owned(),
        list_price: (price < product.price).then(|| product.price.to_string()),
        price: price.to_string(),
        currency: "USD",
        unit: product.unit.clone(),
        unit_name: unit_name(&product.unit).to_owned(),
        fractional: product.unit == "MTR",
        pack: product.pack.clone(),
        manufacturer: product.manufacturer.clone(),
        manufacturer_part: product.manufacturer_part.clone(),
        unspsc: product.unspsc.clone(),
        lead_days: product.lead_days,
        stock: product.stock,
        picture: format!("/pictures/{}.svg", product.sku),
    }
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    sort: String,
}

async fn products(
    State(shop): State<Arc<Shop>>,
    bearer: Bearer,
    Query(search): Query<Search>,
) -> Result<Json<Vec<ProductView>>, Problem> {
    shop.with_session(&bearer, |_, customer| {
        let mut found = shop.catalogue.find(&search.q, &search.category);
        match search.sort.as_str() {
            "price" => found.sort_by_key(|product| customer.price(product)),
            "price-desc" => found.sort_by_key(|product| std::cmp::Reverse(customer.price(product))),
            "name" => found.sort_by(|left, right| left.name.cmp(&right.name)),
            _ => {}
        }
        Ok(Json(
            found
                .into_iter()
                .map(|product| product_view(&shop, customer, product))
                .collect(),
        ))
    })
}

async fn product(
    State(shop): State<Arc<Shop>>,
    bearer: Bearer,
    Path(sku): Path<String>,
) -> Result<Json<ProductView>, Problem> {
    let product = shop.saleable(&sku)?;
    shop.with_session(&bearer, |_, customer| {
        Ok(Json(product_view(&shop, customer, product)))
    })
}

#[derive(Serialize)]
struct CartView {
    lines: Vec<LineView>,
    total: String,
    currency: &'static str,
    read_only: bool,
}

#[derive(Serialize)]
struct LineView {
    id: String,
    quantity: String,
    price: String,
    amount: String,
    product: Option<ProductView>,
    sku: String,
}

fn cart_view(shop: &Shop, session: &Session, customer: &ShopCustomer) -> CartView {
    let lines = session
        .lines()
        .iter()
        .map(|line| LineView {
            id: line.auxiliary_id.clone(),
            quantity: line.quantity.to_string(),
            price: line.unit_price.to_string(),
            amount: super::customer::cents(line.quantity * line.unit_price).to_string(),
            product: shop
                .catalogue
                .product(&line.sku)
                .map(|product| product_view(shop, customer, product)),
            sku: line.sku.clone(),
        })
        .collect();
    CartView {
        lines,
        total: super::customer::cents(session.total()).to_string(),
        currency: "USD",
        read_only: is_read_only(session, shop.config.clock.now()),
    }
}

fn is_read_only(session: &Session, now: Timestamp) -> bool {
    session.opening.mode == Mode::Inspect || session.state(now) != CartState::Open
}

async fn cart(State(shop): State<Arc<Shop>>, bearer: Bearer) -> Result<Json<CartView>, Problem> {
    shop.with_session(&bearer, |session, customer| {
        Ok(Json(cart_view(&shop, session, customer)))
    })
}

#[derive(Deserialize)]
struct NewLine {
    sku: String,
    quantity: String,
}

fn read_quantity(text: &str) -> Result<Decimal, Problem> {
    text.trim().parse().map_err(|_| {
        Problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("“{text}” is not a quantity."),
        )
    })
}

async fn add_line(
    State(shop): State<Arc<Shop>>,
    bearer: Bearer,
    Json(line): Json<NewLine>,
) -> Result<Json<CartView>, Problem> {
    let product = shop.saleable(&line.sku)?;
    let quantity = read_quantity(&line.quantity)?;
    let now = shop.config.clock.now();
    shop.with_session(&bearer, |session, customer| {
        session.add(
            &product.sku,
            quantity,
            &product.unit,
            customer.price(product),
            now,
        )?;
        Ok(Json(cart_view(&shop, session, customer)))
    })
}

#[derive(Deserialize)]
struct NewQuantity {
    quantity: String,
}

async fn set_line(
    State(shop): State<Arc<Shop>>,
    bearer: Bearer,
    Path(line): Path<String>,
    Json(change): Json<NewQuantity>,
) -> Result<Json<CartView>, Problem> {
    let quantity = read_quantity(&change.quantity)?;
    let now = shop.config.clock.now();
    shop.with_session(&bearer, |session, customer| {
        let sku = session
            .lines()
            .iter()
            .find(|known| known.auxiliary_id == line)
            .map(|known| known.sku.clone())
            .ok_or(Refusal::NoSuchLine)?;
        let unit = shop
            .catalogue
            .product(&sku)
            .map_or("EA", |product| product.unit.as_str());
        session.set_quantity(&line, quantity, unit, now)?;
        Ok(Json(cart_view(&shop, session, customer)))
    })
}

async fn standing(State(shop): State<Arc<Shop>>, bearer: Bearer) -> Result<Json<Standing>, Problem> {
    let (customer, amount) = shop.with_session(&bearer, |session, customer| {
        Ok((
            customer.id.clone(),
            super::customer::cents(session.total()).to_string(),
        ))
    })?;
    Ok(Json(shop.gateway.standing(&customer, &amount, "USD").await))
}
