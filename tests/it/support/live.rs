//! An installation in real time: provisioned database, shop and ERP, for gateways that run as they do in service.

use std::{
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use punchgate::{config::Config, connectors};
use punchgate_app::{
    Surroundings, clock::SystemClock, entropy::OsEntropy, provisioning::Provisioning, seal::Keyring,
};
use punchgate_storage::{
    Db,
    outbox::{self, EntryRow},
};
use punchgate_testing::TestDatabase;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{
    erp::{CUSTOMER, Erp},
    shop::Shop,
    supplier::{Supplier, Variables},
};

/// How long a process may take to say where it listens.
const START: Duration = Duration::from_secs(30);

/// The installation.
pub(crate) struct Live {
    pub(crate) erp: Erp,
    pub(crate) database: TestDatabase,
    supplier: Supplier,
    key: String,
    _shop: Shop,
}

impl Live {
    /// Provisions a supplier; its ERP keeps its books in `books`, if given.
    pub(crate) async fn provision(supplier: Supplier, books: Option<&Path>) -> Self {
        let clock = Arc::new(punchgate_demo::SystemClock);
        let (erp, shop) = (
            Erp::start(clock.clone(), books).await,
            Shop::start(clock, [None, None]).await,
        );
        if let Some(available) = &supplier.available {
            erp.leave_available(CUSTOMER, available).await;
        }
        let database = TestDatabase::asked_for().await;
        let key = Keyring::new_key(&OsEntropy).expose().to_owned();
        let live = Self {
            erp,
            database,
            supplier,
            key,
            _shop: shop,
        };
        let surroundings = Surroundings {
            db: live.open().await,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        };
        Provisioning {
            surroundings: &surroundings,
            keyring: &Keyring::read(&live.key).unwrap(),
            connectors: &connectors::registry(),
            secrets: &Variables {
                erp: live.erp.declared().1,
                shop: live._shop.declared().1,
            },
        }
        .apply(&live.supplier.declared(&live.erp, &live._shop), false)
        .await
        .unwrap();
        surroundings.db.close().await;
        live
    }

    /// The database, for a look from outside.
    pub(crate) async fn open(&self) -> Db {
        self.database.open().await
    }

    /// The configuration of a gateway in this process.
    pub(crate) fn config(&self, address: &str) -> Config {
        let mut config = self.supplier.config(address, self.database.url());
        config.key.value = Keyring::read(&self.key)
            .map(|_| punchgate_app::seal::Secret::new(self.key.as_str()))
            .unwrap();
        config
    }

    /// Starts the real program.
    pub(crate) async fn spawn(&self) -> Process {
        self.spawn_on(self.database.url()).await
    }

    /// The same on another database.
    pub(crate) async fn spawn_on(&self, url: &str) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_punchgate"))
            .arg("serve")
            .env("PUNCHGATE_SERVER_LISTEN", "127.0.0.1:0")
            .env("PUNCHGATE_DATABASE_URL", url)
            .env("PUNCHGATE_KEY_VALUE", &self.key)
            .env("PUNCHGATE_SYNC_ACCOUNTS_SECONDS", "1")
            .env("PUNCHGATE_JOBS_SETTLE_SECONDS", "1")
            .env("PUNCHGATE_LOG_FORMAT", "json")
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = tokio::time::timeout(START, async {
            while let Ok(Some(line)) = lines.next_line().await {
                let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = event["address"].as_str() {
                    return address.to_owned();
                }
                said.push(line);
            }
            panic!("the gateway ended before it listened: {said:?}");
        });
        let address = address.await.expect("the gateway says where it listens");
        // A full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Process { child, address }
    }
}

/// The program as a process of its own.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
}

impl Process {
    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.start_kill().unwrap();
        let status = self.child.wait().await.unwrap();
        assert!(!status.success());
    }
}

/// How long a gateway in a process of its own may take to come to rest.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// The work that is left once none of it goes on by itself: what `stays` names, and nothing else. Whoever does the work is
/// another process, which tells nobody when it is done: its database is looked at until it is.
pub(crate) async fn at_rest(db: &Db, stays: impl Fn(&EntryRow) -> bool) -> Vec<EntryRow> {
    let began = Instant::now();
    loop {
        let mut tx = db.read().await.unwrap();
        let left = outbox::unfinished(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        if left.iter().all(&stays) {
            return left;
        }
        let first: Vec<_> = left.iter().take(3).collect();
        assert!(
            began.elapsed() < SETTLED_WITHIN,
            "{} pieces of work are left, the first {first:?}",
            left.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
