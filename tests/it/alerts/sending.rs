//! Mails that the server takes, puts off, or refuses.

use std::{fs, time::Duration};

use punchgate::config::MailTls;

use super::{away, held, look, mailbox::Mailbox, send, with_held_order};
use crate::support::{cxml::Po, supplier::SUPPLIER_ID};

#[tokio::test]
async fn a_held_order_is_told_once_then_what_followed_together_then_its_end() {
    let Some(mailbox) = Mailbox::of("digest") else {
        return;
    };
    let to = mailbox.address("desk");
    let world = with_held_order("4500001").await;
    let gateway = world.assembled(mailbox.config(&world.gateway.config, &[&to]));
    for _ in 0..2 {
        look(&gateway).await;
        send(&gateway).await;
    }
    let first = mailbox.of_address(&to);
    assert_eq!(first.len(), 1);
    assert_eq!(
        first[0].subject,
        "Ironquay Industrial Supply: Orders: held (1 alert)"
    );
    let order = world.order("4500001").await.order_id;
    let link = format!("http://{}/console/s/{SUPPLIER_ID}/orders/{order}", world.address);
    assert!(
        first[0].text.contains("order 4500001 of acme") && first[0].text.contains(&link),
        "{}",
        first[0].text
    );
    for header in [
        "From: punchgate@gateway.example",
        "Auto-Submitted: auto-generated",
        "charset=utf-8",
    ] {
        assert!(first[0].raw.contains(header), "{header}: {}", first[0].raw);
    }

    // Two more within the window, and the first is over; a restart in between.
    world.clock.advance(Duration::from_secs(60));
    held(&world, "4500002").await;
    look(&gateway).await;
    held(&world, "4500003").await;
    world
        .meddle("update purchase_order set state = 'declined' where order_number = '4500001'")
        .await;
    let gateway = world.assembled(gateway.config.clone());
    look(&gateway).await;
    send(&gateway).await;
    assert_eq!(mailbox.of_address(&to).len(), 1, "they are gathered");
    world.clock.advance(Duration::from_secs(15 * 60));
    look(&gateway).await;
    send(&gateway).await;
    let mails = mailbox.of_address(&to);
    assert_eq!(mails.len(), 2);
    let digest = &mails[1];
    assert_eq!(
        digest.subject,
        "Ironquay Industrial Supply: Orders: held (2 alerts)"
    );
    for says in [
        "order 4500002 of acme",
        "order 4500003 of acme",
        "Over (1):\n  - Orders: held: order 4500001 of acme",
    ] {
        assert!(
            digest.text.replace("\r\n", "\n").contains(says),
            "{says}: {}",
            digest.text
        );
    }

    // What goes on is told again after a day, and not before.
    for (hours, count) in [(23, 2), (1, 3)] {
        world.clock.advance(Duration::from_secs(hours * 3_600));
        look(&gateway).await;
        send(&gateway).await;
        assert_eq!(mailbox.of_address(&to).len(), count, "{hours}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_was_away_gets_one_mail_with_the_id_that_it_had() {
    let Some(mailbox) = Mailbox::of("away") else {
        return;
    };
    let to = mailbox.address("desk");
    let world = with_held_order("4500001").await;
    let gone = away(&world, &[&to]).await;
    look(&gone).await;
    send(&gone).await;
    let entry = world.unfinished().await.remove(0);
    assert!(
        entry.last_error.clone().unwrap().contains("gives no answer"),
        "{entry:?}"
    );
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        send(&gone).await;
    }
    let back = world.assembled(mailbox.config(&world.gateway.config, &[&to]));
    world.clock.advance(Duration::from_secs(600));
    look(&back).await;
    send(&back).await;
    look(&back).await;
    send(&back).await;
    let mails = mailbox.of_address(&to);
    assert_eq!(mails.len(), 1);
    let job: serde_json::Value = serde_json::from_str(&entry.payload).unwrap();
    assert_eq!(mails[0].id, job["id"].as_str().unwrap());
    world.finish().await;
}

#[tokio::test]
async fn a_recipient_that_is_put_off_gets_it_later() {
    let Some(mailbox) = Mailbox::of("later") else {
        return;
    };
    let to = mailbox.address("desk");
    let mark = mailbox.keep_out("later", &to);
    let world = with_held_order("4500001").await;
    let gateway = world.assembled(mailbox.config(&world.gateway.config, &[&to]));
    look(&gateway).await;
    send(&gateway).await;
    let entry = world.unfinished().await.remove(0);
    assert!(entry.last_error.unwrap().contains("come again later"));
    assert_eq!(
        (entry.state.as_str(), mailbox.of_address(&to).len()),
        ("pending", 0)
    );
    fs::remove_file(mark).unwrap();
    world.clock.advance(Duration::from_secs(2));
    send(&gateway).await;
    assert_eq!(mailbox.of_address(&to).len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_recipient_that_is_refused_keeps_no_other_from_its_mail() {
    let Some(mailbox) = Mailbox::of("refused") else {
        return;
    };
    let (gone, desk) = (mailbox.address("gone"), mailbox.address("desk"));
    let mark = mailbox.keep_out("refused", &gone);
    let world = with_held_order("4500001").await;
    let gateway = world.assembled(mailbox.config(&world.gateway.config, &[&gone, &desk]));
    look(&gateway).await;
    send(&gateway).await;
    assert_eq!(
        (mailbox.of_address(&gone).len(), mailbox.of_address(&desk).len()),
        (0, 1)
    );
    let left = world.unfinished().await;
    assert_eq!((left.len(), left[0].state.as_str()), (1, "dead"));
    assert!(
        left[0]
            .last_error
            .clone()
            .unwrap()
            .contains("there is nobody of that name")
    );
    // Somebody has mended it, and tries.
    fs::remove_file(mark).unwrap();
    let tried = gateway.alerts.try_out().await.unwrap();
    assert!(
        tried.iter().all(|one| one.said.is_ok()) && tried.len() == 2,
        "{tried:?}"
    );
    assert_eq!(gateway.alerts.send_what_waits().await.unwrap(), 1);
    send(&gateway).await;
    assert_eq!(mailbox.of_address(&gone).len(), 2, "the trial, and what waited");
    world.finish().await;
}

#[tokio::test]
async fn a_hostile_number_makes_no_header() {
    let Some(mailbox) = Mailbox::of("hostile") else {
        return;
    };
    let to = mailbox.address("desk");
    let world = crate::support::supplier::Supplier::with_buyer()
        .credit("1000.00")
        .start()
        .await;
    let number = "45&#13;&#10;Bcc: eve@evil.example&#13;&#10;&#8238;x";
    world.send(&Po::new(number, "5000.00").xml()).await;
    world.send(&Po::new("łódź-7", "5000.00").xml()).await;
    world.drain().await;
    let mut config = mailbox.config(&world.gateway.config, &[&to]);
    (config.alerts.email.port, config.alerts.email.tls) = (mailbox.ports.1, MailTls::Tls);
    let gateway = world.assembled(config);
    look(&gateway).await;
    send(&gateway).await;
    let mails = mailbox.of_address(&to);
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].text.contains("order łódź-7 of acme"),
        "{}",
        mails[0].text
    );
    assert!(mails[0].text.contains("eve@evil.example"), "{}", mails[0].text);
    let lines = mails[0].raw.lines().chain(mails[0].text.lines());
    assert!(
        lines.into_iter().all(|line| !line.starts_with("Bcc")),
        "{}",
        mails[0].raw
    );
    assert!(!mails[0].text.contains('\u{202e}'), "{}", mails[0].text);
    assert!(mailbox.of_address("eve@evil.example").is_empty());
    world.finish().await;
}
