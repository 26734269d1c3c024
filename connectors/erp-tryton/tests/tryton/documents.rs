//! An order's whole way through a real Tryton, told by its documents.

use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use punchgate_connector::{
    Connector, Cursor,
    documents::{AcknowledgementOutcome, DocumentContent, DocumentKind, ErpDocument},
    egress::Egress,
    orders::{OrderSubmission, PlacedOrder, PlacedState, SubmitOutcome},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::{OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder, StatedDate},
    quantity::{Quantity, Unit},
};
use serde_json::{Value, json};

use crate::support::{address, by_hand, company, connector, context, customer, now};

/// Invoices are numbered by their days: not before the last one.
pub(crate) fn today() -> Date {
    now().to_zoned(TimeZone::UTC).date()
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(crate) fn line(number: u32, part: &str, quantity: &str, unit: &str, price: &str) -> OrderLine {
    OrderLine {
        line_number: number,
        quantity: Quantity::parse(quantity).unwrap(),
        unit: Unit::new(unit),
        part_id: part.to_owned(),
        auxiliary_id: None,
        buyer_part_id: Some("B-77".to_owned()),
        unit_price: StatedAmount::parse(price, usd()).unwrap(),
        price_basis: None,
        price_basis_factor: None,
        description: format!("Line {number}"),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        requested_delivery: None,
        ship_to: None,
        is_ad_hoc: false,
        is_return: false,
        schedule_lines: 0,
        comments: Vec::new(),
        extrinsics: Vec::new(),
    }
}

pub(crate) fn submission(customer: &str, reference: &str, lines: Vec<OrderLine>) -> OrderSubmission {
    let today = date(2026, 3, 1);
    OrderSubmission {
        reference: reference.to_owned(),
        customer: customer.to_owned(),
        terms: None,
        test: false,
        contact: None,
        order: PurchaseOrder {
            order_number: format!("PO-{reference}"),
            operation: OrderOperation::New,
            order_type: OrderType::Regular,
            stated_version: None,
            order_date: StatedDate {
                text: today.to_string(),
                date: today,
                instant: None,
                has_offset: false,
            },
            requested_delivery: None,
            requisition_id: None,
            agreement_id: None,
            total: StatedAmount::parse("0", usd()).unwrap(),
            tax: None,
            shipping: None,
            ship_to: None,
            bill_to: None,
            payment: Payment::Terms,
            payment_terms_days: None,
            contacts: Vec::new(),
            comments: Vec::new(),
            replaces_payload_id: None,
            extrinsics: Vec::new(),
            lines,
        },
    }
}

/// Reads the feed to its end.
pub(crate) async fn pull(
    system: &dyn Connector,
    http: &Egress,
    mut cursor: Option<Cursor>,
) -> (Vec<ErpDocument>, Option<Cursor>) {
    let documents = system.spec().documents.unwrap();
    let mut all = Vec::new();
    loop {
        let ctx = context(format!("documents-{}", all.len()), http);
        let page = documents
            .pull_documents(&ctx, cursor.as_ref(), &[], 100)
            .await
            .unwrap();
        all.extend(page.items);
        cursor = Some(page.next_cursor);
        if !page.more {
            return (all, cursor);
        }
    }
}

/// The company's people at work on one order.
pub(crate) struct Shop<'a> {
    pub(crate) base: &'a str,
    pub(crate) http: &'a Egress,
    pub(crate) system: &'a dyn Connector,
    pub(crate) order: PlacedOrder,
}

impl Shop<'_> {
    fn sale(&self) -> i64 {
        self.order.order_id.parse().unwrap()
    }

    pub(crate) async fn press(&self, model: &str, button: &str, id: i64) {
        by_hand(
            self.base,
            self.http,
            &format!("model.{model}.{button}"),
            json!([[id], company()]),
        )
        .await;
    }

    async fn related(&self, field: &str) -> i64 {
        let params = json!([[self.sale()], [field], company()]);
        let answer = by_hand(self.base, self.http, "model.sale.sale.read", params).await;
        let ids: &Vec<Value> = answer[0][field].as_array().unwrap();
        ids.last().unwrap().as_i64().unwrap()
    }

    /// What the feed newly says of the order.
    pub(crate) async fn news(&self, cursor: &mut Option<Cursor>) -> Vec<ErpDocument> {
        let (documents, next) = pull(self.system, self.http, cursor.take()).await;
        *cursor = next;
        let ours =
            |document: &ErpDocument| document.reference.as_deref() == Some(self.order.reference.as_str());
        documents.into_iter().filter(ours).collect()
    }

    pub(crate) async fn ship(&self) {
        self.press("sale.sale", "process", self.sale()).await;
        let shipment = self.related("shipments").await;
        for button in ["assign_try", "pick", "pack", "do"] {
            self.press("stock.shipment.out", button, shipment).await;
        }
        // What follows from it waits for a worker, which is not there.
        self.press("sale.sale", "process", self.sale()).await;
    }

    pub(crate) async fn bill(&self) -> i64 {
        let invoice = self.related("invoices").await;
        self.post(invoice).await;
        invoice
    }

    async fn post(&self, invoice: i64) {
        let today = today();
        let day =
            json!({"__class__": "date", "year": today.year(), "month": today.month(), "day": today.day()});
        let params = json!([[invoice], {"invoice_date": day}, company()]);
        by_hand(self.base, self.http, "model.account.invoice.write", params).await;
        self.press("account.invoice", "post", invoice).await;
    }
}

#[tokio::test]
async fn an_order_is_followed_to_its_invoice_and_its_credit() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let acme = customer(system.as_ref(), &http, "C-ACME").await.external_id;
    let (_, mut cursor) = pull(system.as_ref(), &http, None).await;

    let reference = format!("story-{}", now().as_microsecond());
    let lines = vec![
        line(10, "HX-1001", "2", "BX", "16.65"),
        line(20, "GL-2002", "1", "EA", "21.60"),
    ];
    let what = submission(&acme, &reference, lines);
    let orders = system.spec().orders.unwrap();
    let ctx = context("submit".to_owned(), &http);
    let outcome = orders.submit(&ctx, &what).await.unwrap();
    let SubmitOutcome::Created(order) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(order.state, PlacedState::Open);
    assert_eq!(order.total, Some(amount("54.90")));
    let shop = Shop {
        base: &base,
        http: &http,
        system: system.as_ref(),
        order,
    };

    promised(&shop.news(&mut cursor).await);
    shop.ship().await;
    shipped(&shop.news(&mut cursor).await);
    let id = shop.bill().await;
    let invoice = billed(&shop.news(&mut cursor).await);
    pay(&shop, id, "30.00").await;
    let payment = paid(&shop, &mut cursor, &invoice).await;
    taken_off(&shop, &mut cursor, (id, &payment)).await;
    credit(&shop, id, false).await;
    credited(&shop.news(&mut cursor).await, &invoice);
    let silent = shop.news(&mut cursor).await;
    assert!(
        silent.is_empty(),
        "nothing happened, and the feed says {silent:?}"
    );
}

pub(crate) fn amount(text: &str) -> StatedAmount {
    StatedAmount::parse(text, usd()).unwrap()
}

pub(crate) fn of_kind(news: &[ErpDocument], kind: DocumentKind) -> &ErpDocument {
    let found = news.iter().find(|document| document.content.kind() == kind);
    found.unwrap_or_else(|| panic!("no {kind:?} in {news:?}"))
}

fn promised(news: &[ErpDocument]) {
    let kinds: Vec<DocumentKind> = news.iter().map(|document| document.content.kind()).collect();
    assert_eq!(kinds, [DocumentKind::Acknowledgement, DocumentKind::Status]);
    let DocumentContent::Acknowledgement(said) = &news[0].content else {
        panic!("{news:?}")
    };
    assert_eq!(said.outcome, AcknowledgementOutcome::Accepted);
    let lines = said.lines.iter();
    let lines: Vec<_> = lines.map(|line| (line.line_number, line.unit.as_str())).collect();
    assert_eq!(lines, [(10, "BX"), (20, "EA")]);
}

fn shipped(news: &[ErpDocument]) {
    let DocumentContent::Shipment(said) = &of_kind(news, DocumentKind::Shipment).content else {
        panic!("{news:?}")
    };
    let lines = said.lines.iter();
    let mut lines: Vec<_> = lines
        .map(|line| {
            (
                line.line_number,
                line.part_id.as_str(),
                line.quantity.text(),
                line.unit.as_str(),
            )
        })
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [(10, "HX-1001", "2", "BX"), (20, "GL-2002", "1", "EA")]);
}

fn billed(news: &[ErpDocument]) -> ErpDocument {
    let invoice = of_kind(news, DocumentKind::Invoice);
    let DocumentContent::Invoice(said) = &invoice.content else {
        panic!("{invoice:?}")
    };
    assert!(
        invoice.number.as_deref().unwrap().starts_with("INV"),
        "{invoice:?}"
    );
    assert_eq!(said.total, amount("54.90"));
    assert_eq!((said.invoice_date, said.due_date), (today(), today() + 30.days()));
    let lines = said.lines.iter();
    let mut lines: Vec<_> = lines.map(|line| (line.line_number, line.net.value())).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [(10, amount("33.30").value()), (20, amount("21.60").value())]
    );
    invoice.clone()
}

fn credited(news: &[ErpDocument], invoice: &ErpDocument) {
    let DocumentContent::CreditMemo {
        memo,
        invoice_document_id,
    } = &of_kind(news, DocumentKind::CreditMemo).content
    else {
        panic!("{news:?}")
    };
    assert_eq!(invoice_document_id.as_deref(), Some(invoice.document_id.as_str()));
    assert_eq!(memo.total, amount("54.90"));
    assert!(
        memo.lines.iter().all(|line| line.quantity.value() > 0.into()),
        "{memo:?}"
    );
}

/// Takes the whole invoice back, as the dialog in Tryton does. With a refund it is cancelled by the credit note.
pub(crate) async fn credit(shop: &Shop<'_>, invoice: i64, refund: bool) {
    let wizard = "wizard.account.invoice.credit";
    let context = json!({"company": 1, "active_model": "account.invoice", "active_id": invoice, "active_ids": [invoice]});
    let session = by_hand(
        shop.base,
        shop.http,
        &format!("{wizard}.create"),
        json!([context.clone()]),
    )
    .await;
    let session = &session[0];
    let values = json!({"start": {"with_refund": refund, "invoice_date": null}});
    let params = json!([session, values, "credit", context]);
    let opened = by_hand(shop.base, shop.http, &format!("{wizard}.execute"), params).await;
    if refund {
        // It is posted, too.
        return;
    }
    let credit = opened["actions"][0][1]["res_id"][0].as_i64().unwrap();
    shop.post(credit).await;
}

/// Enters a receipt in the ledger and puts it on the invoice.
async fn pay(shop: &Shop<'_>, invoice: i64, amount: &str) {
    let fields = json!([[invoice], ["account", "party"], company()]);
    let read = by_hand(shop.base, shop.http, "model.account.invoice.read", fields).await;
    let from = (&read[0]["account"], &read[0]["party"]);
    let receipt = receipt((shop.base, shop.http), from, amount).await;
    let values = json!({"payment_lines": [["add", [receipt]]]});
    let params = json!([[invoice], values, company()]);
    by_hand(shop.base, shop.http, "model.account.invoice.write", params).await;
}

/// Enters in the ledger that a party has paid: the line of what it owes.
pub(crate) async fn receipt(
    (base, http): (&str, &Egress),
    (owed, party): (&Value, &Value),
    amount: &str,
) -> i64 {
    let call = async |method: &str, params: Value| by_hand(base, http, method, params).await;
    let today = today();
    let day = json!({"__class__": "date", "year": today.year(), "month": today.month(), "day": today.day()});
    let amount = json!({"__class__": "Decimal", "decimal": amount});
    let nothing = json!({"__class__": "Decimal", "decimal": "0"});
    let first = async |model: &str, domain: Value| {
        let found = call(
            &format!("model.{model}.search"),
            json!([domain, 0, 1, null, company()]),
        )
        .await;
        found[0]
            .as_i64()
            .unwrap_or_else(|| panic!("no {model}: {domain}"))
    };
    let period = json!([
        ["start_date", "<=", day],
        ["end_date", ">=", day],
        ["type", "=", "standard"]
    ]);
    let period = first("account.period", period).await;
    let journal = first("account.journal", json!([["type", "=", "cash"]])).await;
    let income = json!([
        ["type.revenue", "=", true],
        ["closed", "!=", true],
        ["party_required", "=", false]
    ]);
    let income = first("account.account", income).await;
    let lines = json!([
        {"account": owed, "party": party, "credit": amount, "debit": nothing},
        {"account": income, "debit": amount, "credit": nothing},
    ]);
    let entry = json!({"company": 1, "journal": journal, "period": period, "date": day, "lines": [["create", lines]]});
    let entry = call("model.account.move.create", json!([[entry], company()])).await[0].clone();
    call("model.account.move.post", json!([[entry], company()])).await;
    let line = json!([["move", "=", entry], ["account", "=", owed]]);
    first("account.move.line", line).await
}

/// Takes a payment off its invoice, and puts it on again.
async fn taken_off(shop: &Shop<'_>, cursor: &mut Option<Cursor>, (id, payment): (i64, &ErpDocument)) {
    let line: i64 = payment
        .document_id
        .strip_prefix("payment-")
        .unwrap()
        .parse()
        .unwrap();
    for (word, allocations) in [("remove", 0), ("add", 1)] {
        let values = json!({"payment_lines": [[word, [line]]]});
        let params = json!([[id], values, company()]);
        by_hand(shop.base, shop.http, "model.account.invoice.write", params).await;
        let (news, next) = pull(shop.system, shop.http, cursor.take()).await;
        *cursor = next;
        let told = news
            .iter()
            .find(|document| document.document_id == payment.document_id);
        let Some(DocumentContent::Payment(said)) = told.map(|document| &document.content) else {
            panic!("{word}: {news:?}")
        };
        assert_eq!(said.allocations.len(), allocations, "{word}");
        assert_eq!(said.amount, amount("30.00"), "{word}");
    }
}

async fn paid(shop: &Shop<'_>, cursor: &mut Option<Cursor>, invoice: &ErpDocument) -> ErpDocument {
    let (news, next) = pull(shop.system, shop.http, cursor.take()).await;
    *cursor = next;
    let payment = of_kind(&news, DocumentKind::Payment);
    let DocumentContent::Payment(said) = &payment.content else {
        panic!("{payment:?}")
    };
    assert_eq!((&said.amount, said.allocations.len()), (&amount("30.00"), 1));
    assert_eq!(said.allocations[0].invoice_document_id, invoice.document_id);
    assert_eq!(payment.customer, invoice.customer);
    // The invoice is told again, as it was.
    assert_eq!(of_kind(&news, DocumentKind::Invoice), invoice);
    payment.clone()
}
