//! Asks the gateway, server to server, how a customer may pay now.
//!
//! The shop decides nothing about credit or holds: it shows the answer. Silence is an answer too:
//! it is said to the shopper and blocks nothing.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Clock, DemoError,
    http_client::http_client,
    wire_log::{Exchange, Peer, WireLog},
};

const TIMEOUT: Duration = Duration::from_millis(1500);

/// Where the gateway is and how the shop shows who it is.
#[derive(Clone)]
pub struct GatewayAccess {
    /// Base URL without a slash at its end.
    pub base_url: String,
    /// Bearer API key with the scope for checkout options.
    pub api_key: String,
}

impl fmt::Debug for GatewayAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GatewayAccess")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TenderOption {
    pub(crate) tender: String,
    pub(crate) allowed: bool,
    #[serde(default)]
    pub(crate) why_not: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    tenders: Vec<TenderOption>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    available: Option<serde_json::Value>,
}

/// What the shopper is told at cart and checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The gateway answered.
    Known {
        tenders: Vec<TenderOption>,
        /// The gateway's very text, if it has something to say.
        message: Option<String>,
        /// True if terms are refused.
        refused: bool,
        /// Available credit as the gateway states it, in words.
        available: Option<String>,
    },
    /// It did not answer, or not in time.
    Silent { message: String },
}

/// The question's client.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    access: Option<GatewayAccess>,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    wire: WireLog,
}

impl Gateway {
    pub(crate) fn new(
        access: Option<GatewayAccess>,
        clock: Arc<dyn Clock>,
        wire: WireLog,
    ) -> Result<Self, DemoError> {
        let client = http_client(TIMEOUT)?;
        Ok(Self {
            access,
            client,
            clock,
            wire,
        })
    }

    pub(crate) async fn standing(&self, customer: &str, amount: &str, currency: &str) -> Standing {
        let Some(access) = &self.access else {
            return silent();
        };
        let question = serde_json::json!({ "customer": customer, "amount": amount, "currency": currency });
        let url = format!("{}/api/v1/checkout-options", access.base_url);
        let began = self.clock.now();
        let asked = self.ask(access, &url, &question).await;
        let (status, body) = match &asked {
            Ok((status, body)) => (Some(*status), body.clone()),
            Err(error) => (None, error.to_string()),
        };
        self.wire.push(Exchange {
            seq: 0,
            at_ms: began.as_millisecond(),
            from: Peer::Shop,
            to: Peer::Gateway,
            method: "POST".into(),
            url,
            request: question.to_string(),
            status,
            response: body,
            duration_ms: self.clock.now().as_millisecond() - began.as_millisecond(),
        });
        match asked {
            Ok((200, body)) => read(&body),
            Ok((status, _)) => {
                tracing::warn!(status, "the gateway refused to state checkout options");
                silent()
            }
            Err(error) => {
                tracing::warn!(%error, "the gateway did not state checkout options");
                silent()
            }
        }
    }

    async fn ask(
        &self,
        access: &GatewayAccess,
        url: &str,
        question: &serde_json::Value,
    ) -> Result<(u16, String), reqwest::Error> {
        let response = self
            .client
            .post(url)
            .bearer_auth(&access.api_key)
            .json(question)
            .send()
            .await?;
        Ok((response.status().as_u16(), response.text().await?))
    }
}

fn read(body: &str) -> Standing {
    let Ok(answer) = serde_json::from_str::<Answer>(body) else {
        return silent();
    };
    let terms = answer.tenders.iter().find(|option| option.tender == "terms");
    let refused = terms.is_some_and(|option| !option.allowed);
    let message = answer.message.or_else(|| {
        terms
            .filter(|_| refused)
            .and_then(|option| option.why_not.clone())
    });
    Standing::Known {
        refused,
        message,
        available: answer.available.as_ref().and_then(money_in_words),
        tenders: answer.tenders,
    }
}

/// `{"amount": "…", "currency": "…"}` or a text, as text; anything else is not shown.
fn money_in_words(value: &serde_json::Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    let amount = value.get("amount")?.as_str()?;
    let currency = value.get("currency")?.as_str()?;
    Some(format!("{amount} {currency}"))
}

fn silent() -> Standing {
    Standing::Silent {
        message: "Your payment terms could not be checked just now. You can go on shopping; \
                  your order is checked again when it arrives."
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_very_text_is_shown() {
        let answer = r#"{"customer":"C-1003","tenders":[{"tender":"terms","allowed":false,"why_not":"On hold"},
            {"tender":"card","allowed":true}],"message":"Account past due. Please call accounts receivable.",
            "hold":{"code":"AR"},"available":null}"#;
        let Standing::Known {
            message,
            refused,
            tenders,
            ..
        } = read(answer)
        else {
            panic!("not read");
        };
        assert_eq!(
            message.as_deref(),
            Some("Account past due. Please call accounts receivable.")
        );
        assert!(refused);
        assert_eq!(tenders.len(), 2);
    }

    #[test]
    fn reasons_stand_in_for_a_missing_message_and_nonsense_is_silence() {
        let answer = r#"{"tenders":[{"tender":"terms","allowed":false,"why_not":"Limit reached"}]}"#;
        assert!(
            matches!(read(answer), Standing::Known { message: Some(text), .. } if text == "Limit reached")
        );
        assert!(matches!(read("<html>"), Standing::Silent { .. }));
        let open = r#"{"tenders":[{"tender":"terms","allowed":true}],"message":null,
            "available":{"amount":"41200.00","currency":"USD"}}"#;
        assert!(
            matches!(read(open), Standing::Known { refused: false, message: None, available: Some(text), .. }
            if text == "41200.00 USD")
        );
    }
}
