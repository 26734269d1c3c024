//! One rehearsal from the first request to the last: what the buyer does, in order, and what each step needs of those
//! before it.

mod orders;
mod pages;
mod policy;
mod requests;
mod shopping;

use std::collections::BTreeSet;

use jiff::Timestamp;
use punchgate_domain::{cart::Cart, purchase_order::Address};
use punchgate_protocols::cxml::{DeploymentMode, Secret, dialect::Dialect};
use url::Url;

use crate::{
    line::Line,
    manner::Manner,
    record::Record,
    report::{Case, Counts, Outcome, Report, Stop, Verdict},
    supplier_side::SupplierSide,
    write::Pen,
};

/// Version of the report's form.
const REPORT_VERSION: u32 = 1;

/// Who buys, as domain and identity, and what proves it.
#[derive(Clone, Debug)]
pub struct Buyer {
    /// The buying company.
    pub name: String,
    /// Its identities.
    pub from: Vec<(String, String)>,
    /// The supplier's.
    pub to: Vec<(String, String)>,
    /// The network in between, if there is one.
    pub hub: Option<(String, String)>,
    /// The shared secret.
    pub secret: Secret,
}

/// Whether orders are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ordering {
    /// None are.
    #[default]
    None,
    /// They are marked as tests (`deploymentMode="test"`).
    Test,
    /// They count as real ones.
    Live,
}

/// What is to be rehearsed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The suite's short name.
    pub suite: String,
    /// How it buys.
    pub manner: Manner,
    /// What it must be sent.
    pub dialect: Dialect,
    /// Who buys.
    pub buyer: Buyer,
    /// What the relationship is called.
    pub relationship: String,
    /// Where requests go.
    pub url: Url,
    /// Where carts are to be posted to. They are read, and not sent there.
    pub return_url: String,
    /// Where goods go, if it is said.
    pub ship_to: Option<Address>,
    /// Whether orders are sent.
    pub ordering: Ordering,
}

/// Time and texts that are never the same twice.
pub trait Stamps: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// At least 22 characters of `A-Z a-z 0-9 -`, unguessable.
    fn unique(&self) -> String;
}

/// What a rehearsal uses.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The line to the gateway.
    pub line: &'a Line,
    /// The supplier; without, nothing can be put into a cart.
    pub supplier: Option<&'a dyn SupplierSide>,
    /// Time and unique texts.
    pub stamps: &'a dyn Stamps,
}

impl std::fmt::Debug for Means<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means")
            .field("line", self.line)
            .field("supplier", &self.supplier.is_some())
            .finish_non_exhaustive()
    }
}

/// Walks the whole loop. Whatever fails stands in the report; nothing is tried twice.
pub async fn rehearse(plan: &Plan, means: Means<'_>) -> Report {
    let began = means.stamps.now();
    let mut run = Run {
        plan,
        means,
        record: Record::default(),
        payload_ids: BTreeSet::new(),
        cases: Vec::new(),
        noted: 0,
        cart: None,
    };
    run.record.conceal(plan.buyer.secret.expose());
    run.ask_first().await;
    run.shop().await;
    run.order_all().await;
    let Run { record, cases, .. } = run;
    Report {
        version: REPORT_VERSION,
        suite: plan.suite.clone(),
        title: plan.manner.title.clone(),
        relationship: plan.relationship.clone(),
        url: plan.url.to_string(),
        began: instant(began),
        conformant: false,
        counts: Counts::default(),
        cases,
        exchanges: record.exchanges,
    }
    .concluded()
}

/// A rehearsal under way.
struct Run<'a> {
    plan: &'a Plan,
    means: Means<'a>,
    record: Record,
    /// Every payloadID so far, ours and theirs.
    payload_ids: BTreeSet<String>,
    cases: Vec<Case>,
    /// How many exchanges belong to cases already.
    noted: usize,
    /// The cart as it came back last.
    cart: Option<Cart>,
}

impl<'a> Run<'a> {
    fn note(&mut self, case: &'static str, what: &'static str, outcome: Outcome) {
        let exchanges = (self.noted + 1..=self.record.exchanges.len()).collect();
        self.noted = self.record.exchanges.len();
        let (verdict, detail, mut faults) = match outcome {
            Ok(detail) => (Verdict::Passed, detail, Vec::new()),
            Err(Stop::Failed(faults)) => (Verdict::Failed, String::new(), faults),
            Err(Stop::Skipped(why)) => (Verdict::Skipped, why, Vec::new()),
        };
        for fault in &mut faults {
            fault.text = self.record.masked(&fault.text);
        }
        let detail = match faults.first() {
            Some(first) => first.text.clone(),
            None => self.record.masked(&detail),
        };
        self.cases.push(Case {
            case,
            what,
            verdict,
            detail,
            faults,
            exchanges,
        });
    }

    fn pen(&self) -> Pen<'a> {
        Pen {
            manner: &self.plan.manner,
            buyer: &self.plan.buyer,
            dialect: &self.plan.dialect,
            mode: match self.plan.ordering {
                Ordering::Live => DeploymentMode::Production,
                Ordering::None | Ordering::Test => DeploymentMode::Test,
            },
        }
    }

    fn supplier(&self) -> Outcome<&'a dyn SupplierSide> {
        self.means.supplier.ok_or_else(|| {
            Stop::skipped("the supplier's shop is not at hand here: run it beside the gateway's database")
        })
    }

    /// A payloadID of ours.
    fn new_payload_id(&mut self) -> String {
        let id = format!("rehearsal.{}@simulated-buyer.example", self.means.stamps.unique());
        self.payload_ids.insert(id.clone());
        id
    }
}

/// An instant as reports write it.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
