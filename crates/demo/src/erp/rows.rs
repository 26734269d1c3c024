//! Accounts, holds, orders and documents as a clerk reads them: words, grouped amounts, tones.
//!
//! Reads the books only; draws nothing and changes nothing.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    account::{Account, Hold, Limit, Permission, grouped},
    document::Issued,
    ledger::Ledger,
    order::Order,
};

/// An account with what it owes, for people.
pub(super) struct AccountRow {
    pub(super) account: Account,
    pub(super) limit: String,
    pub(super) exposure: String,
    pub(super) open_items: String,
    pub(super) open_orders: String,
    pub(super) overdue: Option<String>,
    pub(super) available: String,
    pub(super) over: bool,
    /// Share of the limit that is used, 0 to 100.
    pub(super) used: u8,
    pub(super) held: bool,
}

pub(super) fn account_row(ledger: &Ledger, account: &Account, now: Timestamp) -> AccountRow {
    let open_orders = ledger.open_orders(&account.id);
    let exposure = account.open_items + open_orders;
    let (available, over, used) = match account.limit {
        Limit::Unlimited => ("unlimited".to_owned(), false, 0),
        Limit::Amount(limit) => {
            let left = limit - exposure;
            (grouped(left), left < Decimal::ZERO, share(exposure, limit))
        }
    };
    AccountRow {
        limit: match account.limit {
            Limit::Unlimited => "unlimited".into(),
            Limit::Amount(amount) => grouped(amount),
        },
        exposure: grouped(exposure),
        open_items: grouped(account.open_items),
        open_orders: grouped(open_orders),
        overdue: (!account.overdue.is_zero()).then(|| grouped(account.overdue)),
        available,
        over,
        used,
        held: account.holds.iter().any(|hold| hold.in_force(now)),
        account: account.clone(),
    }
}

fn share(part: Decimal, whole: Decimal) -> u8 {
    if whole <= Decimal::ZERO {
        return 100;
    }
    let percent = (part * Decimal::ONE_HUNDRED / whole)
        .round()
        .clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    u8::try_from(percent).unwrap_or(100)
}

/// A hold for people.
pub(super) struct HoldRow {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) label: &'static str,
    pub(super) removes: String,
    pub(super) internal: String,
    pub(super) accounts_payable: String,
    pub(super) shopper: String,
    pub(super) since: String,
    pub(super) until: Option<String>,
    pub(super) placed_by: String,
}

pub(super) fn hold_row(hold: &Hold, now: Timestamp) -> HoldRow {
    let labels: Vec<&str> = hold.permissions().into_iter().map(Permission::label).collect();
    HoldRow {
        id: hold.id.clone(),
        code: hold.code.clone(),
        label: if hold.in_force(now) {
            "in force"
        } else {
            "not in force"
        },
        removes: if labels.is_empty() {
            "nothing, it only warns".into()
        } else {
            labels.join(", ")
        },
        internal: hold.internal.clone().unwrap_or_default(),
        accounts_payable: hold.accounts_payable.clone().unwrap_or_default(),
        shopper: hold.shopper.clone().unwrap_or_default(),
        since: when(hold.since),
        until: hold.until.map(when),
        placed_by: hold.placed_by.clone().unwrap_or_default(),
    }
}

/// An order for people.
pub(super) struct OrderRow {
    pub(super) order: Order,
    pub(super) customer_name: String,
    pub(super) total: String,
    pub(super) created: String,
    pub(super) acknowledged: Option<String>,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
}

pub(super) fn order_row(ledger: &Ledger, order: &Order) -> OrderRow {
    let (state, tone) = order.state.in_words();
    OrderRow {
        customer_name: ledger
            .account(&order.customer)
            .map_or_else(|| order.customer.clone(), |account| account.name.clone()),
        total: format!("{} {}", grouped(order.total.amount), order.total.currency),
        created: when(order.created_at),
        acknowledged: order.acknowledged_at.map(when),
        state,
        tone,
        order: order.clone(),
    }
}

/// A document for people.
pub(super) struct DocumentRow {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) at: String,
    pub(super) order_number: u64,
    pub(super) json: String,
}

pub(super) fn document_row(issued: &Issued) -> DocumentRow {
    DocumentRow {
        id: issued.id.clone(),
        kind: issued.kind.clone(),
        at: when(issued.at),
        order_number: issued.order_number,
        json: serde_json::to_string_pretty(&issued.document).unwrap_or_default(),
    }
}

pub(super) fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
