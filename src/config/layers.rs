//! Defaults, file, environment: laid over each other leaf by leaf, so that every wrong leaf is named.

use punchgate_app::nearest::{nearest, suggestion};
use toml::{Table, Value};

use super::{Config, ConfigProblem, FILE};

const PREFIX: &str = "PUNCHGATE";

/// A key whose value stands in the environment alone.
struct Unwritten {
    place: &'static str,
    problem: &'static str,
    remedy: &'static str,
}

const SECRETS: [Unwritten; 2] = [
    Unwritten {
        place: "key.value",
        problem: "a sealing key must not stand in the configuration file",
        remedy: "name a file in key.file, or set PUNCHGATE_KEY_VALUE",
    },
    Unwritten {
        place: "alerts.email.password",
        problem: "a password must not stand in the configuration file",
        remedy: "name a file in alerts.email.password_file, or set PUNCHGATE_ALERTS_EMAIL_PASSWORD",
    },
];

/// A value that somebody set: where it stands, and its key.
struct Leaf {
    place: String,
    section: String,
    key: String,
    value: Value,
}

/// The defaults with every leaf laid over them that reads, and what is wrong with the others.
pub(super) fn merge(
    defaults: &str,
    text: &str,
    environment: &[(String, String)],
    problems: &mut Vec<ConfigProblem>,
) -> Option<Config> {
    let defaults: Table = match defaults.parse() {
        Ok(table) => table,
        Err(error) => {
            let error: toml::de::Error = error;
            problems.push(ConfigProblem::new("defaults", error, ""));
            return None;
        }
    };
    let mut leaves = leaves_of_file(&defaults, text, problems);
    leaves.extend(leaves_of_environment(&defaults, environment, problems));
    unknown_variables(&defaults, environment, problems);
    let mut merged = defaults.clone();
    for leaf in leaves {
        match alone(&defaults, &leaf) {
            Ok(()) => set(&mut merged, &leaf),
            Err(problem) => problems.push(problem),
        }
    }
    match merged.try_into() {
        Ok(config) => Some(config),
        Err(error) => {
            let error: toml::de::Error = error;
            problems.push(ConfigProblem::new("configuration", error.message(), ""));
            None
        }
    }
}

fn leaves_of_file(defaults: &Table, text: &str, problems: &mut Vec<ConfigProblem>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let error: toml::de::Error = error;
            problems.push(ConfigProblem::new(
                FILE,
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
        leaves_of_section(&section, known, value, &mut leaves, problems);
    }
    leaves
}

/// The leaves of a section, and of those within it: `alerts`, `alerts.email`.
fn leaves_of_section(
    section: &str,
    known: &Table,
    value: Value,
    leaves: &mut Vec<Leaf>,
    problems: &mut Vec<ConfigProblem>,
) {
    let Value::Table(values) = value else {
        let remedy = format!("write [{section}] and its keys below");
        problems.push(ConfigProblem::new(section, "is a section, not a value", remedy));
        return;
    };
    for (key, value) in values {
        let place = format!("{section}.{key}");
        // Empty is what the example has: nothing stands there.
        let is_empty = value.as_str().is_some_and(str::is_empty);
        let secret = SECRETS.iter().find(|secret| secret.place == place);
        match (secret, known.get(&key)) {
            (Some(secret), _) if !is_empty => {
                problems.push(ConfigProblem::new(place, secret.problem, secret.remedy));
            }
            (_, Some(Value::Table(within))) => leaves_of_section(&place, within, value, leaves, problems),
            (_, Some(_)) => leaves.push(Leaf {
                place,
                section: section.to_owned(),
                key,
                value,
            }),
            (_, None) => problems.push(unknown(&place, "key", &key, known)),
        }
    }
}

/// Every section with its keys, those within others included.
fn sections(table: &Table) -> Vec<(String, &Table)> {
    let mut all = Vec::new();
    for (name, value) in table {
        if let Value::Table(keys) = value {
            all.push((name.clone(), keys));
            let within = sections(keys).into_iter();
            all.extend(within.map(|(inner, keys)| (format!("{name}.{inner}"), keys)));
        }
    }
    all
}

/// What the variable of a key begins with after ours: `ALERTS_EMAIL_`.
fn prefix(section: &str) -> String {
    format!("{}_", section.replace('.', "_").to_uppercase())
}

fn leaves_of_environment(
    defaults: &Table,
    environment: &[(String, String)],
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (section, known) in sections(defaults) {
        let keys = known.iter().filter(|(_, default)| !default.is_table());
        for (key, default) in keys {
            let name = format!("{PREFIX}_{}{}", prefix(&section), key.to_uppercase());
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
                    problems.push(ConfigProblem::new(name, problem, example(&section, key, default)))
                }
            }
        }
    }
    leaves
}

/// Variables that look like ours and are none: a slip of the pen would go unseen for ever.
fn unknown_variables(defaults: &Table, environment: &[(String, String)], problems: &mut Vec<ConfigProblem>) {
    let all = sections(defaults);
    let known: Vec<String> = all
        .iter()
        .flat_map(|(section, keys)| {
            let keys = keys.iter().filter(|(_, default)| !default.is_table());
            keys.map(move |(key, _)| format!("{}{}", prefix(section), key.to_uppercase()))
        })
        .collect();
    let is_ours = |name: &str| all.iter().any(|(section, _)| name.starts_with(&prefix(section)));
    for (whole, value) in environment {
        let Some(name) = whole.strip_prefix(PREFIX).and_then(|name| name.strip_prefix('_')) else {
            continue;
        };
        if known.iter().any(|known| known == name) || is_of_kubernetes(name, value) {
            continue;
        }
        let remedy = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean '{PREFIX}_{near}'?"),
            None if is_ours(name) => "take it out; config.example.toml lists what there is".to_owned(),
            // Of no section: somebody else's name.
            None => continue,
        };
        problems.push(ConfigProblem::new(whole, "there is no such key", remedy));
    }
}

/// What Kubernetes tells every container of a service that is called punchgate-server, say.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    name.ends_with("SERVICE_HOST")
        || name.contains("SERVICE_PORT")
        || name.contains("PORT_")
        || (name.ends_with("PORT") && value.contains("://"))
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
    let of_section = sections(defaults)
        .into_iter()
        .find(|(section, _)| *section == leaf.section);
    let default = of_section.and_then(|(_, keys)| keys.get(&leaf.key));
    let remedy = default.map_or_else(String::new, |default| example(&leaf.section, &leaf.key, default));
    match table.try_into::<Config>() {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigProblem::new(&leaf.place, error.message(), remedy)),
    }
}

fn set(table: &mut Table, leaf: &Leaf) {
    let mut section = table;
    for name in leaf.section.split('.') {
        match section.get_mut(name) {
            Some(Value::Table(within)) => section = within,
            _ => return,
        }
    }
    section.insert(leaf.key.clone(), leaf.value.clone());
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
