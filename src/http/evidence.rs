//! `/evidence/…`: one case for a buyer's people, read only, without signing in. The address is the bearer.
//!
//! **Invariant:** nothing changes here, no cookie is set or read, and no frame, script or form is on these pages.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State as Handed},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing,
};
use punchgate_app::{
    DatabaseError,
    clock::from_micros,
    documents::{self, DocumentRow, Finding},
    evidence::{self, Evidence, Whose},
};
use punchgate_domain::ids::SupplierId;

use super::{State, console::asset};
use crate::gateway::Gateway;

/// As much of a document's bytes as the page shows; the rest is in the download.
const SHOWN_BYTES: usize = 64 * 1024;
/// Our own style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The addresses below `/evidence`.
pub(super) fn routes() -> Router<State> {
    Router::new()
        // No supplier is called so.
        .route("/-/{name}", routing::get(asset))
        .route("/{supplier}/{secret}", routing::get(show))
        .route("/{supplier}/{secret}/{document}", routing::get(bytes))
}

/// The address of a link, for whoever is to hand it on.
pub(super) fn address(gateway: &Gateway, supplier: &SupplierId, secret: &str) -> String {
    let path = format!("evidence/{supplier}/{secret}");
    gateway.config.server.public_address(&path)
}

/// An instant for machines and for people.
type When = (String, String);

#[derive(Template)]
#[template(path = "evidence/case.html")]
struct Case {
    assets: String,
    title: String,
    supplier: String,
    buyer: String,
    contact: String,
    is_test: bool,
    until: When,
    /// Heading, tone, text.
    turn: (String, &'static str, String),
    documents: Vec<Shown>,
}

struct Shown {
    what: String,
    direction: &'static str,
    code: Option<i64>,
    tone: &'static str,
    at: When,
    payload_id: Option<String>,
    said: Option<String>,
    findings: Vec<Finding>,
    link: String,
    raw: String,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "evidence/over.html")]
struct Over {
    assets: String,
}

async fn show(Handed(gateway): Handed<State>, Path((supplier, secret)): Path<(String, String)>) -> Response {
    match read(&gateway, &SupplierId::new(supplier), &secret).await {
        Ok(Some(case)) => page(StatusCode::OK, &case),
        Ok(None) => over(&gateway),
        Err(error) => trouble(&error),
    }
}

async fn read(gateway: &Gateway, supplier: &SupplierId, secret: &str) -> Result<Option<Case>, DatabaseError> {
    let surroundings = &gateway.surroundings;
    let found = evidence::open(surroundings, &gateway.directory, supplier, secret).await?;
    let Some(evidence) = found else {
        return Ok(None);
    };
    let mut shown = Vec::with_capacity(evidence.documents.len());
    let here = format!("{}/{supplier}/{secret}", base(gateway));
    for row in &evidence.documents {
        let found = documents::raw(surroundings, supplier, &row.document_id).await?;
        let bytes = found.map(|(_, bytes)| bytes).unwrap_or_default();
        shown.push(document(row, bytes, &here));
    }
    Ok(Some(case(gateway, evidence, shown)))
}

fn case(gateway: &Gateway, evidence: Evidence, documents: Vec<Shown>) -> Case {
    let turn = evidence.turn;
    let heading = match turn.whose {
        Whose::Buyer => (format!("It is {}'s turn", evidence.buyer), "warn"),
        Whose::Supplier => (format!("It is {}'s turn", evidence.supplier), "info"),
        Whose::Nobody => ("Nothing is left to do".to_owned(), "good"),
    };
    Case {
        assets: assets(gateway),
        title: match &evidence.order_number {
            Some(number) => format!("Order {number}"),
            None => "A document and its answer".to_owned(),
        },
        supplier: evidence.supplier,
        buyer: evidence.buyer,
        contact: evidence.contact,
        is_test: evidence.is_test,
        until: when(evidence.expires_at),
        turn: (heading.0, heading.1, turn.text),
        documents,
    }
}

fn document(row: &DocumentRow, mut bytes: Vec<u8>, here: &str) -> Shown {
    let is_cut = bytes.len() > SHOWN_BYTES;
    bytes.truncate(SHOWN_BYTES);
    Shown {
        what: row.kind.clone(),
        direction: match row.direction.as_str() {
            "out" => "to the buyer",
            _ => "from the buyer",
        },
        code: row.status_code,
        tone: match row.status_code {
            Some(200..=299) => "good",
            Some(_) => "bad",
            None => "soft",
        },
        at: when(row.recorded_at),
        payload_id: row.payload_id.clone(),
        said: row.status_text.clone(),
        findings: documents::findings(row),
        link: format!("{here}/{}", row.document_id),
        raw: String::from_utf8_lossy(&bytes).into_owned(),
        is_cut,
    }
}

async fn bytes(
    Handed(gateway): Handed<State>,
    Path((supplier, secret, document)): Path<(String, String, String)>,
) -> Response {
    let supplier = SupplierId::new(supplier);
    let found = evidence::bytes(
        &gateway.surroundings,
        &gateway.directory,
        (&supplier, &secret),
        &document,
    );
    match found.await {
        Ok(Some((content_type, bytes))) => {
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CONTENT_DISPOSITION, "attachment".to_owned()),
            ];
            guarded((headers, bytes).into_response())
        }
        Ok(None) => over(&gateway),
        Err(error) => trouble(&error),
    }
}

fn when(micros: i64) -> When {
    let at = from_micros(micros);
    (at.to_string(), at.strftime("%-d %b %Y, %H:%M:%S").to_string())
}

/// The path below which these pages are.
fn base(gateway: &Gateway) -> String {
    let path = gateway.config.server.public_url.path();
    format!("{}/evidence", path.trim_end_matches('/'))
}

fn assets(gateway: &Gateway) -> String {
    format!("{}/-", base(gateway))
}

fn over(gateway: &Gateway) -> Response {
    let assets = assets(gateway);
    page(StatusCode::NOT_FOUND, &Over { assets })
}

fn trouble(error: &DatabaseError) -> Response {
    tracing::error!(%error, "evidence could not be read");
    let text = "The page cannot be shown at the moment. Load it again in a minute.\n";
    guarded((StatusCode::SERVICE_UNAVAILABLE, text).into_response())
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => guarded((status, Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            guarded(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
