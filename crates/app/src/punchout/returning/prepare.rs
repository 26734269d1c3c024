//! A cart on its way back, before anything is closed: keys, what the suite takes, what the account allows, and
//! what the shopper is to be asked.

use punchgate_domain::{
    cart::Cart,
    catalogue::Problem,
    credit::{CheckPoint, CreditDecision},
    money::Money,
    session::Operation,
};
use punchgate_protocols::cxml::dialect::{LineWarning, Preflight, Severity, preflight};
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Parties, Punchout, Question, QuestionKind, Refusal, Visit, keys};
use crate::{
    accounts::AccountsError,
    credit::{CheckoutRequest, CustomerRef, decide_for},
    directory::Policies,
    orders::credit_policy,
    punchout::customer::{ship_to, wording},
};

/// A cart that is fit to go back.
#[derive(Debug)]
pub(super) struct Prepared {
    /// As the shop has it, with a key on every line.
    pub(super) keyed: Cart,
    /// As it goes back.
    pub(super) fitted: Preflight,
    /// What an order for it would meet; nothing where no customer is known.
    decision: Option<CreditDecision>,
}

impl Punchout {
    /// Judges a cart; refused where it may not go back.
    pub(super) async fn prepare(
        &self,
        visit: &Visit,
        cart: Cart,
        original: Option<&Cart>,
    ) -> Result<Prepared, Refusal> {
        // Before the keys: what becomes a line is known by its key when the buyer edits or orders it.
        let cart = visit.relationship.charges.place(cart);
        let keyed = keys::with_keys(cart, original, &visit.row.session_id);
        let fitted = preflight(&keyed, &visit.relationship.dialect);
        if !fitted.cart.has_articles() && keyed.has_articles() {
            let texts: Vec<String> = stopped(&keyed, &fitted).collect();
            let text = format!("No line of this cart can be transferred. {}", texts.join(" "));
            return Err(Refusal::of(Problem::CartBlocked).saying(text).resumable());
        }
        let decision = match fitted.cart.has_articles() {
            true => self.decide(visit, &fitted.cart).await?,
            false => None,
        };
        if let Some(decision) = &decision
            && visit
                .relationship
                .policies
                .cart_blocking
                .stops(decision.is_approved())
        {
            let refusal = Refusal::of(Problem::CartBlocked).resumable();
            return Err(match decision.shopper_text() {
                Some(text) => refusal.saying(text),
                None => refusal,
            });
        }
        Ok(Prepared {
            keyed,
            fitted,
            decision,
        })
    }

    /// What an order for this cart would meet now.
    async fn decide(&self, visit: &Visit, cart: &Cart) -> Result<Option<CreditDecision>, Refusal> {
        let relationship = &visit.relationship;
        let external = visit.row.customer_external_id.clone();
        let (Some(connector), Some(external_id)) = (relationship.erp.clone(), external) else {
            return Ok(None);
        };
        // Preflight has seen to it that the lines can be counted; with freight on top they may not.
        let Some(total) = total(cart, &relationship.policies) else {
            return Ok(None);
        };
        let request = CheckoutRequest {
            ship_tos: ship_to(relationship, visit.facts.ship_to.as_ref(), &connector)
                .into_iter()
                .collect(),
            customer: CustomerRef::External {
                connector,
                external_id,
            },
            total,
            policy: credit_policy(&relationship.policies),
            wording: Some(wording(relationship, &visit.facts)),
        };
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.read().await?;
        let supplier = &relationship.supplier.id;
        let decided = decide_for(&mut tx, supplier, &request, CheckPoint::CartReturn, now).await;
        tx.rollback().await?;
        match decided {
            Ok(decision) => Ok(Some(decision)),
            Err(AccountsError::Storage(error)) => Err(error.into()),
            // Not read from the ERP yet: the order will be referred, which is no news for a shopper.
            Err(error) => {
                tracing::warn!(%error, session = visit.row.session_id, "a cart goes back without a credit check");
                Ok(None)
            }
        }
    }
}

impl Prepared {
    /// What the shopper is to be asked before this cart goes back.
    pub(super) fn question(&self, visit: &Visit) -> Option<Question> {
        let is_edit = visit.operation == Operation::Edit;
        let stopped: Vec<String> = stopped(&self.keyed, &self.fitted).collect();
        let credit = self.credit_text();
        let kind = match self.fitted.cart.lines.is_empty() {
            true if is_edit => QuestionKind::Emptied,
            _ if !stopped.is_empty() || credit.is_some() => QuestionKind::Warned,
            _ => return None,
        };
        Some(Question {
            kind,
            accept: consent(kind, credit.as_deref(), &stopped),
            credit,
            stopped,
            is_edit,
            parties: Parties::of(&visit.relationship),
        })
    }

    fn credit_text(&self) -> Option<String> {
        self.decision.as_ref().and_then(CreditDecision::shopper_text)
    }

    /// What befell the cart, as it is archived with the message; nothing where nothing did.
    pub(super) fn findings(&self) -> Option<String> {
        let lines: Vec<_> = self.fitted.lines.iter().map(finding).collect();
        let reasons: Vec<&str> = self
            .decision
            .iter()
            .flat_map(|decision| decision.reasons().iter().chain(&decision.warnings))
            .map(|reason| reason.code())
            .collect();
        if lines.is_empty() && reasons.is_empty() {
            return None;
        }
        let credit = self
            .decision
            .as_ref()
            .map(|decision| json!({ "outcome": decision.outcome.as_str(), "reasons": reasons }));
        Some(json!({ "lines": lines, "credit": credit }).to_string())
    }
}

fn finding(warning: &LineWarning) -> serde_json::Value {
    json!({
        "line": warning.line,
        "severity": match warning.severity {
            Severity::Repaired => "repaired",
            Severity::Warning => "warning",
            Severity::Stopped => "stopped",
        },
        "code": warning.code.as_str(),
        "text": warning.text,
    })
}

/// The lines that are left out, each by name and with the reason.
fn stopped<'a>(cart: &'a Cart, fitted: &'a Preflight) -> impl Iterator<Item = String> + 'a {
    let stopped = fitted
        .lines
        .iter()
        .filter(|warning| warning.severity == Severity::Stopped);
    stopped.map(|warning| {
        let line = warning
            .line
            .and_then(|place| cart.lines.get(place.checked_sub(1)?));
        match line {
            Some(line) => format!("{} ({}): {}", line.description, line.part_id, warning.text),
            None => warning.text.clone(),
        }
    })
}

/// Says of consent which question it answers: a cart that meets another one meanwhile is asked about again.
fn consent(kind: QuestionKind, credit: Option<&str>, stopped: &[String]) -> String {
    let kind = match kind {
        QuestionKind::Emptied => "emptied",
        QuestionKind::Warned => "warned",
    };
    let mut hash = Sha256::new();
    for text in credit.into_iter().chain(stopped.iter().map(String::as_str)) {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{hex}")
}

/// What an order for this cart would count against the limit.
fn total(cart: &Cart, policies: &Policies) -> Option<Money> {
    let charge = |counts: bool, charge: Option<&punchgate_domain::cart::Charge>| match charge {
        Some(charge) if counts => charge.amount.value(),
        _ => Decimal::ZERO,
    };
    let total = cart
        .lines_total()?
        .value()
        .checked_add(charge(policies.shipping_counts, cart.shipping.as_ref()))?
        .checked_add(charge(policies.tax_counts, cart.tax.as_ref()))?;
    Money::from_decimal(total, cart.currency).ok()
}
