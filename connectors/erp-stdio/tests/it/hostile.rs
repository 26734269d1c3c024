//! Programs that break off, talk nonsense or say nothing: a change is then unknown, a read is not believed, and the next
//! question goes to a new program. Times are parameters; no test sleeps.

use std::{path::Path, time::Duration};

use punchgate_connector::{ErrorKind, accounts::AccountPatch, child::ChildError};
use serde_json::{Value, json};

use crate::support::Met;

const HELLO: &str = r#"{"id":"hello","result":{"protocol":"punchgate-erp","versions":[1],"name":"Script","time":"2026-03-01T09:30:00Z",
    "operations":["accounts","account","patch_account"]}}"#;

/// A script of the shell that introduces itself and reads a question; then it does this.
fn script(then: &str) -> Value {
    let hello = HELLO.replace('\n', " ");
    json!({
        "command": "/bin/sh", "read_timeout_seconds": 120, "change_timeout_seconds": 300, "max_line_kib": 1,
        "args": ["-c", format!("read hello; echo '{hello}'; read line; {then}")]
    })
}

fn patch() -> AccountPatch {
    AccountPatch {
        external_id: "C-1001".to_owned(),
        expect: "7".to_owned(),
        terms: Some(None),
        credit_limit: None,
        place_holds: Vec::new(),
        release_holds: Vec::new(),
        reason: "a test".to_owned(),
        actor: "a test".to_owned(),
        request_id: String::new(),
    }
}

/// What a read and a change come to.
async fn outcome(settings: &Value, patience: Duration) -> (ErrorKind, ErrorKind, String) {
    let met = Met::with(settings).await.unwrap();
    let accounts = met.connector.spec().accounts.unwrap();
    let read = accounts
        .pull(&met.patient("read".to_owned(), patience), None, 10)
        .await;
    let change = accounts
        .patch(&met.patient("change".to_owned(), patience), &patch())
        .await;
    let change = change.unwrap_err();
    (read.unwrap_err().kind, change.kind, change.to_string())
}

#[tokio::test]
async fn what_is_not_the_answer_is_not_believed() {
    let cases = [
        // It dies in the middle.
        ("exit 1", ErrorKind::Temporary),
        ("printf '{\"id\":\"'; exit 1", ErrorKind::Temporary),
        // A line without end.
        (
            "while :; do printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
            ErrorKind::Schema,
        ),
        // Garbage, and a message for people.
        ("printf '\\377\\376\\n'; read never", ErrorKind::Schema),
        (
            "echo connecting; echo '{\"id\":\"read-1\",\"result\":{}}'",
            ErrorKind::Schema,
        ),
        // Another's answer.
        (
            "echo '{\"id\":\"another\",\"result\":{\"items\":[]}}'; read never",
            ErrorKind::Schema,
        ),
        ("echo '[]'; read never", ErrorKind::Schema),
    ];
    for (then, read) in cases {
        let (found, change, told) = outcome(&script(then), Duration::from_mins(2)).await;
        assert_eq!((found, change), (read, ErrorKind::Unknown), "{then}: {told}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let (read, change, told) = outcome(&script("read never"), Duration::from_millis(500)).await;
    assert_eq!(
        (read, change),
        (ErrorKind::Temporary, ErrorKind::Unknown),
        "{told}"
    );
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_ends_nobody() {
    // In step, but not what was agreed; the same program is asked again.
    let answer = "set -- ${line#*:}; id=${line#*:\\\"}; id=${id%%\\\"*}; echo \"{\\\"id\\\":\\\"$id\\\",\\\"result\\\":{\\\"process\\\":$$}}\"; read line";
    let (read, change, told) = outcome(
        &script(&format!("while :; do {answer}; done")),
        Duration::from_mins(2),
    )
    .await;
    assert_eq!((read, change), (ErrorKind::Schema, ErrorKind::Unknown), "{told}");
    assert!(told.contains("not as agreed"), "{told}");
}

#[tokio::test]
async fn a_problem_has_its_kind() {
    let answer = "id=${line#*:\\\"}; id=${id%%\\\"*}; echo \"{\\\"id\\\":\\\"$id\\\",\\\"error\\\":{\\\"kind\\\":\\\"forbidden\\\",\\\"detail\\\":\\\"no right to do so\\\"}}\"; read line";
    let (read, change, told) = outcome(
        &script(&format!("while :; do {answer}; done")),
        Duration::from_mins(2),
    )
    .await;
    assert_eq!(
        (read, change),
        (ErrorKind::Forbidden, ErrorKind::Forbidden),
        "{told}"
    );
    assert!(told.contains("no right to do so"), "{told}");
}

#[tokio::test]
async fn a_greeting_that_does_not_do_is_refused() {
    let cases = [
        (
            "\"versions\":[1]",
            "\"versions\":[2,3]",
            "does not speak version 1, only [2, 3]",
        ),
        ("punchgate-erp", "punchgate-storefront", "not punchgate-erp"),
        ("\"id\":\"hello\"", "\"id\":\"1\"", "asked was 'hello'"),
        ("\"operations\"", "\"verbs\"", "operations"),
        ("{\"id\"", "Welcome! {\"id\"", "no answer"),
    ];
    for (text, by, expected) in cases {
        let mut settings = script("read never");
        let args = settings["args"].to_string();
        assert_eq!(args.matches(&text.replace('"', "\\\"")).count(), 1, "{text}");
        let script = settings["args"][1].as_str().unwrap().replace(text, by);
        settings["args"][1] = json!(script);
        let Err(error) = Met::with(&settings).await else {
            panic!("{by}: it was taken");
        };
        assert!(matches!(error, ChildError::Refused { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let refuses = r#"echo '{"id":"hello","error":{"kind":"auth","detail":"the password is wrong"}}'"#;
    let settings =
        json!({"command": "/bin/sh", "args": ["-c", format!("read hello; {refuses}; read never")]});
    let told = Met::with(&settings).await.err().unwrap().to_string();
    assert!(told.contains("the password is wrong"), "{told}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_when_it_is_configured() {
    assert!(!Path::new("/nowhere").exists());
    let settings = json!({"command": "/nowhere/erp"});
    let secrets = punchgate_connector::Secrets::none();
    let unmet = punchgate_erp_stdio::from_config("erp", &settings, &secrets).unwrap();
    assert!(
        unmet.spec().names().is_empty(),
        "who has said nothing can do nothing"
    );
    assert!(unmet.program().unwrap().check().is_err());
}
