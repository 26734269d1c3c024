//! The machine and its address: the disk under the database, and whether the public address leads here.

use std::{path::Path, time::Duration};

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use nix::sys::statvfs::statvfs;
use punchgate_app::doctor::{self, Finding};
use punchgate_egress::{Egress, EgressRules, Limits, Request, Response};
use punchgate_storage::Db;
use url::Url;

use crate::config::Config;

/// How long the public address may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The room where a SQLite database lies; of a PostgreSQL its own machine knows.
pub(super) fn disk(config: &Config) -> Vec<Finding> {
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

/// Whether a gateway answers at the public address, certificate included.
pub(super) async fn public_address(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut urls = vec![("server.public_url", &config.server.public_url)];
    urls.extend(
        config
            .console
            .public_url
            .as_ref()
            .map(|url| ("console.public_url", url)),
    );
    for (place, url) in urls {
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
