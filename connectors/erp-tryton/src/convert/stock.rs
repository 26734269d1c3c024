//! What Tryton has of products, and the answers that makes. Pure.

use std::collections::BTreeMap;

use punchgate_connector::{
    published::Mismatch,
    stock::{StockAnswer, StockQuery},
};
use punchgate_domain::quantity::Quantity;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::units::{self, TrytonUnit};
use crate::wire::Row;

/// The fields of a product.
pub(crate) const PRODUCT_FIELDS: [&str; 6] = [
    "code",
    "type",
    "default_uom.name",
    "default_uom.category",
    "quantity",
    "forecast_quantity",
];

/// The fields of a warehouse.
pub(crate) const WAREHOUSE_FIELDS: [&str; 1] = ["code"];

/// A warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warehouse {
    pub(crate) id: i64,
    pub(crate) code: Option<String>,
}

/// The fields of a move.
pub(crate) const MOVE_FIELDS: [&str; 2] = ["product", "internal_quantity"];

/// A product, as far as it is kept in stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    id: i64,
    code: String,
    is_goods: bool,
    unit_name: String,
    unit_category: i64,
    /// What is there and assigned to nobody.
    unassigned: Decimal,
    /// What is left when everything is done that is planned from today on.
    forecast: Decimal,
}

impl Kept {
    /// What can be promised: what is there and assigned to nobody, but not more than what is left when everything is done
    /// that is planned. Tryton's forecast forgets what was to leave before today and has not.
    fn available(&self, late: &Late) -> Decimal {
        let late = late.0.get(&self.id).copied().unwrap_or_default();
        let left = self.unassigned.min(self.forecast - late);
        left.max(Decimal::ZERO).normalize()
    }
}

/// What of each product was to leave before today and is still there, assigned to nobody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Late(BTreeMap<i64, Decimal>);

impl Late {
    /// Counts a move that should have been done.
    pub(crate) fn add(&mut self, row: Row<'_>) -> Result<(), Mismatch> {
        super::in_record("move", row, |row| {
            let quantity = row.decimal("internal_quantity")?.unwrap_or_default();
            *self.0.entry(row.id("product")?).or_default() += quantity;
            Ok(())
        })
    }
}

/// The moves that were to leave these warehouses before `today`, a date as Tryton writes it, and nobody has assigned.
pub(crate) fn late_moves(company: u32, warehouses: &[i64], codes: &[&str], today: &Value) -> Value {
    json!([
        ["state", "=", "draft"],
        ["company", "=", company],
        ["product.code", "in", codes],
        ["planned_date", "<", today],
        ["from_location", "child_of", warehouses, "parent"],
        ["to_location", "not child_of", warehouses, "parent"]
    ])
}

/// Reads a warehouse.
pub(crate) fn warehouse(row: Row<'_>) -> Result<Warehouse, Mismatch> {
    super::in_record("warehouse", row, |row| {
        Ok(Warehouse {
            id: row.id("id")?,
            code: row.text("code")?,
        })
    })
}

/// The warehouse that is meant, by its code or its id.
pub(crate) fn named<'a>(warehouses: &'a [Warehouse], key: &str) -> Option<&'a Warehouse> {
    let by_code = warehouses.iter().find(|one| one.code.as_deref() == Some(key));
    by_code.or_else(|| warehouses.iter().find(|one| Some(one.id) == super::id(key)))
}

/// Reads a product; none without a code.
pub(crate) fn kept(row: Row<'_>) -> Result<Option<Kept>, Mismatch> {
    super::in_record("product", row, |row| {
        let (Some(code), Some(unit)) = (row.text("code")?, row.related("default_uom")) else {
            return Ok(None);
        };
        let quantity = |field| Ok::<_, Mismatch>(row.decimal(field)?.unwrap_or_default());
        Ok(Some(Kept {
            id: row.id("id")?,
            code,
            is_goods: row.text("type")?.as_deref() == Some("goods"),
            unit_name: unit.required_text("name")?,
            unit_category: unit.id("category")?,
            unassigned: quantity("quantity")?,
            forecast: quantity("forecast_quantity")?,
        }))
    })
}

/// The answer for a product, in the unit in which Tryton keeps it.
pub(crate) fn answer(
    table: &BTreeMap<String, String>,
    units: &[TrytonUnit],
    (products, late): (&[Kept], &Late),
    query: &StockQuery,
) -> StockAnswer {
    let unknown = |message: String| StockAnswer::Unknown { message };
    let Some(product) = products.iter().find(|product| product.code == query.part_id) else {
        return unknown(format!("there is no product '{}'", query.part_id));
    };
    if !product.is_goods {
        return unknown(format!("'{}' is not kept in stock", query.part_id));
    }
    let asked = units::find(table, units, &query.unit);
    if asked.is_none_or(|unit| unit.category != product.unit_category) {
        return unknown(format!("'{}' is not kept by the {}", query.part_id, query.unit));
    }
    let is_own = units::means(table, query.unit.as_str(), &product.unit_name);
    StockAnswer::Available {
        quantity: Quantity::from_decimal(product.available(late)),
        unit: match is_own {
            true => query.unit.clone(),
            false => units::code(table, &product.unit_name),
        },
        expected: None,
    }
}

/// Nobody can say.
pub(crate) fn no_warehouse(key: Option<&str>) -> StockAnswer {
    StockAnswer::Unknown {
        message: match key {
            Some(key) => format!("there is no warehouse '{key}'"),
            None => "Tryton has no warehouse".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use punchgate_domain::quantity::Unit;

    use super::*;

    fn product(id: i64, code: &str, kind: &str, quantity: f64, forecast: f64) -> Kept {
        let unit = json!({"id": 1, "name": "Unit", "category": 1});
        let row = json!({
            "id": id, "code": code, "type": kind, "default_uom.": unit, "quantity": quantity, "forecast_quantity": forecast
        });
        kept(Row::of(&row).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn what_is_there_is_told_in_the_unit_in_which_it_is_kept() {
        let units: Vec<TrytonUnit> = [(1, "Unit", 1), (2, "Dozen", 1), (3, "Kilogram", 2)]
            .map(|(id, name, category)| {
                let row = json!({"id": id, "name": name, "category": category});
                units::unit(Row::of(&row).unwrap()).unwrap()
            })
            .into();
        let products = [
            product(1, "HX-1", "goods", 500.0, 480.0),
            product(2, "GL-2", "goods", 40.5, 900.0),
            product(3, "DR-3", "goods", 3.0, -2.0),
            product(4, "SRV", "service", 0.0, 0.0),
            product(5, "LT-5", "goods", 10.0, 25.0),
            product(6, "LT-6", "goods", 10.0, 8.0),
        ];
        let mut late = Late::default();
        for (product, quantity) in [(5, 9.0), (5, 11.5), (6, 1.0), (7, 99.0)] {
            let row = json!({"id": 1, "product": product, "internal_quantity": quantity});
            late.add(Row::of(&row).unwrap()).unwrap();
        }
        let table = [("DZN".to_owned(), "Dozen".to_owned())].into();
        let cases = [
            ("HX-1", "EA", "480 EA"),
            ("HX-1", "C62", "480 C62"),
            ("HX-1", "DZN", "480 EA"),
            ("GL-2", "EA", "40.5 EA"),
            ("DR-3", "EA", "0 EA"),
            ("LT-5", "EA", "4.5 EA"),
            ("LT-6", "EA", "7 EA"),
            ("HX-1", "KGM", "'HX-1' is not kept by the KGM"),
            ("HX-1", "PAL", "'HX-1' is not kept by the PAL"),
            ("SRV", "EA", "'SRV' is not kept in stock"),
            ("NONE", "EA", "there is no product 'NONE'"),
        ];
        for (part_id, unit, expected) in cases {
            let query = StockQuery {
                part_id: part_id.to_owned(),
                unit: Unit::new(unit),
                customer: None,
                warehouse: None,
            };
            let text = match answer(&table, &units, (&products, &late), &query) {
                StockAnswer::Available { quantity, unit, .. } => format!("{quantity} {unit}"),
                StockAnswer::Unknown { message } => message,
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_warehouse_goes_by_its_code_or_its_id() {
        let warehouses = [(5, Some("WH")), (9, None), (12, Some("9"))].map(|(id, code)| Warehouse {
            id,
            code: code.map(str::to_owned),
        });
        for (key, expected) in [
            ("WH", Some(5)),
            ("5", Some(5)),
            ("9", Some(12)),
            ("12", Some(12)),
            ("X", None),
        ] {
            assert_eq!(named(&warehouses, key).map(|one| one.id), expected, "{key}");
        }
    }
}
