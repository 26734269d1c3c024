//! People, places and relations of a customer, as they are told.

use punchgate_app::{
    accounts::{Belongings, RelatedCustomer},
    sync::{PersonValue, PlaceValue},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Who and what belongs to a customer: facts of the ERP.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BelongingsItem {
    contacts: Vec<ContactItem>,
    ship_tos: Vec<ShipToItem>,
    /// Who pays, where that is another.
    payer: Option<RelatedItem>,
    /// The head of its group, where that is another.
    head_office: Option<RelatedItem>,
    /// Those for whom it pays, or of whose group it is the head: 200 at most, all by `?payer=` and `?head=`.
    sites: Vec<RelatedItem>,
}

/// A person at the customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactItem {
    /// The ERP's id.
    id: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    /// What for, in the ERP's words.
    roles: Vec<String>,
    active: bool,
}

/// A place of the customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShipToItem {
    /// The ERP's id.
    id: String,
    /// The number that people use, if another.
    code: Option<String>,
    name: String,
    deliver_to: Vec<String>,
    street: Vec<String>,
    city: String,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    active: bool,
    /// The ERP's id of the customer that it is, where it is one of its own.
    customer: Option<String>,
}

/// Another customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RelatedItem {
    /// None if the ERP names it and has not told it yet.
    id: Option<String>,
    external_id: String,
    code: Option<String>,
    name: Option<String>,
}

impl From<Belongings> for BelongingsItem {
    fn from(belongings: Belongings) -> Self {
        Self {
            contacts: belongings.contacts.into_iter().map(ContactItem::from).collect(),
            ship_tos: belongings.ship_tos.into_iter().map(ShipToItem::from).collect(),
            payer: belongings.payer.map(RelatedItem::from),
            head_office: belongings.head_office.map(RelatedItem::from),
            sites: belongings.sites.into_iter().map(RelatedItem::from).collect(),
        }
    }
}

impl From<(String, PersonValue)> for ContactItem {
    fn from((id, person): (String, PersonValue)) -> Self {
        Self {
            id,
            name: person.name,
            email: person.email,
            phone: person.phone,
            roles: person.roles,
            active: person.active,
        }
    }
}

impl From<(String, PlaceValue)> for ShipToItem {
    fn from((id, place): (String, PlaceValue)) -> Self {
        let address = place.address;
        Self {
            id,
            code: place.code,
            name: address.name,
            deliver_to: address.deliver_to,
            street: address.street,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country,
            email: address.email,
            phone: address.phone,
            active: place.active,
            customer: place.customer,
        }
    }
}

impl From<RelatedCustomer> for RelatedItem {
    fn from(other: RelatedCustomer) -> Self {
        Self {
            id: other.id.map(|id| id.into_string()),
            external_id: other.external_id,
            code: other.code,
            name: other.name,
        }
    }
}
