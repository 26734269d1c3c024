//! Where customers stand: reservations, payers, heads of groups.

use punchgate_app::credit::{lock_accounts, set_next_arrivals, standings};
use punchgate_domain::{
    customer::CreditLimit,
    ids::{CreditAccountId, CustomerId, SupplierId},
    money::{Currency, Money},
};
use punchgate_storage::Lane;

use super::{
    fake_erp::{hold, usd},
    world::World,
};

#[tokio::test]
async fn a_child_stands_on_its_payer() {
    for world in World::all().await {
        // The child is read before its payer.
        world.erp.change("child", |row| {
            row.payer = Some("payer".to_owned());
            row.credit_limit = CreditLimit::Unlimited;
        });
        world.pull().await;
        let child = world.id("child").await;
        assert_eq!(
            world.view(&child).await.summary.limit,
            CreditLimit::Unknown,
            "nobody knows the payer yet"
        );
        assert!(!world.on_terms(&child, usd(1)).await);
        let payer = world.customer("payer").await;
        let view = world.view(&child).await;
        assert_eq!(view.summary.credit_account.as_str(), payer.as_str());
        assert_eq!(view.summary.payer.as_ref(), Some(&payer));
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(100_000)));
        assert!(world.on_terms(&child, usd(100_000)).await && !world.on_terms(&child, usd(100_001)).await);

        // What one takes, the other misses.
        world.order(&child, "approved", 60_000).await;
        assert!(world.on_terms(&payer, usd(40_000)).await && !world.on_terms(&payer, usd(40_001)).await);
        world.order(&child, "held", 0).await;

        // A hold of the payer counts for the child, and its waiting orders get a second look.
        world.erp.change("payer", |row| {
            row.holds.push(hold("h1", "dunning", "Head office: please pay."))
        });
        world.pull().await;
        let options = world.checkout(&child, usd(1)).await;
        assert_eq!(options.message.as_deref(), Some("Head office: please pay."));
        assert!(!options.tenders[0].allowed);
        let entries = world.entries("redecide-account").await;
        assert_eq!(entries.len(), 1);
        assert!(entries[0].payload.contains(payer.as_str()));

        // A hold of the child is not the payer's.
        world.erp.change("payer", |row| row.holds.clear());
        world
            .erp
            .change("child", |row| row.holds.push(hold("h2", "site", "Site closed.")));
        world.pull().await;
        assert!(!world.on_terms(&child, usd(1)).await && world.on_terms(&payer, usd(1)).await);
    }
}

#[tokio::test]
async fn reservations_end_when_the_exposure_shows_the_order() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let now = punchgate_app::clock::Clock::now(&*world.clock);
        let at = |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
        world.clock.advance(std::time::Duration::from_secs(600));
        for state in ["approved", "submitting", "unknown", "accepted", "held_by_erp"] {
            world.order(&id, state, 10_000).await;
        }
        for state in [
            "received",
            "held",
            "referred",
            "declined",
            "rejected",
            "tombstone",
            "shadow",
        ] {
            world.order(&id, state, 10_000).await;
        }
        assert_eq!(world.view(&id).await.summary.available, Some(usd(50_000)));
        world.in_sink(&id, "accepted", at(5)).await;
        world.erp.owes("100", usd(3_000), at(5));
        world.pull_exposure().await;
        assert_eq!(
            world.view(&id).await.summary.available,
            Some(usd(47_000)),
            "read when it was created: not in it"
        );
        world.erp.owes("100", usd(13_000), at(6));
        world.pull_exposure().await;
        assert_eq!(
            world.view(&id).await.summary.available,
            Some(usd(47_000)),
            "now it is, and reserves no more"
        );
    }
}

/// When the ERP got an order that went to the shop, nobody says: no reading of what is owed ends its reservation.
#[tokio::test]
async fn an_order_of_the_shop_reserves_until_it_is_invoiced() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let now = punchgate_app::clock::Clock::now(&*world.clock);
        let at = |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
        world.clock.advance(std::time::Duration::from_secs(600));
        world.shop_order(&id, "accepted", 30_000, at(1)).await;
        world.order(&id, "accepted", 10_000).await;
        world.in_sink(&id, "accepted", at(1)).await;
        assert_eq!(world.view(&id).await.summary.available, Some(usd(60_000)));
        world.erp.owes("100", usd(10_000), at(6));
        world.pull_exposure().await;
        assert_eq!(
            world.view(&id).await.summary.available,
            Some(usd(60_000)),
            "the ERP's own order is in what is owed, the shop's is not"
        );
    }
}

#[tokio::test]
async fn arrival_numbers_are_written_for_many_accounts_at_once() {
    for world in World::all().await {
        let mut ids: Vec<CustomerId> = Vec::new();
        for number in 0..70 {
            world.erp.change(&format!("{number}"), |_| {});
        }
        world.pull().await;
        for number in 0..70 {
            ids.push(world.id(&number.to_string()).await);
        }
        let supplier = SupplierId::from(world.supplier());
        let accounts: Vec<CreditAccountId> = ids.iter().map(|id| CreditAccountId::new(id.as_str())).collect();
        let mut tx = world.surroundings.db.begin(Lane::Intake).await.unwrap();
        let rows = lock_accounts(&mut tx, &supplier, &accounts).await.unwrap();
        assert_eq!(rows.len(), 70);
        assert!(rows.is_sorted_by(|a, b| a.credit_account_id < b.credit_account_id));
        let next: Vec<(String, i64)> = (2..)
            .zip(&rows)
            .map(|(next, row)| (row.credit_account_id.clone(), next))
            .collect();
        set_next_arrivals(&mut tx, &supplier, &next).await.unwrap();
        let rows = lock_accounts(&mut tx, &supplier, &accounts).await.unwrap();
        let written: Vec<i64> = rows.iter().map(|row| row.next_arrival).collect();
        assert_eq!(written, (2..72).collect::<Vec<_>>());
        let loaded = standings(&mut tx, &supplier, &ids, world.surroundings.now())
            .await
            .unwrap();
        assert!(accounts.iter().all(|account| loaded.standing(account).is_some()));
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn the_head_of_a_group_carries_the_limit_and_the_payer_its_holds() {
    for world in World::all().await {
        world.customer("head").await;
        let payer = world.customer("payer").await;
        world.erp.change("site", |row| {
            row.payer = Some("payer".to_owned());
            row.head_office = Some("head".to_owned());
        });
        world
            .erp
            .change("head", |row| row.credit_limit = CreditLimit::Amount(usd(5_000)));
        world.pull().await;
        let site = world.id("site").await;
        assert!(world.on_terms(&site, usd(5_000)).await && !world.on_terms(&site, usd(5_001)).await);
        assert!(
            world.on_terms(&payer, usd(100_000)).await,
            "the payer has a limit of its own"
        );
        world.erp.change("payer", |row| {
            row.holds.push(hold("h1", "dunning", "Please pay."))
        });
        world.pull().await;
        assert!(!world.on_terms(&site, usd(1)).await);

        // The site leaves the group: it stands on its own account from now on.
        world
            .erp
            .change("site", |row| (row.payer, row.head_office) = (None, None));
        world.erp.owes("site", usd(0), world.surroundings.now());
        world.pull().await;
        world.pull_exposure().await;
        assert!(world.on_terms(&site, usd(100_000)).await);
    }
}

#[tokio::test]
async fn the_currency_does_not_change_under_reservations() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.order(&id, "approved", 10_000).await;
        let euro = Currency::parse("EUR").unwrap();
        world.erp.change("100", |row| {
            row.currency = euro;
            row.credit_limit = CreditLimit::Amount(Money::from_minor(9_000_000, euro));
        });
        for _ in 0..2 {
            world.pull().await;
            let summary = world.view(&id).await.summary;
            assert_eq!(
                (summary.currency.unwrap().as_str(), summary.limit),
                ("USD", CreditLimit::Unknown)
            );
            let conflicts = world
                .accounts
                .conflicts(world.supplier(), None, None, 10)
                .await
                .unwrap();
            assert_eq!((conflicts.len(), conflicts[0].field.as_str()), (1, "currency"));
        }
        world.set_state(&id, "approved", "declined").await;
        world.pull().await;
        let summary = world.view(&id).await.summary;
        assert_eq!(summary.currency, Some(euro));
        assert_eq!(
            summary.limit,
            CreditLimit::Amount(Money::from_minor(9_000_000, euro))
        );
        assert_eq!(
            summary.exposure, None,
            "an exposure in dollars says nothing in euros"
        );
    }
}
