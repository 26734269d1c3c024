//! What is said of holds that have no text of their own: the supplier's texts, in the language that was asked for.
//!
//! Filled in when somebody asks, never stored so: a figure in a text is the one of that moment.

use std::sync::Arc;

use punchgate_domain::{
    Instant,
    credit::PartyHold,
    customer::{CreditLimit, Parties},
    hold::{
        Hold,
        text::{Audience, LanguageTag, Placeholder, find_text},
    },
    ids::{CreditAccountId, CustomerId},
};

use super::{CustomerCredit, Standings, available};
use crate::directory::Supplier;

/// Whose texts, and in which language.
#[derive(Clone, Debug)]
pub struct Wording {
    supplier: Arc<Supplier>,
    language: Option<LanguageTag>,
}

impl Wording {
    /// A supplier's texts in its own language.
    pub fn of(supplier: &Arc<Supplier>) -> Self {
        Self {
            supplier: Arc::clone(supplier),
            language: None,
        }
    }

    /// The same in another language, where there are texts in it.
    #[must_use]
    pub fn in_language(mut self, language: Option<LanguageTag>) -> Self {
        self.language = language;
        self
    }

    fn day(&self, at: Instant) -> String {
        at.to_zoned(self.supplier.time_zone.clone()).date().to_string()
    }
}

/// What a text about a hold can name.
struct Values<'a> {
    wording: &'a Wording,
    standings: &'a Standings,
    customer: &'a CustomerCredit,
    /// The account whose figures whoever reads it may see.
    reader: Option<&'a CreditAccountId>,
    today: Instant,
}

impl Values<'_> {
    fn of(&self, name: Placeholder, audience: Audience, hold: &Hold) -> Option<String> {
        let account = &self.customer.account;
        // What somebody else owes is for the supplier's own people.
        let may_be_told = audience == Audience::Internal || self.reader == Some(account);
        let standing = self.standings.standing(account).filter(|_| may_be_told);
        let arrears = self.standings.arrears(account).filter(|_| may_be_told);
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match name {
            Placeholder::CustomerName => named(&self.customer.name),
            Placeholder::CustomerCode => named(&self.customer.code),
            Placeholder::Reason => named(&hold.reason_code),
            Placeholder::OverdueAmount => Some(arrears?.overdue?.to_string()),
            Placeholder::OverdueDays => {
                let due = arrears?.oldest_due?;
                let today = self
                    .today
                    .to_zoned(self.wording.supplier.time_zone.clone())
                    .date();
                let days = today.since(due).ok()?.get_days();
                Some(days.max(0).to_string())
            }
            Placeholder::OldestDue => Some(arrears?.oldest_due?.to_string()),
            Placeholder::Limit => match standing?.limit {
                CreditLimit::Amount(limit) => Some(limit.to_string()),
                CreditLimit::Unlimited | CreditLimit::Unknown => None,
            },
            Placeholder::Available => Some(available(standing?)?.to_string()),
            Placeholder::Until => hold.until.map(|until| self.wording.day(until)),
            Placeholder::Since => Some(self.wording.day(hold.since)),
            Placeholder::Contact => named(&self.wording.supplier.contact),
            Placeholder::Supplier => named(&self.wording.supplier.name),
        }
    }

    fn text(&self, audience: Audience, hold: &Hold) -> Option<String> {
        let holding = &self.wording.supplier.holding;
        let rule = self.customer.rules.get(&hold.id).map(String::as_str);
        let reason = holding.reason_of(rule, &hold.reason_code);
        let languages = holding.languages(self.wording.language.as_ref());
        let about = (reason, self.customer.code.as_str());
        let template = find_text(holding.texts(), about, audience, &languages)?;
        Some(template.fill(|name| self.of(name, audience, hold)))
    }

    /// Gives a hold the texts that it has not.
    fn dress(&self, hold: &mut Hold) {
        let bare = hold.clone();
        for (audience, text) in [
            (Audience::Internal, &mut hold.texts.internal),
            (Audience::AccountsPayable, &mut hold.texts.accounts_payable),
            (Audience::Shopper, &mut hold.texts.shopper),
        ] {
            if text.is_none() {
                *text = self.text(audience, &bare);
            }
        }
    }
}

impl Standings {
    /// Gives the holds of everybody here the texts that they have not. What is owed is told to `reader` alone, whose account
    /// it is: a hold of whoever receives the goods counts, but what he owes is nobody else's business.
    pub fn dress(&mut self, wording: &Wording, reader: Option<&CustomerId>, now: Instant) {
        if wording.supplier.holding.texts().is_empty() {
            return;
        }
        let bare = self.clone();
        let reader = reader.and_then(|reader| bare.customer(reader));
        let reader = reader.map(|reader| &reader.account);
        for customer in self.customers_mut() {
            let Some(known) = bare.customer(&customer.id) else {
                continue;
            };
            let values = Values {
                wording,
                standings: &bare,
                customer: known,
                reader,
                today: now,
            };
            for hold in &mut customer.holds {
                values.dress(hold);
            }
        }
    }

    /// The holds of all parties as [`Self::holds`] has them, with what their shopper may read of them; only that.
    pub(crate) fn holds_for_shopper(
        &self,
        parties: &Parties,
        wording: &Wording,
        now: Instant,
    ) -> Vec<PartyHold> {
        let says_nothing = wording.supplier.holding.texts().is_empty();
        let reader = self.customer(&parties.sold_to).map(|sold_to| &sold_to.account);
        let held = self.held(parties).into_iter();
        held.map(|(party, customer, hold)| {
            let mut hold = hold.clone();
            if hold.texts.shopper.is_none() && !says_nothing {
                let values = Values {
                    wording,
                    standings: self,
                    customer,
                    reader,
                    today: now,
                };
                hold.texts.shopper = values.text(Audience::Shopper, &hold);
            }
            PartyHold { party, hold }
        })
        .collect()
    }

    /// What the supplier's people read of a hold of anybody here, dressed before.
    pub(crate) fn internal_text(&self, hold: &str) -> Option<&str> {
        let mut holds = self.customers().flat_map(|customer| &customer.holds);
        let hold = holds.find(|known| known.id.as_str() == hold)?;
        hold.texts.internal.as_deref()
    }

    /// Gives other holds of a customer who is here the texts that they have not.
    pub(crate) fn dress_hold(
        &self,
        wording: &Wording,
        customer: &CustomerCredit,
        hold: &mut Hold,
        now: Instant,
    ) {
        let values = Values {
            wording,
            standings: self,
            customer,
            reader: Some(&customer.account),
            today: now,
        };
        values.dress(hold);
    }

    /// What of an account is overdue.
    fn arrears(&self, account: &CreditAccountId) -> Option<&super::standing::Arrears> {
        self.arrears.get(account)
    }
}
