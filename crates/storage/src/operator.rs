//! People who sign in to the console: their accounts, what they are at which supplier, who is signed in, and how often
//! somebody tried. Found by name, before anybody knows for which supplier.

use crate::{StorageResult, Tx};

/// An account.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    /// The name by which the person signs in.
    pub name: String,
    /// The argon2id hash of the password; none until it has been set.
    pub password: Option<String>,
    /// SHA-256 of the link by which it is set.
    pub link_hash: Option<Vec<u8>>,
    /// Until when the link may be used.
    pub link_until: Option<i64>,
    /// Whether the person may sign in.
    pub enabled: i64,
    /// When it was first written.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

impl std::fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRow")
            .field("name", &self.name)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// What a person is at a supplier.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RoleRow {
    /// The supplier.
    pub supplier_id: String,
    /// The person.
    pub name: String,
    /// As what.
    pub role: String,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SignedInRow {
    /// Who.
    pub name: String,
    /// Since when.
    pub opened_at: i64,
    /// When last seen.
    pub seen_at: i64,
}

/// One account.
pub async fn find(tx: &mut Tx, name: &str) -> StorageResult<Option<AccountRow>> {
    fetch_optional!(
        tx,
        AccountRow,
        "select name, password, link_hash, link_until, enabled, created_at, updated_at
           from operator_account where name = $1",
        name
    )
}

/// One account, before it is changed or somebody is signed in to it; locked on PostgreSQL.
pub async fn lock(tx: &mut Tx, name: &str) -> StorageResult<Option<AccountRow>> {
    let sql = tx.sql(
        "select name, password, link_hash, link_until, enabled, created_at, updated_at
           from operator_account where name = $1",
        "select name, password, link_hash, link_until, enabled, created_at, updated_at
           from operator_account where name = $1 for update",
    );
    fetch_optional!(tx, AccountRow, sql, name)
}

/// The account whose password is set by this link.
pub async fn find_by_link(tx: &mut Tx, link_hash: &[u8]) -> StorageResult<Option<AccountRow>> {
    fetch_optional!(
        tx,
        AccountRow,
        "select name, password, link_hash, link_until, enabled, created_at, updated_at
           from operator_account where link_hash = $1",
        link_hash
    )
}

/// Makes an account; `false` if there is one of this name.
pub async fn insert(tx: &mut Tx, row: &AccountRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "insert into operator_account (name, password, link_hash, link_until, enabled, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing",
        &row.name,
        row.password.as_deref(),
        row.link_hash.as_deref(),
        row.link_until,
        row.enabled,
        row.created_at,
        row.updated_at
    )?;
    Ok(count == 1)
}

/// Writes a changed account.
pub async fn update(tx: &mut Tx, row: &AccountRow) -> StorageResult<()> {
    execute!(
        tx,
        "update operator_account set password = $2, link_hash = $3, link_until = $4, enabled = $5, updated_at = $6
          where name = $1",
        &row.name,
        row.password.as_deref(),
        row.link_hash.as_deref(),
        row.link_until,
        row.enabled,
        row.updated_at
    )?;
    Ok(())
}

/// Sets the password by a link, which is used up by it; `false` if somebody was quicker, or the link is no more.
pub async fn set_password(
    tx: &mut Tx,
    name: &str,
    password: &str,
    link_hash: &[u8],
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update operator_account set password = $2, link_hash = null, link_until = null, updated_at = $4
          where name = $1 and link_hash = $3 and link_until > $4 and enabled = 1",
        name,
        password,
        link_hash,
        now
    )?;
    Ok(count == 1)
}

/// Makes somebody something at a supplier.
pub async fn put_role(tx: &mut Tx, row: &RoleRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into operator_role (supplier_id, name, role) values ($1, $2, $3)
         on conflict (supplier_id, name) do update set role = excluded.role",
        &row.supplier_id,
        &row.name,
        &row.role
    )?;
    Ok(())
}

/// Takes somebody's role at a supplier away.
pub async fn remove_role(tx: &mut Tx, supplier: &str, name: &str) -> StorageResult<()> {
    execute!(
        tx,
        "delete from operator_role where supplier_id = $1 and name = $2",
        supplier,
        name
    )?;
    Ok(())
}

/// What somebody is, by supplier.
pub async fn roles_of(tx: &mut Tx, name: &str) -> StorageResult<Vec<RoleRow>> {
    fetch_all!(
        tx,
        RoleRow,
        "select supplier_id, name, role from operator_role where name = $1 order by supplier_id",
        name
    )
}

/// A supplier's people, by name: account, and as what.
pub async fn of_supplier(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<RoleRow>> {
    fetch_all!(
        tx,
        RoleRow,
        "select supplier_id, name, role from operator_role where supplier_id = $1 order by name",
        supplier
    )
}

/// Notes that somebody signed in.
pub async fn open_session(tx: &mut Tx, hash: &[u8], row: &SignedInRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into operator_session (session_hash, name, opened_at, seen_at) values ($1, $2, $3, $4)",
        hash,
        &row.name,
        row.opened_at,
        row.seen_at
    )?;
    Ok(())
}

/// Who is signed in so, while the account may be used.
pub async fn session(tx: &mut Tx, hash: &[u8]) -> StorageResult<Option<SignedInRow>> {
    fetch_optional!(
        tx,
        SignedInRow,
        "select s.name, s.opened_at, s.seen_at from operator_session s
           join operator_account a on a.name = s.name
          where s.session_hash = $1 and a.enabled = 1",
        hash
    )
}

/// Notes that somebody who is signed in was seen.
pub async fn seen(tx: &mut Tx, hash: &[u8], now: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update operator_session set seen_at = $2 where session_hash = $1",
        hash,
        now
    )?;
    Ok(())
}

/// Signs somebody out.
pub async fn end_session(tx: &mut Tx, hash: &[u8]) -> StorageResult<()> {
    execute!(tx, "delete from operator_session where session_hash = $1", hash)?;
    Ok(())
}

/// Signs somebody out everywhere.
pub async fn end_sessions_of(tx: &mut Tx, name: &str) -> StorageResult<()> {
    execute!(tx, "delete from operator_session where name = $1", name)?;
    Ok(())
}

/// Forgets who was last seen before this instant.
pub async fn forget_sessions(tx: &mut Tx, before: i64) -> StorageResult<()> {
    execute!(tx, "delete from operator_session where seen_at < $1", before)?;
    Ok(())
}

/// Counts one more try, and how many there were since the first of them; what is older than `before` counts no more.
pub async fn count_try(tx: &mut Tx, subject: &str, now: i64, before: i64) -> StorageResult<i64> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "insert into sign_in_count (subject, tries, since) values ($1, 1, $2)
         on conflict (subject) do update set
           tries = case when sign_in_count.since <= $3 then 1 else sign_in_count.tries + 1 end,
           since = case when sign_in_count.since <= $3 then excluded.since else sign_in_count.since end
         returning tries",
        subject,
        now,
        before
    )?;
    Ok(row.map_or(i64::MAX, |(tries,)| tries))
}

/// Forgets the tries of one subject.
pub async fn forget_tries(tx: &mut Tx, subject: &str) -> StorageResult<()> {
    execute!(tx, "delete from sign_in_count where subject = $1", subject)?;
    Ok(())
}

/// Forgets the tries of all subjects that begin with this text, which ends with `/`.
pub async fn forget_tries_below(tx: &mut Tx, folder: &str) -> StorageResult<()> {
    // '0' is the letter after '/'.
    let end = format!("{}0", folder.trim_end_matches('/'));
    execute!(
        tx,
        "delete from sign_in_count where subject >= $1 and subject < $2",
        folder,
        end
    )?;
    Ok(())
}

/// Takes one try back: it was none.
pub async fn take_try_back(tx: &mut Tx, subject: &str) -> StorageResult<()> {
    execute!(
        tx,
        "update sign_in_count set tries = tries - 1 where subject = $1 and tries > 0",
        subject
    )?;
    Ok(())
}

/// Forgets tries that count no more, some at a time. It waits for nobody who is counting one of them.
pub async fn forget_old_tries(tx: &mut Tx, before: i64) -> StorageResult<()> {
    let sql = tx.sql(
        "delete from sign_in_count where subject in (select subject from sign_in_count where since <= $1 limit 500)",
        "delete from sign_in_count where subject in (select subject from sign_in_count where since <= $1 limit 500
           for update skip locked)",
    );
    execute!(tx, sql, before)?;
    Ok(())
}
