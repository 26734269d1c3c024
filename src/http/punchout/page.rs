//! The pages and the headers that guard them. Texts are for shoppers.

use askama::Template;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use punchgate_app::punchout::{
    Closing, ClosingReason, Missing as MissingItem, Parties, PostBack, Question, QuestionKind, Redeemed,
    Refusal,
};
use punchgate_domain::catalogue::Problem;

use crate::gateway::Gateway;

/// A form that goes to a page of ours.
const TO_US: &str = "'self'";

#[derive(Template)]
#[template(path = "punchout/pass.html")]
struct Pass {
    parties: Option<Parties>,
    heading: &'static str,
    text: &'static str,
    button: &'static str,
    nonce: bool,
}

#[derive(Template)]
#[template(path = "punchout/post.html")]
struct Post {
    parties: Option<Parties>,
    heading: &'static str,
    text: &'static str,
    post: PostBack,
}

#[derive(Template)]
#[template(path = "punchout/question.html")]
struct Ask<'a> {
    parties: Option<Parties>,
    heading: &'static str,
    emptied: bool,
    link: &'a str,
    question: Question,
}

/// Items that are not in the cart that the shopper begins with.
#[derive(Template)]
#[template(path = "punchout/missing.html")]
pub(super) struct Missing {
    parties: Option<Parties>,
    missing: Vec<MissingItem>,
    login_url: String,
}

#[derive(Template)]
#[template(path = "punchout/message.html")]
struct Message<'a> {
    parties: Option<Parties>,
    heading: &'static str,
    text: String,
    retry: bool,
    resume: Option<&'a str>,
    code: Option<&'static str>,
}

impl Missing {
    pub(super) fn of(redeemed: Redeemed) -> Self {
        Self {
            parties: Some(redeemed.parties),
            missing: redeemed.missing,
            login_url: redeemed.login_url,
        }
    }
}

/// The pages, as this installation shows them.
pub(super) struct Pages {
    /// Whether plain http is in use here: a trial on one machine.
    plain_http: bool,
}

impl Pages {
    pub(super) fn of(gateway: &Gateway) -> Self {
        Self {
            plain_http: gateway.config.server.public_url.scheme() == "http",
        }
    }

    pub(super) fn start(&self) -> Response {
        let page = Pass {
            parties: None,
            heading: "Opening the catalogue",
            text: "You are being signed in to the shop.",
            button: "Continue",
            nonce: true,
        };
        self.show(StatusCode::OK, &page, &self.to_shops())
    }

    pub(super) fn returning(&self) -> Response {
        let page = Pass {
            parties: None,
            heading: "Transferring your cart",
            text: "Your cart is being brought to your procurement system.",
            button: "Continue",
            nonce: false,
        };
        self.show(StatusCode::OK, &page, TO_US)
    }

    pub(super) fn cancelling(&self) -> Response {
        let page = Pass {
            parties: None,
            heading: "Leaving the shop",
            text: "You are being brought back without a cart.",
            button: "Continue",
            nonce: false,
        };
        self.show(StatusCode::OK, &page, TO_US)
    }

    pub(super) fn post(&self, post: PostBack) -> Response {
        let (heading, text) = match post.with_cart {
            true => (
                "Your cart is ready",
                "It is being handed to your procurement system.",
            ),
            false => (
                "Back to your procurement system",
                "Nothing is changed in your requisition.",
            ),
        };
        let sources = post.form_sources.join(" ");
        let page = Post {
            parties: Some(post.parties.clone()),
            heading,
            text,
            post,
        };
        self.show(StatusCode::OK, &page, &sources)
    }

    pub(super) fn ask(&self, link: &str, question: Question) -> Response {
        let emptied = question.kind == QuestionKind::Emptied;
        let page = Ask {
            parties: Some(question.parties.clone()),
            heading: match emptied {
                true => "Delete all lines?",
                false => "Before you transfer the cart",
            },
            emptied,
            link,
            question,
        };
        self.show(StatusCode::OK, &page, &self.to_shops())
    }

    pub(super) fn missing(&self, page: Missing) -> Response {
        self.show(StatusCode::OK, &page, TO_US)
    }

    pub(super) fn closed(&self, closing: Closing) -> Response {
        let (heading, text) = match closing.reason {
            ClosingReason::NoReturnAddress => (
                "This cart cannot be transferred",
                "Your procurement system gave no address to send a cart to (BrowserFormPost). Nothing was sent. \
                 Please tell whoever looks after the catalogue connection in your company.",
            ),
            ClosingReason::NothingToPost => (
                "You have left the shop",
                "Nothing was sent and nothing is changed. Close this window and go on in your procurement system.",
            ),
        };
        let page = Message {
            parties: Some(closing.parties),
            heading,
            text: text.to_owned(),
            retry: false,
            resume: None,
            code: None,
        };
        self.show(StatusCode::OK, &page, TO_US)
    }

    pub(super) fn refused(&self, link: &str, refusal: Refusal) -> Response {
        let entry = refusal.problem.entry();
        let (heading, text) = words(refusal.problem);
        let page = Message {
            parties: refusal.parties,
            heading,
            text: refusal.text.unwrap_or_else(|| text.to_owned()),
            retry: entry.retryable,
            resume: refusal.can_resume.then_some(link),
            code: Some(entry.code),
        };
        let status = StatusCode::from_u16(entry.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.show(status, &page, &self.to_shops())
    }

    /// The headers of every answer to a shopper's browser.
    pub(super) fn guarded(&self, mut response: Response) -> Response {
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn show(&self, status: StatusCode, page: &impl Template, form_sources: &str) -> Response {
        let html = match page.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                return self.guarded(StatusCode::INTERNAL_SERVER_ERROR.into_response());
            }
        };
        let mut response = (status, Html(html)).into_response();
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; \
             form-action {form_sources}; frame-ancestors {}",
            self.web()
        );
        match HeaderValue::from_str(&policy) {
            Ok(policy) => response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy),
            // A source that is no header text would leave the page unguarded: it is not shown.
            Err(error) => {
                tracing::error!(%error, "a page's policy could not be written");
                return self.guarded(StatusCode::INTERNAL_SERVER_ERROR.into_response());
            }
        };
        self.guarded(response)
    }

    /// A form whose answer leads into a shop: browsers hold redirects to the policy, and a shop may be anywhere.
    fn to_shops(&self) -> String {
        format!("{TO_US} {}", self.web())
    }

    /// Suites show these pages in frames; which suites is not known when a page is shown. Nobody's browser is
    /// fooled: what is done here is done with the address alone, not with a login of the browser's.
    fn web(&self) -> &'static str {
        match self.plain_http {
            true => "https: http:",
            false => "https:",
        }
    }
}

/// Heading and text for a shopper.
fn words(problem: Problem) -> (&'static str, &'static str) {
    let partner = problem.entry().partner_text;
    match problem {
        Problem::StartLinkUsed => ("This link has been used", partner),
        Problem::StartLinkExpired => ("This link is too old", partner),
        Problem::StartLinkUnknown => ("This link is not valid", partner),
        Problem::SessionExpired => ("Your session has ended", partner),
        Problem::SessionClosed => ("This session is closed", partner),
        Problem::CartBlocked => (
            "This cart cannot be transferred now",
            "Your company's account does not allow it at present. Please contact us.",
        ),
        Problem::RelationshipDisabled => (
            "This catalogue is switched off",
            "Orders from your company are not taken here at present. Nothing was sent. Please contact us.",
        ),
        Problem::ReturnHostNotAllowed => (
            "This cart cannot be transferred",
            "The address of your procurement system is no longer allowed here. Please contact us.",
        ),
        Problem::UnknownCustomer => (
            "The shop does not know your company",
            "No customer account is connected with your procurement system yet. Please contact us.",
        ),
        Problem::UpstreamUnavailable => (
            "The shop does not answer",
            "Your cart is safe. Please try again in a moment; if it goes on, please contact us.",
        ),
        _ => (
            "That did not work",
            "It is our fault, not yours, and nothing was lost. Please try again in a moment.",
        ),
    }
}

#[cfg(test)]
mod tests;
