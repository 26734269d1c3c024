//! Who may write when: three lanes, intake first.
//!
//! SQLite has one writer, so there is a queue before it: background work never delays a buyer's document by more than
//! one short transaction, a sweep neither the one nor the other; within a lane it is first come, first served.
//! PostgreSQL has many. On both a sweep leaves room for intake: while documents come in, it rests after each of its
//! turns for a multiple of what that took. There are processors and disks to be shared, not a writer alone.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// In percent of what its turn took, so long a sweep rests: where one writes at a time it is in the way of everybody,
/// else it takes processors and disks only.
const REST_OF_ONE: u32 = 500;
const REST_OF_MANY: u32 = 150;
/// But no longer than this.
const LONGEST_REST: Duration = Duration::from_millis(50);
/// So long after it last wrote, intake is taken to write again.
const INTAKE_GOES_ON: Duration = Duration::from_secs(1);
/// After so many turns whoever looks after the one writer's log is called.
const TURNS_A_CALL: u32 = 16;

/// Who asks to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Documents and shoppers that wait for an answer.
    Intake,
    /// Everything that nobody waits for; such transactions stay short (≤ 500 rows or 10 ms).
    Background,
    /// What would be read again from where it came, cursor and all, if the power failed now. Its commit does not wait
    /// for the disk: the next commit of the other lanes takes it along, and whoever acts on it (a job's claim, a
    /// decision) commits in one of those first.
    Sweep,
}

#[derive(Debug, Default)]
struct Queue {
    taken: bool,
    intake: VecDeque<oneshot::Sender<()>>,
    background: VecDeque<oneshot::Sender<()>>,
    sweep: VecDeque<oneshot::Sender<()>>,
    intake_wrote: Option<Instant>,
    rests_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    many_writers: bool,
    /// Whether the one writer was last told not to wait for the disk. Only who has the turn looks at it.
    hasty: AtomicBool,
    turns: AtomicU32,
    keeper: Option<mpsc::Sender<()>>,
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub struct Lanes {
    shared: Arc<Shared>,
}

/// The queue, to look at as long as somebody else has it.
#[derive(Debug, Clone)]
pub(crate) struct WeakLanes(Weak<Shared>);

impl WeakLanes {
    /// None when nobody is left who could write.
    pub(crate) fn upgrade(&self) -> Option<Lanes> {
        self.0.upgrade().map(|shared| Lanes { shared })
    }
}

/// The right to write; dropping it calls the next in line.
#[derive(Debug)]
pub struct Turn {
    shared: Arc<Shared>,
    sweeps_since: Option<Instant>,
}

impl Lanes {
    /// Where one writes at a time, and somebody is called now and then to look after what was written.
    pub(crate) fn of_one_writer(keeper: mpsc::Sender<()>) -> Self {
        Self {
            shared: Arc::new(Shared {
                keeper: Some(keeper),
                ..Shared::default()
            }),
        }
    }

    pub(crate) fn downgrade(&self) -> WeakLanes {
        WeakLanes(Arc::downgrade(&self.shared))
    }

    /// Where many may write at once.
    pub fn of_many_writers() -> Self {
        Self {
            shared: Arc::new(Shared {
                many_writers: true,
                ..Shared::default()
            }),
        }
    }

    /// Waits until a sweep has rested, and for the writer where there is one.
    pub async fn turn(&self, lane: Lane) -> Turn {
        match lane {
            Lane::Intake => self.shared.queue().intake_wrote = Some(Instant::now()),
            Lane::Background => {}
            Lane::Sweep => {
                let until = self.shared.queue().rests_until;
                if let Some(until) = until {
                    tokio::time::sleep_until(until).await;
                }
            }
        }
        if !self.shared.many_writers {
            self.stand_in_line(lane).await;
        }
        Turn {
            shared: Arc::clone(&self.shared),
            sweeps_since: (lane == Lane::Sweep).then(Instant::now),
        }
    }

    async fn stand_in_line(&self, lane: Lane) {
        loop {
            let waiting = {
                let mut queue = self.shared.queue();
                if !queue.taken {
                    queue.taken = true;
                    return;
                }
                let (sender, receiver) = oneshot::channel();
                match lane {
                    Lane::Intake => queue.intake.push_back(sender),
                    Lane::Background => queue.background.push_back(sender),
                    Lane::Sweep => queue.sweep.push_back(sender),
                }
                receiver
            };
            let mut waiter = Waiter {
                receiver: waiting,
                shared: &self.shared,
            };
            // A closed channel means that the queue let go of us without a turn: stand in line again.
            if (&mut waiter.receiver).await.is_ok() {
                return;
            }
        }
    }
}

impl Turn {
    /// What the one writer must be told before a transaction of this lane, if it was last told otherwise.
    pub(crate) fn new_haste(&self, lane: Lane) -> Option<bool> {
        let wanted = lane == Lane::Sweep;
        (self.shared.hasty.load(Ordering::Relaxed) != wanted).then_some(wanted)
    }

    /// It is about to be told to hurry, or was told not to: in doubt it is told once more not to.
    pub(crate) fn note_haste(&self, hasty: bool) {
        self.shared.hasty.store(hasty, Ordering::Relaxed);
    }
}

impl Shared {
    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call_next(&self) {
        loop {
            let next = {
                let mut queue = self.queue();
                let intake = queue.intake.pop_front();
                let next = intake.or_else(|| queue.background.pop_front());
                match next.or_else(|| queue.sweep.pop_front()) {
                    Some(next) => next,
                    None => {
                        queue.taken = false;
                        return;
                    }
                }
            };
            // A waiter that went away hands nothing on: the next one is asked.
            if next.send(()).is_ok() {
                return;
            }
        }
    }
}

/// Somebody in line. Dropped between the call and its awakening, it passes the turn on.
struct Waiter<'a> {
    receiver: oneshot::Receiver<()>,
    shared: &'a Shared,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        if self.receiver.try_recv().is_ok() {
            self.shared.call_next();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(since) = self.sweeps_since {
            let now = Instant::now();
            let percent = match self.shared.many_writers {
                true => REST_OF_MANY,
                false => REST_OF_ONE,
            };
            let rest = (now.duration_since(since) * percent / 100).min(LONGEST_REST);
            let mut queue = self.shared.queue();
            let goes_on = |wrote: Instant| now.duration_since(wrote) < INTAKE_GOES_ON;
            queue.rests_until = queue.intake_wrote.is_some_and(goes_on).then(|| now + rest);
        }
        if !self.shared.many_writers {
            self.shared.call_next();
        }
        if let Some(keeper) = &self.shared.keeper
            && (self.shared.turns.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(TURNS_A_CALL)
        {
            // Somebody who is called already need not be called once more.
            let _ = keeper.try_send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn intake_goes_first_a_sweep_last_and_a_lost_waiter_blocks_nobody() {
        let lanes = Lanes::default();
        let first = lanes.turn(Lane::Background).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, lane) in [
            ("s1", Lane::Sweep),
            ("b1", Lane::Background),
            ("gone", Lane::Intake),
            ("i1", Lane::Intake),
        ] {
            let (lanes, order) = (lanes.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = lanes.turn(lane).await;
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        tasks[2].abort();
        let _ = (&mut tasks[2]).await;
        drop(first);
        for (place, task) in tasks.into_iter().enumerate() {
            if place != 2 {
                task.await.unwrap();
            }
        }
        assert_eq!(*order.lock().unwrap(), ["i1", "b1", "s1"]);
        let _again = lanes.turn(Lane::Background).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_rests_while_documents_come_in() {
        for (lanes, rest) in [(Lanes::default(), 50), (Lanes::of_many_writers(), 15)] {
            let took = async |work: u64| {
                let turn = lanes.turn(Lane::Sweep).await;
                tokio::time::advance(Duration::from_millis(work)).await;
                drop(turn);
                let ended = Instant::now();
                drop(lanes.turn(Lane::Sweep).await);
                ended.elapsed().as_millis()
            };
            assert_eq!(took(10).await, 0, "nobody waits");
            drop(lanes.turn(Lane::Intake).await);
            assert_eq!(took(10).await, rest);
            assert_eq!(took(400).await, 50, "and never for long");
            assert_eq!(took(600).await, 0, "intake has not written for a second");
        }
    }

    #[tokio::test]
    async fn many_write_at_once_where_they_may() {
        let lanes = Lanes::of_many_writers();
        let _sweep = lanes.turn(Lane::Sweep).await;
        let _intake = lanes.turn(Lane::Intake).await;
        let _background = lanes.turn(Lane::Background).await;
    }
}
