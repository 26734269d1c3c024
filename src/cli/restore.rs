//! `punchgate restore FILE` and `punchgate reconcile`: a backup in the place of the database, and what follows from that.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
};

use jiff::Timestamp;
use punchgate_app::{Surroundings, accounts::Author, backup::Manifest, restoration};
use punchgate_storage::{Db, db::SoleUse};

use super::{
    backup::{beside, create, digest, failed, sync_folder, without_password},
    opening,
};
use crate::{config::Config, out};

/// Files that SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Who has the database replaced, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Word {
    /// Who says so
    #[arg(long, env = "USER")]
    by: String,
    /// Why; kept with the database
    #[arg(long)]
    reason: String,
}

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup; FILE.json lies beside it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Sets a database that is there already aside, under another name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    word: Word,
}

/// Arguments of `reconcile`.
#[derive(Debug, clap::Args)]
pub(super) struct ReconcileArgs {
    /// When the copy was taken, such as 2026-03-02T09:30:00Z
    #[arg(long)]
    taken_at: Timestamp,
    #[command(flatten)]
    word: Word,
}

/// Tells the gateway that its database is an older copy, brought there by other means.
pub(super) async fn reconcile(config: &Config, args: ReconcileArgs) -> Result<ExitCode, String> {
    let author = author(args.word)?;
    let _sole =
        SoleUse::claim(config.database.url.expose()).map_err(|error| format!("database.url: {error}"))?;
    let surroundings = opening::existing(config).await?;
    let begun = restoration::begin(&surroundings, args.taken_at, config.jobs.settle, &author).await;
    surroundings.db.close().await;
    tell(config, args.taken_at, begun.map_err(|error| error.to_string())?);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(config: &Config, args: RestoreArgs) -> Result<ExitCode, String> {
    let author = author(args.word)?;
    let url = config.database.url.expose();
    let Some(target) = Db::sqlite_file(url) else {
        tell_of_dump(url, &args.file);
        return Ok(ExitCode::FAILURE);
    };
    // What SQLite keeps beside it lies where the file does, not where a link to it does.
    let target = target.canonicalize().unwrap_or(target);
    let manifest = read_manifest(&args.file)?;
    let _sole = SoleUse::claim(url).map_err(|error| format!("database.url: {error}"))?;
    if target.exists() && !args.replace {
        return Err(format!(
            "there is a database at {} already: name another in database.url, or add --replace, which sets it aside",
            target.display()
        ));
    }
    let coming = beside(&target, ".restoring");
    let prepared = prepare(config, &args.file, &coming, &manifest, &author).await;
    let entries = match prepared {
        Ok(entries) => entries,
        Err(why) => {
            discard(&coming);
            return Err(why);
        }
    };
    if ["", BESIDE[0], BESIDE[1]]
        .iter()
        .any(|suffix| beside(&target, suffix).exists())
    {
        let aside = set_aside(&target)?;
        out::notice(format_args!(
            "What was there of a database is {} now.",
            aside.display()
        ));
    }
    fs::rename(&coming, &target).map_err(|error| failed("renamed", &coming, &error))?;
    sync_folder(&target)?;
    out::line(format_args!(
        "{} is restored at {}.",
        args.file.display(),
        target.display()
    ));
    let keyring = opening::keyring(config);
    let missing = keyring.map_or(manifest.key_ids.clone(), |keys| manifest.missing_keys(keys.ids()));
    if !missing.is_empty() {
        out::notice(format_args!(
            "The sealing keys {} of the backup are not in key.file: secrets do not open until they are.",
            missing.join(", ")
        ));
    }
    tell(config, manifest.taken_at, entries);
    Ok(ExitCode::SUCCESS)
}

fn author(word: Word) -> Result<Author, String> {
    Author::new(format!("cli:{}", word.by), word.reason).map_err(|error| error.to_string())
}

fn read_manifest(file: &Path) -> Result<Manifest, String> {
    let beside = beside(file, ".json");
    let text = fs::read_to_string(&beside).map_err(|error| {
        let remedy = "punchgate backup makes it beside the backup, and it stays there";
        format!("{}; {remedy}", failed("read", &beside, &error))
    })?;
    serde_json::from_str(&text)
        .map_err(|error| format!("{} is no manifest of a backup: {error}", beside.display()))
}

/// The backup under a name of its own, checked, of the present schema, and knowing what it is.
async fn prepare(
    config: &Config,
    file: &Path,
    coming: &Path,
    manifest: &Manifest,
    author: &Author,
) -> Result<u64, String> {
    let of_file = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let from = File::open(file).map_err(|error| failed("read", file, &error))?;
    // What a restoration that was cut short has left.
    discard(coming);
    let mut to = create(coming).map_err(|error| failed("made", coming, &error))?;
    let (bytes, sha256) = digest(from, &mut to).map_err(|error| failed("copied", file, &error))?;
    manifest.describes(bytes, &sha256).map_err(|why| of_file(&why))?;
    to.sync_all().map_err(|error| failed("written", coming, &error))?;
    drop(to);
    let surroundings = opening::of(&url_of(coming), config)
        .await
        .map_err(|why| of_file(&why))?;
    let outcome = begin(&surroundings, config, manifest, author).await;
    surroundings.db.close().await;
    let entries = outcome.map_err(|why| of_file(&why))?;
    // All of it is in the file: a log that is left would stay behind.
    match BESIDE
        .iter()
        .map(|suffix| beside(coming, suffix))
        .find(|log| log.exists())
    {
        Some(log) => Err(format!("{} is still there: restore once more", log.display())),
        None => Ok(entries),
    }
}

/// A file's name as it stands in a URL.
fn url_of(file: &Path) -> String {
    let name = file.display().to_string();
    format!("sqlite:{}", name.replace('%', "%25").replace('?', "%3F"))
}

async fn begin(
    surroundings: &Surroundings,
    config: &Config,
    manifest: &Manifest,
    author: &Author,
) -> Result<u64, String> {
    let db = &surroundings.db;
    manifest.fits(db.known_schema()).map_err(|why| why.to_string())?;
    let faults = db.faults().await.map_err(|error| error.to_string())?;
    if !faults.is_empty() {
        return Err(format!(
            "it is damaged: {}; take another backup",
            faults.join("; ")
        ));
    }
    db.migrate().await.map_err(|error| error.to_string())?;
    restoration::begin(surroundings, manifest.taken_at, config.jobs.settle, author)
        .await
        .map_err(|error| error.to_string())
}

/// Renames what is there, with what SQLite keeps beside it.
fn set_aside(target: &Path) -> Result<PathBuf, String> {
    let mut number = 1_u32;
    let aside = loop {
        let name = beside(target, &format!(".replaced-{number}"));
        if !name.exists() {
            break name;
        }
        number += 1;
    };
    // Its log first: a log without its database is nothing, and one beside another database would be read into it.
    for suffix in BESIDE {
        let from = beside(target, suffix);
        if from.exists() {
            fs::rename(&from, beside(&aside, suffix)).map_err(|error| failed("renamed", &from, &error))?;
        }
    }
    // Somebody may have moved it away, and left its log.
    if target.exists() {
        fs::rename(target, &aside).map_err(|error| failed("renamed", target, &error))?;
    }
    Ok(aside)
}

fn discard(coming: &Path) {
    for suffix in ["", BESIDE[0], BESIDE[1]] {
        // Most often it is not there.
        let _ = fs::remove_file(beside(coming, suffix));
    }
}

/// What is not in the copy, and what the gateway does about it.
fn tell(config: &Config, taken_at: Timestamp, entries: u64) {
    out::notice(format_args!(
        "What happened since {taken_at} is not here. {entries} pieces of work go on, {} seconds from now; every order is \
         looked for in its ERP or shop before it is sent.",
        config.jobs.settle.as_secs()
    ));
    out::notice(
        "Everybody at the console is signed out. Look at what was changed since and is as before now: switches of \
         relationships, people who were disabled, API keys that were revoked, secrets.",
    );
    out::notice(
        "Then: punchgate doctor, punchgate serve, punchgate sync run --full, and ask buyers which orders of that time \
         they miss (docs/OPERATIONS.md).",
    );
}

fn tell_of_dump(url: &str, file: &Path) {
    out::notice(
        "The database is a PostgreSQL: its own program restores it. Stop every gateway, make an empty database, and run:",
    );
    out::line(format_args!(
        "pg_restore --no-owner --exit-on-error --dbname='{}' '{}'",
        without_password(url),
        file.display()
    ));
    out::line("punchgate reconcile --taken-at WHEN-THE-DUMP-WAS-MADE --reason WHY");
    out::notice("Without the second command the gateway takes the copy for the present, and may send twice.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_opened_by_its_own_name() {
        for name in ["/srv/a b/punchgate.db", "/srv/50%25?/x.db", "punchgate.db"] {
            let url = url_of(Path::new(name));
            assert_eq!(Db::sqlite_file(&url).unwrap(), Path::new(name), "{url}");
        }
    }

    #[test]
    fn what_is_set_aside_takes_its_log_along() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.db");
        for round in 1..=2 {
            for name in ["a.db", "a.db-wal"] {
                fs::write(folder.path().join(name), "x").unwrap();
            }
            let aside = set_aside(&target).unwrap();
            assert_eq!(aside, folder.path().join(format!("a.db.replaced-{round}")));
            assert!(aside.exists() && beside(&aside, "-wal").exists());
            assert!(!target.exists() && !beside(&target, "-wal").exists());
        }
    }
}
