//! Several orders of several credit accounts, decided in arrival order: each sees what those before it took.

use std::collections::HashMap;

use super::{CreditDecision, CreditRequest, CreditStanding, Draw, decide};
use crate::{
    Instant,
    ids::CreditAccountId,
    money::{Money, MoneyError},
};

/// Why nothing was decided or entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// An order names a credit account that was not loaded: the caller loads it first.
    #[error("credit account '{0}' was not loaded before deciding")]
    NotLoaded(CreditAccountId),
    /// What is to be released does not fit the account: its stored reservation is wrong.
    #[error("the reservation to release does not fit the account: {0}")]
    Sum(#[from] MoneyError),
}

/// Standings that change with each decision. The caller holds the accounts' locks.
#[derive(Clone, Debug, Default)]
pub struct StandingLedger {
    standings: HashMap<CreditAccountId, CreditStanding>,
}

impl StandingLedger {
    /// From the standings as loaded.
    pub fn new(standings: impl IntoIterator<Item = CreditStanding>) -> Self {
        Self {
            standings: standings.into_iter().map(|s| (s.account.clone(), s)).collect(),
        }
    }

    /// Where an account stands by now.
    pub fn standing(&self, account: &CreditAccountId) -> Option<&CreditStanding> {
        self.standings.get(account)
    }

    /// Decides the next order of an account and enters what it takes: an approved order its reservation, any
    /// other gives back what it had.
    pub fn decide(
        &mut self,
        account: &CreditAccountId,
        request: &CreditRequest,
        now: Instant,
    ) -> Result<CreditDecision, LedgerError> {
        let standing = self
            .standings
            .get_mut(account)
            .ok_or_else(|| LedgerError::NotLoaded(account.clone()))?;
        let decision = decide(request, standing, now);
        match enter(standing, request, &decision) {
            Ok(()) => Ok(decision),
            // The sum does not fit: nothing was entered, so nothing may be approved.
            Err(error) => Ok(decision.refer_unreckonable(error)),
        }
    }

    /// Takes back what an order holds, for one that is cancelled inside the batch.
    pub fn release(&mut self, account: &CreditAccountId, own: &super::OwnShare) -> Result<(), LedgerError> {
        let standing = self
            .standings
            .get_mut(account)
            .ok_or_else(|| LedgerError::NotLoaded(account.clone()))?;
        Ok(release_own(standing, own)?)
    }
}

fn enter(
    standing: &mut CreditStanding,
    request: &CreditRequest,
    decision: &CreditDecision,
) -> Result<(), MoneyError> {
    let mut next = standing.clone();
    if let Some(own) = &request.own {
        release_own(&mut next, own)?;
    }
    if decision.is_approved() {
        next.reserved = next.reserved.plus(decision.reserve)?;
        if let Some(drawn) = &decision.drawn {
            draw(&mut next, drawn, Money::plus)?;
        }
    }
    *standing = next;
    Ok(())
}

fn release_own(standing: &mut CreditStanding, own: &super::OwnShare) -> Result<(), MoneyError> {
    standing.reserved = standing.reserved.minus(own.reserved)?;
    own.drawn
        .as_ref()
        .map_or(Ok(()), |drawn| draw(standing, drawn, Money::minus))
}

fn draw(
    standing: &mut CreditStanding,
    drawn: &Draw,
    step: impl Fn(Money, Money) -> Result<Money, MoneyError>,
) -> Result<(), MoneyError> {
    let of = |o: &&mut super::StandingOverride| o.record.id == drawn.override_id;
    if let Some(standing) = standing.overrides.iter_mut().find(of) {
        standing.drawn = step(standing.drawn, drawn.amount)?;
    }
    Ok(())
}
