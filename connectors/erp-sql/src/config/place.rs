//! Where the database is, and who we are there.

use punchgate_connector::{
    ConfigError, EgressRules, Secrets, egress::Egress, endpoint::networks, settings::SettingsReader,
};

use crate::{
    database::{self, Database, Password, Place, Tls, Way},
    dialect::Dialect,
};

/// The first line of a certificate.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

pub(super) fn read(reader: &mut SettingsReader<'_>, secrets: &Secrets) -> Result<Database, ConfigError> {
    let zone = reader.text("time_zone")?.unwrap_or("UTC").to_owned();
    let dialect = match reader.required_text("database", "postgres")? {
        "postgres" => Dialect::Postgres,
        "mariadb" => Dialect::MariaDb,
        "sqlite" => Dialect::Sqlite,
        other => {
            return Err(reader.error(
                "settings.database",
                format!("'{other}' is not known"),
                "choose from postgres, mariadb, sqlite",
            ));
        }
    };
    let place = match dialect {
        Dialect::Sqlite => Place::File { path: file(reader)? },
        Dialect::Postgres | Dialect::MariaDb => server(reader, dialect, secrets)?,
    };
    Ok(Database { place, zone })
}

/// A path that means the same wherever the gateway was started, and that cannot lead out of its folder unseen.
fn file(reader: &mut SettingsReader<'_>) -> Result<String, ConfigError> {
    let path = reader.required_text("file", "/var/lib/erp/erp.sqlite")?;
    let steps = path.split('/').skip(1);
    let sound = |step: &str| !step.is_empty() && step != "." && step != "..";
    if path.starts_with('/') && !path.chars().any(char::is_control) && steps.clone().all(sound) {
        return Ok(path.to_owned());
    }
    Err(reader.error(
        "settings.file",
        format!("'{path}' is not a plain absolute path"),
        "write it from the root, without . and .., such as /var/lib/erp/erp.sqlite",
    ))
}

fn server(
    reader: &mut SettingsReader<'_>,
    dialect: Dialect,
    secrets: &Secrets,
) -> Result<Place, ConfigError> {
    let way = way(reader, dialect)?;
    let user = reader.required_text("user", "punchgate")?.to_owned();
    let database = reader.required_text("name", "erp")?.to_owned();
    let password = secrets.get("password").unwrap_or_default().to_owned();
    // A socket may know us by the user of the process.
    if password.is_empty() && matches!(way, Way::Tcp { .. }) {
        let remedy = "set it to the password of settings.user in the database";
        return Err(reader.error("secrets.password", "is missing", remedy));
    }
    Ok(Place::Server {
        dialect,
        way,
        user,
        password: Password(password),
        database,
    })
}

fn way(reader: &mut SettingsReader<'_>, dialect: Dialect) -> Result<Way, ConfigError> {
    let networks = networks(reader)?;
    let usual = if dialect == Dialect::MariaDb { 3306 } else { 5432 };
    let port = reader.number("port", usual, 1..=65_535)?;
    let port = u16::try_from(port).unwrap_or(u16::MAX);
    let extra_roots = extra_roots(reader)?;
    let tls = reader.flag("tls", true)?;
    let in_the_open = reader.flag("allow_plain", false)?;
    let (socket, host) = (reader.text("socket")?, reader.text("host")?);
    if !extra_roots.is_empty() && (!tls || socket.is_some()) {
        let what = if tls { "settings.socket" } else { "tls = false" };
        return Err(reader.error(
            "settings.extra_root_certificates",
            format!("stands beside {what}: no certificate is looked at there"),
            "remove one of them",
        ));
    }
    if tls && in_the_open {
        return Err(reader.error(
            "settings.allow_plain",
            "stands beside TLS, and allows nothing",
            "remove it, or set tls = false where the way is safe by other means",
        ));
    }
    match (socket, host) {
        (Some(_), Some(_)) => Err(reader.error(
            "settings.socket",
            "stands beside settings.host",
            "remove one of them",
        )),
        (Some(path), None) if path.starts_with('/') && !path.chars().any(char::is_control) => {
            Ok(Way::Socket {
                path: path.to_owned(),
                port,
            })
        }
        (Some(path), None) => Err(reader.error(
            "settings.socket",
            format!("'{path}' is not an absolute path"),
            "write it from the root: of PostgreSQL the folder, of MariaDB the socket itself",
        )),
        (None, None) => Err(reader.error(
            "settings.host",
            "is missing",
            "set it, for example to \"erp.example.com\", or set settings.socket",
        )),
        (None, Some(host)) => {
            let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
            if host.is_empty() || !host.chars().all(sound) {
                let remedy = "write a name or an address, such as erp.example.com";
                return Err(reader.error("settings.host", format!("'{host}' is no host"), remedy));
            }
            if !tls && !in_the_open && !database::is_this_machine(host) {
                return Err(reader.error(
                    "settings.tls",
                    "is off, and anybody on the way could read and change what is said",
                    "set tls = true, or allow_plain = true where the way is safe by other means",
                ));
            }
            Ok(Way::Tcp {
                host: host.to_owned(),
                port,
                networks,
                tls: tls.then_some(Tls { extra_roots }),
            })
        }
    }
}

/// Certificates that can be read, each written whole: what is passed over at the first connection is found here.
fn extra_roots(reader: &mut SettingsReader<'_>) -> Result<Vec<String>, ConfigError> {
    let stated = reader.texts("extra_root_certificates")?.unwrap_or_default();
    let mut roots = Vec::with_capacity(stated.len());
    for (at, pem) in stated.into_iter().enumerate() {
        let rules = EgressRules {
            extra_roots: vec![pem.to_owned()],
            ..EgressRules::default()
        };
        let problem = match pem.contains(BEGIN) {
            false => Some("it has no certificate".to_owned()),
            true => Egress::new(rules).err().map(|error| error.to_string()),
        };
        if let Some(problem) = problem {
            return Err(reader.error(
                "settings.extra_root_certificates",
                format!("number {} cannot be read: {problem}", at + 1),
                "write the authority's certificate as PEM, with its first and last line",
            ));
        }
        roots.push(pem.to_owned());
    }
    Ok(roots)
}
