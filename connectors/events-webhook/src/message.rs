//! The body of a message.

use punchgate_connector::events::Event;
use serde::Serialize;

/// Of the shape of all messages: fields are added to a version, never taken away.
const VERSION: u32 = 1;

/// As Standard Webhooks lays it out: what, when, and the data; and which.
#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    r#type: &'static str,
    version: u32,
    timestamp: String,
    data: &'a serde_json::Value,
}

/// The bytes that are signed and sent.
pub(crate) fn body(event: &Event) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Message {
        id: &event.id,
        r#type: event.kind.as_str(),
        version: VERSION,
        timestamp: event.at.to_string(),
        data: &event.data,
    })
}

#[cfg(test)]
mod tests {
    use punchgate_domain::event::EventKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message() {
        let event = Event {
            id: "evt".to_owned(),
            kind: EventKind::OrderHeld,
            at: "2026-03-02T12:00:00Z".parse().unwrap(),
            data: json!({ "order_number": "4500001" }),
        };
        assert_eq!(
            String::from_utf8(body(&event).unwrap()).unwrap(),
            r#"{"id":"evt","type":"order.held","version":1,"timestamp":"2026-03-02T12:00:00Z","data":{"order_number":"4500001"}}"#
        );
    }
}
