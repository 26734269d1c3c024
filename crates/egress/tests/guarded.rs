//! The client against servers that mean no good.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]
use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use punchgate_egress::{Egress, EgressError, EgressRules, Limits, Request, UnknownCause};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

fn rules(hosts: &[&str], networks: &[&str]) -> EgressRules {
    EgressRules {
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
        plain_http: true,
        extra_roots: Vec::new(),
    }
}

/// Reaches this machine and nothing else.
fn loopback() -> Egress {
    Egress::new(rules(&["127.0.0.1", "localhost"], &["127.0.0.0/8", "::1/128"])).unwrap()
}

fn request(url: &str, limits: Limits) -> Request {
    Request {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        limits,
    }
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// A server that reads a request and then writes these bytes and closes, or holds its breath.
async fn raw_server(answer: Option<&'static [u8]>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            match answer {
                Some(bytes) => {
                    let _ = stream.write_all(bytes).await;
                }
                None => std::future::pending().await,
            }
        }
    });
    address
}

fn cause(error: &EgressError) -> Option<UnknownCause> {
    match error {
        EgressError::Unknown { cause, .. } => Some(*cause),
        _ => None,
    }
}

#[tokio::test]
async fn an_answer_is_read_to_its_end() {
    let server = server(ResponseTemplate::new(200).set_body_string("hello")).await;
    let answer = loopback()
        .send(request(&server.uri(), Limits::default()))
        .await
        .unwrap();
    assert_eq!(
        (answer.status, &answer.body[..]),
        (StatusCode::OK, b"hello".as_slice())
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let to_metadata = ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/latest/");
    let server = server(to_metadata).await;
    let answer = loopback()
        .send(request(&server.uri(), Limits::default()))
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn addresses_outside_the_rules_get_no_request() {
    let server = server(ResponseTemplate::new(200)).await;
    let port = server.address().port();
    let no_private = Egress::new(rules(&["127.0.0.1", "localhost"], &[])).unwrap();
    let other_host = Egress::new(rules(&["erp.example.com"], &["127.0.0.0/8"])).unwrap();
    let mut https = rules(&["127.0.0.1"], &["127.0.0.0/8"]);
    https.plain_http = false;
    let https_only = Egress::new(https).unwrap();
    let cases = [
        (&no_private, format!("http://127.0.0.1:{port}/")),
        // The name is allowed, what it leads to is not: seen only when it is looked up.
        (&no_private, format!("http://localhost:{port}/")),
        (&no_private, format!("http://[::ffff:127.0.0.1]:{port}/")),
        (&other_host, format!("http://127.0.0.1:{port}/")),
        (&https_only, format!("http://127.0.0.1:{port}/")),
    ];
    for (egress, url) in cases {
        let error = egress.send(request(&url, Limits::default())).await.unwrap_err();
        assert!(matches!(error, EgressError::Refused { .. }), "{url}: {error}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn too_much_is_not_read() {
    let server = server(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 5000])).await;
    let limits = |max| Limits {
        max_response_bytes: max,
        ..Limits::default()
    };
    let error = loopback()
        .send(request(&server.uri(), limits(4999)))
        .await
        .unwrap_err();
    assert_eq!(cause(&error), Some(UnknownCause::TooLarge));
    assert!(
        loopback()
            .send(request(&server.uri(), limits(5000)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_closed_port_was_surely_not_reached() {
    // Bound and dropped: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = loopback()
        .send(request(&format!("http://{address}/"), Limits::default()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, EgressError::NotSent { .. }) && error.surely_not_delivered(),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_was_surely_not_reached() {
    let egress = Egress::new(rules(&["nowhere.invalid"], &[])).unwrap();
    let error = egress
        .send(request("http://nowhere.invalid/", Limits::default()))
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::NotSent { .. }), "{error}");
}

#[tokio::test]
async fn a_cut_answer_is_unknown() {
    let cases: [&'static [u8]; 5] = [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"result\":",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!",
        // The beginning of a compressed answer.
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 14\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\xabV*\xcb",
    ];
    for bytes in cases {
        let address = raw_server(Some(bytes)).await;
        let error = loopback()
            .send(request(&format!("http://{address}/"), Limits::default()))
            .await
            .unwrap_err();
        assert_eq!(cause(&error), Some(UnknownCause::Cut), "{error}");
        assert!(!error.surely_not_delivered());
    }
}

#[tokio::test]
async fn silence_ends_with_the_time() {
    let address = raw_server(None).await;
    let limits = Limits {
        timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let error = loopback()
        .send(request(&format!("http://{address}/"), limits))
        .await
        .unwrap_err();
    assert_eq!(cause(&error), Some(UnknownCause::Timeout));
}

#[tokio::test]
async fn texts_hold_no_secret() {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let secret = request(&format!("http://{address}/path?token=geheim"), Limits::default());
    assert!(!format!("{secret:?}").contains("geheim"));
    let refused = loopback().send(secret).await.unwrap_err();
    assert!(!refused.to_string().contains("geheim"), "{refused}");
    let elsewhere = request("http://elsewhere.example/?token=geheim", Limits::default());
    let refused = loopback().send(elsewhere).await.unwrap_err();
    assert!(!refused.to_string().contains("geheim"), "{refused}");
}
