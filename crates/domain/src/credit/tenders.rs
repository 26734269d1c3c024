//! Which tenders a customer may use now, for the shop's checkout.

use super::{CheckPoint, CreditRequest, CreditStanding, Tender, TenderUse, decide};
use crate::Instant;

/// One tender and whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenderOffer {
    /// Which.
    pub tender: Tender,
    /// Whether the customer may use it now.
    pub allowed: bool,
    /// The code of the first reason against it.
    pub reason: Option<&'static str>,
    /// Why not, for the shopper.
    pub why_not: Option<String>,
}

/// Asks the decision once for every tender that the supplier takes. The request's own tender and check point
/// do not count.
pub fn tenders(request: &CreditRequest, standing: &CreditStanding, now: Instant) -> Vec<TenderOffer> {
    let offer = |tender: Tender| {
        let asked = CreditRequest {
            check_point: CheckPoint::Checkout,
            tender: match tender {
                Tender::Terms => TenderUse::Terms,
                tender => TenderUse::Funds {
                    tender,
                    secured: None,
                },
            },
            ..request.clone()
        };
        let decision = decide(&asked, standing, now);
        TenderOffer {
            tender,
            allowed: decision.is_approved(),
            reason: decision.reasons().first().map(super::Reason::code),
            why_not: decision.shopper_text(),
        }
    };
    request.policy.tenders.iter().copied().map(offer).collect()
}
