//! Messages ↔ rows. Pure. What is missing or not understood is read as the stricter thing, or refused with
//! its path; never as the looser.

mod documents;

use std::collections::BTreeSet;

use crate::{
    Capabilities, Cursor, Page,
    accounts::{Account, AccountPatch, ErpContact, ErpHold, ErpShipTo, FieldRefusal, PatchOutcome},
    capabilities::{Cas, Deletes, Tells, Writable},
    context::LeftOut,
    documents::{DocumentKind, ErpDocument},
    exposure::AccountExposure,
    orders::{ChangeOutcome, OrderChange, SubmitOutcome},
    page::Found,
    published::{
        Mismatch,
        order::{WireOrder, WireSubmitOutcome},
        values::{WireAmount, currency, date, instant, instant_text, list, optional},
    },
};
use punchgate_domain::{
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{
    PatchRequest, WireAccount, WireChangeOutcome, WireExposure, WireFound, WireHold, WireLimit, WirePage,
    WirePatch, WirePatchOutcome, WireQualities, WireTermsCode,
};

pub(super) fn capabilities(wire: WireQualities) -> Result<Capabilities, Mismatch> {
    let careful = Capabilities::default();
    let has = |texts: &[String], wanted: &str| texts.iter().any(|text| text == wanted);
    Ok(Capabilities {
        cas: match wire.cas.as_deref() {
            None | Some("none") => Cas::None,
            Some("native") => Cas::Native,
            Some("read_back") => Cas::ReadBack,
            Some(other) => {
                return Err(Mismatch::new(
                    "cas",
                    format!("'{other}' is none of native, read_back, none"),
                ));
            }
        },
        deletes: match wire.deletes.as_deref() {
            None | Some("sweep") => Deletes::Sweep,
            Some("tombstone") => Deletes::Tombstone,
            Some(other) => {
                return Err(Mismatch::new(
                    "deletes",
                    format!("'{other}' is neither tombstone nor sweep"),
                ));
            }
        },
        order_ref_unique: wire.order_reference_unique,
        order_change: wire.order_change,
        exposure_includes_orders: wire.exposure_includes_open_orders,
        writable: Writable {
            terms: has(&wire.writable, "terms"),
            credit_limit: has(&wire.writable, "credit_limit"),
            holds: has(&wire.writable, "holds"),
        },
        tells: Tells {
            contacts: has(&wire.tells, "contacts"),
            ship_tos: has(&wire.tells, "ship_tos"),
        },
        enforces_holds: has(&wire.enforces, "holds"),
        enforces_limit: has(&wire.enforces, "limit"),
        // A kind of a later version is not asked for and so not delivered.
        document_kinds: wire
            .document_kinds
            .iter()
            .filter_map(|kind| DocumentKind::parse(kind))
            .collect(),
        page_size: wire.page_size.unwrap_or(careful.page_size).max(1),
        max_concurrency: wire.max_concurrency.map(|requests| requests.max(1)),
        ..careful
    })
}

/// The member by which accounts, and what is about them, are known.
const ACCOUNT_KEY: &str = "external_id";

/// A page of a feed. A row that cannot be read stays as it was last known, and keeps no other from being read.
fn page<W: DeserializeOwned, T>(
    wire: WirePage,
    key: &str,
    read: impl Fn(W) -> Result<T, Mismatch>,
) -> Result<(Page<T>, Vec<LeftOut>), Mismatch> {
    let (items, left_out) = readable(wire.items, key, read)?;
    let page = Page {
        items,
        deleted: wire.deleted,
        next_cursor: Cursor::new(wire.next_cursor),
        more: wire.more,
    };
    Ok((page, left_out))
}

/// A page of accounts.
pub(super) fn accounts(wire: WirePage) -> Result<(Page<Account>, Vec<LeftOut>), Mismatch> {
    page(wire, ACCOUNT_KEY, account)
}

/// A page of documents.
pub(super) fn documents(wire: WirePage) -> Result<(Page<ErpDocument>, Vec<LeftOut>), Mismatch> {
    page(wire, "document_id", documents::document)
}

fn read_row<W: DeserializeOwned, T>(
    row: Value,
    id: &str,
    read: impl Fn(W) -> Result<T, Mismatch>,
) -> Result<T, Mismatch> {
    let wire = serde_json::from_value(row)
        .map_err(|error| Mismatch::new("row", error).inside(format_args!("'{id}'")))?;
    read(wire)
}

fn key_of(row: &Value, key: &str) -> String {
    let text = row.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The rows that can be read, and what is wrong with the others. Where none of several can, the answer as a whole is
/// not what it should be.
fn readable<W: DeserializeOwned, T>(
    rows: Vec<Value>,
    key: &str,
    read: impl Fn(W) -> Result<T, Mismatch>,
) -> Result<(Vec<T>, Vec<LeftOut>), Mismatch> {
    let several = rows.len() > 1;
    let (mut items, mut left_out) = (Vec::with_capacity(rows.len()), Vec::new());
    for (at, row) in rows.into_iter().enumerate() {
        let id = key_of(&row, key);
        match read_row(row, &id, &read) {
            Ok(item) => items.push(item),
            Err(mismatch) => left_out.push((id, mismatch.inside(format_args!("items[{at}]")))),
        }
    }
    if several
        && items.is_empty()
        && let Some((_, mismatch)) = left_out.pop()
    {
        return Err(mismatch);
    }
    let left_out = left_out.into_iter().map(|(external_id, mismatch)| LeftOut {
        external_id,
        problem: mismatch.to_string(),
    });
    Ok((items, left_out.collect()))
}

/// Every key that was asked for is in one of the two lists: a server that forgets one is told from one that
/// does not have it. Rows that cannot be read are left out as in [`accounts`].
pub(super) fn found<W: DeserializeOwned, T>(
    wire: WireFound,
    keys: &[String],
    read: impl Fn(W) -> Result<T, Mismatch>,
) -> Result<(Found<T>, Vec<LeftOut>), Mismatch> {
    let missing = wire.missing;
    let told: BTreeSet<String> = wire.items.iter().map(|row| key_of(row, ACCOUNT_KEY)).collect();
    let (items, left_out) = readable(wire.items, ACCOUNT_KEY, read)?;
    let forgotten = keys
        .iter()
        .find(|wanted| !missing.contains(wanted) && !told.contains(*wanted));
    match forgotten {
        Some(forgotten) => Err(Mismatch::new(
            "items",
            format!("'{forgotten}' was asked for and is neither here nor in missing"),
        )),
        None => Ok((Found { items, missing }, left_out)),
    }
}

pub(super) fn account(wire: WireAccount) -> Result<Account, Mismatch> {
    let id = wire.external_id.clone();
    account_fields(wire).map_err(|mismatch| mismatch.inside(format_args!("account '{id}'")))
}

fn account_fields(wire: WireAccount) -> Result<Account, Mismatch> {
    Ok(Account {
        currency: currency(&wire.currency, "currency")?,
        terms: wire.terms.map(|terms| Terms {
            code: terms.code,
            label: terms.label,
            net_days: terms.net_days,
            prepaid: terms.prepaid,
        }),
        credit_limit: credit_limit(wire.credit_limit)?,
        holds: list(wire.holds, "holds", hold)?,
        contacts: list(
            wire.contacts.unwrap_or_default(),
            "contacts",
            ErpContact::try_from,
        )?,
        ship_tos: list(wire.ship_tos.unwrap_or_default(), "ship_tos", ErpShipTo::try_from)?,
        exposure: optional(wire.exposure, "exposure", exposure)?,
        changed_at: instant(&wire.changed_at, "changed_at")?,
        changed_by: wire.changed_by,
        external_id: wire.external_id,
        version: wire.version,
        code: wire.code,
        name: wire.name,
        active: wire.active,
        payer: wire.payer,
        head_office: wire.head_office,
    })
}

/// An absent limit is unknown, never unlimited and never zero.
fn credit_limit(wire: Option<WireLimit>) -> Result<CreditLimit, Mismatch> {
    match wire {
        None | Some(WireLimit::Unknown) => Ok(CreditLimit::Unknown),
        Some(WireLimit::Unlimited) => Ok(CreditLimit::Unlimited),
        Some(WireLimit::Amount(amount)) => amount
            .money()
            .map(CreditLimit::Amount)
            .map_err(|mismatch| mismatch.inside("credit_limit")),
    }
}

fn wire_limit(limit: CreditLimit) -> WireLimit {
    match limit {
        CreditLimit::Unknown => WireLimit::Unknown,
        CreditLimit::Unlimited => WireLimit::Unlimited,
        CreditLimit::Amount(money) => WireLimit::Amount(WireAmount::from(money)),
    }
}

fn hold(wire: WireHold) -> Result<ErpHold, Mismatch> {
    Ok(ErpHold {
        removes: wire.removes.as_deref().map(permissions),
        texts: HoldTexts {
            internal: wire.internal,
            accounts_payable: wire.accounts_payable,
            shopper: wire.shopper,
        },
        since: instant(&wire.since, "since")?,
        until: optional(wire.until.as_deref(), "until", |text| instant(text, "instant"))?,
        id: wire.id,
        code: wire.code,
        placed_by: wire.placed_by,
    })
}

/// A permission that we do not know may be any: the hold then removes all.
fn permissions(texts: &[String]) -> PermissionSet {
    texts
        .iter()
        .map(|text| Permission::parse(text).map(|p| PermissionSet::of(&[p])))
        .try_fold(PermissionSet::EMPTY, |set, one| one.map(|one| set.union(one)))
        .unwrap_or(PermissionSet::ALL)
}

fn wire_hold(hold: &ErpHold) -> WireHold {
    WireHold {
        id: hold.id.clone(),
        code: hold.code.clone(),
        removes: hold
            .removes
            .map(|set| set.iter().map(|p| p.as_str().to_owned()).collect()),
        internal: hold.texts.internal.clone(),
        accounts_payable: hold.texts.accounts_payable.clone(),
        shopper: hold.texts.shopper.clone(),
        since: instant_text(hold.since),
        until: hold.until.map(instant_text),
        placed_by: hold.placed_by.clone(),
    }
}

pub(super) fn exposure(wire: WireExposure) -> Result<AccountExposure, Mismatch> {
    let open_orders = optional(wire.open_orders, "open_orders", |amount| amount.debt())?;
    if open_orders.is_some() != wire.includes_open_orders {
        return Err(Mismatch::new(
            "open_orders",
            "must be there exactly if includes_open_orders is true",
        ));
    }
    Ok(AccountExposure {
        open_items: wire
            .open_items
            .debt()
            .map_err(|mismatch| mismatch.inside("open_items"))?,
        open_orders,
        overdue: optional(wire.overdue, "overdue", |amount| amount.debt())?,
        oldest_due: wire
            .oldest_due
            .map(|text| date(&text, "oldest_due"))
            .transpose()?,
        as_of: instant(&wire.as_of, "as_of")?,
        external_id: wire.external_id,
    })
}

pub(super) fn patch_request<'a>(scope: &'a str, patch: &'a AccountPatch) -> PatchRequest<'a> {
    PatchRequest {
        scope,
        external_id: &patch.external_id,
        expect: &patch.expect,
        patch: WirePatch {
            terms: patch
                .terms
                .as_ref()
                .map(|terms| terms.as_deref().map(|code| WireTermsCode { code })),
            credit_limit: patch.credit_limit.map(wire_limit),
            place_holds: patch.place_holds.iter().map(wire_hold).collect(),
            release_holds: &patch.release_holds,
        },
        reason: &patch.reason,
        actor: &patch.actor,
    }
}

pub(super) fn patch_outcome(wire: WirePatchOutcome) -> Result<PatchOutcome, Mismatch> {
    let read = |wire: WireAccount| account(wire).map(Box::new);
    match wire {
        WirePatchOutcome::Applied { account } => read(*account).map(PatchOutcome::Applied),
        WirePatchOutcome::Conflict { account } => read(*account).map(PatchOutcome::Conflict),
        WirePatchOutcome::Rejected { rejected } => Ok(PatchOutcome::Rejected(
            rejected
                .into_iter()
                .map(|refusal| FieldRefusal {
                    field: refusal.field,
                    code: refusal.code,
                    message: refusal.message,
                })
                .collect(),
        )),
        WirePatchOutcome::Waiting { message } => Ok(PatchOutcome::Waiting(message)),
    }
}

pub(super) fn submit_outcome(
    wire: WireSubmitOutcome<WireOrder>,
    reference: &str,
) -> Result<SubmitOutcome, Mismatch> {
    Ok(match wire {
        WireSubmitOutcome::Created { order } => SubmitOutcome::Created(order.placed_for(reference)?),
        WireSubmitOutcome::Existing { order } => SubmitOutcome::Existing(order.placed_for(reference)?),
        WireSubmitOutcome::Rejected(refusal) => SubmitOutcome::Rejected(refusal.into()),
    })
}

/// The order that was changed is the one that was asked for: another key is another order.
pub(super) fn change_outcome(
    wire: WireChangeOutcome,
    change: &OrderChange,
) -> Result<ChangeOutcome, Mismatch> {
    let placed = |order: WireOrder| {
        let placed = order.placed_for(&change.submission.reference)?;
        match placed.order_id == change.order_id {
            true => Ok(placed),
            false => Err(Mismatch::new(
                "order_id",
                format!(
                    "'{}' is not '{}', which was asked for",
                    placed.order_id, change.order_id
                ),
            )),
        }
    };
    Ok(match wire {
        WireChangeOutcome::Changed { order } => ChangeOutcome::Changed(placed(order)?),
        WireChangeOutcome::Refused { code, message, order } => ChangeOutcome::Refused {
            code,
            message,
            order: placed(order)?,
        },
    })
}

#[cfg(test)]
mod tests;
