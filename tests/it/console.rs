//! The console over HTTP: who gets in, who may do what, what the answers carry.

mod accounts;
mod customers;
mod documents;
mod mappings;
mod onboarding;
mod orders;
mod pages;
mod rehearsal;
mod relationships;
mod roles;
mod set_up;
mod settling;
mod sign_in;

use std::sync::{Arc, Mutex};

use punchgate_app::seal::Secret;
use punchgate_domain::operator::Role;
use reqwest::{Method, header};

use crate::support::{http, supplier::SUPPLIER_ID, world::World};

const PASSWORD: &str = "a sentence that I remember";

/// An answer of the console.
#[derive(Debug, Clone)]
struct Page {
    status: u16,
    location: String,
    cookie: String,
    headers: header::HeaderMap,
    html: String,
}

impl Page {
    /// The token that the page's forms carry.
    fn token(&self) -> String {
        let (_, rest) = self.html.split_once("name=\"token\" value=\"").expect(&self.html);
        rest.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.html.contains(text), "{text}: {}", self.html);
    }

    /// Where the link with this text leads.
    #[track_caller]
    fn link(&self, text: &str) -> String {
        let (before, _) = self.html.split_once(&format!(">{text}</a>")).expect(&self.html);
        let (_, link) = before.rsplit_once("href=\"").unwrap();
        let link = link.split('"').next().unwrap();
        link.replace("&amp;", "&").replace("&#38;", "&")
    }
}

/// A browser: it keeps its cookie, and says where a form comes from.
#[derive(Clone)]
struct Browser {
    origin: String,
    cookie: Arc<Mutex<String>>,
    /// Header fields of every request.
    more: Vec<(&'static str, String)>,
}

impl Browser {
    fn at(world: &World) -> Self {
        Self {
            origin: format!("http://{}", world.address),
            cookie: Arc::default(),
            more: Vec::new(),
        }
    }

    fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }

    fn with_cookie(&self, cookie: &str) -> Self {
        Self {
            cookie: Arc::new(Mutex::new(cookie.to_owned())),
            ..self.clone()
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.more.push((name, value.to_owned()));
        self
    }

    async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// A form as a page of the console sends it.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let from_here = Self {
            more: [self.more.clone(), vec![("origin", self.origin.clone())]].concat(),
            ..self.clone()
        };
        from_here.send(Method::POST, path, Some(fields)).await
    }

    async fn send(&self, method: Method, path: &str, fields: Option<&[(&str, &str)]>) -> Page {
        let mut request = http().request(method, format!("{}{path}", self.origin));
        let cookie = self.cookie();
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        for (name, value) in &self.more {
            request = request.header(*name, value);
        }
        if let Some(fields) = fields {
            let body = url_encoded(fields);
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
        }
        let answer = request.send().await.unwrap();
        let text = |name: header::HeaderName| {
            answer
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
                .to_owned()
        };
        let (location, set_cookie) = (text(header::LOCATION), text(header::SET_COOKIE));
        if let Some(pair) = set_cookie.split(';').next().filter(|pair| !pair.is_empty()) {
            pair.clone_into(&mut self.cookie.lock().unwrap());
        }
        Page {
            status: answer.status().as_u16(),
            location,
            cookie: set_cookie,
            headers: answer.headers().clone(),
            html: answer.text().await.unwrap(),
        }
    }

    /// Opens the sign-in page and sends its form.
    async fn sign_in(&self, name: &str, password: &str) -> Page {
        let form = self.get("/console/sign-in").await;
        assert_eq!(form.status, 200, "{}", form.html);
        let token = form.token();
        self.post(
            "/console/sign-in",
            &[("token", &token), ("name", name), ("password", password)],
        )
        .await
    }
}

fn url_encoded(fields: &[(&str, &str)]) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    body.finish()
}

/// Somebody with a password.
async fn person(world: &World, name: &str, role: Role) {
    let operators = &world.gateway.operators;
    let link = operators
        .add(name, &SUPPLIER_ID.into(), role, "cli:kim")
        .await
        .unwrap();
    operators
        .set_password(link.expose(), Secret::new(PASSWORD))
        .await
        .unwrap();
}

/// The browser of somebody who is signed in.
async fn signed_in(world: &World, name: &str, role: Role) -> Browser {
    person(world, name, role).await;
    let browser = Browser::at(world);
    let entered = browser.sign_in(name, PASSWORD).await;
    assert_eq!(
        (entered.status, entered.location.as_str()),
        (303, "/console"),
        "{}",
        entered.html
    );
    browser
}

/// The address of a supplier's page.
fn here(path: &str) -> String {
    format!("/console/s/{SUPPLIER_ID}{path}")
}
