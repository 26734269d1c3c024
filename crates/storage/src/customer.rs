//! Customers: the buyers as an ERP knows them. The row is what holds here; what was last agreed with the
//! ERP is the shadow in [`crate::sync`].

pub mod contacts;
pub mod ship_tos;

use crate::{StorageResult, Tx, list::ListQuery};

macro_rules! customer_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, customer_id, connector_id, scope, external_id, code, name, active, credit_account_id, \
             payer_external_id, head_external_id, terms_code, terms_label, terms_net_days, terms_prepaid, \
             erp_version, version, updated_at",
            $after
        )
    };
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CustomerRow {
    /// Whose.
    pub supplier_id: String,
    /// Our id; its own credit account has the same.
    pub customer_id: String,
    /// From which ERP connection.
    pub connector_id: String,
    /// Company, sales area or credit segment of the connection.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
    /// The number that people use.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether the ERP lets it trade.
    pub active: i64,
    /// On whom limit, exposure and reservations are counted.
    pub credit_account_id: String,
    /// The ERP's id of who pays, where that is another.
    pub payer_external_id: Option<String>,
    /// The ERP's id of the group head that carries the limit, where there is one.
    pub head_external_id: Option<String>,
    /// Terms: the ERP's code.
    pub terms_code: Option<String>,
    /// Terms, for people.
    pub terms_label: Option<String>,
    /// Days until payment is due.
    pub terms_net_days: Option<i64>,
    /// Whether the terms are payment in advance.
    pub terms_prepaid: i64,
    /// The ERP's version last seen.
    pub erp_version: String,
    /// Counts every change of terms, limit, holds or master data: what a request expects.
    pub version: i64,
    /// When last changed.
    pub updated_at: i64,
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Code, external id or our id.
    pub search: Option<String>,
    /// One connector's.
    pub connector: Option<String>,
    /// One scope's.
    pub scope: Option<String>,
    /// One credit account's.
    pub credit_account: Option<String>,
    /// Those for whom this one pays, by the ERP's id.
    pub payer: Option<String>,
    /// Those of whose group this one is the head, by the ERP's id.
    pub head: Option<String>,
}

/// One customer.
pub async fn get(tx: &mut Tx, supplier: &str, customer: &str) -> StorageResult<Option<CustomerRow>> {
    fetch_optional!(
        tx,
        CustomerRow,
        customer_columns!(
            "select ",
            " from customer where supplier_id = $1 and customer_id = $2"
        ),
        supplier,
        customer,
    )
}

/// One customer; locked on PostgreSQL.
pub async fn lock(tx: &mut Tx, supplier: &str, customer: &str) -> StorageResult<Option<CustomerRow>> {
    let sql = tx.sql(
        customer_columns!(
            "select ",
            " from customer where supplier_id = $1 and customer_id = $2"
        ),
        customer_columns!(
            "select ",
            " from customer where supplier_id = $1 and customer_id = $2 for update"
        ),
    );
    fetch_optional!(tx, CustomerRow, sql, supplier, customer)
}

/// Customers by our ids.
pub async fn many(tx: &mut Tx, supplier: &str, customers: &[String]) -> StorageResult<Vec<CustomerRow>> {
    fetch_in!(
        tx,
        CustomerRow,
        customer_columns!(
            "select ",
            " from customer where supplier_id = $1 and customer_id in ("
        ),
        ") order by customer_id",
        customers,
        supplier,
    )
}

/// Customers by our ids; locked on PostgreSQL, in key order.
pub async fn lock_many(tx: &mut Tx, supplier: &str, customers: &[String]) -> StorageResult<Vec<CustomerRow>> {
    if tx.is_postgres() {
        fetch_in!(
            tx,
            CustomerRow,
            customer_columns!(
                "select ",
                " from customer where supplier_id = $1 and customer_id in ("
            ),
            ") order by customer_id for update",
            customers,
            supplier,
        )
    } else {
        many(tx, supplier, customers).await
    }
}

/// Customers of one ERP connection by the ERP's ids, whatever their scope: where an id is there in several, the first
/// scope is meant.
pub async fn by_external(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    external_ids: &[String],
) -> StorageResult<Vec<CustomerRow>> {
    fetch_in!(
        tx,
        CustomerRow,
        customer_columns!(
            "select ",
            " from customer where supplier_id = $1 and connector_id = $2 and external_id in ("
        ),
        ") order by scope, customer_id",
        external_ids,
        supplier,
        connector,
    )
}

/// Customers of one scope by the ERP's ids; locked on PostgreSQL, in key order.
pub async fn lock_by_external(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_ids: &[String],
) -> StorageResult<Vec<CustomerRow>> {
    if tx.is_postgres() {
        fetch_in!(
            tx,
            CustomerRow,
            customer_columns!(
                "select ",
                " from customer where supplier_id = $1 and connector_id = $2 and scope = $3 and external_id in ("
            ),
            ") order by customer_id for update",
            external_ids,
            supplier,
            connector,
            scope,
        )
    } else {
        fetch_in!(
            tx,
            CustomerRow,
            customer_columns!(
                "select ",
                " from customer where supplier_id = $1 and connector_id = $2 and scope = $3 and external_id in ("
            ),
            ") order by customer_id",
            external_ids,
            supplier,
            connector,
            scope,
        )
    }
}

/// The customer that a relationship buys as.
pub async fn of_relationship(
    tx: &mut Tx,
    supplier: &str,
    relationship: &str,
) -> StorageResult<Option<CustomerRow>> {
    fetch_optional!(
        tx,
        CustomerRow,
        "select c.supplier_id, c.customer_id, c.connector_id, c.scope, c.external_id, c.code, c.name, c.active, \
         c.credit_account_id, c.payer_external_id, c.head_external_id, c.terms_code, c.terms_label, \
         c.terms_net_days, c.terms_prepaid, c.erp_version, c.version, c.updated_at from relationship r join customer c \
         on c.supplier_id = r.supplier_id and c.connector_id = r.erp_connector_id \
         and c.external_id = r.customer_external_id \
         where r.supplier_id = $1 and r.relationship_id = $2 order by c.scope limit 1",
        supplier,
        relationship,
    )
}

/// Those who pay for these customers (where that is another, and it is known).
pub async fn payers_of(
    tx: &mut Tx,
    supplier: &str,
    customers: &[String],
) -> StorageResult<Vec<(String, String)>> {
    fetch_in!(
        tx,
        (String, String),
        "select c.customer_id, p.customer_id from customer c join customer p on p.supplier_id = c.supplier_id \
         and p.connector_id = c.connector_id and p.scope = c.scope and p.external_id = c.payer_external_id \
         where c.supplier_id = $1 and c.customer_id in (",
        ") order by c.customer_id",
        customers,
        supplier,
    )
}

/// Those of these accounts on which somebody is counted.
pub async fn accounts_counted_on(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "select distinct credit_account_id from customer where supplier_id = $1 and credit_account_id in (",
        ")",
        accounts,
        supplier,
    )?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// The credit accounts on which orders are decided that a hold of these customers touches: those on which they are
/// counted, those that they carry (whose ids are theirs) though they be counted elsewhere, and those of the customers
/// they pay for.
pub async fn accounts_touched_by(
    tx: &mut Tx,
    supplier: &str,
    customers: &[String],
) -> StorageResult<Vec<String>> {
    let own: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "select credit_account_id from customer where supplier_id = $1 and customer_id in (",
        ")",
        customers,
        supplier,
    )?;
    let paid_for: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "select c.credit_account_id from customer p join customer c on c.supplier_id = p.supplier_id \
         and c.connector_id = p.connector_id and c.scope = p.scope and c.payer_external_id = p.external_id \
         where p.supplier_id = $1 and p.customer_id in (",
        ")",
        customers,
        supplier,
    )?;
    let mut accounts: Vec<String> = own
        .into_iter()
        .chain(paid_for)
        .map(|(account,)| account)
        .chain(customers.iter().cloned())
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// Those below a customer of one scope: it pays for them, or is the head of their group.
pub async fn below(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_id: &str,
    limit: i64,
) -> StorageResult<Vec<CustomerRow>> {
    fetch_all!(
        tx,
        CustomerRow,
        customer_columns!(
            "select ",
            " from customer where (supplier_id = $1 and connector_id = $2 and scope = $3 and payer_external_id = $4) \
             or (supplier_id = $1 and connector_id = $2 and scope = $3 and head_external_id = $4) \
             order by code, customer_id limit $5"
        ),
        supplier,
        connector,
        scope,
        external_id,
        limit,
    )
}

/// Writes new customers.
pub async fn insert_many(tx: &mut Tx, rows: &[CustomerRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        customer_columns!("insert into customer (", ")"),
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.customer_id.as_str(),
            row.connector_id.as_str(),
            row.scope.as_str(),
            row.external_id.as_str(),
            row.code.as_str(),
            row.name.as_str(),
            row.active,
            row.credit_account_id.as_str(),
            row.payer_external_id.as_deref(),
            row.head_external_id.as_deref(),
            row.terms_code.as_deref(),
            row.terms_label.as_deref(),
            row.terms_net_days,
            row.terms_prepaid,
            row.erp_version.as_str(),
            row.version,
            row.updated_at,
        ]
    )?;
    Ok(())
}

/// Writes a customer back and counts its version up; `false` if somebody else changed it meanwhile.
pub async fn update(tx: &mut Tx, row: &CustomerRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update customer set code = $1, name = $2, active = $3, credit_account_id = $4, payer_external_id = $5, \
         head_external_id = $6, terms_code = $7, terms_label = $8, terms_net_days = $9, terms_prepaid = $10, \
         erp_version = $11, updated_at = $12, version = version + 1 where supplier_id = $13 and customer_id = $14 \
         and version = $15",
        row.code.as_str(),
        row.name.as_str(),
        row.active,
        row.credit_account_id.as_str(),
        row.payer_external_id.as_deref(),
        row.head_external_id.as_deref(),
        row.terms_code.as_deref(),
        row.terms_label.as_deref(),
        row.terms_net_days,
        row.terms_prepaid,
        row.erp_version.as_str(),
        row.updated_at,
        row.supplier_id.as_str(),
        row.customer_id.as_str(),
        row.version,
    )?;
    Ok(count == 1)
}

/// Counts a customer's version up if it still is the expected one; `false` if not.
pub async fn advance(
    tx: &mut Tx,
    supplier: &str,
    customer: &str,
    expected: i64,
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update customer set version = version + 1, updated_at = $1 where supplier_id = $2 and customer_id = $3 \
         and version = $4",
        now,
        supplier,
        customer,
        expected,
    )?;
    Ok(count == 1)
}

/// A list, last changed first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &CustomerFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<CustomerRow>> {
    let list = ListQuery::of(
        customer_columns!("select ", " from customer"),
        supplier,
        "updated_at desc, customer_id desc",
        limit,
    )
    .equal("connector_id", filter.connector.as_deref())
    .equal("scope", filter.scope.as_deref())
    .equal("credit_account_id", filter.credit_account.as_deref())
    .equal("payer_external_id", filter.payer.as_deref())
    .equal("head_external_id", filter.head.as_deref())
    .any_equal(&["code", "external_id", "customer_id"], filter.search.as_deref())
    .after("updated_at", "customer_id", after);
    fetch_list!(tx, CustomerRow, list)
}
