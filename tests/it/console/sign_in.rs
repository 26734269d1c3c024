//! Signing in and staying signed in.

use std::time::Duration;

use punchgate_domain::operator::Role;
use reqwest::Method;

use super::{Browser, PASSWORD, here, person, signed_in};
use crate::support::{http, supplier::Supplier};

const WRONG: &str = "This name and password do not fit together.";

#[tokio::test]
async fn whoever_knows_the_password_gets_in_and_out_again() {
    let world = Supplier::with_buyer().start().await;
    person(&world, "sam", Role::Support).await;
    let browser = Browser::at(&world);
    let stranger = browser.get(&here("/deliveries?state=dead")).await;
    assert_eq!(
        (stranger.status, stranger.location.as_str()),
        (
            303,
            "/console/sign-in?next=%2Fconsole%2Fs%2Fironquay%2Fdeliveries%3Fstate%3Ddead"
        )
    );
    let form = browser.get(&stranger.location).await;
    let before = browser.cookie();
    let fields = [
        ("token", form.token()),
        ("name", " Sam ".to_owned()),
        ("password", PASSWORD.to_owned()),
        ("next", here("/deliveries?state=dead")),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let entered = browser.post("/console/sign-in", &fields).await;
    assert_eq!(
        (entered.status, entered.location),
        (303, here("/deliveries?state=dead"))
    );
    assert_ne!(
        browser.cookie(),
        before,
        "a cookie from before signing in is of no use after it"
    );
    assert_eq!(browser.with_cookie(&before).get(&here("")).await.status, 303);
    let page = browser.get(&here("")).await;
    assert_eq!(page.status, 200);
    page.says("<b>sam</b> · Support");
    assert_eq!(browser.get("/console").await.location, here(""));
    assert_eq!(browser.get("/console/sign-in").await.status, 303, "already in");

    let cookie = browser.cookie();
    let left = browser
        .post("/console/sign-out", &[("token", &page.token())])
        .await;
    assert_eq!(left.location, "/console/sign-in?done=out");
    assert!(left.cookie.contains("Max-Age=0"), "{}", left.cookie);
    assert_eq!(
        browser.with_cookie(&cookie).get(&here("")).await.status,
        303,
        "signed out here, too"
    );
    world.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_not_told() {
    let world = Supplier::with_buyer().start().await;
    person(&world, "sam", Role::Owner).await;
    person(&world, "off", Role::Owner).await;
    let operators = &world.gateway.operators;
    operators.set_enabled("off", false, "cli:kim").await.unwrap();
    operators
        .add("new", &"ironquay".into(), Role::Owner, "cli:kim")
        .await
        .unwrap();
    let long = "x".repeat(10_000);
    let mut pages = Vec::new();
    for (name, password) in [
        ("sam", "a sentence that I forgot"),
        ("sam", ""),
        ("sam", long.as_str()),
        ("nobody", PASSWORD),
        ("off", PASSWORD),
        ("new", PASSWORD),
        ("new", ""),
        ("", PASSWORD),
    ] {
        let browser = Browser::at(&world);
        let page = browser.sign_in(name, password).await;
        assert_eq!(page.status, 422, "{name}");
        page.says(WRONG);
        assert!(page.cookie.is_empty());
        assert_eq!(browser.get(&here("")).await.status, 303, "{name}");
        pages.push(
            page.html
                .replace(&page.token(), "")
                .replace(&format!("value=\"{name}\""), ""),
        );
    }
    // With a name the password has the focus, that is all.
    pages.pop();
    assert!(pages.iter().all(|page| *page == pages[0]), "all the same");
    world.finish().await;
}

#[tokio::test]
async fn too_many_attempts_wait_for_a_quarter_of_an_hour() {
    let world = Supplier::with_buyer().start().await;
    person(&world, "sam", Role::Owner).await;
    for name in ["sam", "nobody"] {
        for attempt in 1..=11 {
            let page = Browser::at(&world).sign_in(name, "a wrong sentence").await;
            let expected = if attempt <= 10 { 422 } else { 429 };
            assert_eq!(page.status, expected, "{name} {attempt}");
        }
        let page = Browser::at(&world).sign_in(name, PASSWORD).await;
        assert_eq!(page.status, 429, "{name}: not even with the right password");
        page.says("Wait 15 minutes");
    }
    world.clock.advance(Duration::from_secs(14 * 60));
    assert_eq!(Browser::at(&world).sign_in("sam", PASSWORD).await.status, 429);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(Browser::at(&world).sign_in("sam", PASSWORD).await.status, 303);
    // Who got in begins to count anew.
    for _ in 1..=10 {
        assert_eq!(Browser::at(&world).sign_in("sam", "wrong").await.status, 422);
    }
    world.finish().await;
}

#[tokio::test]
async fn an_address_has_its_own_count() {
    let world = Supplier::with_buyer().start().await;
    person(&world, "sam", Role::Owner).await;
    for attempt in 1..=40 {
        let page = Browser::at(&world)
            .sign_in(&format!("name{attempt}"), "wrong")
            .await;
        assert_eq!(page.status, 422, "{attempt}");
    }
    assert_eq!(Browser::at(&world).sign_in("sam", PASSWORD).await.status, 429);
    world.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(Browser::at(&world).sign_in("sam", PASSWORD).await.status, 303);
    world.finish().await;
}

#[tokio::test]
async fn sessions_end_by_themselves() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    world.clock.advance(Duration::from_secs(29 * 60));
    assert_eq!(browser.get(&here("")).await.status, 200, "seen, so it goes on");
    world.clock.advance(Duration::from_secs(29 * 60));
    assert_eq!(browser.get(&here("")).await.status, 200);
    world.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(browser.get(&here("")).await.status, 303, "idle for too long");

    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    for _ in 0..23 {
        world.clock.advance(Duration::from_secs(29 * 60));
        assert_eq!(browser.get(&here("")).await.status, 200);
    }
    world.clock.advance(Duration::from_secs(2 * 29 * 60));
    assert_eq!(browser.get(&here("")).await.status, 303);
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    for _ in 0..24 {
        world.clock.advance(Duration::from_secs(29 * 60));
        browser.get(&here("")).await;
    }
    world.clock.advance(Duration::from_secs(24 * 60));
    assert_eq!(browser.get(&here("")).await.status, 303, "twelve hours at most");
    world.finish().await;
}

/// An open page looks for news by itself: that nobody sits before it any more is seen all the same.
#[tokio::test]
async fn a_page_that_keeps_up_to_date_keeps_nobody_signed_in() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    browser
        .get(&here(""))
        .await
        .says("hx-headers='{\"x-by-itself\": \"yes\"}'");
    let page = browser
        .clone()
        .with("x-by-itself", "yes")
        .with("hx-request", "true");
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(14 * 60));
        assert_eq!(page.get(&here("")).await.status, 200);
    }
    world.clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(page.get(&here("")).await.status, 401, "half an hour in all");
    assert_eq!(browser.get(&here("")).await.status, 303);
    world.finish().await;
}

#[tokio::test]
async fn cookies_and_headers_guard_every_answer() {
    let world = Supplier::with_buyer().start().await;
    let visitor = Browser::at(&world);
    let form = visitor.get("/console/sign-in").await;
    assert!(
        form.cookie.starts_with("punchgate-console=")
            && form
                .cookie
                .ends_with("; Path=/console; HttpOnly; SameSite=Strict"),
        "{}",
        form.cookie
    );
    let browser = signed_in(&world, "sam", Role::Owner).await;
    for path in [
        "",
        "/deliveries",
        "/connectors",
        "/orders",
        "/quarantine",
        "/conflicts",
        "/nothing",
        "/deliveries/x",
    ] {
        let page = browser.get(&here(path)).await;
        let header = |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for part in [" style=\"", "<style", "<script>", " onclick=", "hx-on"] {
            assert!(!page.html.contains(part), "{path} has {part}");
        }
        assert!(page.cookie.is_empty(), "{path} sets a cookie");
    }
    // Nothing else sets a cookie, whoever asks.
    for path in ["/healthz", "/api/openapi.json", "/punchout/start/x", "/nothing"] {
        assert!(browser.get(path).await.cookie.is_empty(), "{path}");
    }
    world.finish().await;
}

#[tokio::test]
async fn only_forms_of_the_console_are_taken() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let other = signed_in(&world, "kim", Role::Owner).await;
    let token = browser.get(&here("")).await.token();
    let others = other.get(&here("")).await.token();
    let path = here("/connectors/shop/switch");
    let fields = |token| [("token", token), ("to", "off"), ("reason", "x")];
    for (name, sender) in [
        ("nothing said", browser.clone()),
        (
            "another origin",
            browser.clone().with("origin", "https://evil.example"),
        ),
        ("a frame of no origin", browser.clone().with("origin", "null")),
        (
            "another site",
            browser
                .clone()
                .with("origin", &browser.origin)
                .with("sec-fetch-site", "cross-site"),
        ),
        (
            "the same site",
            browser.clone().with("sec-fetch-site", "same-site"),
        ),
    ] {
        let page = sender.send(Method::POST, &path, Some(&fields(&token))).await;
        assert_eq!(page.status, 403, "{name}");
    }
    for (name, token) in [("none", ""), ("another's", others.as_str()), ("invented", "AAAA")] {
        let page = browser.post(&path, &fields(token)).await;
        assert_eq!(page.status, 403, "{name}");
        page.says("This page was too old");
    }
    // Signing in and out, too.
    let visitor = Browser::at(&world);
    visitor.get("/console/sign-in").await;
    let bare = [("name", "sam"), ("password", PASSWORD)];
    assert_eq!(visitor.post("/console/sign-in", &bare).await.status, 403);
    assert_eq!(
        browser.post("/console/sign-out", &[("token", "")]).await.status,
        403
    );
    assert_eq!(browser.get(&here("")).await.status, 200, "still signed in");
    assert_eq!(
        browser.post(&path, &fields(&token)).await.status,
        303,
        "so it does go"
    );
    world.finish().await;
}

/// From another site the browser keeps the cookie back: the page comes again by itself instead of signing out.
#[tokio::test]
async fn a_link_of_another_site_leads_in() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let coming = browser
        .with_cookie("")
        .with("sec-fetch-site", "cross-site")
        .with("sec-fetch-mode", "navigate");
    let page = coming.get(&here("/deliveries")).await;
    assert_eq!((page.status, page.cookie.as_str()), (200, ""));
    page.says("http-equiv=\"refresh\" content=\"0\"");
    world.finish().await;
}

/// The console's own host: there it is, and nowhere else; and nothing else is there.
#[tokio::test]
async fn a_host_of_its_own() {
    let world = Supplier::with_buyer().start().await;
    let mut config = world.gateway.config.clone();
    config.console.public_url = Some("https://console.example.com".parse().unwrap());
    let (address, _stop) = world.another_gateway(config).await;
    let ask = |host: &'static str, path: &'static str| async move {
        let answer = http()
            .get(format!("http://{address}{path}"))
            .header("host", host)
            .send();
        let answer = answer.await.unwrap();
        let cookie = answer
            .headers()
            .get("set-cookie")
            .map(|it| it.to_str().unwrap().to_owned());
        (answer.status().as_u16(), cookie.unwrap_or_default())
    };
    let (status, cookie) = ask("console.example.com", "/console/sign-in").await;
    assert_eq!(status, 200);
    assert!(
        cookie.starts_with("__Host-punchgate-console=")
            && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    for (host, path, expected) in [
        ("gateway.example.com", "/console/sign-in", 404),
        ("gateway.example.com", "/api/openapi.json", 200),
        ("console.example.com", "/api/openapi.json", 404),
        ("console.example.com", "/punchout/start/x", 404),
        ("console.example.com", "/healthz", 200),
    ] {
        assert_eq!(ask(host, path).await.0, expected, "{host}{path}");
    }
    world.finish().await;
}
