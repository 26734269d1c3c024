//! Which module may not name what.

use super::modules::ModuleRule;

/// What reads the machine instead of taking a parameter.
const AMBIENT: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

pub(super) const MODULES: &[ModuleRule] = &[
    ModuleRule {
        scope: "src/http",
        never: &[
            "sqlx",
            "punchgate_storage",
            "reqwest",
            "punchgate_egress",
            "crate::jobs",
        ],
        in_tests: true,
        why: "a handler authenticates, decodes, calls the use case, maps the error and responds",
    },
    ModuleRule {
        scope: "src/jobs",
        never: &["axum", "tower_http", "sqlx", "reqwest", "crate::http"],
        in_tests: true,
        why: "a job claims, runs and records; nothing on the way to it is a web request",
    },
    ModuleRule {
        scope: "src/config",
        never: &["axum", "sqlx", "crate::http", "crate::jobs"],
        in_tests: true,
        why: "configuration is read before anything runs",
    },
    ModuleRule {
        scope: "src/connectors",
        never: &[
            "axum",
            "sqlx",
            "reqwest",
            "punchgate_storage",
            "crate::http",
            "crate::jobs",
        ],
        in_tests: true,
        why: "the registry maps a kind to its constructor",
    },
    ModuleRule {
        scope: "crates/domain",
        never: AMBIENT,
        in_tests: false,
        why: "the domain takes its inputs as parameters",
    },
    ModuleRule {
        scope: "crates/protocols",
        never: AMBIENT,
        in_tests: false,
        why: "protocols take bytes and give bytes; nothing named in a document is fetched",
    },
    ModuleRule {
        scope: "crates/app",
        never: &[
            "std::env",
            "std::fs",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::ToSocketAddrs",
            "std::net::UdpSocket",
            "std::process::Command",
            "std::thread",
            "std::time::SystemTime",
            "tokio::fs",
            "tokio::net",
            "tokio::process",
            "tokio::time::sleep",
            "nix",
        ],
        in_tests: false,
        why: "a use case waits for nothing and reads nothing but its parameters, storage and connectors",
    },
    ModuleRule {
        scope: "connectors/*",
        never: &[
            "std::env",
            "std::fs",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::ToSocketAddrs",
            "std::net::UdpSocket",
            "std::process",
            "std::thread",
            "std::time::SystemTime",
            "std::sync::OnceLock",
            "std::sync::LazyLock",
            "tokio",
            "reqwest",
        ],
        in_tests: false,
        why: "a connector is stateless: the core owns clocks, retries, waits, processes and HTTP",
    },
    ModuleRule {
        scope: "tests/it",
        never: &["sqlx"],
        in_tests: true,
        why: "integration tests look at the product through its interfaces, not at its tables",
    },
];
