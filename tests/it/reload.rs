//! A running gateway goes on under another configuration.

use std::time::Duration;

use punchgate::{config::Config, connectors, serve};
use tokio::net::TcpListener;

use crate::support::{cxml::Po, live::Live, supplier::Supplier, world::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_configuration_counts_for_the_next_request_and_what_needs_a_restart_stays() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = live.config(&address.to_string());
    let mut running = serve::start_on(listener, config.clone(), connectors::registry())
        .await
        .unwrap();
    let send = async |number: &str| {
        let body = Po::new(number, "10.00").xml().into_bytes();
        World::send_at(address, "", "text/xml; charset=utf-8", body).await
    };
    assert_eq!(send("4500001").await.status, 200);

    let narrower = Config {
        limits: punchgate::config::Limits {
            document_bytes: 600,
            ..config.limits.clone()
        },
        server: punchgate::config::Server {
            listen: "127.0.0.1:1".parse().unwrap(),
            shutdown: Duration::from_secs(1),
            ..config.server.clone()
        },
        ..config.clone()
    };
    running.reload(narrower).await.unwrap();
    assert_eq!(running.gateway.config.server.listen, config.server.listen);
    let refused = send("4500002").await;
    assert_eq!(refused.status, 499, "{}", refused.body);

    running.reload(config).await.unwrap();
    assert_eq!(send("4500003").await.status, 200);
    running.stop().await;
}
