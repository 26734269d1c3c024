//! A directory of an SFTP server.
//!
//! One connection is kept while it is used. The server is who shows one of the keys that the settings name; there is no
//! trust on first use, but the error says which key was shown.

use std::{
    fmt,
    sync::{Arc, Mutex as Lock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use punchgate_egress::EgressError;
use russh::{
    ChannelStream,
    client::{Config, Handle, Handler, Msg},
    keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key},
};
use russh_sftp::{
    client::{RawSftpSession, SftpSession, error::Error as SftpError},
    protocol::{File, OpenFlags, StatusCode},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Mutex,
    time::Instant,
};

use crate::{Entry, FilePath, FolderError, FolderSetupError, Listing, Moved, Sftp, SftpLogin, path::is_name};

/// Longest time for name, connection and log-in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// A connection that rested longer may be gone without a word.
const IDLE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    place: Sftp,
    key: Option<Arc<russh::keys::PrivateKey>>,
    session: Mutex<Option<Session>>,
}

struct Session {
    opened: Opened,
    handle: Handle<Judge>,
    used: Instant,
}

#[derive(Clone)]
struct Opened {
    sftp: Arc<SftpSession>,
    /// A second channel, for what the other one would only tell whole, however long it is.
    lister: Arc<RawSftpSession>,
}

impl Server {
    pub(crate) fn new(place: Sftp) -> Result<Self, FolderSetupError> {
        let key = match &place.login {
            SftpLogin::Password(_) => None,
            SftpLogin::Key(text, passphrase) => {
                let key = decode_secret_key(text, passphrase.as_deref()).map_err(|error| {
                    FolderSetupError::new(
                        format!("the private key cannot be read: {error}"),
                        "give it in OpenSSH's form (ssh-keygen -t ed25519), with secrets.passphrase if it has one",
                    )
                })?;
                Some(Arc::new(key))
            }
        };
        Ok(Self {
            place,
            key,
            session: Mutex::default(),
        })
    }

    pub(crate) async fn list(&self, directory: &str) -> Result<Listing, FolderError> {
        let lister = self.opened().await?.lister;
        let path = self.absolute(directory);
        let mut listing = Listing::default();
        let handle = match lister.opendir(path.as_str()).await {
            Ok(opened) => opened.handle,
            Err(error) if status(&error) == Some(StatusCode::NoSuchFile) => return Ok(listing),
            Err(error) => return Err(self.trouble(&path, &error).await),
        };
        // Part by part: whoever runs the server may tell files without end.
        let read = loop {
            match lister.readdir(handle.as_str()).await {
                Ok(part) => note_files(&mut listing, part.files),
                Err(error) if status(&error) == Some(StatusCode::Eof) => break Ok(()),
                Err(error) => break Err(self.trouble(&path, &error).await),
            }
            if let Err(error) = listing.within_limit(&path) {
                break Err(error);
            }
        };
        // The listing is what counts; what is left open there ends with the connection.
        let _ = lister.close(handle).await;
        read.map(|()| listing)
    }

    pub(crate) async fn read(&self, path: &FilePath, max: u64) -> Result<Bytes, FolderError> {
        let sftp = self.session().await?;
        let full = self.absolute_file(path);
        let metadata = match sftp.symlink_metadata(full.as_str()).await {
            Ok(metadata) => metadata,
            Err(error) => return Err(self.trouble(&full, &error).await),
        };
        if !metadata.file_type().is_file() {
            return Err(FolderError::Refused {
                place: full,
                reason: "it is no regular file".to_owned(),
            });
        }
        if metadata.len() > max {
            return Err(FolderError::TooLarge { place: full, max });
        }
        let file = match sftp.open_with_flags(full.as_str(), OpenFlags::READ).await {
            Ok(file) => file,
            Err(error) => return Err(self.trouble(&full, &error).await),
        };
        let mut body = Vec::new();
        if let Err(error) = file.take(max.saturating_add(1)).read_to_end(&mut body).await {
            self.forget().await;
            return Err(FolderError::NotDone {
                place: full,
                detail: error.to_string(),
            });
        }
        match body.len() as u64 > max {
            true => Err(FolderError::TooLarge { place: full, max }),
            false => Ok(body.into()),
        }
    }

    pub(crate) async fn write_new(
        &self,
        path: &FilePath,
        body: &[u8],
        unique: &str,
    ) -> Result<bool, FolderError> {
        let sftp = self.session().await?;
        let full = self.absolute_file(path);
        // Some servers rename over what is there.
        if self.is_there(&sftp, &full).await? {
            return Ok(false);
        }
        let unfinished = format!("{}/{}", self.absolute(path.directory()), path.unfinished(unique));
        self.make_directory(&sftp, path.directory()).await?;
        let flags = OpenFlags::CREATE | OpenFlags::EXCLUDE | OpenFlags::WRITE;
        let mut file = match sftp.open_with_flags(unfinished.as_str(), flags).await {
            Ok(file) => file,
            Err(error) => return Err(self.trouble(&full, &error).await),
        };
        let written = async {
            file.write_all(body).await?;
            file.flush().await?;
            file.shutdown().await
        };
        if let Err(error) = written.await {
            let _ = sftp.remove_file(unfinished.as_str()).await;
            self.forget().await;
            return Err(FolderError::NotDone {
                place: full,
                detail: error.to_string(),
            });
        }
        match sftp.rename(unfinished.as_str(), full.as_str()).await {
            Ok(()) => Ok(true),
            Err(error) if status(&error) == Some(StatusCode::Failure) => {
                let _ = sftp.remove_file(unfinished.as_str()).await;
                match self.is_there(&sftp, &full).await? {
                    true => Ok(false),
                    false => Err(self.trouble(&full, &error).await),
                }
            }
            Err(error) => Err(self.unseen(&full, &error).await),
        }
    }

    pub(crate) async fn move_new(&self, from: &FilePath, to: &FilePath) -> Result<Moved, FolderError> {
        let sftp = self.session().await?;
        let (old, new) = (self.absolute_file(from), self.absolute_file(to));
        if !self.is_there(&sftp, &old).await? {
            return Ok(Moved::Missing);
        }
        if self.is_there(&sftp, &new).await? {
            return Ok(Moved::Exists);
        }
        self.make_directory(&sftp, to.directory()).await?;
        match sftp.rename(old.as_str(), new.as_str()).await {
            Ok(()) => Ok(Moved::Done),
            Err(error) => match status(&error) {
                Some(StatusCode::NoSuchFile) => Ok(Moved::Missing),
                Some(StatusCode::Failure) if self.is_there(&sftp, &new).await? => Ok(Moved::Exists),
                Some(_) => Err(self.trouble(&old, &error).await),
                None => Err(self.unseen(&old, &error).await),
            },
        }
    }

    pub(crate) async fn remove(&self, path: &FilePath) -> Result<bool, FolderError> {
        let sftp = self.session().await?;
        let full = self.absolute_file(path);
        match sftp.remove_file(full.as_str()).await {
            Ok(()) => Ok(true),
            Err(error) => match status(&error) {
                Some(StatusCode::NoSuchFile) => Ok(false),
                Some(_) => Err(self.trouble(&full, &error).await),
                None => Err(self.unseen(&full, &error).await),
            },
        }
    }

    async fn is_there(&self, sftp: &SftpSession, full: &str) -> Result<bool, FolderError> {
        match sftp.symlink_metadata(full).await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(StatusCode::NoSuchFile) => Ok(false),
            Err(error) => Err(self.trouble(full, &error).await),
        }
    }

    async fn make_directory(&self, sftp: &SftpSession, directory: &str) -> Result<(), FolderError> {
        let mut below = String::new();
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            below = match below.is_empty() {
                true => part.to_owned(),
                false => format!("{below}/{part}"),
            };
            let full = self.absolute(&below);
            if !self.is_there(sftp, &full).await?
                && let Err(error) = sftp.create_dir(full.as_str()).await
                && !self.is_there(sftp, &full).await?
            {
                return Err(self.trouble(&full, &error).await);
            }
        }
        Ok(())
    }

    fn absolute(&self, below: &str) -> String {
        let base = self.place.directory.trim_end_matches('/');
        match below {
            "" => base.to_owned(),
            below => format!("{base}/{below}"),
        }
    }

    fn absolute_file(&self, path: &FilePath) -> String {
        self.absolute(&path.to_string())
    }

    async fn session(&self) -> Result<Arc<SftpSession>, FolderError> {
        Ok(self.opened().await?.sftp)
    }

    /// The session; a new one where there is none, or it rested too long.
    async fn opened(&self) -> Result<Opened, FolderError> {
        let mut session = self.session.lock().await;
        if let Some(open) = session.as_mut()
            && !open.handle.is_closed()
            && open.used.elapsed() < IDLE
        {
            open.used = Instant::now();
            return Ok(open.opened.clone());
        }
        *session = None;
        let opened = tokio::time::timeout(CONNECT_TIMEOUT, self.open());
        let opened = opened.await.unwrap_or_else(|_| {
            let seconds = CONNECT_TIMEOUT.as_secs();
            Err(self.not_done(format!("not let in within {seconds} s")))
        })?;
        let shared = opened.opened.clone();
        *session = Some(opened);
        Ok(shared)
    }

    async fn open(&self) -> Result<Session, FolderError> {
        let place = &self.place;
        let stream = punchgate_egress::connect(&place.host, place.port, &place.networks, CONNECT_TIMEOUT)
            .await
            .map_err(|error| match error {
                EgressError::Refused { host, reason } => FolderError::Refused { place: host, reason },
                other => self.not_done(other.to_string()),
            })?;
        let judge = Judge {
            known: place.host_keys.clone(),
            shown: Arc::default(),
        };
        let shown = Arc::clone(&judge.shown);
        let connected = russh::client::connect_stream(Arc::new(Config::default()), stream, judge).await;
        let mut handle = match connected {
            Ok(handle) => handle,
            Err(error) => {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                return Err(match shown {
                    Some(shown) if !place.host_keys.contains(&shown) => self.login(format!(
                        "the server shows the key {shown}, which settings.folder.host_keys does not name: enter it \
                         there if whoever runs the server says that it is theirs"
                    )),
                    _ => self.not_done(error.to_string()),
                });
            }
        };
        let result = match (&self.key, &place.login) {
            (Some(key), _) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), Some(HashAlg::Sha256));
                handle.authenticate_publickey(&place.user, key).await
            }
            (None, SftpLogin::Password(password)) => {
                handle.authenticate_password(&place.user, password).await
            }
            (None, SftpLogin::Key(..)) => return Err(self.login("there is no key".to_owned())),
        };
        let result = result.map_err(|error| self.not_done(error.to_string()))?;
        if !result.success() {
            return Err(self.login(format!(
                "the server refuses user '{}': correct user, secrets.password or secrets.private_key",
                place.user
            )));
        }
        let not_done = |error: SftpError| self.not_done(error.to_string());
        let sftp = SftpSession::new(self.channel(&handle).await?)
            .await
            .map_err(not_done)?;
        let lister = RawSftpSession::new(self.channel(&handle).await?);
        lister.init().await.map_err(not_done)?;
        Ok(Session {
            opened: Opened {
                sftp: Arc::new(sftp),
                lister: Arc::new(lister),
            },
            handle,
            used: Instant::now(),
        })
    }

    async fn channel(&self, handle: &Handle<Judge>) -> Result<ChannelStream<Msg>, FolderError> {
        let opened = async {
            let channel = handle.channel_open_session().await?;
            channel.request_subsystem(true, "sftp").await?;
            Ok::<_, russh::Error>(channel.into_stream())
        };
        opened.await.map_err(|error| self.not_done(error.to_string()))
    }

    async fn forget(&self) {
        *self.session.lock().await = None;
    }

    /// A read, or a refusal in words: nothing was changed.
    async fn trouble(&self, place: &str, error: &SftpError) -> FolderError {
        let (place, detail) = (place.to_owned(), error.to_string());
        match status(error) {
            Some(StatusCode::NoSuchFile) => FolderError::Missing { place },
            Some(StatusCode::PermissionDenied) => FolderError::Forbidden { place, detail },
            Some(_) => FolderError::NotDone { place, detail },
            None => {
                self.forget().await;
                FolderError::NotDone { place, detail }
            }
        }
    }

    /// A change without an answer.
    async fn unseen(&self, place: &str, error: &SftpError) -> FolderError {
        if status(error).is_some() {
            return self.trouble(place, error).await;
        }
        self.forget().await;
        FolderError::Unseen {
            place: place.to_owned(),
            detail: error.to_string(),
        }
    }

    fn not_done(&self, detail: String) -> FolderError {
        FolderError::NotDone {
            place: format!("{:?}", self.place),
            detail,
        }
    }

    fn login(&self, detail: String) -> FolderError {
        FolderError::Login {
            place: format!("{:?}", self.place),
            detail,
        }
    }
}

fn note_files(listing: &mut Listing, files: Vec<File>) {
    for File { filename, attrs, .. } in files {
        if filename.starts_with('.') || attrs.file_type().is_dir() {
            continue;
        }
        let modified = attrs
            .mtime
            .and_then(|seconds| Timestamp::from_second(seconds.into()).ok());
        match (attrs.file_type().is_file() && is_name(&filename), modified) {
            (true, Some(modified)) => listing.entries.push(Entry {
                size: attrs.len(),
                stamp: format!("{}-{}", attrs.len(), modified.as_second()),
                modified,
                name: filename,
            }),
            _ => listing.passed_over.push(filename.chars().take(120).collect()),
        }
    }
}

fn status(error: &SftpError) -> Option<StatusCode> {
    match error {
        SftpError::Status(status) => Some(status.status_code),
        _ => None,
    }
}

/// Says whether the server is the one that is meant.
struct Judge {
    known: Vec<String>,
    shown: Arc<Lock<Option<String>>>,
}

impl Handler for Judge {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Ok(false);
        };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let known = self.known.contains(&fingerprint);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        Ok(known)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}
