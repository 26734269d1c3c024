//! The capability table of every connector's README is what the connector says of itself. `PUNCHGATE_BLESS=1` writes
//! them; what a table cannot say stands beside it, by hand.

use std::{collections::BTreeSet, fs, path::Path};

use punchgate::connectors::registry;
use punchgate_connector::{
    Capabilities, ConfigError, Connector, Secrets, Spec,
    capabilities::{Cas, Deletes},
};
use serde_json::{Value, json};

const BEGIN: &str = "<!-- capabilities: generated from the code, see tests/it/capability_tables.rs -->\n";
const END: &str = "<!-- end of capabilities -->\n";

type Constructor = fn(&str, &Value, &Secrets) -> Result<Box<dyn Connector>, ConfigError>;

/// A connector as it is set up in one column of its table.
struct Column {
    heading: &'static str,
    settings: Value,
    /// What its program says of itself, if it runs one.
    says: Option<Value>,
}

/// What a kind of connector can have, and what else is worth a row.
struct Family {
    prefix: &'static str,
    capabilities: &'static [&'static str],
    qualities: &'static [Quality],
}

/// A quality: name, the capability that it is of, words.
type Quality = (&'static str, &'static str, fn(&Capabilities) -> String);

const FAMILIES: &[Family] = &[
    Family {
        prefix: "erp-",
        capabilities: &["accounts", "exposure", "orders", "documents", "prices", "stock"],
        qualities: &[
            ("writes back", "accounts", writable),
            ("tells people and places", "accounts", tells),
            ("how a write compares", "accounts", cas),
            ("deleted accounts", "accounts", deletes),
            ("exposure has open orders", "exposure", |it| {
                yes(it.exposure_includes_orders)
            }),
            ("a reference makes one order", "orders", |it| {
                yes(it.order_ref_unique)
            }),
            ("changes orders", "orders", |it| yes(it.order_change)),
            ("refuses by holds itself", "orders", |it| yes(it.enforces_holds)),
            ("refuses by limit itself", "orders", |it| yes(it.enforces_limit)),
            ("kinds of documents", "documents", kinds),
            ("largest page", "", |it| it.page_size.to_string()),
            ("requests at a time", "", at_a_time),
        ],
    },
    Family {
        prefix: "storefront-",
        capabilities: &["sessions", "carts", "catalogue", "shop_orders"],
        qualities: &[
            ("edit", "carts", |it| yes(it.edit)),
            ("inspect", "carts", |it| yes(it.inspect)),
            ("a cart a session", "carts", |it| yes(it.parallel_sessions)),
            ("line keys stay over edits", "carts", |it| {
                yes(it.keeps_auxiliary_ids)
            }),
            ("takes our prices", "carts", |it| yes(it.line_price_override)),
            ("a reference makes one order", "shop_orders", |it| {
                yes(it.order_ref_unique)
            }),
            ("cancels orders", "shop_orders", |it| yes(it.order_cancel)),
            ("confirms quantities", "shop_orders", |it| {
                yes(it.confirms_quantities)
            }),
            ("largest page", "", |it| it.page_size.to_string()),
        ],
    },
    Family {
        prefix: "events-",
        capabilities: &["events"],
        qualities: &[],
    },
];

/// Kind, constructor, columns.
type Known = (&'static str, Constructor, Vec<Column>);

/// The connectors. A new one is a line.
fn connectors() -> Vec<Known> {
    let mut all = told_by_the_other_side();
    all.extend(known_by_settings());
    all
}

/// Those of the published protocols.
fn told_by_the_other_side() -> Vec<Known> {
    let published = json!({ "base_url": "https://system.example/punchgate" });
    let stdio = json!({ "command": "/opt/erp/punchgate-connector" });
    let offers = json!(["accounts", "exposure", "orders", "documents", "prices", "stock"]);
    vec![
        (
            "erp-http",
            punchgate_erp_http::from_config,
            vec![
                plain("as set up without `qualities`", &published, json!({})),
                plain(
                    "of a server that does all well",
                    &published,
                    json!({ "qualities": erp_qualities(), "capabilities": offers }),
                ),
            ],
        ),
        (
            "erp-stdio",
            punchgate_erp_stdio::from_config,
            vec![
                said(
                    "of a program that offers all and promises nothing",
                    &stdio,
                    erp_description(&json!({})),
                ),
                said(
                    "of one that does all well",
                    &stdio,
                    erp_description(&erp_qualities()),
                ),
            ],
        ),
        (
            "storefront-http",
            punchgate_storefront_http::from_config,
            vec![
                plain("as set up without `qualities`", &published, json!({})),
                plain(
                    "of a shop that does all well",
                    &published,
                    json!({ "qualities": shop_qualities() }),
                ),
            ],
        ),
    ]
}

fn known_by_settings() -> Vec<Known> {
    let tryton = json!({ "base_url": "https://erp.example/acme", "user": "punchgate", "company": 1 });
    let shop = json!({ "base_url": "https://shop.example" });
    let hooks = json!({ "url": "https://system.example/hooks" });
    vec![
        (
            "erp-flatfile",
            punchgate_erp_flatfile::from_config,
            vec![plain("with every feed and orders", &files(), json!({}))],
        ),
        (
            "erp-sql",
            punchgate_erp_sql::from_config,
            vec![
                plain("of views and orders", &views(), json!({})),
                plain(
                    "with `account_writes`",
                    &views(),
                    json!({ "account_writes": "direct", "columns": { "customers": { "version": "version" } } }),
                ),
            ],
        ),
        (
            "erp-tryton",
            punchgate_erp_tryton::from_config,
            vec![
                plain("of Tryton", &tryton, json!({})),
                plain("with the module", &tryton, json!({ "module": true })),
            ],
        ),
        (
            "storefront-vendure",
            punchgate_storefront_vendure::from_config,
            vec![plain("with the plugin", &shop, json!({}))],
        ),
        (
            "events-webhook",
            punchgate_events_webhook::from_config,
            vec![plain("", &hooks, json!({}))],
        ),
    ]
}

fn files() -> Value {
    let names = [
        "customers",
        "holds",
        "exposure",
        "prices",
        "acknowledgement",
        "status",
        "shipment",
        "invoice",
        "credit_memo",
        "payment",
    ];
    let feeds = names.map(|name| (name.to_owned(), json!({ "files": format!("{name}-{{seq}}.csv") })));
    json!({
        "folder": { "kind": "local", "path": "/srv/erp" },
        "feeds": serde_json::Map::from_iter(feeds), "orders": { "format": "csv" }
    })
}

fn views() -> Value {
    let names = [
        "customers",
        "holds",
        "exposure",
        "prices",
        "documents",
        "document_lines",
        "orders",
        "order_lines",
        "order_requests",
        "account_requests",
        "customers_write",
        "holds_write",
    ];
    let tables = names.map(|name| (name.to_owned(), json!(format!("erp.{name}"))));
    json!({
        "database": "postgres", "host": "db.example", "user": "punchgate", "name": "erp", "currency": "USD",
        "tables": serde_json::Map::from_iter(tables)
    })
}

fn erp_qualities() -> Value {
    json!({
        "cas": "native", "deletes": "tombstone", "order_reference_unique": true, "order_change": true,
        "exposure_includes_open_orders": true,
        "writable": ["terms", "credit_limit", "holds"], "tells": ["contacts", "ship_tos"], "enforces": ["holds", "limit"],
        "document_kinds": ["acknowledgement", "status", "shipment", "invoice", "credit_memo", "payment"],
        "page_size": 500, "max_concurrency": 8
    })
}

fn shop_qualities() -> Value {
    json!({
        "edit": true, "inspect": true, "parallel_sessions": true, "keeps_auxiliary_ids": true,
        "line_price_override": true, "order_reference_unique": true, "confirms_quantities": true,
        "page_size": 500
    })
}

fn erp_description(qualities: &Value) -> Value {
    let operations = [
        "describe",
        "accounts",
        "account",
        "patch_account",
        "exposure",
        "submit_order",
        "find_order",
        "find_order_by_number",
        "change_order",
        "cancel_order",
        "documents",
        "prices",
        "stock",
    ];
    json!({
        "protocol": "punchgate-erp", "versions": [1], "name": "ERP", "time": "2026-03-01T09:30:00Z",
        "operations": operations, "qualities": qualities
    })
}

fn plain(heading: &'static str, base: &Value, more: Value) -> Column {
    let mut settings = base.clone();
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Column {
        heading,
        settings,
        says: None,
    }
}

fn said(heading: &'static str, base: &Value, description: Value) -> Column {
    Column {
        says: Some(json!({ "id": "hello", "result": description })),
        ..plain(heading, base, json!({}))
    }
}

fn yes(quality: bool) -> String {
    if quality { "yes" } else { "no" }.to_owned()
}

fn writable(it: &Capabilities) -> String {
    let fields = [
        ("terms", it.writable.terms),
        ("limit", it.writable.credit_limit),
        ("holds", it.writable.holds),
    ];
    named(
        fields
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name.to_owned()),
    )
}

fn tells(it: &Capabilities) -> String {
    let parts = [("contacts", it.tells.contacts), ("ship-tos", it.tells.ship_tos)];
    let told = parts.into_iter().filter(|(_, is)| *is);
    named(told.map(|(name, _)| name.to_owned()))
}

fn cas(it: &Capabilities) -> String {
    match it.cas {
        Cas::Native => "compared and written in one step",
        Cas::ReadBack => "read, compared, written, read again",
        Cas::None => "not at all",
    }
    .to_owned()
}

fn deletes(it: &Capabilities) -> String {
    match it.deletes {
        Deletes::Tombstone => "the feed lists them",
        Deletes::Sweep => "a full read shows them",
    }
    .to_owned()
}

fn at_a_time(it: &Capabilities) -> String {
    it.max_concurrency
        .map_or_else(|| "as many as come".to_owned(), |at_a_time| at_a_time.to_string())
}

fn kinds(it: &Capabilities) -> String {
    named(
        it.document_kinds
            .iter()
            .map(|kind| in_words(&format!("{kind:?}"))),
    )
}

/// `CreditMemo` as people write it.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn named(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn cells(family: &Family, spec: &Spec<'_>) -> Vec<String> {
    let has = spec.names();
    let alien: Vec<_> = has
        .iter()
        .filter(|name| !family.capabilities.contains(name))
        .collect();
    assert!(
        alien.is_empty(),
        "{}: no table has a row for {alien:?}",
        spec.kind
    );
    let capabilities = family.capabilities.iter().map(|name| yes(has.contains(name)));
    let qualities = family
        .qualities
        .iter()
        .map(|(_, of, words)| match of.is_empty() || has.contains(of) {
            true => words(&spec.capabilities),
            false => "–".to_owned(),
        });
    capabilities.chain(qualities).collect()
}

/// The table of a connector.
fn table(kind: &str, constructor: Constructor, columns: &[Column]) -> String {
    let family = FAMILIES
        .iter()
        .find(|family| kind.starts_with(family.prefix))
        .unwrap();
    let keys = ["secret", "api_key", "password"];
    // As the settings want them: whoever signs reads the form of the key.
    let secrets: Secrets = keys
        .map(|key| (key, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        .into_iter()
        .collect();
    let columns: Vec<(&str, Vec<String>)> = columns
        .iter()
        .map(|column| {
            let made = constructor("main", &column.settings, &secrets)
                .unwrap_or_else(|error| panic!("{kind}: {error}"));
            let made = match &column.says {
                Some(says) => made.introduced(says.to_string().as_bytes()).unwrap(),
                None => made,
            };
            (column.heading, cells(family, &made.spec()))
        })
        .collect();
    let row = |name: &str, cells: Vec<&str>| format!("| {name} | {} |\n", cells.join(" | "));
    let mut text = row(
        "capability",
        columns.iter().map(|(heading, _)| *heading).collect(),
    );
    text += &format!("|---|{}\n", "---|".repeat(columns.len()));
    let names = family
        .capabilities
        .iter()
        .chain(family.qualities.iter().map(|(name, ..)| name));
    for (place, name) in names.enumerate() {
        text += &row(
            name,
            columns.iter().map(|(_, cells)| cells[place].as_str()).collect(),
        );
    }
    text
}

/// A README with this table in its place.
fn with_table(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "who runs the test says whether to write"
)]
fn every_readme_has_the_table_of_its_connector() {
    let bless = std::env::var_os("PUNCHGATE_BLESS").is_some();
    let known = connectors();
    let kinds: BTreeSet<&str> = known.iter().map(|(kind, ..)| *kind).collect();
    let all: BTreeSet<&str> = registry().kinds().into_iter().collect();
    assert_eq!(kinds, all, "a connector without a table: it is a line above");
    for (kind, constructor, columns) in known {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("connectors")
            .join(kind)
            .join("README.md");
        let readme = fs::read_to_string(&path).unwrap();
        let expected = with_table(&readme, &table(kind, constructor, &columns));
        let expected =
            expected.unwrap_or_else(|| panic!("{}: no place for the table: {BEGIN}{END}", path.display()));
        if bless && expected != readme {
            fs::write(&path, &expected).unwrap();
            continue;
        }
        assert_eq!(
            readme,
            expected,
            "{}: PUNCHGATE_BLESS=1 writes it",
            path.display()
        );
    }
}

#[test]
fn a_table_goes_between_its_marks() {
    let readme = format!("# x\n\n{BEGIN}old\n{END}\nmore\n");
    let expected = format!("# x\n\n{BEGIN}new\n{END}\nmore\n");
    assert_eq!(with_table(&readme, "new\n"), Some(expected));
    assert_eq!(with_table("# x\n", "new\n"), None);
}
