//! The shopper's browser at the gateway's pages: start, return, cancel. It runs no scripts, and keeps no cookie: one that
//! is offered is a fault.

use http::Method;
use punchgate_protocols::page::{Form, forms, text_of};
use url::{Url, form_urlencoded};

use super::{
    Run, instant, policy,
    requests::{Opened, milliseconds},
};
use crate::{
    answer::Rules,
    cart::{self, CameBack, Expected},
    clause::Clause,
    line::Reply,
    report::{Exchange, Faults, Outcome, Stop},
};

const FORM: &str = "application/x-www-form-urlencoded";
/// More pages than this between shop and suite lead nowhere.
const PAGES: usize = 6;

/// A page that a browser shows.
struct Page {
    url: Url,
    reply: Reply,
    body: String,
    exchange: usize,
}

impl Page {
    fn form(&self) -> Option<Form> {
        forms(&self.body).into_iter().find(|form| form.method == "post")
    }

    /// What stands on it, shortened.
    fn told(&self) -> String {
        let text = text_of(&self.body, "main").unwrap_or_default();
        format!(
            "HTTP {}: {}",
            self.reply.status,
            text.chars().take(200).collect::<String>()
        )
    }
}

/// What the shopper was told, and what went to the suite.
pub(super) struct Returned {
    pub(super) came: Option<CameBack>,
    /// What was asked before, or shown instead.
    pub(super) told: Vec<String>,
}

impl Run<'_> {
    async fn browse(&mut self, method: Method, url: &Url, fields: &[(String, String)]) -> Outcome<Page> {
        let (content_type, body) = match method {
            Method::POST => {
                let mut body = form_urlencoded::Serializer::new(String::new());
                (Some(FORM), body.extend_pairs(fields).finish())
            }
            _ => (None, String::new()),
        };
        let at = instant(self.means.stamps.now());
        let patience = self.plan.manner.patience();
        let sent = self
            .means
            .line
            .send(method.clone(), url, content_type, body.into_bytes(), patience)
            .await;
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let exchange = self.record.note(Exchange {
            number: 0,
            at,
            method: method.to_string(),
            url: self.record.masked(url.as_str()),
            request: names.join(", "),
            status: sent.as_ref().ok().map(|reply| reply.status),
            content_type: sent.as_ref().ok().and_then(|reply| reply.content_type.clone()),
            response: sent.as_ref().err().cloned().unwrap_or_default(),
            milliseconds: milliseconds(&sent),
        });
        let reply = sent.map_err(|error| {
            let hint = match url.origin() == self.plan.url.origin() {
                true => "",
                false => "; it has another host than the gateway: allow it with --host",
            };
            Stop::failed(Clause::Answered, format!("no answer of the page: {error}{hint}"))
        })?;
        if reply.sets_cookie {
            return Err(Stop::failed(Clause::Cookies, "the page sets a cookie"));
        }
        if let Some(refused) = policy::refuses_frames(&reply) {
            return Err(Stop::failed(Clause::Browser, refused));
        }
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        Ok(Page {
            url: url.clone(),
            reply,
            body,
            exchange,
        })
    }

    /// Sends a form of a page; a nonce is filled in as the page's script would.
    async fn submit(&mut self, page: &Page, form: &Form, nonce: &str) -> Outcome<Page> {
        let target = match form.action.as_str() {
            "" => Ok(page.url.clone()),
            action => page.url.join(action),
        };
        let target = target.map_err(|_| {
            Stop::failed(
                Clause::StartPage,
                format!("a form of the page leads to “{}”", form.action),
            )
        })?;
        let mut fields = form.fields.clone();
        for (name, value) in &mut fields {
            if name == "nonce" && value.is_empty() {
                nonce.clone_into(value);
            }
        }
        self.browse(Method::POST, &target, &fields).await
    }

    /// Looks at the start page, as link checkers and previews do.
    pub(super) async fn look(&mut self, opened: &Opened) -> Outcome {
        self.looked(&opened.start).await?;
        let head = self.browse(Method::HEAD, &opened.start, &[]).await?;
        if head.reply.status != 200 {
            let text = format!(
                "HEAD of the start page is answered with HTTP {}",
                head.reply.status
            );
            return Err(Stop::failed(Clause::StartLink, text));
        }
        Ok("GET and HEAD show a page with a form".to_owned())
    }

    async fn looked(&mut self, url: &Url) -> Outcome<(Page, Form)> {
        let page = self.browse(Method::GET, url, &[]).await?;
        match page.form().filter(|_| page.reply.status == 200) {
            Some(form) => Ok((page, form)),
            None => Err(Stop::failed(
                Clause::StartLink,
                format!("expected a page with a form, got {}", page.told()),
            )),
        }
    }

    /// Goes through the start page into the shop.
    pub(super) async fn enter(&mut self, opened: &Opened, nonce: &str) -> Outcome {
        self.record.conceal(nonce);
        let (page, form) = self.looked(&opened.start).await?;
        let answer = self.submit(&page, &form, nonce).await?;
        match (answer.reply.status, &answer.reply.location) {
            (300..400, Some(shop)) => Ok(format!("led to {}", shop.host_str().unwrap_or_default())),
            // Lines that the shop no longer has are told first; the shopper may go on.
            (200, None) if answer.body.contains("data-step=\"login\"") => Ok(answer.told()),
            _ => Err(Stop::failed(
                Clause::StartPage,
                format!("no way into the shop: {}", answer.told()),
            )),
        }
    }

    /// Another browser with the same link, and the first one once more.
    pub(super) async fn only_once(&mut self, opened: &Opened, nonce: &str) -> Outcome {
        let other = self.means.stamps.unique();
        let (page, form) = self.looked(&opened.start).await?;
        let refused = self.submit(&page, &form, &other).await?;
        let mut faults = Faults::default();
        faults.require(
            (400..500).contains(&refused.reply.status),
            Clause::StartLink,
            || format!("a second browser got HTTP {}", refused.reply.status),
        );
        let again = self.submit(&page, &form, nonce).await?;
        faults.require(
            (300..400).contains(&again.reply.status),
            Clause::StartLink,
            || format!("the browser that got in may not reload: {}", again.told()),
        );
        faults.settle()?;
        Ok("a second browser is refused, the first may reload".to_owned())
    }

    /// Leaves the shop by its return or cancel page; what is posted to the suite is read and judged, and not sent.
    pub(super) async fn leave(&mut self, page: &Url, opened: &Opened) -> Outcome<Returned> {
        self.conceal_link(page);
        let (mut page, mut form) = self.looked(page).await?;
        let mut told = Vec::new();
        for _ in 0..PAGES {
            if cart::is_cart_form(&form) {
                let came = self.brought(&page, &form, opened)?;
                return Ok(Returned {
                    came: Some(came),
                    told,
                });
            }
            let asks = page.body.contains("data-step=\"accept\"");
            if asks {
                told.push(page.told());
            }
            page = self.submit(&page, &form, "").await?;
            match page.form() {
                Some(next) if page.reply.status == 200 => form = next,
                None if page.reply.status == 200 => {
                    told.push(page.told());
                    return Ok(Returned { came: None, told });
                }
                _ => break,
            }
        }
        let text = format!("no form that carries the cart: {}", page.told());
        Err(Stop::failed(Clause::CartForm, text))
    }

    /// The message in the form of a page.
    fn brought(&mut self, page: &Page, form: &Form, opened: &Opened) -> Outcome<CameBack> {
        let mut faults = Faults::default();
        let sources = page.reply.policy.as_deref();
        let is_let = Url::parse(&form.action)
            .is_ok_and(|target| sources.is_none_or(|sources| policy::lets_post(sources, &target)));
        faults.require(is_let, Clause::Browser, || {
            "the page's Content-Security-Policy (form-action) keeps the browser from posting the cart"
                .to_owned()
        });
        let expected = Expected {
            buyer: &self.plan.buyer,
            dialect: &self.plan.dialect,
            cookie: &opened.cookie,
            return_url: &self.plan.return_url,
            fields: &self.plan.manner.cart_fields,
        };
        let document = cart::of_form(form, &expected, &mut faults);
        let came = document.and_then(|document| {
            let shown = self.record.document(&document);
            self.record.amend(page.exchange, shown);
            let mut rules = Rules {
                http_status: self.plan.dialect.http_status,
                secrets: &[self.plan.buyer.secret.expose()],
                payload_ids: &mut self.payload_ids,
            };
            cart::read(&document, &expected, &mut rules, &mut faults)
        });
        faults.settle()?;
        came.ok_or_else(|| Stop::failed(Clause::CartForm, "the form carries no cart"))
    }
}
