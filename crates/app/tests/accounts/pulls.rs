//! From the ERP to here.

use std::time::Duration;

use punchgate_app::{
    accounts::AccountsError,
    sync::{PullMode, Sync, SyncError, SyncSettings},
};
use punchgate_domain::{
    customer::CreditLimit,
    hold::PermissionSet,
    money::{Currency, Money},
};

use super::{
    fake_erp::{Trick, hold, usd},
    world::World,
};

#[tokio::test]
async fn a_hold_in_the_erp_stops_the_next_checkout_and_its_release_lets_orders_go() {
    for world in World::all().await {
        let id = world.customer("100").await;
        assert!(world.on_terms(&id, usd(5_000)).await);
        world.order(&id, "held", 0).await;

        world.erp.change("100", |row| {
            row.holds.push(hold("h1", "dunning", "Please pay invoice 7."))
        });
        let report = world.pull().await;
        assert_eq!((report.changed, report.conflicts), (1, 0));
        let options = world.checkout(&id, usd(5_000)).await;
        assert!(!options.tenders[0].allowed);
        assert_eq!(options.message.as_deref(), Some("Please pay invoice 7."));
        let said = format!("{options:?}");
        assert!(
            !said.contains("dunning level 3"),
            "an internal text left the house: {said}"
        );
        assert_eq!(
            world.entries("redecide-account").await.len(),
            1,
            "once an account"
        );

        world.clear_outbox().await;
        world.erp.change("100", |row| row.holds.clear());
        world.pull().await;
        assert!(world.on_terms(&id, usd(5_000)).await);
        assert_eq!(world.entries("redecide-account").await.len(), 1);
        let view = world.view(&id).await;
        let lines: Vec<_> = view
            .history
            .iter()
            .filter(|line| line.field == "hold:h1")
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.who == "kim via erp"), "{lines:?}");
    }
}

#[tokio::test]
async fn what_was_read_before_is_no_event() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.order(&id, "held", 0).await;
        let before = world.view(&id).await;
        // The same value written again: another version, nothing new.
        world.erp.change("100", |_| {});
        assert_eq!(world.pull().await.changed, 0);
        // The feed tells its last entry with every pull.
        let report = world.pull().await;
        assert_eq!((report.seen, report.changed), (1, 0));
        let after = world.view(&id).await;
        assert_eq!(before.summary.version, after.summary.version);
        assert_eq!(before.history.len(), after.history.len());
        assert!(world.entries("redecide-account").await.is_empty());
    }
}

#[tokio::test]
async fn a_run_that_breaks_off_goes_on_where_it_stopped() {
    for world in World::all().await {
        for number in 0..7 {
            world.erp.change(&format!("{number}"), |_| {});
        }
        world.erp.trick(Trick::FailAfterPages(2));
        let error = world.try_pull(PullMode::Changes).await.unwrap_err();
        assert!(
            matches!(error, SyncError::Connector(_)) && error.is_retryable(),
            "{error}"
        );
        let status = world.accounts.sync_status(world.supplier()).await.unwrap();
        assert_eq!(
            status[0].cursor_value.as_deref(),
            Some("4"),
            "two pages of two entries"
        );
        assert_eq!(status[0].last_error.as_deref(), Some(error.to_string().as_str()));
        assert_eq!(status[0].rows_applied, 4);
        let page = world
            .accounts
            .list(world.supplier(), &Default::default(), None, 50)
            .await
            .unwrap();
        assert_eq!(
            page.customers.len(),
            4,
            "what the cursor has passed is here, and nothing else"
        );

        world.erp.honest();
        let report = world.pull().await;
        assert_eq!((report.pages, report.changed), (2, 3));
        let status = world.accounts.sync_status(world.supplier()).await.unwrap();
        assert_eq!(status[0].last_error, None);
    }
}

#[tokio::test]
async fn limits_are_never_read_as_none() {
    let euro = |minor| Money::from_minor(minor, Currency::parse("EUR").unwrap());
    let cases = [
        (CreditLimit::Unknown, CreditLimit::Unknown, false),
        (CreditLimit::Amount(euro(9_000_000)), CreditLimit::Unknown, false),
        (CreditLimit::Amount(usd(0)), CreditLimit::Amount(usd(0)), false),
        (
            CreditLimit::Amount(usd(4_999)),
            CreditLimit::Amount(usd(4_999)),
            false,
        ),
        (
            CreditLimit::Amount(usd(5_000)),
            CreditLimit::Amount(usd(5_000)),
            true,
        ),
        (CreditLimit::Unlimited, CreditLimit::Unlimited, true),
    ];
    for world in World::all().await {
        let id = world.customer("100").await;
        for (stated, read, allowed) in cases {
            world.erp.change("100", |row| row.credit_limit = stated);
            world.pull().await;
            assert_eq!(world.view(&id).await.summary.limit, read, "{stated:?}");
            assert_eq!(world.on_terms(&id, usd(5_000)).await, allowed, "{stated:?}");
        }
    }
}

#[tokio::test]
async fn a_code_that_nobody_knows_removes_everything() {
    for mut world in World::all().await {
        let id = world.customer("100").await;
        world
            .policy
            .hold_codes
            .insert("W".to_owned(), PermissionSet::EMPTY);
        world.erp.change("100", |row| {
            let unsaid = |id: &str, code: &str| {
                let mut unsaid = hold(id, code, "Please call us.");
                unsaid.removes = None;
                unsaid
            };
            row.holds = vec![unsaid("h1", "W"), unsaid("h2", "Z9")];
        });
        let report = world.pull().await;
        assert_eq!(report.unknown_codes.into_iter().collect::<Vec<_>>(), ["Z9"]);
        let view = world.view(&id).await;
        let removes = |code: &str| {
            view.holds
                .iter()
                .find(|held| held.row.code == code)
                .map(|held| held.hold.removes)
                .unwrap()
        };
        assert_eq!(
            (removes("W"), removes("Z9")),
            (PermissionSet::EMPTY, PermissionSet::ALL)
        );
        assert!(view.summary.stops_orders);
    }
}

#[tokio::test]
async fn a_code_that_is_explained_later_counts_for_holds_that_stand() {
    for mut world in World::all().await {
        let id = world.customer("100").await;
        world.erp.change("100", |row| {
            let mut unsaid = hold("h1", "W", "Please call us.");
            unsaid.removes = None;
            row.holds = vec![unsaid];
        });
        world.pull().await;
        assert!(!world.on_terms(&id, usd(1)).await, "nobody has said what W means");
        let settled: SyncSettings =
            serde_json::from_value(serde_json::json!({ "hold_codes": { "W": [] } })).unwrap();
        world.policy = settled.read().unwrap();
        let sync = Sync::new(world.surroundings.clone(), "test");
        assert_eq!(sync.explain_holds(&world.scope, &world.policy).await.unwrap(), 1);
        assert!(world.on_terms(&id, usd(1)).await, "W only warns");
        let told = world.view(&id).await;
        assert!(
            told.holds
                .iter()
                .any(|held| held.hold.removes == PermissionSet::EMPTY)
        );
    }
}

#[tokio::test]
async fn accounts_that_are_gone_order_nothing() {
    for world in World::all().await {
        let told = world.customer("100").await;
        let untold = world.customer("200").await;
        world.erp.delete("100", true);
        world.erp.delete("200", false);
        assert_eq!(world.pull().await.gone, 1);
        assert!(!world.on_terms(&told, usd(1)).await && world.on_terms(&untold, usd(1)).await);
        world.clock.advance(Duration::from_secs(1));
        let report = world.try_pull(PullMode::Sweep).await.unwrap();
        assert_eq!(report.gone, 1, "only a full read shows it");
        assert!(!world.on_terms(&untold, usd(1)).await);
        assert!(!world.view(&untold).await.summary.active);
        // And back again.
        world.erp.change("200", |_| {});
        world.pull().await;
        assert!(world.on_terms(&untold, usd(1)).await);
    }
}

#[tokio::test]
async fn one_gateway_at_a_time_reads_a_connection() {
    for world in World::all().await {
        let lease = {
            let mut tx = world
                .surroundings
                .db
                .begin(punchgate_storage::Lane::Background)
                .await
                .unwrap();
            let name = format!("sync/{}/erp/1000/accounts", world.supplier());
            let lease = punchgate_storage::work_lease::acquire(&mut tx, &name, "gateway-2", 60_000_000).await;
            tx.commit().await.unwrap();
            lease.unwrap().unwrap()
        };
        assert!(matches!(
            world.try_pull(PullMode::Changes).await,
            Err(SyncError::Busy)
        ));
        let mut tx = world
            .surroundings
            .db
            .begin(punchgate_storage::Lane::Background)
            .await
            .unwrap();
        punchgate_storage::work_lease::release(&mut tx, &lease)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(world.try_pull(PullMode::Changes).await.is_ok());
        // Whoever was overtaken writes nothing any more.
        let mut tx = world
            .surroundings
            .db
            .begin(punchgate_storage::Lane::Background)
            .await
            .unwrap();
        let lost = punchgate_storage::work_lease::extend(&mut tx, &lease, 1)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        assert!(lost.is_err());
        let _: &Sync = &world.sync;
    }
}

#[tokio::test]
async fn only_a_newer_exposure_counts() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let now = punchgate_app::clock::Clock::now(&*world.clock);
        let minutes = |count: i64| now + jiff::SignedDuration::from_mins(count);
        world.clock.advance(std::time::Duration::from_secs(600));
        let owed = async |world: &World| world.view(&id).await.summary.exposure.unwrap().amount;
        world.order(&id, "held", 0).await;
        world.erp.owes("100", usd(70_000), minutes(2));
        world.pull_exposure().await;
        assert_eq!(owed(&world).await, usd(70_000));
        assert_eq!(world.entries("redecide-account").await.len(), 1);
        world.clear_outbox().await;
        world.erp.owes("100", usd(10), minutes(1));
        world.pull_exposure().await;
        assert_eq!(owed(&world).await, usd(70_000), "an older reading");
        let euro = Money::from_minor(10, Currency::parse("EUR").unwrap());
        world.erp.owes("100", euro, minutes(3));
        world.pull_exposure().await;
        assert_eq!(owed(&world).await, usd(70_000), "another currency");
        assert!(world.entries("redecide-account").await.is_empty());
        assert!(matches!(
            world.accounts.get(world.supplier(), &"nobody".into()).await,
            Err(AccountsError::UnknownCustomer(_))
        ));
    }
}
