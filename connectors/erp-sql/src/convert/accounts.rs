//! Customers with their terms, limit and holds; what they owe; what is written back.

use punchgate_connector::{
    accounts::{Account, AccountPatch, ErpHold, FieldRefusal},
    exposure::AccountExposure,
    published::Mismatch,
};
use punchgate_domain::{
    Instant,
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
    money::{Currency, Money},
};
use sha2::{Digest, Sha256};

use super::timestamp;
use crate::{
    config::{NoLimit, Settings},
    dialect::Dialect,
    feed::Stamp,
    row::{Row, hex},
    statement::Values,
};

/// What a hold says that takes nothing away.
const WARNS_ONLY: &str = "none";

/// A customer, its holds among these rows.
pub(crate) fn account(
    settings: &Settings,
    row: &Row,
    holds: &[&Row],
    now: Instant,
) -> Result<Account, Mismatch> {
    let external_id = row.required_owned("id")?;
    read_account(settings, row, holds, now, external_id)
        .map_err(|mismatch| mismatch.inside(format_args!("customer {}", row.key("id"))))
}

fn read_account(
    settings: &Settings,
    row: &Row,
    hold_rows: &[&Row],
    now: Instant,
    external_id: String,
) -> Result<Account, Mismatch> {
    let currency = row.currency(settings.currency)?;
    let changed_at = changed_at(settings, row)?;
    let mut holds: Vec<ErpHold> = field_hold(settings, row, changed_at)?.into_iter().collect();
    for hold_row in hold_rows {
        let hold = hold(settings, hold_row)
            .map_err(|mismatch| mismatch.inside(format_args!("hold {}", hold_row.key("id"))))?;
        if hold.until.is_none_or(|until| until > now) {
            holds.push(hold);
        }
    }
    let version = match row.owned("version")? {
        Some(version) => version,
        None => content_hash(row, hold_rows),
    };
    Ok(Account {
        version,
        code: row.owned("code")?.unwrap_or_else(|| external_id.clone()),
        name: row.owned("name")?.unwrap_or_default(),
        active: row.flag("active", true)?,
        currency,
        payer: row.owned("payer")?,
        head_office: row.owned("head_office")?,
        terms: terms(settings, row)?,
        credit_limit: credit_limit(settings, row, currency)?,
        contacts: Vec::new(),
        ship_tos: Vec::new(),
        holds,
        exposure: None,
        changed_at,
        changed_by: row.owned("changed_by")?,
        external_id,
    })
}

/// A hash of all that the rows say but their stamps: a write of the same values is no change.
pub(crate) fn content_hash(row: &Row, holds: &[&Row]) -> String {
    let mut hash = Sha256::new();
    row.digest(&mut hash, &["modified"]);
    for hold in holds {
        hash.update(b"hold");
        hold.digest(&mut hash, &[]);
    }
    hex(hash)
}

/// A stamp that is a number tells no time: then it is not known when, and always the same.
fn changed_at(settings: &Settings, row: &Row) -> Result<Instant, Mismatch> {
    let stamp = row.text("modified")?.and_then(Stamp::read);
    match stamp {
        Some(stamp) if stamp.number().is_some() => Ok(Instant::UNIX_EPOCH),
        _ => row.required_instant("modified", &settings.zone),
    }
}

fn terms(settings: &Settings, row: &Row) -> Result<Option<Terms>, Mismatch> {
    let Some(code) = row.owned("terms_code")? else {
        return Ok(None);
    };
    Ok(Some(Terms {
        label: row.owned("terms_label")?.unwrap_or_else(|| code.clone()),
        net_days: row.number("terms_net_days")?.unwrap_or(0),
        prepaid: row.flag("terms_prepaid", false)? || settings.prepaid_terms.contains(&code),
        code,
    }))
}

/// Nothing is what settings say. A negative limit is handed on as it is: what to make of it is not the connector's to say.
fn credit_limit(settings: &Settings, row: &Row, currency: Currency) -> Result<CreditLimit, Mismatch> {
    Ok(match row.money("credit_limit", currency)? {
        None => settings.null_limit.into(),
        Some(limit) if limit.minor() == 0 => match settings.zero_limit {
            Some(meaning) => meaning.into(),
            None => CreditLimit::Amount(limit),
        },
        Some(limit) => CreditLimit::Amount(limit),
    })
}

/// The one hold that a column of the customer is. What it takes away, the operator's table of codes says.
fn field_hold(settings: &Settings, row: &Row, changed_at: Instant) -> Result<Option<ErpHold>, Mismatch> {
    let Some(code) = row
        .text("hold_code")?
        .map(str::trim)
        .filter(|code| !code.is_empty())
    else {
        return Ok(None);
    };
    if settings.no_hold_codes.iter().any(|none| none == code) {
        return Ok(None);
    }
    Ok(Some(ErpHold {
        id: "hold_code".to_owned(),
        code: code.to_owned(),
        removes: None,
        texts: HoldTexts {
            internal: row.owned("hold_text")?,
            ..HoldTexts::default()
        },
        since: changed_at,
        until: None,
        placed_by: None,
    }))
}

fn hold(settings: &Settings, row: &Row) -> Result<ErpHold, Mismatch> {
    Ok(ErpHold {
        id: row.required_owned("id")?,
        code: row.required_owned("code")?,
        removes: row.text("removes")?.map(removes),
        texts: HoldTexts {
            internal: row.owned("internal")?,
            accounts_payable: row.owned("accounts_payable")?,
            shopper: row.owned("shopper")?,
        },
        since: row.required_instant("since", &settings.zone)?,
        until: row.instant("until", &settings.zone)?,
        placed_by: row.owned("placed_by")?,
    })
}

/// A permission that we do not know may be any: then the hold removes everything.
fn removes(text: &str) -> PermissionSet {
    let names = text
        .split([',', ' '])
        .filter(|name| !name.is_empty() && *name != WARNS_ONLY);
    names.fold(PermissionSet::EMPTY, |set, name| {
        let known = Permission::ALL
            .iter()
            .find(|permission| permission.as_str() == name);
        set.union(known.map_or(PermissionSet::ALL, |permission| PermissionSet::of(&[*permission])))
    })
}

pub(super) fn removes_text(set: PermissionSet) -> String {
    let names: Vec<&str> = set.iter().map(Permission::as_str).collect();
    if names.is_empty() {
        WARNS_ONLY.to_owned()
    } else {
        names.join(",")
    }
}

/// What a customer owes.
pub(crate) fn exposure(
    settings: &Settings,
    row: &Row,
    currency: Currency,
    clock: Instant,
    counts_orders: bool,
) -> Result<AccountExposure, Mismatch> {
    let read = || {
        let zero = Money::zero(currency);
        Ok(AccountExposure {
            external_id: row.required_owned("customer")?,
            open_items: row
                .debt("open_items", currency)?
                .ok_or_else(|| Mismatch::new("open_items", "is empty"))?,
            open_orders: match counts_orders {
                true => Some(row.debt("open_orders", currency)?.unwrap_or(zero)),
                false => None,
            },
            overdue: row.debt("overdue", currency)?,
            oldest_due: row.date("oldest_due")?,
            as_of: row.instant("as_of", &settings.zone)?.unwrap_or(clock),
        })
    };
    read().map_err(|mismatch: Mismatch| mismatch.inside(format_args!("exposure {}", row.key("customer"))))
}

/// The limit as it is written, or why it cannot be.
pub(super) fn limit_value(settings: &Settings, limit: CreditLimit) -> Result<Option<String>, FieldRefusal> {
    match limit {
        CreditLimit::Amount(amount) if amount.minor() == 0 && settings.zero_limit.is_some() => {
            let message = "a limit of zero would be read as no limit there: settings.zero_limit";
            Err(refusal("credit_limit", "not_writable", message))
        }
        CreditLimit::Amount(amount) => Ok(Some(amount.to_decimal().to_string())),
        CreditLimit::Unlimited if settings.null_limit == NoLimit::Unlimited => Ok(None),
        CreditLimit::Unlimited if settings.zero_limit == Some(NoLimit::Unlimited) => Ok(Some("0".to_owned())),
        CreditLimit::Unlimited => {
            let message = "there is no value for 'unlimited': settings.null_limit and settings.zero_limit";
            Err(refusal("credit_limit", "not_writable", message))
        }
        CreditLimit::Unknown => {
            let message = "a limit that is not known cannot be written";
            Err(refusal("credit_limit", "unknown_limit", message))
        }
    }
}

/// What a patch writes into the customer's own row; every part of it that has no column is refused.
pub(crate) fn direct_values(settings: &Settings, patch: &AccountPatch) -> Result<Values, Vec<FieldRefusal>> {
    let (mut values, mut refusals) = (Values::default(), Vec::new());
    let table = settings.tables.customers_write.as_ref();
    let has = |column| table.is_some_and(|table| table.has(column));
    match (&patch.terms, has("terms_code")) {
        (None, _) => {}
        (Some(_), false) => refusals.push(unmapped("terms")),
        (Some(terms), true) => values.set_optional("terms_code", terms.clone()),
    }
    match (patch.credit_limit, has("credit_limit")) {
        (None, _) => {}
        (Some(_), false) => refusals.push(unmapped("credit_limit")),
        (Some(limit), true) => match limit_value(settings, limit) {
            Ok(value) => values.set_optional("credit_limit", value),
            Err(refusal) => refusals.push(refusal),
        },
    }
    if settings.tables.holds_write.is_none() {
        let places = [
            ("place_holds", patch.place_holds.is_empty()),
            ("release_holds", patch.release_holds.is_empty()),
        ];
        refusals.extend(
            places
                .iter()
                .filter(|(_, empty)| !empty)
                .map(|(field, _)| unmapped(field)),
        );
    }
    values.set("changed_by", patch.actor.clone());
    values.set("change_reason", patch.reason.clone());
    if refusals.is_empty() {
        Ok(values)
    } else {
        Err(refusals)
    }
}

/// The row of a hold that is placed.
pub(crate) fn hold_values(
    dialect: Dialect,
    settings: &Settings,
    patch: &AccountPatch,
    hold: &ErpHold,
) -> Values {
    let mut values = Values::default();
    let at = |instant| timestamp(dialect, &settings.zone, instant);
    values.set("id", hold.id.clone());
    values.set("customer", patch.external_id.clone());
    values.set("code", hold.code.clone());
    values.set_optional("removes", hold.removes.map(removes_text));
    values.set_optional("internal", hold.texts.internal.clone());
    values.set_optional("accounts_payable", hold.texts.accounts_payable.clone());
    values.set_optional("shopper", hold.texts.shopper.clone());
    values.set("since", at(hold.since));
    values.set_optional("until", hold.until.map(at));
    values.set(
        "placed_by",
        hold.placed_by.clone().unwrap_or_else(|| patch.actor.clone()),
    );
    values
}

/// What a refusal of the whole patch is about: the database does not say, so every field of it.
pub(crate) fn refused(patch: &AccountPatch, code: &str, message: &str) -> Vec<FieldRefusal> {
    let parts = [
        ("terms", patch.terms.is_some()),
        ("credit_limit", patch.credit_limit.is_some()),
        ("place_holds", !patch.place_holds.is_empty()),
        ("release_holds", !patch.release_holds.is_empty()),
    ];
    let stated = parts.iter().filter(|(_, stated)| *stated);
    stated.map(|(field, _)| refusal(field, code, message)).collect()
}

fn unmapped(field: &str) -> FieldRefusal {
    refusal(
        field,
        "not_writable",
        "there is no column for it: see settings.tables and settings.columns",
    )
}

pub(crate) fn refusal(field: &str, code: &str, message: &str) -> FieldRefusal {
    FieldRefusal {
        field: field.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
