//! The gateway's own TLS, where no proxy stands before it: one certificate, exchanged while it runs.
//!
//! **Invariant:** what does not read, or does not fit together, changes nothing: the gateway answers with what it had.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    crypto::ring::{default_provider, sign},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use crate::config::{self, ConfigProblem};

/// What the gateway shows who connects.
#[derive(Debug)]
pub struct Tls {
    current: Arc<Current>,
    read: Mutex<Read>,
}

/// What was read last, and where.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    certificate: PathBuf,
    key: PathBuf,
    bytes: (Vec<u8>, SecretBytes),
}

/// A private key as it stands in its file.
#[derive(PartialEq, Eq)]
struct SecretBytes(Vec<u8>);

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads certificate and key.
    pub fn open(settings: &config::Tls) -> Result<Self, ConfigProblem> {
        let read = Read::of(&settings.certificate, &settings.key)?;
        Ok(Self {
            current: Arc::new(Current(RwLock::new(Arc::new(read.certified()?)))),
            read: Mutex::new(read),
        })
    }

    /// What takes connections.
    pub fn acceptor(&self) -> Result<TlsAcceptor, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let current: Arc<Current> = Arc::clone(&self.current);
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(current);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Answers from now on with what stands there; whether it is another than before.
    pub fn change(&self, settings: &config::Tls) -> Result<bool, ConfigProblem> {
        let read = Read::of(&settings.certificate, &settings.key)?;
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == read {
            return Ok(false);
        }
        let certified = Arc::new(read.certified()?);
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = certified;
        *known = read;
        Ok(true)
    }

    /// The same, of the files that it has: whoever renews a certificate need not tell us.
    pub fn look_again(&self) -> Result<bool, ConfigProblem> {
        let settings = {
            let known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            config::Tls {
                certificate: known.certificate.clone(),
                key: known.key.clone(),
            }
        };
        self.change(&settings)
    }
}

impl Read {
    fn of(certificate: &Path, key: &Path) -> Result<Self, ConfigProblem> {
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            bytes: (
                bytes("tls.certificate", certificate)?,
                SecretBytes(bytes("tls.key", key)?),
            ),
        })
    }

    fn certified(&self) -> Result<CertifiedKey, ConfigProblem> {
        let (chain, key) = &self.bytes;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| unfit("tls.certificate", &self.certificate, error))?;
        if chain.is_empty() {
            return Err(unfit(
                "tls.certificate",
                &self.certificate,
                "there is no certificate in it",
            ));
        }
        let key =
            PrivateKeyDer::from_pem_slice(&key.0).map_err(|error| unfit("tls.key", &self.key, error))?;
        let key = sign::any_supported_type(&key).map_err(|error| unfit("tls.key", &self.key, error))?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // Of a kind of key that does not tell, the client finds out.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
            Err(error) => Err(unfit("tls.key", &self.key, error)),
        }
    }
}

fn bytes(place: &str, path: &Path) -> Result<Vec<u8>, ConfigProblem> {
    std::fs::read(path).map_err(|error| {
        ConfigProblem::new(
            place,
            format!("{} cannot be read: {error}", path.display()),
            "check the path and who may read it",
        )
    })
}

fn unfit(place: &str, path: &Path, error: impl fmt::Display) -> ConfigProblem {
    ConfigProblem::new(
        place,
        format!("{}: {error}", path.display()),
        "it must be PEM: tls.certificate the certificate first and then those that lead from it to a known one, tls.key \
         its private key, not encrypted",
    )
}
