//! Customers: terms, limit, exposure, holds; holds placed and released, limits asked for.

use axum::{
    Json,
    extract::{
        Path, Query, State as Handed,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
};
use punchgate_app::{
    accounts::{Author, CustomerFilter, CustomerSummary, CustomerView, PlaceHold, ReleaseHold, RequestLimit},
    api_keys::Scope,
};
use punchgate_domain::{
    Instant,
    catalogue::Problem,
    customer::CreditLimit,
    hold::{HoldTexts, Permission, PermissionSet},
    ids::{CustomerId, HoldId},
    money::{Currency, Money, StatedAmount},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    holds::{HoldItem, OthersHoldItem},
    overrides::OverrideItem,
    page::{Page, Paging, cursor},
    people::BelongingsItem,
    problem::{ApiProblem, ProblemBody},
    promises::PromiseItem,
    terms::RequestItem,
    values::{Amount, instant},
};

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// The ERP's id or number of the customer, or ours.
    search: Option<String>,
    /// ERP connection.
    connector: Option<String>,
    /// Those for whom this customer pays: its id here, or the ERP's.
    payer: Option<String>,
    /// Those of whose group this customer is the head: its id here, or the ERP's.
    head: Option<String>,
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerItem {
    id: String,
    connector: String,
    external_id: String,
    code: String,
    name: String,
    active: bool,
    credit_account: String,
    terms: Option<TermsItem>,
    limit: LimitItem,
    exposure: Option<ExposureItem>,
    /// What approved orders take up.
    reserved: Option<Amount>,
    /// What is left; none where there is no limit to reckon with.
    available: Option<Amount>,
    stops_orders: bool,
    stops_terms: bool,
    /// What a change expects.
    version: i64,
    updated_at: String,
}

/// Terms.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TermsItem {
    code: String,
    label: String,
    net_days: u32,
    /// Payment in advance.
    prepaid: bool,
}

/// A limit: never a bare number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum LimitItem {
    /// Nobody told us.
    Unknown,
    /// The ERP says that there is none.
    Unlimited,
    /// So much; zero means prepay only.
    Amount(Amount),
}

/// What the account owes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExposureItem {
    #[serde(flatten)]
    amount: Amount,
    as_of: String,
    includes_open_orders: bool,
}

/// A customer with its holds and history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerDetail {
    #[serde(flatten)]
    customer: CustomerItem,
    holds: Vec<HoldItem>,
    /// Holds of others that count for its orders: of its payer, and what rules hold of whoever carries its account.
    holds_of_others: Vec<OthersHoldItem>,
    /// Overrides that count on its account.
    overrides: Vec<OverrideItem>,
    /// Promises to pay on its account, newest first.
    promises: Vec<PromiseItem>,
    /// What was asked of the ERP and is not there yet.
    requests: Vec<RequestItem>,
    history: Vec<ChangeItem>,
    #[serde(flatten)]
    belongings: BelongingsItem,
}

/// A change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeItem {
    field: String,
    from: Option<String>,
    to: Option<String>,
    who: String,
    why: String,
    at: String,
}

/// A hold to place.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PlaceHoldBody {
    /// `version` of the customer as it was read.
    expected_version: i64,
    /// Stable code of the reason, such as `past-due`.
    code: String,
    /// What it takes away: order_on_terms, order, ship, invoice; none warns only.
    removes: Vec<String>,
    /// For the supplier's people.
    internal: Option<String>,
    /// For the buyer's accounts payable.
    accounts_payable: Option<String>,
    /// For the shopper.
    shopper: Option<String>,
    /// RFC 3339; none: until released.
    until: Option<String>,
    /// Whether the ERP gets it, too; yes, unless this says no.
    #[serde(default = "pushed")]
    push: bool,
    /// Why; goes into the history.
    reason: String,
}

fn pushed() -> bool {
    true
}

/// A hold to release.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReleaseHoldBody {
    /// `version` of the hold as it was read.
    expected_version: i64,
    /// Why; goes into the history.
    reason: String,
}

/// A hold that was placed or released.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldChangedItem {
    hold: String,
    customer: String,
    customer_version: i64,
    /// What else follows, in words.
    note: Option<String>,
}

/// A limit to ask the ERP for.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RequestLimitBody {
    /// `version` of the customer as it was read.
    expected_version: i64,
    limit: LimitItem,
    /// Why; goes into the history.
    reason: String,
}

impl From<CreditLimit> for LimitItem {
    fn from(limit: CreditLimit) -> Self {
        match limit {
            CreditLimit::Unknown => Self::Unknown,
            CreditLimit::Unlimited => Self::Unlimited,
            CreditLimit::Amount(money) => Self::Amount(money.into()),
        }
    }
}

impl From<CustomerSummary> for CustomerItem {
    fn from(row: CustomerSummary) -> Self {
        Self {
            id: row.id.into_string(),
            connector: row.connector,
            external_id: row.external_id,
            code: row.code,
            name: row.name,
            active: row.active,
            credit_account: row.credit_account.into_string(),
            terms: row.terms.map(|terms| TermsItem {
                code: terms.code,
                label: terms.label,
                net_days: terms.net_days,
                prepaid: terms.prepaid,
            }),
            limit: row.limit.into(),
            exposure: row.exposure.map(|exposure| ExposureItem {
                amount: exposure.amount.into(),
                as_of: exposure.as_of.to_string(),
                includes_open_orders: exposure.includes_open_orders,
            }),
            reserved: row.reserved.map(Amount::from),
            available: row.available.map(Amount::from),
            stops_orders: row.stops_orders,
            stops_terms: row.stops_terms,
            version: row.version,
            updated_at: instant(row.updated_at),
        }
    }
}

impl From<CustomerView> for CustomerDetail {
    fn from(view: CustomerView) -> Self {
        let history = view.history.into_iter().map(|change| ChangeItem {
            field: change.field,
            from: change.from_value,
            to: change.to_value,
            who: change.who,
            why: change.why,
            at: instant(change.changed_at),
        });
        Self {
            holds: view.holds.into_iter().map(HoldItem::from).collect(),
            holds_of_others: view
                .holds_of_others
                .into_iter()
                .map(OthersHoldItem::from)
                .collect(),
            overrides: view.overrides.into_iter().map(OverrideItem::from).collect(),
            promises: view.promises.into_iter().map(PromiseItem::from).collect(),
            requests: view.requests.into_iter().map(RequestItem::from).collect(),
            history: history.collect(),
            belongings: view.belongings.into(),
            customer: view.summary.into(),
        }
    }
}

/// Customers, last changed first.
#[utoipa::path(get, path = "/api/v1/customers", params(Paging, Narrowing),
    responses((status = 200, body = Page<CustomerItem>), (status = 401, body = ProblemBody)), tag = "customers")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<CustomerItem>>, ApiProblem> {
    caller.require(Scope::CustomersRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = CustomerFilter {
        search: narrowing.search,
        connector: narrowing.connector,
        payer: narrowing.payer,
        head: narrowing.head,
        ..CustomerFilter::default()
    };
    let supplier = caller.0.supplier.as_str();
    let page = gateway
        .accounts
        .list(supplier, &filter, paging.after()?, paging.limit())
        .await?;
    Ok(Json(Page {
        items: page.customers.into_iter().map(CustomerItem::from).collect(),
        next: page.next.as_ref().map(cursor),
    }))
}

/// One customer with its holds and history.
#[utoipa::path(get, path = "/api/v1/customers/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CustomerDetail), (status = 404, body = ProblemBody)), tag = "customers")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CustomerDetail>, ApiProblem> {
    caller.require(Scope::CustomersRead)?;
    let supplier = gateway.directory.supplier(&caller.0.supplier).await?;
    let view = gateway
        .accounts
        .get_worded(&supplier, &CustomerId::new(id))
        .await?;
    Ok(Json(view.into()))
}

/// Places a hold.
#[utoipa::path(post, path = "/api/v1/customers/{id}/holds", params(("id" = String, Path)),
    request_body = PlaceHoldBody,
    responses((status = 201, body = HoldChangedItem), (status = 409, body = ProblemBody)), tag = "customers")]
pub(super) async fn place_hold(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<PlaceHoldBody>, JsonRejection>,
) -> Result<(StatusCode, Json<HoldChangedItem>), ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let place = PlaceHold {
        customer: CustomerId::new(id),
        expected_version: body.expected_version,
        code: body.code,
        removes: permissions(&body.removes)?,
        texts: HoldTexts {
            internal: body.internal,
            accounts_payable: body.accounts_payable,
            shopper: body.shopper,
        },
        until: until(body.until.as_deref())?,
        push: body.push,
        author: Author::new(caller.name(), body.reason)?,
    };
    let changed = gateway
        .accounts
        .place_hold(caller.0.supplier.as_str(), &place)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(HoldChangedItem {
            hold: changed.hold.into_string(),
            customer: changed.customer.into_string(),
            customer_version: changed.customer_version,
            note: None,
        }),
    ))
}

/// Releases a hold.
#[utoipa::path(post, path = "/api/v1/holds/{id}/release", params(("id" = String, Path)),
    request_body = ReleaseHoldBody,
    responses((status = 200, body = HoldChangedItem), (status = 409, body = ProblemBody)), tag = "customers")]
pub(super) async fn release_hold(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<ReleaseHoldBody>, JsonRejection>,
) -> Result<Json<HoldChangedItem>, ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let release = ReleaseHold {
        hold: HoldId::new(id),
        expected_version: body.expected_version,
        author: Author::new(caller.name(), body.reason)?,
    };
    let changed = gateway
        .accounts
        .release_hold(caller.0.supplier.as_str(), &release)
        .await?;
    Ok(Json(HoldChangedItem {
        hold: changed.hold.into_string(),
        customer: changed.customer.into_string(),
        customer_version: changed.customer_version,
        note: changed.passes_over.map(|rule| {
            format!("rule {rule} does not place it again for the same case, until that was over once")
        }),
    }))
}

/// Asks the ERP for another limit.
#[utoipa::path(put, path = "/api/v1/customers/{id}/limit", params(("id" = String, Path)),
    request_body = RequestLimitBody,
    responses((status = 202), (status = 409, body = ProblemBody)), tag = "customers")]
pub(super) async fn request_limit(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<RequestLimitBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::CustomersWrite)?;
    let Json(body) = body?;
    let request = RequestLimit {
        customer: CustomerId::new(id),
        expected_version: body.expected_version,
        limit: match body.limit {
            LimitItem::Unknown => CreditLimit::Unknown,
            LimitItem::Unlimited => CreditLimit::Unlimited,
            LimitItem::Amount(amount) => CreditLimit::Amount(money("limit", &amount)?),
        },
        author: Author::new(caller.name(), body.reason)?,
    };
    gateway
        .accounts
        .request_limit(caller.0.supplier.as_str(), &request)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

fn permissions(names: &[String]) -> Result<PermissionSet, ApiProblem> {
    let all = names
        .iter()
        .map(|name| Permission::parse(name))
        .collect::<Result<Vec<_>, _>>();
    all.map(|all| PermissionSet::of(&all))
        .map_err(|error| invalid("removes", error))
}

/// An end that a request states.
pub(super) fn until(text: Option<&str>) -> Result<Option<Instant>, ApiProblem> {
    text.map(|text| text.parse::<Instant>().map_err(|error| invalid("until", error)))
        .transpose()
}

/// An amount out of a request.
pub(super) fn money(field: &str, amount: &Amount) -> Result<Money, ApiProblem> {
    let currency = Currency::parse(&amount.currency).map_err(|error| invalid(field, error))?;
    StatedAmount::parse(&amount.amount, currency)
        .and_then(|stated| stated.to_money())
        .map_err(|error| invalid(field, error))
}

/// A field of a request that does not read.
pub(super) fn invalid(field: &str, why: impl std::fmt::Display) -> ApiProblem {
    ApiProblem::new(Problem::Validation, format!("{field}: {why}"))
}
