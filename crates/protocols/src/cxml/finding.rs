//! What reading has to say about a document: findings (read all the same) and the refusal (not read).
//!
//! Codes are stable kebab-case names; texts are for people and say what to do. Neither ever quotes a
//! secret or a card number.

use std::fmt;

use serde::Serialize;

use super::{card_number, envelope::Envelope};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing was lost.
    Info,
    /// Against the rules, but its meaning is clear.
    Warning,
    /// Its meaning is not clear: a person should look before the document is acted on.
    Error,
}

/// Something about a document that was read nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable kebab-case name.
    pub code: &'static str,
    /// For people: what is odd and what to do.
    pub text: String,
    /// Line in the decoded document, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The element's path, such as `cXML/Header/From`.
    pub path: String,
}

/// Why a document was not read.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub text: String,
    /// Line in the decoded document, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The cXML Status that answers it: 406 unreadable, 499 too large, 400 readable but unusable,
    /// 450 not implemented.
    pub status: u16,
    /// The kind of the document as far as it can be told (`OrderRequest`), also where it is malformed:
    /// what decides whether it goes to quarantine.
    pub kind: Option<String>,
    /// The envelope, where it could be read: so that the sender is authenticated before it is told more.
    pub envelope: Option<Box<Envelope>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} ({})", self.line, self.column, self.text, self.code)
    }
}

impl std::error::Error for Refusal {}

/// Line and column, from 1, of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (u32, u32) {
    let mut counter = PositionCounter::new(text);
    counter.advance_to(offset)
}

/// Counts lines and columns over ascending offsets, in one pass over the text.
pub(crate) struct PositionCounter<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'t> PositionCounter<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// The position of an offset that is not smaller than the last one; past the end means the end.
    pub(crate) fn advance_to(&mut self, offset: usize) -> (u32, u32) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        if let Some(piece) = self.text.get(self.offset..end) {
            for character in piece.chars() {
                if character == '\n' {
                    self.line = self.line.saturating_add(1);
                    self.column = 1;
                } else {
                    self.column = self.column.saturating_add(1);
                }
            }
            self.offset = end;
        }
        (self.line, self.column)
    }
}

/// A finding before its position is counted.
struct Raw {
    severity: Severity,
    code: &'static str,
    text: String,
    offset: usize,
    path: String,
}

/// Collects findings while a document is read.
pub(crate) struct Findings {
    raw: Vec<Raw>,
    left_off: u32,
    unknown_elements: u32,
}

/// More findings than this help nobody; the rest is counted.
const MOST_FINDINGS: usize = 200;

impl Findings {
    pub(crate) fn new() -> Self {
        Self {
            raw: Vec::new(),
            left_off: 0,
            unknown_elements: 0,
        }
    }

    /// Notes a finding; `path` is only asked for if there is room for it.
    pub(crate) fn note(
        &mut self,
        severity: Severity,
        code: &'static str,
        offset: usize,
        path: impl FnOnce() -> String,
        text: impl Into<String>,
    ) {
        if self.raw.len() >= MOST_FINDINGS {
            self.left_off = self.left_off.saturating_add(1);
            return;
        }
        self.raw.push(Raw {
            severity,
            code,
            text: text.into(),
            offset,
            path: path(),
        });
    }

    /// Counts an element that no grammar we know has at this place.
    pub(crate) fn count_unknown_element(&mut self) {
        self.unknown_elements = self.unknown_elements.saturating_add(1);
    }

    pub(crate) fn unknown_elements(&self) -> u32 {
        self.unknown_elements
    }

    /// The findings in document order, positions counted in one pass; the tree's input begins at `start` of the
    /// text.
    pub(crate) fn into_findings(mut self, text: &str, start: usize) -> Vec<Finding> {
        self.raw.sort_by_key(|raw| raw.offset);
        let mut counter = PositionCounter::new(text);
        let mut findings: Vec<Finding> = self
            .raw
            .into_iter()
            .map(|raw| {
                let (line, column) = counter.advance_to(start.saturating_add(raw.offset));
                Finding {
                    severity: raw.severity,
                    code: raw.code,
                    text: card_number::blank(&raw.text).into_owned(),
                    line,
                    column,
                    path: raw.path,
                }
            })
            .collect();
        if self.left_off > 0 {
            findings.push(Finding {
                severity: Severity::Warning,
                code: "findings-left-off",
                text: format!(
                    "{} further findings are not listed; mend these first.",
                    self.left_off
                ),
                line: 1,
                column: 1,
                path: String::new(),
            });
        }
        findings
    }
}
