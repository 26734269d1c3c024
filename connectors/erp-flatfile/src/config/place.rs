//! `settings.folder`: where the folder is.

use std::path::PathBuf;

use punchgate_connector::{
    ConfigError, EgressRules, Secrets,
    egress::IpNet,
    folder::{Place, S3, Sftp, SftpLogin},
    settings::SettingsReader,
};
use serde::Deserialize;
use url::Url;

/// What is written of a folder.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Local {
        path: PathBuf,
    },
    Sftp {
        host: String,
        #[serde(default = "ssh")]
        port: u16,
        user: String,
        path: String,
        #[serde(default)]
        host_keys: Vec<String>,
        #[serde(default)]
        allow_networks: Vec<String>,
    },
    S3 {
        endpoint: String,
        region: String,
        bucket: String,
        #[serde(default)]
        prefix: String,
        access_key_id: String,
        #[serde(default)]
        virtual_host: bool,
        #[serde(default)]
        allow_http: bool,
        #[serde(default)]
        allow_networks: Vec<String>,
        #[serde(default)]
        extra_root_certificates: Vec<String>,
    },
}

fn ssh() -> u16 {
    22
}

pub(super) fn read(reader: &mut SettingsReader<'_>, secrets: &Secrets) -> Result<Place, ConfigError> {
    const KEY: &str = "settings.folder";
    let example = "write folder = { kind = \"local\", path = \"/srv/erp\" }, or kind = \"sftp\" or \"s3\"";
    let Some(written) = reader.any("folder") else {
        return Err(reader.error(KEY, "is missing", example));
    };
    let written: Written = serde_json::from_value(written.clone())
        .map_err(|error| reader.error(KEY, error.to_string(), example))?;
    match written {
        Written::Local { path } if path.is_absolute() => Ok(Place::Local(path)),
        Written::Local { path } => {
            let problem = format!("'{}' is no absolute path", path.display());
            Err(reader.error("settings.folder.path", problem, "write one such as /srv/erp"))
        }
        Written::Sftp {
            host,
            port,
            user,
            path,
            host_keys,
            allow_networks,
        } => Ok(Place::Sftp(Sftp {
            host,
            port,
            networks: networks(reader, &allow_networks)?,
            host_keys: fingerprints(reader, host_keys)?,
            user,
            login: login(reader, secrets)?,
            directory: path,
        })),
        Written::S3 {
            endpoint,
            region,
            bucket,
            prefix,
            access_key_id,
            virtual_host,
            allow_http,
            allow_networks,
            extra_root_certificates,
        } => {
            let endpoint = address(reader, &endpoint)?;
            let mut rules = EgressRules::only(&endpoint);
            if virtual_host && let Some(below) = endpoint.host_str() {
                rules.hosts.extend(format!("{bucket}.{below}").parse());
            }
            rules.plain_http = allow_http;
            rules.networks = networks(reader, &allow_networks)?;
            rules.extra_roots = extra_root_certificates;
            Ok(Place::S3(S3 {
                endpoint,
                rules,
                region,
                bucket,
                prefix: prefix.trim_matches('/').to_owned(),
                virtual_host,
                access_key_id,
                secret_access_key: secret(reader, secrets, "secret_access_key")?,
            }))
        }
    }
}

fn secret(reader: &SettingsReader<'_>, secrets: &Secrets, name: &str) -> Result<String, ConfigError> {
    secrets.get(name).map(str::to_owned).ok_or_else(|| {
        let remedy = "give it from a file or a variable";
        reader.error(&format!("secrets.{name}"), "is missing", remedy)
    })
}

fn login(reader: &SettingsReader<'_>, secrets: &Secrets) -> Result<SftpLogin, ConfigError> {
    match secrets.get("private_key") {
        Some(key) => Ok(SftpLogin::Key(
            key.to_owned(),
            secrets.get("passphrase").map(str::to_owned),
        )),
        None => Ok(SftpLogin::Password(secret(reader, secrets, "password")?)),
    }
}

fn networks(reader: &SettingsReader<'_>, stated: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    let read = stated.iter().map(|text| {
        text.parse::<IpNet>().map_err(|_| {
            let problem = format!("'{text}' is not a network");
            let remedy = "write 10.20.0.0/16 or the like";
            reader.error("settings.folder.allow_networks", problem, remedy)
        })
    });
    read.collect()
}

fn fingerprints(reader: &SettingsReader<'_>, stated: Vec<String>) -> Result<Vec<String>, ConfigError> {
    match stated.iter().find(|key| !key.starts_with("SHA256:")) {
        Some(wrong) => {
            let problem = format!("'{wrong}' is no fingerprint");
            let remedy = "write SHA256:…, as ssh-keygen -l shows it";
            Err(reader.error("settings.folder.host_keys", problem, remedy))
        }
        None => Ok(stated),
    }
}

fn address(reader: &SettingsReader<'_>, stated: &str) -> Result<Url, ConfigError> {
    Url::parse(stated).map_err(|error| {
        let problem = format!("'{stated}' is not an address: {error}");
        let remedy = "write https://s3.example.com or the like";
        reader.error("settings.folder.endpoint", problem, remedy)
    })
}
