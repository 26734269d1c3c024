//! Addresses and contacts.

use punchgate_domain::purchase_order::{Address, Contact};

use super::{WriteError, markup::Markup};

/// `ShipTo`, `BillTo` … with an Address inside.
pub(super) fn location(out: &mut Markup, name: &'static str, lang: &str, place: &Address) {
    let has_post = !place.deliver_to.is_empty()
        || !place.street.is_empty()
        || !place.city.is_empty()
        || place.state.is_some()
        || place.postal_code.is_some();
    out.open(name).content(|out| {
        out.open("Address")
            .attr_if("isoCountryCode", place.country_code.as_deref())
            .attr_if("addressID", place.address_id.as_deref())
            .content(|out| {
                out.open("Name").attr("xml:lang", lang).text(&place.name);
                if has_post {
                    postal_address(out, place);
                }
                if let Some(email) = &place.email {
                    out.open("Email").text(email);
                }
                if let Some(phone) = &place.phone {
                    telephone(out, place.country_code.as_deref(), phone);
                }
            });
    });
}

fn postal_address(out: &mut Markup, place: &Address) {
    let country = place.country_code.as_deref().unwrap_or_default();
    out.open("PostalAddress").content(|out| {
        for person in &place.deliver_to {
            out.open("DeliverTo").text(person);
        }
        for street in &place.street {
            out.open("Street").text(street);
        }
        // The grammar wants one at least.
        if place.street.is_empty() {
            out.open("Street").empty();
        }
        out.open("City").text(&place.city);
        if let Some(state) = &place.state {
            out.open("State").text(state);
        }
        if let Some(code) = &place.postal_code {
            out.open("PostalCode").text(code);
        }
        out.open("Country").attr("isoCountryCode", country).text(country);
    });
}

/// The number is one text in our model; it is not taken apart by guesswork.
fn telephone(out: &mut Markup, country: Option<&str>, number: &str) {
    out.open("Phone").content(|out| {
        out.open("TelephoneNumber").content(|out| {
            out.open("CountryCode")
                .attr("isoCountryCode", country.unwrap_or_default())
                .empty();
            out.open("AreaOrCityCode").empty();
            out.open("Number").text(number);
        });
    });
}

/// `role` is the one attribute whose form the grammar checks.
pub(super) fn check_contacts(document: &'static str, contacts: &[Contact]) -> Result<(), WriteError> {
    let is_token = |role: &str| {
        !role.is_empty()
            && role
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    };
    contacts
        .iter()
        .filter_map(|contact| contact.role.as_deref())
        .find(|role| !is_token(role))
        .map_or(Ok(()), |role| {
            Err(WriteError::Incomplete {
                document,
                problem: format!("'{role}' is no contact role: letters, digits and .-_: only"),
            })
        })
}

pub(super) fn contact(out: &mut Markup, lang: &str, person: &Contact) {
    out.open("Contact")
        .attr_if("role", person.role.as_deref())
        .content(|out| {
            out.open("Name").attr("xml:lang", lang).text(&person.name);
            if let Some(email) = &person.email {
                out.open("Email").text(email);
            }
        });
}
