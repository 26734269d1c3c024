//! Whether this Tryton is as the settings say: reachable, known, the company there, every mapped field there and
//! open to us.

use jiff::SignedDuration;
use punchgate_connector::{
    CheckReport, ConnectorResult, Context, connector::CheckFinding, error::Effect, published::Mismatch,
};
use serde_json::{Value, json};

use super::Tryton;
use crate::{
    config::{ACCOUNTS, DOCUMENTS, EXPOSURE, ORDERS, PRICES, STOCK},
    convert::accounts::HOLDS,
    rpc::{Call, Fault},
};

const OPERATION: &str = "check";
/// The series that this connector was verified with.
const SERIES: &str = "8.2";
/// The clock is told in whole seconds; further apart than this and feeds and reservations suffer.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// Where Tryton keeps who may do what, by its menus.
const MODELS_ACCESS: &str = "Administration → Models → Models Access";
const FIELDS_ACCESS: &str = "Administration → Models → Models Access → Fields Access";
const ADD_GROUP: &str =
    "add one of them to settings.user: Administration → Users → Users, under Access Permissions, Groups";

/// A field and whether we write it.
type Needed = (String, bool);

/// A model, its fields, and whether we create its records.
type Model = (&'static str, Vec<Needed>, bool);

/// Asks Tryton.
pub(super) async fn report(tryton: &Tryton, ctx: &Context) -> ConnectorResult<CheckReport> {
    // First of all: whether it knows us and the company.
    let company = tryton.company(ctx, OPERATION).await?;
    let clock_skew = company.at.duration_since(ctx.now());
    let mut findings = Vec::new();
    let mut note = |fatal, message: String| findings.push(CheckFinding { fatal, message });
    if clock_skew.abs() > SKEW {
        note(
            false,
            format!(
                "the clocks are {} seconds apart: set both by time servers",
                clock_skew.as_secs()
            ),
        );
    }
    let software = series(tryton, ctx).await?;
    if software.as_deref() != Some(SERIES) {
        let found = software
            .as_deref()
            .unwrap_or("a Tryton that does not tell its series");
        note(
            false,
            format!("this connector was verified with Tryton {SERIES}, this is {found}"),
        );
    }
    if !is_ours(tryton, ctx).await? {
        note(
            true,
            format!(
                "settings.user does not belong to company {}: in Tryton, Administration → Users → Users, \
                 add it under Companies",
                tryton.settings.company
            ),
        );
    }
    for (model, fields, creates) in models(tryton) {
        for finding in missing(tryton, ctx, model, &fields, creates).await? {
            note(true, finding);
        }
    }
    Ok(CheckReport {
        name: format!("Tryton, company {}", tryton.settings.company),
        software: software.map(|series| format!("Tryton {series}")),
        capabilities: tryton.capabilities(),
        clock_skew,
        findings,
    })
}

fn read(mismatch: Mismatch) -> punchgate_connector::ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

fn call(method: &str) -> Call<'_> {
    Call {
        operation: OPERATION,
        effect: Effect::Read,
        method,
    }
}

/// The series; none if a proxy does not let us ask.
async fn series(tryton: &Tryton, ctx: &Context) -> ConnectorResult<Option<String>> {
    let answer = tryton.rpc.server(ctx, call("common.server.version")).await;
    Ok(answer
        .ok()
        .and_then(|answer| answer.result.as_str().map(str::to_owned)))
}

/// Whether our user works for the company; without, records of it are not shown.
async fn is_ours(tryton: &Tryton, ctx: &Context) -> ConnectorResult<bool> {
    let params = json!([true, tryton.context()]);
    let answer = tryton
        .rpc
        .call(ctx, call("model.res.user.get_preferences"), params)
        .await;
    let preferences = answer.map_err(|fault| fault.into_error(OPERATION))?.result;
    let companies = preferences.get("companies").and_then(Value::as_array);
    let companies = companies.ok_or_else(|| read(Mismatch::new("companies", "is missing")))?;
    Ok(companies
        .iter()
        .any(|id| id.as_i64() == Some(tryton.settings.company.into())))
}

fn reads(fields: &[&str]) -> Vec<Needed> {
    fields.iter().map(|field| ((*field).to_owned(), false)).collect()
}

fn optional(field: &Option<String>, written: bool) -> Option<Needed> {
    field.clone().map(|field| (field, written))
}

/// What the capabilities in use need.
fn models(tryton: &Tryton) -> Vec<Model> {
    let mut models = Vec::new();
    of_parties(tryton, &mut models);
    of_products(tryton, &mut models);
    of_orders(tryton, &mut models);
    models
}

fn of_parties(tryton: &Tryton, models: &mut Vec<Model>) {
    let (settings, map) = (&tryton.settings, &tryton.settings.fields);
    let mut party = reads(&["code", "name", "active"]);
    if tryton.offers(ACCOUNTS) {
        party.extend(optional(&map.terms, true));
        party.extend(optional(&map.credit_limit, true));
        party.extend(optional(&map.hold, false));
        party.extend(optional(&map.hold_text, false));
        if settings.people {
            party.extend(reads(&["addresses", "contact_mechanisms"]));
            models.push(("party.address", reads(&["delivery", "party_name", "attn"]), false));
            models.push((
                "party.contact_mechanism",
                reads(&["type", "value", "delivery", "invoice"]),
                false,
            ));
        }
        if settings.module {
            party.push((HOLDS.to_owned(), true));
            models.push(("punchgate.hold", vec![("code".to_owned(), true)], true));
        }
    }
    if tryton.offers(EXPOSURE) {
        party.extend(reads(&["receivable", "receivable_today"]));
        party.extend(optional(&map.credit_amount, false));
        models.push((
            "account.move.line",
            reads(&["maturity_date", "reconciliation"]),
            false,
        ));
    }
    if tryton.offers(ORDERS) || tryton.offers(PRICES) {
        party.extend(optional(&map.price_list, false));
    }
    models.push(("party.party", party, false));
}

fn of_products(tryton: &Tryton, models: &mut Vec<Model>) {
    if tryton.offers(ORDERS) || tryton.offers(PRICES) {
        models.push((
            "product.product",
            reads(&["code", "salable", "sale_uom", "sale_price_uom"]),
            false,
        ));
    }
    if tryton.offers(STOCK) {
        models.push(("stock.location", reads(&["code", "type"]), false));
        let planned = reads(&["product", "internal_quantity", "planned_date", "state"]);
        models.push(("stock.move", planned, false));
        models.push((
            "product.product",
            reads(&["code", "type", "default_uom", "quantity", "forecast_quantity"]),
            false,
        ));
    }
}

fn of_orders(tryton: &Tryton, models: &mut Vec<Model>) {
    let map = &tryton.settings.fields;
    if tryton.offers(ORDERS) {
        models.push(("party.address", reads(&["street", "city"]), true));
    }
    if tryton.offers(ORDERS) || tryton.offers(DOCUMENTS) {
        let writes = tryton.offers(ORDERS);
        let mut sale = reads(&["state", "shipment_state", "invoice_state"]);
        sale.push(("reference".to_owned(), writes));
        sale.push((map.order_reference.clone(), writes));
        models.push(("sale.sale", sale, writes));
        models.push(("sale.line", vec![(map.line_number.clone(), writes)], writes));
    }
    if tryton.offers(DOCUMENTS) {
        models.push(("stock.shipment.out", reads(&["state", "effective_date"]), false));
        models.push((
            "account.invoice",
            reads(&["state", "number", "cancel_move", "lines_to_pay", "payment_lines"]),
            false,
        ));
    }
}

/// What of a model is not there or not open to us.
async fn missing(
    tryton: &Tryton,
    ctx: &Context,
    model: &'static str,
    fields: &[Needed],
    creates: bool,
) -> ConnectorResult<Vec<String>> {
    let names: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
    let known = match tryton.definitions(ctx, OPERATION, model, &names).await {
        Ok(known) => known,
        // A model that is not there, or a field: Tryton says only its name.
        Err(Fault::Error(error)) if error.kind == punchgate_connector::ErrorKind::Invalid => {
            return Ok(vec![format!(
                "{model}: {} (is the Tryton module installed that has it?)",
                error.message
            )]);
        }
        Err(fault) => return Err(fault.into_error(OPERATION)),
    };
    let rights = tryton.rights(ctx, OPERATION, model).await?;
    let mut missing = Vec::new();
    let mut lacks = |right: &str, done: &str| {
        if !rights.may(right) {
            missing.push(format!(
                "{model} may not be {done}: in Tryton, {MODELS_ACCESS} says of the model {model} which groups may; {ADD_GROUP}"
            ));
        }
    };
    lacks("read", "read");
    if creates {
        lacks("create", "created");
    }
    if fields.iter().any(|(_, written)| *written) {
        lacks("write", "written");
    }
    for (field, written) in fields {
        match known.get(field) {
            None => missing.push(format!(
                "{model} has no field {field} that settings.user may see: correct settings.fields, or see in Tryton \
                 {FIELDS_ACCESS}"
            )),
            Some(known) if *written && known.get("readonly").and_then(Value::as_bool) == Some(true) => {
                missing.push(format!(
                    "{model}: {field} may not be written: in Tryton, {FIELDS_ACCESS} says of the field {field} which \
                     groups may; {ADD_GROUP}"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(missing)
}
