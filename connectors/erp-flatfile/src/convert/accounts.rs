//! Customers, their holds, and what they owe.

use jiff::{SignedDuration, Timestamp};
use punchgate_connector::{
    accounts::{Account, ErpHold},
    exposure::AccountExposure,
};
use punchgate_domain::{
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
    money::Currency,
};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::{
    cell::Misread,
    fields::{Fields, Misfit},
};

/// Fields of a customer that its version does not cover: what it owes moves on its own, and who changed what when is no
/// change by itself.
const OUTSIDE_VERSION: &[&str] = &[
    "open_items",
    "open_orders",
    "overdue",
    "oldest_due",
    "as_of",
    "changed_at",
    "changed_by",
    "deleted",
];

/// A customer out of its row and the rows of its holds. `at` is the time of its file.
pub(crate) fn account(
    fields: &Fields<'_>,
    holds: &[(Fields<'_>, Timestamp)],
    at: Timestamp,
    export_time: SignedDuration,
    empty_is_unlimited: bool,
) -> Result<Account, Misfit> {
    let external_id = super::key_of(crate::feed::FeedKind::Customers, fields)?;
    let currency = fields.currency()?;
    let code = fields.owned("code").unwrap_or_else(|| external_id.clone());
    let mut all = Vec::new();
    if let Some(code) = fields.text("hold") {
        all.push(ErpHold {
            id: code.to_owned(),
            code: code.to_owned(),
            removes: None,
            texts: HoldTexts {
                internal: fields.owned("hold_text"),
                ..HoldTexts::default()
            },
            since: fields.instant("changed_at")?.unwrap_or(at),
            until: None,
            placed_by: None,
        });
    }
    for (hold, at) in holds {
        all.push(erp_hold(hold, *at)?.0);
    }
    Ok(Account {
        version: version(fields, holds),
        name: fields.owned("name").unwrap_or_else(|| code.clone()),
        code,
        active: fields.flag("active")?.unwrap_or(true),
        currency,
        payer: fields.owned("payer").filter(|payer| *payer != external_id),
        head_office: fields.owned("head_office").filter(|head| *head != external_id),
        terms: terms(fields)?,
        credit_limit: credit_limit(fields, currency, empty_is_unlimited)?,
        contacts: Vec::new(),
        ship_tos: Vec::new(),
        holds: all,
        exposure: match fields.text("open_items") {
            Some(_) => Some(exposure(&external_id, fields, at, export_time)?),
            None => None,
        },
        changed_at: fields.instant("changed_at")?.unwrap_or(at),
        changed_by: fields.owned("changed_by"),
        external_id,
    })
}

fn terms(fields: &Fields<'_>) -> Result<Option<Terms>, Misfit> {
    let Some(code) = fields.text("terms") else {
        return Ok(None);
    };
    let net_days = match fields.count("terms_days")? {
        Some(days) => days,
        // 'NET30', 'Z030': what stands at the end of a code is how long one has.
        None => {
            let digits = code.trim_end_matches(|c: char| !c.is_ascii_digit());
            let start = digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            digits
                .get(start..)
                .and_then(|days| days.parse().ok())
                .unwrap_or(0)
        }
    };
    Ok(Some(Terms {
        code: code.to_owned(),
        label: fields.owned("terms_label").unwrap_or_else(|| code.to_owned()),
        net_days,
        prepaid: fields.flag("terms_prepaid")?.unwrap_or(false),
    }))
}

fn credit_limit(fields: &Fields<'_>, currency: Currency, unlimited: bool) -> Result<CreditLimit, Misfit> {
    match fields.text("credit_limit") {
        None if unlimited => Ok(CreditLimit::Unlimited),
        None | Some("unknown") => Ok(CreditLimit::Unknown),
        Some("unlimited") => Ok(CreditLimit::Unlimited),
        Some(_) => match fields.money("credit_limit", currency)? {
            Some(limit) if limit.minor() >= 0 => Ok(CreditLimit::Amount(limit)),
            _ => Err(fields.misfit(
                "credit_limit",
                Misread::new(
                    "a limit is not below zero",
                    "write 0 for prepayment only, or leave it empty",
                ),
            )),
        },
    }
}

/// A hold, and what is told of it although it counts. Which one it is, whose, and how long it lasts must be known.
fn erp_hold(fields: &Fields<'_>, at: Timestamp) -> Result<(ErpHold, Option<Misfit>), Misfit> {
    let code = fields.required("code")?;
    // There is a hold, whatever it takes away: nobody is let go for a word that we do not know.
    let (removes, doubt) = match removes(fields) {
        Ok(removes) => (removes, None),
        Err(misfit) => (Some(PermissionSet::ALL), Some(misfit)),
    };
    let hold = ErpHold {
        id: fields.text("id").unwrap_or(code).to_owned(),
        code: code.to_owned(),
        removes,
        texts: HoldTexts {
            internal: fields.owned("text"),
            accounts_payable: fields.owned("accounts_payable_text"),
            shopper: fields.owned("shopper_text"),
        },
        since: fields.instant("since")?.unwrap_or(at),
        until: fields.instant("until")?,
        placed_by: fields.owned("placed_by"),
    };
    Ok((hold, doubt))
}

/// What a hold takes away; none: the table of codes says it.
fn removes(fields: &Fields<'_>) -> Result<Option<PermissionSet>, Misfit> {
    let Some(text) = fields.text("removes") else {
        return Ok(None);
    };
    let names = text
        .split([' ', ';', '|'])
        .filter(|name| !name.is_empty() && *name != "nothing");
    let permissions: Option<Vec<Permission>> = names.map(|name| Permission::parse(name).ok()).collect();
    match permissions {
        Some(permissions) => Ok(Some(PermissionSet::of(&permissions))),
        None => Err(fields.misfit(
            "removes",
            Misread::new(
                "it is not known what the hold takes away: until it is, it takes away everything",
                "write order_on_terms, order, ship and invoice with blanks between them, or nothing",
            ),
        )),
    }
}

/// Reads a hold and says what does not fit; its customer need not be there. What is told of one that counts all the same
/// comes back, too.
pub(crate) fn check_hold(fields: &Fields<'_>, at: Timestamp) -> Result<Option<Misfit>, Misfit> {
    erp_hold(fields, at).map(|(_, doubt)| doubt)
}

/// What a customer owes. `at` is when its file was written. Where the row does not say when the ERP began to read, that
/// was at most the time of an export earlier: an order of meanwhile may be missing in what it read.
pub(crate) fn exposure(
    external_id: &str,
    fields: &Fields<'_>,
    at: Timestamp,
    export_time: SignedDuration,
) -> Result<AccountExposure, Misfit> {
    let currency = fields.currency()?;
    fields.required("open_items")?;
    let open_items = fields.money("open_items", currency)?;
    let open_orders = fields.money("open_orders", currency)?;
    Ok(AccountExposure {
        external_id: external_id.to_owned(),
        open_items: open_items.unwrap_or_else(|| punchgate_domain::money::Money::zero(currency)),
        open_orders,
        overdue: fields.money("overdue", currency)?,
        oldest_due: fields.date("oldest_due")?,
        as_of: fields
            .instant("as_of")?
            .unwrap_or_else(|| at.saturating_sub(export_time).unwrap_or(at)),
    })
}

/// The hash of what a customer is, its holds included. Numbers count by their value, so that a new export with another
/// way of writing is no change.
fn version(fields: &Fields<'_>, holds: &[(Fields<'_>, Timestamp)]) -> String {
    let mut hash = Sha256::new();
    for (name, value) in fields.names.iter().zip(&fields.values) {
        if OUTSIDE_VERSION.contains(name) {
            continue;
        }
        match fields.style.decimal(value) {
            Ok(number) if *name == "credit_limit" => hash.update(plain(number)),
            _ => hash.update(value),
        }
        hash.update("\u{1f}");
    }
    for (hold, _) in holds {
        hash.update("\u{1e}");
        hash.update(hold.values.join("\u{1f}"));
    }
    crate::hash::short(&hash.finalize())
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

#[cfg(test)]
mod tests;
