//! The things that need a person, one by one, oldest first.
//!
//! **Invariant:** no text of a partner stands here but names and numbers: what it said may hold what nobody else may read.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::order::OrderState;
use punchgate_storage::{
    StorageResult, Tx,
    sync::{self, attention},
    waiting::{self, ThingRow},
};

use super::{Code, Matter, is_failing, words};
use crate::{
    jobs::{JobId, words::job},
    orders::confirm::DELIVER_CONFIRMATION,
    sync::attention_text,
};

/// So many of a kind are looked at one by one; those beyond wait until there are fewer.
const MOST: i64 = 1000;
/// Orders in these states do not go on without somebody.
const WAITING: [OrderState; 4] = [
    OrderState::Unknown,
    OrderState::Rejected,
    OrderState::Referred,
    OrderState::Held,
];

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Each {
    pub(crate) code: Code,
    /// Which of them.
    pub(crate) subject: String,
    /// In words.
    pub(crate) detail: String,
    /// Where it is seen to, below the supplier's pages.
    pub(crate) path: String,
    /// The kind of the work, where it is work.
    pub(crate) work: Option<String>,
}

impl Each {
    pub(crate) fn new(
        code: Code,
        subject: impl Into<String>,
        detail: String,
        path: impl Into<String>,
    ) -> Self {
        Self {
            code,
            subject: subject.into(),
            detail,
            path: path.into(),
            work: None,
        }
    }
}

/// Everything of a supplier, and the kinds of which there may be more.
pub(crate) async fn each(
    tx: &mut Tx,
    supplier: &str,
    sent_before: i64,
) -> StorageResult<(Vec<Each>, BTreeSet<Code>)> {
    let mut all: Vec<Each> = Vec::new();
    for state in WAITING {
        let orders = waiting::each_order(tx, supplier, state.as_str(), MOST).await?;
        all.extend(orders.into_iter().map(|row| of_order(state, row)));
    }
    all.extend(dead_work(tx, supplier).await?);
    let refused = waiting::each_quarantined(tx, supplier, MOST).await?;
    all.extend(refused.into_iter().map(of_quarantined));
    let conflicts = waiting::each_conflict(tx, supplier, MOST).await?;
    all.extend(conflicts.into_iter().map(of_conflict));
    let changes = waiting::each_refused_change(tx, supplier, MOST).await?;
    all.extend(changes.into_iter().map(of_change));
    for row in attention::of_supplier(tx, supplier).await? {
        let subject = format!("{}/{}/{}", row.connector_id, row.matter, row.name);
        let path = words::settled_at(&row.matter, &row.name);
        all.push(Each::new(Code::Settle, subject, attention_text(&row), path));
    }
    all.extend(silent_connectors(tx, supplier).await?);
    for row in waiting::silent_partners(tx, supplier, DELIVER_CONFIRMATION, sent_before).await? {
        let detail = format!("{}: {} on their way", row.state, documents(row.count));
        let path = format!("/relationships/{}", row.state);
        all.push(Each::new(Code::PartnerSilent, row.state, detail, path));
    }
    all.extend(mails(tx, supplier).await?);
    let mut counted: BTreeMap<Code, usize> = BTreeMap::new();
    for one in &all {
        *counted.entry(one.code).or_default() += 1;
    }
    let full = counted
        .into_iter()
        .filter(|(_, count)| is_full(*count))
        .map(|(code, _)| code)
        .collect();
    Ok((all, full))
}

fn is_full(count: usize) -> bool {
    i64::try_from(count).is_ok_and(|count| count >= MOST)
}

fn documents(count: i64) -> String {
    match count {
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    }
}

fn of_order(state: OrderState, row: ThingRow) -> Each {
    let path = format!("/orders/{}", row.id);
    let detail = format!("order {} of {}", row.name, row.place);
    Each::new(Matter::Orders(state).code(), row.id, detail, path)
}

async fn dead_work(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<Each>> {
    let rows = waiting::each_dead_work(tx, supplier, MOST).await?;
    let rows = rows
        .into_iter()
        .filter(|(row, _)| row.state != crate::alerts::SEND_ALERT);
    let one = |(row, seq): (ThingRow, i64)| {
        let id = JobId::at(row.id, seq).to_string();
        let what = job(&row.state);
        let detail = match row.name.as_str() {
            "" => what.to_owned(),
            order => format!("{what}: order {order}"),
        };
        let path = format!("/deliveries/{id}");
        Each {
            work: Some(row.state),
            ..Each::new(Code::DeadWork, id, detail, path)
        }
    };
    Ok(rows.map(one).collect())
}

/// The number is a stranger's word.
fn of_quarantined(row: ThingRow) -> Each {
    let number = match row.name.as_str() {
        "" => "a request without an order number".to_owned(),
        number => format!("a request about order {number}"),
    };
    let detail = format!("{number}: {}", row.place.replace(['-', '_'], " "));
    let path = format!("/quarantine/{}", row.id);
    Each::new(Code::Quarantine, row.id, detail, path)
}

fn of_conflict(row: ThingRow) -> Each {
    let detail = format!("{} of customer {} in {}", row.state, row.name, row.place);
    let path = format!("/conflicts/{}", row.id);
    Each::new(Code::Conflict, row.id, detail, path)
}

fn of_change(row: ThingRow) -> Each {
    let subject = format!("{}/{}/{}", row.place, row.name, row.id);
    let detail = format!("{} of customer {} in {}", row.id, row.name, row.place);
    Each::new(Code::ChangeRefused, subject, detail, "/customers")
}

/// One a system, whichever of its feeds fail.
async fn silent_connectors(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<Each>> {
    let mut feeds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in sync::cursors(tx, supplier).await?.into_iter().filter(is_failing) {
        let names = feeds.entry(row.connector_id).or_default();
        names.insert(words::feed(&row.feed).to_lowercase());
    }
    let one = |(connector, names): (String, BTreeSet<String>)| {
        let names: Vec<String> = names.into_iter().collect();
        let detail = format!("{connector}: {}", names.join(", "));
        Each::new(Code::ConnectorSilent, connector, detail, "/connectors")
    };
    Ok(feeds.into_iter().map(one).collect())
}

async fn mails(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<Each>> {
    let rows = waiting::untaken_mails(tx, supplier, crate::alerts::SEND_ALERT).await?;
    let one = |count: i64| {
        let detail = format!("mails that wait: {count}");
        Each::new(
            Code::MailUntaken,
            "mails",
            detail,
            words::list_path(Code::MailUntaken),
        )
    };
    Ok(rows.into_iter().map(|row| one(row.count)).collect())
}
