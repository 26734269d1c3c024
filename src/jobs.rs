//! Durable work: claim with a lease, run, record. One file a job; each says at every failure whether it is
//! tried again or a person must look.
//!
//! **Invariant:** suppliers are served in turn, so that one tenant starves no other; a kind or payload version
//! that this program does not know is not claimed; nothing is discarded silently.

pub mod alerts;
mod backoff;
pub mod confirmations;
pub mod decisions;
pub mod events;
pub mod periodic;
mod shares;
pub mod submissions;

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    clock::micros,
    orders,
    work::{Claimed, Ending},
};
use punchgate_domain::Instant;
use punchgate_storage::{
    Lane, StorageResult,
    outbox::{self, Verdict},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use shares::{Held, Share, Workers};

/// How often work looks whether the switch is on again that it waits for: 5 minutes.
const WAIT_MICROS: i64 = 5 * 60 * 1_000_000;

/// The jobs of this program: kind, version of the payload, whose share of the workers it takes, what runs it.
macro_rules! jobs {
    ($($kind:path, $version:literal, $share:ident => $run:path;)+) => {
        /// What this program knows to run: kinds and versions of their payloads. Everything else in the outbox is
        /// left for a program that knows it.
        pub const KNOWN: &[(&str, i64)] = &[$(($kind, $version)),+];

        /// The same by whose share of the workers they take.
        const SHARES: &[Share] = &[$(Share::$share),+];

        async fn dispatch(gateway: &Arc<Gateway>, claimed: &Claimed) -> Ending {
            match (claimed.entry.kind.as_str(), claimed.entry.payload_version) {
                $(($kind, $version) => $run(gateway, claimed).await,)+
                (kind, version) => Ending::Retry(format!("the job '{kind}' version {version} is not known here")),
            }
        }
    };
}

jobs! {
    orders::SUBMIT_ORDER, 1, Core => submissions::submit;
    orders::COMPARE_PRICES, 1, Core => decisions::prices;
    orders::FIND_IN_ERP, 1, Core => submissions::exported;
    orders::ASK_SINK, 1, Core => submissions::ask;
    orders::CANCEL_AT_SINK, 1, Core => submissions::withdraw;
    orders::WITHDRAWAL_DUE, 1, Core => submissions::withdrawal;
    orders::CANCEL_SURPLUS, 1, Core => submissions::surplus;
    orders::CHANGE_AT_SINK, 1, Core => submissions::change;
    orders::CANCEL_ACCEPTED, 1, Core => submissions::cancel_accepted;
    orders::REDECIDE_ACCOUNT, 1, Core => decisions::account;
    orders::REDECIDE_ORDER, 1, Core => decisions::order;
    orders::PREDECESSOR_DUE, 1, Core => decisions::predecessor;
    orders::confirm::DELIVER_CONFIRMATION, 1, Partners => confirmations::deliver;
    punchgate_app::alerts::SEND_ALERT, 1, Events => alerts::send;
    punchgate_app::events::TELL_EVENT, 1, Events => events::tell;
    punchgate_app::sync::PUSH_ACCOUNT, 1, Core => periodic::push_account;
}

/// Runs work until told to stop; work under way is finished.
pub async fn run(gateway: Arc<Gateway>, stop: CancellationToken) {
    let workers = Workers::new(gateway.config.jobs.workers);
    let mut running = JoinSet::new();
    let mut turn = 0_usize;
    loop {
        match claim(&gateway, &workers, &mut turn).await {
            Ok(claimed) if !claimed.is_empty() => {
                for (one, held) in claimed {
                    let gateway = Arc::clone(&gateway);
                    running.spawn(async move {
                        let _held = held;
                        attempt(&gateway, one).await;
                    });
                }
            }
            Ok(_) => {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(gateway.config.jobs.poll) => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "work could not be claimed");
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            }
        }
        while let Some(ended) = running.try_join_next() {
            tell_of_panic(ended);
        }
        if stop.is_cancelled() {
            break;
        }
    }
    while let Some(ended) = running.join_next().await {
        tell_of_panic(ended);
    }
}

/// A job that panicked is a mistake of ours: its entry comes again when the lease has run out.
fn tell_of_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a job broke down; it comes again");
    }
}

/// Runs everything that is due now, one after the other, until nothing is left: for tests and commands.
pub async fn drain(gateway: &Arc<Gateway>) -> StorageResult<usize> {
    let workers = Workers::new(gateway.config.jobs.workers);
    let mut turn = 0;
    let mut done = 0;
    loop {
        let claimed = claim(gateway, &workers, &mut turn).await?;
        if claimed.is_empty() {
            return Ok(done);
        }
        for (one, _held) in claimed {
            attempt(gateway, one).await;
            done += 1;
        }
    }
}

/// Claims what the workers that are free may do, orders first.
async fn claim(
    gateway: &Arc<Gateway>,
    workers: &Workers,
    turn: &mut usize,
) -> StorageResult<Vec<(Claimed, Held)>> {
    *turn = turn.wrapping_add(1);
    let mut claimed = Vec::new();
    for share in Share::ALL {
        let free = workers.left(share);
        if free == 0 {
            continue;
        }
        let known: Vec<String> = KNOWN
            .iter()
            .zip(SHARES)
            .filter(|(_, of)| **of == share)
            .map(|((kind, version), _)| outbox::job_key(kind, *version))
            .collect();
        let of_share = match claim_of(gateway, &known, free, *turn).await {
            Ok(of_share) => of_share,
            // What is claimed runs; the error comes again with the next look.
            Err(_) if !claimed.is_empty() => break,
            Err(error) => return Err(error),
        };
        claimed.extend(of_share.into_iter().map(|one| (one, workers.hold(share))));
    }
    Ok(claimed)
}

/// Claims up to `free` jobs of these kinds, of the suppliers in turn.
async fn claim_of(
    gateway: &Arc<Gateway>,
    known: &[String],
    free: usize,
    turn: usize,
) -> StorageResult<Vec<Claimed>> {
    let now = micros(gateway.surroundings.now());
    let mut tx = gateway.surroundings.db.read().await?;
    let mut suppliers = outbox::suppliers_with_work(&mut tx, now, known).await?;
    tx.rollback().await?;
    if suppliers.is_empty() {
        return Ok(Vec::new());
    }
    let first = turn % suppliers.len();
    suppliers.rotate_left(first);
    let each = i64::try_from(free.div_ceil(suppliers.len())).unwrap_or(1);
    let mut claimed = Vec::new();
    for supplier in suppliers {
        let left = i64::try_from(free.saturating_sub(claimed.len())).unwrap_or(0);
        if left == 0 {
            break;
        }
        let mut tx = gateway.surroundings.db.begin(Lane::Background).await?;
        let rows = outbox::claim(&mut tx, &supplier, now, each.min(left), known).await?;
        tx.commit().await?;
        let claimed_at = gateway.surroundings.clock.since_boot();
        claimed.extend(rows.into_iter().map(|entry| Claimed::new(entry, claimed_at, now)));
    }
    Ok(claimed)
}

async fn attempt(gateway: &Arc<Gateway>, claimed: Claimed) {
    let entry = claimed.entry.clone();
    tracing::debug!(job = %entry.kind, stream = %entry.stream, attempt = entry.attempts, "a job begins");
    let heart = CancellationToken::new();
    // A job that panics takes its heart with it: the lease runs out, and the job comes again.
    let _stops = heart.clone().drop_guard();
    let beating = tokio::spawn(beat(Arc::clone(gateway), claimed.clone(), heart.clone()));
    let ending = dispatch(gateway, &claimed).await;
    heart.cancel();
    // A heart that stopped badly has lost the lease: the database says so at the conclusion.
    let _ = beating.await;
    if let Err(error) = conclude(gateway, &claimed, ending).await {
        tracing::error!(%error, stream = %entry.stream, "the end of a job could not be recorded; it comes again");
    }
}

async fn beat(gateway: Arc<Gateway>, claimed: Claimed, stop: CancellationToken) {
    let entry = &claimed.entry;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(gateway.config.jobs.heartbeat) => {}
        }
        let asked_at = gateway.surroundings.clock.since_boot();
        let extended = async {
            let mut tx = gateway.surroundings.db.begin(Lane::Background).await?;
            let ours = outbox::heartbeat(&mut tx, entry).await?;
            tx.commit().await?;
            StorageResult::Ok(ours)
        };
        match extended.await {
            Ok(true) => claimed.extended(asked_at),
            Ok(false) => {
                tracing::warn!(stream = %entry.stream, "the lease of a job went to another worker");
                return;
            }
            Err(error) => tracing::warn!(%error, stream = %entry.stream, "a lease could not be extended"),
        }
    }
}

/// When it is tried again, not before `after`; a person must look if it has been tried for long enough.
fn later(
    gateway: &Gateway,
    claimed: &Claimed,
    now: Instant,
    detail: String,
    after: Duration,
) -> (Verdict, &'static str, String) {
    let since = claimed.entry.revived_at.unwrap_or(claimed.entry.created_at);
    let tried_for = micros(now).saturating_sub(since);
    match backoff::next(claimed.entry.attempts, tried_for, gateway) {
        Some(wait) => {
            let wait = wait.max(backoff::asked_for(after));
            (Verdict::Retry(micros(now).saturating_add(wait)), "retry", detail)
        }
        None => {
            let detail = format!("given up after {} attempts: {detail}", claimed.entry.attempts);
            (Verdict::Dead, "dead", detail)
        }
    }
}

async fn conclude(gateway: &Arc<Gateway>, claimed: &Claimed, ending: Ending) -> StorageResult<()> {
    let now = gateway.surroundings.now();
    let (verdict, outcome, detail) = match ending {
        Ending::Concluded => return Ok(()),
        Ending::Done(detail) => (Verdict::Done, "done", detail),
        Ending::Dead(detail) => (Verdict::Dead, "dead", detail),
        Ending::Wait(detail) => {
            let look_again = micros(now).saturating_add(WAIT_MICROS);
            (Verdict::Wait(look_again), "waiting", detail)
        }
        Ending::Retry(detail) => later(gateway, claimed, now, detail, Duration::ZERO),
        Ending::RetryAfter(detail, after) => later(gateway, claimed, now, detail, after),
    };
    if matches!(verdict, Verdict::Dead) {
        tracing::error!(job = %claimed.entry.kind, stream = %claimed.entry.stream, %detail, "a person must look");
    }
    let mut tx = gateway.surroundings.db.begin(Lane::Background).await?;
    claimed
        .conclude(&mut tx, &gateway.surroundings, &verdict, outcome, None, detail)
        .await?;
    tx.commit().await
}
