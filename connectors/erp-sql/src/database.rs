//! The way to the database: one connection a call, made within the deadline, closed at its end.
//!
//! **Invariant:** the only place that names the driver's connections. Everything runs in one transaction; a session that
//! goes without [`Session::commit`] leaves nothing behind. Nothing is sent twice.

mod open;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::TryStreamExt;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, context::LeftOut, egress::IpNet,
};
use punchgate_domain::Instant;
use sqlx::{
    AssertSqlSafe, Column as _, Database as Driver, Decode, Encode, Executor, IntoArguments, Row as _, Type,
    mysql::MySqlConnection, postgres::PgConnection, sqlite::SqliteConnection,
};

use crate::{
    dialect::Dialect,
    fault::{Fault, Stage, cut, fault, unreadable},
    feed::Stamp,
    row::Row,
    statement::{ONE, Statement},
};

/// The most bytes that one session reads.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Where the database is and who we are there.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) place: Place,
    /// The zone of stamps without offset; a session's, too, where the database lets it be set.
    pub(crate) zone: String,
}

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Server {
        dialect: Dialect,
        way: Way,
        user: String,
        password: Password,
        database: String,
    },
    File {
        path: String,
    },
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Tcp {
        host: String,
        port: u16,
        networks: Vec<IpNet>,
        /// None: in the open.
        tls: Option<Tls>,
    },
    Socket {
        path: String,
        /// Which of PostgreSQL's sockets in the folder it is.
        port: u16,
    },
}

impl Way {
    /// The host to which the way leads in the open, for all on the way to read and change; none where it is encrypted, or
    /// leaves this machine nowhere.
    pub(crate) fn open_host(&self) -> Option<&str> {
        match self {
            Self::Tcp { host, tls: None, .. } if !is_this_machine(host) => Some(host),
            Self::Tcp { .. } | Self::Socket { .. } => None,
        }
    }
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The certificates that are believed beside those of the system.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) extra_roots: Vec<String>,
}

/// Shown to nobody.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads one state of the database and writes nothing: the database is told so.
    Read,
    Write,
}

enum Connection {
    Postgres(PgConnection),
    MariaDb(MySqlConnection),
    Sqlite(SqliteConnection),
}

/// Ends what SQLite is at when nobody waits for it any longer: it runs in a thread of its own.
#[derive(Clone, Default)]
struct Interrupt(Arc<AtomicBool>);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One transaction.
pub(crate) struct Session<'c> {
    ctx: &'c Context,
    operation: &'static str,
    connection: Connection,
    /// How much it may still read.
    bytes_left: usize,
    _interrupt: Interrupt,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl Database {
    pub(crate) fn dialect(&self) -> Dialect {
        match &self.place {
            Place::Server { dialect, .. } => *dialect,
            Place::File { .. } => Dialect::Sqlite,
        }
    }
}

impl Session<'_> {
    pub(crate) fn dialect(&self) -> Dialect {
        match self.connection {
            Connection::Postgres(_) => Dialect::Postgres,
            Connection::MariaDb(_) => Dialect::MariaDb,
            Connection::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// What a statement reads.
    pub(crate) async fn rows(&mut self, statement: &Statement) -> Result<Vec<Row>, Fault> {
        let operation = self.operation;
        let (connection, left) = (&mut self.connection, &mut self.bytes_left);
        let read = async {
            match connection {
                Connection::Postgres(connection) => rows::<sqlx::Postgres>(connection, statement, left).await,
                Connection::MariaDb(connection) => rows::<sqlx::MySql>(connection, statement, left).await,
                Connection::Sqlite(connection) => rows::<sqlx::Sqlite>(connection, statement, left).await,
            }
        };
        let read = self.ctx.within(read).await;
        read.map_err(|why| Fault::Error(cut(operation, Stage::Statement, why.as_str())))?
            .map_err(|error| fault(operation, Stage::Statement, &error))
    }

    /// The rows of a read. A refusal there is the view's: it cannot be computed.
    pub(crate) async fn read(&mut self, statement: &Statement) -> ConnectorResult<Vec<Row>> {
        let operation = self.operation;
        self.rows(statement).await.map_err(|fault| match fault {
            Fault::Refused { code, message, .. } => {
                ConnectorError::new(ErrorKind::Schema, operation, message).with_code(code)
            }
            Fault::Error(error) => error,
        })
    }

    /// Tells of a row that could not be read.
    pub(crate) fn leave_out(&self, row: LeftOut) {
        self.ctx.leave_out([row]);
    }

    /// One text, if there is one.
    pub(crate) async fn one(&mut self, statement: &Statement) -> ConnectorResult<Option<String>> {
        let operation = self.operation;
        let rows = self.read(statement).await?;
        let text = rows.first().map_or(Ok(None), |row| row.owned(ONE));
        text.map_err(|mismatch| unreadable(operation, mismatch))
    }

    /// Carries a statement out and says how many rows it met.
    pub(crate) async fn write(&mut self, statement: &Statement) -> Result<u64, Fault> {
        let operation = self.operation;
        let connection = &mut self.connection;
        let written = async {
            Ok(match connection {
                Connection::Postgres(connection) => query::<sqlx::Postgres>(statement)
                    .execute(connection)
                    .await?
                    .rows_affected(),
                Connection::MariaDb(connection) => query::<sqlx::MySql>(statement)
                    .execute(connection)
                    .await?
                    .rows_affected(),
                Connection::Sqlite(connection) => query::<sqlx::Sqlite>(statement)
                    .execute(connection)
                    .await?
                    .rows_affected(),
            })
        };
        let written = self.ctx.within(written).await;
        written
            .map_err(|why| Fault::Error(cut(operation, Stage::Statement, why.as_str())))?
            .map_err(|error: sqlx::Error| fault(operation, Stage::Statement, &error))
    }

    /// The database's clock.
    pub(crate) async fn clock(&mut self, zone: &jiff::tz::TimeZone) -> ConnectorResult<Instant> {
        let dialect = self.dialect();
        let text = self.one(&Statement::one(dialect, dialect.clock())).await?;
        let now = text.as_deref().and_then(Stamp::read_timestamp);
        now.and_then(|now| now.instant(zone))
            .ok_or_else(|| unreadable(self.operation, format!("{text:?} is not a time")))
    }

    /// Keeps what was written. From here on, an answer that does not come means that it may be kept.
    pub(crate) async fn commit(mut self) -> Result<(), Fault> {
        let operation = self.operation;
        // Called off before: surely not kept.
        if self.ctx.is_cancelled() || self.ctx.remaining().is_zero() {
            let why = "the work was called off, or its time was over, before the commit";
            return Err(Fault::Error(cut(operation, Stage::Statement, why)));
        }
        let connection = &mut self.connection;
        let committed = async {
            match connection {
                Connection::Postgres(connection) => connection.execute("commit").await.map(drop),
                Connection::MariaDb(connection) => connection.execute("commit").await.map(drop),
                Connection::Sqlite(connection) => connection.execute("commit").await.map(drop),
            }
        };
        let committed = self.ctx.within(committed).await;
        committed
            .map_err(|why| Fault::Error(cut(operation, Stage::Commit, why.as_str())))?
            .map_err(|error| fault(operation, Stage::Commit, &error))
    }

    /// Sets a mark to which [`Self::back_to_mark`] goes back after a refusal.
    pub(crate) async fn mark(&mut self) -> ConnectorResult<()> {
        self.plain("savepoint punchgate").await
    }

    /// Takes back what was done since the mark.
    pub(crate) async fn back_to_mark(&mut self) -> ConnectorResult<()> {
        self.plain("rollback to savepoint punchgate").await
    }

    async fn plain(&mut self, text: &'static str) -> ConnectorResult<()> {
        let (operation, connection) = (self.operation, &mut self.connection);
        let carried_out = async {
            match connection {
                Connection::Postgres(connection) => connection.execute(text).await.map(drop),
                Connection::MariaDb(connection) => connection.execute(text).await.map(drop),
                Connection::Sqlite(connection) => connection.execute(text).await.map(drop),
            }
        };
        let done = self.ctx.within(carried_out).await;
        done.map_err(|why| cut(operation, Stage::Statement, why.as_str()))?
            .map_err(|error| fault(operation, Stage::Statement, &error).into_error(operation))
    }
}

async fn rows<'c, D: Driver>(
    connection: &'c mut D::Connection,
    statement: &Statement,
    left: &mut usize,
) -> sqlx::Result<Vec<Row>>
where
    &'c mut D::Connection: Executor<'c, Database = D>,
    D::Arguments: IntoArguments<D>,
    for<'v> Option<String>: Encode<'v, D> + Type<D>,
    for<'v> Option<Vec<u8>>: Decode<'v, D>,
    usize: sqlx::ColumnIndex<D::Row>,
{
    let mut stream = query::<D>(statement).fetch(connection);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        let mut cells = Vec::with_capacity(statement.names().len());
        for (name, column) in statement.names().iter().zip(row.columns()) {
            // As bytes: one text that is none must not hide the others.
            let value = row.try_get_unchecked::<Option<Vec<u8>>, _>(column.ordinal())?;
            let length = value.as_ref().map_or(0, Vec::len);
            *left = left.checked_sub(length).ok_or_else(|| {
                let problem = format!("more than {MOST_BYTES} bytes in one page: lower settings.page_size");
                sqlx::Error::Decode(problem.into())
            })?;
            cells.push((*name, value));
        }
        rows.push(Row::new(cells));
    }
    Ok(rows)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tables and columns are the operator's, quoted by `dialect`; every value is bound"
)]
fn query<D: Driver>(statement: &Statement) -> sqlx::query::Query<'_, D, D::Arguments>
where
    for<'v> Option<String>: Encode<'v, D> + Type<D>,
{
    let mut query = sqlx::query::<D>(AssertSqlSafe(statement.text()));
    for value in statement.values() {
        query = query.bind(value.clone());
    }
    query
}
