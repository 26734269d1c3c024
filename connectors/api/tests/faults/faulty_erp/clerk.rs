//! Whoever works in it while the suite looks on.

use async_trait::async_trait;
use punchgate_connector::conformance::{Booking, Clerk};

use super::{Fault, FaultyErp};

#[async_trait]
impl Clerk for FaultyErp {
    async fn takes_a_contact_away(&self) -> bool {
        self.ledger.take_a_contact(!self.has(Fault::HidesTakenContacts));
        true
    }

    async fn begins_a_change(&self, customer: &str) -> bool {
        self.ledger.begin(customer);
        true
    }

    async fn commits_it(&self) {
        self.ledger.commit(self.has(Fault::PassesOverLateCommits));
    }

    async fn books(&self, customer: &str, booking: &Booking) -> bool {
        match booking {
            Booking::Invoice(order) => {
                let net = order.total.as_ref().unwrap().to_money().unwrap();
                self.ledger.book(customer, net.minor());
                if !self.has(Fault::KeepsInvoicedOrdersOpen) {
                    self.ledger.complete(&order.order_id);
                }
            }
            Booking::Payment(_) if self.has(Fault::IgnoresPayments) => {}
            Booking::Payment(money) => self.ledger.book(customer, -money.minor()),
            Booking::CreditNote(money) => {
                let times = if self.has(Fault::BooksTwice) { 2 } else { 1 };
                self.ledger.book(customer, -money.minor() * times);
            }
        }
        true
    }
}
