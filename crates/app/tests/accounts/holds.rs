//! Holds and overrides by a person's word.

use std::time::Duration;

use punchgate_app::accounts::{AccountsError, Author, PlaceOverride, ReleaseHold, holds_expired};
use punchgate_domain::{
    catalogue::Problem,
    hold::OverrideScope,
    ids::{CustomerId, HoldId},
    money::{Currency, Money},
};

use super::{fake_erp::usd, world::World};

#[tokio::test]
async fn of_two_changes_that_expect_the_same_version_one_is_refused() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let requests = [
            world.hold_request(&id, "a").await,
            world.hold_request(&id, "b").await,
        ];
        let supplier = world.supplier();
        let (first, second) = tokio::join!(
            world.accounts.place_hold(supplier, &requests[0]),
            world.accounts.place_hold(supplier, &requests[1])
        );
        let (done, refused): (Vec<_>, Vec<_>) = [first, second].into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), refused.len()), (1, 1));
        let error = refused.into_iter().next().unwrap().unwrap_err();
        assert!(matches!(error, AccountsError::VersionConflict { .. }), "{error}");
        assert_eq!(error.problem(), Problem::VersionConflict);
        assert_eq!(world.view(&id).await.holds.len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_words() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let good = world.hold_request(&id, "a").await;
        let supplier = world.supplier();
        let mut bad = good.clone();
        bad.code = "  ".to_owned();
        let error = world.accounts.place_hold(supplier, &bad).await.unwrap_err();
        assert!(error.to_string().starts_with("code:"), "{error}");
        let mut bad = good.clone();
        bad.until = Some(super::world::NOW.parse().unwrap());
        let error = world.accounts.place_hold(supplier, &bad).await.unwrap_err();
        assert!(error.to_string().starts_with("until:"), "{error}");
        let mut bad = good.clone();
        bad.customer = CustomerId::new("nobody");
        let error = world.accounts.place_hold(supplier, &bad).await.unwrap_err();
        assert_eq!(error.problem(), Problem::UnknownCustomer);
        let passed = PlaceOverride {
            scope: OverrideScope::Customer {
                customer: id.clone(),
                until: None,
                amount: Some(Money::from_minor(100, Currency::parse("JPY").unwrap())),
            },
            author: world.author(),
        };
        let error = world
            .accounts
            .place_override(supplier, &passed)
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("in the currency of the customer's credit account"),
            "{error}"
        );
        assert!(Author::new("sam", " ").is_err() && Author::new("", "why").is_err());

        let placed = world.accounts.place_hold(supplier, &good).await.unwrap();
        let again = world.hold_request(&id, "a").await;
        let error = world.accounts.place_hold(supplier, &again).await.unwrap_err();
        assert_eq!(error.problem(), Problem::InvalidTransition);
        let mut release = ReleaseHold {
            hold: placed.hold.clone(),
            expected_version: 7,
            author: world.author(),
        };
        let error = world.accounts.release_hold(supplier, &release).await.unwrap_err();
        assert_eq!(error.problem(), Problem::VersionConflict);
        release.expected_version = 1;
        world.accounts.release_hold(supplier, &release).await.unwrap();
        release.expected_version = 2;
        let error = world.accounts.release_hold(supplier, &release).await.unwrap_err();
        assert_eq!(error.problem(), Problem::InvalidTransition);
        release.hold = HoldId::new("nothing");
        let error = world.accounts.release_hold(supplier, &release).await.unwrap_err();
        assert_eq!(error.problem(), Problem::NotFound);
        // Another supplier's hold is nobody's.
        assert!(world.accounts.release_hold("other", &release).await.is_err());
    }
}

#[tokio::test]
async fn a_hold_runs_out_by_itself_and_its_orders_are_looked_at() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let mut request = world.hold_request(&id, "audit").await;
        let now = punchgate_app::clock::Clock::now(&*world.clock);
        request.until = Some(now + jiff::SignedDuration::from_hours(1));
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        world.push("100").await;
        world.order(&id, "held", 0).await;
        world.clear_outbox().await;
        holds_expired(&world.surroundings).await.unwrap();
        assert!(world.entries("redecide-account").await.is_empty() && !world.on_terms(&id, usd(1)).await);
        world.clock.advance(Duration::from_secs(3600));
        assert!(
            world.on_terms(&id, usd(1)).await,
            "the decision looks at the clock itself"
        );
        holds_expired(&world.surroundings).await.unwrap();
        assert_eq!(world.entries("redecide-account").await.len(), 1);
        assert_eq!(
            world.pushes().await,
            ["100"],
            "what we have put there is ours to take away"
        );
        world.push("100").await;
        assert!(world.erp.account("100").holds.is_empty());
        world.clear_outbox().await;
        holds_expired(&world.surroundings).await.unwrap();
        assert!(world.entries("redecide-account").await.is_empty(), "once");
        let view = world.view(&id).await;
        assert_eq!(
            view.holds[0].row.release_reason.as_deref(),
            Some("its time ran out")
        );
    }
}

#[tokio::test]
async fn a_hold_that_has_run_out_is_in_nobodys_way() {
    for world in World::all().await {
        let (supplier, now) = (world.supplier(), punchgate_app::clock::Clock::now(&*world.clock));
        let id = world.customer("100").await;
        let mut request = world.hold_request(&id, "audit").await;
        request.until = Some(now + jiff::SignedDuration::from_hours(1));
        world.accounts.place_hold(supplier, &request).await.unwrap();
        world.push("100").await;
        world.clear_outbox().await;
        world.clock.advance(Duration::from_secs(3600));
        // No sweep in between: the next hold comes first.
        let again = world.hold_request(&id, "audit").await;
        let placed = world.accounts.place_hold(supplier, &again).await.unwrap();
        let view = world.view(&id).await;
        let mut standing = view.holds.iter().filter(|held| held.row.released_at.is_none());
        assert_eq!(standing.next().unwrap().hold.id, placed.hold);
        assert!(standing.next().is_none(), "the first one is ended");
        world.push("100").await;
        assert_eq!(world.erp.account("100").holds.len(), 1);
        assert_eq!(holds_expired(&world.surroundings).await.unwrap(), 0);
        let third = world.hold_request(&id, "audit").await;
        let error = world.accounts.place_hold(supplier, &third).await.unwrap_err();
        assert_eq!(
            error.problem(),
            Problem::InvalidTransition,
            "the second one stands"
        );
    }
}

#[tokio::test]
async fn an_override_lets_pass_until_its_date_and_amount() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        world.order(&id, "held", 0).await;
        world.clear_outbox().await;
        let now = punchgate_app::clock::Clock::now(&*world.clock);
        let scope = OverrideScope::customer(
            id.clone(),
            Some(now + jiff::SignedDuration::from_hours(2)),
            Some(usd(20_000)),
        );
        let given = PlaceOverride {
            scope: scope.unwrap(),
            author: world.author(),
        };
        let given = world
            .accounts
            .place_override(world.supplier(), &given)
            .await
            .unwrap();
        assert_eq!(world.entries("redecide-account").await.len(), 1);
        assert!(world.on_terms(&id, usd(20_000)).await);
        assert!(!world.on_terms(&id, usd(20_001)).await, "beyond its amount");
        world.draw(&id, given.id.as_str(), 15_000).await;
        assert!(world.on_terms(&id, usd(5_000)).await);
        assert!(
            !world.on_terms(&id, usd(5_001)).await,
            "another order has drawn on it"
        );
        world.clock.advance(Duration::from_secs(2 * 3600));
        assert!(!world.on_terms(&id, usd(1)).await, "after its date");

        let endless = OverrideScope::Customer {
            customer: id.clone(),
            until: None,
            amount: None,
        };
        let endless = PlaceOverride {
            scope: endless,
            author: world.author(),
        };
        let error = world
            .accounts
            .place_override(world.supplier(), &endless)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("needs an end"), "{error}");
        world
            .accounts
            .revoke_override(world.supplier(), &given.id, &world.author())
            .await
            .unwrap();
        assert!(
            world
                .accounts
                .revoke_override(world.supplier(), &given.id, &world.author())
                .await
                .is_err()
        );
        assert!(world.view(&id).await.overrides.is_empty());
        // Neither the hold nor the ERP has changed by it.
        assert!(world.view(&id).await.summary.stops_terms);
    }
}
