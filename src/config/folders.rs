//! `[folders]`: which folders of this machine connectors may use.

use std::path::PathBuf;

use punchgate_connector::folder::Roots;
use serde::{Deserialize, Deserializer, de::Error as _};

/// `[folders]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folders {
    /// Folders of connectors lie under one of these.
    #[serde(deserialize_with = "absolute")]
    pub roots: Roots,
}

fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Roots, D::Error> {
    let roots = Vec::<PathBuf>::deserialize(deserializer)?;
    match roots
        .iter()
        .find(|root| !root.is_absolute() || root.parent().is_none())
    {
        None => Ok(Roots(roots)),
        Some(root) => Err(D::Error::custom(format!(
            "'{}' is no folder that can be given away: write absolute ones such as /srv/erp, not /",
            root.display()
        ))),
    }
}
