//! Documents to the gateway and its answers: profile, refusals, setup.

use http::Method;
use punchgate_domain::cart::CartLine;
use punchgate_protocols::cxml::{
    Body,
    decode::{profile::ProfileResponse, setup::SetupOperation},
};
use url::Url;

use super::{Run, instant};
use crate::{
    answer::{self, Answer, Rules, in_words},
    clause::Clause,
    line::Reply,
    report::{Exchange, Faults, Outcome, Stop},
    write::{Setup, Stamp},
};

const XML: &str = "text/xml; charset=UTF-8";
/// How far a supplier's clock may be ahead.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// A session that the gateway has opened.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) start: Url,
    pub(super) cookie: String,
}

impl Run<'_> {
    /// What a buyer asks before anybody shops.
    pub(super) async fn ask_first(&mut self) {
        let outcome = self.profile().await;
        self.note(
            "profile",
            "asks which requests are taken (ProfileRequest)",
            outcome,
        );
        let outcome = self.wrong_secret().await;
        self.note("setup-wrong-secret", "asks to shop with a wrong secret", outcome);
        let outcome = self.unreadable().await;
        self.note("unreadable-document", "sends half a document", outcome);
    }

    /// Posts a document to the gateway.
    pub(super) async fn post(&mut self, document: &[u8]) -> Outcome<Reply> {
        let (url, patience) = (&self.plan.url, self.plan.manner.patience());
        let at = instant(self.means.stamps.now());
        let sent = self
            .means
            .line
            .send(Method::POST, url, Some(XML), document.to_vec(), patience)
            .await;
        self.record.note(Exchange {
            number: 0,
            at,
            method: Method::POST.to_string(),
            url: self.record.masked(url.as_str()),
            request: self.record.document(document),
            status: sent.as_ref().ok().map(|reply| reply.status),
            content_type: sent.as_ref().ok().and_then(|reply| reply.content_type.clone()),
            response: match &sent {
                Ok(reply) => self.record.document(&reply.body),
                Err(error) => error.clone(),
            },
            milliseconds: milliseconds(&sent),
        });
        sent.map_err(|error| Stop::failed(Clause::Answered, format!("no answer: {error}")))
    }

    /// Posts a document that must be answered with this Status.
    pub(super) async fn ask(&mut self, document: Result<Vec<u8>, String>, code: u16) -> Outcome<Answer> {
        let document = document.map_err(|error| Stop::failed(Clause::OwnDocument, error))?;
        let reply = self.post(&document).await?;
        let mut faults = Faults::default();
        let answer = self.read(&reply, &mut faults);
        if let Some(answer) = &answer {
            faults.require(answer.status.code == code, Clause::StatusCode, || {
                format!("{}; {code} was expected", in_words(&answer.status))
            });
        }
        faults.settle()?;
        answer.ok_or_else(|| Stop::failed(Clause::Document, "the answer cannot be read"))
    }

    fn read(&mut self, reply: &Reply, faults: &mut Faults) -> Option<Answer> {
        let mut rules = Rules {
            http_status: self.plan.dialect.http_status,
            secrets: &[self.plan.buyer.secret.expose()],
            payload_ids: &mut self.payload_ids,
        };
        answer::read(reply, &mut rules, faults)
    }

    async fn profile(&mut self) -> Outcome {
        let payload_id = self.new_payload_id();
        let document = self.pen().profile(self.stamp(&payload_id));
        let answer = self.ask(document, 200).await?;
        let Body::ProfileResponse(profile) = answer.body else {
            let text = format!("expected a ProfileResponse, got a {}", answer.body.name());
            return Err(Stop::failed(Clause::Profile, text));
        };
        self.judge_profile(&profile)
    }

    fn judge_profile(&self, profile: &ProfileResponse) -> Outcome {
        let mut faults = Faults::default();
        let now = self.means.stamps.now();
        match profile.effective_date.instant {
            None => faults.add(
                Clause::Profile,
                format!("effectiveDate is “{}”", profile.effective_date.text),
            ),
            Some(since) => faults.require(since.duration_since(now) <= AHEAD, Clause::Profile, || {
                format!("effectiveDate {} is in the future", profile.effective_date.text)
            }),
        }
        for transaction in &profile.transactions {
            faults.require(is_web_address(&transaction.url), Clause::Profile, || {
                format!("{} has the URL “{}”", transaction.request_name, transaction.url)
            });
        }
        let mut names: Vec<&str> = profile
            .transactions
            .iter()
            .map(|transaction| transaction.request_name.as_str())
            .collect();
        names.sort_unstable();
        for needed in ["PunchOutSetupRequest", "OrderRequest"] {
            faults.require(names.contains(&needed), Clause::Profile, || {
                format!("{needed} is not among what is taken: {}", names.join(", "))
            });
        }
        faults.settle()?;
        Ok(format!("takes {}", names.join(", ")))
    }

    async fn wrong_secret(&mut self) -> Outcome {
        let wrong = self.means.stamps.unique();
        self.record.conceal(&wrong);
        let payload_id = self.new_payload_id();
        let stamp = Stamp {
            secret: &wrong,
            ..self.stamp(&payload_id)
        };
        let document = self.setup_document(stamp, SetupOperation::Create, "wrong-secret", &[]);
        let answer = self.ask(document, 401).await?;
        Ok(in_words(&answer.status))
    }

    async fn unreadable(&mut self) -> Outcome {
        let payload_id = self.new_payload_id();
        let document = self.setup_document(self.stamp(&payload_id), SetupOperation::Create, "half", &[]);
        // Behind the header: what is missing is the end, and nothing else.
        let half = document.map(|mut bytes| {
            let keep = bytes.len() * 3 / 4;
            bytes.truncate(keep);
            bytes
        });
        let answer = self.ask(half, 406).await?;
        Ok(in_words(&answer.status))
    }

    /// Asks for a session.
    pub(super) async fn open(&mut self, operation: SetupOperation, lines: &[CartLine]) -> Outcome<Opened> {
        let cookie = self.plan.manner.cookie(&self.means.stamps.unique());
        let payload_id = self.new_payload_id();
        let document = self.setup_document(self.stamp(&payload_id), operation, &cookie, lines);
        let answer = self.ask(document, 200).await?;
        let Body::PunchOutSetupResponse {
            start_page: Some(page),
        } = answer.body
        else {
            return Err(Stop::failed(Clause::StartPage, "Status 200 without a StartPage"));
        };
        let start = Url::parse(&page)
            .ok()
            .filter(|_| is_web_address(&page))
            .ok_or_else(|| Stop::failed(Clause::StartPage, format!("“{page}” is no absolute address")))?;
        self.conceal_link(&start);
        if self.plan.url.scheme() == "https" && start.scheme() != "https" {
            let text = "the gateway is asked over https, its start page is not";
            return Err(Stop::failed(Clause::StartPage, text));
        }
        Ok(Opened { start, cookie })
    }

    fn setup_document(
        &self,
        stamp: Stamp<'_>,
        operation: SetupOperation,
        cookie: &str,
        lines: &[CartLine],
    ) -> Result<Vec<u8>, String> {
        let setup = Setup {
            operation,
            cookie,
            return_url: &self.plan.return_url,
            ship_to: self.plan.ship_to.as_ref(),
            lines,
        };
        self.pen().setup(stamp, &setup)
    }

    pub(super) fn stamp<'s>(&self, payload_id: &'s str) -> Stamp<'s>
    where
        Self: 's,
    {
        Stamp {
            payload_id,
            now: self.means.stamps.now(),
            secret: self.plan.buyer.secret.expose(),
        }
    }

    /// Whoever has the last part of such an address is taken for the shopper.
    pub(super) fn conceal_link(&mut self, link: &Url) {
        if let Some(last) = link.path_segments().and_then(|mut segments| segments.next_back()) {
            self.record.conceal(last);
        }
    }
}

pub(super) fn milliseconds(sent: &Result<Reply, String>) -> u64 {
    let took = sent.as_ref().map_or(0, |reply| reply.took.as_millis());
    u64::try_from(took).unwrap_or(u64::MAX)
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}
