//! The login of a session: it works once.

use http::{HeaderMap, Method};
use url::Url;

use super::{Bench, Report, Shop};
use crate::{
    conformance::report::{Outcome, Stop, applies, ensure},
    egress::{Limits, Request},
    sessions::SessionMode,
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, shop: &Shop<'_>) {
    report.note("session-login-once", once(bench, shop).await);
}

/// Whether the shop lets in who goes where a login leads.
async fn enters(bench: &Bench<'_>, login_url: &str) -> Result<bool, Stop> {
    if let Some(browser) = bench.fixture.browser {
        return Ok(browser.enters(login_url).await);
    }
    let url = Url::parse(login_url).map_err(|error| Stop::Failed(format!("{login_url}: {error}")))?;
    applies(
        url.fragment().is_none(),
        "a script of the shop's page takes the login, and the suite runs none",
    )?;
    let request = Request {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
        limits: Limits::default(),
    };
    let answer = bench.context().send(request).await;
    let answer = answer.map_err(|error| Stop::Skipped(format!("the login cannot be followed: {error}")))?;
    Ok(!(answer.status.is_client_error() || answer.status.is_server_error()))
}

/// Each lets in once, and an older one not at all.
async fn once(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let request = bench.request(SessionMode::Create, Vec::new());
    let first = shop.sessions.open(&bench.context(), &request).await?.login_url;
    ensure(enters(bench, &first).await?, || {
        "a new login lets nobody in".to_owned()
    })?;
    ensure(!enters(bench, &first).await?, || {
        "a login that was used lets somebody in once more".to_owned()
    })?;
    let older = shop.sessions.open(&bench.context(), &request).await?.login_url;
    let newer = shop.sessions.open(&bench.context(), &request).await?.login_url;
    ensure(!enters(bench, &older).await?, || {
        "a login lets somebody in after the session has got a newer one".to_owned()
    })?;
    ensure(enters(bench, &newer).await?, || {
        "the newest login lets nobody in".to_owned()
    })?;
    Ok("each once, the newest only".to_owned())
}
