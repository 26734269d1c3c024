//! Where a folder is.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use punchgate_egress::{EgressRules, IpNet};
use url::Url;

/// Where a folder is, and how one gets in.
#[derive(Clone, Debug)]
pub enum Place {
    /// A folder of this machine, or mounted here; absolute, under one of the roots.
    Local(PathBuf),
    /// A directory of an SFTP server.
    Sftp(Sftp),
    /// A prefix in an S3 bucket.
    S3(S3),
}

/// The folders of this machine below which folders may lie. None: there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots(pub Vec<PathBuf>);

impl Roots {
    /// The root below which a path lies, and the way from there. As they are written, so nothing is asked of a disk that
    /// may not answer: whoever opens the path follows no link below the root.
    pub fn above<'p>(&self, path: &'p Path) -> Option<(&Path, &'p Path)> {
        let is_plain = |path: &Path| {
            let mut steps = path.components();
            steps.next() == Some(Component::RootDir) && steps.all(|step| matches!(step, Component::Normal(_)))
        };
        let roots = self.0.iter().filter(|root| is_plain(root) && is_plain(path));
        let mut above = roots.filter_map(|root| Some((root.as_path(), path.strip_prefix(root).ok()?)));
        above.next()
    }
}

/// A directory of an SFTP server.
#[derive(Clone)]
pub struct Sftp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Networks outside the public internet that may be reached all the same.
    pub networks: Vec<IpNet>,
    /// Fingerprints of the server's key, `SHA256:…`; two while it is exchanged.
    pub host_keys: Vec<String>,
    /// The user.
    pub user: String,
    /// How the user is proved.
    pub login: SftpLogin,
    /// The directory, as the server names it.
    pub directory: String,
}

/// How the user of an SFTP server is proved.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "secrets and nothing else")]
pub enum SftpLogin {
    /// By a password.
    Password(String),
    /// By a private key in OpenSSH's or PEM's form, and its passphrase.
    Key(String, Option<String>),
}

/// A prefix in an S3 bucket.
#[derive(Clone)]
pub struct S3 {
    /// The address of the service.
    pub endpoint: Url,
    /// What may be reached: the endpoint's host, or names below it.
    pub rules: EgressRules,
    /// Region.
    pub region: String,
    /// Bucket.
    pub bucket: String,
    /// What every key begins with; empty, or without slashes around it.
    pub prefix: String,
    /// Whether the bucket stands in the host's name; else in the path.
    pub virtual_host: bool,
    /// Key id.
    pub access_key_id: String,
    /// Key.
    pub secret_access_key: String,
}

impl fmt::Debug for Sftp {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sftp://{}@{}:{}/{}",
            self.user, self.host, self.port, self.directory
        )
    }
}

impl fmt::Debug for S3 {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{} at {}", self.bucket, self.prefix, self.endpoint)
    }
}
