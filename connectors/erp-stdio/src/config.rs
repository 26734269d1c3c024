//! Settings of an instance.

use std::{path::PathBuf, time::Duration};

use punchgate_connector::{
    ConfigError, Connector, Secrets,
    child::{Limits, Program},
    published::{
        JsonLines, VERSION,
        erp::{ErpSettings, PROTOCOL},
        lines,
    },
    settings::SettingsReader,
};
use serde_json::{Value, json};

use crate::connector::{ErpStdio, refusal};

/// The kind in configuration.
pub const KIND: &str = "erp-stdio";

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(id: &str, settings: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let program = program(&mut reader, secrets)?;
    let peer = JsonLines {
        read_timeout: seconds(&mut reader, "read_timeout_seconds", 10, 120)?,
        change_timeout: seconds(&mut reader, "change_timeout_seconds", 30, 300)?,
    };
    let settings = ErpSettings::read(&mut reader)?;
    reader.finish()?;
    Ok(Box::new(ErpStdio::unmet(id, program, settings, peer)))
}

fn program(reader: &mut SettingsReader<'_>, secrets: &Secrets) -> Result<Program, ConfigError> {
    let path = absolute(reader, "command", None)?;
    let directory = absolute(reader, "directory", Some("/"))?;
    let args = reader.texts("args")?.unwrap_or_default();
    let environment = reader.texts_by_key("environment")?;
    for (key, text) in args.iter().map(|text| ("settings.args", *text)).chain(
        environment
            .values()
            .map(|text| ("settings.environment", text.as_str())),
    ) {
        openly(reader, secrets, key, text)?;
    }
    if let Some(name) = environment.keys().find(|name| !is_variable(name)) {
        return Err(reader.error(
            "settings.environment",
            format!("'{name}' is not the name of a variable"),
            "use letters, digits and underscores; PATH and LANG are set",
        ));
    }
    let options = reader.any("options").cloned().unwrap_or_else(|| json!({}));
    let greeting = lines::greeting(PROTOCOL, VERSION, &options, secrets, |description| {
        refusal(description).map_or(Ok(()), Err)
    })
    .map_err(|error| {
        reader.error(
            "settings.options",
            error.to_string(),
            "write a table of plain values",
        )
    })?;
    Ok(Program {
        path,
        args: args.into_iter().map(str::to_owned).collect(),
        directory,
        environment,
        greeting,
        secrets: secrets.values().map(str::to_owned).collect(),
        limits: limits(reader)?,
    })
}

fn limits(reader: &mut SettingsReader<'_>) -> Result<Limits, ConfigError> {
    let kib = reader.number("max_line_kib", 4096, 1..=65_536)?;
    Ok(Limits {
        line_bytes: usize::try_from(kib).unwrap_or(usize::MAX).saturating_mul(1024),
        start: seconds(reader, "start_timeout_seconds", 10, 300)?,
        first_wait: Duration::from_secs(reader.number("first_wait_seconds", 1, 0..=60)?.into()),
        longest_wait: seconds(reader, "longest_wait_seconds", 300, 3600)?,
        ..Limits::default()
    })
}

fn seconds(
    reader: &mut SettingsReader<'_>,
    key: &'static str,
    default: u32,
    most: u32,
) -> Result<Duration, ConfigError> {
    Ok(Duration::from_secs(reader.number(key, default, 1..=most)?.into()))
}

/// A path that means the same wherever the gateway was started.
fn absolute(
    reader: &mut SettingsReader<'_>,
    key: &'static str,
    default: Option<&str>,
) -> Result<PathBuf, ConfigError> {
    let example = "/opt/erp/punchgate-connector";
    let text = match default {
        Some(default) => reader.text(key)?.unwrap_or(default),
        None => reader.required_text(key, example)?,
    };
    if text.starts_with('/') && !text.contains('\0') {
        return Ok(PathBuf::from(text));
    }
    Err(reader.error(
        &format!("settings.{key}"),
        format!("'{text}' is not an absolute path"),
        format!("write it from the root, such as {example}; arguments belong to settings.args"),
    ))
}

/// Arguments and environment can be read by others on the machine: no secret may stand there.
fn openly(reader: &SettingsReader<'_>, secrets: &Secrets, key: &str, text: &str) -> Result<(), ConfigError> {
    if text.contains('\0') {
        return Err(reader.error(key, "holds a NUL", "remove it"));
    }
    if secrets
        .values()
        .any(|secret| !secret.is_empty() && text.contains(secret))
    {
        return Err(reader.error(
            key,
            "holds one of the connector's secrets",
            "take it out: the program is told its secrets in the greeting",
        ));
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &Value) -> Result<Box<dyn Connector>, ConfigError> {
        let secrets: Secrets = [("password", "hunter2-of-the-erp")].into_iter().collect();
        from_config("erp", settings, &secrets)
    }

    #[test]
    fn every_mistake_names_its_key() {
        let cases = [
            (json!({}), "settings.command"),
            (json!({"command": "python3"}), "settings.command"),
            (json!({"command": "/usr/bin/erp\u{0}"}), "settings.command"),
            (
                json!({"command": "/usr/bin/erp", "directory": "erp"}),
                "settings.directory",
            ),
            (
                json!({"command": "/usr/bin/erp", "args": "--fast"}),
                "settings.args",
            ),
            (
                json!({"command": "/usr/bin/erp", "args": ["--password=hunter2-of-the-erp"]}),
                "settings.args",
            ),
            (
                json!({"command": "/usr/bin/erp", "environment": {"KEY": "hunter2-of-the-erp"}}),
                "settings.environment",
            ),
            (
                json!({"command": "/usr/bin/erp", "environment": {"A=B": "c"}}),
                "settings.environment",
            ),
            (
                json!({"command": "/usr/bin/erp", "max_line_kib": 0}),
                "settings.max_line_kib",
            ),
            (
                json!({"command": "/usr/bin/erp", "start_timeout_seconds": 0}),
                "settings.start_timeout_seconds",
            ),
            (
                json!({"command": "/usr/bin/erp", "longest_wait_seconds": 9999}),
                "settings.longest_wait_seconds",
            ),
            (
                json!({"command": "/usr/bin/erp", "capabilities": ["promises"]}),
                "settings.capabilities",
            ),
            (
                json!({"command": "/usr/bin/erp", "qualities": {}}),
                "settings.qualities",
            ),
        ];
        for (settings, key) in cases {
            let error = read(&settings).unwrap_err();
            assert_eq!(error.key, key, "{settings}");
            assert!(
                !error.remedy.is_empty() && !error.to_string().contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn secrets_are_in_the_greeting_and_nowhere_else() {
        let settings = json!({"command": "/usr/bin/erp", "args": ["--fast"], "options": {"company": 7}});
        let program = read(&settings).unwrap().program().unwrap();
        let greeting = String::from_utf8(program.greeting.line.to_vec()).unwrap();
        assert!(greeting.contains(r#""options":{"company":7}"#), "{greeting}");
        assert!(
            greeting.contains(r#""secrets":{"password":"hunter2-of-the-erp"}"#),
            "{greeting}"
        );
        assert!(!format!("{program:?}").contains("hunter2"), "{program:?}");
        assert_eq!(program.secrets, ["hunter2-of-the-erp"]);
    }
}
