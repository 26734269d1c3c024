//! Shows that the architecture's rules fail on what they forbid, kind by kind, and leave alone what they allow.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use super::paths::Source;
use super::{EXCEPTIONS, MODULES, PACKAGES, Place, Violation, judge, modules, packages, shape};

/// A workspace on disk whose one member stands at `folder`, with `dependencies` in its manifest; every package that
/// they may name exists beside it.
fn workspace(folder: &str, name: &str, dependencies: &str) -> (tempfile::TempDir, Metadata) {
    let root = tempfile::tempdir().unwrap();
    let package = |folder: &str, name: &str, rest: &str| {
        let folder = root.path().join(folder);
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{rest}");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    };
    fs::write(root.path().join("Cargo.toml"), workspace_manifest(folder)).unwrap();
    package(folder, name, dependencies);
    for other in ["jiff", "sqlx", "axum", "punchgate-app", "punchgate-domain"] {
        package(&format!("elsewhere/{other}"), other, "");
    }
    package("elsewhere/tokio", "tokio", "");
    package(
        "elsewhere/thiserror",
        "thiserror",
        "[dependencies]\ntokio = { path = \"../tokio\" }\n",
    );
    let metadata = read(root.path());
    (root, metadata)
}

fn workspace_manifest(member: &str) -> String {
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"{member}\"]\nexclude = [\"elsewhere\"]\n")
}

fn read(root: &Path) -> Metadata {
    MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap()
}

fn packages_broken(folder: &str, name: &str, dependencies: &str) -> Vec<String> {
    let (_root, metadata) = workspace(folder, name, dependencies);
    packages::violations(
        &packages::edges(&metadata),
        &packages::reached(&metadata),
        PACKAGES,
    )
    .into_iter()
    .map(|violation| violation.what)
    .collect()
}

#[test]
fn a_forbidden_package_is_found_however_it_is_named() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "crates/domain",
            "[dependencies]\njiff = { path = \"../../elsewhere/jiff\" }\n",
            "allowed",
            &[],
        ),
        (
            "crates/domain",
            "[dependencies]\naxum = { path = \"../../elsewhere/axum\" }\n",
            "plain",
            &["depends on axum", "reaches axum"],
        ),
        (
            "crates/app",
            "[dependencies]\ndb = { package = \"sqlx\", path = \"../../elsewhere/sqlx\" }\n",
            "renamed",
            &["depends on sqlx"],
        ),
        (
            "crates/app",
            "[dependencies.jiff]\npackage = \"sqlx\"\npath = \"../../elsewhere/sqlx\"\n",
            "renamed to an allowed name",
            &["depends on sqlx"],
        ),
        (
            "crates/app",
            "[target.'cfg(windows)'.dependencies]\nsqlx = { path = \"../../elsewhere/sqlx\" }\n",
            "for one platform",
            &["depends on sqlx"],
        ),
        (
            "crates/app",
            "[dependencies]\nsqlx = { path = \"../../elsewhere/sqlx\", optional = true }\n",
            "optional",
            &["depends on sqlx"],
        ),
        (
            "crates/app",
            "[build-dependencies]\nsqlx = { path = \"../../elsewhere/sqlx\" }\n",
            "for building",
            &["depends on sqlx"],
        ),
        (
            "crates/app",
            "[dev-dependencies]\nsqlx = { path = \"../../elsewhere/sqlx\" }\n",
            "for tests",
            &[],
        ),
        (
            "crates/storage",
            "[dev-dependencies]\npunchgate-app = { path = \"../../elsewhere/punchgate-app\" }\n",
            "ours, for tests",
            &["depends on punchgate-app"],
        ),
        (
            "crates/domain",
            "[dependencies]\nthiserror = { path = \"../../elsewhere/thiserror\" }\n",
            "behind another",
            &["reaches tokio"],
        ),
        (
            "connectors/erp-new",
            "[dependencies]\npunchgate-app = { path = \"../../elsewhere/punchgate-app\" }\n",
            "a connector",
            &["depends on punchgate-app", "reaches punchgate-app"],
        ),
        (
            "crates/unheard-of",
            "[dependencies]\njiff = { path = \"../../elsewhere/jiff\" }\n",
            "no rule",
            &["no rule names this folder"],
        ),
    ];
    for (folder, dependencies, case, expected) in cases {
        assert_eq!(
            &packages_broken(folder, "punchgate-case", dependencies),
            expected,
            "{folder}, {case}"
        );
    }
}

#[test]
fn a_package_that_is_reached_is_found_by_name() {
    let reached = BTreeMap::from([(String::new(), ["aws-lc-sys".to_owned(), "ring".to_owned()].into())]);
    let found = packages::violations(&[], &reached, PACKAGES);
    assert_eq!(
        found.iter().map(|v| v.what.as_str()).collect::<Vec<_>>(),
        ["reaches aws-lc-sys"]
    );
}

/// The module of a place below `src`, as `sources` makes it.
fn source(place: &str, text: &str) -> Source {
    let (package, file) = place.split_once("src/").unwrap_or(("", place));
    let root = match package {
        "" => "punchgate".to_owned(),
        package => format!(
            "punchgate_{}",
            package
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap()
                .replace('-', "_")
        ),
    };
    let stem = file.trim_end_matches(".rs");
    let below = stem.split('/').filter(|part| *part != "lib").map(str::to_owned);
    Source {
        place: place.to_owned(),
        module: std::iter::once(root).chain(below).collect(),
        text: text.to_owned(),
    }
}

fn modules_broken(sources: &[Source]) -> Vec<String> {
    modules::violations(sources, MODULES)
        .into_iter()
        .map(|violation| violation.what)
        .collect()
}

#[test]
fn a_forbidden_path_is_found_however_it_is_written() {
    let cases: &[(&str, &str, &str)] = &[
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
    for (place, text, expected) in cases {
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

#[test]
fn the_shape_of_a_file_is_checked() {
    let long = "//! Long.\n".to_owned() + &"// line\n".repeat(shape::LONGEST_FILE);
    let cases: &[(&str, &str, &[&str])] = &[
        ("src/http/cart.rs", "//! Carts.\n", &[]),
        ("src/http/cart.rs", "// Carts.\n", &["has no `//!` at its top"]),
        ("src/http/cart.rs", "//!\n", &["has no `//!` at its top"]),
        (
            "src/http/cart.rs",
            "/// Of the item.\nstruct Cart;",
            &["has no `//!` at its top"],
        ),
        ("src/http/cart.rs", &long, &["501 lines"]),
        ("src/http/mod.rs", "//! Pages.\n", &["is a mod.rs"]),
        (
            "src/http/utils.rs",
            "//! Odds and ends.\n",
            &["is called `utils`"],
        ),
        ("src/types/cart.rs", "//! Carts.\n", &["is called `types`"]),
        (
            "src/http/cart.rs",
            "//! Carts.\nmod helpers { }",
            &["has a module `helpers`"],
        ),
        (
            "src/http/cart.rs",
            "//! Carts.\nmod a { mod common { } }",
            &["has a module `common`"],
        ),
        (
            "src/http.rs",
            "//! Pages.\n#[path = \"x.rs\"] mod cart;",
            &["`cart` stands elsewhere by #[path]"],
        ),
        (
            "src/http.rs",
            "//! Pages.\ninclude!(\"../x.rs\");",
            &["includes Rust source"],
        ),
        (
            "crates/app/src/lib.rs",
            "//! Use cases.\n",
            &["lacks #![warn(missing_docs)]"],
        ),
        (
            "crates/app/src/lib.rs",
            "//! Use cases.\n#![warn(missing_docs)]\n",
            &[],
        ),
        (
            "connectors/api/src/lib.rs",
            "//! Traits.\n",
            &["lacks #![warn(missing_docs)]"],
        ),
        (
            "connectors/erp-new/src/lib.rs",
            "//! New.\nstatic SEEN: u8 = 0;",
            &["has the static `SEEN`"],
        ),
        ("src/http/cart.rs", "//! Carts.\nfn f() {", &["does not parse"]),
    ];
    for (place, text, expected) in cases {
        let found: Vec<String> = shape::violations(&[source(place, text)])
            .into_iter()
            .map(|violation| violation.what)
            .collect();
        assert_eq!(&found, expected, "{place}: {}", &text[..text.len().min(60)]);
    }
}

#[test]
fn an_exception_excuses_its_line_only_and_must_excuse_something() {
    let broken = |place: &str| Violation {
        rule: "length",
        place: place.to_owned(),
        what: "501 lines".to_owned(),
        why: "",
    };
    let exceptions = [
        ("length", "src/a.rs", "501", "a table"),
        ("length", "src/gone.rs", "", "was long"),
    ];
    let (left, stale) = judge(
        vec![broken("src/a.rs"), broken("src/b.rs")],
        &exceptions,
        "length name",
    );
    assert_eq!(left, [broken("src/b.rs")]);
    assert_eq!(stale, [&exceptions[1]]);
    assert!(
        judge(Vec::new(), &exceptions, "module").1.is_empty(),
        "exceptions of other rules are judged elsewhere"
    );
    assert!(EXCEPTIONS.iter().all(|(_, _, _, reason)| !reason.is_empty()));
}

#[test]
fn places_cover_what_they_say() {
    let cases = [
        ("src/http", "src/http.rs", true),
        ("src/http", "src/http/a/b.rs", true),
        ("src/http", "src/https.rs", false),
        ("connectors/*", "connectors/erp-http/src/lib.rs", true),
        ("connectors/*", "connectors/api/src/lib.rs", false),
        ("connectors/*", "connectors/api", false),
        ("", "", true),
        ("", "crates/app", false),
    ];
    for (scope, place, expected) in cases {
        assert_eq!(Place(place).is_in(scope), expected, "{scope} covers {place}");
    }
}
