//! Contacts and ship-tos of an account, as they stand on the wire and as the domain has them. Pure.

use punchgate_domain::purchase_order::Address;
use serde::Deserialize;

use crate::{
    accounts::{ErpContact, ErpShipTo},
    published::{Mismatch, values::WireAddress},
};

fn yes() -> bool {
    true
}

/// A person at the customer.
#[derive(Debug, Deserialize)]
pub(super) struct WirePerson {
    id: String,
    name: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    roles: Option<Vec<String>>,
    #[serde(default = "yes")]
    active: bool,
}

/// A place of the customer: an address with what the ERP knows of it besides.
#[derive(Debug, Deserialize)]
pub(super) struct WireShipTo {
    #[serde(flatten)]
    address: WireAddress,
    #[serde(default)]
    code: Option<String>,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    customer: Option<String>,
}

impl TryFrom<WirePerson> for ErpContact {
    type Error = Mismatch;

    fn try_from(wire: WirePerson) -> Result<Self, Mismatch> {
        Ok(Self {
            id: known(Some(wire.id))?,
            name: wire.name,
            email: stated(wire.email),
            phone: stated(wire.phone),
            roles: wire.roles.unwrap_or_default(),
            active: wire.active,
        })
    }
}

impl TryFrom<WireShipTo> for ErpShipTo {
    type Error = Mismatch;

    fn try_from(wire: WireShipTo) -> Result<Self, Mismatch> {
        let mut address = Address::from(wire.address);
        Ok(Self {
            id: known(address.address_id.take())?,
            code: stated(wire.code),
            address,
            active: wire.active,
            customer: stated(wire.customer),
        })
    }
}

fn known(id: Option<String>) -> Result<String, Mismatch> {
    stated(id).ok_or_else(|| Mismatch::new("id", "is missing"))
}

fn stated(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ship_to(wire: &Value) -> Result<ErpShipTo, String> {
        let wire: WireShipTo = serde_json::from_value(wire.clone()).map_err(|error| error.to_string())?;
        wire.try_into().map_err(|mismatch: Mismatch| mismatch.to_string())
    }

    #[test]
    fn a_place_reads_as_an_address_with_more() {
        let read = ship_to(&json!({
            "id": "S-1", "code": "DOCK-2", "name": "Plant 2", "street": ["12 Mill Road"], "city": "Dayton",
            "country": "US", "customer": "C-9"
        }));
        let expected = ErpShipTo {
            id: "S-1".into(),
            code: Some("DOCK-2".into()),
            address: Address {
                name: "Plant 2".into(),
                street: vec!["12 Mill Road".into()],
                city: "Dayton".into(),
                country_code: Some("US".into()),
                ..Address::default()
            },
            active: true,
            customer: Some("C-9".into()),
        };
        assert_eq!(read, Ok(expected));
        for nameless in [json!({"name": "x"}), json!({"id": " ", "name": "x"})] {
            assert_eq!(ship_to(&nameless), Err("id: is missing".into()), "{nameless}");
        }
    }

    #[test]
    fn a_person_may_have_no_more_than_a_name() {
        let wire: WirePerson = serde_json::from_value(json!({
            "id": "P-1", "name": "Bea Ortiz", "email": "", "phone": null, "roles": null
        }))
        .unwrap();
        let read = ErpContact::try_from(wire).unwrap();
        assert_eq!((read.email, read.phone, read.active), (None, None, true));
        assert!(read.roles.is_empty());
    }
}
