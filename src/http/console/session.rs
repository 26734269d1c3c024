//! Who asks: the cookie, the person behind it, and the token that every form carries.
//!
//! A visitor who is not signed in has a cookie, too, that stands for nobody: the forms of signing in are tied to it. At
//! signing in it is replaced, so that nobody signs in under a cookie that somebody else has put there.

use std::collections::BTreeMap;

use axum::{
    Form, RequestExt as _,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    entropy::new_secret,
    operators::{Asked, Operator, form_token, is_form_token},
};

use super::{super::State, page};
use crate::gateway::Gateway;

/// The header of what pages ask for by themselves (`hx-headers` beside every `hx-trigger="every …"`).
const BY_ITSELF: &str = "x-by-itself";
/// The field of every form.
const TOKEN: &str = "token";

/// The browser's cookie.
#[derive(Clone)]
pub(super) struct Cookie(String);

/// A person who is signed in.
pub(super) struct Person {
    pub(super) operator: Operator,
    pub(super) cookie: Cookie,
}

/// Somebody who need not be signed in.
pub(super) struct Visitor {
    pub(super) cookie: Cookie,
    /// Whether the browser does not have the cookie yet.
    is_new: bool,
}

/// What a form of ours sent.
pub(super) struct Fields(BTreeMap<String, String>);

/// A form from a person who is signed in, with the token of the session.
pub(super) struct Posted {
    pub(super) person: Person,
    pub(super) fields: Fields,
}

/// The same from a visitor.
pub(super) struct VisitorPosted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl Cookie {
    /// A cookie for somebody who has just signed in.
    pub(super) fn of(token: &str) -> Self {
        Self(token.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What forms carry.
    pub(super) fn form_token(&self) -> String {
        form_token(&self.0)
    }

    fn read(gateway: &Gateway, headers: &HeaderMap) -> Option<Self> {
        let (name, _) = cut(gateway);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(given, _)| *given == name)
            .map(|(_, value)| Self(value.to_owned()))
    }

    /// Has the browser keep it until it is closed; how long it counts is decided here.
    pub(super) fn keep(&self, gateway: &Gateway, response: Response) -> Response {
        set(gateway, &self.0, "", response)
    }

    /// Has the browser forget it.
    pub(super) fn forget(gateway: &Gateway, response: Response) -> Response {
        set(gateway, "", "; Max-Age=0", response)
    }
}

/// Name and attributes: `__Host-` binds it to this host and to https; on a machine's own http no browser takes that.
fn cut(gateway: &Gateway) -> (&'static str, String) {
    let url = gateway.config.console_url();
    match url.scheme() {
        "https" => (
            "__Host-punchgate-console",
            "Path=/; HttpOnly; SameSite=Strict; Secure".to_owned(),
        ),
        _ => (
            "punchgate-console",
            format!("Path={}; HttpOnly; SameSite=Strict", page::base(gateway)),
        ),
    }
}

fn set(gateway: &Gateway, value: &str, more: &str, mut response: Response) -> Response {
    let (name, attributes) = cut(gateway);
    match HeaderValue::from_str(&format!("{name}={value}; {attributes}{more}")) {
        Ok(cookie) => drop(response.headers_mut().insert(header::SET_COOKIE, cookie)),
        Err(error) => tracing::error!(%error, "a cookie could not be written"),
    }
    response
}

impl FromRequestParts<State> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gateway: &State) -> Result<Self, Response> {
        let Some(cookie) = Cookie::read(gateway, &parts.headers) else {
            return Err(to_sign_in(gateway, parts));
        };
        // Without it an open page would keep its person signed in as long as the machine is on.
        let asked = match parts.headers.contains_key(BY_ITSELF) {
            true => Asked::ByPage,
            false => Asked::ByPerson,
        };
        match gateway.operators.signed_in(cookie.as_str(), asked).await {
            Ok(Some(operator)) => Ok(Self { operator, cookie }),
            Ok(None) => Err(to_sign_in(gateway, parts)),
            Err(error) => Err(page::trouble(gateway, &error)),
        }
    }
}

impl FromRequestParts<State> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, gateway: &State) -> Result<Self, Self::Rejection> {
        let found = Cookie::read(gateway, &parts.headers).filter(|cookie| !cookie.0.is_empty());
        Ok(Self {
            is_new: found.is_none(),
            cookie: found.unwrap_or_else(|| Cookie(new_secret(&*gateway.surroundings.entropy))),
        })
    }
}

impl Visitor {
    /// Has the browser keep the cookie, if it is new.
    pub(super) fn keep(&self, gateway: &Gateway, response: Response) -> Response {
        match self.is_new {
            true => self.cookie.keep(gateway, response),
            false => response,
        }
    }
}

impl FromRequest<State> for Posted {
    type Rejection = Response;

    async fn from_request(mut request: Request, gateway: &State) -> Result<Self, Response> {
        let person = request.extract_parts_with_state::<Person, _>(gateway).await?;
        let fields = Fields::read(request, gateway, &person.cookie).await?;
        Ok(Self { person, fields })
    }
}

impl FromRequest<State> for VisitorPosted {
    type Rejection = Response;

    async fn from_request(mut request: Request, gateway: &State) -> Result<Self, Response> {
        let Ok(visitor) = request.extract_parts_with_state::<Visitor, _>(gateway).await;
        let fields = Fields::read(request, gateway, &visitor.cookie).await?;
        Ok(Self { visitor, fields })
    }
}

impl Fields {
    /// A text; an absent field is empty.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    async fn read(request: Request, gateway: &State, cookie: &Cookie) -> Result<Self, Response> {
        let sent = Form::<Vec<(String, String)>>::from_request(request, gateway).await;
        let fields = Self(
            sent.map(|Form(pairs)| pairs.into_iter().collect())
                .unwrap_or_default(),
        );
        if is_form_token(cookie.as_str(), fields.text(TOKEN)) {
            return Ok(fields);
        }
        Err(page::message(
            gateway,
            StatusCode::FORBIDDEN,
            "This page was too old",
            "You have signed in or out since it was opened, or cookies are switched off for this address. Nothing was \
             done. Go back, reload the page and try again.",
        ))
    }
}

/// To the sign-in page, and from there back to where the person was going.
fn to_sign_in(gateway: &Gateway, parts: &Parts) -> Response {
    let mut target = format!("{}/sign-in", page::base(gateway));
    if parts.method == Method::GET {
        let path = parts.extensions.get::<axum::extract::OriginalUri>();
        let path = path.map_or(&parts.uri, |original| &original.0);
        let going = path
            .path_and_query()
            .map_or("", axum::http::uri::PathAndQuery::as_str);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", going);
        target = format!("{target}?{}", query.finish());
    }
    // A part of a page is asked for by htmx: the whole page must go there.
    if parts.headers.contains_key("hx-request") {
        let value = HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static("/console"));
        return (
            StatusCode::UNAUTHORIZED,
            [(HeaderName::from_static("hx-redirect"), value)],
        )
            .into_response();
    }
    Redirect::to(&target).into_response()
}

#[cfg(test)]
mod tests {
    use super::BY_ITSELF;

    /// What is forgotten here keeps people signed in for ever.
    #[test]
    fn what_a_page_asks_for_by_itself_says_so() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/console");
        let says = format!("hx-headers='{{\"{BY_ITSELF}\": \"yes\"}}'");
        let mut found = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_none_or(|it| it != "html") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for element in text.split('<').filter(|element| element.contains("every ")) {
                let tag = element.split('>').next().unwrap();
                if tag.contains("hx-trigger") {
                    assert!(tag.contains(&says), "{}: {tag}", file.display());
                    found += 1;
                }
            }
        }
        assert!(found > 0, "no page asks for anything by itself");
    }
}
