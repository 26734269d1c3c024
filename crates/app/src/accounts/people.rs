//! Who and what belongs to a customer: its people, its places, its payer and head office, and those below it.

use punchgate_domain::ids::CustomerId;
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    customer::{
        self, CustomerFilter, CustomerRow,
        contacts::{self, ContactRow},
        ship_tos::{self, PlaceRow},
    },
};

use crate::sync::{AddressValue, PersonValue, PlaceValue};

/// Sites that come with a customer; the list has them all.
const SITES: i64 = 200;

/// Another customer, as far as one is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedCustomer {
    /// Our id; none if the ERP names it and has not told it yet.
    pub id: Option<CustomerId>,
    /// The ERP's id.
    pub external_id: String,
    /// The number that people use.
    pub code: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// People, places and relations of a customer.
#[derive(Clone, Debug, Default)]
pub struct Belongings {
    /// Its people with the ERP's ids, by name.
    pub contacts: Vec<(String, PersonValue)>,
    /// Its places with the ERP's ids.
    pub ship_tos: Vec<(String, PlaceValue)>,
    /// Who pays, where that is another.
    pub payer: Option<RelatedCustomer>,
    /// The head of its group, where that is another.
    pub head_office: Option<RelatedCustomer>,
    /// Those for whom it pays, or of whose group it is the head; the first two hundred.
    pub sites: Vec<RelatedCustomer>,
}

impl Belongings {
    /// Those of a customer.
    pub(super) async fn of(tx: &mut Tx, row: &CustomerRow) -> StorageResult<Self> {
        let (supplier, id) = (row.supplier_id.as_str(), row.customer_id.as_str());
        let contacts = contacts::of_customer(tx, supplier, id).await?;
        let ship_tos = ship_tos::of_customer(tx, supplier, id).await?;
        let (connector, scope) = (row.connector_id.as_str(), row.scope.as_str());
        let sites = customer::below(tx, supplier, connector, scope, &row.external_id, SITES).await?;
        let above: Vec<String> = [&row.payer_external_id, &row.head_external_id]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let mut known = customer::by_external(tx, supplier, connector, &above).await?;
        known.retain(|other| other.scope == row.scope);
        let related = |external_id: &Option<String>| {
            external_id.as_deref().map(|external_id| {
                let found = known.iter().find(|other| other.external_id == external_id);
                found.map_or_else(|| RelatedCustomer::untold(external_id), RelatedCustomer::of)
            })
        };
        Ok(Self {
            contacts: contacts.into_iter().map(person).collect::<StorageResult<_>>()?,
            ship_tos: ship_tos.into_iter().map(place).collect::<StorageResult<_>>()?,
            payer: related(&row.payer_external_id),
            head_office: related(&row.head_external_id),
            sites: sites.iter().map(RelatedCustomer::of).collect(),
        })
    }
}

impl RelatedCustomer {
    fn of(row: &CustomerRow) -> Self {
        Self {
            id: Some(CustomerId::new(row.customer_id.clone())),
            external_id: row.external_id.clone(),
            code: Some(row.code.clone()),
            name: Some(row.name.clone()),
        }
    }

    fn untold(external_id: &str) -> Self {
        Self {
            id: None,
            external_id: external_id.to_owned(),
            code: None,
            name: None,
        }
    }
}

fn person(row: ContactRow) -> StorageResult<(String, PersonValue)> {
    let roles = serde_json::from_str(&row.roles)
        .map_err(|error| StorageError::corrupt("customer_contact.roles", error))?;
    let value = PersonValue {
        name: row.name,
        email: row.email,
        phone: row.phone,
        roles,
        active: row.active != 0,
    };
    Ok((row.contact_id, value))
}

fn place(row: PlaceRow) -> StorageResult<(String, PlaceValue)> {
    let address: AddressValue = serde_json::from_str(&row.address)
        .map_err(|error| StorageError::corrupt("customer_ship_to.address", error))?;
    let value = PlaceValue {
        code: row.code,
        address,
        active: row.active != 0,
        customer: row.external_id,
    };
    Ok((row.ship_to_id, value))
}

/// A filter in the ERP's ids: whoever asks for those below a customer may name it by our id or by the ERP's.
pub(super) async fn in_erp_ids(
    tx: &mut Tx,
    supplier: &str,
    filter: &CustomerFilter,
) -> StorageResult<Option<CustomerFilter>> {
    let mut narrowed = filter.clone();
    for place in [0, 1] {
        let named = if place == 0 { &filter.payer } else { &filter.head };
        let Some(named) = named else { continue };
        let Some(row) = customer::get(tx, supplier, named).await? else {
            continue;
        };
        let other = |known: &Option<String>, own: &String| known.as_ref().is_some_and(|known| known != own);
        if other(&narrowed.connector, &row.connector_id) || other(&narrowed.scope, &row.scope) {
            return Ok(None);
        }
        narrowed.connector = Some(row.connector_id);
        narrowed.scope = Some(row.scope);
        let target = if place == 0 {
            &mut narrowed.payer
        } else {
            &mut narrowed.head
        };
        *target = Some(row.external_id);
    }
    Ok(Some(narrowed))
}
