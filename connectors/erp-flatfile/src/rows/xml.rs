//! Elements as rows. No document type is read, so no entity of its own can be: what is not predefined refuses the file.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

use super::{CELL_BYTES, Row};

/// Deepest element.
const DEPTH: usize = 64;

/// The values in an element and below it, by their paths.
type Values = BTreeMap<String, String>;

pub(super) fn read(
    text: &str,
    path: &[String],
    wanted: &[&[String]],
    each: &mut dyn FnMut(u64, Row),
) -> Result<Vec<bool>, String> {
    let mut reader = Reader::from_str(text);
    let mut open = Open {
        path,
        names: Vec::new(),
        values: Vec::new(),
    };
    let mut number = 0;
    let mut has = vec![false; wanted.len()];
    let each: &mut dyn FnMut(u64, Row) = &mut |number, row: Row| {
        super::note_columns(&mut has, row.as_deref().unwrap_or_default());
        each(number, row);
    };
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event();
        let event = event.map_err(|error| format!("it is not XML, or cut off, at byte {at}: {error}"))?;
        match event {
            Event::Start(start) => open.enter(&start)?,
            Event::Empty(start) => {
                open.enter(&start)?;
                open.leave(wanted, &mut number, each);
            }
            Event::End(_) => open.leave(wanted, &mut number, each),
            Event::Text(text) => open.text(&text.xml10_content())?,
            Event::CData(data) => open.text(&data)?,
            Event::GeneralRef(reference) => open.text(&resolved(&reference)?)?,
            Event::DocType(_) => {
                return Err("it has a document type, which is not read: leave it out".to_owned());
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if !open.names.is_empty() {
        return Err(format!(
            "it ends within <{}>: it is cut off",
            open.names.join("><")
        ));
    }
    Ok(has)
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    match &**reference {
        "amp" => Ok("&".to_owned()),
        "lt" => Ok("<".to_owned()),
        "gt" => Ok(">".to_owned()),
        "quot" => Ok("\"".to_owned()),
        "apos" => Ok("'".to_owned()),
        other => Err(format!("&{other}; is not known: write the character itself")),
    }
}

/// The elements that are open, with the values of those that stand on the path of the rows.
struct Open<'a> {
    path: &'a [String],
    names: Vec<String>,
    values: Vec<Values>,
}

impl Open<'_> {
    /// How many of the open elements stand on the path.
    fn on_path(&self) -> usize {
        let pairs = self.names.iter().zip(self.path);
        pairs.take_while(|(name, wanted)| name == wanted).count()
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.names.len() >= DEPTH {
            return Err(format!("elements lie more than {DEPTH} deep"));
        }
        self.names.push(start.local_name().as_ref().to_owned());
        let level = self.on_path();
        match self.names.get(level..).unwrap_or_default() {
            [] => self.values.push(Values::new()),
            // Also one with nothing in it is there.
            below => {
                let key = below.join("/");
                if let Some(values) = self.values.last_mut() {
                    values.entry(key).or_default();
                }
            }
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| format!("an attribute cannot be read: {error}"))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            let value = quick_xml::escape::unescape(&attribute.value);
            let value = value.map_err(|error| error.to_string())?.into_owned();
            let key = match self.names.get(level..).unwrap_or_default() {
                [] => format!("@{name}"),
                below => format!("{}/@{name}", below.join("/")),
            };
            if let Some(values) = self.values.last_mut() {
                values.entry(key).or_insert(value);
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let level = self.on_path();
        let below = self.names.get(level..).unwrap_or_default();
        let key = if below.is_empty() {
            ".".to_owned()
        } else {
            below.join("/")
        };
        let Some(values) = self.values.last_mut() else {
            return Ok(());
        };
        let value = values.entry(key).or_default();
        value.push_str(text);
        match value.len() > CELL_BYTES {
            true => Err(format!(
                "<{}> has more than {CELL_BYTES} bytes of text",
                self.names.join("><")
            )),
            false => Ok(()),
        }
    }

    fn leave(&mut self, wanted: &[&[String]], number: &mut u64, each: &mut dyn FnMut(u64, Row)) {
        let level = self.on_path();
        if level == self.names.len() {
            if level == self.path.len() {
                *number += 1;
                each(*number, Ok(self.cells(wanted)));
            }
            self.values.pop();
        }
        self.names.pop();
    }

    fn cells(&self, wanted: &[&[String]]) -> Vec<Option<String>> {
        let cells = wanted.iter().map(|names| {
            let found: Vec<String> = names.iter().filter_map(|name| self.cell(name)).collect();
            let stated = found.iter().find(|text| !text.trim().is_empty());
            stated.or(found.first()).cloned()
        });
        cells.collect()
    }

    fn cell(&self, name: &str) -> Option<String> {
        let mut rest = name;
        let mut level = self.values.len().checked_sub(1)?;
        while let Some(outer) = rest.strip_prefix("../") {
            rest = outer;
            level = level.checked_sub(1)?;
        }
        self.values.get(level)?.get(rest).cloned()
    }
}
