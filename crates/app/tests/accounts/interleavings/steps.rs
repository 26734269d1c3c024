//! What may happen, and in which order: generated.

use proptest::prelude::*;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Somebody here asks for a limit, in hundreds.
    Limit(usize, u8),
    /// Somebody here asks for terms.
    Terms(usize, u8),
    /// Somebody here places a hold of this code.
    Place(usize, u8),
    /// Somebody here releases one of the holds in force.
    Release(usize, u8),
    /// Somebody in the ERP changes something.
    There(usize, Edit),
    /// A write whose answer was lost long ago arrives.
    Late,
    /// Accounts are read.
    Pull { sweep: bool, turns: Vec<Turn> },
    /// The outbox's pushes are carried out.
    Push(Vec<Turn>),
    /// A gateway that has lost its claim without knowing it pushes all the same.
    Zombie(usize),
    /// The gateway dies in the middle of a step: at the so many-th look at the clock or at the dice.
    Crash(u8, Box<Step>),
}

/// What somebody in the ERP does.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Limit(u8),
    Terms(u8),
    Name(u8),
    /// Lets it trade no more, or again.
    Active,
    /// Places a hold of the ERP's own.
    Hold(u8),
    /// Writes another text on one of the holds.
    Text(u8, u8),
    /// Writes on one of the holds when it ends.
    Until(u8, u8),
    /// Lets one of the holds go.
    LetGo(u8),
}

/// One call of the connector.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    /// Happens before the ERP carries it out.
    pub(super) before: Vec<Step>,
    /// Happens while the answer is on its way.
    pub(super) after: Vec<Step>,
    pub(super) mood: Mood,
}

/// How the ERP answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Fine,
    /// A page begins so many rows early.
    Overlap(u8),
    /// A page tells every row twice, the last one first.
    Shuffled,
    /// The line is cut before anything happens.
    CutBefore,
    /// It is carried out, the answer is lost.
    CutAfter,
    /// The answer is lost, and it is carried out much later.
    Late,
    /// The cursor is void.
    Void,
}

/// Accounts of a case.
pub(super) const ACCOUNTS: usize = 2;

pub(super) fn cases() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..24)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => local(),
        8 => there(),
        1 => Just(Step::Late),
        5 => pull(),
        6 => turns().prop_map(Step::Push),
        3 => crash(),
    ]
}

fn account() -> impl Strategy<Value = usize> {
    // Most of it on one account: crossings are what is looked for.
    prop_oneof![4 => Just(0), 1 => Just(ACCOUNTS - 1)]
}

fn local() -> impl Strategy<Value = Step> {
    prop_oneof![
        (account(), 0_u8..4).prop_map(|(of, limit)| Step::Limit(of, limit)),
        (account(), 0_u8..3).prop_map(|(of, terms)| Step::Terms(of, terms)),
        (account(), 0_u8..2).prop_map(|(of, code)| Step::Place(of, code)),
        (account(), any::<u8>()).prop_map(|(of, which)| Step::Release(of, which)),
    ]
}

fn there() -> impl Strategy<Value = Step> {
    let edit = prop_oneof![
        3 => (0_u8..4).prop_map(Edit::Limit),
        2 => (0_u8..3).prop_map(Edit::Terms),
        1 => (0_u8..3).prop_map(Edit::Name),
        1 => Just(Edit::Active),
        2 => (0_u8..2).prop_map(Edit::Hold),
        1 => (any::<u8>(), 0_u8..3).prop_map(|(which, text)| Edit::Text(which, text)),
        1 => (any::<u8>(), 0_u8..2).prop_map(|(which, days)| Edit::Until(which, days)),
        2 => any::<u8>().prop_map(Edit::LetGo),
    ];
    (account(), edit).prop_map(|(of, edit)| Step::There(of, edit))
}

fn pull() -> impl Strategy<Value = Step> {
    (prop::bool::weighted(0.3), turns()).prop_map(|(sweep, turns)| Step::Pull { sweep, turns })
}

/// Happens while a call is under way.
fn meanwhile() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => local(),
        3 => there(),
        1 => Just(Step::Late),
        1 => Just(Step::Pull { sweep: false, turns: Vec::new() }),
        1 => Just(Step::Pull { sweep: true, turns: Vec::new() }),
        1 => account().prop_map(Step::Zombie),
    ];
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(step, 1..3)]
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let mood = prop_oneof![
        6 => Just(Mood::Fine),
        2 => (1_u8..4).prop_map(Mood::Overlap),
        1 => Just(Mood::Shuffled),
        1 => Just(Mood::CutBefore),
        2 => Just(Mood::CutAfter),
        1 => Just(Mood::Late),
        1 => Just(Mood::Void),
    ];
    let turn =
        (meanwhile(), meanwhile(), mood).prop_map(|(before, after, mood)| Turn { before, after, mood });
    prop::collection::vec(turn, 0..6)
}

fn crash() -> impl Strategy<Value = Step> {
    let step = prop_oneof![local(), pull(), turns().prop_map(Step::Push)];
    (1_u8..24, step).prop_map(|(after, step)| Step::Crash(after, Box::new(step)))
}
