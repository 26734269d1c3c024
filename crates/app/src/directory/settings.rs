//! What is agreed in a relationship, as it is stored and declared (texts and numbers), and how that is read
//! into types. Stored as JSON; a key that is not known is refused, because a policy that is overlooked
//! decides orders wrongly.

use std::{str::FromStr as _, sync::Arc};

use jiff::SignedDuration;
use punchgate_domain::policy::{
    CartBlocking, CartCharges, ChargePlacement, ChargeRule, ConfirmationPolicy, ContactPolicy,
    DuplicatePolicy, ExposureAgePolicy, KnownOrderPolicy, PcardPolicy, PriceAction, PricePolicy,
    PriceTolerance, StaleExposure, UnmappedPolicy,
};
use punchgate_protocols::cxml::dialect::Dialect;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{
    hosts::{HostRule, HostRules},
    relationship::{BuyerSystemRule, Policies, Users},
};

/// Longest life of a start link.
pub const START_LINK_SECONDS_MOST: u32 = 600;
/// Carts are kept for two years.
const CART_PRICES_DAYS_MOST: u32 = 730;
/// Longest session: a week.
pub const SESSION_MINUTES_MOST: u32 = 7 * 24 * 60;

/// The settings of a relationship as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelationshipSettings {
    /// What differs from the dialect.
    pub dialect_overlay: toml::Table,
    /// Hosts to which a cart may be posted.
    pub return_hosts: Vec<String>,
    /// Hosts to which the buyer's return page may redirect.
    pub redirect_hosts: Vec<String>,
    /// Where confirmations go; empty: nowhere.
    pub outbound_url: String,
    /// Life of a start link.
    pub start_link_seconds: u32,
    /// Life of a session.
    pub session_minutes: u32,
    /// What tells the buyer's systems apart.
    pub buyer_system: String,
    /// Freight and tax in a cart.
    pub cart: CartSettings,
    /// Who orders.
    pub users: UserSettings,
    /// What was agreed.
    pub policies: PolicySettings,
}

/// Freight and tax in a cart, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CartSettings {
    /// `omit` …
    pub freight: String,
    /// The part number of freight where it is a line.
    pub freight_part: String,
    /// `omit` …
    pub tax: String,
    /// The part number of tax where it is a line.
    pub tax_part: String,
}

/// Who orders, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserSettings {
    /// Extrinsics of an order that name its user, best first.
    pub extrinsics: Vec<String>,
    /// `optional` …
    pub contact: String,
}

/// The policies of a relationship as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// `by_payload_id` …
    pub duplicates: String,
    /// `review` …
    pub known_order: String,
    /// `hold` …
    pub pcard: String,
    /// `on_erp_acknowledgement` …
    pub confirmation: String,
    /// `warn` …
    pub cart_blocking: String,
    /// `hold` …
    pub price_action: String,
    /// Percent as a decimal text.
    pub price_tolerance_percent: String,
    /// In the price's currency, a decimal text.
    pub price_tolerance_absolute: String,
    /// How long the prices of a cart count.
    pub cart_prices_valid_days: u32,
    /// Older exposure is too old.
    pub exposure_max_age_hours: u32,
    /// `block` …
    pub exposure_when_older: String,
    /// Whether freight counts against the limit.
    pub shipping_counts: bool,
    /// Whether tax counts against the limit.
    pub tax_counts: bool,
    /// Whether the shop passes orders on to the ERP.
    pub shop_exports_to_erp: bool,
    /// `hold` …
    pub unmapped: String,
}

impl Default for RelationshipSettings {
    fn default() -> Self {
        Self {
            dialect_overlay: toml::Table::new(),
            return_hosts: Vec::new(),
            redirect_hosts: Vec::new(),
            outbound_url: String::new(),
            start_link_seconds: START_LINK_SECONDS_MOST,
            session_minutes: 240,
            buyer_system: "single".to_owned(),
            cart: CartSettings::default(),
            users: UserSettings::default(),
            policies: PolicySettings::default(),
        }
    }
}

impl Default for CartSettings {
    fn default() -> Self {
        let CartCharges { freight, tax } = CartCharges::default();
        Self {
            freight: freight.placement.to_string(),
            freight_part: freight.part_id,
            tax: tax.placement.to_string(),
            tax_part: tax.part_id,
        }
    }
}

impl Default for UserSettings {
    fn default() -> Self {
        Self {
            extrinsics: ["UserEmail", "UniqueName", "UniqueUsername"]
                .map(str::to_owned)
                .into(),
            contact: ContactPolicy::Optional.to_string(),
        }
    }
}

impl Default for PolicySettings {
    fn default() -> Self {
        let price = PricePolicy::default();
        let exposure = ExposureAgePolicy::default();
        Self {
            duplicates: DuplicatePolicy::ByPayloadId.to_string(),
            known_order: KnownOrderPolicy::Review.to_string(),
            pcard: PcardPolicy::Hold.to_string(),
            confirmation: ConfirmationPolicy::OnErpAcknowledgement.to_string(),
            cart_blocking: CartBlocking::Warn.to_string(),
            price_action: price.action.to_string(),
            price_tolerance_percent: price.tolerance.percent.to_string(),
            price_tolerance_absolute: price.tolerance.absolute.to_string(),
            cart_prices_valid_days: price.cart_prices_valid_days,
            exposure_max_age_hours: u32::try_from(exposure.max_age.as_hours()).unwrap_or(24),
            exposure_when_older: exposure.when_older.to_string(),
            shipping_counts: true,
            tax_counts: true,
            shop_exports_to_erp: false,
            unmapped: UnmappedPolicy::Hold.to_string(),
        }
    }
}

/// The settings of a relationship, read.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// The dialect with its overlay.
    pub dialect: Arc<Dialect>,
    /// What becomes of freight and tax of a cart.
    pub charges: CartCharges,
    /// Who orders.
    pub users: Users,
    /// The policies.
    pub policies: Policies,
    /// Where a cart may be posted to.
    pub return_hosts: HostRules,
    /// Where the buyer's return page may redirect to.
    pub redirect_hosts: HostRules,
    /// Where confirmations go.
    pub outbound_url: Option<Url>,
    /// What tells the buyer's systems apart.
    pub buyer_system: BuyerSystemRule,
}

/// A setting that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {text}")]
pub struct SettingProblem {
    /// Which key, below the relationship.
    pub key: String,
    /// What is wrong and what may stand there.
    pub text: String,
}

/// Collects what is wrong and goes on with what is right.
#[derive(Default)]
struct Reading(Vec<SettingProblem>);

impl Reading {
    fn note(&mut self, key: impl Into<String>, text: impl ToString) {
        self.0.push(SettingProblem {
            key: key.into(),
            text: text.to_string(),
        });
    }

    fn take<T, E: ToString>(&mut self, key: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.note(key, error)).ok()
    }

    fn within(&mut self, key: &str, value: u32, most: u32) {
        if value == 0 || value > most {
            self.note(key, format!("{value} is out of range: expected 1 to {most}"));
        }
    }

    fn hosts(&mut self, key: &str, texts: &[String]) -> HostRules {
        let mut rules = Vec::with_capacity(texts.len());
        for text in texts {
            rules.extend(self.take(key, HostRule::parse(text)));
        }
        HostRules::new(rules)
    }
}

impl RelationshipSettings {
    /// Reads them, starting from a named dialect; every problem at once.
    pub fn read(&self, dialect: &str) -> Result<Agreed, Vec<SettingProblem>> {
        let mut reading = Reading::default();
        let return_hosts = reading.hosts("return_hosts", &self.return_hosts);
        let redirect_hosts = reading.hosts("redirect_hosts", &self.redirect_hosts);
        reading.within(
            "start_link_seconds",
            self.start_link_seconds,
            START_LINK_SECONDS_MOST,
        );
        reading.within("session_minutes", self.session_minutes, SESSION_MINUTES_MOST);
        let outbound_url = match self.outbound_url.trim() {
            "" => None,
            text => reading.take("outbound_url", read_outbound_url(text)),
        };
        let buyer_system = reading.take("buyer_system", BuyerSystemRule::parse(&self.buyer_system));
        let overlay = self.dialect_overlay.clone();
        let dialect = reading.take("dialect", Dialect::overlaid(dialect, overlay));
        let charges = self.cart.read(&mut reading);
        let users = self.users.read(&mut reading);
        let policies = self.policies.read(&mut reading);
        let read = (dialect, charges, users, policies, buyer_system);
        match read {
            (Some(dialect), Some(charges), Some(users), Some(policies), Some(buyer_system))
                if reading.0.is_empty() =>
            {
                Ok(Agreed {
                    dialect: Arc::new(dialect),
                    charges,
                    users,
                    policies,
                    return_hosts,
                    redirect_hosts,
                    outbound_url,
                    buyer_system,
                })
            }
            _ => Err(reading.0),
        }
    }
}

impl CartSettings {
    fn read(&self, reading: &mut Reading) -> Option<CartCharges> {
        let mut rule = |key: &str, placement: &str, part_id: &str| {
            let part_id = part_id.trim();
            if part_id.is_empty() {
                reading.note(format!("cart.{key}_part"), "is empty: a line has a part number");
            }
            Some(ChargeRule {
                placement: reading.take(&format!("cart.{key}"), ChargePlacement::parse(placement))?,
                part_id: part_id.to_owned(),
            })
        };
        let (freight, tax) = (
            rule("freight", &self.freight, &self.freight_part),
            rule("tax", &self.tax, &self.tax_part),
        );
        let charges = CartCharges {
            freight: freight?,
            tax: tax?,
        };
        let are_lines = [&charges.freight, &charges.tax]
            .into_iter()
            .all(|rule| rule.placement == ChargePlacement::Line);
        if are_lines && charges.freight.part_id == charges.tax.part_id {
            reading.note(
                "cart.tax_part",
                "is that of freight: nobody could tell the lines apart",
            );
        }
        Some(charges)
    }
}

impl UserSettings {
    fn read(&self, reading: &mut Reading) -> Option<Users> {
        let extrinsics: Vec<String> = self
            .extrinsics
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        if extrinsics.iter().any(String::is_empty) {
            reading.note("users.extrinsics", "holds an empty name");
        }
        Some(Users {
            extrinsics,
            contact: reading.take("users.contact", ContactPolicy::parse(&self.contact))?,
        })
    }
}

impl PolicySettings {
    fn read(&self, reading: &mut Reading) -> Option<Policies> {
        let duplicates = reading.take("policies.duplicates", DuplicatePolicy::parse(&self.duplicates));
        let known_order = reading.take("policies.known_order", KnownOrderPolicy::parse(&self.known_order));
        let pcard = reading.take("policies.pcard", PcardPolicy::parse(&self.pcard));
        let confirmation = reading.take(
            "policies.confirmation",
            ConfirmationPolicy::parse(&self.confirmation),
        );
        let cart_blocking = reading.take("policies.cart_blocking", CartBlocking::parse(&self.cart_blocking));
        let unmapped = reading.take("policies.unmapped", UnmappedPolicy::parse(&self.unmapped));
        let price = self.read_price(reading);
        let when_older = reading.take(
            "policies.exposure_when_older",
            StaleExposure::parse(&self.exposure_when_older),
        );
        reading.within(
            "policies.exposure_max_age_hours",
            self.exposure_max_age_hours,
            24 * 366,
        );
        Some(Policies {
            duplicates: duplicates?,
            known_order: known_order?,
            pcard: pcard?,
            confirmation: confirmation?,
            cart_blocking: cart_blocking?,
            price: price?,
            exposure_age: ExposureAgePolicy {
                max_age: SignedDuration::from_hours(self.exposure_max_age_hours.into()),
                when_older: when_older?,
            },
            shipping_counts: self.shipping_counts,
            tax_counts: self.tax_counts,
            shop_exports_to_erp: self.shop_exports_to_erp,
            unmapped: unmapped?,
        })
    }

    fn read_price(&self, reading: &mut Reading) -> Option<PricePolicy> {
        let action = reading.take("policies.price_action", PriceAction::parse(&self.price_action));
        let percent = reading.take(
            "policies.price_tolerance_percent",
            read_tolerance(&self.price_tolerance_percent, Decimal::ONE_HUNDRED),
        );
        let absolute = reading.take(
            "policies.price_tolerance_absolute",
            read_tolerance(&self.price_tolerance_absolute, Decimal::from(1_000_000)),
        );
        reading.within(
            "policies.cart_prices_valid_days",
            self.cart_prices_valid_days,
            CART_PRICES_DAYS_MOST,
        );
        Some(PricePolicy {
            tolerance: PriceTolerance {
                percent: percent?,
                absolute: absolute?,
            },
            action: action?,
            cart_prices_valid_days: self.cart_prices_valid_days,
        })
    }
}

fn read_tolerance(text: &str, most: Decimal) -> Result<Decimal, String> {
    Decimal::from_str(text.trim())
        .ok()
        .filter(|value| (Decimal::ZERO..=most).contains(value))
        .ok_or_else(|| {
            format!("'{text}' is no tolerance: expected a number from 0 to {most} as text, such as \"0.01\"")
        })
}

/// The shared secret travels there: https, but for the machine itself.
fn read_outbound_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("'{text}' is no address: {error}"))?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("carries a user name or password; the secret has a key of its own".to_owned())
        }
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err(format!(
            "'{text}' must begin with https://: a shared secret travels there"
        )),
    }
}
