//! What must be true when the faults have stopped and both sides have come to rest: judged from the ERP's books and
//! the notes of what was asked for, not from what the engine remembers of its merges.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_app::{accounts::CustomerView, sync::FieldValue};
use punchgate_storage::{history::ChangeRow, sync::ConflictRow};

use super::{
    books::{NONE, Unseen, Written, hold_text},
    rig::{Asked, Rig, name},
    steps::{ACCOUNTS, Step},
};

/// Rounds of reading and writing in which everything must come to rest.
const ROUNDS: usize = 6;

/// Lets everything come to rest, then judges.
pub(super) async fn judge(rig: &Rig) {
    rig.deliver_late();
    settle(rig).await;
    let at_rest = (rig.patches(), rig.lines().await);
    one_round(rig).await;
    assert_eq!(
        (rig.patches(), rig.lines().await),
        at_rest,
        "at rest nothing is written and nothing noted"
    );
    let conflicts = rig
        .accounts
        .conflicts(&rig.scope.supplier, None, None, 500)
        .await
        .unwrap();
    for of in 0..ACCOUNTS {
        let view = rig.view(of).await;
        let case = Case::of(rig, of, view, &conflicts).await;
        case.sides_agree(rig.fields_there(of));
        case.nothing_waits();
        case.nothing_asked_for_is_lost();
        case.nothing_of_theirs_is_lost();
        case.conflicts_are_few();
        case.history_is_whole();
    }
}

async fn settle(rig: &Rig) {
    let before = rig.patches();
    for _ in 0..ROUNDS {
        let patches = rig.patches();
        one_round(rig).await;
        if rig.patches() == patches && rig.entries().await.is_empty() {
            let writes = rig.patches() - before;
            assert!(
                writes <= 4 * u32::try_from(ACCOUNTS).unwrap(),
                "{writes} writes until rest"
            );
            return;
        }
    }
    panic!("no rest after {ROUNDS} rounds");
}

async fn one_round(rig: &Rig) {
    for sweep in [false, true] {
        rig.step(&Step::Pull {
            sweep,
            turns: Vec::new(),
        })
        .await;
        rig.step(&Step::Push(Vec::new())).await;
    }
}

impl Rig {
    fn patches(&self) -> u32 {
        self.books.lock().unwrap().patches
    }

    async fn lines(&self) -> usize {
        let mut lines = 0;
        for of in 0..ACCOUNTS {
            lines += self.history(of).await.len();
        }
        lines
    }

    async fn history(&self, of: usize) -> Vec<ChangeRow> {
        let id = self.row(of).await.customer_id.into();
        let mut lines = self
            .accounts
            .history(&self.scope.supplier, &id, 500)
            .await
            .unwrap();
        lines.reverse();
        lines
    }
}

/// One account at rest.
struct Case {
    account: String,
    here: BTreeMap<String, String>,
    /// Fields of which a request was refused or parked: a person decides.
    undecided: BTreeSet<String>,
    pending: Vec<String>,
    /// The names here of holds that the ERP has named.
    ours: BTreeMap<String, String>,
    written: Vec<Written>,
    asked: Vec<Asked>,
    unseen: Vec<Unseen>,
    known: Vec<u32>,
    conflicts: Vec<ConflictRow>,
    history: Vec<ChangeRow>,
}

impl Case {
    async fn of(rig: &Rig, of: usize, view: CustomerView, conflicts: &[ConflictRow]) -> Self {
        let account = name(of);
        let (written, unseen, names, known) = {
            let books = rig.books.lock().unwrap();
            let known = books.known[&account].clone();
            (
                books.written.clone(),
                books.unseen.clone(),
                books.names.clone(),
                known,
            )
        };
        // As the ERP names it.
        let named = |field: &str| names.get(field).cloned().unwrap_or_else(|| field.to_owned());
        let mut asked = rig.asked.lock().unwrap().clone();
        for asked in &mut asked {
            asked.field = named(&asked.field);
        }
        let in_state = |wanted: bool| {
            let rows = view
                .requests
                .iter()
                .filter(move |row| (row.state == "pending") == wanted);
            rows.map(|row| row.field.clone())
        };
        Self {
            here: Rig::fields_here(&view),
            // One that the ERP let go of before anybody here saw it is asked for under the id that it has here.
            undecided: in_state(false).flat_map(|field| [named(&field), field]).collect(),
            pending: in_state(true).collect(),
            ours: names
                .iter()
                .map(|(ours, theirs)| (theirs.clone(), ours.clone()))
                .collect(),
            written: written.into_iter().filter(|row| row.account == account).collect(),
            unseen: unseen.into_iter().filter(|row| row.account == account).collect(),
            known,
            asked: asked.into_iter().filter(|row| row.account == account).collect(),
            conflicts: conflicts
                .iter()
                .filter(|row| row.external_id == account)
                .cloned()
                .collect(),
            history: rig.history(of).await,
            account,
        }
    }

    fn sides_agree(&self, there: BTreeMap<String, String>) {
        let decided = |fields: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let mut fields = fields.clone();
            fields.retain(|field, _| !self.undecided.contains(field));
            fields
        };
        assert_eq!(
            decided(&self.here),
            decided(&there),
            "here, there: {}",
            self.account
        );
    }

    fn nothing_waits(&self) {
        assert!(self.pending.is_empty(), "still asked for: {:?}", self.pending);
    }

    /// The last word of somebody here is in the ERP, or was and somebody there changed it afterwards, or a conflict
    /// or the ERP's refusal says what became of it.
    fn nothing_asked_for_is_lost(&self) {
        let last: BTreeMap<&str, &Asked> = self
            .asked
            .iter()
            .map(|asked| (asked.field.as_str(), asked))
            .collect();
        for (field, asked) in last {
            let writes: Vec<&Written> = self.written.iter().filter(|row| row.field == field).collect();
            let arrived = match writes.last() {
                // Nobody ever changed it there: it was like that all the time.
                None => asked.to == asked.seen || asked.to == NONE,
                Some(last) if last.ours => last.to == asked.to,
                Some(last) => {
                    let since = writes.iter().filter(|row| row.at > asked.at);
                    let before = writes.iter().rfind(|row| row.at < asked.at);
                    let standing = match (before, writes.first()) {
                        (Some(row), _) => row.to.as_str(),
                        (None, Some(row)) => row.from.as_str(),
                        (None, None) => NONE,
                    };
                    last.to == asked.to
                        || standing == asked.to
                        || since.into_iter().any(|row| row.to == asked.to)
                }
            };
            let told = self.conflict(field, |row| text_of(row.local_value.as_deref()) == asked.to);
            let refused = self.undecided.contains(field) && self.said_no(field);
            assert!(arrived || told || refused, "lost: {asked:?}\n{self}");
        }
    }

    /// Whatever somebody there wrote, and a write of ours replaced, was known to whoever asked for ours, or a
    /// conflict names it; or it looks like a write of ours that arrived ([`Self::looks_like_ours`]), or like nothing at all
    /// ([`Self::is_as_it_was`]).
    fn nothing_of_theirs_is_lost(&self) {
        for (place, ours) in self.written.iter().enumerate().filter(|(_, row)| row.ours) {
            let earlier = &self.written[..place];
            let Some(theirs) = earlier
                .iter()
                .rfind(|row| row.field == ours.field)
                .filter(|row| !row.ours)
            else {
                continue;
            };
            let asked: Vec<&Asked> = self
                .asked
                .iter()
                .filter(|row| row.field == ours.field && row.to == ours.to)
                .collect();
            let known = asked
                .iter()
                .any(|asked| asked.at < ours.at && asked.seen == theirs.to);
            let told = self.conflict(&ours.field, |row| {
                text_of(row.remote_value.as_deref()) == theirs.to
            });
            assert!(
                known || told || self.looks_like_ours(theirs) || self.is_as_it_was(theirs),
                "overwritten unseen: {theirs:?} by {ours:?}\n{self}"
            );
        }
    }

    /// Whether nobody can tell a value that somebody there set from a write of ours.
    ///
    /// The gateway goes by version n, at which the field is a, and has sent v on n; nobody saw the answer. By now w is
    /// asked for. Two runs:
    /// 1. The write arrives: n becomes n+1, by the gateway, the field is v. Kim opens the account there and saves it as it
    ///    is: n+2, by Kim.
    /// 2. The write is lost. Kim opens the account and saves it as it is: n+1, by Kim. Kim sets the field to v: n+2, by Kim.
    ///
    /// The next reading is the same in both, to the last byte: version n+2, last changed by Kim, the field is v, all else is
    /// as at n; versions are compared for equality only, times are the ERP's. So whatever the gateway does it does in
    /// both. In the first nobody there changed the field: a conflict would be a false one, and w has to go out, for it is
    /// the last word. So it goes out in the second, too: Kim's v is replaced without a conflict, and the history tells it as
    /// the v that was sent. No value is lost that was not asked for here, and then taken back here.
    ///
    /// This is so only for the very value that was sent, on the very version by which the gateway still went when it
    /// first read what Kim had done: had it read anything in between, it would know that the write had arrived, or
    /// never will, and Kim's v would be Kim's.
    fn looks_like_ours(&self, theirs: &Written) -> bool {
        let read = self.known.windows(2).find(|pair| pair[1] >= theirs.at);
        let rested_on = read.map(|pair| pair[0]);
        let mut unseen = self.unseen.iter();
        unseen.any(|sent| sent.field == theirs.field && sent.to == theirs.to && rested_on == Some(sent.on))
    }

    /// Whether somebody there set the field to what the gateway knew it to be, by way of another value that it never read.
    ///
    /// Two runs: Kim sets the field from a to b and back to a; or Kim saves the account twice as it is. The next reading is the
    /// same in both: version n+2, by Kim, the field is a. In the second nobody there changed the field, and what is asked for
    /// here goes out.
    fn is_as_it_was(&self, theirs: &Written) -> bool {
        let read = self.known.windows(2).find(|pair| pair[1] >= theirs.at);
        let known = read.map(|pair| pair[0]).and_then(|rested_on| {
            let mut of_field = self.written.iter().filter(|row| row.field == theirs.field);
            of_field.rfind(|row| row.at <= rested_on)
        });
        known.is_some_and(|known| known.to == theirs.to)
    }

    fn conflict(&self, field: &str, says: impl Fn(&ConflictRow) -> bool) -> bool {
        let mut rows = self.conflicts.iter();
        rows.any(|row| self.is_one(&row.field, field) && says(row))
    }

    /// Whether it is the field, by its name here or in the ERP.
    fn is_one(&self, name: &str, field: &str) -> bool {
        name == field || self.ours.get(field).is_some_and(|ours| ours == name)
    }

    fn said_no(&self, field: &str) -> bool {
        let mut lines = self.history.iter();
        lines.any(|line| {
            let of = line.field.strip_suffix(" asked for");
            of.is_some_and(|of| self.is_one(of, field)) && line.why.starts_with("not in the ERP: ")
        })
    }

    /// No more conflicts of a field than somebody there gave reason for.
    fn conflicts_are_few(&self) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.conflicts {
            *counts.entry(row.field.as_str()).or_default() += 1;
        }
        for (field, count) in counts {
            let theirs = self
                .written
                .iter()
                .filter(|row| row.field == field && !row.ours)
                .count();
            let parked = self
                .history
                .iter()
                .filter(|line| line.why.contains("tries to write"))
                .count();
            assert!(count <= theirs + parked, "{count} conflicts of {field}\n{self}");
        }
    }

    /// Every line says who and why; the lines of a field follow from one another and end at what counts now.
    fn history_is_whole(&self) {
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for line in &self.history {
            assert!(!line.who.is_empty() && !line.why.is_empty(), "{line:?}");
            let from = line.from_value.as_deref().unwrap_or(NONE);
            let to = line.to_value.as_deref().unwrap_or(NONE);
            if line.field.contains(' ') {
                continue;
            }
            if let Some(before) = last.insert(line.field.as_str(), to) {
                assert_eq!(before, from, "{line:?}\n{self}");
            }
            assert_ne!(from, to, "{line:?}\n{self}");
        }
        for (field, to) in last.iter().filter(|(field, _)| field.starts_with("hold:")) {
            let here = self.here.get(*field).map_or(NONE, String::as_str);
            assert_eq!(here == NONE, *to == NONE, "{field}\n{self}");
        }
        let asked = |line: &&ChangeRow| {
            line.field.ends_with(" asked for") && !line.why.starts_with("not in the ERP: ")
        };
        let requests = self
            .asked
            .iter()
            .filter(|asked| !asked.field.starts_with("hold:"))
            .count();
        assert_eq!(self.history.iter().filter(asked).count(), requests, "{self}");
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "account {}", self.account)?;
        self.asked
            .iter()
            .try_for_each(|row| writeln!(f, "  asked {row:?}"))?;
        self.written.iter().try_for_each(|row| writeln!(f, "  {row:?}"))?;
        for row in &self.conflicts {
            let side = |value: &Option<String>| text_of(value.as_deref());
            let (ours, theirs) = (side(&row.local_value), side(&row.remote_value));
            writeln!(
                f,
                "  conflict {} ours {ours} theirs {theirs}: {}",
                row.field, row.winner
            )?;
        }
        for line in &self.history {
            let (from, to) = (&line.from_value, &line.to_value);
            writeln!(
                f,
                "  {} {from:?} -> {to:?} by {} since {}",
                line.field, line.who, line.why
            )?;
        }
        Ok(())
    }
}

/// A value of a conflict as the books have it.
fn text_of(json: Option<&str>) -> String {
    let value: Option<FieldValue> = json.and_then(|json| serde_json::from_str(json).ok());
    match value {
        Some(FieldValue::Limit(punchgate_app::sync::LimitValue::Amount { minor, .. })) => minor.to_string(),
        Some(FieldValue::Terms(Some(terms))) => terms.code,
        Some(FieldValue::Hold(Some(hold))) => hold_text(&hold.code, hold.shopper.as_deref(), hold.until),
        Some(FieldValue::Text(Some(text))) => text,
        _ => NONE.to_owned(),
    }
}
