//! The secrets of a relationship as a file declares them, beside what people have done with them since.
//!
//! **Invariant:** a secret that a person has dropped does not come back by a file.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::relationship::RelationshipSecretRow;

use super::{
    ProvisioningError,
    desired::{RelationshipDesired, SecretDesired},
    merged::Making,
};
use crate::{
    clock::micros,
    directory::{Slot, place_of},
    seal::{Keyring, Place, Secret},
};

/// The secrets to be written.
pub(super) struct SecretsWrite {
    pub(super) rows: Vec<RelationshipSecretRow>,
    /// The one that a person entered beside them is the declared one now.
    pub(super) takes_entered: bool,
}

/// A stored secret, opened.
struct Known<'a> {
    row: &'a RelationshipSecretRow,
    secret: Secret,
}

impl Known<'_> {
    fn is(&self, slot: Slot) -> bool {
        self.row.slot == slot.as_str()
    }

    fn says(&self, other: &Secret) -> bool {
        self.secret.expose() == other.expose()
    }
}

/// The rows of what is declared. What stood so already keeps its age.
pub(super) fn write(
    supplier: &SupplierId,
    desired: &RelationshipDesired,
    stored: &[RelationshipSecretRow],
    making: &Making<'_>,
) -> Result<Option<SecretsWrite>, ProvisioningError> {
    let Some(declared) = &desired.secrets else {
        return Ok(None);
    };
    let known = opened(supplier, stored, making.keyring);
    let mut written = SecretsWrite {
        rows: Vec::with_capacity(declared.len()),
        takes_entered: false,
    };
    for one in declared {
        let same = |slots: &[Slot]| {
            let mut known = known.iter();
            known.find(|known| known.says(&one.secret) && slots.iter().any(|slot| known.is(*slot)))
        };
        let is_presented = one.slot != Slot::Outbound;
        written.takes_entered |= is_presented && same(&[Slot::Entered]).is_some();
        let before = match is_presented {
            true => same(&[Slot::Current, Slot::Previous, Slot::Entered]),
            false => same(&[Slot::Outbound]),
        };
        let since = before.map_or(micros(making.now), |known| known.row.created_at);
        written.rows.push(row(supplier, &desired.id, one, since, making)?);
    }
    Ok(Some(written))
}

fn row(
    supplier: &SupplierId,
    relationship: &str,
    one: &SecretDesired,
    since: i64,
    making: &Making<'_>,
) -> Result<RelationshipSecretRow, ProvisioningError> {
    let place = one.slot.place(relationship);
    let place = Place {
        supplier,
        place: &place,
    };
    let plain = one.secret.expose().as_bytes();
    let sealed = making.keyring.seal(making.entropy, place, plain)?;
    Ok(RelationshipSecretRow {
        supplier_id: supplier.to_string(),
        relationship_id: relationship.to_owned(),
        slot: one.slot.as_str().to_owned(),
        sealed: sealed.bytes,
        key_id: sealed.key_id,
        valid_until: one.valid_until.map(micros),
        created_at: since,
    })
}

/// The declared secret that a person has dropped, if there is one.
pub(super) fn dropped(
    supplier: &SupplierId,
    desired: &RelationshipDesired,
    stored: &[RelationshipSecretRow],
    keyring: &Keyring,
) -> Option<Slot> {
    let known = opened(supplier, stored, keyring);
    let gone = |one: &SecretDesired| {
        let mut dropped = known.iter().filter(|known| Slot::is_dropped(&known.row.slot));
        dropped.any(|known| known.says(&one.secret))
    };
    let declared = desired.secrets.iter().flatten();
    let mut presented = declared.filter(|one| one.slot != Slot::Outbound);
    presented.find(|one| gone(one)).map(|one| one.slot)
}

/// Those that do not open are written anew, as if they were not there.
fn opened<'a>(
    supplier: &SupplierId,
    stored: &'a [RelationshipSecretRow],
    keyring: &Keyring,
) -> Vec<Known<'a>> {
    let open = |row: &'a RelationshipSecretRow| {
        let place = place_of(&row.relationship_id, &row.slot);
        let place = Place {
            supplier,
            place: &place,
        };
        let secret = keyring.open_text(place, &row.key_id, &row.sealed).ok()?;
        Some(Known { row, secret })
    };
    stored.iter().filter_map(open).collect()
}
