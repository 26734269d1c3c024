//! `POST /buyers/{buyer}/cxml`: documents that the supplier sends, each answered with a Status.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode as HttpStatus, header};
use punchgate_protocols::cxml::{Body, Document, decode::confirmation::Confirmation, encode::StatusCode};

use super::{
    Suite,
    books::{Archived, Received, parse_order_id},
    buyer::Buyer,
    check::{self, Deviation},
    mask, pages, write,
};
use crate::{
    server::{self, Observer},
    wire_log::Peer,
};

pub(super) fn routes(suite: &Suite) -> Router<Arc<Suite>> {
    let observer = Observer {
        log: suite.config.wire.clone(),
        clock: suite.config.clock.clone(),
        from: Peer::Gateway,
        to: Peer::Suite,
    };
    Router::new()
        .route("/buyers/{buyer}/cxml", post(receive))
        .layer(axum::middleware::from_fn_with_state(observer, server::observe))
}

async fn receive(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let (status, details) = suite.judge(buyer, &body, content_type);
    let answer = suite
        .payload_id()
        .map_err(|error| error.to_string())
        .and_then(|payload_id| {
            let stamp = write::Stamp {
                payload_id: &payload_id,
                now: suite.now(),
            };
            write::status_response(stamp, status, &details).map_err(|error| error.to_string())
        });
    match answer {
        Ok(document) => ([(header::CONTENT_TYPE, "text/xml; charset=UTF-8")], document).into_response(),
        Err(error) => {
            tracing::error!(%error, "the suite could not write its answer");
            HttpStatus::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

impl Suite {
    /// Takes a document or says why not.
    fn judge(&self, buyer: &'static Buyer, bytes: &[u8], content_type: Option<&str>) -> (StatusCode, String) {
        let (document, deviations) = match check::incoming(bytes, content_type) {
            Ok(read) => read,
            Err(refusal) => {
                let deviations = vec![Deviation::grave(refusal.to_string())];
                self.archive_in(buyer, "unreadable", "", bytes, "406", deviations);
                return (StatusCode::NOT_ACCEPTABLE, refusal.to_string());
            }
        };
        let kind = document.body.name().to_owned();
        let payload_id = document.envelope.payload_id.clone();
        if !check::is_supplier(&document, buyer) {
            let deviations = vec![Deviation::grave(
                "the sender is not the supplier, or its secret is wrong",
            )];
            self.archive_in(buyer, &kind, &payload_id, bytes, "401", deviations);
            return (
                StatusCode::UNAUTHORIZED,
                "The sender or its shared secret is not known here.".into(),
            );
        }
        let (status, details, deviations) = self.take_document(buyer, document, deviations);
        let outcome = status.number().to_string();
        self.archive_in(buyer, &kind, &payload_id, bytes, &outcome, deviations);
        (status, details)
    }

    fn take_document(
        &self,
        buyer: &'static Buyer,
        document: Document,
        mut deviations: Vec<Deviation>,
    ) -> (StatusCode, String, Vec<Deviation>) {
        let payload_id = document.envelope.payload_id;
        match document.body {
            Body::ConfirmationRequest(confirmation) => {
                let taken = self.confirm(buyer, &payload_id, *confirmation, &mut deviations);
                match taken {
                    Ok(()) => (StatusCode::OK, String::new(), deviations),
                    Err(details) => (StatusCode::BAD_REQUEST, details, deviations),
                }
            }
            other => {
                let details = format!("This suite takes no {} yet.", other.name());
                deviations.push(Deviation::grave(details.clone()));
                (StatusCode::NOT_IMPLEMENTED, details, deviations)
            }
        }
    }

    /// Books a confirmation; the same document once more changes nothing.
    fn confirm(
        &self,
        buyer: &'static Buyer,
        payload_id: &str,
        confirmation: Confirmation,
        deviations: &mut Vec<Deviation>,
    ) -> Result<(), String> {
        let stated = confirmation.order_number.clone().unwrap_or_default();
        let mut books = self.books();
        let order = parse_order_id(&stated).and_then(|number| books.order_mut(buyer, number));
        let Some(order) = order else {
            let details = format!("There is no purchase order “{stated}” here.");
            deviations.push(Deviation::grave(details.clone()));
            return Err(details);
        };
        if order
            .confirmations
            .iter()
            .any(|known| known.payload_id == payload_id)
        {
            return Ok(());
        }
        deviations.extend(check::confirmation(&confirmation, order));
        order.confirmations.push(Received {
            at: self.now(),
            payload_id: payload_id.to_owned(),
            confirmation,
            deviations: deviations.clone(),
        });
        Ok(())
    }

    fn archive_in(
        &self,
        buyer: &Buyer,
        kind: &str,
        payload_id: &str,
        bytes: &[u8],
        outcome: &str,
        deviations: Vec<Deviation>,
    ) {
        self.books().archive(Archived {
            at: self.now(),
            buyer: buyer.id,
            outgoing: false,
            kind: kind.to_owned(),
            payload_id: payload_id.to_owned(),
            outcome: format!("answered {outcome}"),
            text: mask::pretty(&String::from_utf8_lossy(bytes)),
            deviations,
        });
    }
}
