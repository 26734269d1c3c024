//! Parties as customers, what they owe, and what is written back.

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
use serde_json::{Map, Value, json};

use super::{id, in_record, names, people};
use crate::{
    config::Settings,
    wire::{self, Row},
};

/// The holds of our module.
pub(crate) const HOLDS: &str = "punchgate_holds";
const HOLD_FIELDS: &[&str] = &[
    "company",
    "identifier",
    "code",
    "by_code",
    "stops_terms",
    "stops_orders",
    "stops_shipments",
    "stops_invoices",
    "internal",
    "accounts_payable",
    "shopper",
    "since",
    "until",
    "placed_by",
];
const STOPS: [(&str, Permission); 4] = [
    ("stops_terms", Permission::OrderOnTerms),
    ("stops_orders", Permission::Order),
    ("stops_shipments", Permission::Ship),
    ("stops_invoices", Permission::Invoice),
];

/// The fields of a party that make an account.
pub(crate) fn fields(settings: &Settings) -> Vec<String> {
    let mut fields = names([
        "code",
        "name",
        "active",
        "write_date",
        "create_date",
        "_timestamp",
        "write_uid.rec_name",
        "create_uid.rec_name",
    ]);
    let map = &settings.fields;
    if let Some(terms) = &map.terms {
        fields.push(format!("{terms}.name"));
        for part in ["days", "weeks", "months"] {
            fields.push(format!("{terms}.lines.relativedeltas.{part}"));
        }
    }
    fields.extend(map.credit_limit.clone());
    fields.extend(map.hold.clone());
    fields.extend(map.hold_text.clone());
    if settings.people {
        fields.extend(names(people::FIELDS));
    }
    if settings.module {
        fields.extend(HOLD_FIELDS.iter().map(|field| format!("{HOLDS}.{field}")));
    }
    fields
}

/// A party as a customer. `now` tells which holds are over.
pub(crate) fn account(
    settings: &Settings,
    currency: Currency,
    now: Instant,
    row: Row<'_>,
) -> Result<Account, Mismatch> {
    in_record("party", row, |row| {
        let external_id = row.id("id")?.to_string();
        let user = row.related("write_uid").or(row.related("create_uid"));
        let changed_at = row.changed_at()?;
        Ok(Account {
            version: row.required_text("_timestamp")?,
            code: row.text("code")?.unwrap_or_else(|| external_id.clone()),
            name: row.text("name")?.unwrap_or_default(),
            active: row.flag("active")?,
            currency,
            payer: None,
            head_office: None,
            terms: terms(settings, row)?,
            credit_limit: credit_limit(settings, currency, row)?,
            holds: holds(settings, row, changed_at, now)?,
            contacts: people::contacts(row)?,
            ship_tos: people::ship_tos(row)?,
            exposure: None,
            changed_at,
            changed_by: user.map_or(Ok(None), |user| user.text("rec_name"))?,
            external_id,
        })
    })
}

fn terms(settings: &Settings, row: Row<'_>) -> Result<Option<Terms>, Mismatch> {
    let found = settings
        .fields
        .terms
        .as_deref()
        .and_then(|field| row.related(field));
    let Some(found) = found else { return Ok(None) };
    let label = found.required_text("name")?;
    Ok(Some(Terms {
        code: found.id("id")?.to_string(),
        prepaid: settings.prepaid_terms.contains(&label),
        label,
        net_days: net_days(found)?,
    }))
}

/// The days until the last instalment. A month counts thirty: the due date itself comes with the invoice.
fn net_days(terms: Row<'_>) -> Result<u32, Mismatch> {
    let mut longest = 0;
    for line in terms.related_rows("lines")? {
        let mut days = 0_i64;
        for delta in line.related_rows("relativedeltas")? {
            for (part, length) in [("days", 1), ("weeks", 7), ("months", 30)] {
                days = days.saturating_add(delta.integer(part)?.unwrap_or(0).saturating_mul(length));
            }
        }
        longest = longest.max(days);
    }
    u32::try_from(longest).map_err(|_| Mismatch::new("terms", format!("{longest} days are too many")))
}

/// Nothing means no limit: Tryton asks for none. It says so only within the company, which every read names. A
/// negative one is handed on as it is: what to make of it is not the connector's to say.
fn credit_limit(settings: &Settings, currency: Currency, row: Row<'_>) -> Result<CreditLimit, Mismatch> {
    let Some(field) = &settings.fields.credit_limit else {
        return Ok(CreditLimit::Unknown);
    };
    Ok(match row.money(field, currency)? {
        None => CreditLimit::Unlimited,
        Some(limit) => CreditLimit::Amount(limit),
    })
}

fn holds(
    settings: &Settings,
    row: Row<'_>,
    changed_at: Instant,
    now: Instant,
) -> Result<Vec<ErpHold>, Mismatch> {
    if !settings.module {
        return Ok(field_hold(settings, row, changed_at)?.into_iter().collect());
    }
    let mut holds = Vec::new();
    for one in row.related_rows(HOLDS)? {
        let ours = one.integer("company")? == Some(settings.company.into());
        let over = one.instant("until")?.is_some_and(|until| until <= now);
        if ours && !over {
            holds.push(in_record("hold", one, hold)?);
        }
    }
    Ok(holds)
}

fn hold(row: Row<'_>) -> Result<ErpHold, Mismatch> {
    let removes = if row.flag("by_code")? {
        None
    } else {
        let mut removed = PermissionSet::EMPTY;
        for (field, permission) in STOPS {
            if row.flag(field)? {
                removed = removed.union(PermissionSet::of(&[permission]));
            }
        }
        Some(removed)
    };
    Ok(ErpHold {
        id: row.required_text("identifier")?,
        code: row.required_text("code")?,
        removes,
        texts: HoldTexts {
            internal: row.text("internal")?,
            accounts_payable: row.text("accounts_payable")?,
            shopper: row.text("shopper")?,
        },
        since: row
            .instant("since")?
            .ok_or_else(|| Mismatch::new("since", "is missing"))?,
        until: row.instant("until")?,
        placed_by: row.text("placed_by")?,
    })
}

/// The one hold that a field of the party is. What it takes away, the operator's table of codes says.
fn field_hold(settings: &Settings, row: Row<'_>, changed_at: Instant) -> Result<Option<ErpHold>, Mismatch> {
    let Some(field) = &settings.fields.hold else {
        return Ok(None);
    };
    let code = match row.text(field) {
        Ok(code) => code,
        // A checkbox.
        Err(_) => row.flag(field)?.then(|| field.clone()),
    };
    let Some(code) = code.filter(|code| code != "none") else {
        return Ok(None);
    };
    let shopper = settings.fields.hold_text.as_deref();
    Ok(Some(ErpHold {
        id: field.clone(),
        code,
        removes: None,
        texts: HoldTexts {
            shopper: shopper.map_or(Ok(None), |text| row.text(text))?,
            ..HoldTexts::default()
        },
        since: changed_at,
        until: None,
        placed_by: None,
    }))
}

/// The fields of a party that make an exposure.
pub(crate) fn exposure_fields(settings: &Settings) -> Vec<String> {
    let mut fields = names(["receivable", "receivable_today"]);
    fields.extend(settings.fields.credit_amount.clone());
    fields
}

/// What a party owes. Tryton's credit amount is the receivable with what is confirmed and not yet invoiced.
pub(crate) fn exposure(
    settings: &Settings,
    currency: Currency,
    as_of: Instant,
    row: Row<'_>,
) -> Result<AccountExposure, Mismatch> {
    in_record("party", row, |row| {
        let zero = Money::zero(currency);
        let open_items = row.money("receivable", currency)?.unwrap_or(zero);
        let open_orders = match &settings.fields.credit_amount {
            None => None,
            Some(field) => {
                let amount = row.money(field, currency)?.unwrap_or(open_items);
                Some(
                    amount
                        .minus(open_items)
                        .map_err(|error| Mismatch::new(field, error))?,
                )
            }
        };
        Ok(AccountExposure {
            external_id: row.id("id")?.to_string(),
            open_items,
            open_orders,
            overdue: row.money("receivable_today", currency)?,
            oldest_due: None,
            as_of,
        })
    })
}

/// What a patch writes into a party that is kept in this currency, given the ids of its holds by their identifiers.
pub(crate) fn patch_values(
    settings: &Settings,
    currency: Currency,
    patch: &AccountPatch,
    hold_ids: &[(String, i64)],
) -> Result<Value, Vec<FieldRefusal>> {
    let mut values = Map::new();
    let mut refusals = Vec::new();
    let map = &settings.fields;
    match (&patch.terms, &map.terms) {
        (None, _) => {}
        (Some(_), None) => refusals.push(unmapped("terms")),
        (Some(None), Some(field)) => drop(values.insert(field.clone(), Value::Null)),
        (Some(Some(code)), Some(field)) => match id(code) {
            Some(term) => drop(values.insert(field.clone(), json!(term))),
            None => refusals.push(refusal(
                "terms",
                "unknown_terms",
                format!("'{code}' is not the id of a payment term in Tryton"),
            )),
        },
    }
    match (patch.credit_limit, &map.credit_limit) {
        (None, _) => {}
        (Some(_), None) => refusals.push(unmapped("credit_limit")),
        (Some(CreditLimit::Unknown), Some(_)) => refusals.push(refusal(
            "credit_limit",
            "unknown_limit",
            "a limit that is not known cannot be written".to_owned(),
        )),
        (Some(CreditLimit::Unlimited), Some(field)) => drop(values.insert(field.clone(), Value::Null)),
        // Tryton keeps the number alone.
        (Some(CreditLimit::Amount(limit)), Some(_)) if limit.currency() != currency => {
            refusals.push(refusal(
                "credit_limit",
                "other_currency",
                format!("the customer is kept in {currency}"),
            ))
        }
        (Some(CreditLimit::Amount(limit)), Some(field)) => {
            drop(values.insert(field.clone(), wire::decimal(limit.to_decimal())));
        }
    }
    if !settings.module {
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
    } else if let Some(changes) = hold_changes(settings, patch, hold_ids) {
        values.insert(HOLDS.to_owned(), changes);
    }
    if refusals.is_empty() {
        Ok(Value::Object(values))
    } else {
        Err(refusals)
    }
}

fn hold_changes(settings: &Settings, patch: &AccountPatch, hold_ids: &[(String, i64)]) -> Option<Value> {
    let known = |identifier: &str| {
        hold_ids
            .iter()
            .find(|(name, _)| name == identifier)
            .map(|(_, id)| *id)
    };
    let mut changes = Vec::new();
    for hold in &patch.place_holds {
        changes.push(match known(&hold.id) {
            Some(id) => json!(["write", [id], hold_texts(hold)]),
            None => json!(["create", [new_hold(settings, hold, &patch.actor)]]),
        });
    }
    let released: Vec<i64> = patch
        .release_holds
        .iter()
        .filter_map(|name| known(name))
        .collect();
    if !released.is_empty() {
        changes.push(json!(["delete", released]));
    }
    (!changes.is_empty()).then_some(Value::Array(changes))
}

/// What changes of a hold that is there: texts, permissions and end.
fn hold_texts(hold: &ErpHold) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert("by_code".to_owned(), json!(hold.removes.is_none()));
    for (field, permission) in STOPS {
        let removed = hold.removes.is_some_and(|set| set.contains(permission));
        values.insert(field.to_owned(), json!(removed));
    }
    values.insert("internal".to_owned(), json!(hold.texts.internal));
    values.insert("accounts_payable".to_owned(), json!(hold.texts.accounts_payable));
    values.insert("shopper".to_owned(), json!(hold.texts.shopper));
    values.insert("until".to_owned(), hold.until.map_or(Value::Null, wire::datetime));
    values
}

fn new_hold(settings: &Settings, hold: &ErpHold, actor: &str) -> Value {
    let mut values = hold_texts(hold);
    values.insert("company".to_owned(), json!(settings.company));
    values.insert("identifier".to_owned(), json!(hold.id));
    values.insert("code".to_owned(), json!(hold.code));
    values.insert("since".to_owned(), wire::datetime(hold.since));
    values.insert(
        "placed_by".to_owned(),
        json!(hold.placed_by.as_deref().unwrap_or(actor)),
    );
    Value::Object(values)
}

/// The ids of a party's holds by their identifiers.
pub(crate) fn hold_ids(settings: &Settings, row: Row<'_>) -> Result<Vec<(String, i64)>, Mismatch> {
    let mut ids = Vec::new();
    if settings.module {
        for hold in row.related_rows(HOLDS)? {
            if hold.integer("company")? == Some(settings.company.into()) {
                ids.push((hold.required_text("identifier")?, hold.id("id")?));
            }
        }
    }
    Ok(ids)
}

fn unmapped(field: &str) -> FieldRefusal {
    let message = "there is no field for it in this Tryton: see settings.fields and settings.module";
    refusal(field, "not_writable", message.to_owned())
}

pub(super) fn refusal(field: &str, code: &str, message: String) -> FieldRefusal {
    FieldRefusal {
        field: field.to_owned(),
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests;
