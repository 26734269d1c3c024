//! A mail on its way: the job that has it sent, and the try that people make.

use async_trait::async_trait;
use punchgate_domain::{Instant, ids::SupplierId};
use punchgate_storage::{Lane, StorageResult, outbox};
use serde::{Deserialize, Serialize};

use super::{Alerts, INSTALLATION, SEND_ALERT};
use crate::{
    clock::{from_micros, micros},
    directory::DirectoryError,
    work::{Claimed, Ending},
};

/// After so many attempts, and when it is as old, in microseconds, it is only looked every few minutes whether the server is
/// back: a mail with alerts is never given up because the server is away.
const TRIED_SOON: i64 = 10;
const OLD: i64 = 3_600 * 1_000_000;

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// The id, the same with every attempt, without angle brackets.
    pub id: String,
    /// Its subject: one line.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was written.
    pub at: Instant,
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailTrouble {
    /// The server is away, or says so: the same mail is sent again later.
    #[error("{0}")]
    Later(String),
    /// The server does not let us in, or is not believed: whoever looks after the configuration mends that.
    #[error("{0}")]
    Closed(String),
    /// This mail, or its recipient, is refused: a person must look.
    #[error("{0}")]
    Refused(String),
}

/// Sends mail. Implemented by whoever owns the client.
#[async_trait]
pub trait Mailer: Send + Sync + std::fmt::Debug {
    /// Sends one; what the server said.
    async fn send(&self, letter: &Letter) -> Result<String, MailTrouble>;

    /// Connects, greets, encrypts and signs in, and sends nothing; what was found.
    async fn check(&self) -> Result<String, MailTrouble>;
}

/// A mail on its way, as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SendJob {
    pub(super) to: String,
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) text: String,
    /// Microseconds.
    pub(super) at: i64,
}

/// What became of the try to write to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// To whom.
    pub to: String,
    /// Of which suppliers; empty: the installation alone.
    pub of: Vec<String>,
    /// What the server said.
    pub said: Result<String, MailTrouble>,
}

impl Alerts {
    /// The job `send-alert`. Key: the id of the mail, which the payload fixes.
    pub async fn send(&self, claimed: &Claimed) -> Ending {
        let job: SendJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        if !self.settings.mails {
            return Ending::Wait("no mail server is configured (alerts.email.host)".to_owned());
        }
        match self.is_recipient(&claimed.entry.supplier_id, &job.to).await {
            Ok(true) => {}
            Ok(false) => return Ending::Done(format!("{} is told of nothing any more", job.to)),
            Err(error) => return Ending::Retry(error.to_string()),
        }
        let age = micros(self.surroundings.now()).saturating_sub(job.at);
        let soon = claimed.entry.attempts < TRIED_SOON && age < OLD;
        let letter = Letter {
            to: job.to,
            id: job.id,
            subject: job.subject,
            text: job.text,
            at: from_micros(job.at),
        };
        match self.mailer.send(&letter).await {
            Ok(said) => Ending::Done(format!("{} has it: {said}", letter.to)),
            Err(MailTrouble::Later(why)) if soon => Ending::Retry(why),
            Err(MailTrouble::Later(why) | MailTrouble::Closed(why)) => Ending::Wait(why),
            Err(MailTrouble::Refused(why)) => Ending::Dead(why),
        }
    }

    async fn is_recipient(&self, supplier: &str, to: &str) -> Result<bool, DirectoryError> {
        let named = match supplier {
            INSTALLATION => Vec::new(),
            supplier => {
                let id = SupplierId::new(supplier);
                self.directory.supplier(&id).await?.alerts_to.clone()
            }
        };
        Ok(self.settings.recipients(&named).iter().any(|one| one == to))
    }

    /// Whether the mail server lets us in; none where there is none.
    pub async fn check(&self) -> Option<Result<String, MailTrouble>> {
        match self.settings.mails {
            true => Some(self.mailer.check().await),
            false => None,
        }
    }

    /// Writes to everybody who is told of anything. Where the server takes one, mails that were given up or wait go out, too.
    pub async fn try_out(&self) -> Result<Vec<Tried>, DirectoryError> {
        let mut all: Vec<Tried> = Vec::new();
        let mut add = |to: &String, of: Option<&str>| {
            let at = all.iter().position(|one| one.to == *to).unwrap_or_else(|| {
                all.push(Tried {
                    to: to.clone(),
                    of: Vec::new(),
                    said: Ok(String::new()),
                });
                all.len() - 1
            });
            if let (Some(one), Some(of)) = (all.get_mut(at), of) {
                one.of.push(of.to_owned());
            }
        };
        for to in self.settings.recipients(&[]) {
            add(to, None);
        }
        for supplier in self.directory.suppliers().await? {
            for to in self.settings.recipients(&supplier.alerts_to) {
                add(to, Some(&supplier.name));
            }
        }
        let now = self.surroundings.now();
        for one in &mut all {
            let letter = Letter {
                to: one.to.clone(),
                id: format!("{}@{}", self.surroundings.new_id(), self.settings.host),
                subject: "Punchgate: a trial of alerts".to_owned(),
                text: format!(
                    "Somebody has tried whether alerts of {} arrive. This one did; there is nothing to do.\n",
                    self.settings.host
                ),
                at: now,
            };
            one.said = self.mailer.send(&letter).await;
        }
        Ok(all)
    }

    /// Has mails sent at once that were given up or wait; says how many.
    pub async fn send_what_waits(&self) -> Result<u64, DirectoryError> {
        let mut whose: Vec<String> = vec![INSTALLATION.to_owned()];
        let suppliers = self.directory.suppliers().await?;
        whose.extend(suppliers.iter().map(|supplier| supplier.id.to_string()));
        Ok(self.revive(&whose).await?)
    }

    async fn revive(&self, whose: &[String]) -> StorageResult<u64> {
        let mut freed = 0;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        for supplier in whose {
            freed +=
                outbox::revive_kind(&mut tx, supplier, SEND_ALERT, micros(self.surroundings.now())).await?;
        }
        tx.commit().await?;
        Ok(freed)
    }
}
