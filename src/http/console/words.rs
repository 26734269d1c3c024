//! Words for what the machine has codes for: states, jobs, events, roles, times. Nothing here decides.

use jiff::tz::TimeZone;
pub(super) use punchgate_app::attention::words::feed;
use punchgate_app::clock::from_micros;
pub(super) use punchgate_app::jobs::words::{JOBS, job, known_job};
use punchgate_domain::{
    Instant,
    hold::{HoldSource, Permission},
    operator::Role,
    order::OrderState,
};

/// An instant for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    /// For machines.
    pub(super) iso: String,
    /// In the supplier's time zone.
    pub(super) shown: String,
    /// How long ago, or in how long.
    pub(super) ago: String,
}

impl When {
    pub(super) fn of(micros: i64, zone: &TimeZone, now: Instant) -> Self {
        let at = from_micros(micros);
        Self {
            iso: at.to_string(),
            shown: at
                .to_zoned(zone.clone())
                .strftime("%-d %b %Y, %H:%M:%S %Z")
                .to_string(),
            ago: match now.duration_since(at).as_secs() {
                seconds @ 0.. => format!("{} ago", span(seconds)),
                seconds => format!("in {}", span(-seconds)),
            },
        }
    }
}

/// A span in its largest unit.
fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// How long something took.
pub(super) fn lasted(micros: i64) -> String {
    match micros {
        ..1_000_000 => format!("{} ms", micros.max(0) / 1_000),
        1_000_000..60_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        _ => span(micros / 1_000_000),
    }
}

/// A word, and how it is coloured: good, info, warn, bad or soft.
pub(super) type Pill = (&'static str, &'static str);

/// The states of work, with their words, worst first.
pub(super) const WORK_STATES: [(&str, Pill); 5] = [
    ("dead", ("Given up", "bad")),
    ("pending", ("Waiting", "info")),
    ("leased", ("Under way", "info")),
    ("skipped", ("Passed over", "soft")),
    ("done", ("Done", "good")),
];

/// Where work stands; one that was tried and waits is told apart from one that was not.
pub(super) fn work_state(state: &str, attempts: i64) -> Pill {
    match state {
        "pending" if attempts > 0 => ("To be tried again", "warn"),
        state => WORK_STATES
            .iter()
            .find(|(name, _)| *name == state)
            .map_or(("Unknown here", "soft"), |(_, pill)| *pill),
    }
}

/// How an attempt ended.
pub(super) fn attempt(outcome: &str) -> Pill {
    match outcome {
        "done" => ("Done", "good"),
        "retry" => ("Failed, to be tried again", "warn"),
        "wait" | "waiting" => ("Waits", "info"),
        "dead" => ("Failed, given up", "bad"),
        "submitted" => ("Submitted", "good"),
        "delivered" => ("Delivered", "good"),
        "rejected" | "refused" => ("Refused", "bad"),
        _ => ("Ended", "soft"),
    }
}

/// Kinds of events, with their words.
pub(super) fn event(kind: &str) -> &str {
    match kind {
        "cart.returned" => "Cart returned",
        "order.received" => "Order received",
        "order.held" => "Order held",
        "order.released" => "Order released",
        "order.submitted" => "Order submitted",
        "order.rejected" => "Order rejected",
        "order.declined" => "Order declined",
        "order.cancelled" => "Order cancelled",
        "order.confirmed" => "Order confirmed",
        "delivery.failed" => "Delivery failed",
        "hold.placed" => "Hold placed",
        "hold.released" => "Hold released",
        "limit.changed" => "Credit limit changed",
        "sync.conflict" => "Changed on both sides",
        "sync.attention" => "Needs settling",
        "alert.raised" => "Alert",
        "alert.over" => "Alert over",
        other => other,
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::ErpAdmin => "ERP admin",
        Role::Support => "Support",
        Role::ReadOnly => "Read only",
    }
}

/// States of orders, as the list may be narrowed by them.
pub(super) const ORDER_STATES: [(&str, Pill); 11] = [
    ("unknown", ("Outcome unknown", "bad")),
    ("rejected", ("Rejected by the ERP", "bad")),
    ("referred", ("Needs a decision", "warn")),
    ("held", ("Held", "warn")),
    ("held_by_erp", ("Held by the ERP", "warn")),
    ("approved", ("Approved", "info")),
    ("submitting", ("Being submitted", "info")),
    ("accepted", ("Accepted", "good")),
    ("declined", ("Declined", "soft")),
    ("cancelled", ("Cancelled", "soft")),
    ("shadow", ("Copy", "info")),
];

pub(super) fn order_state(state: &str) -> Pill {
    ORDER_STATES
        .iter()
        .find(|(name, _)| *name == state)
        .map_or(("Received", "soft"), |(_, pill)| *pill)
}

/// What is to be done about one order in a state; none where it goes on by itself or is at its end.
pub(super) fn case_advice(state: OrderState) -> Option<&'static str> {
    match state {
        OrderState::Unknown => Some(
            "The answer of ERP or shop was not seen. It is asked again by itself; if this stays, look there whether the order exists.",
        ),
        OrderState::Rejected => Some("ERP or shop refused it. Mend the cause, then try again."),
        OrderState::Referred => Some("Somebody must decide."),
        OrderState::Shadow => Some(
            "It is a copy in a shadow run: below stands what would have become of it. Nothing is done about it here.",
        ),
        OrderState::HeldByErp => Some("The ERP has it and holds it; it is released there."),
        _ => None,
    }
}

/// What a held order waits for, by the codes of its reasons.
pub(super) fn held_advice<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    const MAPPING: &str = "Say what the buyer's words mean here: it goes on by itself.";
    const PERSON: &str = "Somebody confirms prices and contents, or declines.";
    const TEST: &str = "Tests are submitted by relationships in test alone: decline it.";
    const CREDIT: &str =
        "It waits for a release, a payment or more credit, and goes on by itself when it comes.";
    let mut all: Vec<&str> = codes
        .map(|code| match code {
            "unknown-customer" | "unmapped-unit" | "unmapped-ship-to" | "unmapped-user" => MAPPING,
            "price-differs" | "total-differs" | "terms-differ" | "non-catalogue-line" | "no-user"
            | "needs-person" => PERSON,
            "test-document" => TEST,
            _ => CREDIT,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    match all.is_empty() {
        true => CREDIT.to_owned(),
        false => all.join(" "),
    }
}

/// How an order is paid.
pub(super) fn tender(name: &str) -> &str {
    match name {
        "terms" => "On terms",
        "card" => "By card",
        "ach" => "By bank transfer",
        "credit_provider" => "By a credit provider",
        "points" => "By points",
        "" => "Not known",
        other => other,
    }
}

/// How far the confirmation of an order is.
pub(super) fn confirmation(name: &str) -> &str {
    match name {
        "none" => "None so far",
        "queued" => "On its way to the buyer",
        "sent" => "Taken by the buyer",
        other => other,
    }
}

/// Kinds of documents that an ERP issues.
pub(super) fn erp_document(kind: &str) -> &str {
    match kind {
        "acknowledgement" => "Order acknowledgement",
        "status" => "Order status",
        "shipment" => "Shipment",
        "invoice" => "Invoice",
        "credit_memo" => "Credit memo",
        "payment" => "Payment",
        other => other,
    }
}

/// Kinds of archived documents.
pub(super) fn document_kind(kind: &str) -> &str {
    match kind {
        "OrderRequest" => "Purchase order",
        "ConfirmationRequest" => "Order confirmation",
        "PunchOutSetupRequest" => "Punchout setup",
        "PunchOutSetupResponse" => "Answer to a punchout setup",
        "PunchOutOrderMessage" => "Cart",
        "Response" => "Answer",
        "ErpAcknowledgement" => "Order acknowledgement",
        "ErpStatus" => "Order status",
        "ErpShipment" => "Shipment",
        "ErpInvoice" => "Invoice",
        "ErpCreditMemo" => "Credit memo",
        "ErpPayment" => "Payment",
        other => other,
    }
}

/// Which way a document went.
pub(super) fn direction(name: &str, kind: &str) -> &'static str {
    match name {
        "out" => "to the buyer",
        _ if kind.starts_with("Erp") => "from the ERP",
        _ => "from the buyer",
    }
}

/// Where archived documents stand, with their words.
pub(super) const DOCUMENT_STATUSES: [(&str, Pill); 15] = [
    ("accepted", ("Accepted", "good")),
    ("changed", ("Accepted as a change", "good")),
    ("cancelled", ("Accepted as a withdrawal", "good")),
    ("repeated", ("The same once more", "soft")),
    ("kept", ("Kept for a person", "warn")),
    ("conflict", ("Contradicts what is known", "bad")),
    ("refused", ("Refused", "bad")),
    ("unmatched", ("Fits nothing known", "warn")),
    ("answered", ("Answered", "soft")),
    ("queued", ("Waits to be sent", "info")),
    ("sent", ("Sent", "info")),
    ("retrying", ("To be sent again", "warn")),
    ("delivered", ("Delivered", "good")),
    ("failed", ("Not delivered", "bad")),
    ("received", ("Received", "soft")),
];

pub(super) fn document_status(status: &str) -> Pill {
    DOCUMENT_STATUSES
        .iter()
        .find(|(name, _)| *name == status)
        .map_or(("Unknown here", "soft"), |(_, pill)| *pill)
}

/// What a hold may take away.
pub(super) fn permission(permission: Permission) -> &'static str {
    match permission {
        Permission::OrderOnTerms => "ordering on terms",
        Permission::Order => "ordering at all",
        Permission::Ship => "shipping",
        Permission::Invoice => "invoicing",
    }
}

/// Where a hold comes from.
pub(super) fn hold_source(source: HoldSource) -> &'static str {
    match source {
        HoldSource::Manual => "Placed here",
        HoldSource::Erp => "From the ERP",
        HoldSource::Rule => "By a rule,",
    }
}

/// Where a hold stands with the ERP.
pub(super) fn push(state: &str) -> &'static str {
    match state {
        "local" => "Here only; the ERP is not told.",
        "pending" => "On its way to the ERP.",
        "synced" => "The ERP has it.",
        _ => "",
    }
}

/// Where something stands that was asked of the ERP.
pub(super) fn request_state(state: &str) -> Pill {
    match state {
        "pending" => ("On its way", "info"),
        "rejected" => ("The ERP said no", "bad"),
        "parked" => ("A person must look", "warn"),
        _ => ("Unknown here", "soft"),
    }
}

/// Where a promise to pay stands.
pub(super) fn promise_state(state: &str) -> Pill {
    match state {
        "running" => ("Runs", "info"),
        "kept" => ("Kept", "good"),
        "broken" => ("Broken", "bad"),
        "withdrawn" => ("Taken back", "soft"),
        _ => ("Unknown here", "soft"),
    }
}

/// A field of a customer's account as the history calls it: `limit`, `hold:7`, `terms asked for`.
pub(super) fn account_field(field: &str) -> String {
    let plain = field.split(':').next().unwrap_or(field);
    let mut words = plain.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Kinds of connectors.
pub(super) fn connector(kind: &str) -> &str {
    match kind {
        "events-webhook" => "Webhook",
        "erp-flatfile" => "ERP by files",
        "erp-http" => "ERP by the published protocol",
        "erp-sql" => "ERP by its database",
        "erp-stdio" => "ERP by a program of yours",
        "erp-tryton" => "Tryton",
        "storefront-http" => "Shop by the published protocol",
        "storefront-vendure" => "Vendure",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use punchgate_domain::event::EventKind;

    use super::*;

    #[test]
    fn spans() {
        for (micros, expected) in [
            (-5, "0 ms"),
            (12_345, "12 ms"),
            (1_250_000, "1.2 s"),
            (60_000_000, "1 minute"),
            (7_200_000_000, "2 hours"),
            (172_800_000_000, "2 days"),
        ] {
            assert_eq!(lasted(micros), expected, "{micros}");
        }
    }

    #[test]
    fn instants_are_told_in_the_supplier_s_time() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let now: Instant = "2026-03-02T12:00:00Z".parse().unwrap();
        let at: Instant = "2026-03-02T11:57:00Z".parse().unwrap();
        let when = When::of(at.as_microsecond(), &zone, now);
        assert_eq!(
            (when.iso.as_str(), when.shown.as_str(), when.ago.as_str()),
            (
                "2026-03-02T11:57:00Z",
                "2 Mar 2026, 06:57:00 EST",
                "3 minutes ago"
            )
        );
        let when = When::of(now.as_microsecond(), &zone, at);
        assert_eq!(when.ago, "in 3 minutes");
    }

    #[test]
    fn a_held_order_says_what_it_waits_for() {
        for (codes, expected) in [
            (
                &["over-limit"][..],
                "It waits for a release, a payment or more credit",
            ),
            (&["unknown-customer"], "Say what the buyer's words mean here"),
            (
                &["price-differs", "needs-person"],
                "Somebody confirms prices and contents, or declines.",
            ),
            (
                &["test-document"],
                "Tests are submitted by relationships in test alone",
            ),
            (&[], "It waits for a release"),
        ] {
            let said = held_advice(codes.iter().copied());
            assert!(said.starts_with(expected), "{codes:?}: {said}");
        }
        let both = held_advice(["unmapped-unit", "on-hold", "unmapped-ship-to"].into_iter());
        assert_eq!(both.matches(':').count(), 1, "{both}");
        assert!(both.contains("waits for a release"), "{both}");
    }

    /// No code without words.
    #[test]
    fn everything_that_there_is_has_words() {
        for kind in EventKind::NAMES {
            assert_ne!(event(kind), *kind);
        }
        for kind in crate::connectors::registry().kinds() {
            assert_ne!(connector(kind), kind);
        }
        for status in punchgate_app::documents::STATUSES {
            assert_ne!(document_status(status), ("Unknown here", "soft"), "{status}");
        }
        for state in punchgate_app::jobs::STATES {
            assert_ne!(work_state(state, 0), ("Unknown here", "soft"));
        }
    }
}
