//! A browser redeems a start link and is sent into the shop.
//!
//! One conditional update decides who wins; the shop is called after its commit. The browser that won may come
//! again until the session is over and gets another login into the same shop session; anybody else is told
//! that the link is used.

use punchgate_connector::sessions::{
    Notice, OpenedSession, SessionCustomer, SessionMode, SessionRequest, Severity,
};
use punchgate_domain::{
    catalogue::Problem,
    money::{Currency, Money},
    session::{Operation, SessionState},
};
use punchgate_storage::{
    Lane, StorageError,
    session::{self, Redemption, SessionRow},
};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{
    Punchout, Refusal,
    customer::{in_our_words, ship_to, wording},
    refusal::Parties,
    setup::{Missing, SetupFacts},
    shop::{ShopAt, ShopError},
    token::{BrowserNonce, Link},
};
use crate::{
    accounts::AccountsError,
    clock::{from_micros, micros},
    credit::{CheckoutHold, CheckoutRequest, CustomerRef, checkout_options},
    directory::Relationship,
    orders::credit_policy,
};

/// Holds are asked for, not amounts: nothing in any currency.
const ANY_CURRENCY: &str = "USD";
const ON_HOLD: &str = "Your company's account is on hold. Please contact us.";
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// The way into the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The shop's one-time login.
    pub login_url: String,
    /// What could not be put into the cart again; the shopper is told before going on.
    pub missing: Vec<Missing>,
    /// Who trades here.
    pub parties: Parties,
}

/// Names the session in the log of the request.
pub(super) fn tell(row: &SessionRow) {
    let span = tracing::Span::current();
    span.record("supplier", row.supplier_id.as_str());
    span.record("relationship", row.relationship_id.as_str());
    span.record("session", row.session_id.as_str());
}

impl Punchout {
    /// Redeems a start link. `nonce` is what only this browser knows; without one the link is good for one go.
    pub async fn redeem(&self, link: &str, nonce: &str) -> Result<Redeemed, Refusal> {
        let link = Link::parse(link).ok_or_else(unknown)?;
        let browser = BrowserNonce::of(nonce, &*self.surroundings.entropy);
        let row = self.started(&link).await?.ok_or_else(unknown)?;
        tell(&row);
        let relationship = self.relationship_of(&row).await?;
        let row = self
            .claim(&link, &browser, row, &relationship)
            .await
            .map_err(|refusal| refusal.between(&relationship))?;
        self.enter(&row, &relationship, &link.return_link(&browser)).await
    }

    /// Sends the shopper back into the shop, with the cart as it is.
    pub async fn resume(&self, link: &str) -> Result<Redeemed, Refusal> {
        let link = Link::parse(link).ok_or_else(unknown)?;
        let (row, relationship) = self.by_return(&link).await?;
        self.check_open(&row)
            .map_err(|refusal| refusal.between(&relationship))?;
        self.enter(&row, &relationship, &link).await
    }

    async fn started(&self, link: &Link) -> Result<Option<SessionRow>, StorageError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = session::by_start(&mut tx, link.supplier.as_str(), &link.hash()).await?;
        tx.rollback().await?;
        Ok(row)
    }

    /// The session if it is this browser's: won now, or won before.
    async fn claim(
        &self,
        link: &Link,
        browser: &BrowserNonce,
        row: SessionRow,
        relationship: &Relationship,
    ) -> Result<SessionRow, Refusal> {
        let now = micros(self.surroundings.now());
        if row.redeemed_at.is_some() {
            return self.again(browser, row);
        }
        if row.start_expires_at <= now || row.state != SessionState::Opened.as_str() {
            return Err(Refusal::of(Problem::StartLinkExpired));
        }
        let redemption = Redemption {
            supplier: link.supplier.as_str(),
            start_hash: &link.hash(),
            browser_hash: &browser.hash(),
            return_hash: &link.return_link(browser).hash(),
            now,
            expires_at: now + i64::from(relationship.session_minutes) * MINUTE,
        };
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let won = session::redeem(&mut tx, &redemption).await?;
        if won {
            let change = self.change(&row, SessionState::Shopping, "shopper", "start link redeemed");
            crate::events::record(&mut tx, &[change]).await?;
        }
        tx.commit().await?;
        let row = self.started(link).await?.ok_or_else(unknown)?;
        match won {
            true => Ok(row),
            false if row.redeemed_at.is_some() => self.again(browser, row),
            false => Err(Refusal::of(Problem::StartLinkExpired)),
        }
    }

    /// The redeeming browser comes again.
    fn again(&self, browser: &BrowserNonce, row: SessionRow) -> Result<SessionRow, Refusal> {
        let known = row.browser_hash.as_deref().unwrap_or_default();
        if !bool::from(known.ct_eq(&browser.hash())) {
            return Err(Refusal::of(Problem::StartLinkUsed));
        }
        self.check_open(&row)?;
        Ok(row)
    }

    /// Refuses a session that is over.
    pub(super) fn check_open(&self, row: &SessionRow) -> Result<(), Refusal> {
        let is_over = row.expires_at <= micros(self.surroundings.now());
        match SessionState::parse(&row.state) {
            Ok(SessionState::Shopping) if !is_over => Ok(()),
            Ok(SessionState::Shopping | SessionState::Expired) => Err(Refusal::of(Problem::SessionExpired)),
            Ok(_) => Err(Refusal::of(Problem::SessionClosed)),
            Err(error) => Err(StorageError::corrupt("session.state", error).into()),
        }
    }

    async fn enter(
        &self,
        row: &SessionRow,
        relationship: &Relationship,
        return_link: &Link,
    ) -> Result<Redeemed, Refusal> {
        let facts = SetupFacts::read(row)?;
        let request = self
            .session_request(row, &facts, relationship, return_link)
            .await?;
        let opened = self.shop.open(&shop_at(row), &request).await;
        let opened = opened.and_then(|opened| check_login(&opened).map(|()| opened));
        let opened = opened.map_err(|error| self.shop_trouble(row, relationship, &error))?;
        if row.storefront_session.as_deref() != Some(&opened.storefront_session) {
            let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
            let (supplier, session) = (&row.supplier_id, &row.session_id);
            let shop_session = &opened.storefront_session;
            let noted = session::set_storefront_session(&mut tx, supplier, session, shop_session).await?;
            tx.commit().await?;
            if !noted {
                return Err(Refusal::of(Problem::SessionClosed).between(relationship));
            }
        }
        // A session that is known to the shop keeps its cart: only the first opening misses anything.
        let missing = match row.storefront_session {
            None => missing(facts, &opened),
            Some(_) => Vec::new(),
        };
        Ok(Redeemed {
            login_url: opened.login_url,
            missing,
            parties: Parties::of(relationship),
        })
    }

    async fn session_request(
        &self,
        row: &SessionRow,
        facts: &SetupFacts,
        relationship: &Relationship,
        return_link: &Link,
    ) -> Result<SessionRequest, Refusal> {
        let operation = Operation::parse(&row.operation)
            .map_err(|error| StorageError::corrupt("session.operation", error))?;
        let customer = row.customer_external_id.clone();
        let customer = customer.ok_or_else(|| Refusal::of(Problem::UnknownCustomer).between(relationship))?;
        Ok(SessionRequest {
            session: row.session_id.clone(),
            mode: match operation {
                Operation::Create | Operation::Source => SessionMode::Create,
                Operation::Edit => SessionMode::Edit,
                Operation::Inspect => SessionMode::Inspect,
            },
            notices: self.notices(relationship, &customer, facts).await?,
            customer: SessionCustomer {
                external_id: customer,
                code: None,
                name: Some(relationship.buyer_name.clone()),
            },
            contact: facts.contact(),
            currency: None,
            language: facts.language.clone(),
            items: facts.items.clone(),
            selected_item: facts.selected.clone(),
            ship_to: facts
                .ship_to
                .clone()
                .map(|place| in_our_words(relationship, place)),
            return_url: self.settings.return_url(&return_link.text()),
            cancel_url: self.settings.cancel_url(&return_link.text()),
            expires_at: from_micros(row.expires_at),
        })
    }

    /// What the shopper should know of the account before filling a cart: the holds in force.
    async fn notices(
        &self,
        relationship: &Relationship,
        customer: &str,
        facts: &SetupFacts,
    ) -> Result<Vec<Notice>, Refusal> {
        let (Some(connector), Ok(currency)) = (relationship.erp.clone(), Currency::parse(ANY_CURRENCY))
        else {
            return Ok(Vec::new());
        };
        let request = CheckoutRequest {
            ship_tos: ship_to(relationship, facts.ship_to.as_ref(), &connector)
                .into_iter()
                .collect(),
            customer: CustomerRef::External {
                connector,
                external_id: customer.to_owned(),
            },
            total: Money::zero(currency),
            policy: credit_policy(&relationship.policies),
            wording: Some(wording(relationship, facts)),
        };
        let options = checkout_options(&self.surroundings, &relationship.supplier.id, &request).await;
        let hold = match options {
            Ok(options) => options.hold,
            Err(AccountsError::Storage(error)) => return Err(error.into()),
            // Not read from the ERP yet: nothing is known against it.
            Err(_) => None,
        };
        Ok(hold
            .into_iter()
            .filter_map(|hold| notice(&hold, relationship))
            .collect())
    }

    /// What the shopper is told when the shop does not do as it is asked: come again, or start anew.
    pub(super) fn shop_trouble(
        &self,
        row: &SessionRow,
        relationship: &Relationship,
        error: &ShopError,
    ) -> Refusal {
        tracing::error!(%error, session = row.session_id, relationship = %relationship.path_text(),
            "the shop failed a shopper");
        let problem = match error {
            _ if error.is_session_gone() && row.storefront_session.is_some() => Problem::SessionClosed,
            _ => Problem::UpstreamUnavailable,
        };
        Refusal::of(problem).between(relationship)
    }
}

/// The shop of a session.
pub(super) fn shop_at(row: &SessionRow) -> ShopAt {
    ShopAt {
        supplier: row.supplier_id.as_str().into(),
        connector: row.storefront_connector_id.as_str().into(),
    }
}

/// A browser is sent there: a web address, and nothing else.
fn check_login(opened: &OpenedSession) -> Result<(), ShopError> {
    let is_web = Url::parse(&opened.login_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match is_web {
        true => Ok(()),
        false => Err(ShopError::NoLogin),
    }
}

fn notice(hold: &CheckoutHold, relationship: &Relationship) -> Option<Notice> {
    let stops = hold.stops_orders || hold.stops_terms;
    let text = hold.text.clone().or_else(|| stops.then(|| ON_HOLD.to_owned()))?;
    let severity = match stops {
        true if relationship.policies.cart_blocking.stops(false) => Severity::Blocking,
        true => Severity::Warning,
        false => Severity::Info,
    };
    Some(Notice { severity, text })
}

/// What the shopper does not find in the cart.
fn missing(facts: SetupFacts, opened: &OpenedSession) -> Vec<Missing> {
    let refused = opened.refused.iter().map(|refused| Missing {
        part_id: facts
            .items
            .iter()
            .find(|item| item.line == refused.line)
            .map_or_else(String::new, |item| item.part_id.clone()),
        reason: refused.message.clone(),
    });
    facts.missing.iter().cloned().chain(refused).collect()
}

fn unknown() -> Refusal {
    Refusal::of(Problem::StartLinkUnknown)
}
