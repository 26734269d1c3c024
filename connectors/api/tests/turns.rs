//! Requests of a connector wait for their turn, and are surely not sent where it does not come in time.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, Method};
use jiff::Timestamp;
use punchgate_connector::{
    Context,
    egress::{Egress, EgressError, EgressRules, HostPattern, Limits, Request},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use url::Url;

struct Rig {
    listener: TcpListener,
    url: Url,
    http: Egress,
    turns: Arc<Semaphore>,
}

impl Rig {
    async fn new(at_a_time: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let http = Egress::new(EgressRules {
            hosts: HostPattern::of_url(&url).into_iter().collect(),
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            plain_http: true,
            ..EgressRules::default()
        });
        Self {
            listener,
            url,
            http: http.unwrap(),
            turns: Arc::new(Semaphore::new(at_a_time)),
        }
    }

    /// One request with a context of its own.
    async fn ask(&self, patience: Duration) -> Result<String, EgressError> {
        let context = Context::new(
            "try",
            Timestamp::UNIX_EPOCH,
            patience,
            Default::default(),
            self.http.clone(),
        )
        .with_turns(Some(Arc::clone(&self.turns)));
        let request = Request {
            method: Method::GET,
            url: self.url.clone(),
            headers: HeaderMap::new(),
            body: Default::default(),
            limits: Limits::default(),
        };
        let answer = context.send(request).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn asked(&self) -> TcpStream {
        let (mut client, _) = self.listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            client.read_buf(&mut read).await.unwrap();
        }
        client
    }
}

async fn answer(mut client: TcpStream, text: &str) {
    let length = text.len();
    let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{text}");
    client.write_all(answer.as_bytes()).await.unwrap();
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn whoever_waits_too_long_was_surely_not_sent() {
    let rig = Rig::new(1).await;
    let work = async {
        let first = rig.asked().await;
        let late = rig.ask(Duration::from_millis(20)).await;
        assert!(matches!(late, Err(EgressError::NotSent { .. })), "{late:?}");
        answer(first, "one").await;
        answer(rig.asked().await, "two").await;
    };
    let (first, second, ()) = tokio::join!(rig.ask(LONG), rig.ask(LONG), work);
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        ("one".to_owned(), "two".to_owned())
    );
}

#[tokio::test]
async fn so_many_are_under_way_at_a_time() {
    let rig = Rig::new(2).await;
    let work = async {
        let under_way = [rig.asked().await, rig.asked().await];
        let late = rig.ask(Duration::from_millis(20)).await;
        assert!(matches!(late, Err(EgressError::NotSent { .. })), "{late:?}");
        for client in under_way {
            answer(client, "served").await;
        }
        answer(rig.asked().await, "served").await;
    };
    let (one, two, three, ()) = tokio::join!(rig.ask(LONG), rig.ask(LONG), rig.ask(LONG), work);
    for answer in [one, two, three] {
        assert_eq!(answer.unwrap(), "served");
    }
}
