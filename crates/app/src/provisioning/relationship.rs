//! A declared relationship.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::{Instant, policy::OrderSink, quantity::Conversion};
use punchgate_protocols::cxml::dialect::Dialect;
use toml::Value;

use super::{
    desired::{RelationshipDesired, SecretDesired, mode, slug},
    secret_ref::Fetching,
};
use crate::{
    declaration::Declared,
    directory::{
        Identity, MappingKind, Mode, Party, Slot,
        settings::{CartSettings, PolicySettings, RelationshipSettings, UserSettings},
    },
    nearest::suggestion,
    seal::Secret,
};

const PROTOCOLS: &[&str] = &["cxml"];

pub(super) fn read(mut declared: Declared<'_>, fetching: &mut Fetching<'_>) -> Option<RelationshipDesired> {
    let id = slug(&mut declared);
    let name = declared.required("name");
    let buyer_name = declared.required("buyer");
    let protocol = declared.required("protocol");
    if !protocol.is_empty() && !PROTOCOLS.contains(&protocol.as_str()) {
        declared.note(
            "protocol",
            format_args!(
                "'{protocol}' is not spoken here; {}",
                suggestion(&protocol, PROTOCOLS)
            ),
        );
    }
    let mode = mode(&mut declared, &[Mode::Production, Mode::Test, Mode::Shadow]);
    let enabled = declared.flag("enabled");
    let storefront = declared.text("storefront");
    let erp = declared.text("erp");
    let order_sink = order_sink(&mut declared, storefront.is_some(), erp.is_some());
    let customer = declared.text("customer");
    let (dialect, settings) = settings(&mut declared);
    let identities = all_identities(&mut declared);
    let secrets = secrets(&mut declared, fetching);
    let mappings = mappings(&mut declared);
    declared.finish();
    Some(RelationshipDesired {
        id: id?,
        name,
        buyer_name,
        protocol,
        dialect,
        mode: mode?,
        enabled,
        storefront,
        erp,
        order_sink: order_sink?,
        customer,
        settings,
        identities,
        secrets,
        mappings,
    })
}

/// Exactly one sink, and what it needs.
fn order_sink(declared: &mut Declared<'_>, has_storefront: bool, has_erp: bool) -> Option<OrderSink> {
    if let Some(Value::Array(_)) = declared.any("order_sink") {
        declared.note(
            "order_sink",
            "names several sinks: an order would be placed twice; choose one of erp, storefront, none",
        );
        return None;
    }
    let text = declared.required("order_sink");
    if text.is_empty() {
        return None;
    }
    let sink = match OrderSink::parse(&text) {
        Ok(sink) => sink,
        Err(error) => {
            declared.note("order_sink", error);
            return None;
        }
    };
    match sink {
        OrderSink::Erp if !has_erp => declared.note("order_sink", "is erp, but erp names no connector"),
        OrderSink::Storefront if !has_storefront => {
            declared.note("order_sink", "is storefront, but storefront names no connector");
        }
        _ => {}
    }
    Some(sink)
}

fn settings(declared: &mut Declared<'_>) -> (String, RelationshipSettings) {
    let usual = RelationshipSettings::default();
    let dialect = declared.required("dialect");
    let settings = RelationshipSettings {
        dialect_overlay: declared
            .free_table("dialect_overlay")
            .cloned()
            .unwrap_or_default(),
        return_hosts: declared.texts("return_hosts"),
        redirect_hosts: declared.texts("redirect_hosts"),
        outbound_url: declared.text("outbound_url").unwrap_or(usual.outbound_url),
        start_link_seconds: declared
            .number("start_link_seconds")
            .unwrap_or(usual.start_link_seconds),
        session_minutes: declared
            .number("session_minutes")
            .unwrap_or(usual.session_minutes),
        buyer_system: declared.text("buyer_system").unwrap_or(usual.buyer_system),
        cart: declared.table("cart").map(cart).unwrap_or_default(),
        users: declared.table("users").map(users).unwrap_or_default(),
        policies: declared.table("policies").map(policies).unwrap_or_default(),
    };
    if dialect.is_empty() {
        return (dialect, settings);
    }
    // A misspelt name is answered with the nearest one, and the rest is read with a dialect that exists.
    let names: Vec<&str> = Dialect::names().collect();
    let known = names.contains(&dialect.as_str());
    if !known {
        let hint = suggestion(&dialect, &names);
        declared.note("dialect", format_args!("there is no dialect '{dialect}'; {hint}"));
    }
    let read_with = if known { dialect.as_str() } else { "generic" };
    for problem in settings.read(read_with).err().unwrap_or_default() {
        if known || problem.key != "dialect" {
            declared.note(&problem.key, problem.text);
        }
    }
    (dialect, settings)
}

fn cart(mut declared: Declared<'_>) -> CartSettings {
    let usual = CartSettings::default();
    let mut text = |key, usual: String| declared.text(key).unwrap_or(usual);
    let settings = CartSettings {
        freight: text("freight", usual.freight),
        freight_part: text("freight_part", usual.freight_part),
        tax: text("tax", usual.tax),
        tax_part: text("tax_part", usual.tax_part),
    };
    declared.finish();
    settings
}

fn users(mut declared: Declared<'_>) -> UserSettings {
    let usual = UserSettings::default();
    let settings = UserSettings {
        extrinsics: match declared.any("extrinsics") {
            Some(_) => declared.texts("extrinsics"),
            None => usual.extrinsics,
        },
        contact: declared.text("contact").unwrap_or(usual.contact),
    };
    declared.finish();
    settings
}

fn policies(mut declared: Declared<'_>) -> PolicySettings {
    let usual = PolicySettings::default();
    let mut text = |key, usual: String| declared.text(key).unwrap_or(usual);
    let mut settings = PolicySettings {
        duplicates: text("duplicates", usual.duplicates),
        known_order: text("known_order", usual.known_order),
        pcard: text("pcard", usual.pcard),
        confirmation: text("confirmation", usual.confirmation),
        cart_blocking: text("cart_blocking", usual.cart_blocking),
        price_action: text("price_action", usual.price_action),
        price_tolerance_percent: text("price_tolerance_percent", usual.price_tolerance_percent),
        price_tolerance_absolute: text("price_tolerance_absolute", usual.price_tolerance_absolute),
        unmapped: text("unmapped", usual.unmapped),
        exposure_when_older: text("exposure_when_older", usual.exposure_when_older),
        ..PolicySettings::default()
    };
    settings.cart_prices_valid_days = declared
        .number("cart_prices_valid_days")
        .unwrap_or(usual.cart_prices_valid_days);
    settings.exposure_max_age_hours = declared
        .number("exposure_max_age_hours")
        .unwrap_or(usual.exposure_max_age_hours);
    settings.shipping_counts = declared.flag("shipping_counts").unwrap_or(usual.shipping_counts);
    settings.tax_counts = declared.flag("tax_counts").unwrap_or(usual.tax_counts);
    settings.shop_exports_to_erp = declared
        .flag("shop_exports_to_erp")
        .unwrap_or(usual.shop_exports_to_erp);
    declared.finish();
    settings
}

fn all_identities(declared: &mut Declared<'_>) -> Vec<(Party, Identity)> {
    let parties = [
        ("buyer_identities", Party::Buyer, true),
        ("sender_identities", Party::Sender, false),
        ("supplier_identities", Party::Supplier, true),
    ];
    let mut all = Vec::new();
    for (key, party, required) in parties {
        let Some(value) = declared.any(key) else {
            if required {
                declared.note(
                    key,
                    "is missing; write [{ domain = \"NetworkID\", identity = \"…\" }]",
                );
            }
            continue;
        };
        let Value::Array(items) = value else {
            declared.note(
                key,
                "is no list; write [{ domain = \"NetworkID\", identity = \"…\" }]",
            );
            continue;
        };
        if required && items.is_empty() {
            declared.note(key, "names nobody; at least one identity is needed");
        }
        let mut seen = BTreeSet::new();
        for item in items {
            match identity(item) {
                Ok(identity) if seen.insert(identity.key()) => all.push((party, identity)),
                Ok(identity) => declared.note(key, format_args!("names {identity} twice")),
                Err(problem) => declared.note(key, problem),
            }
        }
    }
    all
}

fn identity(item: &Value) -> Result<Identity, String> {
    let table = item
        .as_table()
        .ok_or("holds something else than { domain = \"…\", identity = \"…\" }")?;
    let part = |key: &str| {
        let text = table.get(key).and_then(Value::as_str).map_or("", str::trim);
        match text.is_empty() {
            true => Err(format!("an identity lacks {key}, or it is no text")),
            false => Ok(text.to_owned()),
        }
    };
    let known = ["domain", "identity"];
    if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("an identity has no '{key}'; {}", suggestion(key, &known)));
    }
    Ok(Identity::new(part("domain")?, part("identity")?))
}

fn secrets(declared: &mut Declared<'_>, fetching: &mut Fetching<'_>) -> Option<Vec<SecretDesired>> {
    let mut table = declared.table("secrets")?;
    let mut secrets = Vec::new();
    for (key, slot) in [
        ("current", Slot::Current),
        ("previous", Slot::Previous),
        ("outbound", Slot::Outbound),
    ] {
        if let Some(secret) = fetching.secret(&mut table, key, Secret::new) {
            secrets.push(SecretDesired {
                slot,
                secret,
                valid_until: None,
            });
        }
    }
    let until = table.read("previous_valid_until", |text| {
        text.parse::<Instant>()
            .map_err(|_| format!("'{text}' is no instant; write such as 2026-12-31T23:59:59Z"))
    });
    let has_previous = table.any("previous").is_some();
    match (has_previous, until) {
        (true, None) if table.any("previous_valid_until").is_none() => {
            table.note("previous_valid_until", "is missing: an old secret must end");
        }
        (false, Some(_)) => table.note("previous_valid_until", "stands without previous"),
        _ => {}
    }
    for secret in secrets.iter_mut().filter(|secret| secret.slot == Slot::Previous) {
        secret.valid_until = until;
    }
    if table.any("current").is_none() {
        table.note("current", "is missing: without it nobody is let in");
    }
    table.finish();
    Some(secrets)
}

fn mappings(declared: &mut Declared<'_>) -> BTreeMap<(MappingKind, String), String> {
    let mut mappings = BTreeMap::new();
    let Some(kinds) = declared.free_table("mapping") else {
        return mappings;
    };
    let names: Vec<&str> = MappingKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for (name, content) in kinds {
        let key = format!("mapping.{name}");
        let Some(kind) = MappingKind::parse(name) else {
            let hint = suggestion(name, &names);
            declared.note(&key, format_args!("there is no such kind of mapping; {hint}"));
            continue;
        };
        let Value::Table(pairs) = content else {
            declared.note(&key, "is no table; write SOURCE = \"TARGET\" below it");
            continue;
        };
        for (source, target) in pairs {
            match target.as_str().map(str::trim) {
                Some(target) if kind == MappingKind::Unit && Conversion::parse(target).is_err() => declared
                    .note(
                        &format!("{key}.{source}"),
                        "is no unit; write the supplier's code, or how many of which: EA, 12 EA",
                    ),
                Some(target) if !target.is_empty() => {
                    mappings.insert((kind, source.clone()), target.to_owned());
                }
                _ => declared.note(
                    &format!("{key}.{source}"),
                    "is no text; write the supplier's name for it",
                ),
            }
        }
    }
    mappings
}
