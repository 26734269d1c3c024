//! The line of the systems in memory: a call is a request to a server that serves whatever is asked, so that the suites
//! can disturb it.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::LazyLock,
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode, header};
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    egress::{Egress, EgressError, EgressRules, HostPattern, Limits, Request, Response},
    error::Effect,
};
use url::Url;

const SERVED: &[u8] = b"served";

static SERVER: LazyLock<Url> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            std::thread::spawn(move || serve(client.unwrap()));
        }
    });
    format!("http://{address}/").parse().unwrap()
});

thread_local! {
    /// A test has a thread and a runtime of its own, and connections do not outlive that.
    static HTTP: Egress = Egress::new(EgressRules {
        hosts: HostPattern::of_url(&SERVER).into_iter().collect(),
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        plain_http: true,
        ..EgressRules::default()
    })
    .unwrap();
}

pub(super) fn http() -> Egress {
    HTTP.with(Egress::clone)
}

/// Requests without a body, until whoever asks hangs up.
fn serve(mut client: TcpStream) {
    let mut read = Vec::new();
    let mut part = [0_u8; 4096];
    while let Ok(length @ 1..) = client.read(&mut part) {
        read.extend_from_slice(&part[..length]);
        if read.ends_with(b"\r\n\r\n") {
            read.clear();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", SERVED.len());
            if client.write_all(&[head.as_bytes(), SERVED].concat()).is_err() {
                return;
            }
        }
    }
}

/// Work that is done at the other end, wherever the request gets there, and what whoever asked for it sees of that.
pub(super) async fn over<T>(
    ctx: &Context,
    operation: &'static str,
    effect: Effect,
    work: impl FnOnce() -> ConnectorResult<T> + Send,
) -> ConnectorResult<T> {
    let request = Request {
        method: Method::GET,
        url: SERVER.clone(),
        headers: HeaderMap::new(),
        body: Default::default(),
        limits: Limits::default(),
    };
    let answer = ctx.send(request).await;
    let arrived = match &answer {
        Ok(answer) => !matches!(
            answer.status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED
        ),
        Err(error) => matches!(error, EgressError::Unknown { .. }),
    };
    let done = arrived.then(work);
    let seen = answer
        .map_err(|error| ConnectorError::from_egress(operation, effect, &error))
        .and_then(|answer| served(operation, effect, &answer));
    seen.and(done.unwrap_or_else(|| Err(ConnectorError::new(ErrorKind::Temporary, operation, "not served"))))
}

fn served(operation: &'static str, effect: Effect, answer: &Response) -> ConnectorResult<()> {
    let kind = match (answer.status, effect) {
        (StatusCode::OK, _) if answer.body == SERVED => return Ok(()),
        (StatusCode::TOO_MANY_REQUESTS, _) => ErrorKind::RateLimited {
            after: answer
                .headers
                .get(header::RETRY_AFTER)
                .map(|seconds| Duration::from_secs(seconds.to_str().unwrap().parse().unwrap())),
        },
        (StatusCode::UNAUTHORIZED, _) => ErrorKind::Auth,
        (_, Effect::Change) => ErrorKind::Unknown,
        (status, Effect::Read) if status.is_server_error() => ErrorKind::Temporary,
        (_, Effect::Read) => ErrorKind::Schema,
    };
    let status = answer.status.as_u16();
    Err(ConnectorError::new(kind, operation, "another answer").with("status", status.to_string()))
}
