//! What an ERP connector must do.

mod accounts;
mod changes;
mod documents;
mod echoes;
mod exposure;
mod line;
mod offers;
mod orders;
mod patches;
mod people;
mod refusals;
mod scope;
mod troubles;

use super::{Clerk, MakeContext, OrderFixture, Report, report::Outcome};
use crate::{
    Accounts, Connector, Documents, Exposures, Orders, accounts::Account, conformance::report::Stop,
};

pub use people::PeopleFixture;

/// What the suite may use of the system under test.
pub struct ErpFixture<'a> {
    /// Unique to this run, at most 24 characters of `A-Z a-z 0-9 -`: references and hold ids are made from it.
    pub run_id: String,
    /// Makes contexts.
    pub context: &'a MakeContext<'a>,
    /// External id of a customer that may order and may be changed.
    pub customer: String,
    /// External id of a customer whose orders the system holds or rejects, if there is one.
    pub held_customer: Option<String>,
    /// External id of a customer that was deleted in the system, if there is one.
    pub deleted_customer: Option<String>,
    /// External id of a customer that may not trade any more, if there is one.
    pub inactive_customer: Option<String>,
    /// External id of another customer that may be changed, best one in a currency of three digits, or of none.
    pub second_customer: Option<String>,
    /// What it can order.
    pub order: OrderFixture,
    /// Whose people and places are known, if anybody's are.
    pub people: Option<PeopleFixture>,
    /// Who does something there, if anybody does.
    pub clerk: Option<&'a dyn Clerk>,
    /// The same connector, set to a scope that does not exist.
    pub wrong_scope: Option<&'a dyn Connector>,
}

impl<'a> ErpFixture<'a> {
    /// With one customer and nothing else: what needs more is skipped.
    pub fn new(run_id: String, context: &'a MakeContext<'a>, customer: String, order: OrderFixture) -> Self {
        Self {
            run_id,
            context,
            customer,
            held_customer: None,
            deleted_customer: None,
            inactive_customer: None,
            second_customer: None,
            order,
            people: None,
            clerk: None,
            wrong_scope: None,
        }
    }
}

impl std::fmt::Debug for ErpFixture<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErpFixture")
            .field("run_id", &self.run_id)
            .field("customer", &self.customer)
            .field("held_customer", &self.held_customer)
            .field("deleted_customer", &self.deleted_customer)
            .field("inactive_customer", &self.inactive_customer)
            .field("second_customer", &self.second_customer)
            .field("order", &self.order)
            .field("people", &self.people)
            .finish_non_exhaustive()
    }
}

/// Runs the suite. A failing check ends it: nothing else would say more.
pub async fn run_erp(connector: &dyn Connector, fixture: &ErpFixture<'_>) -> Report {
    let mut report = Report::default();
    let Some(bench) = Bench::set_up(connector, &mut report, fixture, &fixture.run_id, fixture.context).await
    else {
        return report;
    };
    let spec = connector.spec();
    if let Some(system) = spec.accounts {
        accounts::run(&mut report, &bench, system).await;
        people::run(&mut report, &bench, system).await;
        let before = bench.customer(system).await;
        patches::run(&mut report, &bench, system).await;
        refusals::run(&mut report, &bench, system).await;
        echoes::run(&mut report, &bench, system).await;
        line::accounts(&mut report, &bench, system).await;
        report.note(
            "patch-limit-put-back",
            patches::put_back(&bench, system, before).await,
        );
    }
    scope::run(&mut report, &bench, &spec).await;
    if let Some(system) = spec.exposure {
        exposure::run(&mut report, &bench, &spec, system).await;
    }
    if let Some(system) = spec.orders {
        orders::run(&mut report, &bench, system).await;
        line::orders(&mut report, &bench, system).await;
        troubles::run(&mut report, &bench, &spec, system).await;
        changes::run(&mut report, &bench, system).await;
    }
    if let Some(system) = spec.documents {
        documents::run(&mut report, &bench, system).await;
    }
    if let Some(system) = spec.prices {
        offers::prices(&mut report, &bench, system).await;
    }
    if let Some(system) = spec.stock {
        offers::stock(&mut report, &bench, system).await;
    }
    report
}

/// What every case uses.
type Bench<'a> = super::bench::Bench<'a, ErpFixture<'a>>;

impl Bench<'_> {
    /// The customer as it is now.
    async fn customer(&self, system: &dyn Accounts) -> Result<Account, Stop> {
        self.account(system, &self.fixture.customer).await
    }

    /// A customer as it is now.
    async fn account(&self, system: &dyn Accounts, customer: &str) -> Result<Account, Stop> {
        let found = system.get(&self.context(), &[customer.to_owned()]).await?;
        let found = found
            .items
            .into_iter()
            .find(|account| account.external_id == customer);
        found.ok_or_else(|| Stop::Failed(format!("the customer '{customer}' is not there")))
    }
}
