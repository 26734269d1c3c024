//! One order judged: credit, prices, total and what needs a person, put together by the domain, entered
//! into the order's row. The same at receipt, when decided again, and when a worker claims it.

use punchgate_domain::{
    Instant,
    cart::CartLine,
    credit::{
        CheckPoint, CreditDecision, CreditOutcome, CreditPolicy, CreditRequest, Draw, Figures, OwnShare,
        PartyHold, ReservationBasis, StandingLedger, Tender, TenderUse, amount_to_reserve,
    },
    customer::Parties,
    ids::{CreditAccountId, OrderId, OverrideId},
    money::Money,
    order::{Actor, Cause, OrderReason, OrderState, RedecisionGate, Review, Verdict, needs_person, verdict},
    policy::{price_check, total_check},
    purchase_order::{Payment, PurchaseOrder},
};
use punchgate_storage::order::OrderRow;
use serde::{Deserialize, Serialize};

use super::{
    carry,
    working::{Working, transition},
};
use crate::{
    clock::{from_micros, micros},
    credit,
    directory::{Policies, Relationship},
};

/// Who orders, receives and pays, with the holds of all three.
#[derive(Debug, Clone)]
pub(super) struct Party {
    pub parties: Parties,
    pub account: CreditAccountId,
    pub holds: Vec<PartyHold>,
}

/// What is judged.
pub(super) struct Subject<'a> {
    pub relationship: &'a Relationship,
    pub order: &'a PurchaseOrder,
    /// Or why nobody knows the customer.
    pub party: Result<&'a Party, &'a str>,
    pub cart: Option<&'a [CartLine]>,
    pub own: Option<OwnShare>,
    pub confirmed: bool,
    pub gate: RedecisionGate,
}

/// What was decided.
pub(super) struct Judged {
    pub verdict: Verdict,
    pub credit: Option<CreditDecision>,
}

/// The decision as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The state that followed.
    pub state: String,
    /// What stood against the order.
    pub reasons: Vec<ReasonRecord>,
    /// What the supplier should know although it did not decide.
    pub warnings: Vec<ReasonRecord>,
    /// The reckoning of the limit, in words with its numbers.
    pub figures: Option<String>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRecord {
    /// Stable code.
    pub code: String,
    /// For people.
    pub text: String,
}

/// Judges an order and enters what it takes into the ledger.
pub(super) fn judge(
    ledger: &mut StandingLedger,
    subject: &Subject<'_>,
    order: &Working,
    now: Instant,
) -> Judged {
    let party = match subject.party {
        Ok(party) => party,
        Err(why) => return held(OrderReason::UnknownCustomer(why.to_owned())),
    };
    let policies = &subject.relationship.policies;
    let basis = ReservationBasis {
        tax: policies.tax_counts,
        freight: policies.shipping_counts,
    };
    let (total, unreckonable) = match amount_to_reserve(subject.order, basis) {
        Ok(total) => (total, None),
        Err(error) => (
            Money::zero(subject.order.total.currency()),
            Some(error.to_string()),
        ),
    };
    let request = CreditRequest {
        check_point: CheckPoint::PurchaseOrder,
        order: Some(OrderId::new(order.row.order_id.clone())),
        parties: party.parties.clone(),
        holds: party.holds.clone(),
        total,
        tender: tender(&subject.order.payment),
        own: subject.own.clone(),
        policy: credit_policy(policies),
    };
    let credit = match ledger.decide(&party.account, &request, now) {
        Ok(decision) => decision,
        Err(error) => return held(OrderReason::UnknownCustomer(error.to_string())),
    };
    let credit = match unreckonable {
        Some(why) => referred(credit, why),
        None => credit,
    };
    let prices = subject.cart.map_or_else(Vec::new, |cart| {
        price_check(&subject.order.lines, cart, &policies.price.tolerance)
    });
    let total = total_check(subject.order, &policies.price.tolerance);
    let needs = needs_person(subject.order);
    let verdict = verdict(&Review {
        credit: &credit,
        prices: &prices,
        total: total.as_ref(),
        price_action: policies.price.action,
        needs: &needs,
        gate: &subject.gate,
        confirmed: subject.confirmed,
        test_document: order.row.mode != subject.relationship.mode.as_str(),
    });
    give_back_if_not_approved(ledger, &party.account, &verdict, &credit);
    Judged {
        verdict,
        credit: Some(credit),
    }
}

/// Credit said yes, something else said no: the order must not take up credit meanwhile.
fn give_back_if_not_approved(
    ledger: &mut StandingLedger,
    account: &CreditAccountId,
    verdict: &Verdict,
    credit: &CreditDecision,
) {
    if credit.is_approved() && verdict.state != OrderState::Approved {
        let own = OwnShare {
            reserved: credit.reserve,
            drawn: credit.drawn.clone(),
        };
        if let Err(error) = ledger.release(account, &own) {
            tracing::warn!(%account, %error, "a reservation just made did not fit its account");
        }
    }
}

/// Enters a judgement into the order: state, reason, reservation, decision, history.
pub(super) fn enter(order: &mut Working, judged: &Judged, cause: Cause, actor: &Actor, now: Instant) {
    let record = DecisionRecord::of(judged);
    let detail = record.sentence();
    order.row.decision = Some(carry::json(&record));
    order.row.decided_at = Some(micros(now));
    order.row.updated_at = micros(now);
    order.changed = true;
    order.release_credit();
    if judged.verdict.state == OrderState::Approved
        && let Some(credit) = &judged.credit
    {
        order.row.reserved_minor = credit.reserve.minor();
        if let Some(drawn) = &credit.drawn {
            order.row.drawn_override_id = Some(drawn.override_id.to_string());
            order.row.drawn_minor = drawn.amount.minor();
        }
    }
    let from = order.state().and_then(|from| {
        transition(from, judged.verdict.state)
            .map_err(|e| punchgate_storage::StorageError::Other(e.to_string()))
    });
    match from {
        Ok(to) if to.as_str() == order.row.state => order.row.state_reason = detail,
        Ok(to) => order.step(to, cause, actor, detail, now),
        Err(error) => tracing::error!(order = %order.row.order_id, %error, "a decision led nowhere"),
    }
}

impl DecisionRecord {
    fn of(judged: &Judged) -> Self {
        let list = |reasons: &[OrderReason]| {
            reasons
                .iter()
                .map(|reason| ReasonRecord {
                    code: reason.code().to_owned(),
                    text: reason.to_string(),
                })
                .collect()
        };
        Self {
            state: judged.verdict.state.as_str().to_owned(),
            reasons: list(&judged.verdict.reasons),
            warnings: list(&judged.verdict.warnings),
            figures: judged
                .credit
                .as_ref()
                .and_then(|credit| credit.figures.as_ref().map(Figures::to_string)),
        }
    }

    /// All reasons in one line; none if nothing stood against the order.
    pub fn sentence(&self) -> Option<String> {
        let texts: Vec<&str> = self.reasons.iter().map(|reason| reason.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

/// What an order takes up already, to be given back when it is decided again.
pub(super) fn own_share(row: &OrderRow, ledger: &StandingLedger) -> Option<OwnShare> {
    let standing = ledger.standing(&account(row)?)?;
    // What the exposure shows already is not among the reservations.
    if credit::is_in_exposure(standing, row.sink_created_at.map(from_micros)) {
        return None;
    }
    let amount = |minor| Money::from_minor(minor, standing.currency);
    let drawn = row.drawn_override_id.as_ref().map(|id| Draw {
        override_id: OverrideId::new(id.clone()),
        amount: amount(row.drawn_minor),
    });
    (row.reserved_minor != 0 || drawn.is_some()).then(|| OwnShare {
        reserved: amount(row.reserved_minor),
        drawn,
    })
}

/// The credit account of an order, if its customer is known.
pub(super) fn account(row: &OrderRow) -> Option<CreditAccountId> {
    row.credit_account_id.clone().map(CreditAccountId::new)
}

fn held(reason: OrderReason) -> Judged {
    Judged {
        verdict: Verdict {
            state: OrderState::Held,
            reasons: vec![reason],
            warnings: Vec::new(),
        },
        credit: None,
    }
}

fn referred(credit: CreditDecision, why: String) -> CreditDecision {
    let mut reasons = credit.reasons().to_vec();
    reasons.push(punchgate_domain::credit::Reason::Unreckonable(why));
    CreditDecision {
        outcome: CreditOutcome::Refer(reasons),
        drawn: None,
        ..credit
    }
}

/// How the buyer means to pay, as it is stored.
pub(super) fn tender_name(payment: &Payment) -> &'static str {
    tender(payment).tender().as_str()
}

fn tender(payment: &Payment) -> TenderUse {
    match payment {
        Payment::Terms => TenderUse::Terms,
        Payment::Card(_) => TenderUse::Funds {
            tender: Tender::Card,
            secured: None,
        },
    }
}

/// What the relationship says of credit.
pub fn credit_policy(policies: &Policies) -> CreditPolicy {
    CreditPolicy {
        exposure_age: policies.exposure_age,
        pcard: policies.pcard,
        ..CreditPolicy::default()
    }
}
