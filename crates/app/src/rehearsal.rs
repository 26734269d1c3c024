//! A rehearsal of a relationship: a simulated buyer with its identities and secret goes to a gateway's address, and what
//! it found is a report that may be handed to the buyer.
//!
//! **Invariant:** the buyer's side goes over HTTP only; beside it, the shop is filled through its connector as a shopper
//! would, and orders are counted. On a production relationship nothing is ordered unless it is asked for.

mod shop;

use std::{sync::Arc, time::Duration};

use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    purchase_order::Address,
};
use punchgate_protocols::cxml::Secret;
use punchgate_simulator::{
    Buyer, Line, LineError, Manner, MannerError, Means, Ordering, Plan, Stamps, rehearse,
};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    Surroundings,
    clock::Clock,
    connectors::ConnectorSource,
    directory::{Directory, DirectoryError, Identity, Mode, Relationship},
    entropy::{Entropy, new_id},
};
use shop::Side;

pub use punchgate_simulator::{Case, Report, Verdict};

/// What should be rehearsed.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Whose.
    pub supplier: SupplierId,
    /// Which relationship.
    pub relationship: RelationshipId,
    /// As which suite: see [`suites`].
    pub suite: String,
    /// Where requests go; without a path, below `/cxml` as this relationship.
    pub url: Url,
    /// Further hosts that may be reached, such as that of start pages.
    pub hosts: Vec<String>,
    /// Which parts go into the cart; none: what the shop's catalogue begins with.
    pub parts: Vec<String>,
    /// The buyer's id of the address where goods go.
    pub ship_to: Option<String>,
    /// Where carts are to be posted to; none: at a return host of the relationship.
    pub return_url: Option<String>,
    /// Whether orders are sent.
    pub orders: Orders,
}

/// Whether orders are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orders {
    /// Marked as tests on a test relationship; on a production relationship none.
    #[default]
    AsRelationship,
    /// Marked as tests: a production relationship stores them and submits none.
    Test,
    /// Real ones.
    Live,
}

/// Why nothing was rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The suite.
    #[error(transparent)]
    Manner(#[from] MannerError),
    /// The hosts.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The relationship lacks something, or the wish cannot be fulfilled.
    #[error("{0}")]
    Unfit(String),
    /// One at a time: each is a buyer who asks as fast as it is answered.
    #[error(
        "another rehearsal is under way on this gateway; try again when it is over, in two minutes at most"
    )]
    Busy,
    /// It was broken off.
    #[error(
        "the rehearsal took longer than {} seconds and was broken off: the gateway is slow at {url}, or does not reach itself there \
         (server.public_url)",
        MOST.as_secs()
    )]
    TooLong {
        /// Where it went.
        url: Url,
    },
}

/// How long somebody waits for a rehearsal at a page.
const MOST: Duration = Duration::from_secs(120);

/// The suites that can be played.
pub fn suites() -> Vec<&'static str> {
    Manner::names().collect()
}

/// Rehearses relationships.
#[derive(Clone, Debug)]
pub struct Rehearsals {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    connectors: Arc<ConnectorSource>,
    under_way: Arc<Semaphore>,
}

impl Rehearsals {
    /// Beside this directory and these connectors.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            connectors,
            under_way: Arc::new(Semaphore::new(1)),
        }
    }

    /// The same for somebody who waits for it at a page: one at a time, and not for ever.
    pub async fn run_alone(&self, wish: &Wish) -> Result<Report, RehearsalError> {
        let Ok(_turn) = self.under_way.try_acquire() else {
            return Err(RehearsalError::Busy);
        };
        match tokio::time::timeout(MOST, self.run(wish)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(RehearsalError::TooLong {
                url: wish.url.clone(),
            }),
        }
    }

    /// Walks the whole loop, which takes as long as the gateway and the shop do.
    pub async fn run(&self, wish: &Wish) -> Result<Report, RehearsalError> {
        let relationship = self
            .directory
            .relationship(&wish.supplier, &wish.relationship)
            .await?;
        let plan = plan(&relationship, wish)?;
        let line = Line::to(&plan.url, &wish.hosts)?;
        let side = Side {
            surroundings: &self.surroundings,
            connectors: &self.connectors,
            relationship: &relationship,
            parts: &wish.parts,
        };
        let stamps = Ticks {
            clock: Arc::clone(&self.surroundings.clock),
            entropy: Arc::clone(&self.surroundings.entropy),
        };
        let means = Means {
            line: &line,
            supplier: Some(&side),
            stamps: &stamps,
        };
        Ok(rehearse(&plan, means).await)
    }
}

/// Time and unique texts for a simulated buyer.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Stamps for Ticks {
    fn now(&self) -> punchgate_domain::Instant {
        self.clock.now()
    }

    fn unique(&self) -> String {
        new_id(self.clock.now(), &*self.entropy)
    }
}

fn plan(relationship: &Relationship, wish: &Wish) -> Result<Plan, RehearsalError> {
    let manner = Manner::built_in(&wish.suite)?;
    let name = relationship.path_text();
    let lacks = |what: &str| RehearsalError::Unfit(format!("relationship {name} has {what}"));
    // The last one outlives the others while they are rotated.
    let secret = relationship
        .secrets
        .iter()
        .find(|inbound| inbound.valid_until.is_none())
        .or_else(|| relationship.secrets.first())
        .ok_or_else(|| lacks("no shared secret that a buyer could present"))?;
    let return_url = match &wish.return_url {
        Some(url) => url.clone(),
        None => return_url(relationship).ok_or_else(|| {
            lacks("no return host: declare return_hosts, or say where carts go (--return-url)")
        })?,
    };
    if relationship.mode == Mode::Shadow {
        return Err(lacks(
            "no shop to serve and no orders to take: its mode is shadow",
        ));
    }
    Ok(Plan {
        suite: wish.suite.clone(),
        dialect: (*relationship.dialect).clone(),
        manner,
        buyer: Buyer {
            name: relationship.buyer_name.clone(),
            from: pairs(&relationship.buyer_identities),
            to: pairs(&relationship.supplier_identities),
            hub: pairs(&relationship.sender_identities).into_iter().next(),
            secret: Secret::new(secret.secret.expose()),
        },
        url: address(&wish.url, &name),
        relationship: name,
        return_url,
        ship_to: wish.ship_to.as_ref().map(|id| Address {
            address_id: Some(id.clone()),
            name: relationship.buyer_name.clone(),
            ..Address::default()
        }),
        ordering: match (wish.orders, relationship.mode) {
            (Orders::Live, _) => Ordering::Live,
            (Orders::Test, _) | (Orders::AsRelationship, Mode::Test) => Ordering::Test,
            (Orders::AsRelationship, Mode::Production | Mode::Shadow) => Ordering::None,
        },
    })
}

/// Where requests go: as it is written, or below `/cxml` where only the gateway is named.
pub fn address(url: &Url, relationship: &str) -> Url {
    let mut url = url.clone();
    if url.path().trim_matches('/').is_empty() {
        url.set_path(&format!("/cxml/{relationship}"));
    }
    url
}

fn return_url(relationship: &Relationship) -> Option<String> {
    let rule = relationship.return_hosts.iter().next()?.to_string();
    let host = match rule.strip_prefix("*.") {
        Some(below) => format!("rehearsal.{below}"),
        None => rule,
    };
    Some(format!("https://{host}/punchout/return?rehearsal=1"))
}

fn pairs(identities: &[Identity]) -> Vec<(String, String)> {
    identities
        .iter()
        .map(|identity| (identity.domain.clone(), identity.identity.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_is_the_gateway_s() {
        for (url, expected) in [
            ("https://gw.example", "https://gw.example/cxml/acme.globex"),
            ("https://gw.example/", "https://gw.example/cxml/acme.globex"),
            ("https://gw.example/cxml", "https://gw.example/cxml"),
            (
                "http://127.0.0.1:8081/x/cxml/a.b",
                "http://127.0.0.1:8081/x/cxml/a.b",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(address(&url, "acme.globex").as_str(), expected);
        }
    }
}
