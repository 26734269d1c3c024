//! What an application of a declared document changes, field by field; secrets are compared, never shown.

use std::{collections::BTreeMap, fmt};

use sha2::{Digest as _, Sha256};

use crate::seal::Secret;

/// What is to be done, subject by subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One a subject, in the order of the document.
    pub changes: Vec<Change>,
    /// What is allowed but worth a look.
    pub notes: Vec<String>,
    /// Files of generated secrets that are written.
    pub generated: Vec<String>,
}

/// What happens to one supplier, connector, relationship or API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `relationship acme/globex`
    pub subject: String,
    /// What is done.
    pub action: Action,
    /// The fields that differ; for something new, all of them.
    pub fields: Vec<FieldChange>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Create,
    /// It differs.
    Change,
    /// It is as declared.
    Unchanged,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What stands there now.
    pub from: Option<String>,
    /// What will stand there.
    pub to: Option<String>,
}

/// A field's value, as far as it may be shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Text(String),
    /// Compared by its digest.
    Secret([u8; 32]),
}

/// The fields of a subject.
pub(super) type Fields = BTreeMap<String, Shown>;

impl Shown {
    pub(super) fn text(text: impl fmt::Display) -> Self {
        Self::Text(text.to_string())
    }

    pub(super) fn secret(secret: &Secret) -> Self {
        Self::Secret(Sha256::digest(secret.expose().as_bytes()).into())
    }

    fn show(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Secret(_) => "(secret)".to_owned(),
        }
    }
}

impl Change {
    /// Compares what is stored, if anything is, with what is declared.
    pub(super) fn between(subject: String, stored: Option<&Fields>, declared: &Fields) -> Self {
        let empty = Fields::new();
        let before = stored.unwrap_or(&empty);
        let mut fields: Vec<FieldChange> = Vec::new();
        for (field, to) in declared {
            let from = before.get(field);
            if from != Some(to) {
                fields.push(FieldChange {
                    field: field.clone(),
                    from: from.map(Shown::show),
                    to: Some(to.show()),
                });
            }
        }
        for (field, from) in before.iter().filter(|(field, _)| !declared.contains_key(*field)) {
            fields.push(FieldChange {
                field: field.clone(),
                from: Some(from.show()),
                to: None,
            });
        }
        let action = match (stored, fields.is_empty()) {
            (None, _) => Action::Create,
            (Some(_), true) => Action::Unchanged,
            (Some(_), false) => Action::Change,
        };
        Self {
            subject,
            action,
            fields,
        }
    }
}

impl Plan {
    /// Whether everything is as declared.
    pub fn is_unchanged(&self) -> bool {
        self.changes
            .iter()
            .all(|change| change.action == Action::Unchanged)
    }

    /// How many subjects meet an action.
    pub fn count(&self, action: Action) -> usize {
        self.changes
            .iter()
            .filter(|change| change.action == action)
            .count()
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match (&self.from, &self.to) {
            (None, Some(to)) => write!(f, "{field} = {to}"),
            (Some(from), Some(to)) if from == to => write!(f, "{field}: {from} replaced"),
            (Some(from), Some(to)) => write!(f, "{field}: {from} -> {to}"),
            (Some(from), None) => write!(f, "{field}: {from} removed"),
            (None, None) => write!(f, "{field}"),
        }
    }
}

impl fmt::Display for Plan {
    /// For people: one line a subject, one an altered field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            let sign = match change.action {
                Action::Create => '+',
                Action::Change => '~',
                Action::Unchanged => '=',
            };
            writeln!(f, "{sign} {}", change.subject)?;
            for field in &change.fields {
                writeln!(f, "    {field}")?;
            }
        }
        for path in &self.generated {
            writeln!(f, "! a new secret is written into {path}")?;
        }
        for note in &self.notes {
            writeln!(f, "! {note}")?;
        }
        write!(
            f,
            "{} to create, {} to change, {} unchanged",
            self.count(Action::Create),
            self.count(Action::Change),
            self.count(Action::Unchanged)
        )
    }
}
