//! The other people of the path: the buyer at the suite, the ERP's clerk, and who looks into the gateway.

use std::future::Future;

use http::Method;
use serde_json::{Value, json};

use super::{Mismatch, Outcome, PATIENCE, PAUSE, Systems, browser::Browser, expect};

/// Asks until the answer is there. The last mismatch is told if it never comes.
pub(super) async fn until<T, F: Future<Output = Outcome<T>>>(mut ask: impl FnMut() -> F) -> Outcome<T> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = tokio::time::interval(PAUSE);
    loop {
        pause.tick().await;
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(mismatch) if tokio::time::Instant::now() >= deadline => {
                let expected = format!("{} within {} s", mismatch.expected, PATIENCE.as_secs());
                return Err(Mismatch::new(expected, mismatch.seen));
            }
            Err(_) => {}
        }
    }
}

/// The people with their one browser.
#[derive(Debug)]
pub(super) struct People<'a> {
    pub(super) browser: &'a Browser,
    pub(super) systems: &'a Systems,
}

impl People<'_> {
    pub(super) async fn requisition(&self, buyer: &str, number: u64) -> Outcome<Value> {
        let url = format!("{}/api/buyers/{buyer}/requisitions/{number}", self.systems.suite);
        self.browser.json(&url, None).await
    }

    pub(super) async fn order(&self, buyer: &str, number: u64) -> Outcome<Value> {
        let url = format!("{}/api/buyers/{buyer}/orders/{number}", self.systems.suite);
        self.browser.json(&url, None).await
    }

    /// Presses a button of the suite; the sentence that the page says then, if any.
    pub(super) async fn press(&self, buyer: &str, button: &str) -> Outcome<Option<String>> {
        let url = format!("{}/buyers/{buyer}/{button}", self.systems.suite);
        let answer = self.browser.post(&url, &[]).await?;
        let said = answer.location.as_ref().and_then(|url| {
            url.query_pairs()
                .find(|(name, _)| name == "said")
                .map(|(_, said)| said.into_owned())
        });
        expect(
            (300..400).contains(&answer.status),
            format!("a page after {button}"),
            answer.status,
        )?;
        Ok(said)
    }

    /// The buyer changes the quantity of an order's first line.
    pub(super) async fn change_order(&self, buyer: &str, number: u64, quantity: &str) -> Outcome<()> {
        let url = format!("{}/buyers/{buyer}/orders/{number}/change", self.systems.suite);
        let fields = [("quantity-1".to_owned(), quantity.to_owned())];
        let answer = self.browser.post(&url, &fields).await?;
        expect(
            (300..400).contains(&answer.status),
            "a page after the change",
            answer.status,
        )
    }

    /// A person at the supplier has the newest version of an order carried over to the ERP.
    pub(super) async fn carry_over(&self, order: &str, version: u64) -> Outcome<()> {
        let row = self.gateway_order(order, "accepted").await?;
        let id = row["id"].as_str().unwrap_or_default();
        let url = format!("{}/api/v1/orders/{id}/carry-over", self.systems.gateway);
        let body = json!({
            "expected_version": row["row_version"], "version": version, "reason": "the buyer needs more"
        });
        let key = Some(self.systems.api_key.as_str());
        let answer = self.browser.sent_json(Method::POST, &url, key, &body).await?;
        expect(
            answer.status == 204,
            "the gateway to take it",
            format_args!("{} {}", answer.status, answer.body),
        )
    }

    /// Submits a requisition; the order's number.
    pub(super) async fn submit(&self, buyer: &str, requisition: u64) -> Outcome<u64> {
        let said = self
            .press(buyer, &format!("requisitions/{requisition}/submit"))
            .await?;
        let it = self.requisition(buyer, requisition).await?;
        it["order"]
            .as_u64()
            .ok_or_else(|| Mismatch::new("an order", said.unwrap_or_else(|| it["state"].to_string())))
    }

    /// The orders that the ERP has for a purchase order, cancelled ones too.
    pub(super) async fn erp_orders(&self, order: &str) -> Outcome<Vec<Value>> {
        let state: Value = self
            .browser
            .json(&format!("{}/state.json", self.systems.erp), None)
            .await?;
        let all = state["orders"].as_array().cloned().unwrap_or_default();
        Ok(all
            .into_iter()
            .filter(|it| it["purchase_order_number"] == order)
            .collect())
    }

    /// The one order in the ERP; a second one is a deviation at once.
    pub(super) async fn the_erp_order(&self, order: &str) -> Outcome<Value> {
        let mut all = until(|| async {
            let all = self.erp_orders(order).await?;
            expect(!all.is_empty(), format!("{order} in the ERP"), "none")?;
            Ok(all)
        })
        .await?;
        expect(
            all.len() == 1,
            format!("{order} in the ERP once"),
            format_args!("{} times", all.len()),
        )?;
        Ok(all.swap_remove(0))
    }

    /// Waits until the suite shows the order in this state.
    pub(super) async fn order_in_state(&self, buyer: &str, number: u64, state: &str) -> Outcome<Value> {
        until(|| async {
            let order = self.order(buyer, number).await?;
            let seen = order["state"]["text"].as_str().unwrap_or_default();
            expect(
                seen == state,
                format!("PO{number} as “{state}” in the suite"),
                format_args!("“{seen}”"),
            )?;
            Ok(order)
        })
        .await
    }

    /// Waits until the gateway shows the order in this state.
    pub(super) async fn gateway_order(&self, order: &str, state: &str) -> Outcome<Value> {
        let url = format!("{}/api/v1/orders?search={order}", self.systems.gateway);
        until(|| async {
            let page: Value = self.browser.json(&url, Some(&self.systems.api_key)).await?;
            let found = page["items"]
                .as_array()
                .and_then(|items| items.iter().find(|it| it["order_number"] == order));
            let seen = found.map_or("none", |it| it["state"].as_str().unwrap_or_default());
            expect(
                seen == state,
                format!("{order} as “{state}” in the gateway"),
                format_args!("“{seen}”"),
            )?;
            Ok(found.cloned().unwrap_or_default())
        })
        .await
    }

    /// The ERP's clerk places a hold that takes away ordering on terms.
    pub(super) async fn place_hold(&self, customer: &str, text: &str) -> Outcome<()> {
        let fields = [
            ("code", "PASTDUE"),
            ("order_on_terms", "1"),
            ("shopper", text),
            ("internal", "demo --auto"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.clerk(
            &format!("customers/{customer}/holds"),
            &fields,
            "The hold is in force.",
        )
        .await
    }

    /// The ERP's clerk releases every hold of the customer.
    pub(super) async fn release_holds(&self, customer: &str) -> Outcome<usize> {
        let page = self
            .browser
            .get(&format!("{}/customers/{customer}", self.systems.erp))
            .await?;
        let forms = punchgate_protocols::page::forms(&page.body);
        let releases: Vec<_> = forms
            .iter()
            .filter(|form| form.action.ends_with("/release"))
            .collect();
        let fields = [("reason".to_owned(), "Paid by wire".to_owned())];
        for form in &releases {
            let path = form.action.trim_start_matches('/');
            self.clerk(path, &fields, "The hold is released.").await?;
        }
        Ok(releases.len())
    }

    async fn clerk(&self, path: &str, fields: &[(String, String)], expected: &str) -> Outcome<()> {
        let answer = self
            .browser
            .post(&format!("{}/{path}", self.systems.erp), fields)
            .await?;
        let said = answer.location.as_ref().and_then(|url| {
            url.query_pairs()
                .find(|(name, _)| name == "said")
                .map(|(_, said)| said.into_owned())
        });
        let said = said.unwrap_or_else(|| format!("HTTP {}", answer.status));
        expect(
            said == expected,
            format!("the ERP to say “{expected}”"),
            format_args!("“{said}”"),
        )
    }
}
