//! The demo's operator: an account with a new password at every start, so that nobody's console has one that is known.

use punchgate_app::{
    entropy::{OsEntropy, new_secret},
    operators::{AccountError, Operators},
    seal::Secret,
};
use punchgate_domain::operator::Role;
use serde::Serialize;

use super::Addresses;
use crate::{cli::opening, config::Config};

/// The demo's supplier.
const SUPPLIER: &str = "ironquay";
const NAME: &str = "olive";
/// Who gave her the role.
const BY: &str = "demo";

/// How to get in.
#[derive(Debug, Serialize)]
pub(super) struct Console {
    pub(super) address: String,
    pub(super) name: &'static str,
    /// Shown, because it is the demo's.
    #[serde(serialize_with = "shown")]
    pub(super) password: Secret,
}

fn shown<S: serde::Serializer>(password: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(password.expose())
}

/// Makes the account, or gives it another password where the data folder has it already.
pub(super) async fn open(config: &Config, addresses: &Addresses) -> Result<Console, String> {
    let surroundings = opening::surroundings(config).await?;
    let operators = Operators::new(surroundings.clone(), config.console.session_life());
    let password = new_secret(&OsEntropy)[..16].to_owned();
    let set = set(&operators, &password).await;
    surroundings.db.close().await;
    set.map_err(|error| format!("its operator: {error}"))?;
    Ok(Console {
        address: format!("{}/console", addresses.gateway),
        name: NAME,
        password: Secret::new(password),
    })
}

async fn set(operators: &Operators, password: &str) -> Result<(), AccountError> {
    let link = match operators.add(NAME, &SUPPLIER.into(), Role::Owner, BY).await {
        Err(AccountError::Taken(_)) => operators.reset(NAME, BY).await?,
        made => made?,
    };
    operators
        .set_password(link.expose(), Secret::new(password))
        .await?;
    Ok(())
}
