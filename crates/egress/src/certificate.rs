//! Whether the certificate of an address will still do at some instant.
//!
//! The handshake is made by a clock that runs ahead: what is judged is what every client judges, by the same code.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, Error,
    pki_types::{CertificateDer, ServerName, UnixTime},
    time_provider::TimeProvider,
};
use rustls_platform_verifier::Verifier;

/// A clock that stands.
#[derive(Debug)]
struct At(UnixTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// How a certificate was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// It will be believed.
    Good,
    /// It will have expired.
    Expired,
    /// It is not believed for another reason, or nobody answers.
    Unseen(String),
}

/// Asks `host` at `port`, as if it were so long after the Unix epoch. `roots` (DER) are believed beside those of the machine.
pub async fn certificate_at(
    host: &str,
    port: u16,
    at: Duration,
    roots: Vec<Vec<u8>>,
    timeout: Duration,
) -> Certificate {
    let host = host.to_owned();
    let asked = tokio::task::spawn_blocking(move || shake_hands(&host, port, at, roots, timeout)).await;
    match asked {
        Ok(Ok(())) => Certificate::Good,
        Ok(Err(error)) => judged(&error),
        Err(error) => Certificate::Unseen(error.to_string()),
    }
}

fn shake_hands(
    host: &str,
    port: u16,
    at: Duration,
    roots: Vec<Vec<u8>>,
    timeout: Duration,
) -> io::Result<()> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = roots.into_iter().map(CertificateDer::from);
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(io::Error::other)?;
    let clock = Arc::new(At(UnixTime::since_unix_epoch(at)));
    let config = ClientConfig::builder_with_details(provider, clock)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = connect(host, port, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(())
}

fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name leads nowhere");
    for address in (host.trim_matches(['[', ']']), port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn judged(error: &io::Error) -> Certificate {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Certificate::Expired,
        _ => Certificate::Unseen(error.to_string()),
    }
}
