//! Cases: start links.

use std::time::Duration;

use punchgate_connector::sessions::{SessionMode, Severity};
use punchgate_domain::{catalogue::Problem, purchase_order::Address};
use punchgate_protocols::cxml::decode::setup::{ItemId, SetupRequest};

use super::world::{NONCE, World, by_sam, create};

const OTHER: &str = "browser-two-0123456789abcdef";

#[tokio::test]
async fn of_fifty_browsers_one_wins() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        let browsers: Vec<String> = (0..50).map(|number| format!("browser-{number:0>20}")).collect();
        let attempts = browsers.iter().map(|nonce| {
            let (punchout, link, nonce) = (world.punchout.clone(), link.clone(), nonce.clone());
            tokio::spawn(async move { punchout.redeem(&link, &nonce).await })
        });
        let mut won = Vec::new();
        for (attempt, nonce) in futures_util::future::join_all(attempts)
            .await
            .into_iter()
            .zip(&browsers)
        {
            match attempt.unwrap() {
                Ok(_) => won.push(nonce),
                Err(refusal) => assert_eq!(refusal.problem, Problem::StartLinkUsed),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(world.shop.only().logins, 1);
        // Only the winner may reload, and gets another login into the same session.
        for nonce in &browsers {
            let again = world.punchout.redeem(&link, nonce).await;
            assert_eq!(again.is_ok(), nonce == won[0]);
        }
        assert_eq!(world.shop.only().logins, 2);
    }
}

#[tokio::test]
async fn the_shop_is_told_what_the_suite_said() {
    for world in World::all().await {
        let request = SetupRequest {
            selected_item: Some(ItemId {
                part_id: "P-9".to_owned(),
                ..ItemId::default()
            }),
            ..create()
        };
        let (session, _) = world.enter("globex", request).await;
        let told = world.shop.held(&session).request;
        assert_eq!(told.mode, SessionMode::Create);
        assert_eq!(told.customer.external_id, "C-1001");
        assert_eq!(told.contact.unwrap().email.as_deref(), Some("bea@globex.example"));
        assert_eq!(told.selected_item.unwrap().part_id, "P-9");
        assert_eq!(told.language.as_deref(), Some("en-US"));
        assert_eq!(told.expires_at.to_string(), "2026-03-01T13:00:00Z");
        assert!(told.notices.is_empty());
        assert_ne!(told.return_url, told.cancel_url);
    }
}

/// The shop knows places as orders name them to it; the rest of the address is the buyer's.
#[tokio::test]
async fn the_shop_is_told_places_in_the_suppliers_words() {
    for world in World::all().await {
        for (id, told) in [
            (Some("DOCK-7"), Some("C-1001-07")),
            (Some("DOCK-8"), Some("DOCK-8")),
            (None, None),
        ] {
            let place = Address {
                address_id: id.map(str::to_owned),
                name: "Globex, dock 7".to_owned(),
                ..Address::default()
            };
            let request = SetupRequest {
                ship_to: Some(place.clone()),
                ..create()
            };
            let (session, _) = world.enter("globex", request).await;
            let expected = Address {
                address_id: told.map(str::to_owned),
                ..place
            };
            assert_eq!(world.shop.held(&session).request.ship_to, Some(expected));
        }
    }
}

#[tokio::test]
async fn a_hold_is_told_before_shopping() {
    for world in World::all().await {
        world.add_customer(Some("Please call our credit desk.")).await;
        let (session, _) = world.enter("globex", create()).await;
        let notices = world.shop.held(&session).request.notices;
        let [notice] = notices.as_slice() else {
            panic!("{notices:?}")
        };
        assert_eq!(notice.text, "Please call our credit desk.");
        assert_eq!(notice.severity, Severity::Warning);
    }
}

#[tokio::test]
async fn links_that_lead_nowhere() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        let tampered = format!(
            "{}{}",
            &link[..link.len() - 1],
            if link.ends_with('A') { 'B' } else { 'A' }
        );
        let foreign = link.replace("acme", "other");
        for wrong in [
            tampered.as_str(),
            foreign.as_str(),
            "",
            ".",
            "acme.x",
            "../../etc/passwd",
        ] {
            let refusal = world.punchout.redeem(wrong, NONCE).await.unwrap_err();
            assert_eq!(refusal.problem, Problem::StartLinkUnknown, "{wrong}");
            assert_eq!(refusal.parties, None, "nothing is shown of a session: {wrong}");
        }
        world.clock.advance(Duration::from_secs(300));
        let refusal = world.punchout.redeem(&link, NONCE).await.unwrap_err();
        assert_eq!(refusal.problem, Problem::StartLinkExpired);
        assert_eq!(world.shop.count(), 0);
    }
}

#[tokio::test]
async fn a_link_without_a_nonce_is_good_for_one_go() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        world.punchout.redeem(&link, "").await.unwrap();
        let refusal = world.punchout.redeem(&link, "").await.unwrap_err();
        assert_eq!(refusal.problem, Problem::StartLinkUsed);
    }
}

#[tokio::test]
async fn a_shop_that_is_away_does_not_use_up_the_link() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        world.shop.set_down(true);
        let refusal = world.punchout.redeem(&link, NONCE).await.unwrap_err();
        assert_eq!(refusal.problem, Problem::UpstreamUnavailable);
        world.shop.set_down(false);
        // The start link's own time is over, the session's is not: the browser that won may come again.
        world.clock.advance(Duration::from_secs(400));
        assert_eq!(
            world.punchout.redeem(&link, OTHER).await.unwrap_err().problem,
            Problem::StartLinkUsed
        );
        world.punchout.redeem(&link, NONCE).await.unwrap();
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(
            world.punchout.redeem(&link, NONCE).await.unwrap_err().problem,
            Problem::SessionExpired
        );
    }
}

#[tokio::test]
async fn the_kill_switch_counts_at_once() {
    for world in World::all().await {
        let fresh = world.open("globex", create()).await;
        let (_, return_link) = world.enter("globex", create()).await;
        world
            .directory
            .switch(&world.supplier(), &"globex".into(), false, &by_sam())
            .await
            .unwrap();
        let refusals = [
            world
                .punchout
                .redeem(&fresh, NONCE)
                .await
                .map(|_| ())
                .unwrap_err(),
            world.punchout.resume(&return_link).await.map(|_| ()).unwrap_err(),
            world
                .punchout
                .give_back(&return_link, "")
                .await
                .map(|_| ())
                .unwrap_err(),
            world.punchout.cancel(&return_link).await.map(|_| ()).unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.problem, Problem::RelationshipDisabled);
        }
    }
}
