//! Trouble on the line, at one exchange of a call after the other, judged by what is there afterwards. An order is cut off
//! at each of its exchanges, a reading disturbed at some.

use crate::{
    ConnectorError, ErrorKind,
    conformance::report::{Outcome, Stop, ensure},
    context::{Disturbance, Trouble},
    orders::SubmitOutcome,
};

/// More exchanges than a call of any connector has.
pub(super) const EXCHANGES: u32 = 40;

/// What a reading meets, and what the cases are called after what is read.
const OF_READINGS: [(&str, &str, Trouble); 7] = [
    (
        "accounts-throttled",
        "cart-throttled",
        Trouble::Throttled(Some(7)),
    ),
    (
        "accounts-throttled-without-a-word",
        "cart-throttled-without-a-word",
        Trouble::Throttled(None),
    ),
    ("accounts-server-error", "cart-server-error", Trouble::Broken),
    ("accounts-page-for-people", "cart-page-for-people", Trouble::Page),
    ("accounts-truncated", "cart-truncated", Trouble::Halved),
    ("accounts-line-cut", "cart-line-cut", Trouble::Cut),
    ("accounts-token-expired", "cart-token-expired", Trouble::Expired),
];

/// The cases of readings of accounts.
pub(super) fn of_accounts() -> impl Iterator<Item = (&'static str, Trouble)> {
    OF_READINGS.into_iter().map(|(case, _, trouble)| (case, trouble))
}

/// The cases of readings of carts.
pub(super) fn of_carts() -> impl Iterator<Item = (&'static str, Trouble)> {
    OF_READINGS.into_iter().map(|(_, case, trouble)| (case, trouble))
}

/// The exchanges of a reading that are disturbed: what comes of one that is as good as those beside it is not worth all
/// the others of its call.
pub(super) const OF_A_READING: [u32; 6] = [0, 1, 2, 4, 8, 16];

/// What may happen to a request that changes something, and to whoever must not take it for something else.
const LOST_ANSWERS: [Trouble; 3] = [Trouble::Halved, Trouble::Page, Trouble::Broken];

/// Why a case does not apply to a system that is spoken to in another way.
pub(super) fn undisturbed() -> Stop {
    Stop::Skipped("it is not spoken to by request and answer: its own tests cut its line".to_owned())
}

/// What so many disturbed readings come to.
pub(super) fn told(met: u32) -> Outcome {
    match met {
        0 => Err(undisturbed()),
        met => Ok(format!("at one of {met} exchanges: told")),
    }
}

/// An order is asked for with the line cut at every exchange in turn; after which of them it is there. `disturbed` says
/// whether it is, or nothing where there is no such exchange.
pub(super) async fn cut_at_each(
    disturbed: impl AsyncFn(Trouble, u32) -> Result<Option<bool>, Stop>,
) -> Result<u32, Stop> {
    let mut at_each = Vec::new();
    for after in 0..EXCHANGES {
        let Some(there) = disturbed(Trouble::Cut, after).await? else {
            break;
        };
        at_each.push(there);
    }
    made_at(&at_each)
}

/// Where the line makes the order, other things come instead of its answer.
pub(super) async fn lose_answers(
    at: Option<u32>,
    disturbed: impl AsyncFn(Trouble, u32) -> Result<Option<bool>, Stop>,
) -> Outcome {
    let at = at.ok_or_else(undisturbed)?;
    let mut met = 0;
    for trouble in LOST_ANSWERS {
        met += u32::from(disturbed(trouble, at).await?.is_some());
    }
    match met {
        0 => Err(undisturbed()),
        _ => Ok("a page for people, half of it, 500: unknown, and found".to_owned()),
    }
}

/// The first exchange after which the order was there, of what was there after each.
fn made_at(there: &[bool]) -> Result<u32, Stop> {
    if there.is_empty() {
        return Err(undisturbed());
    }
    let made_at = there.iter().position(|there| *there);
    let made_at = made_at.and_then(|at| u32::try_from(at).ok());
    made_at.ok_or_else(|| {
        let exchanges = there.len();
        Stop::Failed(format!(
            "the line was cut at each of {exchanges} exchanges, and never was the order there"
        ))
    })
}

/// Whether a disturbed reading says so, or is whole.
pub(super) fn judge_reading<T: PartialEq>(
    trouble: Trouble,
    disturbance: &Disturbance,
    read: Result<T, ConnectorError>,
    whole: &T,
) -> Result<(), Stop> {
    let at = || format!("{}, {}", disturbance.what(), trouble.as_str());
    let error = match read {
        Ok(read) => {
            return ensure(read == *whole, || {
                format!("{}, and something else counts as what there is", at())
            });
        }
        Err(error) => error,
    };
    let fits = match trouble {
        Trouble::Throttled(_) => {
            matches!(error.kind, ErrorKind::RateLimited { after } if after == trouble.wait())
        }
        Trouble::Cut | Trouble::Broken => error.kind == ErrorKind::Temporary,
        Trouble::Expired => matches!(
            error.kind,
            ErrorKind::Auth | ErrorKind::Schema | ErrorKind::Temporary
        ),
        Trouble::Halved | Trouble::Page => {
            matches!(error.kind, ErrorKind::Schema | ErrorKind::Temporary)
        }
    };
    ensure(fits, || format!("{}, and that counts as {error}", at()))
}

/// Whether whoever asked for an order knows what came of it, or knows that nobody knows.
pub(super) fn judge_order<O: std::fmt::Debug>(
    trouble: Trouble,
    disturbance: &Disturbance,
    outcome: Result<SubmitOutcome<O>, ConnectorError>,
    there: usize,
) -> Result<(), Stop> {
    let fits = match (&outcome, there) {
        (Err(_), 0) => true,
        (Err(error), 1) => error.kind == ErrorKind::Unknown,
        (Ok(SubmitOutcome::Created(_) | SubmitOutcome::Existing(_)), 1) => true,
        _ => false,
    };
    ensure(fits, || {
        format!(
            "{}, {}: found {there} orders, and it counts as {outcome:?}",
            disturbance.what(),
            trouble.as_str()
        )
    })
}
