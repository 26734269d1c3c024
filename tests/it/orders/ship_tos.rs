//! Who receives: a hold of theirs counts, whether the order names them or a line does.

use crate::support::{
    cxml::Po,
    supplier::Supplier,
    world::{Table, World},
};

/// On hold in the ERP.
const ON_HOLD: &str = "C-1003";

fn supplier() -> Supplier {
    Supplier::with_buyer()
        .credit("5000.00")
        .mapping("ship_to", "DOCK-7", ON_HOLD)
        .mapping("ship_to", "DOCK-8", "C-1002")
        .mapping("ship_to", "DOCK-9", "C-9999")
        // What nobody has mapped is a case of its own.
        .policy("unmapped", "pass")
}

/// An order that goes there, with lines that go elsewhere.
fn po(number: &str, ship_to: &str, lines: &[&str]) -> Po {
    let address = |id: &str| (!id.is_empty()).then(|| id.to_owned());
    let mut po = Po::new(number, "10.00");
    po.total = format!("{}.00", lines.len() * 10);
    po.ship_to = address(ship_to);
    let line = po.lines.remove(0);
    po.lines = lines
        .iter()
        .map(|id| {
            let mut line = line.clone();
            line.ship_to = address(id);
            line
        })
        .collect();
    po
}

async fn reason(world: &World, number: &str) -> String {
    world.order(number).await.state_reason.unwrap_or_default()
}

#[tokio::test]
async fn holds_of_every_receiver_count() {
    let world = supplier().start().await;
    let rows: &[(&str, &[&str], bool)] = &[
        ("", &["", ""], false),
        ("DOCK-7", &["", ""], true),
        ("", &["DOCK-7"], true),
        ("DOCK-8", &["", "DOCK-7"], true),
        ("DOCK-7", &["DOCK-8"], true),
        ("DOCK-8", &["DOCK-8", "DOCK-8"], false),
        // Not known from the ERP yet, and mapped to nothing.
        ("DOCK-8", &["DOCK-9", "NOWHERE"], false),
        // The buyer's ids are not the ERP's.
        (ON_HOLD, &[ON_HOLD], false),
    ];
    for (number, (ship_to, lines, is_held)) in rows.iter().enumerate() {
        let number = number.to_string();
        assert_eq!(world.send(&po(&number, ship_to, lines).xml()).await.status, 200);
        world.settle().await;
        let state = if *is_held { "held" } else { "accepted" };
        world.assert_state(&number, state).await;
        assert_eq!(
            reason(&world, &number).await.contains("ship-to"),
            *is_held,
            "{ship_to} {lines:?}"
        );
    }
    world.finish().await;
}

/// Nothing but the line leads from the customer whose hold is released to the order.
#[tokio::test]
async fn an_order_held_for_a_lines_receiver_goes_on_when_the_hold_is_released() {
    for (ship_to, lines) in [("DOCK-7", ["", ""]), ("DOCK-8", ["", "DOCK-7"])] {
        let world = supplier().start().await;
        world.send(&po("1", ship_to, &lines).xml()).await;
        world.settle().await;
        world.assert_state("1", "held").await;
        world.erp.release_holds(ON_HOLD).await;
        world.settle().await;
        world.assert_state("1", "accepted").await;
        assert_eq!(world.erp.live_orders("1").await.len(), 1);
        assert_eq!(
            world.count(Table::OrderShipTo).await,
            0,
            "nothing finds an order that is gone"
        );
        world.finish().await;
    }
}

/// A change of the order takes the line elsewhere: it is found by where it goes now.
#[tokio::test]
async fn a_changed_order_is_found_by_its_new_receivers() {
    let world = supplier().start().await;
    world.erp.place_hold("C-1002", &["order"], "Stopped.").await;
    world.round().await;
    world.send(&po("1", "", &["DOCK-7"]).xml()).await;
    let mut changed = po("1", "", &["DOCK-8", "DOCK-8"]).operation("update");
    changed.total = "20.00".to_owned();
    world.send(&changed.xml()).await;
    world.settle().await;
    world.assert_state("1", "held").await;
    assert_eq!(world.count(Table::OrderShipTo).await, 1);
    world.erp.release_holds("C-1002").await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.finish().await;
}
