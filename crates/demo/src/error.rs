//! Why a demo peer could not start or go on.

use std::path::PathBuf;

/// What a demo peer cannot help.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The embedded product list is not what this build expects.
    #[error("products.toml: {0}")]
    Products(String),
    /// A secret of the configuration cannot be used.
    #[error("signing secret: {0}")]
    Secret(String),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Entropy(String),
    /// The HTTP client could not be built.
    #[error("HTTP client: {0}")]
    Client(String),
    /// The suite could not write a document.
    #[error("{0}")]
    Document(String),
    /// The listener failed.
    #[error("listener: {0}")]
    Listener(#[source] std::io::Error),
    /// The journal in the data directory could not be read or written.
    #[error("{path}: {reason}; remove the file or start the demo with --fresh")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
