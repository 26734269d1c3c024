//! What a change of an order asks for beyond what the order has already: decided like an order of that amount. Prices and
//! dates are not asked: whoever carries a change over has it before them.

use punchgate_domain::{
    Instant,
    credit::{
        CheckPoint, CreditRequest, CreditStanding, Draw, OwnShare, ReservationBasis, StandingLedger, Tender,
        TenderUse, amount_to_reserve, reserves_charges,
    },
    ids::{OrderId, OverrideId},
    money::{Money, MoneyError},
    order::{OrderReason, needs_person},
    policy::{Unmapped, UnmappedPolicy},
    purchase_order::PurchaseOrder,
};

use punchgate_storage::order_change::OrderChangeRow;

use super::{Party, agreed_basis, credit_policy, record::bare, tender};
use crate::{
    directory::Relationship,
    orders::{mapped::unmapped, working::Working},
};

/// What is asked: from which content of an order to which.
pub(in crate::orders) struct Step<'a> {
    pub relationship: &'a Relationship,
    pub before: &'a PurchaseOrder,
    pub after: &'a PurchaseOrder,
    /// Charged or authorised by a person so far.
    pub secured: Option<Money>,
    /// The change, where it takes up already what was decided for it.
    pub counted: Option<&'a OrderChangeRow>,
}

impl Step<'_> {
    /// What no mapping knows of the change; what its order says as well was let pass there.
    fn unmapped(&self) -> Vec<OrderReason> {
        let holds = |word: &Unmapped| {
            word.is_required() || self.relationship.policies.unmapped == UnmappedPolicy::Hold
        };
        let of = |order| unmapped(order, self.relationship, |_| true);
        let so_far = of(self.before);
        let new = of(self.after).into_iter().filter(holds);
        new.filter(|word| !so_far.iter().any(|known| known.is_same(word)))
            .map(OrderReason::Unmapped)
            .collect()
    }

    fn own_share(&self, ledger: &StandingLedger, party: &Party, order: &Working) -> Option<OwnShare> {
        let change = self.counted?;
        let standing = ledger.standing(&party.account)?;
        let amount = |minor| Money::from_minor(minor, standing.currency);
        let drawn = order.row.drawn_override_id.clone().map(|id| Draw {
            override_id: OverrideId::new(id),
            amount: amount(change.drawn_minor),
        });
        Some(OwnShare {
            reserved: amount(change.reserved_minor),
            drawn: drawn.filter(|_| change.drawn_minor != 0),
        })
    }
}

/// What a change that may go takes beyond its order, in the account's minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::orders) struct Difference {
    pub tender: Tender,
    pub reserve: i64,
    pub drawn: Option<Draw>,
}

impl Difference {
    /// What stands against it, in words, if anything does.
    pub(in crate::orders) fn decide(
        ledger: &mut StandingLedger,
        step: &Step<'_>,
        party: &Party,
        order: &Working,
        now: Instant,
    ) -> Result<Self, String> {
        let (relationship, after) = (step.relationship, step.after);
        if order.row.mode != relationship.mode.as_str() {
            return Err(OrderReason::TestDocument.to_string());
        }
        let needs = needs_person(after).into_iter().map(OrderReason::NeedsPerson);
        let needs: Vec<String> = needs
            .chain(step.unmapped())
            .map(|reason| reason.to_string())
            .collect();
        if !needs.is_empty() {
            return Err(needs.join("; "));
        }
        let tender = tender(relationship, after, step.secured);
        let total = match tender {
            TenderUse::Terms if order.row.tender == Tender::Terms.as_str() => {
                more(step.before, after, agreed_basis(relationship))
            }
            // What was paid otherwise takes nothing of the limit so far.
            TenderUse::Terms => amount_to_reserve(after, agreed_basis(relationship)),
            // What is charged is all of it.
            TenderUse::Funds { .. } => amount_to_reserve(after, ReservationBasis::default()),
        };
        let request = CreditRequest {
            check_point: CheckPoint::PurchaseOrder,
            order: Some(OrderId::new(order.row.order_id.clone())),
            parties: party.parties.clone(),
            holds: party.holds.clone(),
            terms: party.terms,
            total: total.map_err(|error| error.to_string())?,
            tender,
            // What the order takes stays as it is, here or in the exposure.
            own: step.own_share(ledger, party, order),
            policy: credit_policy(&relationship.policies),
        };
        let decision = ledger
            .decide(&party.account, &request, now)
            .map_err(|error| error.to_string())?;
        if !decision.is_approved() {
            // It is kept with the order: whoever reads of a hold sees the words that it has then.
            let reasons = decision.reasons().iter().cloned().map(OrderReason::Credit);
            let reasons: Vec<String> = reasons.map(|reason| bare(&reason).to_string()).collect();
            return Err(reasons.join("; "));
        }
        Ok(Self {
            tender: tender.tender(),
            reserve: decision.reserve.minor(),
            drawn: decision.drawn,
        })
    }

    /// Enters into the order what an override lets pass. One order draws on one override.
    pub(in crate::orders) fn draw(&self, order: &mut Working) -> Result<i64, String> {
        let Some(drawn) = &self.drawn else {
            return Ok(0);
        };
        let row = &mut order.row;
        let known = row.drawn_override_id.clone().map(OverrideId::new);
        if known.is_some_and(|known| known != drawn.override_id) {
            return Err("the order draws on another override: raise that one by what is missing".to_owned());
        }
        row.drawn_override_id = Some(drawn.override_id.to_string());
        row.drawn_minor = row.drawn_minor.saturating_add(drawn.amount.minor());
        Ok(drawn.amount.minor())
    }
}

/// How much more the change takes up; nothing where it takes less.
fn more(before: &PurchaseOrder, after: &PurchaseOrder, basis: ReservationBasis) -> Result<Money, MoneyError> {
    let (before, after) = (
        amount_to_reserve(before, basis)?,
        amount_to_reserve(after, basis)?,
    );
    let more = after.minus(before)?;
    Ok(if more.minor() > 0 {
        more
    } else {
        Money::zero(after.currency())
    })
}

/// What a change takes beyond its order that a person has made already, in the account's minor units: nobody decides, it
/// is done. What cannot be reckoned in the account's currency, in words.
pub(in crate::orders) fn taken_by_hand(
    standing: &CreditStanding,
    step: &Step<'_>,
    order: &Working,
    now: Instant,
) -> Result<i64, String> {
    let relationship = step.relationship;
    if tender(relationship, step.after, step.secured) != TenderUse::Terms {
        return Ok(0);
    }
    let (basis, policy) = (agreed_basis(relationship), credit_policy(&relationship.policies));
    let takes = |order: &PurchaseOrder| {
        let amount = amount_to_reserve(order, basis).map_err(|error| error.to_string())?;
        let there = standing.in_its_currency(amount, &policy, now);
        there
            .map(|amount| amount.minor().max(0))
            .map_err(|reason| bare(&OrderReason::Credit(reason)).to_string())
    };
    let so_far = match order.row.tender == Tender::Terms.as_str() {
        true => takes(step.before)?,
        // What was paid otherwise takes nothing of the limit so far.
        false => 0,
    };
    Ok(takes(step.after)?.saturating_sub(so_far).max(0))
}

/// What an order takes of the limit once it is `after`, no more `before`, with what the change takes beyond it. What was
/// invoiced of it stays invoiced.
pub(in crate::orders) fn change_reservation(
    order: &mut Working,
    (before, after): (&PurchaseOrder, &PurchaseOrder),
    takes: i64,
    relationship: &Relationship,
) {
    let basis = agreed_basis(relationship);
    let (Ok(was), Ok(is)) = (amount_to_reserve(before, basis), amount_to_reserve(after, basis)) else {
        return;
    };
    let row = &mut order.row;
    let alike = was.currency() == is.currency();
    // What comes to nothing, or is given back, takes nothing.
    let (was, now_is) = (was.minor().max(0), is.minor().max(0));
    let more = now_is.saturating_sub(was);
    if takes > 0 {
        row.reserved_minor = row.reserved_minor.saturating_add(takes);
    } else if more < 0 && alike {
        // Of an account in another currency, and of an order that is partly invoiced: as much less in proportion.
        let less = i128::from(row.reserved_minor) * i128::from(-more) / i128::from(was);
        row.reserved_minor = row
            .reserved_minor
            .saturating_sub(i64::try_from(less).unwrap_or(0));
    }
    row.reserves_charges = i64::from(row.reserved_minor != 0 && reserves_charges(after, is));
    order.changed = true;
}
