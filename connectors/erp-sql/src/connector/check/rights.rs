//! One table at a time: what is missing, where, and what the database's people do about it.

use punchgate_connector::{ConnectorError, ConnectorResult, ErrorKind, connector::CheckFinding};

use super::OPERATION;
use crate::{
    connector::Sql,
    database::{Place, Session},
    dialect::{Dialect, Kind},
    fault::Fault,
    schema::{Column, Table},
    statement::Statement,
};

/// What is tried, and the right for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Read,
    Insert,
    Update,
    Delete,
}

impl Attempt {
    fn right(self) -> &'static str {
        match self {
            Self::Read => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Insert => "inserted",
            Self::Update => "updated",
            Self::Delete => "deleted from",
        }
    }
}

/// A table with our name for it.
#[derive(Clone, Copy)]
struct Target<'t> {
    name: &'static str,
    table: &'t Table,
}

type Columns<'t> = Vec<(&'static str, &'t Column)>;

pub(super) struct Rights<'s, 'c> {
    sql: &'s Sql,
    session: &'s mut Session<'c>,
    pub(super) findings: Vec<CheckFinding>,
}

impl<'s, 'c> Rights<'s, 'c> {
    pub(super) fn new(sql: &'s Sql, session: &'s mut Session<'c>) -> Self {
        Self {
            sql,
            session,
            findings: Vec::new(),
        }
    }

    /// Every mapped column, and that these can be compared with what we will compare them with.
    pub(super) async fn reads(
        &mut self,
        name: &'static str,
        table: &Table,
        compared: &[&'static str],
    ) -> ConnectorResult<()> {
        let target = Target { name, table };
        if self
            .tried(Attempt::Read, target, table.columns().collect())
            .await?
        {
            for column in compared {
                self.compares(target, column).await?;
            }
        }
        Ok(())
    }

    /// These columns, which conditions of a change name.
    pub(super) async fn reads_only(
        &mut self,
        name: &'static str,
        table: &Table,
        columns: &[&'static str],
    ) -> ConnectorResult<()> {
        let columns = table
            .columns()
            .filter(|(column, _)| columns.contains(column))
            .collect();
        self.tried(Attempt::Read, Target { name, table }, columns)
            .await
            .map(drop)
    }

    pub(super) async fn inserts(
        &mut self,
        name: &'static str,
        table: &Table,
        but: &[&'static str],
    ) -> ConnectorResult<()> {
        let columns = table
            .columns()
            .filter(|(column, _)| !but.contains(column))
            .collect();
        self.tried(Attempt::Insert, Target { name, table }, columns)
            .await
            .map(drop)
    }

    pub(super) async fn updates(
        &mut self,
        name: &'static str,
        table: &Table,
        columns: &[&'static str],
    ) -> ConnectorResult<()> {
        let columns = table
            .columns()
            .filter(|(column, _)| columns.contains(column))
            .collect();
        self.tried(Attempt::Update, Target { name, table }, columns)
            .await
            .map(drop)
    }

    pub(super) async fn deletes(&mut self, name: &'static str, table: &Table) -> ConnectorResult<()> {
        let target = Target { name, table };
        if let Some(error) = self.attempt(Attempt::Delete, target, &[]).await? {
            self.whole_table(Attempt::Delete, target, &error);
        }
        Ok(())
    }

    /// All columns at once; if that fails, one at a time, so that each missing one is named.
    async fn tried(
        &mut self,
        attempt: Attempt,
        target: Target<'_>,
        columns: Columns<'_>,
    ) -> ConnectorResult<bool> {
        let Some(error) = self.attempt(attempt, target, &columns).await? else {
            return Ok(true);
        };
        let mut failed = Vec::new();
        for (name, column) in &columns {
            if let Some(error) = self.attempt(attempt, target, &[(*name, *column)]).await? {
                failed.push((*name, *column, error));
            }
        }
        // None alone, or all: it is about the table.
        if failed.is_empty() || (failed.len() == columns.len() && columns.len() > 1) {
            self.whole_table(attempt, target, &error);
        } else {
            for (name, column, error) in &failed {
                self.one_column(attempt, target, (name, column), error);
            }
        }
        Ok(false)
    }

    /// Why the database would not, if it would not. What says nothing of settings and rights is the check's own failure.
    async fn attempt(
        &mut self,
        attempt: Attempt,
        target: Target<'_>,
        columns: &[(&'static str, &Column)],
    ) -> ConnectorResult<Option<ConnectorError>> {
        let statement = statement(self.sql.dialect(), attempt, target.table, columns);
        self.run(&statement).await
    }

    async fn run(&mut self, statement: &Statement) -> ConnectorResult<Option<ConnectorError>> {
        self.session.mark().await?;
        let tried = self.session.write(statement).await.map_err(|fault| match fault {
            Fault::Refused { code, message, .. } => {
                ConnectorError::new(ErrorKind::Schema, OPERATION, message).with_code(code)
            }
            Fault::Error(error) => error,
        });
        match tried {
            Ok(_) => {
                self.session.back_to_mark().await?;
                Ok(None)
            }
            Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Schema) => {
                self.session.back_to_mark().await?;
                Ok(Some(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn compares(&mut self, target: Target<'_>, name: &'static str) -> ConnectorResult<()> {
        let column = target.table.needed(name);
        let sample = match column.kind {
            Kind::Timestamp => "1970-01-01 00:00:00",
            _ => "0",
        };
        let statement = Statement::new(
            self.sql.dialect(),
            &format!("select 1 from {} where 1 = 0 and ", target.table.quoted),
        )
        .compare(&column, ">", sample);
        if let Some(error) = self.run(&statement).await? {
            let (table, stated) = (target.name, &target.table.name);
            self.note(format!(
                "{stated}.{} cannot be compared ({}): a whole number is named in settings.number_columns as \
                 \"{table}.{name}\"; anything else but text and timestamps is cast by the view",
                column.name, error.message
            ));
        }
        Ok(())
    }

    fn one_column(
        &mut self,
        attempt: Attempt,
        target: Target<'_>,
        (name, column): (&str, &Column),
        error: &ConnectorError,
    ) {
        let path = format!("{}.{}", target.table.name, column.name);
        let message = if error.kind == ErrorKind::Forbidden {
            let right = self.grant(attempt, target.table, Some(column), error);
            format!(
                "{path} may not be {} ({}): {right}",
                attempt.verb(),
                error.message
            )
        } else {
            format!(
                "{path} is not there ({}): correct settings.columns.{}.{name}",
                error.message, target.name
            )
        };
        self.note(message);
    }

    fn whole_table(&mut self, attempt: Attempt, target: Target<'_>, error: &ConnectorError) {
        let path = &target.table.name;
        let message = if error.kind == ErrorKind::Forbidden {
            let right = self.grant(attempt, target.table, None, error);
            format!(
                "{path} may not be {} ({}): {right}",
                attempt.verb(),
                error.message
            )
        } else {
            format!(
                "{path} cannot be {} ({}): correct settings.tables.{}, or the view",
                attempt.verb(),
                error.message,
                target.name
            )
        };
        self.note(message);
    }

    /// What the database's people say to the database.
    fn grant(
        &self,
        attempt: Attempt,
        table: &Table,
        column: Option<&Column>,
        error: &ConnectorError,
    ) -> String {
        let Place::Server { dialect, user, .. } = &self.sql.database.place else {
            return "let the gateway's user write the file and its folder".to_owned();
        };
        let whom = match dialect {
            Dialect::MariaDb => format!("'{}'@'…'", user.replace('\'', "''")),
            Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", user.replace('"', "\"\"")),
        };
        if error.message.contains("for schema") {
            let schema = table
                .quoted
                .rsplit_once('.')
                .map_or("public", |(schema, _)| schema);
            return format!("GRANT USAGE ON SCHEMA {schema} TO {whom}");
        }
        let columns = column.map_or_else(String::new, |column| format!(" ({})", column.quoted));
        format!("GRANT {}{columns} ON {} TO {whom}", attempt.right(), table.quoted)
    }

    fn note(&mut self, message: String) {
        self.findings.push(CheckFinding { fatal: true, message });
    }
}

/// Names the columns and meets no row.
fn statement(
    dialect: Dialect,
    attempt: Attempt,
    table: &Table,
    columns: &[(&'static str, &Column)],
) -> Statement {
    let names: Vec<&str> = columns.iter().map(|(_, column)| column.quoted.as_str()).collect();
    let nowhere = match dialect {
        Dialect::MariaDb => " from dual where 1 = 0",
        Dialect::Postgres | Dialect::Sqlite => " where 1 = 0",
    };
    let text = match attempt {
        Attempt::Read => format!("select {} from {} where 1 = 0", names.join(", "), table.quoted),
        Attempt::Insert => {
            let nulls = vec!["null"; names.len()].join(", ");
            format!(
                "insert into {} ({}) select {nulls}{nowhere}",
                table.quoted,
                names.join(", ")
            )
        }
        Attempt::Update => {
            let same: Vec<String> = names.iter().map(|name| format!("{name} = null")).collect();
            format!("update {} set {} where 1 = 0", table.quoted, same.join(", "))
        }
        Attempt::Delete => format!("delete from {} where 1 = 0", table.quoted),
    };
    Statement::new(dialect, &text)
}
