//! Clients: many at once for some seconds, each sending the next document when the last one is answered.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use punchgate::gateway::Gateway;
use punchgate_app::inbound::Arrival;
use tokio::net::TcpStream;

/// A document whose number and payloadID are new each time.
#[derive(Clone)]
pub(crate) struct Template {
    pieces: Arc<Vec<String>>,
}

/// Numbers the documents of a run: none is a duplicate.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Template {
    /// Cut at the texts that name the document.
    pub(crate) fn new(xml: &str, names: &[&str]) -> Self {
        let marked = names
            .iter()
            .fold(xml.to_owned(), |xml, name| xml.replace(name, "\0"));
        Self {
            pieces: Arc::new(marked.split('\0').map(str::to_owned).collect()),
        }
    }

    pub(crate) fn next(&self) -> Vec<u8> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.pieces.join(&format!("{number:010}")).into_bytes()
    }
}

/// How many requests were answered in a second. Each client is given its own state by `client`.
pub(crate) async fn rate<C, F, S>(clients: usize, turn: Duration, client: C) -> f64
where
    C: Fn() -> F,
    F: Future<Output = S>,
    S: Client,
{
    let mut ready = Vec::with_capacity(clients);
    for _ in 0..clients {
        ready.push(client().await);
    }
    let begun = Instant::now();
    let tasks: Vec<_> = ready
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                let mut answered = 0_u32;
                while begun.elapsed() < turn {
                    client.send().await;
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += task.await.unwrap();
    }
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

/// Somebody who sends and waits for the answer.
pub(crate) trait Client: Send + 'static {
    fn send(&mut self) -> impl Future<Output = ()> + Send;
}

/// Hands documents to the use case, without HTTP.
pub(crate) struct Direct {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) template: Template,
}

impl Client for Direct {
    async fn send(&mut self) {
        let arrival = Arrival {
            body: self.template.next(),
            content_type: Some("text/xml; charset=utf-8".to_owned()),
            relationship: None,
            remote: [127, 0, 0, 1].into(),
            at: self.gateway.surroundings.now(),
        };
        let reply = self.gateway.inbound.receive(arrival).await;
        assert_accepted(reply.http, &reply.body);
    }
}

/// Sends over a connection of its own that is kept open.
pub(crate) struct OverHttp {
    sender: http1::SendRequest<Full<Bytes>>,
    path: &'static str,
    template: Template,
}

impl OverHttp {
    pub(crate) async fn connect(address: SocketAddr, path: &'static str, template: Template) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self {
            sender,
            path,
            template,
        }
    }
}

impl Client for OverHttp {
    async fn send(&mut self) {
        let request = Request::post(self.path)
            .header("host", "gateway")
            .header("content-type", "text/xml; charset=utf-8")
            .body(Full::new(Bytes::from(self.template.next())))
            .unwrap();
        self.sender.ready().await.unwrap();
        let answer = self.sender.send_request(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_accepted(status, &body);
    }
}

fn assert_accepted(http: u16, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    assert!(
        http == 200 && text.contains("code=\"200\""),
        "HTTP {http}: {text}"
    );
}
