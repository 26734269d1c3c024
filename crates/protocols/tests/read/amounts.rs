//! Amounts, quantities and dates of orders: read where they mean one thing, else kept as they stand and marked.

use punchgate_domain::{
    order::needs_person,
    purchase_order::{OrderOperation, OrderType, PurchaseOrder},
};
use punchgate_protocols::cxml::{Body, Document, Limits, decode};

use crate::folder;

fn order(document: &Document) -> PurchaseOrder {
    match &document.body {
        Body::OrderRequest(order) => order.as_ref().clone(),
        other => panic!("no order: {other:?}"),
    }
}

fn read(header: &str, total: &str, line: &str) -> Document {
    let xml = format!(
        "<cXML payloadID='1' timestamp='2026-03-02T23:30:00-08:00'><Header><From/><To/><Sender/></Header><Request>\
         <OrderRequest><OrderRequestHeader orderID='1' {header}>{total}</OrderRequestHeader>{line}</OrderRequest>\
         </Request></cXML>"
    );
    decode(xml.as_bytes(), None, &Limits::default()).unwrap()
}

fn total(currency: &str, amount: &str) -> String {
    format!("<Total><Money currency='{currency}'>{amount}</Money></Total>")
}

const LINE: &str = "<ItemOut quantity='1' lineNumber='1'><ItemDetail><UnitPrice><Money currency='USD'>5</Money>\
                    </UnitPrice></ItemDetail></ItemOut>";
const DATE: &str = "orderDate='2026-03-02'";

#[test]
fn an_amount_is_read_or_waits_for_a_person() {
    let rows = [
        ("USD", "50000.00", Some("50000.00")),
        ("USD", " -12.5 ", Some("-12.5")),
        ("USD", "50,000.00", Some("50000.00")),
        ("USD", "-1,234,567", Some("-1234567")),
        ("USD", "USD 50000", Some("50000")),
        ("USD", "50000 USD", Some("50000")),
        ("USD", "$50,000.00", Some("50000.00")),
        ("EUR", "€ 7", Some("7")),
        ("EUR", "$7", None),
        ("USD", "EUR 7", None),
        ("USD", "50,000", None),
        ("USD", "50.000,00", None),
        ("USD", "5,00,000.00", None),
        ("USD", "5.000,000", None),
        ("USD", "1234,567.00", None),
        ("USD", ",123.00", None),
        ("USD", "1e3", None),
        ("USD", "about 5", None),
        ("USD", "1.2.3", None),
        ("USD", "1234567890123456789012345678901234567890", None),
        ("US$", "5", None),
    ];
    for (currency, stated, expected) in rows {
        let document = read(DATE, &total(currency, stated), LINE);
        let order = order(&document);
        match expected {
            Some(amount) => {
                assert!(
                    order.total.is_readable() && needs_person(&order).is_empty(),
                    "{stated}"
                );
                assert_eq!(order.total.text(), amount, "{stated}");
            }
            None => {
                assert_eq!(order.total.text(), stated.trim(), "{stated}");
                let needs = needs_person(&order);
                assert_eq!(needs.len(), 1, "{stated}: {needs:?}");
                assert!(
                    document
                        .findings
                        .iter()
                        .any(|finding| finding.code == "money-unreadable"),
                    "{stated}"
                );
            }
        }
    }
}

#[test]
fn a_line_that_cannot_be_reckoned_waits_for_a_person() {
    let line = |quantity: &str, price: &str, basis: &str| {
        format!("<ItemOut {quantity} lineNumber='3'><ItemDetail>{price}{basis}</ItemDetail></ItemOut>")
    };
    let price = "<UnitPrice><Money currency='USD'>5</Money></UnitPrice>";
    let empty = "<UnitPrice><Money currency='USD'/></UnitPrice>";
    let rows = [
        (line("quantity='2'", price, ""), None),
        (line("", price, ""), Some("the quantity of line 3 is missing")),
        (
            line("quantity='9999999999999999999999999999999999999999'", price, ""),
            Some("the quantity of line 3 cannot be read: '9999999999999999999999999999999999999999'"),
        ),
        (
            line("quantity='2'", "", ""),
            Some("the price of line 3 is missing"),
        ),
        (
            line("quantity='2'", empty, ""),
            Some("the price of line 3 is missing"),
        ),
        (
            line("quantity='2'", price, "<PriceBasisQuantity quantity='per 100'/>"),
            Some("the price basis of line 3 cannot be read: 'per 100'"),
        ),
        (
            line(
                "quantity='2'",
                price,
                "<PriceBasisQuantity quantity='1' conversionFactor='x'/>",
            ),
            Some("the price basis factor of line 3 cannot be read: 'x'"),
        ),
    ];
    for (line, expected) in rows {
        let order = order(&read(DATE, &total("USD", "10"), &line));
        let needs: Vec<String> = needs_person(&order).iter().map(ToString::to_string).collect();
        assert_eq!(needs, expected.into_iter().collect::<Vec<_>>(), "{line}");
    }
}

#[test]
fn a_total_is_the_sum_of_its_lines_where_none_is_stated() {
    let order_of = |total: &str| order(&read(DATE, total, &LINE.repeat(2)));
    for total in ["", "<Total/>", "<Total><Money currency='USD'> </Money></Total>"] {
        assert_eq!(order_of(total).total.to_string(), "USD 10", "{total}");
        assert!(needs_person(&order_of(total)).is_empty(), "{total}");
    }
    let endless = LINE.replace(">5<", ">79000000000000000000000000000<");
    let order = order(&read(DATE, "", &endless.repeat(2)));
    assert_eq!(needs_person(&order)[0].to_string(), "the total is missing");
}

#[test]
fn an_order_without_a_date_was_ordered_when_it_was_sent() {
    for header in ["", "orderDate=''", "orderDate='soon'"] {
        let document = read(header, &total("USD", "5"), LINE);
        let order = order(&document);
        assert_eq!(order.order_date.date.to_string(), "2026-03-02", "{header}");
        assert!(needs_person(&order).is_empty(), "{header}");
        assert!(
            document
                .findings
                .iter()
                .any(|finding| finding.code == "order-date-missing")
        );
    }
}

#[test]
fn a_type_that_nobody_knows_waits_for_a_person() {
    let order = order(&read(&format!("{DATE} type='Replace'"), &total("USD", "5"), LINE));
    assert_eq!(order.operation, OrderOperation::New);
    assert_eq!(order.order_type, OrderType::Other("replace".to_owned()));
    assert_eq!(needs_person(&order).len(), 1);
}

#[test]
fn what_is_doubtful_is_kept_without_the_card() {
    let sample = folder::samples();
    let sample = sample
        .iter()
        .find(|sample| sample.name == "generic/order-request.doubtful.xml");
    let document = decode(&sample.unwrap().bytes, None, &Limits::default()).unwrap();
    let order = order(&document);
    assert_eq!(order.extrinsics, [("CostCenter".to_owned(), "4711".to_owned())]);
    assert_eq!(order.comments, ["Charge my card *******************, please."]);
    let needs: Vec<String> = needs_person(&order).iter().map(ToString::to_string).collect();
    assert_eq!(
        needs,
        [
            "order type 'replace'",
            "the total cannot be read: '50.000,00'",
            "the tax cannot be read: '1,900'",
            "the quantity of line 1 cannot be read: '1,5'",
            "the price basis of line 1 cannot be read: 'C'",
            "the price of line 1 cannot be read: '1e3'",
        ]
    );
    let repeated = document
        .findings
        .iter()
        .filter(|finding| finding.code == "line-number-repeated");
    assert_eq!(repeated.count(), 1);
}
