//! Columns of a file → our fields: names, constants, defaults, and what a value of theirs means.

use std::collections::BTreeMap;

/// What a feed's columns mean. Every field has a place in the list of the feed's fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    pub(crate) fields: &'static [&'static str],
    fields_read: Vec<FieldColumn>,
}

/// Where a field comes from.
#[derive(Clone, Debug, Default, PartialEq)]
struct FieldColumn {
    /// Names of its column; the first that is there counts.
    names: Vec<String>,
    /// Whether the settings name it: then it must be there.
    stated: bool,
    /// Whether every row must have it, be it empty.
    required: bool,
    constant: Option<String>,
    default: Option<String>,
    values: BTreeMap<String, String>,
}

/// The parts of a feed's settings that say so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stated {
    pub(crate) columns: BTreeMap<String, Vec<String>>,
    pub(crate) constants: BTreeMap<String, String>,
    pub(crate) defaults: BTreeMap<String, String>,
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Fields whose column every row must have.
    pub(crate) required: Vec<String>,
}

impl Columns {
    /// A field without a statement is read from the column of its own name, if there is one.
    pub(crate) fn new(fields: &'static [&'static str], mut stated: Stated) -> Result<Self, String> {
        let named = stated.columns.keys();
        let named = named.chain(stated.constants.keys()).chain(stated.defaults.keys());
        if let Some(unknown) = named
            .chain(stated.values.keys())
            .chain(&stated.required)
            .find(|name| !fields.contains(&name.as_str()))
        {
            return Err(format!(
                "'{unknown}' is no field of this feed; there are {}",
                fields.join(", ")
            ));
        }
        let fields_read = fields.iter().map(|field| {
            let names = stated.columns.remove(*field);
            FieldColumn {
                stated: names.is_some(),
                names: names.unwrap_or_else(|| vec![(*field).to_owned()]),
                required: stated.required.iter().any(|name| name == field),
                constant: stated.constants.remove(*field),
                default: stated.defaults.remove(*field),
                values: stated.values.remove(*field).unwrap_or_default(),
            }
        });
        Ok(Self {
            fields,
            fields_read: fields_read.collect(),
        })
    }

    /// The names of columns for each field, for whoever reads rows.
    pub(crate) fn wanted(&self) -> Vec<&[String]> {
        self.fields_read
            .iter()
            .map(|field| field.names.as_slice())
            .collect()
    }

    /// What is wrong with a header that has columns for these fields.
    pub(crate) fn missing(&self, has: &[bool]) -> Option<String> {
        let lacking = self
            .fields_read
            .iter()
            .zip(has)
            .find(|(field, has)| field.stated && !**has);
        lacking.map(|(field, _)| field.names.join("' or '"))
    }

    /// The fields whose columns a row must have and has not.
    pub(crate) fn lacking(&self, cells: &[Option<String>]) -> Vec<&'static str> {
        let fields = self.fields.iter().zip(&self.fields_read).zip(cells);
        let lacking = fields.filter(|((_, field), cell)| {
            let stands_elsewhere = field.constant.is_some() || field.default.is_some();
            field.required && !stands_elsewhere && cell.is_none()
        });
        lacking.map(|((name, _), _)| *name).collect()
    }

    /// Whether a field can have a value, where a file has every column.
    pub(crate) fn states(&self, name: &str) -> bool {
        let place = self.fields.iter().position(|field| *field == name);
        place
            .and_then(|place| self.fields_read.get(place))
            .is_some_and(|field| field.stated || field.constant.is_some() || field.default.is_some())
    }

    /// The name of a field's column, for errors.
    pub(crate) fn name_of(&self, field: &str) -> String {
        let place = self.fields.iter().position(|known| *known == field);
        let names = place
            .and_then(|place| self.fields_read.get(place))
            .map(|field| field.names.join("/"));
        names.unwrap_or_else(|| field.to_owned())
    }

    /// The fields of a row out of its cells; empty is absent.
    pub(crate) fn fields_of(&self, cells: Vec<Option<String>>) -> Vec<String> {
        let cells = cells.into_iter().chain(std::iter::repeat(None));
        let pairs = self.fields_read.iter().zip(cells);
        pairs
            .map(|(field, cell)| {
                if let Some(constant) = &field.constant {
                    return constant.clone();
                }
                let text = cell.map(|cell| cell.trim().to_owned()).unwrap_or_default();
                match field.values.get(&text) {
                    Some(meant) => meant.clone(),
                    None if text.is_empty() => field.default.clone().unwrap_or_default(),
                    None => text,
                }
            })
            .collect()
    }
}
