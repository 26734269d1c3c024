//! A database of one test alone, the ERP's people in it, and connectors to it.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is configured by the environment, and writes whatever SQL the ERP's people would"
)]

use std::{
    env,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use punchgate_connector::{Connector, Context, EgressRules, Secrets, egress::Egress};
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor,
    mysql::{MySqlConnectOptions, MySqlConnection},
    postgres::{PgConnectOptions, PgConnection},
    sqlite::{SqliteConnectOptions, SqliteConnection},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MariaDb,
}

/// A database, gone when this goes (`TempDir`), or when [`Erp::done`] is called.
pub(crate) struct Erp {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    folder: TempDir,
    server: Server,
}

enum Server {
    File,
    Postgres(Box<PgConnectOptions>),
    MariaDb(Box<MySqlConnectOptions>),
}

/// A number that this process has not used.
fn next_number() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

impl Erp {
    /// A database as the example makes it, with a few customers; none where there is no server.
    pub(crate) async fn start(kind: Kind) -> Option<Self> {
        let variable = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some("PUNCHGATE_TEST_POSTGRES_URL"),
            Kind::MariaDb => Some("PUNCHGATE_TEST_MARIADB_URL"),
        };
        let url = variable.map(env::var).transpose();
        let Ok(url) = url else {
            println!("skipped: {} is not set", variable.unwrap());
            return None;
        };
        let number = next_number();
        let name = format!("erp_sql_{}_{number}", std::process::id());
        let server = match kind {
            Kind::Sqlite => Server::File,
            Kind::Postgres => Server::Postgres(Box::new(PgConnectOptions::from_str(&url.unwrap()).unwrap())),
            Kind::MariaDb => Server::MariaDb(Box::new(MySqlConnectOptions::from_str(&url.unwrap()).unwrap())),
        };
        let erp = Self {
            kind,
            name,
            folder: tempfile::tempdir().unwrap(),
            server,
        };
        let texts = match kind {
            Kind::MariaDb => " character set utf8mb4 collate utf8mb4_bin",
            Kind::Sqlite | Kind::Postgres => "",
        };
        erp.on_server(&format!("create database {}{texts}", erp.name))
            .await;
        erp.run(match kind {
            Kind::Sqlite => include_str!("../../examples/sqlite.sql"),
            Kind::Postgres => include_str!("../../examples/postgres.sql"),
            Kind::MariaDb => include_str!("../../examples/mariadb.sql"),
        })
        .await;
        erp.seed().await;
        Some(erp)
    }

    /// Takes the database off the server. A test that fails leaves it there, to be looked at.
    pub(crate) async fn done(self) {
        // A call that was given up may still be at it.
        let force = if self.kind == Kind::Postgres {
            " with (force)"
        } else {
            ""
        };
        self.on_server(&format!("drop database {}{force}", self.name))
            .await;
    }

    async fn seed(&self) {
        let erp = self.schema();
        let mut sql = format!(
            "insert into {erp}payment_terms (code, label, net_days) values ('N30', 'Net 30', 30), ('N60', 'Net 60', 60);"
        );
        for (id, name, deleted) in [
            ("C-1", "Müller & Søn", 0),
            ("C-2", "配達 GmbH", 0),
            ("C-3", "Three", 0),
            ("C-4", "Four", 0),
            ("C-GONE", "Gone", 1),
        ] {
            sql.push_str(&format!(
                "insert into {erp}customer (id, code, name, deleted, currency, terms_code, credit_limit) values \
                 ('{id}', '{id}', '{name}', {}, 'EUR', 'N30', '5000.00');",
                self.flag(deleted == 1)
            ));
        }
        let owed = if self.kind == Kind::Sqlite { 1_234_500 } else { 123 };
        sql.push_str(&format!(
            "insert into {erp}ledger (customer, amount, due, is_order) values ('C-1', {owed}, '2026-01-31', {});",
            self.flag(false)
        ));
        self.run(&sql).await;
    }

    /// The prefix of the ERP's tables.
    pub(crate) fn schema(&self) -> &'static str {
        if self.kind == Kind::Postgres { "erp." } else { "" }
    }

    pub(crate) fn flag(&self, value: bool) -> &'static str {
        match (self.kind, value) {
            (Kind::Postgres, true) => "true",
            (Kind::Postgres, false) => "false",
            (_, true) => "1",
            (_, false) => "0",
        }
    }

    /// What the ERP's people do.
    pub(crate) async fn run(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self.kind {
            Kind::Sqlite => drop(self.sqlite().await.execute(sql).await.unwrap()),
            Kind::Postgres => drop(self.postgres().await.execute(sql).await.unwrap()),
            Kind::MariaDb => drop(self.mariadb().await.execute(sql).await.unwrap()),
        }
    }

    /// What the ERP's people count.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        match self.kind {
            Kind::Sqlite => sqlx::query_scalar(query)
                .fetch_one(&mut self.sqlite().await)
                .await
                .unwrap(),
            Kind::Postgres => sqlx::query_scalar(query)
                .fetch_one(&mut self.postgres().await)
                .await
                .unwrap(),
            Kind::MariaDb => sqlx::query_scalar(query)
                .fetch_one(&mut self.mariadb().await)
                .await
                .unwrap(),
        }
    }

    pub(crate) async fn on_server(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &self.server {
            Server::File => {}
            Server::Postgres(options) => drop(options.connect().await.unwrap().execute(sql).await.unwrap()),
            Server::MariaDb(options) => drop(options.connect().await.unwrap().execute(sql).await.unwrap()),
        }
    }

    /// A folder of this test alone.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.folder.path().to_owned()
    }

    fn file(&self) -> String {
        let path = self.folder.path().canonicalize().unwrap().join("erp.sqlite");
        path.to_str().unwrap().to_owned()
    }

    async fn sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.file())
            .create_if_missing(true);
        options.connect().await.unwrap()
    }

    pub(crate) async fn postgres(&self) -> PgConnection {
        let Server::Postgres(options) = &self.server else {
            panic!("not a PostgreSQL")
        };
        PgConnection::connect_with(&options.as_ref().clone().database(&self.name))
            .await
            .unwrap()
    }

    pub(crate) async fn mariadb(&self) -> MySqlConnection {
        let Server::MariaDb(options) = &self.server else {
            panic!("not a MariaDB")
        };
        MySqlConnection::connect_with(&options.as_ref().clone().database(&self.name))
            .await
            .unwrap()
    }

    /// The server's port; none of a file.
    pub(crate) fn port(&self) -> u16 {
        match &self.server {
            Server::File => 0,
            Server::Postgres(options) => options.get_port(),
            Server::MariaDb(options) => options.get_port(),
        }
    }

    /// Where the database is, and who we are there.
    pub(crate) fn place(&self) -> Value {
        match &self.server {
            Server::File => json!({"database": "sqlite", "file": self.file()}),
            Server::Postgres(options) => {
                let host = options.get_host();
                let folder = options.get_socket().and_then(|path| path.to_str());
                let folder = folder.or_else(|| host.starts_with('/').then_some(host));
                let mut place =
                    json!({"database": "postgres", "name": self.name, "user": options.get_username()});
                put(&mut place, folder, host, options.get_port());
                place
            }
            Server::MariaDb(options) => {
                let socket = options.get_socket().and_then(|path| path.to_str());
                let mut place =
                    json!({"database": "mariadb", "name": self.name, "user": options.get_username()});
                put(&mut place, socket, options.get_host(), options.get_port());
                place
            }
        }
    }

    /// Everything that the example has; customers are written directly.
    pub(crate) fn settings(&self) -> Value {
        let erp = self.schema();
        let mut settings = self.place();
        settings["tables"] = json!({
            "customers": format!("{erp}v_customers"),
            "holds": format!("{erp}v_holds"),
            "exposure": format!("{erp}v_exposure"),
            "prices": format!("{erp}v_prices"),
            "documents": format!("{erp}v_documents"),
            "document_lines": format!("{erp}v_document_lines"),
            "orders": format!("{erp}punchgate_orders"),
            "order_lines": format!("{erp}punchgate_order_lines"),
            "order_requests": format!("{erp}punchgate_order_requests"),
            "account_requests": format!("{erp}punchgate_account_requests"),
            "customers_write": format!("{erp}customer"),
            "holds_write": format!("{erp}customer_hold"),
        });
        settings["columns"] = json!({
            "customers": {"version": "version", "deleted": "deleted", "currency": "currency", "changed_by": "changed_by"},
            "customers_write": {"changed_by": "changed_by", "change_reason": "change_reason"},
            "documents": {"currency": "currency"},
            "prices": {"currency": "currency"},
        });
        settings["account_writes"] = json!("direct");
        settings["null_limit"] = json!("unlimited");
        settings
    }

    pub(crate) fn connector(&self) -> Box<dyn Connector> {
        connect(&self.settings())
    }

    /// With these settings changed: a path of keys, and the value.
    pub(crate) fn connector_with(&self, changes: &[(&[&str], Value)]) -> Box<dyn Connector> {
        let mut settings = self.settings();
        for (path, value) in changes {
            let mut at = &mut settings;
            for key in *path {
                at = &mut at[*key];
            }
            *at = value.clone();
        }
        connect(&settings)
    }
}

fn put(place: &mut Value, socket: Option<&str>, host: &str, port: u16) {
    match socket {
        Some(socket) => {
            place["socket"] = json!(socket);
            place["port"] = json!(port);
        }
        None => {
            place["host"] = json!(host);
            place["port"] = json!(port);
            place["tls"] = json!(false);
            place["allow_plain"] = json!(true);
            place["allow_networks"] = json!(["0.0.0.0/0", "::/0"]);
        }
    }
}

pub(crate) fn connect(settings: &Value) -> Box<dyn Connector> {
    // A socket knows us without.
    let password = settings.get("host").map(|_| ("password", "none"));
    let secrets: Secrets = password.into_iter().collect();
    punchgate_erp_sql::from_config("erp", settings, &secrets).unwrap()
}

/// The context of one attempt.
pub(crate) fn context() -> Context {
    context_for(Duration::from_secs(120))
}

pub(crate) fn context_for(patience: Duration) -> Context {
    let number = next_number();
    let http = Egress::new(EgressRules::default()).unwrap();
    Context::new(
        format!("try-{number}"),
        Timestamp::now(),
        patience,
        CancellationToken::new(),
        http,
    )
}
