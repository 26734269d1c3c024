//! Statements: texts with places for values. Pure.
//!
//! **Invariant:** what is pushed is a constant of ours or a quoted name from settings; a value of data only gets in by
//! [`Statement::bind`].

use crate::{
    dialect::{Dialect, Kind},
    schema::{Column, Table},
};

/// A statement and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    dialect: Dialect,
    text: String,
    values: Vec<Option<String>>,
    /// What its columns are called here.
    names: Vec<&'static str>,
}

impl Statement {
    pub(crate) fn new(dialect: Dialect, text: &str) -> Self {
        Self {
            dialect,
            text: text.to_owned(),
            values: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Reads every mapped column of a table.
    pub(crate) fn select(dialect: Dialect, table: &Table) -> Self {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        for (name, column) in table.columns() {
            texts.push(dialect.as_text(&column.quoted));
            names.push(name);
        }
        Self {
            names,
            ..Self::new(
                dialect,
                &format!("select {} from {}", texts.join(", "), table.quoted),
            )
        }
    }

    /// Reads one text of a statement of ours.
    pub(crate) fn one(dialect: Dialect, text: &str) -> Self {
        Self {
            names: vec![ONE],
            ..Self::new(dialect, text)
        }
    }

    pub(crate) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(mut self, kind: Kind, value: Option<&str>) -> Self {
        self.values.push(value.map(str::to_owned));
        let place = self.dialect.bound(kind, self.values.len());
        self.text.push_str(&place);
        self
    }

    /// `column <operator> value`, where the table has that column.
    pub(crate) fn compare(self, column: &Column, operator: &str, value: &str) -> Self {
        let text = format!("{} {operator} ", column.quoted);
        self.push(&text).bind_stated(column.kind, value)
    }

    /// A value that was read of the database. PostgreSQL writes an offset exactly where the column has one, and an index
    /// is of use only if the value has the column's own type.
    fn bind_stated(self, kind: Kind, value: &str) -> Self {
        let naive = kind == Kind::Timestamp && !has_offset(value);
        if self.dialect == Dialect::Postgres && naive {
            let mut this = self;
            this.values.push(Some(value.to_owned()));
            let text = format!("cast(${} as timestamp)", this.values.len());
            return this.push(&text);
        }
        self.bind(kind, Some(value))
    }

    /// `column in (values)`. What is no number is no key where keys are numbers: it is not asked for.
    pub(crate) fn among<'v>(self, column: &Column, values: impl IntoIterator<Item = &'v str>) -> Self {
        let fits = |value: &&str| column.kind != Kind::Number || value.parse::<i64>().is_ok();
        let mut this = self.push(&format!("{} in (", column.quoted));
        let mut between = "";
        for value in values.into_iter().filter(fits) {
            this = this.push(between).bind(column.kind, Some(value));
            between = ", ";
        }
        this.push(if between.is_empty() { "null)" } else { ")" })
    }

    /// Writes a row: the columns that are mapped, each with its value.
    pub(crate) fn insert(dialect: Dialect, table: &Table, values: &Values) -> Self {
        let mapped: Vec<(&Column, &Option<String>)> = values
            .0
            .iter()
            .filter_map(|(name, value)| table.column(name).map(|column| (column, value)))
            .collect();
        let names: Vec<&str> = mapped.iter().map(|(column, _)| column.quoted.as_str()).collect();
        let head = format!("insert into {} ({}) values (", table.quoted, names.join(", "));
        let mut this = Self::new(dialect, &head);
        for (at, (column, value)) in mapped.into_iter().enumerate() {
            if at > 0 {
                this = this.push(", ");
            }
            this = this.bind(column.kind, value.as_deref());
        }
        this.push(")")
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn values(&self) -> &[Option<String>] {
        &self.values
    }

    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names
    }
}

/// The column of [`Statement::one`].
pub(crate) const ONE: &str = "value";

fn has_offset(stamp: &str) -> bool {
    let time = stamp.get("2026-03-01".len()..).unwrap_or_default();
    time.contains(['+', '-', 'Z'])
}

/// Values of a row to write, by the names that we have for columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values(Vec<(&'static str, Option<String>)>);

impl Values {
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, Some(value.into())));
    }

    pub(crate) fn set_optional(&mut self, name: &'static str, value: Option<impl Into<String>>) {
        self.0.push((name, value.map(Into::into)));
    }

    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.set(name, if value { "1" } else { "0" });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (*name, value.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::CUSTOMERS;

    fn table(dialect: Dialect) -> Table {
        let number = |name: &str| name == "id";
        Table::read(dialect, &CUSTOMERS, "erp.customers", |_| None, number).unwrap()
    }

    #[test]
    fn values_are_bound_and_never_part_of_the_text() {
        let hostile = "x'; drop table customers; --";
        let cases = [
            (
                Dialect::Postgres,
                r#""id" > cast($1 as bigint) and "name" in ($2, $3)"#,
            ),
            (Dialect::MariaDb, "`id` > cast(? as signed) and `name` in (?, ?)"),
            (Dialect::Sqlite, "`id` > cast(? as integer) and `name` in (?, ?)"),
        ];
        for (dialect, expected) in cases {
            let table = table(dialect);
            let (id, name) = (table.column("id").unwrap(), table.column("name").unwrap());
            let statement = Statement::new(dialect, "")
                .compare(id, ">", hostile)
                .push(" and ")
                .among(name, [hostile, "b"]);
            assert_eq!(statement.text(), expected);
            assert_eq!(statement.values().len(), 3);
            assert_eq!(statement.values()[0].as_deref(), Some(hostile));
            let none = Statement::new(dialect, "").among(id, [hostile]);
            assert!(none.text().ends_with(" in (null)") && none.values().is_empty());
        }
    }

    #[test]
    fn a_stamp_has_the_type_of_its_column() {
        let table = table(Dialect::Postgres);
        let modified = table.column("modified").unwrap();
        for (stamp, expected) in [
            ("2026-03-01 09:30:00.1", "timestamp)"),
            ("2026-03-01 09:30:00+01", "timestamp with time zone)"),
            ("2026-03-01T09:30:00Z", "timestamp with time zone)"),
        ] {
            let statement = Statement::new(Dialect::Postgres, "").compare(modified, ">=", stamp);
            assert!(statement.text().ends_with(expected), "{}", statement.text());
        }
    }
}
