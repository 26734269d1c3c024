//! Addresses and contacts of a party: told with it, and told anew when only they have changed.

use punchgate_connector::{
    Connector, Cursor,
    accounts::{Account, ErpContact, ErpShipTo},
    conformance::PeopleFixture,
    egress::Egress,
};
use punchgate_domain::purchase_order::Address;
use serde_json::{Value, json};

use crate::support::{address, by_hand, company, connector, context, now};

/// A party of the suite's own, with people and places.
#[derive(Clone)]
pub(crate) struct Staffed {
    base: String,
    http: Egress,
    party: i64,
    /// Its contact mechanisms.
    mechanisms: Vec<i64>,
}

/// Two of one name, and letters of several scripts.
const STAFF: [(&str, &str); 3] = [
    ("Bea Ortiz", "bea@acme.example"),
    ("Bea Ortiz", "b.ortiz@acme.example"),
    ("Zoë Łęcka 花子", "zoe@acme.example"),
];
const PLACES: [(&str, &str); 2] = [("Plant 2", "Dayton"), ("Zakład", "Łódź")];

/// Makes it.
pub(crate) async fn staffed(base: &str, http: &Egress) -> Staffed {
    let number = now().as_microsecond();
    let create = async |model: &str, values: Value| -> Vec<i64> {
        let params = json!([values, company()]);
        let ids = by_hand(base, http, &format!("model.party.{model}.create"), params).await;
        serde_json::from_value(ids).unwrap()
    };
    let values = json!([{"name": format!("Staffed {number}"), "code": format!("S-{number}")}]);
    let party = create("party", values).await[0];
    let staff =
        STAFF.map(|(name, email)| json!({"party": party, "type": "email", "value": email, "name": name}));
    let mechanisms = create("contact_mechanism", json!(staff)).await;
    let places = PLACES.map(
        |(name, city)| json!({"party": party, "party_name": name, "street": "12 Mill Road", "city": city, "delivery": true}),
    );
    create("address", json!(places)).await;
    Staffed {
        base: base.to_owned(),
        http: http.clone(),
        party,
        mechanisms,
    }
}

impl Staffed {
    pub(crate) fn fixture(&self) -> PeopleFixture {
        let contacts = STAFF.iter().zip(&self.mechanisms);
        let contacts = contacts.map(|((name, email), id)| ErpContact {
            id: id.to_string(),
            name: (*name).to_owned(),
            email: Some((*email).to_owned()),
            ..ErpContact::default()
        });
        let places = PLACES.map(|(name, city)| ErpShipTo {
            address: Address {
                name: name.to_owned(),
                city: city.to_owned(),
                street: vec!["12 Mill Road".to_owned()],
                ..Address::default()
            },
            ..ErpShipTo::default()
        });
        PeopleFixture {
            customer: self.party.to_string(),
            contacts: contacts.collect(),
            ship_tos: places.to_vec(),
        }
    }

    /// As people do it in the form of the party.
    pub(crate) async fn take_away(&self) {
        let values = json!({"contact_mechanisms": [["delete", [self.mechanisms.last()]]]});
        let params = json!([[self.party], values, company()]);
        by_hand(&self.base, &self.http, "model.party.party.write", params).await;
    }
}

/// What the feed tells of a party from a cursor on, and where it stands then.
async fn told(system: &dyn Connector, http: &Egress, party: &str, from: &mut Option<Cursor>) -> Vec<Account> {
    let accounts = system.spec().accounts.unwrap();
    let mut found = Vec::new();
    loop {
        let ctx = context(format!("people-{}", now().as_nanosecond()), http);
        let page = accounts.pull(&ctx, from.as_ref(), 100).await.unwrap();
        *from = Some(page.next_cursor);
        found.extend(
            page.items
                .into_iter()
                .filter(|account| account.external_id == party),
        );
        if !page.more {
            return found;
        }
    }
}

fn place<'a>(account: &'a Account, id: &Value) -> Option<&'a ErpShipTo> {
    let id = id.to_string();
    account.ship_tos.iter().find(|place| place.id == id)
}

/// Does this to a record of the party, and returns the party as the feed tells it of itself then.
async fn after(
    (base, http, system): (&str, &Egress, &dyn Connector),
    party: &str,
    from: &mut Option<Cursor>,
    (method, params): (&str, Value),
) -> (Account, Value) {
    let result = by_hand(base, http, method, params).await;
    let mut found = told(system, http, party, from).await;
    let last = found.pop();
    (
        last.unwrap_or_else(|| panic!("{method} does not bring the party")),
        result,
    )
}

/// A contact that comes and goes.
async fn with_a_contact(
    here: (&str, &Egress, &dyn Connector),
    party: &str,
    id: &Value,
    from: &mut Option<Cursor>,
) -> Account {
    let values = json!({"party": id, "type": "email", "value": "bea@acme.example", "name": "Bea Ortiz", "invoice": true});
    let create = (
        "model.party.contact_mechanism.create",
        json!([[values], company()]),
    );
    let (account, mechanism) = after(here, party, from, create).await;
    let contact = &account.contacts[0];
    assert_eq!(contact.id, mechanism[0].to_string());
    assert_eq!(
        (contact.name.as_str(), contact.email.as_deref()),
        ("Bea Ortiz", Some("bea@acme.example"))
    );
    assert_eq!(
        (&contact.roles[..], contact.active),
        (&["invoice".to_owned()][..], true)
    );

    let write = (
        "model.party.contact_mechanism.write",
        json!([[mechanism[0]], {"active": false}, company()]),
    );
    let (account, _) = after(here, party, from, write).await;
    assert!(!account.contacts[0].active);
    account
}

#[tokio::test]
async fn a_changed_address_or_contact_brings_its_party() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, false);
    let system = system.as_ref();
    let http = Egress::new(system.egress_rules()).unwrap();
    let number = now().as_microsecond();
    let values = json!({"name": format!("People {number}"), "code": format!("P-{number}")});
    let ids = by_hand(
        &base,
        &http,
        "model.party.party.create",
        json!([[values], company()]),
    )
    .await;
    let (id, party) = (ids[0].clone(), ids[0].to_string());
    let mut from = None;
    let first = told(system, &http, &party, &mut from).await.pop().unwrap();
    assert!(
        told(system, &http, &party, &mut from).await.is_empty(),
        "a feed at rest is silent"
    );
    let here = (base.as_str(), &http, system);

    let values = json!({"party": id, "party_name": "Plant 2", "street": "12 Mill Road", "city": "Dayton", "delivery": true});
    let create = ("model.party.address.create", json!([[values], company()]));
    let (account, address) = after(here, &party, &mut from, create).await;
    let address = address[0].clone();
    let there = place(&account, &address).unwrap();
    assert_eq!(
        (
            there.address.name.as_str(),
            there.address.city.as_str(),
            there.active
        ),
        ("Plant 2", "Dayton", true)
    );
    assert_eq!(account.version, first.version, "the party itself has not changed");

    let write = (
        "model.party.address.write",
        json!([[address], {"city": "Toledo"}, company()]),
    );
    let (account, _) = after(here, &party, &mut from, write).await;
    assert_eq!(place(&account, &address).unwrap().address.city, "Toledo");

    let write = (
        "model.party.address.write",
        json!([[address], {"active": false}, company()]),
    );
    let (account, _) = after(here, &party, &mut from, write).await;
    assert!(!place(&account, &address).unwrap().active);

    let account = with_a_contact(here, &party, &id, &mut from).await;
    assert!(
        told(system, &http, &party, &mut from).await.is_empty(),
        "a feed at rest is silent"
    );

    // By key it is the same.
    let accounts = system.spec().accounts.unwrap();
    let ctx = context("people-by-key".to_owned(), &http);
    let found = accounts.get(&ctx, &[party]).await.unwrap();
    assert_eq!(found.items, [account]);
}
