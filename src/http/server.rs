//! The listener: limits on slow and many clients, which `axum::serve` does not have, and an end that lets
//! requests under way finish.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    trace::TraceLayer,
};

/// Limits on clients.
#[derive(Debug, Clone, Copy)]
pub struct ClientLimits {
    /// For the head of a request.
    pub header: Duration,
    /// Most connections at once.
    pub connections: usize,
    /// For requests under way when the end comes.
    pub shutdown: Duration,
}

/// Serves until told to stop. Every request goes to the router of its moment.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    routers: watch::Receiver<Router>,
    limits: ClientLimits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_headers(100);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others must close first.
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(%remote, "too many connections; this one is closed");
            continue;
        };
        // Answers are small: waiting for more to send with them only delays them.
        let _ = stream.set_nodelay(true);
        let service = with_remote(routers.clone(), remote);
        let (builder, watcher, tls) = (builder.clone(), graceful.watcher(), tls.clone());
        tokio::spawn(async move {
            // Before it is shaken hands with: an end that comes meanwhile is one for this connection, too.
            let ended = match tls {
                None => {
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    watcher.watch(connection).await
                }
                Some(tls) => match tokio::time::timeout(limits.header, tls.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let connection = builder.serve_connection(TokioIo::new(stream), service);
                        watcher.watch(connection).await
                    }
                    Ok(Err(error)) => return tracing::debug!(%remote, %error, "no TLS was agreed on"),
                    Err(_) => return tracing::debug!(%remote, "TLS was not agreed on in time"),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%remote, %error, "a connection ended badly");
            }
            drop(place);
        });
    }
    if tokio::time::timeout(limits.shutdown, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests under way were cut off at the end");
    }
}

fn with_remote(
    routers: watch::Receiver<Router>,
    remote: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> {
    hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(remote));
        let router = routers.borrow().clone();
        router.oneshot(request.map(Body::new))
    })
}

/// Makes the span of a request.
type MakeSpan = fn(&Request<Body>) -> tracing::Span;

/// A span for every request. The query is left out: it may carry what no log should.
pub fn trace() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, MakeSpan> {
    TraceLayer::new_for_http().make_span_with(span as MakeSpan)
}

/// Start links, return links and the links for passwords are secrets: only the part before them is told.
fn shown(path: &str) -> String {
    let step = |rest: &str| rest.split('/').next().map(str::to_owned);
    match path.strip_prefix("/punchout/").and_then(step) {
        Some(step) => format!("/punchout/{step}/…"),
        None if path.starts_with("/evidence/") => "/evidence/…".to_owned(),
        None if path.starts_with("/console/password/") => "/console/password/…".to_owned(),
        None => path.to_owned(),
    }
}

fn span(request: &Request<Body>) -> tracing::Span {
    let shown = shown(request.uri().path());
    tracing::info_span!(
        "request",
        method = %request.method(),
        path = %shown,
        supplier = tracing::field::Empty,
        relationship = tracing::field::Empty,
        session = tracing::field::Empty,
        order = tracing::field::Empty,
        document = tracing::field::Empty,
        payload_id = tracing::field::Empty,
    )
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn secrets_of_addresses_are_not_told() {
        for (path, expected) in [
            ("/punchout/start/abc", "/punchout/start/…"),
            ("/console/password/abc", "/console/password/…"),
            ("/evidence/acme/abc", "/evidence/…"),
            ("/console/s/acme/deliveries", "/console/s/acme/deliveries"),
            ("/cxml", "/cxml"),
        ] {
            assert_eq!(shown(path), expected);
        }
    }
}
