//! The public keys of senders, fetched from where their configuration says, over the guarded client.
//!
//! Fresh for ten minutes; a key that is not among them has them fetched again, at most once a minute, whoever asks. Where
//! the address gives no answer, the last ones count for a day.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::SignedDuration;
use punchgate_connector::{
    egress::{Egress, Limits, Request},
    hint::{Incoming, KeySet, Proven, Refusal, TokenRule},
};
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, SupplierId},
};

/// How long keys count without another look.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How long they count while nobody answers.
const STALE: SignedDuration = SignedDuration::from_hours(24);
/// Between two fetches.
const APART: SignedDuration = SignedDuration::from_mins(1);
/// What a fetch may take.
const FETCH: Limits = Limits {
    timeout: Duration::from_secs(5),
    max_response_bytes: 256 * 1024,
};

/// What is known of each connector's sender.
#[derive(Debug, Default)]
pub(super) struct SenderKeys(Mutex<HashMap<(SupplierId, ConnectorId), Shared>>);

/// Whoever fetches holds it.
type Shared = Arc<tokio::sync::Mutex<Known>>;

/// The keys of one sender.
#[derive(Debug, Default)]
struct Known {
    /// Of the connector's settings; with other settings the keys are another's.
    version: i64,
    keys: Option<(KeySet, Instant)>,
    tried_at: Option<Instant>,
    problem: String,
}

impl SenderKeys {
    /// Accepts a message by the sender's keys, fetching them where that may help.
    pub(super) async fn verify(
        &self,
        connector: &(SupplierId, ConnectorId),
        version: i64,
        rule: &TokenRule,
        incoming: &Incoming<'_>,
        now: Instant,
    ) -> Result<Proven, Refusal> {
        let known = Arc::clone(super::lock(&self.0).entry(connector.clone()).or_default());
        // One fetch at a time: the others wait for what it brings.
        let mut known = known.lock().await;
        if known.version != version {
            *known = Known {
                version,
                ..Known::default()
            };
        }
        if known.age(now).is_none_or(|age| age >= FRESH) {
            known.fetch(rule, now).await;
        }
        match known.verify(rule, incoming, now) {
            Err(Refusal::UnknownKey { .. }) if known.fetch(rule, now).await => {
                known.verify(rule, incoming, now)
            }
            outcome => outcome,
        }
    }
}

impl Known {
    fn age(&self, now: Instant) -> Option<SignedDuration> {
        self.keys
            .as_ref()
            .map(|(_, fetched_at)| now.duration_since(*fetched_at))
    }

    fn verify(&self, rule: &TokenRule, incoming: &Incoming<'_>, now: Instant) -> Result<Proven, Refusal> {
        match &self.keys {
            Some((keys, _)) if self.age(now).is_some_and(|age| age < STALE) => {
                rule.verify(incoming, now, keys)
            }
            _ => Err(Refusal::NoKeys(self.problem.clone())),
        }
    }

    /// Whether there are other keys now.
    async fn fetch(&mut self, rule: &TokenRule, now: Instant) -> bool {
        let waited = self.tried_at.map(|tried_at| now.duration_since(tried_at));
        if waited.is_some_and(|waited| waited >= SignedDuration::ZERO && waited < APART) {
            return false;
        }
        self.tried_at = Some(now);
        match fetch(rule).await {
            Ok(keys) => {
                self.keys = Some((keys, now));
                true
            }
            Err(problem) => {
                tracing::warn!(url = %rule.jwks_url, problem, "the public keys of a webhook's sender could not be read");
                self.problem = problem;
                false
            }
        }
    }
}

async fn fetch(rule: &TokenRule) -> Result<KeySet, String> {
    let client = Egress::new(rule.rules.clone()).map_err(|error| error.to_string())?;
    let request = Request {
        // GET, without anything beside it.
        method: Default::default(),
        url: rule.jwks_url.clone(),
        headers: Default::default(),
        body: Default::default(),
        limits: FETCH,
    };
    let answer = client.send(request).await.map_err(|error| error.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("the address answered {}", answer.status.as_u16()));
    }
    KeySet::parse(&answer.body).map_err(|error| error.to_string())
}
