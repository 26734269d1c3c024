//! `punchgate check-config`: everything that is wrong, at once; and what is right, but most likely not meant.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use crate::{
    config::{Config, ConfigProblem},
    out,
};

pub(super) fn run(file: Option<&Path>) -> ExitCode {
    let problems = Config::problems(file);
    if problems.is_empty() {
        out::line("The configuration is valid.");
        for note in Config::load(file)
            .map(|config| config.notes())
            .unwrap_or_default()
        {
            out::notice(format!("Note: {note}"));
        }
        return ExitCode::SUCCESS;
    }
    out::notice(listed(&problems));
    ExitCode::FAILURE
}

pub(super) fn listed(problems: &[ConfigProblem]) -> String {
    let mut text = match problems.len() {
        1 => "1 problem in the configuration:".to_owned(),
        count => format!("{count} problems in the configuration:"),
    };
    for problem in problems {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {problem}");
    }
    text
}
