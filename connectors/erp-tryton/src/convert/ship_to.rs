//! Addresses of a customer: which of them an order means, and what is written for one that is not there. Pure.

use punchgate_connector::published::Mismatch;
use punchgate_domain::purchase_order::Address;
use serde_json::{Value, json};

use crate::wire::Row;

/// The related fields of a party's addresses.
pub(crate) const FIELDS: [&str; 7] = [
    "addresses.street",
    "addresses.city",
    "addresses.postal_code",
    "addresses.country.code",
    "addresses.delivery",
    "addresses.invoice",
    "addresses.active",
];

/// An address in Tryton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrytonAddress {
    pub(crate) id: i64,
    place: [String; 4],
    delivery: bool,
    invoice: bool,
}

/// Reads an address; none if it is not used any more.
pub(crate) fn address(row: Row<'_>) -> Result<Option<TrytonAddress>, Mismatch> {
    if !row.flag("active")? {
        return Ok(None);
    }
    let text = |field| Ok::<_, Mismatch>(row.text(field)?.unwrap_or_default());
    let country = row
        .related("country")
        .map_or(Ok(None), |country| country.text("code"))?;
    Ok(Some(TrytonAddress {
        id: row.id("id")?,
        place: place(
            &text("street")?,
            &text("city")?,
            &text("postal_code")?,
            country.as_deref(),
        ),
        delivery: row.flag("delivery")?,
        invoice: row.flag("invoice")?,
    }))
}

/// What makes two addresses the same place: not the name, not upper case, not how lines are broken.
fn place(street: &str, city: &str, postal_code: &str, country: Option<&str>) -> [String; 4] {
    let plain = |text: &str| {
        let letters = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' });
        let plain: String = letters.flat_map(char::to_lowercase).collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    [
        plain(street),
        plain(city),
        plain(postal_code),
        plain(country.unwrap_or_default()),
    ]
}

/// The address that the order means.
pub(crate) fn matching<'a>(known: &'a [TrytonAddress], wanted: &Address) -> Option<&'a TrytonAddress> {
    let country = wanted.country_code.as_deref();
    let postal_code = wanted.postal_code.as_deref().unwrap_or_default();
    let wanted = place(&wanted.street.join("\n"), &wanted.city, postal_code, country);
    known.iter().find(|address| address.place == wanted)
}

/// Where invoices go: the address that is marked so, else the first.
pub(crate) fn for_invoices(known: &[TrytonAddress]) -> Option<i64> {
    let marked = known.iter().find(|address| address.invoice);
    marked.or(known.first()).map(|address| address.id)
}

/// Where goods go if the order does not say.
pub(crate) fn for_deliveries(known: &[TrytonAddress]) -> Option<i64> {
    let marked = known.iter().find(|address| address.delivery);
    marked.or(known.first()).map(|address| address.id)
}

/// The values of a new address.
pub(crate) fn values(party: i64, address: &Address, country: Option<i64>) -> Value {
    json!({
        "party": party,
        "party_name": address.name,
        "attn": address.deliver_to.join(", "),
        "street": address.street.join("\n"),
        "city": address.city,
        "postal_code": address.postal_code,
        "country": country,
        "delivery": true,
        "invoice": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Row;

    #[test]
    fn the_same_place_is_found_and_another_is_not() {
        let answer = json!({
            "id": 7, "street": "1 Anvil Way\nDock 4", "city": "Tucson", "postal_code": "85701", "active": 1,
            "delivery": 0, "invoice": 1, "country": 1, "country.": {"id": 1, "code": "US"}
        });
        let known: Vec<_> = address(Row::of(&answer).unwrap()).unwrap().into_iter().collect();
        let wanted =
            |street: &[&str], city: &str, postal_code: Option<&str>, country: Option<&str>| Address {
                street: street.iter().map(|line| (*line).to_owned()).collect(),
                city: city.to_owned(),
                postal_code: postal_code.map(str::to_owned),
                country_code: country.map(str::to_owned),
                ..Address::default()
            };
        let cases = [
            (
                wanted(&["1 Anvil Way", "Dock 4"], "Tucson", Some("85701"), Some("US")),
                true,
            ),
            (
                wanted(&["1 ANVIL WAY, DOCK 4"], "tucson", Some(" 85701 "), Some("us")),
                true,
            ),
            (
                wanted(&["1 Anvil Way", "Dock 5"], "Tucson", Some("85701"), Some("US")),
                false,
            ),
            (
                wanted(&["1 Anvil Way", "Dock 4"], "Tucson", Some("85702"), Some("US")),
                false,
            ),
            (
                wanted(&["1 Anvil Way", "Dock 4"], "Tucson", None, Some("US")),
                false,
            ),
            (
                wanted(&["1 Anvil Way", "Dock 4"], "Tucson", Some("85701"), Some("DE")),
                false,
            ),
        ];
        for (wanted, same) in cases {
            assert_eq!(matching(&known, &wanted).is_some(), same, "{wanted:?}");
        }
        let inactive = json!({"id": 8, "active": false});
        assert_eq!(address(Row::of(&inactive).unwrap()).unwrap(), None);
    }
}
