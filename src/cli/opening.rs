//! Opens what a command needs: the database with its schema, the keys, the surroundings.

use std::sync::Arc;

use punchgate_app::{
    Surroundings, clock::SystemClock, directory, entropy::OsEntropy, nearest::suggestion, seal::Keyring,
};
use punchgate_domain::ids::SupplierId;
use punchgate_storage::{Db, DbOptions, StorageResult, db};

use crate::config::Config;

/// The database, its schema up to date.
pub(crate) async fn database(config: &Config) -> Result<Db, String> {
    let db = open(config).await?;
    db.migrate().await.map_err(|error| error.to_string())?;
    Ok(db)
}

/// Another database with the sizes of this configuration; its schema stays as it is.
pub(crate) async fn of(url: &str, config: &Config) -> Result<Surroundings, String> {
    let db = open_url(url, config).await.map_err(|error| error.to_string())?;
    Ok(with_surroundings(db))
}

async fn open(config: &Config) -> Result<Db, String> {
    open_url(config.database.url.expose(), config)
        .await
        .map_err(|error| format!("database.url: {error}"))
}

async fn open_url(url: &str, config: &Config) -> StorageResult<Db> {
    let options = DbOptions {
        connections: config.database.connections,
        acquire_timeout: config.database.acquire,
    };
    Db::open(url, options).await
}

/// The same where there is something already: a command that looks or mends makes no database by a slip, and brings
/// none to another version under a gateway that runs.
pub(crate) async fn existing(config: &Config) -> Result<Surroundings, String> {
    let url = config.database.url.expose();
    let named =
        Db::sqlite_file(url).map_or_else(|| "that address".to_owned(), |file| file.display().to_string());
    let remedy = "name another in database.url, or run punchgate migrate";
    if !db::exists(url).map_err(|error| format!("database.url: {error}"))? {
        return Err(format!("there is no database at {named} yet: {remedy}"));
    }
    let db = open(config).await?;
    if !db.is_current().await.map_err(|error| error.to_string())? {
        db.close().await;
        return Err(format!(
            "the database at {named} does not have this program's schema: {remedy}"
        ));
    }
    Ok(with_surroundings(db))
}

/// A supplier that there is; a slip of the pen is not an empty list.
pub(crate) async fn supplier(surroundings: &Surroundings, name: &str) -> Result<SupplierId, String> {
    let known = directory::supplier_ids(surroundings)
        .await
        .map_err(|error| error.to_string())?;
    let names: Vec<&str> = known.iter().map(SupplierId::as_str).collect();
    if names.contains(&name) {
        return Ok(SupplierId::from(name));
    }
    Err(match names.as_slice() {
        [] => format!(
            "there is no supplier '{name}', nor any other yet: punchgate apply FILE makes them, and so does whoever signs in \
             first (punchgate users add NAME)"
        ),
        names => format!("there is no supplier '{name}': {}", suggestion(name, names)),
    })
}

/// The database, the machine's clock and its randomness.
pub(crate) async fn surroundings(config: &Config) -> Result<Surroundings, String> {
    Ok(with_surroundings(database(config).await?))
}

fn with_surroundings(db: Db) -> Surroundings {
    Surroundings {
        db,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    }
}

/// The sealing keys.
pub(crate) fn keyring(config: &Config) -> Result<Keyring, String> {
    config.keyring().map_err(|problem| problem.to_string())
}
