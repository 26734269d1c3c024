//! Sessions and carts.

use punchgate_connector::{
    carts::{CartState, FillLine, FilledCart, RefusedLine, ShopCart},
    published::{
        Mismatch,
        values::{instant, instant_text, list},
    },
    sessions::{OpenedSession, SessionMode, SessionRequest, Severity},
    webhook_signature::TOLERANCE_SECONDS,
};
use punchgate_domain::{
    Instant,
    cart::{Cart, CartLine, Charge},
    quantity::{Quantity, Unit},
};

use super::{Counted, address, count, facts, plain};
use crate::wire;

/// The longest time that a login may last.
const LOGIN_SECONDS: i64 = 300;

pub(crate) fn open_input(request: &SessionRequest) -> wire::OpenInput<'_> {
    wire::OpenInput {
        key: &request.session,
        mode: request.mode.as_str(),
        account: &request.customer.external_id,
        shopper: request.contact.as_ref().map(|contact| contact.name.as_str()),
        items: request.items.iter().map(fill_line).collect(),
        selected_part: request.selected_item.as_ref().map(|item| item.part_id.as_str()),
        ship_to: request.ship_to.as_ref().map(address),
        notices: request
            .notices
            .iter()
            .map(|notice| wire::NoticeInput {
                severity: severity(notice.severity),
                text: &notice.text,
            })
            .collect(),
        return_url: &request.return_url,
        cancel_url: &request.cancel_url,
        expires_at: instant_text(request.expires_at),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Blocking => "blocking",
    }
}

pub(crate) fn fill_line(line: &FillLine) -> wire::FillLineInput<'_> {
    wire::FillLineInput {
        line: line.line,
        sku: &line.part_id,
        quantity: plain(&line.quantity),
        unit: line.unit.as_ref().map(Unit::as_str),
        auxiliary_id: line.auxiliary_id.as_deref(),
    }
}

/// The login must be on the web and short: it is a credential that a browser carries.
pub(crate) fn opened(wire: wire::Opened, now: Instant) -> Result<OpenedSession, Mismatch> {
    let login_expires_at = instant(&wire.login_expires_at, "loginExpiresAt")?;
    // The clocks may be apart as far as signatures allow.
    if login_expires_at.duration_since(now).as_secs() > LOGIN_SECONDS + TOLERANCE_SECONDS {
        return Err(Mismatch::new("loginExpiresAt", "is more than 300 seconds away"));
    }
    let on_the_web = url::Url::parse(&wire.login_url)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !on_the_web {
        return Err(Mismatch::new("loginUrl", "is not an address of the web"));
    }
    Ok(OpenedSession {
        storefront_session: wire.id,
        login_url: wire.login_url,
        login_expires_at,
        refused: refused(wire.refused),
    })
}

fn refused(wire: Vec<wire::Refused>) -> Vec<RefusedLine> {
    wire.into_iter()
        .map(|line| RefusedLine {
            line: line.line,
            code: line.code,
            message: line.message,
        })
        .collect()
}

/// The cart of the session that was asked for.
pub(crate) fn filled(wire: wire::Cart, storefront_session: &str) -> Result<FilledCart, Mismatch> {
    if wire.id != storefront_session {
        return Err(Mismatch::new("id", "is not the session that was asked for"));
    }
    let counted = Counted::new(&wire.currency, wire.decimals)?;
    let state = state(&wire.state)?;
    borne_by_lines(&wire, state)?;
    let charge = |minor, field, description: Option<String>| -> Result<Charge, Mismatch> {
        Ok(Charge {
            amount: counted.price(minor, field)?,
            description: description.unwrap_or_default(),
        })
    };
    let shipping = wire
        .shipping
        .map(|minor| charge(minor, "shipping", wire.shipping_name));
    let tax = wire.tax.map(|minor| charge(minor, "tax", None));
    let cart = Cart {
        currency: counted.currency,
        lines: list(wire.lines, "lines", |line| {
            cart_line(line, counted, &wire.language)
        })?,
        shipping: shipping.transpose()?,
        tax: tax.transpose()?,
    };
    Ok(FilledCart {
        cart: ShopCart {
            mode: mode(&wire.mode)?,
            state,
            revision: wire.revision,
            cart,
            storefront_session: wire.id,
            session: wire.session,
        },
        refused: refused(wire.refused),
    })
}

/// An open cart may be read in the middle of a change; one that is handed over must say all it costs by its lines.
fn borne_by_lines(wire: &wire::Cart, state: CartState) -> Result<(), Mismatch> {
    let sum = wire
        .lines
        .iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.line_price));
    if state == CartState::Open || sum == Some(wire.sub_total) {
        return Ok(());
    }
    let problem = format!(
        "{} is not the sum of the lines: a surcharge or discount of the shop that no line bears cannot be handed over",
        wire.sub_total
    );
    Err(Mismatch::new("subTotal", problem))
}

fn mode(text: &str) -> Result<SessionMode, Mismatch> {
    [SessionMode::Create, SessionMode::Edit, SessionMode::Inspect]
        .into_iter()
        .find(|mode| mode.as_str() == text)
        .ok_or_else(|| Mismatch::new("mode", format!("'{text}' is none of create, edit, inspect")))
}

fn state(text: &str) -> Result<CartState, Mismatch> {
    CartState::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| {
            let problem = format!("'{text}' is none of open, locked, returned, cancelled, expired");
            Mismatch::new("state", problem)
        })
}

fn cart_line(wire: wire::CartLine, counted: Counted, language: &str) -> Result<CartLine, Mismatch> {
    if wire.quantity == 0 {
        return Err(Mismatch::new("quantity", "0 is not greater than zero"));
    }
    let (classifications, lead_time_days) = facts(&wire.attributes)?;
    let (unit, basis) = unit_price(&wire);
    Ok(CartLine {
        quantity: count(wire.quantity),
        unit: Unit::new(&wire.unit),
        unit_price: counted.price(unit, "unitPrice")?,
        price_basis: basis,
        part_id: wire.sku,
        auxiliary_id: Some(wire.auxiliary_id),
        description: wire.name,
        short_name: None,
        language: language.replace('_', "-"),
        classifications,
        manufacturer_part_id: wire.attributes.manufacturer_part_id,
        manufacturer_name: wire.attributes.manufacturer,
        lead_time_days,
        image_url: wire.image_url,
        extrinsics: Vec::new(),
        charge: None,
    })
}

/// The line's price is what Vendure charges; its unit price may be rounded. Where it does not come out even, the price
/// stands for the whole line.
fn unit_price(wire: &wire::CartLine) -> (i64, Option<Quantity>) {
    let quantity = i64::from(wire.quantity);
    if wire.unit_price.checked_mul(quantity) == Some(wire.line_price) {
        (wire.unit_price, None)
    } else if wire.line_price.checked_rem(quantity) == Some(0) {
        (wire.line_price.checked_div(quantity).unwrap_or_default(), None)
    } else {
        (wire.line_price, Some(count(wire.quantity)))
    }
}

#[cfg(test)]
mod tests;
