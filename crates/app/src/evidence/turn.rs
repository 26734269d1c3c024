//! Whose turn it is, as far as the other company may know. Pure.

use punchgate_domain::order::OrderState;
use punchgate_storage::document::DocumentRow;

/// Who has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The buyer's people.
    Buyer,
    /// The supplier's.
    Supplier,
    /// Nobody: all is done.
    Nobody,
}

/// Whose turn it is, and why, for the buyer's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub whose: Whose,
    /// In a sentence or two.
    pub text: String,
}

fn turn(whose: Whose, text: impl Into<String>) -> Turn {
    Turn {
        whose,
        text: text.into(),
    }
}

/// By the state of the order, if it is about one, and what crossed, first to last.
pub(super) fn of(state: Option<OrderState>, documents: &[DocumentRow]) -> Turn {
    let last_out = documents
        .iter()
        .rfind(|row| row.direction == "out" && row.kind != "Response");
    if let Some(row) = last_out.filter(|row| matches!(row.status.as_str(), "retrying" | "failed")) {
        let why = row.status_text.as_deref().unwrap_or("it gives no answer");
        let then = match row.status.as_str() {
            "retrying" => "It is sent again by itself.",
            _ => "Once it takes documents again, ask the supplier to send it anew.",
        };
        return turn(
            Whose::Buyer,
            format!("Your address does not take our {}: {why}. {then}", row.kind),
        );
    }
    match state {
        Some(state) => of_order(state, documents),
        None => of_document(documents),
    }
}

fn of_order(state: OrderState, documents: &[DocumentRow]) -> Turn {
    let is_confirmed = documents
        .iter()
        .any(|row| row.kind == "ConfirmationRequest" && row.status == "delivered");
    match state {
        OrderState::Received
        | OrderState::Approved
        | OrderState::Submitting
        | OrderState::Unknown
        | OrderState::Held
        | OrderState::Referred
        | OrderState::HeldByErp
        | OrderState::Rejected => turn(
            Whose::Supplier,
            "The order has arrived whole and is kept. The supplier is at work on it; it need not be sent again.",
        ),
        OrderState::Accepted if is_confirmed => turn(
            Whose::Nobody,
            "The order is accepted, and its confirmation was taken by your address.",
        ),
        OrderState::Accepted => turn(
            Whose::Supplier,
            "The order is accepted; a confirmation has not been sent.",
        ),
        OrderState::Declined => turn(
            Whose::Nobody,
            "The supplier does not deliver the order. Its people can say why.",
        ),
        OrderState::Cancelled => turn(Whose::Nobody, "The order was withdrawn."),
        OrderState::Shadow => turn(
            Whose::Nobody,
            "This is a copy, kept to compare; the order itself goes the way that it has gone so far.",
        ),
        OrderState::Tombstone => turn(
            Whose::Buyer,
            "A deletion has arrived, and the order that it names has not. If the order was sent, look why it has not arrived; \
             should it come now, it counts as withdrawn.",
        ),
    }
}

fn of_document(documents: &[DocumentRow]) -> Turn {
    let last_in = documents.iter().rfind(|row| row.direction == "in");
    match last_in {
        Some(row) if row.status == "refused" && row.status_code.is_some_and(|code| code >= 500) => turn(
            Whose::Buyer,
            "The document was not taken because of a trouble on our side that has passed. Send the same document again.",
        ),
        Some(row) if row.status == "refused" => turn(
            Whose::Buyer,
            "The document was refused. Correct what its answer and the findings name, and send it again.",
        ),
        Some(_) => turn(Whose::Nobody, "The document has arrived and was answered."),
        None => turn(
            Whose::Nobody,
            "The document was sent, and your address has taken it.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(direction: &str, kind: &str, status: &str, code: Option<i64>) -> DocumentRow {
        DocumentRow {
            supplier_id: "s".to_owned(),
            document_id: kind.to_owned(),
            direction: direction.to_owned(),
            kind: kind.to_owned(),
            relationship_id: Some("acme".to_owned()),
            mode: "production".to_owned(),
            payload_id: None,
            status: status.to_owned(),
            status_code: code,
            status_text: Some("HTTP 503".to_owned()),
            order_id: None,
            order_number: None,
            session_id: None,
            buyer_cookie: None,
            in_reply_to: None,
            content_type: "text/xml".to_owned(),
            raw_length: 1,
            findings: None,
            recorded_at: 1,
        }
    }

    #[test]
    fn whose_turn_it_is() {
        use OrderState as S;
        use Whose::{Buyer, Nobody, Supplier};
        let po = || row("in", "OrderRequest", "accepted", Some(200));
        let answer = || row("out", "Response", "answered", Some(200));
        let confirmation = |status| row("out", "ConfirmationRequest", status, None);
        let rows: [(Option<S>, Vec<DocumentRow>, Whose, &str); 11] = [
            (
                Some(S::Held),
                vec![po(), answer()],
                Supplier,
                "need not be sent again",
            ),
            (Some(S::Rejected), vec![po(), answer()], Supplier, "is kept"),
            (
                Some(S::Accepted),
                vec![po(), answer()],
                Supplier,
                "has not been sent",
            ),
            (
                Some(S::Accepted),
                vec![po(), confirmation("delivered")],
                Nobody,
                "was taken by your address",
            ),
            (
                Some(S::Accepted),
                vec![po(), confirmation("retrying")],
                Buyer,
                "does not take our ConfirmationRequest: HTTP 503. It is sent again",
            ),
            (
                Some(S::Accepted),
                vec![po(), confirmation("failed")],
                Buyer,
                "ask the supplier to send it anew",
            ),
            (Some(S::Cancelled), vec![po()], Nobody, "withdrawn"),
            (Some(S::Tombstone), vec![], Buyer, "has not arrived"),
            (
                None,
                vec![row("in", "OrderRequest", "refused", Some(406)), answer()],
                Buyer,
                "Correct what",
            ),
            (
                None,
                vec![row("in", "OrderRequest", "refused", Some(560)), answer()],
                Buyer,
                "Send the same",
            ),
            (None, vec![po(), answer()], Nobody, "was answered"),
        ];
        for (state, documents, whose, says) in rows {
            let turn = of(state, &documents);
            assert_eq!(turn.whose, whose, "{state:?}: {}", turn.text);
            assert!(turn.text.contains(says), "{state:?}: {}", turn.text);
        }
    }
}
