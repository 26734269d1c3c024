//! One order judged: credit, prices, total and what needs a person, put together by the domain, entered
//! into the order's row. The same at receipt, when decided again, and when a worker claims it.

mod difference;
mod record;

use std::cmp::Ordering;

use punchgate_domain::{
    Instant,
    credit::{
        CheckPoint, CreditDecision, CreditPolicy, CreditRequest, Draw, OwnShare, PartyHold, Reason,
        ReservationBasis, StandingLedger, Tender, TenderUse, amount_to_reserve, reserves_charges,
    },
    customer::{AgreedTerms, Parties},
    ids::{ConnectorId, CreditAccountId, CustomerId, OrderId, OverrideId},
    money::Money,
    order::{
        Actor, Besides, Cause, OrderReason, OrderState, RedecisionGate, Review, Verdict, needs_person,
        verdict,
    },
    policy::{
        CartCheck, PcardPolicy, PriceAction, PriceFinding, PriceFindingKind, agreement_check, contract_check,
        total_check,
    },
    purchase_order::{Payment, PurchaseOrder},
};
use punchgate_storage::order::OrderRow;

use super::{
    carry,
    carts::{OrderCarts, counted_at},
    contract::Contract,
    load::Lines,
    mapped::{mapped, unmapped},
    working::{Working, transition},
};
use crate::{
    clock::{from_micros, micros},
    credit::{self, Basis, Counted},
    directory::{Policies, Relationship},
};
pub(super) use difference::{Difference, Step, change_reservation, taken_by_hand};
pub use record::{DecisionRecord, ReasonRecord};

/// Who orders, receives and pays, with the holds of all of them.
#[derive(Debug, Clone)]
pub(super) struct Party {
    pub parties: Parties,
    pub account: CreditAccountId,
    pub holds: Vec<PartyHold>,
    pub terms: AgreedTerms,
    /// Days until they pay, where they order on account.
    pub agreed_days: Option<u32>,
    /// Who carries the account.
    pub counted: Option<Counted>,
}

/// What is judged.
pub(super) struct Subject<'a> {
    pub relationship: &'a Relationship,
    pub order: &'a PurchaseOrder,
    /// Or why nobody knows the customer.
    pub party: Result<&'a Party, &'a str>,
    pub carts: &'a OrderCarts,
    /// What is known of the prices that no cart tells.
    pub contract: &'a Contract,
    pub own: Option<OwnShare>,
    /// Charged or authorised by a person so far.
    pub secured: Option<Money>,
    /// When a person last confirmed prices and total.
    pub confirmed_at: Option<Instant>,
    pub gate: RedecisionGate,
}

/// What was decided.
pub(super) struct Judged {
    pub verdict: Verdict,
    pub credit: Option<CreditDecision>,
    /// What credit was decided on.
    basis: Option<Basis>,
    /// Whether tax or freight is in what it takes up.
    reserves_charges: bool,
    /// How it is paid; none where that was not asked.
    pub tender: Option<Tender>,
    /// Whether contract prices are still to be asked.
    pub asks_prices: bool,
    /// Places of the lines for which there is no answer at all.
    pub unasked: Vec<usize>,
}

impl Judged {
    /// What the buyer is told of a decline.
    pub(super) fn words_for_buyer(&self) -> String {
        let said = self.credit.as_ref().and_then(CreditDecision::shopper_text);
        said.unwrap_or_else(|| "We cannot take this order. Please contact us.".to_owned())
    }
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
    let tender = tender(subject.relationship, subject.order, subject.secured);
    // What counts against the limit is agreed; what is charged is all of it.
    let basis = match tender {
        TenderUse::Terms => agreed_basis(subject.relationship),
        TenderUse::Funds { .. } => ReservationBasis::default(),
    };
    let (total, unreckonable) = to_reserve(subject.order, basis);
    let request = CreditRequest {
        check_point: CheckPoint::PurchaseOrder,
        order: Some(OrderId::new(order.row.order_id.clone())),
        parties: party.parties.clone(),
        holds: party.holds.clone(),
        terms: party.terms,
        total,
        tender,
        own: subject.own.clone(),
        policy: credit_policy(policies),
    };
    let mut basis = basis_of(ledger, subject, party, &request, order, unreckonable.as_ref());
    let credit = match ledger.decide(&party.account, &request, now) {
        Ok(decision) => decision,
        Err(error) => return held(OrderReason::UnknownCustomer(error.to_string())),
    };
    let credit = match unreckonable {
        Some(why) => credit.refer(Reason::Unreckonable(why)),
        None => credit,
    };
    let prices = prices(subject, counted_at(&order.row, now));
    let total = total_check(subject.order, &policies.price.tolerance);
    let agreement = agreement_check(subject.order, party.agreed_days, |place| {
        !prices.uncovered.contains(&place)
    });
    let needs = needs_person(subject.order);
    // What a person has confirmed is ours.
    let unmapped = match subject.confirmed_at {
        Some(_) => Vec::new(),
        None => unmapped(subject.order, subject.relationship, |place| {
            !prices.tell_the_unit(subject, place)
        }),
    };
    let verdict = verdict(&Review {
        credit: &credit,
        prices: &prices.findings,
        total: total.as_ref(),
        agreement: &agreement,
        price_action: policies.price.action,
        unmapped: &unmapped,
        unmapped_policy: policies.unmapped,
        needs: &needs,
        gate: &subject.gate,
        confirmed: prices.confirmed,
        test_document: order.row.mode != subject.relationship.mode.as_str(),
    });
    give_back_if_not_approved(ledger, &party.account, &verdict, &credit);
    if let Some(basis) = &mut basis {
        basis.and_besides(verdict.besides, record::words_besides(&verdict));
    }
    Judged {
        verdict,
        basis,
        reserves_charges: reserves_charges(subject.order, credit.reserve),
        credit: Some(credit),
        tender: Some(tender.tender()),
        asks_prices: prices.to_ask,
        unasked: prices.unasked,
    }
}

/// What the order is to reserve; nothing, and why, where that cannot be reckoned.
fn to_reserve(order: &PurchaseOrder, basis: ReservationBasis) -> (Money, Option<String>) {
    match amount_to_reserve(order, basis) {
        Ok(total) => (total, None),
        Err(error) => (Money::zero(order.total.currency()), Some(error.to_string())),
    }
}

/// What credit is about to be decided on, as the orders before it in the batch have left it.
fn basis_of(
    ledger: &StandingLedger,
    subject: &Subject<'_>,
    party: &Party,
    request: &CreditRequest,
    order: &Working,
    unreckonable: Option<&String>,
) -> Option<Basis> {
    let (standing, counted) = (ledger.standing(&party.account)?, party.counted.as_ref()?);
    let erp = subject.relationship.erp.as_ref().map(ConnectorId::as_str);
    let mut basis = Basis::of(order.row.version, erp, request, standing, counted);
    basis.unreckonable = unreckonable.cloned();
    Some(basis)
}

/// What is known of the prices.
struct Prices {
    findings: Vec<PriceFinding>,
    /// Whether a person has confirmed all of it, having seen it.
    confirmed: bool,
    to_ask: bool,
    unasked: Vec<usize>,
    /// Places of the lines whose price no cart tells.
    uncovered: Vec<usize>,
}

impl Prices {
    /// Whether the cart or the contract has the line's part in the line's unit.
    fn tell_the_unit(&self, subject: &Subject<'_>, place: usize) -> bool {
        let line_number = subject.order.lines.get(place).map(|line| line.line_number);
        let stands_against = |finding: &PriceFinding| {
            Some(finding.line_number) == line_number
                && matches!(
                    finding.kind,
                    PriceFindingKind::Unit { .. }
                        | PriceFindingKind::NotOffered { .. }
                        | PriceFindingKind::NotCompared { .. }
                )
        };
        let is_told = !self.uncovered.contains(&place) || subject.contract.is_offered(place);
        is_told && !self.findings.iter().any(stands_against)
    }
}

/// Every line against the cart that it came from, else against the contract. What was told after a person confirmed
/// nobody has seen: it is not confirmed.
fn prices(subject: &Subject<'_>, ordered_at: Instant) -> Prices {
    let policy = &subject.relationship.policies.price;
    let (order, tolerance) = (subject.order, &policy.tolerance);
    let CartCheck {
        mut findings,
        uncovered,
    } = subject.carts.check(order, subject.relationship, ordered_at);
    // Nothing to compare, nothing to translate: most orders come from a cart, or were not answered yet.
    if uncovered.iter().any(|place| subject.contract.is_known(*place)) || subject.contract.prices().due {
        let ours = mapped(order, subject.relationship);
        findings.extend(contract_check(
            &ours,
            &uncovered,
            subject.contract.prices(),
            tolerance,
        ));
    }
    findings.sort_by_key(|finding| finding.line_number);
    let compares = policy.action != PriceAction::Accept;
    let seen = |at: Instant| !compares || subject.contract.was_known(&uncovered, at);
    let confirmed = subject.confirmed_at.is_some_and(seen);
    let wanted = compares && !confirmed;
    let unasked = uncovered
        .iter()
        .copied()
        .filter(|place| !subject.contract.is_known(*place));
    Prices {
        confirmed,
        to_ask: wanted && uncovered.iter().any(|place| !subject.contract.is_fresh(*place)),
        unasked: unasked.filter(|_| wanted).collect(),
        findings,
        uncovered,
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

/// Enters a judgement into the order: state, reason, reservation, decision, history. One that says what the last one
/// said leaves the row as it was: whoever has it before them does not look at another version for nothing.
pub(super) fn enter(order: &mut Working, judged: &Judged, cause: Cause, actor: &Actor, now: Instant) {
    order.release_credit();
    if let Some(tender) = judged.tender {
        tender.as_str().clone_into(&mut order.row.tender);
    }
    if judged.verdict.state == OrderState::Approved
        && let Some(credit) = &judged.credit
    {
        order.row.reserved_minor = credit.reserve.minor();
        order.row.reserves_charges = i64::from(judged.reserves_charges);
        if let Some(drawn) = &credit.drawn {
            order.row.drawn_override_id = Some(drawn.override_id.to_string());
            order.row.drawn_minor = drawn.amount.minor();
        }
    }
    let record = DecisionRecord::of(judged);
    if record.state == order.row.state && record.says_what(order.row.decision.as_deref()) {
        if order.stored.as_deref() != Some(&order.row) {
            order.row.updated_at = micros(now);
            order.changed = true;
        }
        return;
    }
    let detail = record.sentence();
    order.row.decision = Some(carry::json(&record));
    order.row.decided_at = Some(micros(now));
    order.row.updated_at = micros(now);
    order.changed = true;
    let from = order.state().and_then(|from| {
        transition(from, judged.verdict.state)
            .map_err(|e| punchgate_storage::StorageError::Other(e.to_string()))
    });
    match from {
        Ok(to) if to.as_str() == order.row.state => order.row.state_reason = detail,
        Ok(to) => {
            order.step(to, cause, actor, detail, now);
            order.with_figures(record.figures, judged.basis.as_ref().map(Basis::json));
        }
        Err(error) => tracing::error!(order = %order.row.order_id, %error, "a decision led nowhere"),
    }
}

/// Enters what would have become of a copy. None of it counts: it is on no credit account.
pub(super) fn enter_copy(order: &mut Working, party: Option<&Party>, judged: &Judged, now: Instant) {
    order.row.customer_id = party.map(|party| party.parties.sold_to.to_string());
    order.row.ship_to_customer_ids = party.and_then(ship_to_ids);
    if let Some(tender) = judged.tender {
        tender.as_str().clone_into(&mut order.row.tender);
    }
    let record = DecisionRecord::of(judged);
    let detail = record.would_be();
    order.row.decision = Some(carry::json(&record));
    order.row.decided_at = Some(micros(now));
    order.row.state_reason = Some(detail.clone());
    order.row.updated_at = micros(now);
    order.changed = true;
    let from = Some(OrderState::Shadow.as_str().to_owned());
    let (cause, actor) = (Cause::Decided, Actor::Gateway);
    order.note(from, OrderState::Shadow, cause, &actor, Some(detail), now);
    order.with_figures(record.figures, None);
}

/// An order that takes up credit takes up what this version asks for, not what the one before did. Nobody decides: the
/// sink has it.
pub(super) fn reserve_as(
    order: &mut Working,
    said: &PurchaseOrder,
    currency_before: &str,
    relationship: &Relationship,
) {
    let Ok(total) = amount_to_reserve(said, agreed_basis(relationship)) else {
        return;
    };
    if order.row.reserved_minor != 0 && total.currency().as_str() == currency_before {
        order.row.reserved_minor = total.minor();
        order.row.reserves_charges = i64::from(reserves_charges(said, total));
    }
}

/// Which charges count against the limit.
fn agreed_basis(relationship: &Relationship) -> ReservationBasis {
    ReservationBasis {
        tax: relationship.policies.tax_counts,
        freight: relationship.policies.shipping_counts,
    }
}

/// Enters who orders, and says what the order takes up on their credit account already. What it took up on another
/// account is given back there: it is counted, and waits in line, on one account only.
pub(super) fn enter_party(
    order: &mut Working,
    party: Option<&Party>,
    lines: &mut Lines,
    ledger: &mut StandingLedger,
) -> Option<OwnShare> {
    let stays = party.is_some_and(|party| account(&order.row).as_ref() == Some(&party.account));
    if !stays {
        give_back(order, ledger);
    }
    let party = party?;
    order.row.customer_id = Some(party.parties.sold_to.to_string());
    order.row.ship_to_customer_ids = ship_to_ids(party);
    order.row.credit_account_id = Some(party.account.to_string());
    if !stays || order.row.arrival == 0 {
        order.row.arrival = lines.take(&party.account);
    }
    own_share(&order.row, ledger)
}

fn ship_to_ids(party: &Party) -> Option<String> {
    let ids: Vec<&str> = party.parties.ship_tos.iter().map(CustomerId::as_str).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// What an order takes up is free for those after it.
pub(super) fn give_back(order: &mut Working, ledger: &mut StandingLedger) {
    let own = own_share(&order.row, ledger);
    if let (Some(own), Some(account)) = (own, account(&order.row))
        && let Err(error) = ledger.release(&account, &own)
    {
        // What does not fit the account was wrong before; the order lets go of it all the same.
        tracing::warn!(order = %order.row.order_id, %error, "a reservation did not fit its account");
    }
    order.release_credit();
}

/// What an order takes up already, to be given back when it is decided again.
fn own_share(row: &OrderRow, ledger: &StandingLedger) -> Option<OwnShare> {
    let standing = ledger.standing(&account(row)?)?;
    // What the exposure shows already is not among the reservations.
    if credit::is_in_exposure(standing, row.erp_created_at.map(from_micros)) {
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
fn account(row: &OrderRow) -> Option<CreditAccountId> {
    row.credit_account_id.clone().map(CreditAccountId::new)
}

fn held(reason: OrderReason) -> Judged {
    Judged {
        verdict: Verdict {
            state: OrderState::Held,
            reasons: vec![reason],
            warnings: Vec::new(),
            besides: Besides {
                holds: true,
                confirms: false,
            },
        },
        credit: None,
        basis: None,
        reserves_charges: false,
        tender: None,
        asks_prices: false,
        unasked: Vec::new(),
    }
}

/// How the buyer means to pay, as it is stored.
pub(super) fn tender_name(payment: &Payment) -> &'static str {
    match payment {
        Payment::Terms => Tender::Terms.as_str(),
        Payment::Card(_) => Tender::Card.as_str(),
    }
}

/// How the order is paid: as the buyer means to; on terms no more, once a person has secured the whole of it.
fn tender(relationship: &Relationship, order: &PurchaseOrder, secured: Option<Money>) -> TenderUse {
    let by_card = TenderUse::Funds {
        tender: Tender::Card,
        secured,
    };
    let whole = || amount_to_reserve(order, ReservationBasis::default()).ok();
    let takes_cards = relationship.policies.pcard != PcardPolicy::Refuse;
    match (&order.payment, secured) {
        (Payment::Card(_), _) => by_card,
        (Payment::Terms, Some(secured))
            if takes_cards
                && whole().is_some_and(|whole| secured.compare(whole).is_ok_and(Ordering::is_ge)) =>
        {
            by_card
        }
        (Payment::Terms, _) => TenderUse::Terms,
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
