//! The company's people, who do in Tryton what a case of the suite needs, with customers of the suite's own.

use async_trait::async_trait;
use punchgate_connector::{
    Connector,
    conformance::{Booking, Clerk},
    egress::Egress,
};
use punchgate_domain::money::Money;
use serde_json::{Value, json};

use crate::{
    documents::{Shop, receipt, today},
    people::Staffed,
    support::{by_hand, company},
};

/// They know the party from which contacts are taken away.
pub(crate) struct Clerks<'a> {
    pub(crate) base: &'a str,
    pub(crate) http: &'a Egress,
    pub(crate) system: &'a dyn Connector,
    pub(crate) staffed: &'a Staffed,
}

/// A customer with the terms, the limit and the prices of another: nobody else orders for it or changes it meanwhile.
pub(crate) async fn customer_like(base: &str, http: &Egress, party: &str, name: &str) -> String {
    let party: i64 = party.parse().unwrap();
    let fields = ["customer_payment_term", "credit_limit_amount", "sale_price_list"];
    let read = by_hand(
        base,
        http,
        "model.party.party.read",
        json!([[party], fields, company()]),
    )
    .await;
    let mut values = json!({
        "name": format!("Conforming {name}"), "code": name,
        "addresses": [["create", [{"street": "7 Quarry Lane", "city": "Tucson", "postal_code": "85701"}]]],
    });
    for field in fields {
        values[field] = read[0][field].clone();
    }
    let ids = by_hand(
        base,
        http,
        "model.party.party.create",
        json!([[values], company()]),
    )
    .await;
    ids[0].to_string()
}

impl Clerks<'_> {
    async fn call(&self, method: &str, params: Value) -> Value {
        by_hand(self.base, self.http, method, params).await
    }

    async fn first(&self, model: &str, domain: Value) -> Value {
        let params = json!([domain, 0, 1, null, company()]);
        self.call(&format!("model.{model}.search"), params).await[0].clone()
    }

    /// A credit note that somebody writes by hand.
    async fn credits(&self, party: i64, amount: &str) {
        let us = self
            .call(
                "model.company.company.read",
                json!([[1], ["currency"], company()]),
            )
            .await;
        let income = json!([["type.revenue", "=", true], ["closed", "!=", true]]);
        let owed = json!([["type.receivable", "=", true], ["closed", "!=", true]]);
        let line = json!({
            "type": "line", "account": self.first("account.account", income).await, "description": "Goodwill",
            "quantity": -1.0, "unit_price": {"__class__": "Decimal", "decimal": amount},
        });
        let day = today();
        let values = json!({
            "type": "out", "company": 1, "party": party, "currency": us[0]["currency"],
            "invoice_address": self.first("party.address", json!([["party", "=", party]])).await,
            "journal": self.first("account.journal", json!([["type", "=", "revenue"]])).await,
            "account": self.first("account.account", owed).await,
            "invoice_date": {"__class__": "date", "year": day.year(), "month": day.month(), "day": day.day()},
            "lines": [["create", [line]]],
        });
        let note = self
            .call("model.account.invoice.create", json!([[values], company()]))
            .await;
        self.call("model.account.invoice.post", json!([note, company()]))
            .await;
    }
}

#[async_trait]
impl Clerk for Clerks<'_> {
    async fn takes_a_contact_away(&self) -> bool {
        self.staffed.take_away().await;
        true
    }

    async fn books(&self, customer: &str, booking: &Booking) -> bool {
        let party: i64 = customer.parse().unwrap();
        match booking {
            Booking::Invoice(order) => {
                let shop = Shop {
                    base: self.base,
                    http: self.http,
                    system: self.system,
                    order: (**order).clone(),
                };
                shop.ship().await;
                shop.bill().await;
            }
            Booking::Payment(money) => {
                let owed = json!([["type.receivable", "=", true], ["closed", "!=", true]]);
                let owed = self.first("account.account", owed).await;
                receipt((self.base, self.http), (&owed, &json!(party)), &decimal(*money)).await;
            }
            Booking::CreditNote(money) => self.credits(party, &decimal(*money)).await,
        }
        true
    }
}

fn decimal(money: Money) -> String {
    format!("{}.{:02}", money.minor() / 100, money.minor() % 100)
}
