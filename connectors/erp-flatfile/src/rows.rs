//! Text of a file → rows of cells, in the order of the wanted columns. A bad row never loses the others.

mod csv;
mod json;
mod xml;

/// What a file is written in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// Columns by the names in the first line.
    Csv { delimiter: u8, quote: u8 },
    /// An element per row, at this path from the root; columns are paths below it, `@name` is an attribute, `../name`
    /// stands in the element around it.
    Xml { rows: Vec<String> },
    /// A list of objects, or one object a line. Where a path is given, rows lie in the list there, and `../name` stands
    /// in the object around it.
    Json { rows: Vec<String> },
}

/// Longest cell: what is longer is a quote that was not closed, and has swallowed the rows behind it.
const CELL_BYTES: usize = 64 << 10;

/// A row's cells, or what is wrong with it. None: the row has no such column; what is there and says nothing is empty.
pub(crate) type Row = Result<Vec<Option<String>>, String>;

/// Reads rows. `each` is told the number of the line in CSV, of the row else. Answers for which of the wanted columns
/// the file has one: its header, or any of its rows. An error is about the file as a whole.
pub(crate) fn read(
    text: &str,
    format: &Format,
    wanted: &[&[String]],
    each: &mut dyn FnMut(u64, Row),
) -> Result<Vec<bool>, String> {
    match format {
        Format::Csv { delimiter, quote } => csv::read(text, *delimiter, *quote, wanted, each),
        Format::Xml { rows } => xml::read(text, rows, wanted, each),
        Format::Json { rows } => json::read(text, rows, wanted, each),
    }
}

/// Notes which columns a row has.
fn note_columns(has: &mut [bool], cells: &[Option<String>]) {
    for (has, cell) in has.iter_mut().zip(cells) {
        *has |= cell.is_some();
    }
}
