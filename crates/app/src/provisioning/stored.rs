//! What is stored of a supplier: read in one go, compared with what is declared, written where it differs.

use std::collections::BTreeMap;

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    StorageResult, Tx,
    api_key::{self, ApiKeyRow},
    connector_instance::{self, ConnectorInstanceRow},
    credential::{self, CredentialRow},
    mapping::{self, MappingRow},
    relationship::{self, RelationshipRow, RelationshipSecretRow},
    supplier::{self, SupplierRow},
};

use crate::{
    clock::from_micros,
    directory::{Slot, place_of},
    provisioning::plan::{Fields, Shown},
    seal::{Keyring, Place, Secret},
};

/// The rows of one supplier, by id.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) supplier: Option<SupplierRow>,
    pub(super) connectors: BTreeMap<String, ConnectorInstanceRow>,
    pub(super) relationships: BTreeMap<String, RelationshipRow>,
    pub(super) secrets: BTreeMap<String, Vec<RelationshipSecretRow>>,
    pub(super) credentials: BTreeMap<String, Vec<CredentialRow>>,
    pub(super) mappings: BTreeMap<String, Vec<MappingRow>>,
    pub(super) api_keys: BTreeMap<String, ApiKeyRow>,
}

impl Stored {
    pub(super) async fn load(tx: &mut Tx, supplier_id: &str) -> StorageResult<Self> {
        let by = |id: &String| id.clone();
        Ok(Self {
            supplier: supplier::find(tx, supplier_id).await?,
            connectors: connector_instance::of_supplier(tx, supplier_id)
                .await?
                .into_iter()
                .map(|row| (by(&row.connector_id), row))
                .collect(),
            relationships: relationship::of_supplier(tx, supplier_id)
                .await?
                .into_iter()
                .map(|row| (by(&row.relationship_id), row))
                .collect(),
            secrets: group(relationship::secrets_of_supplier(tx, supplier_id).await?, |row| {
                by(&row.relationship_id)
            }),
            credentials: group(credential::of_supplier(tx, supplier_id).await?, |row| {
                by(&row.relationship_id)
            }),
            mappings: group(declared(mapping::of_supplier(tx, supplier_id).await?), |row| {
                by(&row.relationship_id)
            }),
            api_keys: api_key::of_supplier(tx, supplier_id)
                .await?
                .into_iter()
                .map(|row| (by(&row.key_id), row))
                .collect(),
        })
    }

    /// The secrets of a connector, opened; those that do not open count as absent and are written anew.
    pub(super) fn connector_secrets(
        row: &ConnectorInstanceRow,
        keyring: &Keyring,
    ) -> BTreeMap<String, Secret> {
        let supplier = SupplierId::from(row.supplier_id.as_str());
        match crate::connectors::open_secrets(&supplier, row, keyring) {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::warn!(%error, "the stored secrets of a connector do not open");
                BTreeMap::new()
            }
        }
    }

    /// The fields of a relationship's stored secrets.
    pub(super) fn secret_fields(
        &self,
        supplier: &SupplierId,
        relationship: &str,
        keyring: &Keyring,
        fields: &mut Fields,
    ) {
        let stored = self.secrets.get(relationship).into_iter().flatten();
        // What people have done with them is not the file's to say.
        for row in stored.filter(|row| Slot::is_declared(&row.slot)) {
            let place = place_of(relationship, &row.slot);
            let place = Place {
                supplier,
                place: &place,
            };
            let shown = match keyring.open_text(place, &row.key_id, &row.sealed) {
                Ok(secret) => Shown::secret(&secret),
                Err(error) => Shown::text(error),
            };
            fields.insert(format!("secrets.{}", row.slot), shown);
            if let (true, Some(until)) = (row.slot == Slot::Previous.as_str(), row.valid_until) {
                fields.insert(
                    "secrets.previous_valid_until".to_owned(),
                    Shown::text(from_micros(until)),
                );
            }
        }
    }
}

fn group<T>(rows: Vec<T>, key: impl Fn(&T) -> String) -> BTreeMap<String, Vec<T>> {
    let mut groups: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// What people have entered is not the file's to say.
fn declared(mappings: Vec<MappingRow>) -> Vec<MappingRow> {
    mappings
        .into_iter()
        .filter(|row| row.origin == mapping::DECLARED)
        .collect()
}
