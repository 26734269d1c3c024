//! Senders that sign with a private key: their public keys are fetched, kept, and fetched again when it may help.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{due, now, path};
use crate::support::{http, supplier::Supplier, world::World};

/// A key of the sender's.
struct Key {
    kid: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
        Self {
            kid,
            pair: pair.unwrap(),
        }
    }

    fn published(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
    }

    /// A token for a world of this time, with an id of its own.
    fn token(&self, world: &World, id: &str) -> String {
        let head = json!({ "alg": "ES256", "kid": self.kid });
        let claims =
            json!({ "iss": "https://login.example", "aud": "gateway", "exp": now(world) + 60, "jti": id });
        let message = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(signature))
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

async fn publish(server: &MockServer, status: u16, keys: &[&Key]) {
    server.reset().await;
    let keys: Vec<Value> = keys.iter().map(|key| key.published()).collect();
    let answer = ResponseTemplate::new(status).set_body_json(json!({ "keys": keys }));
    Mock::given(any()).respond_with(answer).mount(server).await;
}

async fn fetches(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn send(world: &World, token: &str) -> u16 {
    let url = format!("http://{}/api/v1/hooks/{}", world.address, path("erp"));
    let answer = http()
        .post(url)
        .bearer_auth(token)
        .body("{}")
        .send()
        .await
        .unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn keys_are_fetched_kept_and_fetched_again() {
    let (server, first, second) = (MockServer::start().await, Key::new("k-1"), Key::new("k-2"));
    publish(&server, 200, &[&first]).await;
    let settings = format!(
        "scheme = \"jwt\"\nalgorithm = \"ES256\"\njwks_url = \"{}/keys\"\nallow_http = true\n\
         allow_networks = [\"127.0.0.0/8\"]\nissuer = \"https://login.example\"\naudience = \"gateway\"",
        server.uri()
    );
    let world = Supplier::with_buyer().hints("erp", settings).start().await;
    assert_eq!(send(&world, &first.token(&world, "1")).await, 202);
    // It says nothing of the body: another message may come with it.
    assert_eq!(send(&world, &first.token(&world, "1")).await, 202);
    assert_eq!(send(&world, &first.token(&world, "2")).await, 202);
    assert_eq!(due(&world, "erp").await.len(), 3);
    assert_eq!(fetches(&server).await, 1);

    // Another key: asked for once a minute, whoever names it, and then it is there.
    publish(&server, 200, &[&first, &second]).await;
    assert_eq!(
        send(&world, &second.token(&world, "3")).await,
        401,
        "fetched a moment ago"
    );
    assert_eq!(fetches(&server).await, 0);
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(send(&world, &second.token(&world, "4")).await, 202);
    assert_eq!(send(&world, &Key::new("k-3").token(&world, "5")).await, 401);
    assert_eq!(send(&world, &Key::new("k-2").token(&world, "6")).await, 401);
    assert_eq!(fetches(&server).await, 1);

    // Nobody answers any more: the last ones count for a day.
    publish(&server, 500, &[]).await;
    world.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(send(&world, &second.token(&world, "7")).await, 202);
    assert_eq!(send(&world, &second.token(&world, "8")).await, 202);
    assert_eq!(fetches(&server).await, 1);
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(send(&world, &second.token(&world, "9")).await, 401);
    publish(&server, 200, &[&second]).await;
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(send(&world, &second.token(&world, "9")).await, 202);
    assert_eq!(
        send(&world, &first.token(&world, "10")).await,
        401,
        "no longer published"
    );
    world.finish().await;
}
