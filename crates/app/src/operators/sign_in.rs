//! Signing in: counted before the password is looked at, so that trying at once helps nobody; the answer says the same of
//! a wrong password, an unknown name and an account that may not be used.
//!
//! Who tries a name from one address is stopped there, and nowhere else: nobody can lock a person out from elsewhere.
//! A name that is tried from many addresses is answered ever later, to everybody; when too many of those wait already, the
//! answer is that too many try. That counts as no try.

use std::{net::IpAddr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    operator::{self, AccountRow, SignedInRow},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{Operators, accounts::normal, password::LONGEST};
use crate::{
    clock::micros,
    entropy::{new_secret, secret_hash},
    seal::Secret,
};

/// The time in which tries are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Tries of one name from one address in it.
const TRIES_OF_BOTH: i64 = 10;
/// Tries from one address in it: several people may sit behind one.
const TRIES_OF_ADDRESS: i64 = 40;
/// Tries of one name from anywhere in it that are answered at once.
const TRIES_OF_NAME: i64 = 100;
/// How much later each one after them is answered than the one before.
const LATER: Duration = Duration::from_millis(100);
/// How late at most: a person can wait so long.
const LATEST: Duration = Duration::from_secs(10);
/// How many may be kept waiting so.
pub(super) const KEPT_WAITING: usize = 256;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name and password are not those of anybody who may sign in.
    #[error("This name and password do not fit together.")]
    Wrong,
    /// Too many tries from there.
    #[error("There were too many attempts to sign in. Wait 15 minutes, then try again.")]
    TooMany,
    /// More people than can be served.
    #[error("Too many are signing in at this moment. Try again in a minute.")]
    Busy,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Somebody is signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The name as it is stored.
    pub name: String,
    /// What the browser keeps; it is shown this once.
    pub token: Secret,
}

/// A try that was counted.
#[derive(Debug)]
pub struct Attempt {
    from: IpAddr,
    subjects: Subjects,
    account: Option<AccountRow>,
    later: Duration,
    /// Of those that may be kept waiting.
    _place: Option<OwnedSemaphorePermit>,
}

impl Attempt {
    /// How long it is kept waiting before the password is looked at, whether there is somebody of the name or not.
    pub fn later(&self) -> Duration {
        self.later
    }
}

/// What a try is counted by, in the order in which it is.
#[derive(Debug)]
struct Subjects {
    address: String,
    both: String,
    name: String,
}

impl Operators {
    /// Counts a try, before anybody looks at the password.
    pub async fn attempt(&self, name: &str, from: IpAddr) -> Result<Attempt, SignInError> {
        let name = normal(name);
        let subjects = Subjects::of(&name, from);
        let (account, of_name) = self.counted(&name, &subjects).await?;
        let later = later(of_name);
        let place = match later.is_zero() {
            true => None,
            false => {
                tracing::warn!(
                    of_name,
                    "a name was tried too often at the console: it is answered later"
                );
                match Arc::clone(&self.kept_waiting).try_acquire_owned() {
                    Ok(place) => Some(place),
                    Err(_) => return self.busy(&subjects).await,
                }
            }
        };
        Ok(Attempt {
            from,
            subjects,
            account,
            later,
            _place: place,
        })
    }

    /// Signs somebody in. Whoever calls it has waited for [`Attempt::later`].
    pub async fn sign_in(&self, attempt: Attempt, password: Secret) -> Result<SignedIn, SignInError> {
        let Attempt {
            from,
            subjects,
            account,
            ..
        } = attempt;
        // A text that is no password of anybody takes as long as one that is.
        let password = match password.expose().len() {
            0..=LONGEST => password,
            _ => Secret::new(""),
        };
        let usable = account.filter(|account| account.enabled != 0);
        let stored = usable.as_ref().and_then(|account| account.password.clone());
        let Some(right) = self.hashing.is_right(stored, password).await else {
            tracing::warn!("more try to sign in at once than passwords can be checked");
            return self.busy(&subjects).await;
        };
        match usable.filter(|_| right) {
            Some(account) => self.open(account, &subjects).await,
            None => {
                tracing::warn!(%from, "somebody gave a wrong name or password at the console");
                Err(SignInError::Wrong)
            }
        }
    }

    /// Nobody has looked at the password: it was no try.
    async fn busy<T>(&self, subjects: &Subjects) -> Result<T, SignInError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        subjects.take_back(&mut tx).await?;
        tx.commit().await?;
        Err(SignInError::Busy)
    }

    /// Counts the try; the account, if there is one and the try is one of those that are let through, and how many of
    /// the name there were.
    async fn counted(
        &self,
        name: &str,
        subjects: &Subjects,
    ) -> Result<(Option<AccountRow>, i64), SignInError> {
        let now = micros(self.surroundings.now());
        let before = now - window();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let of_name = subjects.count(&mut tx, now, before).await?;
        // Last, when this transaction has all that it needs: so nobody waits for it who has what it waits for.
        operator::forget_old_tries(&mut tx, before).await?;
        let account = operator::find(&mut tx, name).await?;
        tx.commit().await?;
        match of_name {
            Some(of_name) => Ok((account, of_name)),
            None => {
                tracing::warn!("too many tries from one address at the console");
                Err(SignInError::TooMany)
            }
        }
    }

    async fn open(&self, account: AccountRow, subjects: &Subjects) -> Result<SignedIn, SignInError> {
        let now = micros(self.surroundings.now());
        let token = new_secret(&*self.surroundings.entropy);
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        // While the hash was reckoned the account may have been switched off, or been given another password. From here on
        // whoever does that waits for this session, and ends it.
        let unchanged = operator::lock(&mut tx, &account.name).await?.as_ref() == Some(&account);
        if !unchanged {
            tx.rollback().await?;
            return Err(SignInError::Wrong);
        }
        let row = SignedInRow {
            name: account.name.clone(),
            opened_at: now,
            seen_at: now,
        };
        operator::open_session(&mut tx, &secret_hash(&token), &row).await?;
        subjects.take_back(&mut tx).await?;
        operator::forget_sessions(&mut tx, now - self.idle_micros()).await?;
        tx.commit().await?;
        tracing::info!(operator = %account.name, "signed in at the console");
        Ok(SignedIn {
            name: account.name,
            token: Secret::new(token),
        })
    }
}

impl Subjects {
    fn of(name: &str, from: IpAddr) -> Self {
        let address = address_text(from);
        Self {
            both: format!("{}{address}", subjects_with_address(name)),
            address: format!("address/{address}"),
            name: subject_of_name(name),
        }
    }

    /// How many there were of the name; none if there were too many from there. What is too much for one counts no
    /// further: names that somebody makes up leave nothing behind, and one address cannot make a name slow.
    async fn count(&self, tx: &mut Tx, now: i64, before: i64) -> StorageResult<Option<i64>> {
        for (subject, most) in [(&self.address, TRIES_OF_ADDRESS), (&self.both, TRIES_OF_BOTH)] {
            if operator::count_try(tx, subject, now, before).await? > most {
                return Ok(None);
            }
        }
        operator::count_try(tx, &self.name, now, before).await.map(Some)
    }

    /// Who got in has not guessed. In the order of counting, so that two do not wait for each other.
    async fn take_back(&self, tx: &mut Tx) -> StorageResult<()> {
        operator::take_try_back(tx, &self.address).await?;
        operator::forget_tries(tx, &self.both).await?;
        operator::take_try_back(tx, &self.name).await
    }
}

fn window() -> i64 {
    i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX)
}

/// How much later a try of a name is answered.
fn later(of_name: i64) -> Duration {
    let over = u32::try_from(of_name.saturating_sub(TRIES_OF_NAME).max(0)).unwrap_or(u32::MAX);
    LATER.saturating_mul(over).min(LATEST)
}

/// A hash: whatever was typed there may be a password by mistake, and is not kept.
pub(super) fn subject_of_name(name: &str) -> String {
    format!("name/{}", hashed(name))
}

/// How the subjects of a name with an address begin.
pub(super) fn subjects_with_address(name: &str) -> String {
    format!("both/{}/", hashed(name))
}

fn hashed(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(secret_hash(name))
}

/// Whoever has one IPv6 address has a whole network of them.
fn address_text(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_count_as_one() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(address_text(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_name_that_is_tried_too_often_is_answered_ever_later() {
        for (tries, milliseconds) in [
            (i64::MIN, 0),
            (1, 0),
            (100, 0),
            (101, 100),
            (150, 5_000),
            (200, 10_000),
            (201, 10_000),
            (i64::MAX, 10_000),
        ] {
            assert_eq!(later(tries), Duration::from_millis(milliseconds), "{tries}");
        }
    }
}
