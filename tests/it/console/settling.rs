//! What a person settles from the first page on: refused requests, conflicts, what an ERP tells or does not take.

use punchgate_domain::operator::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, Page, here, signed_in};
use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World};

async fn act(browser: &Browser, page: &Page, path: &str, more: &[(&str, &str)]) -> Page {
    let token = page.token();
    let mut fields = vec![("token", token.as_str())];
    fields.extend(more);
    browser.post(path, &fields).await
}

/// A request with a wrong secret, and its page.
async fn refused(world: &World, browser: &Browser, number: &str) -> (String, Page) {
    let mut po = Po::new(number, "10.00");
    po.envelope.secret = "wrong".to_owned();
    world.send(&po.xml()).await;
    let list = browser.get(&here("/quarantine?state=waiting")).await;
    let path = list.link(number);
    let page = browser.get(&path).await;
    (path, page)
}

#[tokio::test]
async fn a_refused_request_is_read_and_admitted_as_whose_it_is() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let (path, page) = refused(&world, &browser, "4500001").await;
    page.says("Refused request, order 4500001");
    page.says("Admit it");
    page.says("Sent by</dt><dd>");
    assert!(
        !page.html.contains(">wrong<"),
        "the secret is blanked: {}",
        page.html
    );
    for (fields, status, says) in [
        (&[("relationship", "acme")][..], 422, "reason"),
        (
            &[("relationship", "nobody"), ("reason", "it is theirs")],
            422,
            "nobody",
        ),
    ] {
        let answer = act(&browser, &page, &format!("{path}/admit"), fields).await;
        assert_eq!(answer.status, status, "{}", answer.html);
        answer.says(says);
    }
    let fields = [
        ("relationship", "acme"),
        ("reason", "the buyer's key was changed"),
    ];
    let admitted = act(&browser, &page, &format!("{path}/admit"), &fields).await;
    assert_eq!(admitted.status, 303, "{}", admitted.html);
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    let page = browser.get(&path).await;
    page.says("Admitted");
    page.says("ironquay.acme");
    assert!(!page.html.contains("Admit it"), "it is admitted: {}", page.html);
    world.finish().await;
}

#[tokio::test]
async fn what_is_nobody_s_order_is_discarded_and_a_reader_only_looks() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let reader = signed_in(&world, "kim", Role::ReadOnly).await;
    let (path, page) = refused(&world, &browser, "4500001").await;
    let seen = reader.get(&path).await;
    seen.says("Refused request, order 4500001");
    assert!(!seen.html.contains("Admit it"), "{}", seen.html);
    let fields = [("reason", "sent by a scanner")];
    let discarded = act(&browser, &page, &format!("{path}/discard"), &fields).await;
    assert_eq!(discarded.status, 303, "{}", discarded.html);
    browser.get(&path).await.says("Discarded");
    let again = act(&browser, &page, &format!("{path}/discard"), &fields).await;
    assert_eq!(again.status, 409, "{}", again.html);
    again.says("sam discarded the request already");
    world.finish().await;
}

async fn customer(world: &World) -> Value {
    let list = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/customers/{id}")).await
}

/// A limit that is asked for here.
async fn ask(world: &World, amount: &str) {
    let before = customer(world).await;
    let limit = json!({ "kind": "amount", "amount": amount, "currency": "USD" });
    let body = json!({ "expected_version": before["version"], "limit": limit, "reason": "bank statement" });
    let path = format!("/v1/customers/{}/limit", before["id"].as_str().unwrap());
    let asked = world.api(Method::PUT, &path, Some(body)).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
}

#[tokio::test]
async fn a_person_says_which_value_counts() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let browser = signed_in(&world, "sam", Role::ErpAdmin).await;
    ask(&world, "12345.67").await;
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.settle().await;
    let start = browser.get(&here("")).await;
    let list = browser
        .get(&start.link("Values that were changed here and in the ERP"))
        .await;
    let path = list.link(&format!("Customer {CUSTOMER}"));
    let page = browser.get(&path).await;
    page.says("12,345.67");
    page.says("What the ERP has was taken.");
    let without = act(&browser, &page, &format!("{path}/resolve"), &[("take", "ours")]).await;
    assert_eq!(without.status, 422, "{}", without.html);
    without.says("reason");
    let ours = [("take", "ours"), ("reason", "agreed with the bank")];
    let taken = act(&browser, &page, &format!("{path}/resolve"), &ours).await;
    assert_eq!(taken.status, 303, "{}", taken.html);
    world.settle().await;
    assert!(
        customer(&world).await["limit"].to_string().contains("12345.67"),
        "{}",
        customer(&world).await
    );
    browser.get(&path).await.says("sam settled it");
    let again = act(&browser, &page, &format!("{path}/resolve"), &ours).await;
    assert_ne!(again.status, 303, "it is settled: {}", again.html);
    world.finish().await;
}

#[tokio::test]
async fn what_the_erp_tells_that_nobody_has_explained_stands_on_the_first_page() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::ErpAdmin).await;
    world.erp.place_unexplained_hold(CUSTOMER, "Z9").await;
    world.settle().await;
    let start = browser.get(&here("")).await;
    start.link("Hold codes that nobody has explained");
    start.says("sync.hold_codes");
    world.finish().await;
}
