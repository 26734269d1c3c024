//! The start link: one browser gets in, looking at it changes nothing, no page sets a cookie.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Response;

use crate::support::{
    cxml::Setup,
    http,
    shop::FormBody as _,
    supplier::Supplier,
    world::{Table, World},
};

async fn start_page(world: &World) -> String {
    let answer = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.start_page().expect("a start page")
}

async fn redeem(start: &str, nonce: &str) -> Response {
    let answer = http()
        .post(start)
        .form_body(&format!("nonce={nonce}"))
        .send()
        .await
        .unwrap();
    no_cookie(&answer);
    answer
}

fn no_cookie(answer: &Response) {
    assert!(
        !answer.headers().contains_key("set-cookie"),
        "{:?}",
        answer.headers()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_fifty_browsers_gets_in() {
    let world = Supplier::with_buyer().start().await;
    let start = start_page(&world).await;
    let nonces: Vec<String> = (0..50)
        .map(|browser| format!("browser-{browser:02}-0123456789abcdef"))
        .collect();
    let answers = join_all(nonces.iter().map(|nonce| redeem(&start, nonce))).await;
    let mut won = Vec::new();
    for (browser, answer) in answers.into_iter().enumerate() {
        match answer.status().as_u16() {
            302 | 303 | 307 => won.push(browser),
            410 => {
                let page = answer.text().await.unwrap();
                assert!(page.contains("has been used already"), "{page}");
            }
            other => panic!("browser {browser}: {other}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    // The one that got in may reload.
    assert!(redeem(&start, &nonces[won[0]]).await.status().is_redirection());
    assert_eq!(world.count(Table::Session).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn looking_at_it_redeems_nothing() {
    let world = Supplier::with_buyer().start().await;
    let start = start_page(&world).await;
    for _ in 0..3 {
        let got = http().get(&start).send().await.unwrap();
        no_cookie(&got);
        assert_eq!(got.status(), 200);
        assert!(
            got.text().await.unwrap().contains("<form"),
            "a button for browsers without script"
        );
        let head = http().head(&start).send().await.unwrap();
        no_cookie(&head);
        assert_eq!(head.status(), 200);
    }
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
    ] {
        let ahead = http()
            .post(&start)
            .header(name, value)
            .form_body("nonce=ahead-0123456789ab")
            .send()
            .await
            .unwrap();
        assert!(!ahead.status().is_redirection(), "{name}: {value}");
    }
    assert_eq!(world.shop.calls("open_session"), 0, "the shop knows nothing yet");
    assert!(
        redeem(&start, "browser-1-0123456789")
            .await
            .status()
            .is_redirection()
    );
    world.finish().await;
}

#[tokio::test]
async fn links_that_are_too_old_or_tampered_with_let_nobody_in() {
    let world = Supplier::with_buyer().start().await;
    let start = start_page(&world).await;
    let last = if start.ends_with('A') { 'B' } else { 'A' };
    let tampered = format!("{}{last}", &start[..start.len() - 1]);
    let unknown = redeem(&tampered, "browser-1-0123456789").await;
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.unwrap().contains("not valid"));
    world.clock.advance(Duration::from_secs(601));
    let late = redeem(&start, "browser-1-0123456789").await;
    assert_eq!(late.status(), 410);
    assert!(late.text().await.unwrap().contains("too old"));
    assert_eq!(world.shop.calls("open_session"), 0);
    world.finish().await;
}

#[tokio::test]
async fn the_cookie_comes_back_byte_for_byte_and_the_cart_only_once() {
    let world = Supplier::with_buyer().start().await;
    let mut setup = Setup::new("cookie-1");
    setup.cookie = "  a&lt;b&gt; &amp; \u{e9}\u{4e2d} ]]&gt; '\"  ".to_owned();
    let (_, back) = world.punch_out(&setup, "TL-1110", "2").await;
    let looked = http().get(&back).send().await.unwrap();
    no_cookie(&looked);
    let first = http().post(&back).form_body("accept=").send().await.unwrap();
    no_cookie(&first);
    let policy = first.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("form-action") && policy.contains("suite.buyer.example"),
        "{policy}"
    );
    let page = first.text().await.unwrap();
    assert!(
        page.contains("action=\"https://suite.buyer.example/return?x=1\""),
        "{page}"
    );
    let session = world.get("/v1/sessions").await;
    assert_eq!(session["items"][0]["state"], "returned", "{session}");
    let message = session["items"][0]["message_document"]
        .as_str()
        .unwrap()
        .to_owned();
    let raw = http()
        .get(format!("http://{}/api/v1/documents/{message}/raw", world.address))
        .bearer_auth(crate::support::supplier::api_key("all"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let document = roxmltree::Document::parse_with_options(&raw, options).unwrap();
    let cookie = document
        .descendants()
        .find(|node| node.has_tag_name("BuyerCookie"))
        .unwrap();
    assert_eq!(cookie.text(), Some("  a<b> & \u{e9}\u{4e2d} ]]> '\"  "));
    world.finish().await;
}
