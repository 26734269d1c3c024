//! The one way to files that others leave and fetch: a folder here, behind SFTP, or in an S3 bucket, guarded.
//!
//! A folder here lies under a root that the configuration names, and no symbolic link leads out of it; a server is
//! reached only at addresses that were allowed (`crates/egress`), and known by its key. All stores behave alike: a file
//! is read up to a limit, written whole or not at all, never over another one, and moved in one step where the store
//! has such a step. **Invariant:** nothing is retried, and nothing of a file's content is logged.
#![warn(missing_docs)]

mod error;
mod folder;
mod local;
mod memo;
mod path;
mod place;
mod s3;
mod sftp;

pub use error::{FolderError, FolderSetupError};
pub use folder::{Entry, Folder, Listing, Moved};
pub use memo::Memo;
pub use path::{FilePath, PathError};
pub use place::{Place, Roots, S3, Sftp, SftpLogin};
