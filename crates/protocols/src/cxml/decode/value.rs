//! What many documents hold: amounts, quantities, dates, addresses, contacts, name and value pairs.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::cxml::{
    Severity, card_number,
    element::{Content, Element},
    finding::Findings,
    timestamp::parse_stated_date,
};
use punchgate_domain::{
    cart::{Charge, Classification},
    money::{Currency, StatedAmount},
    purchase_order::{Address, Contact, StatedDate},
    quantity::{Quantity, Unit},
};

/// The Money below an element; an empty or unreadable one is a finding and nothing.
pub(super) fn money(parent: Element<'_>, findings: &mut Findings) -> Option<StatedAmount> {
    stated_money(parent, findings).filter(StatedAmount::is_readable)
}

/// The Money below an element; an empty one is a finding and nothing, one that is no amount stays as such.
pub(super) fn stated_money(parent: Element<'_>, findings: &mut Findings) -> Option<StatedAmount> {
    let element = parent.child("Money")?;
    let text = element.trimmed();
    if text.is_empty() {
        let text = "Money is empty; it is read as not stated.";
        note(Severity::Info, "money-empty", element, text, findings);
        return None;
    }
    let currency = Currency::parse(element.filled_attribute("currency").unwrap_or_default());
    let error = match currency
        .clone()
        .and_then(|currency| StatedAmount::parse(&text, currency))
    {
        Ok(amount) => return Some(amount),
        Err(error) => error,
    };
    if let Some(amount) = currency
        .as_ref()
        .ok()
        .and_then(|currency| liberal(&text, *currency))
    {
        let text = format!(
            "'{text}' is read as {}; write amounts without thousands separators and currency signs.",
            amount.text()
        );
        note(Severity::Warning, "money-notation", element, text, findings);
        return Some(amount);
    }
    note(
        Severity::Error,
        "money-unreadable",
        element,
        error.to_string(),
        findings,
    );
    Some(StatedAmount::unreadable(
        &text,
        currency.unwrap_or(Currency::NONE),
    ))
}

/// Signs that stand for one of the currencies that they stand for, where it is stated beside them.
const SIGNS: &[(&str, &str)] = &[("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("JPY", "¥")];

/// An amount beside its own currency, with thousands separated by commas, where it can mean nothing else:
/// `1,234` may well be one and a bit.
fn liberal(text: &str, currency: Currency) -> Option<StatedAmount> {
    let signs = SIGNS.iter().filter(|(code, _)| *code == currency.as_str());
    let marks = signs.map(|(_, sign)| *sign).chain([currency.as_str()]);
    let bare = marks.fold(text, |text, mark| {
        text.strip_prefix(mark)
            .or_else(|| text.strip_suffix(mark))
            .unwrap_or(text)
            .trim()
    });
    let (whole, fraction) = bare
        .split_once('.')
        .map_or((bare, None), |(whole, rest)| (whole, Some(rest)));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_grouped = match groups.as_slice() {
        [_] => true,
        [first, rest @ ..] => {
            let first = first.trim_start_matches(['+', '-']);
            (1..=3).contains(&first.len())
                && rest.iter().all(|group| group.len() == 3)
                && (fraction.is_some() || rest.len() > 1)
        }
        [] => false,
    };
    let point = fraction
        .map(|fraction| format!(".{fraction}"))
        .unwrap_or_default();
    is_grouped
        .then(|| StatedAmount::parse(&format!("{}{point}", groups.concat()), currency).ok())
        .flatten()
}

/// A charge with its description: Tax, Shipping.
pub(super) fn charge(element: Element<'_>, findings: &mut Findings) -> Option<Charge> {
    stated_charge(element, findings).filter(|charge| charge.amount.is_readable())
}

/// A charge with its description, also where the amount is none.
pub(super) fn stated_charge(element: Element<'_>, findings: &mut Findings) -> Option<Charge> {
    let amount = stated_money(element, findings)?;
    Some(Charge {
        amount,
        description: element.child_text("Description").unwrap_or_default(),
    })
}

/// A quantity out of an attribute; what is none is a finding and nothing.
pub(super) fn quantity(element: Element<'_>, attribute: &str, findings: &mut Findings) -> Option<Quantity> {
    stated_quantity(element, attribute, findings).filter(Quantity::is_readable)
}

/// A quantity out of an attribute; what is none stays as such, with a finding.
pub(super) fn stated_quantity(
    element: Element<'_>,
    attribute: &str,
    findings: &mut Findings,
) -> Option<Quantity> {
    let text = element.filled_attribute(attribute)?;
    Some(Quantity::parse(text).unwrap_or_else(|error| {
        let problem = error.to_string();
        note(Severity::Error, "quantity-unreadable", element, problem, findings);
        Quantity::unreadable(text)
    }))
}

/// A quantity that must be there; where it is not, zero and an error finding.
pub(super) fn required_quantity(element: Element<'_>, findings: &mut Findings) -> Quantity {
    Some(ordered_quantity(element, findings))
        .filter(Quantity::is_readable)
        .unwrap_or_else(|| Quantity::from_decimal(Decimal::ZERO))
}

/// A quantity that must be there; where it is not, an unreadable one and an error finding.
pub(super) fn ordered_quantity(element: Element<'_>, findings: &mut Findings) -> Quantity {
    let stated = stated_quantity(element, "quantity", findings);
    if !stated.as_ref().is_some_and(Quantity::is_readable) {
        let text = "quantity is missing or unreadable; it is read as 0.";
        note(Severity::Error, "quantity-missing", element, text, findings);
    }
    stated.unwrap_or_else(|| Quantity::unreadable(""))
}

fn note(
    severity: Severity,
    code: &'static str,
    element: Element<'_>,
    text: impl Into<String>,
    findings: &mut Findings,
) {
    findings.note(severity, code, element.offset(), || element.path(), text);
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
    let mut address = Address {
        address_id: element.filled_attribute("addressID").map(str::to_owned),
        name: element.child_text("Name").unwrap_or_default(),
        email: element.child_text("Email"),
        phone: element.child("Phone").and_then(phone),
        ..Address::default()
    };
    let parts = element
        .child("PostalAddress")
        .into_iter()
        .flat_map(Element::children);
    for part in parts {
        match part.name() {
            "DeliverTo" => address.deliver_to.extend(part.filled_text()),
            "Street" => address.street.extend(part.filled_text()),
            "City" if address.city.is_empty() => address.city = part.trimmed().into_owned(),
            "State" if address.state.is_none() => address.state = part.filled_text(),
            "PostalCode" if address.postal_code.is_none() => address.postal_code = part.filled_text(),
            "Country" if address.country_code.is_none() => {
                address.country_code = part.filled_attribute("isoCountryCode").map(str::to_owned);
            }
            _ => {}
        }
    }
    address
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
