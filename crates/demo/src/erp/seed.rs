//! The customers and older orders that the ERP begins with.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{
    account::{Account, Change, Hold, Limit, Permission},
    document,
    journal::Record,
    order::{Order, OrderState},
    people,
};
use crate::purchase::{Amount, OrderLine, Payment};

/// The text the shopper of the customer on hold sees.
pub(super) const PAST_DUE_TEXT: &str = "Account past due. Please call accounts receivable.";

/// Accounts and orders at the ERP's first start.
pub(super) fn records(now: Timestamp) -> Vec<Record> {
    let mut cobalt = account(now, 3, "C-1003", "COBALT", "Cobalt Labs", "USD");
    cobalt.terms = Some("NET30".into());
    cobalt.limit = Limit::Amount(Decimal::from(15_000));
    cobalt.open_items = Decimal::new(1_284_050, 2);
    cobalt.overdue = Decimal::new(731_020, 2);
    cobalt.oldest_due = Some(document::date(now - SignedDuration::from_hours(24 * 62)));
    cobalt.holds.push(Hold {
        id: "H-501".into(),
        code: "PASTDUE".into(),
        removes: Some(vec![Permission::OrderOnTerms]),
        internal: Some("Two reminders sent. No answer from the controller since the 3rd.".into()),
        accounts_payable: Some("Invoices 2871 and 2904 are past due.".into()),
        shopper: Some(PAST_DUE_TEXT.into()),
        since: now - SignedDuration::from_hours(24 * 9),
        until: None,
        placed_by: Some("m.okafor".into()),
    });
    cobalt.changed_by = "m.okafor".into();
    cobalt.changed_at = now - SignedDuration::from_hours(24 * 9);
    cobalt.history.push(Change {
        at: now - SignedDuration::from_hours(24 * 9),
        by: "m.okafor".into(),
        what: "Hold PASTDUE (H-501) placed".into(),
        reason: "Dunning level 2".into(),
    });
    let mut acme = account(now, 1, "C-1001", "ACME", "ACME Manufacturing", "USD");
    acme.terms = Some("NET30".into());
    acme.limit = Limit::Amount(Decimal::from(50_000));
    acme.open_items = Decimal::new(812_000, 2);
    acme.history.push(Change {
        at: now - SignedDuration::from_hours(24 * 40),
        by: "m.okafor".into(),
        what: "Credit limit 40,000.00 USD → 50,000.00 USD".into(),
        reason: "Yearly review".into(),
    });
    let mut borealis = account(now, 2, "C-1002", "BOREALIS", "Borealis Health", "USD");
    borealis.terms = Some("NET45".into());
    borealis.limit = Limit::Amount(Decimal::from(25_000));
    borealis.open_items = Decimal::new(346_075, 2);
    let mut dornbach = account(now, 4, "C-1004", "DORNBACH", "Dornbach Maschinenbau GmbH", "EUR");
    dornbach.terms = Some("NET60".into());
    dornbach.limit = Limit::Unlimited;
    dornbach.open_items = Decimal::new(1_975_500, 2);
    let mut records: Vec<Record> = [acme, borealis, cobalt, dornbach]
        .into_iter()
        .map(Record::Account)
        .collect();
    records.extend(orders(now).into_iter().map(Record::Order));
    records
}

fn account(now: Timestamp, position: u64, id: &str, code: &str, name: &str, currency: &str) -> Account {
    let opened = now - SignedDuration::from_hours(24 * 400);
    let (contacts, ship_tos) = people::of(id);
    Account {
        id: id.into(),
        code: code.into(),
        name: name.into(),
        active: true,
        currency: currency.into(),
        terms: None,
        limit: Limit::Amount(Decimal::ZERO),
        holds: Vec::new(),
        contacts,
        ship_tos,
        version: 1,
        feed_position: position,
        changed_at: opened,
        changed_by: "data migration".into(),
        history: vec![Change {
            at: opened,
            by: "data migration".into(),
            what: "Account opened".into(),
            reason: "Taken over from the former system".into(),
        }],
        open_items: Decimal::ZERO,
        overdue: Decimal::ZERO,
        oldest_due: None,
    }
}

/// An older order: number, customer, its number for it, currency, age in days, state, lines.
type OldOrder = (
    u64,
    &'static str,
    &'static str,
    &'static str,
    i64,
    OrderState,
    &'static [OldLine],
);

/// A line of an older order: part, quantity, unit, price in hundredths.
type OldLine = (&'static str, i64, &'static str, i64);

fn orders(now: Timestamp) -> Vec<Order> {
    let old: [OldOrder; 4] = [
        (
            20_401,
            "C-1001",
            "4499871",
            "USD",
            29,
            OrderState::Completed,
            &[("FS-2010", 20, "BX", 1525)],
        ),
        (
            20_402,
            "C-1002",
            "BH-10277",
            "USD",
            12,
            OrderState::Completed,
            &[("LB-4050", 6, "PK", 3281), ("SF-3080", 40, "BX", 986)],
        ),
        (
            20_403,
            "C-1001",
            "4499902",
            "USD",
            4,
            OrderState::Shipped,
            &[
                ("TL-1180", 4, "ST", 6362),
                ("SF-3070", 60, "PR", 805),
                ("EL-5040", 48, "EA", 912),
            ],
        ),
        (
            20_404,
            "C-1004",
            "EB-7/311",
            "EUR",
            2,
            OrderState::Open,
            &[("FS-2090", 250, "MTR", 372)],
        ),
    ];
    old.into_iter()
        .map(|(number, customer, po, currency, days, state, lines)| {
            let at = now - SignedDuration::from_hours(24 * days);
            old_order(number, customer, po, currency, at, state, lines)
        })
        .collect()
}

fn old_order(
    number: u64,
    customer: &str,
    po: &str,
    currency: &str,
    at: Timestamp,
    state: OrderState,
    lines: &[OldLine],
) -> Order {
    let lines: Vec<OrderLine> = (1..)
        .zip(lines)
        .map(|(line_number, (part, quantity, unit, price))| OrderLine {
            line_number,
            part_id: (*part).into(),
            quantity: Decimal::from(*quantity),
            unit: (*unit).into(),
            unit_price: Amount::new(Decimal::new(*price, 2), currency),
            amount: Amount::new(Decimal::new(*price * *quantity, 2), currency),
            auxiliary_id: None,
            description: None,
        })
        .collect();
    Order {
        number,
        reference: format!("phone-{number}"),
        purchase_order_number: po.into(),
        customer: customer.into(),
        total: Amount::new(lines.iter().map(|line| line.amount.amount).sum(), currency),
        state,
        lines,
        terms: Some("NET30".into()),
        payment: Payment::Terms,
        test: false,
        created_at: at,
        acknowledged_at: Some(at),
        origin: "Phone".into(),
        revision: None,
    }
}
