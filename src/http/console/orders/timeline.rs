//! What happened with an order, in words: when, who, what, and the figures that a decision rests on.

use punchgate_app::orders::case::{Happening, Moment};
use punchgate_domain::order::{Actor, Cause};

use crate::{
    gateway::Gateway,
    http::console::{
        page::Shell,
        words::{self, When},
    },
};

/// A step that people read.
pub(super) struct Step {
    pub(super) at: When,
    pub(super) who: String,
    pub(super) what: String,
    /// good, info, warn, bad, soft.
    pub(super) tone: &'static str,
    pub(super) said: Option<String>,
    pub(super) figures: Option<String>,
}

impl Step {
    pub(super) fn of(gateway: &Gateway, shell: &Shell, moment: Moment) -> Self {
        let mut step = Self {
            at: shell.when(gateway, moment.at),
            who: "Buyer".to_owned(),
            what: String::new(),
            tone: "soft",
            said: None,
            figures: None,
        };
        match moment.what {
            Happening::Setup {
                operation, shopper, ..
            } => {
                step.what = format!("Punchout session asked for ({operation})");
                step.said = shopper.map(|shopper| format!("for {shopper}"));
            }
            Happening::Shopping { shopper } => {
                "Came to the shop".clone_into(&mut step.what);
                step.who = shopper.unwrap_or(step.who);
            }
            Happening::CartReturned { total, .. } => {
                step.what = match total {
                    Some(total) => format!("Cart returned, {total}"),
                    None => "Cart returned".to_owned(),
                };
                "Shop".clone_into(&mut step.who);
            }
            Happening::Step(row) => {
                step.who = actor(&row.actor);
                step.tone = words::order_state(&row.to_state).1;
                step.what = stepped(&row.cause, row.from_state.as_deref(), &row.to_state);
                step.said = row.detail;
                step.figures = row.figures;
            }
            Happening::Issued(document) => {
                let head = document.listed.head;
                let number = head.number.unwrap_or(head.document_id);
                "ERP".clone_into(&mut step.who);
                step.what = format!("{} {number}", words::erp_document(&head.kind));
                step.said = match (document.of_another, head.total, head.currency) {
                    (Some(why), ..) => Some(why),
                    (None, Some(total), Some(currency)) => Some(format!("{currency} {total}")),
                    _ => None,
                };
            }
            Happening::Confirmation(row) => {
                "Gateway".clone_into(&mut step.who);
                let (state, tone) = words::document_status(&row.status);
                step.what = format!("Confirmation to the buyer: {}", state.to_lowercase());
                step.tone = tone;
                step.said = row.status_text;
            }
        }
        step
    }
}

/// Who did it.
fn actor(text: &str) -> String {
    match Actor::parse(text) {
        Ok(Actor::Gateway) => "Gateway".to_owned(),
        Ok(Actor::Buyer) => "Buyer".to_owned(),
        Ok(Actor::Erp) => "ERP".to_owned(),
        Ok(Actor::Storefront) => "Shop".to_owned(),
        Ok(Actor::Operator(name)) => name,
        Ok(Actor::Job(_)) => "Gateway".to_owned(),
        Err(_) => text.to_owned(),
    }
}

fn stepped(cause: &str, from: Option<&str>, to: &str) -> String {
    let (state, _) = words::order_state(to);
    let moved = from != Some(to);
    let what = match (Cause::parse(cause), moved) {
        (Ok(Cause::DocumentReceived), _) if from.is_none() => "Purchase order received",
        (Ok(Cause::DocumentReceived), _) => "A document about it received",
        (Ok(Cause::Decided), _) => return format!("Decided: {}", state.to_lowercase()),
        (Ok(Cause::DecidedAgain), true) => return format!("Decided again: {}", state.to_lowercase()),
        (Ok(Cause::DecidedAgain), false) => "Looked at again",
        (Ok(Cause::PersonDecided), true) => return format!("A person decided: {}", state.to_lowercase()),
        (Ok(Cause::PersonDecided), false) => "A person's word",
        (Ok(Cause::Claimed), _) => "On its way to ERP or shop",
        (Ok(Cause::SinkAnswered), true) => {
            return format!("ERP or shop answered: {}", state.to_lowercase());
        }
        (Ok(Cause::SinkAnswered), false) => "ERP or shop told more",
        (Ok(Cause::BuyerCancelled), _) => "Withdrawn by the buyer",
        (Ok(Cause::OperatorCancelled), _) => "Withdrawn by a person",
        (Ok(Cause::Reopened), _) => "Reopened, to be decided from the start",
        (Err(_), _) => return state.to_owned(),
    };
    what.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_actors_have_words() {
        for (cause, from, to, expected) in [
            ("document_received", None, "received", "Purchase order received"),
            ("decided", Some("received"), "held", "Decided: held"),
            ("decided_again", Some("held"), "held", "Looked at again"),
            (
                "person_decided",
                Some("held"),
                "declined",
                "A person decided: declined",
            ),
            ("from-the-future", Some("held"), "approved", "Approved"),
        ] {
            assert_eq!(stepped(cause, from, to), expected);
        }
        for cause in Cause::NAMES {
            assert!(!stepped(cause, None, "held").is_empty(), "{cause}");
        }
        for (text, expected) in [
            ("operator:sam", "sam"),
            ("job:submit-order", "Gateway"),
            ("erp", "ERP"),
            ("storefront", "Shop"),
            ("x", "x"),
        ] {
            assert_eq!(actor(text), expected);
        }
    }
}
