//! One account entered: its merge carried out on the rows. No database here; what is to be written is
//! collected.

use std::collections::BTreeMap;

use punchgate_domain::merge::Side;
use punchgate_storage::{
    credit_account::CreditAccountRow,
    customer::CustomerRow,
    sync::{ConflictRow, ShadowRow},
};

use super::{
    Field, FieldValue, LimitValue, Snapshot,
    apply::Application,
    holds::{Renamed, keep_unreleased},
    merge::{Clash, Merged, Wanted, merge},
    remote::{Origin, Remote},
    request::Request,
};
use crate::{
    accounts::{Author, change::history_line},
    clock::{from_micros, micros},
};

impl Application<'_> {
    /// Merges one account and collects what follows from it.
    pub(super) fn enter(&mut self, remote: &Remote) {
        self.ensure_rows(remote);
        let base = self
            .shadows
            .get(&remote.external_id)
            .map(|(_, snapshot)| snapshot.clone());
        let renamed = self.renamed_holds(remote, base.as_ref());
        let wanted = self.wanted_of(remote, &renamed);
        let mut snapshot = remote.snapshot.clone();
        self.keep_last_good_limit(remote, base.as_ref(), &mut snapshot);
        self.keep_currency_under_reservations(remote, base.as_ref(), &mut snapshot);
        let mut merged = merge(
            base.as_ref(),
            &wanted,
            &snapshot,
            self.policy.owners,
            remote.changed_at,
        );
        keep_unreleased(&wanted, &snapshot, &mut merged);
        self.follow_renamed(remote, &renamed, &mut merged);
        let changed = !merged.take.is_empty() || !merged.conflicts.is_empty();
        for (field, from, to) in &merged.take {
            self.take(remote, (field, from.as_ref(), to), &merged, &renamed);
        }
        self.explain_standing(remote, &merged);
        for clash in &merged.conflicts {
            self.note_conflict(remote, clash);
        }
        self.close_requests(remote, &merged);
        let people = self.take_people(remote, base.as_ref());
        self.writes.changed += usize::from(changed || people);
        // Whoever changes terms or holds has read nothing of people and places: their version stays.
        if changed {
            self.writes.changed_customers.insert(remote.external_id.clone());
            if let Some(row) = self.customers.get_mut(&remote.external_id) {
                row.erp_version.clone_from(&remote.version);
                row.updated_at = micros(self.now);
            }
        }
        self.remember(remote, &snapshot);
    }

    /// What is asked for of the account.
    fn wanted_of(&self, remote: &Remote, renamed: &Renamed) -> BTreeMap<Field, Wanted> {
        let known = self.shadows.get(&remote.external_id);
        let may_arrive = known.is_some_and(|(row, _)| row.erp_version == remote.version);
        let there = |request: &Request| renamed.values().any(|found| found.field == request.field);
        let requests = self.wanted.get(&remote.external_id).into_iter().flatten();
        requests
            .map(|request| {
                let row = &request.row;
                let answered = self.answered.contains(&(row.field.clone(), row.revision));
                let wanted = Wanted {
                    value: request.value.clone(),
                    at: from_micros(row.requested_at),
                    answered: answered || there(request),
                    sent: self.sent_of(remote, request),
                    may_arrive,
                    read_since: remote.origin == Origin::Reading
                        && row.requested_at < micros(self.fetched_at),
                };
                (request.field.clone(), wanted)
            })
            .collect()
    }

    /// What has gone out of a request on what is known of the account.
    pub(super) fn sent_of(&self, remote: &Remote, request: &Request) -> Vec<FieldValue> {
        let known = self.shadows.get(&remote.external_id);
        known.map_or_else(Vec::new, |(row, _)| request.sent_on(&row.erp_version))
    }

    /// What was read is the base of the next merge, whatever became of it here.
    fn remember(&mut self, remote: &Remote, snapshot: &Snapshot) {
        let before = self.shadows.get(&remote.external_id).map(|(row, _)| row.seen_at);
        // What is only explained anew was not seen again: a full read must still find it.
        let seen_at = before.filter(|_| remote.origin == Origin::Memory);
        let row = ShadowRow {
            supplier_id: self.scope.supplier.clone(),
            connector_id: self.scope.connector.clone(),
            scope: self.scope.scope.clone(),
            external_id: remote.external_id.clone(),
            erp_version: remote.version.clone(),
            // A struct of texts and numbers always serialises.
            fields: serde_json::to_string(snapshot).unwrap_or_default(),
            seen_at: seen_at.unwrap_or_else(|| micros(self.now)),
        };
        self.shadows
            .insert(remote.external_id.clone(), (row.clone(), snapshot.clone()));
        self.writes.shadows.push(row);
    }

    /// The customer, its own credit account (same id), and the accounts of payer and head, which may be read
    /// later than those whom they pay for.
    fn ensure_rows(&mut self, remote: &Remote) {
        let snapshot = &remote.snapshot;
        for other in snapshot.payer.iter().chain(&snapshot.head_office) {
            self.ensure_account(other, &snapshot.currency);
        }
        let own = self.ensure_account(&remote.external_id, &snapshot.currency);
        if self.customers.contains_key(&remote.external_id) {
            return;
        }
        let row = CustomerRow {
            supplier_id: self.scope.supplier.clone(),
            customer_id: own.clone(),
            connector_id: self.scope.connector.clone(),
            scope: self.scope.scope.clone(),
            external_id: remote.external_id.clone(),
            code: snapshot.code.clone(),
            name: snapshot.name.clone(),
            active: i64::from(snapshot.active),
            credit_account_id: own,
            payer_external_id: None,
            head_external_id: None,
            terms_code: None,
            terms_label: None,
            terms_net_days: None,
            terms_prepaid: 0,
            erp_version: remote.version.clone(),
            version: 1,
            updated_at: micros(self.now),
        };
        self.customers.insert(remote.external_id.clone(), row);
        self.writes.new_customers.push(remote.external_id.clone());
    }

    fn ensure_account(&mut self, external_id: &str, currency: &str) -> String {
        if let Some(row) = self.accounts.get(external_id) {
            return row.credit_account_id.clone();
        }
        let known = self.customers.get(external_id).map(|row| row.customer_id.clone());
        let id = known.unwrap_or_else(|| self.surroundings.new_id());
        let row = CreditAccountRow {
            supplier_id: self.scope.supplier.clone(),
            credit_account_id: id.clone(),
            connector_id: self.scope.connector.clone(),
            scope: self.scope.scope.clone(),
            external_id: external_id.to_owned(),
            currency: currency.to_owned(),
            limit_kind: "unknown".to_owned(),
            limit_minor: None,
            exposure_minor: None,
            exposure_as_of: None,
            exposure_includes_orders: 0,
            exposure_overdue_minor: None,
            exposure_oldest_due: None,
            next_arrival: 1,
            version: 1,
            updated_at: micros(self.now),
        };
        self.accounts.insert(external_id.to_owned(), row);
        self.writes.new_accounts.push(external_id.to_owned());
        id
    }

    /// A negative limit is nobody's intention: the last one counts, and somebody hears of it.
    fn keep_last_good_limit(&mut self, remote: &Remote, base: Option<&Snapshot>, snapshot: &mut Snapshot) {
        if matches!(snapshot.limit, LimitValue::Amount { minor, .. } if minor < 0) {
            let known = base.filter(|base| base.currency == snapshot.currency);
            snapshot.limit = known.map_or(LimitValue::Unknown, |base| base.limit.clone());
            self.writes.negative_limits.insert(remote.external_id.clone());
        }
    }

    /// Reservations are counted in the account's currency. While some are open it cannot change: the limit is
    /// unknown, a person sees the conflict, and the next reading tries again.
    fn keep_currency_under_reservations(
        &mut self,
        remote: &Remote,
        base: Option<&Snapshot>,
        snapshot: &mut Snapshot,
    ) {
        let Some(row) = self.accounts.get(&remote.external_id) else {
            return;
        };
        let reserved = self.reserved.get(&row.credit_account_id).copied().unwrap_or(0);
        if reserved == 0 || row.currency == snapshot.currency {
            return;
        }
        let stated = FieldValue::Text(Some(snapshot.currency.clone()));
        let kept = FieldValue::Text(Some(row.currency.clone()));
        let known = base.is_some_and(|base| base.limit == LimitValue::Unknown);
        snapshot.currency.clone_from(&row.currency);
        snapshot.limit = LimitValue::Unknown;
        if !known {
            let clash = Clash {
                field: Field::Currency,
                base: Some(kept.clone()),
                local: kept,
                remote: stated,
                winner: Side::Gateway,
            };
            self.note_conflict(remote, &clash);
        }
    }

    fn take(
        &mut self,
        remote: &Remote,
        (field, from, to): (&Field, Option<&FieldValue>, &FieldValue),
        merged: &Merged,
        renamed: &Renamed,
    ) {
        let author = self.author_of(remote, field, merged, renamed);
        // A hold stands here, or not, from the moment that somebody asked for it.
        let from = match field {
            Field::Hold(id) => Some(FieldValue::Hold(self.standing_hold(remote, id, renamed))),
            _ => from.cloned(),
        };
        match (field, to) {
            (Field::Currency | Field::Limit, value) => self.take_account_field(remote, value),
            (Field::Hold(id), FieldValue::Hold(Some(value))) => {
                self.take_hold(remote, id, value, &author, renamed);
            }
            (Field::Hold(id), _) => self.end_hold(remote, id, &author),
            (Field::Payer | Field::HeadOffice, _) => self.take_credit_account(remote),
            (_, value) => self.take_customer_field(remote, field, value),
        }
        let Some(row) = self.customers.get(&remote.external_id) else {
            return;
        };
        // Of an account that is new here only what decides orders is worth a line.
        let decides = matches!(field, Field::Limit | Field::Terms | Field::Hold(_));
        let nothing = from.is_none() && (!decides || matches!(to, FieldValue::Terms(None)));
        let moved = matches!(field, Field::Hold(id) if renamed.contains_key(id));
        let values = (from.map(|from| from.to_string()), Some(to.to_string()));
        if !nothing && (moved || values.0 != values.1) {
            let values = if moved { (None, values.1) } else { values };
            let line = history_line(self.surroundings, row, &field.key(), values, &author, self.now);
            if moved {
                self.writes.renamed.insert(line.change_id.clone());
            }
            self.writes.history.push(line);
        }
    }

    /// Who changed it: whoever asked for it here, if that is what the ERP now says; else the ERP's user.
    fn author_of(&self, remote: &Remote, field: &Field, merged: &Merged, renamed: &Renamed) -> Author {
        if merged.overtaken.contains(field) {
            return Author::gateway("asked for here before; something else is asked for by now");
        }
        let settled = merged.settled.contains(field);
        let mut asked = self.wanted.get(&remote.external_id).into_iter().flatten();
        let asked = asked.find(|request| settled && request.field == *field);
        let placed = match field {
            Field::Hold(id) => renamed.get(id),
            _ => None,
        };
        if let Some(request) = asked.or(placed) {
            return Author {
                who: request.row.requested_by.clone(),
                why: format!("{} (taken over by the ERP)", request.row.why),
            };
        }
        self.erp_author(remote)
    }

    /// The ERP's user.
    pub(super) fn erp_author(&self, remote: &Remote) -> Author {
        let by = remote.changed_by.as_deref().unwrap_or("ERP");
        Author {
            who: format!("{by} via {}", self.scope.connector),
            why: "changed in the ERP".to_owned(),
        }
    }

    fn take_customer_field(&mut self, remote: &Remote, field: &Field, value: &FieldValue) {
        let Some(row) = self.customers.get_mut(&remote.external_id) else {
            return;
        };
        match (field, value) {
            (Field::Code, FieldValue::Text(Some(code))) => row.code.clone_from(code),
            (Field::Name, FieldValue::Text(Some(name))) => row.name.clone_from(name),
            (Field::Active, FieldValue::Flag(active)) => {
                row.active = i64::from(*active);
                self.writes.touched_customers.insert(row.customer_id.clone());
            }
            (Field::Terms, FieldValue::Terms(terms)) => {
                row.terms_code = terms.as_ref().map(|terms| terms.code.clone());
                row.terms_label = terms.as_ref().map(|terms| terms.label.clone());
                row.terms_net_days = terms.as_ref().and_then(|terms| terms.net_days).map(i64::from);
                row.terms_prepaid = i64::from(terms.as_ref().is_some_and(|terms| terms.prepaid));
                self.writes.touched_accounts.insert(row.credit_account_id.clone());
            }
            _ => {}
        }
    }

    /// Payer or head changed: the customer is counted elsewhere, and both accounts get a second look.
    fn take_credit_account(&mut self, remote: &Remote) {
        let on = remote.snapshot.credit_account(&remote.external_id);
        let account = self.accounts.get(on).map(|row| row.credit_account_id.clone());
        let (Some(row), Some(account)) = (self.customers.get_mut(&remote.external_id), account) else {
            return;
        };
        row.payer_external_id.clone_from(&remote.snapshot.payer);
        row.head_external_id.clone_from(&remote.snapshot.head_office);
        self.writes.touched_accounts.insert(row.credit_account_id.clone());
        self.writes.touched_accounts.insert(account.clone());
        row.credit_account_id = account;
    }

    fn take_account_field(&mut self, remote: &Remote, value: &FieldValue) {
        let Some(row) = self.accounts.get_mut(&remote.external_id) else {
            return;
        };
        match value {
            FieldValue::Text(Some(currency)) if *currency != row.currency => {
                row.currency.clone_from(currency);
                // An exposure in the old currency says nothing in the new one.
                row.exposure_minor = None;
                row.exposure_as_of = None;
                row.exposure_overdue_minor = None;
                row.exposure_oldest_due = None;
            }
            FieldValue::Limit(limit) => {
                let (kind, minor) = match limit {
                    LimitValue::Unknown => ("unknown", None),
                    LimitValue::Unlimited => ("unlimited", None),
                    LimitValue::Amount { minor, .. } => ("amount", Some(*minor)),
                };
                kind.clone_into(&mut row.limit_kind);
                row.limit_minor = minor;
            }
            _ => return,
        }
        row.updated_at = micros(self.now);
        self.writes.changed_accounts.insert(remote.external_id.clone());
        self.writes.touched_accounts.insert(row.credit_account_id.clone());
    }

    fn note_conflict(&mut self, remote: &Remote, clash: &Clash) {
        let json = |value: &FieldValue| serde_json::to_string(value).ok();
        self.writes.conflicts.push(ConflictRow {
            supplier_id: self.scope.supplier.clone(),
            conflict_id: self.surroundings.new_id(),
            connector_id: self.scope.connector.clone(),
            scope: self.scope.scope.clone(),
            external_id: remote.external_id.clone(),
            field: clash.field.key(),
            base_value: clash.base.as_ref().and_then(json),
            local_value: json(&clash.local),
            remote_value: json(&clash.remote),
            winner: clash.winner.as_str().to_owned(),
            state: "open".to_owned(),
            noted_at: micros(self.now),
            resolved_at: None,
            resolved_by: None,
        });
    }
}
