//! Between Tryton's records and the rows that cross the interface. Pure.

pub(crate) mod accounts;
pub(crate) mod documents;
pub(crate) mod invoices;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod people;
pub(crate) mod prices;
pub(crate) mod refusals;
pub(crate) mod sales;
pub(crate) mod ship_to;
pub(crate) mod stock;
pub(crate) mod units;

use punchgate_connector::published::Mismatch;

use crate::wire::Row;

/// A key of the interface as an id of Tryton; what is no number is the key of nothing.
pub(crate) fn id(key: &str) -> Option<i64> {
    key.parse().ok().filter(|id| *id > 0)
}

/// Says which record a mismatch is in.
pub(crate) fn in_record<T>(
    model: &str,
    row: Row<'_>,
    read: impl FnOnce(Row<'_>) -> Result<T, Mismatch>,
) -> Result<T, Mismatch> {
    read(row).map_err(|mismatch| match row.id("id") {
        Ok(id) => mismatch.inside(format_args!("{model} {id}")),
        Err(_) => mismatch.inside(model),
    })
}

/// Names of fields for a request.
pub(crate) fn names<'a>(fields: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    fields.into_iter().map(str::to_owned).collect()
}
