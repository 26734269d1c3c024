//! `punchgate connector conformance`: the suites of connectors against an operator's own system.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use punchgate_app::connectors::Connected;
use punchgate_connector::{
    Connector,
    conformance::{ErpFixture, OrderFixture, Report, StorefrontFixture, run_erp, run_storefront},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::json;

use super::{Bench, Which, people};
use crate::out;

/// Arguments of `connector conformance`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ConformanceArgs {
    #[command(flatten)]
    which: Which,
    /// A customer that may order and may be changed, by the other side's id
    #[arg(long)]
    customer: String,
    /// A part that this customer can order
    #[arg(long)]
    part: String,
    /// Its unit, such as EA
    #[arg(long)]
    unit: String,
    /// Its net price for this customer, such as 12.40
    #[arg(long)]
    price: String,
    /// The price's currency, such as USD
    #[arg(long, value_parser = Currency::parse)]
    currency: Currency,
    /// A customer whose orders the ERP holds or rejects
    #[arg(long)]
    held_customer: Option<String>,
    /// A customer that was deleted in the ERP
    #[arg(long)]
    deleted_customer: Option<String>,
    /// A customer that may not trade any more, and still stands in the ERP
    #[arg(long)]
    inactive_customer: Option<String>,
    /// Another customer that may be changed, best one in a currency of three digits, or of none
    #[arg(long)]
    second_customer: Option<String>,
    /// A company, sales area … that the ERP does not have: nothing must be read or written there
    #[arg(long, value_name = "SCOPE")]
    wrong_scope: Option<String>,
    /// The people and places of a customer as they stand in the ERP, TOML or JSON: `customer` (if another), and a list
    /// each of `contact` (name; id, email, phone, roles) and `ship_to` (city, name, id, code, street, customer).
    /// They are read, and nobody is changed
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Makes orders that count as real ones: only in an installation that is for tests. Else they are marked as
    /// tests, and what only real orders do is not tried
    #[arg(long)]
    live: bool,
}

impl Bench {
    pub(super) async fn conformance(&self, args: &ConformanceArgs) -> Result<bool, String> {
        let order = self.order(args)?;
        let connected = self.connected(&args.which).await?;
        let spec = connected.connector.spec();
        let (is_erp, is_shop) = (
            spec.accounts.is_some()
                || spec.exposure.is_some()
                || spec.orders.is_some()
                || spec.documents.is_some(),
            spec.sessions.is_some() || spec.catalogue.is_some() || spec.shop_orders.is_some(),
        );
        let mut reports = Vec::new();
        if is_erp {
            reports.push(self.erp(args, &connected, order.clone()).await?);
        }
        if is_shop {
            let make = |operation: String| self.context(&connected, operation);
            let fixture = StorefrontFixture::new(self.run_id(), &make, args.customer.clone(), order);
            reports.push(run_storefront(connected.connector.as_ref(), &fixture).await);
        }
        for report in &reports {
            match args.which.json {
                true => out::json(&report_json(report)),
                false => out::line(report),
            }
        }
        if reports.is_empty() {
            return Err(format!("{} has nothing that a suite could try", spec.id));
        }
        Ok(reports.iter().all(Report::is_conformant))
    }

    async fn erp(
        &self,
        args: &ConformanceArgs,
        connected: &Connected,
        order: OrderFixture,
    ) -> Result<Report, String> {
        let make = |operation: String| self.context(connected, operation);
        let elsewhere: Option<Box<dyn Connector>> = match &args.wrong_scope {
            Some(scope) => {
                let made = self.source.elsewhere(connected, scope).await;
                Some(made.map_err(|error| format!("--wrong-scope {scope}: {error}"))?)
            }
            None => None,
        };
        let people = args.people.as_deref();
        let people = people
            .map(|file| people::read(file, &args.customer))
            .transpose()?;
        let fixture = ErpFixture {
            held_customer: args.held_customer.clone(),
            deleted_customer: args.deleted_customer.clone(),
            inactive_customer: args.inactive_customer.clone(),
            second_customer: args.second_customer.clone(),
            people,
            wrong_scope: elsewhere.as_deref(),
            ..ErpFixture::new(self.run_id(), &make, args.customer.clone(), order)
        };
        Ok(run_erp(connected.connector.as_ref(), &fixture).await)
    }

    fn order(&self, args: &ConformanceArgs) -> Result<OrderFixture, String> {
        let unit_price = StatedAmount::parse(&args.price, args.currency)
            .map_err(|error| format!("--price {}: {error}", args.price))?;
        Ok(OrderFixture {
            part_id: args.part.clone(),
            unit: Unit::new(&args.unit),
            unit_price,
            date: self.surroundings.now().to_zoned(TimeZone::UTC).date(),
            live: args.live,
        })
    }

    /// Of the last digits of an id, which are random: references are made of it, and they are short.
    fn run_id(&self) -> String {
        let id = self.surroundings.new_id();
        format!("run-{}", id.rsplit('-').next().unwrap_or(&id))
    }
}

fn report_json(report: &Report) -> serde_json::Value {
    let cases: Vec<_> = report
        .cases
        .iter()
        .map(|case| json!({ "case": case.case, "verdict": case.verdict.as_str(), "detail": case.detail }))
        .collect();
    json!({ "cases": cases, "conformant": report.is_conformant() })
}
