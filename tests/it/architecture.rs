//! The layout of ARCHITECTURE.md as a test: who may depend on whom, who may name what, what a file looks like.
//!
//! The tables below are the rules; an exception is a line in [`EXCEPTIONS`] and nothing else. The checks are pure
//! functions over what was read, so `architecture/cases.rs` can show that each of them fails on what it forbids.

mod bans;
mod cases;
mod modules;
mod packages;
mod paths;
mod place;
mod shape;
mod sources;

use std::fmt;
use std::fs;

use crate::support::workspace;
use bans::MODULES;
use packages::{Direct, PackageRule};
use place::Place;

const PACKAGES: &[PackageRule] = &[
    PackageRule {
        folder: "crates/domain",
        direct: Direct::Only(&["jiff", "rust_decimal", "serde", "thiserror"]),
        never_reached: &[
            "tokio",
            "sqlx-core",
            "axum",
            "hyper",
            "reqwest",
            "quick-xml",
            "roxmltree",
        ],
        why: "the domain is pure: no async, no I/O, no documents",
    },
    PackageRule {
        folder: "crates/protocols",
        direct: Direct::Only(&[
            "base64",
            "encoding_rs",
            "hmac",
            "jiff",
            "memchr",
            "percent-encoding",
            "punchgate-domain",
            "quick-xml",
            "roxmltree",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "subtle",
            "thiserror",
            "toml",
            "url",
            "zeroize",
        ]),
        never_reached: &["tokio", "sqlx-core", "axum", "hyper", "reqwest"],
        why: "protocols turn bytes into domain values and back, and nothing else",
    },
    PackageRule {
        folder: "crates/storage",
        direct: Direct::Only(&[
            "bytes",
            "futures-util",
            "jiff",
            "punchgate-domain",
            "rust_decimal",
            "serde",
            "serde_json",
            "sqlx",
            "thiserror",
            "tokio",
            "tokio-util",
            "tracing",
            "zstd",
        ]),
        never_reached: &["punchgate-app", "punchgate-protocols", "axum", "reqwest", "hyper"],
        why: "storage keeps rows: it knows no use case, no document format and no HTTP",
    },
    PackageRule {
        folder: "crates/app",
        direct: Direct::Only(&[
            "argon2",
            "async-trait",
            "base64",
            "bytes",
            "chacha20poly1305",
            "email_address",
            "futures-util",
            "getrandom",
            "hmac",
            "jiff",
            "nix",
            "punchgate-connector",
            "punchgate-domain",
            "punchgate-protocols",
            "punchgate-simulator",
            "punchgate-storage",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "subtle",
            "thiserror",
            "tokio",
            "tokio-util",
            "toml",
            "tracing",
            "url",
            "uuid",
            "zeroize",
        ]),
        never_reached: &["axum"],
        why: "use cases speak to storage, protocols and connector traits; SQL, XML and HTTP belong to others",
    },
    PackageRule {
        folder: "crates/egress",
        direct: Direct::Only(&[
            "bytes",
            "futures-util",
            "http",
            "ipnet",
            "percent-encoding",
            "reqwest",
            "rustls",
            "rustls-platform-verifier",
            "tempfile",
            "thiserror",
            "tokio",
            "tracing",
            "url",
        ]),
        never_reached: &["axum", "sqlx-core", "punchgate-domain"],
        why: "egress guards outgoing HTTP and knows nothing of what is sent",
    },
    PackageRule {
        folder: "crates/child",
        direct: Direct::Only(&["bytes", "futures-util", "nix", "thiserror", "tokio", "tracing"]),
        never_reached: &["axum", "sqlx-core", "reqwest", "punchgate-domain"],
        why: "child runs a program within limits and knows nothing of what the lines say",
    },
    PackageRule {
        folder: "crates/folder",
        direct: Direct::Only(&[
            "bytes",
            "futures-util",
            "http",
            "jiff",
            "nix",
            "opendal-core",
            "opendal-service-s3",
            "punchgate-egress",
            "russh",
            "russh-sftp",
            "thiserror",
            "tokio",
            "url",
        ]),
        never_reached: &["axum", "sqlx-core", "punchgate-domain"],
        why: "folder reads and writes files within limits and knows nothing of what stands in them",
    },
    PackageRule {
        folder: "crates/demo",
        direct: Direct::Never(&[
            "punchgate",
            "punchgate-app",
            "punchgate-child",
            "punchgate-connector",
            "punchgate-egress",
            "punchgate-erp-flatfile",
            "punchgate-erp-http",
            "punchgate-erp-sql",
            "punchgate-erp-stdio",
            "punchgate-storage",
            "punchgate-storefront-http",
            "sqlx",
            "quick-xml",
            "roxmltree",
        ]),
        never_reached: &["punchgate-app", "punchgate-storage", "punchgate-connector"],
        why: "the simulated suite, shop and ERP are other people's systems: spoken to only over HTTP",
    },
    PackageRule {
        folder: "crates/simulator",
        direct: Direct::Only(&[
            "async-trait",
            "bytes",
            "http",
            "jiff",
            "punchgate-domain",
            "punchgate-egress",
            "punchgate-protocols",
            "rust_decimal",
            "serde",
            "thiserror",
            "tokio",
            "toml",
            "url",
        ]),
        never_reached: &[
            "punchgate-app",
            "punchgate-storage",
            "punchgate-connector",
            "axum",
            "sqlx-core",
        ],
        why: "a simulated buyer sees of a gateway what a buyer sees: documents and pages, over HTTP",
    },
    PackageRule {
        folder: "crates/testing",
        direct: Direct::Only(&["punchgate-storage", "sqlx", "tempfile", "tokio", "url"]),
        never_reached: &["punchgate-app", "punchgate-protocols", "axum", "reqwest"],
        why: "a database for each test and bench with the rows of a customer, and nothing else that a test needs",
    },
    PackageRule {
        folder: "connectors/api",
        direct: Direct::Only(&[
            "async-trait",
            "base64",
            "bytes",
            "hmac",
            "http",
            "jiff",
            "punchgate-child",
            "punchgate-domain",
            "punchgate-egress",
            "punchgate-folder",
            "ring",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "subtle",
            "thiserror",
            "tokio",
            "tokio-util",
            "tracing",
            "url",
        ]),
        never_reached: &[
            "axum",
            "sqlx-core",
            "punchgate-storage",
            "punchgate-app",
            "punchgate-protocols",
        ],
        why: "what a connector is depends on no use case, table or document format",
    },
    PackageRule {
        folder: "connectors/erp-flatfile",
        direct: Direct::Only(&[
            "async-trait",
            "bytes",
            "csv",
            "encoding_rs",
            "jiff",
            "punchgate-connector",
            "punchgate-domain",
            "quick-xml",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha2",
            "url",
        ]),
        never_reached: &[
            "axum",
            "sqlx-core",
            "punchgate-storage",
            "punchgate-app",
            "punchgate-protocols",
        ],
        why: "as every connector; its documents are files, so it reads CSV and XML of its own: the core owns the folder",
    },
    PackageRule {
        folder: "connectors/erp-sql",
        direct: Direct::Only(&[
            "async-trait",
            "futures-util",
            "jiff",
            "punchgate-connector",
            "punchgate-domain",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha2",
            "sqlx",
        ]),
        never_reached: &["axum", "punchgate-storage", "punchgate-app"],
        why: "the one connector whose other side speaks SQL; it shares nothing with the product's own tables",
    },
    PackageRule {
        folder: "connectors/*",
        direct: Direct::Only(&[
            "async-trait",
            "bytes",
            "http",
            "jiff",
            "punchgate-connector",
            "punchgate-domain",
            "rust_decimal",
            "serde",
            "serde_json",
            "thiserror",
            "tracing",
            "url",
        ]),
        never_reached: &[
            "axum",
            "sqlx-core",
            "punchgate-storage",
            "punchgate-app",
            "punchgate-protocols",
        ],
        why: "a connector has the connector API and conversions; the core owns HTTP, retries, rows and secrets",
    },
    PackageRule {
        folder: "",
        direct: Direct::Never(&["sqlx", "quick-xml", "roxmltree"]),
        never_reached: &["aws-lc-sys", "openssl-sys", "native-tls"],
        why: "SQL belongs to crates/storage, XML to crates/protocols, and there is one TLS provider",
    },
];

const BENCH_ROOT: &str = "a bench is the root of its crate; its modules lie in a folder of its name";

/// `(rule, place, start of what, reason)`. An exception that excuses nothing fails the test.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "module",
        "crates/app/src/clock.rs",
        "",
        "the one clock; a lease's time left needs one that counts while the machine sleeps",
    ),
    (
        "module",
        "tests/it/secrets.rs",
        "",
        "reads every table as it lies there: no secret may stand in any",
    ),
    (
        "module",
        "tests/it/bad_input.rs",
        "",
        "counts rows: a refused document leaves none behind",
    ),
    (
        "module",
        "tests/it/crash.rs",
        "",
        "takes back a dead process's lease, which the product only lets run out",
    ),
    (
        "module",
        "tests/it/support/world.rs",
        "",
        "counts rows for tests that refuse leftovers",
    ),
    ("item", "benches/cxml.rs", "", BENCH_ROOT),
    ("item", "benches/intake.rs", "", BENCH_ROOT),
    ("item", "benches/sweep.rs", "", BENCH_ROOT),
];

/// One way in which the sources break the layout.
#[derive(Debug, PartialEq)]
struct Violation {
    rule: &'static str,
    place: String,
    what: String,
    why: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}: {}; {}", self.rule, self.place, self.what, self.why)
    }
}

#[test]
fn packages_depend_only_on_what_their_rule_allows() {
    let metadata = workspace::metadata();
    let found = packages::violations(
        &packages::edges(&metadata),
        &packages::reached(&metadata),
        PACKAGES,
    );
    assert_none(found, "package");
}

#[test]
fn modules_name_only_what_their_rule_allows() {
    assert_none(
        modules::violations(&sources::read(&workspace::metadata()), MODULES),
        "module",
    );
}

#[test]
fn files_have_the_shape_of_the_layout() {
    assert_none(
        shape::violations(&sources::read(&workspace::metadata())),
        "length name heading item",
    );
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    let metadata = workspace::metadata();
    let without: Vec<String> = metadata
        .workspace_packages()
        .iter()
        .filter(|package| {
            let text = fs::read_to_string(&package.manifest_path).unwrap();
            let manifest: toml::Table = text.parse().unwrap();
            manifest.get("lints").and_then(|lints| lints.get("workspace"))
                != Some(&toml::Value::Boolean(true))
        })
        .map(|package| package.name.to_string())
        .collect();
    assert!(
        without.is_empty(),
        "without `[lints] workspace = true`: {without:?}"
    );
}

/// Fails on what no exception excuses, and on an exception of these rules that excuses nothing.
fn assert_none(found: Vec<Violation>, rules: &str) {
    let (broken, stale) = judge(found, EXCEPTIONS, rules);
    let broken: Vec<String> = broken.iter().map(Violation::to_string).collect();
    assert!(
        broken.is_empty(),
        "{} broken:\n{}\n",
        broken.len(),
        broken.join("\n")
    );
    assert!(
        stale.is_empty(),
        "exceptions that excuse nothing any more: {stale:?}"
    );
}

type Exception = (&'static str, &'static str, &'static str, &'static str);

fn judge<'a>(
    found: Vec<Violation>,
    exceptions: &'a [Exception],
    rules: &str,
) -> (Vec<Violation>, Vec<&'a Exception>) {
    let excuses = |(rule, place, what, _): &Exception, violation: &Violation| {
        violation.rule == *rule && violation.place == *place && violation.what.starts_with(what)
    };
    let stale = exceptions
        .iter()
        .filter(|exception| rules.split(' ').any(|rule| rule == exception.0))
        .filter(|exception| !found.iter().any(|violation| excuses(exception, violation)))
        .collect();
    let broken = found
        .into_iter()
        .filter(|violation| !exceptions.iter().any(|exception| excuses(exception, violation)))
        .collect();
    (broken, stale)
}
