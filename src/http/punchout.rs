//! `/punchout/…`: the shopper's browser. Start, return, cancel, and back into the shop.
//!
//! **Invariant:** only POST changes anything, and no prefetch does. No cookie, ever: the address is the bearer.

mod assets;
mod page;

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Path, State as Handed, rejection::FormRejection},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
    routing,
};
use punchgate_app::punchout::{Answer, Redeemed, Refusal};
use serde::Deserialize;

use super::State;
use page::{Missing, Pages};

/// A form of these pages is a few dozen bytes.
const FORM_BYTES: usize = 4096;

/// What the pages' forms send; an absent field is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    nonce: String,
    accept: String,
}

/// The addresses below `/punchout`.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/start/{link}", routing::get(start_page).post(start))
        .route("/return/{link}", routing::get(return_page).post(give_back))
        .route("/cancel/{link}", routing::get(cancel_page).post(cancel))
        .route("/resume/{link}", routing::post(resume))
        .route("/assets/{name}", routing::get(assets::get))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

async fn start_page(Handed(gateway): Handed<State>) -> Response {
    Pages::of(&gateway).start()
}

async fn start(
    Handed(gateway): Handed<State>,
    Path(link): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let pages = Pages::of(&gateway);
    if is_prefetch(&headers) {
        return pages.start();
    }
    let redeemed = gateway.punchout.redeem(&link, &sent(form).nonce).await;
    enter(&pages, &link, redeemed)
}

async fn return_page(Handed(gateway): Handed<State>) -> Response {
    Pages::of(&gateway).returning()
}

async fn give_back(
    Handed(gateway): Handed<State>,
    Path(link): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let pages = Pages::of(&gateway);
    if is_prefetch(&headers) {
        return pages.returning();
    }
    let answer = gateway.punchout.give_back(&link, &sent(form).accept).await;
    respond(&pages, &link, answer)
}

async fn cancel_page(Handed(gateway): Handed<State>) -> Response {
    Pages::of(&gateway).cancelling()
}

async fn cancel(Handed(gateway): Handed<State>, Path(link): Path<String>, headers: HeaderMap) -> Response {
    let pages = Pages::of(&gateway);
    if is_prefetch(&headers) {
        return pages.cancelling();
    }
    let answer = gateway.punchout.cancel(&link).await;
    respond(&pages, &link, answer)
}

async fn resume(Handed(gateway): Handed<State>, Path(link): Path<String>) -> Response {
    let redeemed = gateway.punchout.resume(&link).await;
    enter(&Pages::of(&gateway), &link, redeemed)
}

fn enter(pages: &Pages, link: &str, redeemed: Result<Redeemed, Refusal>) -> Response {
    match redeemed {
        Ok(redeemed) if redeemed.missing.is_empty() => {
            pages.guarded(Redirect::to(&redeemed.login_url).into_response())
        }
        Ok(redeemed) => pages.missing(Missing::of(redeemed)),
        Err(refusal) => pages.refused(link, refusal),
    }
}

fn respond(pages: &Pages, link: &str, answer: Result<Answer, Refusal>) -> Response {
    match answer {
        Ok(Answer::Post(post)) => pages.post(*post),
        Ok(Answer::Ask(question)) => pages.ask(link, *question),
        Ok(Answer::Closed(closing)) => pages.closed(closing),
        Err(refusal) => pages.refused(link, refusal),
    }
}

/// A body that is no form says nothing; what follows from that is the use case's.
fn sent(form: Result<Form<Sent>, FormRejection>) -> Sent {
    form.map(|Form(sent)| sent).unwrap_or_default()
}

/// Whether the browser only looks ahead: nobody has clicked anything yet.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .any(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefetches_are_told() {
        for (name, value, expected) in [
            ("sec-purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("purpose", "Prefetch", true),
            ("x-moz", "prefetch", true),
            ("x-purpose", "preview", true),
            ("sec-fetch-dest", "document", false),
            ("purpose", "shopping", false),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(is_prefetch(&headers), expected, "{name}: {value}");
        }
    }
}
