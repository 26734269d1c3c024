//! What the three databases say differently. Pure.

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    MariaDb,
    Sqlite,
}

/// What a column holds, as far as a value that is bound to it must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A whole number.
    Number,
    Decimal,
    Flag,
    Date,
    Timestamp,
}

/// The longest text that is read of a column. The database cuts it one character later, so that a column of any size
/// costs no more than this, and what was cut is noticed.
pub(crate) const LONGEST_TEXT: usize = 8_000;
/// The most parts of a name: schema and table.
const PARTS: usize = 2;
/// The most characters of a part; none of the databases takes more.
const PART_LENGTH: usize = 64;

impl Dialect {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
            Self::Sqlite => "sqlite",
        }
    }

    /// The name of a table (`schema.table`) or column, quoted; none if it can be no name.
    pub(crate) fn quoted(self, name: &str, most_parts: usize) -> Option<String> {
        let parts: Vec<&str> = name.split('.').collect();
        let sound = |part: &&str| {
            !part.trim().is_empty()
                && part.chars().count() <= PART_LENGTH
                && !part.chars().any(char::is_control)
        };
        if parts.len() > most_parts || !parts.iter().all(sound) {
            return None;
        }
        let mark = match self {
            // SQLite takes a name in double quotes that it does not know for a text.
            Self::MariaDb | Self::Sqlite => '`',
            Self::Postgres => '"',
        };
        let doubled = format!("{mark}{mark}");
        let quote = |part: &&str| format!("{mark}{}{mark}", part.replace(mark, &doubled));
        Some(parts.iter().map(quote).collect::<Vec<_>>().join("."))
    }

    /// The name of a table, quoted.
    pub(crate) fn quoted_table(self, name: &str) -> Option<String> {
        self.quoted(name, PARTS)
    }

    /// A column as text, cut where it is longer than we read.
    pub(crate) fn as_text(self, column: &str) -> String {
        let length = LONGEST_TEXT + 1;
        match self {
            Self::Postgres => format!("left(cast({column} as text), {length})"),
            Self::MariaDb => format!("left(cast({column} as char character set utf8mb4), {length})"),
            Self::Sqlite => format!("substr(cast({column} as text), 1, {length})"),
        }
    }

    /// The place of the bound value of this number, as the column's kind. Every value is bound as text.
    pub(crate) fn bound(self, kind: Kind, number: usize) -> String {
        let place = match self {
            Self::Postgres => format!("${number}"),
            Self::MariaDb | Self::Sqlite => "?".to_owned(),
        };
        let cast = match (self, kind) {
            (_, Kind::Text) | (Self::Sqlite, Kind::Date | Kind::Timestamp | Kind::Decimal) => return place,
            (Self::Postgres, Kind::Number) => "bigint",
            (Self::Postgres, Kind::Decimal) => "numeric",
            (Self::Postgres, Kind::Flag) => "boolean",
            (_, Kind::Date) => "date",
            (Self::Postgres, Kind::Timestamp) => "timestamp with time zone",
            (Self::MariaDb, Kind::Number | Kind::Flag) => "signed",
            (Self::MariaDb, Kind::Decimal) => "decimal(38,9)",
            (Self::MariaDb, Kind::Timestamp) => "datetime(6)",
            (Self::Sqlite, Kind::Number | Kind::Flag) => "integer",
        };
        format!("cast({place} as {cast})")
    }

    /// The database's clock, as text.
    pub(crate) fn clock(self) -> &'static str {
        match self {
            Self::Postgres => "select cast(clock_timestamp() as text)",
            Self::MariaDb => "select cast(now(6) as char)",
            Self::Sqlite => "select strftime('%Y-%m-%d %H:%M:%f000Z', 'now')",
        }
    }

    /// What the database is, as text.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Postgres => "select 'PostgreSQL ' || current_setting('server_version')",
            Self::MariaDb => "select concat('MariaDB ', version())",
            Self::Sqlite => "select 'SQLite ' || sqlite_version()",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_or_refused() {
        let long = "x".repeat(65);
        let cases = [
            (
                Dialect::Postgres,
                "erp.v_customers",
                Some(r#""erp"."v_customers""#),
            ),
            (Dialect::MariaDb, "erp.v_customers", Some("`erp`.`v_customers`")),
            (Dialect::Sqlite, "KLIMK", Some("`KLIMK`")),
            (
                Dialect::Postgres,
                r#"a"; drop table x; --"#,
                Some(r#""a""; drop table x; --""#),
            ),
            (Dialect::MariaDb, "a`b", Some("`a``b`")),
            (Dialect::Postgres, "größe", Some("\"größe\"")),
            (Dialect::Postgres, "a.b.c", None),
            (Dialect::Postgres, "a.", None),
            (Dialect::Postgres, "", None),
            (Dialect::Postgres, "a\0b", None),
            (Dialect::Postgres, "a\nb", None),
            (Dialect::Postgres, &long, None),
        ];
        for (dialect, name, expected) in cases {
            assert_eq!(dialect.quoted_table(name).as_deref(), expected, "{name}");
        }
        assert_eq!(Dialect::Sqlite.quoted("a.b", 1), None, "a column is one name");
    }
}
