//! Messages ↔ rows. Pure. What is not as agreed is refused with its path.

use punchgate_connector::{
    Capabilities,
    carts::{CartState, FillLine, FilledCart, RefusedLine, ShopCart},
    catalogue::{FoundItems, Item},
    orders::SubmitOutcome,
    page::Cursor,
    published::{
        Mismatch,
        order::WireSubmitOutcome,
        values::{
            WireAddress, WireAmount, WireContact, WireDecimal, currency, instant, instant_text, list,
            optional, unit,
        },
    },
    sessions::{OpenedSession, SessionMode, SessionRequest, Severity},
    shop_orders::{PaymentState, ShopOrder, ShopOrderLine},
};
use punchgate_domain::{
    cart::{Cart, CartLine, Charge},
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
};

use crate::wire::{
    OpenRequest, WireCart, WireCartAnswer, WireCartLine, WireCustomer, WireFillLine, WireItem, WireItems,
    WireNotice, WireOpened, WireOrderLineStatus, WireQualities, WireRefusedLine, WireSelectedItem,
    WireShopOrder,
};

/// The longest time that a login may last.
const LOGIN_SECONDS: i64 = 300;

pub(crate) fn capabilities(wire: &WireQualities) -> Capabilities {
    let careful = Capabilities::default();
    let is = |name: &str| {
        wire.flags
            .get(name)
            .and_then(serde_json::Value::as_bool)
            .unwrap_or(false)
    };
    Capabilities {
        edit: is("edit"),
        inspect: is("inspect"),
        parallel_sessions: is("parallel_sessions"),
        keeps_auxiliary_ids: is("keeps_auxiliary_ids"),
        line_price_override: is("line_price_override"),
        order_ref_unique: is("order_reference_unique"),
        order_cancel: is("order_cancel"),
        confirms_quantities: is("confirms_quantities"),
        page_size: wire.page_size.unwrap_or(50).max(1),
        ..careful
    }
}

pub(crate) fn open_request(request: &SessionRequest) -> OpenRequest<'_> {
    OpenRequest {
        session: &request.session,
        mode: request.mode.as_str(),
        customer: WireCustomer {
            external_id: &request.customer.external_id,
            code: request.customer.code.as_deref(),
            name: request.customer.name.as_deref(),
        },
        contact: request.contact.as_ref().map(WireContact::from),
        currency: request.currency.map(|currency| currency.to_string()),
        language: request.language.as_deref(),
        items: request.items.iter().map(fill_line).collect(),
        selected_item: request.selected_item.as_ref().map(|item| WireSelectedItem {
            part_id: &item.part_id,
            auxiliary_id: item.auxiliary_id.as_deref(),
        }),
        ship_to: request.ship_to.as_ref().map(WireAddress::from),
        notices: request
            .notices
            .iter()
            .map(|notice| WireNotice {
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

/// The login must be on the web and short: it is a credential that a browser carries.
pub(crate) fn opened(wire: WireOpened, now: punchgate_domain::Instant) -> Result<OpenedSession, Mismatch> {
    let login_expires_at = instant(&wire.login_expires_at, "login_expires_at")?;
    // The clocks may be apart as far as signatures allow.
    let longest = LOGIN_SECONDS + punchgate_connector::webhook_signature::TOLERANCE_SECONDS;
    if login_expires_at.duration_since(now).as_secs() > longest {
        return Err(Mismatch::new("login_expires_at", "is more than 300 seconds away"));
    }
    let on_the_web = ["https://", "http://"].iter().any(|scheme| {
        wire.login_url
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !on_the_web {
        return Err(Mismatch::new("login_url", "is not an address of the web"));
    }
    Ok(OpenedSession {
        storefront_session: wire.storefront_session,
        login_url: wire.login_url,
        login_expires_at,
        refused: refused(wire.refused),
    })
}

pub(crate) fn fill_line(line: &FillLine) -> WireFillLine<'_> {
    WireFillLine {
        line: line.line,
        part_id: &line.part_id,
        auxiliary_id: line.auxiliary_id.as_deref(),
        quantity: WireDecimal::from(&line.quantity),
        unit: line.unit.as_ref().map(Unit::as_str),
        unit_price: line.unit_price.as_ref().map(WireAmount::from),
    }
}

fn refused(wire: Vec<WireRefusedLine>) -> Vec<RefusedLine> {
    wire.into_iter()
        .map(|line| RefusedLine {
            line: line.line,
            code: line.code,
            message: line.message,
        })
        .collect()
}

/// The cart of the session that was asked for.
pub(crate) fn filled(wire: WireCartAnswer, storefront_session: &str) -> Result<FilledCart, Mismatch> {
    Ok(FilledCart {
        cart: cart(wire.cart, storefront_session).map_err(|mismatch| mismatch.inside("cart"))?,
        refused: refused(wire.refused),
    })
}

fn cart(wire: WireCart, storefront_session: &str) -> Result<ShopCart, Mismatch> {
    if wire.storefront_session != storefront_session {
        return Err(Mismatch::new(
            "storefront_session",
            "is not the session that was asked for",
        ));
    }
    let currency = currency(&wire.currency, "currency")?;
    let charge = |charge: punchgate_connector::published::values::WireCharge| {
        let charge: Charge = charge.charge()?;
        same_currency(charge.amount.clone(), currency)?;
        Ok(charge)
    };
    Ok(ShopCart {
        mode: mode(&wire.mode)?,
        state: state(&wire.state)?,
        revision: wire.revision,
        cart: Cart {
            currency,
            lines: list(wire.lines, "lines", |line| cart_line(line, currency))?,
            shipping: optional(wire.shipping, "shipping", charge)?,
            tax: optional(wire.tax, "tax", charge)?,
        },
        storefront_session: wire.storefront_session,
        session: wire.session,
    })
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
            Mismatch::new(
                "state",
                format!("'{text}' is none of open, locked, returned, cancelled, expired"),
            )
        })
}

fn cart_line(wire: WireCartLine, currency: Currency) -> Result<CartLine, Mismatch> {
    let quantity = wire.quantity.quantity("quantity")?;
    if quantity.value() <= rust_decimal::Decimal::ZERO {
        return Err(Mismatch::new(
            "quantity",
            format!("{quantity} is not greater than zero"),
        ));
    }
    Ok(CartLine {
        quantity,
        unit: unit(wire.unit),
        unit_price: price(&wire.unit_price, "unit_price", currency)?,
        price_basis: basis(wire.price_basis.as_ref())?,
        part_id: wire.part_id,
        auxiliary_id: wire.auxiliary_id,
        description: wire.description,
        short_name: wire.short_name,
        language: wire.language.unwrap_or_else(|| "en".to_owned()),
        classifications: wire
            .classifications
            .into_iter()
            .flatten()
            .map(Into::into)
            .collect(),
        manufacturer_part_id: wire.manufacturer_part_id,
        manufacturer_name: wire.manufacturer_name,
        lead_time_days: wire.lead_time_days,
        image_url: wire.image_url,
        extrinsics: wire
            .extrinsics
            .into_iter()
            .flatten()
            .map(|extrinsic| (extrinsic.name, extrinsic.value))
            .collect(),
        charge: None,
    })
}

fn price(wire: &WireAmount, field: &'static str, currency: Currency) -> Result<StatedAmount, Mismatch> {
    wire.stated()
        .and_then(|amount| same_currency(amount, currency))
        .map_err(|mismatch| mismatch.inside(field))
}

fn same_currency(amount: StatedAmount, currency: Currency) -> Result<StatedAmount, Mismatch> {
    if amount.currency() == currency {
        Ok(amount)
    } else {
        Err(Mismatch::new(
            "currency",
            format!("{} in a cart in {currency}", amount.currency()),
        ))
    }
}

fn basis(wire: Option<&WireDecimal>) -> Result<Option<Quantity>, Mismatch> {
    let basis = wire.map(|basis| basis.quantity("price_basis")).transpose()?;
    match &basis {
        Some(basis) if basis.value() <= rust_decimal::Decimal::ZERO => Err(Mismatch::new(
            "price_basis",
            format!("{basis} is not greater than zero"),
        )),
        _ => Ok(basis),
    }
}

pub(crate) fn item(wire: WireItem) -> Result<Item, Mismatch> {
    let id = wire.part_id.clone();
    item_fields(wire).map_err(|mismatch| mismatch.inside(format_args!("item '{id}'")))
}

fn item_fields(wire: WireItem) -> Result<Item, Mismatch> {
    let quantity = |decimal: Option<WireDecimal>, field| decimal.map(|d| d.quantity(field)).transpose();
    let unit_of_price = unit(&wire.unit);
    let mut units: Vec<Unit> = wire.units.into_iter().flatten().map(unit).collect();
    if units.is_empty() {
        units.push(unit_of_price.clone());
    }
    Ok(Item {
        unit: unit_of_price,
        units,
        unit_price: wire
            .unit_price
            .stated()
            .map_err(|mismatch| mismatch.inside("unit_price"))?,
        price_basis: basis(wire.price_basis.as_ref())?,
        list_price: optional(wire.list_price, "list_price", |amount| amount.stated())?,
        in_stock: quantity(wire.in_stock, "in_stock")?,
        minimum_quantity: quantity(wire.minimum_quantity, "minimum_quantity")?,
        quantity_step: quantity(wire.quantity_step, "quantity_step")?,
        part_id: wire.part_id,
        name: wire.name,
        description: wire.description,
        language: wire.language.unwrap_or_else(|| "en".to_owned()),
        active: wire.active,
        lead_time_days: wire.lead_time_days,
        classifications: wire
            .classifications
            .into_iter()
            .flatten()
            .map(Into::into)
            .collect(),
        manufacturer_part_id: wire.manufacturer_part_id,
        manufacturer_name: wire.manufacturer_name,
        image_url: wire.image_url,
    })
}

pub(crate) fn found_items(wire: WireItems) -> Result<FoundItems, Mismatch> {
    if wire.more && wire.next_cursor.is_none() {
        return Err(Mismatch::new("next_cursor", "is missing, although there is more"));
    }
    Ok(FoundItems {
        items: list(wire.items, "items", item)?,
        next_cursor: wire.next_cursor.filter(|_| wire.more).map(Cursor::new),
    })
}

pub(crate) fn shop_order(wire: WireShopOrder) -> Result<ShopOrder, Mismatch> {
    Ok(ShopOrder {
        payment: match wire.payment_state.as_str() {
            "none" => PaymentState::None,
            "authorised" => PaymentState::Authorised,
            "paid" => PaymentState::Paid,
            other => {
                return Err(Mismatch::new(
                    "payment_state",
                    format!("'{other}' is none of none, authorised, paid"),
                ));
            }
        },
        lines: list(wire.lines.unwrap_or_default(), "lines", order_line)?,
        order: wire.order.placed()?,
    })
}

fn order_line(wire: WireOrderLineStatus) -> Result<ShopOrderLine, Mismatch> {
    let or_none = |decimal: Option<WireDecimal>, field| match decimal {
        Some(decimal) => decimal.quantity(field),
        None => Ok(Quantity::from_decimal(rust_decimal::Decimal::ZERO)),
    };
    Ok(ShopOrderLine {
        line_number: wire.line_number,
        unit: unit(wire.unit),
        ordered: wire.ordered.quantity("ordered")?,
        confirmed: or_none(wire.confirmed, "confirmed")?,
        shipped: or_none(wire.shipped, "shipped")?,
        invoiced: or_none(wire.invoiced, "invoiced")?,
        cancelled: or_none(wire.cancelled, "cancelled")?,
        part_id: wire.part_id,
    })
}

/// The order of the reference that was asked for; another is a mix-up on the other side.
pub(crate) fn shop_order_for(wire: WireShopOrder, reference: &str) -> Result<ShopOrder, Mismatch> {
    let order = shop_order(wire)?;
    if order.order.reference == reference {
        Ok(order)
    } else {
        Err(Mismatch::new(
            "reference",
            format!(
                "'{}' is not '{reference}', which was asked for",
                order.order.reference
            ),
        ))
    }
}

pub(crate) fn place_outcome(
    wire: WireSubmitOutcome<WireShopOrder>,
    reference: &str,
) -> Result<SubmitOutcome<ShopOrder>, Mismatch> {
    Ok(match wire {
        WireSubmitOutcome::Created { order } => SubmitOutcome::Created(shop_order_for(order, reference)?),
        WireSubmitOutcome::Existing { order } => SubmitOutcome::Existing(shop_order_for(order, reference)?),
        WireSubmitOutcome::Rejected(refusal) => SubmitOutcome::Rejected(refusal.into()),
    })
}

#[cfg(test)]
mod tests;
