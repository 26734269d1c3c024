//! Who receives at a place.
//!
//! **Invariant:** an id is looked for among the places of whoever orders, and only then among customers: the ERP's ids
//! of places and of customers are numbers of their own, and the same number may be a place of one and the id of another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use punchgate_domain::ids::{CustomerId, SupplierId};
use punchgate_storage::{
    StorageResult, Tx,
    customer::{
        self, CustomerRow,
        ship_tos::{self, PlaceName},
    },
};

use super::{CustomerRef, customer_of, find_customer};

/// Places that are ordered to, with those who receive there.
#[derive(Debug, Default)]
pub(crate) struct Receivers {
    /// The ERP's ids of the customers that a place is; none for one that is nobody else's.
    places: HashMap<PlaceKey, Vec<String>>,
    /// Customers by connection and the ERP's id, in the order of their scopes.
    customers: HashMap<(String, String), Vec<CustomerRow>>,
}

/// Our id of whoever orders, and how the place is called.
type PlaceKey = (String, String);

/// Who receives at one place, beside the customer who orders to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Receiving {
    /// Whose holds count.
    pub(crate) customers: Vec<CustomerId>,
    /// The ERP's ids of those of whom nothing is known.
    pub(crate) unknown: Vec<String>,
}

impl Receivers {
    /// Those at the places to which these customers order, each named by the ERP's id or number: a fixed number of
    /// statements.
    pub(crate) async fn load(
        tx: &mut Tx,
        supplier: &SupplierId,
        asked: &[(&CustomerRow, String)],
    ) -> StorageResult<Self> {
        let supplier = supplier.as_str();
        let names: BTreeSet<PlaceName> = asked.iter().map(|(sold_to, name)| place(sold_to, name)).collect();
        let mut names: Vec<PlaceName> = names.into_iter().collect();
        let mut places: HashMap<PlaceKey, Vec<String>> = HashMap::new();
        let mut found = ship_tos::receivers_by_id(tx, supplier, &names).await?;
        names.retain(|name| {
            let is_it =
                |row: &ship_tos::ReceiverRow| row.customer_id == name.customer_id && row.name == name.name;
            !found.iter().any(is_it)
        });
        found.extend(ship_tos::receivers_by_code(tx, supplier, &names).await?);
        for row in found {
            let ids = places.entry((row.customer_id, row.name)).or_default();
            ids.extend(row.external_id);
        }
        let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (sold_to, name) in asked {
            let ids = wanted.entry(&sold_to.connector_id).or_default();
            match places.get(&key(sold_to, name)) {
                Some(receivers) => ids.extend(receivers.iter().cloned()),
                None => {
                    ids.insert(name.clone());
                }
            }
        }
        let mut customers: HashMap<(String, String), Vec<CustomerRow>> = HashMap::new();
        for (connector, ids) in wanted {
            let ids: Vec<String> = ids.into_iter().collect();
            for row in customer::by_external(tx, supplier, connector, &ids).await? {
                let key = (connector.to_owned(), row.external_id.clone());
                customers.entry(key).or_default().push(row);
            }
        }
        Ok(Self { places, customers })
    }

    /// Who receives at a place to which this customer orders; it was among those that were asked for.
    pub(crate) fn at(&self, sold_to: &CustomerRow, name: &str) -> Receiving {
        let mut receiving = Receiving::default();
        let no_place = [name.to_owned()];
        let ids = self
            .places
            .get(&key(sold_to, name))
            .map_or(&no_place[..], Vec::as_slice);
        for id in ids {
            match self.customer(sold_to, id) {
                Some(row) if row.customer_id == sold_to.customer_id => {}
                Some(row) => receiving.customers.push(customer_of(row)),
                None => receiving.unknown.push(id.clone()),
            }
        }
        receiving
    }

    /// All of them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &CustomerRow> {
        self.customers.values().flatten()
    }

    /// Of several scopes that of whoever orders, else the first.
    fn customer(&self, sold_to: &CustomerRow, external_id: &str) -> Option<&CustomerRow> {
        let key = (sold_to.connector_id.clone(), external_id.to_owned());
        let rows = self.customers.get(&key)?;
        let same_scope = rows.iter().find(|row| row.scope == sold_to.scope);
        same_scope.or(rows.first())
    }
}

/// Who receives where one customer orders to.
pub(crate) async fn receiving(
    tx: &mut Tx,
    supplier: &SupplierId,
    sold_to: &CustomerRow,
    place: &CustomerRef,
) -> StorageResult<Receiving> {
    match place {
        CustomerRef::External {
            connector,
            external_id,
        } if *connector.as_str() == sold_to.connector_id => {
            let asked = [(sold_to, external_id.clone())];
            let receivers = Receivers::load(tx, supplier, &asked).await?;
            Ok(receivers.at(sold_to, external_id))
        }
        // Another system's ids are no places of this customer.
        other => {
            let found = find_customer(tx, supplier, other).await?;
            let unknown = match other {
                CustomerRef::External { external_id, .. } if found.is_none() => vec![external_id.clone()],
                _ => Vec::new(),
            };
            Ok(Receiving {
                customers: found.iter().map(customer_of).collect(),
                unknown,
            })
        }
    }
}

fn place(sold_to: &CustomerRow, name: &str) -> PlaceName {
    PlaceName {
        customer_id: sold_to.customer_id.clone(),
        name: name.to_owned(),
    }
}

fn key(sold_to: &CustomerRow, name: &str) -> PlaceKey {
    (sold_to.customer_id.clone(), name.to_owned())
}
