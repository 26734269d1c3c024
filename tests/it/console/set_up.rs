//! From an empty installation to the first order, by pages alone.

use punchgate_app::{operators::AccountError, seal::Secret};

use super::{Browser, PASSWORD, Page, here};
use crate::support::{
    cxml::{BUYER, OUTBOUND_SECRET, Po, SECRET, SUPPLIER},
    supplier::Supplier,
    world::World,
};

/// A new installation, and the browser of who has the first account.
async fn first() -> (World, Browser) {
    let world = Supplier::none().start().await;
    let browser = Browser::at(&world);
    browser
        .get("/console/sign-in")
        .await
        .says("punchgate users add NAME");
    let operators = &world.gateway.operators;
    let link = operators.add_first("olive", "cli:kim").await.unwrap();
    operators
        .set_password(link.expose(), Secret::new(PASSWORD))
        .await
        .unwrap();
    assert_eq!(browser.sign_in("olive", PASSWORD).await.status, 303);
    (world, browser)
}

/// Opens a form and sends it with these fields.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = browser.get(path).await;
    assert_eq!(form.status, 200, "{path}: {}", form.html);
    let token = form.token();
    let fields: Vec<(&str, &str)> = [("token", token.as_str())]
        .into_iter()
        .chain(fields.iter().copied())
        .collect();
    let path = path.split('?').next().unwrap();
    browser.post(path, &fields).await
}

async fn set_up(browser: &Browser) {
    let fields = [
        ("name", "Ironquay"),
        ("id", ""),
        ("time_zone", "America/New_York"),
        ("contact", ""),
    ];
    let entered = send(browser, "/console/set-up", &fields).await;
    assert_eq!(
        (entered.status, entered.location.as_str()),
        (303, "/console/s/ironquay")
    );
}

/// What stands in `settings = { … }`, a key a line.
fn settings(declared: &str) -> String {
    let table: toml::Table = format!("settings = {declared}").parse().unwrap();
    toml::to_string(&table["settings"]).unwrap()
}

async fn connect(browser: &Browser, kind: &str, id: &str, (declared, secret): (String, &str)) -> Page {
    let fields = [
        ("kind", kind),
        ("id", id),
        ("mode", "production"),
        ("settings", &settings(&declared)),
        ("secret", secret),
        ("reason", "we begin"),
    ];
    send(browser, &here(&format!("/new/connector?kind={kind}")), &fields).await
}

const BUYERS: [(&str, &str); 13] = [
    ("name", "ACME by network"),
    ("buyer", "ACME"),
    ("id", "acme"),
    ("dialect", "ariba"),
    ("mode", "production"),
    ("storefront", "shop"),
    ("erp", "erp"),
    ("order_sink", "erp"),
    ("customer", "C-1001"),
    ("return_hosts", "suite.buyer.example, *.acme.example"),
    ("outbound_url", ""),
    ("outbound_secret", OUTBOUND_SECRET),
    ("reason", "the first buyer"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = BUYERS
        .into_iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_new_installation_takes_an_order_without_a_file() {
    let (world, browser) = first().await;
    assert_eq!(browser.get("/console").await.location, "/console/set-up");
    set_up(&browser).await;
    let start = browser.get(&here("")).await;
    start.says("What comes next");
    let erp = connect(&browser, "erp-http", "erp", world.erp.declared()).await;
    assert_eq!(
        (erp.status, erp.location),
        (303, here("/connectors#erp")),
        "{}",
        erp.html
    );
    let shop = connect(&browser, "storefront-http", "shop", world.shop.declared()).await;
    assert_eq!(shop.status, 303, "{}", shop.html);
    // Two seconds later what was connected counts everywhere.
    world.clock.advance(std::time::Duration::from_secs(2));
    world.round().await;
    let (buyer, supplier) = (format!("NetworkID {BUYER}"), format!("NetworkID {SUPPLIER}\n"));
    let identities = [
        ("buyer_identities", buyer.as_str()),
        ("sender_identities", ""),
        ("supplier_identities", supplier.as_str()),
        ("how", "given"),
        ("secret", SECRET),
    ];
    let made = send(&browser, &here("/new/relationship"), &with(&identities)).await;
    assert_eq!(
        (made.status, made.location),
        (303, here("/relationships/acme")),
        "{}",
        made.html
    );
    let page = browser.get(&here("/relationships/acme")).await;
    for text in [
        "ACME by network",
        "suite.buyer.example",
        "olive",
        "entered it",
        "the first buyer",
    ] {
        page.says(text);
    }
    assert!(!page.html.contains(SECRET) && !page.html.contains(OUTBOUND_SECRET));
    let tested = browser
        .post(&here("/relationships/acme/test"), &[("token", &page.token())])
        .await;
    // Time stands in a test: that is all it finds.
    let found = tested
        .html
        .split("<li>")
        .filter(|line| line.contains("Does not work"));
    let found: Vec<&str> = found.filter(|line| !line.contains("<b>clock</b>")).collect();
    assert!(
        tested.html.contains("All is well") && found.is_empty(),
        "{found:?}"
    );
    assert!(!browser.get(&here("")).await.html.contains("What comes next"));

    // At the price of the contract, which the ERP is asked for.
    world.send(&Po::new("4500001", "57.11").xml()).await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_the_form_and_changes_nothing() {
    let (world, browser) = first().await;
    let fields = [("name", "…"), ("time_zone", "Chicago"), ("contact", "desk")];
    let refused = send(&browser, "/console/set-up", &fields).await;
    assert_eq!(refused.status, 422);
    for text in [
        "Short name: ",
        "Time zone: ",
        "value=\"Chicago\"",
        "value=\"desk\"",
    ] {
        refused.says(text);
    }
    set_up(&browser).await;
    let mistakes = [
        ("settings", "base_url = https://x", "Settings: "),
        (
            "settings",
            "base_url = \"https://x.example\"\nallow_networks = [\"10.0.0.0/8\"]",
            "console.networks",
        ),
        ("settings", "base_uri = \"https://x.example\"", "base_uri"),
        ("id", "The ERP", "Id: "),
        ("mode", "", "Mode: "),
        ("kind", "erp-stdio", "declared in a file"),
        ("secret", "short", "secret"),
    ];
    for (field, value, says) in mistakes {
        let usual = [
            ("kind", "erp-http"),
            ("id", "erp"),
            ("mode", "test"),
            ("settings", "base_url = \"https://erp.example.com/punchgate\""),
            ("secret", world.erp.declared().1),
            ("reason", "we begin"),
        ];
        let fields = usual.map(|(name, text)| (name, if name == field { value } else { text }));
        let refused = send(&browser, &here("/new/connector?kind=erp-http"), &fields).await;
        assert_eq!(refused.status, 422, "{field} {value}: {}", refused.html);
        refused.says(says);
        assert!(!refused.html.contains(world.erp.declared().1), "{field}");
    }
    browser.get(&here("/connectors")).await.says("There is none yet");
    world.finish().await;
}

#[tokio::test]
async fn a_relationship_that_is_wrong_is_not_made() {
    let (world, browser) = first().await;
    set_up(&browser).await;
    for (more, says) in [
        (vec![("buyer_identities", BUYER)], "Who the buyer is: "),
        (vec![("storefront", "nowhere")], "nowhere"),
        (
            vec![("return_hosts", "https://x.example/back")],
            "Where carts go: ",
        ),
        (vec![("id", "A B")], "Short name: "),
        (vec![("secret", "")], "The buyer&#39;s secret: "),
    ] {
        let mut all = vec![
            ("buyer_identities", "NetworkID AN01000000001"),
            ("supplier_identities", "NetworkID AN01000000099"),
            ("storefront", ""),
            ("erp", ""),
            ("order_sink", "none"),
            ("how", "given"),
            ("secret", SECRET),
        ];
        all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        all.extend(more);
        let refused = send(&browser, &here("/new/relationship"), &with(&all)).await;
        assert_eq!(refused.status, 422, "{says}: {}", refused.html);
        refused.says(says);
    }
    browser
        .get(&here("/relationships"))
        .await
        .says("There is none yet");
    world.finish().await;
}

#[tokio::test]
async fn a_secret_that_is_made_up_is_shown_once() {
    let (world, browser) = first().await;
    set_up(&browser).await;
    let more = [
        ("buyer_identities", "NetworkID AN01000000001"),
        ("supplier_identities", "NetworkID AN01000000099"),
        ("storefront", ""),
        ("erp", ""),
        ("order_sink", "none"),
        ("how", "generated"),
    ];
    let made = send(&browser, &here("/new/relationship"), &with(&more)).await;
    assert_eq!(made.status, 200, "{}", made.html);
    let (_, rest) = made.html.split_once("id=\"secret\">").expect(&made.html);
    let secret = rest.split('<').next().unwrap().to_owned();
    assert!(secret.len() >= 43, "{secret}");
    let page = browser.get(&here("/relationships/acme")).await;
    assert!(!page.html.contains(&secret));
    // The same once more is another relationship's id.
    let again = send(&browser, &here("/new/relationship"), &with(&more)).await;
    assert_eq!(again.status, 422);
    again.says("there is a relationship of this id already");
    world.finish().await;
}

#[tokio::test]
async fn only_who_is_first_sets_up() {
    let (world, browser) = first().await;
    let operators = &world.gateway.operators;
    let link = operators.add_first("sam", "cli:kim").await.unwrap();
    operators
        .set_password(link.expose(), Secret::new(PASSWORD))
        .await
        .unwrap();
    let other = Browser::at(&world);
    assert_eq!(other.sign_in("sam", PASSWORD).await.status, 303);
    let form = other.get("/console/set-up").await;
    set_up(&browser).await;
    let fields = [
        ("token", form.token()),
        ("name", "Globex".to_owned()),
        ("time_zone", "UTC".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(other.post("/console/set-up", &fields).await.status, 404);
    for browser in [&browser, &other] {
        assert_eq!(browser.get("/console/set-up").await.status, 404);
    }
    other.get("/console").await.says("You work for no supplier here");
    assert_eq!(other.get(&here("")).await.status, 404);
    assert!(matches!(
        operators.add_first("kim", "cli:kim").await,
        Err(AccountError::NoSupplierNamed)
    ));
    world.finish().await;
}

#[tokio::test]
async fn who_another_supplier_is_in_documents_nobody_enters() {
    let (world, browser) = first().await;
    set_up(&browser).await;
    world
        .apply(&format!(
            "[[supplier]]\nid = \"globex\"\nname = \"Globex\"\ntime_zone = \"UTC\"\n[[supplier.relationship]]\nid = \"acme\"\n\
             name = \"ACME\"\nbuyer = \"ACME\"\nprotocol = \"cxml\"\ndialect = \"generic\"\nmode = \"test\"\norder_sink = \"none\"\n\
             buyer_identities = [{{ domain = \"NetworkID\", identity = \"{BUYER}\" }}]\n\
             supplier_identities = [{{ domain = \"NetworkID\", identity = \"{SUPPLIER}\" }}]\n\
             secrets = {{ current = {{ env = \"BUYER\" }} }}\n"
        ))
        .await;
    let (buyer, theirs) = (format!("NetworkID {BUYER}"), format!("networkid {SUPPLIER}"));
    let more = [
        ("buyer_identities", buyer.as_str()),
        ("supplier_identities", theirs.as_str()),
        ("storefront", ""),
        ("erp", ""),
        ("order_sink", "none"),
        ("how", "generated"),
    ];
    let refused = send(&browser, &here("/new/relationship"), &with(&more)).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    refused.says("Who you are: ");
    refused.says("another supplier&#39;s on this gateway");
    world.finish().await;
}
