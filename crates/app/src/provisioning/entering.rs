//! What a person enters at the console: a supplier, connector or relationship that is not there yet. It is read and checked by
//! the code that reads files, so that a page takes nothing that a file would not.

use punchgate_domain::{ids::SupplierId, operator::Role};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    credential::{self, CredentialRow},
    history::{self, ChangeRow},
    operator::{self, RoleRow},
    supplier,
};

use super::{
    Provisioning, ProvisioningError, checks,
    desired::{self, SupplierDesired},
    merged::Merged,
    plan::Plan,
    secret_ref::Fetching,
    stored::Stored,
    write,
};
use crate::{
    accounts::Author,
    clock::micros,
    declaration::{DeclarationProblem, Problems},
    directory::Party,
};

/// What is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The first supplier of an installation; whoever enters it is its owner.
    Supplier,
    /// A connector of a supplier.
    Connector(SupplierId),
    /// A relationship of a supplier.
    Relationship(SupplierId),
}

/// One thing that is entered, with the keys that it would have in a file.
#[derive(Debug)]
pub struct Entered<'a> {
    /// What.
    pub subject: Subject,
    /// Its keys.
    pub table: toml::Table,
    /// Who enters it, and why.
    pub author: &'a Author,
}

impl Subject {
    fn key(&self) -> &'static str {
        match self {
            Self::Supplier => "supplier",
            Self::Connector(_) => "connector",
            Self::Relationship(_) => "relationship",
        }
    }
}

impl Entered<'_> {
    fn id(&self) -> &str {
        self.table
            .get("id")
            .and_then(toml::Value::as_str)
            .unwrap_or_default()
    }

    /// What is there already stays: it is changed where it came from.
    fn clash(&self, stored: &Stored, has_supplier: bool) -> Option<&'static str> {
        let id = self.id();
        match self.subject {
            Subject::Supplier if has_supplier => Some(
                "this installation has a supplier already; others are declared in a file: punchgate apply",
            ),
            Subject::Connector(_) if stored.connectors.contains_key(id) => {
                Some("there is a connector of this id already; choose another one")
            }
            Subject::Relationship(_) if stored.relationships.contains_key(id) => {
                Some("there is a relationship of this id already; choose another one")
            }
            _ => None,
        }
    }
}

/// Who the supplier is in documents is nobody else's on this gateway: one supplier's entry must not stop what comes for another.
/// A file may say so; whoever applies it signs in to the machine.
async fn of_others(tx: &mut Tx, merged: &Merged) -> StorageResult<Vec<String>> {
    let own: Vec<&CredentialRow> = merged
        .relationships
        .iter()
        .flat_map(|write| &write.credentials)
        .filter(|row| row.party == Party::Supplier.as_str())
        .collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let all = credential::all(tx).await?;
    let is_theirs = |row: &CredentialRow| {
        all.iter().any(|other| {
            other.party == row.party
                && other.supplier_id != row.supplier_id
                && (&other.domain_key, &other.identity_key) == (&row.domain_key, &row.identity_key)
        })
    };
    Ok(own
        .into_iter()
        .filter(|row| is_theirs(row))
        .map(|row| {
            format!(
                "{} {} is another supplier's on this gateway: write yours",
                row.domain, row.identity
            )
        })
        .collect())
}

impl Provisioning<'_> {
    /// Makes what was entered, in one transaction; a problem is named with the key that it is at.
    pub async fn enter(&self, entered: &Entered<'_>) -> Result<Plan, ProvisioningError> {
        let desired = self.read_entered(entered)?;
        let making = self.making();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        supplier::raise_directory_version(&mut tx).await?;
        let has_supplier = !supplier::all(&mut tx).await?.is_empty();
        let stored = Stored::load(&mut tx, &desired.id).await?;
        let mut merged = Merged::of(&desired, &stored, &making)?;
        checks::retain_settled(&mut tx, &desired.id, &mut merged).await?;
        let (plan, mut problems) = self.plan(
            std::slice::from_mut(&mut merged),
            std::slice::from_ref(&desired),
            &[],
        )?;
        let of_others = of_others(&mut tx, &merged).await?;
        let clash = entered.clash(&stored, has_supplier);
        let clashes = clash.map(|text| ("id", text.to_owned())).into_iter();
        let all = clashes.chain(of_others.into_iter().map(|text| ("supplier_identities", text)));
        problems.extend(all.map(|(place, problem)| DeclarationProblem {
            place: place.to_owned(),
            problem,
        }));
        if !problems.is_empty() {
            tx.rollback().await?;
            return Err(ProvisioningError::Declared(problems));
        }
        write(&mut tx, &merged, micros(making.now)).await?;
        if entered.subject == Subject::Supplier {
            let owner = RoleRow {
                supplier_id: desired.id.clone(),
                name: entered.author.who().to_owned(),
                role: Role::Owner.to_string(),
            };
            operator::put_role(&mut tx, &owner).await?;
        }
        self.note_entered(&mut tx, &desired.id, entered).await?;
        tx.commit().await?;
        Ok(plan)
    }

    fn read_entered(&self, entered: &Entered<'_>) -> Result<SupplierDesired, ProvisioningError> {
        let problems = Problems::default();
        let mut fetching = Fetching {
            source: self.secrets,
            entropy: &*self.surroundings.entropy,
            generated: Vec::new(),
        };
        let desired = match &entered.subject {
            Subject::Supplier => {
                let tables = toml::Value::Array(vec![toml::Value::Table(entered.table.clone())]);
                let document = toml::Table::from_iter([("supplier".to_owned(), tables)]);
                desired::suppliers(&document, &problems, &mut fetching).pop()
            }
            subject @ (Subject::Connector(supplier) | Subject::Relationship(supplier)) => Some(
                desired::below(supplier, subject.key(), &entered.table, &problems, &mut fetching),
            ),
        };
        let problems = problems.into_vec();
        match desired {
            Some(desired) if problems.is_empty() => Ok(desired),
            _ => Err(ProvisioningError::Declared(problems)),
        }
    }

    async fn note_entered(&self, tx: &mut Tx, supplier: &str, entered: &Entered<'_>) -> StorageResult<()> {
        let row = ChangeRow {
            supplier_id: supplier.to_owned(),
            change_id: self.surroundings.new_id(),
            subject: entered.subject.key().to_owned(),
            subject_id: entered.id().to_owned(),
            field: "entered".to_owned(),
            from_value: None,
            to_value: Some("true".to_owned()),
            who: entered.author.who().to_owned(),
            why: entered.author.why().to_owned(),
            changed_at: micros(self.surroundings.now()),
        };
        history::insert_many(tx, &[row]).await
    }
}
