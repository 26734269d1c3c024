//! A credit account's row as the domain knows it: currency, limit, what is owed.

use jiff::civil::Date;
use punchgate_domain::{
    customer::{CreditLimit, Exposure},
    money::{Currency, Money},
};
use punchgate_storage::{StorageError, StorageResult, credit_account::CreditAccountRow};

use crate::clock::from_micros;

/// The currency of an account.
pub fn account_currency(row: &CreditAccountRow) -> StorageResult<Currency> {
    Currency::parse(&row.currency).map_err(|e| StorageError::corrupt("credit_account.currency", e))
}

/// The limit of an account. A row that says 'amount' without one is unknown, never unlimited.
pub fn limit_of(row: &CreditAccountRow) -> StorageResult<CreditLimit> {
    match (row.limit_kind.as_str(), row.limit_minor) {
        ("unlimited", _) => Ok(CreditLimit::Unlimited),
        ("amount", Some(minor)) => Ok(CreditLimit::Amount(Money::from_minor(
            minor,
            account_currency(row)?,
        ))),
        ("unknown" | "amount", _) => Ok(CreditLimit::Unknown),
        (other, _) => Err(StorageError::corrupt("credit_account.limit_kind", other)),
    }
}

pub(crate) fn exposure_of(row: &CreditAccountRow, currency: Currency) -> Option<Exposure> {
    Some(Exposure {
        amount: Money::from_minor(row.exposure_minor?, currency),
        as_of: from_micros(row.exposure_as_of?),
        includes_open_orders: row.exposure_includes_orders != 0,
    })
}

/// What of the exposure is past its due date, if the ERP says so.
pub(crate) fn overdue_of(row: &CreditAccountRow, currency: Currency) -> Option<Money> {
    row.exposure_overdue_minor
        .map(|minor| Money::from_minor(minor, currency))
}

/// The due date of the oldest open item, if the ERP says so.
pub(crate) fn oldest_due_of(row: &CreditAccountRow) -> StorageResult<Option<Date>> {
    let date = row.exposure_oldest_due.as_deref().map(str::parse);
    date.transpose()
        .map_err(|error: jiff::Error| StorageError::corrupt("credit_account.exposure_oldest_due", error))
}
