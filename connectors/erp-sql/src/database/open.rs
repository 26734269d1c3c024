//! Opening: the address is checked, the connection made, the transaction begun.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    egress::{self, EgressError, Relay, resolve},
};
use sqlx::{
    ConnectOptions, Executor,
    mysql::{MySqlConnectOptions, MySqlSslMode},
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};

use super::{Connection, Database, Interrupt, MOST_BYTES, Place, Purpose, Session, Tls, Way};
use crate::{
    dialect::{Dialect, Kind},
    fault::{Stage, cut, fault},
    statement::Statement,
};

/// How long SQLite waits for another writer at most.
const BUSY: Duration = Duration::from_secs(5);
/// After how many of its steps SQLite looks whether anybody still waits.
const STEPS: i32 = 10_000;

impl Database {
    /// A session with its transaction begun.
    pub(crate) async fn open<'c>(
        &self,
        ctx: &'c Context,
        operation: &'static str,
        purpose: Purpose,
    ) -> ConnectorResult<Session<'c>> {
        if ctx.is_cancelled() || ctx.remaining().is_zero() {
            let why = "the work was called off, or its time was over, before it began";
            return Err(cut(operation, Stage::Connect, why));
        }
        let interrupt = Interrupt::default();
        let forsaken = Arc::clone(&interrupt.0);
        let opened = ctx.within(self.connect(ctx, operation, purpose, forsaken)).await;
        let connection = opened.map_err(|why| cut(operation, Stage::Connect, why.as_str()))??;
        let mut session = Session {
            ctx,
            operation,
            connection,
            bytes_left: MOST_BYTES,
            _interrupt: interrupt,
        };
        session.begin(purpose, &self.zone).await?;
        Ok(session)
    }

    async fn connect(
        &self,
        ctx: &Context,
        operation: &'static str,
        purpose: Purpose,
        forsaken: Arc<AtomicBool>,
    ) -> ConnectorResult<Connection> {
        let failed = |error: sqlx::Error| fault(operation, Stage::Connect, &error).into_error(operation);
        match &self.place {
            Place::File { path } => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(false)
                    .read_only(purpose == Purpose::Read)
                    .busy_timeout(ctx.remaining().min(BUSY))
                    // A file is somebody else's: its schema calls no function that reaches beyond it.
                    .pragma("trusted_schema", "off")
                    .disable_statement_logging();
                let mut connection = options.connect().await.map_err(failed)?;
                connection
                    .lock_handle()
                    .await
                    .map_err(failed)?
                    .set_progress_handler(STEPS, move || !forsaken.load(Ordering::Relaxed));
                Ok(Connection::Sqlite(connection))
            }
            Place::Server {
                dialect: Dialect::MariaDb,
                ..
            } => {
                let (options, relay) = self.mariadb(operation, ctx.remaining()).await?;
                let connected = Box::pin(through(relay, options.connect())).await;
                Ok(Connection::MariaDb(connected.map_err(failed)?))
            }
            Place::Server { .. } => {
                let (options, relay) = self.postgres(operation, ctx.remaining()).await?;
                let connected = Box::pin(through(relay, options.connect())).await;
                Ok(Connection::Postgres(connected.map_err(failed)?))
            }
        }
    }

    async fn postgres(
        &self,
        operation: &'static str,
        within: Duration,
    ) -> ConnectorResult<(PgConnectOptions, Option<Relay>)> {
        let Place::Server {
            way,
            user,
            password,
            database,
            ..
        } = &self.place
        else {
            return Err(not_a_server(operation));
        };
        let options = PgConnectOptions::new_without_pgpass()
            .username(user)
            .database(database)
            .application_name("punchgate")
            .disable_statement_logging();
        let options = match password.0.as_str() {
            "" => options,
            password => options.password(password),
        };
        Ok(match way {
            Way::Socket { path, port } => {
                let options = options.socket(path).port(*port);
                (options.ssl_mode(PgSslMode::Disable), None)
            }
            Way::Tcp { port, tls: None, .. } => {
                let options = options.host(&way.address(operation).await?).port(*port);
                (options.ssl_mode(PgSslMode::Disable), None)
            }
            Way::Tcp {
                host, tls: Some(tls), ..
            } => {
                let relay = way.relay(operation, within).await?;
                let (folder, port) = relay.folder();
                let options = options
                    .host(host)
                    .socket(folder)
                    .port(port)
                    .ssl_mode(PgSslMode::VerifyFull);
                let options = match tls.bundle() {
                    Some(roots) => options.ssl_root_cert_from_pem(roots),
                    None => options,
                };
                (options, Some(relay))
            }
        })
    }

    async fn mariadb(
        &self,
        operation: &'static str,
        within: Duration,
    ) -> ConnectorResult<(MySqlConnectOptions, Option<Relay>)> {
        let Place::Server {
            way,
            user,
            password,
            database,
            ..
        } = &self.place
        else {
            return Err(not_a_server(operation));
        };
        let options = MySqlConnectOptions::new()
            .username(user)
            .database(database)
            // The server's own zone, in which its stamps without offset are; and its own rules for values.
            .timezone(None)
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .disable_statement_logging();
        let options = match password.0.as_str() {
            "" => options,
            password => options.password(password),
        };
        Ok(match way {
            Way::Socket { path, .. } => (options.socket(path).ssl_mode(MySqlSslMode::Disabled), None),
            Way::Tcp { port, tls: None, .. } => {
                let options = options.host(&way.address(operation).await?).port(*port);
                (options.ssl_mode(MySqlSslMode::Disabled), None)
            }
            Way::Tcp {
                host, tls: Some(tls), ..
            } => {
                let relay = way.relay(operation, within).await?;
                let options = options.host(host).socket(relay.path());
                let options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
                let options = match tls.bundle() {
                    Some(roots) => options.ssl_ca_from_pem(roots),
                    None => options,
                };
                (options, Some(relay))
            }
        })
    }
}

impl Tls {
    fn bundle(&self) -> Option<Vec<u8>> {
        let roots = self.extra_roots.join("\n");
        (!roots.is_empty()).then(|| roots.into_bytes())
    }
}

impl Way {
    /// The address that is connected to in the open: the host's name is looked up once and never again, for on a second look
    /// it may lead elsewhere.
    async fn address(&self, operation: &'static str) -> ConnectorResult<String> {
        let Self::Tcp {
            host, port, networks, ..
        } = self
        else {
            return Err(not_a_server(operation));
        };
        let addresses = resolve(host, *port, networks).await;
        let addresses = addresses.map_err(|error| unreached(operation, &error))?;
        let first = addresses.first().ok_or_else(|| not_a_server(operation))?;
        Ok(first.ip().to_string())
    }

    /// The way to the one address that was checked, over which TLS is spoken in the name that the certificate must bear.
    async fn relay(&self, operation: &'static str, within: Duration) -> ConnectorResult<Relay> {
        let Self::Tcp {
            host, port, networks, ..
        } = self
        else {
            return Err(not_a_server(operation));
        };
        let server = egress::connect(host, *port, networks, within).await;
        let server = server.map_err(|error| unreached(operation, &error))?;
        Relay::over(server)
            .map_err(|error| fault(operation, Stage::Connect, &sqlx::Error::Io(error)).into_error(operation))
    }
}

fn unreached(operation: &'static str, error: &EgressError) -> ConnectorError {
    let kind = match error {
        EgressError::Refused { .. } => ErrorKind::Blocked,
        EgressError::NotSent { .. } | EgressError::Unknown { .. } => ErrorKind::Temporary,
    };
    ConnectorError::new(kind, operation, error.to_string())
}

/// Connects, by the relay where there is one.
async fn through<C>(
    relay: Option<Relay>,
    connect: impl Future<Output = Result<C, sqlx::Error>>,
) -> Result<C, sqlx::Error> {
    let Some(relay) = relay else { return connect.await };
    let let_in = async { relay.let_in().await.map_err(sqlx::Error::Io) };
    let (connection, ()) = futures_util::try_join!(connect, let_in)?;
    Ok(connection)
}

fn not_a_server(operation: &'static str) -> ConnectorError {
    ConnectorError::new(ErrorKind::Invalid, operation, "the database is no server")
}

impl Session<'_> {
    async fn begin(&mut self, purpose: Purpose, zone: &str) -> ConnectorResult<()> {
        let (operation, remaining) = (self.operation, self.ctx.remaining());
        let connection = &mut self.connection;
        let begun = async {
            match (connection, purpose) {
                (Connection::Postgres(connection), _) => {
                    let text = match purpose {
                        Purpose::Read => "begin isolation level repeatable read read only",
                        Purpose::Write => "begin",
                    };
                    connection.execute(text).await?;
                    // Below the deadline's own end, so that the server does not go on alone.
                    let milliseconds = remaining.as_millis().max(1).to_string();
                    let settings =
                        Statement::one(Dialect::Postgres, "select set_config('statement_timeout', ")
                            .bind(Kind::Text, Some(&milliseconds))
                            .push(", true) || set_config('lock_timeout', ")
                            .bind(Kind::Text, Some(&milliseconds))
                            .push(", true) || set_config('TimeZone', ")
                            .bind(Kind::Text, Some(zone))
                            .push(", true)");
                    super::query::<sqlx::Postgres>(&settings)
                        .execute(connection)
                        .await
                        .map(drop)
                }
                (Connection::MariaDb(connection), _) => {
                    let seconds = format!("{}.{:03}", remaining.as_secs(), remaining.subsec_millis().max(1));
                    let limit = Statement::new(Dialect::MariaDb, "set max_statement_time = ")
                        .bind(Kind::Decimal, Some(&seconds));
                    super::query::<sqlx::MySql>(&limit)
                        .execute(&mut *connection)
                        .await?;
                    if purpose == Purpose::Write {
                        // What does not fit is an error, not cut.
                        let strict = "set sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')";
                        connection.execute(strict).await?;
                    }
                    let text = match purpose {
                        Purpose::Read => "start transaction with consistent snapshot, read only",
                        Purpose::Write => "start transaction",
                    };
                    connection.execute(text).await.map(drop)
                }
                (Connection::Sqlite(connection), Purpose::Read) => {
                    connection.execute("begin").await.map(drop)
                }
                (Connection::Sqlite(connection), Purpose::Write) => {
                    connection.execute("begin immediate").await.map(drop)
                }
            }
        };
        let begun = self.ctx.within(begun).await;
        begun
            .map_err(|why| cut(operation, Stage::Connect, why.as_str()))?
            .map_err(|error: sqlx::Error| fault(operation, Stage::Connect, &error).into_error(operation))
    }
}
