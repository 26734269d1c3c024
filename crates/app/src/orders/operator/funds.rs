//! A card that a person has charged or had authorised for an order: the way on for an order that waits for it. An
//! order that does not wait for a card passes a hold on its terms so, but only if the whole of it is secured.

use punchgate_domain::{
    catalogue::Problem,
    credit::FundsKind,
    money::{Money, StatedAmount},
    order::Cause,
    policy::PcardPolicy,
};
use punchgate_protocols::cxml::card_number::holds_card_number;
use punchgate_storage::order_funds::FundsRow;

use super::{OperatorError, OrderDesk, Word, actor};
use crate::{clock::micros, orders::working::Working};

/// What a person has secured.
#[derive(Debug, Clone)]
pub struct Funds {
    /// Charged, or authorised only.
    pub kind: FundsKind,
    /// How much, in the order's currency.
    pub amount: StatedAmount,
    /// What the payment provider calls it.
    pub reference: String,
}

impl OrderDesk {
    /// Records it and decides the order again. What was recorded before counts no more.
    pub async fn record_funds(&self, word: &Word<'_>, funds: &Funds) -> Result<(), OperatorError> {
        let amount = checked(funds)?;
        let relationship = self.relationship_of(word).await?;
        if relationship.policies.pcard == PcardPolicy::Refuse {
            return Err(refused(
                "this relationship refuses cards: change its policy pcard first".to_owned(),
            ));
        }
        let now = self.surroundings.now();
        self.change(word, |working| {
            let state = working.state()?;
            if !state.may_be_decided_again() {
                return Ok(Err(format!("an order in state '{state}' is decided no more")));
            }
            if amount.currency().as_str() != working.row.currency {
                return Ok(Err(format!(
                    "the order is in {}, not in {}",
                    working.row.currency,
                    amount.currency()
                )));
            }
            let detail = format!(
                "card {}: {amount} ({}): {}",
                funds.kind, funds.reference, word.reason
            );
            let from = Some(working.row.state.clone());
            working.note(from, state, Cause::PersonDecided, &actor(word), Some(detail), now);
            let row = row_of(working, word, funds, amount, micros(now));
            working.funds.push(row);
            working.changed = true;
            Ok(Ok(None))
        })
        .await?;
        self.decide_again(word).await
    }
}

fn checked(funds: &Funds) -> Result<Money, OperatorError> {
    let amount = funds
        .amount
        .to_money()
        .map_err(|error| refused(error.to_string()))?;
    if amount.minor() <= 0 {
        return Err(refused(format!("amount: {amount} secures nothing")));
    }
    if funds.reference.trim().is_empty() {
        return Err(refused(
            "reference: name what the payment provider calls it".to_owned(),
        ));
    }
    if holds_card_number(&funds.reference) {
        return Err(refused(
            "reference: this looks like a card number, which is kept nowhere; name the provider's transaction".to_owned(),
        ));
    }
    Ok(amount)
}

fn row_of(order: &Working, word: &Word<'_>, funds: &Funds, amount: Money, now: i64) -> FundsRow {
    FundsRow {
        supplier_id: order.row.supplier_id.clone(),
        order_id: order.row.order_id.clone(),
        seq: order.last_event(),
        kind: funds.kind.as_str().to_owned(),
        currency: amount.currency().to_string(),
        amount_minor: amount.minor(),
        reference: funds.reference.trim().to_owned(),
        recorded_by: word.by.to_owned(),
        recorded_at: now,
    }
}

fn refused(details: String) -> OperatorError {
    OperatorError::Refused {
        problem: Problem::Validation,
        details,
    }
}
