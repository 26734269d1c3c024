//! Mappings as a table: what spreadsheets write, read with every wrong line named, and written so that it reads again.

use punchgate_app::directory::{
    MappingKind,
    entries::{MappingEntry, MappingProblem, StoredMapping},
};

/// The columns that are read, in the order in which they are written.
const COLUMNS: [&str; 3] = ["kind", "source", "target"];
/// What is written beside them, and passed over when it is read.
const ORIGIN: &str = "origin";
/// Most lines of a table.
const MOST: usize = 10_000;

/// Entries with the lines on which they stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingTable {
    /// The entries.
    pub(crate) entries: Vec<MappingEntry>,
    lines: Vec<u64>,
}

impl MappingTable {
    /// Reads a table whose first line names the columns, with commas or semicolons between them; a byte order mark and
    /// further columns are passed over. An empty target takes the entry away. What is wrong is told line by line.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<String>> {
        // A form sends line ends of two characters, after which the reader counts its lines one short.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let header = text.lines().next().unwrap_or_default();
        let delimiter = match header.contains(',') {
            false if header.contains(';') => b';',
            false if header.contains('\t') => b'\t',
            _ => b',',
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| vec![error.to_string()])?.clone();
        let place = |name: &str| {
            let mut cells = header.iter();
            cells.position(|cell| cell.trim().eq_ignore_ascii_case(name))
        };
        let [Some(kind), Some(source), Some(target)] = COLUMNS.map(place) else {
            return Err(vec![format!(
                "line 1: it names the columns {}; a column of these is missing",
                COLUMNS.join(", ")
            )]);
        };
        let (mut table, mut wrong) = (Self::default(), Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    wrong.push(error.to_string());
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
            let (kind, source, target) = (cell(kind), cell(source), cell(target));
            if [&kind, &source, &target].iter().all(|cell| cell.is_empty()) {
                continue;
            }
            match MappingKind::parse(&kind) {
                None => wrong.push(format!("line {line}: '{kind}' is none of {}", kinds())),
                Some(kind) => {
                    table.lines.push(line);
                    table.entries.push(MappingEntry {
                        kind,
                        source,
                        target: (!target.is_empty()).then_some(target),
                    });
                }
            }
        }
        match (wrong.is_empty(), table.entries.len()) {
            (false, _) => Err(wrong),
            (true, 0) => Err(vec![
                "there is no line below the first: nothing to enter".to_owned(),
            ]),
            (true, count) if count > MOST => Err(vec![format!(
                "there are {count} lines, and at most {MOST} are taken at once"
            )]),
            (true, _) => Ok(table),
        }
    }

    /// What is wrong with an entry, under its line.
    pub(crate) fn told(&self, problem: &MappingProblem) -> String {
        let line = self.lines.get(problem.place).copied().unwrap_or_default();
        format!("line {line}: {}", problem.details)
    }

    /// All mappings as a table.
    pub(crate) fn write(all: &[StoredMapping]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let [kind, source, target] = COLUMNS;
        writer.write_record([kind, source, target, ORIGIN])?;
        for one in all {
            let origin = if one.declared { "declared" } else { "entered" };
            writer.write_record([one.kind.as_str(), &one.source, &one.target, origin])?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

fn kinds() -> String {
    let names: Vec<&str> = MappingKind::ALL.iter().map(|kind| kind.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shown = (&'static str, &'static str, Option<&'static str>);

    fn entry((kind, source, target): Shown) -> MappingEntry {
        MappingEntry {
            kind: MappingKind::parse(kind).unwrap(),
            source: source.to_owned(),
            target: target.map(str::to_owned),
        }
    }

    #[test]
    fn tables_as_spreadsheets_write_them() {
        let expected: Vec<MappingEntry> = [
            ("unit", "PCE", Some("EA")),
            ("ship_to", "DOCK, 7", Some("C-1")),
            ("part", "X", None),
        ]
        .map(entry)
        .into();
        for text in [
            "\u{feff}Kind,Source,Target,Note\r\nunit, PCE ,EA,pieces\r\nship_to,\"DOCK, 7\",C-1\r\npart,X,\r\n",
            "kind;source;target\nunit;PCE;EA\n;;\nship_to;DOCK, 7;C-1\npart;X;\n",
            "target\tkind\tsource\nEA\tunit\tPCE\nC-1\tship_to\tDOCK, 7\n\tpart\tX\n",
        ] {
            assert_eq!(MappingTable::read(text).unwrap().entries, expected, "{text}");
        }
    }

    #[test]
    fn every_wrong_line_is_named() {
        for (text, expected) in [
            ("", vec!["line 1: it names the columns"]),
            ("kind,source\nunit,PCE\n", vec!["line 1: it names the columns"]),
            ("kind,source,target\n", vec!["there is no line"]),
            (
                "kind,source,target\nunits,BX,BOX\nunit,PCE,EA\nparts,A,B\n",
                vec!["line 2: 'units' is none of", "line 4: 'parts' is none of"],
            ),
            // As a form sends it.
            (
                "kind,source,target\r\nunit,PCE,EA\r\nunits,BX,BOX\r\n",
                vec!["line 3: 'units' is none of"],
            ),
        ] {
            let found = MappingTable::read(text).unwrap_err();
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(expected), "{text}: {found}");
            }
        }
    }

    #[test]
    fn what_is_written_reads_again() {
        let all = [StoredMapping {
            kind: MappingKind::Customer,
            source: "12 \"Mill\" Road, Dayton".to_owned(),
            target: "C-1001".to_owned(),
            declared: false,
        }];
        let text = String::from_utf8(MappingTable::write(&all).unwrap()).unwrap();
        let table = MappingTable::read(&text).unwrap();
        assert_eq!(
            table.entries,
            [entry(("customer", "12 \"Mill\" Road, Dayton", Some("C-1001")))]
        );
        let problem = MappingProblem {
            place: 0,
            details: "is odd".to_owned(),
        };
        assert_eq!(table.told(&problem), "line 2: is odd");
    }
}
