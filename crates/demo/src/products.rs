//! The catalogue of the demo shop: what it sells, at which list price, and how it is found.
//!
//! Read once from the embedded `products.toml`. Knows nothing of customers, carts or HTTP.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::DemoError;

const SOURCE: &str = include_str!("../products.toml");

/// A shelf of the shop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its key in URLs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What one finds there.
    pub tagline: String,
}

/// How the picture of a product is drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureSpec {
    /// The shape's name.
    pub shape: String,
    /// The main colour's name.
    pub tone: String,
    /// The second colour's name.
    pub accent: String,
}

/// Something the shop sells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The supplier's part number.
    pub sku: String,
    /// Key of its category.
    pub category: String,
    /// Name for people.
    pub name: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// List price of one unit, net, in USD.
    pub price: Decimal,
    /// Unit of measure code.
    pub unit: String,
    /// What one unit holds.
    pub pack: String,
    /// UNSPSC code, eight digits.
    pub unspsc: String,
    /// Who makes it.
    pub manufacturer: String,
    /// The maker's part number.
    pub manufacturer_part: String,
    /// Days until delivery.
    pub lead_days: u32,
    /// Units on the shelf.
    pub stock: u32,
    /// How its picture is drawn.
    pub picture: PictureSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    category: Vec<Category>,
    product: Vec<Product>,
}

/// All products, in the order of the shelves.
#[derive(Clone, Debug)]
pub struct Catalogue {
    categories: Vec<Category>,
    products: Vec<Product>,
    by_sku: BTreeMap<String, usize>,
}

impl Catalogue {
    /// The embedded catalogue.
    pub fn embedded() -> Result<Self, DemoError> {
        Self::read(SOURCE)
    }

    fn read(source: &str) -> Result<Self, DemoError> {
        let document: Document =
            toml::from_str(source).map_err(|error| DemoError::Products(error.to_string()))?;
        let mut by_sku = BTreeMap::new();
        for (index, product) in document.product.iter().enumerate() {
            check(product, &document.category)?;
            if by_sku.insert(product.sku.clone(), index).is_some() {
                return Err(DemoError::Products(format!("sku {} is there twice", product.sku)));
            }
        }
        Ok(Self {
            categories: document.category,
            products: document.product,
            by_sku,
        })
    }

    /// The shelves.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// All products.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// The product of that part number.
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.by_sku.get(sku).and_then(|index| self.products.get(*index))
    }

    /// The name of a category, or its key if it is unknown.
    pub fn category_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.categories
            .iter()
            .find(|category| category.id == id)
            .map_or(id, |category| category.name.as_str())
    }

    /// Products of a category (all if empty) in which every word of the query is found.
    pub fn find(&self, query: &str, category: &str) -> Vec<&Product> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        self.products
            .iter()
            .filter(|product| category.is_empty() || product.category == category)
            .filter(|product| {
                let text = self.searchable(product);
                words.iter().all(|word| text.contains(word.as_str()))
            })
            .collect()
    }

    fn searchable(&self, product: &Product) -> String {
        [
            product.sku.as_str(),
            &product.name,
            &product.description,
            &product.manufacturer,
            &product.manufacturer_part,
            self.category_name(&product.category),
        ]
        .join(" ")
        .to_lowercase()
    }
}

fn check(product: &Product, categories: &[Category]) -> Result<(), DemoError> {
    let wrong = |what: &str| Err(DemoError::Products(format!("sku {}: {what}", product.sku)));
    if !categories.iter().any(|category| category.id == product.category) {
        return wrong("its category is not listed");
    }
    if product.price <= Decimal::ZERO {
        return wrong("its price is not above zero");
    }
    if product.unspsc.len() != 8 || !product.unspsc.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong("its unspsc is not eight digits");
    }
    Ok(())
}

/// A unit code in words.
pub fn unit_name(code: &str) -> &str {
    match code {
        "EA" => "each",
        "BX" => "box",
        "PK" => "pack",
        "DZ" => "dozen",
        "MTR" => "metre",
        "PR" => "pair",
        "ST" => "set",
        "CS" => "case",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_is_sound() {
        let catalogue = Catalogue::embedded().unwrap();
        assert!(catalogue.products().len() >= 60);
        for product in catalogue.products() {
            assert_ne!(
                unit_name(&product.unit),
                product.unit,
                "{} has no unit in words",
                product.sku
            );
        }
    }

    #[test]
    fn finds_by_words_in_any_order_and_by_category() {
        let catalogue = Catalogue::embedded().unwrap();
        let skus = |query, category| -> Vec<&str> {
            catalogue
                .find(query, category)
                .iter()
                .map(|product| product.sku.as_str())
                .collect()
        };
        assert_eq!(skus("m8 bolt", ""), ["FS-2010"]);
        assert_eq!(skus("BS-CP180", ""), ["TL-1150"]);
        assert_eq!(skus("helmet", "tools"), [] as [&str; 0]);
        assert_eq!(skus("", "safety").len(), 12);
    }

    #[test]
    fn names_the_product_that_is_wrong() {
        let twice = SOURCE.replace("\"TL-1020\"", "\"TL-1010\"");
        let message = Catalogue::read(&twice).unwrap_err().to_string();
        assert_eq!(message, "products.toml: sku TL-1010 is there twice");
        let unspsc = SOURCE.replacen("\"27112703\"", "\"2711\"", 1);
        let message = Catalogue::read(&unspsc).unwrap_err().to_string();
        assert_eq!(
            message,
            "products.toml: sku TL-1010: its unspsc is not eight digits"
        );
    }
}
