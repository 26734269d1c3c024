//! Another sealing key: everything that an older key sealed is sealed anew with the first one. Afterwards the
//! older keys may leave the key file.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{Lane, StorageError, Tx, connector_instance, relationship, supplier};

use super::{Keyring, OpenError, Place, SealError};
use crate::{Surroundings, connectors, directory::place_of};

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Sealed anew.
    pub resealed: usize,
    /// Sealed with the first key already.
    pub unchanged: usize,
}

/// Why a rotation stopped; suppliers before the failing one are done.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A value does not open: its key is missing, or it was changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A value could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Seals everything with the first key, one transaction a supplier.
pub async fn rotate(surroundings: &Surroundings, keyring: &Keyring) -> Result<Rotated, RotationError> {
    let mut tx = surroundings.db.read().await?;
    let suppliers = supplier::all(&mut tx).await?;
    tx.rollback().await?;
    let mut rotated = Rotated::default();
    for row in suppliers {
        let supplier = SupplierId::new(row.supplier_id);
        let mut tx = surroundings.db.begin(Lane::Background).await?;
        // `apply` writes secrets, too: one of the two waits.
        supplier::raise_directory_version(&mut tx).await?;
        reseal_relationships(&mut tx, surroundings, keyring, &supplier, &mut rotated).await?;
        reseal_connectors(&mut tx, surroundings, keyring, &supplier, &mut rotated).await?;
        tx.commit().await?;
    }
    Ok(rotated)
}

async fn reseal_relationships(
    tx: &mut Tx,
    surroundings: &Surroundings,
    keyring: &Keyring,
    supplier: &SupplierId,
    rotated: &mut Rotated,
) -> Result<(), RotationError> {
    for row in relationship::secrets_of_supplier(tx, supplier.as_str()).await? {
        if row.key_id == keyring.active_id() {
            rotated.unchanged += 1;
            continue;
        }
        let place = place_of(&row.relationship_id, &row.slot);
        let place = Place {
            supplier,
            place: &place,
        };
        let plain = keyring.open(place, &row.key_id, &row.sealed)?;
        let sealed = keyring.seal(&*surroundings.entropy, place, &plain)?;
        let (id, slot) = (&row.relationship_id, &row.slot);
        relationship::reseal(tx, supplier.as_str(), id, slot, &sealed.bytes, &sealed.key_id).await?;
        rotated.resealed += 1;
    }
    Ok(())
}

async fn reseal_connectors(
    tx: &mut Tx,
    surroundings: &Surroundings,
    keyring: &Keyring,
    supplier: &SupplierId,
    rotated: &mut Rotated,
) -> Result<(), RotationError> {
    for row in connector_instance::of_supplier(tx, supplier.as_str()).await? {
        match &row.key_id {
            None => continue,
            Some(key_id) if key_id == keyring.active_id() => {
                rotated.unchanged += 1;
                continue;
            }
            Some(_) => {}
        }
        let secrets = connectors::open_secrets(supplier, &row, keyring)?;
        let entropy = &*surroundings.entropy;
        if let Some(sealed) =
            connectors::seal_secrets(supplier, &row.connector_id, &secrets, keyring, entropy)?
        {
            let id = &row.connector_id;
            connector_instance::reseal(tx, supplier.as_str(), id, &sealed.bytes, &sealed.key_id).await?;
            rotated.resealed += 1;
        }
    }
    Ok(())
}
