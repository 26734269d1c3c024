//! The page of a customer.

use askama::Template;
use punchgate_app::accounts::{CustomerView, HoldView, PromiseRow, RelatedCustomer};
use punchgate_domain::{
    hold::Permission,
    ids::CustomerId,
    money::{Currency, Money},
    operator::Right,
};

use super::{limit_of, standing, terms_of};
use crate::{
    gateway::Gateway,
    http::console::{
        page::{NoPage, Shell},
        session::Person,
        words::{self, Pill, When},
    },
};

/// What is shown beside the customer after something was refused.
pub(super) struct Said {
    pub(super) trouble: String,
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "console/customer.html")]
pub(super) struct Page {
    shell: Shell,
    id: String,
    name: String,
    code: String,
    version: i64,
    pill: Pill,
    trouble: Option<String>,
    reason: String,
    /// Whether this person may change credit.
    may: bool,
    /// Whether the limit stands on this customer.
    carries_limit: bool,
    currency: Option<String>,
    facts: Vec<Fact>,
    used: Option<Used>,
    holds: Vec<Hold>,
    requests: Vec<Request>,
    promises: Vec<Promise>,
    overrides: Vec<Override>,
    history: Vec<Change>,
}

struct Fact {
    name: &'static str,
    value: String,
    link: Option<String>,
}

/// The reckoning of the limit.
struct Used {
    limit: String,
    open: String,
    open_orders: bool,
    as_of: When,
    reserved: String,
    available: String,
}

struct Hold {
    id: String,
    code: String,
    pill: Pill,
    removes: String,
    source: &'static str,
    /// Whose it is, where it is another's.
    whose: Option<(String, String)>,
    internal: Option<String>,
    accounts_payable: Option<String>,
    shopper: Option<String>,
    since: When,
    until: Option<When>,
    who: String,
    why: String,
    released: Option<Released>,
    push: &'static str,
    version: i64,
    can_release: bool,
}

struct Released {
    at: When,
    who: String,
    why: String,
}

struct Request {
    field: String,
    pill: Pill,
    said: Option<String>,
    who: String,
    why: String,
    at: When,
}

struct Promise {
    amount: String,
    until: String,
    pill: Pill,
    by: String,
    entered_by: String,
    note: String,
    why: Option<String>,
}

struct Override {
    what: String,
    drawn: String,
    who: String,
    why: String,
}

struct Change {
    field: String,
    from: Option<String>,
    to: Option<String>,
    who: String,
    why: String,
    at: When,
}

pub(super) async fn read(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    id: &str,
    said: Option<Said>,
) -> Result<Page, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "customers").await?;
    let view = gateway
        .accounts
        .get_worded(&shell.supplier, &CustomerId::new(id))
        .await?;
    Ok(page(gateway, shell, view, said))
}

fn page(gateway: &Gateway, shell: Shell, view: CustomerView, said: Option<Said>) -> Page {
    let when = |micros: i64| shell.when(gateway, micros);
    let (trouble, reason) = match said {
        Some(said) => (Some(said.trouble), said.reason),
        None => (None, String::new()),
    };
    let may = shell.may(Right::SetCredit);
    let (facts, used) = (facts(&shell, &view), used(&view, &when));
    let one = view.summary;
    let own = view.holds.into_iter().map(|held| hold(held, None, &when));
    let others = view.holds_of_others.into_iter().map(|other| {
        let link = format!("{}/customers/{}", shell.here, other.customer);
        hold(other.held, Some((link, other.name)), &when)
    });
    let mut holds: Vec<Hold> = own.chain(others).collect();
    // What counts comes first.
    holds.sort_by_key(|hold| hold.released.is_some());
    Page {
        pill: standing(&one),
        carries_limit: one.carries_limit(),
        id: one.id.into_string(),
        name: one.name,
        code: one.code,
        version: one.version,
        currency: one.currency.map(|currency| currency.to_string()),
        trouble,
        reason,
        may,
        facts,
        used,
        holds,
        requests: view
            .requests
            .into_iter()
            .map(|row| Request {
                field: words::account_field(&row.field),
                pill: words::request_state(&row.state),
                said: row.detail,
                who: row.requested_by,
                why: row.why,
                at: when(row.requested_at),
            })
            .collect(),
        promises: view.promises.into_iter().map(promise).collect(),
        overrides: view.overrides.into_iter().map(passes).collect(),
        history: view
            .history
            .into_iter()
            .map(|row| Change {
                field: words::account_field(&row.field),
                from: row.from_value,
                to: row.to_value,
                who: row.who,
                why: row.why,
                at: when(row.changed_at),
            })
            .collect(),
        shell,
    }
}

fn facts(shell: &Shell, view: &CustomerView) -> Vec<Fact> {
    let one = &view.summary;
    let mut facts = Vec::new();
    let mut add = |name, value: String, link: Option<String>| facts.push(Fact { name, value, link });
    add("Number", one.code.clone(), None);
    add("Id in the ERP", one.external_id.clone(), None);
    let connector = format!("{}/connectors#{}", shell.here, one.connector);
    add("Read from", one.connector.clone(), Some(connector));
    add("Terms", terms_of(one), None);
    if let Some(terms) = &one.terms {
        let days = match terms.prepaid {
            true => "in advance".to_owned(),
            false => format!("{} days", terms.net_days),
        };
        add("To be paid", days, None);
    }
    let related = |one: &RelatedCustomer| {
        let name = one.name.clone().unwrap_or_else(|| one.external_id.clone());
        let link = one.id.as_ref().map(|id| format!("{}/customers/{id}", shell.here));
        (name, link)
    };
    let belongings = &view.belongings;
    for (name, other) in [
        ("Paid by", &belongings.payer),
        ("Group head", &belongings.head_office),
    ] {
        if let Some((value, link)) = other.as_ref().map(related) {
            add(name, value, link);
        }
    }
    for (value, link) in belongings.sites.iter().map(related) {
        add("Carries", value, link);
    }
    let orders = format!("{}/orders?customer={}", shell.here, one.id);
    add("Orders", "All orders".to_owned(), Some(orders));
    facts
}

fn used(view: &CustomerView, when: &impl Fn(i64) -> When) -> Option<Used> {
    let one = &view.summary;
    let exposure = one.exposure?;
    let none = || "no reckoning".to_owned();
    Some(Used {
        limit: limit_of(one.limit),
        open: exposure.amount.to_string(),
        open_orders: exposure.includes_open_orders,
        as_of: when(exposure.as_of.as_microsecond()),
        reserved: one.reserved.map_or_else(none, |money| money.to_string()),
        available: one.available.map_or_else(none, |money| money.to_string()),
    })
}

fn hold(view: HoldView, whose: Option<(String, String)>, when: &impl Fn(i64) -> When) -> Hold {
    let HoldView { hold, in_force, row } = view;
    let released = row.released_at.map(|at| Released {
        at: when(at),
        who: row.released_by.clone().unwrap_or_default(),
        why: row.release_reason.clone().unwrap_or_default(),
    });
    let removes: Vec<&str> = hold.removes.iter().map(words::permission).collect();
    Hold {
        can_release: released.is_none() && whose.is_none(),
        pill: match (&released, in_force) {
            (Some(_), _) => ("Released", "soft"),
            (None, true) if removes.is_empty() => ("Warns", "info"),
            (None, true) => ("In force", "bad"),
            (None, false) => ("Not in force", "soft"),
        },
        id: hold.id.into_string(),
        code: hold.reason_code,
        removes: match removes.is_empty() {
            true => "Takes nothing away: it only warns.".to_owned(),
            false => format!("Takes away: {}.", removes.join(", ")),
        },
        source: words::hold_source(hold.source),
        whose,
        internal: hold.texts.internal,
        accounts_payable: hold.texts.accounts_payable,
        shopper: hold.texts.shopper,
        since: when(hold.since.as_microsecond()),
        until: hold.until.map(|until| when(until.as_microsecond())),
        who: row.placed_by,
        why: row.place_reason,
        released,
        push: words::push(&row.push_state),
        version: row.version,
    }
}

fn promise(row: PromiseRow) -> Promise {
    let currency = Currency::parse(&row.currency);
    Promise {
        amount: currency.map_or(row.currency.clone(), |currency| {
            Money::from_minor(row.amount_minor, currency).to_string()
        }),
        until: row.until,
        pill: words::promise_state(&row.state),
        by: row.promised_by,
        entered_by: row.entered_by,
        note: row.note,
        why: row.state_reason,
    }
}

fn passes(standing: punchgate_app::accounts::StandingOverride) -> Override {
    use punchgate_domain::hold::OverrideScope;
    let record = standing.record;
    Override {
        what: match record.scope {
            OverrideScope::Order(_) => "One order".to_owned(),
            OverrideScope::Customer { until, amount, .. } => {
                let until = until.map(|until| format!("until {until}"));
                let amount = amount.map(|amount| format!("up to {amount}"));
                let parts: Vec<String> = until.into_iter().chain(amount).collect();
                format!("All orders {}", parts.join(", "))
            }
        },
        drawn: standing.drawn.to_string(),
        who: record.by,
        why: record.reason,
    }
}

impl Page {
    /// What a hold may take away, with its words.
    fn permissions() -> Vec<(&'static str, &'static str)> {
        let all = Permission::ALL.iter();
        all.map(|one| (one.as_str(), words::permission(*one))).collect()
    }
}
