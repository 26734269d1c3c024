//! What many documents hold: amounts, quantities, dates, addresses, contacts, name and value pairs.

use std::borrow::Cow;

use punchgate_domain::{
    cart::{Charge, Classification},
    money::{Currency, StatedAmount},
    purchase_order::{Address, Contact, StatedDate},
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use crate::cxml::{
    Severity, card_number,
    element::{Content, Element},
    finding::Findings,
    timestamp::parse_stated_date,
};

/// The Money below an element; an empty or unreadable one is a finding and nothing.
pub(super) fn money(parent: Element<'_>, findings: &mut Findings) -> Option<StatedAmount> {
    let element = parent.child("Money")?;
    amount(element, findings)
}

/// A Money element.
pub(super) fn amount(element: Element<'_>, findings: &mut Findings) -> Option<StatedAmount> {
    let text = element.trimmed();
    let currency = element.filled_attribute("currency").unwrap_or_default();
    if text.is_empty() {
        let text = "Money is empty; it is read as not stated.";
        findings.note(
            Severity::Info,
            "money-empty",
            element.offset(),
            || element.path(),
            text,
        );
        return None;
    }
    let parsed = Currency::parse(currency).and_then(|currency| StatedAmount::parse(&text, currency));
    match parsed {
        Ok(amount) => Some(amount),
        Err(error) => {
            findings.note(
                Severity::Error,
                "money-unreadable",
                element.offset(),
                || element.path(),
                error.to_string(),
            );
            None
        }
    }
}

/// A charge with its description: Tax, Shipping.
pub(super) fn charge(element: Element<'_>, findings: &mut Findings) -> Option<Charge> {
    let amount = money(element, findings)?;
    Some(Charge {
        amount,
        description: element.child_text("Description").unwrap_or_default(),
    })
}

/// A quantity out of an attribute.
pub(super) fn quantity(element: Element<'_>, attribute: &str, findings: &mut Findings) -> Option<Quantity> {
    let text = element.filled_attribute(attribute)?;
    match Quantity::parse(text) {
        Ok(quantity) => Some(quantity),
        Err(error) => {
            let code = "quantity-unreadable";
            findings.note(
                Severity::Error,
                code,
                element.offset(),
                || element.path(),
                error.to_string(),
            );
            None
        }
    }
}

/// A quantity that must be there; where it is not, zero and an error finding.
pub(super) fn required_quantity(element: Element<'_>, findings: &mut Findings) -> Quantity {
    quantity(element, "quantity", findings).unwrap_or_else(|| {
        let text = "quantity is missing or unreadable; it is read as 0.";
        findings.note(
            Severity::Error,
            "quantity-missing",
            element.offset(),
            || element.path(),
            text,
        );
        Quantity::from_decimal(Decimal::ZERO)
    })
}

/// A date out of an attribute.
pub(super) fn date(element: Element<'_>, attribute: &str, findings: &mut Findings) -> Option<StatedDate> {
    let text = element.filled_attribute(attribute)?;
    let parsed = parse_stated_date(text);
    if parsed.is_none() {
        let text = format!("{attribute} '{text}' is not a date that is understood.");
        findings.note(
            Severity::Warning,
            "date-unreadable",
            element.offset(),
            || element.path(),
            text,
        );
    }
    parsed
}

/// The unit below an element.
pub(super) fn unit(parent: Element<'_>) -> Unit {
    Unit::new(parent.child_text("UnitOfMeasure").unwrap_or_default())
}

/// Name and value of every Extrinsic below an element, those of a card left out; nested XML stays as it was
/// written.
pub(super) fn extrinsics(parent: Element<'_>) -> Vec<(String, String)> {
    let all = parent.children().filter(|child| child.name() == "Extrinsic");
    all.filter(|one| !one.is_labelled_secret())
        .map(|one| {
            let name = one.filled_attribute("name").unwrap_or_default().to_owned();
            let value = if one.has_children() {
                Cow::Borrowed(one.inner_xml().trim())
            } else {
                one.trimmed()
            };
            (name, card_number::blank(&value).into_owned())
        })
        .collect()
}

/// Comments below an element, without attachments.
pub(super) fn comments(parent: Element<'_>) -> Vec<String> {
    let all = parent.children().filter(|child| child.name() == "Comments");
    all.map(|one| card_number::blank(&one.trimmed()).into_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// Commodity codes below an element.
pub(super) fn classifications(parent: Element<'_>) -> Vec<Classification> {
    let all = parent.children().filter(|child| child.name() == "Classification");
    all.map(|one| Classification {
        domain: one.filled_attribute("domain").unwrap_or_default().to_owned(),
        code: one.trimmed().into_owned(),
    })
    .collect()
}

/// Description and ShortName; the description without the short name inside it.
pub(super) fn description(parent: Element<'_>) -> (String, Option<String>, String) {
    let Some(element) = parent.child("Description") else {
        return (String::new(), None, "en".to_owned());
    };
    let language = element.language().unwrap_or("en").to_owned();
    let whole: String = element
        .content()
        .filter_map(|piece| match piece {
            Content::Text(text) => Some(text),
            Content::Element(_) => None,
        })
        .collect();
    let short_name = element.child_text("ShortName");
    (
        card_number::blank(whole.trim()).into_owned(),
        short_name.map(|name| card_number::blank(&name).into_owned()),
        language,
    )
}

/// An Address below ShipTo, BillTo or Contact; or the element itself if it holds the postal address.
pub(super) fn address(parent: Element<'_>) -> Address {
    let element = parent.child("Address").unwrap_or(parent);
    let postal = element.child("PostalAddress");
    let texts = |name: &str| -> Vec<String> {
        let all = postal.into_iter().flat_map(|postal| postal.children());
        all.filter(|child| child.name() == name)
            .filter_map(Element::filled_text)
            .collect()
    };
    let text = |name: &str| postal.and_then(|postal| postal.child_text(name));
    let country = postal.and_then(|postal| postal.child("Country"));
    Address {
        address_id: element.filled_attribute("addressID").map(str::to_owned),
        name: element.child_text("Name").unwrap_or_default(),
        deliver_to: texts("DeliverTo"),
        street: texts("Street"),
        city: text("City").unwrap_or_default(),
        state: text("State"),
        postal_code: text("PostalCode"),
        country_code: country
            .and_then(|country| country.filled_attribute("isoCountryCode"))
            .map(str::to_owned),
        email: element.child_text("Email"),
        phone: element.child("Phone").and_then(phone),
    }
}

fn phone(element: Element<'_>) -> Option<String> {
    let number = element.child("TelephoneNumber")?;
    let country = number
        .child("CountryCode")
        .and_then(Element::filled_text)
        .map(|code| format!("+{code}"));
    let parts = [
        country,
        number.child_text("AreaOrCityCode"),
        number.child_text("Number"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Contacts below an element.
pub(super) fn contacts(parent: Element<'_>) -> Vec<Contact> {
    let all = parent.children().filter(|child| child.name() == "Contact");
    all.map(|one| Contact {
        role: one.filled_attribute("role").map(str::to_owned),
        name: one.child_text("Name").unwrap_or_default(),
        email: one.child_text("Email"),
    })
    .collect()
}

/// Ids of an item.
pub(super) fn item_id(parent: Element<'_>) -> super::setup::ItemId {
    let Some(element) = parent.child("ItemID") else {
        return super::setup::ItemId::default();
    };
    super::setup::ItemId {
        part_id: element.child_text("SupplierPartID").unwrap_or_default(),
        auxiliary_id: element.child("SupplierPartAuxiliaryID").and_then(any_text),
        buyer_part_id: element.child_text("BuyerPartID"),
    }
}

/// SupplierPartAuxiliaryID may hold anything: nested XML stays as it was written.
fn any_text(element: Element<'_>) -> Option<String> {
    if element.has_children() {
        let inner = element.inner_xml().trim();
        return (!inner.is_empty()).then(|| inner.to_owned());
    }
    element.filled_text()
}
