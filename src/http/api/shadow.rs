//! Reports of shadow runs: what the copies of a day came to beside the ERP.

use axum::{
    Json,
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
};
use jiff::civil::Date;
use punchgate_app::{
    api_keys::Scope,
    orders::shadow::{DayReport, DifferenceGroup, Example, report},
};
use punchgate_domain::{catalogue::Problem, ids::RelationshipId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    customers::invalid,
    problem::{ApiProblem, ProblemBody},
};

/// Of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// A day of the supplier's calendar that has ended, such as `2026-03-02`; without it the last one of which there is a report.
    day: Option<String>,
}

/// What the copies of a day came to beside what the ERP has of the same orders.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShadowReportItem {
    /// In the supplier's calendar.
    day: String,
    made_at: String,
    /// How many orders were compared and do not differ.
    agree: usize,
    /// How many differ.
    differ: usize,
    /// How many the ERP does not have yet: they are compared again with the next day's, up to 7 days.
    waiting: usize,
    /// How many could not be compared; the notes say why.
    not_compared: usize,
    /// What differs: by field, the most frequent first; at most 100.
    differences: Vec<DifferenceItem>,
    /// Kinds of differences beyond those.
    left_off: usize,
    /// What to bear in mind.
    notes: Vec<String>,
}

/// Differences of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceItem {
    /// decision, customer, `ship_to`, part, unit, quantity, price, total.
    field: String,
    /// What they have in common: the part, or what it is here and there; empty where nothing is.
    subject: String,
    /// How many lines; of what is the order's, how many orders.
    count: usize,
    /// The first five.
    examples: Vec<DifferenceExampleItem>,
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceExampleItem {
    /// Id of the order.
    order: String,
    /// The buyer's number.
    order_number: String,
    /// The buyer's line number.
    line_number: Option<u32>,
    /// What would be here.
    ours: String,
    /// What the ERP has.
    theirs: String,
    /// What it may come from.
    note: Option<String>,
}

impl From<Example> for DifferenceExampleItem {
    fn from(example: Example) -> Self {
        Self {
            order: example.order,
            order_number: example.number,
            line_number: example.line_number,
            ours: example.ours,
            theirs: example.theirs,
            note: example.note,
        }
    }
}

impl From<DifferenceGroup> for DifferenceItem {
    fn from(group: DifferenceGroup) -> Self {
        Self {
            field: group.field,
            subject: group.subject,
            count: group.count,
            examples: group.examples.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<DayReport> for ShadowReportItem {
    fn from(found: DayReport) -> Self {
        let report = found.report;
        Self {
            day: found.day.to_string(),
            made_at: found.made_at.to_string(),
            agree: report.agree,
            differ: report.differ,
            waiting: report.waiting,
            not_compared: report.not_compared,
            differences: report.groups.into_iter().map(Into::into).collect(),
            left_off: report.left_off,
            notes: report.notes,
        }
    }
}

/// A report as the API writes it; the command line writes it alike.
pub(crate) fn shadow_report(found: DayReport) -> impl Serialize {
    ShadowReportItem::from(found)
}

/// What the copies of a day came to in a relationship in shadow: which decisions, customers, parts, units, quantities and prices
/// differ from what the ERP has of the same orders. Made once the supplier's day has ended.
#[utoipa::path(get, path = "/api/v1/relationships/{id}/shadow-report", params(("id" = String, Path), ReportQuery),
    responses((status = 200, body = ShadowReportItem), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Json<ShadowReportItem>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let Query(query) = query?;
    let day = query.day.map(|text| text.trim().parse::<Date>()).transpose();
    let day = day.map_err(|_| invalid("day", "a day, such as 2026-03-02"))?;
    let (supplier, id) = (&caller.0.supplier, RelationshipId::new(id));
    gateway.directory.relationship(supplier, &id).await?;
    match report(&gateway.surroundings, (supplier, &id), day).await? {
        Some(found) => Ok(Json(found.into())),
        None => Err(ApiProblem::new(Problem::NotFound, "there is no such report yet")),
    }
}
