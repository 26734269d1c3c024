//! A list of objects, or one object a line. Numbers keep their text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Value};

use super::Row;

pub(super) fn read(
    text: &str,
    path: &[String],
    wanted: &[&[String]],
    each: &mut dyn FnMut(u64, Row),
) -> Result<Vec<bool>, String> {
    let mut rows = Rows {
        path,
        wanted,
        each,
        number: 0,
        has: vec![false; wanted.len()],
    };
    let mut deserializer = Deserializer::from_str(text);
    if text.trim_start().starts_with('[') {
        (&mut deserializer)
            .deserialize_seq(&mut rows)
            .map_err(|error| told(&error))?;
        deserializer.end().map_err(|error| told(&error))?;
    } else {
        for value in deserializer.into_iter::<Value>() {
            rows.record(&value.map_err(|error| told(&error))?);
        }
    }
    Ok(rows.has)
}

fn told(error: &serde_json::Error) -> String {
    format!("it is not JSON, or cut off: {error}")
}

struct Rows<'a> {
    path: &'a [String],
    wanted: &'a [&'a [String]],
    each: &'a mut dyn FnMut(u64, Row),
    number: u64,
    /// Which of the wanted columns any row has had.
    has: Vec<bool>,
}

impl Rows<'_> {
    fn record(&mut self, record: &Value) {
        if !record.is_object() {
            self.number += 1;
            (self.each)(self.number, Err("it is no object".to_owned()));
            return;
        }
        self.below(&mut vec![record], 0);
    }

    fn below(&mut self, around: &mut Vec<&Value>, depth: usize) {
        let Some(key) = self.path.get(depth) else {
            self.number += 1;
            let row = cells(around, self.wanted);
            super::note_columns(&mut self.has, row.as_deref().unwrap_or_default());
            (self.each)(self.number, row);
            return;
        };
        let last = around.last().copied();
        let inner = last.and_then(|value| value.get(key));
        let list = match inner {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![one],
        };
        for value in list {
            around.push(value);
            self.below(around, depth + 1);
            around.pop();
        }
    }
}

fn cells(around: &[&Value], wanted: &[&[String]]) -> Row {
    wanted
        .iter()
        .map(|names| {
            let mut found = None;
            for name in *names {
                match cell(around, name)? {
                    Some(text) if text.is_empty() => found = found.or(Some(text)),
                    Some(text) => return Ok(Some(text)),
                    None => {}
                }
            }
            Ok(found)
        })
        .collect()
}

fn cell(around: &[&Value], name: &str) -> Result<Option<String>, String> {
    let mut rest = name;
    let mut level = around.len().saturating_sub(1);
    while let Some(outer) = rest.strip_prefix("../") {
        rest = outer;
        let Some(up) = level.checked_sub(1) else {
            return Ok(None);
        };
        level = up;
    }
    let mut value = around.get(level).copied();
    for key in rest.split('/') {
        value = value.and_then(|value| value.get(key));
    }
    match value {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Bool(flag)) => Ok(Some(if *flag { "yes" } else { "no" }.to_owned())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("'{name}' is a list or an object, not a value")),
    }
}

impl<'de> Visitor<'de> for &mut Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    /// One object at a time: the list may be long.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(One(self))?.is_some() {}
        Ok(())
    }
}

struct One<'a, 'b>(&'a mut Rows<'b>);

impl<'de> DeserializeSeed<'de> for One<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = <Value as serde::Deserialize>::deserialize(deserializer)?;
        self.0.record(&value);
        Ok(())
    }
}
