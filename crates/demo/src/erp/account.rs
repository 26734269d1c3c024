//! An account: terms, limit, holds, version, and the history of who changed what.
//!
//! Pure. Exposure is not here: it moves without the account's version.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::people::{Person, Place};
use crate::{envelope::instant, purchase::Amount};

/// Payment terms on offer: code, label, days.
pub(super) const TERMS: &[(&str, &str, u32)] = &[
    ("PREPAY", "Prepayment", 0),
    ("NET15", "Net 15 days", 15),
    ("NET30", "Net 30 days", 30),
    ("NET45", "Net 45 days", 45),
    ("NET60", "Net 60 days", 60),
];

/// Terms as the protocol describes them; the ones without days are paid in advance.
pub(super) fn terms_document(code: &str, label: &str, days: u32) -> Value {
    json!({ "code": code, "label": label, "net_days": days, "prepaid": days == 0 })
}

/// Hold codes: code, label, what such a hold usually removes.
pub(super) const HOLD_CODES: &[(&str, &str, &[Permission])] = &[
    ("PASTDUE", "Past due", &[Permission::OrderOnTerms]),
    ("CREDIT", "Credit hold", &[Permission::OrderOnTerms]),
    (
        "STOP",
        "Full stop",
        &[Permission::OrderOnTerms, Permission::Order, Permission::Ship],
    ),
    ("REVIEW", "Under review", &[]),
    ("GATEWAY", "Placed by the gateway", &[Permission::OrderOnTerms]),
];

/// What a hold takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Permission {
    OrderOnTerms,
    Order,
    Ship,
    Invoice,
}

impl Permission {
    pub(super) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::OrderOnTerms, "order_on_terms", "Order on terms"),
        (Self::Order, "order", "Order at all"),
        (Self::Ship, "ship", "Ship"),
        (Self::Invoice, "invoice", "Invoice"),
    ];

    pub(super) fn label(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(known, _, _)| *known == self)
            .map_or("", |(_, _, label)| label)
    }
}

/// A hold as clerks and the protocol write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    pub(super) id: String,
    pub(super) code: String,
    #[serde(default)]
    pub(super) removes: Option<Vec<Permission>>,
    #[serde(default)]
    pub(super) internal: Option<String>,
    #[serde(default)]
    pub(super) accounts_payable: Option<String>,
    #[serde(default)]
    pub(super) shopper: Option<String>,
    pub(super) since: Timestamp,
    #[serde(default)]
    pub(super) until: Option<Timestamp>,
    #[serde(default)]
    pub(super) placed_by: Option<String>,
}

/// Whether a code is in the table.
pub(super) fn is_known(code: &str) -> bool {
    HOLD_CODES.iter().any(|(known, _, _)| *known == code)
}

impl Hold {
    pub(super) fn in_force(&self, now: Timestamp) -> bool {
        self.since <= now && self.until.is_none_or(|until| now < until)
    }

    pub(super) fn permissions(&self) -> Vec<Permission> {
        self.removes.clone().unwrap_or_else(|| {
            HOLD_CODES
                .iter()
                .find(|(code, _, _)| *code == self.code)
                .map_or_else(
                    || Permission::ALL.map(|(each, _, _)| each).to_vec(),
                    |(_, _, usual)| usual.to_vec(),
                )
        })
    }

    pub(super) fn removes(&self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// What the gateway is told of it; nothing where nobody here has said.
    fn told(&self) -> Option<Vec<Permission>> {
        (self.removes.is_some() || is_known(&self.code)).then(|| self.permissions())
    }

    fn document(&self) -> Value {
        json!({
            "id": self.id, "code": self.code, "removes": self.told(), "internal": self.internal,
            "accounts_payable": self.accounts_payable, "shopper": self.shopper, "since": instant(self.since),
            "until": self.until.map(instant), "placed_by": self.placed_by
        })
    }
}

/// A credit limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Limit {
    Unlimited,
    Amount(Decimal),
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) at: Timestamp,
    pub(super) by: String,
    pub(super) what: String,
    pub(super) reason: String,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) currency: String,
    /// Code of the terms; none: none agreed.
    pub(super) terms: Option<String>,
    pub(super) limit: Limit,
    pub(super) holds: Vec<Hold>,
    #[serde(default)]
    pub(super) contacts: Vec<Person>,
    #[serde(default)]
    pub(super) ship_tos: Vec<Place>,
    pub(super) version: u64,
    /// Position in the feed of changes.
    pub(super) feed_position: u64,
    pub(super) changed_at: Timestamp,
    pub(super) changed_by: String,
    pub(super) history: Vec<Change>,
    /// Invoiced and unpaid: not part of the version.
    pub(super) open_items: Decimal,
    pub(super) overdue: Decimal,
    pub(super) oldest_due: Option<jiff::civil::Date>,
}

/// One thing to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Terms(Option<String>),
    Limit(Limit),
    PlaceHold(Hold),
    ReleaseHold(String),
}

impl Account {
    /// Makes the edits as one write: one new version, whatever the values were before.
    pub(super) fn write(&mut self, edits: Vec<Edit>, by: &str, reason: &str, at: Timestamp, position: u64) {
        for edit in edits {
            let what = self.apply(edit, by);
            if let Some(what) = what {
                self.history.push(Change {
                    at,
                    by: by.to_owned(),
                    what,
                    reason: reason.to_owned(),
                });
            }
        }
        self.version += 1;
        self.feed_position = position;
        self.changed_at = at;
        self.changed_by = by.to_owned();
    }

    fn apply(&mut self, edit: Edit, by: &str) -> Option<String> {
        match edit {
            Edit::Terms(terms) => {
                let words = |terms: &Option<String>| terms.clone().unwrap_or_else(|| "none".into());
                let what = format!("Terms {} → {}", words(&self.terms), words(&terms));
                self.terms = terms;
                Some(what)
            }
            Edit::Limit(limit) => {
                let what = format!(
                    "Credit limit {} → {}",
                    self.in_words(self.limit),
                    self.in_words(limit)
                );
                self.limit = limit;
                Some(what)
            }
            Edit::PlaceHold(mut hold) => {
                hold.placed_by = Some(by.to_owned());
                let what = format!("Hold {} ({}) placed", hold.code, hold.id);
                match self.holds.iter_mut().find(|known| known.id == hold.id) {
                    Some(known) => {
                        hold.since = known.since;
                        *known = hold;
                    }
                    None => self.holds.push(hold),
                }
                Some(what)
            }
            Edit::ReleaseHold(id) => {
                let position = self.holds.iter().position(|hold| hold.id == id)?;
                let hold = self.holds.remove(position);
                Some(format!("Hold {} ({}) released", hold.code, hold.id))
            }
        }
    }

    /// A limit for people.
    pub(super) fn in_words(&self, limit: Limit) -> String {
        match limit {
            Limit::Unlimited => "unlimited".into(),
            Limit::Amount(amount) => format!("{} {}", grouped(amount), self.currency),
        }
    }

    /// The account as the protocol describes it.
    pub(super) fn document(&self) -> Value {
        let terms = self.terms.as_ref().and_then(|code| {
            TERMS
                .iter()
                .find(|(known, _, _)| known == code)
                .map(|(code, label, days)| terms_document(code, label, *days))
        });
        let limit = match self.limit {
            Limit::Unlimited => json!({ "kind": "unlimited" }),
            Limit::Amount(amount) => {
                json!({ "kind": "amount", "amount": amount.to_string(), "currency": self.currency })
            }
        };
        let holds: Vec<Value> = self.holds.iter().map(Hold::document).collect();
        let contacts: Vec<Value> = self.contacts.iter().map(Person::document).collect();
        let ship_tos: Vec<Value> = self.ship_tos.iter().map(Place::document).collect();
        json!({
            "external_id": self.id, "version": self.version.to_string(), "code": self.code,
            "name": self.name, "active": self.active, "currency": self.currency, "payer": null,
            "head_office": null, "terms": terms, "credit_limit": limit, "holds": holds,
            "contacts": contacts, "ship_tos": ship_tos,
            "changed_at": instant(self.changed_at), "changed_by": self.changed_by
        })
    }

    /// What the account owes, with the open orders given.
    pub(super) fn exposure(&self, open_orders: Decimal, as_of: Timestamp) -> Value {
        json!({
            "external_id": self.id,
            "open_items": Amount::new(self.open_items, &self.currency).document(),
            "open_orders": Amount::new(open_orders, &self.currency).document(),
            "includes_open_orders": true,
            "overdue": Amount::new(self.overdue, &self.currency).document(),
            "oldest_due": self.oldest_due.map(|date| date.to_string()),
            "as_of": instant(as_of)
        })
    }
}

/// An amount with two places and commas, for people.
pub(super) fn grouped(amount: Decimal) -> String {
    let mut rounded = amount.round_dp(2);
    rounded.rescale(2);
    let text = rounded.abs().to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let digits = whole.len();
    let mut grouped = String::with_capacity(text.len() + 4);
    if rounded.is_sign_negative() && !rounded.is_zero() {
        grouped.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (digits - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped.push('.');
    grouped.push_str(cents);
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_for_people() {
        for (amount, expected) in [
            ("0", "0.00"),
            ("999.5", "999.50"),
            ("1000", "1,000.00"),
            ("-1234567.891", "-1,234,567.89"),
        ] {
            assert_eq!(grouped(amount.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_hold_without_list_removes_what_its_code_says_and_everything_if_unknown() {
        let hold = |code: &str| Hold {
            id: "H-1".into(),
            code: code.into(),
            removes: None,
            internal: None,
            accounts_payable: None,
            shopper: None,
            since: Timestamp::UNIX_EPOCH,
            until: None,
            placed_by: None,
        };
        assert_eq!(hold("PASTDUE").permissions(), [Permission::OrderOnTerms]);
        assert_eq!(hold("???").permissions().len(), 4);
        assert!(hold("PASTDUE").told().is_some() && hold("???").told().is_none());
    }
}
