//! Real servers: OpenSSH's sshd, one process a connection, and an S3 service that checks signatures.

use std::{
    fs, io,
    net::SocketAddr,
    os::{fd::OwnedFd, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use punchgate_connector::{Secrets, folder::Roots};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::support::Drop;

const SSHD: &str = "/usr/sbin/sshd";

/// Ends a server with the test.
struct Ends(AbortHandle);

impl std::ops::Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An SFTP server with one user, who proves itself by a key.
pub(crate) struct SftpServer {
    pub(crate) address: SocketAddr,
    pub(crate) fingerprint: String,
    pub(crate) private_key: String,
    pub(crate) user: String,
    folder: Arc<TempDir>,
    ends: Arc<Ends>,
}

impl SftpServer {
    /// None, and a word about it, where there is no sshd.
    #[expect(clippy::print_stderr, reason = "who runs the tests sees what was not tried")]
    pub(crate) async fn start() -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!(
                "skipped: there is no {SSHD}, the SFTP server was not tried; scripts/setup installs it"
            );
            return None;
        }
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let user = text_of(Command::new("id").arg("-un"));
        if user == "root" {
            // Where sshd runs as root it wants this folder, which its service would make.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let (host, own) = (key(folder.path(), "host"), key(folder.path(), "own"));
        let allowed = folder.path().join("allowed");
        fs::copy(own.with_extension("pub"), &allowed).unwrap();
        let config = folder.path().join("config");
        let lines = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\nPidFile none\n",
            host.display(),
            allowed.display()
        );
        fs::write(&config, lines).unwrap();
        let shown = text_of(
            Command::new("ssh-keygen")
                .arg("-lf")
                .arg(host.with_extension("pub")),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = folder.path().join("log");
        let serve = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                one_connection(stream, &config, &log).unwrap();
            }
        });
        Some(Self {
            address,
            fingerprint: shown.split(' ').nth(1).unwrap().to_owned(),
            private_key: fs::read_to_string(&own).unwrap(),
            user,
            folder,
            ends: Arc::new(Ends(serve.abort_handle())),
        })
    }

    pub(crate) fn place(&self) -> Value {
        json!({
            "kind": "sftp", "host": "127.0.0.1", "port": self.address.port(), "user": self.user,
            "path": self.folder.path().join("erp"), "host_keys": [self.fingerprint],
            "allow_networks": ["127.0.0.0/8"]
        })
    }

    pub(crate) fn secrets(&self) -> Secrets {
        [("private_key", self.private_key.as_str())].into_iter().collect()
    }

    pub(crate) fn drop(&self, settings: Value, place: Value, secrets: &Secrets) -> Drop {
        let root = self.folder.path().join("erp");
        fs::create_dir_all(&root).unwrap();
        let held: Vec<Arc<dyn Send + Sync>> =
            vec![Arc::clone(&self.folder) as _, Arc::clone(&self.ends) as _];
        Drop::at(root, place, settings, secrets, Roots::default(), held)
    }
}

/// sshd serves the connection that is its input and output: no port is taken, none is guessed.
fn one_connection(stream: tokio::net::TcpStream, config: &Path, log: &Path) -> io::Result<()> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let output = stream.try_clone()?;
    let mut child = Command::new(SSHD)
        .args(["-i", "-e", "-f"])
        .arg(config)
        .stdin(Stdio::from(OwnedFd::from(stream)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .stderr(fs::File::options().create(true).append(true).open(log)?)
        .spawn()?;
    tokio::task::spawn_blocking(move || child.wait());
    Ok(())
}

fn key(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn text_of(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

pub(crate) const BUCKET: &str = "drops";

/// An S3 service with one bucket, which lies in a folder.
pub(crate) struct S3Server {
    pub(crate) address: SocketAddr,
    folder: Arc<TempDir>,
    ends: Arc<Ends>,
}

impl S3Server {
    pub(crate) async fn start() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let store = s3s_fs::FileSystem::new(folder.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single("AKIDTEST", "the secret key"));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(connection);
            }
        });
        Self {
            address,
            folder,
            ends: Arc::new(Ends(serve.abort_handle())),
        }
    }

    pub(crate) fn place(&self) -> Value {
        json!({
            "kind": "s3", "endpoint": format!("http://{}", self.address), "region": "eu-central-1", "bucket": BUCKET,
            "prefix": "acme/erp", "access_key_id": "AKIDTEST", "allow_http": true, "allow_networks": ["127.0.0.0/8"]
        })
    }

    pub(crate) fn secrets(&self, key: &str) -> Secrets {
        [("secret_access_key", key)].into_iter().collect()
    }

    pub(crate) fn drop(&self, settings: Value, place: Value, secrets: &Secrets) -> Drop {
        let root = self.folder.path().join(BUCKET).join("acme/erp");
        fs::create_dir_all(&root).unwrap();
        let held: Vec<Arc<dyn Send + Sync>> =
            vec![Arc::clone(&self.folder) as _, Arc::clone(&self.ends) as _];
        Drop::at(root, place, settings, secrets, Roots::default(), held)
    }
}
