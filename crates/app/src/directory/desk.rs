//! Relationships for the supplier's people: the list, and one with what may be told of it.
//!
//! **Invariant:** one that does not read is here, too, with the reason: it is the one that somebody looks for.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use punchgate_domain::{
    Instant,
    ids::{RelationshipId, SupplierId},
};
pub use punchgate_storage::history::ChangeRow;
use punchgate_storage::{
    history,
    relationship::{self as stored, LastDocumentsRow, RelationshipRow, RelationshipSecretRow},
};

use super::{
    Directory, DirectoryError, LINES, Relationship, SUBJECT, Slot, entries, path_text,
    secrets::RelationshipSecrets, unknown,
};
use crate::clock::from_micros;

/// Which relationships are listed; what is absent narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipFilter {
    /// Part of id, name or buyer, whatever the case.
    pub search: Option<String>,
    /// The dialect that they start from.
    pub dialect: Option<String>,
    /// `production` or `test`.
    pub mode: Option<String>,
    /// `erp`, `storefront` or `none`.
    pub order_sink: Option<String>,
    /// Whether they are on.
    pub enabled: Option<bool>,
}

/// In which order they are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelationshipOrder {
    /// By name.
    #[default]
    Name,
    /// The one that was heard of last, or told something, first.
    LastDocument,
}

/// A relationship in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRelationship {
    /// Its id.
    pub id: RelationshipId,
    /// What operators call it.
    pub name: String,
    /// The buying company.
    pub buyer_name: String,
    /// `cxml` …
    pub protocol: String,
    /// The dialect that it starts from.
    pub dialect: String,
    /// `production` or `test`.
    pub mode: String,
    /// Where its orders go.
    pub order_sink: String,
    /// Whether it is on.
    pub enabled: bool,
    /// Why it cannot be used; none where it reads.
    pub trouble: Option<String>,
    /// Since when a second secret stands beside the first; none where there is one.
    pub exchanged_since: Option<Instant>,
    /// When the last document came.
    pub last_in: Option<Instant>,
    /// When the last one went out.
    pub last_out: Option<Instant>,
}

/// A relationship with what may be told of it.
#[derive(Clone, Debug)]
pub struct RelationshipView {
    /// As the list has it.
    pub listed: ListedRelationship,
    /// What it says; none where it cannot be used.
    pub read: Option<Arc<Relationship>>,
    /// Its secrets.
    pub secrets: RelationshipSecrets,
    /// What people have done with it and its mappings, newest first.
    pub history: Vec<ChangeRow>,
}

/// A page of relationships.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipPage {
    /// The rows.
    pub rows: Vec<ListedRelationship>,
    /// After which one the next page goes on; none at the end.
    pub next: Option<RelationshipId>,
    /// Whether the supplier has any at all.
    pub has_any: bool,
}

impl Directory {
    /// A page of a supplier's relationships. What a supplier has set up is read whole; a page goes on behind `after`.
    pub async fn overview(
        &self,
        supplier: &SupplierId,
        (filter, order): (&RelationshipFilter, RelationshipOrder),
        after: Option<&str>,
        limit: usize,
    ) -> Result<RelationshipPage, DirectoryError> {
        let snapshot = self.snapshot().await?;
        let mut tx = self.surroundings.db.read().await?;
        let rows = stored::of_supplier(&mut tx, supplier.as_str()).await?;
        let last = stored::last_documents(&mut tx, supplier.as_str()).await?;
        let secrets = stored::secrets_of_supplier(&mut tx, supplier.as_str()).await?;
        tx.rollback().await?;
        let has_any = !rows.is_empty();
        let last: HashMap<&str, &LastDocumentsRow> = last
            .iter()
            .map(|row| (row.relationship_id.as_str(), row))
            .collect();
        let wanted = rows.into_iter().filter(|row| filter.takes(row));
        let mut rows: Vec<ListedRelationship> = wanted
            .map(|row| {
                let of_it = last.get(row.relationship_id.as_str()).copied();
                let id = RelationshipId::new(row.relationship_id.as_str());
                let trouble = match snapshot.relationship(supplier, &id) {
                    Err(DirectoryError::Broken { reason, .. }) => Some(reason),
                    _ => None,
                };
                let entered = secrets
                    .iter()
                    .find(|secret| secret.relationship_id == row.relationship_id && is_entered(secret));
                let since = entered.map(|secret| secret.created_at);
                listed(row, of_it, (trouble, since))
            })
            .collect();
        order.sort(&mut rows);
        let begin = after
            .and_then(|after| rows.iter().position(|row| row.id.as_str() == after))
            .map_or(0, |place| place + 1);
        let more = rows.len() > begin.saturating_add(limit);
        let rows: Vec<_> = rows.into_iter().skip(begin).take(limit).collect();
        Ok(RelationshipPage {
            next: rows.last().filter(|_| more).map(|row| row.id.clone()),
            rows,
            has_any,
        })
    }
}

impl Directory {
    /// One relationship of a supplier.
    pub async fn view(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
    ) -> Result<RelationshipView, DirectoryError> {
        let read = match self.relationship(supplier, id).await {
            Ok(read) => Ok(read),
            Err(DirectoryError::Broken { reason, .. }) => Err(reason),
            Err(error) => return Err(error),
        };
        let mut tx = self.surroundings.db.read().await?;
        let row = stored::get(&mut tx, supplier.as_str(), id.as_str()).await?;
        let last = stored::last_documents(&mut tx, supplier.as_str()).await?;
        let secrets = stored::secrets(&mut tx, supplier.as_str(), id.as_str()).await?;
        let mut lines = Vec::new();
        for subject in [SUBJECT, entries::SUBJECT] {
            lines.extend(history::of_subject(&mut tx, supplier.as_str(), subject, id.as_str(), LINES).await?);
        }
        tx.rollback().await?;
        let row = row.ok_or_else(|| unknown(&path_text(supplier, id)))?;
        lines.sort_by_key(|line| Reverse(line.changed_at));
        lines.truncate(usize::try_from(LINES).unwrap_or_default());
        let since = secrets.iter().find(|secret| is_entered(secret));
        let since = since.map(|secret| secret.created_at);
        let last = last
            .iter()
            .find(|last| last.relationship_id == row.relationship_id);
        Ok(RelationshipView {
            secrets: self.told_of(supplier, &secrets),
            history: lines,
            listed: listed(row, last, (read.as_ref().err().cloned(), since)),
            read: read.ok(),
        })
    }
}

impl RelationshipFilter {
    fn takes(&self, row: &RelationshipRow) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        let searched = self.search.as_deref().map(str::to_lowercase);
        let found = searched.is_none_or(|searched| {
            let texts = [&row.relationship_id, &row.name, &row.buyer_name];
            texts.iter().any(|text| text.to_lowercase().contains(&searched))
        });
        found
            && is(&self.dialect, &row.dialect)
            && is(&self.mode, &row.mode)
            && is(&self.order_sink, &row.order_sink)
            && self.enabled.is_none_or(|enabled| enabled == (row.enabled != 0))
    }
}

impl RelationshipOrder {
    fn sort(self, rows: &mut [ListedRelationship]) {
        // They came by id: what is alike stays so.
        match self {
            Self::Name => rows.sort_by_key(|row| row.name.to_lowercase()),
            Self::LastDocument => rows.sort_by_key(|row| Reverse(row.last_in.max(row.last_out))),
        }
    }
}

fn is_entered(secret: &RelationshipSecretRow) -> bool {
    secret.slot == Slot::Entered.as_str()
}

fn listed(
    row: RelationshipRow,
    last: Option<&LastDocumentsRow>,
    (trouble, exchanged_since): (Option<String>, Option<i64>),
) -> ListedRelationship {
    ListedRelationship {
        id: row.relationship_id.into(),
        name: row.name,
        buyer_name: row.buyer_name,
        protocol: row.protocol,
        dialect: row.dialect,
        mode: row.mode,
        order_sink: row.order_sink,
        enabled: row.enabled != 0,
        trouble,
        exchanged_since: exchanged_since.map(from_micros),
        last_in: last.and_then(|last| last.last_in).map(from_micros),
        last_out: last.and_then(|last| last.last_out).map(from_micros),
    }
}
