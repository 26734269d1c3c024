//! One builder for every list: filters by equality or prefix, newest first, a cursor to go on from.
//! Column names are compiled in; every value is bound.

use std::fmt::Write as _;

/// A list under construction: `select … from … where supplier_id = $1 [and …] order by …`.
#[derive(Debug)]
pub struct ListQuery {
    sql: String,
    binds: Vec<Bind>,
    order: &'static str,
    limit: i64,
}

/// A bound value of a list.
#[derive(Debug, Clone)]
pub enum Bind {
    /// Text.
    Text(String),
    /// A number or instant.
    Number(i64),
}

impl ListQuery {
    /// Starts a list of one supplier. `select` ends after `from …`; `order` names the columns, newest first.
    pub fn of(select: &'static str, supplier: &str, order: &'static str, limit: u32) -> Self {
        Self {
            sql: format!("{select} where supplier_id = $1"),
            binds: vec![Bind::Text(supplier.to_owned())],
            order,
            limit: i64::from(limit.clamp(1, 500)),
        }
    }

    /// `and column = value`, where a value is given.
    pub fn equal(self, column: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.compare(column, "=", Bind::Text(value.to_owned())),
            None => self,
        }
    }

    /// `and column >= value`, where a value is given.
    pub fn from(self, column: &'static str, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.compare(column, ">=", Bind::Number(value)),
            None => self,
        }
    }

    /// `and column < value`, where a value is given.
    pub fn until(self, column: &'static str, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.compare(column, "<", Bind::Number(value)),
            None => self,
        }
    }

    /// `and column in (select … = value)`, where a value is given; the select has `$1` for the supplier.
    pub fn among(mut self, column: &'static str, select: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.binds.push(Bind::Text(value.to_owned()));
            let _ = write!(self.sql, " and {column} in ({select} = ${})", self.binds.len());
        }
        self
    }

    /// A condition in words of its own, where it holds: what an index of only some rows is found by.
    pub fn only(mut self, condition: &'static str, holds: bool) -> Self {
        if holds {
            let _ = write!(self.sql, " and {condition}");
        }
        self
    }

    /// `and column begins with prefix`, where one is given; the column is compared by code points.
    pub fn begins(self, column: &'static str, prefix: Option<&str>) -> Self {
        match prefix {
            Some(prefix) => self.compare(column, ">=", Bind::Text(prefix.to_owned())).compare(
                column,
                "<",
                Bind::Text(format!("{prefix}{}", char::MAX)),
            ),
            None => self,
        }
    }

    /// Goes on after the row at (`time`, `id`), in descending order of both.
    pub fn after(self, time: &'static str, id: &'static str, cursor: Option<(i64, String)>) -> Self {
        self.go_on(time, id, '<', cursor)
    }

    /// The same in ascending order.
    pub fn after_ascending(
        self,
        time: &'static str,
        id: &'static str,
        cursor: Option<(i64, String)>,
    ) -> Self {
        self.go_on(time, id, '>', cursor)
    }

    fn go_on(
        mut self,
        time: &'static str,
        id: &'static str,
        beyond: char,
        cursor: Option<(i64, String)>,
    ) -> Self {
        if let Some((at, last)) = cursor {
            let first = self.binds.len() + 1;
            // The first condition is what an index is entered by: without it, all pages before this one are read again.
            // Writing to a String cannot fail.
            let _ = write!(
                self.sql,
                " and {time} {beyond}= ${first} and ({time} {beyond} ${first} or {id} {beyond} ${})",
                first + 1
            );
            self.binds.push(Bind::Number(at));
            self.binds.push(Bind::Text(last));
        }
        self
    }

    /// `and (a = value or b = value …)`, where a value is given: a search over several keys.
    pub fn any_equal(mut self, columns: &[&'static str], value: Option<&str>) -> Self {
        if let Some(value) = value {
            let place = self.binds.len() + 1;
            let tests: Vec<String> = columns
                .iter()
                .map(|column| format!("{column} = ${place}"))
                .collect();
            let _ = write!(self.sql, " and ({})", tests.join(" or "));
            self.binds.push(Bind::Text(value.to_owned()));
        }
        self
    }

    fn compare(mut self, column: &'static str, operator: &'static str, value: Bind) -> Self {
        self.binds.push(value);
        let _ = write!(self.sql, " and {column} {operator} ${}", self.binds.len());
        self
    }

    /// The text and its binds.
    #[expect(
        clippy::disallowed_methods,
        reason = "column names are compiled in and every value is bound"
    )]
    pub(crate) fn build(mut self) -> (sqlx::AssertSqlSafe<String>, Vec<Bind>) {
        self.binds.push(Bind::Number(self.limit));
        let _ = write!(self.sql, " order by {} limit ${}", self.order, self.binds.len());
        (sqlx::AssertSqlSafe(self.sql), self.binds)
    }
}

/// `fetch_list!(tx, RowType, ListQuery) -> StorageResult<Vec<RowType>>`
macro_rules! fetch_list {
    ($tx:expr, $row:ty, $list:expr) => {{
        let (sql, binds) = $list.build();
        match $tx {
            $crate::Tx::Sqlite(inner, _) => {
                let mut query = sqlx::query_as::<_, $row>(sql);
                for bind in binds {
                    query = match bind {
                        $crate::list::Bind::Text(text) => query.bind($crate::tx::Bound::bound(text)),
                        $crate::list::Bind::Number(number) => query.bind(number),
                    };
                }
                query
                    .fetch_all(&mut **inner)
                    .await
                    .map_err($crate::StorageError::from)
            }
            $crate::Tx::Postgres(inner, _) => {
                let mut query = sqlx::query_as::<_, $row>(sql);
                for bind in binds {
                    query = match bind {
                        $crate::list::Bind::Text(text) => query.bind($crate::tx::Bound::bound(text)),
                        $crate::list::Bind::Number(number) => query.bind(number),
                    };
                }
                query
                    .fetch_all(&mut **inner)
                    .await
                    .map_err($crate::StorageError::from)
            }
        }
    }};
}
