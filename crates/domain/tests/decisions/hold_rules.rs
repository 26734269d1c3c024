//! Holds by rule and promises to pay: from facts to steps.

use jiff::{SignedDuration, civil::date};
use proptest::prelude::*;
use punchgate_domain::{
    customer::{CreditLimit, Exposure},
    hold::{
        Permission, PermissionSet,
        promise::{Promise, PromiseState},
        rule::{
            AccountFacts, HoldRule, RuleAnswer, RuleCase, RuleCondition, RuleScope, RuleStep, answer, step,
        },
    },
    money::{Currency, Money},
};

use crate::fixture::now;

fn money(minor: i64, currency: &str) -> Money {
    Money::from_minor(minor, Currency::parse(currency).unwrap())
}

fn usd(minor: i64) -> Money {
    money(minor, "USD")
}

fn rule(when: RuleCondition) -> HoldRule {
    HoldRule {
        id: "r".to_owned(),
        when,
        concerns: RuleScope::default(),
        removes: PermissionSet::of(&[Permission::OrderOnTerms]),
        code: "past-due".to_owned(),
        texts: None,
        max_age: SignedDuration::from_hours(24),
        respects_promises: true,
        push: false,
    }
}

fn overdue(days: Option<u32>, amount: Option<Money>) -> HoldRule {
    rule(RuleCondition::Overdue { days, amount })
}

fn over_limit(percent: u32) -> HoldRule {
    rule(RuleCondition::OverLimit {
        percent,
        with_reservations: true,
    })
}

/// Owes 5,000.00 of a limit of 10,000.00, 4,310.00 of it overdue for twelve days.
fn facts() -> AccountFacts {
    AccountFacts {
        customer_code: "C-1".to_owned(),
        terms_code: Some("NET30".to_owned()),
        limit: CreditLimit::Amount(usd(1_000_000)),
        exposure: Some(Exposure {
            amount: usd(500_000),
            as_of: now() - SignedDuration::from_mins(5),
            includes_open_orders: true,
        }),
        overdue: Some(usd(431_000)),
        oldest_due: Some(date(2026, 11, 10)),
        read_on: Some(date(2026, 11, 22)),
        reserved: usd(0),
        promises: Vec::new(),
        now: now(),
        today: date(2026, 11, 22),
    }
}

fn with(change: impl FnOnce(&mut AccountFacts)) -> AccountFacts {
    let mut facts = facts();
    change(&mut facts);
    facts
}

fn owes(minor: i64, reserved: i64) -> AccountFacts {
    with(|facts| {
        facts.exposure.as_mut().unwrap().amount = usd(minor);
        facts.reserved = usd(reserved);
    })
}

fn promise(state: PromiseState) -> Promise {
    Promise {
        amount: usd(100_000),
        until: date(2026, 11, 30),
        deadline: now() + SignedDuration::from_hours(48),
        given_at: now() - SignedDuration::from_hours(1),
        overdue_before: Some(usd(431_000)),
        state,
    }
}

fn promised(state: PromiseState) -> AccountFacts {
    with(|facts| facts.promises = vec![promise(state)])
}

/// The step as one word.
fn word(step: &RuleStep) -> &'static str {
    match step {
        RuleStep::Leave => "leave",
        RuleStep::Place(_) => "place",
        RuleStep::Replace(_) => "replace",
        RuleStep::Release(_) => "release",
        RuleStep::Close => "close",
    }
}

const NEW: Option<RuleCase> = None;
const HOLDS: Option<RuleCase> = Some(RuleCase::Holds { current: true });
const OTHER: Option<RuleCase> = Some(RuleCase::Holds { current: false });
const PASSED: Option<RuleCase> = Some(RuleCase::PassedOver);

#[test]
#[rustfmt::skip] // one row a line
fn steps() {
    let stale = |facts: &mut AccountFacts| facts.exposure.as_mut().unwrap().as_of = now() - SignedDuration::from_hours(25);
    let unread = |facts: &mut AccountFacts| (facts.exposure, facts.overdue, facts.oldest_due) = (None, None, None);
    let paid = |facts: &mut AccountFacts| (facts.overdue, facts.oldest_due) = (Some(usd(0)), None);
    let due_today = |facts: &mut AccountFacts| (facts.overdue, facts.oldest_due) = (Some(usd(0)), Some(date(2026, 11, 22)));
    let midnight = |facts: &mut AccountFacts| { due_today(facts); facts.today = date(2026, 11, 23); };
    let in_grace = |facts: &mut AccountFacts| facts.overdue = Some(usd(0));
    let ten = || overdue(Some(10), None);
    let mut strict = ten();
    strict.respects_promises = false;
    let mut others = ten();
    others.concerns.except = vec!["C-1".to_owned()];
    let mut named = ten();
    named.concerns = RuleScope { customers: vec!["C-1".to_owned()], terms: vec!["NET30".to_owned()], except: Vec::new() };
    let broken = || rule(RuleCondition::BrokenPromise);
    // rule, facts, new, holds, holds otherwise, passed over
    let rows: Vec<(HoldRule, AccountFacts, [&str; 4])> = vec![
        (ten(), facts(), ["place", "leave", "replace", "leave"]),
        (overdue(Some(12), None), facts(), ["place", "leave", "replace", "leave"]),
        (overdue(Some(13), None), facts(), ["leave", "release", "release", "close"]),
        (overdue(Some(10), Some(usd(431_000))), facts(), ["place", "leave", "replace", "leave"]),
        (overdue(Some(10), Some(usd(431_001))), facts(), ["leave", "release", "release", "close"]),
        (overdue(None, Some(usd(400_000))), facts(), ["place", "leave", "replace", "leave"]),
        (overdue(None, Some(money(1, "EUR"))), facts(), ["leave", "release", "release", "close"]),
        (ten(), with(paid), ["leave", "release", "release", "close"]),
        (overdue(Some(1), None), with(due_today), ["leave", "release", "release", "close"]),
        (overdue(Some(1), None), with(midnight), ["place", "leave", "replace", "leave"]),
        // By the ERP nothing is overdue, though the day has passed: it counts days of grace.
        (ten(), with(in_grace), ["leave", "release", "release", "close"]),
        (ten(), with(stale), ["leave"; 4]),
        (ten(), with(unread), ["leave"; 4]),
        (ten(), with(|facts| facts.oldest_due = None), ["leave"; 4]),
        (overdue(None, Some(usd(1))), with(|facts| facts.overdue = None), ["leave"; 4]),
        (overdue(Some(13), Some(usd(1))), with(|facts| facts.overdue = None), ["leave", "release", "release", "close"]),
        (ten(), promised(PromiseState::Running), ["leave", "release", "release", "leave"]),
        (ten(), promised(PromiseState::Broken), ["place", "leave", "replace", "leave"]),
        (strict, promised(PromiseState::Running), ["place", "leave", "replace", "leave"]),
        (others, facts(), ["leave", "release", "release", "close"]),
        (named, facts(), ["place", "leave", "replace", "leave"]),
        (over_limit(10), owes(1_000_000, 0), ["leave", "release", "release", "close"]),
        (over_limit(10), owes(1_099_999, 0), ["leave"; 4]),
        (over_limit(10), owes(1_100_000, 0), ["place", "leave", "replace", "leave"]),
        (over_limit(10), owes(1_000_000, 100_000), ["place", "leave", "replace", "leave"]),
        (over_limit(0), owes(1_000_001, 0), ["place", "leave", "replace", "leave"]),
        (over_limit(0), with(|facts| facts.limit = CreditLimit::Unknown), ["leave"; 4]),
        (over_limit(0), with(|facts| facts.limit = CreditLimit::Unlimited), ["leave", "release", "release", "close"]),
        (over_limit(50), with(|facts| facts.limit = CreditLimit::Amount(usd(0))), ["place", "leave", "replace", "leave"]),
        (over_limit(0), with(|facts| facts.limit = CreditLimit::Amount(money(1, "EUR"))), ["leave"; 4]),
        (over_limit(0), with(stale), ["leave"; 4]),
        (broken(), promised(PromiseState::Broken), ["place", "leave", "replace", "leave"]),
        (broken(), promised(PromiseState::Running), ["leave", "release", "release", "close"]),
        (broken(), facts(), ["leave", "release", "release", "close"]),
    ];
    for (number, (rule, facts, expected)) in rows.into_iter().enumerate() {
        for (case, expected) in [NEW, HOLDS, OTHER, PASSED].into_iter().zip(expected) {
            let found = step(Ok(&rule), &facts, case);
            assert_eq!(word(&found), expected, "row {number}, {case:?}: {found:?}");
        }
    }
    for (case, expected) in [(NEW, "leave"), (HOLDS, "release"), (PASSED, "close")] {
        assert_eq!(word(&step(Err("switched off"), &facts(), case)), expected);
    }
}

#[test]
fn why_in_words() {
    let why = |rule: HoldRule, facts: &AccountFacts| match step(Ok(&rule), facts, None) {
        RuleStep::Place(why) => why,
        other => panic!("{other:?}"),
    };
    for (rule, facts, expected) in [
        (
            overdue(Some(10), None),
            facts(),
            "12 days overdue, USD 4,310.00 since 2026-11-10",
        ),
        (
            over_limit(5),
            owes(1_200_000, 0),
            "USD 2,000.00 beyond the limit: USD 12,000.00 of a limit of USD 10,000.00",
        ),
        (
            rule(RuleCondition::BrokenPromise),
            promised(PromiseState::Broken),
            "USD 1,000.00 were promised until 2026-11-30 and not paid",
        ),
    ] {
        assert_eq!(why(rule, &facts), expected);
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn promises_are_judged_by_readings_that_can_know() {
    let after = |hours: i64| Some(promise(PromiseState::Running).given_at + SignedDuration::from_hours(hours));
    use PromiseState::{Broken, Kept, Running, Withdrawn};
    // state, overdue before, overdue now, read so many hours later, what becomes of it
    let rows = [
        (Running, Some(431_000), Some(331_000), 1, Some(Kept)),
        (Running, Some(431_000), Some(331_001), 1, None),
        (Running, Some(431_000), Some(331_001), 48, None),
        (Running, Some(431_000), Some(331_001), 49, Some(Broken)),
        (Running, Some(431_000), Some(331_000), 60, Some(Kept)),
        // A reading from before says nothing.
        (Running, Some(431_000), Some(0), 0, None),
        (Running, Some(431_000), Some(0), -5, None),
        (Running, Some(431_000), None, 60, None),
        // More was promised than was due.
        (Running, Some(50_000), Some(1), 1, None),
        (Running, Some(50_000), Some(0), 1, Some(Kept)),
        (Running, None, Some(1), 1, None),
        (Running, None, Some(0), 1, Some(Kept)),
        (Running, None, Some(1), 49, Some(Broken)),
        (Broken, Some(431_000), Some(331_000), 90, Some(Kept)),
        (Broken, Some(431_000), Some(331_001), 90, None),
        (Kept, Some(431_000), Some(431_000), 90, None),
        (Withdrawn, Some(431_000), Some(0), 90, None),
    ];
    for (number, (state, before, overdue, hours, expected)) in rows.into_iter().enumerate() {
        let promise = Promise { overdue_before: before.map(usd), ..promise(state) };
        assert_eq!(promise.judge(overdue.map(usd), after(hours)), expected, "row {number}");
    }
    assert_eq!(promise(Running).judge(Some(money(0, "EUR")), after(60)), None);
    assert_eq!(promise(Running).judge(Some(usd(0)), None), None);
}

/// What the case is after a step.
fn after(case: Option<RuleCase>, step: &RuleStep) -> Option<RuleCase> {
    match step {
        RuleStep::Leave => case,
        RuleStep::Place(_) | RuleStep::Replace(_) => HOLDS,
        RuleStep::Release(_) | RuleStep::Close => None,
    }
}

fn any_facts() -> impl Strategy<Value = AccountFacts> {
    let amount = || proptest::option::of(-100_000_i64..2_000_000);
    let state = proptest::option::of(proptest::sample::select(PromiseState::ALL));
    (
        amount(),
        amount(),
        0_i64..60,
        amount(),
        -10_i64..50,
        state,
        any::<bool>(),
    )
        .prop_map(|(owed, overdue, days, limit, hours, state, dated)| AccountFacts {
            limit: limit.map_or(CreditLimit::Unknown, |minor| {
                CreditLimit::Amount(usd(minor.max(0)))
            }),
            exposure: owed.map(|minor| Exposure {
                amount: usd(minor),
                as_of: now() - SignedDuration::from_hours(hours),
                includes_open_orders: true,
            }),
            overdue: overdue.map(usd),
            oldest_due: dated.then(|| date(2026, 11, 25) - SignedDuration::from_hours(24 * days)),
            promises: state.map(promise).into_iter().collect(),
            ..facts()
        })
}

fn any_rule() -> impl Strategy<Value = HoldRule> {
    prop_oneof![
        (
            proptest::option::of(0_u32..40),
            proptest::option::of(0_i64..1_000_000)
        )
            .prop_map(|(days, amount)| overdue(days, amount.map(usd))),
        (0_u32..30).prop_map(over_limit),
        Just(rule(RuleCondition::BrokenPromise)),
    ]
}

fn any_case() -> impl Strategy<Value = Option<RuleCase>> {
    proptest::sample::select(vec![NEW, HOLDS, OTHER, PASSED])
}

proptest! {
    /// Asked again with the same facts, a rule does nothing more.
    #[test]
    fn idempotent(rule in any_rule(), facts in any_facts(), case in any_case()) {
        let next = after(case, &step(Ok(&rule), &facts, case));
        prop_assert_eq!(step(Ok(&rule), &facts, next), RuleStep::Leave);
    }

    /// What was passed over is not held again before the case was over once.
    #[test]
    fn passed_over_is_not_placed(rule in any_rule(), facts in any_facts()) {
        let found = step(Ok(&rule), &facts, PASSED);
        prop_assert!(matches!(found, RuleStep::Leave | RuleStep::Close), "{:?}", found);
    }

    /// Without a reading that is young enough, only promises and scope move anything.
    #[test]
    fn unknown_is_not_cured(rule in any_rule(), facts in any_facts(), case in any_case()) {
        prop_assume!(rule.when != RuleCondition::BrokenPromise);
        let mut stale = facts.clone();
        if let Some(exposure) = &mut stale.exposure {
            exposure.as_of = now() - SignedDuration::from_hours(25);
        }
        prop_assert_eq!(step(Ok(&rule), &stale, case), RuleStep::Leave);
        let never = AccountFacts { exposure: None, ..facts };
        prop_assert_eq!(step(Ok(&rule), &never, case), RuleStep::Leave);
    }

    /// Whatever a rule holds for, it lets go of when all is paid.
    #[test]
    fn cured_releases(rule in any_rule(), limit in 0_i64..1_000_000) {
        prop_assume!(!matches!(rule.when, RuleCondition::Overdue { days: None | Some(0), amount: None }));
        prop_assume!(!matches!(rule.when, RuleCondition::Overdue { days, amount }
            if days.is_none_or(|days| days == 0) && amount.is_none_or(|least| least.minor() == 0)));
        let paid = AccountFacts {
            limit: CreditLimit::Amount(usd(limit)),
            overdue: Some(usd(0)),
            oldest_due: None,
            ..owes(0, 0)
        };
        let found = step(Ok(&rule), &paid, HOLDS);
        prop_assert!(matches!(found, RuleStep::Release(_)), "{:?}", found);
    }
}

#[test]
fn who_only_asks_is_told_what_a_rule_holds() {
    let nothing = || with(|facts| facts.overdue = None);
    let met = "12 days overdue, USD 4,310.00 since 2026-11-10";
    // The rule, the facts, whether its hold stands there, the answer.
    type Row = (HoldRule, AccountFacts, bool, RuleAnswer);
    let rows: Vec<Row> = vec![
        (
            overdue(Some(12), None),
            facts(),
            false,
            RuleAnswer::Holds(met.to_owned()),
        ),
        (
            overdue(Some(12), None),
            facts(),
            true,
            RuleAnswer::Holds(met.to_owned()),
        ),
        (overdue(Some(13), None), facts(), false, RuleAnswer::HoldsNot),
        (overdue(Some(13), None), facts(), true, RuleAnswer::HoldsNot),
        (
            overdue(Some(12), None),
            promised(PromiseState::Running),
            true,
            RuleAnswer::HoldsNot,
        ),
        (overdue(None, Some(usd(1))), nothing(), false, RuleAnswer::Unknown),
        (overdue(None, Some(usd(1))), nothing(), true, RuleAnswer::Stays),
        (over_limit(10), owes(1_050_000, 0), false, RuleAnswer::HoldsNot),
        (over_limit(10), owes(1_050_000, 0), true, RuleAnswer::Stays),
    ];
    for (number, (rule, facts, stands, expected)) in rows.iter().enumerate() {
        assert_eq!(answer(rule, facts, *stands), *expected, "row {number}");
    }
}
