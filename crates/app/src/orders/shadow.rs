//! Shadow runs: what the copies of a day came to beside what the ERP has of the same orders. A report is made once the
//! supplier's day has ended, and kept.
//!
//! **Invariant:** orders, customers and books are looked at only; what is written is the report. The ERP is asked in no
//! transaction, and asked to find, never to do.

mod report;
mod there;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{ToSpan as _, civil::Date};
use punchgate_domain::{
    Instant,
    ids::{RelationshipId, SupplierId},
    order::OrderState,
    purchase_order::PurchaseOrder,
    shadow::{Difference, Field, Made, MadeLine, MadePrice, There, decisions_agree, differences},
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, erp_document,
    order::{self, OrderRow},
    shadow::{self as stored, ShadowReportRow},
    work_lease::{self, Lease},
};
use rust_decimal::Decimal;

use self::{
    report::{Compared, Drafted},
    there::{Found, Issued, Looked, look},
};
use super::{carry, content, mapped::mapped, review::DecisionRecord, submit::draft};
use crate::{
    Surroundings,
    clock::{from_micros, micros},
    connectors::{Connected, ConnectorSource},
    directory::{Directory, DirectoryError, Mode, Relationship},
    erp_documents,
};

pub use report::{DifferenceGroup, Example, ShadowReport};

/// Until when another gateway waits for one that fell silent.
const LEASE_MICROS: i64 = 120_000_000;
/// Orders that are read together.
const PAGE: i64 = 50;
/// Days that are made up for, where nobody was there to report.
const MISSED_DAYS: i32 = 31;
/// How many days an order may take to come to the ERP.
const COMES_WITHIN_DAYS: i64 = 7;
/// How long an ERP is waited for that does not answer: 6 hours.
const PATIENCE_MICROS: i64 = 6 * 3_600 * 1_000_000;

/// A report, and of which day it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayReport {
    /// In the supplier's calendar.
    pub day: Date,
    /// When it was made.
    pub made_at: Instant,
    /// What it says.
    pub report: ShadowReport,
}

/// Why a report is not made now.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// The relationships.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes the reports.
#[derive(Debug, Clone)]
pub struct ShadowRuns {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    connectors: Arc<ConnectorSource>,
}

/// A day of a relationship, as its supplier has it.
struct Day<'a> {
    relationship: &'a Relationship,
    day: Date,
    /// From the first instant on, and before the second.
    span: (i64, i64),
    /// What the report before waits for.
    again: Vec<String>,
}

/// What the ERP could not be asked: later it may.
struct Silent(String);

/// The report of a day, or the last one.
pub async fn report(
    surroundings: &Surroundings,
    (supplier, relationship): (&SupplierId, &RelationshipId),
    day: Option<Date>,
) -> StorageResult<Option<DayReport>> {
    let mut tx = surroundings.db.read().await?;
    let (supplier, relationship) = (supplier.as_str(), relationship.as_str());
    let row = match day {
        Some(day) => stored::of_day(&mut tx, supplier, relationship, &day.to_string()).await?,
        None => stored::last(&mut tx, supplier, relationship).await?,
    };
    tx.rollback().await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &ShadowReportRow) -> StorageResult<DayReport> {
    let report = serde_json::from_str(&row.content)
        .map_err(|error| StorageError::corrupt("shadow_report.content", error))?;
    let day = row.day.parse::<Date>();
    Ok(DayReport {
        day: day.map_err(|error| StorageError::corrupt("shadow_report.day", error))?,
        made_at: from_micros(row.made_at),
        report,
    })
}

impl ShadowRuns {
    /// Over these relationships and connectors.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            connectors,
        }
    }

    /// Makes the reports that are due, of days that have ended; says how many. Of several gateways one at a time does so.
    pub async fn round(&self, holder: &str) -> Result<usize, ShadowError> {
        let mut made = 0;
        for supplier in self.directory.suppliers().await? {
            for relationship in self.directory.relationships(&supplier.id).await? {
                if relationship.mode == Mode::Shadow {
                    made += self.of_relationship(&relationship, holder).await?;
                }
            }
        }
        Ok(made)
    }

    async fn of_relationship(&self, relationship: &Relationship, holder: &str) -> Result<usize, ShadowError> {
        let name = format!("shadow/{}", relationship.path_text());
        let db = &self.surroundings.db;
        let Some(first) = self.next_day(relationship).await? else {
            return Ok(0);
        };
        let mut tx = db.begin(Lane::Background).await?;
        let lease = work_lease::acquire(&mut tx, &name, holder, LEASE_MICROS).await?;
        tx.commit().await?;
        let Some(lease) = lease else {
            return Ok(0);
        };
        let made = self.days(relationship, first, &lease).await;
        let mut tx = db.begin(Lane::Background).await?;
        work_lease::release(&mut tx, &lease).await?;
        tx.commit().await?;
        Ok(made?)
    }

    fn today(&self, relationship: &Relationship) -> Date {
        let zone = relationship.supplier.time_zone.clone();
        self.surroundings.now().to_zoned(zone).date()
    }

    /// The first day that has ended and has no report; none before the first copy.
    async fn next_day(&self, relationship: &Relationship) -> StorageResult<Option<Date>> {
        let (supplier, id) = (relationship.supplier.id.as_str(), relationship.id.as_str());
        let mut tx = self.surroundings.db.read().await?;
        let last = stored::last(&mut tx, supplier, id).await?;
        let always = (i64::MIN, i64::MAX);
        let first = stored::copies_between(&mut tx, (supplier, id), always, (i64::MIN, ""), 1).await?;
        tx.rollback().await?;
        let next = match (last, first.first()) {
            (Some(last), _) => read(&last)?.day.saturating_add(1.day()),
            (None, Some((at, _))) => {
                let zone = relationship.supplier.time_zone.clone();
                from_micros(*at).to_zoned(zone).date()
            }
            (None, None) => return Ok(None),
        };
        let today = self.today(relationship);
        let oldest = today.saturating_sub(MISSED_DAYS.days());
        Ok(Some(next.max(oldest)).filter(|day| *day < today))
    }

    async fn days(&self, relationship: &Relationship, first: Date, lease: &Lease) -> StorageResult<usize> {
        let mut made = 0;
        let (mut day, today) = (first, self.today(relationship));
        while day < today {
            if !self.day(relationship, day, lease).await? {
                break;
            }
            made += 1;
            day = day.saturating_add(1.day());
        }
        Ok(made)
    }

    /// Makes the report of a day. `false`: the ERP does not answer, and is waited for.
    async fn day(&self, relationship: &Relationship, date: Date, lease: &Lease) -> StorageResult<bool> {
        let zone = &relationship.supplier.time_zone;
        let begins = |date: Date| {
            let at = date.to_zoned(zone.clone()).map(|at| micros(at.timestamp()));
            at.map_err(|error| StorageError::Other(error.to_string()))
        };
        let (supplier, id) = (&relationship.supplier.id, &relationship.id);
        let before = report(&self.surroundings, (supplier, id), None).await?;
        let day = Day {
            relationship,
            day: date,
            span: (begins(date)?, begins(date.saturating_add(1.day()))?),
            again: before.map_or_else(Vec::new, |before| before.report.again),
        };
        let is_late = micros(self.surroundings.now()).saturating_sub(day.span.1) > PATIENCE_MICROS;
        let drafted = match self.draft(&day, is_late, lease).await? {
            Ok(drafted) => drafted,
            Err(Silent(why)) => {
                tracing::warn!(relationship = %relationship.path_text(), %why, "a report on copies waits for the ERP");
                return Ok(false);
            }
        };
        let row = ShadowReportRow {
            supplier_id: supplier.to_string(),
            relationship_id: id.to_string(),
            day: day.day.to_string(),
            content: carry::json(&drafted.finish()),
            made_at: micros(self.surroundings.now()),
        };
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        self.hold(&mut tx, lease).await?;
        stored::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn hold(&self, tx: &mut punchgate_storage::Tx, lease: &Lease) -> StorageResult<()> {
        match work_lease::extend(tx, lease, LEASE_MICROS).await? {
            Ok(()) => Ok(()),
            Err(lost) => Err(lost.into()),
        }
    }

    /// Compares the copies of the day, and those that the report before has left. Where it `is_late`, what the ERP does not
    /// answer stays open and is said.
    async fn draft(
        &self,
        day: &Day<'_>,
        is_late: bool,
        lease: &Lease,
    ) -> StorageResult<Result<Drafted, Silent>> {
        let mut drafted = Drafted::default();
        let mut after = (i64::MIN, String::new());
        let mut ids = day.again.clone();
        loop {
            for part in ids.chunks(usize::try_from(PAGE).unwrap_or(1)) {
                for (row, compared) in self.compared(day, part).await? {
                    let compared = match compared {
                        Err(Silent(why)) if is_late => Compared::Not(why),
                        Err(silent) => return Ok(Err(silent)),
                        Ok(compared) => compared,
                    };
                    drafted.add((&row.order_id, &row.order_number), compared);
                }
                let mut tx = self.surroundings.db.begin(Lane::Background).await?;
                self.hold(&mut tx, lease).await?;
                tx.commit().await?;
            }
            let (supplier, id) = (
                day.relationship.supplier.id.as_str(),
                day.relationship.id.as_str(),
            );
            let mut tx = self.surroundings.db.read().await?;
            let page =
                stored::copies_between(&mut tx, (supplier, id), day.span, (after.0, &after.1), PAGE).await?;
            tx.rollback().await?;
            let Some(last) = page.last() else { break };
            after = last.clone();
            let came = page.into_iter().map(|(_, order)| order);
            ids = came.filter(|order| !day.again.contains(order)).collect();
        }
        Ok(Ok(drafted))
    }

    /// Some orders, each with how it compares.
    async fn compared(
        &self,
        day: &Day<'_>,
        ids: &[String],
    ) -> StorageResult<Vec<(OrderRow, Result<Compared, Silent>)>> {
        let relationship = day.relationship;
        let supplier = relationship.supplier.id.as_str();
        let mut tx = self.surroundings.db.read().await?;
        let mut asked = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(row) = order::get(&mut tx, supplier, id).await? else {
                continue;
            };
            let content = content::of_document(&mut tx, supplier, &row.document_id).await?;
            let customer = draft::customer(&mut tx, &row).await?;
            asked.push((row, content, customer.map(|customer| customer.external_id)));
        }
        let mut issued: BTreeMap<String, Vec<Issued>> = BTreeMap::new();
        if let Some(erp) = &relationship.erp {
            let numbers: Vec<String> = asked.iter().map(|(row, ..)| row.order_number.clone()).collect();
            for row in erp_document::of_purchase_orders(&mut tx, supplier, erp.as_str(), &numbers).await? {
                let number = row.head.purchase_order_number.clone().unwrap_or_default();
                issued.entry(number).or_default().push(Issued {
                    customer: row.head.customer_external_id.clone(),
                    content: erp_documents::read(&row)?.content,
                });
            }
        }
        tx.rollback().await?;
        let erp = self.erp(relationship).await;
        let mut compared = Vec::with_capacity(asked.len());
        for (row, content, customer) in asked {
            let told = issued.get(&row.order_number).map_or(&[][..], Vec::as_slice);
            let ours = Ours {
                row: &row,
                content: &content,
                customer,
            };
            let how = match &erp {
                Ok(Some(erp)) => ours.beside(&self.surroundings, erp, day, told).await,
                Ok(None) => Ok(Compared::Not(
                    "the relationship names no ERP that has its orders".to_owned(),
                )),
                Err(why) => Err(Silent(why.clone())),
            };
            compared.push((row, how));
        }
        Ok(compared)
    }

    async fn erp(&self, relationship: &Relationship) -> Result<Option<Arc<Connected>>, String> {
        let Some(erp) = &relationship.erp else {
            return Ok(None);
        };
        let opened = self.connectors.connector(&relationship.supplier.id, erp).await;
        opened.map(Some).map_err(|error| error.to_string())
    }
}

/// A copy as it is here.
struct Ours<'a> {
    row: &'a OrderRow,
    content: &'a PurchaseOrder,
    /// The ERP's key of the customer.
    customer: Option<String>,
}

impl Ours<'_> {
    async fn beside(
        &self,
        surroundings: &Surroundings,
        erp: &Connected,
        day: &Day<'_>,
        issued: &[Issued],
    ) -> Result<Compared, Silent> {
        let whose = (self.customer.as_deref(), self.row.order_number.as_str());
        let looked = look(surroundings, erp, whose, issued).await.map_err(Silent)?;
        Ok(match looked {
            Looked::Unclear(why) => Compared::Not(why),
            Looked::Found(found) => self.compare(day, &found),
        })
    }

    fn compare(&self, day: &Day<'_>, found: &Found) -> Compared {
        let (state, reasons) = self.decided();
        let agree = match decisions_agree(state, found.there) {
            Some(agree) => agree,
            None if self.may_still_come(day) => return Compared::Waits,
            // Nobody has entered it: so it should be where it would be held here.
            None => state != OrderState::Approved,
        };
        let mut differing = Vec::new();
        if !agree {
            differing.push(Difference {
                field: Field::Decision,
                line_number: None,
                subject: format!("{state} → {}", found.there),
                ours: would_be(state, reasons.as_deref()),
                theirs: stands(found.there).to_owned(),
                note: None,
            });
        }
        let is_compared = !matches!(found.there, There::Absent | There::Cancelled)
            && !matches!(state, OrderState::Cancelled | OrderState::Tombstone);
        if is_compared {
            let ours = self.made(day.relationship);
            differing.extend(differences(&ours, &found.made));
        }
        Compared::Done(differing)
    }

    /// What would have become of it here, and why.
    fn decided(&self) -> (OrderState, Option<String>) {
        let own = OrderState::parse(&self.row.state).unwrap_or(OrderState::Shadow);
        let decision = self.row.decision.as_deref().and_then(DecisionRecord::read);
        match (own, decision) {
            (OrderState::Shadow, Some(decision)) => {
                let state = OrderState::parse(&decision.state).unwrap_or(own);
                (state, decision.sentence())
            }
            _ => (own, None),
        }
    }

    fn may_still_come(&self, day: &Day<'_>) -> bool {
        let age = day.span.1.saturating_sub(self.row.received_at);
        age < COMES_WITHIN_DAYS * 24 * 3_600 * 1_000_000
    }

    /// What would have been made of it here, in the ERP's words.
    fn made(&self, relationship: &Relationship) -> Made {
        let order = mapped(self.content, relationship);
        let lines = order.lines.iter().map(|line| {
            let factor = line
                .price_basis_factor
                .as_ref()
                .map_or(Decimal::ONE, |it| it.value());
            let price = line.unit_price.value().checked_mul(factor);
            MadeLine {
                line_number: line.line_number,
                part_id: line.part_id.clone(),
                unit: line.unit.clone(),
                quantity: line.quantity.is_readable().then(|| line.quantity.value()),
                price: price
                    .filter(|_| line.unit_price.is_readable())
                    .map(|amount| MadePrice {
                        amount,
                        currency: line.unit_price.currency(),
                        per: line
                            .price_basis
                            .as_ref()
                            .map_or(Decimal::ONE, |basis| basis.value()),
                    }),
            }
        });
        Made {
            customer: self.customer.clone(),
            ship_to: order
                .ship_to
                .as_ref()
                .and_then(|address| address.address_id.clone()),
            total: order.total.is_readable().then(|| order.total.clone()),
            lines: lines.collect(),
        }
    }
}

fn would_be(state: OrderState, reasons: Option<&str>) -> String {
    let state = match state {
        OrderState::Approved => "goes to the ERP",
        OrderState::Held => "held",
        OrderState::Referred => "referred to a person",
        OrderState::Declined => "declined",
        OrderState::Cancelled | OrderState::Tombstone => "withdrawn by the buyer",
        _ => "not decided",
    };
    match reasons {
        Some(why) => format!("{state}: {why}"),
        None => state.to_owned(),
    }
}

fn stands(there: There) -> &'static str {
    match there {
        There::Absent => "does not have it",
        There::Draft => "has it as a draft",
        There::Open => "has it",
        There::OnHold => "holds it",
        There::Completed => "has delivered and invoiced it",
        There::Cancelled => "has cancelled it",
    }
}
