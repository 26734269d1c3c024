//! An ERP that makes up its accounts when it is asked for them: a tenth is counted on a group's head, a twentieth is
//! on hold, every one has terms and a limit.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, ErpHold, PatchOutcome},
    page::Found,
};
use punchgate_domain::{
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
    money::{Currency, Money},
};

/// So many accounts, of which the first have changed once.
pub(crate) struct Population {
    accounts: usize,
    changed: AtomicUsize,
}

impl Population {
    pub(crate) fn of(accounts: usize) -> Self {
        Self {
            accounts,
            changed: AtomicUsize::new(0),
        }
    }

    /// The first so many get another limit, at the end of the feed.
    pub(crate) fn change(&self, accounts: usize) {
        self.changed.store(accounts, Ordering::Relaxed);
    }

    fn account(&self, number: usize) -> Account {
        let changed = number < self.changed.load(Ordering::Relaxed);
        let currency = Currency::parse("USD").unwrap();
        let minor = i64::try_from(number).unwrap() * 100 + if changed { 1 } else { 0 };
        let held = ErpHold {
            id: "H1".to_owned(),
            code: "PASTDUE".to_owned(),
            removes: Some(PermissionSet::of(&[Permission::OrderOnTerms])),
            texts: HoldTexts {
                internal: Some("dunning level 3".to_owned()),
                accounts_payable: Some("Please settle your open invoices.".to_owned()),
                shopper: Some("Please ask your accounts payable.".to_owned()),
            },
            since: Timestamp::UNIX_EPOCH,
            until: None,
            placed_by: Some("kim".to_owned()),
        };
        Account {
            external_id: id(number),
            version: if changed { "2" } else { "1" }.to_owned(),
            code: format!("N{number}"),
            name: format!("Customer number {number} of many, Incorporated"),
            active: true,
            currency,
            payer: None,
            head_office: (number % 10 == 9).then(|| id(number - 9)),
            terms: Some(Terms {
                code: "NET30".to_owned(),
                label: "Net 30 days".to_owned(),
                net_days: 30,
                prepaid: false,
            }),
            credit_limit: CreditLimit::Amount(Money::from_minor(minor, currency)),
            contacts: Vec::new(),
            ship_tos: Vec::new(),
            holds: if number.is_multiple_of(20) {
                vec![held]
            } else {
                Vec::new()
            },
            exposure: None,
            changed_at: Timestamp::UNIX_EPOCH,
            changed_by: Some("kim".to_owned()),
        }
    }
}

fn id(number: usize) -> String {
    format!("P-{number:06}")
}

#[async_trait]
impl Accounts for Population {
    async fn pull(&self, _: &Context, cursor: Option<&Cursor>, limit: u32) -> ConnectorResult<Page<Account>> {
        let changed = self.changed.load(Ordering::Relaxed);
        let from: usize = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let all = self.accounts + changed;
        let end = all.min(from + limit as usize);
        // The changed ones stand behind all the others.
        let number = |place: usize| place.checked_sub(self.accounts).unwrap_or(place);
        Ok(Page {
            items: (from..end).map(|place| self.account(number(place))).collect(),
            deleted: Vec::new(),
            next_cursor: Cursor::new(end.to_string()),
            more: end < all,
        })
    }

    async fn get(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        let number = |id: &String| id.strip_prefix("P-").and_then(|number| number.parse().ok());
        Ok(Found {
            items: ids
                .iter()
                .filter_map(number)
                .map(|number| self.account(number))
                .collect(),
            missing: Vec::new(),
        })
    }

    async fn patch(&self, _: &Context, _: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        Err(ConnectorError::new(ErrorKind::Unsupported, "patch", "read only"))
    }
}
