//! Documents of ERPs: acknowledgements, states, shipments, invoices, credit memos, payments, as the ERP last told them.

use axum::{
    Json,
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
};
use punchgate_app::{
    api_keys::Scope,
    clock::micros,
    erp_documents::{self as books, ErpDocumentFilter, ListedDocument, Open},
};
use punchgate_domain::{Instant, catalogue::Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    page::{Page, Paging},
    problem::{ApiProblem, ProblemBody},
    values::{Amount, instant, one_of},
};

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// acknowledgement, status, shipment, invoice, credit_memo, payment.
    kind: Option<String>,
    /// Customer id.
    customer: Option<String>,
    /// Our order id.
    order: Option<String>,
    /// The document's number, whole.
    number: Option<String>,
    /// ERP connection.
    connector: Option<String>,
    /// Issued at or after this instant, RFC 3339.
    since: Option<String>,
    /// Issued before this instant, RFC 3339.
    until: Option<String>,
}

/// A document of an ERP without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErpDocumentItem {
    id: String,
    connector: String,
    /// The ERP's key.
    document_id: String,
    kind: String,
    /// The number that people use.
    number: Option<String>,
    /// The orders that it is about.
    orders: Vec<OrderLink>,
    /// The buyer's number, as the ERP has it.
    purchase_order_number: Option<String>,
    /// Our id; none of a customer that nobody here knows.
    customer: Option<String>,
    /// The ERP's id of the customer.
    customer_external_id: String,
    issued_at: String,
    /// Of invoices, credit memos and payments.
    total: Option<Amount>,
    /// Of an invoice: its total less what payments put on it, less the credit memos that name it; now.
    open: Option<Amount>,
    /// Why that cannot be told.
    open_unknown: Option<String>,
    first_seen_at: String,
    /// When the ERP last told it otherwise.
    updated_at: String,
}

/// An order that a document is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderLink {
    /// Our id; none of an order that nobody here knows.
    order: Option<String>,
    /// Our key of the order, as the ERP has it.
    reference: Option<String>,
    /// The ERP's key of the order.
    sink_order_id: Option<String>,
}

/// A document of an ERP in full.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErpDocumentDetail {
    #[serde(flatten)]
    document: ErpDocumentItem,
    /// What it says, with its lines or allocations.
    #[schema(value_type = Object)]
    content: serde_json::Value,
    /// Where the ERP told something else before, the newest first.
    changes: Vec<ErpDocumentChange>,
}

/// What a document said otherwise before.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErpDocumentChange {
    field: String,
    from: Option<String>,
    to: Option<String>,
    at: String,
}

impl From<ListedDocument> for ErpDocumentItem {
    fn from(listed: ListedDocument) -> Self {
        let head = listed.head;
        let (open, open_unknown) = match listed.open {
            Some(Open::Amount(amount)) => (Some(amount), None),
            Some(Open::Unknown(why)) => (None, Some(why)),
            None => (None, None),
        };
        let orders = listed.orders.into_iter().map(|link| OrderLink {
            order: link.order_id,
            reference: link.reference,
            sink_order_id: link.sink_order_id,
        });
        Self {
            id: head.erp_document_id,
            connector: head.connector_id,
            document_id: head.document_id,
            kind: head.kind,
            number: head.number,
            orders: orders.collect(),
            purchase_order_number: head.purchase_order_number,
            customer: head.customer_id,
            customer_external_id: head.customer_external_id,
            issued_at: instant(head.issued_at),
            total: head
                .total
                .zip(head.currency)
                .map(|(amount, currency)| Amount { amount, currency }),
            open: open.map(|open| Amount {
                amount: open.text().to_owned(),
                currency: open.currency().to_string(),
            }),
            open_unknown,
            first_seen_at: instant(head.first_seen_at),
            updated_at: instant(head.updated_at),
        }
    }
}

fn at(field: &str, text: Option<String>) -> Result<Option<i64>, ApiProblem> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<Instant>() {
        Ok(instant) => Ok(Some(micros(instant))),
        Err(_) => Err(ApiProblem::new(
            Problem::Validation,
            format!("{field}: an instant such as 2026-03-01T09:30:00Z"),
        )),
    }
}

/// Documents of ERPs, the last issued first.
#[utoipa::path(get, path = "/api/v1/erp-documents", params(Paging, Narrowing),
    responses((status = 200, body = Page<ErpDocumentItem>), (status = 401, body = ProblemBody)), tag = "erp-documents")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<ErpDocumentItem>>, ApiProblem> {
    caller.require(Scope::DocumentsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = ErpDocumentFilter {
        kind: one_of("kind", narrowing.kind, &books::kinds())?,
        connector: narrowing.connector,
        customer: None,
        order: narrowing.order,
        number: narrowing.number,
        since: at("since", narrowing.since)?,
        until: at("until", narrowing.until)?,
    };
    let rows = books::list(
        &gateway.surroundings,
        &caller.0.supplier,
        narrowing.customer.as_deref(),
        filter,
        paging.after()?,
        paging.limit() + 1,
    )
    .await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.head.issued_at, row.head.erp_document_id.clone()),
        ErpDocumentItem::from,
    )))
}

/// One document of an ERP.
#[utoipa::path(get, path = "/api/v1/erp-documents/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ErpDocumentDetail), (status = 404, body = ProblemBody)), tag = "erp-documents")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ErpDocumentDetail>, ApiProblem> {
    caller.require(Scope::DocumentsRead)?;
    let found = books::get(&gateway.surroundings, &caller.0.supplier, &id).await?;
    let found = found.ok_or_else(|| {
        ApiProblem::new(
            Problem::NotFound,
            format!("there is no document '{id}' of an ERP"),
        )
    })?;
    let changes = found.changes.into_iter().map(|change| ErpDocumentChange {
        field: change.field,
        from: change.from_value,
        to: change.to_value,
        at: instant(change.changed_at),
    });
    Ok(Json(ErpDocumentDetail {
        document: found.listed.into(),
        content: found.content,
        changes: changes.collect(),
    }))
}
