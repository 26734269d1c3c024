//! Who orders, and which contact of the ERP that is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{cxml::Po, supplier::Supplier, world::World};

/// What an order says of its user.
type SaidBy = &'static [(&'static str, &'static str)];

fn supplier() -> Supplier {
    Supplier::with_buyer()
        .credit("5000.00")
        .mapping("contact", "bea@acme.example", "P-1")
        .mapping("contact", "otto", "P-2")
}

fn po(number: &str, said_by: SaidBy) -> String {
    let mut po = Po::new(number, "10.00");
    po.said_by = said_by.to_vec();
    po.xml()
}

/// The contact of an order, as the ERP was told.
fn told(world: &World, number: &str) -> Value {
    let text = world.erp.submitted();
    let mut requests = serde_json::Deserializer::from_str(&text)
        .into_iter::<Value>()
        .map(Result::unwrap);
    let found = requests.find(|request| request["purchase_order_number"] == number);
    found.unwrap_or_else(|| panic!("order {number} was not submitted: {text}"))["contact"].clone()
}

#[tokio::test]
async fn the_first_name_that_a_mapping_knows_counts() {
    let world = supplier()
        .relationship(
            "users",
            "{ extrinsics = [\"UserEmail\", \"UniqueName\", \"Requester\"] }",
        )
        .start()
        .await;
    let bea =
        json!({ "id": "P-1", "name": "bea@acme.example", "email": "bea@acme.example", "role": "endUser" });
    let described =
        json!({ "id": "P-1", "name": "Bea Buyer", "email": "bea@acme.example", "role": "endUser" });
    let otto = json!({ "id": "P-2", "name": "otto", "email": null, "role": "endUser" });
    let unknown = json!({ "name": "Bea Buyer", "email": "who@acme.example", "role": "endUser" });
    let rows: [(SaidBy, &Value); 10] = [
        (&[("UserEmail", "bea@acme.example")], &bea),
        // Any of the list, in its order, not in the document's.
        (
            &[("UserEmail", "new@acme.example"), ("uniquename", "otto")],
            &otto,
        ),
        (&[("UniqueName", "otto"), ("UserEmail", "bea@acme.example")], &bea),
        (
            &[("Requester", " Otto ")],
            &json!({ "id": "P-2", "name": "Otto", "email": null, "role": "endUser" }),
        ),
        // What is not in the list names nobody.
        (&[("UniqueUsername", "otto")], &Value::Null),
        // A contact's e-mail comes last, and says how the person is called.
        (
            &[("Contact", "Bea@acme.example")],
            &json!({ "id": "P-1", "name": "Bea Buyer", "email": "Bea@acme.example", "role": "endUser" }),
        ),
        (
            &[("Contact", "bea@acme.example"), ("UserEmail", "bea@acme.example")],
            &described,
        ),
        (&[("Contact", "who@acme.example"), ("UniqueName", "otto")], &otto),
        (&[("Contact", "who@acme.example")], &unknown),
        (&[], &Value::Null),
    ];
    for (number, (said_by, _)) in (1..).zip(&rows) {
        world.send(&po(&number.to_string(), said_by)).await;
    }
    world.settle().await;
    for (number, (said_by, expected)) in (1..).zip(&rows) {
        // Nobody requires a contact: an order goes on without.
        world.assert_state(&number.to_string(), "accepted").await;
        assert_eq!(told(&world, &number.to_string()), **expected, "{said_by:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn where_a_contact_is_required_an_order_waits_for_it() {
    let world = supplier()
        .relationship("users", "{ contact = \"required\" }")
        // It holds whatever else is let pass.
        .policy("unmapped", "pass")
        .start()
        .await;
    let rows: [(&str, SaidBy, &str, &str); 4] = [
        ("known", &[("UserEmail", "bea@acme.example")], "accepted", ""),
        (
            "new",
            &[("UserEmail", "new@acme.example")],
            "held",
            "the user 'new@acme.example'",
        ),
        (
            "again",
            &[("UserEmail", "NEW@acme.example")],
            "held",
            "the user 'NEW@acme.example'",
        ),
        ("nobody", &[], "held", "names no user"),
    ];
    for (number, said_by, ..) in &rows {
        world.send(&po(number, said_by)).await;
    }
    world.settle().await;
    for (number, _, state, why) in &rows {
        let order = world.assert_state(number, state).await;
        let reason = order.state_reason.unwrap_or_default();
        assert!(reason.contains(why), "{number}: {reason}");
    }
    let entry = json!({ "items": [{ "kind": "contact", "source": "new@acme.example", "target": "P-3" }], "reason": "is new" });
    world.post("/v1/relationships/acme/mappings", entry).await;
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    for number in ["new", "again"] {
        world.assert_state(number, "accepted").await;
        assert_eq!(told(&world, number)["id"], "P-3", "{number}");
    }
    // Nothing can be mapped there: a person lets it go without.
    let order = world.assert_state("nobody", "held").await;
    let word = json!({ "expected_version": order.row_version, "reason": "ordered by telephone" });
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.settle().await;
    world.assert_state("nobody", "accepted").await;
    assert_eq!(told(&world, "nobody"), Value::Null);
    world.finish().await;
}
