//! A hold to place: first shown as each of its readers will read it, then placed.

use askama::Template;
use axum::{
    extract::{Path, State as Handed},
    response::Response,
};
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use punchgate_app::accounts::PlaceHold;
use punchgate_domain::{
    Instant,
    catalogue::Problem,
    hold::{HoldTexts, Permission, PermissionSet},
    ids::CustomerId,
};

use super::act;
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage, Shell},
            session::Posted,
            words,
        },
    },
};

/// Fields that go from the first form to the second as they are.
const KEPT: [&str; 12] = [
    "expected_version",
    "code",
    "order_on_terms",
    "order",
    "ship",
    "invoice",
    "internal",
    "accounts_payable",
    "shopper",
    "until",
    "push",
    "reason",
];

#[derive(Template)]
#[template(path = "console/customer_hold.html")]
struct Preview {
    shell: Shell,
    id: String,
    code: String,
    removes: String,
    until: Option<String>,
    is_pushed: bool,
    texts: Vec<(&'static str, Option<String>)>,
    kept: Vec<(&'static str, String)>,
}

/// Shows it, or places it once it was seen.
pub(in super::super) async fn place(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let asked = async {
        let author = act::author(&posted, &supplier)?;
        let shell = Shell::of(&gateway, &posted.person, &supplier, "customers").await?;
        let request = request(&posted, &id, author, &shell.supplier.time_zone)?;
        Ok::<_, NoPage>((shell, request))
    };
    let (shell, request) = match asked.await {
        Ok(asked) => asked,
        Err(no_page) => return act::answer(&gateway, &posted, (&supplier, &id), Err(no_page)).await,
    };
    if posted.fields.text("step") == "place" {
        let placed = gateway.accounts.place_hold(&supplier, &request).await;
        let done = placed.map(|_| ()).map_err(NoPage::from);
        return act::answer(&gateway, &posted, (&supplier, &id), done).await;
    }
    match preview(&gateway, &posted, shell, &request).await {
        Ok(preview) => page::show(&gateway, &preview),
        Err(no_page) => act::answer(&gateway, &posted, (&supplier, &id), Err(no_page)).await,
    }
}

async fn preview(
    gateway: &Gateway,
    posted: &Posted,
    shell: Shell,
    request: &PlaceHold,
) -> Result<Preview, NoPage> {
    let texts = gateway.accounts.preview_hold(&shell.supplier, request).await?;
    let removes: Vec<&str> = request.removes.iter().map(words::permission).collect();
    let kept = KEPT
        .iter()
        .map(|name| (*name, posted.fields.text(name).to_owned()))
        .filter(|(_, value)| !value.is_empty());
    Ok(Preview {
        id: request.customer.to_string(),
        code: request.code.clone(),
        removes: match removes.is_empty() {
            true => "Nothing: it only warns.".to_owned(),
            false => removes.join(", "),
        },
        until: request
            .until
            .map(|until| shell.when(gateway, until.as_microsecond()).shown),
        is_pushed: request.push,
        texts: vec![
            ("Your own people", texts.internal),
            ("The buyer's accounts payable", texts.accounts_payable),
            ("The shopper", texts.shopper),
        ],
        kept: kept.collect(),
        shell,
    })
}

fn request(
    posted: &Posted,
    customer: &str,
    author: punchgate_app::accounts::Author,
    zone: &TimeZone,
) -> Result<PlaceHold, NoPage> {
    let fields = &posted.fields;
    let some = |name| Some(fields.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    let removes: Vec<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| !fields.text(permission.as_str()).is_empty())
        .collect();
    Ok(PlaceHold {
        customer: CustomerId::new(customer),
        expected_version: act::number(posted, "expected_version"),
        code: fields.text("code").trim().to_owned(),
        removes: PermissionSet::of(&removes),
        texts: HoldTexts {
            internal: some("internal"),
            accounts_payable: some("accounts_payable"),
            shopper: some("shopper"),
        },
        until: some("until").map(|day| end_of(&day, zone)).transpose()?,
        push: some("push").is_some(),
        author,
    })
}

/// The end of a day at the supplier.
fn end_of(day: &str, zone: &TimeZone) -> Result<Instant, NoPage> {
    let refuse = || {
        let text = format!("Until: '{day}' is no day: write it as 2026-03-02");
        NoPage::Problem(Problem::Validation, text)
    };
    let date: Date = day.parse().map_err(|_| refuse())?;
    let next = date.checked_add(1.days()).map_err(|_| refuse())?;
    let begin = next.to_zoned(zone.clone()).map_err(|_| refuse())?;
    Ok(begin.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_lasts_to_the_end_of_its_day_at_the_supplier() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let Ok(end) = end_of("2026-03-08", &zone) else {
            panic!("it reads")
        };
        // The clocks go forward on the 8th.
        assert_eq!(end.to_string(), "2026-03-09T04:00:00Z");
        for day in ["soon", "2026-02-30", ""] {
            assert!(end_of(day, &zone).is_err(), "{day}");
        }
    }
}
