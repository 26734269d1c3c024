//! Customers of the shop and their contract prices.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::products::Product;

/// A customer as the shop knows it.
#[derive(Clone, Debug)]
pub struct ShopCustomer {
    /// The number the shop, the ERP and the gateway all know it by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Rebates by category, in per cent off the list price.
    pub rebates: Vec<(String, Decimal)>,
    /// Fixed net prices by part number; they go before rebates.
    pub fixed_prices: Vec<(String, Decimal)>,
}

impl ShopCustomer {
    /// What one unit costs this customer, net, rounded half up to cents.
    pub(crate) fn price(&self, product: &Product) -> Decimal {
        if let Some((_, price)) = self.fixed_prices.iter().find(|(sku, _)| *sku == product.sku) {
            return *price;
        }
        let rebate = self
            .rebates
            .iter()
            .find(|(category, _)| *category == product.category)
            .map_or(Decimal::ZERO, |(_, percent)| *percent);
        cents(product.price * (Decimal::ONE_HUNDRED - rebate) / Decimal::ONE_HUNDRED)
    }
}

/// Rounded half up to two places, always written with two.
pub(crate) fn cents(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// The demo's three customers.
pub(crate) fn seeds() -> Vec<ShopCustomer> {
    let rebates = |pairs: &[(&str, i64)]| {
        pairs
            .iter()
            .map(|(category, percent)| ((*category).to_owned(), Decimal::from(*percent)))
            .collect()
    };
    let fixed = |pairs: &[(&str, i64)]| {
        pairs
            .iter()
            .map(|(sku, price)| ((*sku).to_owned(), Decimal::new(*price, 2)))
            .collect()
    };
    vec![
        ShopCustomer {
            id: "C-1001".into(),
            name: "ACME Manufacturing".into(),
            rebates: rebates(&[("tools", 12), ("fasteners", 18), ("safety", 8), ("electrical", 5)]),
            fixed_prices: fixed(&[("TL-1010", 15_900), ("SF-3080", 895)]),
        },
        ShopCustomer {
            id: "C-1002".into(),
            name: "Borealis Health".into(),
            rebates: rebates(&[("lab", 15), ("safety", 12), ("office", 6)]),
            fixed_prices: fixed(&[("LB-4040", 17_900), ("SF-3110", 1_750)]),
        },
        ShopCustomer {
            id: "C-1003".into(),
            name: "Cobalt Labs".into(),
            rebates: rebates(&[("lab", 10), ("tools", 4)]),
            fixed_prices: fixed(&[("LB-4050", 3_300)]),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::products::Catalogue;

    #[test]
    fn contract_price_is_fixed_then_rebate_then_list() {
        let catalogue = Catalogue::embedded().unwrap();
        let acme = &seeds()[0];
        for (sku, expected) in [
            ("TL-1010", "159.00"),
            ("TL-1110", "57.11"), // 64.90 less 12 % is 57.112
            ("FS-2050", "5.17"),  // 6.30 less 18 % is 5.166
            ("OF-6030", "6.48"),
        ] {
            let product = catalogue.product(sku).unwrap();
            assert_eq!(acme.price(product).to_string(), expected, "{sku}");
        }
    }
}
