//! A name that leads elsewhere when it is looked up again.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

static LOOKS: AtomicUsize = AtomicUsize::new(0);

/// A server that answers once a connection, and counts them.
async fn counting(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer).await;
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_at_the_second_look_is_refused() {
    let (port, inside) = counting("127.0.0.1:0").await;
    let (_, outside) = counting(&format!("127.0.0.2:{port}")).await;
    // 127.0.0.2 stands for the ERP, everything else on this machine is nobody's business.
    let rules = EgressRules {
        hosts: vec!["erp.example".parse().unwrap()],
        networks: vec!["127.0.0.2/32".parse().unwrap()],
        plain_http: true,
        extra_roots: Vec::new(),
    };
    let egress = Egress::looking_up(rules, |_| {
        let first = LOOKS.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { "127.0.0.2:0" } else { "127.0.0.1:0" };
        Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
    })
    .unwrap();
    let request = || Request {
        method: Method::GET,
        url: format!("http://erp.example:{port}/").parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        limits: Limits::default(),
    };
    assert_eq!(egress.send(request()).await.unwrap().status, 200);
    for _ in 0..2 {
        let error = egress.send(request()).await.err().unwrap();
        assert!(matches!(error, EgressError::Refused { .. }), "{error}");
    }
    assert_eq!(
        LOOKS.load(Ordering::SeqCst),
        3,
        "every connection is a look of its own"
    );
    assert_eq!(
        (outside.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)),
        (1, 0)
    );
}
