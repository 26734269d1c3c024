//! A simulated buyer, sent from the page of a relationship.

use punchgate_domain::operator::Role;

use super::{here, relationships::act, signed_in};
use crate::support::{cxml::SECRET, supplier::Supplier};

const PAGE: &str = "/relationships/acme/rehearsal";

#[tokio::test]
async fn a_buyer_is_rehearsed_and_the_report_is_shown_or_kept() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let relationship = browser.get(&here("/relationships/acme")).await;
    assert_eq!(relationship.link("Rehearse"), here(PAGE));
    let form = browser.get(&here(PAGE)).await;
    form.says("<option value=\"ariba\" selected>SAP Ariba</option>");
    form.says("It orders nothing: this relationship is in production.");
    let fields = [("suite", "ariba"), ("parts", "TL-1110, SF-3080"), ("ship_to", "")];
    let shown = act(&browser, &form, PAGE, &fields).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    for text in [
        "All as it must be",
        " 0 failed",
        "setup-wrong-secret",
        "value=\"TL-1110, SF-3080\"",
    ] {
        shown.says(text);
    }
    let as_file = [fields[0], fields[1], ("as", "json")];
    let file = act(&browser, &form, PAGE, &as_file).await;
    let report: serde_json::Value = serde_json::from_str(&file.html).unwrap();
    assert_eq!(
        (file.status, &report["conformant"]),
        (200, &true.into()),
        "{report:#}"
    );
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"rehearsal-ironquay.acme.json\""
    );
    for page in [&shown, &file] {
        assert!(!page.html.contains(SECRET));
    }
    assert!(world.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_rehearsed_says_why() {
    let world = Supplier::with_buyer()
        .relationship("return_hosts", "[]")
        .start()
        .await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let form = browser.get(&here(PAGE)).await;
    for (suite, says) in [("ariba", "no return host"), ("nobody", "nobody")] {
        let refused = act(&browser, &form, PAGE, &[("suite", suite), ("parts", "SF-3080")]).await;
        refused.says("role=\"alert\"");
        refused.says(says);
        refused.says("value=\"SF-3080\"");
    }
    world.finish().await;
}
