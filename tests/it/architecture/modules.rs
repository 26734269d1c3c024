//! Which modules may name which paths: applies the module rules to the sources.

use super::paths::{Index, Occurrence, Source};
use super::{Place, Violation};

/// Files below a folder that must not name some paths.
pub(super) struct ModuleRule {
    pub(super) scope: &'static str,
    /// As in code: `sqlx`, `crate::http` (of the same crate), `std::env`.
    pub(super) never: &'static [&'static str],
    /// Whether code that is compiled for tests only must keep the rule too.
    pub(super) in_tests: bool,
    pub(super) why: &'static str,
}

/// Every path that a source names although a rule forbids it there.
pub(super) fn violations(sources: &[Source], rules: &[ModuleRule]) -> Vec<Violation> {
    let mut index = Index::default();
    let mut found = Vec::new();
    let mut read = Vec::new();
    for source in sources {
        match index.read(source) {
            Ok(occurrences) => read.push((source, occurrences)),
            Err(error) => found.push(Violation {
                rule: "readable",
                place: source.place.clone(),
                what: error.to_string(),
                why: "a source that does not parse cannot be checked",
            }),
        }
    }
    for (source, occurrences) in &read {
        for rule in rules.iter().filter(|rule| Place(&source.place).is_in(rule.scope)) {
            found.extend(
                occurrences
                    .iter()
                    .filter_map(|occurrence| broken(&index, source, occurrence, rule)),
            );
        }
    }
    found.dedup();
    found
}

fn broken(index: &Index, source: &Source, occurrence: &Occurrence, rule: &ModuleRule) -> Option<Violation> {
    if !rule.in_tests && index.in_tests(occurrence) {
        return None;
    }
    let candidates = index.resolve(occurrence);
    let named = rule.never.iter().find(|never| {
        let forbidden: Vec<&str> = never.split("::").collect();
        candidates
            .iter()
            .any(|path| reaches(path, occurrence, &forbidden))
    })?;
    Some(Violation {
        rule: "module",
        place: source.place.clone(),
        what: format!("line {} names {named} ({})", occurrence.line, written(occurrence)),
        why: rule.why,
    })
}

/// A path reaches what is forbidden if it lies within it; a glob import also if it covers it.
fn reaches(path: &[String], occurrence: &Occurrence, forbidden: &[&str]) -> bool {
    let own = occurrence.module.first().map(String::as_str);
    let same = |n: usize| {
        (0..n).all(|at| {
            path[at] == forbidden[at] || (at == 0 && forbidden[0] == "crate" && own == Some(path[0].as_str()))
        })
    };
    if path.len() >= forbidden.len() {
        return same(forbidden.len());
    }
    occurrence.glob && !path.is_empty() && same(path.len())
}

fn written(occurrence: &Occurrence) -> String {
    let star = if occurrence.glob { "::*" } else { "" };
    format!("{}{star}", occurrence.path.join("::"))
}
