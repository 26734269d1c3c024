//! The page of a case.

use askama::Template;
use punchgate_app::{
    directory::MappingKind,
    jobs::{Job, JobFilter},
    orders::{
        case::{self, Case},
        read::{OrderRow, OrderView, Reason},
    },
};
use punchgate_domain::{
    catalogue::Problem,
    money::{Money, StatedAmount, round_to_minor},
    operator::Right,
    order::OrderState,
    policy::Unmapped,
    purchase_order::{Address, OrderLine},
};

use super::{
    forms::{Form, Wants},
    timeline::Step,
};
use crate::{
    gateway::Gateway,
    http::console::{
        page::{NoPage, Shell},
        session::Person,
        words::{self, Pill, When},
    },
};

/// Work that is shown with an order; the list of deliveries has all of it.
const JOBS: u32 = 20;

/// What the customer is called among the facts.
const CUSTOMER: &str = "Customer in the ERP";

/// What stands above the case after something was refused.
pub(super) struct Said {
    pub(super) trouble: String,
    /// What the person had written.
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "console/order.html")]
pub(super) struct Page {
    shell: Shell,
    id: String,
    number: String,
    /// What a change expects.
    row_version: i64,
    /// The buyer's newest version.
    newest: i64,
    pill: Pill,
    is_test: bool,
    is_shadow: bool,
    subtitle: String,
    why: Option<String>,
    advice: Option<String>,
    trouble: Option<String>,
    reason: String,
    facts: Vec<Fact>,
    ship_tos: Vec<ShipTo>,
    comments: Vec<String>,
    lines: Vec<Line>,
    findings: Vec<String>,
    decision: Option<Decision>,
    steps: Vec<Step>,
    documents: Vec<Document>,
    work: Vec<Work>,
    forms: Vec<Form>,
    unmapped: Vec<Choice>,
    currency: String,
    total: String,
}

struct Fact {
    name: &'static str,
    value: String,
    link: Option<String>,
}

/// A choice of a form.
struct Choice {
    value: String,
    text: String,
}

struct ShipTo {
    lines: String,
    text: String,
}

struct Line {
    number: u32,
    part: String,
    description: String,
    quantity: String,
    price: String,
    amount: String,
    far: String,
}

struct Decision {
    pill: Pill,
    at: Option<When>,
    reasons: Vec<String>,
    warnings: Vec<String>,
    figures: Option<String>,
}

struct Document {
    link: String,
    what: String,
    pill: Pill,
    direction: &'static str,
    payload_id: Option<String>,
    at: When,
}

struct Work {
    link: String,
    what: &'static str,
    pill: Pill,
    at: When,
}

/// The case of an order for this person.
pub(super) async fn read(
    gateway: &Gateway,
    person: &Person,
    supplier: &str,
    id: &str,
    said: Option<Said>,
) -> Result<Page, NoPage> {
    let shell = Shell::of(gateway, person, supplier, "orders").await?;
    let found = case::get(&gateway.surroundings, &gateway.directory, shell.id(), id).await?;
    let found = found.ok_or_else(|| NoPage::Problem(Problem::NotFound, String::new()))?;
    let filter = JobFilter {
        order: Some(id.to_owned()),
        any_state: true,
        ..JobFilter::default()
    };
    let jobs = gateway.jobs.list(shell.id(), &filter, None, JOBS).await?;
    Ok(page(gateway, shell, found, jobs, said))
}

fn page(gateway: &Gateway, shell: Shell, case: Case, jobs: Vec<Job>, said: Option<Said>) -> Page {
    let facts = facts(gateway, &shell, &case);
    let view = &case.view;
    let row = &view.row;
    let state = OrderState::parse(&row.state);
    let may = shell.may(Right::DecideOrders);
    let (trouble, reason) = match said {
        Some(said) => (Some(said.trouble), said.reason),
        None => (None, String::new()),
    };
    Page {
        id: row.order_id.clone(),
        number: row.order_number.clone(),
        row_version: row.row_version,
        newest: view.versions.last().map_or(row.version, |last| last.version),
        pill: words::order_state(&row.state),
        is_test: row.mode == "test",
        is_shadow: row.mode == "shadow",
        subtitle: subtitle(&case),
        why: row.state_reason.clone(),
        advice: state.ok().and_then(|state| advice(state, view)),
        trouble,
        reason,
        facts,
        ship_tos: ship_tos(view),
        comments: view.content.comments.clone(),
        lines: view
            .content
            .lines
            .iter()
            .map(|line| of_line(line, view))
            .collect(),
        findings: view.progress.findings.clone(),
        decision: decision(gateway, &shell, view),
        documents: documents(gateway, &shell, &case),
        work: jobs.into_iter().map(|job| work(gateway, &shell, job)).collect(),
        forms: case
            .deeds
            .iter()
            .filter(|_| may)
            .map(|deed| Form::of(*deed))
            .collect(),
        unmapped: case.unmapped.iter().map(choice).collect(),
        currency: row.currency.clone(),
        total: row.total_text.clone(),
        steps: case
            .timeline
            .into_iter()
            .map(|moment| Step::of(gateway, &shell, moment))
            .collect(),
        shell,
    }
}

fn choice(unmapped: &Unmapped) -> Choice {
    let (kind, name, source) = match unmapped {
        Unmapped::Unit { unit, .. } => (MappingKind::Unit, "Unit", unit),
        Unmapped::ShipTo { address, .. } => (MappingKind::ShipTo, "Ship-to", address),
        Unmapped::User { user } => (MappingKind::Contact, "User", user),
    };
    Choice {
        value: format!("{kind} {source}"),
        text: format!("{name} {source}"),
    }
}

fn subtitle(case: &Case) -> String {
    let row = &case.view.row;
    let total = match row.currency.as_str() {
        "" => row.total_text.clone(),
        currency => format!("{currency} {}", row.total_text),
    };
    let buyer = case
        .relationship
        .as_ref()
        .map_or(row.relationship_id.as_str(), |known| &known.buyer_name);
    format!("{total} · {buyer}")
}

fn facts(gateway: &Gateway, shell: &Shell, case: &Case) -> Vec<Fact> {
    let view = &case.view;
    let (row, content) = (&view.row, &view.content);
    let name = case.relationship.as_ref().map(|known| known.name.clone());
    let mut facts = vec![Fact {
        name: "Relationship",
        value: name.unwrap_or_else(|| row.relationship_id.clone()),
        link: Some(format!("{}/relationships/{}", shell.here, row.relationship_id)),
    }];
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let link = customer_link(shell, case, name);
            facts.push(Fact { name, value, link });
        }
    };
    let customer = case.customer.as_ref();
    add(
        CUSTOMER,
        customer.map(|one| format!("{} ({})", one.name, one.code)),
    );
    add("Version", Some(version(view)));
    add("Paid by", Some(words::tender(&row.tender).to_owned()));
    add("Ordered", Some(content.order_date.text.clone()));
    add(
        "Wanted",
        content.requested_delivery.as_ref().map(|date| date.text.clone()),
    );
    add("Requisition", content.requisition_id.clone());
    add("Agreement", content.agreement_id.clone());
    add("Tax", content.tax.as_ref().map(|tax| stated(&tax.amount)));
    add(
        "Freight",
        content.shipping.as_ref().map(|one| stated(&one.amount)),
    );
    add("Bill to", content.bill_to.as_ref().map(address));
    add("Goes to", Some(sink(row)));
    add("Number there", row.sink_order_id.clone());
    add(
        "Confirmation",
        Some(words::confirmation(&row.confirmation).to_owned()),
    );
    add("payloadID", Some(row.payload_id.clone()));
    add("Received", {
        let when = shell.when(gateway, row.received_at);
        Some(format!("{} ({})", when.shown, when.ago))
    });
    facts
}

/// The customer has a page of its own.
fn customer_link(shell: &Shell, case: &Case, name: &str) -> Option<String> {
    let customer = case.customer.as_ref().filter(|_| name == CUSTOMER)?;
    Some(format!("{}/customers/{}", shell.here, customer.customer_id))
}

/// Which version counts, and what of the buyer's is newer or under way.
fn version(view: &OrderView) -> String {
    let newest = view.versions.last().map_or(view.row.version, |last| last.version);
    let counts = view.row.version;
    match &view.change {
        Some(change) => format!(
            "{counts}; version {} is on its way to the ERP, carried over by {}",
            change.version, change.asked_by
        ),
        None if newest > counts => format!("{counts} counts; the buyer has sent version {newest} since"),
        None => counts.to_string(),
    }
}

fn sink(row: &OrderRow) -> String {
    match (&row.sink_connector_id, row.sink.as_str()) {
        (Some(connector), "storefront") => format!("the shop, by connector {connector}"),
        (Some(connector), _) => format!("the ERP, by connector {connector}"),
        (None, _) => "nowhere by itself: a person enters it".to_owned(),
    }
}

fn stated(amount: &StatedAmount) -> String {
    format!("{} {}", amount.currency(), amount.text())
}

/// Where the lines go: that of the order, and those of lines with one of their own.
fn ship_tos(view: &OrderView) -> Vec<ShipTo> {
    let content = &view.content;
    let mut all: Vec<(Vec<String>, &Address)> = Vec::new();
    for line in &content.lines {
        let Some(place) = line.ship_to.as_ref().or(content.ship_to.as_ref()) else {
            continue;
        };
        let number = line.line_number.to_string();
        match all.iter_mut().find(|(_, known)| *known == place) {
            Some((numbers, _)) => numbers.push(number),
            None => all.push((vec![number], place)),
        }
    }
    let is_one = all.len() == 1;
    let shown = all.into_iter().map(|(numbers, place)| ShipTo {
        lines: match is_one {
            true => "All lines".to_owned(),
            false => format!("Lines {}", numbers.join(", ")),
        },
        text: address(place),
    });
    shown.collect()
}

/// An address in one line, with the buyer's id for it.
fn address(address: &Address) -> String {
    let city = [
        address.postal_code.as_deref(),
        Some(address.city.as_str()),
        address.state.as_deref(),
    ];
    let city: Vec<&str> = city
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let city = city.join(" ");
    let parts = std::iter::once(address.name.as_str())
        .chain(address.deliver_to.iter().map(String::as_str))
        .chain(address.street.iter().map(String::as_str))
        .chain([city.as_str()])
        .chain(address.country_code.as_deref());
    let text: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let text = text.join(", ");
    match &address.address_id {
        Some(id) => format!("{text} (address {id})"),
        None => text,
    }
}

fn of_line(line: &OrderLine, view: &OrderView) -> Line {
    let currency = line.unit_price.currency();
    let amount = line
        .amount()
        .and_then(|amount| round_to_minor(amount, currency))
        .map(|minor| Money::from_minor(minor, currency).to_string());
    let basis = line.price_basis.as_ref();
    let per = basis.map_or(String::new(), |basis| format!(" per {}", basis.text()));
    Line {
        number: line.line_number,
        part: line.part_id.clone(),
        description: line.description.clone(),
        quantity: format!("{} {}", line.quantity.text(), line.unit.as_str()),
        price: format!("{}{per}", stated(&line.unit_price)),
        amount: amount.unwrap_or_else(|| "cannot be told".to_owned()),
        far: far(line.line_number, view),
    }
}

/// How far a line is by what the ERP has issued.
fn far(number: u32, view: &OrderView) -> String {
    let Some(far) = view
        .progress
        .lines
        .iter()
        .find(|known| known.line_number == number)
    else {
        return String::new();
    };
    let parts = [
        far.confirmed
            .map(|count| format!("confirmed {}", count.normalize())),
        (!far.shipped.is_zero()).then(|| format!("shipped {}", far.shipped.normalize())),
        (!far.invoiced.is_zero()).then(|| format!("invoiced {}", far.invoiced.normalize())),
        (!far.credited.is_zero()).then(|| format!("credited {}", far.credited.normalize())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

fn advice(state: OrderState, view: &OrderView) -> Option<String> {
    let reasons = view.decision.iter().flat_map(|decision| &decision.reasons);
    match state {
        OrderState::Held => Some(words::held_advice(reasons.map(|reason| &*reason.code))),
        _ => words::case_advice(state).map(str::to_owned),
    }
}

fn decision(gateway: &Gateway, shell: &Shell, view: &OrderView) -> Option<Decision> {
    let decision = view.decision.as_ref()?;
    let texts = |all: &[Reason]| all.iter().map(|reason| reason.text.clone()).collect();
    Some(Decision {
        pill: words::order_state(&decision.state),
        at: view.row.decided_at.map(|at| shell.when(gateway, at)),
        reasons: texts(&decision.reasons),
        warnings: texts(&decision.warnings),
        figures: decision.figures.clone(),
    })
}

fn documents(gateway: &Gateway, shell: &Shell, case: &Case) -> Vec<Document> {
    let rows = case.documents.iter().map(|row| Document {
        link: format!("{}/documents/{}", shell.here, row.document_id),
        what: words::document_kind(&row.kind).to_owned(),
        pill: words::document_status(&row.status),
        direction: words::direction(&row.direction, &row.kind),
        payload_id: row.payload_id.clone(),
        at: shell.when(gateway, row.recorded_at),
    });
    rows.collect()
}

fn work(gateway: &Gateway, shell: &Shell, job: Job) -> Work {
    Work {
        link: format!("{}/deliveries/{}", shell.here, job.id),
        what: words::known_job(&job.entry.kind),
        pill: words::work_state(&job.entry.state, job.entry.attempts),
        at: shell.when(gateway, job.entry.created_at),
    }
}

impl Page {
    /// Whether a form asks what something is called here.
    fn wants_word(form: &Form) -> bool {
        form.wants == Wants::Word
    }

    /// Whether a form asks for the customer's key in the ERP.
    fn wants_customer(form: &Form) -> bool {
        form.wants == Wants::Customer
    }

    /// Whether a form asks for the number in the supplier's system.
    fn wants_number(form: &Form) -> bool {
        form.wants == Wants::Number
    }

    /// Whether a form asks for what was charged.
    fn wants_funds(form: &Form) -> bool {
        form.wants == Wants::Funds
    }
}
