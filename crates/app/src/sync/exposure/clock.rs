//! Readings of a clock that runs ahead of ours. What is owed as of a time to come would let go of reservations for orders
//! that the ERP has not counted: a reading counts at most as of when the ERP was asked.

use std::collections::BTreeMap;

use punchgate_domain::Instant;
use punchgate_storage::{
    StorageResult, Tx,
    sync::attention::{self, AttentionRow, FUTURE_EXPOSURE},
};

use super::{FEED, Told};
use crate::{
    Surroundings,
    clock::micros,
    sync::{SyncScope, attention::name_in},
};

/// Clocks are never quite alike: so much nobody is told of.
const SKEW_MICROS: i64 = 60 * 1_000_000;

impl Told {
    /// Whether it was read so far ahead of when the ERP was asked that a person should look at its clock.
    fn is_ahead(&self, asked_at: Instant) -> bool {
        micros(self.exposure.as_of).saturating_sub(micros(asked_at)) > SKEW_MICROS
    }
}

/// The readings by account, none later than when the ERP was asked. A person is told once of a clock that is ahead,
/// until the account with which that was seen is told in time.
pub(super) async fn in_time(
    tx: &mut Tx,
    surroundings: &Surroundings,
    scope: &SyncScope,
    told: &[Told],
    asked_at: Instant,
) -> StorageResult<BTreeMap<String, Told>> {
    if told.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (supplier, connector) = (&scope.supplier, &scope.connector);
    let name = name_in(scope, FEED);
    let known = attention::find(tx, supplier, connector, FUTURE_EXPOSURE, &name).await?;
    let is_settled = |known: &AttentionRow| {
        let mut of_account = told.iter().filter(|one| one.external_id == known.external_id);
        of_account.next().is_some_and(|one| !one.is_ahead(asked_at))
    };
    match (told.iter().find(|one| one.is_ahead(asked_at)), known) {
        (None, Some(known)) if is_settled(&known) => {
            attention::end(tx, supplier, connector, FUTURE_EXPOSURE, &name).await?;
        }
        (Some(ahead), None) => {
            let row = AttentionRow {
                supplier_id: supplier.clone(),
                connector_id: connector.clone(),
                matter: FUTURE_EXPOSURE.to_owned(),
                name,
                attention_id: surroundings.new_id(),
                scope: scope.scope.clone(),
                external_id: ahead.external_id.clone(),
                noted_at: micros(surroundings.now()),
            };
            if attention::note(tx, &row).await? {
                crate::events::announce_attention(tx, &[row]).await?;
            }
        }
        _ => {}
    }
    let in_time = told.iter().cloned().map(|mut one| {
        one.exposure.as_of = one.exposure.as_of.min(asked_at);
        (one.external_id.clone(), one)
    });
    Ok(in_time.collect())
}
