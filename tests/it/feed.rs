//! What an ERP tells of its orders, as ERPs tell it: without our reference, twice, too late, many orders at once.

mod changed;
mod commitments;
mod documents;
mod invoices;
mod unending;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use async_trait::async_trait;
use punchgate_app::{
    orders::{COMPARE_PRICES, SUBMIT_ORDER, WITHDRAWAL_DUE, feed::FeedError},
    sync::SyncError,
};
use punchgate_connector::{
    ConfigError, Connector, ConnectorError, ConnectorResult, Context, Cursor, Documents, ErrorKind, Page,
    Secrets, Spec,
    context::LeftOut,
    documents::{Acknowledgement, AcknowledgementOutcome, DocumentContent, DocumentKind, ErpDocument},
};
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
};
use punchgate_storage::{
    Lane, connector_instance,
    order::{self, OrderRow},
    outbox::{self, Attempt, Verdict},
    sync, waiting_document, work_lease,
};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::{
    clock::NOW,
    cxml::{Po, between},
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
    wrapped::{self, Wrap},
};

const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

thread_local! {
    /// What the ERP tells. A test has a thread of its own.
    static TOLD: RefCell<Vec<ErpDocument>> = const { RefCell::new(Vec::new()) };
    /// Whether nobody answers.
    static AWAY: Cell<bool> = const { Cell::new(false) };
    /// What is wrong with the cursors that it gives.
    static CURSORS: Cell<Cursors> = const { Cell::new(Cursors::Good) };
    /// What of that nobody can read.
    static GARBLED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The cursors of an ERP's feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursors {
    Good,
    /// There is always more, behind the same one.
    Same,
    /// There is always more, behind another one.
    Endless(usize),
    /// There is always more, and it knows none of those that it gave.
    Void,
    /// It knew none once.
    VoidOnce,
}

/// The ERP, telling of its orders what the test says.
#[derive(Debug)]
struct Telling {
    inner: Box<dyn Connector>,
}

impl Telling {
    fn make(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner })
    }
}

impl Wrap for Telling {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            documents: Some(self),
            ..inner
        }
    }
}

#[async_trait]
impl Documents for Telling {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        _: &[DocumentKind],
        _: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        if AWAY.get() {
            return Err(ConnectorError::new(ErrorKind::Temporary, "documents", "line cut"));
        }
        let from = unending::place(cursor)?;
        let told = TOLD.with_borrow(Clone::clone);
        let garbled = GARBLED.with_borrow(Clone::clone);
        let (garbled, items): (Vec<_>, Vec<_>) = told[from..]
            .iter()
            .cloned()
            .partition(|document| garbled.contains(&document.document_id));
        ctx.leave_out(garbled.into_iter().map(|document| LeftOut {
            external_id: document.document_id,
            problem: "items[0].total".to_owned(),
        }));
        Ok(Page {
            items,
            deleted: Vec::new(),
            next_cursor: unending::next(cursor, told.len()),
            more: matches!(CURSORS.get(), Cursors::Same | Cursors::Endless(_) | Cursors::Void),
        })
    }
}

fn tell(reference: Option<&str>, sink_order: Option<&str>, content: DocumentContent) {
    tell_at(NOW.parse().unwrap(), reference, sink_order, content);
}

fn tell_at(issued_at: Instant, reference: Option<&str>, sink_order: Option<&str>, content: DocumentContent) {
    TOLD.with_borrow_mut(|told| {
        let id = format!("D-{}", told.len() + 1);
        told.push(ErpDocument {
            document_id: id.clone(),
            number: Some(id),
            order_id: sink_order.map(str::to_owned),
            reference: reference.map(str::to_owned),
            purchase_order_number: None,
            customer: CUSTOMER.to_owned(),
            issued_at,
            content,
        });
    });
}

fn accepted() -> DocumentContent {
    DocumentContent::Acknowledgement(Acknowledgement {
        outcome: AcknowledgementOutcome::Accepted,
        message: None,
        lines: Vec::new(),
    })
}

fn usd(text: &str) -> StatedAmount {
    StatedAmount::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

/// A world whose buyer takes confirmations, and whose ERP says what the test has it say.
async fn world() -> (World, MockServer) {
    world_of(Supplier::with_buyer().credit("1000.00")).await
}

async fn world_of(supplier: Supplier) -> (World, MockServer) {
    TOLD.with_borrow_mut(Vec::clear);
    GARBLED.with_borrow_mut(Vec::clear);
    AWAY.set(false);
    let partner = MockServer::start().await;
    let taken = ResponseTemplate::new(200).set_body_raw(TAKEN, "text/xml");
    Mock::given(method("POST"))
        .respond_with(taken)
        .mount(&partner)
        .await;
    let world = supplier
        .relationship("outbound_url", format!("\"{}/cxml\"", partner.uri()))
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Telling::make))
        .await;
    (world, partner)
}

async fn received(partner: &MockServer) -> Vec<String> {
    let requests = partner.received_requests().await.unwrap();
    requests
        .into_iter()
        .map(|request| String::from_utf8(request.body).unwrap())
        .collect()
}

fn attribute<'a>(document: &'a str, name: &str) -> &'a str {
    between(document, &format!("{name}=\""), "\"").unwrap()
}

#[tokio::test]
async fn an_acknowledgement_that_names_the_sink_s_order_alone_is_passed_on_and_the_next_one_replaces_it() {
    let (world, partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert!(received(&partner).await.is_empty());
    for _ in 0..2 {
        tell(None, order.sink_order_id.as_deref(), accepted());
        world.clock.advance(Duration::from_secs(60));
        world.settle().await;
    }
    let sent = received(&partner).await;
    let [first, second] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    let payload = attribute(first, "payloadID");
    assert!(payload.ends_with("@127.0.0.1"), "{payload}");
    assert_ne!(payload, attribute(second, "payloadID"));
    assert_eq!(attribute(first, "operation"), "new");
    assert_eq!(attribute(second, "operation"), "update");
    let header = between(second, "<ConfirmationHeader", "</ConfirmationHeader>").unwrap();
    assert_eq!(attribute(header, "payloadID"), payload, "{second}");
    assert_eq!(attribute(first, "confirmID"), attribute(second, "confirmID"));
    world.finish().await;
}

/// Writes an order back as the test has it.
async fn write(world: &World, row: OrderRow) {
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let now = order::lock(&mut tx, SUPPLIER_ID, &row.order_id)
        .await
        .unwrap()
        .unwrap();
    let row_version = now.row_version;
    assert!(
        order::update(&mut tx, &OrderRow { row_version, ..row })
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_acknowledgement_that_is_quicker_than_the_erp_s_answer_waits_for_its_order() {
    let (world, partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    let known = world.assert_state("4500001", "accepted").await;
    // As it was a moment before: the ERP has it, and its answer is under way.
    let before = OrderRow {
        state: "submitting".to_owned(),
        sink_order_id: None,
        ..known.clone()
    };
    write(&world, before).await;
    tell(None, known.sink_order_id.as_deref(), accepted());
    tell(None, Some("an order of the counter"), accepted());
    world.round().await;
    let unmatched = world.get("/v1/documents?status=unmatched").await;
    assert_eq!(unmatched["items"].as_array().unwrap().len(), 2, "{unmatched}");
    assert!(received(&partner).await.is_empty());
    write(&world, known).await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(60));
        world.settle().await;
    }
    world.assert_state("4500001", "accepted").await;
    assert_eq!(received(&partner).await.len(), 1);
    let unmatched = world.get("/v1/documents?status=unmatched").await;
    assert_eq!(unmatched["items"].as_array().unwrap().len(), 1, "{unmatched}");
    let mut tx = world.db().read().await.unwrap();
    let waits = waiting_document::any(&mut tx, SUPPLIER_ID, "erp").await.unwrap();
    tx.rollback().await.unwrap();
    assert!(!waits, "no order is under way: what is left is nobody's");
    world.finish().await;
}

#[tokio::test]
async fn a_withdrawn_order_is_not_accepted_by_an_acknowledgement_that_crossed_it() {
    let (world, partner) = world().await;
    let po = Po::new("4500001", "400.00");
    world.send(&po.xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    world.send(&po.operation("delete").xml()).await;
    tell(Some(&order.order_id), None, accepted());
    world.settle().await;
    world.assert_state("4500001", "cancelled").await;
    assert!(received(&partner).await.is_empty());
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert!(seen.to_string().contains("the buyer is not told"), "{seen}");
    world.finish_with(&[WITHDRAWAL_DUE]).await;
}

#[tokio::test]
async fn a_confirmation_speaks_of_the_version_that_it_was_made_for() {
    let (world, partner) = world().await;
    let first = Po::new("4500001", "400.00").payload("first@buyer.example");
    world.send(&first.xml()).await;
    let order = world.assert_state("4500001", "approved").await;
    tell(Some(&order.order_id), None, accepted());
    world.round().await;
    let second = Po::new("4500001", "500.00").operation("update");
    world.send(&second.payload("second@buyer.example").xml()).await;
    world.settle().await;
    let order = world.order("4500001").await;
    assert_eq!(
        (order.version, order.payload_id.as_str()),
        (2, "second@buyer.example")
    );
    let sent = received(&partner).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let order = between(&sent[0], "<OrderReference", "</OrderReference>").unwrap();
    assert_eq!(attribute(order, "payloadID"), "first@buyer.example");
    assert_eq!(attribute(&sent[0], "confirmID"), "C-4500001-1");
    world.finish().await;
}

/// What an order does first on its way to the ERP is tried in vain, and waits for long.
async fn delay_submission(world: &World) {
    let now = world.gateway.surroundings.now().as_microsecond();
    let known = [COMPARE_PRICES, SUBMIT_ORDER].map(|kind| outbox::job_key(kind, 1));
    let attempt = Attempt {
        outcome: "retry",
        status_code: None,
        detail: "line cut".to_owned(),
        started_at: now,
        finished_at: now,
    };
    let later = Verdict::Retry(now + 600_000_000);
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let claimed = outbox::claim(&mut tx, SUPPLIER_ID, now, 10, &known)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    outbox::conclude(&mut tx, &claimed[0], &later, &attempt)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_order_that_an_outage_has_delayed_goes_out_when_the_erp_is_read_again() {
    let (world, _partner) = world().await;
    world.round().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.assert_state("4500001", "approved").await;
    delay_submission(&world).await;
    let (supplier, erp) = (SupplierId::new(SUPPLIER_ID), ConnectorId::new("erp"));
    let stop = CancellationToken::new();
    AWAY.set(true);
    world.clock.advance(Duration::from_secs(90));
    assert!(world.gateway.feed.pull(&supplier, &erp, &stop).await.is_err());
    world.drain().await;
    world.assert_state("4500001", "approved").await;
    AWAY.set(false);
    world.gateway.feed.pull(&supplier, &erp, &stop).await.unwrap();
    world.drain().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_keeps_none_behind_it_from_being_read() {
    let (world, partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.order("4500001").await;
    GARBLED.with_borrow_mut(|garbled| garbled.push("D-1".to_owned()));
    tell(None, order.sink_order_id.as_deref(), accepted());
    tell(None, order.sink_order_id.as_deref(), accepted());
    let (supplier, erp) = (SupplierId::new(SUPPLIER_ID), ConnectorId::new("erp"));
    let stop = CancellationToken::new();
    let report = world.gateway.feed.pull(&supplier, &erp, &stop).await.unwrap();
    let named = ["'D-1': items[0].total".to_owned()];
    assert_eq!((report.new, report.unreadable), (1, named.into()));
    world.settle().await;
    assert_eq!(received(&partner).await.len(), 1, "the good one is passed on");
    // It is past, and whoever looks at the feed still sees it, until others have come.
    let last_error = async || {
        let mut tx = world.db().read().await.unwrap();
        let feed = sync::cursor(&mut tx, SUPPLIER_ID, "erp", "", "documents")
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        feed.and_then(|feed| feed.last_error)
    };
    let report = world.gateway.feed.pull(&supplier, &erp, &stop).await.unwrap();
    assert_eq!((report.new, report.unreadable.len()), (0, 0));
    assert!(
        last_error()
            .await
            .is_some_and(|text| text.contains("'D-1': items[0].total"))
    );
    tell(None, order.sink_order_id.as_deref(), accepted());
    world.settle().await;
    assert_eq!(last_error().await, None);
    world.finish().await;
}

#[tokio::test]
async fn one_gateway_at_a_time_reads_what_an_erp_tells_of_orders() {
    let (world, _partner) = world().await;
    let name = format!("sync/{SUPPLIER_ID}/erp//documents");
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let lease = work_lease::acquire(&mut tx, &name, "another", 60_000_000)
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    let (supplier, erp) = (SupplierId::new(SUPPLIER_ID), ConnectorId::new("erp"));
    let stop = CancellationToken::new();
    let pulled = world.gateway.feed.pull(&supplier, &erp, &stop).await;
    assert!(
        matches!(pulled, Err(FeedError::Sync(SyncError::Busy))),
        "{pulled:?}"
    );
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    work_lease::release(&mut tx, &lease).await.unwrap();
    tx.commit().await.unwrap();
    assert!(world.gateway.feed.pull(&supplier, &erp, &stop).await.is_ok());
    world.finish().await;
}

#[tokio::test]
async fn documents_of_another_part_of_the_erp_are_a_feed_of_their_own() {
    let (world, _partner) = world().await;
    let (supplier, erp) = (SupplierId::new(SUPPLIER_ID), ConnectorId::new("erp"));
    let stop = CancellationToken::new();
    for (scope, expected) in [("", [true, false]), ("south", [true, true])] {
        let mut tx = world.db().begin(Lane::Background).await.unwrap();
        let found = connector_instance::find(&mut tx, SUPPLIER_ID, "erp").await;
        let mut row = found.unwrap().unwrap();
        let mut settings: serde_json::Value = serde_json::from_str(&row.settings).unwrap();
        settings["scope"] = scope.into();
        row.settings = settings.to_string();
        row.version += 1;
        connector_instance::put(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        world.clock.advance(Duration::from_secs(5));
        world.gateway.feed.pull(&supplier, &erp, &stop).await.unwrap();
        let mut tx = world.db().read().await.unwrap();
        for (scope, expected) in ["", "south"].into_iter().zip(expected) {
            let feed = sync::cursor(&mut tx, SUPPLIER_ID, "erp", scope, "documents").await;
            assert_eq!(feed.unwrap().is_some(), expected, "'{scope}'");
        }
        tx.rollback().await.unwrap();
    }
    world.finish().await;
}
