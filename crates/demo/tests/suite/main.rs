//! The suite against a stub gateway that it reaches over HTTP: what it sends, what it takes, what it refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stub;

use http::StatusCode;
use punchgate_protocols::cxml::{Body, Proof, decode::setup::SetupOperation};
use serde_json::Value;
use stub::{CONFIRMATION, Call, Stub, World, cart_form, order_message};

#[tokio::test]
async fn a_cart_fills_the_requisition_and_its_cookie_is_compared() {
    for buyer in ["acme", "borealis", "cobalt"] {
        let world = World::start(Stub::default()).await;
        let (requisition, back) = world.punch_out(buyer, "tab").await;
        let call = world.last_call();
        let Body::PunchOutSetupRequest(setup) = &call.body else {
            panic!("{call:?}")
        };
        assert_eq!(setup.operation, SetupOperation::Create);
        let cookie = setup.buyer_cookie.as_str().to_owned();
        let (status, _) = world
            .post(
                &back,
                &cart_form(&order_message(&cookie, "2"), buyer == "borealis"),
            )
            .await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let it = world.requisition(buyer, requisition).await;
        assert_eq!(it["lines"][0]["part_id"], "P-1", "{it}");
        assert_eq!(it["total"], "25.00 USD");
        assert_eq!(it["sessions"][0]["deviations"], Value::Array(vec![]), "{it}");
        assert_eq!(it["can_submit"], true);
    }
}

#[tokio::test]
async fn every_request_carries_the_buyers_credentials_and_one_secret() {
    for (buyer, path, from, sender) in [
        ("acme", "/cxml", 3, "AribaNetworkUserId"),
        ("borealis", "/cxml", 1, "DUNS"),
        ("cobalt", "/cxml/ironquay.cobalt", 1, "PrivateID"),
    ] {
        let world = World::start(Stub::default()).await;
        world.punch_out(buyer, "tab").await;
        let Call {
            path: seen,
            envelope,
            findings,
            ..
        } = world.last_call();
        assert_eq!((seen.as_str(), envelope.from.len()), (path, from));
        assert_eq!(envelope.sender[0].domain, sender);
        assert!(matches!(envelope.sender[0].proof, Proof::SharedSecret(_)));
        assert!(
            envelope
                .from
                .iter()
                .chain(&envelope.to)
                .all(|it| matches!(it.proof, Proof::None))
        );
        assert!(findings.is_empty(), "{findings:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_cart_is_shown_and_nothing_is_taken() {
    let secret = punchgate_demo::suite::buyer::BUYERS[0].secret;
    let with_secret = |cookie: &str| {
        order_message(cookie, "2").replacen(
            "</Identity></Credential><UserAgent>",
            &format!("</Identity><SharedSecret>{secret}</SharedSecret></Credential><UserAgent>"),
            1,
        )
    };
    for (name, document, expected, taken) in [
        ("another cookie", order_message("other", "2"), "not byte for byte", false),
        ("no cart", "<cXML payloadID='1' timestamp='2026-01-01T00:00:00Z'><Response><Status code='200' text='OK'/></Response></cXML>".to_owned(), "expected a PunchOutOrderMessage", false),
        ("cut off", "<cXML><Message>".to_owned(), "cannot be read", false),
        ("secret", with_secret("@"), "a secret travels through the shopper", true),
        ("wrong total", order_message("@", "2").replace(">25.00<", ">26.00<"), "the lines sum up to", true),
    ] {
        let world = World::start(Stub::default()).await;
        let (requisition, back) = world.punch_out("acme", "tab").await;
        let cookie = world.cookie();
        world.post(&back, &cart_form(&document.replace('@', &cookie), false)).await;
        let it = world.requisition("acme", requisition).await;
        let deviations = it["sessions"][0]["deviations"].to_string();
        assert!(deviations.contains(expected), "{name}: {deviations}");
        assert_eq!(!it["lines"].as_array().unwrap().is_empty(), taken, "{name}");
        let page = world.page(&format!("/buyers/acme/requisitions/{requisition}")).await;
        assert!(page.contains("Deviation") || page.contains("Note"), "{name}");
    }
}

#[tokio::test]
async fn a_cart_is_taken_once_and_only_by_its_session() {
    let world = World::start(Stub::default()).await;
    let (requisition, back) = world.punch_out("acme", "tab").await;
    let cookie = world.cookie();
    let stranger = format!("{}0", back.trim_end_matches(char::is_alphanumeric));
    let (status, _) = world
        .post(&stranger, &cart_form(&order_message(&cookie, "2"), true))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    world
        .post(&back, &cart_form(&order_message(&cookie, "2"), true))
        .await;
    world
        .post(&back, &cart_form(&order_message(&cookie, "9"), true))
        .await;
    let it = world.requisition("acme", requisition).await;
    assert_eq!(it["lines"][0]["quantity"], "2");
    assert!(
        it["sessions"][0]["deviations"]
            .to_string()
            .contains("a second time")
    );
}

#[tokio::test]
async fn a_cancelled_edit_changes_nothing_and_an_emptied_one_deletes() {
    for (document, lines) in [
        (
            order_message("@", "2").replace(
                "<PunchOutOrderMessage>",
                "<Status code=\"204\" text=\"No Content\"/><PunchOutOrderMessage>",
            ),
            1,
        ),
        (stub::empty_message("@"), 0),
    ] {
        let world = World::start(Stub::default()).await;
        let requisition = world.filled("acme").await;
        let back = world.punch_again("acme", requisition, "edit").await;
        let call = world.last_call();
        let Body::PunchOutSetupRequest(setup) = &call.body else {
            panic!()
        };
        assert_eq!(setup.operation, SetupOperation::Edit);
        assert_eq!(setup.items[0].item.auxiliary_id.as_deref(), Some("aux-1"));
        world
            .post(&back, &cart_form(&document.replace('@', &world.cookie()), true))
            .await;
        let it = world.requisition("acme", requisition).await;
        assert_eq!(it["lines"].as_array().unwrap().len(), lines, "{it}");
    }
}

#[tokio::test]
async fn orders_new_again_changed_and_withdrawn() {
    let world = World::start(Stub::default()).await;
    let order = world.ordered("acme").await;
    let first = world.last_call();
    world
        .post(&format!("/buyers/acme/orders/{order}/resend"), "")
        .await;
    let again = world.last_call();
    assert_eq!(first.bytes, again.bytes, "the same bytes once more");
    world
        .post(&format!("/buyers/acme/orders/{order}/change"), "quantity-1=5")
        .await;
    let Body::OrderRequest(changed) = world.last_call().body else {
        panic!()
    };
    assert_eq!(changed.lines[0].quantity.text(), "5");
    assert_eq!(
        changed.replaces_payload_id.as_deref(),
        Some(first.envelope.payload_id.as_str())
    );
    world
        .post(&format!("/buyers/acme/orders/{order}/cancel"), "")
        .await;
    let Body::OrderRequest(withdrawn) = world.last_call().body else {
        panic!()
    };
    assert_eq!(
        withdrawn.operation,
        punchgate_domain::purchase_order::OrderOperation::Delete
    );
    let calls = world.calls();
    world
        .post(&format!("/buyers/acme/orders/{order}/change"), "quantity-1=6")
        .await;
    assert_eq!(world.calls(), calls, "nothing follows a withdrawal");
    let it = world.order("acme", order).await;
    assert_eq!(it["state"]["text"], "Withdrawn");
    assert_eq!(it["versions"][2]["sendings"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn confirmations_are_checked_booked_once_and_answered() {
    let world = World::start(Stub::default()).await;
    let order = world.ordered("acme").await;
    let payload_id = world.last_call().envelope.payload_id;
    let document = CONFIRMATION
        .replace("@ORDER", &format!("PO{order}"))
        .replace("@REFERENCE", &payload_id);
    for (name, document, status) in [
        ("wrong secret", document.replace("to-acme", "to-nobody"), 401),
        (
            "unknown order",
            document.replace(&format!("PO{order}"), "PO1"),
            400,
        ),
        ("no document", "hello".to_owned(), 406),
        ("right", document.clone(), 200),
        ("once more", document.clone(), 200),
    ] {
        let (_, answer) = world.post_xml("/buyers/acme/cxml", &document).await;
        assert!(answer.contains(&format!("code=\"{status}\"")), "{name}: {answer}");
    }
    let it = world.order("acme", order).await;
    assert_eq!(it["state"]["text"], "Confirmed");
    assert_eq!(it["confirmations"].as_array().unwrap().len(), 1);
    assert_eq!(it["confirmations"][0]["deviations"], Value::Array(vec![]), "{it}");
    assert_eq!(it["lines"][0]["confirmed"][0]["text"], "accepted");
}

#[tokio::test]
async fn refusals_and_silence_are_shown_as_they_are() {
    for (stub, expected) in [
        (Stub::status(401, "Who are you?"), "Who are you?"),
        (Stub::body("<html>oops</html>"), "no complete cXML"),
        (Stub::body(""), "no complete cXML"),
    ] {
        let world = World::start(stub).await;
        world.post("/buyers/acme/punchout", "view=tab").await;
        let all = world.json("/api/buyers/acme/requisitions").await;
        assert_eq!(all[0]["state"]["text"], "Punchout refused");
        let page = world
            .page(&format!("/buyers/acme/requisitions/{}", all[0]["number"]))
            .await;
        assert!(page.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn the_frame_is_shown_until_the_cart_is_back() {
    let world = World::start(Stub::default()).await;
    let (requisition, back) = world.punch_out("acme", "frame").await;
    let shop = format!("/buyers/acme/requisitions/{requisition}/shop");
    assert!(world.page(&shop).await.contains("<iframe"));
    let (status, body) = world
        .post(&back, &cart_form(&order_message(&world.cookie(), "2"), true))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains(&format!(
        "data-returned=\"/buyers/acme/requisitions/{requisition}\""
    )));
    assert_eq!(world.get(&shop).await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn pages_are_guarded_and_foreign_forms_refused() {
    let world = World::start(Stub::default()).await;
    for path in [
        "/buyers/acme",
        "/buyers/cobalt/orders",
        "/nowhere",
        "/buyers/nobody",
        "/api/wire",
    ] {
        let headers = world.headers(path).await;
        let policy = headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert!(!headers.contains_key("set-cookie"));
    }
    for path in [
        "/buyers/acme/punchout",
        "/buyers/acme/profile",
        "/buyers/acme/orders/1/cancel",
    ] {
        assert_eq!(
            world.post_from_elsewhere(path).await,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert!(!world.page("/buyers/acme").await.contains("<script>"));
}

#[tokio::test]
async fn the_drawer_shows_documents_without_secrets() {
    let world = World::start(Stub::default()).await;
    world.ordered("acme").await;
    let wire = world.json("/api/wire").await;
    let text = wire.to_string();
    assert!(
        text.contains("OrderRequest") && text.contains("<SharedSecret>********</SharedSecret>"),
        "{text}"
    );
    assert!(!text.contains(punchgate_demo::suite::buyer::BUYERS[0].secret));
    let next = wire["next"].as_u64().unwrap();
    let later = world.json(&format!("/api/wire?since={next}")).await;
    assert!(later["exchanges"].as_array().unwrap().is_empty());
    assert!(
        !world
            .page("/buyers/acme/documents")
            .await
            .contains(punchgate_demo::suite::buyer::BUYERS[0].secret)
    );
}
