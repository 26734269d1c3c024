//! An ERP that writes down what it is asked for and carries it out later.

use std::time::Duration;

use punchgate_app::sync::PushOutcome;
use punchgate_domain::customer::CreditLimit;

use super::{
    fake_erp::{Trick, hold, usd},
    world::World,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn waits(world: &World) -> bool {
    match world.push("100").await {
        PushOutcome::Waiting { is_long, .. } => is_long,
        other => panic!("it waits: {other:?}"),
    }
}

async fn conflicts(world: &World) -> usize {
    let found = world.accounts.conflicts(world.supplier(), None, None, 10).await;
    found.unwrap().len()
}

#[tokio::test]
async fn what_waits_is_asked_for_once_and_its_echo_is_ours() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        world.erp.trick(Trick::TakeUpLater);
        world.release(&id, "dunning").await;
        let placed = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &placed)
            .await
            .unwrap();
        for _ in 0..3 {
            assert!(!waits(&world).await);
        }
        assert_eq!(
            world.erp.requests(),
            1,
            "one request, however often it is asked after"
        );
        world.pull().await;
        let standing = async || {
            let held = world.view(&id).await.holds.into_iter();
            let held = held.filter(|held| held.in_force);
            held.map(|held| held.row.code).collect::<Vec<_>>()
        };
        assert_eq!(
            standing().await,
            ["cheque"],
            "the ERP's hold does not come back meanwhile"
        );
        world.erp.take_up();
        world.pull().await;
        assert_eq!(standing().await, ["cheque"]);
        assert!(world.view(&id).await.requests.is_empty());
        assert_eq!(world.push("100").await, PushOutcome::Nothing);
        assert_eq!((conflicts(&world).await, world.erp.requests()), (0, 1));
    }
}

#[tokio::test]
async fn something_else_is_asked_for_while_a_request_waits() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.erp.trick(Trick::TakeUpLater);
        world.ask_limit(&id, 700_000).await;
        waits(&world).await;
        world.ask_limit(&id, 800_000).await;
        world.erp.take_up();
        world.pull().await;
        let limit = async || world.view(&id).await.summary.limit;
        assert_eq!(
            limit().await,
            CreditLimit::Amount(usd(700_000)),
            "as the ERP has it"
        );
        assert_eq!(world.view(&id).await.requests.len(), 1);
        waits(&world).await;
        world.erp.take_up();
        assert_eq!(
            world.push("100").await,
            PushOutcome::Written { refused: Vec::new() },
            "its answer, before any reading"
        );
        assert_eq!(limit().await, CreditLimit::Amount(usd(800_000)));
        assert_eq!(conflicts(&world).await, 0, "nobody but us has changed anything");
    }
}

#[tokio::test]
async fn of_what_waits_for_long_a_person_is_told_until_it_is_taken_up() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.erp.trick(Trick::TakeUpLater);
        world.ask_limit(&id, 700_000).await;
        // What lay here while the ERP was away has not waited there.
        world.clock.advance(HOUR);
        assert!(!waits(&world).await);
        let told = async || {
            let rows = world.accounts.sync_attention(world.supplier()).await.unwrap();
            let told = rows.into_iter().map(|row| (row.matter, row.external_id));
            told.collect::<Vec<_>>()
        };
        assert!(told().await.is_empty());
        world.clock.advance(HOUR / 2);
        assert!(!waits(&world).await);
        world.clock.advance(HOUR / 2);
        for _ in 0..2 {
            assert!(waits(&world).await);
        }
        assert_eq!(told().await, [("write-waits".to_owned(), "100".to_owned())]);
        // The ERP refuses it in the end.
        world.erp.trick(Trick::RefuseLimit);
        world.erp.take_up();
        let refused = world.push("100").await;
        assert!(matches!(refused, PushOutcome::Written { refused } if refused.len() == 1));
        assert!(told().await.is_empty());
        // The same once more is asked for anew.
        world.erp.honest();
        world.erp.trick(Trick::TakeUpLater);
        world.ask_limit(&id, 700_000).await;
        assert!(!waits(&world).await);
        assert_eq!(world.erp.requests(), 2);
    }
}
