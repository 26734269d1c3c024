//! A transaction on either database, and the macros that run one SQL text on both.

use std::borrow::Cow;

use crate::{StorageResult, lanes::Turn};

/// An open transaction. Not held over any await but its own SQL.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite: the writer's turn (none for a reading transaction) and the transaction.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>, Option<Turn>),
    /// On PostgreSQL, likewise.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>, Option<Turn>),
}

impl Tx {
    /// Commits; only after this may anybody be answered.
    pub async fn commit(self) -> StorageResult<()> {
        match self {
            Self::Sqlite(inner, turn) => {
                let result = inner.commit().await;
                drop(turn);
                Ok(result?)
            }
            Self::Postgres(inner, turn) => {
                let result = inner.commit().await;
                drop(turn);
                Ok(result?)
            }
        }
    }

    /// Rolls back and waits until the connection is clean.
    pub async fn rollback(self) -> StorageResult<()> {
        match self {
            Self::Sqlite(inner, turn) => {
                let result = inner.rollback().await;
                drop(turn);
                Ok(result?)
            }
            Self::Postgres(inner, turn) => {
                let result = inner.rollback().await;
                drop(turn);
                Ok(result?)
            }
        }
    }

    /// Picks the text where the two databases differ.
    pub fn sql(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(..) => sqlite,
            Self::Postgres(..) => postgres,
        }
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }
}

/// A value on its way into a statement. Every bind goes through here.
///
/// PostgreSQL keeps no NUL in a text, SQLite does: it becomes U+FFFD on both, so that what a partner or a query
/// brings along is stored, or found nowhere, and never stops what it came with.
pub(crate) trait Bound {
    /// What is bound.
    type To;
    fn bound(self) -> Self::To;
}

fn without_nul(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.replace('\0', "\u{FFFD}")),
    }
}

impl<'a> Bound for &'a str {
    type To = Cow<'a, str>;
    fn bound(self) -> Self::To {
        without_nul(self)
    }
}

impl<'a> Bound for &'a String {
    type To = Cow<'a, str>;
    fn bound(self) -> Self::To {
        without_nul(self)
    }
}

impl Bound for String {
    type To = Self;
    fn bound(self) -> Self {
        match self.contains('\0') {
            false => self,
            true => self.replace('\0', "\u{FFFD}"),
        }
    }
}

impl<T: Bound> Bound for Option<T> {
    type To = Option<T::To>;
    fn bound(self) -> Self::To {
        self.map(T::bound)
    }
}

macro_rules! bound_as_they_are {
    ($($kind:ty),*) => {
        $(impl Bound for $kind {
            type To = Self;
            fn bound(self) -> Self {
                self
            }
        })*
    };
}
bound_as_they_are!(i64, Vec<u8>, &Vec<u8>, &[u8]);

/// `fetch_optional!(tx, RowType, sql, binds…) -> StorageResult<Option<RowType>>`
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(inner, _) => sqlx::query_as::<_, $row>($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .fetch_optional(&mut **inner).await.map_err($crate::StorageError::from),
            $crate::Tx::Postgres(inner, _) => sqlx::query_as::<_, $row>($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .fetch_optional(&mut **inner).await.map_err($crate::StorageError::from),
        }
    };
}

/// `fetch_all!(tx, RowType, sql, binds…) -> StorageResult<Vec<RowType>>`
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(inner, _) => sqlx::query_as::<_, $row>($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .fetch_all(&mut **inner).await.map_err($crate::StorageError::from),
            $crate::Tx::Postgres(inner, _) => sqlx::query_as::<_, $row>($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .fetch_all(&mut **inner).await.map_err($crate::StorageError::from),
        }
    };
}

/// `execute!(tx, sql, binds…) -> StorageResult<u64>`: rows affected.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(inner, _) => sqlx::query($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .execute(&mut **inner).await.map(|done| done.rows_affected()).map_err($crate::StorageError::from),
            $crate::Tx::Postgres(inner, _) => sqlx::query($sql)$(.bind($crate::tx::Bound::bound($bind)))*
                .execute(&mut **inner).await.map(|done| done.rows_affected()).map_err($crate::StorageError::from),
        }
    };
}

/// `insert_rows!(tx, "insert into t (a, b)", "on conflict do nothing", rows, |row| [row.a, row.b])`:
/// multi-row VALUES in powers of two, so that statements stay cached. The number of columns is the
/// number of binds. Returns the rows affected.
macro_rules! insert_rows {
    ($tx:expr, $head:expr, $tail:expr, $rows:expr, |$row:ident| [$($bind:expr),+ $(,)?]) => {{
        let columns = [$(stringify!($bind)),+].len();
        let mut rest = &$rows[..];
        let mut affected = 0_u64;
        loop {
            let style = match $tx {
                $crate::Tx::Sqlite(..) => $crate::values::Placeholder::Plain,
                $crate::Tx::Postgres(..) => $crate::values::Placeholder::Numbered,
            };
            let (chunk, sql) = $crate::values::statement($head, columns, rest.len(), $tail, style);
            if chunk == 0 {
                break Ok::<u64, $crate::StorageError>(affected);
            }
            let (now, later) = rest.split_at(chunk);
            rest = later;
            let done = match $tx {
                $crate::Tx::Sqlite(inner, _) => {
                    let mut query = sqlx::query(sql);
                    for $row in now { query = query$(.bind($crate::tx::Bound::bound($bind)))+; }
                    query.execute(&mut **inner).await.map(|done| done.rows_affected())
                }
                $crate::Tx::Postgres(inner, _) => {
                    let mut query = sqlx::query(sql);
                    for $row in now { query = query$(.bind($crate::tx::Bound::bound($bind)))+; }
                    query.execute(&mut **inner).await.map(|done| done.rows_affected())
                }
            };
            match done {
                Ok(count) => affected += count,
                Err(error) => break Err($crate::StorageError::from(error)),
            }
        }
    }};
}

/// `fetch_in!(tx, RowType, "select … where supplier_id = $1 and x in (", ")", keys, first_bind…)`:
/// a set-based load; keys are asked for in powers of two (the last key fills up), binds `$1…` come first.
macro_rules! fetch_in {
    ($tx:expr, $row:ty, $head:expr, $tail:expr, $keys:expr $(, $bind:expr)* $(,)?) => {{
        let first = 1 + [$(stringify!($bind)),*].len();
        let mut found: Vec<$row> = Vec::new();
        let mut failed = None;
        for keys in $keys.chunks($crate::values::MOST) {
            let (count, sql) = $crate::values::membership($head, first, keys.len(), $tail);
            let padded = (0..count).map(|place| &keys[place.min(keys.len() - 1)]);
            let rows = match $tx {
                $crate::Tx::Sqlite(inner, _) => {
                    let mut query = sqlx::query_as::<_, $row>(sql)$(.bind($crate::tx::Bound::bound($bind)))*;
                    for key in padded { query = query.bind($crate::tx::Bound::bound(key.as_str())); }
                    query.fetch_all(&mut **inner).await
                }
                $crate::Tx::Postgres(inner, _) => {
                    let mut query = sqlx::query_as::<_, $row>(sql)$(.bind($crate::tx::Bound::bound($bind)))*;
                    for key in padded { query = query.bind($crate::tx::Bound::bound(key.as_str())); }
                    query.fetch_all(&mut **inner).await
                }
            };
            match rows {
                Ok(rows) => found.extend(rows),
                Err(error) => { failed = Some($crate::StorageError::from(error)); break; }
            }
        }
        match failed {
            None => Ok(found),
            Some(error) => Err(error),
        }
    }};
}

/// `fetch_rows!(tx, RowType, "select … from (", ") as v join t on …", rows, |row| [row.a, row.b])`:
/// what belongs to each of some rows, which stand in the text as multi-row VALUES: `v.column1`, `v.column2` …
macro_rules! fetch_rows {
    ($tx:expr, $into:ty, $head:expr, $tail:expr, $rows:expr, |$row:ident| [$($bind:expr),+ $(,)?]) => {{
        let columns = [$(stringify!($bind)),+].len();
        let mut rest = &$rows[..];
        let mut found: Vec<$into> = Vec::new();
        loop {
            let style = match $tx {
                $crate::Tx::Sqlite(..) => $crate::values::Placeholder::Plain,
                $crate::Tx::Postgres(..) => $crate::values::Placeholder::Numbered,
            };
            let (chunk, sql) = $crate::values::statement($head, columns, rest.len(), $tail, style);
            if chunk == 0 {
                break Ok::<Vec<$into>, $crate::StorageError>(found);
            }
            let (now, later) = rest.split_at(chunk);
            rest = later;
            let rows = match $tx {
                $crate::Tx::Sqlite(inner, _) => {
                    let mut query = sqlx::query_as::<_, $into>(sql);
                    for $row in now { query = query$(.bind($crate::tx::Bound::bound($bind)))+; }
                    query.fetch_all(&mut **inner).await
                }
                $crate::Tx::Postgres(inner, _) => {
                    let mut query = sqlx::query_as::<_, $into>(sql);
                    for $row in now { query = query$(.bind($crate::tx::Bound::bound($bind)))+; }
                    query.fetch_all(&mut **inner).await
                }
            };
            match rows {
                Ok(rows) => found.extend(rows),
                Err(error) => break Err($crate::StorageError::from(error)),
            }
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::Bound as _;

    #[test]
    fn no_nul_is_bound() {
        assert_eq!("a\0b".bound(), "a\u{FFFD}b");
        assert_eq!(Some("\0").bound().as_deref(), Some("\u{FFFD}"));
        assert_eq!("a\0".to_owned().bound(), "a\u{FFFD}");
        assert_eq!("plain".bound(), "plain");
        assert_eq!([0_u8].as_slice().bound(), [0]);
    }
}
