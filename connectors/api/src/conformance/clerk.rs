//! Somebody at the system under test, who does there what a case needs.

use async_trait::async_trait;
use punchgate_domain::money::Money;

use crate::orders::PlacedOrder;

/// Does what only people, or the system itself, do there. Whatever it cannot do it answers with `false`, and the case is
/// skipped.
#[async_trait]
pub trait Clerk: Send + Sync {
    /// Takes the last of the people of the fixture away.
    async fn takes_a_contact_away(&self) -> bool {
        false
    }

    /// Begins to change the customer, and leaves that uncommitted while others write.
    async fn begins_a_change(&self, customer: &str) -> bool {
        let _ = customer;
        false
    }

    /// Commits what was begun.
    async fn commits_it(&self) {}

    /// Books something of a customer.
    async fn books(&self, customer: &str, booking: &Booking) -> bool {
        let _ = (customer, booking);
        false
    }
}

/// What moves what a customer owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Booking {
    /// All of this order is invoiced.
    Invoice(Box<PlacedOrder>),
    /// The customer pays so much.
    Payment(Money),
    /// The customer is credited so much.
    CreditNote(Money),
}
