//! The people and places of a customer. Clerks here only look at them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A person at a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    id: String,
    name: String,
    email: String,
    phone: Option<String>,
    role: String,
}

/// A place of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    id: String,
    code: Option<String>,
    name: String,
    street: Vec<String>,
    city: String,
    state: Option<String>,
    postal_code: String,
    country: String,
    active: bool,
}

impl Person {
    fn new(id: &str, name: &str, email: &str, role: &str) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            email: email.into(),
            phone: None,
            role: role.into(),
        }
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "email": self.email, "phone": self.phone, "roles": [self.role],
            "active": true
        })
    }
}

impl Place {
    pub(super) fn document(&self) -> Value {
        json!({
            "id": self.id, "code": self.code, "name": self.name, "street": self.street, "city": self.city,
            "state": self.state, "postal_code": self.postal_code, "country": self.country, "active": self.active,
            "customer": null
        })
    }
}

/// Those of a customer that the ERP begins with.
pub(super) fn of(customer: &str) -> (Vec<Person>, Vec<Place>) {
    match customer {
        "C-1001" => (
            vec![
                Person {
                    phone: Some("+1 937 555 0142".into()),
                    ..Person::new("P-11", "Bea Ortiz", "bea.ortiz@acme.example", "purchasing")
                },
                Person::new("P-12", "Leo Brandt", "ap@acme.example", "accounts_payable"),
                // Not the same.
                Person::new("P-13", "Leo Brandt", "leo.brandt@acme.example", "purchasing"),
                Person::new("P-14", "Zoë Łęcka", "dock2@acme.example", "receiving"),
            ],
            vec![
                place("S-11", "Plant 1, dock 2", "12 Mill Road", "Dayton", "45402"),
                Place {
                    code: Some("NORTH".into()),
                    ..place("S-12", "North warehouse", "400 Lake Street", "Toledo", "43604")
                },
                Place {
                    active: false,
                    ..place("S-13", "Old plant", "7 Canal Street", "Dayton", "45402")
                },
            ],
        ),
        "C-1002" => (
            vec![Person::new(
                "P-21",
                "Ines Falk",
                "buying@borealis.example",
                "purchasing",
            )],
            vec![place(
                "S-21",
                "Central store",
                "88 Aurora Avenue",
                "Columbus",
                "43215",
            )],
        ),
        _ => (Vec::new(), Vec::new()),
    }
}

fn place(id: &str, name: &str, street: &str, city: &str, postal_code: &str) -> Place {
    Place {
        id: id.into(),
        code: None,
        name: name.into(),
        street: vec![street.into()],
        city: city.into(),
        state: Some("OH".into()),
        postal_code: postal_code.into(),
        country: "US".into(),
        active: true,
    }
}
