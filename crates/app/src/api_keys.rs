//! Bearer keys of the API: `pg_{supplier}_{key}_{secret}`, each with its scopes. Only the secret's hash is kept.

use std::{collections::BTreeSet, fmt};

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    Lane, StorageError,
    api_key::{self, ApiKeyRow},
    supplier,
};
use subtle::ConstantTimeEq as _;

use crate::{
    Surroundings,
    clock::micros,
    directory::is_slug,
    entropy::{new_secret, secret_hash},
    seal::Secret,
};

/// What every key begins with, so that it is recognised where it should not be.
const MARK: &str = "pg";
/// Shortest secret that is taken from outside: it is stored as a plain hash and must not be guessable.
const SECRET_LEAST: usize = 32;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read customers, terms, limits, exposure, holds.
    CustomersRead,
    /// Change terms and limits.
    CustomersWrite,
    /// Place and release holds, override them.
    HoldsWrite,
    /// Ask which tenders a customer may use now.
    CheckoutRead,
    /// Ask the ERP for prices and stock.
    CatalogueRead,
    /// Read orders.
    OrdersRead,
    /// Decide on, confirm, cancel orders.
    OrdersWrite,
    /// Read punchout sessions.
    SessionsRead,
    /// Read archived documents.
    DocumentsRead,
    /// Read quarantine, deliveries, sync runs.
    OperationsRead,
    /// Admit, replay, skip; turn the kill switch.
    OperationsWrite,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[
        Self::CustomersRead,
        Self::CustomersWrite,
        Self::HoldsWrite,
        Self::CheckoutRead,
        Self::CatalogueRead,
        Self::OrdersRead,
        Self::OrdersWrite,
        Self::SessionsRead,
        Self::DocumentsRead,
        Self::OperationsRead,
        Self::OperationsWrite,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomersRead => "customers:read",
            Self::CustomersWrite => "customers:write",
            Self::HoldsWrite => "holds:write",
            Self::CheckoutRead => "checkout:read",
            Self::CatalogueRead => "catalogue:read",
            Self::OrdersRead => "orders:read",
            Self::OrdersWrite => "orders:write",
            Self::SessionsRead => "sessions:read",
            Self::DocumentsRead => "documents:read",
            Self::OperationsRead => "operations:read",
            Self::OperationsWrite => "operations:write",
        }
    }

    /// Reads the stable text.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .iter()
            .copied()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no scope; {known}", known = known_scopes(.0))]
pub struct UnknownScope(pub String);

fn known_scopes(written: &str) -> String {
    let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    crate::nearest::suggestion(written, &names)
}

/// A key that was presented and is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose data it opens.
    pub supplier: SupplierId,
    /// Its id at the supplier; the actor of what is done with it.
    pub id: String,
    /// What operators call it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
}

impl ApiKey {
    /// Whether it may do this.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Why a presented key is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Not of the form, unknown, revoked or with another secret: the caller is told no more.
    #[error("the API key is not valid")]
    Invalid,
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why no key was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There is no such supplier.
    #[error("there is no supplier '{0}'; provision it with `punchgate apply`")]
    UnknownSupplier(SupplierId),
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The parts of a key as it is presented.
#[derive(Debug)]
pub(crate) struct Token<'t> {
    pub(crate) supplier: &'t str,
    pub(crate) id: &'t str,
    pub(crate) secret: &'t str,
}

impl<'t> Token<'t> {
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let mut parts = text.trim().splitn(4, '_');
        let (mark, supplier, id, secret) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let well_formed = mark == MARK && is_slug(supplier) && is_slug(id) && secret.len() >= SECRET_LEAST;
        well_formed.then_some(Self { supplier, id, secret })
    }

    pub(crate) fn compose(supplier: &str, id: &str, secret: &str) -> Secret {
        Secret::new(format!("{MARK}_{supplier}_{id}_{secret}"))
    }
}

/// Checks a presented key.
pub async fn verify(surroundings: &Surroundings, token: &str) -> Result<ApiKey, ApiKeyError> {
    let token = Token::parse(token).ok_or(ApiKeyError::Invalid)?;
    let mut tx = surroundings.db.read().await?;
    let row = api_key::find(&mut tx, token.supplier, token.id).await?;
    tx.rollback().await?;
    let given = secret_hash(token.secret);
    // An unknown key is compared, too: with a hash that nothing has.
    let expected = row
        .as_ref()
        .map_or(&[0_u8; 32][..], |row| row.secret_hash.as_slice());
    let equal = bool::from(given[..].ct_eq(expected));
    let now = micros(surroundings.now());
    match row {
        Some(row) if equal && row.revoked_at.is_none_or(|at| now < at) => Ok(read(row)),
        _ => Err(ApiKeyError::Invalid),
    }
}

/// Makes a new key; the text is shown once and kept nowhere.
pub async fn issue(
    surroundings: &Surroundings,
    supplier_id: &SupplierId,
    name: &str,
    scopes: &BTreeSet<Scope>,
) -> Result<(ApiKey, Secret), IssueError> {
    let secret = new_secret(&*surroundings.entropy);
    let mut random = [0_u8; 4];
    surroundings.entropy.fill(&mut random);
    let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let row = ApiKeyRow {
        supplier_id: supplier_id.to_string(),
        key_id: id.clone(),
        secret_hash: secret_hash(&secret).to_vec(),
        name: name.to_owned(),
        scopes: join(scopes),
        created_at: micros(surroundings.now()),
        revoked_at: None,
    };
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    if supplier::find(&mut tx, supplier_id.as_str()).await?.is_none() {
        tx.rollback().await?;
        return Err(IssueError::UnknownSupplier(supplier_id.clone()));
    }
    api_key::put(&mut tx, &row).await?;
    tx.commit().await?;
    let token = Token::compose(supplier_id.as_str(), &id, &secret);
    Ok((read(row), token))
}

/// All keys of a supplier, each with whether it is revoked.
pub async fn list(
    surroundings: &Surroundings,
    supplier_id: &SupplierId,
) -> Result<Vec<(ApiKey, bool)>, StorageError> {
    let now = micros(surroundings.now());
    let mut tx = surroundings.db.read().await?;
    let rows = api_key::of_supplier(&mut tx, supplier_id.as_str()).await?;
    tx.rollback().await?;
    let is_revoked = |row: &ApiKeyRow| row.revoked_at.is_some_and(|at| at <= now);
    Ok(rows
        .into_iter()
        .map(|row| (is_revoked(&row), row))
        .map(|(revoked, row)| (read(row), revoked))
        .collect())
}

/// Revokes a key at once. Returns whether there was such a key.
pub async fn revoke(
    surroundings: &Surroundings,
    supplier_id: &SupplierId,
    id: &str,
) -> Result<bool, StorageError> {
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let Some(mut row) = api_key::find(&mut tx, supplier_id.as_str(), id).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let now = micros(surroundings.now());
    row.revoked_at = Some(row.revoked_at.map_or(now, |at| at.min(now)));
    api_key::put(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(true)
}

/// Scopes as they are stored.
pub(crate) fn join(scopes: &BTreeSet<Scope>) -> String {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    names.join(" ")
}

fn read(row: ApiKeyRow) -> ApiKey {
    ApiKey {
        supplier: row.supplier_id.into(),
        id: row.key_id,
        name: row.name,
        // A scope of a newer version gives no right here.
        scopes: row
            .scopes
            .split(' ')
            .filter_map(|text| Scope::parse(text).ok())
            .collect(),
    }
}
