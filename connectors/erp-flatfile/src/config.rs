//! Settings of an instance.

mod feeds;
mod place;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use punchgate_connector::{
    Capabilities, ConfigError, Connector, Secrets,
    capabilities::{Cas, Deletes, Writable},
    documents::DocumentKind,
    settings::SettingsReader,
};

use crate::{
    connector::FlatFiles,
    feed::{Feed, FeedKind},
    intake::Directories,
    order_file::OrderFormat,
};

/// The kind in configuration.
pub const KIND: &str = "erp-flatfile";

/// Names of directories, unless the settings say otherwise.
const DIRECTORIES: [&str; 6] = ["in", "archive", "errors", "refused", "out", "sent"];

/// Where orders go out.
#[derive(Clone, Debug)]
pub(crate) struct OrdersOut {
    pub(crate) format: OrderFormat,
    /// Where the ERP fetches them.
    pub(crate) out: String,
    /// Where what was handed over is noted.
    pub(crate) sent: String,
}

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let place = place::read(&mut reader, secrets)?;
    let names = directories(&mut reader)?;
    let name = |which: &str| names.get(which).cloned().unwrap_or_default();
    let feeds = feeds::read(&mut reader)?;
    let orders = orders(&mut reader, name("out"), name("sent"))?;
    reader.finish()?;
    if feeds.is_empty() && orders.is_none() {
        return Err(ConfigError {
            connector: id.to_owned(),
            key: "settings.feeds".to_owned(),
            problem: "there is no feed and no orders: nothing would be read or written".to_owned(),
            remedy: "write settings.feeds.customers = { files = \"customers-{seq}.csv\" } or the like"
                .to_owned(),
        });
    }
    Ok(Box::new(FlatFiles {
        id: id.to_owned(),
        capabilities: capabilities(&feeds),
        place,
        directories: Directories {
            incoming: name("in"),
            archive: name("archive"),
            errors: name("errors"),
            refused: name("refused"),
        },
        feeds,
        orders,
    }))
}

fn capabilities(feeds: &[Feed]) -> Capabilities {
    let states = |kind: FeedKind, field: &str| {
        feeds
            .iter()
            .any(|feed| feed.kind == kind && feed.columns.states(field))
    };
    let own = feeds.iter().any(|feed| feed.kind == FeedKind::Exposure);
    Capabilities {
        cas: Cas::None,
        deletes: Deletes::Sweep,
        order_ref_unique: true,
        exposure_includes_orders: match own {
            true => states(FeedKind::Exposure, "open_orders"),
            false => states(FeedKind::Customers, "open_orders"),
        },
        writable: Writable::default(),
        document_kinds: DocumentKind::ALL
            .into_iter()
            .filter(|kind| feeds.iter().any(|feed| feed.kind == FeedKind::Documents(*kind)))
            .collect(),
        page_size: 500,
        ..Capabilities::default()
    }
}

fn directories(reader: &mut SettingsReader<'_>) -> Result<BTreeMap<&'static str, String>, ConfigError> {
    let mut stated = reader.texts_by_key("directories")?;
    let mut names = BTreeMap::new();
    for which in DIRECTORIES {
        let name = stated.remove(which).unwrap_or_else(|| which.to_owned());
        if punchgate_connector::folder::FilePath::new(&name, "x").is_err() || name.is_empty() {
            return Err(reader.error(
                &format!("settings.directories.{which}"),
                format!("'{name}' is no directory below the folder"),
                "write a name such as in or export/in",
            ));
        }
        if names.values().any(|other| *other == name) {
            return Err(reader.error(
                &format!("settings.directories.{which}"),
                format!("'{name}' has another use already"),
                "give each of them a directory of its own",
            ));
        }
        names.insert(which, name);
    }
    match stated.keys().next() {
        None => Ok(names),
        Some(unknown) => Err(reader.error(
            &format!("settings.directories.{unknown}"),
            "is not a directory of this connector",
            format!("remove it; there are {}", DIRECTORIES.join(", ")),
        )),
    }
}

fn orders(
    reader: &mut SettingsReader<'_>,
    out: String,
    sent: String,
) -> Result<Option<OrdersOut>, ConfigError> {
    let Some(table) = reader.table("orders", &["format"])? else {
        return Ok(None);
    };
    let format = table.get("format").map_or(Some("csv"), serde_json::Value::as_str);
    let Some(format) = format.and_then(OrderFormat::parse) else {
        return Err(reader.error(
            "settings.orders.format",
            "is not a format of orders",
            "write csv, xml or json",
        ));
    };
    Ok(Some(OrdersOut { format, out, sent }))
}
