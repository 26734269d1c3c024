//! Cases: sessions whose time is over.

use std::time::Duration;

use punchgate_app::punchout::{Refusal, read};
use punchgate_connector::carts::CartState;
use punchgate_domain::catalogue::Problem;

use super::{
    fake_shop::line,
    world::{World, create},
};

#[tokio::test]
async fn what_is_over_is_closed_and_posts_nothing() {
    for world in World::all().await {
        world.open("globex", create()).await;
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P-1", None, "1", "EA", "1")));
        let (done, done_link) = world.enter("globex", create()).await;
        world.posted(&done_link).await;
        assert_eq!(world.punchout.expire_overdue(&world.supplier()).await.unwrap(), 0);

        world.clock.advance(Duration::from_secs(300));
        assert_eq!(
            world.punchout.expire_overdue(&world.supplier()).await.unwrap(),
            1,
            "the unused link"
        );
        world.clock.advance(Duration::from_secs(3600));
        let problem = |refusal: Refusal| refusal.problem;
        let before_sweep = world.punchout.give_back(&link, "").await.map_err(problem);
        assert_eq!(before_sweep, Err(Problem::SessionExpired));
        assert_eq!(world.punchout.expire_overdue(&world.supplier()).await.unwrap(), 1);
        assert_eq!(world.punchout.expire_overdue(&world.supplier()).await.unwrap(), 0);
        for answer in [
            world.punchout.give_back(&link, "").await,
            world.punchout.cancel(&link).await,
        ] {
            assert_eq!(answer.map_err(problem), Err(Problem::SessionExpired));
        }
        assert_eq!(world.shop.held(&session).state, CartState::Cancelled);
        assert!(world.snapshots("returned", &session).await.is_empty());
        assert_eq!(world.session(&done).await.state, "returned");
    }
}

#[tokio::test]
async fn the_history_says_what_became_of_a_session() {
    for world in World::all().await {
        let (session, link) = world.enter("globex", create()).await;
        world.clock.advance(Duration::from_secs(1));
        world.punchout.cancel(&link).await.unwrap();
        let (view, changes) = read::get(&world.surroundings, &world.supplier(), &session)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (view.state.as_str(), view.shopper_unique_name.as_deref()),
            ("cancelled", Some("bea"))
        );
        let steps: Vec<_> = changes
            .iter()
            .map(|change| {
                (
                    change.from_value.as_deref().unwrap(),
                    change.to_value.as_deref().unwrap(),
                )
            })
            .collect();
        assert_eq!(steps, [("shopping", "cancelled"), ("opened", "shopping")]);
        assert!(
            read::get(&world.surroundings, &world.supplier(), "other")
                .await
                .unwrap()
                .is_none()
        );
    }
}
