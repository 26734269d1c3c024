//! PunchOutOrderMessage: the cart on its way back through the shopper's browser.
//!
//! us-ascii and without a secret, whatever the frame and header say.

use punchgate_domain::{
    cart::Cart,
    money::{Currency, Money, StatedAmount},
};

use super::{
    Frame, Header, StatusCode, WriteError,
    cookie::Cookie,
    item::{Item, charge, total},
    markup::Markup,
    status::status,
};
use crate::cxml::{
    decode::{message::OperationAllowed, setup::BuyerCookie},
    dialect::TotalIncludes,
};

const MESSAGE: &str = "PunchOutOrderMessage";

/// A cart. Run [`crate::cxml::dialect::preflight`] over it first.
#[derive(Clone, Copy, Debug)]
pub struct PunchOutOrderMessage<'a> {
    /// As the setup request brought it.
    pub buyer_cookie: &'a BuyerCookie,
    /// What the buyer may ask for later.
    pub operation_allowed: OperationAllowed,
    /// The lines; none is an empty cart (after an edit: everything was taken out).
    pub cart: &'a Cart,
    /// What the Total counts.
    pub total_includes: TotalIncludes,
}

/// The session ended and nothing shall change: Status 204.
#[derive(Clone, Copy, Debug)]
pub struct PunchOutCancel<'a> {
    /// As the setup request brought it.
    pub buyer_cookie: &'a BuyerCookie,
    /// What the buyer may ask for later.
    pub operation_allowed: OperationAllowed,
    /// The currency of the Total of nothing that the grammar wants.
    pub currency: Currency,
}

impl PunchOutOrderMessage<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        let version = frame.versions.punchout_order_message;
        let cookie = Cookie::check(MESSAGE, self.buyer_cookie)?;
        for (place, line) in self.cart.lines.iter().enumerate() {
            Item::of_cart(line).check(MESSAGE, &format!("line {}", place + 1), version)?;
        }
        check_currency(self.cart)?;
        let sum = cart_total(self.cart, self.total_includes).ok_or_else(|| WriteError::Incomplete {
            document: MESSAGE,
            problem: "the total is too large to be counted".to_owned(),
        })?;
        let capacity = 1536 + 768 * self.cart.lines.len();
        frame.message(version, header, capacity, |out| {
            out.open(MESSAGE).content(|out| {
                cookie.write(out);
                self.header(out, frame, &sum);
                for line in &self.cart.lines {
                    let item = Item::of_cart(line);
                    out.open("ItemIn")
                        .attr("quantity", line.quantity.text())
                        .content(|out| {
                            item.write_id(out);
                            item.write_detail(out);
                        });
                }
            });
        })
    }

    fn header(&self, out: &mut Markup, frame: &Frame<'_>, sum: &StatedAmount) {
        out.open("PunchOutOrderMessageHeader")
            .attr("operationAllowed", operation(self.operation_allowed))
            .content(|out| {
                total(out, sum);
                charge(out, "Shipping", frame.lang, self.cart.shipping.as_ref());
                charge(out, "Tax", frame.lang, self.cart.tax.as_ref());
            });
    }
}

impl PunchOutCancel<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        let cookie = Cookie::check(MESSAGE, self.buyer_cookie)?;
        let nothing = StatedAmount::from_decimal(Money::zero(self.currency).to_decimal(), self.currency);
        frame.message(frame.versions.punchout_order_message, header, 1536, |out| {
            status(out, frame, StatusCode::NO_CONTENT, "");
            out.open(MESSAGE).content(|out| {
                cookie.write(out);
                out.open("PunchOutOrderMessageHeader")
                    .attr("operationAllowed", operation(self.operation_allowed))
                    .content(|out| total(out, &nothing));
            });
        })
    }
}

fn operation(allowed: OperationAllowed) -> &'static str {
    match allowed {
        OperationAllowed::Create => "create",
        OperationAllowed::Inspect => "inspect",
        OperationAllowed::Edit => "edit",
    }
}

fn check_currency(cart: &Cart) -> Result<(), WriteError> {
    let charges = [&cart.shipping, &cart.tax].into_iter().flatten();
    cart.lines
        .iter()
        .map(|line| line.unit_price.currency())
        .chain(charges.map(|charge| charge.amount.currency()))
        .find(|currency| *currency != cart.currency)
        .map_or(Ok(()), |other| {
            Err(WriteError::Incomplete {
                document: MESSAGE,
                problem: format!("the cart is in {} and holds an amount in {other}", cart.currency),
            })
        })
}

/// The Total in the currency's digits. It is our own sum, so it may be rounded; lines never are.
fn cart_total(cart: &Cart, includes: TotalIncludes) -> Option<StatedAmount> {
    let mut sum = cart.lines_total()?.value();
    if includes == TotalIncludes::LinesShippingTax {
        for charge in [&cart.shipping, &cart.tax].into_iter().flatten() {
            sum = sum.checked_add(charge.amount.value())?;
        }
    }
    let rounded = Money::from_decimal(sum, cart.currency).ok()?;
    Some(StatedAmount::from_decimal(rounded.to_decimal(), cart.currency))
}
