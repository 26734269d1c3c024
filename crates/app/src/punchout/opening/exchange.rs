//! A setup request and its answer as they are archived with their session.

use punchgate_storage::{
    body::StoredBody,
    document::{NewDocument, NewPart},
    session::SessionRow,
};

use crate::{clock::micros, inbound::Believed};

const XML: &str = "text/xml; charset=UTF-8";

/// The request and its answer, as they are archived.
pub(super) struct Exchange<'a> {
    pub(super) believed: &'a Believed,
    pub(super) session: &'a SessionRow,
    /// Id of the archived answer.
    pub(super) response: String,
    /// PayloadID of the answer.
    pub(super) payload_id: String,
    pub(super) now: i64,
}

impl Exchange<'_> {
    pub(super) fn request(&self) -> NewDocument {
        NewDocument {
            id: self.session.document_id.clone(),
            direction: "in",
            kind: self.believed.document.body.name().to_owned(),
            payload_id: self.request_payload_id(),
            content_hash: Some(self.believed.content_hash.to_vec()),
            status: "accepted",
            in_reply_to: None,
            replies_to: None,
            content_type: self.believed.archived.content_type.clone(),
            body: self.believed.archived.body.clone(),
            findings: self.believed.archived.findings.clone(),
            recorded_at: micros(self.believed.at),
            ..self.blank()
        }
    }

    fn request_payload_id(&self) -> Option<String> {
        let payload_id = &self.believed.document.envelope.payload_id;
        (!payload_id.is_empty()).then(|| payload_id.clone())
    }

    pub(super) fn response(&self, archived: &[u8]) -> NewDocument {
        NewDocument {
            body: StoredBody::pack(archived),
            ..self.blank()
        }
    }

    pub(super) fn parts(&self) -> Vec<NewPart> {
        (1..)
            .zip(&self.believed.archived.parts)
            .map(|(number, part)| NewPart {
                supplier: self.session.supplier_id.clone(),
                document_id: self.session.document_id.clone(),
                number,
                content_id: part.content_id.clone(),
                content_type: part.content_type.clone(),
                body: part.body.clone(),
            })
            .collect()
    }

    fn blank(&self) -> NewDocument {
        let relationship = &self.believed.relationship;
        NewDocument {
            supplier: self.session.supplier_id.clone(),
            id: self.response.clone(),
            direction: "out",
            kind: "PunchOutSetupResponse".to_owned(),
            relationship: Some(self.session.relationship_id.clone()),
            mode: relationship.mode.as_str(),
            payload_id: Some(self.payload_id.clone()),
            content_hash: None,
            status: "sent",
            status_code: Some(200),
            status_text: None,
            order_id: None,
            order_number: None,
            session_id: Some(self.session.session_id.clone()),
            buyer_cookie: Some(self.session.buyer_cookie.clone()),
            in_reply_to: Some(self.session.document_id.clone()),
            replies_to: self.request_payload_id(),
            content_type: XML.to_owned(),
            body: StoredBody::pack(b""),
            findings: None,
            recorded_at: self.now,
        }
    }
}
