//! What is found of the mail server, without a mail: by `doctor`, and by the trial.

use std::{fs, process::Stdio, time::Duration};

use punchgate_app::{alerts::MailTrouble, seal::Secret};
use punchgate_egress::{Certificate, certificate_at};
use tokio::process::Command;

use super::mailbox::Mailbox;
use crate::support::{supplier::Supplier, world::World};

#[tokio::test]
async fn what_keeps_us_out_is_named() {
    let Some(mailbox) = Mailbox::of("closed") else {
        return;
    };
    let to = mailbox.address("desk");
    let world = Supplier::with_buyer().start().await;
    let good = mailbox.config(&world.gateway.config, &[&to]);
    let said = world
        .assembled(good.clone())
        .alerts
        .check()
        .await
        .unwrap()
        .unwrap();
    assert!(said.contains("lets us in"), "{said}");

    let mut wrong = good.clone();
    wrong.alerts.email.password = Secret::new("hush-hush");
    let mut nobody = good.clone();
    nobody.alerts.email.user = String::new();
    let mut stranger = good.clone();
    stranger.alerts.email.root_certificate = fs::read(mailbox.folder.join("stranger.pem")).unwrap();
    for (config, closed, says) in [
        (wrong, true, "does not let 'gateway' in"),
        (stranger, false, "certificate"),
    ] {
        let trouble = world.assembled(config).alerts.check().await.unwrap().unwrap_err();
        assert_eq!(matches!(trouble, MailTrouble::Closed(_)), closed, "{trouble:?}");
        let text = trouble.to_string();
        assert!(text.contains(says) && !text.contains("hush-hush"), "{text}");
    }
    // Without signing in the server lets us in, and takes nothing.
    let tried = world.assembled(nobody).alerts.try_out().await.unwrap();
    assert!(matches!(tried[0].said, Err(MailTrouble::Refused(_))), "{tried:?}");
    assert!(mailbox.of_address(&to).is_empty());
    world.finish().await;
}

/// Runs the program beside the gateway, with the mail server in its environment.
async fn punchgate(
    world: &World,
    mailbox: &Mailbox,
    to: &str,
    password: &str,
    words: &[&str],
) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(words)
        .env("PUNCHGATE_DATABASE_URL", world.database.url())
        .env("PUNCHGATE_KEY_VALUE", &world.key)
        .env("PUNCHGATE_ALERTS_EMAIL_HOST", "localhost")
        .env("PUNCHGATE_ALERTS_EMAIL_PORT", mailbox.ports.0.to_string())
        .env("PUNCHGATE_ALERTS_EMAIL_USER", "gateway")
        .env("PUNCHGATE_ALERTS_EMAIL_PASSWORD", password)
        .env(
            "PUNCHGATE_ALERTS_EMAIL_ROOT_CERTIFICATE_FILE",
            mailbox.folder.join("root.pem"),
        )
        .env("PUNCHGATE_ALERTS_EMAIL_FROM", "punchgate@gateway.example")
        .env("PUNCHGATE_ALERTS_EMAIL_TO", to)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn doctor_and_the_trial_say_what_came_of_it() {
    let Some(mailbox) = Mailbox::of("commands") else {
        return;
    };
    let to = mailbox.address("desk");
    let world = Supplier::with_buyer().start().await;
    let (_, found) = punchgate(&world, &mailbox, &to, "mail-pw", &["doctor"]).await;
    assert!(found.contains("ok       alerts by e-mail"), "{found}");
    assert!(mailbox.of_address(&to).is_empty(), "doctor sends nothing");
    let (code, found) = punchgate(&world, &mailbox, &to, "hush-hush", &["doctor"]).await;
    assert!(
        found.contains("does not let 'gateway' in") && !found.contains("hush-hush"),
        "{found}"
    );
    assert_eq!(code, 1);

    let (code, said) = punchgate(&world, &mailbox, &to, "hush-hush", &["alerts", "test"]).await;
    assert!(
        code == 1 && said.contains("failed") && !said.contains("hush-hush"),
        "{said}"
    );
    let (code, said) = punchgate(&world, &mailbox, &to, "mail-pw", &["alerts", "test"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(&format!("taken    {to} (Ironquay Industrial Supply)")),
        "{said}"
    );
    assert_eq!(mailbox.of_address(&to).len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_certificate_that_expires_soon_is_seen_before_it_does() {
    let Some(mailbox) = Mailbox::of("certificate") else {
        return;
    };
    // In real time, as the certificate is.
    let text = fs::read_to_string(mailbox.folder.join("root.pem")).unwrap();
    let root = pem(&text);
    let made = fs::metadata(mailbox.folder.join("server.pem"))
        .unwrap()
        .modified()
        .unwrap();
    let made = made.duration_since(std::time::UNIX_EPOCH).unwrap();
    let day = Duration::from_secs(24 * 3_600);
    for (at, roots, good) in [
        (made + day, vec![root.clone()], Some(true)),
        (made + 3 * day, vec![root], Some(false)),
        (made + day, Vec::new(), None),
    ] {
        let seen = certificate_at("localhost", mailbox.ports.1, at, roots, Duration::from_secs(10)).await;
        let found = match &seen {
            Certificate::Good => Some(true),
            Certificate::Expired => Some(false),
            Certificate::Unseen(_) => None,
        };
        assert_eq!(found, good, "{seen:?}");
    }
}

/// What stands between the lines of a PEM file.
fn pem(text: &str) -> Vec<u8> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(body).unwrap()
}
