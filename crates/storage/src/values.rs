//! The builder of multi-row VALUES and `in (…)` lists: with [`crate::list`] the only place that asserts a
//! built SQL text to be safe. Only placeholders are built; every value is bound.

use std::fmt::Write as _;

/// Most rows or keys of one statement.
pub const MOST: usize = 64;

/// How placeholders of rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// `$1`, `$2` …: PostgreSQL.
    Numbered,
    /// `?`: SQLite looks up the name of every placeholder at every bind, one by one; thousands of names would
    /// cost more than the rows.
    Plain,
}

/// The statement for the next chunk of `rows` rows: how many rows it takes, and its text. Head and tail have no
/// placeholders of their own.
#[expect(
    clippy::disallowed_methods,
    reason = "column names are compiled in and every value is bound"
)]
pub(crate) fn statement(
    head: &str,
    columns: usize,
    rows: usize,
    tail: &str,
    style: Placeholder,
) -> (usize, sqlx::AssertSqlSafe<String>) {
    let chunk = power_of_two_up_to(rows);
    let mut sql = String::with_capacity(head.len() + tail.len() + chunk * columns * 6 + 16);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..chunk {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        match style {
            Placeholder::Numbered => placeholders(&mut sql, row * columns + 1, columns),
            Placeholder::Plain => plain_placeholders(&mut sql, columns),
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    (chunk, sqlx::AssertSqlSafe(sql))
}

/// The statement that asks for up to [`MOST`] keys: how many placeholders it has, and its text.
#[expect(
    clippy::disallowed_methods,
    reason = "column names are compiled in and every value is bound"
)]
pub(crate) fn membership(
    head: &str,
    first: usize,
    keys: usize,
    tail: &str,
) -> (usize, sqlx::AssertSqlSafe<String>) {
    let count = keys.next_power_of_two();
    let mut sql = String::with_capacity(head.len() + tail.len() + count * 5);
    sql.push_str(head);
    placeholders(&mut sql, first, count);
    sql.push_str(tail);
    (count, sqlx::AssertSqlSafe(sql))
}

fn placeholders(sql: &mut String, first: usize, count: usize) {
    for place in 0..count {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(sql, "{comma}${}", first + place);
    }
}

fn plain_placeholders(sql: &mut String, count: usize) {
    for place in 0..count {
        sql.push_str(if place == 0 { "?" } else { ", ?" });
    }
}

fn power_of_two_up_to(rows: usize) -> usize {
    match rows.min(MOST) {
        0 => 0,
        rows => 1 << rows.ilog2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_powers_of_two_and_cover_all_rows() {
        for rows in 0..300 {
            let (mut rest, mut steps) = (rows, 0);
            loop {
                let chunk = power_of_two_up_to(rest);
                if chunk == 0 {
                    break;
                }
                assert!(chunk.is_power_of_two() && chunk <= rest);
                rest -= chunk;
                steps += 1;
            }
            assert!(rest == 0 && steps < 12, "{rows}");
        }
    }

    #[test]
    fn texts() {
        let head = "insert into t (a, b)";
        let (chunk, sql) = statement(head, 2, 3, "", Placeholder::Plain);
        assert_eq!(
            (chunk, sql.0.as_str()),
            (2, "insert into t (a, b) values (?, ?), (?, ?) ")
        );
        let (chunk, sql) = statement(head, 2, 3, "on conflict do nothing", Placeholder::Numbered);
        assert_eq!(
            (chunk, sql.0.as_str()),
            (
                2,
                "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing"
            )
        );
        let (count, sql) = membership("select a from t where s = $1 and a in (", 2, 3, ") order by a");
        assert_eq!(
            (count, sql.0.as_str()),
            (
                4,
                "select a from t where s = $1 and a in ($2, $3, $4, $5) order by a"
            )
        );
    }
}
