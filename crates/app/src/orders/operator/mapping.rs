//! The address of an order that nobody knew: a person says whose it is.

use punchgate_domain::{
    catalogue::Problem, order::OrderState, policy::Unmapped, purchase_order::PurchaseOrder,
};
use punchgate_storage::{customer, order};

use super::{OperatorError, OrderDesk, Word, is_expected, not_found};
use crate::{
    accounts::Author,
    directory::{
        MappingKind, Relationship,
        entries::{MappingEntry, MappingError},
    },
    orders::{content, load, mapped::unmapped, working::Working},
};

impl OrderDesk {
    /// The order's address is this customer's of the ERP, for this order and those that come; it is decided again at once.
    pub async fn map_customer(&self, word: &Word<'_>, customer: &str) -> Result<(), OperatorError> {
        let refused = |problem, details: String| OperatorError::Refused { problem, details };
        let relationship = self.relationship_of(word).await?;
        let supplier = word.supplier.as_str();
        let customer = customer.trim();
        let Some(erp) = &relationship.erp else {
            let details = "the relationship names no ERP that knows customers".to_owned();
            return Err(refused(Problem::InvalidTransition, details));
        };
        let (order, content) = self.expected(word).await?;
        let mut tx = self.surroundings.db.read().await?;
        let known = customer::by_external(&mut tx, supplier, erp.as_str(), &[customer.to_owned()]).await?;
        tx.rollback().await?;
        if order.row.customer_id.is_some() {
            let details = "its customer is known: a mapping would not change this order".to_owned();
            return Err(refused(Problem::InvalidTransition, details));
        }
        if known.is_empty() {
            let details = format!(
                "customer: '{customer}' is not known from {erp}; write its key there, such as C-1001, and if it is new, wait \
                 until it is read"
            );
            return Err(refused(Problem::Validation, details));
        }
        let Some(address) = load::customer_address(&content) else {
            let details =
                "the order has no address that could be mapped: name the relationship's customer".to_owned();
            return Err(refused(Problem::InvalidTransition, details));
        };
        self.enter(word, &relationship, (MappingKind::Customer, &address, customer))
            .await
    }

    /// What the buyer calls a unit, a place or a user is this, for this order and those that come; it is decided again at once.
    pub async fn map_word(
        &self,
        word: &Word<'_>,
        (kind, source, target): (MappingKind, &str, &str),
    ) -> Result<(), OperatorError> {
        let relationship = self.relationship_of(word).await?;
        let (order, content) = self.expected(word).await?;
        let wanted = |what: &Unmapped| match what {
            Unmapped::Unit { unit, .. } => kind == MappingKind::Unit && unit == source,
            Unmapped::ShipTo { address, .. } => kind == MappingKind::ShipTo && address == source,
            Unmapped::User { user } => kind == MappingKind::Contact && user == source,
        };
        let missing = unmapped(&content, &relationship, |_| true);
        if order.row.state != OrderState::Held.as_str() || !missing.iter().any(wanted) {
            let details = format!("the order does not wait for the {kind} '{source}'");
            return Err(OperatorError::Refused {
                problem: Problem::InvalidTransition,
                details,
            });
        }
        self.enter(word, &relationship, (kind, source, target)).await
    }

    /// The order as whoever speaks has it before them, and what its buyer wrote.
    async fn expected(&self, word: &Word<'_>) -> Result<(Working, PurchaseOrder), OperatorError> {
        let supplier = word.supplier.as_str();
        let mut tx = self.surroundings.db.read().await?;
        let Some(row) = order::get(&mut tx, supplier, word.order).await? else {
            tx.rollback().await?;
            return Err(not_found(word));
        };
        let content = content::of_document(&mut tx, supplier, &row.document_id).await?;
        tx.rollback().await?;
        let order = Working::stored(row, 0, 0);
        is_expected(word, &order)?;
        Ok((order, content))
    }

    async fn enter(
        &self,
        word: &Word<'_>,
        relationship: &Relationship,
        (kind, source, target): (MappingKind, &str, &str),
    ) -> Result<(), OperatorError> {
        let refused = |problem, details: String| OperatorError::Refused { problem, details };
        let entry = MappingEntry {
            kind,
            source: source.to_owned(),
            target: Some(target.to_owned()),
        };
        let author = Author::new(word.by, word.reason)
            .map_err(|error| refused(Problem::Validation, error.to_string()))?;
        let place = (word.supplier, &relationship.id);
        match self
            .directory
            .enter_mappings(place, &[entry], &author, false)
            .await
        {
            Ok(_) => self.decide_again(word).await,
            Err(MappingError::Directory(error)) => Err(error.into()),
            Err(error @ MappingError::Refused(_)) => Err(refused(Problem::Validation, error.to_string())),
        }
    }
}
