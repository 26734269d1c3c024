//! What an order states beside parts and prices, against what was agreed: how long payment takes, and lines that are from
//! no catalogue.

use std::fmt;

use crate::purchase_order::{Payment, PurchaseOrder};

/// Something that was not agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementFinding {
    /// The buyer means to pay later than was agreed.
    Terms {
        /// Days on the order.
        ordered: u32,
        /// Days by the ERP.
        agreed: u32,
    },
    /// The buyer says that the line is from no catalogue, and it is from none of its carts.
    NonCatalogue {
        /// The buyer's line number.
        line_number: u32,
    },
}

/// Compares what the order states with what was agreed. `agreed_days` are those of the terms on which the customer orders,
/// where it does; `from_cart` says whether the line at a place is as a cart offered it.
pub fn agreement_check(
    order: &PurchaseOrder,
    agreed_days: Option<u32>,
    from_cart: impl Fn(usize) -> bool,
) -> Vec<AgreementFinding> {
    let on_terms = order.payment == Payment::Terms;
    let terms = order.payment_terms_days.filter(|_| on_terms).zip(agreed_days);
    let terms = terms.filter(|(ordered, agreed)| ordered > agreed);
    let terms = terms.map(|(ordered, agreed)| AgreementFinding::Terms { ordered, agreed });
    let lines = order.lines.iter().enumerate();
    let odd = lines.filter(|(place, line)| line.is_ad_hoc && !from_cart(*place));
    let odd = odd.map(|(_, line)| AgreementFinding::NonCatalogue {
        line_number: line.line_number,
    });
    terms.into_iter().chain(odd).collect()
}

impl AgreementFinding {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Terms { .. } => "terms-differ",
            Self::NonCatalogue { .. } => "non-catalogue-line",
        }
    }
}

impl fmt::Display for AgreementFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms { ordered, agreed } => {
                write!(f, "payment in {ordered} days ordered, in {agreed} agreed")
            }
            Self::NonCatalogue { line_number } => {
                write!(f, "line {line_number} is from no catalogue and from no cart")
            }
        }
    }
}
