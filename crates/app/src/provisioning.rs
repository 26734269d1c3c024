//! `punchgate apply`: suppliers, relationships, credentials, connectors, mappings and API keys as a file says.
//!
//! What the file declares is made so, in one transaction; what it does not name stays. Applied twice, the second
//! time changes nothing. **Invariant:** no secret stands in the file or in the plan; everything that is wrong is
//! named at once, and then nothing is changed.

mod checks;
mod desired;
mod entering;
mod fields;
mod holding;
mod merged;
mod plan;
mod relationship;
mod secret_ref;
mod secret_rows;
mod stored;

use std::io;

use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx, api_key, connector_instance, credential, mapping,
    relationship as relationships, supplier,
};

use crate::{
    Surroundings,
    clock::micros,
    connectors::ConnectorRegistry,
    declaration::{DeclarationProblem, Problems},
    directory::{Slot, entries::wake},
    seal::{Keyring, SealError},
};
use merged::{Making, Merged};
use secret_ref::{Fetching, Generated};
use stored::Stored;

pub use entering::{Entered, Subject};
pub use plan::{Action, Change, FieldChange, Plan};
pub use secret_ref::SecretSource;

/// What provisioning needs.
#[derive(Clone, Copy)]
pub struct Provisioning<'a> {
    /// Database, clock, randomness.
    pub surroundings: &'a Surroundings,
    /// The sealing keys.
    pub keyring: &'a Keyring,
    /// The kinds of connectors that there are.
    pub connectors: &'a ConnectorRegistry,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
}

impl std::fmt::Debug for Provisioning<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provisioning").finish_non_exhaustive()
    }
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// The file is wrong: all that is.
    #[error("{} in the declared file", count(.0.len()))]
    Declared(Vec<DeclarationProblem>),
    /// A generated secret could not be written.
    #[error("the generated secret cannot be written into {path}: {error}")]
    Generated {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn count(problems: usize) -> String {
    match problems {
        1 => "1 problem".to_owned(),
        problems => format!("{problems} problems"),
    }
}

impl Provisioning<'_> {
    /// Makes it as the text says, or, with `dry_run`, tells what that would change.
    pub async fn apply(&self, text: &str, dry_run: bool) -> Result<Plan, ProvisioningError> {
        let (desired, generated) = self.read(text)?;
        let making = self.making();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        // First of all: two applications wait for each other here.
        supplier::raise_directory_version(&mut tx).await?;
        let mut all = Vec::with_capacity(desired.len());
        for supplier in &desired {
            let stored = Stored::load(&mut tx, &supplier.id).await?;
            let mut merged = Merged::of(supplier, &stored, &making)?;
            checks::retain_settled(&mut tx, &supplier.id, &mut merged).await?;
            all.push(merged);
        }
        let (plan, problems) = self.plan(&mut all, &desired, &generated)?;
        if !problems.is_empty() {
            tx.rollback().await?;
            return Err(ProvisioningError::Declared(problems));
        }
        if dry_run || plan.is_unchanged() {
            tx.rollback().await?;
            return Ok(plan);
        }
        self.write_generated(&generated)?;
        for merged in &all {
            write(&mut tx, merged, micros(making.now)).await?;
        }
        tx.commit().await?;
        Ok(plan)
    }

    fn making(&self) -> Making<'_> {
        Making {
            keyring: self.keyring,
            entropy: &*self.surroundings.entropy,
            now: self.surroundings.now(),
        }
    }

    fn read(&self, text: &str) -> Result<(Vec<desired::SupplierDesired>, Vec<Generated>), ProvisioningError> {
        let problems = Problems::default();
        let mut fetching = Fetching {
            source: self.secrets,
            entropy: &*self.surroundings.entropy,
            generated: Vec::new(),
        };
        let desired = desired::read(text, &problems, &mut fetching);
        let generated = fetching.generated;
        match problems.into_vec() {
            problems if problems.is_empty() => Ok((desired, generated)),
            problems => Err(ProvisioningError::Declared(problems)),
        }
    }

    fn plan(
        &self,
        all: &mut [Merged],
        desired: &[desired::SupplierDesired],
        generated: &[Generated],
    ) -> StorageResult<(Plan, Vec<DeclarationProblem>)> {
        let problems = Problems::default();
        let mut plan = Plan {
            generated: generated.iter().map(|it| it.path.display().to_string()).collect(),
            ..Plan::default()
        };
        for (merged, desired) in all.iter_mut().zip(desired) {
            checks::check(merged, desired, self.connectors, &problems, &mut plan.notes)?;
            plan.changes.append(&mut merged.changes);
        }
        Ok((plan, problems.into_vec()))
    }

    fn write_generated(&self, generated: &[Generated]) -> Result<(), ProvisioningError> {
        for it in generated {
            self.secrets
                .create(&it.path, it.content.expose())
                .map_err(|error| ProvisioningError::Generated {
                    path: it.path.display().to_string(),
                    error,
                })?;
        }
        Ok(())
    }
}

async fn write(tx: &mut Tx, merged: &Merged, now: i64) -> StorageResult<()> {
    if let Some(row) = &merged.supplier {
        supplier::put(tx, row).await?;
    }
    for row in &merged.connectors {
        connector_instance::put(tx, row).await?;
    }
    for write in &merged.relationships {
        let (supplier, id) = (&write.row.supplier_id, &write.row.relationship_id);
        relationships::put(tx, &write.row).await?;
        credential::replace(tx, supplier, id, &write.credentials).await?;
        mapping::replace_declared(tx, supplier, id, &write.mappings, now).await?;
        wake(tx, &supplier.as_str().into(), &id.as_str().into(), now).await?;
        if let Some(secrets) = &write.secrets {
            relationships::remove_declared_secrets(tx, supplier, id).await?;
            for row in &secrets.rows {
                relationships::put_secret(tx, row).await?;
            }
            if secrets.takes_entered {
                relationships::remove_secret(tx, supplier, id, Slot::Entered.as_str()).await?;
            }
        }
    }
    for row in &merged.api_keys {
        api_key::put(tx, row).await?;
    }
    Ok(())
}
