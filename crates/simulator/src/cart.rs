//! The rules that a returned cart is held to: the form that carries it, the message, its lines and amounts. Pure.

use std::collections::BTreeSet;

use punchgate_domain::cart::{Cart, CartLine};
use punchgate_protocols::{
    cxml::{
        Body, Credential,
        decode::message::{OperationAllowed, OrderMessage},
        dialect::{Dialect, ReturnEncoding, TextCharacters, TotalIncludes, UnitDefault},
    },
    form::read_cart_form,
    page::Form,
};
use rust_decimal::Decimal;
use url::form_urlencoded;

use crate::{
    answer::{self, Rules},
    clause::Clause,
    report::Faults,
    run::Buyer,
    write::in_currency,
};

/// What the suite expects of a cart.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) buyer: &'a Buyer,
    pub(crate) dialect: &'a Dialect,
    pub(crate) cookie: &'a str,
    pub(crate) return_url: &'a str,
    /// The form fields that the suite reads.
    pub(crate) fields: &'a [String],
}

/// What came back.
#[derive(Debug)]
pub(crate) enum CameBack {
    /// A cart.
    Cart(Box<OrderMessage>),
    /// Status 204: change nothing.
    NoChange,
}

/// Whether a form is one that carries a cart.
pub(crate) fn is_cart_form(form: &Form) -> bool {
    form.fields
        .iter()
        .any(|(name, _)| name.to_ascii_lowercase().starts_with("cxml"))
}

/// The document in a form, and what is wrong with the form.
pub(crate) fn of_form(form: &Form, expected: &Expected<'_>, faults: &mut Faults) -> Option<Vec<u8>> {
    faults.require(form.method == "post", Clause::CartForm, || {
        format!("the form's method is {}", form.method)
    });
    faults.require(form.action == expected.return_url, Clause::CartForm, || {
        format!(
            "the form leads to “{}”, BrowserFormPost was “{}”",
            form.action, expected.return_url
        )
    });
    let wanted = match expected.dialect.return_encoding {
        ReturnEncoding::UrlEncoded => "cXML-urlencoded",
        ReturnEncoding::Base64 => "cXML-base64",
    };
    for (name, value) in &form.fields {
        if !name.to_ascii_lowercase().starts_with("cxml") {
            continue;
        }
        let is_read = expected
            .fields
            .iter()
            .any(|field| field.eq_ignore_ascii_case(name));
        faults.require(is_read, Clause::Dialect, || {
            format!("this suite does not read a field {name}")
        });
        faults.require(name.eq_ignore_ascii_case(wanted), Clause::Dialect, || {
            format!("the cart comes in {name}; the dialect says {wanted}")
        });
        let is_plain = name.to_ascii_lowercase().ends_with("urlencoded");
        faults.require(!is_plain || value.is_ascii(), Clause::CartForm, || {
            "cXML-urlencoded holds characters outside us-ascii".to_owned()
        });
    }
    // As the browser would post it.
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form.fields)
        .finish();
    match read_cart_form(body.as_bytes()) {
        Ok(document) => Some(document),
        Err(error) => {
            faults.add(Clause::CartForm, error.to_string());
            None
        }
    }
}

/// Reads the message and notes what is wrong with it as such.
pub(crate) fn read(
    bytes: &[u8],
    expected: &Expected<'_>,
    rules: &mut Rules<'_>,
    faults: &mut Faults,
) -> Option<CameBack> {
    let document = answer::document(bytes, None, rules, faults)?;
    let envelope = &document.envelope;
    faults.require(envelope.is_message(), Clause::OrderMessage, || {
        "a cart comes as a Message".to_owned()
    });
    let is_proven = envelope
        .sender
        .iter()
        .any(|credential| !matches!(credential.proof, punchgate_protocols::cxml::Proof::None));
    faults.require(!is_proven, Clause::Secrets, || {
        "the Sender's authentication travels through the shopper's browser".to_owned()
    });
    faults.require(
        is_any(&envelope.from, &expected.buyer.to),
        Clause::Parties,
        || "From does not name the supplier that was asked".to_owned(),
    );
    faults.require(
        is_any(&envelope.to, &expected.buyer.from),
        Clause::Parties,
        || "To does not name this buyer".to_owned(),
    );
    let mute = descriptions_without_language(bytes);
    faults.require(mute == 0, Clause::OrderMessage, || {
        format!("{mute} Descriptions have no xml:lang")
    });
    let is_cancelled = envelope.status.as_ref().is_some_and(|status| status.code == 204);
    let Body::PunchOutOrderMessage(message) = document.body else {
        let text = format!("expected a PunchOutOrderMessage, got a {}", document.body.name());
        faults.add(Clause::OrderMessage, text);
        return None;
    };
    let cookie = message.buyer_cookie.as_str();
    faults.require(cookie == expected.cookie, Clause::BuyerCookie, || {
        format!("sent {:?}, came back as {cookie:?}", expected.cookie)
    });
    if is_cancelled {
        faults.require(message.cart.lines.is_empty(), Clause::OrderMessage, || {
            "Status 204 says 'no change', and the message has lines".to_owned()
        });
        return Some(CameBack::NoChange);
    }
    Some(CameBack::Cart(message))
}

/// What is read has a language in any case; the grammar wants it stated.
fn descriptions_without_language(document: &[u8]) -> usize {
    let text = String::from_utf8_lossy(document);
    let tags = text.split("<Description").skip(1);
    tags.filter_map(|rest| rest.split_once('>'))
        .filter(|(tag, _)| !tag.contains("xml:lang="))
        .count()
}

/// Judges a cart with lines.
pub(crate) fn judge(message: &OrderMessage, dialect: &Dialect, faults: &mut Faults) {
    judge_amounts(message, dialect, faults);
    for (line, place) in message.cart.lines.iter().zip(1..) {
        judge_line(line, place, dialect, faults);
    }
    judge_keys(message, faults);
}

fn judge_amounts(message: &OrderMessage, dialect: &Dialect, faults: &mut Faults) {
    let cart = &message.cart;
    let Some(stated) = message.total.as_ref().filter(|total| total.is_readable()) else {
        faults.add(Clause::Amounts, "the cart has no Total that can be read");
        return;
    };
    let currency = stated.currency();
    let charges = [&cart.shipping, &cart.tax].into_iter().flatten();
    let amounts = cart.lines.iter().map(|line| &line.unit_price);
    let mut others = amounts
        .chain(charges.clone().map(|charge| &charge.amount))
        .filter(|amount| amount.currency() != currency);
    if let Some(other) = others.next() {
        let text = format!("the Total is in {currency}, an amount in {}", other.currency());
        faults.add(Clause::Amounts, text);
        return;
    }
    let Some(lines) = cart.lines_total() else {
        faults.add(Clause::Amounts, "the lines cannot be summed up");
        return;
    };
    let further: Decimal = match dialect.total_includes {
        TotalIncludes::Lines => Decimal::ZERO,
        TotalIncludes::LinesShippingTax => charges.map(|charge| charge.amount.value()).sum(),
    };
    let sum = in_currency(lines.value() + further, currency);
    faults.require(
        in_currency(stated.value(), currency) == sum,
        Clause::Amounts,
        || {
            format!(
                "the Total is {} {currency}, the lines sum up to {sum}",
                stated.text()
            )
        },
    );
}

fn judge_line(line: &CartLine, place: usize, dialect: &Dialect, faults: &mut Faults) {
    let mut note = |clause: Clause, holds: bool, text: &str| {
        faults.require(holds, clause, || format!("line {place}: {text}"));
    };
    let lengths = &dialect.lengths;
    let auxiliary = line.auxiliary_id.as_deref().unwrap_or_default();
    let refused = |id: &str| id.contains(|c: char| dialect.characters.forbidden_in_ids.contains(c));
    note(
        Clause::OrderMessage,
        !line.part_id.is_empty(),
        "no SupplierPartID",
    );
    note(
        Clause::Dialect,
        line.part_id.len() <= lengths.part_id,
        "the SupplierPartID is too long",
    );
    note(
        Clause::Dialect,
        auxiliary.len() <= lengths.auxiliary_id,
        "the SupplierPartAuxiliaryID is too long",
    );
    note(
        Clause::Dialect,
        !refused(&line.part_id) && !refused(auxiliary),
        "an id holds a character that this suite refuses",
    );
    let quantity = &line.quantity;
    note(
        Clause::Amounts,
        quantity.is_readable() && quantity.value() > Decimal::ZERO,
        "the quantity is not a number above zero",
    );
    note(
        Clause::Amounts,
        line.unit_price.is_readable(),
        "the UnitPrice cannot be read",
    );
    let decimals = line.unit_price.value().normalize().scale();
    note(
        Clause::Dialect,
        decimals <= dialect.price.max_decimals,
        "the UnitPrice has too many decimals",
    );
    note(
        Clause::OrderMessage,
        !line.unit.as_str().is_empty(),
        "no UnitOfMeasure",
    );
    note(
        Clause::Dialect,
        is_unit(line.unit.as_str(), dialect),
        "this suite does not know the unit",
    );
    note(
        Clause::OrderMessage,
        !line.description.trim().is_empty(),
        "no Description",
    );
    judge_texts(line, dialect, &mut note);
    judge_classifications(line, &mut note);
}

fn judge_classifications(line: &CartLine, note: &mut impl FnMut(Clause, bool, &str)) {
    note(
        Clause::OrderMessage,
        !line.classifications.is_empty(),
        "no Classification",
    );
    for class in &line.classifications {
        let is_named = !class.domain.trim().is_empty() && !class.code.trim().is_empty();
        note(
            Clause::OrderMessage,
            is_named,
            "a Classification without domain or code",
        );
        let is_unspsc = class.domain.eq_ignore_ascii_case("UNSPSC");
        let is_code = class.code.len() == 8 && class.code.bytes().all(|byte| byte.is_ascii_digit());
        note(
            Clause::Dialect,
            !is_unspsc || is_code,
            "the UNSPSC code is not eight digits",
        );
    }
}

fn judge_texts(line: &CartLine, dialect: &Dialect, note: &mut impl FnMut(Clause, bool, &str)) {
    let lengths = &dialect.lengths;
    let texts = [
        (
            Some(&line.description),
            lengths.description,
            "the Description is too long",
        ),
        (
            line.short_name.as_ref(),
            lengths.short_name,
            "the ShortName is too long",
        ),
        (
            line.manufacturer_part_id.as_ref(),
            lengths.manufacturer_part_id,
            "the ManufacturerPartID is too long",
        ),
        (
            line.manufacturer_name.as_ref(),
            lengths.manufacturer_name,
            "the ManufacturerName is too long",
        ),
    ];
    for (text, most, problem) in texts {
        let Some(text) = text else { continue };
        note(Clause::Dialect, text.len() <= most, problem);
        let fits = text.chars().all(|c| match dialect.characters.text {
            TextCharacters::Any => true,
            TextCharacters::BasicPlane => u32::from(c) <= 0xFFFF,
            TextCharacters::Latin1 => u32::from(c) <= 0xFF,
            TextCharacters::Ascii => c.is_ascii(),
        });
        note(
            Clause::Dialect,
            fits,
            "a text holds characters that this suite does not take",
        );
    }
}

fn is_unit(unit: &str, dialect: &Dialect) -> bool {
    let units = &dialect.units;
    let is_listed = units.codes.values().any(|target| target.code == unit);
    let falls_back = match &units.unmapped {
        UnitDefault::Pass => true,
        UnitDefault::Code(code) => code == unit,
        UnitDefault::Reject => false,
    };
    unit.len() <= dialect.lengths.unit && (is_listed || falls_back)
}

fn judge_keys(message: &OrderMessage, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (line, place) in message.cart.lines.iter().zip(1..) {
        let key = (line.part_id.as_str(), line.auxiliary_id.as_deref());
        faults.require(seen.insert(key), Clause::LineKeys, || {
            format!("line {place}: another line has the same part and auxiliary id")
        });
        let may_edit = message.operation_allowed == OperationAllowed::Edit;
        faults.require(!may_edit || line.auxiliary_id.is_some(), Clause::LineKeys, || {
            format!(
                "line {place}: edit is allowed, and there is no SupplierPartAuxiliaryID to know the line by"
            )
        });
    }
}

/// Judges a cart against what the shop holds: every line is there, for the same money.
pub(crate) fn against_shop(message: &OrderMessage, shop: &Cart, faults: &mut Faults) {
    let amounts = |cart: &Cart| {
        let mut all: Vec<Option<Decimal>> = cart
            .lines
            .iter()
            .map(|line| line.amount().map(|amount| amount.normalize()))
            .collect();
        all.sort_unstable();
        all
    };
    faults.require(message.cart.currency == shop.currency, Clause::Amounts, || {
        format!(
            "the shop's cart is in {}, the message in {}",
            shop.currency, message.cart.currency
        )
    });
    let (came, held) = (message.cart.lines.len(), shop.lines.len());
    if came != held {
        let text = format!("the shop's cart has {held} lines, the message {came}");
        faults.add(Clause::OrderMessage, text);
        return;
    }
    faults.require(amounts(&message.cart) == amounts(shop), Clause::Amounts, || {
        let total = |cart: &Cart| {
            cart.lines_total()
                .map_or_else(|| "?".to_owned(), |total| total.text().to_owned())
        };
        format!(
            "the amounts of the lines are not those of the shop's cart: {} there, {} here",
            total(shop),
            total(&message.cart)
        )
    });
}

/// The keys of the lines, in order.
pub(crate) fn keys(cart: &Cart) -> Vec<(String, Option<String>)> {
    cart.lines
        .iter()
        .map(|line| (line.part_id.clone(), line.auxiliary_id.clone()))
        .collect()
}

fn is_any(seen: &[Credential], expected: &[(String, String)]) -> bool {
    expected.iter().any(|(domain, identity)| {
        let key = Credential::new(domain, identity).match_key();
        seen.iter().any(|credential| credential.match_key() == key)
    })
}

#[cfg(test)]
mod tests;
