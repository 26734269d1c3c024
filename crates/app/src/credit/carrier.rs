//! What a rehearsal asks of a credit account beside where it stands: who carries it, what is overdue, where holds come from.

use std::collections::HashMap;

use jiff::civil::Date;
use punchgate_domain::{
    customer::{Parties, PartyRole},
    ids::{CustomerId, HoldId},
    money::Money,
};

use super::Standings;

/// Who carries the account of an order, and where the holds of all parties come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The carrier's code.
    pub(crate) code: String,
    /// The code of the carrier's terms.
    pub(crate) terms: Option<String>,
    /// As what the carrier's holds count for the order.
    pub(crate) role: PartyRole,
    /// What is overdue, if the ERP says so.
    pub(crate) overdue: Option<Money>,
    /// Since when, if the ERP says so.
    pub(crate) oldest_due: Option<Date>,
    /// Where holds come from; of others it says nothing.
    pub(crate) origins: HashMap<HoldId, HoldOrigin>,
}

/// What decides about a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HoldOrigin {
    /// A rule has placed it.
    Rule(String),
    /// The table of the ERP's codes says what it takes away.
    Code,
}

impl Standings {
    /// Who carries the account on which an order of these parties is counted; none where nobody knows the carrier.
    pub(crate) fn counted(&self, parties: &Parties) -> Option<Counted> {
        let account = &self.customer(&parties.sold_to)?.account;
        let id = CustomerId::new(account.as_str());
        let carrier = self.customer(&id)?;
        let roles = parties.roles();
        let role = roles.iter().find(|(_, customer)| **customer == id);
        let arrears = self.arrears.get(account);
        let mut origins = HashMap::new();
        for (_, customer, hold) in self.held(parties) {
            if let Some(rule) = customer.rules.get(&hold.id) {
                origins.insert(hold.id.clone(), HoldOrigin::Rule(rule.clone()));
            } else if customer.by_code.contains(&hold.id) {
                origins.insert(hold.id.clone(), HoldOrigin::Code);
            }
        }
        Some(Counted {
            code: carrier.code.clone(),
            terms: carrier.terms.as_ref().map(|terms| terms.code.clone()),
            role: role.map_or(PartyRole::Payer, |(role, _)| *role),
            overdue: arrears.and_then(|arrears| arrears.overdue),
            oldest_due: arrears.and_then(|arrears| arrears.oldest_due),
            origins,
        })
    }
}
