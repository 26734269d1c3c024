//! The secret by which a buyer proves itself, exchanged by people: a second one stands beside the first, both count, and one
//! of the two is dropped.
//!
//! **Invariant:** a secret is sealed wherever it stands, and told to nobody but by whoever has just made it. What was dropped
//! lets nobody in again, whatever a file says.

use punchgate_domain::{
    Instant,
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_storage::{
    Lane, StorageError, Tx,
    history::{self, ChangeRow},
    relationship::{self as stored, RelationshipSecretRow},
    supplier,
};

use super::{Directory, DirectoryError, SUBJECT, Slot, path_text, place_of, unknown};
use crate::{
    accounts::Author,
    clock::{from_micros, micros},
    entropy::new_secret,
    seal::{OpenError, Place, SealError, Secret},
};

/// The field of the history's lines about secrets.
pub const FIELD: &str = "secret";
/// The longest, in characters.
const LONGEST: usize = 200;

/// What may be told of a relationship's secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipSecrets {
    /// Since when the current one is what it is; none where there is none.
    pub current: Option<Instant>,
    /// The same of the one that a person has entered beside it.
    pub entered: Option<Instant>,
    /// Until when an older one counts, as a file says.
    pub previous_until: Option<Instant>,
    /// Since when what we present to the buyer is what it is.
    pub outbound: Option<Instant>,
    /// Why one of them does not open.
    pub closed: Option<String>,
}

/// Where a second secret comes from.
#[derive(Debug)]
pub enum NewSecret {
    /// The buyer, or somebody here, has chosen it.
    Given(Secret),
    /// It is made up.
    Generated,
}

/// Which of two secrets is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The buyer uses the new one.
    Old,
    /// The exchange is called off.
    New,
}

/// Why nothing was exchanged.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// For the person.
    #[error("{details}")]
    Refused {
        /// Which problem.
        problem: Problem,
        /// In words.
        details: String,
    },
    /// It does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<StorageError> for SecretError {
    fn from(error: StorageError) -> Self {
        Self::Directory(error.into())
    }
}

/// The secrets of one relationship in a transaction.
struct Exchange<'a> {
    directory: &'a Directory,
    supplier: &'a SupplierId,
    id: &'a RelationshipId,
    rows: Vec<RelationshipSecretRow>,
    now: Instant,
}

impl Directory {
    /// Puts a second secret beside the first; both count from now on. Returns it, for nobody is told it again.
    pub async fn add_secret(
        &self,
        (supplier, id): (&SupplierId, &RelationshipId),
        new: NewSecret,
        author: &Author,
    ) -> Result<Secret, SecretError> {
        let (secret, how) = match new {
            NewSecret::Given(secret) => (readable(&secret)?, "entered"),
            NewSecret::Generated => (
                Secret::new(new_secret(&*self.surroundings.entropy)),
                "made up here",
            ),
        };
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let added = async {
            let exchange = Exchange::begin(self, &mut tx, (supplier, id)).await?;
            let (slot, said) = exchange.place_for(&secret)?;
            exchange
                .put(&mut tx, slot.as_str(), &secret, exchange.now)
                .await?;
            exchange.note(&mut tx, author, format!("{said}, {how}")).await
        };
        match added.await {
            Ok(()) => tx.commit().await?,
            Err(error) => {
                tx.rollback().await?;
                return Err(error);
            }
        }
        self.forget();
        Ok(secret)
    }

    /// Ends an exchange: one of the two lets nobody in any more.
    pub async fn drop_secret(
        &self,
        (supplier, id): (&SupplierId, &RelationshipId),
        which: Dropped,
        author: &Author,
    ) -> Result<(), SecretError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let dropped = async {
            let exchange = Exchange::begin(self, &mut tx, (supplier, id)).await?;
            let said = match which {
                Dropped::Old => exchange.drop_old(&mut tx).await?,
                Dropped::New => exchange.drop_new(&mut tx).await?,
            };
            exchange.note(&mut tx, author, said.to_owned()).await
        };
        match dropped.await {
            Ok(()) => tx.commit().await?,
            Err(error) => {
                tx.rollback().await?;
                return Err(error);
            }
        }
        self.forget();
        Ok(())
    }

    /// What may be told of these rows.
    pub(super) fn told_of(
        &self,
        supplier: &SupplierId,
        rows: &[RelationshipSecretRow],
    ) -> RelationshipSecrets {
        let mut told = RelationshipSecrets::default();
        for row in rows {
            let since = Some(from_micros(row.created_at));
            match row.slot.as_str() {
                slot if slot == Slot::Current.as_str() => told.current = since,
                slot if slot == Slot::Entered.as_str() => told.entered = since,
                slot if slot == Slot::Outbound.as_str() => told.outbound = since,
                slot if slot == Slot::Previous.as_str() => {
                    let until = row.valid_until.map(from_micros);
                    told.previous_until = until.filter(|until| self.now() < *until);
                }
                _ => continue,
            }
            if let Err(error) = self.opened(supplier, row) {
                told.closed = Some(error.to_string());
            }
        }
        told
    }

    fn opened(&self, supplier: &SupplierId, row: &RelationshipSecretRow) -> Result<Secret, OpenError> {
        let place = place_of(&row.relationship_id, &row.slot);
        let place = Place {
            supplier,
            place: &place,
        };
        self.keyring.open_text(place, &row.key_id, &row.sealed)
    }
}

impl<'a> Exchange<'a> {
    async fn begin(
        directory: &'a Directory,
        tx: &mut Tx,
        (supplier, id): (&'a SupplierId, &'a RelationshipId),
    ) -> Result<Self, SecretError> {
        // Of two who exchange at once, one waits here for the other.
        supplier::raise_directory_version(tx).await?;
        if stored::get(tx, supplier.as_str(), id.as_str()).await?.is_none() {
            return Err(unknown(&path_text(supplier, id)).into());
        }
        Ok(Self {
            directory,
            supplier,
            id,
            rows: stored::secrets(tx, supplier.as_str(), id.as_str()).await?,
            now: directory.now(),
        })
    }

    fn row(&self, slot: Slot) -> Option<&RelationshipSecretRow> {
        self.rows.iter().find(|row| row.slot == slot.as_str())
    }

    /// Where a new one goes, and what the history says of it.
    fn place_for(&self, secret: &Secret) -> Result<(Slot, &'static str), SecretError> {
        if self.row(Slot::Entered).is_some() {
            return Err(refused(
                Problem::InvalidTransition,
                "there are two secrets already: drop one of them first",
            ));
        }
        for row in &self.rows {
            // One that does not open is compared with nothing.
            let is_it = self
                .directory
                .opened(self.supplier, row)
                .is_ok_and(|known| known.expose() == secret.expose());
            let problem = match row.slot.as_str() {
                slot if Slot::is_dropped(slot) => "this secret was dropped before: choose another one",
                _ => "this secret is in use already: choose another one",
            };
            if is_it {
                return Err(refused(Problem::Validation, problem));
            }
        }
        Ok(match self.row(Slot::Current) {
            Some(_) => (Slot::Entered, "a second one beside the first"),
            None => (Slot::Current, "the first one"),
        })
    }

    /// The new one takes the place of the old one, which is kept as what must not come back.
    async fn drop_old(&self, tx: &mut Tx) -> Result<&'static str, SecretError> {
        let Some(new) = self.row(Slot::Entered) else {
            return Err(one_only());
        };
        let secret = self.directory.opened(self.supplier, new)?;
        let old = self
            .row(Slot::Current)
            .map(|row| self.directory.opened(self.supplier, row));
        self.put(tx, Slot::Current.as_str(), &secret, from_micros(new.created_at))
            .await?;
        // One that does not open cannot be known again.
        if let Some(Ok(old)) = old {
            let before = self.rows.iter().filter(|row| Slot::is_dropped(&row.slot)).count();
            let slot = format!("{}-{}", Slot::Dropped.as_str(), before + 1);
            self.put(tx, &slot, &old, self.now).await?;
        }
        for slot in [Slot::Entered, Slot::Previous] {
            self.remove(tx, slot).await?;
        }
        Ok("the old one was dropped, the new one alone counts")
    }

    async fn drop_new(&self, tx: &mut Tx) -> Result<&'static str, SecretError> {
        if self.row(Slot::Entered).is_none() {
            return Err(one_only());
        }
        self.remove(tx, Slot::Entered).await?;
        Ok("the new one was dropped, the old one alone counts")
    }

    async fn put(&self, tx: &mut Tx, slot: &str, secret: &Secret, since: Instant) -> Result<(), SecretError> {
        let place = place_of(self.id.as_str(), slot);
        let place = Place {
            supplier: self.supplier,
            place: &place,
        };
        let entropy = &*self.directory.surroundings.entropy;
        let sealed = self
            .directory
            .keyring
            .seal(entropy, place, secret.expose().as_bytes())?;
        let row = RelationshipSecretRow {
            supplier_id: self.supplier.to_string(),
            relationship_id: self.id.to_string(),
            slot: slot.to_owned(),
            sealed: sealed.bytes,
            key_id: sealed.key_id,
            valid_until: None,
            created_at: micros(since),
        };
        stored::put_secret(tx, &row).await?;
        Ok(())
    }

    async fn remove(&self, tx: &mut Tx, slot: Slot) -> Result<(), StorageError> {
        stored::remove_secret(tx, self.supplier.as_str(), self.id.as_str(), slot.as_str()).await
    }

    async fn note(&self, tx: &mut Tx, author: &Author, said: String) -> Result<(), SecretError> {
        let now = micros(self.now);
        stored::touch(tx, self.supplier.as_str(), self.id.as_str(), now).await?;
        tracing::warn!(relationship = %path_text(self.supplier, self.id), by = %author.who, why = %author.why, said,
            "a person exchanges the secret of a relationship");
        let line = ChangeRow {
            supplier_id: self.supplier.to_string(),
            change_id: self.directory.surroundings.new_id(),
            subject: SUBJECT.to_owned(),
            subject_id: self.id.to_string(),
            field: FIELD.to_owned(),
            from_value: None,
            to_value: Some(said),
            who: author.who.clone(),
            why: author.why.clone(),
            changed_at: now,
        };
        history::insert_many(tx, &[line]).await?;
        Ok(())
    }
}

fn refused(problem: Problem, details: &str) -> SecretError {
    SecretError::Refused {
        problem,
        details: details.to_owned(),
    }
}

fn one_only() -> SecretError {
    refused(
        Problem::InvalidTransition,
        "there is only one secret: enter a second one, and have the buyer use it, before the first is dropped",
    )
}

/// A secret as the buyer will send it: without what stands around it by mistake.
fn readable(secret: &Secret) -> Result<Secret, SecretError> {
    let text = secret.expose().trim();
    let details = if text.is_empty() {
        "the secret is missing"
    } else if text.chars().count() > LONGEST {
        "the secret is longer than 200 characters"
    } else if text.chars().any(char::is_control) {
        "the secret has a control character in it"
    } else {
        return Ok(Secret::new(text));
    };
    Err(refused(Problem::Validation, details))
}
