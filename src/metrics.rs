//! What the gateway counts, and how it is written for Prometheus (text format 0.0.4).
//!
//! **Invariant:** a label is a route, a state, a kind or an id of what was set up here; nothing that a partner sends
//! becomes one, so that the number of series has a bound.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use punchgate_app::{
    Surroundings,
    figures::{self, FigureRow, SupplierFigures},
};
use punchgate_domain::Instant;

/// Upper bounds of the latency of a request, in microseconds.
const BOUNDS: [u64; 12] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
];

/// Counted since the process began.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, &'static str, u16), u64>>,
    intake: Histogram,
}

/// Durations, counted by how long they were.
#[derive(Debug, Default)]
struct Histogram {
    /// One more than bounds: the last is for what was longer.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

impl Histogram {
    fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < micros);
        self.buckets[place].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, text: &mut String, name: &str) {
        let mut below = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{}\"}} {below}", seconds(*bound));
        }
        below += self.buckets[BOUNDS.len()].load(Ordering::Relaxed);
        let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {below}");
        let sum = seconds(self.sum_micros.load(Ordering::Relaxed));
        let _ = writeln!(text, "{name}_sum {sum}");
        let _ = writeln!(text, "{name}_count {below}");
    }
}

/// Microseconds as seconds, exactly: `0.0025`.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The method of a request, as far as it is one that anything is served by.
fn method_name(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

impl Metrics {
    /// A request was answered. `route` is the pattern that it met, never its address.
    pub fn answered(&self, route: Option<&str>, method: &str, status: u16, took: Duration) {
        let route = route.unwrap_or("none");
        if route.starts_with("/cxml") {
            self.intake.observe(took);
        }
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests
            .entry((route.to_owned(), method_name(method), status))
            .or_default() += 1;
    }

    /// Everything, as Prometheus reads it.
    pub async fn text(&self, surroundings: &Surroundings) -> Result<String, punchgate_app::DatabaseError> {
        let suppliers = figures::read(surroundings).await?;
        let mut text = String::with_capacity(8192);
        self.of_requests(&mut text);
        of_suppliers(&mut text, &suppliers, surroundings.now());
        head(
            &mut text,
            "punchgate_database_connections",
            "gauge",
            "Connections to the database by pool and use.",
        );
        for pool in figures::pools(surroundings) {
            let idle = u32::try_from(pool.idle).unwrap_or(u32::MAX);
            for (of, value) in [
                ("used", pool.open.saturating_sub(idle)),
                ("idle", idle),
                ("most", pool.most),
            ] {
                let _ = writeln!(
                    text,
                    "punchgate_database_connections{{pool=\"{}\",is=\"{of}\"}} {value}",
                    pool.name
                );
            }
        }
        Ok(text)
    }

    fn of_requests(&self, text: &mut String) {
        head(
            text,
            "punchgate_requests_total",
            "counter",
            "Requests answered, by route, method and status.",
        );
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, method, status), count) in requests.iter() {
            let route = escaped(route);
            let _ = writeln!(
                text,
                "punchgate_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}"
            );
        }
        drop(requests);
        let name = "punchgate_intake_seconds";
        head(
            text,
            name,
            "histogram",
            "How long cXML requests took, to the last byte of the answer's head.",
        );
        self.intake.write(text, name);
    }
}

fn of_suppliers(text: &mut String, suppliers: &[SupplierFigures], now: Instant) {
    type Of = fn(&SupplierFigures) -> &[FigureRow];
    let counted: [(&str, &str, &str, Of); 4] = [
        (
            "punchgate_orders",
            "state",
            "Orders that have not come to their end.",
            |it| &it.orders,
        ),
        (
            "punchgate_outbox_depth",
            "kind",
            "Work that is to be done or is under way.",
            |it| &it.work,
        ),
        (
            "punchgate_outbox_dead",
            "kind",
            "Work that was given up and waits for a person.",
            |it| &it.dead,
        ),
        (
            "punchgate_sessions",
            "state",
            "Punchout sessions in which somebody shops.",
            |it| &it.sessions,
        ),
    ];
    for (name, label, help, of) in counted {
        head(text, name, "gauge", help);
        for supplier in suppliers {
            let id = escaped(supplier.supplier.as_str());
            for row in of(supplier) {
                let value = escaped(&row.name);
                let _ = writeln!(
                    text,
                    "{name}{{supplier=\"{id}\",{label}=\"{value}\"}} {}",
                    row.count
                );
            }
        }
    }
    of_ages(text, suppliers, now);
}

/// How long the oldest work waits, and since when feeds were read.
fn of_ages(text: &mut String, suppliers: &[SupplierFigures], now: Instant) {
    let name = "punchgate_outbox_age_seconds";
    head(
        text,
        name,
        "gauge",
        "Age of the oldest work that is to be done or is under way.",
    );
    for supplier in suppliers {
        let id = escaped(supplier.supplier.as_str());
        for row in &supplier.work {
            let age = age(row.oldest.unwrap_or(now.as_microsecond()), now);
            let _ = writeln!(
                text,
                "{name}{{supplier=\"{id}\",kind=\"{}\"}} {age}",
                escaped(&row.name)
            );
        }
    }
    let name = "punchgate_sync_age_seconds";
    head(
        text,
        name,
        "gauge",
        "Since when a feed of a connector was last read to its end.",
    );
    for supplier in suppliers {
        let id = escaped(supplier.supplier.as_str());
        for feed in &supplier.feeds {
            if let Some(finished) = feed.finished_at {
                let _ = writeln!(
                    text,
                    "{name}{{supplier=\"{id}\",connector=\"{}\",scope=\"{}\",feed=\"{}\"}} {}",
                    escaped(&feed.connector_id),
                    escaped(&feed.scope),
                    escaped(&feed.feed),
                    age(finished, now)
                );
            }
        }
    }
}

fn age(since: i64, now: Instant) -> String {
    let micros = now.as_microsecond().saturating_sub(since);
    seconds(u64::try_from(micros).unwrap_or(0))
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_exactly() {
        for (micros, text) in [
            (0, "0"),
            (1_000, "0.001"),
            (2_500, "0.0025"),
            (10_000_000, "10"),
            (1_250_000, "1.25"),
        ] {
            assert_eq!(seconds(micros), text);
        }
    }

    #[test]
    fn a_histogram_counts_what_is_at_most_its_bound() {
        let histogram = Histogram::default();
        for micros in [1_000, 1_001, 20_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let mut text = String::new();
        histogram.write(&mut text, "x");
        for line in [
            "x_bucket{le=\"0.001\"} 1",
            "x_bucket{le=\"0.0025\"} 2",
            "x_bucket{le=\"10\"} 2",
            "x_bucket{le=\"+Inf\"} 3",
            "x_sum 20.002001",
            "x_count 3",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
    }

    #[test]
    fn labels_are_bounded_and_escaped() {
        let metrics = Metrics::default();
        for (route, method) in [(Some("/cxml"), "POST"), (None, "BREW"), (None, "PROPFIND")] {
            metrics.answered(route, method, 200, Duration::from_millis(1));
        }
        let mut text = String::new();
        metrics.of_requests(&mut text);
        assert!(
            text.contains("{route=\"none\",method=\"other\",status=\"200\"} 2"),
            "{text}"
        );
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
