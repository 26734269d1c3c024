//! Who is signed in, for how long, and that it ends.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_storage::{Lane, StorageResult, operator};

use subtle::ConstantTimeEq as _;

use super::{Operator, Operators};
use crate::{clock::micros, entropy::secret_hash};

/// How often it is written down that somebody was seen.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// Who wants to see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The person: it goes on doing something.
    ByPerson,
    /// The page itself, which keeps up to date; perhaps nobody sits before it any more.
    ByPage,
}

impl Operators {
    /// Who is signed in with this; none if nobody is, or no longer.
    pub async fn signed_in(&self, token: &str, asked: Asked) -> StorageResult<Option<Operator>> {
        let (hash, now) = (secret_hash(token), micros(self.surroundings.now()));
        let mut tx = self.surroundings.db.read().await?;
        let session = operator::session(&mut tx, &hash).await?;
        let roles = match &session {
            Some(session) => operator::roles_of(&mut tx, &session.name).await?,
            None => Vec::new(),
        };
        tx.rollback().await?;
        let Some(session) = session else {
            return Ok(None);
        };
        let over = now - session.seen_at >= self.idle_micros()
            || now - session.opened_at >= in_micros(self.life.most);
        if over {
            self.sign_out(token).await?;
            return Ok(None);
        }
        if asked == Asked::ByPerson && now - session.seen_at >= in_micros(SEEN_EVERY) {
            let mut tx = self.surroundings.db.begin(Lane::Background).await?;
            operator::seen(&mut tx, &hash, now).await?;
            tx.commit().await?;
        }
        Operator::of_rows(session.name, roles).map(Some)
    }

    /// Ends one session.
    pub async fn sign_out(&self, token: &str) -> StorageResult<()> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        operator::end_session(&mut tx, &secret_hash(token)).await?;
        tx.commit().await
    }

    pub(super) fn idle_micros(&self) -> i64 {
        in_micros(self.life.idle)
    }
}

/// What forms of this cookie carry: who does not have the cookie cannot make it, and it does not give the cookie away.
pub fn form_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(secret_hash(&format!("form of {cookie}")))
}

/// Whether a form is of this cookie.
pub fn is_form_token(cookie: &str, given: &str) -> bool {
    !cookie.is_empty() && bool::from(form_token(cookie).as_bytes().ct_eq(given.as_bytes()))
}

fn in_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
