//! A program as its callers see it: asked one after the other, started when it is needed.

use std::sync::{Arc, Mutex as Lock, PoisonError};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    ChildError, Program, ProgramError, UnseenCause,
    running::{AtRest, Running, shown},
};

/// A program, run or not. Clones share it; when the last is dropped, it is killed.
#[derive(Clone, Debug)]
pub struct Child {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    program: Program,
    /// Whoever holds it speaks with the program.
    turn: Mutex<Turn>,
    /// The answer to the latest greeting.
    greeting: Lock<Option<Arc<[u8]>>>,
}

#[derive(Debug, Default)]
struct Turn {
    running: Option<Running>,
    failures: u32,
    not_before: Option<Instant>,
}

impl Child {
    /// A program that can be run here; starts nothing yet.
    pub fn new(program: Program) -> Result<Self, ProgramError> {
        program.check()?;
        Ok(Self {
            shared: Arc::new(Shared {
                program,
                turn: Mutex::default(),
                greeting: Lock::default(),
            }),
        })
    }

    /// What it said to the latest greeting, if it was ever started.
    pub fn latest_greeting(&self) -> Option<Arc<[u8]>> {
        self.shared.lock_greeting().clone()
    }

    /// What it says to a greeting: it is started unless it runs.
    pub async fn greeting(&self) -> Result<Arc<[u8]>, ChildError> {
        let mut turn = self.shared.turn.lock().await;
        let running = self.shared.ready(&mut turn).await?;
        turn.running = Some(running);
        self.latest_greeting()
            .ok_or_else(|| self.shared.not_asked("it has not been greeted"))
    }

    /// Sends a line and hands the answer to `read`, which says what is wrong with it if it is not the answer to this
    /// line. A program whose answer is wrong, late, too long or missing is killed, also when nobody waits any more.
    pub async fn ask<T>(
        &self,
        line: &[u8],
        until: Instant,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, ChildError> {
        let shared = &*self.shared;
        let limits = shared.program.limits;
        if line.len() > limits.line_bytes {
            let detail = format!("the line for it has more than {} bytes", limits.line_bytes);
            return Err(shared.not_asked(detail));
        }
        let mut turn = tokio::time::timeout_at(until, shared.turn.lock())
            .await
            .map_err(|_| shared.not_asked("it was asked by others all the time"))?;
        // It is not in its place while it is asked: who is dropped meanwhile takes it along.
        let mut running = shared.ready(&mut turn).await?;
        if until.saturating_duration_since(Instant::now()) < limits.least_time {
            turn.running = Some(running);
            return Err(shared.not_asked("too little time was left for it"));
        }
        let (cause, detail) = match running.ask(line, until, limits.line_bytes).await {
            Ok(answer) => match read(&answer) {
                Ok(read) => {
                    turn.running = Some(running);
                    turn.failures = 0;
                    return Ok(read);
                }
                Err(problem) => (UnseenCause::Garbled, format!("{problem}: {}", shown(&answer))),
            },
            Err(unseen) => (unseen.cause, unseen.detail),
        };
        let detail = shared.end(&mut turn, running, detail).await;
        Err(ChildError::Unseen {
            program: shared.program.name(),
            cause,
            detail,
        })
    }
}

impl Shared {
    /// The program, started and greeted; its place is empty until it is put back.
    async fn ready(&self, turn: &mut Turn) -> Result<Running, ChildError> {
        if let Some(mut running) = turn.running.take() {
            match running.at_rest() {
                AtRest::Waits => return Ok(running),
                // Whoever has nothing to do may go.
                AtRest::Ended => {
                    running.end().await;
                }
                AtRest::Talks => {
                    let problem =
                        "it wrote to stdout without being asked; what is for people belongs to stderr";
                    let detail = self.end(turn, running, problem.to_owned()).await;
                    return Err(self.not_asked(detail));
                }
            }
        }
        if let Some(after) = turn
            .not_before
            .map(|at| at.saturating_duration_since(Instant::now()))
            && !after.is_zero()
        {
            return Err(ChildError::NotAsked {
                program: self.program.name(),
                detail: format!("it failed {} times in a row and rests", turn.failures),
                after: Some(after),
            });
        }
        self.start(turn).await
    }

    async fn start(&self, turn: &mut Turn) -> Result<Running, ChildError> {
        let limits = self.program.limits;
        // Until it has done well: a program that ends while it is greeted is not started in a hot loop either.
        let mut running = match Running::start(&self.program) {
            Ok(running) => running,
            Err(error) => {
                turn.note_failure(self);
                return Err(self.not_asked(format!("it cannot be started: {error}")));
            }
        };
        let until = Instant::now() + limits.start;
        let answer = match running
            .ask(&self.program.greeting.line, until, limits.line_bytes)
            .await
        {
            Ok(answer) => answer,
            Err(unseen) => {
                let detail = format!("while it was greeted, {}", unseen.detail);
                let detail = self.end(turn, running, detail).await;
                return Err(self.not_asked(detail));
            }
        };
        if let Err(problem) = (self.program.greeting.judge)(&answer) {
            let detail = self.end(turn, running, problem).await;
            return Err(ChildError::Refused {
                program: self.program.name(),
                detail,
            });
        }
        tracing::info!(program = self.program.name(), "started");
        *self.lock_greeting() = Some(answer.into());
        Ok(running)
    }

    /// Kills it; what is to be told of it.
    async fn end(&self, turn: &mut Turn, running: Running, detail: String) -> String {
        // First: whoever is dropped in what follows has noted it.
        turn.note_failure(self);
        let status = running.end().await;
        let detail = match status {
            Some(status) => format!("{detail} ({status})"),
            None => detail,
        };
        tracing::warn!(program = self.program.name(), "ended: {detail}");
        detail
    }

    fn not_asked(&self, detail: impl Into<String>) -> ChildError {
        ChildError::NotAsked {
            program: self.program.name(),
            detail: detail.into(),
            after: None,
        }
    }

    fn lock_greeting(&self) -> std::sync::MutexGuard<'_, Option<Arc<[u8]>>> {
        self.greeting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    fn note_failure(&mut self, shared: &Shared) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + shared.program.limits.wait(self.failures));
    }
}
