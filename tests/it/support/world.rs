//! The product put together for a test: database, gateway on a real socket, shop and ERP. Time stands; background
//! work runs when the test says so, one piece after the other.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use punchgate::{config::Config, connectors, gateway::Gateway, http as web, jobs};
use punchgate_app::{
    Surroundings,
    api_keys::{self, Scope},
    connectors::ConnectorRegistry,
    entropy::SeededEntropy,
    provisioning::Provisioning,
    seal::Keyring,
};
use punchgate_storage::{
    Db,
    order::{self, OrderFilter, OrderRow},
    outbox::{self, EntryRow},
};
use punchgate_testing::TestDatabase;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    clock::TestClock,
    cxml::Answer,
    erp::{CUSTOMER, Erp},
    http,
    shop::Shop,
    supplier::{SUPPLIER_ID, Supplier, Variables},
};

/// A running product; [`World::finish`] must be its end.
pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) erp: Erp,
    pub(crate) shop: Shop,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) address: SocketAddr,
    pub(crate) database: TestDatabase,
    /// The sealing key, for commands beside the gateway.
    pub(crate) key: String,
    keyring: Arc<Keyring>,
    finished: bool,
    _stop: DropGuard,
}

/// Serves a gateway's addresses until the guard is dropped.
fn serve(listener: TcpListener, gateway: &Arc<Gateway>) -> DropGuard {
    let stop = CancellationToken::new();
    let limits = web::server::ClientLimits {
        header: Duration::from_secs(10),
        connections: 512,
        shutdown: Duration::from_secs(5),
    };
    tokio::spawn(web::server::serve(
        listener,
        None,
        tokio::sync::watch::channel(web::router(Arc::clone(gateway))).1,
        limits,
        stop.clone(),
    ));
    stop.drop_guard()
}

impl Supplier {
    /// Provisions it and reads the ERP's customers.
    pub(crate) async fn start(&self) -> World {
        self.start_with(|registry| registry).await
    }

    /// The same with other connectors.
    pub(crate) async fn start_with(
        &self,
        change: impl FnOnce(ConnectorRegistry) -> ConnectorRegistry,
    ) -> World {
        let clock = TestClock::new();
        let (erp, shop, database) = tokio::join!(
            Erp::start(Arc::new(clock.clone()), None),
            Shop::start(Arc::new(clock.clone()), self.charges),
            TestDatabase::asked_for()
        );
        if let Some(available) = &self.available {
            erp.leave_available(CUSTOMER, available).await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let entropy = Arc::new(SeededEntropy::new(20_260_302));
        let surroundings = Surroundings {
            db: database.open().await,
            clock: Arc::new(clock.clone()),
            entropy: entropy.clone(),
        };
        let registry = change(connectors::registry());
        let key = Keyring::new_key(&*entropy).expose().to_owned();
        let keyring = Arc::new(Keyring::read(&key).unwrap());
        let provisioning = Provisioning {
            surroundings: &surroundings,
            keyring: &keyring,
            connectors: &registry,
            secrets: &Variables {
                erp: erp.declared().1,
                shop: shop.declared().1,
            },
        };
        if self.is_applied
            && let Err(error) = provisioning.apply(&self.declared(&erp, &shop), false).await
        {
            panic!("the test's supplier was not applied: {error:?}");
        }
        let config = self.config(&address.to_string(), database.url());
        let gateway = Gateway::assemble(config, surroundings, Arc::clone(&keyring), registry).unwrap();
        let world = World {
            clock,
            erp,
            shop,
            address,
            database,
            key,
            keyring,
            finished: false,
            _stop: serve(listener, &gateway),
            gateway,
        };
        world.round().await;
        world
    }

    /// The configuration of a gateway for it.
    pub(crate) fn config(&self, address: &str, database: &str) -> Config {
        let mut text = format!(
            "[server]\nlisten = \"{address}\"\npublic_url = \"http://{address}\"\n[database]\nurl = \"{database}\"\n\
             [sync]\naccounts_seconds = 1\n[delivery]\nnetworks = [\"127.0.0.0/8\"]\nplain_http = true\n[console]\nnetworks = [\"127.0.0.0/8\"]\nplain_http = true\n[limits]\n"
        );
        // The clock stands still, and with it what an address may ask.
        for key in ["requests_per_address", "refused_per_sender"] {
            if !self.limits.contains_key(key) {
                text.push_str(&format!("{key} = 1_000_000\n"));
            }
        }
        for (key, value) in &self.limits {
            text.push_str(&format!("{key} = {value}\n"));
        }
        let mut config = Config::read(&text, &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        config.sync.accounts = self.pace;
        config
    }
}

impl World {
    /// Sends a document to the address that decides by what it says.
    pub(crate) async fn send(&self, xml: &str) -> Answer {
        self.send_to("", "text/xml; charset=utf-8", xml.as_bytes().to_vec())
            .await
    }

    /// Sends bytes below `/cxml`.
    pub(crate) async fn send_to(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        Self::send_at(self.address, path, content_type, body).await
    }

    /// A second gateway on the same database, as several share a PostgreSQL; none on SQLite, which has one.
    pub(crate) async fn second_gateway(&self, supplier: &Supplier) -> Option<(SocketAddr, DropGuard)> {
        let Db::Postgres { .. } = self.db() else {
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let surroundings = Surroundings {
            db: self.database.open().await,
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(SeededEntropy::new(2)),
        };
        let config = supplier.config(&address.to_string(), self.database.url());
        let keyring = Arc::clone(&self.keyring);
        let gateway = Gateway::assemble(config, surroundings, keyring, connectors::registry()).unwrap();
        Some((address, serve(listener, &gateway)))
    }

    /// Declares a second supplier; a key of its with every scope.
    pub(crate) async fn another_supplier(&self, id: &'static str) -> String {
        let surroundings = &self.gateway.surroundings;
        let provisioning = Provisioning {
            surroundings,
            keyring: &self.keyring,
            connectors: &connectors::registry(),
            secrets: &Variables { erp: "", shop: "" },
        };
        let declared =
            format!("[[supplier]]\nid = \"{id}\"\nname = \"{id}\"\ntime_zone = \"America/New_York\"\n");
        provisioning.apply(&declared, false).await.unwrap();
        let scopes = Scope::ALL.iter().copied().collect();
        let issued = api_keys::issue(surroundings, &id.into(), "all", &scopes).await;
        issued.unwrap().1.expose().to_owned()
    }

    /// A gateway with another configuration on the same database, in this process.
    pub(crate) async fn another_gateway(&self, config: Config) -> (SocketAddr, DropGuard) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, serve(listener, &self.assembled(config)))
    }

    /// The same that serves nobody, as after a restart.
    pub(crate) fn assembled(&self, config: Config) -> Arc<Gateway> {
        let surroundings = self.gateway.surroundings.clone();
        let keyring = Arc::clone(&self.keyring);
        Gateway::assemble(config, surroundings, keyring, connectors::registry()).unwrap()
    }

    /// Sends bytes to a gateway.
    pub(crate) async fn send_at(
        address: SocketAddr,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        let answer = http()
            .post(format!("http://{address}/cxml{path}"))
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        Answer::read(status, answer.text().await.unwrap())
    }

    /// One round over the ERP and everything whose time is over.
    pub(crate) async fn round(&self) {
        jobs::periodic::once(&self.gateway).await.unwrap();
    }

    /// Runs what is due until nothing is.
    pub(crate) async fn drain(&self) -> usize {
        Box::pin(jobs::drain(&self.gateway)).await.unwrap()
    }

    /// Background work and rounds until nothing moves.
    pub(crate) async fn settle(&self) {
        self.drain().await;
        self.round().await;
        self.drain().await;
    }

    /// Provisions once more, with what was declared since.
    pub(crate) async fn apply(&self, declared: &str) {
        if let Err(error) = self.try_apply(declared).await {
            panic!("the test's supplier was not applied again: {error}");
        }
    }

    /// The same of what may be refused.
    pub(crate) async fn try_apply(&self, declared: &str) -> Result<(), String> {
        let provisioning = Provisioning {
            surroundings: &self.gateway.surroundings,
            keyring: &self.keyring,
            connectors: &connectors::registry(),
            secrets: &Variables {
                erp: self.erp.declared().1,
                shop: self.shop.declared().1,
            },
        };
        let applied = provisioning.apply(declared, false).await;
        applied.map(drop).map_err(|error| format!("{error:?}"))
    }

    pub(crate) fn db(&self) -> &Db {
        &self.gateway.surroundings.db
    }

    /// The state of an order; a test that fails on it sees why.
    pub(crate) async fn assert_state(&self, number: &str, state: &str) -> OrderRow {
        let order = self.order(number).await;
        let left: Vec<_> = self
            .unfinished()
            .await
            .into_iter()
            .map(|it| (it.kind, it.last_error))
            .collect();
        assert_eq!(
            order.state, state,
            "order {number}: {:?}; decided {:?}; work left {left:?}",
            order.state_reason, order.decision
        );
        order
    }

    /// All orders, the newest first.
    pub(crate) async fn orders(&self) -> Vec<OrderRow> {
        let mut tx = self.db().read().await.unwrap();
        let mut all = Vec::new();
        loop {
            let after = all
                .last()
                .map(|row: &OrderRow| (row.received_at, row.order_id.clone()));
            let page = order::list(&mut tx, SUPPLIER_ID, &OrderFilter::default(), after, 500)
                .await
                .unwrap();
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        tx.rollback().await.unwrap();
        all
    }

    /// The order with this number.
    pub(crate) async fn order(&self, number: &str) -> OrderRow {
        let mut found: Vec<_> = self
            .orders()
            .await
            .into_iter()
            .filter(|row| row.order_number == number)
            .collect();
        assert_eq!(found.len(), 1, "orders with number {number}");
        found.remove(0)
    }

    /// Outbox entries that are neither done nor skipped.
    pub(crate) async fn unfinished(&self) -> Vec<EntryRow> {
        let mut tx = self.db().read().await.unwrap();
        let entries = outbox::unfinished(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        entries
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: Table) -> i64 {
        let sql = match table {
            Table::Session => "select cast(count(*) as bigint) from session",
            Table::Order => "select cast(count(*) as bigint) from purchase_order",
            Table::OrderShipTo => "select cast(count(*) as bigint) from order_ship_to",
            Table::Document => "select cast(count(*) as bigint) from document",
            Table::DocumentPart => "select cast(count(*) as bigint) from document_part",
            Table::Quarantine => "select cast(count(*) as bigint) from quarantine",
            Table::Outbox => "select cast(count(*) as bigint) from outbox",
        };
        match self.db() {
            Db::Sqlite { readers, .. } => sqlx::query_scalar(sql).fetch_one(readers).await.unwrap(),
            Db::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Does to the rows what no interface does: damage, and what another connection did at the wrong moment.
    pub(crate) async fn meddle(&self, sql: &'static str) {
        match self.db() {
            Db::Sqlite { writer, .. } => drop(sqlx::query(sql).execute(writer).await.unwrap()),
            Db::Postgres { pool, .. } => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        }
    }

    /// The end: nothing may be left that nobody has looked at.
    pub(crate) async fn finish(self) {
        self.finish_with(&[]).await;
    }

    /// The end of a test that leaves entries of these kinds.
    pub(crate) async fn finish_with(mut self, kinds: &[&str]) {
        let unfinished = self.unfinished().await;
        let mut left: Vec<&str> = unfinished.iter().map(|entry| entry.kind.as_str()).collect();
        left.sort_unstable();
        let mut expected = kinds.to_vec();
        expected.sort_unstable();
        self.finished = true;
        assert_eq!(
            left, expected,
            "work that is left at the end of the test: {unfinished:?}"
        );
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "the test did not end with finish(): nobody looked for what it left"
        );
    }
}

/// Tables that tests count.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Table {
    Session,
    Order,
    OrderShipTo,
    Document,
    DocumentPart,
    Quarantine,
    Outbox,
}
