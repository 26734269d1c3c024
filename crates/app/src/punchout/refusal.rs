//! Why a shopper's browser is taken no further, in words for a shopper. Shows nothing of the session.

use punchgate_domain::catalogue::Problem;
use punchgate_storage::StorageError;

use crate::directory::Relationship;

/// Who trades here, as far as a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// The selling company.
    pub supplier: String,
    /// The buying company.
    pub buyer: String,
    /// Whom to ask; may be empty.
    pub contact: String,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong; the catalogue has the text.
    pub problem: Problem,
    /// The reason in the supplier's own words, where there is one.
    pub text: Option<String>,
    /// Whether the shopper may go back into the shop with the cart.
    pub can_resume: bool,
    /// Who trades here; unknown where nothing was found.
    pub parties: Option<Parties>,
}

impl Refusal {
    /// With the catalogue's text.
    pub(super) fn of(problem: Problem) -> Self {
        Self {
            problem,
            text: None,
            can_resume: false,
            parties: None,
        }
    }

    pub(super) fn between(self, relationship: &Relationship) -> Self {
        Self {
            parties: Some(Parties::of(relationship)),
            ..self
        }
    }

    pub(super) fn saying(self, text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..self
        }
    }

    pub(super) fn resumable(self) -> Self {
        Self {
            can_resume: true,
            ..self
        }
    }
}

impl Parties {
    /// The parties of a relationship.
    pub(super) fn of(relationship: &Relationship) -> Self {
        Self {
            supplier: relationship.supplier.name.clone(),
            buyer: relationship.buyer_name.clone(),
            contact: relationship.supplier.contact.clone(),
        }
    }
}

/// The log has the cause, the shopper does not.
impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "a shopper's request could not be carried out");
        Self::of(match error {
            StorageError::Unavailable(_) | StorageError::Retry(_) => Problem::Overloaded,
            _ => Problem::Internal,
        })
    }
}
