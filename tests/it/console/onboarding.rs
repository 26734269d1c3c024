//! The onboarding sheet: what it says for each suite, and that there is no secret on it.

use punchgate_domain::operator::Role;

use super::{here, signed_in};
use crate::support::{
    cxml::{OUTBOUND_SECRET, SECRET},
    supplier::Supplier,
};

const SHEET: &str = "/relationships/acme/sheet";

#[tokio::test]
async fn a_sheet_says_what_goes_where_in_this_suite_and_has_no_secret() {
    for (dialect, says, not) in [
        (
            "ariba",
            vec![
                "SAP Ariba and SAP Business Network",
                "Electronic Order Routing",
                "PunchOut URL",
            ],
            "Sender Domain",
        ),
        (
            "coupa",
            vec![
                "PO Transmission",
                "Sender Domain",
                "In the form field cXML-urlencoded",
            ],
            "Electronic Order Routing",
        ),
        (
            "generic",
            vec!["Your procurement suite", "Sender: SharedSecret"],
            "PO Transmission",
        ),
    ] {
        let supplier = Supplier::with_buyer()
            .key("contact", "\"EDI desk, +1 312 555 0100\"")
            .mapping("unit", "KARTON", "CT")
            .relationship("dialect", format!("\"{dialect}\""))
            .relationship("outbound_url", "\"https://suite.buyer.example/confirm\"");
        let world = supplier.start().await;
        let browser = signed_in(&world, "sam", Role::ReadOnly).await;
        let sheet = browser.get(&here(SHEET)).await;
        assert_eq!(sheet.status, 200, "{dialect}: {}", sheet.html);
        let address = format!("http://{}/cxml/ironquay.acme", world.address);
        for text in [
            address.as_str(),
            "AN01000000001",
            "AN01000000099",
            "&#60;SharedSecret&#62;the shared secret, handed over separately",
            "PunchOutSetupRequest",
            "create, edit and inspect",
            "ConfirmationRequest",
            "https://suite.buyer.example/confirm",
            "1.2.014",
            "UTF-8",
            "EDI desk, +1 312 555 0100",
            "KARTON",
            "suite.buyer.example",
        ] {
            sheet.says(text);
        }
        for text in says {
            sheet.says(text);
        }
        for absent in [SECRET, OUTBOUND_SECRET, not] {
            assert!(!sheet.html.contains(absent), "{dialect}: {absent}");
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn a_sheet_promises_only_what_there_is() {
    let supplier = Supplier::with_buyer()
        .relationship("enabled", "false")
        .relationship(
            "sender_identities",
            "[{ domain = \"AribaNetworkUserId\", identity = \"hub@network.example\" }]",
        )
        .policy("confirmation", "never");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let sheet = browser.get(&here(SHEET)).await;
    sheet.says("switched off");
    sheet.says("hub@network.example");
    assert!(!sheet.html.contains("ConfirmationRequest"), "{}", sheet.html);
    browser
        .get(&here("/relationships/acme"))
        .await
        .link("Onboarding sheet");
    world.finish().await;
}
