//! From rows to the domain's standing: set-based, one statement a table.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use punchgate_domain::{
    Instant,
    credit::{CreditStanding, PartyHold, StandingLedger, StandingOverride},
    customer::{AgreedTerms, CreditLimit, Parties, PartyRole, Terms},
    hold::{Hold, HoldSource, HoldTexts, Override, OverrideScope, PermissionSet},
    ids::{CreditAccountId, CustomerId, HoldId, OrderId, OverrideId},
    money::{Currency, Money},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    credit_account::{self, CreditAccountRow},
    customer::{self, CustomerRow},
    hold::{self, HoldRow},
    hold_override::{self, OverrideRow},
};

use super::account_row::{account_currency, exposure_of, limit_of, oldest_due_of, overdue_of};
use crate::clock::from_micros;

/// A customer as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerCredit {
    /// The customer.
    pub id: CustomerId,
    /// The number that people use.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether the ERP lets it trade; if not, a hold says so.
    pub active: bool,
    /// On whom limit, exposure and reservations are counted.
    pub account: CreditAccountId,
    /// Who pays; itself where nobody else is known.
    pub payer: CustomerId,
    /// Terms, if the ERP states any.
    pub terms: Option<Terms>,
    /// Its own holds, in force or not.
    pub holds: Vec<Hold>,
    /// Of its holds those that rules have placed, with the rules.
    pub rules: HashMap<HoldId, String>,
    /// Of its holds those of which the table of the ERP's codes says what they take away.
    pub by_code: HashSet<HoldId>,
}

/// What of an account is past its due date, by the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrears {
    pub(super) overdue: Option<Money>,
    pub(super) oldest_due: Option<Date>,
}

/// Customers with the credit accounts on which they are counted.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    customers: HashMap<CustomerId, CustomerCredit>,
    accounts: HashMap<CreditAccountId, CreditStanding>,
    pub(super) arrears: HashMap<CreditAccountId, Arrears>,
}

impl Standings {
    pub(super) fn customers_mut(&mut self) -> impl Iterator<Item = &mut CustomerCredit> {
        self.customers.values_mut()
    }

    pub(super) fn customers(&self) -> impl Iterator<Item = &CustomerCredit> {
        self.customers.values()
    }

    /// A customer that was asked for, or pays for one.
    pub fn customer(&self, customer: &CustomerId) -> Option<&CustomerCredit> {
        self.customers.get(customer)
    }

    /// Where an account stands.
    pub fn standing(&self, account: &CreditAccountId) -> Option<&CreditStanding> {
        self.accounts.get(account)
    }

    /// What was agreed with whoever orders.
    pub fn agreed_terms(&self, parties: &Parties) -> AgreedTerms {
        let of = |id: &CustomerId| self.customers.get(id)?.terms.as_ref();
        AgreedTerms::of(of(&parties.sold_to), of(&parties.payer))
    }

    /// Days until whoever orders on account pays; none where nobody does.
    pub fn agreed_days(&self, parties: &Parties) -> Option<u32> {
        let terms = |id: &CustomerId| self.customers.get(id)?.terms.as_ref();
        let terms = terms(&parties.sold_to).or_else(|| terms(&parties.payer))?;
        (!terms.prepaid).then_some(terms.net_days)
    }

    /// Who takes part in an order of this customer; none if the customer was not loaded.
    pub fn parties(&self, sold_to: &CustomerId, ship_tos: &[CustomerId]) -> Option<Parties> {
        let customer = self.customers.get(sold_to)?;
        Some(Parties {
            sold_to: sold_to.clone(),
            ship_tos: ship_tos.to_vec(),
            payer: customer.payer.clone(),
        })
    }

    /// The holds of all parties, each customer's once; and what rules hold of the account's carrier, where that is none
    /// of them: they are about the account, whoever of those orders that are counted on it.
    pub fn holds(&self, parties: &Parties) -> Vec<PartyHold> {
        let held = self.held(parties).into_iter();
        held.map(|(party, _, hold)| PartyHold {
            party,
            hold: hold.clone(),
        })
        .collect()
    }

    /// The same with whose they are.
    pub(crate) fn held(&self, parties: &Parties) -> Vec<(PartyRole, &CustomerCredit, &Hold)> {
        let of = |(party, customer): (PartyRole, &CustomerId)| {
            let customer = self.customers.get(customer).into_iter();
            customer.flat_map(move |customer| customer.holds.iter().map(move |hold| (party, customer, hold)))
        };
        let roles = parties.roles();
        let carrier = self.customers.get(&parties.sold_to);
        let carrier = carrier.map(|customer| CustomerId::new(customer.account.as_str()));
        let carrier = carrier.filter(|carrier| !roles.iter().any(|(_, customer)| *customer == carrier));
        let of_account = carrier.iter().flat_map(|carrier| of((PartyRole::Payer, carrier)));
        let of_account: Vec<_> = of_account
            .filter(|(_, _, hold)| hold.source == HoldSource::Rule)
            .collect();
        roles.into_iter().flat_map(of).chain(of_account).collect()
    }

    /// A ledger for deciding several orders one after the other.
    pub fn ledger(&self) -> StandingLedger {
        StandingLedger::new(self.accounts.values().cloned())
    }
}

pub(super) async fn load(
    tx: &mut Tx,
    supplier: &str,
    customers: &[CustomerId],
    now: Instant,
) -> StorageResult<Standings> {
    let wanted = sorted(customers.iter().map(ToString::to_string));
    let mut rows = customer::many(tx, supplier, &wanted).await?;
    let payers = payers(tx, supplier, &mut rows).await?;
    let ids = sorted(rows.iter().map(|row| row.customer_id.clone()));
    let accounts = sorted(rows.iter().map(|row| row.credit_account_id.clone()));
    let (accounts, arrears) = accounts_of(tx, supplier, &accounts, &rows, &ids).await?;
    // Who carries an account has its id.
    let carriers = rows.iter().map(|row| row.credit_account_id.clone());
    let carriers = sorted(carriers.filter(|id| ids.binary_search(id).is_err()));
    rows.extend(customer::many(tx, supplier, &carriers).await?);
    let ids = sorted(rows.iter().map(|row| row.customer_id.clone()));
    let holds = hold::standing_of(tx, supplier, &ids).await?;
    let mut customers = HashMap::new();
    for row in &rows {
        let payer = payers.get(&row.customer_id).unwrap_or(&row.customer_id);
        let known = customer_credit(row, payer, &holds, now)?;
        customers.insert(known.id.clone(), known);
    }
    Ok(Standings {
        customers,
        accounts,
        arrears,
    })
}

/// Who pays for whom; the payers' own rows join `rows`.
async fn payers(
    tx: &mut Tx,
    supplier: &str,
    rows: &mut Vec<CustomerRow>,
) -> StorageResult<HashMap<String, String>> {
    let paid_for = rows
        .iter()
        .filter(|row| row.payer_external_id.is_some())
        .map(|row| row.customer_id.clone());
    let payers = customer::payers_of(tx, supplier, &sorted(paid_for)).await?;
    let known: BTreeSet<&str> = rows.iter().map(|row| row.customer_id.as_str()).collect();
    let missing = payers
        .iter()
        .map(|(_, payer)| payer.clone())
        .filter(|p| !known.contains(p.as_str()));
    let missing = sorted(missing);
    rows.extend(customer::many(tx, supplier, &missing).await?);
    Ok(payers.into_iter().collect())
}

fn customer_credit(
    row: &CustomerRow,
    payer: &str,
    holds: &[HoldRow],
    now: Instant,
) -> StorageResult<CustomerCredit> {
    let mut own = holds
        .iter()
        .filter(|hold| hold.customer_id == row.customer_id)
        .map(hold_of)
        .collect::<StorageResult<Vec<_>>>()?;
    if row.active == 0 {
        own.push(inactive(row, now));
    }
    let rules = holds.iter().filter(|hold| hold.customer_id == row.customer_id);
    let rules = rules.filter_map(|hold| Some((HoldId::new(hold.hold_id.clone()), hold.rule_id.clone()?)));
    let by_code = holds.iter().filter(|hold| hold.customer_id == row.customer_id);
    let by_code = by_code.filter(|hold| hold.source == HoldSource::Erp.as_str() && hold.removes_told == 0);
    Ok(CustomerCredit {
        id: CustomerId::new(row.customer_id.clone()),
        code: row.code.clone(),
        rules: rules.collect(),
        by_code: by_code.map(|hold| HoldId::new(hold.hold_id.clone())).collect(),
        name: row.name.clone(),
        active: row.active != 0,
        account: CreditAccountId::new(row.credit_account_id.clone()),
        payer: CustomerId::new(payer),
        terms: terms_of(row),
        holds: own,
    })
}

/// A customer that the ERP has closed or deleted orders nothing: no record of a hold, but the effect of one.
fn inactive(row: &CustomerRow, now: Instant) -> Hold {
    Hold {
        id: HoldId::new(format!("inactive:{}", row.customer_id)),
        source: HoldSource::Erp,
        removes: PermissionSet::ALL,
        reason_code: "customer-inactive".to_owned(),
        texts: HoldTexts {
            internal: Some(format!("customer {} is closed or deleted in the ERP", row.code)),
            ..HoldTexts::default()
        },
        since: now,
        until: None,
    }
}

/// The terms of a customer.
pub(crate) fn terms_of(row: &CustomerRow) -> Option<Terms> {
    row.terms_code.as_ref().map(|code| Terms {
        code: code.clone(),
        label: row.terms_label.clone().unwrap_or_else(|| code.clone()),
        net_days: row
            .terms_net_days
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(0),
        prepaid: row.terms_prepaid != 0,
    })
}

async fn accounts_of(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
    customers: &[CustomerRow],
    customer_ids: &[String],
) -> StorageResult<(
    HashMap<CreditAccountId, CreditStanding>,
    HashMap<CreditAccountId, Arrears>,
)> {
    let rows = credit_account::many(tx, supplier, accounts).await?;
    let reserved: HashMap<String, i64> = credit_account::reserved(tx, supplier, accounts)
        .await?
        .into_iter()
        .collect();
    let of_customers = hold_override::of_customers(tx, supplier, customer_ids).await?;
    let drawn = drawn_on(tx, supplier, &of_customers).await?;
    let (mut standings, mut arrears) = (HashMap::new(), HashMap::new());
    for row in &rows {
        let currency = account_currency(row)?;
        let concerns = |record: &&OverrideRow| concerns(record, row, customers);
        let overrides = of_customers
            .iter()
            .filter(concerns)
            .map(|record| standing_override(record, &drawn, currency))
            .collect::<StorageResult<Vec<_>>>()?;
        let standing = CreditStanding {
            account: CreditAccountId::new(row.credit_account_id.clone()),
            currency,
            limit: limit_of(row)?,
            exposure: exposure_of(row, currency),
            reserved: Money::from_minor(
                reserved.get(&row.credit_account_id).copied().unwrap_or(0),
                currency,
            ),
            overrides,
            rates: Vec::new(),
        };
        let owed = Arrears {
            overdue: overdue_of(row, currency),
            oldest_due: oldest_due_of(row)?,
        };
        arrears.insert(standing.account.clone(), owed);
        standings.insert(standing.account.clone(), standing);
    }
    Ok((standings, arrears))
}

/// What orders have drawn on these overrides so far.
async fn drawn_on(
    tx: &mut Tx,
    supplier: &str,
    overrides: &[OverrideRow],
) -> StorageResult<HashMap<String, i64>> {
    let ids = sorted(overrides.iter().map(|record| record.override_id.clone()));
    let drawn = hold_override::drawn_on(tx, supplier, &ids).await?;
    Ok(drawn.into_iter().collect())
}

/// Overrides of single orders join every account that is loaded: such a one counts for its order alone, on
/// whichever of them that is decided.
pub(super) async fn add_overrides_of_orders(
    tx: &mut Tx,
    supplier: &str,
    standings: &mut Standings,
    orders: &[String],
) -> StorageResult<()> {
    let overrides = hold_override::of_orders(tx, supplier, orders).await?;
    add_overrides(tx, supplier, standings.accounts.values_mut(), &overrides).await
}

/// Overrides of an account's orders that the sink does not have yet.
pub(super) async fn add_overrides_of_open_orders(
    tx: &mut Tx,
    supplier: &str,
    standings: &mut Standings,
    account: &CreditAccountId,
) -> StorageResult<()> {
    let overrides = hold_override::of_open_orders(tx, supplier, account.as_str()).await?;
    add_overrides(
        tx,
        supplier,
        standings.accounts.get_mut(account).into_iter(),
        &overrides,
    )
    .await
}

async fn add_overrides<'a>(
    tx: &mut Tx,
    supplier: &str,
    accounts: impl Iterator<Item = &'a mut CreditStanding>,
    overrides: &[OverrideRow],
) -> StorageResult<()> {
    if overrides.is_empty() {
        return Ok(());
    }
    let drawn = drawn_on(tx, supplier, overrides).await?;
    for account in accounts {
        for record in overrides {
            let standing = standing_override(record, &drawn, account.currency)?;
            account.overrides.push(standing);
        }
    }
    Ok(())
}

/// An override of a customer counts on the account of the customer and of those it pays for.
fn concerns(record: &OverrideRow, account: &CreditAccountRow, customers: &[CustomerRow]) -> bool {
    let Some(id) = record.customer_id.as_deref() else {
        return false;
    };
    let Some(owner) = customers.iter().find(|row| row.customer_id == id) else {
        return false;
    };
    customers.iter().any(|row| {
        let same = row.customer_id == owner.customer_id;
        let paid_for = row.connector_id == owner.connector_id
            && row.scope == owner.scope
            && row.payer_external_id.as_deref() == Some(owner.external_id.as_str());
        (same || paid_for) && row.credit_account_id == account.credit_account_id
    })
}

fn standing_override(
    row: &OverrideRow,
    drawn: &HashMap<String, i64>,
    currency: Currency,
) -> StorageResult<StandingOverride> {
    let drawn = drawn.get(&row.override_id).copied().unwrap_or(0);
    Ok(StandingOverride {
        record: override_of(row)?,
        drawn: Money::from_minor(drawn, currency),
    })
}

/// An override as the domain knows it.
pub(crate) fn override_of(row: &OverrideRow) -> StorageResult<Override> {
    let scope = match (&row.order_id, &row.customer_id) {
        (Some(order), _) => OverrideScope::Order(OrderId::new(order.clone())),
        (None, Some(customer)) => OverrideScope::Customer {
            customer: CustomerId::new(customer.clone()),
            until: row.until.map(from_micros),
            amount: override_amount(row)?,
        },
        (None, None) => {
            return Err(StorageError::corrupt(
                "hold_override",
                "neither order nor customer",
            ));
        }
    };
    Ok(Override {
        id: OverrideId::new(row.override_id.clone()),
        scope,
        reason: row.reason.clone(),
        by: row.placed_by.clone(),
        at: from_micros(row.placed_at),
    })
}

fn override_amount(row: &OverrideRow) -> StorageResult<Option<Money>> {
    let (Some(minor), Some(currency)) = (row.amount_minor, &row.currency) else {
        return Ok(None);
    };
    let currency =
        Currency::parse(currency).map_err(|e| StorageError::corrupt("hold_override.currency", e))?;
    Ok(Some(Money::from_minor(minor, currency)))
}

/// A hold as the domain knows it.
pub fn hold_of(row: &HoldRow) -> StorageResult<Hold> {
    let removes = u8::try_from(row.removes)
        .ok()
        .and_then(PermissionSet::from_bits)
        .ok_or_else(|| StorageError::corrupt("hold.removes", row.removes))?;
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Hold {
        id: HoldId::new(row.hold_id.clone()),
        source: HoldSource::parse(&row.source).map_err(|e| StorageError::corrupt("hold.source", e))?,
        removes,
        reason_code: row.code.clone(),
        texts: HoldTexts {
            internal: text(&row.text_internal),
            accounts_payable: text(&row.text_accounts_payable),
            shopper: text(&row.text_shopper),
        },
        since: from_micros(row.since),
        until: row.until.map(from_micros),
    })
}

/// What is left of the limit: limit − exposure − reservations. None where there is no limit to reckon with.
pub fn available(standing: &CreditStanding) -> Option<Money> {
    let CreditLimit::Amount(limit) = standing.limit else {
        return None;
    };
    let exposure = standing.exposure.as_ref()?;
    limit.minus(exposure.amount).ok()?.minus(standing.reserved).ok()
}

/// Whether the exposure shows an order already that came to be in the ERP at this instant. Such an order is
/// not in [`CreditStanding::reserved`]: it has no share of its own to give back.
pub fn is_in_exposure(standing: &CreditStanding, in_erp_since: Option<Instant>) -> bool {
    match (&standing.exposure, in_erp_since) {
        (Some(exposure), Some(created)) => exposure.includes_open_orders && created < exposure.as_of,
        _ => false,
    }
}

fn sorted(keys: impl Iterator<Item = String>) -> Vec<String> {
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}
