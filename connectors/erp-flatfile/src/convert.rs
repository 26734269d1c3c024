//! Fields of rows → rows of the connector API. Pure.

pub(crate) mod accounts;
pub(crate) mod documents;
pub(crate) mod prices;

use crate::fields::{Fields, Misfit};

/// Between the parts of a key stands what no cell holds.
pub(crate) const BETWEEN: char = '\u{1e}';

/// Of a row without a key as much of it as says whose it is.
pub(crate) fn owner_key(kind: crate::feed::FeedKind, fields: &Fields<'_>) -> Option<String> {
    let owner = match kind {
        crate::feed::FeedKind::Holds => fields.text("customer"),
        _ => None,
    };
    owner.map(|owner| format!("{owner}{BETWEEN}"))
}

/// The field without which a row counts all the same, read as strictly as it may be meant.
pub(crate) fn doubtful(kind: crate::feed::FeedKind) -> Option<&'static str> {
    (kind == crate::feed::FeedKind::Holds).then_some("removes")
}

/// The key of a row in its feed; a field that lacks it is named.
pub(crate) fn key_of(kind: crate::feed::FeedKind, fields: &Fields<'_>) -> Result<String, Misfit> {
    use crate::feed::FeedKind;
    let between = BETWEEN.to_string();
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
            Ok([customer, id].join(&between))
        }
        FeedKind::Exposure => fields.required("customer").map(str::to_owned),
        FeedKind::Prices => {
            let part = fields.required("part_id")?;
            let texts = ["customer", "unit", "minimum_quantity", "valid_from"];
            let rest = texts.map(|name| fields.text(name).unwrap_or_default());
            Ok([part, &rest.join(&between)].join(&between))
        }
        FeedKind::Documents(_) => fields.required("document_id").map(str::to_owned),
    }
}
