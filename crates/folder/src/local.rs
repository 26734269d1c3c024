//! A folder of this machine.
//!
//! Every file is opened beneath the folder by the kernel's own rule (`openat2`: beneath, no symbolic links), so that no
//! link that somebody puts there between a look and a step leads elsewhere.

use std::{
    fmt,
    fs::File,
    io::{Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, RenameFlags, ResolveFlag, openat2, renameat, renameat2},
    sys::stat::{Mode, SFlag, fstatat, mkdirat},
    unistd::{UnlinkatFlags, fsync, linkat, unlinkat},
};
use tokio::sync::Semaphore;

use crate::{
    Entry, FilePath, FolderError, FolderSetupError, Listing, Moved, Roots, folder::MOST_ENTRIES,
    path::is_name,
};

/// Calls of one folder that are under way at once. A network folder that hangs keeps the threads of so many, and of no
/// more, until the kernel gives them back.
const CALLS: usize = 4;
/// How long a call waits for its turn.
const TURN: Duration = Duration::from_secs(20);

pub(crate) struct Local {
    /// A root of the configuration, and the folder below it.
    root: Arc<PathBuf>,
    below: Arc<PathBuf>,
    turns: Arc<Semaphore>,
}

impl Local {
    /// Looks at no disk: whether the folder is there shows when it is used.
    pub(crate) fn new(path: &Path, roots: &Roots) -> Result<Self, FolderSetupError> {
        let Some((root, below)) = roots.above(path) else {
            return Err(FolderSetupError::new(
                format!("{} lies under no folder that may be used", path.display()),
                "write it without . and .., and name it or one above it in [folders] roots of the configuration",
            ));
        };
        Ok(Self {
            root: Arc::new(root.to_owned()),
            below: Arc::new(below.to_owned()),
            turns: Arc::new(Semaphore::new(CALLS)),
        })
    }

    pub(crate) async fn list(&self, directory: &str) -> Result<Listing, FolderError> {
        let directory = directory.to_owned();
        self.run(directory.clone(), move |at| {
            let Some(fd) = at.directory(&directory, false)? else {
                return Ok(Listing::default());
            };
            entries(fd).map_err(|error| at.trouble(error))
        })
        .await
    }

    pub(crate) async fn read(&self, path: &FilePath, max: u64) -> Result<Bytes, FolderError> {
        let path = path.clone();
        self.run(path.to_string(), move |at| {
            let fd = at
                .directory(path.directory(), false)?
                .ok_or_else(|| at.missing())?;
            // Not blocking: a pipe of this name must not hold us up.
            let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let file = openat2(&fd, path.name(), beneath(flags)).map_err(|error| at.trouble(error))?;
            let mut file = File::from(file);
            let metadata = file.metadata().map_err(|error| at.not_done(&error))?;
            if !metadata.is_file() {
                return Err(at.refused("it is no regular file"));
            }
            let too_large = || FolderError::TooLarge {
                place: at.place.clone(),
                max,
            };
            if metadata.len() > max {
                return Err(too_large());
            }
            let mut body = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
            let mut limited = (&mut file).take(max.saturating_add(1));
            limited
                .read_to_end(&mut body)
                .map_err(|error| at.not_done(&error))?;
            if body.len() as u64 > max {
                return Err(too_large());
            }
            Ok(body.into())
        })
        .await
    }

    pub(crate) async fn write_new(
        &self,
        path: &FilePath,
        body: Bytes,
        unique: &str,
    ) -> Result<bool, FolderError> {
        let (path, unfinished) = (path.clone(), path.unfinished(unique));
        self.run(path.to_string(), move |at| {
            let fd = at
                .directory(path.directory(), true)?
                .ok_or_else(|| at.missing())?;
            let flags =
                OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let how = beneath(flags).mode(Mode::from_bits_truncate(0o660));
            let file = openat2(&fd, unfinished.as_str(), how).map_err(|error| at.trouble(error))?;
            let mut file = File::from(file);
            let written = file.write_all(&body).and_then(|()| file.sync_all());
            let moved = match written {
                Ok(()) => put(&fd, &unfinished, &fd, path.name()),
                Err(error) => {
                    let _ = unlinkat(&fd, unfinished.as_str(), UnlinkatFlags::NoRemoveDir);
                    return Err(at.not_done(&error));
                }
            };
            if moved != Ok(()) {
                let _ = unlinkat(&fd, unfinished.as_str(), UnlinkatFlags::NoRemoveDir);
            }
            match moved {
                Ok(()) => fsync(&fd).map(|()| true).map_err(|error| at.trouble(error)),
                Err(Errno::EEXIST) => Ok(false),
                Err(error) => Err(at.trouble(error)),
            }
        })
        .await
    }

    pub(crate) async fn move_new(&self, from: &FilePath, to: &FilePath) -> Result<Moved, FolderError> {
        let (from, to) = (from.clone(), to.clone());
        self.run(from.to_string(), move |at| {
            let Some(old) = at.directory(from.directory(), false)? else {
                return Ok(Moved::Missing);
            };
            let new = at.directory(to.directory(), true)?.ok_or_else(|| at.missing())?;
            match rename(&old, from.name(), &new, to.name()) {
                Ok(()) => {}
                Err(Errno::EEXIST) => return Ok(Moved::Exists),
                Err(Errno::ENOENT) => return Ok(Moved::Missing),
                Err(error) => return Err(at.trouble(error)),
            }
            fsync(&new)
                .and_then(|()| fsync(&old))
                .map_err(|error| at.trouble(error))?;
            Ok(Moved::Done)
        })
        .await
    }

    pub(crate) async fn remove(&self, path: &FilePath) -> Result<bool, FolderError> {
        let path = path.clone();
        self.run(path.to_string(), move |at| {
            let Some(fd) = at.directory(path.directory(), false)? else {
                return Ok(false);
            };
            match unlinkat(&fd, path.name(), UnlinkatFlags::NoRemoveDir) {
                Ok(()) => Ok(true),
                Err(Errno::ENOENT) => Ok(false),
                Err(error) => Err(at.trouble(error)),
            }
        })
        .await
    }

    /// File systems block; the runtime's threads must not.
    async fn run<T: Send + 'static>(
        &self,
        place: String,
        step: impl FnOnce(&At) -> Result<T, FolderError> + Send + 'static,
    ) -> Result<T, FolderError> {
        let at = At {
            root: Arc::clone(&self.root),
            below: Arc::clone(&self.below),
            place: place.clone(),
        };
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let detail = format!(
                "{CALLS} calls have had no answer for {} s: the disk, or the network behind it, hangs",
                TURN.as_secs()
            );
            return Err(FolderError::NotDone { place, detail });
        };
        let run = tokio::task::spawn_blocking(move || {
            let result = step(&at);
            // Whoever waited may have given up: the thread is free only now.
            drop(turn);
            result
        });
        run.await.unwrap_or_else(|error| {
            Err(FolderError::Unseen {
                place,
                detail: error.to_string(),
            })
        })
    }
}

/// A step in the folder, with the place that errors name.
struct At {
    root: Arc<PathBuf>,
    below: Arc<PathBuf>,
    place: String,
}

impl At {
    /// A directory below the folder, made if that is wished; `None` where it is not there.
    fn directory(&self, directory: &str, make: bool) -> Result<Option<OwnedFd>, FolderError> {
        let root = File::open(&*self.root).map_err(|error| self.not_done(&error))?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut fd: OwnedFd = match self.below.as_os_str().is_empty() {
            true => root.into(),
            false => {
                openat2(root.as_fd(), &*self.below, beneath(flags)).map_err(|error| self.trouble(error))?
            }
        };
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            if !is_name(part) {
                return Err(self.refused("its name leads elsewhere"));
            }
            let mut found = openat2(&fd, Path::new(part), beneath(flags));
            if make && matches!(found, Err(Errno::ENOENT)) {
                match mkdirat(&fd, part, Mode::from_bits_truncate(0o770)) {
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(error) => return Err(self.trouble(error)),
                }
                found = openat2(&fd, Path::new(part), beneath(flags));
            }
            fd = match found {
                Ok(fd) => fd,
                Err(Errno::ENOENT) => return Ok(None),
                Err(error) => return Err(self.trouble(error)),
            };
        }
        Ok(Some(fd))
    }

    fn trouble(&self, error: Errno) -> FolderError {
        let place = self.place.clone();
        match error {
            Errno::ENOENT => FolderError::Missing { place },
            Errno::EACCES | Errno::EPERM | Errno::EROFS => FolderError::Forbidden {
                place,
                detail: error.desc().to_owned(),
            },
            Errno::ELOOP | Errno::EXDEV => {
                self.refused("a symbolic link, or another file system, is on the way")
            }
            other => FolderError::NotDone {
                place,
                detail: other.desc().to_owned(),
            },
        }
    }

    fn refused(&self, reason: &str) -> FolderError {
        FolderError::Refused {
            place: self.place.clone(),
            reason: reason.to_owned(),
        }
    }

    fn missing(&self) -> FolderError {
        FolderError::Missing {
            place: self.place.clone(),
        }
    }

    fn not_done(&self, error: &std::io::Error) -> FolderError {
        FolderError::NotDone {
            place: self.place.clone(),
            detail: error.to_string(),
        }
    }
}

fn beneath(flags: OFlag) -> OpenHow {
    OpenHow::new().flags(flags).resolve(
        ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS,
    )
}

/// A new file under its name, never over another one. Some network file systems know no such rename: there the name is
/// linked first; what is left of a death in between is hidden.
fn put(old: &OwnedFd, from: &str, new: &OwnedFd, to: &str) -> nix::Result<()> {
    match renameat2(old, from, new, to, RenameFlags::RENAME_NOREPLACE) {
        Err(Errno::EINVAL | Errno::ENOSYS) => {
            linkat(old, from, new, to, AtFlags::empty())?;
            unlinkat(old, from, UnlinkatFlags::NoRemoveDir)
        }
        result => result,
    }
}

/// In one step, so that a file is never in two places; where no rename spares what is there, that is looked for before.
fn rename(old: &OwnedFd, from: &str, new: &OwnedFd, to: &str) -> nix::Result<()> {
    match renameat2(old, from, new, to, RenameFlags::RENAME_NOREPLACE) {
        Err(Errno::EINVAL | Errno::ENOSYS) => match fstatat(new, to, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EEXIST),
            Err(Errno::ENOENT) => renameat(old, from, new, to),
            Err(error) => Err(error),
        },
        result => result,
    }
}

fn entries(fd: OwnedFd) -> nix::Result<Listing> {
    let names = fd.try_clone().map_err(|_| Errno::EMFILE)?;
    let mut directory = Dir::from_fd(fd)?;
    let mut listing = Listing::default();
    for entry in directory.iter() {
        let entry = entry?;
        let raw = entry.file_name();
        if raw.to_bytes().starts_with(b".") {
            continue;
        }
        let name = raw.to_string_lossy().into_owned();
        let stat = match fstatat(&names, raw, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // Taken away between two looks.
            Err(Errno::ENOENT) => continue,
            Err(error) => return Err(error),
        };
        let kind = SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits());
        if kind == SFlag::S_IFDIR {
            continue;
        }
        let modified = Timestamp::new(stat.st_mtime, i32::try_from(stat.st_mtime_nsec).unwrap_or(0));
        match (kind == SFlag::S_IFREG && is_name(&name), modified) {
            (true, Ok(modified)) => listing.entries.push(Entry {
                size: u64::try_from(stat.st_size).unwrap_or(0),
                stamp: format!("{}-{}-{}", stat.st_ino, stat.st_size, modified.as_nanosecond()),
                modified,
                name,
            }),
            _ => listing.passed_over.push(name.chars().take(120).collect()),
        }
        if listing.len() > MOST_ENTRIES {
            return Err(Errno::E2BIG);
        }
    }
    Ok(listing)
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root.join(&*self.below).display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_folder_that_hangs_takes_few_threads() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots(vec![folder.path().to_owned()]);
        let local = Arc::new(Local::new(folder.path(), &roots).unwrap());
        let (free, hang) = std::sync::mpsc::channel::<()>();
        let hang = Arc::new(std::sync::Mutex::new(hang));
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let (local, hang) = (Arc::clone(&local), Arc::clone(&hang));
            calls.push(tokio::spawn(async move {
                let wait = move |_: &At| {
                    hang.lock().unwrap().recv().unwrap();
                    Ok(())
                };
                local.run("in".to_owned(), wait).await
            }));
        }
        while local.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // Whoever gives up waiting does not get the thread back.
        for call in calls.drain(..CALLS - 1) {
            call.abort();
        }
        // The clock does not advance by itself while threads are at work.
        let (refused, ()) = tokio::join!(
            local.run("in".to_owned(), |_| Ok(())),
            tokio::time::advance(TURN * 2)
        );
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, FolderError::NotDone { detail, .. } if detail.contains("hangs")),
            "{refused}"
        );
        assert_eq!(local.turns.available_permits(), 0);
        for _ in 0..CALLS {
            free.send(()).unwrap();
        }
        calls.remove(0).await.unwrap().unwrap();
        local.run("in".to_owned(), |_| Ok(())).await.unwrap();
    }
}
