//! Forbidden paths, in every way to write them, and allowed ones that look like them.

use super::super::{MODULES, modules, paths::Source};
use super::source;

fn modules_broken(sources: &[Source]) -> Vec<String> {
    modules::violations(sources, MODULES)
        .into_iter()
        .map(|violation| violation.what)
        .collect()
}

/// Where, what is written there, what is found.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    (
        "src/http/cart.rs",
        "use sqlx::Row;",
        "line 1 names sqlx (sqlx::Row)",
    ),
    ("src/http.rs", "use sqlx::Row;", "line 1 names sqlx (sqlx::Row)"),
    (
        "src/http/cart.rs",
        "use ::sqlx::Row;",
        "line 1 names sqlx (::sqlx::Row)",
    ),
    (
        "src/http/cart.rs",
        "\nuse {std::fmt, sqlx::{Row as R, query}};",
        "line 2 names sqlx (sqlx::Row)",
    ),
    ("src/http/cart.rs", "use sqlx as db;", "line 1 names sqlx (sqlx)"),
    ("src/http/cart.rs", "use sqlx::*;", "line 1 names sqlx (sqlx::*)"),
    (
        "src/http/cart.rs",
        "extern crate sqlx as db;",
        "line 1 names sqlx (::sqlx)",
    ),
    (
        "src/http/cart.rs",
        "fn f() { use sqlx::Row; }",
        "line 1 names sqlx (sqlx::Row)",
    ),
    (
        "src/http/cart.rs",
        "fn f() { punchgate_storage::open(); }",
        "line 1 names punchgate_storage (punchgate_storage::open)",
    ),
    (
        "src/http/cart.rs",
        "fn f(tx: &mut punchgate_storage::Tx) {}",
        "line 1 names punchgate_storage (punchgate_storage::Tx)",
    ),
    (
        "src/http/cart.rs",
        "fn f() -> Vec<reqwest::Client> { g() }",
        "line 1 names reqwest (reqwest::Client)",
    ),
    (
        "src/http/cart.rs",
        "impl<T: sqlx::Type<D>, D> F for T {}",
        "line 1 names sqlx (sqlx::Type)",
    ),
    (
        "src/http/cart.rs",
        "#[derive(Debug, sqlx::FromRow)] struct R;",
        "line 1 names sqlx (sqlx::FromRow)",
    ),
    (
        "src/http/cart.rs",
        "#[derive(S)] struct R { #[serde(with = \"sqlx::types\")] a: u8 }",
        "line 1 names sqlx (sqlx::types)",
    ),
    (
        "src/http/cart.rs",
        "fn f() { assert!(a.b(sqlx::query(\"x\"))); }",
        "line 1 names sqlx (sqlx::query)",
    ),
    (
        "src/http/cart.rs",
        "macro_rules! m { () => { use sqlx::{Row, query}; } }",
        "line 1 names sqlx (sqlx::Row)",
    ),
    (
        "src/http/cart.rs",
        "macro_rules! m { () => { $crate::jobs::wake() } }",
        "line 1 names crate::jobs (crate::jobs::wake)",
    ),
    (
        "src/http/cart.rs",
        "#[cfg(test)] mod tests { use punchgate_storage::Db; }",
        "line 1 names punchgate_storage (punchgate_storage::Db)",
    ),
    (
        "src/jobs/submit.rs",
        "use crate::{http::page, config};",
        "line 1 names crate::http (crate::http::page)",
    ),
    (
        "src/jobs/submit.rs",
        "use crate::{config, http as pages};",
        "line 1 names crate::http (crate::http)",
    ),
    (
        "src/jobs/submit.rs",
        "use crate::*;",
        "line 1 names crate::http (crate::*)",
    ),
    (
        "src/jobs/submit.rs",
        "use super::super::http::page;",
        "line 1 names crate::http (super::super::http::page)",
    ),
    (
        "src/jobs/submit.rs",
        "use self::super::super::http;",
        "line 1 names crate::http (self::super::super::http)",
    ),
    (
        "src/jobs/submit.rs",
        "mod inner { use super::super::super::http; }",
        "line 1 names crate::http (super::super::super::http)",
    ),
    (
        "src/jobs/submit.rs",
        "fn f() { crate::http::page() }",
        "line 1 names crate::http (crate::http::page)",
    ),
    (
        "src/jobs/submit.rs",
        "use crate as all;\nfn f() { all::http::page() }",
        "line 2 names crate::http (all::http::page)",
    ),
    (
        "src/jobs/submit.rs",
        "fn f() { axum::serve(a, b); }",
        "line 1 names axum (axum::serve)",
    ),
    (
        "crates/app/src/inbound.rs",
        "use std::net::*;",
        "line 1 names std::net::TcpListener (std::net::*)",
    ),
    (
        "crates/domain/src/credit.rs",
        "use std::{env, fmt};",
        "line 1 names std::env (std::env)",
    ),
    (
        "crates/domain/src/credit.rs",
        "use std::*;",
        "line 1 names std::env (std::*)",
    ),
    (
        "crates/domain/src/credit.rs",
        "use std::time;\nfn f() { time::SystemTime::now(); }",
        "line 2 names std::time::SystemTime (time::SystemTime::now)",
    ),
    (
        "crates/app/src/orders.rs",
        "use tokio::time;\nasync fn f() { time::sleep(d).await }",
        "line 2 names tokio::time::sleep (time::sleep)",
    ),
    (
        "connectors/erp-new/src/orders.rs",
        "async fn f() { tokio::time::sleep(d).await }",
        "line 1 names tokio (tokio::time::sleep)",
    ),
];

#[test]
fn a_forbidden_path_is_found_however_it_is_written() {
    for (place, text, expected) in FORBIDDEN {
        let found = modules_broken(&[source(place, text)]);
        assert!(
            found.iter().any(|what| what == expected),
            "{place}: {text}\nexpected {expected}\nfound {found:?}"
        );
    }
}

#[test]
fn a_forbidden_path_is_found_behind_a_re_export() {
    let cases = [
        ("pub use punchgate_storage::Db;", "use crate::wiring::Db;"),
        (
            "pub(crate) use punchgate_storage as rows;",
            "fn f(db: crate::wiring::rows::Db) {}",
        ),
        ("pub use punchgate_storage::*;", "use crate::wiring::Db;"),
        (
            "pub mod deep { pub use super::rows; } use punchgate_storage as rows;",
            "use crate::wiring::deep::rows::Db;",
        ),
    ];
    for (wiring, text) in cases {
        let found = modules_broken(&[
            source("src/lib.rs", "mod http; mod wiring;"),
            source("src/wiring.rs", wiring),
            source("src/http/cart.rs", text),
        ]);
        assert!(
            found.iter().any(|what| what.contains("punchgate_storage")),
            "{wiring} / {text}: {found:?}"
        );
    }
}

#[test]
fn allowed_paths_are_left_alone() {
    let cases: &[(&str, &str)] = &[
        (
            "src/http/cart.rs",
            "use axum::Router; use punchgate_app::carts; use crate::config::Config;",
        ),
        (
            "src/http/cart.rs",
            "/// Not `sqlx::Row`.\nfn f() { let text = \"sqlx::Row\"; } // sqlx::Row",
        ),
        ("src/http/cart.rs", "fn f(sqlx: u8) -> u8 { sqlx }"),
        (
            "src/http/cart.rs",
            "mod sqlx { pub fn f() {} } fn f() { sqlx::f() }",
        ),
        (
            "src/http/cart.rs",
            "fn f() { assert!(self.sqlx.a(), \"{}\", b.reqwest); }",
        ),
        ("src/https.rs", "use sqlx::Row;"),
        (
            "src/jobs/submit.rs",
            "use http::StatusCode; mod tests { use super::*; }",
        ),
        ("src/jobs/submit.rs", "use punchgate_storage::Db;"),
        ("crates/app/src/inbound.rs", "use std::net::IpAddr;"),
        (
            "crates/domain/src/credit.rs",
            "use std::time::Duration; use std::fmt::*;",
        ),
        (
            "crates/domain/src/credit.rs",
            "#[cfg(test)] mod tests { use std::fs; }",
        ),
        ("connectors/api/src/lib.rs", "use tokio::time::sleep;"),
    ];
    for (place, text) in cases {
        let found = modules_broken(&[source(place, text)]);
        assert!(found.is_empty(), "{place}: {text}\nfound {found:?}");
    }
}

#[test]
fn code_for_tests_is_known_by_the_declaration_of_its_module() {
    let file = "use std::fs;";
    let tests = |declaration| {
        modules_broken(&[
            source("crates/domain/src/credit.rs", declaration),
            source("crates/domain/src/credit/tests.rs", file),
        ])
    };
    assert_eq!(
        modules_broken(&[source("crates/domain/tests/credit.rs", file)]),
        Vec::<String>::new()
    );
    assert_eq!(tests("#[cfg(test)] mod tests;"), Vec::<String>::new());
    assert_eq!(tests("mod tests;"), ["line 1 names std::fs (std::fs)"]);
}

#[test]
fn a_source_that_does_not_parse_is_no_pass() {
    assert_eq!(
        modules_broken(&[source("src/http/cart.rs", "use sqlx::{")]).len(),
        1
    );
}
