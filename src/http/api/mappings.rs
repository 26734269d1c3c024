//! What a buyer calls things, and what the supplier does.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
};
use punchgate_app::{
    accounts::Author,
    api_keys::Scope,
    directory::{
        MappingKind,
        entries::{Entered, MappingEntry, StoredMapping},
    },
};
use punchgate_domain::{catalogue::Problem, ids::RelationshipId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    problem::{ApiProblem, ProblemBody},
};

/// Most entries of one request.
const MOST: usize = 10_000;

/// The mappings of a relationship.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingList {
    /// By kind and source.
    items: Vec<MappingItem>,
}

/// A mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingItem {
    /// customer, `ship_to`, unit, part, contact (of a user).
    kind: &'static str,
    /// What the buyer calls it.
    source: String,
    /// What the supplier calls it.
    target: String,
    /// declared (in the file of `apply`, and changed there alone), entered.
    origin: &'static str,
}

/// Mappings to enter: all of them, or none.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MappingsBody {
    /// At most 10,000.
    items: Vec<MappingBody>,
    /// Only says what would come of it.
    #[serde(default)]
    dry_run: bool,
    /// Why; goes into the history.
    reason: String,
}

/// A mapping to enter.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MappingBody {
    /// customer, `ship_to`, unit, part, contact (of a user).
    kind: String,
    /// What the buyer calls it, up to 200 characters.
    source: String,
    /// What the supplier calls it, up to 200 characters, of a unit also how many of which (`12 EA`); without it the mapping is
    /// taken away.
    target: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnteredItem {
    added: usize,
    changed: usize,
    removed: usize,
    /// Stood so already.
    unchanged: usize,
}

impl From<StoredMapping> for MappingItem {
    fn from(stored: StoredMapping) -> Self {
        Self {
            kind: stored.kind.as_str(),
            source: stored.source,
            target: stored.target,
            origin: if stored.declared { "declared" } else { "entered" },
        }
    }
}

impl From<Entered> for EnteredItem {
    fn from(entered: Entered) -> Self {
        let Entered {
            added,
            changed,
            removed,
            unchanged,
        } = entered;
        Self {
            added,
            changed,
            removed,
            unchanged,
        }
    }
}

/// All mappings of a relationship.
#[utoipa::path(get, path = "/api/v1/relationships/{id}/mappings", params(("id" = String, Path)),
    responses((status = 200, body = MappingList), (status = 404, body = ProblemBody)), tag = "operations")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<MappingList>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let id = RelationshipId::new(id);
    let stored = gateway.directory.mappings(&caller.0.supplier, &id).await?;
    Ok(Json(MappingList {
        items: stored.into_iter().map(MappingItem::from).collect(),
    }))
}

/// Enters mappings, all or none. They count within two seconds, and orders whose customer nobody knew go on by
/// themselves. What is declared in the file of `apply` is changed there.
#[utoipa::path(post, path = "/api/v1/relationships/{id}/mappings", params(("id" = String, Path)),
    request_body = MappingsBody,
    responses((status = 200, body = EnteredItem), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn enter(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<MappingsBody>, JsonRejection>,
) -> Result<Json<EnteredItem>, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    if body.items.len() > MOST {
        let details = format!("items: at most {MOST} at once");
        return Err(ApiProblem::new(Problem::Validation, details));
    }
    let entries = body.items.into_iter().enumerate();
    let entries = entries.map(|(place, item)| {
        let kind = MappingKind::parse(&item.kind).ok_or_else(|| {
            let details = format!("items[{place}].kind: one of customer, ship_to, unit, part, contact");
            ApiProblem::new(Problem::Validation, details)
        })?;
        Ok(MappingEntry {
            kind,
            source: item.source,
            target: item.target,
        })
    });
    let entries: Vec<MappingEntry> = entries.collect::<Result<_, ApiProblem>>()?;
    let place = (&caller.0.supplier, &RelationshipId::new(id));
    let entered = gateway
        .directory
        .enter_mappings(place, &entries, &author, body.dry_run)
        .await?;
    Ok(Json(entered.into()))
}
