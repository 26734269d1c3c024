//! The gateway that is measured: its own database, a supplier with one buyer and the demo's ERP as it would run,
//! background work aside.

use std::{io, path::Path, sync::Arc};

use punchgate::{config::Config, connectors, gateway::Gateway, jobs};
use punchgate_app::{
    Surroundings,
    clock::SystemClock,
    entropy::OsEntropy,
    provisioning::{Provisioning, SecretSource},
    seal::Keyring,
};
use punchgate_demo::{ErpConfig, erp::DEMO_ERP_SECRET, serve_erp};
use punchgate_storage::{Db, DbOptions};
use tokio::net::TcpListener;

/// The identities and the secret that the measured documents carry.
const BUYER: &str = "AN01000000001";
const SUPPLIER: &str = "AN01000000099";
const SECRET: &str = "correct-horse-battery-staple";

/// The demo's time: what its ERP begins with is told by it.
#[derive(Debug)]
struct DemoTime(SystemClock);

impl punchgate_demo::Clock for DemoTime {
    fn now(&self) -> punchgate_domain::Instant {
        punchgate_app::clock::Clock::now(&self.0)
    }
}

struct Secrets;

impl SecretSource for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "BUYER" => Some(SECRET.to_owned()),
            "CONNECTOR" => Some(DEMO_ERP_SECRET.to_owned()),
            _ => None,
        }
    }

    fn read(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn create(&self, path: &Path, _: &str) -> io::Result<()> {
        Err(io::Error::other(format!(
            "{} is not to be written",
            path.display()
        )))
    }
}

/// An ERP whose customer may order without end; its address.
pub(crate) async fn start_erp() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let config = ErpConfig {
        clock: Arc::new(DemoTime(SystemClock)),
        ..ErpConfig::demo().unwrap()
    };
    tokio::spawn(serve_erp(config, listener));
    let client = punchgate_demo::http_client::http_client(std::time::Duration::from_secs(30)).unwrap();
    let answer = client
        .post(format!("{url}/customers/C-1001/credit"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("terms=NET30&limit=90000000000&reason=bench")
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_redirection(), "{}", answer.status());
    url
}

/// A gateway over a database; `batch` requests at most share a commit.
pub(crate) async fn start(database: &str, erp: &str, batch: usize) -> Arc<Gateway> {
    let surroundings = Surroundings {
        db: Db::open(database, DbOptions::default()).await.unwrap(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    surroundings.db.migrate().await.unwrap();
    // Every gateway on this database opens what the first one sealed.
    let keyring = Arc::new(Keyring::ephemeral(&punchgate_app::entropy::SeededEntropy::new(1)));
    let registry = connectors::registry();
    let provisioning = Provisioning {
        surroundings: &surroundings,
        keyring: &keyring,
        connectors: &registry,
        secrets: &Secrets,
    };
    if let Err(error) = provisioning.apply(&declared(erp), false).await {
        panic!("the supplier was not applied: {error:?}");
    }
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:9\"\n[database]\nurl = \"{database}\"\n\
         [limits]\nintake_batch = {batch}\n"
    );
    let config = Config::read(&text, &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    let gateway = Gateway::assemble(config, surroundings, keyring, registry).unwrap();
    // The customer's terms and limit, so that orders are decided as in daily work.
    jobs::periodic::once(&gateway).await.unwrap();
    gateway
}

fn declared(erp: &str) -> String {
    let connector = |id: &str, kind: &str| {
        format!(
            "[[supplier.connector]]\nid = \"{id}\"\nkind = \"{kind}\"\nmode = \"production\"\n\
             settings = {{ base_url = \"{erp}/punchgate\", allow_http = true, allow_networks = [\"127.0.0.0/8\"] }}\n\
             secrets = {{ secret = {{ env = \"CONNECTOR\" }} }}\n\n"
        )
    };
    format!(
        "[[supplier]]\nid = \"ironquay\"\nname = \"Ironquay Industrial Supply\"\ntime_zone = \"America/New_York\"\n\n\
         {}{}[[supplier.relationship]]\nid = \"acme\"\nname = \"ACME\"\nbuyer = \"ACME\"\nprotocol = \"cxml\"\n\
         dialect = \"ariba\"\nmode = \"production\"\nstorefront = \"shop\"\nerp = \"erp\"\norder_sink = \"erp\"\n\
         customer = \"C-1001\"\nreturn_hosts = [\"suite.buyer.example\"]\n\
         buyer_identities = [{{ domain = \"NetworkID\", identity = \"{BUYER}\" }}]\n\
         supplier_identities = [{{ domain = \"NetworkID\", identity = \"{SUPPLIER}\" }}]\n\
         secrets = {{ current = {{ env = \"BUYER\" }} }}\n",
        connector("erp", "erp-http"),
        connector("shop", "storefront-http"),
    )
}
