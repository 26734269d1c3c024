//! A transaction that crossed another one is run again from its beginning.

/// How often.
pub(crate) const ROUNDS: usize = 8;

/// `run_again_if_crossed!(step)`: the step begins and commits its own transaction.
macro_rules! run_again_if_crossed {
    ($step:expr) => {{
        let mut rounds = 0;
        loop {
            match $step.await {
                Err(error) if error.is_crossing() && rounds < $crate::accounts::crossing::ROUNDS => {
                    rounds += 1
                }
                result => break result,
            }
        }
    }};
}
pub(crate) use run_again_if_crossed;
