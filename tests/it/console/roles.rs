//! Who may do what: every role against every page and every action, at the own supplier and at another.

use punchgate_domain::operator::Role;

use super::{Browser, PASSWORD, here, person, signed_in};
use crate::support::supplier::Supplier;

/// Addresses and what an owner, an ERP admin, support and a reader get there.
const PAGES: [(&str, [u16; 4]); 19] = [
    ("", [200; 4]),
    ("/deliveries", [200; 4]),
    ("/connectors", [200; 4]),
    ("/orders", [200; 4]),
    ("/orders/nothing", [404; 4]),
    ("/customers", [200; 4]),
    ("/customers/nothing", [404; 4]),
    ("/relationships", [200; 4]),
    ("/relationships/nothing", [404; 4]),
    ("/relationships/nothing/sheet", [404; 4]),
    ("/relationships/nothing/mappings", [404; 4]),
    ("/relationships/nothing/mappings/table", [404; 4]),
    ("/documents", [200; 4]),
    ("/documents/nothing", [404; 4]),
    ("/documents/nothing/raw", [404; 4]),
    ("/quarantine", [200; 4]),
    ("/quarantine/nothing", [404; 4]),
    ("/conflicts", [200; 4]),
    ("/conflicts/nothing", [404; 4]),
];

/// Of what is not there: 404 for whoever may, 403 for whoever may not.
const ACTIONS: [(&str, [u16; 4]); 30] = [
    ("/deliveries/MS9vcmRlci94L3Npbms/replay", [404, 404, 404, 403]),
    ("/deliveries/MS9vcmRlci94L3Npbms/skip", [404, 404, 404, 403]),
    ("/connectors/nothing/switch", [404, 404, 403, 403]),
    ("/customers/nothing/holds", [404, 404, 403, 403]),
    ("/customers/nothing/holds/nothing/release", [404, 404, 403, 403]),
    ("/customers/nothing/limit", [404, 404, 403, 403]),
    ("/customers/nothing/terms", [404, 404, 403, 403]),
    ("/relationships/nothing/switch", [404, 404, 403, 403]),
    ("/relationships/nothing/test", [404, 404, 404, 403]),
    ("/relationships/nothing/secret", [404, 404, 403, 403]),
    ("/relationships/nothing/secret/drop-old", [404, 404, 403, 403]),
    ("/relationships/nothing/secret/drop-new", [404, 404, 403, 403]),
    ("/relationships/nothing/mappings/put", [404, 404, 404, 403]),
    ("/relationships/nothing/mappings/remove", [404, 404, 404, 403]),
    ("/relationships/nothing/mappings/import", [404, 404, 404, 403]),
    ("/quarantine/nothing/admit", [404, 404, 404, 403]),
    ("/quarantine/nothing/discard", [404, 404, 404, 403]),
    ("/quarantine/nothing/put-back", [404, 404, 404, 403]),
    ("/conflicts/nothing/resolve", [404, 404, 403, 403]),
    ("/orders/nothing/map-customer", [404, 404, 404, 403]),
    ("/orders/nothing/map-word", [404, 404, 404, 403]),
    ("/orders/nothing/confirm", [404, 404, 404, 403]),
    ("/orders/nothing/funds", [404, 404, 404, 403]),
    ("/orders/nothing/take-over", [404, 404, 404, 403]),
    ("/orders/nothing/carry-over", [404, 404, 404, 403]),
    ("/orders/nothing/carried-over-by-hand", [404, 404, 404, 403]),
    ("/orders/nothing/reopen", [404, 404, 404, 403]),
    ("/orders/nothing/cancel-at-sink", [404, 404, 404, 403]),
    ("/orders/nothing/send-confirmation", [404, 404, 404, 403]),
    ("/orders/nothing/decline", [404, 404, 404, 403]),
];

#[tokio::test]
async fn roles_by_pages_and_actions() {
    let world = Supplier::with_buyer().start().await;
    for (place, role) in Role::ALL.iter().copied().enumerate() {
        let browser = signed_in(&world, &format!("person-{}", place + 1), role).await;
        let token = browser.get(&here("")).await.token();
        for (path, expected) in PAGES {
            assert_eq!(
                browser.get(&here(path)).await.status,
                expected[place],
                "{role} {path}"
            );
            let elsewhere = format!("/console/s/globex{path}");
            assert_eq!(browser.get(&elsewhere).await.status, 404, "{role} {elsewhere}");
        }
        for (path, expected) in ACTIONS {
            let fields = [("token", token.as_str()), ("reason", "because"), ("to", "off")];
            assert_eq!(
                browser.post(&here(path), &fields).await.status,
                expected[place],
                "{role} {path}"
            );
            let elsewhere = format!("/console/s/globex{path}");
            assert_eq!(
                browser.post(&elsewhere, &fields).await.status,
                404,
                "{role} {elsewhere}"
            );
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn what_somebody_is_not_signed_in_for_asks_for_signing_in() {
    let world = Supplier::with_buyer().start().await;
    let stranger = Browser::at(&world);
    for (path, _) in PAGES {
        assert_eq!(stranger.get(&here(path)).await.status, 303, "{path}");
    }
    for (path, _) in ACTIONS {
        assert_eq!(
            stranger.post(&here(path), &[("reason", "x")]).await.status,
            303,
            "{path}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_change_of_what_somebody_is_ends_the_sessions() {
    let world = Supplier::with_buyer().start().await;
    let operators = &world.gateway.operators;
    let supplier = "ironquay".into();
    let browser = signed_in(&world, "sam", Role::Owner).await;
    operators
        .set_role("sam", &supplier, Some(Role::ReadOnly), "cli:kim")
        .await
        .unwrap();
    assert_eq!(browser.get(&here("")).await.status, 303, "another role");

    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    browser.get(&here("")).await.says("Read only");
    operators.set_enabled("sam", false, "cli:kim").await.unwrap();
    assert_eq!(browser.get(&here("")).await.status, 303, "disabled");
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 422);
    operators.set_enabled("sam", true, "cli:kim").await.unwrap();
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);

    operators
        .set_role("sam", &supplier, None, "cli:kim")
        .await
        .unwrap();
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    assert_eq!(browser.get("/console").await.status, 403, "no role, no page");
    assert_eq!(browser.get(&here("")).await.status, 404);

    let other = signed_in(&world, "kim", Role::Owner).await;
    operators.reset("kim", "cli:sam").await.unwrap();
    assert_eq!(other.get(&here("")).await.status, 303, "reset");
    assert_eq!(
        other.sign_in("kim", PASSWORD).await.status,
        422,
        "the old password is gone"
    );
    person(&world, "third", Role::Owner).await;
    world.finish().await;
}
