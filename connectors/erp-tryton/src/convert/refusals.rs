//! Which parts of a patch Tryton refuses: it rolls back the whole, and says why in words. Pure.

use punchgate_connector::accounts::{AccountPatch, FieldRefusal};
use serde_json::{Map, Value};

use super::accounts::{HOLDS, refusal};
use crate::config::Settings;

/// The marks that stand around names in Tryton's words, in the languages that it speaks.
const MARKS: &str = "\"'«»‹›“”„‟‘’‚「」『』";

/// A part of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// As the patch names it.
    pub(crate) name: &'static str,
    /// The field of the party that it writes.
    pub(crate) field: String,
    /// What it needs to be let do with the holds of our module.
    pub(crate) rights: Vec<&'static str>,
}

/// The parts of a patch, given the ids of the party's holds by their identifiers.
pub(crate) fn parts(settings: &Settings, patch: &AccountPatch, hold_ids: &[(String, i64)]) -> Vec<Part> {
    let map = &settings.fields;
    let known = |id: &str| hold_ids.iter().any(|(name, _)| name == id);
    let mut parts = Vec::new();
    let mut part = |name, field: &str, rights| {
        parts.push(Part {
            name,
            field: field.to_owned(),
            rights,
        });
    };
    if patch.terms.is_some() {
        part("terms", map.terms.as_deref().unwrap_or_default(), Vec::new());
    }
    if patch.credit_limit.is_some() {
        let field = map.credit_limit.as_deref().unwrap_or_default();
        part("credit_limit", field, Vec::new());
    }
    if !patch.place_holds.is_empty() {
        let mut rights = Vec::new();
        if patch.place_holds.iter().any(|hold| !known(&hold.id)) {
            rights.push("create");
        }
        if patch.place_holds.iter().any(|hold| known(&hold.id)) {
            rights.push("write");
        }
        part("place_holds", HOLDS, rights);
    }
    if !patch.release_holds.is_empty() {
        part("release_holds", HOLDS, vec!["delete"]);
    }
    parts
}

/// The parts that Tryton's words name, by what it calls their fields (`fields_get`) and the model of our holds.
pub(crate) fn named<'a>(
    parts: &'a [Part],
    definitions: &Value,
    hold_model: Option<&str>,
    message: &str,
) -> Vec<&'a Part> {
    let is_named = |part: &&Part| {
        let label = definitions[&part.field]["string"].as_str();
        let model = hold_model.filter(|_| part.field == HOLDS);
        label.into_iter().chain(model).any(|name| names(message, name))
    };
    parts.iter().filter(is_named).collect()
}

/// Those that our user has no right to.
pub(crate) fn forbidden<'a>(
    parts: &'a [Part],
    definitions: &Value,
    of_holds: Option<&Rights>,
) -> Vec<&'a Part> {
    let is_forbidden = |part: &&Part| {
        let lacks = |right: &&str| of_holds.is_some_and(|rights| !rights.may(right));
        definitions[&part.field]["readonly"].as_bool() == Some(true) || part.rights.iter().any(lacks)
    };
    parts.iter().filter(is_forbidden).collect()
}

/// The refusals of these parts, in Tryton's words.
pub(crate) fn refused<'a>(parts: impl IntoIterator<Item = &'a Part>, message: &str) -> Vec<FieldRefusal> {
    let parts = parts.into_iter();
    parts
        .map(|part| refusal(part.name, "refused", message.to_owned()))
        .collect()
}

/// Between marks, alone or behind the name of its model and a point.
fn names(message: &str, name: &str) -> bool {
    let is_mark = |char: char| MARKS.contains(char);
    let mut places = message.match_indices(name).filter(|_| !name.is_empty());
    places.any(|(at, _)| {
        let (before, behind) = (&message[..at], &message[at + name.len()..]);
        let begins = before.ends_with('.') || before.trim_end().ends_with(is_mark);
        begins && behind.trim_start().starts_with(is_mark)
    })
}

/// What our user may do with a model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rights(pub(crate) Map<String, Value>);

impl Rights {
    /// Unless Tryton says no: SQLite answers 1 and 0.
    pub(crate) fn may(&self, right: &str) -> bool {
        let right = self.0.get(right);
        right.is_none_or(|value| value.as_i64() == Some(1) || value.as_bool() == Some(true))
    }
}

#[cfg(test)]
mod tests;
