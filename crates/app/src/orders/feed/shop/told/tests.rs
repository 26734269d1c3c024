//! What a shop says, answer by answer, and the documents that come of it.

use punchgate_connector::shop_orders::ShopOrderLine;

use super::*;

const ASKED: &str = "2026-03-02T12:00:00Z";

fn now() -> Instant {
    ASKED.parse().unwrap()
}

/// A line: number, then ordered, confirmed, shipped, invoiced, cancelled.
type Row = (u32, [&'static str; 5]);

fn order(state: PlacedState, payment: PaymentState, lines: &[Row]) -> ShopOrder {
    let line = |(line_number, numbers): &Row| {
        let [ordered, confirmed, shipped, invoiced, cancelled] =
            numbers.map(|text| Quantity::parse(text).unwrap());
        ShopOrderLine {
            line_number: *line_number,
            part_id: format!("P-{line_number}"),
            unit: Unit::new("EA"),
            ordered,
            confirmed,
            shipped,
            invoiced,
            cancelled,
        }
    };
    ShopOrder {
        order: PlacedOrder {
            order_id: "W-1".to_owned(),
            order_number: "1".to_owned(),
            reference: "our-key".to_owned(),
            purchase_order_number: Some("4500001".to_owned()),
            customer: "C-1".to_owned(),
            state,
            total: None,
            created_at: now(),
            revision: None,
        },
        payment,
        lines: lines.iter().map(line).collect(),
    }
}

fn open(lines: &[Row]) -> ShopOrder {
    order(PlacedState::Open, PaymentState::None, lines)
}

fn held(code: &str) -> PlacedState {
    PlacedState::OnHold {
        code: code.to_owned(),
        message: "Call us".to_owned(),
    }
}

/// A document in one line.
fn text(document: &ErpDocument) -> String {
    let id = &document.document_id;
    match &document.content {
        DocumentContent::Acknowledgement(said) => {
            let lines = said.lines.iter().map(|line| {
                let status = match line.status {
                    AcknowledgementStatus::Accepted => "accepted",
                    AcknowledgementStatus::Backordered => "backordered",
                    AcknowledgementStatus::Rejected => "rejected",
                };
                format!(" {}:{} {status}", line.line_number, line.quantity)
            });
            format!("{id}{}", lines.collect::<String>())
        }
        DocumentContent::Shipment(shipment) => {
            let lines = shipment.lines.iter();
            let lines = lines.map(|line| format!(" {}:{}", line.line_number, line.quantity));
            format!("{id}{}", lines.collect::<String>())
        }
        DocumentContent::Status { state, message } => {
            format!("{id} {state:?} {}", message.as_deref().unwrap_or("-"))
        }
        other => format!("{id} {other:?}"),
    }
}

/// What each answer says that those before it did not; each is given twice, and is news once.
fn told(first: OrderState, answers: &[ShopOrder]) -> Vec<Vec<String>> {
    let mut known = Told::of_order(first);
    let mut all = Vec::new();
    for answer in answers {
        let news = news(&known, answer, now());
        for document in &news.documents {
            assert_eq!(document.order_id.as_deref(), Some("W-1"));
            assert_eq!(document.reference.as_deref(), Some("our-key"));
            assert_eq!(document.issued_at, now());
        }
        let stored = serde_json::to_string(&news.told).unwrap();
        known = serde_json::from_str(&stored).unwrap();
        assert_eq!(known, news.told);
        let again = super::news(&known, answer, now());
        assert!(again.documents.is_empty(), "{:?}", again.documents);
        assert_eq!(again.told, known);
        all.push(news.documents.iter().map(text).collect());
    }
    all
}

/// What it is about, what the shop says answer by answer, and what of each is new.
type Quantities = (
    &'static str,
    &'static [&'static [Row]],
    &'static [&'static [&'static str]],
);

const QUANTITIES: [Quantities; 10] = [
    ("as it was placed", &[&[(1, ["10", "0", "0", "0", "0"])]], &[&[]]),
    (
        "confirmed, more and more",
        &[
            &[(1, ["10", "4", "0", "0", "0"]), (2, ["1", "0", "0", "0", "0"])],
            &[(1, ["10", "10.0", "0", "0", "0"]), (2, ["1", "1", "0", "0", "0"])],
        ],
        &[
            &["W-1/1/acknowledgement 1:4 accepted"],
            &["W-1/2/acknowledgement 1:10 accepted 2:1 accepted"],
        ],
    ),
    (
        "shipped in two parts",
        &[
            &[(1, ["10", "0", "4", "0", "0"])],
            &[(1, ["10", "0", "4.00", "0", "0"])],
            &[(1, ["10", "0", "10", "0", "0"])],
        ],
        &[&["W-1/1/shipment 1:4"], &[], &["W-1/2/shipment 1:6"]],
    ),
    (
        "all at once",
        &[&[(1, ["10", "10", "2.5", "2.5", "0"])]],
        &[&[
            "W-1/1/acknowledgement 1:10 accepted",
            "W-1/1/shipment 1:2.5",
            "W-1/1/status Open line 1: 2.5 EA invoiced",
        ]],
    ),
    (
        "set back and said again: no second shipment, and none below zero",
        &[
            &[(1, ["10", "0", "8", "0", "0"])],
            &[(1, ["10", "0", "3", "0", "0"])],
            &[(1, ["10", "0", "8", "0", "0"])],
            &[(1, ["10", "0", "9", "0", "0"])],
        ],
        &[
            &["W-1/1/shipment 1:8"],
            &["W-1/2/status Open line 1: 3 EA shipped, and 8 before"],
            &[],
            &["W-1/3/shipment 1:1"],
        ],
    ),
    (
        "a part is cancelled: of the rest nothing is said",
        &[&[(1, ["10", "0", "0", "0", "2"])]],
        &[&["W-1/1/acknowledgement 1:2 rejected"]],
    ),
    (
        "what was confirmed is cancelled then",
        &[
            &[(1, ["10", "10", "0", "0", "0"])],
            &[(1, ["10", "10", "0", "0", "3"])],
        ],
        &[
            &["W-1/1/acknowledgement 1:10 accepted"],
            &["W-1/2/acknowledgement 1:7 accepted 1:3 rejected"],
        ],
    ),
    (
        "nothing is confirmed any more: there is nothing to tell the buyer",
        &[
            &[(1, ["10", "10", "0", "0", "0"])],
            &[(1, ["10", "0", "0", "0", "0"])],
        ],
        &[
            &["W-1/1/acknowledgement 1:10 accepted"],
            &["W-1/2/status Open line 1: 0 EA confirmed, and 10 before"],
        ],
    ),
    (
        "a line in two parts is one line",
        &[&[(1, ["4", "4", "4", "0", "0"]), (1, ["6", "6", "0", "0", "0"])]],
        &[&["W-1/1/acknowledgement 1:10 accepted", "W-1/1/shipment 1:4"]],
    ),
    (
        "a line that is gone",
        &[&[(1, ["10", "0", "4", "0", "0"])], &[], &[]],
        &[
            &["W-1/1/shipment 1:4"],
            &["W-1/2/status Open line 1: 0 EA shipped, and 4 before"],
            &[],
        ],
    ),
];

#[test]
fn quantities_become_documents_once() {
    for (what, answers, expected) in QUANTITIES {
        let answers: Vec<ShopOrder> = answers.iter().map(|lines| open(lines)).collect();
        assert_eq!(told(OrderState::Accepted, &answers), expected, "{what}");
    }
}

#[test]
fn states_become_documents_once() {
    use PaymentState::{Authorised, None as Unpaid, Paid};
    let line: &[Row] = &[(1, ["1", "0", "0", "0", "0"])];
    let gone: &[Row] = &[(1, ["1", "0", "0", "0", "1"])];
    type Case<'a> = (
        OrderState,
        &'a [(PlacedState, PaymentState, &'a [Row])],
        &'a [&'a [&'a str]],
    );
    let table: [Case<'_>; 6] = [
        (
            OrderState::Accepted,
            &[(held("CREDIT"), Unpaid, line), (PlacedState::Open, Unpaid, line)],
            &[
                &["W-1/1/status OnHold { code: \"CREDIT\", message: \"Call us\" } -"],
                &["W-1/2/status Open -"],
            ],
        ),
        // That it is held is known by its place; another reason is news.
        (
            OrderState::HeldByErp,
            &[(held("A"), Unpaid, line), (held("B"), Unpaid, line)],
            &[
                &[],
                &["W-1/1/status OnHold { code: \"B\", message: \"Call us\" } -"],
            ],
        ),
        (
            OrderState::HeldByErp,
            &[(PlacedState::Open, Unpaid, line)],
            &[&["W-1/1/status Open -"]],
        ),
        // The cancelled whole is no confirmation.
        (
            OrderState::Accepted,
            &[(PlacedState::Cancelled, Unpaid, gone)],
            &[&["W-1/1/status Cancelled -"]],
        ),
        (
            OrderState::Accepted,
            &[(PlacedState::Completed, Paid, line)],
            &[&["W-1/1/status Completed it is paid"]],
        ),
        (
            OrderState::Accepted,
            &[
                (PlacedState::Open, Authorised, line),
                (PlacedState::Open, Paid, line),
                (PlacedState::Open, Authorised, line),
            ],
            &[
                &[],
                &["W-1/1/status Open it is paid"],
                &["W-1/2/status Open it is not paid any more"],
            ],
        ),
    ];
    for (first, answers, expected) in table {
        let answers: Vec<ShopOrder> = answers
            .iter()
            .map(|(state, payment, lines)| order(state.clone(), *payment, lines))
            .collect();
        assert_eq!(told(first, &answers), expected, "{answers:?}");
    }
}

#[test]
fn only_before_its_goods_have_left_is_it_paid_early() {
    use PaymentState::{Authorised, Paid};
    let half: &[Row] = &[(1, ["2", "2", "1", "0", "0"])];
    let all: &[Row] = &[(1, ["2", "2", "1", "0", "1"])];
    let table = [
        (PlacedState::Open, Paid, half, true),
        (held("A"), Paid, half, true),
        (PlacedState::Open, Authorised, half, false),
        (PlacedState::Open, Paid, all, false),
        (PlacedState::Completed, Paid, half, false),
        (PlacedState::Cancelled, Paid, half, false),
    ];
    for (state, payment, lines, expected) in table {
        let order = order(state, payment, lines);
        assert_eq!(is_paid_early(&order), expected, "{order:?}");
    }
}

#[test]
fn an_order_ends_with_its_completion_or_cancellation() {
    let table = [
        (PlacedState::Draft, false),
        (PlacedState::Open, false),
        (held("A"), false),
        (PlacedState::Completed, true),
        (PlacedState::Cancelled, true),
    ];
    for (state, expected) in table {
        let order = order(state, PaymentState::None, &[]);
        let told = news(&Told::of_order(OrderState::Accepted), &order, now()).told;
        assert_eq!(told.is_at_its_end(), expected, "{order:?}");
    }
}
