//! How long until the next attempt: doubling from a second to ten minutes, with jitter, until the limit of
//! the configuration; then a person must look.

use std::time::Duration;

use crate::gateway::Gateway;

const FIRST: i64 = 1_000_000;
const LONGEST: i64 = 600_000_000;
const LONGEST_ASKED: i64 = 86_400_000_000;

/// Microseconds to wait, or none if it has been tried for long enough.
pub(super) fn next(attempts: i64, tried_for: i64, gateway: &Gateway) -> Option<i64> {
    let limit = i64::try_from(gateway.config.jobs.retry.as_micros()).unwrap_or(i64::MAX);
    let mut random = [0_u8; 2];
    gateway.surroundings.entropy.fill(&mut random);
    (tried_for < limit).then(|| wait(attempts, u16::from_be_bytes(random)))
}

/// What the other side asks for, in microseconds: believed up to a day.
pub(super) fn asked_for(after: Duration) -> i64 {
    i64::try_from(after.as_micros()).map_or(LONGEST_ASKED, |wait| wait.min(LONGEST_ASKED))
}

/// Between half of the step and the whole of it, so that many that failed together do not come together.
fn wait(attempts: i64, jitter: u16) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let step = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    step / 2 + (step / 2).saturating_mul(i64::from(jitter)) / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_ten_minutes_and_stays_within_its_step() {
        let rows = [
            (1, 500_000, 1_000_000),
            (2, 1_000_000, 2_000_000),
            (5, 8_000_000, 16_000_000),
            (60, 300_000_000, 600_000_000),
        ];
        for (attempts, least, most) in rows {
            assert_eq!(wait(attempts, 0), least, "{attempts}");
            assert_eq!(wait(attempts, u16::MAX), most, "{attempts}");
        }
    }

    #[test]
    fn nobody_makes_it_wait_for_ever() {
        assert_eq!(asked_for(Duration::from_secs(7)), 7_000_000);
        assert_eq!(asked_for(Duration::from_secs(u64::MAX)), LONGEST_ASKED);
    }
}
