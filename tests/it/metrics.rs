//! Figures for whoever watches: on a listener of their own, and nowhere else.

use std::time::Duration;

use punchgate::{connectors, serve};
use tokio::net::TcpListener;

use crate::support::{cxml::Po, http, live::Live, supplier::Supplier};

async fn text(url: &str) -> (u16, String) {
    let answer = http().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_counted_and_served_apart() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = live.config(&listener.local_addr().unwrap().to_string());
    config.metrics.listen = Some("127.0.0.1:0".parse().unwrap());
    let running = serve::start_on(listener, config, connectors::registry())
        .await
        .unwrap();
    let (address, figures) = (running.address, running.figures.unwrap());
    let sent = http()
        .post(format!("http://{address}/cxml"))
        .body(Po::new("4500001", "12.50").xml());
    assert_eq!(sent.send().await.unwrap().status(), 200);
    for path in ["/metrics", "/no/such/page"] {
        assert_eq!(text(&format!("http://{address}{path}")).await.0, 404, "{path}");
    }
    let (status, found) = text(&format!("http://{figures}/metrics")).await;
    assert_eq!(status, 200);
    for line in [
        "punchgate_requests_total{route=\"/cxml\",method=\"POST\",status=\"200\"} 1",
        "punchgate_requests_total{route=\"none\",method=\"GET\",status=\"404\"} 2",
        "punchgate_intake_seconds_count 1",
        "punchgate_intake_seconds_bucket{le=\"+Inf\"} 1",
        "# TYPE punchgate_outbox_age_seconds gauge",
        "# TYPE punchgate_outbox_dead gauge",
        "# TYPE punchgate_sessions gauge",
    ] {
        assert!(found.lines().any(|it| it == line), "{line}\n{found}");
    }
    assert!(found.contains("punchgate_database_connections{pool="), "{found}");
    assert_eq!(
        text(&format!("http://{figures}/healthz")).await.0,
        404,
        "nothing else is there"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_was_read_has_an_age() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.round().await;
    world.clock.advance(Duration::from_secs(7));
    let gateway = &world.gateway;
    let found = gateway.metrics.text(&gateway.surroundings).await.unwrap();
    let ages: Vec<&str> = found
        .lines()
        .filter(|line| line.starts_with("punchgate_sync_age_seconds{supplier=\"ironquay\",connector=\"erp\""))
        .collect();
    assert!(
        !ages.is_empty() && ages.iter().all(|line| line.ends_with(" 7")),
        "{found}"
    );
    world.settle().await;
    world.finish().await;
}
