//! `punchgate cxml check FILE…`: reads documents as the gateway would and says what it makes of them.

mod roundtrip;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use punchgate_protocols::cxml::{Body, Document, Limits, Refusal, check::check, decode};
use serde_json::{Value, json};

use crate::out;

/// Commands on cXML documents.
#[derive(Debug, clap::Subcommand)]
pub(super) enum CxmlCommand {
    /// Reads documents: kind, parties, lines, totals, findings with line and column; exit 1 if one is refused
    Check(CheckArgs),
}

/// Arguments of `cxml check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// The documents
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Prints a JSON array, one object a document
    #[arg(long)]
    json: bool,
    /// Writes each order and profile request anew from what was read, reads that, and compares; a difference
    /// counts as refused
    #[arg(long)]
    roundtrip: bool,
}

/// What became of one file.
struct Checked {
    file: String,
    outcome: Outcome,
    /// What the reader tells people, as data.
    report: Value,
    roundtrip: Option<roundtrip::Comparison>,
}

enum Outcome {
    Unreadable(String),
    Refused(Box<Refusal>),
    Read(Box<Document>),
}

pub(super) fn run(command: CxmlCommand) -> ExitCode {
    let CxmlCommand::Check(args) = command;
    let all: Vec<Checked> = args
        .files
        .iter()
        .map(|file| Checked::of(file, args.roundtrip))
        .collect();
    if args.json {
        out::json(&all.iter().map(Checked::json).collect::<Vec<Value>>());
    } else {
        for checked in &all {
            out::line(checked.text());
        }
    }
    match all.iter().all(Checked::is_good) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

impl Checked {
    fn of(path: &Path, with_roundtrip: bool) -> Self {
        let file = path.display().to_string();
        match fs::read(path) {
            Ok(bytes) => Self::of_bytes(file, &bytes, with_roundtrip),
            Err(error) => Self {
                file,
                outcome: Outcome::Unreadable(error.to_string()),
                report: Value::Null,
                roundtrip: None,
            },
        }
    }

    fn of_bytes(file: String, bytes: &[u8], with_roundtrip: bool) -> Self {
        let limits = Limits::default();
        let report = serde_json::to_value(check(bytes, &limits)).unwrap_or_default();
        let (outcome, roundtrip) = match decode(bytes, None, &limits) {
            Ok(document) => {
                let comparison = with_roundtrip.then(|| roundtrip::compare(&document));
                (Outcome::Read(Box::new(document)), comparison)
            }
            Err(refusal) => (Outcome::Refused(Box::new(refusal)), None),
        };
        Self {
            file,
            outcome,
            report,
            roundtrip,
        }
    }

    fn is_good(&self) -> bool {
        // A kind that nobody knows is named by a finding: what it says of itself could be read.
        let is_read = matches!(self.outcome, Outcome::Read(_));
        let differs = self
            .roundtrip
            .as_ref()
            .is_some_and(|comparison| comparison.differs());
        is_read && !differs
    }

    fn json(&self) -> Value {
        let mut object = json!({ "file": self.file });
        match &self.outcome {
            Outcome::Unreadable(problem) => {
                object["outcome"] = json!("unreadable");
                object["problem"] = json!(problem);
            }
            Outcome::Refused(refusal) => {
                object["outcome"] = json!("refused");
                object["kind"] = json!(refusal.kind);
                object["refusal"] = json!({
                    "code": refusal.code,
                    "text": refusal.text,
                    "line": refusal.line,
                    "column": refusal.column,
                    "status": refusal.status,
                });
            }
            Outcome::Read(document) => {
                object["outcome"] = json!("read");
                object["kind"] = json!(document.body.name());
                object["handled"] = json!(is_handled(&document.body));
                object["findings"] = json!(document.findings);
            }
        }
        object["report"] = self.report.clone();
        if let Some(comparison) = &self.roundtrip {
            object["roundtrip"] = comparison.json();
        }
        object
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        match &self.outcome {
            Outcome::Unreadable(problem) => lines.push(format!("{}: cannot be read: {problem}", self.file)),
            Outcome::Refused(refusal) => lines.push(format!("{}:{refusal}; refused", self.file)),
            Outcome::Read(document) => {
                let handled = match &document.body {
                    Body::KnownUnread { .. } => ", a kind of cXML that is not handled here",
                    Body::Unknown { .. } => ", no kind of cXML",
                    _ => "",
                };
                lines.push(format!("{}: {}{handled}", self.file, document.body.name()));
                lines.extend(summary(document));
                for finding in &document.findings {
                    lines.push(format!(
                        "  {}:{}: {} ({}) at {}",
                        finding.line, finding.column, finding.text, finding.code, finding.path
                    ));
                }
            }
        }
        if let Some(comparison) = &self.roundtrip {
            lines.push(format!("  {comparison}"));
        }
        lines.join("\n")
    }
}

fn is_handled(body: &Body) -> bool {
    !matches!(body, Body::KnownUnread { .. } | Body::Unknown { .. })
}

/// The facts that a person looks for first.
fn summary(document: &Document) -> Vec<String> {
    let envelope = &document.envelope;
    let mut lines = vec![format!("  payloadID {}", envelope.payload_id)];
    for (party, credentials) in [
        ("From", &envelope.from),
        ("To", &envelope.to),
        ("Sender", &envelope.sender),
    ] {
        for credential in credentials {
            lines.push(format!("  {party} {} {}", credential.domain, credential.identity));
        }
    }
    if let Body::OrderRequest(order) = &document.body {
        lines.push(format!(
            "  order {}, {} lines",
            order.order_number,
            order.lines.len()
        ));
    }
    lines
}

#[cfg(test)]
mod tests;
