//! What a setup request said, as it is stored with its session. Versioned JSON.

use punchgate_connector::{carts::FillLine, sessions::SelectedItem};
use punchgate_domain::{
    purchase_order::{Address, Contact},
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::{decode::setup::BuyerCookie, dialect::Shopper};
use punchgate_storage::{StorageError, StorageResult, session::SessionRow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Longer cookies are found by their hash: an index entry has its limits.
const COOKIE_KEY_MOST: usize = 1_000;

/// An item that is not in the cart that the shopper begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Part.
    pub part_id: String,
    /// Why, for the shopper.
    pub reason: String,
}

/// What a setup request said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetupFacts {
    pub(super) cookie: BuyerCookie,
    pub(super) language: Option<String>,
    pub(super) shopper: Shopper,
    pub(super) ship_to: Option<Address>,
    pub(super) selected: Option<SelectedItem>,
    /// What the shop is to begin with.
    pub(super) items: Vec<FillLine>,
    /// What it cannot begin with.
    pub(super) missing: Vec<Missing>,
}

/// The JSON, version 1.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Content {
    version: u32,
    cookie: Cookie,
    language: Option<String>,
    unique_name: Option<String>,
    name: Option<String>,
    email: Option<String>,
    ship_to: Option<Place>,
    /// Part and line key.
    selected: Option<(String, Option<String>)>,
    items: Vec<Item>,
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cookie {
    Text(String),
    Markup(String),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Item {
    line: u32,
    part: String,
    auxiliary: Option<String>,
    quantity: String,
    unit: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    id: Option<String>,
    name: String,
    deliver_to: Vec<String>,
    street: Vec<String>,
    city: String,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl SetupFacts {
    pub(super) fn write(&self) -> String {
        let content = Content {
            version: 1,
            cookie: match &self.cookie {
                BuyerCookie::Text(text) => Cookie::Text(text.clone()),
                BuyerCookie::Markup(markup) => Cookie::Markup(markup.clone()),
            },
            language: self.language.clone(),
            unique_name: self.shopper.unique_name.clone(),
            name: self.shopper.name.clone(),
            email: self.shopper.email.clone(),
            ship_to: self.ship_to.as_ref().map(Place::of),
            selected: self
                .selected
                .as_ref()
                .map(|item| (item.part_id.clone(), item.auxiliary_id.clone())),
            items: self.items.iter().map(Item::of).collect(),
            missing: self.missing.clone(),
        };
        // Texts only: this cannot fail.
        serde_json::to_string(&content).unwrap_or_default()
    }

    pub(super) fn read(row: &SessionRow) -> StorageResult<Self> {
        let corrupt = |detail: String| StorageError::corrupt("session.setup", detail);
        let content: Content =
            serde_json::from_str(&row.setup).map_err(|error| corrupt(error.to_string()))?;
        if content.version != 1 {
            return Err(corrupt(format!("version {} is not known", content.version)));
        }
        let items = content.items.into_iter().map(Item::into_line);
        Ok(Self {
            items: items.collect::<Result<_, _>>().map_err(corrupt)?,
            cookie: match content.cookie {
                Cookie::Text(text) => BuyerCookie::Text(text),
                Cookie::Markup(markup) => BuyerCookie::Markup(markup),
            },
            language: content.language,
            shopper: Shopper {
                unique_name: content.unique_name,
                name: content.name,
                email: content.email,
            },
            ship_to: content.ship_to.map(Place::into_address),
            selected: content.selected.map(|(part_id, auxiliary_id)| SelectedItem {
                part_id,
                auxiliary_id,
            }),
            missing: content.missing,
        })
    }

    /// The shopper, as the shop may show and write to; nothing where the suite tells nothing.
    pub(super) fn contact(&self) -> Option<Contact> {
        let Shopper {
            email,
            unique_name,
            name,
        } = &self.shopper;
        let shown = name
            .clone()
            .or_else(|| unique_name.clone())
            .or_else(|| email.clone())?;
        Some(Contact {
            role: Some("endUser".to_owned()),
            name: shown,
            email: email.clone(),
        })
    }
}

impl Default for Cookie {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Item {
    fn of(line: &FillLine) -> Self {
        Self {
            line: line.line,
            part: line.part_id.clone(),
            auxiliary: line.auxiliary_id.clone(),
            quantity: line.quantity.text().to_owned(),
            unit: line.unit.as_ref().map(|unit| unit.as_str().to_owned()),
        }
    }

    fn into_line(self) -> Result<FillLine, String> {
        Ok(FillLine {
            line: self.line,
            part_id: self.part,
            auxiliary_id: self.auxiliary,
            quantity: Quantity::parse(&self.quantity).map_err(|error| error.to_string())?,
            unit: self.unit.map(Unit::new),
            // The shop's own price counts: the one that went out may be of last month.
            unit_price: None,
        })
    }
}

impl Place {
    fn of(address: &Address) -> Self {
        let address = address.clone();
        Self {
            id: address.address_id,
            name: address.name,
            deliver_to: address.deliver_to,
            street: address.street,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country_code,
            email: address.email,
            phone: address.phone,
        }
    }

    fn into_address(self) -> Address {
        Address {
            address_id: self.id,
            name: self.name,
            deliver_to: self.deliver_to,
            street: self.street,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
            country_code: self.country,
            email: self.email,
            phone: self.phone,
        }
    }
}

/// What sessions and documents are found by: the cookie's text, or its hash where it is long.
pub fn cookie_key(cookie: &str) -> String {
    if cookie.len() <= COOKIE_KEY_MOST {
        return cookie.to_owned();
    }
    let hash = Sha256::digest(cookie.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_as_it_was() {
        for cookie in [
            BuyerCookie::Text("  padded\r\n\t\u{1F600} & <b> \"".into()),
            BuyerCookie::Markup("<a x='1'>t</a> ".into()),
        ] {
            let facts = SetupFacts {
                cookie,
                language: Some("de".into()),
                shopper: Shopper {
                    unique_name: Some("bea".into()),
                    name: None,
                    email: Some("bea@acme.example".into()),
                },
                ship_to: Some(Address {
                    address_id: Some("HQ".into()),
                    name: "Acme".into(),
                    deliver_to: vec!["Bea".into()],
                    street: vec!["1 Main".into()],
                    city: "Town".into(),
                    state: Some("NY".into()),
                    postal_code: Some("10001".into()),
                    country_code: Some("US".into()),
                    email: Some("in@acme.example".into()),
                    phone: Some("1".into()),
                }),
                selected: Some(SelectedItem {
                    part_id: "P-1".into(),
                    auxiliary_id: None,
                }),
                items: vec![FillLine {
                    line: 1,
                    part_id: "P-1".into(),
                    auxiliary_id: Some("k".into()),
                    quantity: Quantity::parse("2.50").unwrap(),
                    unit: Some(Unit::new("BX")),
                    unit_price: None,
                }],
                missing: vec![Missing {
                    part_id: "P-2".into(),
                    reason: "gone".into(),
                }],
            };
            let again: Content = serde_json::from_str(&facts.write()).unwrap();
            assert_eq!(again.version, 1);
            let row = SessionRow {
                setup: facts.write(),
                ..blank()
            };
            assert_eq!(SetupFacts::read(&row).unwrap(), facts);
        }
    }

    #[test]
    fn what_does_not_read_names_the_column() {
        for setup in [
            "",
            "{}",
            r#"{"version":2,"cookie":{"text":"x"}}"#,
            r#"{"version":1,"cookie":{"text":"x"},"items":[{"part":"p","quantity":"many"}]}"#,
        ] {
            let row = SessionRow {
                setup: setup.into(),
                ..blank()
            };
            assert!(
                SetupFacts::read(&row)
                    .unwrap_err()
                    .to_string()
                    .contains("session.setup"),
                "{setup}"
            );
        }
    }

    #[test]
    fn long_cookies_have_short_keys() {
        assert_eq!(cookie_key("abc"), "abc");
        let (one, other) = (cookie_key(&"a".repeat(5_000)), cookie_key(&"a".repeat(5_001)));
        assert_eq!(one.len(), 71);
        assert_ne!(one, other);
    }

    fn blank() -> SessionRow {
        SessionRow {
            supplier_id: String::new(),
            session_id: String::new(),
            relationship_id: String::new(),
            operation: String::new(),
            state: String::new(),
            buyer_cookie: String::new(),
            return_url: None,
            start_hash: Vec::new(),
            start_expires_at: 0,
            browser_hash: None,
            return_hash: None,
            redeemed_at: None,
            storefront_connector_id: String::new(),
            storefront_session: None,
            customer_external_id: None,
            setup: String::new(),
            original_snapshot_id: None,
            cart_snapshot_id: None,
            document_id: String::new(),
            message_document_id: None,
            expires_at: 0,
            opened_at: 0,
            ended_at: None,
            version: 0,
        }
    }
}
