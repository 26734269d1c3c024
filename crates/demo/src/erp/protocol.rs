//! The ERP protocol, version 1, as `docs/protocols/erp.md` publishes it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::Response,
    routing::post,
};
use http::HeaderMap;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Erp,
    account::{Edit, HOLD_CODES, Hold, Limit, TERMS, terms_document},
    ledger::{Change, Refusal, Step},
    order::Order,
};
use crate::{
    envelope::{Answer, Kind, Problem, fields, instant},
    purchase::OrderRequest,
    server::{self, CutLine, Observer},
    wire_log::Peer,
};

const PAGE_SIZE: usize = 200;
const OPERATIONS: &[&str] = &[
    "describe",
    "accounts",
    "account",
    "patch_account",
    "exposure",
    "submit_order",
    "find_order",
    "find_order_by_number",
    "change_order",
    "cancel_order",
    "documents",
    "prices",
    "stock",
];
const CHANGING: &[&str] = &["patch_account", "submit_order", "change_order", "cancel_order"];
const KINDS: &[&str] = &["acknowledgement", "status", "shipment", "invoice", "payment"];

pub(super) fn routes(erp: Arc<Erp>) -> Router {
    let observer = Observer {
        log: erp.config.wire.clone(),
        clock: erp.config.clock.clone(),
        from: Peer::Gateway,
        to: Peer::Erp,
    };
    Router::new()
        .route("/punchgate/{operation}", post(answer))
        .layer(axum::middleware::from_fn_with_state(observer, server::observe))
        .with_state(erp)
}

async fn answer(
    State(erp): State<Arc<Erp>>,
    Path(operation): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = *erp.faults();
    if faults.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    }
    let changes = CHANGING.contains(&operation.as_str());
    let answer = erp
        .endpoint
        .open(&operation, changes, &headers, &body)
        .and_then(|request| {
            if faults.down {
                return Err(Problem::new(
                    Kind::Temporary,
                    "down",
                    "The ERP is closed for maintenance.",
                ));
            }
            erp.answer(&operation, request)
        });
    let written = matches!(operation.as_str(), "submit_order" | "change_order")
        && answer.as_ref().is_ok_and(|document| {
            ["created", "changed"]
                .iter()
                .any(|word| document["result"] == *word)
        });
    let mut response = erp.endpoint.seal(&headers, answer);
    if written && erp.faults().takes_cut() {
        response.extensions_mut().insert(CutLine);
    }
    response
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (kind, code) = match refusal {
            Refusal::Unknown(_) => (Kind::NotFound, "unknown"),
            Refusal::State(_) => (Kind::Conflict, "state"),
            Refusal::Journal(_) => (Kind::Temporary, "journal"),
        };
        Self::new(kind, code, refusal.to_string())
    }
}

#[derive(Deserialize)]
struct Scope {
    scope: String,
}

impl Erp {
    fn answer(&self, operation: &str, request: Value) -> Answer {
        if operation == "describe" {
            return Ok(self.describe());
        }
        if !OPERATIONS.contains(&operation) {
            let detail = format!("this ERP does not offer {operation}");
            return Err(Problem::new(Kind::Unsupported, "operation", detail));
        }
        let Scope { scope } = fields(request.clone())?;
        if !scope.is_empty() {
            return Err(Problem::new(
                Kind::NotFound,
                "unknown_scope",
                format!("There is no scope {scope}."),
            ));
        }
        match operation {
            "accounts" => self.accounts(&fields(request)?),
            "account" => self.account(&fields(request)?),
            "patch_account" => self.patch_account(fields(request)?),
            "exposure" => self.exposure(&fields(request)?),
            "submit_order" => self.submit_order(fields(request)?),
            "find_order" => {
                let FindOrder { reference } = fields(request)?;
                Ok(self.found(|order| order.reference == reference))
            }
            "find_order_by_number" => {
                let FindOrderByNumber {
                    customer,
                    purchase_order_number,
                } = fields(request)?;
                Ok(self.found(|order| {
                    order.customer == customer && order.purchase_order_number == purchase_order_number
                }))
            }
            "change_order" => self.change_order(&fields(request.clone())?, fields(request)?),
            "cancel_order" => self.cancel_order(&fields(request)?),
            "prices" => self.prices(&fields(request)?),
            "stock" => self.stock(&fields(request)?),
            _ => self.documents(&fields(request)?),
        }
    }

    fn describe(&self) -> Value {
        let terms: Vec<Value> = TERMS
            .iter()
            .map(|(code, label, days)| terms_document(code, label, *days))
            .collect();
        let holds: Vec<Value> = HOLD_CODES
            .iter()
            .map(|(code, label, removes)| json!({ "code": code, "label": label, "removes": removes }))
            .collect();
        json!({
            "protocol": "punchgate-erp", "versions": [1], "name": "Keelson ERP",
            "software": concat!("Punchgate demo ERP ", env!("CARGO_PKG_VERSION")),
            "time": instant(self.config.clock.now()), "operations": OPERATIONS,
            "qualities": {
                "cas": "native", "deletes": "sweep", "order_reference_unique": false, "order_change": true,
                "exposure_includes_open_orders": true, "writable": ["terms", "credit_limit", "holds"],
                "tells": ["contacts", "ship_tos"],
                "enforces": ["holds"], "document_kinds": KINDS, "page_size": PAGE_SIZE, "max_concurrency": 8
            },
            "scopes": [{ "id": "", "label": "Ironquay Industrial Supply Inc." }],
            "terms": terms, "hold_codes": holds
        })
    }

    fn accounts(&self, request: &Page) -> Answer {
        let (from, limit) = request.read('a')?;
        let ledger = self.ledger();
        let (changed, next, more) = ledger.changed_after(from, limit);
        let items: Vec<Value> = changed.iter().map(|account| account.document()).collect();
        Ok(json!({ "items": items, "deleted": [], "next_cursor": format!("a{next}"), "more": more }))
    }

    fn account(&self, request: &Keys) -> Answer {
        let ledger = self.ledger();
        request.sorted(|key| ledger.account(key).map(super::account::Account::document))
    }

    fn exposure(&self, request: &Keys) -> Answer {
        let ledger = self.ledger();
        let as_of = self.config.clock.now();
        request.sorted(|key| {
            ledger
                .account(key)
                .map(|account| account.exposure(ledger.open_orders(key), as_of))
        })
    }

    fn patch_account(&self, request: PatchAccount) -> Answer {
        let mut ledger = self.ledger();
        let account = ledger.account(&request.external_id).ok_or_else(|| {
            let detail = format!("There is no account {}.", request.external_id);
            Problem::new(Kind::NotFound, "unknown_account", detail)
        })?;
        if account.version.to_string() != request.expect {
            return Ok(json!({ "result": "conflict", "account": account.document() }));
        }
        let edits = match request.patch.edits(&account.currency)? {
            Ok(edits) => edits,
            Err(rejected) => return Ok(json!({ "result": "rejected", "rejected": rejected })),
        };
        let now = self.config.clock.now();
        let actor = request.actor.as_deref().unwrap_or("punchgate");
        let reason = request.reason.as_deref().unwrap_or("");
        let account = ledger.edit(&request.external_id, edits, actor, reason, now)?;
        Ok(json!({ "result": "applied", "account": account.document() }))
    }

    fn submit_order(&self, request: OrderRequest) -> Answer {
        if request.reference.is_empty() || request.reference.chars().count() > 64 {
            return Err(Problem::invalid("reference", "has 1 to 64 characters"));
        }
        Ok(self
            .ledger()
            .submit(request, "Punchgate", self.config.clock.now())?)
    }

    /// The orders that fit, oldest first.
    fn found(&self, fits: impl Fn(&Order) -> bool) -> Value {
        let ledger = self.ledger();
        let mut found: Vec<_> = ledger.orders().filter(|order| fits(order)).collect();
        found.sort_by_key(|order| order.number);
        let orders: Vec<Value> = found.into_iter().map(Order::document).collect();
        json!({ "orders": orders })
    }

    fn change_order(&self, asked: &ChangeOrder, order: OrderRequest) -> Answer {
        let now = self.config.clock.now();
        let ChangeOrder { order_id, revision } = asked;
        match self.ledger().change(order_id, *revision, order, now) {
            Ok(Change::Changed(order)) => Ok(json!({ "result": "changed", "order": order.document() })),
            Ok(Change::Refused { order, code, message }) => Ok(json!({
                "result": "refused", "code": code, "message": message, "order": order.document()
            })),
            Err(Refusal::Unknown(_)) => Err(Problem::new(
                Kind::NotFound,
                "unknown_order",
                format!("There is no order {order_id}."),
            )),
            Err(other) => Err(other.into()),
        }
    }

    fn cancel_order(&self, request: &CancelOrder) -> Answer {
        let mut ledger = self.ledger();
        let unknown = || {
            let detail = format!("There is no order {}.", request.order_id);
            Problem::new(Kind::NotFound, "unknown_order", detail)
        };
        let order = ledger
            .orders()
            .find(|order| order.id() == request.order_id)
            .ok_or_else(unknown)?
            .clone();
        let reason = request.reason.as_deref().unwrap_or("Cancelled by the buyer.");
        match ledger.step(order.number, Step::Cancel, reason, self.config.clock.now()) {
            Ok(cancelled) => Ok(json!({ "result": "cancelled", "order": cancelled.document() })),
            Err(Refusal::State(message)) => Ok(json!({
                "result": "refused", "code": "shipped", "message": message, "order": order.document()
            })),
            Err(other) => Err(other.into()),
        }
    }

    fn documents(&self, request: &Page) -> Answer {
        let (from, limit) = request.read('d')?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let ledger = self.ledger();
        let wanted = |kind: &str| {
            request
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|wanted| wanted == kind))
        };
        let mut items = Vec::new();
        let mut next = from;
        for (index, issued) in ledger.documents().iter().enumerate().skip(from) {
            if items.len() == limit {
                break;
            }
            next = index + 1;
            if wanted(&issued.kind) {
                items.push(issued.document.clone());
            }
        }
        let more = next < ledger.documents().len();
        Ok(json!({ "items": items, "next_cursor": format!("d{next}"), "more": more }))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    kinds: Option<Vec<String>>,
}

impl Page {
    fn read(&self, feed: char) -> Result<(u64, usize), Problem> {
        let from = match self.cursor.as_deref() {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix(feed)
                .and_then(|position| position.parse().ok())
                .ok_or_else(|| Problem::new(Kind::Conflict, "cursor_expired", "This cursor is not ours."))?,
        };
        let limit = self.limit.unwrap_or(PAGE_SIZE);
        if !(1..=PAGE_SIZE).contains(&limit) {
            return Err(Problem::invalid("limit", "is 1 to 200"));
        }
        Ok((from, limit))
    }
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

impl Keys {
    fn sorted(&self, read: impl Fn(&str) -> Option<Value>) -> Answer {
        if !(1..=100).contains(&self.keys.len()) {
            return Err(Problem::invalid("keys", "holds 1 to 100 ids"));
        }
        let (mut items, mut missing) = (Vec::new(), Vec::new());
        for key in &self.keys {
            match read(key) {
                Some(item) => items.push(item),
                None => missing.push(key),
            }
        }
        Ok(json!({ "items": items, "missing": missing }))
    }
}

#[derive(Deserialize)]
struct PatchAccount {
    external_id: String,
    expect: String,
    patch: Patch,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    actor: Option<String>,
}

#[derive(Deserialize)]
struct Patch {
    /// Absent leaves the terms, `null` removes them.
    #[serde(default, deserialize_with = "present")]
    terms: Option<Option<TermsRef>>,
    #[serde(default)]
    credit_limit: Option<LimitDocument>,
    #[serde(default)]
    place_holds: Option<Vec<Hold>>,
    #[serde(default)]
    release_holds: Option<Vec<String>>,
}

fn present<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Option<Option<TermsRef>>, D::Error> {
    Option::deserialize(source).map(Some)
}

#[derive(Deserialize)]
struct TermsRef {
    code: String,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum LimitDocument {
    Unknown,
    Unlimited,
    Amount {
        #[serde(deserialize_with = "crate::purchase::decimal")]
        amount: Decimal,
        currency: String,
    },
}

impl Patch {
    /// The edits, or the fields that a rule of the ERP refuses.
    fn edits(self, currency: &str) -> Result<Result<Vec<Edit>, Vec<Value>>, Problem> {
        let (mut edits, mut refused) = (Vec::new(), Vec::new());
        let mut refuse = |field: &str, code: &str, message: String| {
            refused.push(json!({ "field": field, "code": code, "message": message }));
        };
        match self.terms {
            None => {}
            Some(None) => edits.push(Edit::Terms(None)),
            Some(Some(terms)) if TERMS.iter().any(|(code, _, _)| *code == terms.code) => {
                edits.push(Edit::Terms(Some(terms.code)));
            }
            Some(Some(terms)) => refuse("terms", "unknown", format!("There are no terms {}.", terms.code)),
        }
        match self.credit_limit {
            None => {}
            Some(LimitDocument::Unlimited) => edits.push(Edit::Limit(Limit::Unlimited)),
            Some(LimitDocument::Unknown) => {
                return Err(Problem::invalid("credit_limit", "unknown cannot be written"));
            }
            Some(LimitDocument::Amount {
                amount,
                currency: given,
            }) => {
                if given != currency {
                    refuse(
                        "credit_limit",
                        "currency",
                        format!("This account is kept in {currency}."),
                    );
                } else if amount.is_sign_negative() && !amount.is_zero() {
                    refuse("credit_limit", "negative", "A limit is not below zero.".into());
                } else {
                    edits.push(Edit::Limit(Limit::Amount(amount)));
                }
            }
        }
        edits.extend(
            self.place_holds
                .unwrap_or_default()
                .into_iter()
                .map(Edit::PlaceHold),
        );
        edits.extend(
            self.release_holds
                .unwrap_or_default()
                .into_iter()
                .map(Edit::ReleaseHold),
        );
        if !refused.is_empty() {
            return Ok(Err(refused));
        }
        if edits.is_empty() {
            return Err(Problem::invalid("patch", "has at least one of its fields"));
        }
        Ok(Ok(edits))
    }
}

#[derive(Deserialize)]
struct FindOrder {
    reference: String,
}

#[derive(Deserialize)]
struct FindOrderByNumber {
    customer: String,
    purchase_order_number: String,
}

#[derive(Deserialize)]
struct ChangeOrder {
    order_id: String,
    revision: u32,
}

#[derive(Deserialize)]
struct CancelOrder {
    order_id: String,
    #[serde(default)]
    reason: Option<String>,
}
