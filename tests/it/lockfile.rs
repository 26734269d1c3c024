//! What the product is built from: banned packages, lowest versions, licences and sources, read from Cargo.lock and
//! `cargo metadata`. deny.toml says the same to cargo-deny, which also knows advisories; this needs no other tool.

use cargo_metadata::Source;
use cargo_metadata::semver::Version;
use serde::Deserialize;

use crate::support::workspace;

/// Packages that must not be in the tree, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "one TLS provider: ring"),
    ("aws-lc-sys", "one TLS provider: ring"),
    ("native-tls", "one TLS provider: ring"),
    ("openssl", "one TLS provider: ring"),
    ("openssl-sys", "one TLS provider: ring"),
];

/// Lowest versions: below them stand published defects in reading what strangers send.
const FLOORS: &[(&str, &str)] = &[
    ("roxmltree", "0.21.2"),
    ("quick-xml", "0.41.0"),
    ("h2", "0.4.16"),
    ("rustls", "0.23.45"),
    ("rustls-webpki", "0.103.13"),
];

/// Licences that may be in the tree. deny.toml has the same list.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Deserialize)]
struct Lockfile {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Version,
    source: Option<Source>,
}

fn of_the_project() -> Vec<Locked> {
    toml::from_str::<Lockfile>(include_str!("../../Cargo.lock"))
        .unwrap()
        .package
}

fn banned(packages: &[Locked]) -> Vec<String> {
    let found = |name: &str| packages.iter().any(|package| package.name == name);
    BANNED
        .iter()
        .filter(|(name, _)| found(name))
        .map(|(name, why)| format!("{name}: {why}"))
        .collect()
}

fn below_floor(packages: &[Locked]) -> Vec<String> {
    let mut below = Vec::new();
    for (name, floor) in FLOORS {
        let floor: Version = floor.parse().unwrap();
        for package in packages
            .iter()
            .filter(|package| package.name == *name && package.version < floor)
        {
            below.push(format!("{name} {} < {floor}", package.version));
        }
    }
    below
}

/// Packages that come neither from this repository nor from the one public registry.
fn from_elsewhere(packages: &[Locked]) -> Vec<String> {
    let ours = |package: &Locked| package.source.is_none() && package.name.starts_with("punchgate");
    let public = |package: &Locked| package.source.as_ref().is_some_and(Source::is_crates_io);
    packages
        .iter()
        .filter(|package| !ours(package) && !public(package))
        .map(|package| package.name.clone())
        .collect()
}

/// Packages whose licence expression cannot be met with the allowed licences.
fn unlicensed<'a>(packages: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<String> {
    packages
        .filter(|(_, expression)| !expression.is_some_and(is_allowed))
        .map(|(name, expression)| format!("{name}: {}", expression.unwrap_or("no licence")))
        .collect()
}

fn is_allowed(expression: &str) -> bool {
    let Ok(expression) = spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX) else {
        return false;
    };
    expression.evaluate(|requirement| {
        let licence = requirement.license.id().map(|id| id.name);
        requirement.addition.is_none() && licence.is_some_and(|name| LICENCES.contains(&name))
    })
}

#[test]
fn nothing_banned_is_in_the_tree() {
    assert_eq!(banned(&of_the_project()), Vec::<String>::new());
}

#[test]
fn nothing_is_older_than_its_floor() {
    assert_eq!(below_floor(&of_the_project()), Vec::<String>::new());
}

#[test]
fn everything_comes_from_one_registry() {
    assert_eq!(from_elsewhere(&of_the_project()), Vec::<String>::new());
}

#[test]
fn every_licence_is_allowed() {
    let metadata = workspace::metadata();
    let packages = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.license.as_deref()));
    assert_eq!(unlicensed(packages), Vec::<String>::new());
}

#[test]
fn what_is_forbidden_is_found() {
    let package = |name: &str, version: &str, source: Option<&str>| Locked {
        name: name.to_owned(),
        version: version.parse().unwrap(),
        source: source.map(|repr| Source {
            repr: repr.to_owned(),
        }),
    };
    let project = of_the_project();
    let registry = project
        .iter()
        .find_map(|package| package.source.as_ref())
        .map(|source| source.repr.as_str());
    let packages = [
        package("punchgate-app", "0.1.0", None),
        package("openssl-sys", "0.9.0", registry),
        package("h2", "0.4.9", registry),
        package("h2", "0.4.16", registry),
        package("forked", "1.0.0", Some("git+somewhere")),
        package("mirrored", "1.0.0", Some("registry+elsewhere")),
        package("copied", "1.0.0", None),
    ];
    assert_eq!(banned(&packages), ["openssl-sys: one TLS provider: ring"]);
    assert_eq!(below_floor(&packages), ["h2 0.4.9 < 0.4.16"]);
    assert_eq!(from_elsewhere(&packages), ["forked", "mirrored", "copied"]);
}

#[test]
fn a_licence_is_judged_by_its_whole_expression() {
    let cases = [
        (Some("MIT"), true),
        (Some("MIT/Apache-2.0"), true),
        (Some("MIT OR GPL-3.0-only"), true),
        (Some("MIT AND GPL-3.0-only"), false),
        (Some("GPL-3.0-only"), false),
        (Some("LGPL-2.1-or-later OR (ISC AND Zlib)"), true),
        (Some("Whatever"), false),
        (None, false),
    ];
    for (expression, allowed) in cases {
        assert_eq!(
            unlicensed(std::iter::once(("it", expression))).is_empty(),
            allowed,
            "{expression:?}"
        );
    }
}
