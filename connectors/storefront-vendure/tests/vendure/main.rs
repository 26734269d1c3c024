//! The conformance suite against a real Vendure: `scripts/vendure run cargo test -p punchgate-storefront-vendure`.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod orders;
mod support;

use punchgate_connector::{
    ErrorKind,
    carts::{CartMove, FillLine},
    catalogue::{ItemQuery, SearchQuery},
    conformance::{StorefrontFixture, Verdict, run_storefront},
    egress::Egress,
};
use punchgate_domain::quantity::{Quantity, Unit};

use support::{ACME, PART, Shopper, connector, context, fixture_order, now, shop, usd};

#[tokio::test]
async fn a_real_vendure_conforms() {
    let Some(shop) = shop() else { return };
    let system = connector(&shop, &shop.key);
    let http = Egress::new(system.egress_rules()).unwrap();
    let make = |id| context(id, &http);
    let shopper = Shopper {
        shop: &shop,
        http: &http,
    };
    // References stay in the shop: the next run takes others.
    let run_id = format!("run-{}", now().as_millisecond());
    let fixture = StorefrontFixture {
        browser: Some(&shopper),
        ..StorefrontFixture::new(run_id, &make, ACME.to_owned(), fixture_order())
    };
    let report = run_storefront(system.as_ref(), &fixture).await;
    eprintln!("{report}");
    assert!(report.is_conformant(), "{report}");
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skipped);
    let skipped: Vec<&str> = skipped.map(|case| case.case).collect();
    assert!(skipped.is_empty(), "{report}");
}

#[tokio::test]
async fn a_key_that_is_not_known_is_told() {
    let Some(shop) = shop() else { return };
    let system = connector(&shop, "lookup:wrong");
    let http = Egress::new(system.egress_rules()).unwrap();
    let error = system.check(&context("key".to_owned(), &http)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error}");
    assert!(!error.to_string().contains("lookup:wrong"), "{error}");
}

#[tokio::test]
async fn prices_and_search_are_those_of_the_customer() {
    let Some(shop) = shop() else { return };
    let system = connector(&shop, &shop.key);
    let http = Egress::new(system.egress_rules()).unwrap();
    let catalogue = system.spec().catalogue.unwrap();
    let price = async |customer: Option<&str>, part: &str| {
        let query = ItemQuery {
            part_id: part.to_owned(),
            customer: customer.map(str::to_owned),
            quantity: None,
            currency: None,
        };
        let item = catalogue
            .item(&context("item".to_owned(), &http), &query)
            .await
            .unwrap();
        item.map(|item| (item.unit_price, item.list_price.unwrap()))
    };
    assert_eq!(price(Some(ACME), PART).await, Some((usd("16.28"), usd("18.50"))));
    assert_eq!(
        price(Some("C-HOOLI"), PART).await,
        Some((usd("18.50"), usd("18.50")))
    );
    assert_eq!(price(None, PART).await, Some((usd("18.50"), usd("18.50"))));
    assert_eq!(price(None, "NONE").await, None);

    // What means something in a pattern is looked for as it stands.
    for (text, expected) in [
        ("nitrile", &["GL-200", "GL-201"][..]),
        ("GLOVES l", &["GL-200", "GL-201"]),
        ("m8 bolt", &["HX-1001"]),
        ("wr-120", &["WR-120"]),
        ("%", &[]),
        ("_", &[]),
        ("\\", &[]),
    ] {
        let query = SearchQuery {
            text: text.to_owned(),
            customer: None,
            cursor: None,
            limit: 10,
        };
        let found = catalogue
            .search(&context("search".to_owned(), &http), &query)
            .await
            .unwrap();
        let parts: Vec<&str> = found.items.iter().map(|item| item.part_id.as_str()).collect();
        assert_eq!(parts, expected, "{text}");
    }
}

/// Lines to begin with; of the last there are not as many.
fn wished() -> Vec<FillLine> {
    let line = |line, part: &str, quantity: &str, auxiliary_id: &str| FillLine {
        line,
        part_id: part.to_owned(),
        auxiliary_id: Some(auxiliary_id.to_owned()),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: None,
        // A wish: the shop's own price counts.
        unit_price: Some(usd("0.01")),
    };
    vec![
        line(1, PART, "3", "a"),
        line(2, "GL-200", "2.0", "b"),
        line(3, PART, "1", "c"),
        line(4, "SG-055", "99", "d"),
    ]
}

#[tokio::test]
async fn a_cart_that_is_handed_over_says_what_it_costs() {
    let Some(shop) = shop() else { return };
    let system = connector(&shop, &shop.key);
    let http = Egress::new(system.egress_rules()).unwrap();
    let spec = system.spec();
    let (sessions, carts) = (spec.sessions.unwrap(), spec.carts.unwrap());
    let request = support::edit_session(wished());
    let opened = sessions
        .open(&context("open".to_owned(), &http), &request)
        .await
        .unwrap();
    let refused: Vec<(u32, &str)> = opened
        .refused
        .iter()
        .map(|line| (line.line, line.code.as_str()))
        .collect();
    assert_eq!(refused, [(4, "not_available")]);
    assert!(
        opened
            .login_url
            .starts_with(&format!("{}/punchout/shop#punchout=", shop.address))
    );

    let session = &opened.storefront_session;
    let before = carts
        .read(&context("read".to_owned(), &http), session)
        .await
        .unwrap();
    assert_eq!(before.cart.shipping, None, "not known yet");
    let locked = carts
        .close(&context("lock".to_owned(), &http), session, CartMove::Lock)
        .await
        .unwrap();
    assert!(locked.revision > before.revision);
    let cart = locked.cart;
    let lines: Vec<_> = cart
        .lines
        .iter()
        .map(|line| {
            let key = line.auxiliary_id.clone().unwrap();
            (
                key,
                line.quantity.text(),
                line.unit.clone(),
                line.unit_price.text(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("a".to_owned(), "3", Unit::new("EA"), "16.28"),
            ("b".to_owned(), "2", Unit::new("BX"), "10.91"),
            ("c".to_owned(), "1", Unit::new("EA"), "16.28"),
        ]
    );
    assert_eq!(cart.lines_total().unwrap(), usd("86.94"));
    let shipping = cart.shipping.unwrap();
    assert_eq!(
        (shipping.amount, shipping.description.as_str()),
        (usd("9.90"), "Standard shipping")
    );
    assert!(cart.tax.is_some(), "the address is known");
    assert_eq!(cart.lines[1].classifications[0].code, "46181504");
    assert_eq!(cart.lines[1].lead_time_days, Some(2));
}
