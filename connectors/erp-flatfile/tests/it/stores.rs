//! The same behaviour in every store, and what is a store's own: who it is, whom it lets in, where it may lie.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use punchgate_connector::{ErrorKind, Secrets};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    conformance::{conforms, everything},
    orders::{hands_an_order_over_once, with_status},
    servers::{S3Server, SftpServer},
    support::{Drop, customers, rows, settings},
};

/// What every store must do: read, archive, report, refuse, and hand over.
async fn behaves(cases: usize, make: impl Fn(Value) -> Drop) {
    let drop = make(settings(customers()));
    drop.put(
        "customers-1.csv",
        rows(&[("A", "1"), ("B", "2"), ("C", "3"), ("D", "4"), ("E", "5")]),
    );
    let told = drop.read(None).await;
    assert_eq!(told.keys(), ["A", "B", "C", "D", "E"]);
    drop.put(
        "customers-2.csv",
        rows(&[("A", "1"), ("B", "x"), ("C", "3"), ("D", "4"), ("E", "50")]),
    );
    drop.put("customers-3.csv.part", "half");
    let told = drop.read(told.cursor).await;
    assert_eq!(told.keys(), ["E"]);
    drop.put("customers-1.csv", rows(&[("A", "999")]));
    let told = drop.read(told.cursor).await;
    assert!(
        told.accounts.is_empty() && told.problems().contains("number 1 was read already"),
        "{told:?}"
    );
    assert_eq!(drop.files("in"), ["customers-3.csv.part"]);
    assert_eq!(drop.files("archive"), ["customers-1.csv", "customers-2.csv"]);
    assert!(
        drop.content("errors", ".errors.csv")
            .contains("\"B\",\"credit_limit\",\"x\"")
    );
    assert!(
        drop.content("refused", ".problem.txt")
            .contains("another content")
    );
    let large = "x".repeat((1 << 20) + 1);
    let mut small = settings(customers());
    small["reading"] = json!({ "max_file_mib": 1 });
    let drop = make(small);
    drop.put("customers-9.csv", large);
    let (page, left) = drop.page(told.cursor.as_ref(), 10).await.unwrap();
    assert!(
        page.items.is_empty() && left[0].problem.contains("1048576 bytes"),
        "{left:?}"
    );
    fs::remove_dir_all(drop.root.join("archive")).unwrap();
    fs::remove_dir_all(drop.root.join("refused")).unwrap();
    let drop = make(with_status());
    drop.put("customers-1.csv", rows(&[("A", "1")]));
    hands_an_order_over_once(&drop).await;
    fs::remove_dir_all(&drop.root).unwrap();
    let drop = make(everything());
    fs::create_dir_all(drop.root.join("in")).unwrap();
    conforms(&drop, cases).await;
}

#[tokio::test]
async fn a_folder_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("erp");
    behaves(17, |settings| {
        fs::create_dir_all(&root).unwrap();
        let place = json!({ "kind": "local", "path": root });
        let roots = punchgate_connector::folder::Roots(vec![folder.path().to_owned()]);
        Drop::at(root.clone(), place, settings, &Secrets::none(), roots, Vec::new())
    })
    .await;
}

#[tokio::test]
async fn an_sftp_server() {
    let Some(server) = SftpServer::start().await else {
        return;
    };
    behaves(17, |settings| {
        server.drop(settings, server.place(), &server.secrets())
    })
    .await;
}

#[tokio::test]
async fn an_s3_service() {
    let server = S3Server::start().await;
    // No order is taken back there.
    behaves(16, |settings| {
        server.drop(settings, server.place(), &server.secrets("the secret key"))
    })
    .await;
}

/// What `check` says where the connector cannot get in.
async fn refused(drop: &Drop) -> (ErrorKind, String) {
    let error = drop.connector.check(&drop.context()).await.unwrap_err();
    (error.kind, error.to_string())
}

#[tokio::test]
async fn an_sftp_server_is_who_it_should_be_and_lets_in_whom_it_knows() {
    let Some(server) = SftpServer::start().await else {
        return;
    };
    let with = |change: Value, secrets: &Secrets| {
        let mut place = server.place();
        for (key, value) in change.as_object().unwrap() {
            place[key] = value.clone();
        }
        server.drop(settings(customers()), place, secrets)
    };
    let secrets = server.secrets();
    let (kind, told) = refused(&with(json!({ "host_keys": [] }), &secrets)).await;
    assert_eq!(kind, ErrorKind::Auth);
    assert!(
        told.contains(&server.fingerprint),
        "an operator is told which key was shown: {told}"
    );
    let (kind, _) = refused(&with(json!({ "host_keys": ["SHA256:another"] }), &secrets)).await;
    assert_eq!(kind, ErrorKind::Auth);
    let stranger = SftpServer::start().await.unwrap();
    let (kind, told) = refused(&with(json!({}), &stranger.secrets())).await;
    assert_eq!(kind, ErrorKind::Auth);
    assert!(told.contains("private_key") && !told.contains("BEGIN"), "{told}");
    let password: Secrets = [("password", "wrong-one")].into_iter().collect();
    let (kind, told) = refused(&with(json!({}), &password)).await;
    assert!(kind == ErrorKind::Auth && !told.contains("wrong-one"), "{told}");
    let (kind, told) = refused(&with(json!({ "allow_networks": [] }), &secrets)).await;
    assert_eq!(kind, ErrorKind::Blocked, "{told}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::mem::drop(listener);
    let (kind, _) = refused(&with(json!({ "port": port }), &secrets)).await;
    assert_eq!(kind, ErrorKind::Temporary);
}

#[tokio::test]
async fn an_s3_service_that_does_not_let_us_in() {
    let server = S3Server::start().await;
    let drop = server.drop(
        settings(customers()),
        server.place(),
        &server.secrets("another key"),
    );
    let (kind, told) = refused(&drop).await;
    assert_eq!(kind, ErrorKind::Forbidden, "{told}");
    assert!(
        !told.contains("another key") && !told.contains("Signature="),
        "{told}"
    );
    let mut place = server.place();
    place["allow_networks"] = json!([]);
    let drop = server.drop(settings(customers()), place, &server.secrets("the secret key"));
    assert_eq!(refused(&drop).await.0, ErrorKind::Blocked);
}

/// Says that a file is small, and then sends without end; counts what it got rid of.
async fn endless_service() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap_or(0) > 0
                {
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nLast-Modified: Sun, 01 Mar 2026 12:00:00 GMT\r\n";
                if let Some(query) = request.lines().next().filter(|line| line.contains("list-type")) {
                    let file = "<Contents><Key>acme/erp/in/customers-1.csv</Key><Size>10</Size>\
                                <LastModified>2026-03-01T12:00:00.000Z</LastModified></Contents>";
                    let file = if query.contains("in%2F") || query.contains("/in/") {
                        file
                    } else {
                        ""
                    };
                    let body = format!(
                        "<ListBucketResult><IsTruncated>false</IsTruncated>{file}</ListBucketResult>"
                    );
                    let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
                    let _ = stream.write_all(answer.as_bytes()).await;
                } else if request.starts_with("HEAD") {
                    let _ = stream
                        .write_all(format!("{head}Content-Length: 10\r\n\r\n").as_bytes())
                        .await;
                } else {
                    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
                    let part = vec![b'x'; 64 << 10];
                    while count.load(Ordering::Relaxed) < 256 << 20 && stream.write_all(&part).await.is_ok() {
                        count.fetch_add(part.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    (address, sent)
}

#[tokio::test]
async fn an_s3_service_that_sends_without_end_is_not_listened_to() {
    let (address, sent) = endless_service().await;
    let mut small = settings(customers());
    small["reading"] = json!({ "max_file_mib": 1 });
    let place = json!({
        "kind": "s3", "endpoint": format!("http://{address}"), "region": "eu-central-1", "bucket": "drop",
        "prefix": "acme/erp", "access_key_id": "AKIDTEST", "allow_http": true, "allow_networks": ["127.0.0.0/8"]
    });
    let secrets: Secrets = [("secret_access_key", "a key")].into_iter().collect();
    let root = std::path::PathBuf::from("unused");
    let drop = Drop::at(root, place, small, &secrets, Default::default(), Vec::new());
    let error = drop.page(None, 9).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Schema, "{error}");
    assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
    assert!(sent.load(Ordering::Relaxed) < 64 << 20);
}
