//! Holds of one account entered: taken, ended, found again under the name that the ERP gave them.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::{hold::HoldSource, merge::Side};
use punchgate_storage::{hold::HoldRow, sync::AccountChangeRow};

use super::{
    Field, FieldValue, HoldValue, Snapshot,
    apply::Application,
    explain::is_told,
    merge::{Clash, Merged, Wanted},
    remote::Remote,
    request::Request,
};
use crate::{
    accounts::{Author, change::history_line, hold_value_of},
    clock::{from_micros, micros},
};

/// By the ERP's id of a hold, the request that placed it under an id of ours.
pub(super) type Renamed = BTreeMap<String, Request>;

/// By what a hold in the ERP is known as one that went out, the surest first. Somebody there may have edited it
/// before it was read. A code alone says nothing: somebody there may place a hold for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// All that went out.
    Whole,
    /// Its code and since when it is in force.
    Beginning,
    /// Its code, in the answer to what went out: nothing else is new in that.
    Answer,
}

impl Likeness {
    const ALL: [Self; 3] = [Self::Whole, Self::Beginning, Self::Answer];

    fn is_of(self, placed: &HoldValue, there: &HoldValue) -> bool {
        let whole = |hold: &HoldValue| FieldValue::Hold(Some(hold.clone()));
        placed.code == there.code
            && match self {
                Self::Whole => whole(placed).is_met_by(&whole(there)),
                Self::Beginning => is_kept(placed.since, there.since),
                Self::Answer => true,
            }
    }
}

/// Whether the ERP has the instant that went out, to the second if it keeps no more.
fn is_kept(sent: Option<i64>, there: Option<i64>) -> bool {
    let whole_second = |micros: i64| micros - micros.rem_euclid(1_000_000);
    match (sent, there) {
        (Some(sent), Some(there)) => there == sent || there == whole_second(sent),
        _ => false,
    }
}

impl Application<'_> {
    /// Holds that were placed here and that the ERP has under an id of its own: new there since something of the
    /// account went out, with what went out in them.
    pub(super) fn renamed_holds(&self, remote: &Remote, base: Option<&Snapshot>) -> Renamed {
        let mut renamed = Renamed::new();
        let (Some(base), Some(requests)) = (base, self.wanted.get(&remote.external_id)) else {
            return renamed;
        };
        let there = &remote.snapshot.holds;
        let asked: BTreeSet<&Field> = requests.iter().map(|request| &request.field).collect();
        let mut new: Vec<(&String, &HoldValue)> = there
            .iter()
            .filter(|(id, _)| !base.holds.contains_key(*id) && !asked.contains(&Field::Hold((*id).clone())))
            .collect();
        let mut lacking: Vec<(&Request, HoldValue)> = requests
            .iter()
            .filter_map(|request| Some((request, self.gone_out(remote, request, base)?)))
            .collect();
        let likenesses = Likeness::ALL.into_iter();
        for likeness in
            likenesses.filter(|likeness| *likeness != Likeness::Answer || !self.answered.is_empty())
        {
            lacking.retain(|(request, placed)| {
                let place = new.iter().position(|(_, hold)| likeness.is_of(placed, hold));
                if let Some(place) = place {
                    renamed.insert(new.remove(place).0.clone(), (*request).clone());
                }
                place.is_none()
            });
        }
        // Some ERPs write codes their own way, too. Nothing but what went out is new in an answer to it.
        if let ([(request, _)], [(id, _)], false) = (&lacking[..], &new[..], self.answered.is_empty()) {
            renamed.insert((*id).clone(), (*request).clone());
        }
        renamed
    }

    /// The hold that went out of a request on what is known of the account, if the ERP does not have it under its id.
    fn gone_out(&self, remote: &Remote, request: &Request, base: &Snapshot) -> Option<HoldValue> {
        let Field::Hold(id) = &request.field else {
            return None;
        };
        if remote.snapshot.holds.contains_key(id) || base.holds.contains_key(id) {
            return None;
        }
        let mut sent = self.sent_of(remote, request).into_iter();
        sent.find_map(|sent| match sent {
            FieldValue::Hold(placed) => placed,
            _ => None,
        })
    }

    /// A hold that the ERP keeps under an id of its own is as the ERP has it; one that was released here by then is
    /// to be released there under that id. If somebody there has edited it meanwhile, both sides have changed it.
    pub(super) fn follow_renamed(&mut self, remote: &Remote, renamed: &Renamed, merged: &mut Merged) {
        for (id, request) in renamed {
            if request.value != FieldValue::Hold(None) {
                continue;
            }
            let field = Field::Hold(id.clone());
            let there = remote.snapshot.get(&field);
            let sent = self.sent_of(remote, request);
            if !sent.iter().any(|sent| sent.is_met_by(&there)) {
                let asked_at = from_micros(request.row.requested_at);
                let winner = self.policy.owners.holds.winner(Some(asked_at), remote.changed_at);
                merged.conflicts.push(Clash {
                    field: field.clone(),
                    base: None,
                    local: request.value.clone(),
                    remote: there,
                    winner,
                });
                if winner == Side::Erp {
                    continue;
                }
            }
            merged.take.retain(|(taken, ..)| *taken != field);
            self.writes.pushes.insert(request.row.external_id.clone());
            self.writes.requests.push(AccountChangeRow {
                field: field.key(),
                sent: None,
                ..request.row.clone()
            });
        }
    }

    /// What stands here of a hold, also under the id that it had.
    pub(super) fn standing_hold(&self, remote: &Remote, id: &str, renamed: &Renamed) -> Option<HoldValue> {
        let customer = self.customers.get(&remote.external_id)?;
        let standing = self.holds.get(&customer.customer_id)?;
        let place = place_of(standing, id, renamed)?;
        standing.get(place).map(hold_value_of)
    }

    pub(super) fn take_hold(
        &mut self,
        remote: &Remote,
        external_id: &str,
        value: &HoldValue,
        author: &Author,
        renamed: &Renamed,
    ) {
        let removes = self.removed_by(&remote.external_id, value);
        let removes_told = i64::from(is_told(value));
        self.note_unexplained(remote, external_id, value, renamed);
        let Some(customer) = self.customers.get(&remote.external_id) else {
            return;
        };
        let id = customer.customer_id.clone();
        self.writes.touched_customers.insert(id.clone());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let standing = self.holds.entry(id.clone()).or_default();
        let place = place_of(standing, external_id, renamed);
        if let Some(row) = place.and_then(|place| standing.get_mut(place)) {
            if row.external_id != external_id {
                let field = Field::Hold(row.external_id.clone()).key();
                let values = (Some(FieldValue::Hold(Some(hold_value_of(row))).to_string()), None);
                let author = Author::gateway(format!("the ERP keeps it as {external_id}"));
                let line = history_line(self.surroundings, customer, &field, values, &author, self.now);
                self.writes.renamed.insert(line.change_id.clone());
                self.writes.history.push(line);
                external_id.clone_into(&mut row.external_id);
            }
            row.code.clone_from(&value.code);
            row.removes = i64::from(removes.bits());
            row.removes_told = removes_told;
            row.text_internal = text(&value.internal);
            row.text_accounts_payable = text(&value.accounts_payable);
            row.text_shopper = text(&value.shopper);
            row.until = value.until;
            "synced".clone_into(&mut row.push_state);
            self.writes.changed_holds.push(row.clone());
            return;
        }
        let row = HoldRow {
            supplier_id: self.scope.supplier.clone(),
            hold_id: self.surroundings.new_id(),
            customer_id: id,
            external_id: external_id.to_owned(),
            source: HoldSource::Erp.as_str().to_owned(),
            code: value.code.clone(),
            removes: i64::from(removes.bits()),
            removes_told,
            text_internal: text(&value.internal),
            text_accounts_payable: text(&value.accounts_payable),
            text_shopper: text(&value.shopper),
            // An ERP whose clock runs ahead must not make its hold wait.
            since: value.since.unwrap_or(i64::MAX).min(micros(self.now)),
            until: value.until,
            placed_by: author.who.clone(),
            place_reason: author.why.clone(),
            released_at: None,
            released_by: None,
            release_reason: None,
            push_state: "synced".to_owned(),
            rule_id: None,
            version: 1,
        };
        standing.push(row.clone());
        self.writes.new_holds.push(row);
    }

    pub(super) fn end_hold(&mut self, remote: &Remote, external_id: &str, author: &Author) {
        let Some(customer) = self.customers.get(&remote.external_id) else {
            return;
        };
        let id = customer.customer_id.clone();
        let Some(standing) = self.holds.get_mut(&id) else {
            return;
        };
        let Some(place) = standing.iter().position(|row| row.external_id == external_id) else {
            return;
        };
        let mut row = standing.swap_remove(place);
        row.released_at = Some(micros(self.now));
        row.released_by = Some(author.who.clone());
        row.release_reason = Some(author.why.clone());
        "synced".clone_into(&mut row.push_state);
        self.writes.changed_holds.push(row);
        self.writes.touched_customers.insert(id);
    }

    /// Requests that are carried out, or have lost, are closed; those that have won, or that the ERP has yet to
    /// hear of, are pushed.
    pub(super) fn close_requests(&mut self, remote: &Remote, merged: &Merged) {
        let lost = |field: &Field| {
            let mut conflicts = merged.conflicts.iter();
            conflicts.any(|clash| clash.field == *field && clash.winner == Side::Erp)
        };
        let customer = self.customers.get(&remote.external_id);
        let customer = customer.map(|row| row.customer_id.clone());
        for request in self.wanted.get(&remote.external_id).into_iter().flatten() {
            if merged.settled.contains(&request.field) || lost(&request.field) {
                self.writes.forgotten.push(request.row.clone());
                if let (Field::Hold(id), Some(customer)) = (&request.field, &customer) {
                    let state = (customer.clone(), id.clone(), "synced");
                    self.writes.push_states.push(state);
                }
            } else {
                self.writes.pushes.insert(remote.external_id.clone());
            }
        }
    }
}

fn place_of(standing: &[HoldRow], id: &str, renamed: &Renamed) -> Option<usize> {
    let place = |id: &str| standing.iter().position(|row| row.external_id == id);
    place(id).or_else(|| match renamed.get(id).map(|request| &request.field) {
        Some(Field::Hold(ours)) => place(ours),
        _ => None,
    })
}

/// An ERP that says "written" and has the hold all the same keeps it: it is taken again.
pub(super) fn keep_unreleased(wanted: &BTreeMap<Field, Wanted>, snapshot: &Snapshot, merged: &mut Merged) {
    for (field, wanted) in wanted.iter().filter(|(_, wanted)| wanted.answered) {
        let there = snapshot.get(field);
        let kept = wanted.value == FieldValue::Hold(None) && there != wanted.value;
        if kept && !merged.take.iter().any(|(taken, ..)| taken == field) {
            merged.take.push((field.clone(), None, there));
        }
    }
}
