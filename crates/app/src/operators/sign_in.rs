//! Signing in: counted before the password is looked at, so that trying at once helps nobody; the answer says the same of
//! a wrong password, an unknown name and an account that may not be used.

use std::{net::IpAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_storage::{
    Lane, StorageError,
    operator::{self, AccountRow, SignedInRow},
};

use super::{Operators, accounts::normal, password::LONGEST};
use crate::{
    clock::micros,
    entropy::{new_secret, secret_hash},
    seal::Secret,
};

/// The time in which tries are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Tries of one name in it.
const TRIES_OF_NAME: i64 = 10;
/// Tries from one address in it: several people may sit behind one.
const TRIES_OF_ADDRESS: i64 = 40;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name and password are not those of anybody who may sign in.
    #[error("This name and password do not fit together.")]
    Wrong,
    /// Too many tries.
    #[error("There were too many attempts to sign in. Wait 15 minutes, then try again.")]
    TooMany,
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

impl Operators {
    /// Signs somebody in.
    pub async fn sign_in(&self, name: &str, password: Secret, from: IpAddr) -> Result<SignedIn, SignInError> {
        let name = normal(name);
        let subjects = [subject_of_name(&name), subject_of_address(from)];
        let account = self.counted(&name, &subjects).await?;
        // A text that is no password of anybody takes as long as one that is.
        let password = match password.expose().len() {
            0..=LONGEST => password,
            _ => Secret::new(""),
        };
        let usable = account.filter(|account| account.enabled != 0);
        let stored = usable.as_ref().and_then(|account| account.password.clone());
        let Some(right) = self.hashing.is_right(stored, password).await else {
            tracing::warn!("more try to sign in at once than passwords can be checked");
            return Err(SignInError::TooMany);
        };
        match usable.filter(|_| right) {
            Some(account) => self.open(account, &subjects).await,
            None => {
                tracing::warn!(%from, "somebody gave a wrong name or password at the console");
                Err(SignInError::Wrong)
            }
        }
    }

    /// Counts the try; the account, if there is one and the try is one of those that are let through.
    async fn counted(&self, name: &str, subjects: &[String; 2]) -> Result<Option<AccountRow>, SignInError> {
        let now = micros(self.surroundings.now());
        let before = now - window();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let [of_name, of_address] = subjects;
        operator::forget_old_tries(&mut tx, before).await?;
        let of_address = operator::count_try(&mut tx, of_address, now, before).await?;
        if of_address > TRIES_OF_ADDRESS {
            // The name is not counted: names that somebody makes up leave nothing behind.
            tx.commit().await?;
            tracing::warn!(of_address, "too many tries of one address at the console");
            return Err(SignInError::TooMany);
        }
        let of_name = operator::count_try(&mut tx, of_name, now, before).await?;
        let account = operator::find(&mut tx, name).await?;
        tx.commit().await?;
        if of_name > TRIES_OF_NAME {
            tracing::warn!(of_name, "too many tries of one name at the console");
            return Err(SignInError::TooMany);
        }
        Ok(account)
    }

    async fn open(&self, account: AccountRow, subjects: &[String; 2]) -> Result<SignedIn, SignInError> {
        let now = micros(self.surroundings.now());
        let token = new_secret(&*self.surroundings.entropy);
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        // While the hash was reckoned the account may have been switched off, or been given another password.
        let unchanged = operator::find(&mut tx, &account.name).await?.as_ref() == Some(&account);
        if !unchanged {
            tx.rollback().await?;
            return Err(SignInError::Wrong);
        }
        operator::forget_tries(&mut tx, &subjects[0]).await?;
        operator::take_try_back(&mut tx, &subjects[1]).await?;
        operator::forget_sessions(&mut tx, now - self.idle_micros()).await?;
        let row = SignedInRow {
            name: account.name.clone(),
            opened_at: now,
            seen_at: now,
        };
        operator::open_session(&mut tx, &secret_hash(&token), &row).await?;
        tx.commit().await?;
        tracing::info!(operator = %account.name, "signed in at the console");
        Ok(SignedIn {
            name: account.name,
            token: Secret::new(token),
        })
    }
}

fn window() -> i64 {
    i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX)
}

/// A hash: whatever was typed there may be a password by mistake, and is not kept.
pub(super) fn subject_of_name(name: &str) -> String {
    format!("name/{}", URL_SAFE_NO_PAD.encode(secret_hash(name)))
}

/// Whoever has one IPv6 address has a whole network of them.
fn subject_of_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("address/{address}"),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => format!("address/{address}"),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("address/{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_count_as_one() {
        for (address, expected) in [
            ("192.0.2.7", "address/192.0.2.7"),
            ("::ffff:192.0.2.7", "address/192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "address/2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "address/2001:db8:1:2::/64"),
        ] {
            assert_eq!(subject_of_address(address.parse().unwrap()), expected);
        }
    }
}
