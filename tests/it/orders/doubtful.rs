//! Orders that say what nobody can understand: stored and held for a person, never submitted.

use crate::support::{cxml::Po, supplier::Supplier};

#[tokio::test]
async fn an_amount_that_cannot_be_read_is_held_and_one_that_can_is_not() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    let rows = [
        ("4500001", "50.000,00"),
        ("4500002", "50,000"),
        ("4500003", "1e3"),
        ("4500004", "EUR 50000"),
    ];
    for (number, amount) in rows {
        let xml = Po::new(number, "400.00").xml();
        let doubtful = xml.replace(">400.00<", &format!(">{amount}<"));
        assert_ne!(doubtful, xml);
        assert_eq!(world.send(&doubtful).await.status, 200, "{amount}");
        world.settle().await;
        let order = world.assert_state(number, "held").await;
        assert_eq!(order.total_text, amount);
        let reason = order.state_reason.unwrap_or_default();
        assert!(reason.contains("cannot be read"), "{reason}");
        assert!(world.erp.live_orders(number).await.is_empty(), "{amount}");
    }
    // What can mean one thing only counts in full against the limit.
    let large = Po::new("4500005", "400.00")
        .xml()
        .replace(">400.00<", ">$50,000.00<");
    assert_eq!(world.send(&large).await.status, 200);
    world.settle().await;
    let order = world.assert_state("4500005", "held").await;
    assert_eq!(order.total_minor, 5_000_000);
    let reason = order.state_reason.unwrap_or_default();
    assert!(reason.contains("missing USD 49,900.00"), "{reason}");
    world.finish().await;
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_held_and_a_missing_date_is_that_of_the_document() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let odd = Po::new("4500001", "40.00")
        .xml()
        .replace("type=\"new\"", "type=\"replace\"");
    assert_eq!(world.send(&odd).await.status, 200);
    let undated = Po::new("4500002", "40.00").xml();
    let (before, rest) = undated.split_once("orderDate=\"").unwrap();
    let undated = format!("{before}{}", rest.split_once('"').unwrap().1);
    assert_eq!(world.send(&undated).await.status, 200);
    world.settle().await;
    world.assert_state("4500001", "held").await;
    world.assert_state("4500002", "accepted").await;
    world.finish().await;
}
