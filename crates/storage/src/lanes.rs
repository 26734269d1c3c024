//! The queue before SQLite's one writer: two lanes, intake first.
//!
//! Background work never delays a buyer's document by more than one short transaction; within a lane it is
//! first come, first served.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

/// Who asks to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Documents and shoppers that wait for an answer.
    Intake,
    /// Everything that nobody waits for; such transactions stay short (≤ 500 rows or 10 ms).
    Background,
}

#[derive(Debug, Default)]
struct Queue {
    taken: bool,
    intake: VecDeque<oneshot::Sender<()>>,
    background: VecDeque<oneshot::Sender<()>>,
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub struct Lanes {
    queue: Arc<Mutex<Queue>>,
}

/// The right to write; dropping it calls the next in line.
#[derive(Debug)]
pub struct Turn {
    queue: Arc<Mutex<Queue>>,
}

impl Lanes {
    /// Waits for the writer.
    pub async fn turn(&self, lane: Lane) -> Turn {
        loop {
            let waiting = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if !queue.taken {
                    queue.taken = true;
                    return Turn {
                        queue: Arc::clone(&self.queue),
                    };
                }
                let (sender, receiver) = oneshot::channel();
                match lane {
                    Lane::Intake => queue.intake.push_back(sender),
                    Lane::Background => queue.background.push_back(sender),
                }
                receiver
            };
            let mut waiter = Waiter {
                receiver: waiting,
                queue: &self.queue,
            };
            // A closed channel means that the queue let go of us without a turn: stand in line again.
            if (&mut waiter.receiver).await.is_ok() {
                return Turn {
                    queue: Arc::clone(&self.queue),
                };
            }
        }
    }
}

/// Somebody in line. Dropped between the call and its awakening, it passes the turn on.
struct Waiter<'a> {
    receiver: oneshot::Receiver<()>,
    queue: &'a Arc<Mutex<Queue>>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        if self.receiver.try_recv().is_ok() {
            drop(Turn {
                queue: Arc::clone(self.queue),
            });
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        loop {
            let next = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                match queue.intake.pop_front().or_else(|| queue.background.pop_front()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn intake_goes_before_background_and_a_lost_waiter_blocks_nobody() {
        let lanes = Lanes::default();
        let first = lanes.turn(Lane::Background).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, lane) in [
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
        tasks[1].abort();
        let _ = (&mut tasks[1]).await;
        drop(first);
        for (place, task) in tasks.into_iter().enumerate() {
            if place != 1 {
                task.await.unwrap();
            }
        }
        assert_eq!(*order.lock().unwrap(), ["i1", "b1"]);
        let _again = lanes.turn(Lane::Background).await;
    }
}
