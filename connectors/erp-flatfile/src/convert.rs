//! Fields of rows → rows of the connector API. Pure.

pub(crate) mod accounts;
pub(crate) mod documents;
pub(crate) mod prices;

use crate::fields::{Fields, Misfit};

/// The key of a row in its feed; a field that lacks it is named.
pub(crate) fn key_of(kind: crate::feed::FeedKind, fields: &Fields<'_>) -> Result<String, Misfit> {
    use crate::feed::FeedKind;
    // Between the parts of a key stands what no cell holds.
    const BETWEEN: &str = "\u{1e}";
    match kind {
        FeedKind::Customers => match fields.text("key") {
            Some(key) => Ok(key.to_owned()),
            None => fields.required("code").map(str::to_owned),
        },
        FeedKind::Holds => {
            let customer = fields.required("customer")?;
            let id = match fields.text("id") {
                Some(id) => id,
                None => fields.required("code")?,
            };
            Ok([customer, id].join(BETWEEN))
        }
        FeedKind::Exposure => fields.required("customer").map(str::to_owned),
        FeedKind::Prices => {
            let part = fields.required("part_id")?;
            let texts = ["customer", "unit", "minimum_quantity", "valid_from"];
            let rest = texts.map(|name| fields.text(name).unwrap_or_default());
            Ok([part, &rest.join(BETWEEN)].join(BETWEEN))
        }
        FeedKind::Documents(_) => fields.required("document_id").map(str::to_owned),
    }
}
