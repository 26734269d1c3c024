//! Patches of several fields of which Tryton refuses one: it rolls back the whole, and the others are not refused with it.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use punchgate_connector::{
    Connector, ConnectorError, Context, ErrorKind, Secrets,
    accounts::{AccountPatch, ErpHold, PatchOutcome},
    egress::Egress,
};
use punchgate_domain::{
    customer::CreditLimit,
    hold::HoldTexts,
    money::{Currency, Money},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

fn now() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

/// Tryton with one customer; it keeps what it takes.
#[derive(Clone)]
struct Tryton {
    rules: Rules,
    /// The fields that were written, call by call.
    written: Arc<Mutex<Vec<Vec<String>>>>,
}

/// What it refuses, and what it says to whoever asks why.
#[derive(Clone, Copy)]
struct Rules {
    /// A write of one of these is refused.
    refused: &'static [&'static str],
    words: &'static str,
    /// Our user may write this field, and do this with holds.
    readonly: Option<&'static str>,
    no_right: Option<&'static str>,
    /// Instead of an answer to what a field is called.
    silent: Option<u16>,
}

const WORDS: Rules = Rules {
    refused: &["credit_limit_amount"],
    words: "You are not allowed to access \"Party.Credit Limit Amount\".",
    readonly: None,
    no_right: None,
    silent: None,
};

fn datetime() -> Value {
    json!({"__class__": "datetime", "year": 2026, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0})
}

impl Tryton {
    fn write(&self, values: &Value) -> Value {
        let fields: Vec<String> = values.as_object().unwrap().keys().cloned().collect();
        if fields
            .iter()
            .any(|field| self.rules.refused.contains(&field.as_str()))
        {
            return json!({"error": ["UserError", [self.rules.words, "", null]]});
        }
        self.written.lock().unwrap().push(fields);
        json!({"result": null})
    }

    fn party(&self) -> Value {
        let version = self.written.lock().unwrap().len().to_string();
        json!([{
            "id": 2, "code": "C-1", "name": "One", "active": true, "_timestamp": version, "create_date": datetime(),
            "write_date": null, "credit_limit_amount": {"__class__": "Decimal", "decimal": "10"}
        }])
    }

    fn definitions(&self) -> Value {
        let of = |field: &str, label: &str| {
            let readonly = self.rules.readonly == Some(field);
            json!({"string": label, "readonly": readonly})
        };
        json!({
            "customer_payment_term": of("customer_payment_term", "Customer Payment Term"),
            "credit_limit_amount": of("credit_limit_amount", "Credit Limit Amount"),
            "punchgate_holds": of("punchgate_holds", "Holds")
        })
    }

    fn rights(&self) -> Value {
        let mut rights = json!({"read": 1, "write": 1, "create": 1, "delete": 1});
        if let Some(right) = self.rules.no_right {
            rights[right] = json!(0);
        }
        json!({"punchgate.hold": rights})
    }
}

impl Respond for Tryton {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let method = body["method"].as_str().unwrap();
        let result = match method {
            "model.company.company.search_read" => json!([{"id": 1, "currency.": {"id": 1, "code": "USD"}}]),
            "model.party.party.search_read" => self.party(),
            "model.party.party.fields_get" => match self.rules.silent {
                Some(status) => return ResponseTemplate::new(status),
                None => self.definitions(),
            },
            "model.ir.model.get_names" => json!({"party.party": "Party", "punchgate.hold": "Punchgate Hold"}),
            "model.ir.model.access.get_access" => self.rights(),
            "model.party.party.write" => {
                let mut answer = self.write(&body["params"][1]);
                answer["id"] = body["id"].clone();
                return ResponseTemplate::new(200).set_body_json(answer);
            }
            other => panic!("{other}"),
        };
        ResponseTemplate::new(200).set_body_json(json!({"id": body["id"], "result": result}))
    }
}

struct Desk {
    tryton: Tryton,
    connector: Box<dyn Connector>,
    http: Egress,
    _server: MockServer,
}

impl Desk {
    async fn at(rules: Rules) -> Self {
        let tryton = Tryton {
            rules,
            written: Arc::default(),
        };
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(tryton.clone())
            .mount(&server)
            .await;
        let secrets: Secrets = [("password", "hunter-77")].into_iter().collect();
        let settings = json!({
            "base_url": format!("{}/erp", server.uri()), "user": "u", "company": 1, "allow_http": true,
            "allow_networks": ["127.0.0.0/8"], "module": true
        });
        let connector = punchgate_erp_tryton::from_config("main-erp", &settings, &secrets).unwrap();
        let http = Egress::new(connector.egress_rules()).unwrap();
        Self {
            tryton,
            connector,
            http,
            _server: server,
        }
    }

    /// Takes to Tryton what is asked for of these fields; the fields that it refuses, if it refuses.
    async fn patch(&self, fields: &[&str]) -> Result<Option<Vec<String>>, ConnectorError> {
        let asked = |field: &str| fields.contains(&field);
        let limit = Money::from_minor(500_000, Currency::parse("USD").unwrap());
        let hold = ErpHold {
            id: "pg-1".to_owned(),
            code: "PASTDUE".to_owned(),
            removes: None,
            texts: HoldTexts::default(),
            since: now(),
            until: None,
            placed_by: None,
        };
        let patch = AccountPatch {
            external_id: "2".to_owned(),
            expect: "0".to_owned(),
            terms: asked("terms").then_some(Some("4".to_owned())),
            credit_limit: asked("credit_limit").then_some(CreditLimit::Amount(limit)),
            place_holds: Vec::from_iter(asked("place_holds").then_some(hold)),
            release_holds: Vec::from_iter(asked("release_holds").then(|| "pg-0".to_owned())),
            reason: "past due".to_owned(),
            actor: "c.desk".to_owned(),
            request_id: String::new(),
        };
        let context = Context::new(
            "op",
            now(),
            Duration::from_secs(30),
            CancellationToken::new(),
            self.http.clone(),
        );
        let accounts = self.connector.spec().accounts.unwrap();
        match accounts.patch(&context, &patch).await? {
            PatchOutcome::Applied(_) => Ok(None),
            PatchOutcome::Rejected(refused) => {
                assert!(refused.iter().all(|one| one.message == self.tryton.rules.words));
                Ok(Some(refused.into_iter().map(|one| one.field).collect()))
            }
            other => panic!("{other:?}"),
        }
    }

    fn written(&self) -> Vec<Vec<String>> {
        self.tryton.written.lock().unwrap().clone()
    }
}

const ALL: [&str; 3] = ["terms", "credit_limit", "place_holds"];

/// What is told by what, the rules, what is asked for, and what of it is named as refused.
type Case = (
    &'static str,
    Rules,
    &'static [&'static str],
    &'static [&'static str],
);

fn cases() -> Vec<Case> {
    let vague = "You are not allowed to do that.";
    vec![
        ("by its words", WORDS, &ALL, &["credit_limit"]),
        (
            "of the model of holds",
            Rules {
                refused: &["punchgate_holds"],
                words: "You are not allowed to access \"Punchgate Hold\".",
                ..WORDS
            },
            &ALL,
            &["place_holds"],
        ),
        (
            "by the right to a field",
            Rules {
                words: vague,
                readonly: Some("credit_limit_amount"),
                ..WORDS
            },
            &ALL,
            &["credit_limit"],
        ),
        (
            "by the right to holds",
            Rules {
                refused: &["punchgate_holds"],
                words: vague,
                no_right: Some("create"),
                ..WORDS
            },
            &ALL,
            &["place_holds"],
        ),
        (
            "nobody can tell",
            Rules {
                words: vague,
                ..WORDS
            },
            &ALL,
            &ALL,
        ),
        (
            "a Tryton that does not say what its fields are called",
            Rules {
                silent: Some(403),
                ..WORDS
            },
            &ALL,
            &ALL,
        ),
        (
            "one part alone is asked no further",
            Rules {
                silent: Some(503),
                ..WORDS
            },
            &["credit_limit"],
            &["credit_limit"],
        ),
    ]
}

#[tokio::test]
async fn what_is_not_refused_is_not_named_and_goes_through_the_next_time() {
    for (case, rules, asked, expected) in cases() {
        let desk = Desk::at(rules).await;
        let refused = desk.patch(asked).await.unwrap();
        assert_eq!(refused.unwrap_or_default(), expected, "{case}");
        assert!(
            desk.written().is_empty(),
            "{case}: a refused patch writes nothing"
        );
        let rest: Vec<&str> = asked
            .iter()
            .copied()
            .filter(|field| !expected.contains(field))
            .collect();
        if !rest.is_empty() {
            assert_eq!(desk.patch(&rest).await.unwrap(), None, "{case}");
            assert_eq!(desk.written().len(), 1, "{case}");
        }
    }
}

#[tokio::test]
async fn who_cannot_ask_now_gives_nothing_up() {
    let desk = Desk::at(Rules {
        silent: Some(503),
        ..WORDS
    })
    .await;
    let error = desk.patch(&ALL).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Temporary, "{error}");
    assert!(error.surely_unchanged() && desk.written().is_empty());
}
