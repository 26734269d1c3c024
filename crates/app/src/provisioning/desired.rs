//! What a declared document asks for, read and checked as far as the document alone can show.

use std::collections::{BTreeMap, BTreeSet};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::tz::TimeZone;
use punchgate_domain::{Instant, ids::SupplierId, policy::OrderSink};

use super::{holding::HoldingDesired, relationship, secret_ref::Fetching};
use crate::{
    api_keys::{Scope, Token},
    declaration::{Declared, Problems},
    directory::{Identity, MappingKind, Mode, Party, Slot, is_slug, settings::RelationshipSettings},
    entropy::secret_hash,
    seal::Secret,
    sync::SyncSettings,
};

/// A declared supplier with everything under it.
#[derive(Debug)]
pub(super) struct SupplierDesired {
    pub(super) id: String,
    /// Absent: the supplier itself stays as it is.
    pub(super) own: Option<OwnDesired>,
    pub(super) connectors: Vec<ConnectorDesired>,
    pub(super) relationships: Vec<RelationshipDesired>,
    pub(super) api_keys: Vec<ApiKeyDesired>,
}

/// What is declared of the supplier itself.
#[derive(Debug)]
pub(super) struct OwnDesired {
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) contact: String,
    pub(super) alerts_to: Vec<String>,
    pub(super) holding: HoldingDesired,
}

/// A declared connector.
#[derive(Debug)]
pub(super) struct ConnectorDesired {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) mode: Mode,
    /// Absent: as it is, or switched on if it is new.
    pub(super) enabled: Option<bool>,
    pub(super) settings: serde_json::Map<String, serde_json::Value>,
    pub(super) sync: SyncSettings,
    /// How its hints come in; absent: they do not.
    pub(super) webhook: Option<serde_json::Map<String, serde_json::Value>>,
    /// Absent: the stored ones stay.
    pub(super) secrets: Option<BTreeMap<String, Secret>>,
}

/// A declared relationship.
#[derive(Debug)]
pub(super) struct RelationshipDesired {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) buyer_name: String,
    pub(super) protocol: String,
    pub(super) dialect: String,
    pub(super) mode: Mode,
    /// Absent: as it is, or switched on if it is new.
    pub(super) enabled: Option<bool>,
    pub(super) storefront: Option<String>,
    pub(super) erp: Option<String>,
    pub(super) order_sink: OrderSink,
    pub(super) customer: Option<String>,
    pub(super) settings: RelationshipSettings,
    pub(super) identities: Vec<(Party, Identity)>,
    /// Absent: the stored ones stay.
    pub(super) secrets: Option<Vec<SecretDesired>>,
    pub(super) mappings: BTreeMap<(MappingKind, String), String>,
}

/// A declared secret of a relationship.
#[derive(Debug)]
pub(super) struct SecretDesired {
    pub(super) slot: Slot,
    pub(super) secret: Secret,
    pub(super) valid_until: Option<Instant>,
}

/// A declared API key.
#[derive(Debug)]
pub(super) struct ApiKeyDesired {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) secret_hash: [u8; 32],
    pub(super) revoked: bool,
}

/// Reads a document. What could not be read is a problem and missing in the result.
pub(super) fn read(text: &str, problems: &Problems, fetching: &mut Fetching<'_>) -> Vec<SupplierDesired> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let error: toml::de::Error = error;
            problems.note(
                "the file",
                format_args!("is not TOML: {}", error.to_string().trim()),
            );
            return Vec::new();
        }
    };
    if table.is_empty() {
        problems.note("the file", "declares nothing; begin with [[supplier]]");
    }
    suppliers(&table, problems, fetching)
}

/// Reads a document's tables.
pub(super) fn suppliers(
    table: &toml::Table,
    problems: &Problems,
    fetching: &mut Fetching<'_>,
) -> Vec<SupplierDesired> {
    let mut document = Declared::document(table, problems);
    let declared = document.tables("supplier");
    let suppliers = declared
        .into_iter()
        .filter_map(|declared| supplier(declared, fetching))
        .collect::<Vec<_>>();
    document.finish();
    unique(
        problems,
        "supplier",
        suppliers.iter().map(|supplier| supplier.id.as_str()),
    );
    for supplier in &suppliers {
        let place = |kind: &str| format!("supplier {} / {kind}", supplier.id);
        unique(
            problems,
            &place("connector"),
            supplier.connectors.iter().map(|it| it.id.as_str()),
        );
        unique(
            problems,
            &place("relationship"),
            supplier.relationships.iter().map(|it| it.id.as_str()),
        );
        unique(
            problems,
            &place("api_key"),
            supplier.api_keys.iter().map(|it| it.id.as_str()),
        );
    }
    suppliers
}

fn unique<'a>(problems: &Problems, place: &str, ids: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            problems.note(format!("{place} {id}"), "is declared twice; keep one of them");
        }
    }
}

fn supplier(mut declared: Declared<'_>, fetching: &mut Fetching<'_>) -> Option<SupplierDesired> {
    let id = slug(&mut declared);
    let name = declared.required("name");
    let time_zone = declared.required("time_zone");
    if !time_zone.is_empty()
        && let Err(error) = TimeZone::get(&time_zone)
    {
        let remedy = "write a name such as Europe/Berlin or UTC";
        declared.note(
            "time_zone",
            format_args!("'{time_zone}' is no time zone ({error}); {remedy}"),
        );
    }
    let contact = declared.text("contact").unwrap_or_default();
    let alerts_to = alerts_to(&mut declared);
    let holding = HoldingDesired::read(&mut declared);
    let connectors = declared.tables("connector");
    let connectors = connectors
        .into_iter()
        .filter_map(|it| connector(it, fetching))
        .collect();
    let relationships = declared.tables("relationship");
    let relationships = relationships
        .into_iter()
        .filter_map(|it| relationship::read(it, fetching))
        .collect();
    let api_keys = declared.tables("api_key");
    let api_keys = api_keys
        .into_iter()
        .filter_map(|it| api_key(it, id.as_deref().unwrap_or_default(), fetching))
        .collect();
    declared.finish();
    Some(SupplierDesired {
        id: id?,
        own: Some(OwnDesired {
            name,
            time_zone,
            contact,
            alerts_to,
            holding,
        }),
        connectors,
        relationships,
        api_keys,
    })
}

/// One thing below a supplier that stays as it is: `key` is connector or relationship.
pub(super) fn below(
    supplier: &SupplierId,
    key: &'static str,
    table: &toml::Table,
    problems: &Problems,
    fetching: &mut Fetching<'_>,
) -> SupplierDesired {
    let tables = toml::Value::Array(vec![toml::Value::Table(table.clone())]);
    let document = toml::Table::from_iter([(key.to_owned(), tables)]);
    let mut declared = Declared::document(&document, problems);
    let connectors = declared.tables("connector").into_iter();
    let connectors = connectors.filter_map(|it| connector(it, fetching)).collect();
    let relationships = declared.tables("relationship").into_iter();
    let relationships = relationships
        .filter_map(|it| relationship::read(it, fetching))
        .collect();
    SupplierDesired {
        id: supplier.to_string(),
        own: None,
        connectors,
        relationships,
        api_keys: Vec::new(),
    }
}

/// Addresses as they stand in the header of a mail; whether somebody is there shows `punchgate alerts test`.
fn alerts_to(declared: &mut Declared<'_>) -> Vec<String> {
    let addresses = declared.texts("alerts_to");
    for address in &addresses {
        if !email_address::EmailAddress::is_valid(address) {
            let problem = format!("'{address}' is no address: write such as orders@supplier.example");
            declared.note("alerts_to", problem);
        }
    }
    addresses
}

/// The id of a subject.
pub(super) fn slug(declared: &mut Declared<'_>) -> Option<String> {
    let id = declared.required("id");
    if is_slug(&id) {
        return Some(id);
    }
    if !id.is_empty() {
        declared.note(
            "id",
            format_args!(
                "'{id}' is no id; use up to 40 of a-z, 0-9 and inner hyphens: it stands in addresses"
            ),
        );
    }
    None
}

/// `mode`, which must be said: nothing becomes production by being left out.
pub(super) fn mode(declared: &mut Declared<'_>, known: &[Mode]) -> Option<Mode> {
    let text = declared.required("mode");
    let mode = Mode::parse(&text).filter(|mode| known.contains(mode));
    if mode.is_none() && !text.is_empty() {
        let names: Vec<&str> = known.iter().map(|mode| mode.as_str()).collect();
        declared.note(
            "mode",
            format_args!("'{text}' is no mode; write {}", names.join(" or ")),
        );
    }
    mode
}

fn connector(mut declared: Declared<'_>, fetching: &mut Fetching<'_>) -> Option<ConnectorDesired> {
    let id = slug(&mut declared);
    let kind = declared.required("kind");
    let mode = mode(&mut declared, &[Mode::Production, Mode::Test]);
    let enabled = declared.flag("enabled");
    let own = settings(&mut declared, "settings").unwrap_or_default();
    let webhook = settings(&mut declared, "webhook");
    let sync = declared.table("sync").map(synchronisation).unwrap_or_default();
    let secrets = declared.free_table("secrets").map(|table| {
        let mut secrets = BTreeMap::new();
        for (name, value) in table {
            match fetching.value(value, signing_secret) {
                Ok(secret) => {
                    secrets.insert(name.clone(), secret);
                }
                Err(problem) => declared.note(&format!("secrets.{name}"), problem),
            }
        }
        secrets
    });
    declared.finish();
    Some(ConnectorDesired {
        id: id?,
        kind,
        mode: mode?,
        enabled,
        settings: own,
        sync,
        webhook,
        secrets,
    })
}

/// A table for somebody else to read.
fn settings(
    declared: &mut Declared<'_>,
    key: &'static str,
) -> Option<serde_json::Map<String, serde_json::Value>> {
    match as_json(declared.free_table(key)?) {
        Ok(settings) => Some(settings),
        Err(problem) => {
            declared.note(key, problem);
            None
        }
    }
}

/// Who owns which field, and what the ERP's hold codes remove.
fn synchronisation(mut declared: Declared<'_>) -> SyncSettings {
    let usual = SyncSettings::default();
    let mut settings = SyncSettings {
        terms: declared.text("terms").unwrap_or(usual.terms),
        limit: declared.text("limit").unwrap_or(usual.limit),
        holds: declared.text("holds").unwrap_or(usual.holds),
        ..usual
    };
    if let Some(percent) = declared.number("shrink_percent") {
        settings.shrink_percent = u8::try_from(percent).unwrap_or(u8::MAX);
    }
    for (code, value) in declared.free_table("hold_codes").into_iter().flatten() {
        let names = value.as_array().and_then(|names| {
            names
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<Vec<String>>>()
        });
        match names {
            Some(names) => {
                settings.hold_codes.insert(code.clone(), names);
            }
            None => declared.note(
                &format!("hold_codes.{code}"),
                "is not a list of permissions; write for example [\"order_on_terms\"], or [] for a hold that only warns",
            ),
        }
    }
    for problem in settings.read().err().unwrap_or_default() {
        declared.note(&problem.key, problem.text);
    }
    declared.finish();
    settings
}

/// A generated secret of a connector: in the form of Standard Webhooks, with which both sides sign.
fn signing_secret(random: String) -> Secret {
    let bytes = URL_SAFE_NO_PAD
        .decode(&random)
        .unwrap_or_else(|_| random.into_bytes());
    Secret::new(format!("whsec_{}", STANDARD.encode(bytes)))
}

fn as_json(table: &toml::Table) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    if table.values().any(holds_date) {
        return Err("holds a date; write it as a text".to_owned());
    }
    match serde_json::to_value(table) {
        Ok(serde_json::Value::Object(map)) => Ok(map),
        Ok(_) => Err("is no table".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn holds_date(value: &toml::Value) -> bool {
    match value {
        toml::Value::Datetime(_) => true,
        toml::Value::Array(items) => items.iter().any(holds_date),
        toml::Value::Table(table) => table.values().any(holds_date),
        _ => false,
    }
}

fn api_key(mut declared: Declared<'_>, supplier: &str, fetching: &mut Fetching<'_>) -> Option<ApiKeyDesired> {
    let id = slug(&mut declared);
    let name = declared.required("name");
    let mut scopes = BTreeSet::new();
    for text in declared.texts("scopes") {
        match Scope::parse(&text) {
            Ok(scope) => {
                scopes.insert(scope);
            }
            Err(error) => declared.note("scopes", error),
        }
    }
    if scopes.is_empty() {
        declared.note("scopes", "names no scope; a key without scopes opens nothing");
    }
    let compose = |secret: String| Token::compose(supplier, id.as_deref().unwrap_or_default(), &secret);
    let token = fetching.secret(&mut declared, "token", compose);
    let hash = declared.read("hash", read_hash);
    let secret_hash = match (token, hash) {
        (Some(_), Some(_)) => {
            declared.note("hash", "stands beside token; keep one of them");
            None
        }
        (None, hash) => {
            if hash.is_none() && declared.any("token").is_none() && declared.any("hash").is_none() {
                declared.note(
                    "",
                    "has neither token nor hash; `punchgate api-keys issue` makes a key, too",
                );
            }
            hash
        }
        (Some(token), None) => match Token::parse(token.expose()) {
            Some(parts) if parts.supplier == supplier && Some(parts.id) == id.as_deref() => {
                Some(secret_hash(parts.secret))
            }
            _ => {
                declared.note(
                    "token",
                    format_args!(
                        "must have the form pg_{supplier}_{}_SECRET with at least 32 random characters",
                        id.as_deref().unwrap_or("ID")
                    ),
                );
                None
            }
        },
    };
    let revoked = declared.flag("revoked").unwrap_or(false);
    declared.finish();
    Some(ApiKeyDesired {
        id: id?,
        name,
        scopes,
        secret_hash: secret_hash?,
        revoked,
    })
}

fn read_hash(text: &str) -> Result<[u8; 32], &'static str> {
    const EXPECTED: &str =
        "is no hash: expected the SHA-256 of the key's secret part as 64 hexadecimal digits";
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut hash = [0_u8; 32];
    if text.len() != 64 {
        return Err(EXPECTED);
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(EXPECTED);
        };
        *byte = high << 4 | low;
    }
    Ok(hash)
}
