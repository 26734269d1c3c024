//! Rows as fields to compare and to show.

use std::collections::BTreeMap;

use punchgate_storage::{
    StorageError, StorageResult, api_key::ApiKeyRow, connector_instance::ConnectorInstanceRow,
    credential::CredentialRow, mapping::MappingRow, relationship::RelationshipRow, supplier::SupplierRow,
};
use serde_json::Value;

use super::{
    desired::SecretDesired,
    plan::{Fields, Shown},
};
use crate::seal::Secret;

pub(super) fn supplier(row: &SupplierRow) -> StorageResult<Fields> {
    let mut fields = texts([("name", &row.name), ("time_zone", &row.time_zone)]);
    flatten_json("supplier.settings", &row.settings, "", &mut fields)?;
    Ok(fields)
}

pub(super) fn connector(
    row: &ConnectorInstanceRow,
    secrets: &BTreeMap<String, Secret>,
) -> StorageResult<Fields> {
    let mut fields = texts([("kind", &row.kind), ("mode", &row.mode)]);
    fields.insert("enabled".to_owned(), Shown::text(row.enabled != 0));
    flatten_json(
        "connector_instance.settings",
        &row.settings,
        "settings",
        &mut fields,
    )?;
    flatten_json("connector_instance.sync", &row.sync, "sync", &mut fields)?;
    if let Some(webhook) = &row.webhook {
        flatten_json("connector_instance.webhook", webhook, "webhook", &mut fields)?;
    }
    for (name, secret) in secrets {
        fields.insert(format!("secrets.{name}"), Shown::secret(secret));
    }
    Ok(fields)
}

pub(super) fn relationship(
    row: &RelationshipRow,
    credentials: &[CredentialRow],
    mappings: &[MappingRow],
) -> StorageResult<Fields> {
    let mut fields = texts([
        ("name", &row.name),
        ("buyer", &row.buyer_name),
        ("protocol", &row.protocol),
        ("dialect", &row.dialect),
        ("mode", &row.mode),
        ("order_sink", &row.order_sink),
    ]);
    fields.insert("enabled".to_owned(), Shown::text(row.enabled != 0));
    for (name, value) in [
        ("storefront", &row.storefront_connector_id),
        ("erp", &row.erp_connector_id),
        ("customer", &row.customer_external_id),
    ] {
        if let Some(value) = value {
            fields.insert(name.to_owned(), Shown::text(value));
        }
    }
    flatten_json("relationship.settings", &row.settings, "", &mut fields)?;
    for credential in credentials {
        let name = format!("{}_identities", credential.party);
        let text = format!("{} {}", credential.domain, credential.identity);
        let joined = match fields.remove(&name) {
            Some(Shown::Text(known)) => format!("{known}, {text}"),
            _ => text,
        };
        fields.insert(name, Shown::Text(joined));
    }
    for mapping in mappings {
        let name = format!("mapping.{}.{}", mapping.kind, mapping.source);
        fields.insert(name, Shown::text(&mapping.target));
    }
    Ok(fields)
}

pub(super) fn secrets(secrets: &[SecretDesired], fields: &mut Fields) {
    for secret in secrets {
        let slot = secret.slot.as_str();
        fields.insert(format!("secrets.{slot}"), Shown::secret(&secret.secret));
        if let Some(until) = secret.valid_until {
            fields.insert(format!("secrets.{slot}_valid_until"), Shown::text(until));
        }
    }
}

pub(super) fn api_key(row: &ApiKeyRow) -> Fields {
    let mut fields = texts([("name", &row.name), ("scopes", &row.scopes)]);
    fields.insert("revoked".to_owned(), Shown::text(row.revoked_at.is_some()));
    let hash = <[u8; 32]>::try_from(row.secret_hash.as_slice()).unwrap_or_default();
    fields.insert("token".to_owned(), Shown::Secret(hash));
    fields
}

fn texts<const N: usize>(pairs: [(&str, &String); N]) -> Fields {
    pairs
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Shown::text(text)))
        .collect()
}

/// Every leaf of a stored JSON object under its path; lists are one value.
fn flatten_json(place: &'static str, text: &str, prefix: &str, fields: &mut Fields) -> StorageResult<()> {
    let value: Value = serde_json::from_str(text).map_err(|error| StorageError::corrupt(place, error))?;
    flatten(prefix, &value, fields);
    Ok(())
}

fn flatten(path: &str, value: &Value, fields: &mut Fields) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = match path.is_empty() {
                    true => key.clone(),
                    false => format!("{path}.{key}"),
                };
                flatten(&path, value, fields);
            }
        }
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => {
            fields.insert(path.to_owned(), Shown::text(text));
        }
        Value::Array(items) if items.is_empty() => {}
        other => {
            fields.insert(path.to_owned(), Shown::text(other));
        }
    }
}
