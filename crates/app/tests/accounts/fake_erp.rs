//! An ERP in memory, as treacherous as a real one: every write moves the version on, also one of the same
//! value; it may refuse a limit, change behind our back, or carry out a write and not say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Exposures, Page,
    accounts::{Account, AccountPatch, ErpHold, FieldRefusal, PatchOutcome},
    context::LeftOut,
    exposure::AccountExposure,
    page::Found,
};
use punchgate_domain::{
    Instant,
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
    money::{Currency, Money},
};

/// What the ERP does next, besides what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trick {
    /// Carries out the next write and loses the answer.
    LoseAnswer,
    /// Somebody writes the name just before each write of ours, so many times.
    RaceWrites(u32),
    /// Loses each write on its way, and nobody can tell.
    LoseWrites,
    /// Refuses limits below the open items, by its own rule.
    RefuseLimit,
    /// Refuses a limit, and blames all of the patch.
    BlameAll,
    /// Refuses to let go of holds.
    RefuseRelease,
    /// Gives holds that are placed an id of its own.
    RenameHolds,
    /// Writes their codes its own way.
    RewriteCodes,
    /// Says that holds are released, and keeps them.
    KeepHolds,
    /// Fails after so many pages.
    FailAfterPages(u32),
    /// Tells of this account what nobody can read.
    Garble(&'static str),
    /// Writes down what it is asked for, and carries it out when it gets to it.
    TakeUpLater,
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<String, Account>,
    /// Every change, in order: the feed.
    feed: Vec<String>,
    deleted: BTreeSet<String>,
    exposures: BTreeMap<String, AccountExposure>,
    clock: i64,
    tricks: Vec<Trick>,
    patches: u32,
    pages: u32,
    /// Requests, with what became of each.
    requests: Vec<(AccountPatch, Option<PatchOutcome>)>,
}

impl State {
    fn is_readable(&self, ctx: &Context, id: &str) -> bool {
        let garbled = self
            .tricks
            .iter()
            .any(|trick| matches!(trick, Trick::Garble(one) if *one == id));
        if garbled {
            ctx.leave_out([LeftOut {
                external_id: id.to_owned(),
                problem: "no amount".to_owned(),
            }]);
        }
        !garbled
    }
}

#[derive(Debug, Default)]
pub(super) struct FakeErp(Mutex<State>);

pub(super) fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

pub(super) fn hold(id: &str, code: &str, shopper: &str) -> ErpHold {
    ErpHold {
        id: id.to_owned(),
        code: code.to_owned(),
        removes: Some(PermissionSet::of(&[Permission::OrderOnTerms])),
        texts: HoldTexts {
            internal: Some("dunning level 3".to_owned()),
            accounts_payable: None,
            shopper: Some(shopper.to_owned()),
        },
        since: Instant::UNIX_EPOCH,
        until: None,
        placed_by: Some("kim".to_owned()),
    }
}

pub(super) fn account(id: &str) -> Account {
    Account {
        external_id: id.to_owned(),
        version: "0".to_owned(),
        code: format!("D-{id}"),
        name: format!("Customer {id}"),
        active: true,
        currency: Currency::parse("USD").unwrap(),
        payer: None,
        head_office: None,
        terms: Some(Terms {
            code: "N30".into(),
            label: "Net 30".into(),
            net_days: 30,
            prepaid: false,
        }),
        credit_limit: CreditLimit::Amount(usd(100_000)),
        holds: Vec::new(),
        contacts: Vec::new(),
        ship_tos: Vec::new(),
        exposure: None,
        changed_at: Instant::UNIX_EPOCH,
        changed_by: Some("kim".to_owned()),
    }
}

impl FakeErp {
    /// Creates or changes an account, as a user of the ERP does.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Account)) {
        let mut state = self.0.lock().unwrap();
        let mut row = state.accounts.get(id).cloned().unwrap_or_else(|| account(id));
        change(&mut row);
        state.put(row);
    }

    pub(super) fn delete(&self, id: &str, told: bool) {
        let mut state = self.0.lock().unwrap();
        state.accounts.remove(id);
        if told {
            state.deleted.insert(id.to_owned());
        }
    }

    pub(super) fn owes(&self, id: &str, open_items: Money, as_of: Instant) {
        let exposure = AccountExposure {
            external_id: id.to_owned(),
            open_items,
            open_orders: Some(Money::zero(open_items.currency())),
            overdue: None,
            oldest_due: None,
            as_of,
        };
        self.0.lock().unwrap().exposures.insert(id.to_owned(), exposure);
    }

    pub(super) fn trick(&self, trick: Trick) {
        self.0.lock().unwrap().tricks.push(trick);
    }

    pub(super) fn honest(&self) {
        self.0.lock().unwrap().tricks.clear();
    }

    pub(super) fn account(&self, id: &str) -> Account {
        self.0.lock().unwrap().accounts[id].clone()
    }

    /// Its own process gets to what was asked for.
    pub(super) fn take_up(&self) {
        let mut state = self.0.lock().unwrap();
        for at in 0..state.requests.len() {
            if state.requests[at].1.is_none() {
                let patch = state.requests[at].0.clone();
                state.requests[at].1 = Some(state.write(&patch));
            }
        }
    }

    /// How many requests it has been given.
    pub(super) fn requests(&self) -> usize {
        self.0.lock().unwrap().requests.len()
    }

    pub(super) fn patches(&self) -> u32 {
        self.0.lock().unwrap().patches
    }
}

impl State {
    fn put(&mut self, mut row: Account) {
        self.clock += 1;
        row.version = self.clock.to_string();
        row.changed_at = Instant::from_second(self.clock).unwrap();
        self.feed.push(row.external_id.clone());
        self.accounts.insert(row.external_id.clone(), row);
    }

    fn request(&mut self, patch: &AccountPatch) -> PatchOutcome {
        let waiting = PatchOutcome::Waiting("nobody has got to it".to_owned());
        if let Some((_, answer)) = self.requests.iter().find(|(asked, _)| asked == patch) {
            return answer.clone().unwrap_or(waiting);
        }
        let row = &self.accounts[&patch.external_id];
        if row.version != patch.expect {
            return PatchOutcome::Conflict(Box::new(row.clone()));
        }
        self.requests.push((patch.clone(), None));
        waiting
    }

    fn write(&mut self, patch: &AccountPatch) -> PatchOutcome {
        for trick in &mut self.tricks {
            if let Trick::RaceWrites(left) = trick
                && *left > 0
            {
                *left -= 1;
                let mut row = self.accounts[&patch.external_id].clone();
                row.name = format!("{} ({left})", row.code);
                self.put(row);
                break;
            }
        }
        let mut row = self.accounts[&patch.external_id].clone();
        if row.version != patch.expect {
            return PatchOutcome::Conflict(Box::new(row));
        }
        let refusal = |field: &str, message: &str| {
            PatchOutcome::Rejected(vec![FieldRefusal {
                field: field.to_owned(),
                code: "417".to_owned(),
                message: message.to_owned(),
            }])
        };
        if patch.credit_limit.is_some() && self.tricks.contains(&Trick::RefuseLimit) {
            return refusal("credit_limit", "limit below the outstanding amount");
        }
        if patch.credit_limit.is_some() && self.tricks.contains(&Trick::BlameAll) {
            let blamed =
                ["credit_limit", "terms", "place_holds", "release_holds"].map(|field| FieldRefusal {
                    field: field.to_owned(),
                    code: "access".to_owned(),
                    message: "you may not write the limit".to_owned(),
                });
            return PatchOutcome::Rejected(blamed.into());
        }
        if !patch.release_holds.is_empty() && self.tricks.contains(&Trick::RefuseRelease) {
            return refusal("release_holds", "only the credit manager releases");
        }
        if let Some(terms) = &patch.terms {
            row.terms = terms.clone().map(|code| Terms {
                label: code.clone(),
                code,
                net_days: 10,
                prepaid: false,
            });
        }
        if let Some(limit) = patch.credit_limit {
            row.credit_limit = limit;
        }
        let keep = self.tricks.contains(&Trick::KeepHolds);
        row.holds
            .retain(|hold| keep || !patch.release_holds.contains(&hold.id));
        for placed in &patch.place_holds {
            row.holds.retain(|hold| hold.id != placed.id);
            let mut placed = placed.clone();
            if self.tricks.contains(&Trick::RenameHolds) {
                placed.id = format!("erp-{}", row.holds.len() + 1);
            }
            if self.tricks.contains(&Trick::RewriteCodes) {
                placed.code = format!("Z{:<6}", placed.code.to_uppercase());
            }
            row.holds.push(placed);
        }
        row.changed_by = Some("punchgate".to_owned());
        let id = row.external_id.clone();
        self.put(row);
        PatchOutcome::Applied(Box::new(self.accounts[&id].clone()))
    }
}

#[async_trait]
impl Accounts for FakeErp {
    async fn pull(&self, ctx: &Context, cursor: Option<&Cursor>, _: u32) -> ConnectorResult<Page<Account>> {
        let mut state = self.0.lock().unwrap();
        if let Some(Trick::FailAfterPages(left)) = state.tricks.first().cloned() {
            if left == 0 {
                return Err(ConnectorError::new(ErrorKind::Temporary, "pull", "line cut"));
            }
            state.tricks[0] = Trick::FailAfterPages(left - 1);
        }
        state.pages += 1;
        // Two entries a page, and always the last one again: an overlap, as real feeds have it.
        let from: usize = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let start = from.saturating_sub(1);
        let end = (from + 2).min(state.feed.len());
        let items = state.feed[start..end]
            .iter()
            .filter(|id| state.is_readable(ctx, id))
            .filter_map(|id| state.accounts.get(id))
            .cloned()
            .collect();
        Ok(Page {
            items,
            deleted: state.deleted.iter().cloned().collect(),
            next_cursor: Cursor::new(end.to_string()),
            more: end < state.feed.len(),
        })
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        let state = self.0.lock().unwrap();
        let (there, missing): (Vec<&String>, Vec<&String>) =
            ids.iter().partition(|id| state.accounts.contains_key(*id));
        Ok(Found {
            items: there
                .into_iter()
                .filter(|id| state.is_readable(ctx, id))
                .map(|id| state.accounts[id].clone())
                .collect(),
            missing: missing.into_iter().cloned().collect(),
        })
    }

    async fn patch(&self, _: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        let mut state = self.0.lock().unwrap();
        state.patches += 1;
        if state.tricks.contains(&Trick::TakeUpLater) {
            return Ok(state.request(patch));
        }
        let unseen = || ConnectorError::new(ErrorKind::Unknown, "patch", "no answer");
        if state.tricks.contains(&Trick::LoseWrites) {
            return Err(unseen());
        }
        let outcome = state.write(patch);
        if let Some(place) = state.tricks.iter().position(|trick| *trick == Trick::LoseAnswer) {
            state.tricks.remove(place);
            return Err(unseen());
        }
        Ok(outcome)
    }
}

#[async_trait]
impl Exposures for FakeErp {
    async fn exposure(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<AccountExposure>> {
        let state = self.0.lock().unwrap();
        let (there, missing): (Vec<&String>, Vec<&String>) =
            ids.iter().partition(|id| state.exposures.contains_key(*id));
        Ok(Found {
            items: there
                .into_iter()
                .filter(|id| state.is_readable(ctx, id))
                .map(|id| state.exposures[id].clone())
                .collect(),
            missing: missing.into_iter().cloned().collect(),
        })
    }
}
