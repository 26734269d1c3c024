//! What a customer may do now: the ways to pay at checkout, the same decision for a cart.

mod question;

pub(crate) use question::named_customer;
pub use question::{CheckoutError, CheckoutQuestion};

use punchgate_domain::{
    Instant,
    credit::{self, CheckPoint, CreditDecision, CreditPolicy, CreditRequest, TenderOffer, TenderUse},
    hold::{self, Permission},
    ids::{CustomerId, SupplierId},
    money::Money,
};
use punchgate_storage::Tx;

use super::{
    CustomerRef, Standings, Wording, available, customer_of, find_customer, receivers::receiving, standings,
};
use crate::{Surroundings, accounts::AccountsError};

/// What is asked.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    /// Who.
    pub customer: CustomerRef,
    /// Where it goes: the ERP's id of a place of the customer's, or of another customer. Who receives there counts with
    /// his holds; who is not known has none.
    pub ship_tos: Vec<CustomerRef>,
    /// What is to be paid.
    pub total: Money,
    /// The supplier's rules for this relationship.
    pub policy: CreditPolicy,
    /// What is said of holds that have no text of their own.
    pub wording: Option<Wording>,
}

/// What a shopper of this customer may use now. Every text is for the shopper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutOptions {
    /// The customer.
    pub customer: CustomerId,
    /// The ways to pay, each with why not.
    pub tenders: Vec<TenderOffer>,
    /// What to show, if anything.
    pub message: Option<String>,
    /// The holds in force, if any.
    pub hold: Option<CheckoutHold>,
    /// What is left of the limit; none where there is no limit to reckon with.
    pub available: Option<Money>,
    /// What the answer does not rest on although it was named, in words for whoever asks: not for the shopper.
    pub warnings: Vec<String>,
}

/// What holds amount to, for a shopper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutHold {
    /// Nothing can be ordered.
    pub stops_orders: bool,
    /// Nothing can be ordered on terms.
    pub stops_terms: bool,
    /// The strictest hold's own words for the shopper.
    pub text: Option<String>,
}

/// Which tenders a customer may use now, and the text why not.
pub async fn checkout_options(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    request: &CheckoutRequest,
) -> Result<CheckoutOptions, AccountsError> {
    let now = surroundings.now();
    let mut tx = surroundings.db.read().await?;
    let case = load(&mut tx, supplier, request, CheckPoint::Checkout, now).await?;
    tx.rollback().await?;
    Ok(options(&case, now))
}

/// The decision on one cart or order of a customer, outside any batch; nothing is entered.
pub async fn decide_for(
    tx: &mut Tx,
    supplier: &SupplierId,
    request: &CheckoutRequest,
    check_point: CheckPoint,
    now: Instant,
) -> Result<CreditDecision, AccountsError> {
    let case = load(tx, supplier, request, check_point, now).await?;
    let standing = case.standing()?;
    Ok(credit::decide(&case.asked, standing, now))
}

struct Case {
    customer: CustomerId,
    standings: Standings,
    asked: CreditRequest,
}

impl Case {
    fn standing(&self) -> Result<&credit::CreditStanding, AccountsError> {
        self.standings
            .customer(&self.customer)
            .and_then(|customer| self.standings.standing(&customer.account))
            .ok_or_else(|| AccountsError::UnknownCustomer(self.customer.to_string()))
    }
}

async fn load(
    tx: &mut Tx,
    supplier: &SupplierId,
    request: &CheckoutRequest,
    check_point: CheckPoint,
    now: Instant,
) -> Result<Case, AccountsError> {
    let unknown = || AccountsError::UnknownCustomer(request.customer.to_string());
    let row = find_customer(tx, supplier, &request.customer)
        .await?
        .ok_or_else(unknown)?;
    let customer = customer_of(&row);
    let mut ship_tos = Vec::new();
    for place in &request.ship_tos {
        ship_tos.extend(receiving(tx, supplier, &row, place).await?.customers);
    }
    let all: Vec<CustomerId> = ship_tos.iter().chain([&customer]).cloned().collect();
    let mut standings = standings(tx, supplier, &all, now).await?;
    if let Some(wording) = &request.wording {
        standings.dress(wording, Some(&customer), now);
    }
    let parties = standings.parties(&customer, &ship_tos).ok_or_else(unknown)?;
    let asked = CreditRequest {
        check_point,
        order: None,
        holds: standings.holds(&parties),
        terms: standings.agreed_terms(&parties),
        parties,
        total: request.total,
        tender: TenderUse::Terms,
        own: None,
        policy: request.policy.clone(),
    };
    let case = Case {
        customer,
        standings,
        asked,
    };
    case.standing()?;
    Ok(case)
}

fn options(case: &Case, now: Instant) -> CheckoutOptions {
    let effective = hold::effective(case.asked.holds.iter().map(|held| &held.hold), now);
    let hold = (!effective.holds.is_empty()).then(|| CheckoutHold {
        stops_orders: effective.removes(Permission::Order),
        stops_terms: effective.removes(Permission::OrderOnTerms),
        text: effective.shopper_text().map(str::to_owned),
    });
    let standing = case.standing().ok();
    let tenders = standing.map_or_else(Vec::new, |standing| credit::tenders(&case.asked, standing, now));
    // A hold's own words come first, a warning's too; else why the first closed tender is closed.
    let message = hold
        .as_ref()
        .and_then(|hold| hold.text.clone())
        .or_else(|| tenders.iter().find_map(|offer| offer.why_not.clone()));
    CheckoutOptions {
        customer: case.customer.clone(),
        tenders,
        message,
        hold,
        available: standing.and_then(available),
        warnings: Vec::new(),
    }
}
