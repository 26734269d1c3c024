//! Durable work: what is dead and waits for a person, what is tried again; replayed, or passed over.

use axum::{
    Json,
    extract::{
        Path, Query, State as Handed,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
};
use punchgate_app::{
    accounts::Author,
    api_keys::Scope,
    jobs::{Job, JobFilter, JobId, JobView},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    page::{Page, Paging},
    problem::{ApiProblem, ProblemBody},
    values::instant,
};

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// dead (unless told, or an order is named), pending, leased, done or skipped.
    state: Option<String>,
    /// Kind: submit-order, deliver-confirmation, push-account …
    kind: Option<String>,
    /// Our order id.
    order: Option<String>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobItem {
    id: String,
    /// What must keep its order: a dead job keeps all that is behind it in its stream waiting.
    stream: String,
    /// Place in the stream.
    place: i64,
    kind: String,
    payload_version: i64,
    /// Whether this program knows to run it; if not, it waits for a newer one.
    known: bool,
    /// dead, pending, leased, done or skipped.
    state: String,
    /// Attempts begun.
    attempts: i64,
    /// What the last attempt said.
    last_error: Option<String>,
    created_at: String,
    /// Not tried before this.
    not_before: String,
    /// Until when a worker has it.
    lease_until: Option<String>,
    /// When a person last had it tried again, or it last waited for a switch.
    replayed_at: Option<String>,
    finished_at: Option<String>,
}

/// A job with what became of it so far.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobDetail {
    #[serde(flatten)]
    job: JobItem,
    /// First to last.
    tried: Vec<AttemptItem>,
    /// What people said, newest first.
    words: Vec<WordItem>,
}

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptItem {
    attempt: i64,
    /// done, retry, dead …
    outcome: String,
    /// HTTP or cXML status seen.
    status_code: Option<i64>,
    detail: String,
    started_at: String,
    finished_at: String,
}

/// A person's word.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WordItem {
    from: Option<String>,
    to: Option<String>,
    who: String,
    why: String,
    at: String,
}

/// Why a job is moved.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MoveBody {
    /// Why; kept with the job, and in the history of its order.
    reason: String,
}

impl From<Job> for JobItem {
    fn from(job: Job) -> Self {
        let entry = job.entry;
        Self {
            id: job.id.to_string(),
            stream: entry.stream,
            place: entry.seq,
            kind: entry.kind,
            payload_version: entry.payload_version,
            known: job.known,
            state: entry.state,
            attempts: entry.attempts,
            last_error: entry.last_error,
            created_at: instant(entry.created_at),
            not_before: instant(entry.not_before),
            lease_until: entry.lease_until.map(instant),
            replayed_at: entry.revived_at.map(instant),
            finished_at: entry.finished_at.map(instant),
        }
    }
}

impl From<JobView> for JobDetail {
    fn from(view: JobView) -> Self {
        let tried = view.attempts.into_iter().map(|attempt| AttemptItem {
            attempt: attempt.attempt,
            outcome: attempt.outcome,
            status_code: attempt.status_code,
            detail: attempt.detail,
            started_at: instant(attempt.started_at),
            finished_at: instant(attempt.finished_at),
        });
        let words = view.words.into_iter().map(|word| WordItem {
            from: word.from_value,
            to: word.to_value,
            who: word.who,
            why: word.why,
            at: instant(word.changed_at),
        });
        Self {
            tried: tried.collect(),
            words: words.collect(),
            job: view.job.into(),
        }
    }
}

/// Durable work, newest first: dead jobs, which wait for a person, unless another state is asked for.
#[utoipa::path(get, path = "/api/v1/jobs", params(Paging, Narrowing),
    responses((status = 200, body = Page<JobItem>), (status = 422, body = ProblemBody)), tag = "operations")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<JobItem>>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = JobFilter {
        state: narrowing.state,
        kind: narrowing.kind,
        order: narrowing.order,
        ..JobFilter::default()
    };
    let jobs = gateway
        .jobs
        .list(&caller.0.supplier, &filter, paging.after()?, paging.limit() + 1)
        .await?;
    Ok(Json(paging.page(jobs, Job::place, JobItem::from)))
}

/// One job with its attempts and what people said of it.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", params(("id" = String, Path)),
    responses((status = 200, body = JobDetail), (status = 404, body = ProblemBody)), tag = "operations")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobDetail>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let id: JobId = id.parse()?;
    let view = gateway.jobs.get(&caller.0.supplier, &id).await?;
    Ok(Json(view.into()))
}

/// Has a dead or waiting job tried again at once; one that was skipped, too, while nothing behind it has begun.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/replay", params(("id" = String, Path)), request_body = MoveBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn replay(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<MoveBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let (id, author): (JobId, _) = (id.parse()?, Author::new(caller.name(), body.reason)?);
    gateway.jobs.replay(&caller.0.supplier, &id, &author).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Passes over a dead or waiting job; what waits behind it goes on. An order's history says so.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/skip", params(("id" = String, Path)), request_body = MoveBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn skip(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<MoveBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let (id, author): (JobId, _) = (id.parse()?, Author::new(caller.name(), body.reason)?);
    gateway.jobs.skip(&caller.0.supplier, &id, &author).await?;
    Ok(StatusCode::NO_CONTENT)
}
