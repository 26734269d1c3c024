//! Messages ↔ rows. Pure. What is not as agreed is refused with its path; minor units become decimals here, once.

pub(crate) mod carts;
pub(crate) mod items;
pub(crate) mod orders;

use punchgate_connector::published::{Mismatch, values};
use punchgate_domain::{
    cart::Classification,
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::Quantity,
};
use rust_decimal::Decimal;

use crate::wire::{AddressInput, Attributes};

/// More decimals than any shop keeps: what says so is no number of decimals.
const MOST_DECIMALS: u32 = 6;

/// In what a shop counts.
#[derive(Clone, Copy, Debug)]
struct Counted {
    currency: Currency,
    decimals: u32,
}

impl Counted {
    fn new(currency: &str, decimals: u32) -> Result<Self, Mismatch> {
        if decimals > MOST_DECIMALS {
            let problem = format!("{decimals} is more than {MOST_DECIMALS}");
            return Err(Mismatch::new("decimals", problem));
        }
        Ok(Self {
            currency: values::currency(currency, "currency")?,
            decimals,
        })
    }

    fn amount(self, minor: i64) -> StatedAmount {
        StatedAmount::from_decimal(Decimal::new(minor, self.decimals), self.currency)
    }

    /// A price; less than nothing is none.
    fn price(self, minor: i64, field: &str) -> Result<StatedAmount, Mismatch> {
        if minor < 0 {
            return Err(Mismatch::new(field, format!("{minor} is less than nothing")));
        }
        Ok(self.amount(minor))
    }
}

/// A whole number as a quantity.
fn count(number: u32) -> Quantity {
    Quantity::from_decimal(number.into())
}

/// A quantity as the plugin reads it: digits and a point, no sign and no exponent.
fn plain(quantity: &Quantity) -> String {
    quantity.value().normalize().to_string()
}

/// Commodity code and lead time of a variant.
fn facts(attributes: &Attributes) -> Result<(Vec<Classification>, Option<u32>), Mismatch> {
    let codes = attributes.unspsc.iter().map(|code| Classification {
        domain: "UNSPSC".to_owned(),
        code: code.clone(),
    });
    let days = attributes.lead_time_days.map(|days| {
        let negative = || Mismatch::new("leadTimeDays", format!("{days} is no number of days"));
        u32::try_from(days).map_err(|_| negative())
    });
    Ok((codes.collect(), days.transpose()?))
}

fn address(address: &Address) -> AddressInput<'_> {
    AddressInput {
        name: address.deliver_to.first().map(String::as_str),
        company: &address.name,
        street: &address.street,
        city: &address.city,
        region: address.state.as_deref(),
        postal_code: address.postal_code.as_deref(),
        country: address.country_code.as_deref(),
        phone: address.phone.as_deref(),
    }
}
