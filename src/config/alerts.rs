//! `[alerts]`: who is told of what needs a person.

use std::{fs, net::IpAddr, path::PathBuf, time::Duration};

use email_address::EmailAddress;
use punchgate_app::{alerts::AlertSettings, seal::Secret};
use serde::Deserialize;
use url::Url;

use super::{ConfigProblem, database::secret, section};

/// `[alerts]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// What comes so soon after a mail is gathered.
    #[serde(rename = "window_minutes", deserialize_with = "section::minutes")]
    pub window: Duration,
    /// How long a system may be away untold.
    #[serde(rename = "connector_silent_minutes", deserialize_with = "section::minutes")]
    pub connector_silent: Duration,
    /// How long a buyer's address may take nothing untold.
    #[serde(rename = "partner_silent_minutes", deserialize_with = "section::minutes")]
    pub partner_silent: Duration,
    /// How long before its end a certificate is told.
    #[serde(deserialize_with = "section::count")]
    pub certificate_days: u32,
    /// How many of a kind are named in one mail.
    #[serde(deserialize_with = "section::count")]
    pub entries: usize,
    /// `[alerts.email]`
    pub email: Email,
}

/// `[alerts.email]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The mail server; empty: none.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// The file of the authority to be believed.
    pub root_certificate_file: PathBuf,
    /// Who signs in; empty: nobody.
    pub user: String,
    /// The file of the password.
    pub password_file: PathBuf,
    /// The password: out of the environment, or after reading that of the file.
    #[serde(deserialize_with = "secret")]
    pub password: Secret,
    /// The sender.
    pub from: String,
    /// Who is written to.
    pub to: Vec<String>,
    /// How long one step may take.
    #[serde(rename = "timeout_seconds", deserialize_with = "section::seconds")]
    pub timeout: Duration,
    /// After reading, the certificate of the authority to be believed.
    #[serde(skip)]
    pub root_certificate: Vec<u8>,
}

/// How the way to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// It is asked to encrypt, and must.
    Starttls,
    /// From the beginning.
    Tls,
    /// Not at all.
    None,
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        let plain = |one: &Self| {
            (
                (one.host.clone(), one.port, one.tls, one.timeout),
                (one.user.clone(), one.from.clone(), one.to.clone()),
                (one.root_certificate_file.clone(), one.root_certificate.clone()),
                one.password_file.clone(),
            )
        };
        plain(self) == plain(other) && self.password.expose() == other.password.expose()
    }
}

impl Alerts {
    /// As the use cases want it. `console` is how people reach the console, `public` names this installation.
    pub fn settings(&self, console: &Url, public: &Url) -> AlertSettings {
        AlertSettings {
            window: self.window,
            connector_silent: self.connector_silent,
            partner_silent: self.partner_silent,
            entries: self.entries,
            to: self.email.to.clone(),
            mails: self.email.is_on(),
            console: console.clone(),
            host: public.host_str().unwrap_or("punchgate").to_owned(),
        }
    }
}

impl Email {
    /// Whether there is a mail server.
    pub fn is_on(&self) -> bool {
        !self.host.is_empty()
    }

    /// Reads the files that it names.
    pub(super) fn take_files(&mut self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        if self.password.is_empty() && !self.password_file.as_os_str().is_empty() {
            match super::read_file("alerts.email.password_file", &self.password_file) {
                Ok(text) => self.password = Secret::new(text.trim_end_matches(['\r', '\n'])),
                Err(problem) => problems.push(problem),
            }
        }
        let file = &self.root_certificate_file;
        if !file.as_os_str().is_empty() {
            match fs::read(file) {
                Ok(bytes) => self.root_certificate = bytes,
                Err(error) => problems.push(ConfigProblem::new(
                    "alerts.email.root_certificate_file",
                    format!("{} cannot be read: {error}", file.display()),
                    "check the path and who may read it",
                )),
            }
        }
        if problems.is_empty() && self.is_on() && !self.user.is_empty() && self.password.is_empty() {
            problems.push(ConfigProblem::new(
                "alerts.email.password_file",
                format!("there is no password for '{}'", self.user),
                "name a file that holds it, or set PUNCHGATE_ALERTS_EMAIL_PASSWORD",
            ));
        }
        problems
    }

    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        for (place, address) in std::iter::once(("alerts.email.from", &self.from))
            .filter(|(_, from)| !from.is_empty())
            .chain(self.to.iter().map(|to| ("alerts.email.to", to)))
        {
            if !EmailAddress::is_valid(address) {
                problems.push(ConfigProblem::new(
                    place,
                    format!("'{address}' is no address"),
                    "write such as orders@supplier.example",
                ));
            }
        }
        if !self.is_on() {
            return problems;
        }
        if self.from.is_empty() {
            let remedy = "write whose mails they are, such as punchgate@supplier.example";
            problems.push(ConfigProblem::new("alerts.email.from", "names nobody", remedy));
        }
        if self.tls == MailTls::None && !is_this_machine(&self.host) {
            problems.push(ConfigProblem::new(
                "alerts.email.tls",
                format!(
                    "none would send names and passwords in the clear to '{}'",
                    self.host
                ),
                "write starttls or tls; none is for localhost, 127.0.0.1 and ::1 alone",
            ));
        }
        problems
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
