//! Whoever asks too often is told to come again, in the form of what was asked for, and nobody else is.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};

use crate::support::{cxml::Po, http, supplier::Supplier, world::World};

async fn asked(world: &World, path: &str, bearer: Option<&str>) -> reqwest::Response {
    let mut request = http().get(format!("http://{}{path}", world.address));
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_to_come_again() {
    let world = Supplier::with_buyer()
        .limit("requests_per_address", 20)
        .start()
        .await;
    let mut asked_so_far = 0;
    while asked(&world, "/console/sign-in", None).await.status() == StatusCode::OK {
        asked_so_far += 1;
        assert!(asked_so_far <= 20);
    }
    let refused = asked(&world, "/console/sign-in", None).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "10");
    let api = asked(&world, "/api/v1/orders", None).await;
    assert_eq!(api.status(), StatusCode::TOO_MANY_REQUESTS);
    let problem: serde_json::Value = api.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["retryable"]),
        (&"overloaded".into(), &true.into())
    );
    // A sender of orders repeats what is answered so.
    let order = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!((order.http, order.status), (503, 560), "{}", order.body);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(asked(&world, path, None).await.status(), StatusCode::OK, "{path}");
    }
    world.clock.advance(Duration::from_secs(10));
    let order = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!((order.http, order.status), (200, 200), "{}", order.body);
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn whoever_guesses_keys_of_the_api_soon_may_not() {
    let world = Supplier::with_buyer()
        .limit("requests_per_address", 30)
        .start()
        .await;
    world.clock.advance(Duration::from_secs(60));
    let mut guesses = 0;
    loop {
        let answer = asked(&world, "/api/v1/orders", Some("pg_wrong")).await.status();
        if answer != StatusCode::UNAUTHORIZED {
            assert_eq!(answer, StatusCode::TOO_MANY_REQUESTS);
            break;
        }
        guesses += 1;
    }
    assert_eq!(guesses, 3);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.api(Method::GET, "/v1/orders", None).await.status, 200);
    world.finish().await;
}

#[tokio::test]
async fn a_secret_is_not_found_by_trying() {
    let world = Supplier::with_buyer()
        .limit("refused_per_sender", 3)
        .start()
        .await;
    let right = |number: &str| Po::new(number, "40.00").xml();
    let mut guess = Po::new("4500001", "40.00");
    guess.envelope.secret = "guess-what-i-guess".to_owned();
    for _ in 0..3 {
        assert_eq!(world.send(&guess.xml()).await.status, 401);
    }
    // Neither a wrong nor the right one is told apart any more. Its owner sends it again.
    for xml in [guess.xml(), right("4500001")] {
        let answer = world.send(&xml).await;
        assert_eq!((answer.http, answer.status), (503, 560), "{}", answer.body);
    }
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.send(&right("4500001")).await.status, 200);
    // Now it is known here: what is right costs nothing, whoever else has tried.
    for number in 2..12 {
        assert_eq!(world.send(&right(&format!("450000{number}"))).await.status, 200);
    }
    world.settle().await;
    world.finish().await;
}
