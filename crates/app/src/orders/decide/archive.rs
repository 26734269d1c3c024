//! The archive's side of a document: itself, its parts, its answer, and what tells a repeat from it.

use punchgate_domain::{
    ids::{DocumentId, OrderId},
    policy::DuplicatePolicy,
};
use punchgate_storage::{
    body::StoredBody,
    document::{NewDocument, NewPart},
    request_key::RequestKeyRow,
};

use super::{Fold, REQUEST_KIND, rows::mode_of};
use crate::{
    clock::micros,
    orders::{Answer, Disposition, Outcome, Received, load::KeyOf},
};

impl Fold<'_> {
    /// Archives the document and its answer, remembers the payloadID of what was accepted.
    pub(super) fn conclude(
        &mut self,
        received: &Received,
        document: DocumentId,
        order: Option<OrderId>,
        answer: Answer,
        disposition: Disposition,
    ) {
        let response_id = (self.new_id)();
        let payload_id = format!("{response_id}@{}", self.host);
        let response = answer.render(&received.relationship.dialect, &payload_id, self.now);
        self.archive(received, &document, order.as_ref(), &answer, disposition);
        self.archive_response(
            received,
            &document,
            order.as_ref(),
            &answer,
            (response_id, payload_id, &response),
        );
        let remembers = received.relationship.policies.duplicates == DuplicatePolicy::ByPayloadId
            && !received.payload_id.is_empty()
            && !matches!(disposition, Disposition::Repeated | Disposition::Conflict);
        if remembers {
            let key = RequestKeyRow {
                supplier_id: received.relationship.supplier.id.to_string(),
                relationship_id: received.relationship.id.to_string(),
                mode: mode_of(received).to_owned(),
                request_kind: REQUEST_KIND.to_owned(),
                payload_id: received.payload_id.clone(),
                content_hash: received.content_hash.to_vec(),
                document_id: document.to_string(),
                order_id: order.as_ref().map(ToString::to_string),
                // Serialising two plain fields cannot fail.
                answer: serde_json::to_string(&answer).unwrap_or_default(),
                recorded_at: micros(self.now),
            };
            self.loaded.keys.insert(KeyOf::of(received), key.clone());
            self.out.keys.push(key);
        }
        self.out.outcomes.push(Outcome {
            answer,
            response,
            order,
            document,
            disposition,
        });
    }

    fn archive(
        &mut self,
        received: &Received,
        document: &DocumentId,
        order: Option<&OrderId>,
        answer: &Answer,
        disposition: Disposition,
    ) {
        let supplier = received.relationship.supplier.id.to_string();
        for (number, part) in (1_i64..).zip(&received.document.parts) {
            self.out.parts.push(NewPart {
                supplier: supplier.clone(),
                document_id: document.to_string(),
                number,
                content_id: part.content_id.clone(),
                content_type: part.content_type.clone(),
                body: part.body.clone(),
            });
        }
        self.out.documents.push(NewDocument {
            supplier,
            id: document.to_string(),
            direction: "in",
            kind: REQUEST_KIND.to_owned(),
            relationship: Some(received.relationship.id.to_string()),
            mode: mode_of(received),
            payload_id: Some(received.payload_id.clone()).filter(|id| !id.is_empty()),
            content_hash: Some(received.content_hash.to_vec()),
            status: disposition.as_str(),
            status_code: Some(i64::from(answer.status)),
            status_text: Some(answer.details.clone()).filter(|text| !text.is_empty()),
            order_id: order.map(ToString::to_string),
            order_number: Some(received.order.order_number.clone()),
            session_id: None,
            buyer_cookie: None,
            in_reply_to: None,
            replies_to: None,
            content_type: received.document.content_type.clone(),
            body: received.document.body.clone(),
            findings: received.document.findings.clone(),
            recorded_at: micros(received.received_at),
        });
    }

    fn archive_response(
        &mut self,
        received: &Received,
        document: &DocumentId,
        order: Option<&OrderId>,
        answer: &Answer,
        (id, payload_id, response): (String, String, &[u8]),
    ) {
        self.out.documents.push(NewDocument {
            supplier: received.relationship.supplier.id.to_string(),
            id,
            direction: "out",
            kind: "Response".to_owned(),
            relationship: Some(received.relationship.id.to_string()),
            mode: mode_of(received),
            payload_id: Some(payload_id),
            content_hash: None,
            status: "answered",
            status_code: Some(i64::from(answer.status)),
            status_text: None,
            order_id: order.map(ToString::to_string),
            order_number: Some(received.order.order_number.clone()),
            session_id: None,
            buyer_cookie: None,
            in_reply_to: Some(document.to_string()),
            replies_to: Some(received.payload_id.clone()).filter(|id| !id.is_empty()),
            content_type: "text/xml; charset=utf-8".to_owned(),
            body: StoredBody::pack(response),
            findings: None,
            recorded_at: micros(self.now),
        });
    }
}
