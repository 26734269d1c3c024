//! What stands and what stood before, compared. Pure.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_storage::alert::{AlertRow, ToldRow};

use crate::attention::{Code, Each};

/// What follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// All that stands from now on, what is over and not yet told included.
    pub(super) rows: Vec<AlertRow>,
    /// Of these, what is to be written.
    pub(super) written: Vec<AlertRow>,
    /// Of what people are told from now on.
    pub(super) raised: Vec<AlertRow>,
    /// What was raised and is over.
    pub(super) over: Vec<AlertRow>,
    /// What nobody needs any more.
    pub(super) gone: Vec<AlertRow>,
}

/// `full`: of these kinds there are more than were looked at, so what is not among them may stand all the same. `patience`, in
/// microseconds. `new_id` makes the id of an alert.
pub(super) fn compare(
    (supplier, before): (&str, Vec<AlertRow>),
    found: &[Each],
    full: &BTreeSet<Code>,
    told: &[ToldRow],
    (now, patience): (i64, impl Fn(Code) -> i64),
    mut new_id: impl FnMut() -> String,
) -> Compared {
    let mut stands: BTreeMap<(String, String), &Each> = found
        .iter()
        .map(|one| ((one.code.as_str().to_owned(), one.subject.clone()), one))
        .collect();
    let mut compared = Compared::default();
    for row in before {
        let one = stands.remove(&(row.code.clone(), row.subject.clone()));
        compared.of_row(row, one, (full, told), now, &patience, &mut new_id);
    }
    for one in stands.into_values() {
        let row = AlertRow {
            supplier_id: supplier.to_owned(),
            code: one.code.as_str().to_owned(),
            subject: one.subject.clone(),
            alert_id: new_id(),
            detail: one.detail.clone(),
            path: one.path.clone(),
            began_at: now,
            raised_at: None,
            ended_at: None,
        };
        compared.keep(row, true, now, patience(one.code));
    }
    compared
}

impl Compared {
    fn of_row(
        &mut self,
        mut row: AlertRow,
        one: Option<&Each>,
        (full, told): (&BTreeSet<Code>, &[ToldRow]),
        now: i64,
        patience: &impl Fn(Code) -> i64,
        new_id: &mut impl FnMut() -> String,
    ) {
        match one {
            Some(one) => {
                let returned = row.ended_at.take().is_some();
                if returned {
                    row.alert_id = new_id();
                    row.began_at = now;
                    row.raised_at = None;
                }
                let changed = returned || row.detail != one.detail || row.path != one.path;
                row.detail.clone_from(&one.detail);
                row.path.clone_from(&one.path);
                self.keep(row, changed, now, patience(one.code));
            }
            None if row.ended_at.is_some() => {
                let awaited = |told: &ToldRow| told.code == row.code && told.subject == row.subject;
                match told.iter().any(awaited) {
                    true => self.rows.push(row),
                    false => self.gone.push(row),
                }
            }
            None if Code::parse(&row.code).is_some_and(|code| full.contains(&code)) => self.rows.push(row),
            // What was over before anybody was to hear of it is not told.
            None if row.raised_at.is_none() => self.gone.push(row),
            None => {
                row.ended_at = Some(now);
                self.over.push(row.clone());
                self.written.push(row.clone());
                self.rows.push(row);
            }
        }
    }

    fn keep(&mut self, mut row: AlertRow, changed: bool, now: i64, patience: i64) {
        let raised = row.raised_at.is_none() && now.saturating_sub(row.began_at) >= patience;
        if raised {
            row.raised_at = Some(now);
            self.raised.push(row.clone());
        }
        if raised || changed {
            self.written.push(row.clone());
        }
        self.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECTS: [&str; 2] = ["7", "8"];

    fn each(subject: &str) -> Each {
        Each::new(Code::OrderHeld, subject, format!("order {subject}"), "/orders")
    }

    /// Rows after `found` stood at 1, and what follows where `then` stands at 2.
    fn follows(found: &[&str], then: &[&str], full: &[Code]) -> Compared {
        let of = |subjects: &[&str]| subjects.iter().map(|subject| each(subject)).collect::<Vec<_>>();
        let none = BTreeSet::new();
        let first = compare(("s", Vec::new()), &of(found), &none, &[], (1, |_| 0), || {
            "a".to_owned()
        });
        let full: BTreeSet<Code> = full.iter().copied().collect();
        compare(("s", first.rows), &of(then), &full, &[], (2, |_| 0), || {
            "b".to_owned()
        })
    }

    fn subjects(rows: &[AlertRow]) -> Vec<&str> {
        rows.iter().map(|row| row.subject.as_str()).collect()
    }

    #[test]
    fn what_is_the_same_writes_nothing() {
        let same = follows(&SUBJECTS, &SUBJECTS, &[]);
        assert_eq!(
            (same.written, same.raised, same.over, same.gone),
            Default::default()
        );
        assert_eq!(subjects(&same.rows), SUBJECTS);
    }

    #[test]
    fn what_is_new_is_raised_and_what_is_missing_is_over() {
        let next = follows(&["7"], &["8"], &[]);
        assert_eq!(
            (subjects(&next.raised), subjects(&next.over)),
            (vec!["8"], vec!["7"])
        );
        assert_eq!(next.over[0].ended_at, Some(2));
    }

    #[test]
    fn of_a_kind_with_more_than_was_looked_at_nothing_is_over() {
        let next = follows(&["7"], &["8"], &[Code::OrderHeld]);
        assert_eq!((subjects(&next.rows), next.over.len()), (vec!["7", "8"], 0));
    }

    #[test]
    fn what_is_over_goes_when_nobody_is_to_hear_of_it() {
        let over = follows(&["7"], &[], &[]);
        let later = |told: &[ToldRow]| {
            let none = BTreeSet::new();
            compare(
                ("s", over.rows.clone()),
                &[],
                &none,
                told,
                (3, |_| 0),
                String::new,
            )
        };
        assert_eq!(subjects(&later(&[]).gone), ["7"]);
        let told = ToldRow {
            supplier_id: "s".to_owned(),
            recipient: "r".to_owned(),
            code: Code::OrderHeld.as_str().to_owned(),
            subject: "7".to_owned(),
            told_at: 1,
        };
        assert_eq!(
            (
                later(std::slice::from_ref(&told)).gone,
                subjects(&later(std::slice::from_ref(&told)).rows)
            ),
            (Vec::new(), vec!["7"])
        );
    }
}
