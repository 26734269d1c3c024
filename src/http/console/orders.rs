//! One order as a case: what it is, what happened, what it weighs against the limit, and what a person does about it.

mod act;
mod case;
mod forms;
mod timeline;

pub(super) use act::act;

use axum::{
    extract::{Path, State as Handed},
    http::StatusCode,
    response::Response,
};

use super::{super::State, page, session::Person};

pub(super) async fn show(
    Handed(gateway): Handed<State>,
    person: Person,
    Path((supplier, id)): Path<(String, String)>,
) -> Response {
    match case::read(&gateway, &person, &supplier, &id, None).await {
        Ok(case) => page::show_as(&gateway, StatusCode::OK, &case),
        Err(no_page) => no_page.show(&gateway),
    }
}
