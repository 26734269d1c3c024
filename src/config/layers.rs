//! Defaults, file, environment: laid over each other leaf by leaf, so that every wrong leaf is named.

use punchgate_app::nearest::suggestion;
use toml::{Table, Value};

use super::{Config, ConfigProblem};

const PREFIX: &str = "PUNCHGATE";

/// A value that somebody set: where it stands, and its key.
struct Leaf {
    place: String,
    section: String,
    key: String,
    value: Value,
}

/// The defaults with everything laid over them, if every leaf reads.
pub(super) fn merge(
    defaults: &str,
    text: &str,
    environment: &[(String, String)],
) -> Result<Config, Vec<ConfigProblem>> {
    let defaults: Table = defaults
        .parse()
        .map_err(|error: toml::de::Error| vec![ConfigProblem::new("defaults", error, "")])?;
    let mut problems = Vec::new();
    let mut leaves = leaves_of_file(&defaults, text, &mut problems);
    leaves.extend(leaves_of_environment(&defaults, environment, &mut problems));
    let mut merged = defaults.clone();
    for leaf in leaves {
        match alone(&defaults, &leaf) {
            Ok(()) => set(&mut merged, &leaf),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    merged
        .try_into()
        .map_err(|error: toml::de::Error| vec![ConfigProblem::new("configuration", error.message(), "")])
}

fn leaves_of_file(defaults: &Table, text: &str, problems: &mut Vec<ConfigProblem>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let error: toml::de::Error = error;
            problems.push(ConfigProblem::new(
                "configuration file",
                format!("is not TOML: {}", error.to_string().trim()),
                "",
            ));
            return leaves;
        }
    };
    for (section, value) in table {
        let Some(Value::Table(known)) = defaults.get(&section) else {
            problems.push(unknown(&section, "section", &section, defaults));
            continue;
        };
        let Value::Table(values) = value else {
            let remedy = format!("write [{section}] and its keys below");
            problems.push(ConfigProblem::new(&section, "is a section, not a value", remedy));
            continue;
        };
        for (key, value) in values {
            let place = format!("{section}.{key}");
            if section == "key" && key == "value" {
                problems.push(ConfigProblem::new(
                    place,
                    "a sealing key must not stand in the configuration file",
                    "name a file in key.file, or set PUNCHGATE_KEY_VALUE",
                ));
            } else if known.contains_key(&key) {
                leaves.push(Leaf {
                    place,
                    section: section.clone(),
                    key,
                    value,
                });
            } else {
                problems.push(unknown(&place, "key", &key, known));
            }
        }
    }
    leaves
}

fn leaves_of_environment(
    defaults: &Table,
    environment: &[(String, String)],
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (section, known) in defaults {
        for (key, default) in known.as_table().into_iter().flatten() {
            let name = format!("{PREFIX}_{section}_{key}").to_uppercase();
            let Some((_, text)) = environment.iter().find(|(known, _)| *known == name) else {
                continue;
            };
            match typed_like(default, text) {
                Ok(value) => leaves.push(Leaf {
                    place: name,
                    section: section.clone(),
                    key: key.clone(),
                    value,
                }),
                Err(problem) => {
                    problems.push(ConfigProblem::new(name, problem, example(section, key, default)))
                }
            }
        }
    }
    leaves
}

/// The text of a variable as a value of the default's type.
fn typed_like(default: &Value, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match default {
        Value::Integer(_) => text
            .replace('_', "")
            .parse()
            .map(Value::Integer)
            .map_err(|_| format!("'{text}' is no whole number")),
        Value::Boolean(_) => text
            .parse()
            .map(Value::Boolean)
            .map_err(|_| format!("'{text}' is neither true nor false")),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(
                items.map(|item| Value::String(item.to_owned())).collect(),
            ))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// Whether a leaf reads with nothing else changed.
fn alone(defaults: &Table, leaf: &Leaf) -> Result<(), ConfigProblem> {
    let mut table = defaults.clone();
    set(&mut table, leaf);
    let default = defaults
        .get(&leaf.section)
        .and_then(|section| section.get(&leaf.key));
    let remedy = default.map_or_else(String::new, |default| example(&leaf.section, &leaf.key, default));
    match table.try_into::<Config>() {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigProblem::new(&leaf.place, error.message(), remedy)),
    }
}

fn set(table: &mut Table, leaf: &Leaf) {
    if let Some(Value::Table(section)) = table.get_mut(&leaf.section) {
        section.insert(leaf.key.clone(), leaf.value.clone());
    }
}

fn example(section: &str, key: &str, default: &Value) -> String {
    format!("the default is {section}.{key} = {default}")
}

fn unknown(place: &str, what: &str, written: &str, known: &Table) -> ConfigProblem {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    ConfigProblem::new(
        place,
        format!("there is no such {what}"),
        suggestion(written, &names),
    )
}
