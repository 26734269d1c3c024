//! The page of an order: what it shows, and every thing that a person does there, once.

use std::time::Duration;

use punchgate_domain::operator::Role;

use super::{Browser, Page, here, signed_in};
use crate::{
    orders::prices::returned_cart,
    support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World},
};

/// The page of the order with this number.
async fn case(world: &World, browser: &Browser, number: &str) -> (String, Page) {
    let path = here(&format!("/orders/{}", world.order(number).await.order_id));
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.html);
    (path, page)
}

/// What a form of the page sends along by itself.
fn hidden(page: &Page, name: &str) -> String {
    let (_, rest) = page
        .html
        .split_once(&format!("name=\"{name}\" value=\""))
        .expect(name);
    rest.split('"').next().unwrap().to_owned()
}

/// Sends the form of an action, with what it has in its hidden fields.
async fn act(browser: &Browser, page: &Page, path: &str, deed: &str, more: &[(&str, &str)]) -> Page {
    page.says(&format!("action=\"{path}/{deed}\""));
    let names = ["token", "expected_version", "version"];
    let sent: Vec<String> = names.iter().map(|name| hidden(page, name)).collect();
    let mut fields: Vec<(&str, &str)> = names.into_iter().zip(sent.iter().map(String::as_str)).collect();
    fields.push(("reason", "they <b>called</b>"));
    fields.extend(more);
    browser.post(&format!("{path}/{deed}"), &fields).await
}

#[tokio::test]
async fn a_case_tells_its_story_from_the_setup_to_the_erp() {
    let supplier = Supplier::with_buyer().policy("price_action", "hold");
    let world = supplier.credit("5000.00").start().await;
    let mut line = returned_cart(&world).await;
    line.price = "50.00".to_owned();
    let mut po = Po::new("4500001", "500.00");
    po.lines = vec![line];
    po.comment = "&lt;script&gt;alert(1)&lt;/script&gt;".to_owned();
    po.ship_to = Some("D-7".to_owned());
    world.send(&po.xml()).await;
    world.settle().await;
    world.assert_state("4500001", "held").await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let list = browser.get(&here("/orders?search=4500001")).await;
    let (path, page) = case(&world, &browser, "4500001").await;
    list.says(&format!("<a href=\"{path}\">4500001</a>"));
    for text in [
        "Punchout session asked for (create)",
        "Came to the shop",
        "Cart returned, USD 571.10",
        "Purchase order received",
        "Decided: held",
        "limit USD",
        "A dock (address D-7)",
        "TL-1110",
        "USD 500.00",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
    ] {
        page.says(text);
    }
    assert!(
        !page.html.contains("<script>alert"),
        "what a buyer writes is text"
    );
    let told = [
        "asked for (create)",
        "Cart returned",
        "order received",
        "Decided: held",
    ];
    let places: Vec<usize> = told.iter().map(|text| page.html.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "in order of time: {places:?}");

    let done = act(&browser, &page, &path, "confirm", &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, path.as_str()));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    let page = browser.get(&path).await;
    for text in [
        "A person decided: approved",
        "· sam</p>",
        "confirmed: they &#60;b&#62;called&#60;/b&#62;",
        "ERP or shop answered: accepted",
        "Submit the order",
    ] {
        page.says(text);
    }
    world.finish().await;
}

/// The figures of each decision stay beside it, also after the next one.
#[tokio::test]
async fn a_decision_keeps_its_figures() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.assert_state("1", "held").await;
    world
        .erp
        .leave_available(crate::support::erp::CUSTOMER, "900.00")
        .await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let (_, page) = case(&world, &browser, "1").await;
    page.says("available USD 100.00; order USD 400.00");
    page.says("available USD 900.00; order USD 400.00");
    assert!(
        !page.html.contains("name=\"reason\""),
        "who only looks on is offered nothing: {}",
        page.html
    );
    world.finish().await;
}

#[tokio::test]
async fn a_stale_page_does_nothing_and_shows_what_the_order_is_now() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let (path, page) = case(&world, &browser, "1").await;
    world
        .send(&Po::new("1", "500.00").operation("update").xml())
        .await;
    let before = world.order("1").await;
    let stale = act(&browser, &page, &path, "decline", &[]).await;
    assert_eq!(stale.status, 409);
    stale.says("It has changed since you opened this page, and nothing was done.");
    stale.says("USD 500.00");
    stale.says(">they &#60;b&#62;called&#60;/b&#62;</textarea>");
    assert_eq!(world.order("1").await, before);

    let version = before.row_version.to_string();
    for (token, reason, status) in [("forged", "x", 403), (&page.token(), " ", 422)] {
        let fields = [
            ("token", token),
            ("expected_version", version.as_str()),
            ("reason", reason),
        ];
        let answer = browser.post(&format!("{path}/decline"), &fields).await;
        assert_eq!(answer.status, status, "{token} '{reason}'");
    }
    let token = page.token();
    let fields = [("token", token.as_str()), ("reason", "x")];
    let unknown = browser.post(&format!("{path}/explode"), &fields).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(world.order("1").await, before);
    assert_eq!(act(&browser, &stale, &path, "decline", &[]).await.status, 303);
    world.assert_state("1", "declined").await;
    world.settle().await;
    world.finish().await;
}

/// An accepted order of which the buyer has sent another version.
async fn followed_by(operation: &'static str) -> World {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world
        .send(&Po::new("1", "500.00").operation(operation).xml())
        .await;
    world.settle().await;
    world
}

/// Does one thing and looks what became of the order; a second time it is not offered, or refused.
async fn does(world: &World, deed: &str, more: &[(&str, &str)], state: &str) -> Page {
    let browser = signed_in(world, "sam", Role::Support).await;
    let (path, page) = case(world, &browser, "1").await;
    let done = act(&browser, &page, &path, deed, more).await;
    assert_eq!(done.status, 303, "{deed}: {}", done.html);
    let again = act(&browser, &page, &path, deed, more).await;
    assert_eq!(again.status, 409, "{deed}: {}", again.html);
    world.settle().await;
    world.assert_state("1", state).await;
    let after = browser.get(&path).await;
    after.says("· sam</p>");
    after
}

#[tokio::test]
async fn a_change_is_carried_over_by_the_gateway_or_by_hand() {
    for deed in ["carry-over", "carried-over-by-hand"] {
        let world = followed_by("update").await;
        let after = does(&world, deed, &[], "accepted").await;
        after.says("USD 500.00");
        assert_eq!(world.order("1").await.version, 2, "{deed}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_withdrawn_order_is_cancelled_in_the_erp() {
    let world = followed_by("delete").await;
    world.assert_state("1", "cancelled").await;
    does(&world, "cancel-at-sink", &[], "cancelled").await;
    assert!(world.erp.live_orders("1").await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_the_erp_has_let_go_of_is_tried_again() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    let there = world.erp.live_orders("1").await.remove(0);
    world.erp.cancel(&there).await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("1", "rejected").await;
    does(&world, "reopen", &[], "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_address_that_nobody_knew_is_mapped_from_the_order() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .relationship("customer", "\"C-7777\"")
        .start()
        .await;
    let mut po = Po::new("1", "400.00");
    po.ship_to = Some("DOCK-7".to_owned());
    world.send(&po.xml()).await;
    world.assert_state("1", "held").await;
    let browser = signed_in(&world, "kim", Role::Support).await;
    let (path, page) = case(&world, &browser, "1").await;
    page.says("Say whose address it is");
    let refused = act(&browser, &page, &path, "map-customer", &[("customer", "C-9999")]).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    refused.says("&#39;C-9999&#39; is not known from erp");
    does(&world, "map-customer", &[("customer", CUSTOMER)], "accepted").await;
    world.clock.advance(Duration::from_secs(5));
    // The next one needs nobody.
    let mut next = Po::new("2", "100.00");
    next.ship_to = Some("DOCK-7".to_owned());
    world.send(&next.xml()).await;
    world.settle().await;
    world.assert_state("2", "accepted").await;
    // What waited for the mapping is looked at once more, as soon as every gateway knows it.
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn a_unit_that_no_mapping_knows_is_mapped_from_the_order() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .mapping("unit", "KT", "SET")
        .start()
        .await;
    let odd = |number: &str| {
        let mut po = Po::new(number, "400.00");
        po.lines[0].unit = "PCE".to_owned();
        po.xml()
    };
    world.send(&odd("1")).await;
    world.send(&odd("2")).await;
    // Whatever the contract says of the part, nobody has said what a PCE is.
    world.settle().await;
    for number in ["1", "2"] {
        let held = world.assert_state(number, "held").await;
        let why = held.state_reason.unwrap_or_default();
        assert!(why.contains("no mapping knows the unit 'PCE' of line 1"), "{why}");
    }
    let browser = signed_in(&world, "kim", Role::Support).await;
    let (path, page) = case(&world, &browser, "1").await;
    page.says("<option value=\"unit PCE\">Unit PCE</option>");
    let nothing = act(
        &browser,
        &page,
        &path,
        "map-word",
        &[("what", "PCE"), ("target", "EA")],
    )
    .await;
    assert_eq!(nothing.status, 422, "{}", nothing.html);
    does(
        &world,
        "map-word",
        &[("what", "unit PCE"), ("target", "EA")],
        "accepted",
    )
    .await;
    // The other one goes on by itself, as soon as every gateway knows it.
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    world.assert_state("2", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_user_that_no_mapping_knows_is_mapped_from_the_order() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .relationship("users", "{ contact = \"required\" }")
        .start()
        .await;
    let mut po = Po::new("1", "400.00");
    po.said_by = vec![("UserEmail", "bea@acme.example")];
    world.send(&po.xml()).await;
    world.settle().await;
    world.assert_state("1", "held").await;
    let browser = signed_in(&world, "kim", Role::Support).await;
    let (_, page) = case(&world, &browser, "1").await;
    page.says("<option value=\"contact bea@acme.example\">User bea@acme.example</option>");
    does(
        &world,
        "map-word",
        &[("what", "contact bea@acme.example"), ("target", "P-1")],
        "accepted",
    )
    .await;
    // What is woken up for it finds nothing left to do.
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn a_card_is_entered_and_never_its_number() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let mut po = Po::new("1", "400.00");
    po.card = true;
    world.send(&po.xml()).await;
    let browser = signed_in(&world, "kim", Role::Support).await;
    let (path, page) = case(&world, &browser, "1").await;
    let funds = |amount: &'static str, reference: &'static str| {
        [
            ("kind", "captured"),
            ("currency", "USD"),
            ("amount", amount),
            ("reference", reference),
        ]
    };
    for (amount, reference) in [("many", "ch_1"), ("0", "ch_1"), ("400.00", "4111 1111 1111 1111")] {
        let refused = act(&browser, &page, &path, "funds", &funds(amount, reference)).await;
        assert_eq!(refused.status, 422, "{amount} {reference}");
        assert!(!refused.html.contains("4111"));
    }
    does(&world, "funds", &funds("400.00", "ch_1"), "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_without_a_sink_is_marked_as_submitted_and_confirmed() {
    let supplier = Supplier::with_buyer()
        .relationship("order_sink", "\"none\"")
        .relationship("outbound_url", "\"http://127.0.0.1:1/cxml\"")
        .policy("confirmation", "manual");
    let world = supplier.credit("1000.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    world.settle().await;
    let after = does(&world, "take-over", &[("number", "SO-7")], "accepted").await;
    after.says("SO-7");
    let browser = signed_in(&world, "kim", Role::Owner).await;
    let (path, page) = case(&world, &browser, "1").await;
    let sent = act(&browser, &page, &path, "send-confirmation", &[]).await;
    assert_eq!(sent.status, 303);
    browser.get(&path).await.says("On its way to the buyer");
    // Nobody listens there.
    world.settle().await;
    world.finish_with(&["deliver-confirmation"]).await;
}
