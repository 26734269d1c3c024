//! Laying one partial document over another. Knows nothing of what the keys mean.

/// Tables are merged, everything else is replaced.
pub(super) fn merge(base: &mut toml::Table, overlay: toml::Table) {
    for (key, value) in overlay {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(over)) => merge(inner, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A JSON object as a table. TOML has no `null`: such keys are left out, so nothing is laid over them.
pub(super) fn from_json(object: serde_json::Map<String, serde_json::Value>) -> Result<toml::Table, String> {
    let mut table = toml::Table::new();
    for (key, value) in object {
        if !value.is_null() {
            let value = value_from_json(value).map_err(|problem| format!("{key}: {problem}"))?;
            table.insert(key, value);
        }
    }
    Ok(table)
}

fn value_from_json(value: serde_json::Value) -> Result<toml::Value, String> {
    Ok(match value {
        serde_json::Value::Null => return Err("a list cannot hold null".to_owned()),
        serde_json::Value::Bool(value) => value.into(),
        serde_json::Value::Number(number) => number
            .as_i64()
            .ok_or_else(|| format!("{number} is no whole number; write decimal numbers as text"))?
            .into(),
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(values) => {
            let values: Result<Vec<_>, _> = values.into_iter().map(value_from_json).collect();
            toml::Value::Array(values?)
        }
        serde_json::Value::Object(object) => toml::Value::Table(from_json(object)?),
    })
}
