//! A file of documents: rows with one key make one document, wherever they stand. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use punchgate_connector::documents::ErpDocument;

use crate::{
    convert,
    feed::{Extent, Feed, FeedKind},
    sheet::{self, BadRow},
};

/// The documents of a file, in the order of their first rows.
#[derive(Debug, Default)]
pub(crate) struct DocumentSheet {
    pub(crate) documents: Vec<ErpDocument>,
    pub(crate) count: u64,
    pub(crate) bad: Vec<BadRow>,
}

/// Reads a file; an error refuses it as a whole. A document of which one row does not fit is left out whole: half an
/// invoice is another one.
pub(crate) fn read(feed: &Feed, bytes: &[u8], at: Timestamp) -> Result<DocumentSheet, String> {
    let FeedKind::Documents(kind) = feed.kind else {
        return Err("this feed has no documents".to_owned());
    };
    let mut documents: Vec<ErpDocument> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows: BTreeMap<u64, String> = BTreeMap::new();
    let summary = sheet::read(feed, bytes, Extent::Delta, |row, fields| {
        let key = convert::key_of(feed.kind, fields).map_err(|misfit| (None, misfit))?;
        rows.insert(row, key.clone());
        let keyed = |misfit| (Some(key.clone()), misfit);
        let place = match places.get(&key) {
            Some(place) => *place,
            None => {
                documents.push(convert::documents::document(kind, fields, at).map_err(keyed)?);
                places.insert(key.clone(), documents.len() - 1);
                documents.len() - 1
            }
        };
        match documents.get_mut(place) {
            Some(document) => convert::documents::add_line(document, fields).map_err(keyed),
            None => Ok(()),
        }
    })?;
    let mut bad: BTreeSet<String> = BTreeSet::new();
    for row in &summary.bad {
        // A row that does not say of which document it is, is of that before it or behind it.
        let around = [
            rows.range(..row.row).next_back(),
            rows.range(row.row + 1..).next(),
        ];
        let around = around
            .into_iter()
            .flatten()
            .map(|(_, key)| key)
            .filter(|_| row.key.is_none());
        bad.extend(
            around
                .chain(&row.key)
                .map(|key| format!("{}:{key}", kind.as_str())),
        );
    }
    documents.retain(|document| !bad.contains(&document.document_id));
    Ok(DocumentSheet {
        documents,
        count: summary.rows,
        bad: summary.bad,
    })
}
