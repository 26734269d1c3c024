//! The link by which a person sets a password. Opening it changes nothing: mail scanners open links, too.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    operators::{AccountError, LONGEST, SHORTEST},
    seal::Secret,
};

use super::{
    super::State,
    page,
    session::{Visitor, VisitorPosted},
};
use crate::gateway::Gateway;

#[derive(Template)]
#[template(path = "console/password.html")]
struct SetPassword {
    base: String,
    token: String,
    name: String,
    problem: Option<String>,
    shortest: usize,
    longest: usize,
}

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    visitor: Visitor,
    Path(link): Path<String>,
) -> Response {
    match gateway.operators.of_link(&link).await {
        Ok(name) => {
            let form = form(&gateway, &visitor, name, None);
            visitor.keep(&gateway, page::show(&gateway, &form))
        }
        Err(error) => refused(&gateway, error),
    }
}

pub(super) async fn set(
    Handed(gateway): Handed<State>,
    Path(link): Path<String>,
    posted: VisitorPosted,
) -> Response {
    let VisitorPosted { visitor, fields } = posted;
    let (password, again) = (fields.text("password"), fields.text("again"));
    let set = match password == again {
        true => gateway.operators.set_password(&link, Secret::new(password)).await,
        false => gateway.operators.of_link(&link).await,
    };
    let problem = match set {
        Ok(_) if password == again => {
            let to = format!("{}/sign-in?done=password", page::base(&gateway));
            return Redirect::to(&to).into_response();
        }
        Ok(_) => "The two are not the same.".to_owned(),
        Err(AccountError::Password(problem)) => format!("This password is not taken: {problem}."),
        Err(error) => return refused(&gateway, error),
    };
    match gateway.operators.of_link(&link).await {
        Ok(name) => {
            let form = form(&gateway, &visitor, name, Some(problem));
            page::show_as(&gateway, StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Err(error) => refused(&gateway, error),
    }
}

fn form(gateway: &Gateway, visitor: &Visitor, name: String, problem: Option<String>) -> SetPassword {
    SetPassword {
        base: page::base(gateway),
        token: visitor.cookie.form_token(),
        name,
        problem,
        shortest: SHORTEST,
        longest: LONGEST,
    }
}

fn refused(gateway: &Gateway, error: AccountError) -> Response {
    match error {
        AccountError::Storage(error) => page::trouble(gateway, &error),
        AccountError::Link => page::message(
            gateway,
            StatusCode::NOT_FOUND,
            "This link does not work any more",
            "It works once, and for a day. Whoever looks after the accounts can give you a new one.",
        ),
        other => page::message(
            gateway,
            StatusCode::SERVICE_UNAVAILABLE,
            "The password could not be set",
            &other.to_string(),
        ),
    }
}
