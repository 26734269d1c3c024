//! The files of a connector's folder, as a call may use them: within its deadline, and not once it is called off.

use std::future::Future;

use bytes::Bytes;
use punchgate_folder::{FilePath, Folder, FolderError, Listing, Memo, Moved};

use crate::{ConnectorError, ConnectorResult, Context, ErrorKind, error::Effect};

/// The folder of a connector in one call.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    context: &'a Context,
    folder: &'a Folder,
    operation: &'static str,
}

impl<'a> Files<'a> {
    pub(crate) fn new(context: &'a Context, folder: &'a Folder, operation: &'static str) -> Self {
        Self {
            context,
            folder,
            operation,
        }
    }

    /// The files of a directory, by name; none where it is not there.
    pub async fn list(&self, directory: &str) -> ConnectorResult<Listing> {
        self.within(directory, Effect::Read, self.folder.list(directory))
            .await
    }

    /// The content of a file of at most so many bytes; `None` if it is not there (any more).
    pub async fn read(&self, path: &FilePath, max: u64) -> ConnectorResult<Option<Bytes>> {
        let read = async {
            match self.folder.read(path, max).await {
                Err(FolderError::Missing { .. }) => Ok(None),
                other => other.map(Some),
            }
        };
        self.within(path.name(), Effect::Read, read).await
    }

    /// Writes a file whole or not at all; false if there is one of this name.
    pub async fn write_new(&self, path: &FilePath, body: impl Into<Bytes> + Send) -> ConnectorResult<bool> {
        let unique = self.context.next_request_id();
        let written = self.folder.write_new(path, body.into(), &unique);
        self.within(path.name(), Effect::Change, written).await
    }

    /// Gives a file another name.
    pub async fn move_new(&self, from: &FilePath, to: &FilePath) -> ConnectorResult<Moved> {
        self.within(from.name(), Effect::Change, self.folder.move_new(from, to))
            .await
    }

    /// Removes a file; false if it is not there.
    pub async fn remove(&self, path: &FilePath) -> ConnectorResult<bool> {
        self.within(path.name(), Effect::Change, self.folder.remove(path))
            .await
    }

    /// Whether a move is one step.
    pub fn moves_in_one_step(&self) -> bool {
        self.folder.moves_in_one_step()
    }

    /// Where what was worked out of files is kept for a while.
    pub fn memo(&self) -> &'a Memo {
        self.folder.memo()
    }

    /// An error of the operation that the files are used for.
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ConnectorError {
        ConnectorError::new(kind, self.operation, message)
    }

    async fn within<T>(
        &self,
        place: &str,
        effect: Effect,
        step: impl Future<Output = Result<T, FolderError>> + Send,
    ) -> ConnectorResult<T> {
        let remaining = self.context.remaining();
        if self.context.is_cancelled() || remaining.is_zero() {
            let message = format!("{place}: the work was called off, or its time was over, before");
            return Err(self.error(ErrorKind::Temporary, message));
        }
        let unseen = |what: &str| {
            let kind = match effect {
                Effect::Read => ErrorKind::Temporary,
                Effect::Change => ErrorKind::Unknown,
            };
            self.error(kind, format!("{place}: {what} while it was under way"))
        };
        tokio::select! {
            biased;
            () = self.context.cancelled() => Err(unseen("the work was called off")),
            result = tokio::time::timeout(remaining, step) => match result {
                Ok(result) => result.map_err(|error| self.told(&error)),
                Err(_) => Err(unseen("the time was over")),
            },
        }
    }

    fn told(&self, error: &FolderError) -> ConnectorError {
        let kind = match error {
            FolderError::Refused { .. } => ErrorKind::Blocked,
            FolderError::Login { .. } => ErrorKind::Auth,
            FolderError::Forbidden { .. } => ErrorKind::Forbidden,
            FolderError::Missing { .. } => ErrorKind::NotFound,
            FolderError::TooLarge { .. } => ErrorKind::Schema,
            FolderError::NotDone { .. } => ErrorKind::Temporary,
            FolderError::Unseen { .. } => ErrorKind::Unknown,
        };
        self.error(kind, error.to_string())
    }
}
