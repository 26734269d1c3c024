//! The demo's data folder: a temporary one, or one that stays. `--fresh` removes only what a demo has made.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use punchgate_app::{
    entropy::{Entropy as _, OsEntropy},
    seal::Keyring,
};
use punchgate_storage::db::SoleUse;

/// What a demo leaves in its folder.
const FILES: &[&str] = &[
    "punchgate.db",
    "punchgate.db-wal",
    "punchgate.db-shm",
    "punchgate.key",
];
const FOLDERS: &[&str] = &["erp"];

/// The folder.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    temporary: bool,
}

impl DataFolder {
    /// Opens or makes it, with a sealing key in it, for this demo alone.
    pub(super) fn open(path: Option<&Path>, fresh: bool) -> Result<(Self, SoleUse), String> {
        let folder = match path {
            Some(path) => Self {
                path: path.to_path_buf(),
                temporary: false,
            },
            None => Self {
                path: std::env::temp_dir().join(unused_name()),
                temporary: true,
            },
        };
        let told = |error: io::Error| format!("the data folder {}: {error}", folder.path.display());
        fs::create_dir_all(&folder.path).map_err(told)?;
        // Before anything in it is touched: it may be the folder of a demo that runs.
        let sole = SoleUse::claim(&folder.database_url())
            .map_err(|error| format!("the data folder {}: {error}", folder.path.display()))?;
        if fresh {
            folder.empty().map_err(told)?;
        }
        fs::create_dir_all(folder.erp()).map_err(told)?;
        folder.make_key().map_err(told)?;
        Ok((folder, sole))
    }

    /// The database's URL.
    pub(super) fn database_url(&self) -> String {
        format!("sqlite:{}", self.path.join("punchgate.db").display())
    }

    /// The sealing key's file.
    pub(super) fn key_file(&self) -> PathBuf {
        self.path.join("punchgate.key")
    }

    /// The ERP's journal.
    pub(super) fn erp(&self) -> PathBuf {
        self.path.join("erp")
    }

    /// Removes a temporary folder.
    pub(super) fn close(self) -> Result<(), String> {
        match self.temporary {
            true => fs::remove_dir_all(&self.path)
                .map_err(|error| format!("the data folder {}: {error}", self.path.display())),
            false => Ok(()),
        }
    }

    fn empty(&self) -> io::Result<()> {
        for name in FILES {
            absent_is_fine(fs::remove_file(self.path.join(name)))?;
        }
        for name in FOLDERS {
            absent_is_fine(fs::remove_dir_all(self.path.join(name)))?;
        }
        Ok(())
    }

    fn make_key(&self) -> io::Result<()> {
        let path = self.key_file();
        if path.exists() {
            return Ok(());
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        io::Write::write_all(
            &mut file,
            format!("{}\n", Keyring::new_key(&OsEntropy).expose()).as_bytes(),
        )
    }
}

fn absent_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn unused_name() -> String {
    let mut random = [0_u8; 8];
    OsEntropy.fill(&mut random);
    format!("punchgate-demo-{:016x}", u64::from_be_bytes(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_removes_what_a_demo_made_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let open = |fresh: bool| DataFolder::open(Some(outer.path()), fresh);
        let (first, sole) = open(false).unwrap();
        let key = fs::read_to_string(first.key_file()).unwrap();
        fs::write(outer.path().join("punchgate.db"), "x").unwrap();
        fs::write(outer.path().join("mine.txt"), "x").unwrap();
        fs::write(first.erp().join("journal"), "x").unwrap();

        let refused = open(true).unwrap_err();
        assert!(refused.contains("another gateway is running on"), "{refused}");
        assert!(
            first.erp().join("journal").exists(),
            "of a demo that runs nothing is removed"
        );
        first.close().unwrap();
        drop(sole);

        let (again, sole) = open(false).unwrap();
        assert_eq!(fs::read_to_string(again.key_file()).unwrap(), key);
        drop(sole);
        let (fresh, _sole) = open(true).unwrap();
        assert_ne!(fs::read_to_string(fresh.key_file()).unwrap(), key);
        assert!(outer.path().join("mine.txt").exists());
        assert!(!outer.path().join("punchgate.db").exists() && !fresh.erp().join("journal").exists());
    }

    #[test]
    fn a_temporary_folder_goes() {
        let (folder, _sole) = DataFolder::open(None, false).unwrap();
        let path = folder.path.clone();
        assert!(folder.key_file().exists());
        folder.close().unwrap();
        assert!(!path.exists());
    }
}
