//! A party's people and places: its contact mechanisms by whom they belong to, its addresses for deliveries. Pure.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_connector::{
    accounts::{ErpContact, ErpShipTo},
    published::Mismatch,
};
use punchgate_domain::{Instant, purchase_order::Address};

use super::in_record;
use crate::wire::Row;

const ADDRESSES: &str = "addresses";
const MECHANISMS: &str = "contact_mechanisms";

/// The fields of a party's addresses and contact mechanisms.
pub(crate) const FIELDS: [&str; 19] = [
    "addresses.active",
    "addresses.delivery",
    "addresses.party_name",
    "addresses.attn",
    "addresses.street",
    "addresses.city",
    "addresses.postal_code",
    "addresses.subdivision.code",
    "addresses.country.code",
    "addresses.write_date",
    "addresses.create_date",
    "contact_mechanisms.active",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "contact_mechanisms.name",
    "contact_mechanisms.delivery",
    "contact_mechanisms.invoice",
    "contact_mechanisms.write_date",
    "contact_mechanisms.create_date",
];

/// The stamps by which the feed finds a change of them: it does not move the party's.
pub(crate) const STAMPS: [&str; 4] = [
    "addresses.write_date",
    "addresses.create_date",
    "contact_mechanisms.write_date",
    "contact_mechanisms.create_date",
];

/// When a party, or anything of it, was last changed.
pub(crate) fn changed_at(party: Row<'_>) -> Result<Instant, Mismatch> {
    let mut latest = party.changed_at()?;
    for field in [ADDRESSES, MECHANISMS] {
        for row in party.related_rows(field)? {
            latest = latest.max(row.changed_at()?);
        }
    }
    Ok(latest)
}

/// The addresses to which goods are delivered. One that is not for deliveries any more is none.
pub(crate) fn ship_tos(party: Row<'_>) -> Result<Vec<ErpShipTo>, Mismatch> {
    let mut found = Vec::new();
    for row in party.related_rows(ADDRESSES)? {
        if row.flag("delivery")? {
            found.push(in_record("address", row, |row| ship_to(party, row))?);
        }
    }
    Ok(found)
}

fn ship_to(party: Row<'_>, row: Row<'_>) -> Result<ErpShipTo, Mismatch> {
    let code = |field: &str| {
        row.related(field)
            .map_or(Ok(None), |related| related.text("code"))
    };
    let lines = |text: Option<String>| -> Vec<String> {
        let text = text.unwrap_or_default();
        text.lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    let name = match row.text("party_name")? {
        Some(name) => name,
        None => party.text("name")?.unwrap_or_default(),
    };
    Ok(ErpShipTo {
        id: row.id("id")?.to_string(),
        code: None,
        address: Address {
            name,
            deliver_to: lines(row.text("attn")?),
            street: lines(row.text("street")?),
            city: row.text("city")?.unwrap_or_default(),
            state: code("subdivision")?,
            postal_code: row.text("postal_code")?,
            country_code: code("country")?,
            ..Address::default()
        },
        active: row.flag("active")?,
        customer: None,
    })
}

/// Contact mechanisms with one name are one person's; those without are the party's own. A second e-mail is somebody's of
/// the same name, used or not, so that nobody is lost and nobody becomes another. Known by the first of them.
pub(crate) fn contacts(party: Row<'_>) -> Result<Vec<ErpContact>, Mismatch> {
    let mut keyed: Vec<(i64, Row<'_>)> = Vec::new();
    for row in party.related_rows(MECHANISMS)? {
        keyed.push((row.id("id")?, row));
    }
    keyed.sort_unstable_by_key(|(id, _)| *id);
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut with_mail = BTreeSet::new();
    let mut found: Vec<ErpContact> = Vec::new();
    for (id, row) in keyed {
        let name = row
            .text("name")?
            .map(|name| name.trim().to_owned())
            .unwrap_or_default();
        let is_mail = row.text("type")?.as_deref() == Some("email");
        let of_name = places.entry(name.clone()).or_default();
        let mut known = of_name.iter().copied();
        let known = known.find(|place| !is_mail || !with_mail.contains(place));
        let place = known.unwrap_or_else(|| {
            found.push(ErpContact {
                id: id.to_string(),
                name,
                ..ErpContact::default()
            });
            of_name.push(found.len() - 1);
            found.len() - 1
        });
        if is_mail {
            with_mail.insert(place);
        }
        if let Some(contact) = found.get_mut(place) {
            in_record("contact mechanism", row, |row| add(contact, row))?;
        }
    }
    for contact in &mut found {
        if contact.name.is_empty() {
            contact.name = party.text("name")?.unwrap_or_default();
        }
    }
    Ok(found)
}

/// What is not used any more adds nothing, but that there was something.
fn add(contact: &mut ErpContact, row: Row<'_>) -> Result<(), Mismatch> {
    if !row.flag("active")? {
        return Ok(());
    }
    contact.active = true;
    let value = row.text("value")?;
    match row.text("type")?.as_deref() {
        Some("email") => contact.email = contact.email.take().or(value),
        Some("phone" | "mobile") => contact.phone = contact.phone.take().or(value),
        _ => {}
    }
    for role in ["delivery", "invoice"] {
        if row.flag(role)? && !contact.roles.iter().any(|known| known == role) {
            contact.roles.push(role.to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire;

    fn stamped(mut row: Value, at: &str) -> Value {
        row["create_date"] = wire::datetime("2026-01-01T00:00:00Z".parse().unwrap());
        row["write_date"] = wire::datetime(at.parse().unwrap());
        row
    }

    fn party() -> Value {
        stamped(
            json!({
                "id": 2, "name": "ACME Manufacturing",
                "addresses.": [
                    stamped(json!({
                        "id": 7, "active": true, "delivery": 1, "party_name": null, "attn": "Dock 4",
                        "street": "1 Anvil Way\n\nBuilding 2", "city": "Tucson", "postal_code": "85701",
                        "subdivision.": {"id": 3, "code": "US-AZ"}, "country.": {"id": 1, "code": "US"}
                    }), "2026-02-03T00:00:00Z"),
                    stamped(json!({"id": 8, "active": true, "delivery": 0, "street": "Box 1"}), "2026-02-01T00:00:00Z"),
                    stamped(json!({"id": 9, "active": 0, "delivery": 1, "party_name": "Old plant"}), "2026-02-01T00:00:00Z"),
                ],
                "contact_mechanisms.": [
                    stamped(json!({"id": 5, "active": 1, "type": "phone", "value": "+1 520 555 0100", "name": "Bea Ortiz"}),
                        "2026-02-01T00:00:00Z"),
                    stamped(json!({"id": 4, "active": 1, "type": "email", "value": "bea@acme.example", "name": "Bea Ortiz",
                        "invoice": 1}), "2026-02-01T00:00:00Z"),
                    stamped(json!({"id": 6, "active": 1, "type": "website", "value": "acme.example", "name": null}),
                        "2026-02-04T00:00:00Z"),
                    stamped(json!({"id": 10, "active": 0, "type": "email", "value": "x@acme.example", "name": "Gone"}),
                        "2026-02-01T00:00:00Z"),
                ]
            }),
            "2026-02-02T00:00:00Z",
        )
    }

    #[test]
    fn addresses_for_deliveries_are_places() {
        let party = party();
        let places = ship_tos(Row::of(&party).unwrap()).unwrap();
        let first = &places[0];
        assert_eq!((places.len(), first.id.as_str(), first.active), (2, "7", true));
        let address = &first.address;
        assert_eq!(address.name, "ACME Manufacturing");
        assert_eq!(
            (&address.street[..], &address.deliver_to[..]),
            (
                &["1 Anvil Way".to_owned(), "Building 2".to_owned()][..],
                &["Dock 4".to_owned()][..]
            )
        );
        let codes = (address.state.as_deref(), address.country_code.as_deref());
        assert_eq!(codes, (Some("US-AZ"), Some("US")));
        assert_eq!(
            (places[1].address.name.as_str(), places[1].active),
            ("Old plant", false)
        );
    }

    #[test]
    fn mechanisms_of_one_name_are_one_person() {
        let party = party();
        let people = contacts(Row::of(&party).unwrap()).unwrap();
        let told: Vec<_> = people
            .iter()
            .map(|one| {
                (
                    one.id.as_str(),
                    one.name.as_str(),
                    one.email.as_deref(),
                    one.phone.as_deref(),
                    one.active,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    "4",
                    "Bea Ortiz",
                    Some("bea@acme.example"),
                    Some("+1 520 555 0100"),
                    true
                ),
                ("6", "ACME Manufacturing", None, None, true),
                ("10", "Gone", None, None, false),
            ]
        );
        assert_eq!(people[0].roles, ["invoice"]);
    }

    #[test]
    fn two_of_one_name_stay_two() {
        let mechanism = |id: i64, kind: &str, value: &str, active: i64| json!({"id": id, "active": active, "type": kind, "value": value, "name": "Bea Ortiz"});
        let told = |rows: Vec<Value>| -> Vec<(String, Option<String>, Option<String>)> {
            let party = json!({"id": 2, "name": "ACME", "contact_mechanisms.": rows});
            let people = contacts(Row::of(&party).unwrap()).unwrap().into_iter();
            people.map(|one| (one.id, one.email, one.phone)).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        let rows = |first_is_used| {
            vec![
                mechanism(4, "phone", "+1 520 555 0100", 1),
                mechanism(5, "email", "bea@acme.example", first_is_used),
                mechanism(6, "email", "b.ortiz@acme.example", 1),
                mechanism(7, "mobile", "+1 520 555 0199", 1),
            ]
        };
        let second = ("6".to_owned(), some("b.ortiz@acme.example"), None);
        let first = |email| ("4".to_owned(), email, some("+1 520 555 0100"));
        assert_eq!(told(rows(1)), [first(some("bea@acme.example")), second.clone()]);
        // Who is not used any more leaves the other as it was.
        assert_eq!(told(rows(0)), [first(None), second]);
    }

    #[test]
    fn the_latest_stamp_of_all_counts() {
        let party = party();
        let expected: Instant = "2026-02-04T00:00:00Z".parse().unwrap();
        assert_eq!(changed_at(Row::of(&party).unwrap()).unwrap(), expected);
    }
}
