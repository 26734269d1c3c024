//! Which shop the demo's buyers come to: the demo's own, or a Vendure that runs elsewhere.

use std::fmt;

use super::Addresses;

/// What the command line says of the shop.
#[derive(Clone, clap::Args)]
pub struct StorefrontArgs {
    /// Which shop the buyers come to
    #[arg(long, value_enum, default_value_t = Kind::Own)]
    pub storefront: Kind,
    /// Address of a Vendure with Punchgate's plugin, for --storefront vendure
    #[arg(long, value_name = "URL", env = "PUNCHGATE_DEMO_VENDURE_URL", hide_env = true)]
    #[arg(required_if_eq("storefront", "vendure"))]
    pub vendure_url: Option<String>,
    /// The gateway's API key there
    #[arg(long, value_name = "KEY", env = "PUNCHGATE_DEMO_VENDURE_KEY", hide_env = true)]
    #[arg(required_if_eq("storefront", "vendure"))]
    pub vendure_key: Option<String>,
}

/// A kind of shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The demo's own
    Own,
    /// A Vendure shop
    Vendure,
}

impl fmt::Debug for StorefrontArgs {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorefrontArgs")
            .field("storefront", &self.storefront)
            .field("vendure_url", &self.vendure_url)
            .finish_non_exhaustive()
    }
}

/// The shop of a demo.
#[derive(Clone)]
pub(super) enum Storefront {
    Own,
    Vendure { url: String, key: String },
}

impl fmt::Debug for Storefront {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("Own"),
            Self::Vendure { url, .. } => write!(f, "Vendure at {url}"),
        }
    }
}

impl Storefront {
    /// Reads the command line; `auto` walks the pages of the demo's own shop.
    pub(super) fn of(args: StorefrontArgs, auto: bool) -> Result<Self, String> {
        match (args.storefront, args.vendure_url, args.vendure_key) {
            (Kind::Own, ..) => Ok(Self::Own),
            (Kind::Vendure, ..) if auto => {
                Err("--auto walks the demo's own shop; leave out --storefront vendure".to_owned())
            }
            (Kind::Vendure, Some(url), Some(key)) => Ok(Self::Vendure {
                url: url.trim_end_matches('/').to_owned(),
                key,
            }),
            (Kind::Vendure, ..) => {
                Err("--storefront vendure needs --vendure-url and --vendure-key".to_owned())
            }
        }
    }

    /// The addresses of a run with this shop.
    pub(super) fn among(&self, mut addresses: Addresses) -> Addresses {
        if let Self::Vendure { url, .. } = self {
            addresses.shop.clone_from(url);
        }
        addresses
    }

    /// How the gateway reaches it, as an operator would declare it.
    pub(super) fn connector(&self) -> &'static str {
        match self {
            Self::Own => include_str!("provision/own.toml"),
            Self::Vendure { .. } => include_str!("provision/vendure.toml"),
        }
    }

    /// The gateway's key there, if it has one.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Own => None,
            Self::Vendure { key, .. } => Some(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(storefront: Kind, url: Option<&str>, key: Option<&str>) -> StorefrontArgs {
        StorefrontArgs {
            storefront,
            vendure_url: url.map(str::to_owned),
            vendure_key: key.map(str::to_owned),
        }
    }

    #[test]
    fn a_shop_elsewhere_needs_address_and_key_and_somebody_who_clicks() {
        let (url, key) = (Some("http://127.0.0.1:9/"), Some("lookup:geheim"));
        for (kind, url, key, auto, expected) in [
            (Kind::Own, None, None, true, true),
            (Kind::Own, url, key, false, true),
            (Kind::Vendure, url, key, false, true),
            (Kind::Vendure, url, key, true, false),
            (Kind::Vendure, None, key, false, false),
            (Kind::Vendure, url, None, false, false),
        ] {
            let found = Storefront::of(args(kind, url, key), auto);
            assert_eq!(found.is_ok(), expected, "{found:?}");
        }
    }

    #[test]
    fn the_key_is_never_shown() {
        let args = args(Kind::Vendure, Some("http://127.0.0.1:9"), Some("lookup:geheim"));
        assert!(!format!("{args:?}").contains("geheim"));
        assert!(!format!("{:?}", Storefront::of(args, false)).contains("geheim"));
    }
}
