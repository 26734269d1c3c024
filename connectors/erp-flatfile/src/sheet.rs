//! A file of a feed, read row by row: the rows that fit go on, the others are told.

use crate::{
    cell::{Misread, shown},
    convert,
    feed::{Extent, Feed},
    fields::{BETWEEN, Fields, Misfit},
    rows::{self, Format},
    text,
};

/// Most bad rows of which it is told what is wrong with them. Of all others it is known all the same which they are:
/// none of them counts as gone.
pub(crate) const MOST_TOLD: usize = 10_000;

/// Stands for the value of a column that a row must have and has not.
const NO_COLUMN: &str = "(the row has no such column)";

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// Line of the file (CSV), or number of the row.
    pub(crate) row: u64,
    /// The key of what it is about, if that could be read.
    pub(crate) key: Option<String>,
    /// The column.
    pub(crate) column: String,
    pub(crate) value: String,
    pub(crate) problem: String,
    pub(crate) remedy: String,
    /// Whether the row counts all the same, read as strictly as it may be meant.
    pub(crate) counts: bool,
}

impl BadRow {
    /// Which it is, and no more.
    fn untold(self) -> Self {
        Self {
            row: self.row,
            key: self.key,
            column: String::new(),
            value: String::new(),
            problem: "it cannot be read".to_owned(),
            remedy: String::new(),
            counts: self.counts,
        }
    }
}

/// What a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) rows: u64,
    pub(crate) bad: Vec<BadRow>,
}

/// Reads a file. `each` takes a row with its key, or says what does not fit; an error refuses the file as a whole.
pub(crate) fn read(
    feed: &Feed,
    bytes: &[u8],
    extent: Extent,
    mut each: impl FnMut(u64, &Fields<'_>) -> Result<(), (Option<String>, Misfit)>,
) -> Result<Summary, String> {
    let text = text::decode(bytes, feed.encoding)?;
    let mut summary = Summary::default();
    let wanted = feed.columns.wanted();
    let has = rows::read(&text, &feed.format, &wanted, &mut |row, cells| {
        summary.rows += 1;
        let wrong = match cells {
            Ok(cells) => {
                let lacking = feed.columns.lacking(&cells);
                let values = feed.columns.fields_of(cells);
                one(feed, row, (&values, &lacking), &mut each)
            }
            Err(problem) => Some(BadRow {
                row,
                key: None,
                column: String::new(),
                value: String::new(),
                problem,
                remedy: "correct the row in the ERP and send it again".to_owned(),
                counts: false,
            }),
        };
        if let Some(wrong) = wrong {
            let is_told = summary.bad.len() < MOST_TOLD;
            summary.bad.push(if is_told { wrong } else { wrong.untold() });
        }
    })?;
    // Where rows name their own columns, a file of changes may lack one that none of them has.
    let by_header = matches!(feed.format, Format::Csv { .. });
    let counts = by_header || (extent == Extent::Full && summary.rows > 0);
    if let Some(missing) = feed.columns.missing(&has).filter(|_| counts) {
        let (place, what) = match by_header {
            true => ("it has no column", "the file's header"),
            false => (
                "none of its rows has",
                "the file: write it in every row, be it empty",
            ),
        };
        return Err(format!(
            "{place} '{missing}': correct `columns` of the feed {}, or {what}",
            feed.name()
        ));
    }
    // Few rows may be bad as a whole; from ten on it is the settings that do not fit the file.
    let share = u64::from(feed.max_bad_percent);
    let bad = u64::try_from(summary.bad.len()).unwrap_or(u64::MAX);
    if bad >= 10 && bad * 100 > summary.rows * share {
        let first = summary
            .bad
            .first()
            .map(|bad| format!("row {}, {}: {}; {}", bad.row, bad.column, bad.problem, bad.remedy));
        return Err(format!(
            "{bad} of {} rows cannot be read, more than {share} %; the first: {}",
            summary.rows,
            first.unwrap_or_default()
        ));
    }
    Ok(summary)
}

fn one(
    feed: &Feed,
    row: u64,
    (values, lacking): (&[String], &[&'static str]),
    each: &mut impl FnMut(u64, &Fields<'_>) -> Result<(), (Option<String>, Misfit)>,
) -> Option<BadRow> {
    let mut fields = Fields {
        names: feed.columns.fields,
        values: values.iter().map(String::as_str).collect(),
        style: &feed.style,
    };
    let mut lacking = lacking.to_vec();
    if let Some(doubtful) = convert::doubtful(feed.kind) {
        // A row that lacks it counts as one in which nobody can read it.
        lacking.retain(|field| {
            let is_doubtful = *field == doubtful;
            if is_doubtful {
                fields.set(field, NO_COLUMN);
            }
            !is_doubtful
        });
    }
    let control = values
        .iter()
        .zip(feed.columns.fields)
        .find(|(value, _)| value.contains(BETWEEN));
    let result = match (control, lacking.first()) {
        (None, None) => each(row, &fields),
        (None, Some(field)) => {
            let remedy = "write it in every row, be it empty";
            let misread = Misread::new("the row has no such column", remedy);
            // Which row it is, it says all the same.
            let key = convert::key_of(feed.kind, &fields).ok();
            Err((key, fields.misfit(field, misread)))
        }
        (Some((_, field)), _) => Err((
            None,
            fields.misfit(
                field,
                Misread::new("a control character stands in it", "remove it"),
            ),
        )),
    };
    result.err().map(|(key, misfit)| BadRow {
        row,
        key,
        column: feed.columns.name_of(misfit.field),
        value: shown(&misfit.value),
        problem: misfit.misread.problem,
        remedy: misfit.misread.remedy,
        counts: false,
    })
}

/// The report about a file's bad rows, for whoever sent it, as CSV.
pub(crate) fn report(bad: &[BadRow]) -> Vec<u8> {
    let mut text = String::from("\u{feff}row,key,column,value,problem,remedy\r\n");
    for row in bad.iter().take(MOST_TOLD) {
        let number = row.row.to_string();
        let key = row.key.as_deref().unwrap_or_default();
        let cells = [
            number.as_str(),
            key,
            &row.column,
            &row.value,
            &row.problem,
            &row.remedy,
        ];
        let cells: Vec<String> = cells.into_iter().map(quoted).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    if let Some(more) = bad.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        text.push_str(&format!("\"\",\"\",\"\",\"\",\"and {more} rows more\",\"\"\r\n"));
    }
    text.into_bytes()
}

/// A cell of a report or of an order that a person may open in a table. One that a table would take for a formula gets an
/// apostrophe in front, which stays in the value for whoever reads the file by a program; a negative number is one, too.
pub(crate) fn quoted(cell: &str) -> String {
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_holds_no_formula() {
        let bad = BadRow {
            row: 7,
            key: Some("=HYPERLINK(\"http://evil.example\")".to_owned()),
            column: "KLIMK".to_owned(),
            value: "@SUM(A1)".to_owned(),
            problem: "a \"quoted\", one".to_owned(),
            remedy: "-1".to_owned(),
            counts: false,
        };
        let text = String::from_utf8(report(&[bad])).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert_eq!(
            line,
            "\"7\",\"'=HYPERLINK(\"\"http://evil.example\"\")\",\"KLIMK\",\"'@SUM(A1)\",\"a \"\"quoted\"\", one\",\"'-1\""
        );
    }
}
