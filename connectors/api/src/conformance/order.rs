//! The orders that the suites submit.

use punchgate_domain::{
    money::StatedAmount,
    purchase_order::{
        Address, Contact, OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder, StatedDate,
    },
    quantity::{Quantity, Unit},
};

use crate::orders::OrderSubmission;

/// What can be ordered in the system under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFixture {
    /// A part number.
    pub part_id: String,
    /// Its unit.
    pub unit: Unit,
    /// Its net price for the customer.
    pub unit_price: StatedAmount,
    /// The day of the orders.
    pub date: jiff::civil::Date,
    /// Whether the suite's orders may count as real ones, in an installation that is for tests only. Else they
    /// are marked as tests, and what only real orders do is not tried.
    pub live: bool,
}

impl OrderFixture {
    /// An order of two pieces, with texts outside ASCII.
    pub fn submission(&self, customer: &str, reference: String) -> OrderSubmission {
        let date = StatedDate {
            text: self.date.to_string(),
            date: self.date,
            instant: None,
            has_offset: false,
        };
        let line = self.line();
        let total = line.amount().unwrap_or_default();
        OrderSubmission {
            customer: customer.to_owned(),
            terms: None,
            test: !self.live,
            contact: None,
            order: PurchaseOrder {
                // Forty characters at most: longer ones do not fit into many systems.
                order_number: format!("PÖ-{}", reference.chars().take(37).collect::<String>()),
                operation: OrderOperation::New,
                order_type: OrderType::Regular,
                stated_version: None,
                order_date: date,
                requested_delivery: None,
                requisition_id: None,
                agreement_id: None,
                total: StatedAmount::from_decimal(total, self.unit_price.currency()),
                tax: None,
                shipping: None,
                ship_to: Some(address()),
                bill_to: None,
                payment: Payment::Terms,
                payment_terms_days: None,
                contacts: vec![Contact {
                    role: None,
                    name: "Zoë Łukasz".to_owned(),
                    email: Some("zoe@buyer.example".to_owned()),
                }],
                comments: vec!["Conformance test — nicht liefern, 配達しないでください".to_owned()],
                replaces_payload_id: None,
                extrinsics: Vec::new(),
                lines: vec![line],
            },
            reference,
        }
    }

    fn line(&self) -> OrderLine {
        OrderLine {
            line_number: 1,
            quantity: Quantity::from_decimal(2.into()),
            unit: self.unit.clone(),
            part_id: self.part_id.clone(),
            auxiliary_id: None,
            buyer_part_id: None,
            unit_price: self.unit_price.clone(),
            price_basis: None,
            price_basis_factor: None,
            description: "Conformance test".to_owned(),
            classifications: Vec::new(),
            manufacturer_part_id: None,
            manufacturer_name: None,
            requested_delivery: None,
            ship_to: None,
            is_ad_hoc: false,
            is_return: false,
            schedule_lines: 0,
            comments: Vec::new(),
            extrinsics: Vec::new(),
        }
    }
}

fn address() -> Address {
    Address {
        name: "Müller & Søn".to_owned(),
        street: vec!["Straße 1".to_owned()],
        city: "Århus".to_owned(),
        country_code: Some("DK".to_owned()),
        ..Address::default()
    }
}
