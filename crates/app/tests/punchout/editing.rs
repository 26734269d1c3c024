//! Cases: carts that come back to be changed or looked at.

use punchgate_app::punchout::{Answer, QuestionKind};
use punchgate_connector::sessions::SessionMode;
use punchgate_domain::{catalogue::Problem, quantity::Unit};
use punchgate_protocols::cxml::decode::setup::SetupOperation;

use super::{
    fake_shop::line,
    returning::xml,
    world::{NONCE, World, create, with_items},
};

const EDIT: SetupOperation = SetupOperation::Edit;

/// A cart with two lines that went back.
async fn returned(world: &World, relationship: &str) {
    let (session, link) = world.enter(relationship, create()).await;
    world.shop.shop(&session, |lines| {
        lines.push(line("P-1", Some("k1"), "2", "EA", "12.40"));
        lines.push(line("P-2", Some("k2"), "1", "EA", "5.00"));
    });
    world.posted(&link).await;
}

#[tokio::test]
async fn an_edit_begins_with_the_lines_and_keeps_their_keys() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let items = [("P-1", "k1", "3"), ("P-2", "k2", "1")];
        let (session, link) = world.enter("globex", with_items(EDIT, &items)).await;
        let held = world.shop.held(&session);
        assert_eq!(held.request.mode, SessionMode::Edit);
        let begun: Vec<_> = held
            .lines
            .iter()
            .map(|it| (it.part_id.as_str(), it.quantity.text()))
            .collect();
        assert_eq!(begun, [("P-1", "3"), ("P-2", "1")]);
        world.shop.shop(&session, |lines| {
            // This shop has forgotten the keys; a line was added.
            lines.iter_mut().for_each(|line| line.auxiliary_id = None);
            lines.push(line("P-3", None, "1", "EA", "1.00"));
        });
        let message = xml(&world.posted(&link).await);
        for key in ["k1", "k2", &format!("{session}-1")] {
            assert!(
                message.contains(&format!(">{key}</SupplierPartAuxiliaryID>")),
                "{key}: {message}"
            );
        }
        assert!(message.contains("<BuyerCookie>second cookie</BuyerCookie>"));
        // What was edited can be edited again.
        world
            .enter(
                "globex",
                with_items(EDIT, &[("P-3", &format!("{session}-1"), "1")]),
            )
            .await;
    }
}

#[tokio::test]
async fn a_cancelled_edit_returns_the_lines_as_they_came() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let items = [("P-1", "k1", "7"), ("P-2", "k2", "1")];
        let (session, link) = world.enter("globex", with_items(EDIT, &items)).await;
        world.shop.shop(&session, |lines| lines.clear());
        let Answer::Post(post) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        let message = xml(&post);
        assert!(
            message.contains(r#"<ItemIn quantity="7">"#) && message.contains(r#"<ItemIn quantity="1">"#),
            "{message}"
        );
        assert!(message.contains("12.40") && message.contains(">k1<") && message.contains(">k2<"));
        assert!(!post.with_cart);
        assert_eq!(world.session(&session).await.state, "cancelled");
        assert!(world.snapshots("returned", &session).await.is_empty());
    }
}

#[tokio::test]
async fn what_a_cancelled_edit_sends_is_the_dialects() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let request = || with_items(EDIT, &[("P-1", "k1", "2")]);
        let from = "start_link_seconds = 300";
        world
            .apply_with(
                from,
                "start_link_seconds = 300\ndialect_overlay = { edit_cancel = \"204\" }",
            )
            .await;
        let (_, link) = world.enter("globex", request()).await;
        let Answer::Post(post) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        assert!(xml(&post).contains(r#"code="204""#) && !xml(&post).contains("<ItemIn"));
        world
            .apply_with(
                from,
                "start_link_seconds = 300\ndialect_overlay = { edit_cancel = \"no-post\" }",
            )
            .await;
        let (_, link) = world.enter("globex", request()).await;
        assert!(matches!(
            world.punchout.cancel(&link).await.unwrap(),
            Answer::Closed(_)
        ));
    }
}

#[tokio::test]
async fn an_original_that_is_not_known_whole_is_not_sent() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let items = [("P-1", "k1", "2"), ("P-9", "stale", "1")];
        let (session, link) = world.enter("globex", with_items(EDIT, &items)).await;
        assert_eq!(
            world.shop.held(&session).lines.len(),
            2,
            "the shop is asked for all of it"
        );
        let Answer::Post(post) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        assert!(
            xml(&post).contains(r#"code="204""#),
            "half of a cart would delete the other half"
        );
    }
}

#[tokio::test]
async fn an_edit_is_emptied_only_on_purpose() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let (session, link) = world
            .enter("globex", with_items(EDIT, &[("P-1", "k1", "2")]))
            .await;
        world.shop.shop(&session, |lines| lines.clear());
        let Answer::Ask(question) = world.punchout.give_back(&link, "").await.unwrap() else {
            panic!()
        };
        assert_eq!(question.kind, QuestionKind::Emptied);
        assert!(question.is_edit);
        let Answer::Post(post) = world.punchout.give_back(&link, &question.accept).await.unwrap() else {
            panic!()
        };
        let message = xml(&post);
        assert!(
            !message.contains("<ItemIn") && !message.contains("<Status"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn inspect_returns_no_lines() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let request = with_items(SetupOperation::Inspect, &[("P-1", "k1", "2")]);
        let (session, link) = world.enter("globex", request).await;
        assert_eq!(world.shop.held(&session).request.mode, SessionMode::Inspect);
        let post = world.posted(&link).await;
        assert!(!post.with_cart);
        assert!(xml(&post).contains(r#"code="204""#) && !xml(&post).contains("<ItemIn"));
    }
}

#[tokio::test]
async fn a_cart_belongs_to_its_relationship() {
    for world in World::all().await {
        returned(&world, "globex").await;
        let refused = world
            .try_open("initech", with_items(EDIT, &[("P-1", "k1", "2")]))
            .await
            .unwrap_err();
        assert_eq!(refused.problem, Problem::EditWithoutSession);
    }
}

#[tokio::test]
async fn units_find_their_way_back() {
    for world in World::all().await {
        let units = "start_link_seconds = 300\n\
                     dialect_overlay = { units = { codes = { BX = { code = \"EA\", factor = \"10\" }, PCE = \"EA\" } } }";
        world.apply_with("start_link_seconds = 300", units).await;
        let (session, link) = world.enter("globex", create()).await;
        world.shop.shop(&session, |lines| {
            lines.push(line("P-1", Some("k1"), "2", "BX", "50.00"));
            lines.push(line("P-2", Some("k2"), "4", "PCE", "1.00"));
        });
        let message = xml(&world.posted(&link).await);
        assert!(message.contains(r#"quantity="20""#), "{message}");
        for (quantity, expected) in [
            ("20", Some("2")),
            ("30", Some("3")),
            ("5", Some("0.5")),
            ("1", Some("0.1")),
        ] {
            let items = [("P-1", "k1", quantity), ("P-2", "k2", "6")];
            let (session, _) = world.enter("globex", with_items(EDIT, &items)).await;
            let asked = world.shop.held(&session).request.items;
            assert_eq!(Some(asked[0].quantity.text()), expected, "{quantity}");
            assert_eq!(asked[0].unit, Some(Unit::new("BX")));
            assert_eq!(
                (asked[1].quantity.text(), asked[1].unit.clone()),
                ("6", Some(Unit::new("PCE")))
            );
        }
    }
}

#[tokio::test]
async fn what_cannot_be_put_back_is_told_first() {
    for world in World::all().await {
        returned(&world, "globex").await;
        world.shop.stop_selling("P-2");
        let link = world
            .open(
                "globex",
                with_items(EDIT, &[("P-1", "k1", "2"), ("P-2", "k2", "1")]),
            )
            .await;
        let redeemed = world.punchout.redeem(&link, NONCE).await.unwrap();
        let missing: Vec<_> = redeemed
            .missing
            .iter()
            .map(|it| (it.part_id.as_str(), it.reason.as_str()))
            .collect();
        assert_eq!(missing, [("P-2", "no longer sold")]);
        assert!(
            world
                .punchout
                .redeem(&link, NONCE)
                .await
                .unwrap()
                .missing
                .is_empty(),
            "told once"
        );
    }
}
