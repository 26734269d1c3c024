//! The connector of a case: at every call other things happen before and after, and the line may be cut.

use std::{collections::VecDeque, sync::Mutex};

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    page::Found,
};

use super::{
    rig::Rig,
    steps::{Mood, Step, Turn},
};

pub(super) struct Wire<'a> {
    rig: &'a Rig,
    /// In their order; then the ERP is as it should be.
    turns: Mutex<VecDeque<Turn>>,
}

/// Rows of a page.
const ROWS: usize = 2;

impl<'a> Wire<'a> {
    pub(super) fn new(rig: &'a Rig, turns: &[Turn]) -> Self {
        let turns = Mutex::new(turns.iter().cloned().collect());
        Self { rig, turns }
    }

    async fn turn(&self) -> Turn {
        let turn = self.turns.lock().unwrap().pop_front().unwrap_or_default();
        self.rig.note_known().await;
        self.rig.run(&turn.before).await;
        turn
    }
}

impl Turn {
    /// Whether the account is read while the call is under way: before anybody here has seen what came of it.
    fn reads_meanwhile(&self) -> bool {
        let mut steps = self.before.iter().chain(&self.after);
        steps.any(|step| matches!(step, Step::Pull { .. } | Step::Zombie(_)))
    }
}

fn cut(operation: &'static str, kind: ErrorKind) -> ConnectorError {
    ConnectorError::new(kind, operation, "line cut")
}

#[async_trait]
impl Accounts for Wire<'_> {
    async fn pull(&self, _: &Context, cursor: Option<&Cursor>, _: u32) -> ConnectorResult<Page<Account>> {
        let turn = self.turn().await;
        match turn.mood {
            Mood::CutBefore => return Err(cut("pull", ErrorKind::Temporary)),
            Mood::Void if cursor.is_some() => return Err(cut("pull", ErrorKind::Conflict)),
            _ => {}
        }
        let page = {
            let books = self.rig.books.lock().unwrap();
            let from: usize = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
            let early = match turn.mood {
                Mood::Overlap(rows) => usize::from(rows),
                _ => 0,
            };
            let end = (from + ROWS).min(books.feed.len());
            let rows = &books.feed[from.saturating_sub(early)..end];
            let mut items: Vec<Account> = rows.iter().map(|id| books.accounts[id].clone()).collect();
            if turn.mood == Mood::Shuffled {
                items.reverse();
                items.extend_from_within(..);
            }
            Page {
                items,
                deleted: Vec::new(),
                next_cursor: Cursor::new(end.to_string()),
                more: end < books.feed.len(),
            }
        };
        self.rig.run(&turn.after).await;
        match turn.mood {
            Mood::CutAfter | Mood::Late => Err(cut("pull", ErrorKind::Temporary)),
            _ => Ok(page),
        }
    }

    async fn get(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        let turn = self.turn().await;
        if turn.mood == Mood::CutBefore {
            return Err(cut("get", ErrorKind::Temporary));
        }
        let items = {
            let books = self.rig.books.lock().unwrap();
            ids.iter().map(|id| books.accounts[id].clone()).collect()
        };
        self.rig.run(&turn.after).await;
        Ok(Found {
            items,
            missing: Vec::new(),
        })
    }

    async fn patch(&self, _: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        let turn = self.turn().await;
        {
            let mut books = self.rig.books.lock().unwrap();
            books.patches += 1;
            let lost = books.dying || matches!(turn.mood, Mood::CutAfter | Mood::Late);
            if lost || turn.reads_meanwhile() {
                books.note_unseen(patch);
            }
        }
        match turn.mood {
            Mood::CutBefore => return Err(cut("patch", ErrorKind::Temporary)),
            Mood::Late => {
                self.rig.books.lock().unwrap().late.push(patch.clone());
                self.rig.run(&turn.after).await;
                return Err(cut("patch", ErrorKind::Unknown));
            }
            _ => {}
        }
        let outcome = self.rig.books.lock().unwrap().write(patch);
        self.rig.run(&turn.after).await;
        match turn.mood {
            Mood::CutAfter => Err(cut("patch", ErrorKind::Unknown)),
            _ => Ok(outcome),
        }
    }
}
