//! The shop's pages: the public shelves at list prices, and the empty shell of the punchout storefront.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{Shop, picture};
use crate::{
    assets,
    products::{Category, Product},
    server,
};

pub(super) fn routes(shop: Arc<Shop>) -> Router {
    let ancestors: Arc<str> = if shop.config.embed_origins.is_empty() {
        "'self'".into()
    } else {
        format!("'self' {}", shop.config.embed_origins.join(" ")).into()
    };
    Router::new()
        .route("/", get(home))
        .route("/products", get(shelves))
        .route("/products/{sku}", get(product))
        .route("/punchout", get(punchout))
        .route("/pictures/{file}", get(product_picture))
        .route("/assets/{name}", get(assets::get_asset))
        .route(
            "/favicon.ico",
            get(|| async { Redirect::permanent("/assets/shop-mark.svg") }),
        )
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(ancestors, server::protect))
        .with_state(shop)
}

/// A shelf on the home page.
struct Shelf<'a> {
    category: &'a Category,
    count: usize,
    sample: &'a Product,
}

#[derive(Template)]
#[template(path = "shop/home.html")]
struct Home<'a> {
    query: &'a str,
    shelves: Vec<Shelf<'a>>,
    featured: Vec<&'a Product>,
    product_count: usize,
}

const FEATURED: &[&str] = &[
    "TL-1010", "SF-3010", "LB-4020", "EL-5010", "FS-2010", "TL-1160", "LB-4070", "OF-6020",
];

async fn home(State(shop): State<Arc<Shop>>) -> Response {
    let catalogue = &shop.catalogue;
    let shelves = catalogue
        .categories()
        .iter()
        .filter_map(|category| {
            let found = catalogue.find("", &category.id);
            let sample = found.get(found.len() / 3).copied()?;
            Some(Shelf {
                category,
                count: found.len(),
                sample,
            })
        })
        .collect();
    server::page(&Home {
        query: "",
        shelves,
        featured: FEATURED.iter().filter_map(|sku| catalogue.product(sku)).collect(),
        product_count: catalogue.products().len(),
    })
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
}

#[derive(Template)]
#[template(path = "shop/shelves.html")]
struct Shelves<'a> {
    query: &'a str,
    chosen: &'a str,
    title: &'a str,
    categories: &'a [Category],
    products: Vec<&'a Product>,
}

async fn shelves(State(shop): State<Arc<Shop>>, Query(search): Query<Search>) -> Response {
    let products = shop.catalogue.find(&search.q, &search.category);
    let title = if search.category.is_empty() {
        "All products"
    } else {
        shop.catalogue.category_name(&search.category)
    };
    server::page(&Shelves {
        query: &search.q,
        chosen: &search.category,
        title,
        categories: shop.catalogue.categories(),
        products,
    })
}

#[derive(Template)]
#[template(path = "shop/product.html")]
struct ProductPage<'a> {
    query: &'a str,
    product: &'a Product,
    category_name: &'a str,
    related: Vec<&'a Product>,
}

async fn product(State(shop): State<Arc<Shop>>, Path(sku): Path<String>) -> Response {
    let Some(product) = shop.catalogue.product(&sku) else {
        return not_found().await;
    };
    let related = shop
        .catalogue
        .find("", &product.category)
        .into_iter()
        .filter(|other| other.sku != product.sku)
        .take(4)
        .collect();
    server::page(&ProductPage {
        query: "",
        product,
        category_name: shop.catalogue.category_name(&product.category),
        related,
    })
}

#[derive(Template)]
#[template(path = "shop/punchout.html")]
struct Punchout;

/// The shell only: a prefetch of it redeems nothing, the page's own POST does.
async fn punchout() -> Response {
    server::page(&Punchout)
}

#[derive(Template)]
#[template(path = "shop/not_found.html")]
struct NotFound<'a> {
    query: &'a str,
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, server::page(&NotFound { query: "" })).into_response()
}

async fn product_picture(
    State(shop): State<Arc<Shop>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let svg = file
        .strip_suffix(".svg")
        .and_then(|sku| shop.catalogue.product(sku))
        .and_then(|product| picture::draw(&product.picture, &product.name));
    match svg {
        Some(svg) => {
            let mut response = assets::cached("image/svg+xml", svg, &headers);
            // The pictures travel: the suite shows them beside the lines of a requisition.
            response.headers_mut().insert(
                header::HeaderName::from_static("cross-origin-resource-policy"),
                header::HeaderValue::from_static("cross-origin"),
            );
            response
        }
        None => (StatusCode::NOT_FOUND, "There is no such picture.").into_response(),
    }
}
