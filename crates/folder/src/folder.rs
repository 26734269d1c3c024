//! A folder as its users see it, whatever the store.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    FilePath, FolderError, FolderSetupError, Memo, Place, Roots, local::Local, s3::Bucket, sftp::Server,
};

/// Most files of a directory that are listed.
pub(crate) const MOST_ENTRIES: usize = 100_000;

/// A folder; clones share it.
#[derive(Clone)]
pub struct Folder {
    store: Arc<Store>,
    memo: Memo,
}

enum Store {
    Local(Local),
    Sftp(Box<Server>),
    S3(Box<Bucket>),
}

/// A file in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: u64,
    /// When it was last written, by the store's clock; SFTP tells whole seconds.
    pub modified: Timestamp,
    /// Differs where the content does, as far as the store tells.
    pub stamp: String,
}

/// The files of a directory, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Regular files whose names can be used.
    pub entries: Vec<Entry>,
    /// Names of what is there and is not used: links, pipes, odd names.
    pub passed_over: Vec<String>,
}

impl Listing {
    /// How much of the directory it is.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.passed_over.len()
    }

    /// Refuses a directory of which there is more than anybody looks through.
    pub(crate) fn within_limit(&self, place: &str) -> Result<(), FolderError> {
        if self.len() <= MOST_ENTRIES {
            return Ok(());
        }
        Err(FolderError::NotDone {
            place: place.to_owned(),
            detail: format!("there are more than {MOST_ENTRIES} files: clear it out"),
        })
    }
}

/// What became of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moved {
    /// Moved.
    Done,
    /// Another file has the new name already; nothing was moved.
    Exists,
    /// It is not there (any more).
    Missing,
}

impl Folder {
    /// A folder at a place; reaches nobody yet. A local one must lie under one of the roots.
    pub fn new(place: Place, roots: &Roots) -> Result<Self, FolderSetupError> {
        let store = match place {
            Place::Local(path) => Store::Local(Local::new(&path, roots)?),
            Place::Sftp(sftp) => Store::Sftp(Box::new(Server::new(sftp)?)),
            Place::S3(s3) => Store::S3(Box::new(Bucket::new(s3)?)),
        };
        Ok(Self {
            store: Arc::new(store),
            memo: Memo::default(),
        })
    }

    /// The files of a directory, by name; none where the directory is not there. Names that begin with a dot are
    /// unfinished or hidden, and not told.
    pub async fn list(&self, directory: &str) -> Result<Listing, FolderError> {
        let mut listing = match &*self.store {
            Store::Local(local) => local.list(directory).await,
            Store::Sftp(server) => server.list(directory).await,
            Store::S3(bucket) => bucket.list(directory).await,
        }?;
        listing.entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        listing.passed_over.sort_unstable();
        Ok(listing)
    }

    /// The content of a file of at most so many bytes.
    pub async fn read(&self, path: &FilePath, max: u64) -> Result<Bytes, FolderError> {
        match &*self.store {
            Store::Local(local) => local.read(path, max).await,
            Store::Sftp(server) => server.read(path, max).await,
            Store::S3(bucket) => bucket.read(path, max).await,
        }
    }

    /// Writes a file whole or not at all; false if there is one of this name, which stays as it is. `unique` is never
    /// used twice.
    pub async fn write_new(&self, path: &FilePath, body: Bytes, unique: &str) -> Result<bool, FolderError> {
        match &*self.store {
            Store::Local(local) => local.write_new(path, body, unique).await,
            Store::Sftp(server) => server.write_new(path, &body, unique).await,
            Store::S3(bucket) => bucket.write_new(path, body).await,
        }
    }

    /// Gives a file another name, in one step but in S3, where it is copied and then removed.
    pub async fn move_new(&self, from: &FilePath, to: &FilePath) -> Result<Moved, FolderError> {
        match &*self.store {
            Store::Local(local) => local.move_new(from, to).await,
            Store::Sftp(server) => server.move_new(from, to).await,
            Store::S3(bucket) => bucket.move_new(from, to).await,
        }
    }

    /// Removes a file; false if it is not there. In S3 that is not told.
    pub async fn remove(&self, path: &FilePath) -> Result<bool, FolderError> {
        match &*self.store {
            Store::Local(local) => local.remove(path).await,
            Store::Sftp(server) => server.remove(path).await,
            Store::S3(bucket) => bucket.remove(path).await,
        }
    }

    /// Whether [`Self::move_new`] is one step: whoever finds the old name gone knows that it was taken.
    pub fn moves_in_one_step(&self) -> bool {
        !matches!(*self.store, Store::S3(_))
    }

    /// Where what was worked out of its files is kept for a while.
    pub fn memo(&self) -> &Memo {
        &self.memo
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.store {
            Store::Local(local) => local.fmt(f),
            Store::Sftp(server) => server.fmt(f),
            Store::S3(bucket) => bucket.fmt(f),
        }
    }
}
