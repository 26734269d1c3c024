//! The directory as it was read at one version, and how it is read: rows, settings, opened secrets.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::tz::TimeZone;
use punchgate_domain::{
    ids::{ConnectorId, RelationshipId, SupplierId},
    policy::OrderSink,
};
use punchgate_protocols::cxml::{CredentialKey, Secret};
use punchgate_storage::{
    StorageResult, Tx, connector_instance,
    credential::{self, CredentialRow},
    mapping::{self, MappingRow},
    relationship::{self as stored, RelationshipRow, RelationshipSecretRow},
    supplier::{self, SupplierRow},
};
use serde::{Deserialize, Serialize};

use super::{
    DirectoryError,
    holding::HoldingSettings,
    mapping::{MappingKind, Mappings},
    mode::Mode,
    relationship::{Identity, InboundSecret, Outbound, Relationship, Supplier, path_text},
    settings::{RelationshipSettings, SettingProblem},
};
use crate::{
    clock::from_micros,
    seal::{Keyring, Place},
};

/// Supplier and relationship.
pub(crate) type Key = (SupplierId, RelationshipId);

/// In which role a credential belongs to a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Party {
    /// The buyer.
    Buyer,
    /// Who may send for the buyer.
    Sender,
    /// We.
    Supplier,
}

impl Party {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Sender => "sender",
            Self::Supplier => "supplier",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Buyer, Self::Sender, Self::Supplier]
            .into_iter()
            .find(|party| party.as_str() == text)
    }
}

/// Which secret of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// What the buyer presents.
    Current,
    /// What the buyer presented before; accepted until it expires.
    Previous,
    /// What we present to the buyer.
    Outbound,
    /// What the buyer may present as well: a person has entered it, to take the place of the current one.
    Entered,
    /// What a person has taken away: nobody is let in by it any more.
    Dropped,
}

impl Slot {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Outbound => "outbound",
            Self::Entered => "entered",
            Self::Dropped => "dropped",
        }
    }

    /// Whether a file says what is in the slot of this name; else people do.
    pub(crate) fn is_declared(slot: &str) -> bool {
        let declared = [Self::Current, Self::Previous, Self::Outbound];
        declared.iter().any(|one| one.as_str() == slot)
    }

    /// Whether a slot of this name holds what a person took away. There are as many as were taken away.
    pub(crate) fn is_dropped(slot: &str) -> bool {
        slot.starts_with(Self::Dropped.as_str())
    }

    /// Where its sealed value is kept.
    pub(crate) fn place(self, relationship: &str) -> String {
        place_of(relationship, self.as_str())
    }
}

/// Where the sealed secret of a relationship's slot is kept.
pub(crate) fn place_of(relationship: &str, slot: &str) -> String {
    format!("relationship_secret/{relationship}/{slot}")
}

/// Further settings of a supplier, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SupplierSettings {
    pub(crate) contact: String,
    pub(crate) alerts_to: Vec<String>,
    pub(crate) holding: HoldingSettings,
}

/// The directory at one version.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    version: i64,
    suppliers: BTreeMap<SupplierId, (i64, Arc<Supplier>)>,
    relationships: BTreeMap<Key, Entry>,
    by_credential: HashMap<(Party, CredentialKey), Vec<Key>>,
    /// Connectors that take hints.
    hinted: HashSet<(String, String)>,
}

/// A relationship, or why it does not read; with the versions of supplier and relationship that it was made of.
#[derive(Clone, Debug)]
struct Entry {
    made_of: (i64, i64),
    outcome: Result<Arc<Relationship>, String>,
}

impl Entry {
    /// What is held of its supplier's listening; none where the relationship does not read.
    fn listens(&self) -> Option<bool> {
        let relationship = self.outcome.as_ref().ok()?;
        Some(relationship.supplier.listens)
    }
}

/// A relationship that is to be made anew.
struct Making {
    supplier: Arc<Supplier>,
    key: Key,
    made_of: (i64, i64),
}

/// The rows of one supplier's relationships, by relationship.
#[derive(Default)]
struct Rows {
    secrets: HashMap<String, Vec<RelationshipSecretRow>>,
    mappings: HashMap<String, Vec<MappingRow>>,
}

impl Snapshot {
    /// Reads everything; a relationship that has not changed since `known` is taken over.
    pub(crate) async fn load(
        tx: &mut Tx,
        version: i64,
        known: Option<&Self>,
        keyring: &Keyring,
    ) -> StorageResult<Self> {
        let mut snapshot = Self {
            version,
            hinted: connector_instance::hinted(tx).await?.into_iter().collect(),
            ..Self::default()
        };
        let listening = connector_instance::listening_suppliers(tx).await?;
        for row in supplier::all(tx).await? {
            snapshot.add_supplier(&row, listening.contains(&row.supplier_id));
        }
        let credentials = credential::all(tx).await?;
        let by_relationship = group(&credentials, |row| {
            (row.supplier_id.as_str(), row.relationship_id.as_str())
        });
        let mut rows_of: HashMap<String, Rows> = HashMap::new();
        for row in stored::all(tx).await? {
            let Some(making) = snapshot.making(&row, known) else {
                continue;
            };
            if !rows_of.contains_key(&row.supplier_id) {
                rows_of.insert(row.supplier_id.clone(), Rows::load(tx, &row.supplier_id).await?);
            }
            let credentials = by_relationship
                .get(&(row.supplier_id.as_str(), row.relationship_id.as_str()))
                .map_or(&[][..], Vec::as_slice);
            let rows = &rows_of[&row.supplier_id];
            let outcome = read_relationship(&row, &making.supplier, credentials, rows, keyring);
            snapshot.add(making, outcome);
        }
        snapshot.index(&credentials);
        Ok(snapshot)
    }

    fn add_supplier(&mut self, row: &SupplierRow, listens: bool) {
        match read_supplier(row, listens) {
            Ok(supplier) => {
                let held = (row.version, Arc::new(supplier));
                self.suppliers.insert(row.supplier_id.as_str().into(), held);
            }
            Err(reason) => tracing::error!(supplier = row.supplier_id, reason, "supplier does not read"),
        }
    }

    /// What a relationship is to be made of; nothing where it is taken over from `known`, or has no supplier.
    fn making(&mut self, row: &RelationshipRow, known: Option<&Self>) -> Option<Making> {
        let key: Key = (
            row.supplier_id.as_str().into(),
            row.relationship_id.as_str().into(),
        );
        let (supplier_version, supplier) = self.suppliers.get(&key.0)?;
        let made_of = (*supplier_version, row.version);
        let unchanged = known
            .and_then(|known| known.relationships.get(&key))
            .filter(|entry| entry.made_of == made_of && entry.listens() == Some(supplier.listens));
        if let Some(entry) = unchanged {
            self.relationships.insert(key, entry.clone());
            return None;
        }
        Some(Making {
            supplier: Arc::clone(supplier),
            key,
            made_of,
        })
    }

    fn add(&mut self, making: Making, outcome: Result<Relationship, String>) {
        if let Err(reason) = &outcome {
            let name = path_text(&making.key.0, &making.key.1);
            tracing::error!(relationship = name, reason, "relationship does not read");
        }
        let entry = Entry {
            made_of: making.made_of,
            outcome: outcome.map(Arc::new),
        };
        self.relationships.insert(making.key, entry);
    }

    fn index(&mut self, credentials: &[CredentialRow]) {
        for row in credentials {
            let Some(party) = Party::parse(&row.party) else {
                continue;
            };
            let key = CredentialKey {
                domain: row.domain_key.clone(),
                identity: row.identity_key.clone(),
            };
            let relationship = (
                row.supplier_id.as_str().into(),
                row.relationship_id.as_str().into(),
            );
            self.by_credential
                .entry((party, key))
                .or_default()
                .push(relationship);
        }
    }

    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// Whether there is such a connector, and it takes hints.
    pub(crate) fn takes_hints(&self, supplier: &str, connector: &str) -> bool {
        self.hinted.contains(&(supplier.to_owned(), connector.to_owned()))
    }

    /// Whose credential this is in a role.
    pub(crate) fn holders(&self, party: Party, key: &CredentialKey) -> BTreeSet<&Key> {
        self.by_credential
            .get(&(party, key.clone()))
            .map(|keys| keys.iter().collect())
            .unwrap_or_default()
    }

    /// Whether there is such a relationship, readable or not.
    pub(crate) fn holds(&self, key: &Key) -> bool {
        self.relationships.contains_key(key)
    }

    pub(crate) fn relationship(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
    ) -> Result<Arc<Relationship>, DirectoryError> {
        let name = || path_text(supplier, id);
        match self.relationships.get(&(supplier.clone(), id.clone())) {
            None => Err(DirectoryError::Unknown(name())),
            Some(entry) => entry
                .outcome
                .clone()
                .map_err(|reason| DirectoryError::Broken { name: name(), reason }),
        }
    }

    pub(crate) fn relationships(&self, supplier: &SupplierId) -> Vec<Arc<Relationship>> {
        self.relationships
            .range((supplier.clone(), RelationshipId::new(""))..)
            .take_while(|(key, _)| key.0 == *supplier)
            .filter_map(|(_, entry)| entry.outcome.clone().ok())
            .collect()
    }

    pub(crate) fn supplier(&self, id: &SupplierId) -> Option<Arc<Supplier>> {
        self.suppliers.get(id).map(|(_, supplier)| Arc::clone(supplier))
    }

    pub(crate) fn suppliers(&self) -> Vec<Arc<Supplier>> {
        self.suppliers
            .values()
            .map(|(_, supplier)| Arc::clone(supplier))
            .collect()
    }
}

impl Rows {
    async fn load(tx: &mut Tx, supplier: &str) -> StorageResult<Self> {
        let mut rows = Self::default();
        for row in stored::secrets_of_supplier(tx, supplier).await? {
            let of = rows.secrets.entry(row.relationship_id.clone()).or_default();
            of.push(row);
        }
        for row in mapping::of_supplier(tx, supplier).await? {
            let of = rows.mappings.entry(row.relationship_id.clone()).or_default();
            of.push(row);
        }
        Ok(rows)
    }
}

fn group<'a, K: std::hash::Hash + Eq, T>(rows: &'a [T], key: impl Fn(&'a T) -> K) -> HashMap<K, Vec<&'a T>> {
    let mut groups: HashMap<K, Vec<&'a T>> = HashMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    groups
}

fn read_supplier(row: &SupplierRow, listens: bool) -> Result<Supplier, String> {
    let settings: SupplierSettings =
        serde_json::from_str(&row.settings).map_err(|error| format!("settings: {error}"))?;
    Ok(Supplier {
        id: row.supplier_id.as_str().into(),
        name: row.name.clone(),
        time_zone: TimeZone::get(&row.time_zone).map_err(|error| error.to_string())?,
        contact: settings.contact,
        alerts_to: settings.alerts_to,
        listens,
        holding: settings.holding.read().map_err(said)?,
    })
}

fn said(problems: Vec<SettingProblem>) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn read_relationship(
    row: &RelationshipRow,
    supplier: &Arc<Supplier>,
    credentials: &[&CredentialRow],
    rows: &Rows,
    keyring: &Keyring,
) -> Result<Relationship, String> {
    let settings: RelationshipSettings =
        serde_json::from_str(&row.settings).map_err(|error| format!("settings: {error}"))?;
    let agreed = settings.read(&row.dialect).map_err(said)?;
    let secrets = rows
        .secrets
        .get(&row.relationship_id)
        .map_or(&[][..], Vec::as_slice);
    let (inbound, outbound_secret) = open_secrets(supplier, secrets, keyring)?;
    let identities = |party| identities(credentials, party);
    Ok(Relationship {
        supplier: Arc::clone(supplier),
        id: row.relationship_id.as_str().into(),
        name: row.name.clone(),
        buyer_name: row.buyer_name.clone(),
        mode: Mode::parse(&row.mode).ok_or_else(|| format!("mode '{}' is unknown", row.mode))?,
        enabled: row.enabled != 0,
        dialect: agreed.dialect,
        storefront: row.storefront_connector_id.as_deref().map(ConnectorId::from),
        erp: row.erp_connector_id.as_deref().map(ConnectorId::from),
        order_sink: OrderSink::parse(&row.order_sink).map_err(|error| error.to_string())?,
        customer_external_id: row.customer_external_id.clone(),
        charges: agreed.charges,
        users: agreed.users,
        policies: agreed.policies,
        return_hosts: agreed.return_hosts,
        redirect_hosts: agreed.redirect_hosts,
        buyer_identities: identities(Party::Buyer),
        sender_identities: identities(Party::Sender),
        supplier_identities: identities(Party::Supplier),
        outbound: agreed.outbound_url.map(|url| Outbound {
            url,
            secret: outbound_secret,
        }),
        start_link_seconds: settings.start_link_seconds,
        session_minutes: settings.session_minutes,
        buyer_system: agreed.buyer_system,
        mappings: read_mappings(rows.mappings.get(&row.relationship_id)),
        version: row.version,
        secrets: inbound,
    })
}

fn identities(credentials: &[&CredentialRow], party: Party) -> Vec<Identity> {
    credentials
        .iter()
        .filter(|row| row.party == party.as_str())
        .map(|row| Identity::new(&row.domain, &row.identity))
        .collect()
}

fn open_secrets(
    supplier: &Supplier,
    rows: &[RelationshipSecretRow],
    keyring: &Keyring,
) -> Result<(Vec<InboundSecret>, Option<Secret>), String> {
    let (mut inbound, mut outbound) = (Vec::new(), None);
    for row in rows.iter().filter(|row| !Slot::is_dropped(&row.slot)) {
        let place = place_of(&row.relationship_id, &row.slot);
        let place = Place {
            supplier: &supplier.id,
            place: &place,
        };
        let secret = keyring
            .open_text(place, &row.key_id, &row.sealed)
            .map_err(|error| error.to_string())?;
        if row.slot == Slot::Outbound.as_str() {
            outbound = Some(secret);
        } else {
            inbound.push(InboundSecret {
                secret,
                valid_until: row.valid_until.map(from_micros),
            });
        }
    }
    Ok((inbound, outbound))
}

fn read_mappings(rows: Option<&Vec<MappingRow>>) -> Mappings {
    let mut mappings = Mappings::default();
    for row in rows.into_iter().flatten() {
        if let Some(kind) = MappingKind::parse(&row.kind) {
            mappings.insert(kind, row.source.as_str(), row.target.as_str());
        }
    }
    mappings
}
