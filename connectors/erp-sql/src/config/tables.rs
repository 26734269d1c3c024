//! Which views and tables there are, and what their columns are called.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_connector::{ConfigError, settings::SettingsReader};
use serde_json::{Map, Value};

use super::Tables;
use crate::{
    dialect::Dialect,
    schema::{
        ACCOUNT_REQUESTS, CUSTOMERS, CUSTOMERS_WRITE, DOCUMENT_LINES, DOCUMENTS, EXPOSURE, HOLDS,
        HOLDS_WRITE, ORDER_LINES, ORDER_REQUESTS, ORDERS, PRICES, SHAPES, Shape, Table,
    },
};

pub(super) fn read(reader: &mut SettingsReader<'_>, dialect: Dialect) -> Result<Tables, ConfigError> {
    let stated = Stated {
        dialect,
        names: reader.texts_by_key("tables")?,
        columns: columns(reader)?,
        numbers: numbers(reader)?,
    };
    for name in stated.names.keys().chain(stated.columns.keys()) {
        if !SHAPES.iter().any(|shape| shape.name == name) {
            return Err(reader.error(
                &format!("settings.tables.{name}"),
                "is not a table that this connector knows",
                format!("choose from {}", names(SHAPES.iter().map(|shape| shape.name))),
            ));
        }
    }
    let table = |shape: &'static Shape| stated.table(reader, shape);
    let tables = Tables {
        customers: table(&CUSTOMERS)?,
        holds: table(&HOLDS)?,
        exposure: table(&EXPOSURE)?,
        prices: table(&PRICES)?,
        documents: table(&DOCUMENTS)?,
        document_lines: table(&DOCUMENT_LINES)?,
        orders: table(&ORDERS)?,
        order_lines: table(&ORDER_LINES)?,
        order_requests: table(&ORDER_REQUESTS)?,
        account_requests: table(&ACCOUNT_REQUESTS)?,
        customers_write: table(&CUSTOMERS_WRITE)?,
        holds_write: table(&HOLDS_WRITE)?,
    };
    complete(reader, &stated.names)?;
    Ok(tables)
}

/// Tables that say nothing without another.
const NEEDS: &[(&str, &str)] = &[
    ("orders", "order_lines"),
    ("order_lines", "orders"),
    ("order_requests", "orders"),
    ("documents", "document_lines"),
    ("document_lines", "documents"),
    ("holds", "customers"),
    ("holds_write", "holds"),
    ("exposure", "customers"),
];

fn complete(reader: &SettingsReader<'_>, names: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    for (table, needed) in NEEDS {
        if names.contains_key(*table) && !names.contains_key(*needed) {
            return Err(reader.error(
                &format!("settings.tables.{needed}"),
                format!("is missing, and {table} says nothing without it"),
                format!("set it, or take {table} out"),
            ));
        }
    }
    let useful = ["customers", "orders", "documents", "prices"];
    if !useful.iter().any(|table| names.contains_key(*table)) {
        return Err(reader.error(
            "settings.tables",
            "names no view and no table",
            "write tables = { customers = \"erp.v_customers\" }",
        ));
    }
    Ok(())
}

/// What settings say of tables.
struct Stated {
    dialect: Dialect,
    names: BTreeMap<String, String>,
    columns: BTreeMap<String, Map<String, Value>>,
    /// `customers.id`: whole numbers over there.
    numbers: BTreeSet<String>,
}

impl Stated {
    fn table(
        &self,
        reader: &SettingsReader<'_>,
        shape: &'static Shape,
    ) -> Result<Option<Table>, ConfigError> {
        let none = Map::new();
        let columns = self.columns.get(shape.name).unwrap_or(&none);
        let known: Vec<&str> = shape.names().collect();
        for (column, name) in columns {
            let at = format!("settings.columns.{}.{column}", shape.name);
            if !known.contains(&column.as_str()) {
                let remedy = format!("remove it; there are {}", names(known.iter().copied()));
                return Err(reader.error(&at, "is not a column of this table", remedy));
            }
            if !name.is_string() {
                let remedy = "write the column's name in quotes; \"\" means that there is none";
                return Err(reader.error(&at, format!("{name} is not a text"), remedy));
            }
        }
        let Some(name) = self.names.get(shape.name) else {
            return match columns.is_empty() {
                true => Ok(None),
                false => Err(reader.error(
                    &format!("settings.columns.{}", shape.name),
                    format!("stands there without settings.tables.{}", shape.name),
                    "name the table, or take its columns out",
                )),
            };
        };
        let mapped = |column: &str| columns.get(column).and_then(Value::as_str);
        let number = |column: &str| self.numbers.contains(&format!("{}.{column}", shape.name));
        Table::read(self.dialect, shape, name, mapped, number)
            .map(Some)
            .map_err(|unusable| {
                let at = match unusable.column {
                    None => format!("settings.tables.{}", shape.name),
                    Some(column) => format!("settings.columns.{}.{column}", shape.name),
                };
                let remedy = "write schema.table for tables, one name for columns, of 64 characters at most";
                reader.error(&at, unusable.problem, remedy)
            })
    }
}

fn columns(reader: &mut SettingsReader<'_>) -> Result<BTreeMap<String, Map<String, Value>>, ConfigError> {
    let Some(stated) = reader.any("columns") else {
        return Ok(BTreeMap::new());
    };
    let tables = stated.as_object().and_then(|tables| {
        let tables = tables.iter();
        tables
            .map(|(name, columns)| Some((name.clone(), columns.as_object()?.clone())))
            .collect()
    });
    tables.ok_or_else(|| {
        let remedy = "write columns.customers = { credit_limit = \"KLIMK\" }";
        reader.error("settings.columns", "is not a table of tables", remedy)
    })
}

fn numbers(reader: &mut SettingsReader<'_>) -> Result<BTreeSet<String>, ConfigError> {
    let stated = reader.texts("number_columns")?.unwrap_or_default();
    for name in &stated {
        let known = name.split_once('.').is_some_and(|(table, column)| {
            let mut shapes = SHAPES.iter().filter(|shape| shape.name == table);
            shapes.any(|shape| shape.names().any(|known| known == column))
        });
        if !known {
            let remedy = "write our names of table and column, such as customers.id";
            return Err(reader.error(
                "settings.number_columns",
                format!("'{name}' is not known"),
                remedy,
            ));
        }
    }
    Ok(stated.into_iter().map(str::to_owned).collect())
}

fn names<'n>(all: impl Iterator<Item = &'n str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}
