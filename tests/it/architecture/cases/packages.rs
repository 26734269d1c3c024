//! Forbidden dependencies, in workspaces that are written to disk and read with `cargo metadata`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use super::super::{PACKAGES, packages};

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
    for other in [
        "jiff",
        "sqlx",
        "axum",
        "punchgate-app",
        "punchgate-domain",
        "punchgate-testing",
    ] {
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

/// A member's folder, its manifest's dependencies, the case, what is found.
const CASES: &[(&str, &str, &str, &[&str])] = &[
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
        "[dev-dependencies]\npunchgate-testing = { path = \"../../elsewhere/punchgate-testing\" }\n",
        "a database for its tests",
        &[],
    ),
    (
        "crates/app",
        "[dependencies]\npunchgate-testing = { path = \"../../elsewhere/punchgate-testing\" }\n",
        "that database in the program",
        &["depends on punchgate-testing"],
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

#[test]
fn a_forbidden_package_is_found_however_it_is_named() {
    for (folder, dependencies, case, expected) in CASES {
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
