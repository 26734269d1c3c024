//! Passwords: what may be one, its hash, and its check, which takes as long for a name that nobody has.
//!
//! argon2id, 19 MiB, 2 passes, 1 lane, 16 bytes of salt, 32 of hash: what OWASP names as the least. The parameters stand
//! in the hash, so that they can grow.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use tokio::sync::Semaphore;

use crate::{entropy::Entropy, seal::Secret};

/// Least characters of a password.
pub const SHORTEST: usize = 12;
/// Most bytes of one: more is not a person's.
pub const LONGEST: usize = 256;
/// Hashes at once: each takes a core for a while, and 19 MiB.
const AT_ONCE: usize = 2;
/// How many may wait for that: who comes then is told to come again.
const WAITING: usize = 32;
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const HASH: usize = 32;
/// Of the same parameters; nobody knows a password for it.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cHVuY2hnYXRlLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What is wrong with a password that somebody would like to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Too short.
    #[error("it has fewer than {SHORTEST} characters: a sentence is easily remembered")]
    Short,
    /// Too long.
    #[error("it has more than {LONGEST} bytes")]
    Long,
    /// The name is the first thing that anybody tries.
    #[error("your name is in it")]
    Name,
    /// One character over and over.
    #[error("it is made of fewer than five different characters")]
    Monotonous,
}

/// Makes and checks hashes, a few at a time.
#[derive(Debug)]
pub(super) struct Hashing {
    places: Arc<Semaphore>,
    /// For those who wait for a place, and those who have one.
    queue: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Semaphore::new(WAITING),
        }
    }
}

/// What is wrong with a password, if anything is.
pub(super) fn problem(name: &str, password: &str) -> Option<PasswordProblem> {
    let mut different: Vec<char> = password.chars().collect();
    let count = different.len();
    different.sort_unstable();
    different.dedup();
    if count < SHORTEST {
        Some(PasswordProblem::Short)
    } else if password.len() > LONGEST {
        Some(PasswordProblem::Long)
    } else if password.to_lowercase().contains(name) {
        Some(PasswordProblem::Name)
    } else if different.len() < 5 {
        Some(PasswordProblem::Monotonous)
    } else {
        None
    }
}

impl Hashing {
    /// The hash of a password as it is stored; none if there is no memory for it.
    pub(super) async fn hash(&self, entropy: &dyn Entropy, password: Secret) -> Option<String> {
        let mut salt = [0_u8; SALT];
        entropy.fill(&mut salt);
        self.in_turn(move || {
            let hash: PasswordHash = hasher()?
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .ok()?;
            Some(hash.to_string())
        })
        .await
        .flatten()
    }

    /// Whether it is the password of this hash; nothing if too many ask at once. Without a hash it takes as long, and is not.
    pub(super) async fn is_right(&self, stored: Option<String>, password: Secret) -> Option<bool> {
        self.in_turn(move || {
            let text = stored.as_deref().unwrap_or(NOBODYS);
            let right = PasswordHash::new(text).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.expose().as_bytes(), &hash)
                    .is_ok()
            });
            right && stored.is_some()
        })
        .await
    }

    /// Off the threads that serve others. A place is held until the work is done, also where nobody waits for it any more.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _queued = self.queue.try_acquire().ok()?;
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        working.await.ok()
    }
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH)).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn what_may_be_a_password() {
        use PasswordProblem::{Long, Monotonous, Name, Short};
        let long = "ab cd ef ".repeat(40);
        for (password, expected) in [
            ("correct horse battery", None),
            ("grüße aus köln!", None),
            ("elevenchars", Some(Short)),
            ("ääääääääääää", Some(Monotonous)),
            ("sam.smith is my name", Some(Name)),
            ("SAM.SMITH is my name", Some(Name)),
            (long.as_str(), Some(Long)),
        ] {
            assert_eq!(problem("sam.smith", password), expected, "{password}");
        }
    }

    #[tokio::test]
    async fn hashes_check_and_are_salted() {
        let (hashing, entropy) = (Hashing::default(), SeededEntropy::new(1));
        let secret = || Secret::new("correct horse battery");
        let first = hashing.hash(&entropy, secret()).await.unwrap();
        let second = hashing.hash(&entropy, secret()).await.unwrap();
        assert_ne!(first, second);
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        for (stored, password, expected) in [
            (Some(first.clone()), "correct horse battery", true),
            (Some(first), "correct horse batterz", false),
            (Some("plain".to_owned()), "correct horse battery", false),
            (None, "correct horse battery", false),
        ] {
            let right = hashing.is_right(stored.clone(), Secret::new(password)).await;
            assert_eq!(right, Some(expected), "{stored:?}");
        }
    }

    #[tokio::test]
    async fn more_than_can_wait_are_told_so() {
        let hashing = Hashing {
            queue: Semaphore::new(0),
            ..Hashing::default()
        };
        assert_eq!(hashing.is_right(None, Secret::new("x")).await, None);
    }

    /// Else a name that nobody has would be answered at once.
    #[test]
    fn nobody_s_hash_is_one_of_the_same_parameters() {
        let hash = PasswordHash::new(NOBODYS).unwrap();
        let own = hasher()
            .unwrap()
            .hash_password_with_salt(b"x", &[7; SALT])
            .unwrap();
        let own: PasswordHash = own;
        assert_eq!(
            (&hash.algorithm, &hash.version, &hash.params),
            (&own.algorithm, &own.version, &own.params)
        );
        assert_eq!(
            hash.hash.map(|it| it.as_ref().len()),
            own.hash.map(|it| it.as_ref().len())
        );
    }
}
