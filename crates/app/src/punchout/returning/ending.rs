//! The end of a session in one transaction: state, history, message, cart and line keys. Of several browsers
//! that come at once, one ends it, and all are answered with what that one sent.

use std::collections::BTreeMap;

use punchgate_connector::carts::CartMove;
use punchgate_domain::{catalogue::Problem, session::SessionState};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    body::StoredBody,
    cart_snapshot::{self, CartSnapshotRow, LineKeyRow},
    document::{self, NewDocument},
    history::ChangeRow,
    session::{self, Ending, SessionRow},
};

use super::{
    Answer, ClosingReason, Punchout, Refusal, Visit, message::Written, post_back, prepare::Prepared,
};
use crate::{
    clock::micros,
    punchout::snapshot::{self, Purpose},
};

/// How a session ends.
#[derive(Debug)]
pub(super) struct Ended {
    state: SessionState,
    message: Option<Written>,
    cart: Option<Prepared>,
}

impl Ended {
    pub(super) fn returned(message: Written, cart: Prepared) -> Self {
        Self {
            state: SessionState::Returned,
            message: Some(message),
            cart: Some(cart),
        }
    }

    pub(super) fn cancelled(message: Option<Written>) -> Self {
        Self::without_cart(SessionState::Cancelled, message)
    }

    pub(super) fn without_cart(state: SessionState, message: Option<Written>) -> Self {
        Self {
            state,
            message,
            cart: None,
        }
    }
}

impl Ended {
    fn cart_move(&self) -> CartMove {
        match self.state {
            SessionState::Returned => CartMove::Return,
            _ => CartMove::Cancel,
        }
    }
}

/// What is stored at the end.
struct Records {
    message: Option<NewDocument>,
    carts: Vec<CartSnapshotRow>,
    returned: Option<String>,
    keys: Vec<LineKeyRow>,
    change: ChangeRow,
}

impl Punchout {
    /// Ends the session and answers the browser.
    pub(super) async fn end(&self, visit: &Visit, ended: Ended) -> Result<Answer, Refusal> {
        let records = self.records(visit, &ended);
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        if !store(
            &mut tx,
            visit,
            ended.state,
            &records,
            micros(self.surroundings.now()),
        )
        .await?
        {
            tx.rollback().await?;
            let ended = self.ended_by_another(visit).await?;
            // Expired a moment ago: nothing is posted.
            return ended.ok_or_else(|| Refusal::of(Problem::SessionExpired));
        }
        tx.commit().await?;
        // The session is over here whatever the shop says now.
        self.move_cart(visit, ended.cart_move()).await;
        match &ended.message {
            Some(message) => {
                let with_cart = ended.cart.is_some();
                post_back(&visit.row, &visit.relationship, &message.bytes, with_cart)
            }
            None if visit.row.return_url.is_none() => {
                Ok(Answer::Closed(visit.closing(ClosingReason::NoReturnAddress)))
            }
            None => Ok(Answer::Closed(visit.closing(ClosingReason::NothingToPost))),
        }
    }

    /// What another browser that came at the same time ended the session with.
    pub(super) async fn ended_by_another(&self, visit: &Visit) -> Result<Option<Answer>, Refusal> {
        let mut tx = self.surroundings.db.read().await?;
        let row = session::get(&mut tx, &visit.row.supplier_id, &visit.row.session_id).await?;
        tx.rollback().await?;
        let row = row.ok_or_else(super::unknown)?;
        self.answered(&row, &visit.relationship).await
    }

    fn records(&self, visit: &Visit, ended: &Ended) -> Records {
        let now = micros(self.surroundings.now());
        let (relationship, session) = (&visit.relationship, visit.row.session_id.as_str());
        let mut carts = Vec::new();
        let (mut returned, mut keys) = (None, Vec::new());
        if let Some(cart) = &ended.cart {
            let id = self.surroundings.new_id();
            let sent = &cart.fitted.cart;
            keys = line_keys(&visit.row, &id, cart, now);
            carts.push(snapshot::row(
                relationship,
                session,
                id.clone(),
                Purpose::Returned,
                sent,
                now,
            ));
            if has_other_units(cart) {
                let id = self.surroundings.new_id();
                carts.push(snapshot::row(
                    relationship,
                    session,
                    id,
                    Purpose::Shop,
                    &cart.keyed,
                    now,
                ));
            }
            returned = Some(id);
        }
        let message = ended.message.as_ref();
        Records {
            message: message.map(|message| outgoing(visit, message, self.surroundings.new_id(), now)),
            change: self.change(&visit.row, ended.state, "shopper", "came back from the shop"),
            carts,
            returned,
            keys,
        }
    }

    /// A line of the session's history.
    pub(in crate::punchout) fn change(
        &self,
        row: &SessionRow,
        to: SessionState,
        who: &str,
        why: &str,
    ) -> ChangeRow {
        ChangeRow {
            supplier_id: row.supplier_id.clone(),
            change_id: self.surroundings.new_id(),
            subject: "session".to_owned(),
            subject_id: row.session_id.clone(),
            field: "state".to_owned(),
            from_value: Some(row.state.clone()),
            to_value: Some(to.as_str().to_owned()),
            who: who.to_owned(),
            why: why.to_owned(),
            changed_at: micros(self.surroundings.now()),
        }
    }
}

async fn store(
    tx: &mut Tx,
    visit: &Visit,
    state: SessionState,
    records: &Records,
    at: i64,
) -> StorageResult<bool> {
    let ending = Ending {
        supplier: &visit.row.supplier_id,
        session: &visit.row.session_id,
        from: SessionState::Shopping.as_str(),
        to: state.as_str(),
        cart_snapshot: records.returned.as_deref(),
        message: records.message.as_ref().map(|message| message.id.as_str()),
        at,
    };
    if !session::end(tx, &ending).await? {
        return Ok(false);
    }
    for cart in &records.carts {
        cart_snapshot::insert(tx, cart).await?;
    }
    cart_snapshot::point_keys(tx, &records.keys).await?;
    document::insert_many(tx, records.message.as_slice()).await?;
    crate::events::record(tx, std::slice::from_ref(&records.change)).await?;
    Ok(true)
}

/// Each line key once, in key order: two carts that go back at once cross nowhere.
fn line_keys(row: &SessionRow, snapshot: &str, cart: &Prepared, now: i64) -> Vec<LineKeyRow> {
    let mut keys = BTreeMap::new();
    for line in &cart.fitted.cart.lines {
        if let Some(auxiliary) = &line.auxiliary_id {
            keys.insert((auxiliary.clone(), line.part_id.clone()), ());
        }
    }
    keys.into_keys()
        .map(|(auxiliary_id, part_id)| LineKeyRow {
            supplier_id: row.supplier_id.clone(),
            relationship_id: row.relationship_id.clone(),
            auxiliary_id,
            part_id,
            cart_snapshot_id: snapshot.to_owned(),
            taken_at: now,
        })
        .collect()
}

/// Whether units were changed on their way: an edit then has to find the way back.
fn has_other_units(cart: &Prepared) -> bool {
    cart.fitted.cart.lines.iter().any(|sent| {
        let same = |shop: &&punchgate_domain::cart::CartLine| {
            shop.auxiliary_id == sent.auxiliary_id && shop.part_id == sent.part_id
        };
        let shop = cart.keyed.lines.iter().find(same);
        shop.is_some_and(|shop| shop.quantity.value() != sent.quantity.value() || shop.unit != sent.unit)
    })
}

fn outgoing(visit: &Visit, message: &Written, id: String, now: i64) -> NewDocument {
    let row = &visit.row;
    NewDocument {
        supplier: row.supplier_id.clone(),
        id,
        direction: "out",
        kind: "PunchOutOrderMessage".to_owned(),
        relationship: Some(row.relationship_id.clone()),
        mode: visit.relationship.mode.as_str(),
        payload_id: Some(message.payload_id.clone()),
        content_hash: None,
        status: "sent",
        status_code: Some(message.status),
        status_text: None,
        order_id: None,
        order_number: None,
        session_id: Some(row.session_id.clone()),
        buyer_cookie: Some(row.buyer_cookie.clone()),
        in_reply_to: Some(row.document_id.clone()),
        replies_to: None,
        content_type: "text/xml; charset=us-ascii".to_owned(),
        body: StoredBody::pack(&message.bytes),
        findings: message.findings.clone(),
        recorded_at: now,
    }
}
