//! A buyer out of a file: for a gateway whose database is not here.

use std::{fs, path::Path, sync::Arc};

use punchgate_app::{
    clock::SystemClock,
    entropy::OsEntropy,
    provisioning::SecretSource as _,
    rehearsal::{Report, Ticks, address},
};
use punchgate_protocols::cxml::{Secret, dialect::Dialect};
use punchgate_simulator::{Buyer, Line, Manner, Means, Ordering, Plan, rehearse};
use serde::Deserialize;

use super::SimulateArgs;
use crate::cli::apply::Secrets;

/// The file. The secret itself never stands in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    /// The buying company.
    name: String,
    /// Who buys.
    from: Vec<Identity>,
    /// From whom.
    to: Vec<Identity>,
    /// The network in between.
    #[serde(default)]
    sender: Option<Identity>,
    secret: SecretPlace,
    /// Where carts would be posted to.
    #[serde(default)]
    return_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    domain: String,
    identity: String,
}

/// Where the secret is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum SecretPlace {
    Env(String),
    File(std::path::PathBuf),
}

pub(super) async fn run(file: &Path, args: &SimulateArgs) -> Result<Report, String> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
    let stated: Stated = toml::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
    let secret = secret(&stated.secret, file).map_err(|error| format!("{shown}: secret: {error}"))?;
    let manner = Manner::built_in(&args.suite).map_err(|error| error.to_string())?;
    let return_url = args.return_url.clone().or(stated.return_url);
    let plan = Plan {
        suite: args.suite.clone(),
        dialect: Dialect::built_in(&manner.dialect).map_err(|error| error.to_string())?,
        manner,
        buyer: Buyer {
            name: stated.name,
            from: stated.from.into_iter().map(pair).collect(),
            to: stated.to.into_iter().map(pair).collect(),
            hub: stated.sender.map(pair),
            secret,
        },
        url: address(&args.url, &args.relationship),
        relationship: args.relationship.clone(),
        return_url: return_url.ok_or_else(|| {
            format!("{shown}: return_url is missing: where would the buyer have carts posted to?")
        })?,
        ship_to: None,
        ordering: Ordering::None,
    };
    let line = Line::to(&plan.url, &args.host).map_err(|error| error.to_string())?;
    let stamps = Ticks {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let means = Means {
        line: &line,
        supplier: None,
        stamps: &stamps,
    };
    Ok(rehearse(&plan, means).await)
}

fn pair(identity: Identity) -> (String, String) {
    (identity.domain, identity.identity)
}

fn secret(place: &SecretPlace, beside: &Path) -> Result<Secret, String> {
    let secrets = Secrets::beside(beside);
    let text = match place {
        SecretPlace::Env(name) => secrets
            .variable(name)
            .ok_or_else(|| format!("the environment has no variable {name}")),
        SecretPlace::File(path) => secrets
            .read(path)
            .map_err(|error| format!("{}: {error}", path.display()))?
            .ok_or_else(|| format!("there is no file {}", path.display())),
    }?;
    let text = text.trim_end_matches(['\r', '\n']);
    match text.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(Secret::new(text)),
    }
}
