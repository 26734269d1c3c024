//! What the demo's gateway runs under and serves: configuration and the declared document, both read by the
//! code that reads an operator's files.

use std::{
    io,
    path::{Path, PathBuf},
};

use punchgate_app::provisioning::{Provisioning, ProvisioningError, SecretSource};
use punchgate_demo::{
    erp::DEMO_ERP_SECRET,
    shop::DEMO_SHOP_SECRET,
    suite::buyer::{BUYERS, Buyer},
};

use super::{Addresses, data::DataFolder, storefront::Storefront};
use crate::{cli::opening, config::Config, connectors};

const DOCUMENT: &str = include_str!("provision.toml");

/// The bearer key with which the shop asks for checkout options.
pub(super) const SHOP_KEY: &str = "pg_ironquay_shop_demoShopKey0000000000000000000000001";
/// A bearer key that may read everything.
pub(super) const LOOKER_KEY: &str = "pg_ironquay_demo_demoLookerKey00000000000000000000001";

/// The gateway's configuration: the defaults, local addresses, and quick looks at the ERP.
pub(super) fn config(addresses: &Addresses, data: &DataFolder) -> Result<Config, String> {
    let mut text = toml::Table::new();
    let mut set = |section: &str, key: &str, value: toml::Value| {
        let table = text.entry(section).or_insert_with(|| toml::Table::new().into());
        if let Some(table) = table.as_table_mut() {
            table.insert(key.to_owned(), value);
        }
    };
    set("server", "public_url", addresses.gateway.clone().into());
    set("database", "url", data.database_url().into());
    set("key", "file", data.key_file().display().to_string().into());
    set("sync", "accounts_seconds", 1.into());
    set("sync", "exposure_seconds", 2.into());
    set("delivery", "networks", vec!["127.0.0.0/8".to_owned()].into());
    set("delivery", "plain_http", true.into());
    set("jobs", "poll_milliseconds", 100.into());
    Config::read(&text.to_string(), &[]).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("its configuration does not read:\n  {}", lines.join("\n  "))
    })
}

/// Applies the demo's document.
pub(super) async fn apply(
    config: &Config,
    addresses: &Addresses,
    storefront: &Storefront,
) -> Result<(), String> {
    let keyring = opening::keyring(config)?;
    let surroundings = opening::surroundings(config).await?;
    let registry = connectors::registry();
    let provisioning = Provisioning {
        surroundings: &surroundings,
        keyring: &keyring,
        connectors: &registry,
        secrets: &DemoSecrets {
            vendure: storefront.key(),
        },
    };
    let applied = provisioning.apply(&document(addresses, storefront), false).await;
    surroundings.db.close().await;
    match applied {
        Ok(_) => Ok(()),
        Err(ProvisioningError::Declared(problems)) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(format!(
                "its provisioning does not read:\n  {}",
                lines.join("\n  ")
            ))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The document with the addresses of this run.
fn document(addresses: &Addresses, storefront: &Storefront) -> String {
    let suite_host = addresses.suite.trim_start_matches("http://");
    // By number, because the name may mean another address family to the resolver.
    let suite_in = addresses.suite.replace("localhost", "127.0.0.1");
    [DOCUMENT, storefront.connector()]
        .concat()
        .replace("@SUITE_HOST", suite_host)
        .replace("@SUITE_IN", &suite_in)
        .replace("@SHOP", &addresses.shop)
        .replace("@ERP", &addresses.erp)
}

/// The demo's well-known secrets, where an operator has an environment.
struct DemoSecrets<'a> {
    /// Of a shop elsewhere.
    vendure: Option<&'a str>,
}

impl SecretSource for DemoSecrets<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        let secret_of = |buyer: &str, secret: fn(&Buyer) -> &'static str| {
            BUYERS
                .iter()
                .find(|known| known.id.eq_ignore_ascii_case(buyer))
                .map(secret)
        };
        let secret = match name.strip_prefix("DEMO_")? {
            "SHOP" => DEMO_SHOP_SECRET,
            "ERP" => DEMO_ERP_SECRET,
            "VENDURE" => self.vendure?,
            "SHOP_KEY" => SHOP_KEY,
            "KEY" => LOOKER_KEY,
            other => match other.strip_prefix("TO_") {
                Some(buyer) => secret_of(buyer, |it| it.supplier_secret)?,
                None => secret_of(other, |it| it.secret)?,
            },
        };
        Some(secret.to_owned())
    }

    fn read(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn create(&self, path: &Path, _: &str) -> io::Result<()> {
        Err(io::Error::other(format!(
            "the demo makes no secret file {}",
            PathBuf::from(path).display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses {
            suite: "http://localhost:1".into(),
            gateway: "http://127.0.0.1:2".into(),
            shop: "http://127.0.0.1:3".into(),
            erp: "http://127.0.0.1:4".into(),
        }
    }

    #[tokio::test]
    async fn the_document_applies_and_names_the_buyers_of_the_suite() {
        let folder = tempfile::tempdir().unwrap();
        let (data, _sole) = DataFolder::open(Some(folder.path()), true).unwrap();
        let config = config(&addresses(), &data).unwrap();
        let vendure = Storefront::Vendure {
            url: addresses().shop,
            key: "lookup:key".to_owned(),
        };
        // Twice, as with a data folder that stays, and with another shop.
        for storefront in [Storefront::Own, Storefront::Own, vendure] {
            apply(&config, &addresses(), &storefront).await.unwrap();
        }
    }

    #[test]
    fn every_identity_of_the_suite_is_declared() {
        let text = document(&addresses(), &Storefront::Own);
        assert!(!text.contains('@') || !text.contains("@S"), "{text}");
        for buyer in &BUYERS {
            for (domain, identity) in buyer.from.iter().chain(buyer.to).chain(buyer.sender) {
                let pair = format!("{{ domain = \"{domain}\", identity = \"{identity}\" }}");
                assert!(text.contains(&pair), "{pair}");
            }
            for secret in [buyer.secret, buyer.supplier_secret] {
                assert!(!text.contains(secret));
            }
        }
    }
}
