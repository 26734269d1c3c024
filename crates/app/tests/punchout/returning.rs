//! Cases: carts on their way back to the suite.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use punchgate_app::punchout::{Answer, ClosingReason, PostBack, QuestionKind};
use punchgate_connector::carts::CartState;
use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::decode::setup::{BuyerCookie, SetupRequest};

use super::{
    fake_shop::line,
    world::{RETURN, World, create},
};

/// The XML that a browser would post.
pub(super) fn xml(post: &PostBack) -> String {
    match post.field.name {
        "cXML-base64" => String::from_utf8(STANDARD.decode(&post.field.value).unwrap()).unwrap(),
        _ => post.field.value.clone(),
    }
}

#[tokio::test]
async fn a_cart_goes_back_once_and_the_same_again() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world.shop.shop(&session, |lines| {
            lines.push(line("P-1", Some("k1"), "2", "EA", "12.40"));
            lines.push(line("P-2", None, "1.50", "MTR", "3.3333"));
        });
        let post = world.posted(&link).await;
        assert_eq!(post.action, RETURN);
        assert!(post.with_cart);
        assert_eq!(
            post.form_sources,
            ["https://suite.example", "http://login.example:*"]
        );
        let message = xml(&post);
        assert!(
            message.contains("<BuyerCookie> cookie &lt;1&gt; &amp; &#233; </BuyerCookie>"),
            "{message}"
        );
        assert!(message.contains(r#"operationAllowed="edit""#));
        assert!(message.contains("<SupplierPartAuxiliaryID>k1</SupplierPartAuxiliaryID>"));
        let own_key = format!("<SupplierPartAuxiliaryID>{session}-1</SupplierPartAuxiliaryID>");
        assert!(
            message.contains(&own_key),
            "a line without a key gets one: {message}"
        );
        assert!(message.contains(r#"deploymentMode="production""#));
        assert!(!message.contains("SharedSecret"));
        assert_eq!(world.shop.held(&session).state, CartState::Returned);

        let row = world.session(&session).await;
        assert_eq!(row.state, "returned");
        assert_eq!(
            world
                .document_text(row.message_document_id.as_deref().unwrap())
                .await,
            message
        );
        let returned = world.snapshots("returned", &session).await;
        assert_eq!(returned[0].cart_snapshot_id, row.cart_snapshot_id.unwrap());
        assert_eq!(returned[0].total_minor, 2980, "2 × 12.40 + 1.5 × 3.3333");

        // Reload, back button, cancel afterwards: the very same again.
        assert_eq!(world.posted(&link).await, post);
        assert_eq!(
            world.punchout.cancel(&link).await.unwrap(),
            Answer::Post(Box::new(post))
        );
        assert_eq!(world.documents(&session).await.len(), 3);
        let refusal = world.punchout.resume(&link).await.unwrap_err();
        assert_eq!(refusal.problem, Problem::SessionClosed);
    }
}

#[tokio::test]
async fn of_twenty_returns_at_once_one_is_sent() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        let attempts = (0..20).map(|_| {
            let (punchout, link) = (world.punchout.clone(), link.clone());
            tokio::spawn(async move { punchout.give_back(&link, "").await })
        });
        let answers: Vec<Answer> = futures_util::future::join_all(attempts)
            .await
            .into_iter()
            .map(|answer| answer.unwrap().unwrap())
            .collect();
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        assert_eq!(world.snapshots("returned", &session).await.len(), 1);
    }
}

#[tokio::test]
async fn the_dialect_says_in_which_field() {
    for world in World::all().await {
        for (relationship, field) in [("globex", "cXML-base64"), ("initech", "cXML-urlencoded")] {
            let request = SetupRequest {
                buyer_cookie: BuyerCookie::Markup("<a b='1'>x</a> ".to_owned()),
                ..create()
            };
            let (session, link) = world.enter(relationship, request).await;
            world
                .shop
                .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
            let post = world.posted(&link).await;
            assert_eq!(post.field.name, field);
            assert!(xml(&post).contains("<BuyerCookie><a b='1'>x</a> </BuyerCookie>"));
        }
    }
}

#[tokio::test]
async fn a_hold_warns_or_blocks() {
    for world in World::all().await {
        world.add_customer(Some("Please call our credit desk.")).await;
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        let Answer::Ask(question) = world.punchout.give_back(&link, "").await.unwrap() else {
            panic!()
        };
        assert_eq!(question.kind, QuestionKind::Warned);
        assert_eq!(question.credit.as_deref(), Some("Please call our credit desk."));
        assert_eq!(
            world.shop.held(&session).state,
            CartState::Open,
            "the cart can still be changed"
        );
        assert!(matches!(
            world.punchout.give_back(&link, "anything").await.unwrap(),
            Answer::Ask(_)
        ));

        world
            .apply_with(
                "session_minutes = 60",
                "session_minutes = 60\npolicies = { cart_blocking = \"block\" }",
            )
            .await;
        let refusal = world
            .punchout
            .give_back(&link, &question.accept)
            .await
            .unwrap_err();
        assert_eq!(refusal.problem, Problem::CartBlocked);
        assert_eq!(refusal.text.as_deref(), Some("Please call our credit desk."));
        assert!(refusal.can_resume);
        assert_eq!(world.shop.held(&session).state, CartState::Open);
        world.punchout.resume(&link).await.unwrap();
        assert_eq!(world.shop.held(&session).logins, 2);

        world
            .apply_with("session_minutes = 60", "session_minutes = 61")
            .await;
        let Answer::Post(post) = world.punchout.give_back(&link, &question.accept).await.unwrap() else {
            panic!()
        };
        assert!(post.with_cart);
        let row = world.session(&session).await;
        let documents = world.documents(&session).await;
        let message = documents
            .iter()
            .find(|it| Some(&it.document_id) == row.message_document_id.as_ref())
            .unwrap();
        let findings = message.findings.as_deref().unwrap();
        assert!(findings.contains("on-hold"), "{findings}");
        assert!(!findings.contains("internal words"));
    }
}

#[tokio::test]
async fn lines_that_do_not_fit_are_told_before_they_are_lost() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world.shop.shop(&session, |lines| {
            lines.push(line("P{1}", None, "1", "EA", "1"));
        });
        let refusal = world.punchout.give_back(&link, "").await.unwrap_err();
        assert_eq!(refusal.problem, Problem::CartBlocked, "nothing would be left");
        assert!(refusal.text.unwrap().contains("P{1}"));
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-2", None, "1", "EA", "1")));
        let Answer::Ask(question) = world.punchout.give_back(&link, "").await.unwrap() else {
            panic!()
        };
        assert_eq!(question.stopped.len(), 1);
        assert!(
            question.stopped[0].contains("Description of P{1}"),
            "{:?}",
            question.stopped
        );
        // Consent to this question is none to another.
        world
            .shop
            .shop(&session, |lines| lines.push(line("P{3}", None, "1", "EA", "1")));
        let Answer::Ask(next) = world.punchout.give_back(&link, &question.accept).await.unwrap() else {
            panic!()
        };
        let Answer::Post(post) = world.punchout.give_back(&link, &next.accept).await.unwrap() else {
            panic!()
        };
        let message = xml(&post);
        assert!(message.contains("P-2") && !message.contains("P{"));
    }
}

#[tokio::test]
async fn an_empty_new_cart_adds_nothing() {
    for world in World::all().await {
        let (_, link) = world.enter("globex", create()).await;
        let message = xml(&world.posted(&link).await);
        assert!(!message.contains("<ItemIn"), "{message}");
    }
}

#[tokio::test]
async fn leaving_changes_nothing() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        let Answer::Post(post) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        assert!(!post.with_cart);
        let message = xml(&post);
        assert!(
            message.contains(r#"<Status code="204""#) && !message.contains("<ItemIn"),
            "{message}"
        );
        assert_eq!(world.session(&session).await.state, "cancelled");
        assert_eq!(world.shop.held(&session).state, CartState::Cancelled);
        assert_eq!(world.posted(&link).await, *post, "nothing goes back after that");

        let (session, link) = world.enter("initech", create()).await;
        let Answer::Closed(closing) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        assert_eq!(closing.reason, ClosingReason::NothingToPost);
        assert_eq!(world.session(&session).await.state, "cancelled");
        let again = world.punchout.give_back(&link, "").await.unwrap();
        assert_eq!(again, Answer::Closed(closing));
    }
}

#[tokio::test]
async fn without_a_return_address_the_cart_stays() {
    for world in World::all().await {
        let request = SetupRequest {
            browser_form_post: None,
            ..create()
        };
        let (session, link) = world.enter("globex", request).await;
        let Answer::Closed(closing) = world.punchout.give_back(&link, "").await.unwrap() else {
            panic!()
        };
        assert_eq!(closing.reason, ClosingReason::NoReturnAddress);
        assert_eq!(world.session(&session).await.state, "shopping");
    }
}

#[tokio::test]
async fn a_return_host_that_is_withdrawn_gets_nothing() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        world
            .apply_with(
                r#"return_hosts = ["suite.example", "*.suite.example"]"#,
                r#"return_hosts = ["other.example"]"#,
            )
            .await;
        let refusal = world.punchout.give_back(&link, "").await.unwrap_err();
        assert_eq!(refusal.problem, Problem::ReturnHostNotAllowed);
        assert_eq!(
            world.session(&session).await.state,
            "shopping",
            "nothing was closed"
        );
        assert_eq!(world.shop.held(&session).state, CartState::Open);
    }
}

#[tokio::test]
async fn a_shop_that_is_away_keeps_cart_and_session() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        world.shop.set_down(true);
        let refusal = world.punchout.give_back(&link, "").await.unwrap_err();
        assert_eq!(refusal.problem, Problem::UpstreamUnavailable);
        world.shop.set_down(false);
        assert!(world.posted(&link).await.with_cart);
    }
}

#[tokio::test]
async fn addresses_that_lead_nowhere() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        for wrong in [link.as_str(), "", "x", "acme.y"] {
            let refusal = world.punchout.give_back(wrong, "").await.unwrap_err();
            assert_eq!(refusal.problem, Problem::StartLinkUnknown, "{wrong}");
            assert_eq!(
                world.punchout.cancel(wrong).await.unwrap_err().problem,
                Problem::StartLinkUnknown
            );
        }
    }
}
