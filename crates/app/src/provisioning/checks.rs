//! What only the whole of a supplier can show: connectors that are there, modes that fit, senders that can be
//! told apart.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::policy::{ConfirmationPolicy, OrderSink};
use punchgate_protocols::cxml::CredentialKey;
use punchgate_storage::{
    StorageResult, Tx,
    customer::{self, CustomerFilter},
    relationship::RelationshipRow,
    shadow,
};

use super::{
    desired::{RelationshipDesired, SupplierDesired},
    merged::{Merged, mode_of},
};
use crate::{
    connectors::ConnectorRegistry,
    declaration::Problems,
    directory::{Mode, Party, Slot},
};

/// Shorter secrets are noted: partners choose such ones, and nobody can forbid it.
const SHORT_SECRET: usize = 12;

pub(super) fn check(
    merged: &mut Merged,
    desired: &SupplierDesired,
    registry: &ConnectorRegistry,
    problems: &Problems,
    notes: &mut Vec<String>,
) -> StorageResult<()> {
    for connector in &desired.connectors {
        if let Some((_, instance)) = merged.instances.get(&connector.id) {
            let place = format!("supplier {} / connector {}", desired.id, connector.id);
            let hints = instance.hints();
            match registry.check(instance) {
                Ok(kinds) => merged.enter_events(&connector.id, &kinds),
                Err(error) => {
                    let place = format!("{place} / {}", error.key);
                    problems.note(place, format_args!("{}; {}", error.problem, error.remedy));
                }
            }
            match hints {
                Ok(hints) => notes.extend(
                    hints
                        .into_iter()
                        .flat_map(|hints| hints.notes)
                        .map(|note| format!("connector {}/{}: {note}", desired.id, connector.id)),
                ),
                Err(error) => {
                    let place = format!("{place} / {}", error.key);
                    problems.note(place, format_args!("{}; {}", error.problem, error.remedy));
                }
            }
        }
    }
    for one in &merged.rescoped {
        problems.note(
            format!("supplier {} / connector {} / settings", desired.id, one.connector),
            format_args!(
                "they name {} of the ERP instead of {}, whose customers are here with their limits, holds and orders; leave them as they were, and declare a connector with another id for the other",
                part(&one.after),
                part(&one.before)
            ),
        );
    }
    for relationship in &merged.shadowed {
        problems.note(
            format!("supplier {} / relationship {relationship} / mode", desired.id),
            format_args!(
                "it has orders of its own, which the buyer may still change, cancel or wait for, and shadow would take all of that for copies: declare a relationship of its own for the shadow run"
            ),
        );
    }
    for (relationship, slot) in &merged.revived {
        problems.note(
            format!("supplier {} / relationship {relationship} / secrets.{}", desired.id, slot.as_str()),
            format_args!(
                "a person has dropped this secret at the console: declare the one that took its place, or leave secrets out, and those that are stored stay"
            ),
        );
    }
    for row in merged.all_relationships.values() {
        check_connectors(merged, row, problems)?;
    }
    check_pushed(merged, desired, problems);
    note_alike(desired, notes);
    note_unconfirmed(merged, desired, registry, notes);
    for relationship in &desired.relationships {
        for secret in relationship.secrets.iter().flatten() {
            if secret.secret.expose().chars().count() < SHORT_SECRET {
                notes.push(format!(
                    "relationship {}/{}: the {} secret is shorter than {SHORT_SECRET} characters",
                    desired.id,
                    relationship.id,
                    secret.slot.as_str()
                ));
            }
        }
    }
    Ok(())
}

/// Strikes off the connectors that may be for another part of their ERP, since no customer of the one before is here yet, and
/// the relationships that may be in shadow, since no order of theirs is under way.
pub(super) async fn retain_settled(tx: &mut Tx, supplier: &str, merged: &mut Merged) -> StorageResult<()> {
    let mut settled = Vec::new();
    for one in std::mem::take(&mut merged.rescoped) {
        let filter = CustomerFilter {
            connector: Some(one.connector.clone()),
            scope: Some(one.before.clone()),
            ..CustomerFilter::default()
        };
        if !customer::list(tx, supplier, &filter, None, 1).await?.is_empty() {
            settled.push(one);
        }
    }
    merged.rescoped = settled;
    let mut under_way = Vec::new();
    for relationship in std::mem::take(&mut merged.shadowed) {
        if shadow::has_orders_of_its_own(tx, supplier, &relationship).await? {
            under_way.push(relationship);
        }
    }
    merged.shadowed = under_way;
    Ok(())
}

/// The name of a part of an ERP.
fn part(scope: &str) -> String {
    match scope {
        "" => "the whole".to_owned(),
        scope => format!("'{scope}'"),
    }
}

/// A hold of a rule comes back from the ERP under its code, which must then remove what the rule removes.
fn check_pushed(merged: &Merged, desired: &SupplierDesired, problems: &Problems) {
    for (rule, code) in &merged.pushed {
        let erps = merged.instances.values().map(|(_, instance)| instance);
        for erp in erps.filter(|erp| erp.enabled && erp.kind.starts_with("erp-")) {
            if !erp.sync.hold_codes.contains_key(code) {
                problems.note(
                    format!("supplier {} / hold_rule {rule} / push", desired.id),
                    format_args!(
                        "the code '{code}' is not in sync.hold_codes of connector '{}': the hold would come back from there as one that removes everything; add the code there, or leave push out",
                        erp.id
                    ),
                );
            }
        }
    }
}

fn check_connectors(merged: &Merged, row: &RelationshipRow, problems: &Problems) -> StorageResult<()> {
    let mode = mode_of(&row.mode)?;
    for (key, id) in [
        ("storefront", &row.storefront_connector_id),
        ("erp", &row.erp_connector_id),
    ] {
        let Some(id) = id else { continue };
        let place = format!(
            "supplier {} / relationship {} / {key}",
            row.supplier_id, row.relationship_id
        );
        let Some((connector, _)) = merged.instances.get(id) else {
            let known: Vec<&str> = merged.instances.keys().map(String::as_str).collect();
            let hint = match known.is_empty() {
                true => "the supplier has none; declare one below [[supplier.connector]]".to_owned(),
                false => crate::nearest::suggestion(id, &known),
            };
            problems.note(
                place,
                format_args!("the supplier has no connector '{id}'; {hint}"),
            );
            continue;
        };
        match (mode, mode_of(&connector.mode)?) {
            (Mode::Test, Mode::Production) => problems.note(
                place,
                format_args!(
                    "a test relationship must not use the production connector '{id}': its orders would be shipped; name a test connector"
                ),
            ),
            (Mode::Production, Mode::Test) => problems.note(
                place,
                format_args!(
                    "a production relationship must not use the test connector '{id}': its orders would be lost; name a production connector"
                ),
            ),
            _ => {}
        }
    }
    Ok(())
}

/// Two relationships with the same From, To and secret: only the address tells them apart.
fn note_alike(desired: &SupplierDesired, notes: &mut Vec<String>) {
    let mut seen: BTreeMap<_, &str> = BTreeMap::new();
    let mut alike = BTreeSet::new();
    for relationship in &desired.relationships {
        for proof in proofs(relationship) {
            let known = *seen.entry(proof).or_insert(&relationship.id);
            if known != relationship.id && alike.insert((known, &relationship.id)) {
                notes.push(format!(
                    "relationships {0}/{known} and {0}/{1} have the same From, To and secret: only POST /cxml/{0}.{known} and /cxml/{0}.{1} tell them apart, POST /cxml refuses both",
                    desired.id, relationship.id
                ));
            }
        }
    }
}

/// Buyers who wait for a confirmation that never comes: the shop that takes their orders confirms nothing.
fn note_unconfirmed(
    merged: &Merged,
    desired: &SupplierDesired,
    registry: &ConnectorRegistry,
    notes: &mut Vec<String>,
) {
    for relationship in &desired.relationships {
        let Some(row) = merged.all_relationships.get(&relationship.id) else {
            continue;
        };
        let settings = &relationship.settings;
        let waits = row.order_sink == OrderSink::Storefront.as_str()
            && settings.policies.confirmation == ConfirmationPolicy::OnErpAcknowledgement.as_str()
            && !settings.outbound_url.trim().is_empty()
            && !(settings.policies.shop_exports_to_erp && row.erp_connector_id.is_some());
        let shop = row.storefront_connector_id.as_ref().filter(|_| waits);
        if let Some((_, shop)) = shop.and_then(|id| merged.instances.get(id))
            && !registry.confirms_quantities(shop)
        {
            notes.push(format!(
                "relationship {}/{}: confirmations go out when the shop '{}' acknowledges, and it is not known to say what it confirms: set policies.confirmation to on_erp_order_created or manual, or, if it does, confirms_quantities = true in its settings.qualities",
                desired.id, relationship.id, shop.id
            ));
        }
    }
}

/// Everything by which a buyer may prove to be this one: From, To and a secret that is presented to us.
fn proofs(relationship: &RelationshipDesired) -> impl Iterator<Item = (CredentialKey, CredentialKey, &str)> {
    let secrets = relationship.secrets.iter().flatten();
    let presented = secrets.filter(|secret| secret.slot != Slot::Outbound);
    presented.flat_map(move |secret| {
        keys(relationship, Party::Buyer).flat_map(move |buyer| {
            keys(relationship, Party::Supplier)
                .map(move |supplier| (buyer.clone(), supplier, secret.secret.expose()))
        })
    })
}

fn keys(relationship: &RelationshipDesired, party: Party) -> impl Iterator<Item = CredentialKey> {
    relationship
        .identities
        .iter()
        .filter(move |(known, _)| *known == party)
        .map(|(_, identity)| identity.key())
}
