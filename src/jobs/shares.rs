//! Which work may hold how many workers. What waits for somebody else's system may hang for as long as a call may take:
//! it never takes the last worker from the orders.
//!
//! **Invariant:** pure counting; with one worker there is nothing to share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Kinds of work that wait for the same others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    /// Orders, decisions and accounts.
    Core,
    /// Documents to buyers.
    Partners,
    /// Events to other systems.
    Events,
}

/// How many run now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Running {
    core: usize,
    partners: usize,
    events: usize,
}

/// The workers.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    all: usize,
    running: Arc<Mutex<Running>>,
}

/// A worker that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    workers: Workers,
    share: Share,
}

impl Share {
    /// In the order in which they are served.
    pub(super) const ALL: [Self; 3] = [Self::Core, Self::Partners, Self::Events];
}

impl Running {
    fn of(&mut self, share: Share) -> &mut usize {
        match share {
            Share::Core => &mut self.core,
            Share::Partners => &mut self.partners,
            Share::Events => &mut self.events,
        }
    }

    /// Events hold at most half of the workers, events and partners together three quarters.
    fn left(self, share: Share, all: usize) -> usize {
        let free = all.saturating_sub(self.core + self.partners + self.events);
        let outside = (all * 3 / 4).max(1).saturating_sub(self.partners + self.events);
        let events = (all / 2).max(1).saturating_sub(self.events);
        match share {
            Share::Core => free,
            Share::Partners => free.min(outside),
            Share::Events => free.min(outside).min(events),
        }
    }
}

impl Workers {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all,
            running: Arc::default(),
        }
    }

    /// How many pieces of this work may begin now.
    pub(super) fn left(&self, share: Share) -> usize {
        self.lock().left(share, self.all)
    }

    /// Takes a worker. The dispatcher alone takes them, and it has counted.
    pub(super) fn hold(&self, share: Share) -> Held {
        *self.lock().of(share) += 1;
        Held {
            workers: self.clone(),
            share,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut running = self.workers.lock();
        let count = running.of(self.share);
        *count = count.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_last_worker_from_the_orders() {
        // All workers; running: core, partners, events; left for each.
        let rows = [
            (8, [0, 0, 0], [8, 6, 4]),
            (8, [0, 0, 4], [4, 2, 0]),
            (8, [0, 6, 0], [2, 0, 0]),
            (8, [0, 2, 4], [2, 0, 0]),
            (8, [8, 0, 0], [0, 0, 0]),
            (8, [6, 0, 0], [2, 2, 2]),
            (8, [0, 0, 3], [5, 3, 1]),
            (4, [0, 0, 2], [2, 1, 0]),
            (4, [0, 1, 2], [1, 0, 0]),
            (3, [0, 0, 1], [2, 1, 0]),
            (2, [0, 0, 1], [1, 0, 0]),
            (2, [0, 1, 0], [1, 0, 0]),
            (1, [0, 0, 0], [1, 1, 1]),
            (1, [0, 0, 1], [0, 0, 0]),
        ];
        for (all, [core, partners, events], expected) in rows {
            let running = Running {
                core,
                partners,
                events,
            };
            let left = Share::ALL.map(|share| running.left(share, all));
            assert_eq!(left, expected, "{all} {running:?}");
        }
    }

    #[test]
    fn a_worker_is_free_again_when_it_is_let_go() {
        let workers = Workers::new(2);
        let held = workers.hold(Share::Events);
        assert_eq!((workers.left(Share::Events), workers.left(Share::Core)), (0, 1));
        drop(held);
        assert_eq!((workers.left(Share::Events), workers.left(Share::Core)), (1, 2));
    }
}
