//! `--record DIR`: every document that crossed, one file each, numbered in the order of the requests.
//!
//! Names are `NNN-from-to-kind.xml|json`. The text of a SharedSecret is masked and its element stays, so that
//! the document remains valid against its DTD.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use punchgate_demo::{Exchange, Peer, WireLog, suite::mask};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Often enough that the log's bound is not reached in between.
const LOOK: Duration = Duration::from_millis(200);

/// Writes in the background until it is ended.
#[derive(Debug)]
pub(super) struct Recorder {
    stop: CancellationToken,
    task: JoinHandle<Result<Written, String>>,
}

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) folder: PathBuf,
    pub(super) count: usize,
    next: u64,
}

impl Recorder {
    /// Begins with an empty or new folder.
    pub(super) fn begin(folder: PathBuf, wire: WireLog) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("--record {}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(told)?;
        if fs::read_dir(&folder).map_err(told)?.next().is_some() {
            return Err(format!(
                "--record {}: the folder is not empty; name another",
                folder.display()
            ));
        }
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut written = Written {
                folder,
                count: 0,
                next: 0,
            };
            let mut look = tokio::time::interval(LOOK);
            loop {
                let ended = tokio::select! {
                    () = stopped.cancelled() => true,
                    _ = look.tick() => false,
                };
                written.take(&wire)?;
                if ended {
                    return Ok(written);
                }
            }
        });
        Ok(Self { stop, task })
    }

    /// Writes what is left.
    pub(super) async fn end(self) -> Result<Written, String> {
        self.stop.cancel();
        self.task.await.map_err(|error| error.to_string())?
    }
}

impl Written {
    fn take(&mut self, wire: &WireLog) -> Result<(), String> {
        for exchange in wire.since(self.next) {
            self.next = exchange.seq + 1;
            for (name, document) in documents(&exchange) {
                self.count += 1;
                self.write(&format!("{:03}-{name}", self.count), &document)?;
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, document: &str) -> Result<(), String> {
        let path: &Path = &self.folder.join(name);
        fs::write(path, document).map_err(|error| format!("--record {}: {error}", path.display()))
    }
}

/// The documents of an exchange, request first, with their names.
fn documents(exchange: &Exchange) -> Vec<(String, String)> {
    let asked = mask::kind(&exchange.request);
    let operation = exchange
        .url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .split('?')
        .next()
        .unwrap_or_default();
    let request = named(
        exchange.from,
        exchange.to,
        &exchange.request,
        match asked.as_str() {
            "document" => operation,
            kind => kind,
        },
    );
    let answered = mask::kind(&exchange.response);
    let response = named(
        exchange.to,
        exchange.from,
        &exchange.response,
        &match answered.as_str() {
            "document" => format!(
                "{}-answer",
                if asked == "document" {
                    operation
                } else {
                    asked.as_str()
                }
            ),
            kind => kind.to_owned(),
        },
    );
    [request, response].into_iter().flatten().collect()
}

fn named(from: Peer, to: Peer, document: &str, kind: &str) -> Option<(String, String)> {
    let extension = match document.trim_start().chars().next()? {
        '<' => "xml",
        '{' | '[' => "json",
        _ => return None,
    };
    let kind: String = kind
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Some((
        format!("{}-{}-{kind}.{extension}", name(from), name(to)),
        mask::masked(document),
    ))
}

fn name(peer: Peer) -> &'static str {
    match peer {
        Peer::Suite => "suite",
        Peer::Gateway => "gateway",
        Peer::Shop => "shop",
        Peer::Erp => "erp",
        // The browser only carries what the gateway wrote.
        Peer::Browser => "gateway",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(request: &str, response: &str) -> Exchange {
        Exchange {
            seq: 0,
            at_ms: 0,
            from: Peer::Suite,
            to: Peer::Gateway,
            method: "POST".into(),
            url: "http://127.0.0.1:1/cxml".into(),
            request: request.into(),
            status: Some(200),
            response: response.into(),
            duration_ms: 1,
        }
    }

    #[test]
    fn documents_by_name_without_secrets() {
        let found = documents(&exchange(
            "<cXML><SharedSecret>hush</SharedSecret><OrderRequest></OrderRequest></cXML>",
            "<cXML><Response></Response></cXML>",
        ));
        assert_eq!(found[0].0, "suite-gateway-OrderRequest.xml");
        assert_eq!(found[1].0, "gateway-suite-Response.xml");
        assert!(found[0].1.contains("<SharedSecret>********</SharedSecret>"));
        let found = documents(&exchange(
            "{\"operation\":\"submit_order\"}",
            "{\"result\":\"created\"}",
        ));
        assert_eq!(found[0].0, "suite-gateway-submit_order.json");
        assert_eq!(found[1].0, "gateway-suite-submit_order-answer.json");
        assert!(documents(&exchange("", "it cannot be reached")).is_empty());
    }

    #[tokio::test]
    async fn what_was_pushed_before_the_end_is_written() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("record");
        let wire = WireLog::new();
        let recorder = Recorder::begin(folder.clone(), wire.clone()).unwrap();
        wire.push(exchange(
            "<cXML><ProfileRequest/></cXML>",
            "<cXML><ProfileResponse></ProfileResponse></cXML>",
        ));
        let written = recorder.end().await.unwrap();
        assert_eq!(written.count, 2);
        assert!(folder.join("001-suite-gateway-ProfileRequest.xml").exists());
        assert!(folder.join("002-gateway-suite-ProfileResponse.xml").exists());
        assert!(
            Recorder::begin(folder, WireLog::new())
                .unwrap_err()
                .contains("not empty")
        );
    }
}
