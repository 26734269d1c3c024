//! Units: codes of orders and names in Tryton. Pure.

use std::collections::BTreeMap;

use punchgate_connector::published::Mismatch;
use punchgate_domain::quantity::Unit;

use crate::wire::Row;

/// Codes of UN/CEFACT recommendation 20 and the names that Tryton gives these units.
const NAMES: &[(&str, &str)] = &[
    ("EA", "Unit"),
    ("C62", "Unit"),
    ("H87", "Unit"),
    ("PCE", "Unit"),
    ("KGM", "Kilogram"),
    ("GRM", "Gram"),
    ("LBR", "Pound"),
    ("ONZ", "Ounce"),
    ("MTR", "Meter"),
    ("CMT", "Centimeter"),
    ("MMT", "Millimeter"),
    ("FOT", "Foot"),
    ("INH", "Inch"),
    ("YRD", "Yard"),
    ("MTK", "Square meter"),
    ("FTK", "Square foot"),
    ("MTQ", "Cubic meter"),
    ("LTR", "Liter"),
    ("GLL", "Gallon"),
    ("HUR", "Hour"),
    ("DAY", "Day"),
    ("MIN", "Minute"),
];

/// A unit of Tryton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrytonUnit {
    pub(crate) id: i64,
    pub(crate) name: String,
    symbol: String,
    pub(crate) category: i64,
}

/// The fields of a unit.
pub(crate) const FIELDS: [&str; 3] = ["name", "symbol", "category"];

/// Reads a unit.
pub(crate) fn unit(row: Row<'_>) -> Result<TrytonUnit, Mismatch> {
    Ok(TrytonUnit {
        id: row.id("id")?,
        name: row.required_text("name")?,
        symbol: row.text("symbol")?.unwrap_or_default(),
        category: row.id("category")?,
    })
}

/// The unit of Tryton that an order's code means: by the operator's table, by recommendation 20, by its own name
/// or symbol.
pub(crate) fn find<'a>(
    table: &BTreeMap<String, String>,
    units: &'a [TrytonUnit],
    code: &Unit,
) -> Option<&'a TrytonUnit> {
    let code = code.as_str();
    let stated = table.get(code).map(String::as_str);
    let known = || {
        NAMES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, name)| *name)
    };
    let wanted = stated.or_else(known).unwrap_or(code);
    units
        .iter()
        .find(|unit| unit.name == wanted)
        .or_else(|| units.iter().find(|unit| unit.name.eq_ignore_ascii_case(wanted)))
        .or_else(|| units.iter().find(|unit| unit.symbol == wanted))
}

/// Whether an order's code means the unit of this name.
pub(crate) fn means(table: &BTreeMap<String, String>, code: &str, name: &str) -> bool {
    let stated = table.get(code).map(String::as_str);
    let known = || {
        NAMES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, name)| *name)
    };
    stated.or_else(known).unwrap_or(code).eq_ignore_ascii_case(name)
}

/// The code that an order has for a unit of Tryton, by its name.
pub(crate) fn code(table: &BTreeMap<String, String>, name: &str) -> Unit {
    let stated = table
        .iter()
        .find(|(_, stated)| *stated == name)
        .map(|(code, _)| code.as_str());
    let known = NAMES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(code, _)| *code);
    Unit::new(stated.or(known).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: i64, name: &str, symbol: &str) -> TrytonUnit {
        TrytonUnit {
            id,
            name: name.to_owned(),
            symbol: symbol.to_owned(),
            category: 1,
        }
    }

    #[test]
    fn codes_and_units() {
        let units = [
            unit(1, "Unit", "u"),
            unit(2, "Kilogram", "kg"),
            unit(3, "Box", "bx"),
        ];
        let table: BTreeMap<String, String> = [("CT".to_owned(), "Box".to_owned())].into();
        let cases = [
            ("EA", Some(1), "EA"),
            ("C62", Some(1), "EA"),
            ("KGM", Some(2), "KGM"),
            ("kg", Some(2), "KGM"),
            ("CT", Some(3), "CT"),
            ("box", Some(3), "CT"),
            ("Unit", Some(1), "EA"),
            ("PAL", None, ""),
            ("", None, ""),
        ];
        for (text, expected, back) in cases {
            let found = find(&table, &units, &Unit::new(text));
            assert_eq!(found.map(|unit| unit.id), expected, "{text}");
            if let Some(found) = found {
                assert_eq!(code(&table, &found.name).as_str(), back, "{text}");
            }
        }
        assert_eq!(code(&table, "Pallet").as_str(), "Pallet");
    }
}
