//! Who receives at a place: told by the customer's own places first, so that a number which is also somebody else's id
//! brings in nobody who has nothing to do with the order.

use punchgate_app::credit::{CheckoutRequest, CustomerRef, checkout_options};
use punchgate_domain::{credit::CreditPolicy, ids::ConnectorId};

use super::{
    fake_erp::{hold, usd},
    people::ship_to,
    world::World,
};

/// What a shopper of customer 100 is told of holds when it goes there.
async fn told(world: &World, place: &str) -> Option<String> {
    let request = CheckoutRequest {
        customer: CustomerRef::Id(world.id("100").await),
        ship_tos: vec![CustomerRef::External {
            connector: ConnectorId::new("erp"),
            external_id: place.to_owned(),
        }],
        total: usd(100),
        policy: CreditPolicy::default(),
        wording: None,
    };
    let supplier = world.supplier().into();
    let options = checkout_options(&world.surroundings, &supplier, &request)
        .await
        .unwrap();
    options.hold.and_then(|hold| hold.text)
}

#[tokio::test]
#[rustfmt::skip] // one row a line
async fn places_of_the_customer_come_first() {
    for world in World::all().await {
        // Each stops those who receive with words of its own.
        for id in ["200", "300", "400", "N-s6"] {
            world.customer(id).await;
            world.erp.change(id, |row| row.holds = vec![hold(&format!("h{id}"), "dunning", id)]);
        }
        world.customer("100").await;
        world.customer("500").await;
        let place = |id: &str, customer: Option<&str>| {
            let mut place = ship_to(id, "Dayton");
            place.customer = customer.map(ToOwned::to_owned);
            place
        };
        world.erp.change("500", |row| row.ship_tos = vec![place("s9", Some("400"))]);
        world.erp.change("100", |row| {
            row.ship_tos = vec![
                // Its own, by a number that is also a stranger's.
                place("200", None),
                // Another customer's, by a number that is a third one's.
                place("300", Some("400")),
                place("s3", Some("300")),
                // Its own, though the ERP calls it by the customer's own id.
                place("s4", Some("100")),
                place("s5", Some("999")),
                // Its number is a stranger's id.
                place("s6", None),
            ];
        });
        world.pull().await;
        let rows: &[(&str, Option<&str>)] = &[
            ("200", None),
            ("300", Some("400")),
            ("s3", Some("300")),
            ("N-s3", Some("300")),
            ("s4", None),
            ("s5", None),
            ("s6", None),
            ("N-s6", None),
            // No place of the customer's: a customer's id, as ever.
            ("400", Some("400")),
            ("100", None),
            ("nowhere", None),
            // Somebody else's place.
            ("s9", None),
        ];
        for (place, expected) in rows {
            assert_eq!(told(&world, place).await.as_deref(), *expected, "{place}");
        }
        // A number of two places is both.
        world.erp.change("100", |row| {
            for place in &mut row.ship_tos { place.code = Some("dock".to_owned()); }
            row.ship_tos.retain(|place| ["200", "s3"].contains(&place.id.as_str()));
        });
        world.pull().await;
        assert_eq!(told(&world, "dock").await.as_deref(), Some("300"));
    }
}

#[tokio::test]
async fn an_order_that_waits_is_looked_at_again_when_places_change() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.order(&id, "held", 0).await;
        world.clear_outbox().await;
        world.pull().await;
        assert!(world.entries("redecide-account").await.is_empty());
        for there in [vec![ship_to("s1", "Dayton")], Vec::new()] {
            world.erp.change("100", |row| row.ship_tos = there);
            world.pull().await;
            assert_eq!(world.entries("redecide-account").await.len(), 1);
            world.clear_outbox().await;
        }
    }
}
