//! What events cost the intake of orders: nothing where nobody listens, else a share of a statement that is there anyway.

use std::{
    io,
    sync::{Arc, Mutex},
};

use futures_util::future::join_all;
use punchgate_storage::Db;
use tracing_subscriber::fmt::MakeWriter;

use super::KEYS;
use crate::support::{cxml::Po, receiver::Receiver, supplier::Supplier, world::World};

/// Orders that arrive at once.
const ORDERS: usize = 24;

async fn arrive(world: &World) {
    let orders: Vec<String> = (0..ORDERS)
        .map(|number| Po::new(format!("45{number:05}"), "1.00").xml())
        .collect();
    let answers = join_all(orders.iter().map(|xml| world.send(xml))).await;
    assert!(
        answers
            .iter()
            .all(|answer| (answer.http, answer.status) == (200, 200))
    );
}

/// Whoever looks for listeners would not find the table.
#[tokio::test]
async fn where_nobody_listens_nobody_is_looked_for() {
    for listens in [false, true] {
        let hooks = Receiver::start().await;
        let declared = if listens {
            hooks.declared("", KEYS)
        } else {
            String::new()
        };
        let supplier = Supplier::with_buyer().credit("1000.00").connectors(declared);
        let world = supplier.start().await;
        world.send(&Po::new("4400000", "1.00").xml()).await;
        world.settle().await;
        world
            .meddle("alter table connector_instance rename to connector_instance_away")
            .await;
        let answer = world.send(&Po::new("4400001", "1.00").xml()).await;
        assert_eq!(answer.status == 200, !listens, "{}", answer.body);
        world
            .meddle("alter table connector_instance_away rename to connector_instance")
            .await;
        world.settle().await;
        world.finish().await;
    }
}

/// Every statement that was run while the test watched.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<u8>>>);

impl io::Write for Statements {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Statements {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Statements {
    /// How many of them begin so.
    fn count(&self, beginning: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.matches(&format!("summary=\"{beginning}")).count()
    }
}

// One thread, on which statements to PostgreSQL are run; those to SQLite are run on another, where they are not seen.
#[tokio::test(flavor = "current_thread")]
async fn a_batch_of_orders_is_announced_by_the_statement_that_is_there_anyway() {
    for listens in [false, true] {
        let hooks = Receiver::start().await;
        let declared = if listens {
            hooks.declared("", KEYS)
        } else {
            String::new()
        };
        let supplier = Supplier::with_buyer().credit("1000.00").connectors(declared);
        let world = supplier.start().await;
        world.settle().await;
        let statements = Statements::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(statements.clone())
            .finish();
        let watching = tracing::subscriber::set_default(subscriber);
        arrive(&world).await;
        drop(watching);
        let orders = statements.count("insert into purchase_order");
        let outbox = statements.count("insert into outbox");
        if let Db::Postgres { .. } = world.db() {
            assert!((1..=ORDERS).contains(&orders), "{orders} batches were seen");
            assert_eq!(outbox, orders, "one statement a batch, listens: {listens}");
        }
        world.settle().await;
        if listens {
            let told = hooks.told().await;
            let arrived = told.iter().filter(|one| one.kind() == "order.received");
            assert_eq!(arrived.count(), ORDERS);
        }
        world.finish().await;
    }
}
