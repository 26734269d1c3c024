//! What a person does with a relationship: the switch, the exchange of its secret, a test of its connections.

use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    accounts::Author,
    directory::secrets::{Dropped, NewSecret, SecretError},
    doctor::Finding,
    seal::Secret,
};
use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
    operator::Right,
};

use super::detail::{self, Said};
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage},
            session::Posted,
        },
    },
};

type Place = (String, String);

/// Who says so, if it is that person's to say.
fn author(posted: &Posted, supplier: &SupplierId) -> Result<Author, NoPage> {
    let operator = &posted.person.operator;
    operator.require(supplier, Right::KeepRelationships)?;
    operator
        .author(supplier, Right::KeepRelationships, posted.fields.text("reason"))
        .map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))
}

/// The relationship's page, with why nothing was done.
async fn refused(gateway: &Gateway, posted: &Posted, (supplier, id): &Place, refused: NoPage) -> Response {
    page::once_more(gateway, refused, async |trouble| {
        let said = Said {
            trouble: Some(trouble),
            reason: posted.fields.text("reason").to_owned(),
            ..Said::default()
        };
        detail::read(gateway, &posted.person, (supplier, id), said).await
    })
    .await
}

fn back(gateway: &Gateway, (supplier, id): &Place) -> Response {
    Redirect::to(&format!(
        "{}/s/{supplier}/relationships/{id}",
        page::base(gateway)
    ))
    .into_response()
}

pub(in crate::http::console) async fn switch(
    Handed(gateway): Handed<State>,
    Path(place): Path<Place>,
    posted: Posted,
) -> Response {
    match turn(&gateway, &posted, &place).await {
        Ok(()) => back(&gateway, &place),
        Err(no_page) => refused(&gateway, &posted, &place, no_page).await,
    }
}

async fn turn(gateway: &Gateway, posted: &Posted, (supplier, id): &Place) -> Result<(), NoPage> {
    let (supplier, id) = (SupplierId::new(supplier), RelationshipId::new(id));
    let author = author(posted, &supplier)?;
    let on = posted.fields.text("to") == "on";
    gateway.directory.switch(&supplier, &id, on, &author).await?;
    Ok(())
}

/// Answers with the page itself, not by a way to it: the secret is in no address and in no log.
pub(in crate::http::console) async fn add_secret(
    Handed(gateway): Handed<State>,
    Path(place): Path<Place>,
    posted: Posted,
) -> Response {
    match add(&gateway, &posted, &place).await {
        Ok(secret) => {
            let said = Said {
                secret: Some(secret),
                ..Said::default()
            };
            let (supplier, id) = (place.0.as_str(), place.1.as_str());
            let page = detail::read(&gateway, &posted.person, (supplier, id), said).await;
            page::shown(&gateway, page)
        }
        Err(no_page) => refused(&gateway, &posted, &place, no_page).await,
    }
}

async fn add(gateway: &Gateway, posted: &Posted, (supplier, id): &Place) -> Result<Secret, NoPage> {
    let (supplier, id) = (SupplierId::new(supplier), RelationshipId::new(id));
    let author = author(posted, &supplier)?;
    let given = posted.fields.text("secret");
    let new = match posted.fields.text("how") {
        "given" => NewSecret::Given(Secret::new(given)),
        _ => NewSecret::Generated,
    };
    let directory = &gateway.directory;
    Ok(directory.add_secret((&supplier, &id), new, &author).await?)
}

pub(in crate::http::console) async fn drop_secret(
    Handed(gateway): Handed<State>,
    Path((supplier, id, deed)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let place = (supplier, id);
    match end(&gateway, &posted, &place, &deed).await {
        Ok(()) => back(&gateway, &place),
        Err(no_page) => refused(&gateway, &posted, &place, no_page).await,
    }
}

async fn end(gateway: &Gateway, posted: &Posted, (supplier, id): &Place, deed: &str) -> Result<(), NoPage> {
    let (supplier, id) = (SupplierId::new(supplier), RelationshipId::new(id));
    let author = author(posted, &supplier)?;
    let which = match deed {
        "drop-old" => Dropped::Old,
        "drop-new" => Dropped::New,
        _ => return Err(NoPage::Problem(Problem::NotFound, String::new())),
    };
    let directory = &gateway.directory;
    directory.drop_secret((&supplier, &id), which, &author).await?;
    Ok(())
}

/// Answers with the page itself: what is found is kept nowhere.
pub(in crate::http::console) async fn test(
    Handed(gateway): Handed<State>,
    Path(place): Path<Place>,
    posted: Posted,
) -> Response {
    match ask(&gateway, &posted, &place).await {
        Ok(found) => {
            let said = Said {
                found: Some(found),
                ..Said::default()
            };
            let (supplier, id) = (place.0.as_str(), place.1.as_str());
            let page = detail::read(&gateway, &posted.person, (supplier, id), said).await;
            page::shown(&gateway, page)
        }
        Err(no_page) => no_page.show(&gateway),
    }
}

async fn ask(gateway: &Gateway, posted: &Posted, (supplier, id): &Place) -> Result<Vec<Finding>, NoPage> {
    let (supplier, id) = (SupplierId::new(supplier), RelationshipId::new(id));
    posted.person.operator.require(&supplier, Right::TryConnections)?;
    Ok(Box::pin(gateway.connections.of(&supplier, &id)).await?)
}

impl From<SecretError> for NoPage {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Directory(error) => error.into(),
            SecretError::Refused { problem, details } => Self::Problem(problem, details),
            error @ (SecretError::Open(_) | SecretError::Seal(_)) => {
                Self::Problem(Problem::Internal, error.to_string())
            }
        }
    }
}
