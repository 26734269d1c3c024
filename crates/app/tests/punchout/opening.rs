//! Cases: setup requests that open a session, and those that do not.

use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::decode::setup::{BuyerCookie, SetupOperation, SetupRequest};

use super::world::{World, by_sam, create, with_items};

#[tokio::test]
async fn a_session_is_stored_with_its_documents_and_without_its_token() {
    for world in World::all().await {
        let link = world.open("globex", create()).await;
        let (supplier, token) = link.split_once('.').unwrap();
        assert_eq!(supplier, world.supplier().as_str());
        assert_eq!(token.len(), 43, "256 bits");
        let sessions = world.sessions().await;
        let [session] = sessions.as_slice() else {
            panic!("{sessions:?}")
        };
        assert_eq!(
            (session.state.as_str(), session.operation.as_str()),
            ("opened", "create")
        );
        assert_eq!(session.expires_at - session.opened_at, 300_000_000);
        assert_eq!(session.customer_external_id.as_deref(), Some("C-1001"));
        assert_eq!(session.buyer_cookie, " cookie <1> & \u{e9} ");
        assert!(!format!("{session:?}").contains(token));
        let documents = world.documents(&session.session_id).await;
        let mut kinds: Vec<&str> = documents.iter().map(|document| document.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["PunchOutSetupRequest", "PunchOutSetupResponse"]);
        for document in &documents {
            assert!(!world.document_text(&document.document_id).await.contains(token));
            assert_eq!(
                document.buyer_cookie.as_deref(),
                Some(session.buyer_cookie.as_str())
            );
        }
        assert_eq!(world.shop.count(), 0, "the shop hears of it when a browser comes");
    }
}

#[tokio::test]
async fn equal_requests_are_no_duplicates() {
    for world in World::all().await {
        let opened = futures_util::future::join_all((0..20).map(|_| world.open("globex", create()))).await;
        let links: std::collections::BTreeSet<String> = opened.into_iter().collect();
        assert_eq!(links.len(), 20);
        assert_eq!(world.sessions().await.len(), 20);
    }
}

#[tokio::test]
async fn requests_that_are_refused_open_nothing() {
    for world in World::all().await {
        let posting_to = |url: &str| SetupRequest {
            browser_form_post: Some(url.to_owned()),
            ..create()
        };
        let of = |operation| SetupRequest {
            operation,
            ..create()
        };
        let cases = [
            ("globex", of(SetupOperation::Source), Problem::Unsupported),
            ("globex", of(SetupOperation::Edit), Problem::EditWithoutSession),
            ("globex", of(SetupOperation::Inspect), Problem::EditWithoutSession),
            (
                "globex",
                with_items(SetupOperation::Edit, &[("P", "unknown", "1")]),
                Problem::EditWithoutSession,
            ),
            (
                "globex",
                posting_to("https://evil.example/"),
                Problem::ReturnHostNotAllowed,
            ),
            (
                "globex",
                posting_to("https://suite.example.evil.example/"),
                Problem::ReturnHostNotAllowed,
            ),
            (
                "globex",
                posting_to("https://suite.example@evil.example/"),
                Problem::ReturnAddressInvalid,
            ),
            (
                "globex",
                posting_to("javascript:alert(1)"),
                Problem::ReturnAddressInvalid,
            ),
            ("globex", posting_to(""), Problem::ReturnAddressInvalid),
            ("orders-only", create(), Problem::Unsupported),
        ];
        for (relationship, request, problem) in cases {
            let name = format!("{:?} {:?}", request.operation, request.browser_form_post);
            let refused = world.try_open(relationship, request).await.unwrap_err();
            assert_eq!(refused.problem, problem, "{name}");
        }
        world
            .directory
            .switch(&world.supplier(), &"globex".into(), false, &by_sam())
            .await
            .unwrap();
        let refused = world.try_open("globex", create()).await.unwrap_err();
        assert_eq!(refused.problem, Problem::RelationshipDisabled);
        assert!(world.sessions().await.is_empty());
    }
}

#[tokio::test]
async fn the_customer_is_mapped_as_for_orders() {
    for world in World::all().await {
        let request = SetupRequest {
            extrinsics: vec![("costcenter".to_owned(), " SITE-2 ".to_owned())],
            ..create()
        };
        world.open("globex", request).await;
        let sessions = world.sessions().await;
        assert_eq!(sessions[0].customer_external_id.as_deref(), Some("C-2002"));
    }
}

#[tokio::test]
async fn a_cookie_longer_than_an_index_entry_is_kept_whole() {
    for world in World::all().await {
        let cookie = "c".repeat(20_000);
        let request = SetupRequest {
            buyer_cookie: BuyerCookie::Text(cookie.clone()),
            ..create()
        };
        world.open("globex", request).await;
        let query = punchgate_app::punchout::read::SessionQuery {
            search: Some(cookie.clone()),
            limit: 10,
            ..Default::default()
        };
        let found = punchgate_app::punchout::read::list(&world.surroundings, &world.supplier(), &query)
            .await
            .unwrap();
        assert_eq!(found[0].buyer_cookie, cookie);
    }
}
