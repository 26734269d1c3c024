//! The question itself: to the ERP if it tells prices, else to the shop, one answer a line. No transaction is open.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use punchgate_connector::{
    Catalogue, ConnectorError, Context, ErrorKind, Prices,
    catalogue::{Item, ItemQuery},
    prices::{PriceAnswer, PriceQuery},
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::Currency,
    policy::ContractPrice,
    purchase_order::OrderLine,
    quantity::{Quantity, Unit},
};
use tokio_util::sync::CancellationToken;

use super::{Asked, ComparePrices, stored::Answered};
use crate::connectors::Connected;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(20);
/// Items that a shop is asked at once.
const AT_ONCE: usize = 8;
/// Prices that an ERP is asked in one call.
const OF_ONE_CALL: usize = 100;

/// What one line asks.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Place of the line in the order.
    pub place: usize,
    customer: String,
    part_id: String,
    quantity: Quantity,
    unit: Unit,
    currency: Currency,
}

impl Question {
    pub(super) fn of(place: usize, line: &OrderLine, customer: &str) -> Self {
        Self {
            place,
            customer: customer.to_owned(),
            part_id: line.part_id.clone(),
            quantity: line.quantity.clone(),
            unit: line.unit.clone(),
            currency: line.unit_price.currency(),
        }
    }
}

impl ComparePrices {
    /// An error is worth another try.
    pub(super) async fn ask(&self, supplier: &SupplierId, asked: &Asked) -> Result<Vec<Answered>, String> {
        let relationship = &asked.relationship;
        for connector in [&relationship.erp, &relationship.storefront]
            .into_iter()
            .flatten()
        {
            let opened = self.opened(supplier, connector).await?;
            let spec = opened.connector.spec();
            let answers = match (spec.prices, spec.catalogue) {
                (Some(prices), _) => self.of_erp(&opened, prices, asked).await,
                (None, Some(shop)) => self.of_shop(&opened, shop, &asked.questions).await,
                (None, None) => continue,
            };
            let answers = answers.map_err(|error| error.to_string())?;
            let answered = asked.questions.iter().zip(answers);
            return Ok(answered
                .map(|(question, price)| Answered::new(question, price, connector.as_str()))
                .collect());
        }
        let message = "no connector of the relationship tells prices".to_owned();
        Ok(Answered::for_all(
            &asked.questions,
            &ContractPrice::NotTold { message },
        ))
    }

    async fn opened(&self, supplier: &SupplierId, connector: &ConnectorId) -> Result<Arc<Connected>, String> {
        let opened = self.connectors.connector(supplier, connector).await;
        opened.map_err(|error| error.to_string())
    }

    fn context(&self, opened: &Connected) -> Context {
        let operation = format!("prices-{}", self.surroundings.new_id());
        opened.context(operation, self.surroundings.now(), CALL, CancellationToken::new())
    }

    async fn of_erp(
        &self,
        opened: &Connected,
        erp: &dyn Prices,
        asked: &Asked,
    ) -> Result<Vec<ContractPrice>, ConnectorError> {
        let zone = asked.relationship.supplier.time_zone.clone();
        let date = self.surroundings.now().to_zoned(zone).date();
        let mut found = Vec::with_capacity(asked.questions.len());
        for questions in asked.questions.chunks(OF_ONE_CALL) {
            let queries: Vec<PriceQuery> = questions
                .iter()
                .map(|question| PriceQuery {
                    customer: question.customer.clone(),
                    part_id: question.part_id.clone(),
                    quantity: question.quantity.clone(),
                    unit: question.unit.clone(),
                    date,
                })
                .collect();
            let answers = match erp.prices(&self.context(opened), &queries).await {
                Ok(answers) if answers.len() == queries.len() => answers,
                Ok(answers) => {
                    let why = format!("{} prices were asked, {} told", queries.len(), answers.len());
                    found.extend(vec![not_told(why); queries.len()]);
                    continue;
                }
                Err(error) => {
                    let answer = unanswered(error)?;
                    found.extend(vec![answer; queries.len()]);
                    continue;
                }
            };
            found.extend(
                questions
                    .iter()
                    .zip(answers)
                    .map(|(question, answer)| match answer {
                        PriceAnswer::Price {
                            unit_price,
                            price_basis,
                        } => ContractPrice::Offered {
                            unit: question.unit.clone(),
                            unit_price,
                            price_basis,
                        },
                        PriceAnswer::None { message } => ContractPrice::NotOffered { message },
                    }),
            );
        }
        Ok(found)
    }

    async fn of_shop(
        &self,
        opened: &Connected,
        shop: &dyn Catalogue,
        questions: &[Question],
    ) -> Result<Vec<ContractPrice>, ConnectorError> {
        let calls: Vec<_> = questions
            .iter()
            .map(|question| self.of_item(opened, shop, question))
            .collect();
        stream::iter(calls).buffered(AT_ONCE).try_collect().await
    }

    async fn of_item(
        &self,
        opened: &Connected,
        shop: &dyn Catalogue,
        question: &Question,
    ) -> Result<ContractPrice, ConnectorError> {
        if question.part_id.is_empty() {
            return Ok(not_offered("the line names no part"));
        }
        let query = ItemQuery {
            part_id: question.part_id.clone(),
            customer: Some(question.customer.clone()),
            quantity: Some(question.quantity.clone()),
            currency: Some(question.currency),
        };
        match shop.item(&self.context(opened), &query).await {
            Ok(Some(item)) => Ok(offer_of(item)),
            Ok(None) => Ok(not_offered("the shop does not know this part")),
            Err(error) => unanswered(error),
        }
    }
}

fn offer_of(item: Item) -> ContractPrice {
    if !item.active {
        return not_offered("the shop does not sell this part any more");
    }
    ContractPrice::Offered {
        unit: item.unit,
        unit_price: item.unit_price,
        price_basis: item.price_basis,
    }
}

/// What nobody can answer is an answer, too, and holds the order for a person. What comes right by itself, or in the
/// connector's settings and rights, is asked again.
fn unanswered(error: ConnectorError) -> Result<ContractPrice, ConnectorError> {
    match error.kind {
        ErrorKind::Unsupported | ErrorKind::Invalid | ErrorKind::Schema | ErrorKind::Rejected => {
            Ok(not_told(error.to_string()))
        }
        _ => Err(error),
    }
}

fn not_told(message: String) -> ContractPrice {
    ContractPrice::NotTold { message }
}

fn not_offered(why: &str) -> ContractPrice {
    ContractPrice::NotOffered {
        message: why.to_owned(),
    }
}
