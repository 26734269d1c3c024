//! Customers and credit: what the page shows, a hold from its preview to its release, limits and terms asked for.

use punchgate_domain::operator::Role;

use super::{Browser, Page, here, signed_in};
use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World};

const TEXTS: &str = "\n[[supplier.hold_text]]\nshopper = \"Please ask {supplier}.\"\n";

/// The page of the buyer's customer.
async fn customer(world: &World, browser: &Browser) -> (String, Page) {
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let path = here(&format!(
        "/customers/{}",
        found["items"][0]["id"].as_str().unwrap()
    ));
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.html);
    (path, page)
}

/// The version that the forms for the customer carry.
fn version(page: &Page) -> String {
    let (_, rest) = page
        .html
        .split_once("name=\"expected_version\" value=\"")
        .expect(&page.html);
    rest.split('"').next().unwrap().to_owned()
}

/// Sends a form of the page with the version of the customer, or another.
async fn send(browser: &Browser, page: &Page, path: &str, more: &[(&str, &str)]) -> Page {
    let (token, version) = (page.token(), version(page));
    let mut fields = vec![("token", token.as_str()), ("expected_version", &version)];
    fields.extend(more);
    browser.post(path, &fields).await
}

/// Where the first hold of the page that can be released is released, and the version that its form carries.
fn release(page: &Page) -> (String, String) {
    let (before, rest) = page.html.split_once("/release\">").expect(&page.html);
    let (_, path) = before.rsplit_once("action=\"").unwrap();
    let (_, version) = rest.split_once("name=\"expected_version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap();
    (format!("{path}/release"), version.to_owned())
}

#[tokio::test]
async fn a_hold_is_seen_before_it_is_placed_and_stops_orders_until_it_is_released() {
    let world = Supplier::with_buyer()
        .connectors(TEXTS)
        .credit("1000.00")
        .start()
        .await;
    let browser = signed_in(&world, "sam", Role::ErpAdmin).await;
    let (path, page) = customer(&world, &browser).await;
    page.says("May order");
    page.says("USD 1,000.00</b>");
    let hold = [
        ("code", "PASTDUE"),
        ("order", "yes"),
        ("internal", "<i>they</i> never pay"),
        ("reason", "they <b>never</b> pay"),
    ];
    let preview = send(&browser, &page, &format!("{path}/holds"), &hold).await;
    assert_eq!(preview.status, 200, "{}", preview.html);
    for text in [
        "Nothing is placed yet",
        "ordering at all",
        "“&#60;i&#62;they&#60;/i&#62; never pay”",
        "“Please ask Ironquay Industrial Supply.”",
        "is not told",
    ] {
        preview.says(text);
    }
    browser.get(&path).await.says("None, and there was none.");

    let placed = [hold.as_slice(), &[("step", "place")]].concat();
    let done = send(&browser, &page, &format!("{path}/holds"), &placed).await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (303, path.as_str()),
        "{}",
        done.html
    );
    world.send(&Po::new("1", "400.00").xml()).await;
    world.assert_state("1", "held").await;
    let stale = send(&browser, &page, &format!("{path}/holds"), &placed).await;
    assert_eq!(stale.status, 409);
    stale.says("It has changed since you opened this page, and nothing was done.");
    let held = browser.get(&path).await;
    for text in [
        "No orders",
        "In force",
        "Takes away: ordering at all.",
        "Placed here by <b>sam</b>",
        "“they &#60;b&#62;never&#60;/b&#62; pay”",
        "Here only; the ERP is not told.",
    ] {
        held.says(text);
    }

    let (address, version) = release(&held);
    let token = held.token();
    let released = [
        ("token", token.as_str()),
        ("expected_version", &version),
        ("reason", "paid at last"),
    ];
    assert_eq!(browser.post(&address, &released).await.status, 303);
    assert_eq!(browser.post(&address, &released).await.status, 409, "once");
    world.settle().await;
    world.assert_state("1", "accepted").await;
    let after = browser.get(&path).await;
    after.says("Released by <b>sam</b>");
    after.says("“paid at last”");
    world.finish().await;
}

#[tokio::test]
async fn limits_and_terms_are_asked_of_the_erp() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let (path, page) = customer(&world, &browser).await;
    let limit = |amount: &'static str| {
        [
            ("kind", "amount"),
            ("amount", amount),
            ("currency", "USD"),
            ("reason", "a good year"),
        ]
    };
    for (amount, status) in [("lots", 422), ("-5", 422), ("75000.00", 303)] {
        let answer = send(&browser, &page, &format!("{path}/limit"), &limit(amount)).await;
        assert_eq!(answer.status, status, "{amount}: {}", answer.html);
    }
    let page = browser.get(&path).await;
    page.says("<b>Limit</b> <span class=\"pill info\">On its way</span>");
    page.says("<b>sam</b>: “a good year”");
    world.settle().await;
    world.clock.advance(std::time::Duration::from_secs(60));
    world.settle().await;
    let page = browser.get(&path).await;
    page.says("USD 75,000.00");
    page.says("Nothing is under way.");

    let terms = |days: &'static str| [("code", "NET45"), ("net_days", days), ("reason", "agreed")];
    for (days, status) in [("many", 422), ("45", 303)] {
        let answer = send(&browser, &page, &format!("{path}/terms"), &terms(days)).await;
        assert_eq!(answer.status, status, "{days}: {}", answer.html);
    }
    browser.get(&path).await.says("<b>Terms</b>");
    world.settle().await;
    let last = send(&browser, &page, &format!("{path}/terms"), &terms("45")).await;
    assert_eq!(last.status, 409, "an old page");
    world.finish().await;
}

#[tokio::test]
async fn customers_are_found_by_number_and_only_looked_at_by_who_may_not_more() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "<script>alert(1)</script>")
        .await;
    world.round().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let (path, page) = customer(&world, &browser).await;
    page.says("Not on terms");
    page.says("From the ERP by");
    page.says("“&#60;script&#62;alert(1)&#60;/script&#62;”");
    assert!(
        !page.html.contains("name=\"reason\""),
        "credit is not for support: {}",
        page.html
    );
    let found = browser.get(&here(&format!("/customers?search={CUSTOMER}"))).await;
    found.says(&format!("<a href=\"{path}\">"));
    let none = browser.get(&here("/customers?search=nobody")).await;
    none.says("No customer has this number.");
    assert_eq!(browser.get(&here("/customers?after=x")).await.status, 422);
    world.finish().await;
}
