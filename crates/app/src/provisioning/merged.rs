//! Declared and stored, laid over each other: the rows to write and the plan that says what differs.

use std::collections::BTreeMap;

use punchgate_connector::settings;
use punchgate_domain::{Instant, event::EventKind, ids::SupplierId};
use punchgate_storage::{
    StorageError, StorageResult,
    api_key::ApiKeyRow,
    connector_instance::ConnectorInstanceRow,
    credential::CredentialRow,
    mapping::{self, MappingRow},
    relationship::RelationshipRow,
    supplier::SupplierRow,
};

use super::{
    ProvisioningError,
    desired::{ApiKeyDesired, ConnectorDesired, RelationshipDesired, SupplierDesired},
    fields,
    plan::{Action, Change, Fields},
    secret_rows::{self, SecretsWrite},
    stored::Stored,
};
use crate::{
    api_keys::join,
    clock::micros,
    connectors::{Instance, seal_secrets},
    directory::{Mode, Party, Slot, SupplierSettings, holding::HoldingSettings},
    entropy::Entropy,
    seal::{Keyring, Secret},
};

/// What it takes to make rows.
pub(super) struct Making<'a> {
    pub(super) keyring: &'a Keyring,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) now: Instant,
}

/// The rows of one supplier that are to be written; those that stay as they are, are not in here.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) supplier: Option<SupplierRow>,
    pub(super) connectors: Vec<ConnectorInstanceRow>,
    pub(super) relationships: Vec<RelationshipWrite>,
    pub(super) api_keys: Vec<ApiKeyRow>,
    pub(super) changes: Vec<Change>,
    /// Connectors that are to be for another part of their ERP.
    pub(super) rescoped: Vec<Rescoped>,
    /// Rules whose holds the ERP gets, with their codes.
    pub(super) pushed: Vec<(String, String)>,
    /// Every connector of the supplier as it will be, with its secrets.
    pub(super) instances: BTreeMap<String, (ConnectorInstanceRow, Instance)>,
    /// Every relationship of the supplier as it will be.
    pub(super) all_relationships: BTreeMap<String, RelationshipRow>,
    /// Relationships that are to be in shadow and were not.
    pub(super) shadowed: Vec<String>,
    /// Relationships that declare a secret which a person has dropped, and as which.
    pub(super) revived: Vec<(String, Slot)>,
}

/// A connector whose settings name another part of its ERP than before.
pub(super) struct Rescoped {
    pub(super) connector: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// A relationship to be written with everything under it.
pub(super) struct RelationshipWrite {
    pub(super) row: RelationshipRow,
    pub(super) credentials: Vec<CredentialRow>,
    pub(super) mappings: Vec<MappingRow>,
    /// Absent: the stored ones stay.
    pub(super) secrets: Option<SecretsWrite>,
}

impl Merged {
    pub(super) fn of(
        desired: &SupplierDesired,
        stored: &Stored,
        making: &Making<'_>,
    ) -> Result<Self, ProvisioningError> {
        let mut merged = Self {
            all_relationships: stored.relationships.clone(),
            ..Self::default()
        };
        merged.supplier(desired, stored, making)?;
        let id = SupplierId::from(desired.id.as_str());
        for row in stored.connectors.values() {
            let secrets = Stored::connector_secrets(row, making.keyring);
            merged.add_instance(row.clone(), secrets)?;
        }
        for connector in &desired.connectors {
            merged.connector(&id, connector, stored, making)?;
        }
        for relationship in &desired.relationships {
            merged.relationship(&id, relationship, stored, making)?;
        }
        for key in &desired.api_keys {
            merged.api_key(&id, key, stored, making);
        }
        Ok(merged)
    }

    fn supplier(
        &mut self,
        desired: &SupplierDesired,
        stored: &Stored,
        making: &Making<'_>,
    ) -> StorageResult<()> {
        let now = micros(making.now);
        let before = stored.supplier.as_ref();
        let stored_settings =
            before.map(|row| from_json::<SupplierSettings>("supplier.settings", &row.settings));
        let stored_settings = stored_settings.transpose()?.unwrap_or_default();
        let Some(own) = &desired.own else {
            self.pushed = pushed(&stored_settings.holding);
            return Ok(());
        };
        let settings = SupplierSettings {
            contact: own.contact.clone(),
            alerts_to: own.alerts_to.clone(),
            holding: own.holding.over(stored_settings.holding),
        };
        self.pushed = pushed(&settings.holding);
        let row = SupplierRow {
            supplier_id: desired.id.clone(),
            name: own.name.clone(),
            time_zone: own.time_zone.clone(),
            settings: to_json("supplier.settings", &settings)?,
            version: before.map_or(1, |row| row.version + 1),
            created_at: before.map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let stored_fields = before.map(fields::supplier).transpose()?;
        let subject = format!("supplier {}", desired.id);
        if self.note(subject, stored_fields.as_ref(), &fields::supplier(&row)?) {
            self.supplier = Some(row);
        }
        Ok(())
    }

    fn connector(
        &mut self,
        supplier: &SupplierId,
        desired: &ConnectorDesired,
        stored: &Stored,
        making: &Making<'_>,
    ) -> Result<(), ProvisioningError> {
        let now = micros(making.now);
        let before = stored.connectors.get(&desired.id);
        let stored_secrets = before
            .map(|row| Stored::connector_secrets(row, making.keyring))
            .unwrap_or_default();
        let secrets = desired.secrets.clone().unwrap_or_else(|| stored_secrets.clone());
        let mut row = ConnectorInstanceRow {
            supplier_id: supplier.to_string(),
            connector_id: desired.id.clone(),
            kind: desired.kind.clone(),
            mode: desired.mode.to_string(),
            settings: to_json("connector_instance.settings", &desired.settings)?,
            sync: to_json("connector_instance.sync", &desired.sync)?,
            webhook: match &desired.webhook {
                Some(webhook) => Some(to_json("connector_instance.webhook", webhook)?),
                None => None,
            },
            secrets: before.and_then(|row| row.secrets.clone()),
            key_id: before.and_then(|row| row.key_id.clone()),
            secrets_changed_at: before.and_then(|row| row.secrets_changed_at),
            // Known when the connector has been made from its settings.
            events: before.and_then(|row| row.events.clone()),
            enabled: enabled(desired.enabled, before.map(|row| row.enabled)),
            version: before.map_or(1, |row| row.version + 1),
            created_at: before.map_or(now, |row| row.created_at),
            updated_at: now,
        };
        if let Some(before) = before {
            self.note_scope(before, desired)?;
        }
        let stored_fields = before
            .map(|row| fields::connector(row, &stored_secrets))
            .transpose()?;
        let subject = format!("connector {supplier}/{}", desired.id);
        if self.note(
            subject,
            stored_fields.as_ref(),
            &fields::connector(&row, &secrets)?,
        ) {
            if desired.secrets.is_some() {
                if !are_equal(&secrets, &stored_secrets) {
                    row.secrets_changed_at = Some(now);
                }
                let sealed = seal_secrets(supplier, &desired.id, &secrets, making.keyring, making.entropy)?;
                (row.secrets, row.key_id) =
                    sealed.map_or((None, None), |it| (Some(it.bytes), Some(it.key_id)));
            }
            self.connectors.push(row.clone());
        }
        self.add_instance(row, secrets)?;
        Ok(())
    }

    fn note_scope(&mut self, before: &ConnectorInstanceRow, desired: &ConnectorDesired) -> StorageResult<()> {
        let stored = from_json("connector_instance.settings", &before.settings)?;
        let (before, after) = (
            settings::scope(&stored),
            settings::scope(&desired.settings.clone().into()),
        );
        if before != after {
            self.rescoped.push(Rescoped {
                connector: desired.id.clone(),
                before,
                after,
            });
        }
        Ok(())
    }

    /// Enters what a connector is told of, if it is to be written.
    pub(super) fn enter_events(&mut self, connector: &str, kinds: &[EventKind]) {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        for row in self
            .connectors
            .iter_mut()
            .filter(|row| row.connector_id == connector)
        {
            row.events = (!names.is_empty()).then(|| names.join(" "));
        }
    }

    fn add_instance(
        &mut self,
        row: ConnectorInstanceRow,
        secrets: BTreeMap<String, Secret>,
    ) -> Result<(), ProvisioningError> {
        let instance = Instance::read(&row, secrets)?;
        self.instances.insert(row.connector_id.clone(), (row, instance));
        Ok(())
    }

    fn relationship(
        &mut self,
        supplier: &SupplierId,
        desired: &RelationshipDesired,
        stored: &Stored,
        making: &Making<'_>,
    ) -> Result<(), ProvisioningError> {
        let before = stored.relationships.get(&desired.id);
        let stored_secrets = stored.secrets.get(&desired.id).map_or(&[][..], Vec::as_slice);
        let dropped = secret_rows::dropped(supplier, desired, stored_secrets, making.keyring);
        self.revived
            .extend(dropped.map(|slot| (desired.id.clone(), slot)));
        let was = before.map(|row| mode_of(&row.mode)).transpose()?;
        if desired.mode == Mode::Shadow && was.is_some_and(|mode| mode != Mode::Shadow) {
            self.shadowed.push(desired.id.clone());
        }
        let row = relationship_row(supplier, desired, before, making.now)?;
        let credentials = credential_rows(supplier, desired);
        let mappings = mapping_rows(supplier, desired);
        let mut declared_fields = fields::relationship(&row, &credentials, &mappings)?;
        match &desired.secrets {
            Some(secrets) => fields::secrets(secrets, &mut declared_fields),
            None => stored.secret_fields(supplier, &desired.id, making.keyring, &mut declared_fields),
        }
        let stored_fields = match before {
            None => None,
            Some(row) => {
                let none = Vec::new();
                let credentials = stored.credentials.get(&desired.id);
                let mut credentials = credentials.cloned().unwrap_or_default();
                credentials.sort_by(|a, b| by_party(a).cmp(&by_party(b)));
                let mappings = stored.mappings.get(&desired.id).unwrap_or(&none);
                let mut fields = fields::relationship(row, &credentials, mappings)?;
                stored.secret_fields(supplier, &desired.id, making.keyring, &mut fields);
                Some(fields)
            }
        };
        self.all_relationships.insert(desired.id.clone(), row.clone());
        let subject = format!("relationship {supplier}/{}", desired.id);
        if self.note(subject, stored_fields.as_ref(), &declared_fields) {
            let secrets = secret_rows::write(supplier, desired, stored_secrets, making)?;
            self.relationships.push(RelationshipWrite {
                row,
                credentials,
                mappings,
                secrets,
            });
        }
        Ok(())
    }

    fn api_key(
        &mut self,
        supplier: &SupplierId,
        desired: &ApiKeyDesired,
        stored: &Stored,
        making: &Making<'_>,
    ) {
        let now = micros(making.now);
        let before = stored.api_keys.get(&desired.id);
        let revoked_before = before.and_then(|row| row.revoked_at);
        let row = ApiKeyRow {
            supplier_id: supplier.to_string(),
            key_id: desired.id.clone(),
            secret_hash: desired.secret_hash.to_vec(),
            name: desired.name.clone(),
            scopes: join(&desired.scopes),
            created_at: before.map_or(now, |row| row.created_at),
            revoked_at: desired.revoked.then(|| revoked_before.unwrap_or(now)),
        };
        let subject = format!("API key {supplier}/{}", desired.id);
        let stored_fields = before.map(fields::api_key);
        if self.note(subject, stored_fields.as_ref(), &fields::api_key(&row)) {
            self.api_keys.push(row);
        }
    }

    /// Notes a subject in the plan; whether it is to be written.
    fn note(&mut self, subject: String, stored: Option<&Fields>, declared: &Fields) -> bool {
        let change = Change::between(subject, stored, declared);
        let differs = change.action != Action::Unchanged;
        self.changes.push(change);
        differs
    }
}

fn by_party(row: &CredentialRow) -> (&str, &str, &str) {
    (&row.party, &row.domain_key, &row.identity_key)
}

fn are_equal(some: &BTreeMap<String, Secret>, others: &BTreeMap<String, Secret>) -> bool {
    let exposed = |(name, secret): (_, &Secret)| (name, secret.expose().to_owned());
    some.iter().map(exposed).eq(others.iter().map(exposed))
}

fn enabled(declared: Option<bool>, stored: Option<i64>) -> i64 {
    declared.map_or(stored.unwrap_or(1), i64::from)
}

fn relationship_row(
    supplier: &SupplierId,
    desired: &RelationshipDesired,
    before: Option<&RelationshipRow>,
    now: Instant,
) -> StorageResult<RelationshipRow> {
    let now = micros(now);
    Ok(RelationshipRow {
        supplier_id: supplier.to_string(),
        relationship_id: desired.id.clone(),
        name: desired.name.clone(),
        buyer_name: desired.buyer_name.clone(),
        protocol: desired.protocol.clone(),
        dialect: desired.dialect.clone(),
        mode: desired.mode.to_string(),
        enabled: enabled(desired.enabled, before.map(|row| row.enabled)),
        storefront_connector_id: desired.storefront.clone(),
        erp_connector_id: desired.erp.clone(),
        order_sink: desired.order_sink.to_string(),
        customer_external_id: desired.customer.clone(),
        settings: to_json("relationship.settings", &desired.settings)?,
        version: before.map_or(1, |row| row.version + 1),
        created_at: before.map_or(now, |row| row.created_at),
        updated_at: now,
    })
}

fn credential_rows(supplier: &SupplierId, desired: &RelationshipDesired) -> Vec<CredentialRow> {
    let mut rows: Vec<CredentialRow> = desired
        .identities
        .iter()
        .map(|(party, identity)| {
            let key = identity.key();
            CredentialRow {
                supplier_id: supplier.to_string(),
                relationship_id: desired.id.clone(),
                party: Party::as_str(*party).to_owned(),
                domain_key: key.domain,
                identity_key: key.identity,
                domain: identity.domain.clone(),
                identity: identity.identity.clone(),
            }
        })
        .collect();
    rows.sort_by(|a, b| by_party(a).cmp(&by_party(b)));
    rows
}

fn mapping_rows(supplier: &SupplierId, desired: &RelationshipDesired) -> Vec<MappingRow> {
    let pairs = desired.mappings.iter();
    pairs
        .map(|((kind, source), target)| MappingRow {
            supplier_id: supplier.to_string(),
            relationship_id: desired.id.clone(),
            kind: kind.to_string(),
            source: source.clone(),
            target: target.clone(),
            origin: mapping::DECLARED.to_owned(),
        })
        .collect()
}

/// The mode of a row; rows are written from types, so that another text is a foreign hand's.
pub(super) fn mode_of(text: &str) -> StorageResult<Mode> {
    Mode::parse(text).ok_or_else(|| StorageError::corrupt("mode", format!("'{text}'")))
}

fn pushed(holding: &HoldingSettings) -> Vec<(String, String)> {
    let rules = holding.hold_rules.iter();
    rules
        .filter(|(_, rule)| rule.enabled && rule.push)
        .map(|(id, rule)| (id.clone(), rule.code.clone()))
        .collect()
}

fn from_json<T: serde::de::DeserializeOwned>(place: &'static str, text: &str) -> StorageResult<T> {
    serde_json::from_str(text).map_err(|error| StorageError::corrupt(place, error))
}

fn to_json(place: &'static str, value: &impl serde::Serialize) -> StorageResult<String> {
    serde_json::to_string(value).map_err(|error| StorageError::corrupt(place, error))
}
