//! The forms of a case: one for each thing that a person can do, with what it needs beside the reason.

use punchgate_app::orders::case::Deed;

/// A form.
pub(super) struct Form {
    /// The last part of its address.
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    /// What comes of it.
    pub(super) says: &'static str,
    /// Whether it cannot be undone here.
    pub(super) is_grave: bool,
    /// What the reason is for, where others than our own people read it.
    pub(super) reason_goes: &'static str,
    pub(super) wants: Wants,
}

/// What a form asks for beside the reason.
#[derive(PartialEq, Eq)]
pub(super) enum Wants {
    Nothing,
    /// The customer's key in the ERP.
    Customer,
    /// What no mapping knows, and what it is.
    Word,
    /// The number in the supplier's system.
    Number,
    /// What was charged or authorised.
    Funds,
}

const OUR_PEOPLE: &str = "Stands in the history, with your name.";
const THE_BUYER: &str = "The buyer reads it, and it stands in the history with your name.";

impl Form {
    pub(super) fn of(deed: Deed) -> Self {
        let (name, says) = words(deed);
        let word = Deed::ALL.iter().find(|(known, _)| *known == deed);
        Self {
            word: word.map_or("", |(_, word)| *word),
            name,
            says,
            is_grave: matches!(deed, Deed::Decline | Deed::CancelAtSink),
            reason_goes: match deed {
                Deed::Decline => THE_BUYER,
                _ => OUR_PEOPLE,
            },
            wants: match deed {
                Deed::MapCustomer => Wants::Customer,
                Deed::MapWord => Wants::Word,
                Deed::TakeOver => Wants::Number,
                Deed::Funds => Wants::Funds,
                _ => Wants::Nothing,
            },
        }
    }
}

fn words(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::MapCustomer => (
            "Say whose address it is",
            "From now on the address is this customer's, for this buyer's later orders, too. This one is decided again at once.",
        ),
        Deed::MapWord => (
            "Say what it is called here",
            "From now on it is called so in this buyer's later orders, too. This one is decided again at once.",
        ),
        Deed::Confirm => (
            "Confirm prices and contents",
            "Prices, total and whatever else needs a person are in order. It is decided again at once; credit and holds still count.",
        ),
        Deed::Funds => (
            "Secure by a card",
            "A card was charged or authorised outside for it. If that covers the whole order, a hold on terms lets it pass.",
        ),
        Deed::TakeOver => (
            "Mark as submitted",
            "You have entered it in your system by hand. It is accepted under that number, and the buyer is told where that was agreed.",
        ),
        Deed::CarryOver => (
            "Carry the change over",
            "The buyer's newest version is decided by what it asks for beyond the order, then told to the ERP.",
        ),
        Deed::CarriedOverByHand => (
            "The change was entered by hand",
            "You have changed the order in your system already. The newest version counts from now on; nothing is sent there.",
        ),
        Deed::Reopen => (
            "Try again",
            "The cause of the rejection is mended. The order is decided from the start and submitted anew.",
        ),
        Deed::CancelAtSink => (
            "Cancel it there",
            "The buyer has withdrawn it after it was accepted. The ERP, or the shop that took it, is told to cancel it, with your reason.",
        ),
        Deed::SendConfirmation => (
            "Send the confirmation",
            "The buyer is told what was last committed to: for the first time, or once more.",
        ),
        Deed::Decline => (
            "Decline",
            "It will not be delivered. The buyer is told by a rejecting confirmation; this is not undone here.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_leads_to_what_it_says() {
        for (deed, word) in Deed::ALL {
            let form = Form::of(deed);
            assert_eq!(form.word, word);
            assert_eq!(Deed::parse(form.word), Some(deed), "{word}");
        }
        assert_eq!(Deed::parse("explode"), None);
    }
}
