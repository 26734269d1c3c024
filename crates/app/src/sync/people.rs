//! The people and places of a customer: facts of the ERP, taken as it has them. Nothing of them is asked for here, so
//! there is nothing to merge and nothing to conflict.

use std::{collections::BTreeMap, fmt};

use punchgate_connector::accounts::{ErpContact, ErpShipTo};
use punchgate_domain::purchase_order::Address;
use punchgate_storage::customer::{contacts::ContactRow, ship_tos::PlaceRow};
use serde::{Deserialize, Serialize};

use super::{Snapshot, apply::Application, remote::Remote};
use crate::accounts::change::history_line;

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonValue {
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// What for, in the ERP's words.
    pub roles: Vec<String>,
    /// Whether the ERP still uses it.
    pub active: bool,
}

/// A place to which goods are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceValue {
    /// The number that people use.
    pub code: Option<String>,
    /// Where it is.
    pub address: AddressValue,
    /// Whether the ERP still delivers to it.
    pub active: bool,
    /// The ERP's id of the customer that it is, where it is one of its own.
    pub customer: Option<String>,
}

/// An address as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddressValue {
    /// Company or site.
    pub name: String,
    /// Persons to deliver to.
    pub deliver_to: Vec<String>,
    /// Street lines.
    pub street: Vec<String>,
    /// City.
    pub city: String,
    /// State or region.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO country code.
    pub country: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

/// Contacts by the ERP's id.
pub(super) fn people_of(contacts: Vec<ErpContact>) -> BTreeMap<String, PersonValue> {
    let value = |contact: ErpContact| PersonValue {
        name: contact.name,
        email: contact.email,
        phone: contact.phone,
        roles: contact.roles,
        active: contact.active,
    };
    contacts
        .into_iter()
        .map(|contact| (contact.id.clone(), value(contact)))
        .collect()
}

/// Ship-tos by the ERP's id. One that is the customer itself names no other.
pub(super) fn places_of(ship_tos: Vec<ErpShipTo>, customer: &str) -> BTreeMap<String, PlaceValue> {
    let value = |ship_to: ErpShipTo| PlaceValue {
        code: ship_to.code.filter(|code| *code != ship_to.id),
        address: ship_to.address.into(),
        active: ship_to.active,
        customer: ship_to.customer.filter(|other| other != customer),
    };
    ship_tos
        .into_iter()
        .map(|ship_to| (ship_to.id.clone(), value(ship_to)))
        .collect()
}

impl From<Address> for AddressValue {
    fn from(address: Address) -> Self {
        Self {
            name: address.name,
            deliver_to: address.deliver_to,
            street: address.street,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country_code,
            email: address.email,
            phone: address.phone,
        }
    }
}

/// What is there or not any more, or is another than before: id, before, now.
type Difference<'a, T> = (&'a String, Option<&'a T>, Option<&'a T>);

fn differences<'a, T: PartialEq>(
    before: &'a BTreeMap<String, T>,
    now: &'a BTreeMap<String, T>,
) -> Vec<Difference<'a, T>> {
    let there = now.iter().map(|(id, value)| (id, before.get(id), Some(value)));
    let gone = before.iter().filter(|(id, _)| !now.contains_key(*id));
    let gone = gone.map(|(id, value)| (id, Some(value), None));
    there.filter(|(_, from, to)| from != to).chain(gone).collect()
}

/// What will be written.
#[derive(Default)]
pub(super) struct PeopleWrites {
    pub(super) contacts: Vec<ContactRow>,
    pub(super) ship_tos: Vec<PlaceRow>,
    /// By customer.
    pub(super) gone_contacts: BTreeMap<String, Vec<String>>,
    /// By customer.
    pub(super) gone_ship_tos: BTreeMap<String, Vec<String>>,
}

impl Application<'_> {
    /// Takes people and places as the ERP has them. Whether anything of them is another than before.
    pub(super) fn take_people(&mut self, remote: &Remote, base: Option<&Snapshot>) -> bool {
        let now = &remote.snapshot;
        let empty = (BTreeMap::new(), BTreeMap::new());
        let (contacts, ship_tos) = base.map_or((&empty.0, &empty.1), |base| (&base.contacts, &base.ship_tos));
        if *contacts == now.contacts && *ship_tos == now.ship_tos {
            return false;
        }
        let Some(customer) = self.customers.get(&remote.external_id) else {
            return false;
        };
        let id = customer.customer_id.clone();
        let mut told = Vec::new();
        for (contact, from, to) in differences(contacts, &now.contacts) {
            match to {
                Some(value) => {
                    self.writes
                        .people
                        .contacts
                        .push(contact_row(&customer.supplier_id, &id, contact, value))
                }
                None => {
                    let gone = self.writes.people.gone_contacts.entry(id.clone()).or_default();
                    gone.push(contact.clone());
                }
            }
            told.push((format!("contact:{contact}"), words(from), words(to)));
        }
        for (ship_to, from, to) in differences(ship_tos, &now.ship_tos) {
            match to {
                Some(value) => {
                    self.writes
                        .people
                        .ship_tos
                        .push(place_row(&customer.supplier_id, &id, ship_to, value))
                }
                None => {
                    let gone = self.writes.people.gone_ship_tos.entry(id.clone()).or_default();
                    gone.push(ship_to.clone());
                }
            }
            told.push((format!("ship_to:{ship_to}"), words(from), words(to)));
        }
        if base.is_some() && *ship_tos != now.ship_tos {
            // A place may be another customer's by now, whose holds count where it receives.
            self.writes.touched_customers.insert(id);
        }
        // Of a customer that is new here only what decides orders is worth a line.
        let author = self.erp_author(remote);
        for (field, from, to) in told.into_iter().filter(|_| base.is_some()) {
            let line = history_line(self.surroundings, customer, &field, (from, to), &author, self.now);
            self.writes.history.push(line);
        }
        true
    }
}

fn words<T: fmt::Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

fn contact_row(supplier: &str, customer: &str, id: &str, value: &PersonValue) -> ContactRow {
    ContactRow {
        supplier_id: supplier.to_owned(),
        customer_id: customer.to_owned(),
        contact_id: id.to_owned(),
        name: value.name.clone(),
        email: value.email.clone(),
        phone: value.phone.clone(),
        // A list of texts always serialises.
        roles: serde_json::to_string(&value.roles).unwrap_or_default(),
        active: i64::from(value.active),
    }
}

fn place_row(supplier: &str, customer: &str, id: &str, value: &PlaceValue) -> PlaceRow {
    PlaceRow {
        supplier_id: supplier.to_owned(),
        customer_id: customer.to_owned(),
        ship_to_id: id.to_owned(),
        code: value.code.clone(),
        // A struct of texts always serialises.
        address: serde_json::to_string(&value.address).unwrap_or_default(),
        active: i64::from(value.active),
        external_id: value.customer.clone(),
    }
}

/// What is there, with commas between.
fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let there: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    there.join(", ")
}

impl fmt::Display for PersonValue {
    /// For the history: what people read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [&self.email, &self.phone]
            .into_iter()
            .filter_map(Option::as_deref);
        let roles = self.roles.iter().map(String::as_str);
        f.write_str(&joined([self.name.as_str()].into_iter().chain(ways).chain(roles)))?;
        if self.active {
            Ok(())
        } else {
            f.write_str(" (not used any more)")
        }
    }
}

impl fmt::Display for PlaceValue {
    /// For the history: what people read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        let lines = address
            .deliver_to
            .iter()
            .chain(&address.street)
            .map(String::as_str);
        let rest = [
            &address.postal_code,
            &address.state,
            &address.country,
            &address.email,
            &address.phone,
        ];
        let rest = rest.into_iter().filter_map(Option::as_deref);
        let code = self.code.as_deref().into_iter();
        let parts = code
            .chain([address.name.as_str()])
            .chain(lines)
            .chain([address.city.as_str()])
            .chain(rest);
        f.write_str(&joined(parts))?;
        if let Some(customer) = &self.customer {
            write!(f, " (customer {customer})")?;
        }
        if self.active {
            Ok(())
        } else {
            f.write_str(" (not used any more)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_another_or_gone_differs() {
        let map = |pairs: &[(&str, i32)]| -> BTreeMap<String, i32> {
            pairs
                .iter()
                .map(|(id, value)| ((*id).to_owned(), *value))
                .collect()
        };
        let (before, now) = (
            map(&[("a", 1), ("b", 2), ("c", 3)]),
            map(&[("b", 2), ("c", 4), ("d", 5)]),
        );
        let found = differences(&before, &now);
        let found: Vec<_> = found
            .iter()
            .map(|(id, from, to)| (id.as_str(), from.copied(), to.copied()))
            .collect();
        assert_eq!(
            found,
            [
                ("c", Some(3), Some(4)),
                ("d", None, Some(5)),
                ("a", Some(1), None)
            ]
        );
    }

    #[test]
    fn people_and_places_for_the_history() {
        let person = PersonValue {
            name: "Bea Ortiz".into(),
            email: Some("bea@acme.example".into()),
            roles: vec!["purchasing".into()],
            active: true,
            ..PersonValue::default()
        };
        assert_eq!(person.to_string(), "Bea Ortiz, bea@acme.example, purchasing");
        let place = PlaceValue {
            code: Some("DOCK-2".into()),
            address: AddressValue {
                name: "Plant 2".into(),
                street: vec!["12 Mill Road".into()],
                city: "Dayton".into(),
                country: Some("US".into()),
                ..AddressValue::default()
            },
            customer: Some("C-9".into()),
            active: false,
        };
        assert_eq!(
            place.to_string(),
            "DOCK-2, Plant 2, 12 Mill Road, Dayton, US (customer C-9) (not used any more)"
        );
    }
}
