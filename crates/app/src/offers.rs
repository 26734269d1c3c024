//! Prices and stock, asked of the ERP for shops and supplier systems, in batches.
//!
//! **Invariant:** the ERP is asked in no transaction, and what it answers is kept nowhere: it is true for the moment.

use std::{sync::Arc, time::Duration};

use jiff::civil::Date;
use punchgate_connector::{ConnectorError, Context, ErrorKind, prices::PriceQuery, stock::StockQuery};
pub use punchgate_connector::{prices::PriceAnswer, stock::StockAnswer};
use punchgate_domain::{
    catalogue::Problem,
    ids::{ConnectorId, SupplierId},
    quantity::{Quantity, Unit},
};
use punchgate_storage::{StorageError, customer::CustomerRow};
use tokio_util::sync::CancellationToken;

use crate::{
    Surroundings,
    accounts::AccountsError,
    connectors::{Connected, ConnectorSource, ConnectorSourceError},
    credit::{CheckoutError, named_customer},
    directory::{Directory, DirectoryError},
};

/// Lines of one question.
pub const MOST_LINES: usize = 500;
/// How long the whole question may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines that an ERP is asked in one call.
const OF_ONE_CALL: usize = 100;

/// Whose ERP is asked, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    /// The ERP's id of the customer, or ours.
    pub customer: Option<String>,
    /// The ERP connection; without it, the customer's.
    pub connector: Option<ConnectorId>,
}

/// A line of a question for prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// On which day; today without one.
    pub date: Option<Date>,
}

/// A line of a question for stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLine {
    /// The supplier's part number.
    pub part_id: String,
    /// In which unit.
    pub unit: Unit,
}

/// One answer a line, in their order, and who gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<A> {
    /// The connector.
    pub connector: ConnectorId,
    /// The answers.
    pub answers: Vec<A>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OffersError {
    /// The customer, the question, or the database.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The supplier's relationships.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The connector cannot be called.
    #[error(transparent)]
    Source(#[from] ConnectorSourceError),
    /// This ERP tells no such thing.
    #[error("connector '{connector}' tells no {what}")]
    NotTold {
        /// The connector.
        connector: ConnectorId,
        /// `prices` or `stock`.
        what: &'static str,
    },
    /// The ERP. For the log.
    #[error("connector '{connector}': {error}")]
    Erp {
        /// The connector.
        connector: ConnectorId,
        /// What happened.
        error: Box<ConnectorError>,
    },
}

impl OffersError {
    /// The entry of the error catalogue.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Accounts(error) => error.problem(),
            Self::Directory(error) => error.problem(),
            Self::Source(ConnectorSourceError::Unknown { .. }) => Problem::NotFound,
            Self::Source(ConnectorSourceError::Storage(_)) => Problem::Internal,
            Self::Source(_) => Problem::UpstreamUnavailable,
            Self::NotTold { .. } => Problem::Unsupported,
            Self::Erp { error, .. } => match error.kind {
                ErrorKind::RateLimited { .. } => Problem::Overloaded,
                _ => Problem::UpstreamUnavailable,
            },
        }
    }
}

impl From<StorageError> for OffersError {
    fn from(error: StorageError) -> Self {
        Self::Accounts(error.into())
    }
}

impl From<CheckoutError> for OffersError {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Accounts(error) => Self::Accounts(error),
            CheckoutError::Directory(error) => Self::Directory(error),
        }
    }
}

/// Asks ERPs for prices and stock.
#[derive(Debug, Clone)]
pub struct Offers {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    connectors: Arc<ConnectorSource>,
}

impl Offers {
    /// Over these connectors.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            connectors,
        }
    }

    /// What a customer pays.
    pub async fn prices(
        &self,
        supplier: &SupplierId,
        whom: &Whom,
        lines: &[PriceLine],
    ) -> Result<Told<PriceAnswer>, OffersError> {
        const WHAT: &str = "prices";
        let (connector, customer) = self.found(supplier, whom).await?;
        let customer = customer
            .ok_or_else(|| AccountsError::invalid("customer", "name the customer whose prices are asked"))?;
        let zone = self.directory.supplier(supplier).await?.time_zone.clone();
        let today = self.surroundings.now().to_zoned(zone).date();
        let queries: Vec<PriceQuery> = lines
            .iter()
            .map(|line| PriceQuery {
                customer: customer.external_id.clone(),
                part_id: line.part_id.clone(),
                quantity: line.quantity.clone(),
                unit: line.unit.clone(),
                date: line.date.unwrap_or(today),
            })
            .collect();
        let connected = self.connectors.connector(supplier, &connector).await?;
        let spec = connected.spec();
        let erp = spec.prices.ok_or_else(|| not_told(&connector, WHAT))?;
        let context = self.context(&connected, WHAT);
        let mut answers = Vec::with_capacity(queries.len());
        for queries in queries.chunks(OF_ONE_CALL) {
            let told = erp.prices(&context, queries).await;
            answers.extend(checked(told, queries.len(), &connector, WHAT)?);
        }
        Ok(Told { connector, answers })
    }

    /// What is there, in one warehouse or in all that serve the customer.
    pub async fn stock(
        &self,
        supplier: &SupplierId,
        whom: &Whom,
        warehouse: Option<&str>,
        lines: &[StockLine],
    ) -> Result<Told<StockAnswer>, OffersError> {
        const WHAT: &str = "stock";
        let (connector, customer) = self.found(supplier, whom).await?;
        let queries: Vec<StockQuery> = lines
            .iter()
            .map(|line| StockQuery {
                part_id: line.part_id.clone(),
                unit: line.unit.clone(),
                customer: customer.as_ref().map(|row| row.external_id.clone()),
                warehouse: warehouse.map(str::to_owned),
            })
            .collect();
        let connected = self.connectors.connector(supplier, &connector).await?;
        let spec = connected.spec();
        let erp = spec.stock.ok_or_else(|| not_told(&connector, WHAT))?;
        let context = self.context(&connected, WHAT);
        let mut answers = Vec::with_capacity(queries.len());
        for queries in queries.chunks(OF_ONE_CALL) {
            let told = erp.stock(&context, queries).await;
            answers.extend(checked(told, queries.len(), &connector, WHAT)?);
        }
        Ok(Told { connector, answers })
    }

    /// One context for the whole question: its deadline is that of all its calls.
    fn context(&self, connected: &Connected, what: &str) -> Context {
        let operation = format!("{what}-{}", self.surroundings.new_id());
        connected.context(
            operation,
            self.surroundings.now(),
            PATIENCE,
            CancellationToken::new(),
        )
    }

    /// Which ERP is asked, and the customer as it is known here.
    async fn found(
        &self,
        supplier: &SupplierId,
        whom: &Whom,
    ) -> Result<(ConnectorId, Option<CustomerRow>), OffersError> {
        let Some(id) = &whom.customer else {
            let connector = match &whom.connector {
                Some(connector) => connector.clone(),
                None => self.only_erp(supplier).await?,
            };
            return Ok((connector, None));
        };
        let row = named_customer(
            &self.surroundings,
            &self.directory,
            supplier,
            whom.connector.as_ref(),
            id,
        );
        let row = row.await?;
        let connector = ConnectorId::new(row.connector_id.clone());
        match &whom.connector {
            Some(named) if *named != connector => Err(AccountsError::invalid(
                "connector",
                format!("customer '{id}' is of {connector}, not of {named}"),
            )
            .into()),
            _ => Ok((connector, Some(row))),
        }
    }

    /// The supplier's ERP, if it has but one.
    async fn only_erp(&self, supplier: &SupplierId) -> Result<ConnectorId, OffersError> {
        let relationships = self.directory.relationships(supplier).await?;
        let mut erps: Vec<ConnectorId> = relationships.iter().filter_map(|one| one.erp.clone()).collect();
        erps.sort();
        erps.dedup();
        match erps.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(
                AccountsError::invalid("connector", "no relationship names an ERP: name a connector").into(),
            ),
            several => {
                let names: Vec<&str> = several.iter().map(ConnectorId::as_str).collect();
                let expected = format!("name a customer, or one of {}", names.join(", "));
                Err(AccountsError::invalid("connector", expected).into())
            }
        }
    }
}

fn not_told(connector: &ConnectorId, what: &'static str) -> OffersError {
    OffersError::NotTold {
        connector: connector.clone(),
        what,
    }
}

/// As many answers as questions, or nobody can say which belongs to which.
fn checked<A>(
    told: Result<Vec<A>, ConnectorError>,
    asked: usize,
    connector: &ConnectorId,
    what: &'static str,
) -> Result<Vec<A>, OffersError> {
    let error = match told {
        Ok(answers) if answers.len() == asked => return Ok(answers),
        Ok(answers) => {
            let message = format!("{} answers to {asked} questions", answers.len());
            ConnectorError::new(ErrorKind::Schema, what, message)
        }
        Err(error) if error.kind == ErrorKind::Unsupported => return Err(not_told(connector, what)),
        Err(error) => error,
    };
    Err(OffersError::Erp {
        connector: connector.clone(),
        error: Box::new(error),
    })
}
