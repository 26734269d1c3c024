//! Keeps the ledger's records as JSON lines, so that a killed ERP knows its orders again.
//!
//! Every line is a whole record; the last one of a key counts. A torn last line is dropped.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{account::Account, document::Issued, order::Order};
use crate::DemoError;

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Account(Account),
    Order(Order),
    Document(Issued),
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens `erp.jsonl` in the folder, making both if need be.
    pub(super) fn open(folder: &Path) -> Result<Self, DemoError> {
        let path = folder.join("erp.jsonl");
        let failed = |error: std::io::Error| DemoError::Journal {
            path: path.clone(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        Ok(Self { path, file })
    }

    /// All records in the order of their writing; cuts off a line that a kill left unfinished.
    pub(super) fn read(&mut self) -> Result<Vec<Record>, DemoError> {
        let mut text = String::new();
        self.file
            .read_to_string(&mut text)
            .map_err(|error| self.failed(&error))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            let length = u64::try_from(whole).unwrap_or_default();
            self.file.set_len(length).map_err(|error| self.failed(&error))?;
        }
        text[..whole]
            .lines()
            .enumerate()
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|error| DemoError::Journal {
                    path: self.path.clone(),
                    reason: format!("line {}: {error}", index + 1),
                })
            })
            .collect()
    }

    /// Appends records; they survive the end of this process.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), DemoError> {
        let mut text = Vec::new();
        for record in records {
            serde_json::to_writer(&mut text, record).map_err(|error| self.failed(&error))?;
            text.push(b'\n');
        }
        self.file.write_all(&text).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &impl ToString) -> DemoError {
        DemoError::Journal {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}
