//! Refused order requests: kept whole, admitted whole, and seen by somebody even where the sender is nobody's.

use reqwest::Method;
use serde_json::{Value, json};

use super::punchgate;
use crate::support::{
    cxml::{CARD, Po, SECRET},
    supplier::{RELATIONSHIP, Supplier},
    world::{Table, World},
};

/// An order with two parts beside it, sent with a wrong secret; the request that was kept of it.
async fn refused_with_parts() -> (World, Value) {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let mut po = Po::new("4500001", "400.00");
    po.envelope.secret = "wrong".to_owned();
    let body = format!(
        "--edge\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <root@buyer.example>\r\n\r\n{}\r\n\
         --edge\r\nContent-Type: text/plain\r\nContent-ID: <drawing@buyer.example>\r\n\r\ndrawing 1\r\n\
         --edge\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n--edge--\r\n",
        po.xml()
    );
    let kind = "multipart/related; boundary=edge; type=\"text/xml\"; start=\"<root@buyer.example>\"";
    let answer = world.send_to("", kind, body.into_bytes()).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(world.count(Table::DocumentPart).await, 0);
    let page = world.get("/v1/quarantine").await;
    let item = page["items"][0].clone();
    assert_eq!(item["order_number"], "4500001", "{page}");
    (world, item)
}

#[tokio::test]
async fn an_admitted_order_has_its_attachments() {
    let (world, kept) = refused_with_parts().await;
    let path = format!("/v1/quarantine/{}/admit", kept["id"].as_str().unwrap());
    let body = json!({ "relationship": RELATIONSHIP });
    let admitted = world.post(&path, body.clone()).await;
    assert_eq!(admitted["disposition"], "accepted", "{admitted}");
    assert_eq!(world.count(Table::DocumentPart).await, 2);
    let again = world.post(&path, body).await;
    assert_eq!(
        (&again["order"], again["disposition"].as_str()),
        (&admitted["order"], Some("repeated"))
    );
    assert_eq!(world.get("/v1/quarantine").await["items"][0]["state"], "admitted");
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_admitted_order_is_nobody_elses() {
    let world = Supplier::with_buyer()
        .beside("borealis", "AN01000000909")
        .start()
        .await;
    let mut po = Po::new("4500001", "400.00");
    po.envelope.secret = "wrong".to_owned();
    world.send(&po.xml()).await;
    let kept = world.get("/v1/quarantine").await["items"][0]["id"].clone();
    let path = format!("/v1/quarantine/{}/admit", kept.as_str().unwrap());
    world.post(&path, json!({ "relationship": RELATIONSHIP })).await;
    let other = Some(json!({ "relationship": "borealis" }));
    let answer = world.api(Method::POST, &path, other).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (409, &json!("invalid-transition")),
        "{}",
        answer.body
    );
    assert_eq!(world.count(Table::Order).await, 1);
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_discarded_is_not_admitted() {
    let (world, kept) = refused_with_parts().await;
    let path = |word: &str| format!("/v1/quarantine/{}/{word}", kept["id"].as_str().unwrap());
    world.post(&path("discard"), Value::Null).await;
    let body = json!({ "relationship": RELATIONSHIP });
    let answer = world.api(Method::POST, &path("admit"), Some(body)).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (409, &json!("invalid-transition")),
        "{}",
        answer.body
    );
    assert_eq!(
        (
            world.count(Table::Order).await,
            world.count(Table::DocumentPart).await
        ),
        (0, 0)
    );
    world.finish().await;
}

/// A sender that belongs to no supplier: no key of the API shows its request, the command line does.
#[tokio::test]
async fn requests_of_nobody_are_read_and_discarded_on_the_command_line() {
    let world = Supplier::with_buyer().start().await;
    let mut po = Po::new("4500009", "400.00");
    po.card = true;
    po.envelope.from = "AN09999999999";
    po.envelope.to = "AN08888888888";
    po.envelope.sender = "AN09999999999";
    assert_eq!(world.send(&po.xml()).await.status, 401);
    assert_eq!(world.get("/v1/quarantine").await["items"], json!([]));
    let listed = punchgate(&world, &["quarantine", "list"]).await;
    let id = listed
        .out
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    assert!(
        listed.out.contains("authentication-failed"),
        "{}{}",
        listed.out,
        listed.err
    );
    let shown = punchgate(&world, &["quarantine", "show", &id]).await;
    assert!(
        shown.out.contains("4500009") && shown.err.contains("AN09999999999"),
        "{}",
        shown.err
    );
    for secret in [SECRET, CARD] {
        assert!(
            !shown.out.contains(secret) && !shown.err.contains(secret),
            "{secret}"
        );
    }
    let gone = punchgate(&world, &["quarantine", "discard", &id, "--by", "sam"]).await;
    assert_eq!(gone.code, 0, "{}", gone.err);
    let listed = punchgate(&world, &["quarantine", "list"]).await;
    assert_eq!((listed.code, listed.out.as_str()), (0, ""));
    let listed = punchgate(&world, &["quarantine", "list", "--state", "discarded"]).await;
    assert!(listed.out.contains(&id), "{}", listed.out);
    let twice = punchgate(&world, &["quarantine", "discard", &id, "--by", "sam"]).await;
    assert_eq!(twice.code, 1);
    world.finish().await;
}

/// The relationship of a sender that nobody knew is made: what it sent before becomes its order, once.
#[tokio::test]
async fn a_request_of_nobody_is_admitted_once_its_relationship_exists() {
    let supplier = Supplier::with_buyer().credit("1000.00");
    let world = supplier.clone().start().await;
    let mut po = Po::new("4500009", "400.00");
    po.envelope.from = "AN01000000909";
    po.envelope.sender = "AN01000000909";
    po.envelope.to = "AN08888888888";
    assert_eq!(world.send(&po.xml()).await.status, 401);
    let listed = punchgate(&world, &["quarantine", "list", "--search", "4500009"]).await;
    let id = listed
        .out
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    let none = punchgate(&world, &["quarantine", "list", "--search", "4500010"]).await;
    assert_eq!(
        (none.out.as_str(), none.err.trim()),
        ("", "No refused request stands so.")
    );
    let admit = |taker: &'static str| {
        let (world, id) = (&world, id.clone());
        async move { punchgate(world, &["quarantine", "admit", &id, "--as", taker, "--by", "sam"]).await }
    };
    for (taker, said) in [
        ("borealis", "write SUPPLIER.RELATIONSHIP"),
        (
            "ironkey.borealis",
            "there is no supplier 'ironkey': expected one of ironquay",
        ),
        (
            "ironquay.borealis",
            "there is no relationship 'ironquay.borealis'",
        ),
    ] {
        let refused = admit(taker).await;
        assert!(
            refused.code == 1 && refused.err.contains(said),
            "{taker}: {}",
            refused.err
        );
    }
    let supplier = supplier.beside("borealis", "AN01000000909");
    world.apply(&supplier.declared(&world.erp, &world.shop)).await;
    let admitted = admit("ironquay.borealis").await;
    assert!(
        admitted.code == 0 && admitted.out.contains("accepted"),
        "{}{}",
        admitted.out,
        admitted.err
    );
    let again = admit("ironquay.borealis").await;
    assert!(
        again.code == 0 && again.out.contains("repeated"),
        "{}{}",
        again.out,
        again.err
    );
    let elsewhere = admit("ironquay.acme").await;
    assert!(
        elsewhere.code == 1
            && elsewhere
                .err
                .contains("cli:sam admitted the request as ironquay.borealis"),
        "{}",
        elsewhere.err
    );
    let order = world.order("4500009").await;
    assert_eq!(order.relationship_id, "borealis");
    assert_eq!(world.count(Table::Order).await, 1);
    // The command's clock is the machine's: what it leaves to do is in the future here.
    world.finish_with(&["compare-prices"]).await;
}

#[tokio::test]
async fn a_refused_request_is_found_by_its_numbers() {
    let (world, kept) = refused_with_parts().await;
    let id = kept["id"].as_str().unwrap();
    for (search, found) in [
        ("search=4500001", 1),
        ("search=po.4500001.1%40buyer.example", 1),
        (&*format!("search={id}"), 1),
        ("search=4500002", 0),
        ("search=4500001&state=waiting", 1),
        ("search=4500001&state=discarded", 0),
    ] {
        let page = world.get(&format!("/v1/quarantine?{search}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{search}: {page}");
    }
    let answer = world.api(Method::GET, "/v1/quarantine?state=lost", None).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    world.finish().await;
}

/// Of a document that nobody could read, its shape still says which order it was.
#[tokio::test]
async fn a_malformed_order_is_found_by_its_number() {
    let world = Supplier::with_buyer().start().await;
    let whole = Po::new("4500077", "400.00").xml();
    let broken = whole.replace("</OrderRequestHeader>", "</OrderRequestHeade>");
    assert_ne!(whole, broken);
    assert_eq!(world.send(&broken).await.status, 406);
    for search in ["4500077", "po.4500077.1%40buyer.example"] {
        let listed = punchgate(
            &world,
            &["quarantine", "list", "--search", &search.replace("%40", "@")],
        )
        .await;
        assert!(
            listed.out.contains("4500077"),
            "{search}: {}{}",
            listed.out,
            listed.err
        );
    }
    world.finish().await;
}
