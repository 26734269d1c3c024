//! Comma-separated values, whatever the comma is.

use csv::{ReaderBuilder, StringRecord};

use super::{CELL_BYTES, Row};

pub(super) fn read(
    text: &str,
    delimiter: u8,
    quote: u8,
    wanted: &[&[String]],
    each: &mut dyn FnMut(u64, Row),
) -> Result<Vec<bool>, String> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .quote(quote)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    if header.iter().all(|name| name.trim().is_empty()) {
        return Err("it is empty: there is no line with names of columns".to_owned());
    }
    let places = places(&header, wanted)?;
    let is_last = |byte: u64| usize::try_from(byte).is_ok_and(|byte| byte >= text.len());
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| error.to_string())?
    {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|cell| cell.len() > CELL_BYTES) {
            return Err(format!(
                "line {line} has a cell of more than {CELL_BYTES} bytes: probably a quote that is not closed"
            ));
        }
        if record.len() != header.len() {
            if record.len() < header.len()
                && is_last(reader.position().byte())
                && !text.ends_with(['\n', '\r'])
            {
                return Err(format!("line {line} ends within a row: the file is cut off"));
            }
            let problem = format!("the line has {} cells, the header {}", record.len(), header.len());
            each(line, Err(problem));
            continue;
        }
        let cells = places
            .iter()
            .map(|place| record.get((*place)?).map(str::to_owned));
        each(line, Ok(cells.collect()));
    }
    Ok(places.iter().map(Option::is_some).collect())
}

/// For each field the place of its column.
fn places(header: &StringRecord, wanted: &[&[String]]) -> Result<Vec<Option<usize>>, String> {
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    let mut places = Vec::with_capacity(wanted.len());
    for candidates in wanted {
        let found = candidates
            .iter()
            .find_map(|name| Some((name, names.iter().position(|n| n == name)?)));
        if let Some((name, _)) = found
            && names.iter().filter(|other| *other == name).count() > 1
        {
            return Err(format!(
                "two columns are named '{name}': which counts cannot be known"
            ));
        }
        places.push(found.map(|(_, place)| place));
    }
    Ok(places)
}
