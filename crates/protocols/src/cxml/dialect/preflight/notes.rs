//! What is said about one line.

use super::{LineWarning, Severity, WarningCode};

/// Why a line is left out.
#[derive(Debug)]
pub(super) struct Stop {
    code: WarningCode,
    text: String,
}

impl Stop {
    pub(super) fn new(code: WarningCode, text: String) -> Self {
        Self { code, text }
    }
}

/// The warnings of one line.
#[derive(Debug)]
pub(super) struct Notes {
    line: Option<usize>,
    warnings: Vec<LineWarning>,
}

impl Notes {
    pub(super) fn new(line: Option<usize>) -> Self {
        Self {
            line,
            warnings: Vec::new(),
        }
    }

    pub(super) fn into_warnings(self) -> Vec<LineWarning> {
        self.warnings
    }

    /// A stopped line says only why it was stopped: what was repaired on the way never goes out.
    pub(super) fn stopped(&mut self, stop: Stop) {
        self.warnings.clear();
        self.left_out(stop);
    }

    pub(super) fn left_out(&mut self, stop: Stop) {
        self.add(Severity::Stopped, stop.code, stop.text);
    }

    pub(super) fn repaired(&mut self, code: WarningCode, text: String) {
        self.add(Severity::Repaired, code, text);
    }

    pub(super) fn warning(&mut self, code: WarningCode, text: String) {
        self.add(Severity::Warning, code, text);
    }

    fn add(&mut self, severity: Severity, code: WarningCode, text: String) {
        self.warnings.push(LineWarning {
            line: self.line,
            severity,
            code,
            text,
        });
    }
}
