//! `punchgate backup FILE`: a consistent copy of a SQLite database beside a gateway that runs.
//!
//! The copy is made under another name and gets its own when it is whole, with its manifest beside it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use punchgate_app::{Surroundings, backup::Manifest};
use punchgate_storage::Db;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::opening;
use crate::{config::Config, out};

/// Only its owner reads what is in a backup.
pub(super) const OWNER_ONLY: u32 = 0o600;

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to make; FILE.json beside it says what is in it
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn run(config: &Config, args: BackupArgs) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = match Db::sqlite_file(config.database.url.expose()) {
        Some(_) => make(config, &surroundings, &args.file).await,
        None => {
            tell_of_dump(config.database.url.expose(), &args.file);
            Ok(ExitCode::FAILURE)
        }
    };
    surroundings.db.close().await;
    outcome
}

/// `FILE` with something behind its name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// In words, with the file's name.
pub(super) fn failed(what: &str, file: &Path, error: &io::Error) -> String {
    format!("{} cannot be {what}: {error}", file.display())
}

async fn make(config: &Config, surroundings: &Surroundings, file: &Path) -> Result<ExitCode, String> {
    let keyring = opening::keyring(config)?;
    let (manifest_file, partial) = (beside(file, ".json"), beside(file, ".partial"));
    for present in [file, &manifest_file] {
        if present.exists() {
            return Err(format!("{} exists already: name another file", present.display()));
        }
    }
    let taken_at = surroundings.now();
    create(&partial).map_err(|error| {
        let remedy = "if no other backup is being made, remove what one that was cut short has left";
        format!("{}; {remedy}", failed("made", &partial, &error))
    })?;
    let made = async {
        surroundings
            .db
            .copy_into(&partial)
            .await
            .map_err(|error| format!("the database was not copied: {error}"))?;
        let copied = File::open(&partial).map_err(|error| failed("read", &partial, &error))?;
        copied
            .sync_all()
            .map_err(|error| failed("written", &partial, &error))?;
        let (bytes, sha256) =
            digest(copied, &mut io::sink()).map_err(|error| failed("read", &partial, &error))?;
        let keys = keyring.ids().map(str::to_owned).collect();
        let manifest = Manifest::new(taken_at, surroundings.db.known_schema(), keys, bytes, sha256);
        let text = serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string())?;
        // A name that somebody has taken meanwhile is not overwritten: it is ours first, and then the copy's.
        create(file).map_err(|error| failed("made", file, &error))?;
        let published = fs::rename(&partial, file)
            .map_err(|error| failed("made", file, &error))
            .and_then(|()| {
                create(&manifest_file)
                    .and_then(|mut written| {
                        written.write_all(text.as_bytes())?;
                        written.sync_all()
                    })
                    .map_err(|error| failed("written", &manifest_file, &error))
            });
        if let Err(why) = published {
            // Without its manifest it is no backup, and would stand in the way of the next one.
            let _ = fs::remove_file(file);
            return Err(why);
        }
        Ok(manifest)
    };
    let made: Result<Manifest, String> = made.await;
    if made.is_err() {
        // Most often it is there no more, or was never made.
        let _ = fs::remove_file(&partial);
    }
    let manifest = made?;
    sync_folder(file)?;
    out::line(format_args!(
        "{} holds the database as of {}: {} bytes, schema {}.",
        file.display(),
        manifest.taken_at,
        manifest.bytes,
        manifest.schema_version
    ));
    out::notice(format_args!(
        "Its secrets open with the sealing keys {}: keep a copy of the keys, apart from this file.",
        manifest.key_ids.join(", ")
    ));
    Ok(ExitCode::SUCCESS)
}

/// A new file that only its owner reads.
pub(super) fn create(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(file)
}

/// Copies, and says how many bytes with which SHA-256.
pub(super) fn digest(mut from: impl Read, to: &mut impl io::Write) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, sha256))
}

/// The names in the file's folder outlast a loss of power.
pub(super) fn sync_folder(file: &Path) -> Result<(), String> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed("written", folder, &error))
}

/// A dump of PostgreSQL is its own programs' work; that it answers has been seen.
fn tell_of_dump(url: &str, file: &Path) {
    out::notice(
        "The database is a PostgreSQL, and answers. Its own program makes the backup; no file was made. Run:",
    );
    out::line(format_args!(
        "pg_dump --format=custom --no-owner --file='{}' '{}'",
        file.display(),
        without_password(url)
    ));
    out::notice("Give the password by PGPASSFILE, and keep a copy of the sealing keys apart from the dump.");
}

/// What may stand on a screen.
pub(super) fn without_password(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "postgres://USER@HOST/NAME".to_owned();
    };
    let _ = url.set_password(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "password")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            (
                "postgres://gw:hunter2@db.example/gw",
                "postgres://gw@db.example/gw",
            ),
            (
                "postgres://gw@db/gw?password=hunter2&sslmode=require",
                "postgres://gw@db/gw?sslmode=require",
            ),
            ("no address hunter2", "postgres://USER@HOST/NAME"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_digest_is_of_what_was_copied() {
        let mut copy = Vec::new();
        let (bytes, sha256) = digest(&b"abc"[..], &mut copy).unwrap();
        assert_eq!((bytes, copy.as_slice()), (3, &b"abc"[..]));
        assert!(sha256.starts_with("ba7816bf8f01cfea"), "{sha256}");
    }
}
