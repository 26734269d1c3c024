//! A shop's question at checkout, in the ids that a shop has: whom they may mean, and what the answer rests on.
//!
//! **Invariant:** never less strict than the decision on the purchase order. An address id of the buyer's is mapped by
//! the same rules as there, and what could not be told is said in the answer.

use punchgate_domain::{
    catalogue::Problem,
    credit::CreditPolicy,
    hold::text::LanguageTag,
    ids::{ConnectorId, CustomerId, RelationshipId, SupplierId},
    money::Money,
};
use punchgate_storage::{StorageError, StorageResult, Tx, customer::CustomerRow};

use super::{
    CheckPoint, CheckoutOptions, CheckoutRequest, CustomerRef, Wording, customer_of, find_customer, load,
    options, receiving,
};
use crate::{
    Surroundings,
    accounts::AccountsError,
    credit::receivers::Receiving,
    directory::{Directory, DirectoryError, MappingKind, Relationship},
    orders::credit_policy,
};

/// What a shop asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutQuestion {
    /// The ERP's id of the customer, or ours; without one it is the relationship's.
    pub customer: Option<String>,
    /// The ERP connection that the id is of, where the supplier has several.
    pub connector: Option<ConnectorId>,
    /// The trading relationship: its customer, its rules, its names for ship-tos.
    pub relationship: Option<RelationshipId>,
    /// Who receives: the buyer's address id where the relationship is named, the ERP's id, or ours.
    pub ship_to: Option<String>,
    /// What is to be paid.
    pub total: Money,
    /// In which language the shopper reads.
    pub language: Option<LanguageTag>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The customer, or the database.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<StorageError> for CheckoutError {
    fn from(error: StorageError) -> Self {
        Self::Accounts(error.into())
    }
}

impl CheckoutError {
    /// The entry of the error catalogue.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Accounts(error) => error.problem(),
            Self::Directory(error) => error.problem(),
        }
    }
}

/// Who receives, as far as that can be told.
#[derive(Debug, Default)]
struct Receivers {
    known: Vec<CustomerId>,
    warnings: Vec<String>,
}

impl CheckoutQuestion {
    /// Which tenders the customer may use now, and the text why not.
    pub async fn answer(
        &self,
        surroundings: &Surroundings,
        directory: &Directory,
        supplier: &SupplierId,
    ) -> Result<CheckoutOptions, CheckoutError> {
        let relationship = match &self.relationship {
            Some(id) => Some(directory.relationship(supplier, id).await?),
            None => None,
        };
        let relationship = relationship.as_deref();
        let wording = match directory.supplier(supplier).await {
            Ok(supplier) => Some(Wording::of(&supplier).in_language(self.language.clone())),
            Err(DirectoryError::Storage(error)) => return Err(error.into()),
            Err(_) => None,
        };
        let candidates = self.customers(directory, supplier, relationship).await?;
        let now = surroundings.now();
        let mut tx = surroundings.db.read().await?;
        let customer = first_known(&mut tx, supplier, &candidates).await?;
        let customer = customer.ok_or_else(|| self.nobody(&candidates))?;
        let receivers = self.receivers(&mut tx, supplier, &customer, relationship).await?;
        let request = CheckoutRequest {
            customer: CustomerRef::Id(CustomerId::new(customer.customer_id)),
            ship_tos: receivers.known.into_iter().map(CustomerRef::Id).collect(),
            total: self.total,
            policy: relationship.map_or_else(CreditPolicy::default, |known| credit_policy(&known.policies)),
            wording,
        };
        let case = load(&mut tx, supplier, &request, CheckPoint::Checkout, now).await?;
        tx.rollback().await?;
        Ok(CheckoutOptions {
            warnings: receivers.warnings,
            ..options(&case, now)
        })
    }

    fn ship_to(&self) -> Option<&str> {
        self.ship_to.as_deref().map(str::trim).filter(|id| !id.is_empty())
    }

    /// Whom the caller may mean, most likely first.
    async fn customers(
        &self,
        directory: &Directory,
        supplier: &SupplierId,
        relationship: Option<&Relationship>,
    ) -> Result<Vec<CustomerRef>, CheckoutError> {
        let Some(id) = &self.customer else {
            return Ok(relationship.map_or_else(Vec::new, |known| vec![self.customer_of(known)]));
        };
        let own = relationship.and_then(|known| known.erp.as_ref());
        Ok(candidates(directory, supplier, self.connector.as_ref(), own, id).await?)
    }

    /// As whom the relationship would order: by the address that receives, else its own.
    fn customer_of(&self, relationship: &Relationship) -> CustomerRef {
        let by_address = self
            .ship_to()
            .and_then(|id| relationship.mappings.target(MappingKind::Customer, id));
        match (by_address, &relationship.erp) {
            (Some(id), Some(erp)) => external(erp.clone(), id),
            _ => CustomerRef::Relationship(relationship.id.clone()),
        }
    }

    fn nobody(&self, candidates: &[CustomerRef]) -> AccountsError {
        nobody(candidates, "name a customer or a relationship")
    }

    async fn receivers(
        &self,
        tx: &mut Tx,
        supplier: &SupplierId,
        customer: &CustomerRow,
        relationship: Option<&Relationship>,
    ) -> StorageResult<Receivers> {
        let Some(id) = self.ship_to() else {
            return Ok(Receivers::default());
        };
        let (Some(relationship), Some(erp)) =
            (relationship, relationship.and_then(|known| known.erp.as_ref()))
        else {
            return self.unmapped(tx, supplier, customer, relationship, id).await;
        };
        let [place, by_address] =
            [MappingKind::ShipTo, MappingKind::Customer].map(|kind| relationship.mappings.target(kind, id));
        if place.is_none() && by_address.is_none() {
            return self
                .unmapped(tx, supplier, customer, Some(relationship), id)
                .await;
        }
        let mut receivers = Receivers::default();
        // An order that goes to an address may be another customer's for it: whose holds count, whose place it is.
        let mut orders = None;
        if let Some(target) = by_address {
            orders = find_customer(tx, supplier, &external(erp.clone(), target)).await?;
            let known = orders.iter().map(customer_of).collect();
            let unknown = orders.is_none().then(|| target.to_owned()).into_iter().collect();
            let there = Receiving {
                customers: known,
                unknown,
            };
            receivers.add(there, |unknown| untold(id, target, unknown, erp));
        }
        let sold_to = orders.as_ref().unwrap_or(customer);
        if let Some(target) = place {
            let there = receiving(tx, supplier, sold_to, &external(erp.clone(), target)).await?;
            receivers.add(there, |unknown| untold(id, target, unknown, erp));
        }
        // The ERP's id of one of the buyer's places may be the buyer's id of another: both may be meant.
        if relationship.mappings.is_target(MappingKind::ShipTo, id) {
            let there = receiving(tx, supplier, sold_to, &external(erp.clone(), id)).await?;
            receivers.known.extend(there.customers);
        }
        Ok(receivers)
    }

    /// The ERP's id of a place or of a customer beside the one who orders, or our id of one.
    async fn unmapped(
        &self,
        tx: &mut Tx,
        supplier: &SupplierId,
        customer: &CustomerRow,
        relationship: Option<&Relationship>,
        id: &str,
    ) -> StorageResult<Receivers> {
        let connector = ConnectorId::new(customer.connector_id.clone());
        let mut there = receiving(tx, supplier, customer, &external(connector.clone(), id)).await?;
        if there.unknown.iter().any(|unknown| unknown == id) {
            let ours = CustomerRef::Id(CustomerId::new(id));
            if let Some(row) = find_customer(tx, supplier, &ours).await? {
                there = Receiving {
                    customers: vec![customer_of(&row)],
                    unknown: Vec::new(),
                };
            }
        }
        let mut receivers = Receivers::default();
        receivers.add(there, |unknown| match relationship {
            _ if unknown != id => untold(id, id, unknown, &connector),
            Some(known) => format!(
                "ship_to '{id}' is mapped to nothing in relationship {} and is no customer's id: {NOT_LOOKED_AT}",
                known.id
            ),
            None => format!(
                "ship_to '{id}' is no customer's id at {connector}, nor one of ours: {NOT_LOOKED_AT}. If it is the \
                 buyer's address id, name the relationship too"
            ),
        });
        Ok(receivers)
    }
}

impl Receivers {
    fn add(&mut self, there: Receiving, warning: impl Fn(&str) -> String) {
        self.warnings
            .extend(there.unknown.iter().map(|unknown| warning(unknown)));
        self.known.extend(there.customers);
    }
}

fn untold(id: &str, target: &str, unknown: &str, erp: &ConnectorId) -> String {
    match unknown == target {
        true => {
            format!(
                "ship_to '{id}' is mapped to '{target}', which is not known from {erp} yet: {NOT_LOOKED_AT}"
            )
        }
        false => format!(
            "ship_to '{id}' is a place of customer '{unknown}', who is not known from {erp} yet: {NOT_LOOKED_AT}"
        ),
    }
}

/// The customer that goes by the ERP's id or ours.
pub(crate) async fn named_customer(
    surroundings: &Surroundings,
    directory: &Directory,
    supplier: &SupplierId,
    connector: Option<&ConnectorId>,
    id: &str,
) -> Result<CustomerRow, CheckoutError> {
    let candidates = candidates(directory, supplier, connector, None, id).await?;
    let mut tx = surroundings.db.read().await?;
    let found = first_known(&mut tx, supplier, &candidates).await?;
    tx.rollback().await?;
    Ok(found.ok_or_else(|| nobody(&candidates, "name a customer"))?)
}

/// Whom an id may mean, most likely first: a customer of the named ERP, else of any, the `own` one first; else it is ours.
async fn candidates(
    directory: &Directory,
    supplier: &SupplierId,
    connector: Option<&ConnectorId>,
    own: Option<&ConnectorId>,
    id: &str,
) -> Result<Vec<CustomerRef>, DirectoryError> {
    let connectors = match connector {
        Some(connector) => vec![connector.clone()],
        None => {
            let all = directory.relationships(supplier).await?;
            let mut all: Vec<ConnectorId> = all.iter().filter_map(|one| one.erp.clone()).collect();
            all.sort();
            all.sort_by_key(|connector| Some(connector) != own);
            all.dedup();
            all
        }
    };
    let external = |connector| external(connector, id);
    let ours = CustomerRef::Id(CustomerId::new(id));
    Ok(connectors.into_iter().map(external).chain([ours]).collect())
}

fn nobody(candidates: &[CustomerRef], otherwise: &str) -> AccountsError {
    match candidates.last() {
        Some(customer) => AccountsError::UnknownCustomer(customer.to_string()),
        None => AccountsError::invalid("customer", otherwise),
    }
}

const NOT_LOOKED_AT: &str = "holds of whoever receives were not looked at";

fn external(connector: ConnectorId, id: &str) -> CustomerRef {
    CustomerRef::External {
        connector,
        external_id: id.to_owned(),
    }
}

async fn first_known(
    tx: &mut Tx,
    supplier: &SupplierId,
    candidates: &[CustomerRef],
) -> StorageResult<Option<CustomerRow>> {
    for candidate in candidates {
        if let Some(row) = find_customer(tx, supplier, candidate).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
