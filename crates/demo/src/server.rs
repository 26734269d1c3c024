//! Serves a demo peer over HTTP/1: header time-out, graceful end, the cut line, and the wire log.
//!
//! Knows nothing of shops or ERPs.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    Clock, DemoError,
    wire_log::{Exchange, Peer, WireLog},
};

/// The largest body a peer reads.
pub(crate) const BODY_LIMIT: usize = 2 * 1024 * 1024;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// A response with this extension is never written: the connection closes instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutLine;

/// Serves until the token is cancelled, then lets open requests end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> Result<(), DemoError> {
    let graceful = GracefulShutdown::new();
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    loop {
        let stream = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) if is_about_one_connection(&error) => continue,
                Err(error) => return Err(DemoError::Listener(error)),
            },
        };
        let router = router.clone();
        let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            answer(router.clone(), request.map(Body::new))
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a demo peer ended early");
            }
        });
    }
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await;
    Ok(())
}

async fn answer(router: Router, request: Request) -> Result<Response, io::Error> {
    let response = router
        .oneshot(request)
        .await
        .unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<CutLine>().is_some() {
        return Err(io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "the line was cut on purpose",
        ));
    }
    Ok(response)
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// What the wire-log layer needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    pub(crate) log: WireLog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) from: Peer,
    pub(crate) to: Peer,
}

/// Middleware: records request and answer in the wire log.
pub(crate) async fn observe(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    let began = observer.clock.now();
    let (parts, body) = request.into_parts();
    let Some(sent) = read_body(body).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 2 MiB").into_response();
    };
    let method = parts.method.to_string();
    let url = parts.uri.to_string();
    let response = next
        .run(Request::from_parts(parts, Body::from(sent.clone())))
        .await;
    let (parts, body) = response.into_parts();
    let answered = read_body(body).await.unwrap_or_default();
    let cut = parts.extensions.get::<CutLine>().is_some();
    observer.log.push(Exchange {
        seq: 0,
        at_ms: began.as_millisecond(),
        from: observer.from,
        to: observer.to,
        method,
        url,
        request: text(&sent),
        status: (!cut).then(|| parts.status.as_u16()),
        response: text(&answered),
        duration_ms: observer.clock.now().as_millisecond() - began.as_millisecond(),
    });
    Response::from_parts(parts, Body::from(answered))
}

async fn read_body(body: Body) -> Option<Bytes> {
    let collected = http_body_util::Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .ok()?;
    Some(collected.to_bytes())
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// Middleware: the response headers of every page, with the frame ancestors given as state.
pub(crate) async fn protect(State(ancestors): State<Arc<str>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A template as a page, or 500 with a text that says so.
pub(crate) fn page(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(html) => axum::response::Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a demo page could not be rendered");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page could not be rendered.",
            )
                .into_response()
        }
    }
}
