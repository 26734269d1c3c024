//! Mappings that people enter, beside those that the declaration has: each change with who and why, all of a file or none.
//!
//! **Invariant:** what the declaration has is changed there and nowhere else: the next `apply` would undo it.

use std::collections::HashMap;

use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    order::OrderState,
    quantity::Conversion,
};
use punchgate_protocols::cxml::card_number::holds_card_number;
use punchgate_storage::{
    Lane, StorageError, Tx, contract_price,
    history::{self, ChangeRow},
    mapping::{self, MappingRow},
    order::{self, OrderFilter},
    outbox, relationship as stored, supplier,
};

use super::{Directory, DirectoryError, FRESH_FOR, MappingKind, path_text, unknown};
use crate::{accounts::Author, clock::micros, orders::redecide_later};

/// What lines of the history about mappings are filed under; the subject is the relationship.
pub const SUBJECT: &str = "mapping";
/// How the codes of what no mapping knows begin, in a stored decision.
const UNMAPPED: &str = "\"unmapped-";
/// Held orders that are looked at in one go.
const AT_ONCE: u32 = 500;
/// The longest text, in characters.
const LONGEST: usize = 200;

/// What the buyer calls something, and what the supplier does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingEntry {
    /// What is mapped.
    pub kind: MappingKind,
    /// The buyer's text.
    pub source: String,
    /// The supplier's; none takes the entry away.
    pub target: Option<String>,
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMapping {
    /// What is mapped.
    pub kind: MappingKind,
    /// The buyer's text.
    pub source: String,
    /// The supplier's.
    pub target: String,
    /// Whether a file declares it; else a person has entered it.
    pub declared: bool,
}

/// What entering came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// Entries that are new.
    pub added: usize,
    /// Entries with another target than before.
    pub changed: usize,
    /// Entries that are gone.
    pub removed: usize,
    /// Entries that stood so already.
    pub unchanged: usize,
}

/// Why nothing was entered.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// What is wrong with which entries.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<MappingProblem>),
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {}: {details}", .place + 1)]
pub struct MappingProblem {
    /// Its place, from 0.
    pub place: usize,
    /// In words.
    pub details: String,
}

impl From<StorageError> for MappingError {
    fn from(error: StorageError) -> Self {
        Self::Directory(error.into())
    }
}

impl Directory {
    /// All mappings of a relationship, by kind and source.
    pub async fn mappings(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
    ) -> Result<Vec<StoredMapping>, DirectoryError> {
        let mut tx = self.surroundings.db.read().await?;
        let known = stored::get(&mut tx, supplier.as_str(), id.as_str()).await?;
        let rows = mapping::of_relationship(&mut tx, supplier.as_str(), id.as_str()).await?;
        tx.rollback().await?;
        if known.is_none() {
            return Err(unknown(&path_text(supplier, id)));
        }
        let read = |row: MappingRow| {
            Some(StoredMapping {
                kind: MappingKind::parse(&row.kind)?,
                source: row.source,
                target: row.target,
                declared: row.origin == mapping::DECLARED,
            })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Enters all of these, or none: in the order in which they stand. `dry` only says what would come of it.
    pub async fn enter_mappings(
        &self,
        (supplier, id): (&SupplierId, &RelationshipId),
        entries: &[MappingEntry],
        author: &Author,
        dry: bool,
    ) -> Result<Entered, MappingError> {
        let problems: Vec<MappingProblem> = problems(entries).collect();
        if !problems.is_empty() {
            return Err(MappingError::Refused(problems));
        }
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        // Of two who enter at once, one waits here for the other.
        supplier::raise_directory_version(&mut tx).await?;
        let entered = self.enter_in(&mut tx, (supplier, id), entries, author).await;
        match entered {
            Ok(entered) if !dry => {
                tx.commit().await?;
                self.forget();
                Ok(entered)
            }
            told => {
                tx.rollback().await?;
                told
            }
        }
    }

    async fn enter_in(
        &self,
        tx: &mut Tx,
        (supplier, id): (&SupplierId, &RelationshipId),
        entries: &[MappingEntry],
        author: &Author,
    ) -> Result<Entered, MappingError> {
        if stored::get(tx, supplier.as_str(), id.as_str()).await?.is_none() {
            return Err(unknown(&path_text(supplier, id)).into());
        }
        let rows = mapping::of_relationship(tx, supplier.as_str(), id.as_str()).await?;
        let steps = steps(entries, &rows).map_err(MappingError::Refused)?;
        let now = micros(self.surroundings.now());
        let (mut entered, mut written, mut lines) = (Entered::default(), Vec::new(), Vec::new());
        for step in steps {
            entered.count(&step);
            let Step { entry, from, to } = step;
            let (kind, source) = (entry.kind.as_str(), entry.source.trim());
            match to {
                _ if from == to => continue,
                Some(target) => written.push(MappingRow {
                    supplier_id: supplier.to_string(),
                    relationship_id: id.to_string(),
                    kind: kind.to_owned(),
                    source: source.to_owned(),
                    target: target.to_owned(),
                    origin: mapping::ENTERED.to_owned(),
                }),
                None => {
                    mapping::remove(tx, supplier.as_str(), id.as_str(), (kind, source)).await?;
                }
            }
            lines.push(ChangeRow {
                supplier_id: supplier.to_string(),
                change_id: self.surroundings.new_id(),
                subject: SUBJECT.to_owned(),
                subject_id: id.to_string(),
                field: format!("{kind} {source}"),
                from_value: from.map(str::to_owned),
                to_value: to.map(str::to_owned),
                who: author.who.clone(),
                why: author.why.clone(),
                changed_at: now,
            });
        }
        if !lines.is_empty() {
            stored::touch(tx, supplier.as_str(), id.as_str(), now).await?;
            wake(tx, supplier, id, now).await?;
        }
        mapping::put_many(tx, &written, now).await?;
        history::insert_many(tx, &lines).await?;
        Ok(entered)
    }
}

/// Held orders for which it may be what was missing are decided again, once every gateway knows it; what their parts cost by
/// contract is asked by their new names.
pub(crate) async fn wake(
    tx: &mut Tx,
    supplier: &SupplierId,
    id: &RelationshipId,
    now: i64,
) -> Result<(), StorageError> {
    let held = OrderFilter {
        state: Some(OrderState::Held.to_string()),
        relationship: Some(id.to_string()),
        ..OrderFilter::default()
    };
    let fresh = i64::try_from(FRESH_FOR.as_micros()).unwrap_or_default();
    let at = now.saturating_add(fresh * 2);
    let waits = |decision: &str| decision.contains(UNMAPPED);
    let mut after = None;
    loop {
        let rows = order::list(tx, supplier.as_str(), &held, after, AT_ONCE).await?;
        after = rows.last().map(|row| (row.received_at, row.order_id.clone()));
        let is_last = rows.len() < AT_ONCE as usize;
        let waiting: Vec<_> = rows
            .iter()
            .filter(|row| row.customer_id.is_none() || row.decision.as_deref().is_some_and(waits))
            .collect();
        for row in &waiting {
            contract_price::forget(tx, supplier.as_str(), &row.order_id).await?;
        }
        let entries: Vec<_> = waiting.iter().map(|row| redecide_later(row, at)).collect();
        outbox::enqueue_many(tx, &entries, now).await?;
        if is_last {
            return Ok(());
        }
    }
}

/// An entry with what stands and what shall stand.
struct Step<'a> {
    entry: &'a MappingEntry,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl Entered {
    fn count(&mut self, step: &Step<'_>) {
        let count = match (step.from, step.to) {
            (from, to) if from == to => &mut self.unchanged,
            (None, _) => &mut self.added,
            (Some(_), Some(_)) => &mut self.changed,
            (Some(_), None) => &mut self.removed,
        };
        *count += 1;
    }
}

/// What the entries do to what stands; or which of them may not.
fn steps<'a>(
    entries: &'a [MappingEntry],
    rows: &'a [MappingRow],
) -> Result<Vec<Step<'a>>, Vec<MappingProblem>> {
    let standing: HashMap<(&str, &str), &MappingRow> = rows
        .iter()
        .map(|row| ((row.kind.as_str(), row.source.as_str()), row))
        .collect();
    let (mut steps, mut refused) = (Vec::with_capacity(entries.len()), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        let before = standing.get(&(entry.kind.as_str(), entry.source.trim()));
        let step = Step {
            entry,
            from: before.map(|row| row.target.as_str()),
            to: entry.target.as_deref().map(str::trim),
        };
        if step.from != step.to && before.is_some_and(|row| row.origin == mapping::DECLARED) {
            let details = format!(
                "{} '{}' is declared in the file that apply reads: change it there, and apply",
                entry.kind,
                entry.source.trim()
            );
            refused.push(MappingProblem { place, details });
        }
        steps.push(step);
    }
    if refused.is_empty() {
        Ok(steps)
    } else {
        Err(refused)
    }
}

/// What no relationship could take.
fn problems(entries: &[MappingEntry]) -> impl Iterator<Item = MappingProblem> {
    let mut seen = HashMap::new();
    entries.iter().enumerate().filter_map(move |(place, entry)| {
        let texts = [("source", Some(&entry.source)), ("target", entry.target.as_ref())];
        let wrong = texts.into_iter().find_map(|(name, text)| {
            let text = text?.trim();
            let details = if text.is_empty() {
                "is missing"
            } else if text.chars().count() > LONGEST {
                "is longer than 200 characters"
            } else if text.chars().any(char::is_control) {
                "has a control character in it"
            } else if holds_card_number(text) {
                "holds the number of a card"
            } else {
                return None;
            };
            Some(format!("{name}: {details}"))
        });
        let wrong = wrong.or_else(|| {
            let target = entry
                .target
                .as_ref()
                .filter(|_| entry.kind == MappingKind::Unit)?;
            let problem = Conversion::parse(target).err()?;
            Some(format!("target: {problem}"))
        });
        let twice = seen.insert((entry.kind, entry.source.trim().to_owned()), place);
        let details = wrong.or_else(|| {
            twice.map(|first| {
                format!(
                    "{} '{}' stands in entry {} already",
                    entry.kind,
                    entry.source.trim(),
                    first + 1
                )
            })
        })?;
        Some(MappingProblem { place, details })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: MappingKind, source: &str, target: Option<&str>) -> MappingEntry {
        MappingEntry {
            kind,
            source: source.to_owned(),
            target: target.map(str::to_owned),
        }
    }

    #[test]
    fn what_no_relationship_could_take_is_named_with_its_place() {
        let long = "x".repeat(201);
        let unit = |source: &str, target: Option<&str>| entry(MappingKind::Unit, source, target);
        let table = [
            (vec![unit("PCE", Some("EA")), unit("BX", None)], vec![]),
            (vec![unit(" ", Some("EA"))], vec!["entry 1: source: is missing"]),
            (vec![unit("PCE", Some(""))], vec!["entry 1: target: is missing"]),
            (
                vec![unit("PCE", Some(&long))],
                vec!["entry 1: target: is longer than 200 characters"],
            ),
            (
                vec![unit("P\nCE", Some("EA"))],
                vec!["entry 1: source: has a control character in it"],
            ),
            (
                vec![unit("PCE", Some("EA")), unit(" PCE", Some("BX"))],
                vec!["entry 2: unit 'PCE' stands in entry 1 already"],
            ),
            (
                vec![
                    entry(MappingKind::Part, "PCE", Some("A")),
                    unit("PCE", Some("EA")),
                ],
                vec![],
            ),
        ];
        for (entries, expected) in table {
            let found: Vec<String> = problems(&entries).map(|problem| problem.to_string()).collect();
            assert_eq!(found, expected, "{entries:?}");
        }
    }

    #[test]
    fn what_is_declared_is_changed_where_it_is_declared() {
        let row = |source: &str, target: &str, origin: &str| MappingRow {
            supplier_id: "acme".to_owned(),
            relationship_id: "borealis".to_owned(),
            kind: "unit".to_owned(),
            source: source.to_owned(),
            target: target.to_owned(),
            origin: origin.to_owned(),
        };
        let rows = [
            row("PCE", "EA", mapping::DECLARED),
            row("KT", "SET", mapping::ENTERED),
        ];
        let unit = |source: &str, target: Option<&str>| entry(MappingKind::Unit, source, target);
        let counted = |entries: &[MappingEntry]| {
            steps(entries, &rows).map(|steps| {
                let mut entered = Entered::default();
                steps.iter().for_each(|step| entered.count(step));
                [entered.added, entered.changed, entered.removed, entered.unchanged]
            })
        };
        let good = [
            unit("PCE", Some("EA")),
            unit("KT", Some("KIT")),
            unit("BX", Some("BOX")),
            unit("CS", None),
        ];
        assert_eq!(counted(&good), Ok([1, 1, 0, 2]));
        assert_eq!(counted(&[unit("KT", None)]), Ok([0, 0, 1, 0]));
        for entry in [unit("PCE", Some("PC")), unit("PCE", None)] {
            let refused = counted(&[entry]).unwrap_err();
            assert!(refused[0].details.contains("declared in the file"), "{refused:?}");
        }
    }
}
