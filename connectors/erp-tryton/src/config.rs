//! Settings of an instance.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use punchgate_connector::{
    ConfigError, Connector, Endpoint, Secrets, endpoint::BasicCredentials, settings::SettingsReader,
};

use crate::{connector::Tryton, rpc::Rpc};

/// The kind in configuration.
pub const KIND: &str = "erp-tryton";

pub(crate) const ACCOUNTS: &str = "accounts";
pub(crate) const EXPOSURE: &str = "exposure";
pub(crate) const ORDERS: &str = "orders";
pub(crate) const DOCUMENTS: &str = "documents";
pub(crate) const PRICES: &str = "prices";
pub(crate) const STOCK: &str = "stock";

/// What an instance is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The id of the company in Tryton: what lies here of it lies under this scope.
    pub(crate) company: u32,
    /// Whether our Tryton module is installed there.
    pub(crate) module: bool,
    /// Only parties of this category are customers.
    pub(crate) customer_category: Option<String>,
    /// Whether a party's contacts and addresses for deliveries are read.
    pub(crate) people: bool,
    /// Names of the payment terms that mean payment in advance.
    pub(crate) prepaid_terms: Vec<String>,
    /// How far orders are taken.
    pub(crate) target: Target,
    /// What becomes of a ship-to that Tryton does not have.
    pub(crate) ship_to: UnknownShipTo,
    /// Names of Tryton's units by the codes of orders.
    pub(crate) units: BTreeMap<String, String>,
    /// Which field holds what.
    pub(crate) fields: FieldMap,
    /// How long a change may take until it is visible.
    pub(crate) overlap: SignedDuration,
    /// Largest page.
    pub(crate) page_size: u32,
    /// What is used of Tryton.
    pub(crate) offered: Vec<&'static str>,
}

/// How far an order is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Draft,
    Quotation,
    Confirmed,
}

/// What becomes of a ship-to that Tryton does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownShipTo {
    /// It is entered as an address of the customer.
    Create,
    /// The order is refused.
    Refuse,
}

/// Which of Tryton's fields holds what; none where there is no such field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldMap {
    /// Of a party: terms.
    pub(crate) terms: Option<String>,
    /// Of a party: limit.
    pub(crate) credit_limit: Option<String>,
    /// Of a party: what counts against the limit, open orders included.
    pub(crate) credit_amount: Option<String>,
    /// Of a party: price list.
    pub(crate) price_list: Option<String>,
    /// Of a party: the code of its one hold, where our module is not installed.
    pub(crate) hold: Option<String>,
    /// Of a party: what may be told to the shopper about that hold.
    pub(crate) hold_text: Option<String>,
    /// Of a sale: our reference.
    pub(crate) order_reference: String,
    /// Of a sale's line: the buyer's line number.
    pub(crate) line_number: String,
}

const FIELDS: &[&str] = &[
    "terms",
    "credit_limit",
    "credit_amount",
    "price_list",
    "hold",
    "hold_text",
    "order_reference",
    "line_number",
];

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let endpoint = Endpoint::read(&mut reader)?;
    let credentials = credentials(&mut reader, secrets)?;
    let settings = read(&mut reader)?;
    reader.finish()?;
    Ok(Box::new(Tryton {
        id: id.to_owned(),
        settings,
        rpc: Rpc {
            endpoint,
            credentials,
        },
    }))
}

fn read(reader: &mut SettingsReader<'_>) -> Result<Settings, ConfigError> {
    // No default: with a wrong company every limit reads as "none".
    let company = reader.number("company", 0, 1..=u32::MAX)?;
    if company == 0 {
        let remedy = "set it to the company's id in Tryton, for example 1";
        return Err(reader.error("settings.company", "is missing", remedy));
    }
    let module = reader.flag("module", false)?;
    let fields = fields(reader, module)?;
    Ok(Settings {
        company,
        module,
        customer_category: reader.text("customer_category")?.map(str::to_owned),
        people: reader.flag("people", true)?,
        prepaid_terms: reader
            .texts("prepaid_terms")?
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        target: one_of(
            reader,
            "submit_as",
            &[
                ("confirmed", Target::Confirmed),
                ("quotation", Target::Quotation),
                ("draft", Target::Draft),
            ],
        )?,
        ship_to: one_of(
            reader,
            "unknown_ship_to",
            &[
                ("create", UnknownShipTo::Create),
                ("refuse", UnknownShipTo::Refuse),
            ],
        )?,
        units: reader.texts_by_key("units")?,
        fields,
        overlap: SignedDuration::from_secs(reader.number("overlap_seconds", 120, 10..=3600)?.into()),
        page_size: reader.number("page_size", 100, 1..=1000)?,
        offered: reader.choice(
            "capabilities",
            &[ACCOUNTS, EXPOSURE, ORDERS, DOCUMENTS, PRICES, STOCK],
        )?,
    })
}

fn credentials(reader: &mut SettingsReader<'_>, secrets: &Secrets) -> Result<BasicCredentials, ConfigError> {
    let user = reader.required_text("user", "punchgate")?;
    let Some(password) = secrets.get("password").filter(|password| !password.is_empty()) else {
        let remedy = "set it to the password of settings.user in Tryton";
        return Err(reader.error("secrets.password", "is missing", remedy));
    };
    BasicCredentials::new(user, password)
        .ok_or_else(|| reader.error("settings.user", "holds a colon", "use a user whose name has none"))
}

/// The first choice is the default.
fn one_of<T: Copy>(
    reader: &mut SettingsReader<'_>,
    key: &'static str,
    choices: &[(&'static str, T)],
) -> Result<T, ConfigError> {
    let text = reader.text(key)?.unwrap_or(choices[0].0);
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let remedy = format!("choose from {}", names.join(", "));
        reader.error(
            &format!("settings.{key}"),
            format!("'{text}' is not known"),
            remedy,
        )
    })
}

fn fields(reader: &mut SettingsReader<'_>, module: bool) -> Result<FieldMap, ConfigError> {
    let stated = reader.texts_by_key("fields")?;
    for (key, field) in &stated {
        let at = format!("settings.fields.{key}");
        if !FIELDS.contains(&key.as_str()) {
            let remedy = format!("remove it; there are {}", FIELDS.join(", "));
            return Err(reader.error(&at, "is not something that has a field", remedy));
        }
        // The name goes into requests, where a dot would follow a relation.
        if !field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let remedy = "write its technical name, such as customer_hold";
            return Err(reader.error(&at, format!("'{field}' is not a field of Tryton"), remedy));
        }
    }
    if module && stated.get("hold").is_some_and(|field| !field.is_empty()) {
        let remedy = "remove it, or set module = false";
        return Err(reader.error(
            "settings.fields.hold",
            "stands beside module = true, which has holds",
            remedy,
        ));
    }
    let optional = |key: &str, default: &str| {
        let field = stated.get(key).map_or(default, String::as_str);
        Some(field.to_owned()).filter(|field| !field.is_empty())
    };
    let needed = |key: &str, default: &str| optional(key, default).unwrap_or_else(|| default.to_owned());
    Ok(FieldMap {
        terms: optional("terms", "customer_payment_term"),
        credit_limit: optional("credit_limit", "credit_limit_amount"),
        credit_amount: optional("credit_amount", "credit_amount"),
        price_list: optional("price_list", "sale_price_list"),
        hold: optional("hold", ""),
        hold_text: optional("hold_text", ""),
        order_reference: needed(
            "order_reference",
            if module {
                "punchgate_reference"
            } else {
                "description"
            },
        ),
        line_number: needed("line_number", if module { "punchgate_line" } else { "sequence" }),
    })
}

/// The settings of a test, beside those that every instance has.
#[cfg(test)]
pub(crate) fn settings_of(changes: &serde_json::Value) -> Settings {
    let mut settings = serde_json::json!({"company": 1});
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    read(&mut SettingsReader::new("test", &settings).unwrap()).unwrap()
}

#[cfg(test)]
mod tests;
