//! Reads a declared document (TOML) key by key, collects everything that is wrong with the path of its key, and
//! in the end refuses keys that nobody asked for.

use std::{cell::RefCell, fmt};

use toml::{Table, Value};

use crate::nearest::suggestion;

/// Something wrong in a declared document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationProblem {
    /// Where: `supplier acme / relationship globex / policies.pcard`.
    pub place: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl fmt::Display for DeclarationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<DeclarationProblem>>);

impl Problems {
    /// Adds one.
    pub fn note(&self, place: impl Into<String>, problem: impl fmt::Display) {
        self.0.borrow_mut().push(DeclarationProblem {
            place: place.into(),
            problem: problem.to_string(),
        });
    }

    /// All of them, in the order in which they were met.
    pub fn into_vec(self) -> Vec<DeclarationProblem> {
        self.0.into_inner()
    }
}

/// One table of a declared document.
#[derive(Debug)]
pub struct Declared<'d> {
    place: String,
    table: &'d Table,
    asked: Vec<&'static str>,
    problems: &'d Problems,
}

impl<'d> Declared<'d> {
    /// The document itself.
    pub fn document(table: &'d Table, problems: &'d Problems) -> Self {
        Self {
            place: String::new(),
            table,
            asked: Vec::new(),
            problems,
        }
    }

    /// The path of a key.
    pub fn place(&self, key: &str) -> String {
        match (self.place.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.place.clone(),
            (false, false) if self.place.ends_with(SEPARATOR) => format!("{}{key}", self.place),
            (false, false) => format!("{}.{key}", self.place),
        }
    }

    /// Adds a problem at a key; an empty key is the table itself.
    pub fn note(&self, key: &str, problem: impl fmt::Display) {
        let place = match key {
            "" => self.place.trim_end_matches(SEPARATOR).to_owned(),
            key => self.place(key),
        };
        self.problems.note(place, problem);
    }

    fn value(&mut self, key: &'static str) -> Option<&'d Value> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn mistyped(&self, key: &str, value: &Value, expected: &str) {
        self.note(key, format_args!("is {}, expected {expected}", describe(value)));
    }

    /// A text, if there is one.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| {
                if text.is_empty() {
                    self.note(key, "is empty; leave the key out or write a text");
                }
                !text.is_empty()
            }),
            other => {
                self.mistyped(key, other, "a text");
                None
            }
        }
    }

    /// A text that must be there; missing, it is a problem and reads as empty.
    pub fn required(&mut self, key: &'static str) -> String {
        if !self.table.contains_key(key) {
            self.note(key, "is missing");
        }
        self.text(key).unwrap_or_default()
    }

    /// A text that reads as something.
    pub fn read<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        read(&text).map_err(|error| self.note(key, error)).ok()
    }

    /// True or false, if it is there.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.value(key)? {
            Value::Boolean(flag) => Some(*flag),
            other => {
                self.mistyped(key, other, "true or false");
                None
            }
        }
    }

    /// A whole number, if it is there.
    pub fn number(&mut self, key: &'static str) -> Option<u32> {
        match self.value(key)? {
            Value::Integer(number) => match u32::try_from(*number) {
                Ok(number) => Some(number),
                Err(_) => {
                    self.note(key, format_args!("{number} is out of range"));
                    None
                }
            },
            other => {
                self.mistyped(key, other, "a whole number");
                None
            }
        }
    }

    /// A list of texts; absent, it is empty.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Value::Array(items) = value else {
            self.mistyped(key, value, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text.trim().to_owned()),
                other => self.mistyped(key, other, "a text in the list"),
            }
        }
        texts
    }

    /// The value of a key, whatever it is.
    pub fn any(&mut self, key: &'static str) -> Option<&'d Value> {
        self.value(key)
    }

    /// The content of a table whose keys are free.
    pub fn free_table(&mut self, key: &'static str) -> Option<&'d Table> {
        match self.value(key)? {
            Value::Table(table) => Some(table),
            other => {
                self.mistyped(key, other, "a table");
                None
            }
        }
    }

    /// A table below this one.
    pub fn table(&mut self, key: &'static str) -> Option<Self> {
        let table = self.free_table(key)?;
        Some(Self {
            place: self.place(key),
            table,
            asked: Vec::new(),
            problems: self.problems,
        })
    }

    /// The tables `[[key]]` below this one; each is called by its id in problems.
    pub fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let items: Vec<&'d Table> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_table).collect(),
            _ => Vec::new(),
        };
        let all_tables = value.as_array().is_some_and(|array| array.len() == items.len());
        if !all_tables {
            self.mistyped(key, value, &format!("tables, each below a line [[{key}]]"));
        }
        let prefix = &self.place;
        (1..)
            .zip(items)
            .map(|(number, table)| Self {
                place: match table.get("id").and_then(Value::as_str) {
                    Some(id) => format!("{prefix}{key} {id}{SEPARATOR}"),
                    None => format!("{prefix}{key} number {number}{SEPARATOR}"),
                },
                table,
                asked: Vec::new(),
                problems: self.problems,
            })
            .collect()
    }

    /// Refuses the keys that nobody asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            if !self.asked.contains(&key.as_str()) {
                self.note(
                    key,
                    format_args!("there is no such key; {}", suggestion(key, &self.asked)),
                );
            }
        }
    }
}

const SEPARATOR: &str = " / ";

fn describe(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a point",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
