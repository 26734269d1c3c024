//! The gateway's own TLS: its certificate is checked by who connects, exchanged while it runs, and nobody who is slow to
//! shake hands keeps others waiting.

use std::{net::SocketAddr, path::Path};

use punchgate::{
    config::{Config, Tls},
    connectors, serve,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, StatusCode};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{http, live::Live, supplier::Supplier};

/// Somebody who vouches for names.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of its own for this machine, and its key, where the gateway reads them.
fn issue(authority: &Authority, folder: &Path) -> Tls {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let tls = Tls {
        certificate: folder.join("chain.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&tls.certificate, certificate.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    tls
}

/// Asks with a connection of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "a client that trusts this authority and no other"
)]
async fn asked(address: SocketAddr, trusts: &Authority) -> Result<StatusCode, reqwest::Error> {
    let root = Certificate::from_pem(trusts.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .resolve("localhost", address)
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/healthz", address.port());
    Ok(client.get(url).send().await?.status())
}

async fn started(live: &Live, tls: &Tls) -> serve::Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config {
        tls: tls.clone(),
        ..live.config(&address.to_string())
    };
    serve::start_on(listener, config, connectors::registry())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_of_its_own_certificate_takes_a_renewed_one() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (authority(), authority());
    let tls = issue(&first, folder.path());
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let mut running = started(&live, &tls).await;
    let address = running.address;
    assert_eq!(asked(address, &first).await.unwrap(), StatusCode::OK);
    assert!(asked(address, &second).await.is_err(), "by another authority");
    let plain = http().get(format!("http://{address}/healthz")).send().await;
    assert!(plain.is_err(), "{plain:?}");

    // What does not fit together changes nothing.
    issue(&second, folder.path());
    let key = std::fs::read(&tls.key).unwrap();
    std::fs::write(&tls.key, "no key").unwrap();
    let config = running.gateway.config.clone();
    let refused = running.reload(config.clone()).await.unwrap_err().to_string();
    assert!(
        refused.starts_with("tls.key") && refused.contains("PEM"),
        "{refused}"
    );
    assert_eq!(asked(address, &first).await.unwrap(), StatusCode::OK);

    std::fs::write(&tls.key, key).unwrap();
    running.reload(config).await.unwrap();
    assert_eq!(asked(address, &second).await.unwrap(), StatusCode::OK);
    assert!(asked(address, &first).await.is_err());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_shake_hands_keeps_nobody_waiting() {
    let folder = TempDir::new().unwrap();
    let authority = authority();
    let tls = issue(&authority, folder.path());
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let running = started(&live, &tls).await;
    let silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(asked(running.address, &authority).await.unwrap(), StatusCode::OK);
    drop(silent);
    running.stop().await;
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let folder = TempDir::new().unwrap();
    let authority = authority();
    let tls = issue(&authority, folder.path());
    let refused = |tls: &Tls| punchgate::tls::Tls::open(tls).unwrap_err().to_string();
    let missing = Tls {
        key: folder.path().join("nowhere.pem"),
        ..tls.clone()
    };
    assert!(
        refused(&missing).contains("cannot be read"),
        "{}",
        refused(&missing)
    );
    let key = std::fs::read(&tls.key).unwrap();
    std::fs::write(&tls.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(refused(&tls).starts_with("tls.key"), "{}", refused(&tls));
    std::fs::write(&tls.key, key).unwrap();
    std::fs::write(&tls.certificate, "").unwrap();
    assert!(
        refused(&tls).contains("there is no certificate in it"),
        "{}",
        refused(&tls)
    );
    let debug = format!(
        "{:?}",
        punchgate::tls::Tls::open(&issue(&authority, folder.path())).unwrap()
    );
    assert!(debug.contains("SecretBytes(…)"), "{debug}");
}
