//! Opens what a command needs: the database with its schema, the keys, the surroundings.

use std::sync::Arc;

use punchgate_app::{Surroundings, clock::SystemClock, entropy::OsEntropy, seal::Keyring};
use punchgate_storage::{Db, DbOptions};

use crate::config::Config;

/// The database, its schema up to date.
pub(crate) async fn database(config: &Config) -> Result<Db, String> {
    let options = DbOptions {
        connections: config.database.connections,
        acquire_timeout: config.database.acquire,
    };
    let db = Db::open(config.database.url.expose(), options)
        .await
        .map_err(|error| format!("database.url: {error}"))?;
    db.migrate().await.map_err(|error| error.to_string())?;
    Ok(db)
}

/// The database, the machine's clock and its randomness.
pub(crate) async fn surroundings(config: &Config) -> Result<Surroundings, String> {
    Ok(Surroundings {
        db: database(config).await?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    })
}

/// The sealing keys.
pub(crate) fn keyring(config: &Config) -> Result<Keyring, String> {
    config.keyring().map_err(|problem| problem.to_string())
}
