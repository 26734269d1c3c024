//! People at the console: their accounts, how they sign in, how long they stay signed in, what each may do where.
//!
//! **Invariant:** a right is asked of an [`Operator`] before anything is read or done, and only an operator with the
//! right becomes the author of a change. Of passwords there is an argon2id hash, of links and sessions a SHA-256; what
//! they are stands nowhere. A change of what somebody is ends all of that person's sessions.

mod accounts;
mod password;
mod sessions;
mod sign_in;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use punchgate_domain::{
    catalogue::Problem,
    ids::SupplierId,
    operator::{Right, Role},
};
use punchgate_storage::{StorageError, operator::RoleRow};
use tokio::sync::Semaphore;

pub use accounts::{AccountError, Listed, Standing};
pub use password::{LONGEST, PasswordProblem, SHORTEST};
pub use sessions::{Asked, form_token, is_form_token};
pub use sign_in::{Attempt, SignInError, SignedIn};

use crate::{
    Surroundings,
    accounts::{AccountsError, Author},
};

/// How long people stay signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLife {
    /// Without doing anything.
    pub idle: Duration,
    /// At all.
    pub most: Duration,
}

/// The use cases of accounts and sessions.
#[derive(Clone, Debug)]
pub struct Operators {
    surroundings: Surroundings,
    hashing: Arc<password::Hashing>,
    kept_waiting: Arc<Semaphore>,
    life: SessionLife,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: String,
    roles: BTreeMap<SupplierId, Role>,
}

/// Why somebody who is signed in does not get what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The person has nothing to do with the supplier, or there is none: which of the two is nobody's business.
    #[error("there is no such page")]
    Elsewhere,
    /// The role does not allow it.
    #[error("your role here ({role}) does not allow this; ask an owner")]
    Role {
        /// What the person is there.
        role: Role,
    },
    /// Without saying why.
    #[error(transparent)]
    Author(#[from] AccountsError),
}

impl Operators {
    /// Nobody is read yet.
    pub fn new(surroundings: Surroundings, life: SessionLife) -> Self {
        Self {
            surroundings,
            hashing: Arc::default(),
            kept_waiting: Arc::new(Semaphore::new(sign_in::KEPT_WAITING)),
            life,
        }
    }
}

impl Operator {
    pub(crate) fn of_rows(name: String, rows: Vec<RoleRow>) -> Result<Self, StorageError> {
        let role = |row: RoleRow| match Role::parse(&row.role) {
            Ok(role) => Ok((SupplierId::new(row.supplier_id), role)),
            Err(unknown) => Err(StorageError::corrupt("operator_role.role", unknown)),
        };
        Ok(Self {
            name,
            roles: rows.into_iter().map(role).collect::<Result<_, _>>()?,
        })
    }

    /// The name by which the person signs in; what is done is written under it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the person is what, by supplier.
    pub fn roles(&self) -> &BTreeMap<SupplierId, Role> {
        &self.roles
    }

    /// Whether the person may do it there.
    pub fn may(&self, supplier: &SupplierId, right: Right) -> bool {
        self.roles.get(supplier).is_some_and(|role| role.may(right))
    }

    /// Refuses what the person may not do there.
    pub fn require(&self, supplier: &SupplierId, right: Right) -> Result<(), Refused> {
        match self.roles.get(supplier) {
            None => Err(Refused::Elsewhere),
            Some(role) if role.may(right) => Ok(()),
            Some(role) => Err(Refused::Role { role: *role }),
        }
    }

    /// The person as the author of a change, with the reason, if it is the person's to make.
    pub fn author(&self, supplier: &SupplierId, right: Right, reason: &str) -> Result<Author, Refused> {
        self.require(supplier, right)?;
        Ok(Author::new(self.name.as_str(), reason)?)
    }
}

impl Refused {
    /// What the person is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Elsewhere => Problem::NotFound,
            Self::Role { .. } => Problem::ScopeInsufficient,
            Self::Author(error) => error.problem(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_asked_for_at_a_supplier() {
        let rows = vec![
            RoleRow {
                supplier_id: "acme".to_owned(),
                name: "sam".to_owned(),
                role: "support".to_owned(),
            },
            RoleRow {
                supplier_id: "globex".to_owned(),
                name: "sam".to_owned(),
                role: "read_only".to_owned(),
            },
        ];
        let sam = Operator::of_rows("sam".to_owned(), rows).unwrap();
        let (acme, globex, other) = ("acme".into(), "globex".into(), "other".into());
        assert!(sam.author(&acme, Right::MoveWork, "mended").is_ok());
        for (supplier, right, reason, problem) in [
            (&acme, Right::SwitchConnectors, "x", Problem::ScopeInsufficient),
            (&acme, Right::MoveWork, " ", Problem::Validation),
            (&globex, Right::MoveWork, "x", Problem::ScopeInsufficient),
            (&other, Right::Look, "x", Problem::NotFound),
        ] {
            let refused = sam.author(supplier, right, reason).unwrap_err();
            assert_eq!(refused.problem(), problem, "{supplier} {right:?}");
        }
    }

    #[test]
    fn an_unknown_role_is_no_role() {
        let row = RoleRow {
            supplier_id: "acme".to_owned(),
            name: "sam".to_owned(),
            role: "emperor".to_owned(),
        };
        assert!(Operator::of_rows("sam".to_owned(), vec![row]).is_err());
    }
}
