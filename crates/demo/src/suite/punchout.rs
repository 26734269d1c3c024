//! Punching out and coming back: the setup request, and the form that the shopper's browser brings.

use std::sync::Arc;

use axum::{
    Form, Router,
    body::Bytes,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use punchgate_domain::cart::CartLine;
use punchgate_protocols::{cxml::decode::setup::SetupOperation, form::read_cart_form};
use serde::Deserialize;

use super::{
    Suite,
    books::{Answer, Archived, PunchoutSession, PunchoutState, View},
    buyer::Buyer,
    check::{self, Deviation},
    mask, pages, write,
};
use crate::{
    DemoError,
    wire_log::{Exchange, Peer},
};

pub(super) fn routes() -> Router<Arc<Suite>> {
    Router::new()
        .route("/buyers/{buyer}/punchout", post(create))
        .route("/buyers/{buyer}/requisitions/{number}/punchout", post(again))
        .route("/buyers/{buyer}/profile", post(ask_profile))
        .route("/buyers/{buyer}/wrong-secret", post(wrong_secret))
}

/// The one form that another site's page posts: the supplier's return page.
pub(super) fn return_routes() -> Router<Arc<Suite>> {
    Router::new().route("/buyers/{buyer}/return", post(come_back))
}

#[derive(Deserialize)]
struct Start {
    view: View,
}

async fn create(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Form(start): Form<Start>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let number = suite.books().open_requisition(buyer, suite.now());
    suite
        .punch_out(buyer, number, SetupOperation::Create, start.view)
        .await
}

#[derive(Deserialize)]
struct Again {
    view: View,
    operation: String,
}

async fn again(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
    Form(again): Form<Again>,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let operation = match again.operation.as_str() {
        "edit" => SetupOperation::Edit,
        "inspect" => SetupOperation::Inspect,
        _ => SetupOperation::Create,
    };
    suite.punch_out(buyer, number, operation, again.view).await
}

async fn ask_profile(State(suite): State<Arc<Suite>>, Path(buyer): Path<String>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let said = match suite.profile(buyer).await {
        Ok(said) => said,
        Err(error) => error.to_string(),
    };
    pages::back_to(&format!("/buyers/{}", buyer.id), &said)
}

async fn wrong_secret(State(suite): State<Arc<Suite>>, Path(buyer): Path<String>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let said = match suite.refused_setup(buyer).await {
        Ok(answer) => format!(
            "The supplier answered: Status {} {}. {}",
            answer.code, answer.text, answer.detail
        ),
        Err(error) => error.to_string(),
    };
    pages::back_to(&format!("/buyers/{}", buyer.id), &said)
}

impl Suite {
    async fn punch_out(
        &self,
        buyer: &'static Buyer,
        number: u64,
        operation: SetupOperation,
        view: View,
    ) -> Response {
        let page = format!("/buyers/{}/requisitions/{number}", buyer.id);
        match self.open_session(buyer, number, operation, view).await {
            Err(error) => pages::back_to(&page, &error.to_string()),
            Ok(None) => Redirect::to(&page).into_response(),
            Ok(Some(_)) if view == View::Frame => Redirect::to(&format!("{page}/shop")).into_response(),
            Ok(Some(start_page)) => Redirect::to(&start_page).into_response(),
        }
    }

    /// Sends the setup request; the start page, if the supplier gave one.
    async fn open_session(
        &self,
        buyer: &'static Buyer,
        number: u64,
        operation: SetupOperation,
        view: View,
    ) -> Result<Option<String>, DemoError> {
        let token = self.config.entropy.token()?;
        let cookie = buyer.cookie(&self.config.entropy.short_id()?);
        let payload_id = self.payload_id()?;
        let now = self.now();
        let return_url = format!(
            "{}/buyers/{}/return?requisition={number}&session={token}",
            self.config.public_url, buyer.id
        );
        let lines: Vec<CartLine> = {
            let mut books = self.books();
            let Some(requisition) = books.requisition_mut(buyer, number) else {
                return Ok(None);
            };
            requisition.sessions.push(PunchoutSession {
                token: token.clone(),
                cookie: cookie.clone(),
                operation,
                view,
                opened_at: now,
                answer: None,
                start_page: None,
                state: PunchoutState::Asked,
                deviations: Vec::new(),
            });
            match operation {
                SetupOperation::Edit | SetupOperation::Inspect => requisition.lines().to_vec(),
                SetupOperation::Create | SetupOperation::Source => Vec::new(),
            }
        };
        let stamp = write::Stamp {
            payload_id: &payload_id,
            now,
        };
        let setup = write::Setup {
            operation,
            cookie: &cookie,
            return_url: &return_url,
            lines: &lines,
        };
        let document = write::setup_request(buyer, stamp, buyer.secret, &setup)
            .map_err(|error| DemoError::Document(error.to_string()))?;
        let mut read = check::reply(self.link.post(buyer.path, &document).await);
        let start_page = check::start_page(&mut read);
        self.archive_out(buyer, "PunchOutSetupRequest", &payload_id, &document, &read);
        let mut books = self.books();
        if let Some(session) = books.session_mut(buyer, number, &token) {
            session.state = match start_page {
                Some(_) => PunchoutState::Shopping,
                None => PunchoutState::Refused,
            };
            session.answer = Some(read.answer);
            session.deviations = read.deviations;
            session.start_page.clone_from(&start_page);
        }
        Ok(start_page)
    }

    /// A setup request with a secret that the supplier does not know.
    async fn refused_setup(&self, buyer: &'static Buyer) -> Result<Answer, DemoError> {
        let payload_id = self.payload_id()?;
        let cookie = buyer.cookie(&self.config.entropy.short_id()?);
        let return_url = format!("{}/buyers/{}/return", self.config.public_url, buyer.id);
        let setup = write::Setup {
            operation: SetupOperation::Create,
            cookie: &cookie,
            return_url: &return_url,
            lines: &[],
        };
        let stamp = write::Stamp {
            payload_id: &payload_id,
            now: self.now(),
        };
        let document = write::setup_request(buyer, stamp, "not-the-secret-we-agreed-on", &setup)
            .map_err(|error| DemoError::Document(error.to_string()))?;
        let read = check::reply(self.link.post(buyer.path, &document).await);
        self.archive_out(buyer, "PunchOutSetupRequest", &payload_id, &document, &read);
        Ok(read.answer)
    }

    /// What the supplier says that it can do, in words.
    async fn profile(&self, buyer: &'static Buyer) -> Result<String, DemoError> {
        use punchgate_protocols::cxml::Body;
        let payload_id = self.payload_id()?;
        let stamp = write::Stamp {
            payload_id: &payload_id,
            now: self.now(),
        };
        let document =
            write::profile_request(buyer, stamp).map_err(|error| DemoError::Document(error.to_string()))?;
        let read = check::reply(self.link.post(buyer.path, &document).await);
        self.archive_out(buyer, "ProfileRequest", &payload_id, &document, &read);
        Ok(match &read.body {
            Some(Body::ProfileResponse(profile)) => {
                let names: Vec<&str> = profile
                    .transactions
                    .iter()
                    .map(|it| it.request_name.as_str())
                    .collect();
                format!(
                    "Connected in {} ms. The supplier takes {}.",
                    read.answer.duration_ms,
                    names.join(", ")
                )
            }
            _ => format!(
                "Not connected: {} {} {}",
                read.answer.code, read.answer.text, read.answer.detail
            ),
        })
    }

    /// Keeps a document that went out, with how it was answered.
    pub(super) fn archive_out(
        &self,
        buyer: &Buyer,
        kind: &str,
        payload_id: &str,
        document: &[u8],
        read: &check::ReadReply,
    ) {
        let answer = &read.answer;
        let outcome = match answer.http {
            None => "no answer".to_owned(),
            Some(_) if answer.code == 0 => "unreadable answer".to_owned(),
            Some(_) => format!("{} {}", answer.code, answer.text),
        };
        self.books().archive(Archived {
            at: self.now(),
            buyer: buyer.id,
            outgoing: true,
            kind: kind.to_owned(),
            payload_id: payload_id.to_owned(),
            outcome,
            text: mask::pretty(&String::from_utf8_lossy(document)),
            deviations: read.deviations.clone(),
        });
    }
}

#[derive(Deserialize)]
struct ReturnTo {
    requisition: u64,
    session: String,
}

async fn come_back(
    State(suite): State<Arc<Suite>>,
    Path(buyer): Path<String>,
    Query(to): Query<ReturnTo>,
    body: Bytes,
) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return pages::missing(&suite, None);
    };
    let known = {
        let mut books = suite.books();
        let session = books.session_mut(buyer, to.requisition, &to.session);
        session.map(|session| (session.cookie.clone(), session.view, session.state))
    };
    let Some((cookie, view, state)) = known else {
        return pages::missing(&suite, Some(buyer));
    };
    let cart = read_cart_form(&body);
    let document = cart.as_deref().unwrap_or_default();
    suite.note_return(&format!("/buyers/{}/return", buyer.id), document);
    let mut read = match &cart {
        Ok(cart) => check::cart(cart, buyer, &cookie),
        Err(error) => check::ReadCart {
            back: None,
            payload_id: String::new(),
            deviations: vec![Deviation::grave(format!(
                "the returned form holds no cart: {error}"
            ))],
        },
    };
    if matches!(state, PunchoutState::Returned | PunchoutState::Cancelled) {
        read.back = None;
        read.deviations.push(Deviation::grave(
            "a cart came back a second time and was not taken",
        ));
    }
    suite.books().archive(Archived {
        at: suite.now(),
        buyer: buyer.id,
        outgoing: false,
        kind: "PunchOutOrderMessage".to_owned(),
        payload_id: read.payload_id.clone(),
        outcome: if read.back.is_some() {
            "taken".to_owned()
        } else {
            "refused".to_owned()
        },
        text: mask::pretty(&String::from_utf8_lossy(document)),
        deviations: read.deviations.clone(),
    });
    suite.take(buyer, &to, read);
    let page = format!("/buyers/{}/requisitions/{}", buyer.id, to.requisition);
    match view {
        View::Tab => Redirect::to(&page).into_response(),
        View::Frame => pages::returned(&page),
    }
}

impl Suite {
    fn take(&self, buyer: &Buyer, to: &ReturnTo, read: check::ReadCart) {
        let mut books = self.books();
        match (books.requisition_mut(buyer, to.requisition), read.back) {
            (Some(requisition), Some(back)) => requisition.take(&to.session, back, read.deviations),
            (Some(_), None) => {
                if let Some(session) = books.session_mut(buyer, to.requisition, &to.session) {
                    session.deviations.extend(read.deviations);
                }
            }
            (None, _) => {}
        }
    }

    fn note_return(&self, path: &str, document: &[u8]) {
        self.config.wire.push(Exchange {
            seq: 0,
            at_ms: self.now().as_millisecond(),
            from: Peer::Browser,
            to: Peer::Suite,
            method: "POST".into(),
            url: format!("{}{path}", self.config.public_url),
            request: String::from_utf8_lossy(document).into_owned(),
            status: Some(200),
            response: String::new(),
            duration_ms: 0,
        });
    }
}
