//! The published text says what is sent, and its few lines of Python believe it.

use std::{collections::BTreeMap, collections::BTreeSet, process::Stdio};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use punchgate_domain::event::EventKind;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};
use wiremock::ResponseTemplate;

use super::{everything_happens, world};
use crate::support::receiver::{HOOK_SECRET, HOOK_SECRET_BEFORE, Told};

const TEXT: &str = include_str!("../../../docs/protocols/webhooks.md");

/// What stands in the text between fences of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    TEXT.split(opening.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_event_is_described_as_it_is_sent() {
    let examples: Vec<Value> = blocks("json")
        .into_iter()
        .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}")))
        .collect();
    let by_kind: BTreeMap<&str, &Value> = examples
        .iter()
        .map(|example| (example["type"].as_str().unwrap(), example))
        .collect();
    let known: BTreeSet<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(by_kind.keys().copied().collect::<BTreeSet<_>>(), known);

    let (world, hooks, partner) = world().await;
    everything_happens(&world, &partner).await;
    let told = hooks.told().await;
    let kinds: BTreeSet<&str> = told.iter().map(Told::kind).collect();
    let unseen: Vec<&&str> = known.difference(&kinds).collect();
    assert_eq!(unseen, [&"order.rejected"], "all others were seen");
    for one in &told {
        let example = by_kind[one.kind()];
        assert_eq!(keys(&one.body), keys(example), "{}", one.body);
        assert_eq!(keys(&one.body["data"]), keys(&example["data"]), "{}", one.body);
    }
    assert_eq!(
        keys(&by_kind["order.rejected"]["data"]),
        keys(&by_kind["order.held"]["data"])
    );
    world.finish_with(&["deliver-confirmation"]).await;
}

/// Asks the Python of the text.
async fn believes(headers: &Value, body: &[u8], secrets: &[&str], now: i64) -> bool {
    let program = format!(
        "{}\nimport json, sys\nasked = json.load(sys.stdin)\nprint(verify(asked['headers'], \
         base64.b64decode(asked['body']), asked['secrets'], asked['now']))\n",
        blocks("python")[0]
    );
    let mut child = Command::new("python3")
        .args(["-B", "-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let asked =
        json!({ "headers": headers, "body": BASE64_STANDARD.encode(body), "secrets": secrets, "now": now });
    let mut input = child.stdin.take().unwrap();
    input.write_all(asked.to_string().as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    match String::from_utf8(output.stdout).unwrap().trim() {
        "True" => true,
        "False" => false,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_python_of_the_text_verifies() {
    let (world, hooks, _) = world().await;
    hooks.answers(ResponseTemplate::new(204)).await;
    world
        .send(&crate::support::cxml::Po::new("4500001", "400.00").xml())
        .await;
    world.settle().await;
    let one = hooks.told().await.remove(0);
    let headers = json!({
        "webhook-id": one.id,
        "webhook-timestamp": one.timestamp.to_string(),
        "webhook-signature": one.signatures.join(" "),
    });
    let now = one.timestamp + 10;
    let mut changed = one.raw.clone();
    changed.push(b' ');
    let cases = [
        (one.raw.as_slice(), &[HOOK_SECRET][..], now, true),
        (&one.raw, &[HOOK_SECRET_BEFORE, HOOK_SECRET], now, true),
        (&one.raw, &[HOOK_SECRET_BEFORE], now, false),
        (&changed, &[HOOK_SECRET], now, false),
        (&one.raw, &[HOOK_SECRET], now + 600, false),
    ];
    for (body, secrets, now, expected) in cases {
        assert_eq!(
            believes(&headers, body, secrets, now).await,
            expected,
            "{secrets:?} {now}"
        );
    }
    world.finish().await;
}
