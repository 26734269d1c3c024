//! What a test starts from: a database with a supplier of its own, a clock that stands, known randomness.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use punchgate_app::{
    Surroundings,
    clock::FixedClock,
    connectors::ConnectorRegistry,
    directory::Directory,
    entropy::{Entropy as _, OsEntropy, SeededEntropy},
    provisioning::{Plan, Provisioning, ProvisioningError, SecretSource},
    seal::Keyring,
};
use punchgate_connector::{
    Capabilities, CheckReport, ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind,
    Secrets, Spec, egress::EgressRules, settings::SettingsReader,
};
use punchgate_domain::ids::SupplierId;
use punchgate_testing::TestDatabase;

pub(super) const NOW: &str = "2026-03-01T12:00:00Z";

/// A database and what is needed beside it.
pub(super) struct World {
    pub(super) surroundings: Surroundings,
    pub(super) clock: Arc<FixedClock>,
    pub(super) keyring: Arc<Keyring>,
    /// Ends every id and identity of this test: none is found only because it is the usual one.
    pub(super) tag: String,
    pub(super) secrets: MapSecrets,
    pub(super) database: TestDatabase,
}

/// Secrets out of a map.
#[derive(Default)]
pub(super) struct MapSecrets {
    pub(super) variables: Mutex<HashMap<String, String>>,
    pub(super) files: Mutex<HashMap<String, String>>,
}

impl SecretSource for MapSecrets {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.lock().unwrap().get(name).cloned()
    }

    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.files.lock().unwrap().get(path.to_str().unwrap()).cloned())
    }

    fn create(&self, path: &Path, content: &str) -> io::Result<()> {
        let path = path.to_str().unwrap().to_owned();
        self.files.lock().unwrap().insert(path, content.to_owned());
        Ok(())
    }
}

impl World {
    /// One on every database that there is.
    pub(super) async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for database in TestDatabase::all().await {
            worlds.push(Self::on(database).await);
        }
        worlds
    }

    async fn on(database: TestDatabase) -> Self {
        let mut random = [0_u8; 6];
        OsEntropy.fill(&mut random);
        let entropy = Arc::new(SeededEntropy::new(7));
        let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
        Self {
            keyring: Arc::new(Keyring::ephemeral(&*entropy)),
            surroundings: Surroundings {
                db: database.open().await,
                clock: clock.clone(),
                entropy,
            },
            clock,
            tag: random.iter().map(|byte| format!("{byte:02x}")).collect(),
            secrets: MapSecrets::default(),
            database,
        }
    }

    /// The supplier of this test.
    pub(super) fn supplier(&self) -> SupplierId {
        self.tagged("acme").into()
    }

    pub(super) fn tagged(&self, id: &str) -> String {
        format!("{id}-{}", self.tag)
    }

    /// A text in which `@` stands for this test's tag.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace('@', &self.tag)
    }

    pub(super) fn set(&self, variable: &str, value: &str) {
        self.secrets
            .variables
            .lock()
            .unwrap()
            .insert(variable.to_owned(), value.to_owned());
    }

    pub(super) async fn apply(&self, text: &str, dry_run: bool) -> Result<Plan, ProvisioningError> {
        let registry = registry();
        let provisioning = Provisioning {
            surroundings: &self.surroundings,
            keyring: &self.keyring,
            connectors: &registry,
            secrets: &self.secrets,
        };
        provisioning.apply(&self.fill(text), dry_run).await
    }

    pub(super) fn directory(&self) -> Directory {
        Directory::new(self.surroundings.clone(), Arc::clone(&self.keyring))
    }
}

/// A connector that can do nothing.
#[derive(Debug)]
pub(super) struct Idle {
    confirms_quantities: bool,
}

#[async_trait::async_trait]
impl Connector for Idle {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: "idle",
            capabilities: Capabilities {
                confirms_quantities: self.confirms_quantities,
                ..Capabilities::default()
            },
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::only(&"https://shop.example.com".parse().unwrap())
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "check",
            "does nothing",
        ))
    }
}

/// One kind, `idle`, which wants a `base_url` and the secret `signing`.
pub(super) fn registry() -> ConnectorRegistry {
    ConnectorRegistry::new().with("idle", idle)
}

fn idle(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut settings = SettingsReader::new(id, settings)?;
    settings.required_text("base_url", "https://shop.example.com")?;
    settings.number("pages", 1, 1..=9)?;
    settings.text("scope")?;
    let confirms_quantities = settings.text("confirms")?.is_some();
    if secrets.get("signing").is_none() {
        return Err(settings.error("secrets.signing", "is missing", "name it below secrets"));
    }
    settings.finish()?;
    Ok(Box::new(Idle { confirms_quantities }))
}

/// A supplier with a shop, an ERP and one buyer; `@` is the test's tag.
pub(super) const ACME: &str = r#"
[[supplier]]
id = "acme-@"
name = "Acme Supply"
time_zone = "America/Chicago"
contact = "edi desk"

[[supplier.connector]]
id = "shop"
kind = "idle"
mode = "production"
settings = { base_url = "https://shop.example.com", pages = 5 }
secrets = { signing = { env = "SHOP" } }

[[supplier.connector]]
id = "erp"
kind = "idle"
mode = "production"
settings = { base_url = "https://erp.example.com" }
secrets = { signing = { env = "ERP" } }

[[supplier.relationship]]
id = "globex"
name = "Globex by Ariba"
buyer = "Globex Corporation"
protocol = "cxml"
dialect = "ariba"
mode = "production"
storefront = "shop"
erp = "erp"
order_sink = "erp"
customer = "C-1001"
buyer_identities = [{ domain = "NetworkID", identity = "AN-Globex-@" }]
sender_identities = [{ domain = "AribaNetworkUserId", identity = "hub-@.example.com" }]
supplier_identities = [{ domain = "NetworkID", identity = "AN-Acme-@" }]
return_hosts = ["*.ariba.example", "localhost:8080"]
outbound_url = "https://service.ariba.example/cxml"
buyer_system = "from:SystemID"

[supplier.relationship.secrets]
current = { env = "GLOBEX" }
outbound = { env = "GLOBEX_OUT" }

[supplier.relationship.policies]
pcard = "refuse"
exposure_when_older = "allow_up_to:500.00 USD"

[supplier.relationship.dialect_overlay]
http_status = "mirror"

[supplier.relationship.mapping.unit]
PCE = "EA"

[[supplier.api_key]]
id = "bridge"
name = "ERP bridge"
scopes = ["orders:read", "holds:write"]
token = { env = "BRIDGE" }
"#;

impl World {
    /// Sets the variables that [`ACME`] refers to.
    pub(super) fn set_acme(&self) {
        for (name, value) in [
            ("SHOP", "shop-secret-1234"),
            ("ERP", "erp-secret-12345"),
            ("GLOBEX", "globex-secret-1"),
            ("GLOBEX_OUT", "outbound-secret"),
        ] {
            self.set(name, value);
        }
        let token = format!("pg_{}_bridge_{}", self.supplier(), "s3cret".repeat(6));
        self.set("BRIDGE", &token);
    }
}

/// Who turns a switch in a test.
pub(super) fn by_sam() -> punchgate_app::accounts::Author {
    punchgate_app::accounts::Author::new("sam", "the buyer's secret leaked").unwrap()
}
