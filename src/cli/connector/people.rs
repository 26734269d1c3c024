//! The people and places of a customer as an operator writes them down for the suite: TOML or JSON.

use std::{fs, path::Path};

use punchgate_connector::{
    accounts::{ErpContact, ErpShipTo},
    conformance::PeopleFixture,
};
use punchgate_domain::purchase_order::Address;

/// The file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    customer: Option<String>,
    #[serde(default)]
    contact: Vec<Contact>,
    #[serde(default)]
    ship_to: Vec<ShipTo>,
}

/// What is empty or absent is not compared.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    #[serde(default)]
    id: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// What is empty or absent is not compared, but for `customer`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ShipTo {
    #[serde(default)]
    id: String,
    code: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    street: Vec<String>,
    #[serde(default)]
    city: String,
    customer: Option<String>,
}

/// Reads the file; whose they are, if it does not say so, is `customer`.
pub(super) fn read(file: &Path, customer: &str) -> Result<PeopleFixture, String> {
    let amiss = |what: &dyn std::fmt::Display| format!("--people {}: {what}", file.display());
    let text = fs::read_to_string(file).map_err(|error| amiss(&error))?;
    let is_json = file
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let people: People = match is_json {
        true => serde_json::from_str(&text).map_err(|error| amiss(&error))?,
        false => toml::from_str(&text).map_err(|error| amiss(&error))?,
    };
    Ok(PeopleFixture {
        customer: people.customer.unwrap_or_else(|| customer.to_owned()),
        contacts: people.contact.into_iter().map(contact).collect(),
        ship_tos: people.ship_to.into_iter().map(ship_to).collect(),
    })
}

fn contact(stated: Contact) -> ErpContact {
    ErpContact {
        id: stated.id,
        name: stated.name,
        email: stated.email,
        phone: stated.phone,
        roles: stated.roles,
        active: true,
    }
}

fn ship_to(stated: ShipTo) -> ErpShipTo {
    ErpShipTo {
        id: stated.id,
        code: stated.code,
        address: Address {
            name: stated.name,
            street: stated.street,
            city: stated.city,
            ..Address::default()
        },
        active: true,
        customer: stated.customer,
    }
}
