//! Settings of an instance.

mod place;
mod tables;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use punchgate_connector::{
    ConfigError, Connector, Secrets, documents::DocumentKind, settings::SettingsReader,
};
use punchgate_domain::{customer::CreditLimit, money::Currency};

use crate::{connector::Sql, database::Database, feed::Overlap, schema::Table};

/// The kind in configuration.
pub const KIND: &str = "erp-sql";

/// What an instance is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) tables: Tables,
    /// Of rows that name none.
    pub(crate) currency: Option<Currency>,
    /// In which zone stamps without offset are.
    pub(crate) zone: TimeZone,
    /// What an empty limit means.
    pub(crate) null_limit: NoLimit,
    /// What a limit of zero means; none: zero.
    pub(crate) zero_limit: Option<NoLimit>,
    /// Codes of terms that mean payment in advance.
    pub(crate) prepaid_terms: Vec<String>,
    /// Codes in `customers.hold_code` that are no hold.
    pub(crate) no_hold_codes: Vec<String>,
    /// What the ERP's codes of an order's state mean.
    pub(crate) order_states: BTreeMap<String, OrderState>,
    /// How changes of customers are written.
    pub(crate) account_writes: AccountWrites,
    /// Which documents the view has.
    pub(crate) document_kinds: Vec<DocumentKind>,
    pub(crate) overlap: Overlap,
    pub(crate) page_size: u32,
}

/// The views and tables that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    pub(crate) customers: Option<Table>,
    pub(crate) holds: Option<Table>,
    pub(crate) exposure: Option<Table>,
    pub(crate) prices: Option<Table>,
    pub(crate) documents: Option<Table>,
    pub(crate) document_lines: Option<Table>,
    pub(crate) orders: Option<Table>,
    pub(crate) order_lines: Option<Table>,
    pub(crate) order_requests: Option<Table>,
    pub(crate) account_requests: Option<Table>,
    pub(crate) customers_write: Option<Table>,
    pub(crate) holds_write: Option<Table>,
}

/// What a limit that is no amount means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLimit {
    Unknown,
    Unlimited,
}

impl From<NoLimit> for CreditLimit {
    fn from(meaning: NoLimit) -> Self {
        match meaning {
            NoLimit::Unknown => Self::Unknown,
            NoLimit::Unlimited => Self::Unlimited,
        }
    }
}

/// Where an order stands, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderState {
    Draft,
    Open,
    OnHold,
    Completed,
    Cancelled,
    Rejected,
}

impl OrderState {
    const ALL: [(&'static str, Self); 6] = [
        ("draft", Self::Draft),
        ("open", Self::Open),
        ("on_hold", Self::OnHold),
        ("completed", Self::Completed),
        ("cancelled", Self::Cancelled),
        ("rejected", Self::Rejected),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, state)| *state)
    }
}

impl Settings {
    /// The code of an order's state that means withdrawn.
    pub(crate) fn withdrawn_code(&self) -> Option<&str> {
        let mut states = self.order_states.iter();
        let found = states.find(|(_, state)| **state == OrderState::Cancelled);
        found.map(|(code, _)| code.as_str())
    }
}

/// How changes of customers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountWrites {
    /// Not at all.
    None,
    /// As requests that the ERP's own process carries out.
    Requests,
    /// Compared and written by us in one step.
    Direct,
}

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let database = place::read(&mut reader, secrets)?;
    let settings = read(&mut reader, &database)?;
    reader.finish()?;
    Ok(Box::new(Sql {
        id: id.to_owned(),
        settings,
        database,
    }))
}

fn read(reader: &mut SettingsReader<'_>, database: &Database) -> Result<Settings, ConfigError> {
    let tables = tables::read(reader, database.dialect())?;
    let account_writes = account_writes(reader, &tables)?;
    let zone = zone(reader, &database.zone)?;
    let order_states = order_states(reader)?;
    if tables.orders.is_some() && !order_states.values().any(|state| *state == OrderState::Cancelled) {
        let remedy = "name the code with which we withdraw an order that nobody has taken up";
        return Err(reader.error("settings.order_states", "has no code that is cancelled", remedy));
    }
    Ok(Settings {
        currency: currency(reader)?,
        null_limit: no_limit(reader, "null_limit")?.unwrap_or(NoLimit::Unknown),
        zero_limit: no_limit(reader, "zero_limit")?,
        prepaid_terms: owned(reader.texts("prepaid_terms")?),
        no_hold_codes: owned(reader.texts("no_hold_codes")?),
        order_states,
        document_kinds: document_kinds(reader, &tables)?,
        overlap: Overlap {
            seconds: reader.number("overlap_seconds", 120, 0..=86_400)?,
            numbers: reader.number("overlap_numbers", 1_000, 0..=1_000_000)?,
            zone: zone.clone(),
        },
        page_size: reader.number("page_size", 200, 1..=1_000)?,
        account_writes,
        tables,
        zone,
    })
}

fn owned(texts: Option<Vec<&str>>) -> Vec<String> {
    texts.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn zone(reader: &SettingsReader<'_>, name: &str) -> Result<TimeZone, ConfigError> {
    TimeZone::get(name).map_err(|_| {
        reader.error(
            "settings.time_zone",
            format!("'{name}' is not a time zone"),
            "write its name, such as Europe/Berlin or UTC",
        )
    })
}

fn currency(reader: &mut SettingsReader<'_>) -> Result<Option<Currency>, ConfigError> {
    let Some(text) = reader.text("currency")? else {
        return Ok(None);
    };
    Currency::parse(text).map(Some).map_err(|error| {
        let remedy = "write three letters such as EUR";
        reader.error("settings.currency", error.to_string(), remedy)
    })
}

fn no_limit(reader: &mut SettingsReader<'_>, key: &'static str) -> Result<Option<NoLimit>, ConfigError> {
    match reader.text(key)? {
        None => Ok(None),
        Some("unknown") => Ok(Some(NoLimit::Unknown)),
        Some("unlimited") => Ok(Some(NoLimit::Unlimited)),
        Some(other) => Err(reader.error(
            &format!("settings.{key}"),
            format!("'{other}' is not known"),
            "choose from unknown, unlimited",
        )),
    }
}

fn order_states(reader: &mut SettingsReader<'_>) -> Result<BTreeMap<String, OrderState>, ConfigError> {
    let stated = reader.texts_by_key("order_states")?;
    if stated.is_empty() {
        let usual = OrderState::ALL
            .iter()
            .map(|(name, state)| ((*name).to_owned(), *state));
        return Ok(usual.collect());
    }
    stated
        .into_iter()
        .map(|(code, text)| match OrderState::parse(&text) {
            Some(state) => Ok((code, state)),
            None => Err(reader.error(
                &format!("settings.order_states.{code}"),
                format!("'{text}' is not known"),
                "choose from draft, open, on_hold, completed, cancelled, rejected",
            )),
        })
        .collect()
}

fn document_kinds(
    reader: &mut SettingsReader<'_>,
    tables: &Tables,
) -> Result<Vec<DocumentKind>, ConfigError> {
    let names: Vec<&'static str> = DocumentKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let chosen = reader.choice("document_kinds", &names)?;
    if tables.documents.is_none() {
        return Ok(Vec::new());
    }
    Ok(chosen.into_iter().filter_map(DocumentKind::parse).collect())
}

fn account_writes(reader: &mut SettingsReader<'_>, tables: &Tables) -> Result<AccountWrites, ConfigError> {
    let text = reader.text("account_writes")?.unwrap_or("none");
    let lacks = |reader: &SettingsReader<'_>, what: &str| {
        reader.error(
            "settings.account_writes",
            format!("is '{text}', and {what} is not set"),
            format!("set {what}, or take account_writes out"),
        )
    };
    match text {
        "none" => Ok(AccountWrites::None),
        _ if tables.customers.is_none() => Err(lacks(reader, "settings.tables.customers")),
        "requests" if tables.account_requests.is_none() => {
            Err(lacks(reader, "settings.tables.account_requests"))
        }
        "direct" if tables.customers_write.is_none() => Err(lacks(reader, "settings.tables.customers_write")),
        // The hash of a content comes again: an answer to what was asked on it before would count for what is asked now.
        "requests" | "direct"
            if !tables
                .customers
                .as_ref()
                .is_some_and(|table| table.has("version")) =>
        {
            Err(lacks(reader, "settings.columns.customers.version"))
        }
        "requests" => Ok(AccountWrites::Requests),
        "direct" => Ok(AccountWrites::Direct),
        other => Err(reader.error(
            "settings.account_writes",
            format!("'{other}' is not known"),
            "choose from none, requests, direct",
        )),
    }
}

/// The settings of a test, beside those that every instance has.
#[cfg(test)]
pub(crate) fn settings_of(changes: &serde_json::Value) -> Settings {
    let mut settings =
        serde_json::json!({"database": "sqlite", "file": "/erp", "tables": {"customers": "c"}});
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    let mut reader = SettingsReader::new("test", &settings).unwrap();
    let database = place::read(&mut reader, &Secrets::none()).unwrap();
    read(&mut reader, &database).unwrap()
}

#[cfg(test)]
mod tests;
