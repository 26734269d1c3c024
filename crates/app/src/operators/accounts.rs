//! Accounts: made by a command, never with a password; the person sets it by a link that works once, for a day.

use std::time::Duration;

use punchgate_domain::{ids::SupplierId, operator::Role};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    history::{self, ChangeRow},
    operator::{self, AccountRow, RoleRow},
    supplier,
};

use super::{
    Operators, PasswordProblem, password,
    sign_in::{subject_of_name, subjects_with_address},
};
use crate::{
    Surroundings,
    clock::micros,
    entropy::{new_secret, secret_hash},
    seal::Secret,
};

/// How long a link for a password works.
const LINK: Duration = Duration::from_secs(24 * 3600);
/// What lines about people are filed under.
const SUBJECT: &str = "operator";
/// Longest name.
const NAME_MOST: usize = 64;

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a name.
    #[error("'{0}' is no name of an account: 2 to {NAME_MOST} of a-z, 0-9 and . - _ @ +, such as sam.smith")]
    Name(String),
    /// Taken.
    #[error("there is an account '{0}' already: punchgate users role gives it a role at another supplier")]
    Taken(String),
    /// Nobody is called so.
    #[error("there is no account '{0}': punchgate users list shows them")]
    Unknown(String),
    /// There is no such supplier.
    #[error("there is no supplier '{0}'; provision it with punchgate apply")]
    UnknownSupplier(SupplierId),
    /// There are suppliers: at which of them?
    #[error(
        "name with --supplier for whom the person works, and with --role as what: only while there is no supplier may both be left out"
    )]
    NoSupplierNamed,
    /// It may not be used.
    #[error("the account '{0}' is disabled: punchgate users enable switches it on")]
    Disabled(String),
    /// The link is used, too old, or was never given.
    #[error("this link does not work any more: ask for a new one (punchgate users reset)")]
    Link,
    /// Not a good password.
    #[error("this password is not taken: {0}")]
    Password(#[from] PasswordProblem),
    /// There is no memory to hash it.
    #[error("the password could not be hashed: try again")]
    Hashing,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Whether somebody can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Active,
    /// There is no password yet, or no more.
    WithoutPassword,
    /// Switched off.
    Disabled,
}

/// A line of a supplier's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Name.
    pub name: String,
    /// As what.
    pub role: String,
    /// Whether the person can sign in.
    pub standing: Standing,
}

/// A name as it is stored and compared.
pub(super) fn normal(name: &str) -> String {
    name.trim().to_lowercase()
}

fn read_name(text: &str) -> Result<String, AccountError> {
    let name = normal(text);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@+".contains(c);
    let good = (2..=NAME_MOST).contains(&name.len())
        && name.chars().all(fits)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        // What it does itself stands in histories under this name.
        && name != "gateway";
    if good {
        Ok(name)
    } else {
        Err(AccountError::Name(text.to_owned()))
    }
}

impl Operators {
    /// Makes an account with a role at a supplier; the link by which its password is set.
    pub async fn add(
        &self,
        name: &str,
        supplier: &SupplierId,
        role: Role,
        by: &str,
    ) -> Result<Secret, AccountError> {
        self.make(name, Some((supplier, role)), by).await
    }

    /// Makes the account of whoever sets up a new installation, while there is no supplier to have a role at; the link by
    /// which its password is set.
    pub async fn add_first(&self, name: &str, by: &str) -> Result<Secret, AccountError> {
        self.make(name, None, by).await
    }

    /// Whether nothing is set up yet: no supplier, for whom somebody could work.
    pub async fn is_new_installation(&self) -> StorageResult<bool> {
        let mut tx = self.surroundings.db.read().await?;
        let suppliers = supplier::all(&mut tx).await?;
        tx.rollback().await?;
        Ok(suppliers.is_empty())
    }

    async fn make(
        &self,
        name: &str,
        role: Option<(&SupplierId, Role)>,
        by: &str,
    ) -> Result<Secret, AccountError> {
        let (name, now) = (read_name(name)?, micros(self.surroundings.now()));
        let (link, hash, until) = self.new_link(now);
        let row = AccountRow {
            name: name.clone(),
            password: None,
            link_hash: Some(hash),
            link_until: Some(until),
            enabled: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        match role {
            Some((supplier, _)) => known_supplier(&mut tx, supplier).await?,
            None if supplier::all(&mut tx).await?.is_empty() => {}
            None => return Err(AccountError::NoSupplierNamed),
        }
        if !operator::insert(&mut tx, &row).await? {
            tx.rollback().await?;
            return Err(AccountError::Taken(name));
        }
        if let Some((supplier, role)) = role {
            put_role(&mut tx, supplier, &name, role).await?;
            let line = (
                supplier.as_str(),
                name.as_str(),
                "role",
                None,
                Some(role.as_str()),
            );
            note(&mut tx, &self.surroundings, line, by).await?;
        }
        tx.commit().await?;
        Ok(link)
    }

    /// A supplier's people, by name.
    pub async fn list(&self, supplier: &SupplierId) -> StorageResult<Vec<Listed>> {
        let mut tx = self.surroundings.db.read().await?;
        let mut listed = Vec::new();
        for row in operator::of_supplier(&mut tx, supplier.as_str()).await? {
            let account = operator::find(&mut tx, &row.name).await?;
            let standing = match account {
                Some(account) if account.enabled == 0 => Standing::Disabled,
                Some(account) if account.password.is_some() => Standing::Active,
                _ => Standing::WithoutPassword,
            };
            listed.push(Listed {
                name: row.name,
                role: row.role,
                standing,
            });
        }
        tx.rollback().await?;
        Ok(listed)
    }

    /// Gives somebody a role at a supplier, another one, or none. Ends the person's sessions.
    pub async fn set_role(
        &self,
        name: &str,
        supplier: &SupplierId,
        role: Option<Role>,
        by: &str,
    ) -> Result<(), AccountError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        known_supplier(&mut tx, supplier).await?;
        let account = self.account(&mut tx, name).await?;
        let before = operator::roles_of(&mut tx, &account.name).await?;
        let before = before
            .into_iter()
            .find(|row| row.supplier_id == supplier.as_str());
        let before = before.map(|row| row.role);
        match role {
            Some(role) => put_role(&mut tx, supplier, &account.name, role).await?,
            None => operator::remove_role(&mut tx, supplier.as_str(), &account.name).await?,
        }
        operator::end_sessions_of(&mut tx, &account.name).await?;
        let to = role.map(Role::as_str);
        let line = (
            supplier.as_str(),
            account.name.as_str(),
            "role",
            before.as_deref(),
            to,
        );
        note(&mut tx, &self.surroundings, line, by).await?;
        Ok(tx.commit().await?)
    }

    /// Switches an account on or off. Ends the person's sessions.
    pub async fn set_enabled(&self, name: &str, enabled: bool, by: &str) -> Result<(), AccountError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let mut account = self.account(&mut tx, name).await?;
        let from = (account.enabled != 0).to_string();
        account.enabled = i64::from(enabled);
        account.updated_at = micros(self.surroundings.now());
        operator::update(&mut tx, &account).await?;
        operator::end_sessions_of(&mut tx, &account.name).await?;
        self.note_everywhere(
            &mut tx,
            &account.name,
            ("enabled", &from, &enabled.to_string()),
            by,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Takes the password away, ends the person's sessions, and gives a link for another.
    pub async fn reset(&self, name: &str, by: &str) -> Result<Secret, AccountError> {
        let now = micros(self.surroundings.now());
        let (link, hash, until) = self.new_link(now);
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let mut account = self.account(&mut tx, name).await?;
        if account.enabled == 0 {
            tx.rollback().await?;
            return Err(AccountError::Disabled(account.name));
        }
        account.password = None;
        account.link_hash = Some(hash);
        account.link_until = Some(until);
        account.updated_at = now;
        operator::update(&mut tx, &account).await?;
        operator::end_sessions_of(&mut tx, &account.name).await?;
        self.note_everywhere(&mut tx, &account.name, ("password", "set", "reset"), by)
            .await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Whose password a link sets, while it works.
    pub async fn of_link(&self, link: &str) -> Result<String, AccountError> {
        let mut tx = self.surroundings.db.read().await?;
        let account = operator::find_by_link(&mut tx, &secret_hash(link)).await?;
        tx.rollback().await?;
        let now = micros(self.surroundings.now());
        account
            .filter(|row| row.enabled != 0 && row.link_until.is_some_and(|until| now < until))
            .map(|row| row.name)
            .ok_or(AccountError::Link)
    }

    /// Sets a password by a link, which is used up by it. Ends sessions of before.
    pub async fn set_password(&self, link: &str, password: Secret) -> Result<String, AccountError> {
        let name = self.of_link(link).await?;
        if let Some(problem) = password::problem(&name, password.expose()) {
            return Err(problem.into());
        }
        let entropy = &*self.surroundings.entropy;
        let hash = self.hashing.hash(entropy, password).await;
        let hash = hash.ok_or(AccountError::Hashing)?;
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        if !operator::set_password(&mut tx, &name, &hash, &secret_hash(link), now).await? {
            tx.rollback().await?;
            return Err(AccountError::Link);
        }
        operator::end_sessions_of(&mut tx, &name).await?;
        operator::forget_tries_below(&mut tx, &subjects_with_address(&name)).await?;
        operator::forget_tries(&mut tx, &subject_of_name(&name)).await?;
        self.note_everywhere(&mut tx, &name, ("password", "reset", "set"), &name)
            .await?;
        tx.commit().await?;
        Ok(name)
    }

    /// The account, locked: of two who change it the second sees what the first did, and nobody gets in meanwhile by
    /// what it was before.
    async fn account(&self, tx: &mut Tx, name: &str) -> Result<AccountRow, AccountError> {
        operator::lock(tx, &normal(name))
            .await?
            .ok_or_else(|| AccountError::Unknown(name.to_owned()))
    }

    fn new_link(&self, now: i64) -> (Secret, Vec<u8>, i64) {
        let link = new_secret(&*self.surroundings.entropy);
        let hash = secret_hash(&link).to_vec();
        let until = now + i64::try_from(LINK.as_micros()).unwrap_or(0);
        (Secret::new(link), hash, until)
    }

    /// A change of an account stands in the history of every supplier that the person works for.
    async fn note_everywhere(
        &self,
        tx: &mut Tx,
        name: &str,
        (field, from, to): (&str, &str, &str),
        by: &str,
    ) -> StorageResult<()> {
        for row in operator::roles_of(tx, name).await? {
            let line = (row.supplier_id.as_str(), name, field, Some(from), Some(to));
            note(tx, &self.surroundings, line, by).await?;
        }
        Ok(())
    }
}

async fn known_supplier(tx: &mut Tx, id: &SupplierId) -> Result<(), AccountError> {
    match supplier::find(tx, id.as_str()).await? {
        Some(_) => Ok(()),
        None => Err(AccountError::UnknownSupplier(id.clone())),
    }
}

async fn put_role(tx: &mut Tx, supplier: &SupplierId, name: &str, role: Role) -> StorageResult<()> {
    let row = RoleRow {
        supplier_id: supplier.to_string(),
        name: name.to_owned(),
        role: role.to_string(),
    };
    operator::put_role(tx, &row).await
}

/// Supplier, person, field, from, to.
type Line<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, Option<&'a str>);

async fn note(tx: &mut Tx, surroundings: &Surroundings, line: Line<'_>, by: &str) -> StorageResult<()> {
    let (supplier, name, field, from, to) = line;
    let row = ChangeRow {
        supplier_id: supplier.to_owned(),
        change_id: surroundings.new_id(),
        subject: SUBJECT.to_owned(),
        subject_id: name.to_owned(),
        field: field.to_owned(),
        from_value: from.map(str::to_owned),
        to_value: to.map(str::to_owned),
        who: by.to_owned(),
        why: "an account was changed".to_owned(),
        changed_at: micros(surroundings.now()),
    };
    history::insert_many(tx, &[row]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, expected) in [
            ("sam", Some("sam")),
            (" Sam.Smith ", Some("sam.smith")),
            ("sam+erp@example.com", Some("sam+erp@example.com")),
            ("s", None),
            ("-sam", None),
            ("api:all", None),
            ("sam smith", None),
            ("gateway", None),
            ("gräfin", None),
        ] {
            assert_eq!(read_name(text).ok().as_deref(), expected, "{text}");
        }
        assert!(read_name(&"a".repeat(65)).is_err());
    }
}
