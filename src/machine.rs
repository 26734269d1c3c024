//! The machine and its address: the disk under the database, whether the public address leads here, and how long its
//! certificate lasts.

use std::{path::Path, time::Duration};

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use nix::sys::statvfs::statvfs;
use punchgate_app::{
    alerts::MachineTrouble,
    attention::Code,
    doctor::{self, Finding, Weight},
};
use punchgate_domain::Instant;
use punchgate_egress::{Certificate, Egress, EgressRules, Limits, Request, Response, certificate_at};
use punchgate_storage::Db;
use url::Url;

use crate::config::Config;

/// How long the public address may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The room where a SQLite database lies; of a PostgreSQL its own machine knows.
pub(crate) fn disk(config: &Config) -> Vec<Finding> {
    let Some(file) = Db::sqlite_file(config.database.url.expose()) else {
        return Vec::new();
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // What is not there yet has no size.
    let size = std::fs::metadata(&file).map_or(0, |found| found.len());
    vec![match statvfs(folder) {
        Ok(found) => {
            let free = found.blocks_available().saturating_mul(found.fragment_size());
            doctor::disk(folder, free, size)
        }
        Err(error) => Finding::problem(
            "disk",
            format!("{} cannot be looked at: {error}", folder.display()),
            "check the path and who may read it",
        ),
    }]
}

/// What of the disk people are told of, without figures, which change with every look.
pub(crate) fn full_disk(config: &Config) -> Vec<MachineTrouble> {
    let found = disk(config).into_iter();
    let short = found.filter_map(|one| match one.weight {
        Weight::Ok => None,
        Weight::Warning => {
            Some("there is no room for a copy of the database, as a backup and an upgrade make one")
        }
        Weight::Problem => Some("next to nothing is free where the database lies"),
    });
    let trouble = |detail: &str| MachineTrouble {
        code: Code::Disk,
        subject: "database".to_owned(),
        detail: detail.to_owned(),
    };
    short.map(trouble).collect()
}

/// The public addresses, with the keys that name them.
fn public_urls(config: &Config) -> Vec<(&'static str, &Url)> {
    let console = config.console.public_url.as_ref();
    std::iter::once(("server.public_url", &config.server.public_url))
        .chain(console.map(|url| ("console.public_url", url)))
        .collect()
}

/// Certificates of the public addresses that will have expired soon. One that cannot be looked at from here says nothing.
pub(crate) async fn certificates(config: &Config, now: Instant) -> Vec<MachineTrouble> {
    let days = config.alerts.certificate_days;
    let ahead = Duration::from_secs(u64::from(days) * 24 * 3_600);
    let now = Duration::from_micros(now.as_microsecond().unsigned_abs());
    let mut found = Vec::new();
    for (place, url) in public_urls(config) {
        let (Some(host), Some(port), "https") = (url.host_str(), url.port_or_known_default(), url.scheme())
        else {
            continue;
        };
        if certificate_at(host, port, now + ahead, Vec::new(), ANSWER).await == Certificate::Expired {
            found.push(MachineTrouble {
                code: Code::Certificate,
                subject: host.to_owned(),
                detail: format!("the certificate of {host} ({place}) expires within {days} days, or has"),
            });
        }
    }
    found
}

/// Whether a gateway answers at the public address, certificate included.
pub(crate) async fn public_address(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, url) in public_urls(config) {
        found.push(match ask(url).await {
            Ok(answer) if answer.status.is_success() => Finding::ok(place, format!("{url} answers")),
            Ok(answer) => Finding::warning(
                place,
                format!("{url} answers with HTTP {}", answer.status.as_u16()),
                "have the proxy hand every path to server.listen, and see that the gateway runs",
            ),
            Err(why) => Finding::warning(
                place,
                format!("{url} gives no answer here: {why}"),
                "see that proxy and gateway run, that the name leads to them, and that the certificate is valid",
            ),
        });
    }
    found
}

async fn ask(url: &Url) -> Result<Response, String> {
    let local = url.scheme() == "http";
    let every = ["0.0.0.0/0", "::/0"]
        .iter()
        .filter_map(|network| network.parse().ok());
    let rules = EgressRules {
        // It is the gateway's own address, which may well be one of this machine's.
        networks: every.collect(),
        plain_http: local,
        ..EgressRules::only(url)
    };
    let client = Egress::new(rules).map_err(|error| error.to_string())?;
    let address = format!("{}/healthz", url.as_str().trim_end_matches('/'));
    let request = Request {
        method: Method::GET,
        url: address
            .parse()
            .map_err(|error: url::ParseError| error.to_string())?,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        limits: Limits {
            timeout: ANSWER,
            max_response_bytes: 4096,
        },
    };
    client.send(request).await.map_err(|error| error.to_string())
}
