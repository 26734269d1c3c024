//! Relationships at the console: the list, the page of one, the switch, the exchange of its secret.

use std::time::Duration;

use punchgate_domain::operator::Role;

use super::{Browser, Page, here, signed_in};
use crate::support::{
    cxml::{Po, SECRET},
    supplier::Supplier,
    world::World,
};

const ACME: &str = "/relationships/acme";

pub(super) async fn act(browser: &Browser, page: &Page, path: &str, more: &[(&str, &str)]) -> Page {
    let token = page.token();
    let mut fields = vec![("token", token.as_str())];
    fields.extend(more);
    browser.post(&here(path), &fields).await
}

#[tokio::test]
async fn relationships_are_listed_narrowed_and_sorted_in_the_address() {
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .beside("globex", "AN02000000002");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    world.send(&Po::new("4500001", "10.00").xml()).await;
    world.settle().await;
    let list = browser.get(&here("/relationships")).await;
    for text in [
        ">ACME by network</a>",
        ">globex</a>",
        "SAP Ariba",
        "cXML",
        "To the ERP",
        "nothing yet",
    ] {
        list.says(text);
    }
    let rows = |page: &Page| -> Vec<String> {
        let cells = page.html.split("<tr><td><a href=").skip(1);
        cells
            .map(|cell| cell.split('>').nth(1).unwrap().replace("</a", ""))
            .collect()
    };
    for (query, expected) in [
        ("", vec!["ACME by network", "globex"]),
        ("?sort=last", vec!["ACME by network", "globex"]),
        ("?search=ACME+BY", vec!["ACME by network"]),
        ("?search=lobe", vec!["globex"]),
        ("?search=nobody", vec![]),
        ("?dialect=coupa", vec![]),
        (
            "?dialect=ariba&mode=production&sink=erp&on=yes",
            vec!["ACME by network", "globex"],
        ),
        ("?mode=test", vec![]),
        ("?on=no", vec![]),
        ("?after=acme", vec!["globex"]),
    ] {
        let page = browser.get(&here(&format!("/relationships{query}"))).await;
        assert_eq!(rows(&page), expected, "{query}");
    }
    browser
        .get(&here("/relationships?mode=test"))
        .await
        .says("No relationship fits");
    let order = browser.get(&here("/orders?search=4500001")).await.link("4500001");
    let order = browser.get(&order).await;
    assert_eq!(order.link("ACME by network"), here(ACME), "from the order to it");
    world.finish().await;
}

#[tokio::test]
async fn a_supplier_without_one_reads_how_to_make_one() {
    let world = Supplier::with_buyer().start().await;
    world
        .apply("[[supplier]]\nid = \"bare\"\nname = \"Bare\"\ntime_zone = \"UTC\"\n")
        .await;
    world.clock.advance(Duration::from_secs(3));
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let operators = &world.gateway.operators;
    operators
        .set_role("sam", &"bare".into(), Some(Role::Owner), "cli:kim")
        .await
        .unwrap();
    browser.sign_in("sam", super::PASSWORD).await;
    let page = browser.get("/console/s/bare/relationships").await;
    page.says("There is none yet");
    page.says("punchgate apply");
    assert_eq!(
        browser.get("/console/s/bare/relationships/acme").await.status,
        404
    );
    world.finish().await;
}

#[tokio::test]
async fn one_says_who_is_who_where_to_send_and_what_was_agreed() {
    let supplier = Supplier::with_buyer()
        .mapping("unit", "PCE", "EA")
        .relationship(
            "sender_identities",
            "[{ domain = \"AribaNetworkUserId\", identity = \"hub@network.example\" }]",
        )
        .relationship("outbound_url", "\"https://suite.buyer.example/orders\"")
        .relationship("redirect_hosts", "[\"*.buyer.example\"]");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let page = browser.get(&here(ACME)).await;
    let address = world.address;
    for text in [
        "AN01000000001",
        "AN01000000099",
        "hub@network.example",
        &format!("http://{address}/cxml/ironquay.acme"),
        "suite.buyer.example",
        "*.buyer.example",
        "https://suite.buyer.example/orders",
        "Units: 1",
        "is noted, and the order goes on",
        "In the form field cXML-base64",
        "Nothing so far",
        "<dt>Of the buyer</dt><dd>set 0 seconds ago",
    ] {
        page.says(text);
    }
    for secret in [SECRET, crate::support::cxml::OUTBOUND_SECRET] {
        assert!(!page.html.contains(secret), "{}", page.html);
    }
    for deed in ["Switch off", "Exchange the buyer"] {
        assert!(!page.html.contains(deed), "a reader looks on: {deed}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_person_switches_one_off_and_on_with_a_reason() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let browser = signed_in(&world, "sam", Role::ErpAdmin).await;
    let page = browser.get(&here(ACME)).await;
    let path = format!("{ACME}/switch");
    let without = act(&browser, &page, &path, &[("to", "off"), ("reason", " ")]).await;
    assert_eq!(without.status, 422, "{}", without.html);
    without.says("reason");
    let off = act(
        &browser,
        &page,
        &path,
        &[("to", "off"), ("reason", "leaked <secret>")],
    )
    .await;
    assert_eq!((off.status, off.location), (303, here(ACME)));
    let refused = world.send(&Po::new("4500001", "10.00").xml()).await;
    assert_ne!(refused.status, 200, "{refused:?}");
    let page = browser.get(&here(ACME)).await;
    page.says("<span class=\"pill bad\">Off</span>");
    page.says("<b>sam</b> switched it off");
    page.says("leaked &#60;secret&#62;");
    browser
        .get(&here("/relationships?on=no"))
        .await
        .link("ACME by network");
    let on = act(&browser, &page, &path, &[("to", "on"), ("reason", "changed")]).await;
    assert_eq!(on.status, 303);
    let taken = world.send(&Po::new("4500002", "10.00").xml()).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    world.settle().await;
    world.finish().await;
}

/// What the gateway answers to an order with this secret.
async fn order_with(world: &World, number: &str, secret: &str) -> u16 {
    let mut po = Po::new(number, "1.00");
    po.envelope.secret = secret.to_owned();
    world.send(&po.xml()).await.status
}

#[tokio::test]
async fn what_is_no_new_secret_is_refused() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let page = browser.get(&here(ACME)).await;
    let (add, end) = (format!("{ACME}/secret"), format!("{ACME}/secret/drop-old"));
    for (fields, status, says) in [
        (vec![("how", "generated"), ("reason", "")], 422, "reason"),
        (
            vec![("how", "given"), ("secret", " "), ("reason", "x")],
            422,
            "missing",
        ),
        (
            vec![("how", "given"), ("secret", SECRET), ("reason", "x")],
            422,
            "in use already",
        ),
    ] {
        let answer = act(&browser, &page, &add, &fields).await;
        assert_eq!(answer.status, status, "{fields:?}");
        answer.says(says);
    }
    let early = act(&browser, &page, &end, &[("reason", "x")]).await;
    assert_eq!(early.status, 409, "{}", early.html);
    early.says("there is only one secret");
    world.finish().await;
}

#[tokio::test]
async fn a_secret_is_exchanged_while_both_count_and_does_not_come_back() {
    let supplier = Supplier::with_buyer().credit("1000.00");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let page = browser.get(&here(ACME)).await;
    let (add, end) = (format!("{ACME}/secret"), format!("{ACME}/secret/drop-old"));
    let made = act(
        &browser,
        &page,
        &add,
        &[("how", "generated"), ("reason", "yearly")],
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.html);
    let (_, rest) = made.html.split_once("id=\"secret\">").expect(&made.html);
    let new = rest.split('<').next().unwrap().to_owned();
    assert_eq!(new.len(), 43, "256 bits");
    let page = browser.get(&here(ACME)).await;
    assert!(!page.html.contains(&new), "it is shown once");
    page.says("Being exchanged");
    let start = browser.get(&here("")).await;
    assert_eq!(
        start.link("The secret of ACME by network is being exchanged"),
        here(ACME)
    );
    page.says("<b>sam</b> changed the secret: a second one beside the first, made up here");
    for (number, secret, expected) in [("1", SECRET, 200), ("2", &new, 200), ("3", "neither", 401)] {
        assert_eq!(order_with(&world, number, secret).await, expected, "{secret}");
    }
    let third = act(&browser, &page, &add, &[("how", "generated"), ("reason", "x")]).await;
    assert_eq!(third.status, 409, "{}", third.html);

    // What the file says meanwhile leaves the second one alone.
    let renamed = supplier.clone().relationship("session_minutes", "30");
    world.apply(&renamed.declared(&world.erp, &world.shop)).await;
    assert_eq!(order_with(&world, "4", &new).await, 200);
    assert_eq!(order_with(&world, "5", SECRET).await, 200);

    let neither = act(
        &browser,
        &page,
        &format!("{ACME}/secret/drop-both"),
        &[("reason", "x")],
    )
    .await;
    assert_eq!(neither.status, 404, "{}", neither.html);
    let dropped = act(&browser, &page, &end, &[("reason", "the buyer has it")]).await;
    assert_eq!(dropped.status, 303, "{}", dropped.html);
    assert_eq!(order_with(&world, "6", &new).await, 200);
    assert_eq!(order_with(&world, "7", SECRET).await, 401, "the old one is gone");
    let page = browser.get(&here(ACME)).await;
    page.says("the old one was dropped, the new one alone counts");
    assert!(!page.html.contains("Being exchanged"), "{}", page.html);
    let start = browser.get(&here("")).await;
    assert!(!start.html.contains("is being exchanged"), "{}", start.html);

    // The file still has the old one: it says so, and changes nothing.
    let file = supplier.declared(&world.erp, &world.shop);
    let refused = world.try_apply(&file).await.unwrap_err();
    assert!(refused.contains("has dropped this secret"), "{refused}");
    assert_eq!(order_with(&world, "8", SECRET).await, 401);
    let back = act(
        &browser,
        &page,
        &add,
        &[("how", "given"), ("secret", SECRET), ("reason", "x")],
    )
    .await;
    assert_eq!(back.status, 422, "{}", back.html);
    back.says("was dropped before");
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn an_exchange_is_called_off() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let page = browser.get(&here(ACME)).await;
    let fields = [
        ("how", "given"),
        ("secret", " the buyer chose this "),
        ("reason", "theirs"),
    ];
    let given = act(&browser, &page, &format!("{ACME}/secret"), &fields).await;
    given.says("id=\"secret\">the buyer chose this<");
    assert_eq!(order_with(&world, "1", "the buyer chose this").await, 200);
    let fields = [("reason", "sent to the wrong person")];
    let dropped = act(&browser, &page, &format!("{ACME}/secret/drop-new"), &fields).await;
    assert_eq!(dropped.status, 303);
    assert_eq!(order_with(&world, "2", "the buyer chose this").await, 401);
    assert_eq!(order_with(&world, "3", SECRET).await, 200);
    world.settle().await;
    world.finish().await;
}

/// The lines of a test, as they stand on the page.
fn found(page: &Page) -> Vec<String> {
    let (_, rest) = page.html.split_once("What the test found").expect(&page.html);
    let (list, _) = rest.split_once("</ul>").unwrap();
    list.split("<li>").skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_connections_are_tested_and_each_line_says_what_to_do() {
    let buyer = wiremock::MockServer::start().await;
    let address = format!("\"{}/orders\"", buyer.uri());
    let supplier = Supplier::with_buyer().relationship("outbound_url", address);
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let page = browser.get(&here(ACME)).await;
    let path = format!("{ACME}/test");
    let answer = wiremock::ResponseTemplate::new(405);
    wiremock::Mock::given(wiremock::matchers::method("HEAD"))
        .respond_with(answer)
        .mount(&buyer)
        .await;
    let (clock, lines): (Vec<String>, Vec<String>) = found(&act(&browser, &page, &path, &[]).await)
        .into_iter()
        .partition(|line| line.contains("<b>clock</b>"));
    // The test's clock stands, the database's runs.
    let [clock] = clock.as_slice() else {
        panic!("{clock:?}")
    };
    assert!(
        clock.contains("from the database") && clock.contains("NTP"),
        "{clock}"
    );
    for (line, says) in lines.iter().zip([
        "<b>secrets</b>: the buyer&#39;s opens",
        "<b>relationship ironquay.acme</b>: production is complete",
        "<b>connector ironquay.shop</b>",
        "<b>connector ironquay.erp</b>",
        "<b>orders</b>: approved ones go to the ERP (erp), which takes orders",
        "<b>confirmations</b>",
    ]) {
        assert!(
            line.contains(says) && line.contains("pill good"),
            "{says}: {line}"
        );
        assert!(!line.contains("What to do"), "{line}");
    }
    assert_eq!(lines.len(), 6, "{lines:?}");

    let gone = supplier.relationship("outbound_url", "\"http://127.0.0.1:1/orders\"");
    let file = gone.declared(&world.erp, &world.shop);
    world
        .apply(&file.replace(&world.shop.url, "http://127.0.0.1:1"))
        .await;
    world.clock.advance(Duration::from_secs(3));
    let owner = signed_in(&world, "kim", Role::Owner).await;
    let page = owner.get(&here(ACME)).await;
    let fields = [("to", "off"), ("reason", "to see")];
    act(&owner, &page, &format!("{ACME}/switch"), &fields).await;
    let lines = found(&act(&owner, &page, &path, &[]).await);
    for says in [
        "it is switched off",
        "<b>connector ironquay.shop</b>",
        "http://127.0.0.1:1/orders gives no answer",
    ] {
        let line = lines
            .iter()
            .find(|line| line.contains(says))
            .unwrap_or_else(|| panic!("{says}: {lines:?}"));
        assert!(
            line.contains("What to do") && !line.contains("pill good"),
            "{line}"
        );
    }
    world.finish().await;
}
