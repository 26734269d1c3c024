//! The suite's pages. Reads only; what a person changes goes through `punchout` and `ordering`.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::{
    Suite, SuiteConfig, asset,
    books::{Order, Requisition},
    buyer::{BUYERS, Buyer},
    views::{DocumentView, OrderView, RequisitionView},
};
use crate::server;

pub(super) fn routes() -> Router<Arc<Suite>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/buyers/acme") }))
        .route("/buyers/{buyer}", get(home))
        .route("/buyers/{buyer}/requisitions", get(requisitions))
        .route("/buyers/{buyer}/requisitions/{number}", get(requisition))
        .route("/buyers/{buyer}/requisitions/{number}/shop", get(frame_page))
        .route("/buyers/{buyer}/orders", get(orders))
        .route("/buyers/{buyer}/orders/{number}", get(order))
        .route("/buyers/{buyer}/documents", get(documents))
        .route("/assets/{name}", get(asset::get))
        .route(
            "/favicon.ico",
            get(|| async { Redirect::permanent("/assets/suite-mark.svg") }),
        )
}

/// What every page may load, and where its forms may lead: the gateway's start page is reached by a redirect.
pub(super) fn content_policy(config: &SuiteConfig) -> String {
    let (gateway, shop) = (&config.gateway_url, &config.shop_url);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {shop}; \
         connect-src 'self'; frame-src 'self' {gateway} {shop}; form-action 'self' {gateway}; \
         base-uri 'none'; frame-ancestors 'self'"
    )
}

/// Middleware: the response headers of every page.
pub(super) async fn protect(State(policy): State<Arc<str>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The demo has no login, but no other site's page may press its buttons either.
pub(super) async fn own_pages_only(request: Request, next: Next) -> Response {
    let changes = request.method() != http::Method::GET && request.method() != http::Method::HEAD;
    let foreign = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if changes && foreign {
        return (StatusCode::FORBIDDEN, "This form is for the suite's own pages.").into_response();
    }
    next.run(request).await
}

/// Back to a page with a sentence about the outcome.
pub(super) fn back_to(page: &str, said: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("said", said)
        .finish();
    Redirect::to(&format!("{page}?{query}")).into_response()
}

/// What every page shows around itself.
struct Shell {
    active: &'static str,
    buyer: &'static Buyer,
    buyers: &'static [Buyer; 3],
    shop_url: String,
    erp_url: String,
    said: Option<String>,
    revision: u64,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    said: Option<String>,
}

impl Suite {
    fn shell(&self, active: &'static str, buyer: &'static Buyer, said: Said) -> Shell {
        Shell {
            active,
            buyer,
            buyers: &BUYERS,
            shop_url: self.config.shop_url.clone(),
            erp_url: self.config.erp_url.clone(),
            said: said.said.filter(|said| !said.trim().is_empty()),
            revision: self.books().revision(),
        }
    }

    fn requisition_views(&self, buyer: &Buyer) -> Vec<RequisitionView> {
        let is_theirs = |it: &&Requisition| it.buyer.id == buyer.id;
        self.books()
            .requisitions
            .iter()
            .rev()
            .filter(is_theirs)
            .map(RequisitionView::from)
            .collect()
    }

    fn order_views(&self, buyer: &Buyer) -> Vec<OrderView> {
        let is_theirs = |it: &&Order| it.buyer.id == buyer.id;
        self.books()
            .orders
            .iter()
            .rev()
            .filter(is_theirs)
            .map(OrderView::from)
            .collect()
    }
}

#[derive(Template)]
#[template(path = "suite/home.html")]
struct Home {
    shell: Shell,
    endpoint: String,
    requisitions: Vec<RequisitionView>,
    orders: Vec<OrderView>,
}

async fn home(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let mut requisitions = suite.requisition_views(buyer);
    requisitions.retain(|it| it.order.is_none());
    requisitions.truncate(5);
    let mut orders = suite.order_views(buyer);
    orders.truncate(5);
    let endpoint = format!("{}/{}", suite.config.gateway_url, buyer.path);
    server::page(&Home {
        shell: suite.shell("home", buyer, said),
        endpoint,
        requisitions,
        orders,
    })
}

#[derive(Template)]
#[template(path = "suite/requisitions.html")]
struct Requisitions {
    shell: Shell,
    requisitions: Vec<RequisitionView>,
}

async fn requisitions(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let requisitions = suite.requisition_views(buyer);
    server::page(&Requisitions {
        shell: suite.shell("requisitions", buyer, said),
        requisitions,
    })
}

#[derive(Template)]
#[template(path = "suite/requisition.html")]
struct RequisitionPage {
    shell: Shell,
    it: RequisitionView,
}

async fn requisition(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let found = suite
        .books()
        .requisition(buyer, number)
        .map(RequisitionView::from);
    let Some(it) = found else {
        return missing(&suite, Some(buyer));
    };
    server::page(&RequisitionPage {
        shell: suite.shell("requisitions", buyer, said),
        it,
    })
}

#[derive(Template)]
#[template(path = "suite/shop.html")]
struct ShopFrame {
    shell: Shell,
    id: String,
    page: String,
    start_page: String,
}

/// The shop in a frame; once the cart is back there is nothing to show here any more.
async fn frame_page(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let page = format!("/buyers/{}/requisitions/{number}", buyer.id);
    let start_page = suite
        .books()
        .requisition(buyer, number)
        .and_then(|it| it.open_session()?.start_page.clone());
    match start_page {
        Some(start_page) => server::page(&ShopFrame {
            shell: suite.shell("requisitions", buyer, said),
            id: format!("R{number}"),
            page,
            start_page,
        }),
        None => Redirect::to(&page).into_response(),
    }
}

#[derive(Template)]
#[template(path = "suite/returned.html")]
struct Returned<'a> {
    page: &'a str,
}

/// What a frame shows after the cart came back: tells the page around it.
pub(super) fn returned(page: &str) -> Response {
    server::page(&Returned { page })
}

#[derive(Template)]
#[template(path = "suite/orders.html")]
struct Orders {
    shell: Shell,
    orders: Vec<OrderView>,
}

async fn orders(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let orders = suite.order_views(buyer);
    server::page(&Orders {
        shell: suite.shell("orders", buyer, said),
        orders,
    })
}

#[derive(Template)]
#[template(path = "suite/order.html")]
struct OrderPage {
    shell: Shell,
    it: OrderView,
}

async fn order(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let found = suite.books().order(buyer, number).map(OrderView::from);
    let Some(it) = found else {
        return missing(&suite, Some(buyer));
    };
    server::page(&OrderPage {
        shell: suite.shell("orders", buyer, said),
        it,
    })
}

#[derive(Template)]
#[template(path = "suite/documents.html")]
struct Documents {
    shell: Shell,
    documents: Vec<DocumentView>,
}

async fn documents(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Query(said): Query<Said>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return missing(&suite, None);
    };
    let documents = suite
        .books()
        .documents
        .iter()
        .filter(|it| it.buyer == buyer.id)
        .map(DocumentView::from)
        .collect();
    server::page(&Documents {
        shell: suite.shell("documents", buyer, said),
        documents,
    })
}

#[derive(Template)]
#[template(path = "suite/not_found.html")]
struct NotFound {
    shell: Shell,
}

/// 404 within the frame of a buyer.
pub(super) fn missing(suite: &Suite, buyer: Option<&'static Buyer>) -> Response {
    let shell = suite.shell("", buyer.unwrap_or(&BUYERS[0]), Said { said: None });
    (StatusCode::NOT_FOUND, server::page(&NotFound { shell })).into_response()
}

pub(super) async fn not_found(State(suite): State<Arc<Suite>>) -> Response {
    missing(&suite, None)
}
