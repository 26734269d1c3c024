//! Whether all is well around one relationship: what can be asked now is asked.

use std::{sync::Arc, time::Duration};

use punchgate_domain::{
    ids::{ConnectorId, RelationshipId, SupplierId},
    policy::{ConfirmationPolicy, OrderSink},
};
use url::Url;

use super::{Finding, looked, outside, within};
use crate::{
    Surroundings,
    connectors::{ConnectorSource, ConnectorView, SecretsView},
    delivery::Reach,
    directory::{Directory, DirectoryError, Relationship, secrets::RelationshipSecrets},
};

/// How long a buyer's address may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Asks the systems around a relationship.
#[derive(Debug)]
pub struct Connections {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    connectors: Arc<ConnectorSource>,
    reach: Arc<dyn Reach>,
}

impl Connections {
    /// Nobody is asked yet.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
        reach: Arc<dyn Reach>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            connectors,
            reach,
        }
    }

    /// What is found, each thing with what to do about it.
    pub async fn of(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
    ) -> Result<Vec<Finding>, DirectoryError> {
        let view = self.directory.view(supplier, id).await?;
        let mut found = vec![secrets(&view.secrets)];
        let suppliers = std::slice::from_ref(supplier);
        found.extend(looked(
            "clock",
            within::clock(&self.surroundings, suppliers).await,
        ));
        let Some(read) = view.read else {
            let why = view.listed.trouble.unwrap_or_default();
            let remedy = "mend it in its file and apply that again";
            found.push(Finding::problem("relationship", why, remedy));
            return Ok(found);
        };
        found.extend(within::relationships(std::slice::from_ref(&read)));
        let views = match self.connectors.overview(supplier).await {
            Ok(views) => views,
            Err(error) => return Ok([found, looked("connectors", Err(error))].concat()),
        };
        let (shop, erp, buyer) = tokio::join!(
            self.connector(supplier, &views, read.storefront.as_ref()),
            self.connector(
                supplier,
                &views,
                read.erp
                    .as_ref()
                    .filter(|erp| read.storefront.as_ref() != Some(*erp))
            ),
            self.buyer(&read),
        );
        found.extend(shop);
        found.extend(erp);
        found.extend(self.sink(&read).await);
        found.extend(buyer);
        Ok(found)
    }

    async fn connector(
        &self,
        supplier: &SupplierId,
        views: &[ConnectorView],
        id: Option<&ConnectorId>,
    ) -> Vec<Finding> {
        // Without one it is told what the relationship lacks.
        let Some(id) = id else { return Vec::new() };
        let place = format!("connector {supplier}.{id}");
        match views.iter().find(|view| view.id == *id) {
            None => {
                let remedy = "declare it and apply the file again";
                vec![Finding::problem(place, "there is no such connector", remedy)]
            }
            Some(view) if matches!(view.secrets, SecretsView::Closed) => {
                let remedy = "put the key that is missing below the first line of key.file, or apply the secrets again";
                let text = "its secrets do not open with this gateway's sealing keys";
                vec![Finding::problem(place, text, remedy)]
            }
            Some(view) => outside::connector(&self.surroundings, &self.connectors, supplier, view).await,
        }
    }

    /// Whether orders find somebody who takes them.
    async fn sink(&self, one: &Relationship) -> Option<Finding> {
        let (id, name) = match one.order_sink {
            OrderSink::Erp => (one.erp.as_ref()?, "ERP"),
            OrderSink::Storefront => (one.storefront.as_ref()?, "shop"),
            // Told with what the relationship lacks.
            OrderSink::None => return None,
        };
        // One that cannot be called is told of already.
        let connected = self.connectors.connector(&one.supplier.id, id).await.ok()?;
        let spec = connected.spec();
        let takes = match one.order_sink {
            OrderSink::Storefront => spec.shop_orders.is_some(),
            _ => spec.orders.is_some(),
        };
        Some(match takes {
            true => Finding::ok(
                "orders",
                format!("approved ones go to the {name} ({id}), which takes orders"),
            ),
            false => Finding::problem(
                "orders",
                format!("approved ones go to the {name} ({id}), which takes no orders"),
                "name another order_sink, or a connector that takes orders, and apply the file again",
            ),
        })
    }

    /// Whether the buyer can be told anything.
    async fn buyer(&self, one: &Relationship) -> Option<Finding> {
        // Without an address it is told what the relationship lacks.
        let outbound = one.outbound.as_ref()?;
        if one.policies.confirmation == ConfirmationPolicy::Never {
            return None;
        }
        let asked = self.reach.reach(&outbound.url, ANSWER).await;
        Some(reached(&outbound.url, asked))
    }
}

fn secrets(told: &RelationshipSecrets) -> Finding {
    const REMEDY: &str =
        "put the key that is missing below the first line of key.file, or apply the secret again";
    match (&told.closed, told.current, told.entered) {
        (Some(why), ..) => Finding::problem("secrets", why.clone(), REMEDY),
        (None, None, _) => Finding::problem(
            "secrets",
            "there is none: nobody can prove to be the buyer",
            "set one on this page, or declare it and apply the file",
        ),
        (None, Some(_), None) => Finding::ok("secrets", "the buyer's opens"),
        (None, Some(_), Some(_)) => Finding::warning(
            "secrets",
            "both open; the buyer's is being exchanged",
            "drop the old one when the buyer uses the new one",
        ),
    }
}

/// What the answer of a buyer's address to a question without a document says. That it does not like the question is no
/// trouble: it is there for documents.
fn reached(url: &Url, asked: Result<u16, String>) -> Finding {
    let place = "confirmations";
    match asked {
        Err(why) => Finding::problem(
            place,
            format!("{url} gives no answer: {why}"),
            "see that the address is right and that the buyer lets this machine in; one in a private network stands in delivery.networks of the configuration",
        ),
        Ok(status @ 300..=399) => Finding::warning(
            place,
            format!("{url} leads elsewhere (HTTP {status}), where no document follows"),
            "name the address to which it leads as outbound_url, and apply the file",
        ),
        Ok(status @ (404 | 410)) => Finding::warning(
            place,
            format!("{url} answers that there is nothing (HTTP {status})"),
            "compare the path with what the buyer has told you; some suites say so to whatever is no document",
        ),
        Ok(status @ 500..=599) => Finding::warning(
            place,
            format!("{url} answers that it is in trouble (HTTP {status})"),
            "ask the buyer; what could not be delivered is tried again by itself",
        ),
        Ok(status) => Finding::ok(
            place,
            format!("{url} answers (HTTP {status} to a question without a document)"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Weight;
    use super::*;

    #[test]
    fn what_an_address_answers_is_judged() {
        let url: Url = "https://buyer.example/orders".parse().unwrap();
        for (asked, weight, says) in [
            (Ok(200), Weight::Ok, "HTTP 200"),
            (Ok(405), Weight::Ok, "HTTP 405"),
            (Ok(302), Weight::Warning, "leads elsewhere"),
            (Ok(404), Weight::Warning, "nothing"),
            (Ok(503), Weight::Warning, "trouble"),
            (
                Err("the name is not known".to_owned()),
                Weight::Problem,
                "not known",
            ),
        ] {
            let found = reached(&url, asked);
            assert_eq!(found.weight, weight, "{found:?}");
            assert!(found.text.contains(says), "{found:?}");
            assert_eq!(found.remedy.is_empty(), weight == Weight::Ok, "{found:?}");
        }
    }
}
