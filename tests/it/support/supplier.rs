//! `Supplier::with_buyer()`: what a test is about, declared; [`Supplier::start`] provisions it through `apply`.

use std::{collections::BTreeMap, fmt::Write as _, io, path::Path, time::Duration};

use punchgate_app::provisioning::SecretSource;

use super::{
    cxml::{BUYER, OUTBOUND_SECRET, SECRET, SUPPLIER},
    erp::{CUSTOMER, Erp},
    receiver::{HOOK_SECRET, HOOK_SECRET_BEFORE},
    shop::Shop,
};

/// The id of every test's supplier.
pub(crate) const SUPPLIER_ID: &str = "ironquay";
/// The id of its relationship with the buyer.
pub(crate) const RELATIONSHIP: &str = "acme";
/// The secret part of its API keys.
const KEY_SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A supplier with one buyer, as `apply` gets it.
#[derive(Debug, Clone)]
pub(crate) struct Supplier {
    pub(crate) available: Option<String>,
    pub(crate) limits: BTreeMap<&'static str, String>,
    pub(crate) pace: Duration,
    /// Whether it is there from the beginning.
    pub(crate) is_applied: bool,
    /// Freight and tax of every cart of the shop.
    pub(crate) charges: [Option<&'static str>; 2],
    relationship: BTreeMap<&'static str, String>,
    policies: BTreeMap<&'static str, String>,
    overlay: BTreeMap<&'static str, String>,
    mappings: BTreeMap<&'static str, Vec<(&'static str, &'static str)>>,
    beside: Option<(&'static str, &'static str)>,
    further: String,
    /// `[supplier.connector.sync]` of the ERP.
    sync: String,
    erp: Option<String>,
    tells_offers: bool,
    keys: String,
    hints: BTreeMap<&'static str, String>,
}

impl Supplier {
    /// An Ariba-like buyer whose orders go to the ERP, production, on terms with the ERP's limit.
    pub(crate) fn with_buyer() -> Self {
        let quoted = |text: &str| format!("\"{text}\"");
        let relationship = BTreeMap::from([
            ("dialect", quoted("ariba")),
            ("mode", quoted("production")),
            ("storefront", quoted("shop")),
            ("erp", quoted("erp")),
            ("order_sink", quoted("erp")),
            ("customer", quoted(CUSTOMER)),
            ("return_hosts", "[\"suite.buyer.example\"]".to_owned()),
        ]);
        Self {
            available: None,
            limits: BTreeMap::new(),
            pace: Duration::from_secs(1),
            is_applied: true,
            charges: [None, None],
            relationship,
            // Most tests are about amounts: what the contract says of a part is asked, and keeps no order from going on.
            policies: BTreeMap::from([("price_action", quoted("warn"))]),
            overlay: BTreeMap::new(),
            mappings: BTreeMap::new(),
            beside: None,
            further: String::new(),
            sync: String::new(),
            erp: None,
            tells_offers: false,
            keys: String::new(),
            hints: BTreeMap::new(),
        }
    }

    /// What the buyer may still order on terms when the test begins.
    pub(crate) fn credit(mut self, available: &str) -> Self {
        self.available = Some(available.to_owned());
        self
    }

    /// A key of `[supplier.relationship.policies]`.
    pub(crate) fn policy(mut self, key: &'static str, value: &str) -> Self {
        self.policies.insert(key, format!("\"{value}\""));
        self
    }

    /// The same for a number.
    pub(crate) fn number(mut self, key: &'static str, value: u32) -> Self {
        self.policies.insert(key, value.to_string());
        self
    }

    /// A key of `[supplier.relationship.dialect_overlay]`.
    pub(crate) fn overlay(mut self, key: &'static str, value: &str) -> Self {
        self.overlay.insert(key, format!("\"{value}\""));
        self
    }

    /// The same for one that is on or off.
    pub(crate) fn switch(mut self, key: &'static str, on: bool) -> Self {
        self.policies.insert(key, on.to_string());
        self
    }

    /// What the buyer calls so is that here: `part`, `unit`, `ship_to`, `customer`.
    pub(crate) fn mapping(mut self, kind: &'static str, source: &'static str, target: &'static str) -> Self {
        self.mappings.entry(kind).or_default().push((source, target));
        self
    }

    /// A key of `[[supplier.relationship]]`, in TOML.
    pub(crate) fn relationship(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.relationship.insert(key, value.into());
        self
    }

    /// A second relationship, of another buyer with this NetworkID and the same ERP customer.
    pub(crate) fn beside(mut self, id: &'static str, identity: &'static str) -> Self {
        self.beside = Some((id, identity));
        self
    }

    /// Further connectors, as `apply` reads them, in the place of those before.
    pub(crate) fn connectors(mut self, declared: impl Into<String>) -> Self {
        self.further = declared.into();
        self
    }

    /// Another system as `erp`: its kind, settings and secrets, as `apply` reads them.
    pub(crate) fn erp(mut self, declared: impl Into<String>) -> Self {
        self.erp = Some(declared.into());
        self
    }

    /// A new installation: nobody has declared anything.
    pub(crate) fn none() -> Self {
        Self {
            is_applied: false,
            ..Self::with_buyer()
        }
    }

    /// The ERP is asked for prices and stock, too.
    pub(crate) fn tells_prices_and_stock(mut self) -> Self {
        self.tells_offers = true;
        self
    }

    /// A key of `[[supplier]]`, in TOML.
    pub(crate) fn key(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.keys.push_str(&format!("{key} = {value}\n"));
        self
    }

    /// `[supplier.connector.sync]` of the ERP, in TOML.
    pub(crate) fn sync(mut self, declared: impl Into<String>) -> Self {
        self.sync = declared.into();
        self
    }

    /// `[supplier.connector.webhook]` of `erp` or `shop`, in TOML; its secret is [`HOOK_SECRET`].
    pub(crate) fn hints(mut self, connector: &'static str, declared: impl Into<String>) -> Self {
        self.hints.insert(connector, declared.into());
        self
    }

    /// Freight and tax that the shop states for every cart.
    pub(crate) fn charges(mut self, freight: &'static str, tax: &'static str) -> Self {
        self.charges = [Some(freight), Some(tax)];
        self
    }

    /// How often accounts are read where the gateway runs by itself.
    pub(crate) fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// A key of `[limits]` of the gateway's configuration.
    pub(crate) fn limit(mut self, key: &'static str, value: impl ToString) -> Self {
        self.limits.insert(key, value.to_string());
        self
    }

    fn erp_settings(&self, erp: &Erp) -> String {
        let settings = erp.declared().0;
        if !self.tells_offers {
            return settings;
        }
        let all = "[\"accounts\", \"exposure\", \"orders\", \"documents\", \"prices\", \"stock\"]";
        settings.replacen("{ ", &format!("{{ capabilities = {all}, "), 1)
    }

    /// The file for `apply`.
    pub(crate) fn declared(&self, erp: &Erp, shop: &Shop) -> String {
        let mut text = format!(
            "[[supplier]]\nid = \"{SUPPLIER_ID}\"\nname = \"Ironquay Industrial Supply\"\ntime_zone = \"America/New_York\"\n{}",
            self.keys
        );
        let published = |id: &str, kind: &str, settings: &str, variable: &str| {
            let own = format!("secret = {{ env = \"{variable}\" }}");
            let secrets = match self.hints.get(id) {
                None => format!("secrets = {{ {own} }}"),
                Some(hints) => format!(
                    "secrets = {{ {own}, webhook = {{ env = \"HOOKS\" }} }}\n[supplier.connector.webhook]\n{hints}"
                ),
            };
            format!("kind = \"{kind}\"\nsettings = {settings}\n{secrets}\n")
        };
        let erp = match &self.erp {
            Some(declared) => declared.clone(),
            None => published("erp", "erp-http", &self.erp_settings(erp), "ERP"),
        };
        let shop = published("shop", "storefront-http", &shop.declared().0, "SHOP");
        let erp = match self.sync.as_str() {
            "" => erp,
            sync => format!("{erp}[supplier.connector.sync]\n{sync}"),
        };
        for (id, declared) in [("erp", erp), ("shop", shop)] {
            write!(
                text,
                "\n[[supplier.connector]]\nid = \"{id}\"\nmode = \"production\"\n{declared}"
            )
            .unwrap();
        }
        text.push_str(&self.further);
        write!(
            text,
            "\n[[supplier.relationship]]\nid = \"{RELATIONSHIP}\"\nname = \"ACME by network\"\nbuyer = \"ACME\"\n\
             protocol = \"cxml\"\nbuyer_identities = [{{ domain = \"NetworkID\", identity = \"{BUYER}\" }}]\n\
             supplier_identities = [{{ domain = \"NetworkID\", identity = \"{SUPPLIER}\" }}]\n{}\
             secrets = {{ current = {{ env = \"BUYER\" }}, outbound = {{ env = \"OUTBOUND\" }} }}\n\
             [supplier.relationship.policies]\n{}[supplier.relationship.dialect_overlay]\n{}",
            lines(&self.relationship),
            lines(&self.policies),
            lines(&self.overlay),
        )
        .unwrap();
        for (kind, mappings) in &self.mappings {
            writeln!(text, "[supplier.relationship.mapping.{kind}]").unwrap();
            for (source, target) in mappings {
                writeln!(text, "\"{source}\" = \"{target}\"").unwrap();
            }
        }
        if let Some((id, identity)) = self.beside {
            write!(
                text,
                "\n[[supplier.relationship]]\nid = \"{id}\"\nname = \"{id}\"\nbuyer = \"{id}\"\nprotocol = \"cxml\"\n\
                 buyer_identities = [{{ domain = \"NetworkID\", identity = \"{identity}\" }}]\n\
                 supplier_identities = [{{ domain = \"NetworkID\", identity = \"{SUPPLIER}\" }}]\n{}\
                 secrets = {{ current = {{ env = \"BUYER\" }}, outbound = {{ env = \"OUTBOUND\" }} }}\n",
                lines(&self.relationship),
            )
            .unwrap();
        }
        for (id, scopes) in KEYS {
            let scopes: Vec<String> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
            write!(
                text,
                "\n[[supplier.api_key]]\nid = \"{id}\"\nname = \"{id}\"\nscopes = [{}]\ntoken = {{ env = \"KEY-{id}\" }}\n",
                scopes.join(", ")
            )
            .unwrap();
        }
        text
    }
}

fn lines(keys: &BTreeMap<&'static str, String>) -> String {
    keys.iter().fold(String::new(), |text, (key, value)| {
        text + key + " = " + value + "\n"
    })
}

/// API keys: one may do everything, one may only read orders.
const KEYS: [(&str, &[&str]); 2] = [
    (
        "all",
        &[
            "customers:read",
            "customers:write",
            "holds:write",
            "checkout:read",
            "catalogue:read",
            "orders:read",
            "orders:write",
            "sessions:read",
            "documents:read",
            "operations:read",
            "operations:write",
        ],
    ),
    ("reader", &["orders:read"]),
];

/// The bearer key with this id.
pub(crate) fn api_key(id: &str) -> String {
    format!("pg_{SUPPLIER_ID}_{id}_{KEY_SECRET}")
}

/// The variables that [`Supplier::declared`] refers to.
pub(crate) struct Variables {
    pub(crate) erp: &'static str,
    pub(crate) shop: &'static str,
}

impl SecretSource for Variables {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "ERP" => Some(self.erp.to_owned()),
            "SHOP" => Some(self.shop.to_owned()),
            "TRYTON" => Some("gateway-pw".to_owned()),
            "HOOKS" => Some(HOOK_SECRET.to_owned()),
            "HOOKS_BEFORE" => Some(HOOK_SECRET_BEFORE.to_owned()),
            "BUYER" => Some(SECRET.to_owned()),
            "OUTBOUND" => Some(OUTBOUND_SECRET.to_owned()),
            _ => name.strip_prefix("KEY-").map(api_key),
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
