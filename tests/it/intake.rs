//! Many orders at once over HTTP: one result, whatever the interleaving.

use futures_util::future::join_all;
use rust_decimal::Decimal;

use crate::support::{
    cxml::Po,
    supplier::Supplier,
    world::{Table, World},
};

async fn send_all(world: &World, orders: &[Po]) -> Vec<crate::support::cxml::Answer> {
    let documents: Vec<String> = orders.iter().map(Po::xml).collect();
    join_all(documents.iter().map(|document| world.send(document))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_identical_orders_are_one_order_and_get_one_answer() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let orders = vec![Po::new("4500001", "400.00"); 50];
    let answers = send_all(&world, &orders).await;
    for answer in &answers {
        assert_eq!(
            (answer.http, answer.status, &answer.text),
            (200, 200, &answers[0].text),
            "{}",
            answer.body
        );
    }
    assert_eq!(answers.len(), 50);
    assert_eq!(world.count(Table::Order).await, 1);
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    assert_eq!(world.erp.calls("submit_order"), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_equal_orders_exactly_as_many_are_approved_as_fit() {
    for (available, amount, fits) in [
        ("1000.00", "70.00", 14),
        ("349.99", "70.00", 4),
        ("69.99", "70.00", 0),
    ] {
        let world = Supplier::with_buyer().credit(available).start().await;
        let orders: Vec<Po> = (1..=50)
            .map(|number| Po::new(format!("45{number:05}"), amount))
            .collect();
        let answers = send_all(&world, &orders).await;
        assert!(
            answers
                .iter()
                .all(|answer| (answer.http, answer.status) == (200, 200))
        );
        let stored = world.orders().await;
        let approved = stored.iter().filter(|order| order.state == "approved").count();
        assert_eq!((stored.len(), approved), (50, fits), "{available} / {amount}");
        world.settle().await;
        let accepted = world
            .orders()
            .await
            .iter()
            .filter(|order| order.state == "accepted")
            .count();
        assert_eq!(accepted, fits, "nothing more fits once the ERP has them");
        assert_eq!(world.erp.orders().await.len(), fits);
        world.finish().await;
    }
}

/// The orders in their line at the account are a serial order: replayed one by one against a plain model, they give
/// exactly the stored result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unequal_orders_give_the_result_of_a_serial_order() {
    let world = Supplier::with_buyer().credit("2000.00").start().await;
    let orders: Vec<Po> = (1_u64..=50)
        .map(|number| {
            let amount = (number * number * 37) % 311 + 1;
            Po::new(format!("45{number:05}"), &format!("{amount}.{:02}", number % 100))
        })
        .collect();
    send_all(&world, &orders).await;
    let mut stored = world.orders().await;
    stored.sort_by_key(|order| order.arrival);
    let line: Vec<i64> = stored.iter().map(|order| order.arrival).collect();
    assert_eq!(
        line,
        (line[0]..line[0] + 50).collect::<Vec<_>>(),
        "each has a place of its own"
    );
    let mut available: Decimal = "2000.00".parse().unwrap();
    let mut approved = 0;
    for order in &stored {
        let total: Decimal = order.total_text.parse().unwrap();
        let fits = total <= available;
        assert_eq!(
            order.state == "approved",
            fits,
            "{} {total} of {available}: {}",
            order.order_number,
            order.state
        );
        if fits {
            available -= total;
            approved += 1;
        }
    }
    assert!(approved > 5 && approved < 45, "{approved}: both happen");
    world.settle().await;
    assert_eq!(world.erp.orders().await.len(), approved);
    world.finish().await;
}

/// Half of a batch is damaged in ways that only the reader sees; nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_orders_among_good_ones_fail_alone() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let documents: Vec<String> = (0..40)
        .map(|number| {
            let po = Po::new(format!("45{number:05}"), "10.00");
            match number % 4 {
                0 => po.xml().replace("</Request>", "</Requests>"),
                1 => po.xml().replace(crate::support::cxml::SECRET, "wrong"),
                _ => po.xml(),
            }
        })
        .collect();
    let answers = join_all(documents.iter().map(|document| world.send(document))).await;
    for (number, answer) in answers.iter().enumerate() {
        let expected = match number % 4 {
            0 => 406,
            1 => 401,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{number}: {}", answer.body);
    }
    assert_eq!(world.count(Table::Order).await, 20);
    assert_eq!(world.count(Table::Quarantine).await, 20);
    world.settle().await;
    world.finish().await;
}

/// Two gateways on one PostgreSQL: identical orders are still one, and equal ones never exceed the limit together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_decide_as_one() {
    let supplier = Supplier::with_buyer().credit("1000.00");
    let world = supplier.start().await;
    let Some((other, _running)) = world.second_gateway(&supplier).await else {
        return world.finish().await;
    };
    let to_both = |orders: Vec<Po>| {
        let sent: Vec<_> = orders
            .into_iter()
            .enumerate()
            .map(|(place, po)| {
                let address = if place % 2 == 0 { world.address } else { other };
                World::send_at(address, "", "text/xml", po.xml().into_bytes())
            })
            .collect();
        join_all(sent)
    };
    let answers = to_both(vec![Po::new("4500000", "70.00"); 50]).await;
    for answer in &answers {
        assert_eq!(
            (answer.http, answer.status, &answer.text),
            (200, 200, &answers[0].text)
        );
    }
    assert_eq!(world.count(Table::Order).await, 1);
    let orders = (1..=50)
        .map(|number| Po::new(format!("45{number:05}"), "70.00"))
        .collect();
    let answers = to_both(orders).await;
    assert!(
        answers
            .iter()
            .all(|answer| (answer.http, answer.status) == (200, 200))
    );
    let stored = world.orders().await;
    let approved = stored.iter().filter(|order| order.state == "approved").count();
    assert_eq!((stored.len(), approved), (51, 14));
    let mut places: Vec<i64> = stored.iter().map(|order| order.arrival).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 51, "each has a place of its own");
    world.settle().await;
    assert_eq!(world.erp.orders().await.len(), 14);
    world.finish().await;
}

/// A number that PostgreSQL cannot index (a B-tree's row has at most 2704 bytes): that order fails, its neighbours of
/// the same batch do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_the_database_refuses_fails_alone() {
    let world = Supplier::with_buyer().credit("9000.00").start().await;
    // Digits that no compression makes short.
    let endless: String = (0_u64..3000)
        .map(|place| format!("{:x}", place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32))
        .collect();
    let orders: Vec<Po> = (0..40)
        .map(|number| match number {
            17 => Po::new(endless.clone(), "10.00"),
            _ => Po::new(format!("45{number:05}"), "10.00"),
        })
        .collect();
    let answers = send_all(&world, &orders).await;
    for (number, answer) in answers.iter().enumerate() {
        if number != 17 {
            assert_eq!(
                (answer.http, answer.status),
                (200, 200),
                "{number}: {}",
                answer.body
            );
        }
    }
    let endless = &answers[17];
    let stored = world.count(Table::Order).await;
    match endless.status {
        200 => assert_eq!(stored, 40),
        refused => {
            assert!([400, 406, 560].contains(&refused), "{}", endless.body);
            assert_eq!(stored, 39);
        }
    }
    world.settle().await;
    world.finish().await;
}
