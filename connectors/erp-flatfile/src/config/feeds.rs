//! `settings.feeds`: what is read, and `settings.reading`: how, unless a feed says otherwise.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use jiff::{SignedDuration, tz::TimeZone};
use punchgate_connector::{ConfigError, settings::SettingsReader};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    cell::Style,
    columns::{Columns, Stated},
    feed::{Feed, FeedKind},
    pattern::Pattern,
    rows::Format,
};

/// What is written of a feed.
#[derive(Debug, Deserialize)]
struct Written {
    files: Option<String>,
    delta_files: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    defaults: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// How files are written, and what they must keep to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Reading {
    format: String,
    rows: String,
    encoding: String,
    delimiter: String,
    quote: String,
    decimal: String,
    thousands: String,
    dates: Vec<String>,
    time_zone: String,
    manifest: String,
    max_file_mib: u64,
    max_shrink_percent: u32,
    max_bad_percent: u32,
    export_minutes: u32,
    empty_limit: String,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            format: "csv".to_owned(),
            rows: String::new(),
            encoding: "utf-8".to_owned(),
            delimiter: ",".to_owned(),
            quote: "\"".to_owned(),
            decimal: ".".to_owned(),
            thousands: String::new(),
            dates: Vec::new(),
            time_zone: "UTC".to_owned(),
            manifest: String::new(),
            max_file_mib: 64,
            max_shrink_percent: 20,
            max_bad_percent: 20,
            export_minutes: 15,
            empty_limit: "unknown".to_owned(),
        }
    }
}

/// A column's name, or several of which the first that is there counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

pub(super) fn read(reader: &mut SettingsReader<'_>) -> Result<Vec<Feed>, ConfigError> {
    let empty = Map::new();
    let reading = reader.any("reading").map_or(Some(&empty), Value::as_object);
    let stated = reader.any("feeds").map_or(Some(&empty), Value::as_object);
    let (Some(reading), Some(stated)) = (reading, stated) else {
        let remedy = "write [settings.feeds.customers] and [settings.reading] with keys below them";
        return Err(reader.error(
            "settings.feeds",
            "it, or settings.reading, is not a table",
            remedy,
        ));
    };
    let mut feeds = Vec::new();
    for (name, written) in stated {
        let key = format!("settings.feeds.{name}");
        let Some(kind) = FeedKind::ALL.into_iter().find(|kind| kind.as_str() == name) else {
            let known = FeedKind::ALL.map(FeedKind::as_str).join(", ");
            return Err(reader.error(
                &key,
                "there is no feed of this name",
                format!("there are {known}"),
            ));
        };
        let feed = feed(kind, written, reading);
        feeds.push(
            feed.map_err(|problem| reader.error(&key, problem, "correct it; the README lists the keys"))?,
        );
    }
    let has = |kind| feeds.iter().any(|feed: &Feed| feed.kind == kind);
    if has(FeedKind::Holds) && !has(FeedKind::Customers) {
        return Err(reader.error(
            "settings.feeds.holds",
            "there are holds and no customers",
            "add settings.feeds.customers",
        ));
    }
    Ok(feeds)
}

/// The names of full files and of those that tell of changes. Documents are never told in full.
fn patterns(written: &Written, is_keyed: bool) -> Result<(Option<Pattern>, Option<Pattern>), String> {
    let full = written.files.as_deref().map(Pattern::parse).transpose()?;
    let delta = written.delta_files.as_deref().map(Pattern::parse).transpose()?;
    if full.is_none() && delta.is_none() {
        return Err("`files` is missing: the pattern of its names".to_owned());
    }
    if !is_keyed && delta.is_some() {
        return Err("documents are never taken back: name their files by `files`".to_owned());
    }
    let numbered: Vec<bool> = full.iter().chain(&delta).map(Pattern::has_sequence).collect();
    if numbered.contains(&true) && numbered.contains(&false) {
        return Err("`files` and `delta_files` count together: both have {seq}, or neither".to_owned());
    }
    Ok(if is_keyed { (full, delta) } else { (None, full) })
}

fn feed(kind: FeedKind, written: &Value, reading: &Map<String, Value>) -> Result<Feed, String> {
    let written: Written = serde_json::from_value(written.clone()).map_err(|error| error.to_string())?;
    let is_keyed = !matches!(kind, FeedKind::Documents(_));
    let (full, delta) = patterns(&written, is_keyed)?;
    if kind == FeedKind::Holds && full.is_none() {
        return Err(
            "`files` is missing: holds are let go when a full file lacks them, never because changes were lost"
                .to_owned(),
        );
    }
    let mut merged = reading.clone();
    merged.extend(written.rest);
    let reading: Reading =
        serde_json::from_value(Value::Object(merged)).map_err(|error| error.to_string())?;
    let columns = written.columns.into_iter().map(|(field, names)| match names {
        OneOrMore::One(name) => (field, vec![name]),
        OneOrMore::More(names) => (field, names),
    });
    let mut required = written.required;
    // Where empty means no limit at all, a row must say so.
    if kind == FeedKind::Customers && reading.empty_limit == "unlimited" {
        required.push("credit_limit".to_owned());
    }
    let columns = Columns::new(
        kind.fields(),
        Stated {
            required,
            columns: columns.collect(),
            constants: written.constants,
            defaults: written.defaults,
            values: written.values,
        },
    )?;
    let empty_is_unlimited = match reading.empty_limit.as_str() {
        "unknown" => false,
        // A column that is not there must never read as no limit at all.
        "unlimited" if kind != FeedKind::Customers || columns.states("credit_limit") => true,
        "unlimited" => {
            return Err("empty_limit = \"unlimited\" needs columns.credit_limit to be named".to_owned());
        }
        other => return Err(format!("empty_limit '{other}' is neither unknown nor unlimited")),
    };
    if !(1..=512).contains(&reading.max_file_mib)
        || reading.max_bad_percent > 100
        || reading.max_shrink_percent > 100
    {
        return Err(
            "max_file_mib is 1 to 512, max_shrink_percent and max_bad_percent are 0 to 100".to_owned(),
        );
    }
    Ok(Feed {
        kind,
        full,
        delta,
        format: format(&reading)?,
        encoding: Encoding::for_label(reading.encoding.as_bytes()).ok_or_else(|| {
            format!(
                "encoding '{}' is not known: utf-8, windows-1252 …",
                reading.encoding
            )
        })?,
        style: style(&reading)?,
        columns,
        manifest: manifest(&reading.manifest)?,
        max_bytes: reading.max_file_mib << 20,
        max_shrink_percent: reading.max_shrink_percent,
        max_bad_percent: reading.max_bad_percent,
        export_time: SignedDuration::from_mins(reading.export_minutes.into()),
        empty_is_unlimited,
    })
}

fn format(reading: &Reading) -> Result<Format, String> {
    let path = || {
        reading
            .rows
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    match reading.format.as_str() {
        "csv" => Ok(Format::Csv {
            delimiter: byte("delimiter", &reading.delimiter)?,
            quote: byte("quote", &reading.quote)?,
        }),
        "xml" if reading.rows.trim_matches('/').is_empty() => {
            Err("`rows` is missing: the path of the rows' elements, such as customers/customer".to_owned())
        }
        "xml" => Ok(Format::Xml { rows: path() }),
        "json" => Ok(Format::Json { rows: path() }),
        other => Err(format!("format '{other}' is none of csv, xml, json")),
    }
}

fn byte(key: &str, text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err(format!(
            "{key} '{text}' is not one character of ASCII, such as ; or \\t"
        )),
    }
}

fn style(reading: &Reading) -> Result<Style, String> {
    let one = |key: &str, text: &str| {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Ok(None),
            (Some(mark), None) if !mark.is_ascii_alphanumeric() && mark != '-' => Ok(Some(mark)),
            _ => Err(format!("{key} '{text}' is not one mark, such as , or .")),
        }
    };
    let decimal = one("decimal", &reading.decimal)?.ok_or("decimal is empty: write . or ,")?;
    let thousands = one("thousands", &reading.thousands)?;
    if thousands == Some(decimal) {
        return Err(format!("decimal and thousands are both '{decimal}'"));
    }
    Ok(Style {
        decimal,
        thousands,
        dates: reading.dates.clone(),
        zone: TimeZone::get(&reading.time_zone).map_err(|_| {
            format!(
                "time_zone '{}' is not known: write one such as Europe/Berlin",
                reading.time_zone
            )
        })?,
    })
}

fn manifest(suffix: &str) -> Result<Option<String>, String> {
    match suffix {
        "" => Ok(None),
        suffix if suffix.starts_with('.') && suffix.len() > 1 && !suffix.contains('/') => {
            Ok(Some(suffix.to_owned()))
        }
        other => Err(format!(
            "manifest '{other}' is no ending of a name, such as .done or .json"
        )),
    }
}
