//! The secrets of a configured connector, sealed into its row and opened out of it.

use std::collections::BTreeMap;

use punchgate_domain::ids::SupplierId;
use punchgate_storage::connector_instance::ConnectorInstanceRow;
use zeroize::Zeroizing;

use crate::{
    entropy::Entropy,
    seal::{Keyring, OpenError, Place, SealError, Sealed, Secret},
};

fn place_of(connector: &str) -> String {
    format!("connector_instance/{connector}")
}

/// Opens the secrets of a row.
pub(crate) fn open_secrets(
    supplier: &SupplierId,
    row: &ConnectorInstanceRow,
    keyring: &Keyring,
) -> Result<BTreeMap<String, Secret>, OpenError> {
    let (Some(sealed), Some(key_id)) = (&row.secrets, &row.key_id) else {
        return Ok(BTreeMap::new());
    };
    let place = place_of(&row.connector_id);
    let at = Place {
        supplier,
        place: &place,
    };
    let plain = keyring.open(at, key_id, sealed)?;
    let texts: BTreeMap<String, String> =
        serde_json::from_slice(&plain).map_err(|_| OpenError::NotText { place })?;
    Ok(texts
        .into_iter()
        .map(|(name, text)| (name, Secret::new(text)))
        .collect())
}

/// Seals secrets for a row; nothing where there are none.
pub(crate) fn seal_secrets(
    supplier: &SupplierId,
    connector: &str,
    secrets: &BTreeMap<String, Secret>,
    keyring: &Keyring,
    entropy: &dyn Entropy,
) -> Result<Option<Sealed>, SealError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let texts: BTreeMap<&str, &str> = secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), secret.expose()))
        .collect();
    let plain = serde_json::to_vec(&texts)
        .map(Zeroizing::new)
        .map_err(|_| SealError)?;
    let place = place_of(connector);
    let place = Place {
        supplier,
        place: &place,
    };
    keyring.seal(entropy, place, &plain).map(Some)
}
