//! Terms and limit belong to the ERP: here they are asked for, and count once the ERP has them.

use punchgate_domain::{
    customer::{CreditLimit, Terms},
    ids::CustomerId,
};
use punchgate_storage::{Lane, Tx, credit_account, customer::CustomerRow};

use super::{
    Accounts, AccountsError, Author,
    change::{advance, ask_erp, history_line, lock_expected},
};
use crate::{
    accounts::crossing::run_again_if_crossed,
    credit::{account_currency, limit_of},
    sync::{Field, FieldValue, LimitValue, TermsValue, limit_value},
};

/// Asks for another limit.
#[derive(Clone, Debug)]
pub struct RequestLimit {
    /// Whose: the customer on whom the limit stands.
    pub customer: CustomerId,
    /// The customer's version that the caller has read.
    pub expected_version: i64,
    /// An amount in the account's currency, or none at all; 'unknown' cannot be asked for.
    pub limit: CreditLimit,
    /// Who and why.
    pub author: Author,
}

/// Asks for other terms.
#[derive(Clone, Debug)]
pub struct RequestTerms {
    /// Whose.
    pub customer: CustomerId,
    /// The customer's version that the caller has read.
    pub expected_version: i64,
    /// Which: the ERP knows them by their code.
    pub terms: Terms,
    /// Who and why.
    pub author: Author,
}

impl Accounts {
    /// Asks the ERP for another limit; returns the customer's version from now on. Until the ERP has it, the
    /// old limit counts; a refusal is kept with the ERP's words.
    pub async fn request_limit(&self, supplier: &str, request: &RequestLimit) -> Result<i64, AccountsError> {
        run_again_if_crossed!(self.request_limit_once(supplier, request))
    }

    async fn request_limit_once(&self, supplier: &str, request: &RequestLimit) -> Result<i64, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let expected = Some(request.expected_version);
        let customer = lock_expected(&mut tx, supplier, &request.customer, expected).await?;
        let (from, to) = limit_change(&mut tx, &customer, request.limit).await?;
        let change = (Field::Limit, FieldValue::Limit(from), FieldValue::Limit(to));
        let version = self.ask(&mut tx, &customer, change, &request.author).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// Asks the ERP for other terms; returns the customer's version from now on.
    pub async fn request_terms(&self, supplier: &str, request: &RequestTerms) -> Result<i64, AccountsError> {
        if request.terms.code.trim().is_empty() {
            return Err(AccountsError::invalid(
                "terms.code",
                "the ERP's code of the terms",
            ));
        }
        run_again_if_crossed!(self.request_terms_once(supplier, request))
    }

    async fn request_terms_once(&self, supplier: &str, request: &RequestTerms) -> Result<i64, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let expected = Some(request.expected_version);
        let customer = lock_expected(&mut tx, supplier, &request.customer, expected).await?;
        let from = FieldValue::Terms(terms_value(&customer));
        let to = FieldValue::Terms(Some(TermsValue {
            code: request.terms.code.trim().to_owned(),
            label: request.terms.label.trim().to_owned(),
            net_days: Some(request.terms.net_days),
            prepaid: request.terms.prepaid,
        }));
        let version = self
            .ask(&mut tx, &customer, (Field::Terms, from, to), &request.author)
            .await?;
        tx.commit().await?;
        Ok(version)
    }

    async fn ask(
        &self,
        tx: &mut Tx,
        customer: &CustomerRow,
        (field, from, to): (Field, FieldValue, FieldValue),
        author: &Author,
    ) -> Result<i64, AccountsError> {
        let now = self.surroundings.now();
        let key = format!("{} asked for", field.key());
        let values = (Some(from.to_string()), Some(to.to_string()));
        let line = history_line(&self.surroundings, customer, &key, values, author, now);
        crate::events::record(tx, &[line]).await?;
        ask_erp(tx, customer, &field, &to, author, now).await?;
        advance(tx, customer, now).await
    }
}

/// The limit as it is and as it is asked for.
async fn limit_change(
    tx: &mut Tx,
    customer: &CustomerRow,
    wanted: CreditLimit,
) -> Result<(LimitValue, LimitValue), AccountsError> {
    if customer.credit_account_id != customer.customer_id {
        return Err(AccountsError::invalid(
            "customer",
            "the customer on whom the limit stands: this one is counted on its payer or group head",
        ));
    }
    let ids = [customer.credit_account_id.clone()];
    let account = credit_account::many(tx, &customer.supplier_id, &ids)
        .await?
        .into_iter()
        .next();
    let account =
        account.ok_or_else(|| AccountsError::UnknownCustomer(format!("customer {}", customer.code)))?;
    let currency = account_currency(&account)?;
    let wanted = match wanted {
        CreditLimit::Unlimited => LimitValue::Unlimited,
        CreditLimit::Amount(money) if money.currency() == currency && money.minor() >= 0 => {
            LimitValue::amount(money)
        }
        CreditLimit::Amount(_) => {
            return Err(AccountsError::invalid(
                "limit",
                format!("an amount in {currency}, zero or more"),
            ));
        }
        CreditLimit::Unknown => {
            return Err(AccountsError::invalid("limit", "an amount, or 'unlimited'"));
        }
    };
    Ok((limit_value(limit_of(&account)?), wanted))
}

fn terms_value(row: &CustomerRow) -> Option<TermsValue> {
    row.terms_code.as_ref().map(|code| TermsValue {
        code: code.clone(),
        label: row.terms_label.clone().unwrap_or_default(),
        net_days: row.terms_net_days.and_then(|days| u32::try_from(days).ok()),
        prepaid: row.terms_prepaid != 0,
    })
}
