//! People are told of what needs them, where they do not look: by e-mail, gathered, and by webhook.
//!
//! What there is to tell is [`crate::attention`]'s, and of the machine what its doctor has found. **Invariant:** a thing is told
//! once, until it is over or a day has passed; what is to be sent is in the outbox in the transaction that notes it as told, so
//! a crash neither loses nor repeats it.

mod gather;
mod letter;
mod round;
mod send;
mod standing;

use std::{sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use punchgate_domain::ids::SupplierId;
use url::Url;

pub use gather::AGAIN;
pub use letter::plain;
pub use send::{Letter, MailTrouble, Mailer, Tried};

use crate::{Surroundings, attention::Code, directory::Directory};

/// Sends a mail with alerts.
pub const SEND_ALERT: &str = "send-alert";
/// Whose what concerns the whole installation is.
const INSTALLATION: &str = "";

/// How people are told.
#[derive(Clone, Debug)]
pub struct AlertSettings {
    /// What comes so soon after a mail is gathered for the next one.
    pub window: Duration,
    /// A system may be away for so long before people are told.
    pub connector_silent: Duration,
    /// A buyer's address may take nothing for so long.
    pub partner_silent: Duration,
    /// So many of a kind are named in one mail.
    pub entries: usize,
    /// Who is written to where a supplier names nobody, and about the installation.
    pub to: Vec<String>,
    /// Whether there is a mail server.
    pub mails: bool,
    /// How people reach the console: all before `/s/SUPPLIER`.
    pub console: Url,
    /// The name behind the @ of ids of mails.
    pub host: String,
}

impl AlertSettings {
    /// Who is written to about a supplier.
    pub fn recipients<'a>(&'a self, supplier_s: &'a [String]) -> &'a [String] {
        match (self.mails, supplier_s) {
            (false, _) => &[],
            (true, []) => &self.to,
            (true, named) => named,
        }
    }

    /// How long a thing lasts before people are told.
    fn patience(&self, code: Code) -> Duration {
        match code {
            Code::ConnectorSilent | Code::OrderUnknown => self.connector_silent,
            Code::MailUntaken => self.window,
            // What was sent long ago is told of at once.
            _ => Duration::ZERO,
        }
    }
}

/// What the machine is found to be in need of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineTrouble {
    /// Disk or certificate.
    pub code: Code,
    /// Which of them.
    pub subject: String,
    /// In words.
    pub detail: String,
}

/// Whose alerts, for whom.
#[derive(Debug)]
struct Audience {
    /// Empty: the installation.
    supplier: String,
    name: String,
    time_zone: TimeZone,
    recipients: Vec<String>,
    /// Whose webhooks are told.
    webhooks: Option<SupplierId>,
}

/// Tells people.
#[derive(Debug)]
pub struct Alerts {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    mailer: Arc<dyn Mailer>,
    settings: AlertSettings,
    holder: String,
}

impl Alerts {
    /// `holder` names this gateway among those that share the database.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        mailer: Arc<dyn Mailer>,
        settings: AlertSettings,
        holder: String,
    ) -> Self {
        Self {
            surroundings,
            directory,
            mailer,
            settings,
            holder,
        }
    }
}
