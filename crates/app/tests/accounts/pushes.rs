//! From here to the ERP, and both at once.

use punchgate_app::{
    accounts::RequestTerms,
    sync::{PullMode, PushOutcome, Take},
};
use punchgate_connector::{
    Accounts, ConnectorResult, Context, Cursor, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    capabilities::Writable,
    page::Found,
};
use punchgate_domain::customer::{CreditLimit, Terms};

use super::{
    fake_erp::{Trick, hold, usd},
    world::World,
};

fn written() -> PushOutcome {
    PushOutcome::Written { refused: Vec::new() }
}

#[tokio::test]
async fn a_hold_goes_there_and_its_echo_is_no_event() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        let placed = world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        assert!(
            !world.on_terms(&id, usd(1)).await,
            "at once, before the ERP has it"
        );
        assert_eq!(world.pushes().await, ["100"]);
        assert_eq!(world.push("100").await, written());
        let there = world.erp.account("100").holds;
        assert_eq!(there.len(), 1);
        assert_eq!(
            (there[0].id.as_str(), there[0].code.as_str()),
            (placed.hold.as_str(), "cheque")
        );

        let before = world.view(&id).await;
        let held: Vec<_> = before.holds.iter().filter(|held| held.in_force).collect();
        assert_eq!((held.len(), held[0].row.push_state.as_str()), (1, "synced"));
        let report = world.pull().await;
        assert_eq!(
            (report.changed, report.conflicts),
            (0, 0),
            "our own write comes back"
        );
        assert_eq!(world.view(&id).await.history.len(), before.history.len());
        assert_eq!(world.push("100").await, PushOutcome::Nothing);

        world.release(&id, "cheque").await;
        assert!(world.on_terms(&id, usd(1)).await);
        assert_eq!(world.push("100").await, written());
        assert!(world.erp.account("100").holds.is_empty());
        assert_eq!(world.pull().await.changed, 0);
        assert!(world.on_terms(&id, usd(1)).await);
    }
}

#[tokio::test]
async fn a_limit_counts_when_the_erp_has_it() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        assert!(
            !world.on_terms(&id, usd(500_000)).await,
            "asked for is not granted"
        );
        assert_eq!(world.view(&id).await.requests.len(), 1);
        let terms = RequestTerms {
            customer: id.clone(),
            expected_version: world.view(&id).await.summary.version,
            terms: Terms {
                code: "N10".into(),
                label: "Net 10".into(),
                net_days: 10,
                prepaid: false,
            },
            author: world.author(),
        };
        world
            .accounts
            .request_terms(world.supplier(), &terms)
            .await
            .unwrap();
        assert_eq!(world.push("100").await, written());
        assert_eq!(world.erp.patches(), 1, "one write for both");
        assert!(world.on_terms(&id, usd(500_000)).await);
        let view = world.view(&id).await;
        assert!(view.requests.is_empty());
        assert_eq!(view.summary.terms.unwrap().code, "N10");
        let line = view.history.iter().find(|line| line.field == "limit").unwrap();
        let (from, to) = (line.from_value.as_deref(), line.to_value.as_deref());
        assert_eq!((from, to), (Some("USD 1,000.00"), Some("USD 7,000.00")));
        assert_eq!(line.who, "sam", "who asked for it, not who carried it over");
        assert!(
            world
                .accounts
                .conflicts(world.supplier(), None, None, 10)
                .await
                .unwrap()
                .is_empty()
        );
        let asked = view
            .history
            .iter()
            .find(|line| line.field == "limit asked for")
            .unwrap();
        assert_eq!(
            (asked.who.as_str(), asked.why.as_str()),
            ("sam", "agreed on the phone")
        );
    }
}

#[tokio::test]
async fn both_sides_changed_makes_one_conflict_and_loses_nothing() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        world.erp.change("100", |row| {
            row.credit_limit = CreditLimit::Amount(usd(300_000));
            row.name = "Renamed".to_owned();
            row.holds.push(hold("h1", "dunning", "Please pay."));
        });
        assert_eq!(
            world.push("100").await,
            PushOutcome::Nothing,
            "the ERP wins: nothing is left to write"
        );
        let view = world.view(&id).await;
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(300_000)));
        assert_eq!(
            (view.summary.name.as_str(), view.summary.stops_terms),
            ("Renamed", true)
        );
        let conflicts = world
            .accounts
            .conflicts(world.supplier(), Some("open"), None, 10)
            .await
            .unwrap();
        assert_eq!(conflicts.len(), 1);
        let conflict = &conflicts[0];
        assert_eq!(
            (conflict.field.as_str(), conflict.winner.as_str()),
            ("limit", "erp")
        );
        let has =
            |text: &Option<String>, minor: &str| text.as_deref().is_some_and(|text| text.contains(minor));
        assert!(has(&conflict.local_value, "700000") && has(&conflict.remote_value, "300000"));
        assert!(has(&conflict.base_value, "100000"));
        world.pull().await;
        assert_eq!(
            world
                .accounts
                .conflicts(world.supplier(), None, None, 10)
                .await
                .unwrap()
                .len(),
            1
        );
        let by = world.author();
        world
            .accounts
            .resolve_conflict(world.supplier(), &conflict.conflict_id, Take::Theirs, &by)
            .await
            .unwrap();
        let open = world
            .accounts
            .conflicts(world.supplier(), Some("open"), None, 10)
            .await
            .unwrap();
        assert!(open.is_empty());
    }
}

#[tokio::test]
async fn another_field_changed_there_does_not_stop_ours() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        world.erp.trick(Trick::RaceWrites(2));
        assert_eq!(world.push("100").await, written());
        assert_eq!(world.erp.patches(), 3);
        assert_eq!(
            world.erp.account("100").credit_limit,
            CreditLimit::Amount(usd(700_000))
        );
        let view = world.view(&id).await;
        assert_eq!(view.summary.name, "D-100 (0)", "and theirs is here");
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(700_000)));
    }
}

#[tokio::test]
async fn a_race_without_end_is_parked_for_a_person() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        world.erp.trick(Trick::RaceWrites(u32::MAX));
        assert_eq!(world.push("100").await, PushOutcome::Parked);
        assert_eq!(world.erp.patches(), 4, "one try and three more");
        let view = world.view(&id).await;
        assert_eq!(
            (view.requests[0].state.as_str(), view.requests.len()),
            ("parked", 1)
        );
        assert_eq!(
            world
                .accounts
                .conflicts(world.supplier(), Some("open"), None, 10)
                .await
                .unwrap()
                .len(),
            1
        );
        // A parked request is asked for again by a person, and then goes.
        world.erp.honest();
        assert_eq!(world.push("100").await, PushOutcome::Nothing);
        world.ask_limit(&id, 700_000).await;
        assert_eq!(world.push("100").await, written());
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_not_repeated() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        world.ask_limit(&id, 700_000).await;
        world.erp.trick(Trick::LoseAnswer);
        world.push("100").await;
        assert_eq!(world.erp.patches(), 1, "it was carried out: reading shows it");
        assert_eq!(world.erp.account("100").holds.len(), 1);
        let view = world.view(&id).await;
        assert!(view.requests.is_empty(), "{:?}", view.requests);
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(700_000)));
        assert!(
            world
                .accounts
                .conflicts(world.supplier(), None, None, 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(view.holds.iter().filter(|held| held.in_force).count(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_kept_in_the_erps_words() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        world.erp.trick(Trick::RefuseLimit);
        world.erp.trick(Trick::RefuseRelease);
        world.ask_limit(&id, 10).await;
        world.release(&id, "dunning").await;
        assert!(world.on_terms(&id, usd(1)).await);
        let PushOutcome::Written { refused } = world.push("100").await else {
            panic!("refused")
        };
        let words: Vec<&str> = refused.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(words, ["limit", "hold:h1"]);
        let view = world.view(&id).await;
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(100_000)));
        let limit = view.requests.iter().find(|row| row.field == "limit").unwrap();
        let said = limit.detail.as_deref();
        assert_eq!(
            (limit.state.as_str(), said),
            ("rejected", Some("limit below the outstanding amount (417)"))
        );
        assert!(
            !world.on_terms(&id, usd(1)).await,
            "the hold that the ERP keeps is back"
        );
        assert_eq!(view.holds.iter().filter(|held| held.in_force).count(), 1);
        // The same again, without tricks.
        world.erp.honest();
        world.release(&id, "dunning").await;
        assert_eq!(world.push("100").await, written());
        assert!(world.erp.account("100").holds.is_empty());
        world.pull().await;
        assert!(world.on_terms(&id, usd(1)).await);
    }
}

#[tokio::test]
async fn what_an_erp_refuses_together_is_tried_one_by_one() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        world.ask_limit(&id, 10).await;
        world.erp.trick(Trick::BlameAll);
        let PushOutcome::Written { refused } = world.push("100").await else {
            panic!("refused")
        };
        let fields: Vec<&str> = refused.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["limit"]);
        assert_eq!(world.erp.account("100").holds.len(), 1, "the hold is there");
        let view = world.view(&id).await;
        assert_eq!(view.holds[0].row.push_state, "synced");
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(100_000)));
    }
}

#[tokio::test]
async fn writes_that_get_lost_are_nobody_s_race() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        world.erp.trick(Trick::LoseWrites);
        for _ in 0..6 {
            let error = world.try_push("100").await.unwrap_err();
            assert!(error.is_retryable(), "{error}");
        }
        assert_eq!(world.erp.patches(), 6, "one a try");
        let view = world.view(&id).await;
        assert_eq!(view.requests[0].state, "pending");
        let conflicts = world
            .accounts
            .conflicts(world.supplier(), None, None, 10)
            .await
            .unwrap();
        assert!(conflicts.is_empty(), "{conflicts:?}");
        world.erp.honest();
        assert_eq!(world.push("100").await, written());
    }
}

#[tokio::test]
async fn a_hold_whose_code_the_erp_writes_its_own_way_is_still_one_hold() {
    for (renames, external_id) in [(false, None), (true, Some("erp-1"))] {
        for world in World::all().await {
            let id = world.customer("100").await;
            let request = world.hold_request(&id, "late").await;
            world
                .accounts
                .place_hold(world.supplier(), &request)
                .await
                .unwrap();
            world.erp.trick(Trick::RewriteCodes);
            if renames {
                world.erp.trick(Trick::RenameHolds);
            }
            assert_eq!(world.push("100").await, written());
            world.pull().await;
            let view = world.view(&id).await;
            let [held] = &view.holds[..] else {
                panic!("{:?}", view.holds)
            };
            assert_eq!((held.row.code.as_str(), held.in_force), ("ZLATE  ", true));
            assert_eq!(
                (held.row.source.as_str(), held.row.push_state.as_str()),
                ("manual", "synced")
            );
            if let Some(external_id) = external_id {
                assert_eq!(held.row.external_id, external_id);
            }
            assert!(view.requests.is_empty());
        }
    }
}

#[tokio::test]
async fn a_hold_that_the_erp_renames_or_keeps_is_still_one_hold() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        world.erp.trick(Trick::RenameHolds);
        assert_eq!(world.push("100").await, written());
        let in_force = async |world: &World| {
            world
                .view(&id)
                .await
                .holds
                .into_iter()
                .filter(|held| held.in_force)
                .collect::<Vec<_>>()
        };
        let held = in_force(&world).await;
        assert_eq!((held.len(), held[0].row.external_id.as_str()), (1, "erp-1"));
        // Released in the ERP under its own id.
        world.erp.change("100", |row| row.holds.clear());
        world.pull().await;
        assert!(in_force(&world).await.is_empty());

        // An ERP that says that it has let go, and has not.
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        world.erp.trick(Trick::KeepHolds);
        world.release(&id, "dunning").await;
        assert_eq!(world.push("100").await, written());
        assert_eq!(
            in_force(&world).await.len(),
            1,
            "it holds there, so it holds here"
        );
    }
}

#[tokio::test]
async fn what_a_connection_does_not_write_is_refused_without_asking() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let request = world.hold_request(&id, "cheque").await;
        world
            .accounts
            .place_hold(world.supplier(), &request)
            .await
            .unwrap();
        let calls = world.calls();
        let erp = (&world.erp as _, Writable::default());
        let pushed = world
            .sync
            .push_account(&world.scope, &world.policy, erp, &calls, "100")
            .await
            .unwrap();
        assert!(matches!(pushed, PushOutcome::Written { refused } if refused.len() == 1));
        assert_eq!(world.erp.patches(), 0);
        assert!(
            !world.on_terms(&id, usd(1)).await,
            "the hold holds here all the same"
        );
    }
}

/// Reads a page; before it is entered, a push writes the same account.
struct Interleaved<'a>(&'a World);

#[async_trait::async_trait]
impl Accounts for Interleaved<'_> {
    async fn pull(&self, ctx: &Context, from: Option<&Cursor>, most: u32) -> ConnectorResult<Page<Account>> {
        let page = self.0.erp.pull(ctx, from, most).await;
        self.0.push("100").await;
        page
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.0.erp.get(ctx, ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.0.erp.patch(ctx, patch).await
    }
}

#[tokio::test]
async fn a_page_that_was_read_before_a_write_does_not_undo_it() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.erp.change("100", |row| row.name = "Renamed".to_owned());
        world.ask_limit(&id, 700_000).await;
        let (calls, feed) = (world.calls(), Interleaved(&world));
        let mode = PullMode::Changes;
        world
            .sync
            .pull_accounts(&world.scope, &world.policy, &feed, &calls, mode)
            .await
            .unwrap();
        let view = world.view(&id).await;
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(700_000)));
        assert_eq!(view.summary.name, "Renamed");
        let lines = view
            .history
            .iter()
            .filter(|line| line.field == "limit" && line.from_value.is_some());
        assert_eq!(lines.count(), 1, "up once, and not down again");
    }
}
