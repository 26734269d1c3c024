//! Every address of the API, as its description lists them: without a key, with one that may not, and with one of another
//! supplier, for which objects are not there at all.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    cxml::{Po, Setup},
    erp::CUSTOMER,
    supplier::{Supplier, api_key},
    world::World,
};

/// Signed, not called with a key: `hooks.rs` has their cases.
const SIGNED: &str = "/v1/hooks/{supplier}/{connector}";
/// A question whose body says what is asked.
const REHEARSAL: &str = "/v1/rehearsals/credit";
/// What there is none of in this world: an id of it is as good as any.
const NONE_HERE: [&str; 2] = ["erp-documents", "conflicts"];

/// One operation.
#[derive(Debug)]
struct Operation {
    method: Method,
    /// Below `/api`, with `{id}` where an object's stands.
    path: String,
    /// The name of the schema of its body.
    body: Option<String>,
}

impl Operation {
    fn only_asks(&self) -> bool {
        self.method == Method::GET || self.path == REHEARSAL
    }

    /// What the scope `orders:read` is enough for.
    fn is_about_orders(&self) -> bool {
        kind(&self.path) == "orders" && !self.path.ends_with("/evidence-links") || self.path == REHEARSAL
    }
}

fn operations() -> Vec<Operation> {
    let description = serde_json::to_value(punchgate::http::api::description()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| {
        let path = path.strip_prefix("/api").unwrap().to_owned();
        let methods = methods.as_object().unwrap().clone();
        methods.into_iter().map(move |(method, operation)| {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: schema
                    .as_str()
                    .map(|name| name.rsplit('/').next().unwrap().to_owned()),
            }
        })
    };
    let found: Vec<Operation> = paths.iter().flat_map(of_path).collect();
    assert!(found.len() > 40, "{found:?}");
    found.into_iter().filter(|one| one.path != SIGNED).collect()
}

/// What a path is about: `orders` of `/v1/orders/{id}/confirm`.
fn kind(path: &str) -> &str {
    let (before, _) = path.split_once("/{id}").unwrap_or((path, ""));
    before.rsplit('/').next().unwrap()
}

/// An id as it stands in an address: that of an ERP's document has slashes.
fn in_path(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

/// A body that would do, if the object were the caller's.
fn body(schema: &str, ids: &BTreeMap<&str, String>) -> Value {
    let (reason, expected_version) = ("because", 1);
    let amount = json!({ "amount": "10.00", "currency": "USD" });
    let word = json!({ "expected_version": expected_version, "reason": reason });
    let with = |more: Value| {
        let mut whole = word.clone();
        whole
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        whole
    };
    match schema {
        "CheckoutBody" => json!({ "customer": CUSTOMER, "amount": "10.00", "currency": "USD" }),
        "PlaceHoldBody" => with(json!({ "code": "AUDIT", "removes": ["order_on_terms"] })),
        "RequestLimitBody" => {
            with(json!({ "limit": { "kind": "amount", "amount": "10.00", "currency": "USD" } }))
        }
        "PromiseBody" => json!({ "amount": amount, "until": "2026-03-04" }),
        "RequestTermsBody" => with(json!({ "code": "NET60", "net_days": 60 })),
        "ReleaseHoldBody" | "WordBody" => word,
        "EvidenceBody" => json!({ "days": 7, "reason": reason }),
        "MoveBody" | "RevokeOverrideBody" | "RevokeLinkBody" | "WithdrawBody" => json!({ "reason": reason }),
        "CarryOverBody" => with(json!({ "version": 2 })),
        "FundsBody" => {
            with(json!({ "kind": "captured", "amount": "10.00", "currency": "USD", "reference": "x" }))
        }
        "TakeOverBody" => with(json!({ "number": "SO-1" })),
        "PlaceOverrideBody" => json!({ "customer": ids["customers"], "amount": amount, "reason": reason }),
        "PricesBody" => {
            let line = json!({ "part_id": "TL-1110", "quantity": "1", "unit": "ST" });
            json!({ "customer": CUSTOMER, "lines": [line] })
        }
        "StockBody" => {
            let line = json!({ "part_id": "TL-1110", "unit": "ST" });
            json!({ "customer": CUSTOMER, "lines": [line] })
        }
        "AdmitBody" => json!({ "relationship": "acme" }),
        "MappingsBody" => {
            json!({ "items": [{ "kind": "unit", "source": "BX", "target": "ST" }], "reason": reason })
        }
        "SwitchBody" => json!({ "enabled": false, "reason": reason }),
        "CreditRehearsalBody" => json!({ "limit_factor": "0.5", "all": true }),
        "ResolveBody" => json!({ "take": "theirs", "reason": reason }),
        other => panic!("this test has no body of the schema {other}: add one"),
    }
}

/// A supplier with one of everything, and the ids.
async fn world() -> (World, BTreeMap<&'static str, String>) {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let mut wrong = Po::new("4500002", "400.00");
    wrong.envelope.secret = "guess-what-i-guess".to_owned();
    world.send(&wrong.xml()).await;
    world.send(&Setup::new("cookie-1").xml()).await;
    let mut ids = BTreeMap::from([("relationships", "acme".to_owned())]);
    let jobs = world.get("/v1/jobs?state=pending").await["items"][0]["id"].clone();
    ids.insert(
        "jobs",
        jobs.as_str().expect("the order waits for the ERP").to_owned(),
    );
    world.settle().await;
    for (kind, path) in [
        ("customers", format!("/v1/customers?search={CUSTOMER}")),
        ("orders", "/v1/orders".to_owned()),
        ("sessions", "/v1/sessions".to_owned()),
        ("documents", "/v1/documents".to_owned()),
        ("quarantine", "/v1/quarantine".to_owned()),
    ] {
        let id = world.get(&path).await["items"][0]["id"].clone();
        ids.insert(
            kind,
            id.as_str().unwrap_or_else(|| panic!("no {kind}")).to_owned(),
        );
    }
    // Something to promise.
    world
        .meddle(
            "update credit_account set exposure_overdue_minor = 100000, exposure_oldest_due = '2025-11-30'",
        )
        .await;
    let links = format!("/v1/orders/{}/evidence-links", ids["orders"]);
    let link = world.post(&links, body("EvidenceBody", &ids)).await;
    ids.insert("evidence-links", link["id"].as_str().unwrap().to_owned());
    let customer = format!("/v1/customers/{}", ids["customers"]);
    let version = world.get(&customer).await["version"].clone();
    for (kind, path, schema) in [
        ("promises", format!("{customer}/promises"), "PromiseBody"),
        ("overrides", "/v1/overrides".to_owned(), "PlaceOverrideBody"),
        ("holds", format!("{customer}/holds"), "PlaceHoldBody"),
    ] {
        let mut asked = body(schema, &ids);
        if let Some(expected) = asked.get_mut("expected_version") {
            *expected = version.clone();
        }
        let placed = world.post(&path, asked).await;
        let id = placed["id"].as_str().or(placed["hold"].as_str());
        ids.insert(kind, id.unwrap_or_else(|| panic!("{kind}: {placed}")).to_owned());
    }
    world.settle().await;
    (world, ids)
}

/// Everything of the supplier that a change would leave its trace in.
async fn traces(world: &World, ids: &BTreeMap<&str, String>) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        format!("/v1/customers/{}", ids["customers"]),
        format!("/v1/orders/{}", ids["orders"]),
        format!("/v1/quarantine/{}", ids["quarantine"]),
        "/v1/jobs".to_owned(),
        "/v1/relationships/acme/mappings".to_owned(),
    ] {
        all.push(world.get(&path).await);
    }
    all
}

#[tokio::test]
async fn no_address_of_the_api_is_open_without_a_key_that_may() {
    let (world, ids) = world().await;
    let reader = api_key("reader");
    for one in operations() {
        let path = one.path.replace("{id}", "x");
        let asked = one.body.as_deref().map(|schema| body(schema, &ids));
        let answer = world.api_as(None, one.method.clone(), &path, asked.clone()).await;
        assert_eq!(answer.status, 401, "{one:?}: {}", answer.body);
        if !(one.only_asks() && one.is_about_orders()) {
            let answer = world
                .api_as(Some(&reader), one.method.clone(), &path, asked)
                .await;
            assert_eq!(answer.status, 403, "{one:?}: {}", answer.body);
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn another_supplier_s_objects_are_not_there() {
    let (world, ids) = world().await;
    let rival = world.another_supplier("rivals").await;
    let before = traces(&world, &ids).await;
    let mut met = BTreeSet::new();
    for one in operations() {
        let ask = async |id: &str| {
            let asked = one.body.as_deref().map(|schema| body(schema, &ids));
            let path = one.path.replace("{id}", &in_path(id));
            world.api_as(Some(&rival), one.method.clone(), &path, asked).await
        };
        if !one.path.contains("{id}") {
            let answer = ask("").await;
            let told = answer.body.to_string();
            if !one.only_asks() {
                assert!((400..500).contains(&answer.status), "{one:?}: {told}");
                continue;
            }
            for (kind, id) in &ids {
                let tells = told.contains(id.as_str());
                assert!(!tells, "{one:?} tells of {kind} {id}: {told}");
            }
            continue;
        }
        let kind = kind(&one.path);
        met.insert(kind.to_owned());
        let Some(id) = ids.get(kind) else {
            assert!(NONE_HERE.contains(&kind), "this test has no {kind}: make one");
            continue;
        };
        // As of one that there is nowhere.
        let (foreign, nowhere) = (ask(id).await, ask("nowhere").await);
        assert_eq!(foreign.status, 404, "{one:?}: {}", foreign.body);
        assert_eq!(foreign.body["code"], nowhere.body["code"], "{one:?}");
        assert!(
            foreign.body["detail"].is_string(),
            "there is such an address: {one:?} {}",
            foreign.body
        );
        if one.method == Method::GET && one.path.ends_with("{id}") {
            let path = one.path.replace("{id}", &in_path(id));
            let own = world.api(Method::GET, &path, None).await;
            assert_eq!(own.status, 200, "{one:?} {path}: {}", own.body);
        }
    }
    for kind in ids.keys() {
        assert!(met.contains(*kind), "no address is about {kind}");
    }
    assert_eq!(traces(&world, &ids).await, before);
    world.finish().await;
}
