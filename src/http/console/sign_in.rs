//! Signing in and out.

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::{Query, State as Handed, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    operators::{Asked, SignInError, SignedIn},
    seal::Secret,
};
use serde::Deserialize;

use super::{
    super::{State, remote::Remote},
    page,
    session::{Cookie, Posted, Visitor, VisitorPosted},
};
use crate::gateway::Gateway;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignIn<'a> {
    base: String,
    token: String,
    name: &'a str,
    next: &'a str,
    problem: Option<String>,
    done: Option<&'static str>,
    /// Whether nothing is set up here yet.
    is_new: bool,
}

/// What stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Going {
    /// Where the person was going.
    next: String,
    /// What has just happened: `password` or `out`.
    done: String,
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    visitor: Visitor,
    going: Result<Query<Going>, QueryRejection>,
) -> Response {
    let going = going.map(|Query(going)| going).unwrap_or_default();
    let cookie = visitor.cookie.as_str();
    match gateway.operators.signed_in(cookie, Asked::ByPerson).await {
        Ok(Some(_)) => return onwards(&gateway, &going.next),
        Ok(None) => {}
        Err(error) => return page::trouble(&gateway, &error),
    }
    let is_new = match gateway.operators.is_new_installation().await {
        Ok(is_new) => is_new,
        Err(error) => return page::trouble(&gateway, &error),
    };
    let form = SignIn {
        is_new,
        base: page::base(&gateway),
        token: visitor.cookie.form_token(),
        name: "",
        next: &going.next,
        problem: None,
        done: match going.done.as_str() {
            "password" => Some("Your password is set. Sign in with it."),
            "out" => Some("You are signed out."),
            _ => None,
        },
    };
    visitor.keep(&gateway, page::show(&gateway, &form))
}

pub(super) async fn enter(
    Handed(gateway): Handed<State>,
    Remote(from): Remote,
    posted: VisitorPosted,
) -> Response {
    let VisitorPosted { visitor, fields } = posted;
    let (name, password) = (fields.text("name"), Secret::new(fields.text("password")));
    let refused = match sign_in(&gateway, name, password, from).await {
        Ok(signed_in) => {
            // Whoever signs in anew is signed out where the browser was signed in before.
            if let Err(error) = gateway.operators.sign_out(visitor.cookie.as_str()).await {
                return page::trouble(&gateway, &error);
            }
            let cookie = Cookie::of(signed_in.token.expose());
            return cookie.keep(&gateway, onwards(&gateway, fields.text("next")));
        }
        Err(SignInError::Storage(error)) => return page::trouble(&gateway, &error),
        Err(refused) => refused,
    };
    let status = match refused {
        SignInError::TooMany => StatusCode::TOO_MANY_REQUESTS,
        SignInError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let form = SignIn {
        base: page::base(&gateway),
        token: visitor.cookie.form_token(),
        name,
        next: fields.text("next"),
        problem: Some(refused.to_string()),
        done: None,
        is_new: false,
    };
    page::show_as(&gateway, status, &form)
}

/// Somebody who is slow to be answered is so here, where a request may wait.
async fn sign_in(
    gateway: &Gateway,
    name: &str,
    password: Secret,
    from: IpAddr,
) -> Result<SignedIn, SignInError> {
    let attempt = gateway.operators.attempt(name, from).await?;
    tokio::time::sleep(attempt.later()).await;
    gateway.operators.sign_in(attempt, password).await
}

pub(super) async fn leave(Handed(gateway): Handed<State>, posted: Posted) -> Response {
    match gateway.operators.sign_out(posted.person.cookie.as_str()).await {
        Ok(()) => {
            let to = format!("{}/sign-in?done=out", page::base(&gateway));
            Cookie::forget(&gateway, Redirect::to(&to).into_response())
        }
        Err(error) => page::trouble(&gateway, &error),
    }
}

/// Where the person was going, if that is a page of the console.
fn onwards(gateway: &Gateway, next: &str) -> Response {
    let base = page::base(gateway);
    let to = match is_page(&base, next) {
        true => next,
        false => base.as_str(),
    };
    Redirect::to(to).into_response()
}

/// A path of ours, and nothing that a browser takes for another host or another line of the answer.
fn is_page(base: &str, next: &str) -> bool {
    let inside = next.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
    inside
        && next.chars().all(|c| c.is_ascii_graphic() && c != '\\')
        && !next.contains("//")
        && !next.contains("..")
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn only_pages_of_the_console_are_gone_to() {
        for (next, expected) in [
            ("/console/s/acme/deliveries?state=dead&kind=tell-event", true),
            ("/console/s/acme", true),
            ("", false),
            ("/console", false),
            ("/consolex/s", false),
            ("/punchout/start/x", false),
            ("//evil.example/console/", false),
            ("/console//evil.example", false),
            ("/console/../evil", false),
            ("/console/\\evil.example", false),
            ("https://evil.example/console/", false),
            ("/console/s\r\nset-cookie: a=b", false),
        ] {
            assert_eq!(is_page("/console", next), expected, "{next}");
        }
    }
}
