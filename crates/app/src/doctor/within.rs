//! What the gateway has of its own: database, clock, secrets, work, relationships.

use std::{path::Path, time::Duration};

use jiff::SignedDuration;
use punchgate_domain::{
    Instant,
    ids::SupplierId,
    order::OrderState,
    policy::{ConfirmationPolicy, OrderSink},
};
use punchgate_storage::{
    StorageResult, connector_instance,
    db::clock_micros,
    document::{self, DocumentFilter},
    figures, relationship,
};

use super::Finding;
use crate::{
    Surroundings,
    attention::{self, Matter, Waiting},
    clock::{from_micros, micros},
    connectors,
    directory::{Relationship, place_of},
    restoration as restored,
    seal::{Keyring, Place},
    sync::attention_text,
};

/// So much must be free on the disk beside a copy of the database, which a backup and an upgrade make.
const SPARE: u64 = 512 << 20;
/// Work that is due for longer than this is late.
const LATE: Duration = Duration::from_secs(15 * 60);
/// A clock that is further from the database's, or behind what is stored, is wrong.
const APART_MICROS: i64 = 60 * 1_000_000;
/// For so long after a restoration people are reminded of it.
const REMINDED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether the database is whole and of the program's schema.
pub async fn database(surroundings: &Surroundings) -> StorageResult<Vec<Finding>> {
    let db = &surroundings.db;
    let (known, found) = (db.known_schema(), db.schema_version().await?);
    if found != Some(known) {
        let found = found.map_or_else(|| "none".to_owned(), |version| version.to_string());
        let text = format!("its schema is {found}, this program has {known}");
        let remedy = "run punchgate migrate, or the program that the schema is of";
        return Ok(vec![Finding::problem("database", text, remedy)]);
    }
    let faults = db.faults().await?;
    Ok(vec![match faults.is_empty() {
        true => Finding::ok(
            "database",
            format!("it answers, is whole, and has schema {known}"),
        ),
        false => Finding::problem(
            "database",
            format!("it is damaged: {}", faults.join("; ")),
            "stop the gateway, look at the disk, and restore the last backup (docs/OPERATIONS.md)",
        ),
    }])
}

/// Whether the disk has room, by free bytes where the database lies, and its size.
pub fn disk(folder: &Path, free: u64, database: u64) -> Finding {
    let text = format!(
        "{} has {} MiB free, the database has {} MiB",
        folder.display(),
        free >> 20,
        database >> 20
    );
    let remedy =
        "make room: old backups, logs, or a larger disk; a database that cannot grow takes no orders";
    match (free < SPARE, free < database.saturating_add(SPARE)) {
        (true, _) => Finding::problem("disk", text, remedy),
        (_, true) => Finding::warning("disk", format!("{text}: no room for a copy beside it"), remedy),
        _ => Finding::ok("disk", text),
    }
}

/// Whether the machine's clock fits the database's, and what was written before.
pub async fn clock(surroundings: &Surroundings, suppliers: &[SupplierId]) -> StorageResult<Vec<Finding>> {
    let mut tx = surroundings.db.read().await?;
    let apart = micros(surroundings.now()).saturating_sub(clock_micros(&mut tx).await?);
    let mut newest = None;
    for supplier in suppliers {
        let last = document::list(&mut tx, supplier.as_str(), &DocumentFilter::default(), None, 1).await?;
        newest = newest.max(last.first().map(|row| row.recorded_at));
    }
    tx.rollback().await?;
    let now = surroundings.now();
    let remedy = "have the machine keep time by NTP (timedatectl)";
    if let Some(newest) = newest.filter(|newest| *newest > micros(now).saturating_add(APART_MICROS)) {
        let text = format!(
            "it is {now}, and a document was stored at {}",
            from_micros(newest)
        );
        return Ok(vec![Finding::problem("clock", text, remedy)]);
    }
    if apart.abs() > APART_MICROS {
        let text = format!("it is {} seconds from the database's", apart / 1_000_000);
        return Ok(vec![Finding::problem("clock", text, remedy)]);
    }
    Ok(vec![Finding::ok("clock", format!("it is {now}"))])
}

/// Whether every stored secret opens.
pub async fn secrets(
    surroundings: &Surroundings,
    keyring: &Keyring,
    suppliers: &[SupplierId],
) -> StorageResult<Vec<Finding>> {
    let (mut found, mut open, mut older) = (Vec::new(), 0_usize, 0_usize);
    let mut tx = surroundings.db.read().await?;
    for supplier in suppliers {
        for row in relationship::secrets_of_supplier(&mut tx, supplier.as_str()).await? {
            let place = place_of(&row.relationship_id, &row.slot);
            let at = Place {
                supplier,
                place: &place,
            };
            match keyring.open(at, &row.key_id, &row.sealed) {
                Ok(_) => open += 1,
                Err(error) => found.push(closed(supplier, &error)),
            }
            older += usize::from(row.key_id != keyring.active_id());
        }
        for row in connector_instance::of_supplier(&mut tx, supplier.as_str()).await? {
            let Some(key_id) = &row.key_id else { continue };
            match connectors::open_secrets(supplier, &row, keyring) {
                Ok(_) => open += 1,
                Err(error) => found.push(closed(supplier, &error)),
            }
            older += usize::from(key_id != keyring.active_id());
        }
    }
    tx.rollback().await?;
    if found.is_empty() && older > 0 {
        let text = format!("{open} open, {older} of them with an older key");
        let remedy = "run punchgate keys rotate, and keep the older key until it says that none is left";
        found.push(Finding::warning("secrets", text, remedy));
    } else if found.is_empty() {
        found.push(Finding::ok("secrets", format!("all {open} open")));
    }
    Ok(found)
}

fn closed(supplier: &SupplierId, error: &dyn std::fmt::Display) -> Finding {
    let remedy = "put the key that is missing below the first line of key.file, or apply the secret again";
    Finding::problem(format!("secrets of {supplier}"), error.to_string(), remedy)
}

/// What waits at a supplier: late work, work that was given up, orders and feeds that somebody must look at.
pub async fn work(surroundings: &Surroundings, supplier: &SupplierId) -> StorageResult<Vec<Finding>> {
    let waits = attention::list(surroundings, supplier).await?;
    let mut tx = surroundings.db.read().await?;
    let open = figures::work(&mut tx, supplier.as_str()).await?;
    tx.rollback().await?;
    let now = surroundings.now();
    let mut found: Vec<Finding> = waits.iter().map(|one| of_waiting(supplier, one)).collect();
    for row in open {
        let since = row.oldest.map_or(now, from_micros);
        if now.duration_since(since).unsigned_abs() > LATE {
            let text = format!("{} × {} wait, the oldest since {since}", row.count, row.name);
            let remedy = format!(
                "see why: punchgate jobs list --supplier {supplier} --state pending --kind {}; is a gateway running?",
                row.name
            );
            found.push(Finding::warning(format!("work of {supplier}"), text, remedy));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(format!("work of {supplier}"), "nothing waits"));
    }
    Ok(found)
}

fn of_waiting(supplier: &SupplierId, waiting: &Waiting) -> Finding {
    let since = waiting
        .oldest
        .map_or_else(String::new, |at| format!(", since {at}"));
    let count = waiting.count;
    let place = format!("work of {supplier}");
    match &waiting.matter {
        Matter::Orders(OrderState::Unknown) => Finding::problem(
            place,
            format!("{count} orders of which nobody knows whether the ERP has them{since}"),
            "the gateway asks on; look in the ERP if it lasts longer than an hour",
        ),
        Matter::Orders(state) => Finding::warning(
            place,
            format!("{count} orders are {}{since}", state.as_str()),
            "a person decides: the console's first page has them",
        ),
        Matter::DeadWork(kind) => Finding::problem(
            place,
            format!("{count} × {kind} were given up{since}"),
            format!(
                "mend the cause, then punchgate jobs list --supplier {supplier} --kind {kind} and jobs replay or skip"
            ),
        ),
        Matter::Mails { why } => Finding::problem(
            place,
            format!("{count} mails with alerts are not taken by the mail server{since}: {why}"),
            "mend [alerts.email] or the mail server, then punchgate alerts test",
        ),
        Matter::Feed(feed) => Finding::problem(
            place,
            format!(
                "{} of {} fails: {}",
                feed.feed,
                feed.connector_id,
                feed.last_error.as_deref().unwrap_or("unknown why")
            ),
            format!(
                "punchgate connector check {} --supplier {supplier}",
                feed.connector_id
            ),
        ),
        Matter::Quarantine => Finding::warning(
            place,
            format!("{count} refused requests may be orders{since}"),
            format!("punchgate quarantine list --supplier {supplier}, then admit or discard"),
        ),
        Matter::Conflicts => Finding::warning(
            place,
            format!("{count} fields were changed here and in the ERP{since}"),
            format!("punchgate sync conflicts --supplier {supplier}"),
        ),
        Matter::Settle(first) => Finding::warning(
            place,
            format!("{}{since}", attention_text(first)),
            format!("punchgate sync status --supplier {supplier} lists all {count}"),
        ),
        Matter::Refused { state, .. } => Finding::warning(
            place,
            format!("{count} changes that were asked of the ERP were {state}{since}"),
            "a person asks for something else, or takes what the ERP has: the console's first page leads there",
        ),
    }
}

/// What a relationship lacks.
pub fn relationships(all: &[std::sync::Arc<Relationship>]) -> Vec<Finding> {
    all.iter().flat_map(|one| of_relationship(one)).collect()
}

fn of_relationship(one: &Relationship) -> Vec<Finding> {
    let place = format!("relationship {}", one.path_text());
    let apply = "declare it and apply the file again";
    let mut lacks: Vec<(&str, String)> = Vec::new();
    if !one.enabled {
        let remedy = format!(
            "punchgate relationship switch {} on, where it should trade",
            one.path_text()
        );
        lacks.push(("it is switched off: nothing is taken or sent", remedy));
    }
    if one.secrets.is_empty() {
        lacks.push((
            "it has no secret: nobody can prove to be the buyer",
            apply.to_owned(),
        ));
    }
    if one.order_sink == OrderSink::None {
        let text = "its orders go nowhere by themselves (order_sink is none)";
        lacks.push((text, "name erp or storefront, or enter them by hand".to_owned()));
    }
    if one.storefront.is_none() {
        lacks.push((
            "it names no shop: its shoppers cannot punch out",
            apply.to_owned(),
        ));
    }
    if one.outbound.is_none() && one.policies.confirmation != ConfirmationPolicy::Never {
        let text = "it names no address for confirmations: the buyer is told nothing";
        lacks.push((text, "name outbound_url, or set confirmation to never".to_owned()));
    }
    if one.erp.is_none() {
        lacks.push((
            "it names no ERP: terms, limit and holds are unknown",
            apply.to_owned(),
        ));
    }
    if lacks.is_empty() {
        return vec![Finding::ok(place, format!("{} is complete", one.mode.as_str()))];
    }
    let finding = |(text, remedy): (&str, String)| Finding::warning(place.clone(), text, remedy);
    lacks.into_iter().map(finding).collect()
}

/// Reminds people of a restoration, as long as what was lost may still be missed.
pub async fn restoration(surroundings: &Surroundings) -> StorageResult<Vec<Finding>> {
    let now: Instant = surroundings.now();
    let last = restored::last(surroundings).await?;
    let recent = last.filter(|last| now.duration_since(last.at) < REMINDED);
    Ok(recent
        .map(|last| {
            let text = format!(
                "the database was restored at {} from a backup of {} by {}: {}",
                last.at, last.taken_at, last.by, last.why
            );
            let remedy = "see that nobody misses an order of the time between (docs/OPERATIONS.md)";
            Finding::warning("restoration", text, remedy)
        })
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::Weight;
    use super::*;

    #[test]
    fn a_disk_has_room_or_not() {
        let mib = 1_u64 << 20;
        for (free, database, weight) in [
            (100 * mib, mib, Weight::Problem),
            (600 * mib, 200 * mib, Weight::Warning),
            (2_000 * mib, 200 * mib, Weight::Ok),
        ] {
            assert_eq!(disk(Path::new("/srv"), free, database).weight, weight, "{free}");
        }
    }
}
