//! Which event follows from what was written. Pure.

use punchgate_domain::{event::EventKind, order::OrderState};
use punchgate_storage::{
    history::ChangeRow,
    order::{OrderEventRow, OrderRow},
    outbox::{Attempt, EntryRow},
    sync::{ConflictRow, attention::AttentionRow},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    directory::Mode,
    jobs::JobId,
    sync::{NOTHING, attention_text},
};

/// As much is told of why a job has failed.
const REASON: usize = 500;

/// Something that others may want to hear of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happened {
    pub kind: EventKind,
    /// The same for the same happening.
    pub id: String,
    /// What is about one subject is told in its order.
    pub subject: String,
    /// Of the order that it is about.
    pub relationship: Option<String>,
    pub data: serde_json::Value,
    /// Microseconds.
    pub at: i64,
}

/// What the steps of an order's history come to. Of a copy in a shadow run nobody is told: the order itself goes another way.
pub(crate) fn of_order(row: &OrderRow, steps: &[OrderEventRow]) -> Vec<Happened> {
    if row.mode == Mode::Shadow.as_str() {
        return Vec::new();
    }
    let one = |step: &OrderEventRow| {
        let kind = of_step(step.from_state.as_deref(), &step.to_state)?;
        Some(Happened {
            kind,
            id: format!("evt_{}_{}", row.order_id, step.seq),
            subject: format!("order/{}", row.order_id),
            relationship: Some(row.relationship_id.clone()),
            data: about(row, &step.to_state, step.detail.as_deref()),
            at: step.happened_at,
        })
    };
    steps.iter().filter_map(one).collect()
}

fn of_step(from: Option<&str>, to: &str) -> Option<EventKind> {
    let from = from.and_then(|state| OrderState::parse(state).ok());
    let to = OrderState::parse(to).ok()?;
    if from == Some(to) {
        return None;
    }
    Some(match (from, to) {
        (None, OrderState::Received) => EventKind::OrderReceived,
        (_, OrderState::Held | OrderState::Referred) if !waits(from) => EventKind::OrderHeld,
        (_, OrderState::Approved) if waits(from) => EventKind::OrderReleased,
        (from, OrderState::Accepted | OrderState::HeldByErp) if !is_there(from) => EventKind::OrderSubmitted,
        (_, OrderState::Rejected) => EventKind::OrderRejected,
        (_, OrderState::Declined) => EventKind::OrderDeclined,
        (_, OrderState::Cancelled) => EventKind::OrderCancelled,
        _ => return None,
    })
}

fn waits(state: Option<OrderState>) -> bool {
    matches!(state, Some(OrderState::Held | OrderState::Referred))
}

fn is_there(state: Option<OrderState>) -> bool {
    matches!(state, Some(OrderState::Accepted | OrderState::HeldByErp))
}

fn about(row: &OrderRow, state: &str, reason: Option<&str>) -> serde_json::Value {
    json!({
        "supplier": row.supplier_id,
        "relationship": row.relationship_id,
        "order": row.order_id,
        "order_number": row.order_number,
        "version": row.version,
        "state": state,
        "reason": reason,
        "total": { "amount": row.total_text, "currency": row.currency },
        "mode": row.mode,
    })
}

/// The buyer has taken our confirmation of this order.
pub(crate) fn confirmed(row: &OrderRow, document: &str, at: i64) -> Happened {
    Happened {
        kind: EventKind::OrderConfirmed,
        id: format!("evt_{document}_taken"),
        // Whoever has marked the order as confirmed holds its lock.
        subject: format!("order/{}", row.order_id),
        relationship: Some(row.relationship_id.clone()),
        data: about(row, &row.state, None),
        at,
    }
}

/// A job that brings something of ours to a partner is dead.
pub(crate) fn failed(entry: &EntryRow, attempt: &Attempt) -> Happened {
    let job = JobId::of(entry);
    // A partner's own words may quote what we sent it, a secret included: they stay with the job.
    let reason = match attempt.status_code {
        Some(code) => format!("the partner answered {code}"),
        None => attempt.detail.chars().take(REASON).collect(),
    };
    Happened {
        kind: EventKind::DeliveryFailed,
        id: format!("evt_{}", digest(entry)),
        subject: format!("job/{}", digest(entry)),
        relationship: None,
        data: json!({
            "supplier": entry.supplier_id,
            "order": job.order(),
            "job": job.to_string(),
            "kind": entry.kind,
            "attempts": entry.attempts,
            "reason": reason,
        }),
        at: attempt.finished_at,
    }
}

/// Stands for this end of this job. Its stream may hold an ERP's key, in letters that no header bears.
fn digest(entry: &EntryRow) -> String {
    let (supplier, stream) = (&entry.supplier_id, &entry.stream);
    let whole = Sha256::digest(format!("{supplier}/{stream}/{}/{}", entry.seq, entry.attempts));
    whole.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Both sides have changed a field.
pub(crate) fn of_conflict(row: &ConflictRow) -> Happened {
    Happened {
        kind: EventKind::SyncConflict,
        id: format!("evt_{}", row.conflict_id),
        subject: format!("conflict/{}", row.conflict_id),
        relationship: None,
        data: json!({
            "supplier": row.supplier_id,
            "conflict": row.conflict_id,
            "connector": row.connector_id,
            "customer": row.external_id,
            "field": row.field,
            "counts": row.winner,
        }),
        at: row.noted_at,
    }
}

/// A person should look.
pub(crate) fn of_attention(row: &AttentionRow) -> Happened {
    Happened {
        kind: EventKind::SyncAttention,
        id: format!("evt_{}", row.attention_id),
        // Whoever has written the row has found it new: nobody else tells of it.
        subject: format!("attention/{}", row.attention_id),
        relationship: None,
        data: json!({
            "supplier": row.supplier_id,
            "connector": row.connector_id,
            "customer": row.external_id,
            "matter": row.matter,
            "name": row.name,
            "text": attention_text(row),
        }),
        at: row.noted_at,
    }
}

/// What a line of the history comes to.
pub(super) fn of_line(line: &ChangeRow) -> Option<Happened> {
    let kind = match (line.subject.as_str(), line.field.as_str()) {
        ("session", "state") if line.to_value.as_deref() == Some("returned") => EventKind::CartReturned,
        // Of an account that was not known before there is nothing that has changed.
        ("customer", "limit") if line.from_value.is_some() => EventKind::LimitChanged,
        ("customer", field) if is_hold(field) => {
            let stood = |value: &Option<String>| value.as_deref().is_some_and(|value| value != NOTHING);
            match (stood(&line.from_value), stood(&line.to_value)) {
                (false, true) => EventKind::HoldPlaced,
                (true, false) => EventKind::HoldReleased,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Happened {
        kind,
        id: format!("evt_{}", line.change_id),
        subject: format!("{}/{}", line.subject, line.subject_id),
        relationship: None,
        data: json!({
            "supplier": line.supplier_id,
            line.subject.as_str(): line.subject_id,
            "field": line.field,
            "from": line.from_value.as_deref().filter(|value| *value != NOTHING),
            "to": line.to_value.as_deref().filter(|value| *value != NOTHING),
            "by": line.who,
            "reason": line.why,
        }),
        at: line.changed_at,
    })
}

/// Whether a line is about a hold itself, and not about what is asked for, in dispute or taken away by it.
fn is_hold(field: &str) -> bool {
    let beside = [" asked for", " in conflict", "/removes"];
    field.starts_with("hold:") && !beside.iter().any(|end| field.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_orders() {
        use EventKind as K;
        let rows: &[(Option<&str>, &str, Option<K>)] = &[
            (None, "received", Some(K::OrderReceived)),
            (None, "tombstone", None),
            (Some("received"), "received", None),
            (Some("received"), "approved", None),
            (Some("received"), "held", Some(K::OrderHeld)),
            (Some("approved"), "referred", Some(K::OrderHeld)),
            (Some("held"), "referred", None),
            (Some("held"), "held", None),
            (Some("held"), "approved", Some(K::OrderReleased)),
            (Some("referred"), "approved", Some(K::OrderReleased)),
            (Some("approved"), "submitting", None),
            (Some("submitting"), "accepted", Some(K::OrderSubmitted)),
            (Some("unknown"), "held_by_erp", Some(K::OrderSubmitted)),
            (Some("held_by_erp"), "accepted", None),
            (Some("submitting"), "rejected", Some(K::OrderRejected)),
            (Some("referred"), "declined", Some(K::OrderDeclined)),
            (Some("accepted"), "cancelled", Some(K::OrderCancelled)),
            (Some("accepted"), "no such state", None),
        ];
        for (from, to, expected) in rows {
            assert_eq!(of_step(*from, to), *expected, "{from:?} -> {to}");
        }
    }

    #[test]
    fn lines_of_the_history() {
        use EventKind as K;
        let line = |subject: &str, field: &str, from: Option<&str>, to: Option<&str>| ChangeRow {
            supplier_id: "s".to_owned(),
            change_id: "c1".to_owned(),
            subject: subject.to_owned(),
            subject_id: "7".to_owned(),
            field: field.to_owned(),
            from_value: from.map(str::to_owned),
            to_value: to.map(str::to_owned),
            who: "sam".to_owned(),
            why: "because".to_owned(),
            changed_at: 1,
        };
        for (line, expected) in [
            (
                line("session", "state", Some("shopping"), Some("returned")),
                Some(K::CartReturned),
            ),
            (
                line("session", "state", Some("shopping"), Some("cancelled")),
                None,
            ),
            (
                line("customer", "limit", Some("1"), Some("2")),
                Some(K::LimitChanged),
            ),
            (line("customer", "limit asked for", Some("1"), Some("2")), None),
            (line("customer", "terms", Some("1"), Some("2")), None),
            (line("customer", "hold:H1", None, Some("x")), Some(K::HoldPlaced)),
            (
                line("customer", "hold:H 1", Some("none"), Some("x")),
                Some(K::HoldPlaced),
            ),
            (
                line("customer", "hold:H1", Some("x"), None),
                Some(K::HoldReleased),
            ),
            (
                line("customer", "hold:H 1", Some("x"), Some("none")),
                Some(K::HoldReleased),
            ),
            (line("customer", "hold:H1", Some("x"), Some("y")), None),
            (line("customer", "hold:H1", Some("none"), Some("none")), None),
            (line("customer", "hold:H1/removes", Some("x"), Some("y")), None),
            (line("customer", "hold:H1 asked for", Some("x"), None), None),
            (line("customer", "limit", None, Some("2")), None),
            (line("job", "state", Some("dead"), Some("pending")), None),
        ] {
            assert_eq!(of_line(&line).map(|happened| happened.kind), expected, "{line:?}");
        }
    }
}
