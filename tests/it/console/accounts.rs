//! Accounts by the command line, passwords by a link.

use std::time::Duration;

use punchgate_domain::operator::Role;

use super::{Browser, PASSWORD, here};
use crate::{
    operations::punchgate,
    support::{supplier::Supplier, world::World},
};

/// Runs `punchgate users …`; what it printed.
async fn users(world: &World, words: &str) -> (i32, String, String) {
    let words: Vec<&str> = std::iter::once("users").chain(words.split(' ')).collect();
    let printed = punchgate(world, &words).await;
    (printed.code, printed.out, printed.err)
}

/// The path of a printed link.
fn path(out: &str) -> String {
    let (_, path) = out.trim().split_once("/console/").expect(out);
    format!("/console/{path}")
}

#[tokio::test]
async fn an_account_is_made_by_a_command_and_its_password_by_a_link() {
    let world = Supplier::with_buyer().start().await;
    let (code, out, err) = users(&world, "add sam --role owner --supplier ironquay --by kim").await;
    assert_eq!(code, 0, "{err}");
    let link = path(&out);
    assert!(err.contains("24 hours"), "{err}");
    let (_, listed, _) = users(&world, "list --supplier ironquay").await;
    assert_eq!(listed, "sam  owner  without a password\n");

    let browser = Browser::at(&world);
    let form = browser.get(&link).await;
    assert_eq!(form.status, 200);
    form.says("For the account <b>sam</b>");
    let token = form.token();
    let send = |password: &'static str, again: &'static str| {
        let (browser, link, token) = (browser.clone(), link.clone(), token.clone());
        async move {
            let fields = [
                ("token", token.as_str()),
                ("password", password),
                ("again", again),
            ];
            browser.post(&link, &fields).await
        }
    };
    send("too short", "too short")
        .await
        .says("fewer than 12 characters");
    send(PASSWORD, "another sentence")
        .await
        .says("The two are not the same.");
    send("sam and a sentence", "sam and a sentence")
        .await
        .says("your name is in it");
    let set = send(PASSWORD, PASSWORD).await;
    assert_eq!(
        (set.status, set.location.as_str()),
        (303, "/console/sign-in?done=password")
    );
    assert_eq!(send(PASSWORD, PASSWORD).await.status, 404, "it works once");
    assert_eq!(browser.get(&link).await.status, 404);
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    let (_, listed, _) = users(&world, "list --supplier ironquay").await;
    assert_eq!(listed, "sam  owner  active\n");

    let (code, out, _) = users(&world, "reset sam --by kim").await;
    assert_eq!(code, 0);
    assert_eq!(browser.get(&here("")).await.status, 303);
    let second = path(&out);
    assert_eq!(browser.get(&second).await.status, 200);
    world.finish().await;
}

#[tokio::test]
async fn a_link_works_for_a_day() {
    let world = Supplier::with_buyer().start().await;
    let operators = &world.gateway.operators;
    let link = operators
        .add("sam", &"ironquay".into(), Role::Owner, "cli:kim")
        .await
        .unwrap();
    let path = format!("/console/password/{}", link.expose());
    let browser = Browser::at(&world);
    world.clock.advance(Duration::from_secs(24 * 3600 - 1));
    let form = browser.get(&path).await;
    assert_eq!(form.status, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.get(&path).await.status, 404);
    let token = form.token();
    let fields = [
        ("token", token.as_str()),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    assert_eq!(browser.post(&path, &fields).await.status, 404);
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 422);
    world.finish().await;
}

#[tokio::test]
async fn wrong_words_are_told_and_change_nothing() {
    let world = Supplier::with_buyer().start().await;
    users(&world, "add sam --role owner --supplier ironquay --by kim").await;
    for (words, said) in [
        (
            "add sam --role owner --supplier ironquay --by kim",
            "there is an account 'sam' already",
        ),
        (
            "add s --role owner --supplier ironquay --by kim",
            "'s' is no name of an account",
        ),
        (
            "add gateway --role owner --supplier ironquay --by kim",
            "is no name of an account",
        ),
        (
            "add kim --role owner --supplier ironquey --by kim",
            "there is no supplier 'ironquey'",
        ),
        ("disable pat --by kim", "there is no account 'pat'"),
        ("reset pat --by kim", "there is no account 'pat'"),
        (
            "role pat --supplier ironquay --role support --by kim",
            "there is no account 'pat'",
        ),
    ] {
        let (code, out, err) = users(&world, words).await;
        assert_eq!((code, out.as_str()), (1, ""), "{words}");
        assert!(err.contains(said), "{words}: {err}");
    }
    assert_eq!(users(&world, "disable sam --by kim").await.0, 0);
    let (code, _, err) = users(&world, "reset sam --by kim").await;
    assert!(code == 1 && err.contains("disabled"), "{err}");
    let (_, listed, _) = users(&world, "list --supplier ironquay").await;
    assert_eq!(listed, "sam  owner  disabled\n");
    world.finish().await;
}
