//! A proxy that changes what a gateway answers, and what the report says of it: each fault is found, in the step where it
//! happens, by the rule that it breaks.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use punchgate_app::rehearsal::Orders;
use punchgate_simulator::Clause;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{of_suite, rehearsed, wish};
use crate::support::{cxml::SECRET, http};

/// An answer on its way to the buyer.
struct Answer {
    method: Method,
    path: String,
    /// What was asked.
    asked: String,
    /// The how many-th order request, or the how many-th page with a cart, it answers; from 1.
    nth: usize,
    status: StatusCode,
    cookie: bool,
    unframed: bool,
    body: String,
}

impl Answer {
    /// Whether it is the page that carries a cart.
    fn is_cart(&self) -> bool {
        self.body.contains("name=\"cXML-")
    }

    fn is_order(&self) -> bool {
        self.asked.contains("<OrderRequest>")
    }

    fn replace(&mut self, from: &str, to: &str) {
        self.body = self.body.replacen(from, to, 1);
    }

    /// Replaces what stands between two texts.
    fn between(&mut self, before: &str, after: &str, new: &str) {
        let begin = self.body.find(before).map(|at| at + before.len());
        let end = begin.and_then(|begin| Some(begin + self.body[begin..].find(after)?));
        if let (Some(begin), Some(end)) = (begin, end) {
            self.body.replace_range(begin..end, new);
        }
    }
}

type Tamper = fn(&mut Answer);

#[derive(Clone)]
struct Proxy {
    gateway: SocketAddr,
    own: SocketAddr,
    tamper: Tamper,
    carts: Arc<AtomicUsize>,
    orders: Arc<AtomicUsize>,
}

async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().to_owned();
    let answer = http()
        .request(parts.method.clone(), format!("http://{}{path}", proxy.gateway))
        .header(
            header::CONTENT_TYPE,
            parts
                .headers
                .get(header::CONTENT_TYPE)
                .cloned()
                .unwrap_or_else(|| "text/plain".parse().unwrap()),
        )
        .body(asked.clone())
        .send()
        .await
        .unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.text().await.unwrap();
    let mut answer = Answer {
        method: parts.method,
        path,
        asked: String::from_utf8_lossy(&asked).into_owned(),
        nth: 0,
        status,
        cookie: false,
        unframed: false,
        // The buyer's way leads through here.
        body: body.replace(&proxy.gateway.to_string(), &proxy.own.to_string()),
    };
    if answer.is_cart() {
        answer.nth = proxy.carts.fetch_add(1, Ordering::Relaxed) + 1;
    } else if answer.is_order() {
        answer.nth = proxy.orders.fetch_add(1, Ordering::Relaxed) + 1;
    }
    (proxy.tamper)(&mut answer);
    let mut response = (answer.status, Body::from(answer.body)).into_response();
    for name in [
        header::CONTENT_TYPE,
        header::LOCATION,
        header::CONTENT_SECURITY_POLICY,
    ] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    if answer.cookie {
        response
            .headers_mut()
            .insert(header::SET_COOKIE, "session=1".parse().unwrap());
    }
    if answer.unframed {
        response
            .headers_mut()
            .insert(header::X_FRAME_OPTIONS, "DENY".parse().unwrap());
    }
    response
}

async fn proxy(gateway: SocketAddr, tamper: Tamper) -> (SocketAddr, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let proxy = Proxy {
        gateway,
        own,
        tamper,
        carts: Arc::default(),
        orders: Arc::default(),
    };
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let router = Router::new().fallback(pass).with_state(proxy);
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
    });
    (own, stop.drop_guard())
}

/// What is wrong, where it must be found, and by which rule.
struct Fault {
    name: &'static str,
    tamper: Tamper,
    case: &'static str,
    clause: Clause,
}

const fn fault(name: &'static str, case: &'static str, clause: Clause, tamper: Tamper) -> Fault {
    Fault {
        name,
        tamper,
        case,
        clause,
    }
}

/// Faults of documents.
const OF_ANSWERS: &[Fault] = &[
    fault("no DOCTYPE", "profile", Clause::Doctype, |answer| {
        answer.between("<!DOCTYPE", ">", "");
        answer.replace("<!DOCTYPE>", "");
    }),
    fault("half an answer", "profile", Clause::Document, |answer| {
        if answer.path.starts_with("/cxml") {
            answer.body.truncate(answer.body.len() / 2);
        }
    }),
    fault("an error page", "setup", Clause::Document, |answer| {
        if answer.body.contains("PunchOutSetupResponse") {
            answer.body = "<html>Bad gateway</html>".to_owned();
        }
    }),
    fault(
        "the same payloadID twice",
        "setup-wrong-secret",
        Clause::PayloadId,
        |answer| {
            answer.between("payloadID=\"", "\"", "constant@gateway.example");
        },
    ),
    fault(
        "a timestamp without offset",
        "profile",
        Clause::Timestamp,
        |answer| {
            answer.between("timestamp=\"", "\"", "2026-03-02T12:00:00");
        },
    ),
    fault(
        "a wrong secret is good enough",
        "setup-wrong-secret",
        Clause::StatusCode,
        |answer| {
            answer.replace("code=\"401\"", "code=\"200\"");
        },
    ),
    fault(
        "refusals by HTTP alone",
        "setup-wrong-secret",
        Clause::Http,
        |answer| {
            if answer.body.contains("code=\"401\"") {
                answer.status = StatusCode::UNAUTHORIZED;
            }
        },
    ),
    fault(
        "a secret is quoted",
        "setup-wrong-secret",
        Clause::Secrets,
        |answer| {
            if !answer.body.contains("code=\"401\"") {
                return;
            }
            let quoted = format!("<!-- {SECRET} --></Response>");
            answer.replace("</Response>", &quoted);
        },
    ),
    fault(
        "a start page without host",
        "setup",
        Clause::StartPage,
        |answer| {
            answer.between("<StartPage><URL>", "</URL>", "/punchout/start/x");
        },
    ),
];

/// Faults of pages and of the cart in them.
const OF_PAGES: &[Fault] = &[
    fault("a cookie", "start-page", Clause::Cookies, |answer| {
        answer.cookie = answer.path.starts_with("/punchout/start");
    }),
    fault("no frames", "start-page", Clause::Browser, |answer| {
        answer.unframed = answer.path.starts_with("/punchout/");
    }),
    fault("looking is going in", "start-page", Clause::StartLink, |answer| {
        if answer.method == Method::GET && answer.path.starts_with("/punchout/start") {
            answer.status = StatusCode::SEE_OTHER;
            answer.body.clear();
        }
    }),
    fault("another BuyerCookie", "return", Clause::BuyerCookie, |answer| {
        answer.replace("BuyerCookie&#62;", "BuyerCookie&#62;x");
    }),
    fault("a wrong Total", "return", Clause::Amounts, |answer| {
        answer.replace(
            "&#60;Total&#62;&#60;Money currency=&#34;USD&#34;&#62;",
            "&#60;Total&#62;&#60;Money currency=&#34;USD&#34;&#62;9",
        );
    }),
    fault("two currencies", "return", Clause::Amounts, |answer| {
        answer.replace(
            "&#60;UnitPrice&#62;&#60;Money currency=&#34;USD&#34;",
            "&#60;UnitPrice&#62;&#60;Money currency=&#34;EUR&#34;",
        );
    }),
    fault("no unit", "return", Clause::OrderMessage, |answer| {
        answer.between("&#60;UnitOfMeasure&#62;", "&#60;", "");
    }),
    fault("a form to somewhere else", "return", Clause::CartForm, |answer| {
        answer.replace(
            "action=\"https://suite.buyer.example",
            "action=\"https://elsewhere.example",
        );
    }),
    fault("another field", "return", Clause::Dialect, |answer| {
        answer.replace("name=\"cXML-urlencoded\"", "name=\"cXML\"");
    }),
    fault("From is somebody else", "return", Clause::Parties, |answer| {
        answer.between(
            "&#60;From&#62;&#60;Credential domain=&#34;NetworkID&#34;&#62;&#60;Identity&#62;",
            "&#60;",
            "AN99",
        );
    }),
    fault("an edit changes line keys", "edit", Clause::LineKeys, |answer| {
        if answer.is_cart() && answer.nth == 2 {
            answer.replace("SupplierPartAuxiliaryID&#62;", "SupplierPartAuxiliaryID&#62;x");
        }
    }),
    fault(
        "an edit that is given up deletes",
        "edit-cancel",
        Clause::OrderMessage,
        |answer| {
            if answer.is_cart() && answer.nth == 3 {
                let begin = answer.body.find("&#60;ItemIn").unwrap();
                let end = answer.body.rfind("&#60;/PunchOutOrderMessage").unwrap();
                answer.body.replace_range(begin..end, "");
                answer.between(
                    "&#60;Total&#62;&#60;Money currency=&#34;USD&#34;&#62;",
                    "&#60;",
                    "0.00",
                );
            }
        },
    ),
];

/// Faults of answers to orders.
const OF_ORDERS: &[Fault] = &[
    fault("no Status", "order", Clause::Response, |answer| {
        if answer.is_order() {
            answer.between("<Response>", "</Response>", "");
        }
    }),
    fault("HTTP 500 with Status 200", "order", Clause::Http, |answer| {
        if answer.is_order() {
            answer.status = StatusCode::INTERNAL_SERVER_ERROR;
        }
    }),
    fault(
        "a repeat is refused",
        "order-repeat",
        Clause::StatusCode,
        |answer| {
            if answer.is_order() && answer.nth == 2 {
                answer.replace("code=\"200\"", "code=\"409\"");
            }
        },
    ),
    fault(
        "a repeat is answered otherwise",
        "order-repeat",
        Clause::Duplicates,
        |answer| {
            if answer.is_order() && answer.nth == 2 {
                answer.replace("text=\"OK\"", "text=\"Fine\"");
            }
        },
    ),
    fault(
        "updates are not taken",
        "order-update",
        Clause::StatusCode,
        |answer| {
            if answer.is_order() && answer.nth == 4 {
                answer.replace("code=\"200\"", "code=\"450\"");
            }
        },
    ),
];

async fn each_is_found(faults: &[Fault], orders: Orders) {
    let world = of_suite("coupa").start().await;
    for fault in faults {
        let (address, _stop) = proxy(world.address, fault.tamper).await;
        let mut wish = wish(&world, "coupa", orders);
        wish.url.set_port(Some(address.port())).unwrap();
        let report = rehearsed(&world, &wish).await;
        let first = report.cases.iter().find(|case| !case.faults.is_empty());
        let first = first.unwrap_or_else(|| panic!("{}: nothing was found\n{report}", fault.name));
        let by: Vec<Clause> = first.faults.iter().map(|fault| fault.clause).collect();
        assert!(!report.conformant, "{}", fault.name);
        assert!(by.contains(&fault.clause), "{}: {by:?}\n{report}", fault.name);
        assert_eq!(first.case, fault.case, "{}\n{report}", fault.name);
    }
    world.settle().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_answers_are_found() {
    each_is_found(OF_ANSWERS, Orders::AsRelationship).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_pages_are_found() {
    each_is_found(OF_PAGES, Orders::AsRelationship).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_answers_to_orders_are_found() {
    each_is_found(OF_ORDERS, Orders::Live).await;
}
