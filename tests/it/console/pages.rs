//! What the pages show, and what comes of what is done there.

use std::time::Duration;

use punchgate_domain::operator::Role;
use wiremock::ResponseTemplate;

use super::{Browser, Page, here, signed_in};
use crate::support::{
    cxml::Po,
    receiver::{HOOK_SECRET, Receiver},
    supplier::Supplier,
    world::World,
};

const KEYS: &str = "secrets = { secret = { env = \"HOOKS\" } }";
const BOTH_KEYS: &str =
    "secrets = { secret = { env = \"HOOKS\" }, previous_secret = { env = \"HOOKS_BEFORE\" } }";
const HELD: &str = ", events = [\"order.received\", \"order.submitted\"]";

/// A world whose receiver has refused to hear of an order.
async fn refused(hooks: &Receiver) -> World {
    hooks
        .answers(ResponseTemplate::new(400).set_body_string("<b>no & thanks</b>"))
        .await;
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .connectors(hooks.declared(HELD, KEYS));
    let world = supplier.start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    world
}

#[tokio::test]
async fn a_dead_webhook_is_found_read_and_replayed() {
    let hooks = Receiver::start().await;
    let world = refused(&hooks).await;
    let told = hooks.told().await.remove(0);
    let browser = signed_in(&world, "sam", Role::Support).await;
    let start = browser.get(&here("")).await;
    start.says("Given up: Webhook");
    let list = browser.get(&start.link("Given up: Webhook")).await;
    list.says("Webhook: Order received");
    list.says("Order 4500001");
    let path = list.link("Webhook: Order received");
    let detail = browser.get(&path).await;
    for text in [
        "Order received (order.received)",
        &told.id,
        "Failed, given up",
        "answered 400",
    ] {
        detail.says(text);
    }
    assert!(
        !detail.html.contains("<b>no"),
        "what a receiver says is text: {}",
        detail.html
    );
    detail.says("no &");

    let token = detail.token();
    let without = browser
        .post(&format!("{path}/replay"), &[("token", &token), ("reason", " ")])
        .await;
    assert_eq!(without.status, 422);
    hooks.answers(ResponseTemplate::new(204)).await;
    let fields = [("token", token.as_str()), ("reason", "<i>mended</i> there")];
    let moved = browser.post(&format!("{path}/replay"), &fields).await;
    assert_eq!((moved.status, moved.location.as_str()), (303, path.as_str()));
    world.settle().await;
    assert_eq!(hooks.told().await[0].id, told.id);
    let detail = browser.get(&path).await;
    detail.says("<b>sam</b> had it tried again: “&#60;i&#62;mended&#60;/i&#62; there”");
    assert_eq!(
        detail.html.matches("data-name=\"Took\"").count(),
        2,
        "two attempts: {}",
        detail.html
    );
    let twice = browser.post(&format!("{path}/replay"), &fields).await;
    assert_eq!(twice.status, 409);
    twice.says("That is not possible any more");
    browser.get(&here("")).await.says("Nothing waits for anybody");
    world.finish().await;
}

#[tokio::test]
async fn a_skipped_one_stands_under_the_person_s_name_everywhere() {
    let hooks = Receiver::start().await;
    let world = refused(&hooks).await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let list = browser.get(&here("/deliveries?state=dead")).await;
    let path = list.link("Webhook: Order received");
    let token = browser.get(&path).await.token();
    let fields = [("token", token.as_str()), ("reason", "they do not want it")];
    assert_eq!(browser.post(&format!("{path}/skip"), &fields).await.status, 303);
    hooks.answers(ResponseTemplate::new(204)).await;
    world.settle().await;
    let detail = browser.get(&path).await;
    detail.says("Passed over");
    detail.says("<b>sam</b> passed it over: “they do not want it”");
    let job = path.rsplit('/').next().unwrap();
    let read = world.get(&format!("/v1/jobs/{job}")).await;
    assert_eq!(read["words"][0]["who"], "sam");
    world.finish().await;
}

#[tokio::test]
async fn deliveries_are_narrowed_sorted_and_paged_in_the_address() {
    let world = Supplier::with_buyer()
        .policy("price_action", "accept")
        .credit("90000.00")
        .beside("second", "AN02000000002")
        .start()
        .await;
    for number in 1..=60 {
        world.send(&Po::new(format!("45{number:05}"), "1.00").xml()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let orders = |page: &Page| {
        let parts = page.html.split("Order 45").skip(1);
        parts.map(|part| part[..5].parse().unwrap()).collect::<Vec<u32>>()
    };
    for (sort, first) in [("", 60), ("&sort=oldest", 1)] {
        let page = browser
            .get(&here(&format!("/deliveries?kind=submit-order{sort}")))
            .await;
        let next = page.link("Next page");
        let last = browser.get(&next).await;
        let mut seen = orders(&page);
        assert_eq!((seen.len(), seen[0]), (50, first), "{sort}");
        seen.extend(orders(&last));
        let mut expected: Vec<u32> = (1..=60).collect();
        if first == 60 {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert!(!last.html.contains("Next page"));
    }
    for (query, count) in [
        ("relationship=acme&kind=submit-order", 50),
        ("relationship=second", 0),
        ("connector=nowhere", 0),
        ("state=done&kind=submit-order", 0),
        ("state=pending&kind=submit-order", 50),
        ("from=2026-03-02&to=2026-03-02&kind=submit-order", 50),
        ("from=2026-03-03", 0),
        ("to=2026-03-01", 0),
    ] {
        let page = browser.get(&here(&format!("/deliveries?{query}"))).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(orders(&page).len(), count, "{query}");
    }
    let all = browser.get(&here("/deliveries")).await;
    for (kind, _) in punchgate::jobs::KNOWN {
        all.says(&format!("<option value=\"{kind}\">"));
    }
    for query in ["state=lost", "from=yesterday", "after=x"] {
        assert_eq!(
            browser.get(&here(&format!("/deliveries?{query}"))).await.status,
            422,
            "{query}"
        );
    }
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn events_of_an_order_are_found_by_its_relationship() {
    let hooks = Receiver::start().await;
    let world = refused(&hooks).await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let mine = browser
        .get(&here(
            "/deliveries?kind=tell-event&relationship=acme&connector=hooks",
        ))
        .await;
    mine.says("Webhook: Order received");
    let dead = mine.link("Webhook: Order received");
    let detail = browser.get(&dead).await;
    assert!(
        !detail.html.contains("Try it again"),
        "who only looks on is offered nothing"
    );
    let other = browser
        .get(&here("/deliveries?kind=tell-event&relationship=other"))
        .await;
    other.says("Nothing fits what you have chosen.");
    world.finish_with(&["tell-event", "tell-event"]).await;
}

#[tokio::test]
async fn connectors_show_their_secrets_age_and_are_switched() {
    let hooks = Receiver::start().await;
    let mut supplier = Supplier::with_buyer().connectors(hooks.declared("", KEYS));
    let world = supplier.start().await;
    // What the first reading has brought.
    world.settle().await;
    let browser = signed_in(&world, "sam", Role::ErpAdmin).await;
    let page = browser.get(&here("/connectors")).await;
    for text in [
        "Customers, terms and holds: changes",
        "Is read",
        "In use: last changed",
        "Order held",
    ] {
        page.says(text);
    }
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    supplier = supplier.connectors(hooks.declared(", timeout_seconds = 9", KEYS));
    world.apply(&supplier.declared(&world.erp, &world.shop)).await;
    let page = browser.sign_in_again(&here("/connectors")).await;
    page.says("In use: last changed 3 days ago");
    supplier = supplier.connectors(hooks.declared("", BOTH_KEYS));
    world.apply(&supplier.declared(&world.erp, &world.shop)).await;
    let page = browser.get(&here("/connectors")).await;
    page.says("Being rotated: last changed 0 seconds ago");
    page.says("every message is signed with both");
    assert!(!page.html.contains(&HOOK_SECRET[6..20]));

    let token = page.token();
    let turn = |to: &'static str| {
        let (browser, token) = (browser.clone(), token.clone());
        async move {
            let fields = [("token", token.as_str()), ("to", to), ("reason", "they moved")];
            browser.post(&here("/connectors/hooks/switch"), &fields).await
        }
    };
    let before = hooks.told().await.len();
    let off = turn("off").await;
    assert_eq!((off.status, off.location), (303, here("/connectors#hooks")));
    world.clock.advance(Duration::from_secs(3));
    world.send(&Po::new("4500001", "4.00").xml()).await;
    world.settle().await;
    assert_eq!(hooks.told().await.len(), before, "what is off hears nothing");
    let page = browser.get(&here("/connectors")).await;
    page.says("<b>sam</b> switched it off: “they moved”");
    assert_eq!(turn("on").await.status, 303);
    world.clock.advance(Duration::from_secs(3));
    world.send(&Po::new("4500002", "4.00").xml()).await;
    world.settle().await;
    assert!(hooks.told().await.len() > before);
    world.finish().await;
}

#[tokio::test]
async fn what_needs_a_person_leads_to_its_list() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let mut wrong = Po::new("4500002", "1.00");
    wrong.envelope.secret = "wrong".to_owned();
    world.send(&wrong.xml()).await;
    world.settle().await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let start = browser.get(&here("")).await;
    let quarantined = start
        .html
        .find("Refused requests that may be orders")
        .expect(&start.html);
    let held = start.html.find("Orders: held").expect(&start.html);
    assert!(quarantined < held, "worst first");
    let orders = browser.get(&start.link("Orders: held")).await;
    orders.says("4500001");
    orders.says("400.00 USD, acme");
    let kept = browser
        .get(&start.link("Refused requests that may be orders"))
        .await;
    kept.says("4500002");
    browser.get(&here("/conflicts")).await.says("There is none.");
    for path in ["/orders?state=lost", "/orders", "/quarantine"] {
        assert_eq!(browser.get(&here(path)).await.status, 200, "{path}");
    }
    let lost = browser.get(&here("/orders?after=x")).await;
    assert_eq!(lost.status, 422);
    lost.says("begin at the first");
    world.finish().await;
}

impl Browser {
    /// Once more, after so long a time, and to this page.
    async fn sign_in_again(&self, path: &str) -> Page {
        assert_eq!(self.sign_in("sam", super::PASSWORD).await.status, 303);
        self.get(path).await
    }
}
