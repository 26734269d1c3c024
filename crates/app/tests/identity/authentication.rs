//! Cases: who is believed to send for whom.

mod cases;

use std::time::Duration;

use punchgate_app::{authentication::RefusalReason, directory::Directory};
use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::{
    Credential, DeploymentMode, Envelope, EnvelopeKind, Proof, Secret, StatedTimestamp,
    mac::{self, CredentialMac},
};

use super::world::World;
use cases::{CASES, FAILED, HUB};

/// Two suppliers; `@` is the test's tag. Globex buys from both, by the network; Initech has a test and a
/// production site with the same identities and other secrets; Hooli is on the network, too.
const SUPPLIERS: &str = r#"
[[supplier]]
id = "acme-@"
name = "Acme"
time_zone = "UTC"

[[supplier.relationship]]
id = "globex"
name = "Globex"
buyer = "Globex"
protocol = "cxml"
dialect = "ariba"
mode = "production"
order_sink = "none"
buyer_identities = [{ domain = "NetworkID", identity = "AN01-@" }, { domain = "VendorID", identity = "V-77-@" }]
sender_identities = [{ domain = "AribaNetworkUserId", identity = "sysadmin-@.example" }]
supplier_identities = [{ domain = "NetworkID", identity = "AN99-@" }]
secrets = { current = { env = "ACME_NET" }, previous = { env = "ACME_OLD" }, previous_valid_until = "2026-03-01T12:30:00Z" }

[[supplier.relationship]]
id = "hooli"
name = "Hooli"
buyer = "Hooli"
protocol = "cxml"
dialect = "ariba"
mode = "production"
order_sink = "none"
buyer_identities = [{ domain = "NetworkID", identity = "AN02-@" }, { domain = "DUNS", identity = "12-345-6789-@" }]
sender_identities = [{ domain = "AribaNetworkUserId", identity = "sysadmin-@.example" }]
supplier_identities = [{ domain = "NetworkID", identity = "AN99-@" }]
secrets = { current = { env = "HOOLI" } }

[[supplier.relationship]]
id = "initech"
name = "Initech"
buyer = "Initech"
protocol = "cxml"
dialect = "coupa"
mode = "production"
order_sink = "none"
buyer_identities = [{ domain = "COUPA", identity = "Initech-@" }]
supplier_identities = [{ domain = "DUNS", identity = "999-@" }]
secrets = { current = { env = "INITECH" } }

[[supplier.relationship]]
id = "initech-test"
name = "Initech test"
buyer = "Initech"
protocol = "cxml"
dialect = "coupa"
mode = "test"
order_sink = "none"
buyer_identities = [{ domain = "COUPA", identity = "Initech-@" }]
supplier_identities = [{ domain = "DUNS", identity = "999-@" }]
secrets = { current = { env = "INITECH_TEST" } }

[[supplier.relationship]]
id = "asleep"
name = "Asleep"
buyer = "Asleep"
protocol = "cxml"
dialect = "generic"
mode = "production"
enabled = false
order_sink = "none"
buyer_identities = [{ domain = "PrivateID", identity = "asleep-@" }]
supplier_identities = [{ domain = "DUNS", identity = "999-@" }]
secrets = { current = { env = "ASLEEP" } }

[[supplier]]
id = "bolt-@"
name = "Bolt"
time_zone = "UTC"

[[supplier.relationship]]
id = "globex"
name = "Globex at Bolt"
buyer = "Globex"
protocol = "cxml"
dialect = "ariba"
mode = "production"
order_sink = "none"
buyer_identities = [{ domain = "NetworkID", identity = "AN01-@" }]
sender_identities = [{ domain = "AribaNetworkUserId", identity = "sysadmin-@.example" }]
supplier_identities = [{ domain = "NetworkID", identity = "AN50-@" }]
secrets = { current = { env = "BOLT_NET" } }

[[supplier.relationship]]
id = "other"
name = "Another buyer whom Bolt gave the number that Acme gave to Globex"
buyer = "Other"
protocol = "cxml"
dialect = "generic"
mode = "production"
order_sink = "none"
buyer_identities = [{ domain = "VendorID", identity = "V-77-@" }]
supplier_identities = [{ domain = "NetworkID", identity = "AN50-@" }]
secrets = { current = { env = "OTHER" } }
"#;

async fn directory(world: &World) -> Directory {
    for name in [
        "ACME_NET",
        "ACME_OLD",
        "HOOLI",
        "INITECH",
        "INITECH_TEST",
        "ASLEEP",
        "BOLT_NET",
        "OTHER",
    ] {
        world.set(name, &format!("the secret of {name}"));
    }
    world.apply(SUPPLIERS, false).await.unwrap();
    world.directory()
}

/// A document: parties are written as `domain identity, …`; the proof goes to the last credential of Sender.
fn envelope(world: &World, [from, to, sender]: [&str; 3], proof: Proof) -> Envelope {
    let credentials = |party: &str| -> Vec<Credential> {
        world
            .fill(party)
            .split(", ")
            .filter_map(|text| text.split_once(' '))
            .map(|(domain, identity)| Credential::new(domain, identity))
            .collect()
    };
    let mut sender = credentials(sender);
    if let Some(last) = sender.last_mut() {
        last.proof = proof;
    }
    Envelope {
        payload_id: "1@example".to_owned(),
        timestamp: StatedTimestamp::default(),
        version: None,
        doctype_system_id: None,
        language: None,
        from: credentials(from),
        to: credentials(to),
        sender,
        user_agent: None,
        deployment_mode: DeploymentMode::Production,
        kind: EnvelopeKind::Request,
        in_reply_to: None,
        status: None,
    }
}

fn secret_of(name: &str) -> Proof {
    match name {
        "" => Proof::None,
        "(empty)" => Proof::SharedSecret(Secret::new("")),
        name => Proof::SharedSecret(Secret::new(format!("the secret of {name}"))),
    }
}

/// Who it is, or the problem.
async fn outcome(directory: &Directory, world: &World, envelope: &Envelope, url: Option<&str>) -> String {
    let url = url.map(|url| world.fill(url));
    match directory.authenticate(envelope, url.as_deref()).await {
        Ok(relationship) => relationship.path_text().replace(&world.tag, "@"),
        Err(refusal) => refusal.problem.entry().code.to_owned(),
    }
}

#[tokio::test]
async fn who_is_let_in() {
    for world in World::all().await {
        let directory = directory(&world).await;
        for (parties, secret, url, expected) in CASES {
            let envelope = envelope(&world, *parties, secret_of(secret));
            let found = outcome(&directory, &world, &envelope, *url).await;
            assert_eq!(&found, expected, "{parties:?} with {secret} at {url:?}");
        }
    }
}

#[tokio::test]
async fn unknown_sender_and_wrong_secret_read_alike() {
    for world in World::all().await {
        let directory = directory(&world).await;
        let mut texts = Vec::new();
        for (parties, secret) in [
            (["DUNS 1-@", "", "DUNS 1-@"], "WRONG"),
            (["COUPA Initech-@", "", "COUPA Initech-@"], "WRONG"),
            (["COUPA Initech-@", "", "DUNS 1-@"], "INITECH"),
            (["PrivateID asleep-@", "", "PrivateID asleep-@"], "WRONG"),
        ] {
            let envelope = envelope(&world, parties, secret_of(secret));
            let refusal = directory.authenticate(&envelope, None).await.unwrap_err();
            texts.push(refusal.problem.entry().partner_text);
        }
        texts.dedup();
        assert_eq!(texts.len(), 1);
    }
}

#[tokio::test]
async fn a_previous_secret_ends() {
    for world in World::all().await {
        let directory = directory(&world).await;
        let parties = ["NetworkID AN01-@", "NetworkID AN99-@", HUB];
        let old = envelope(&world, parties, secret_of("ACME_OLD"));
        let new = envelope(&world, parties, secret_of("ACME_NET"));
        world.clock.advance(Duration::from_secs(1_799));
        assert_eq!(outcome(&directory, &world, &old, None).await, "acme-@.globex");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(outcome(&directory, &world, &old, None).await, FAILED);
        assert_eq!(outcome(&directory, &world, &new, None).await, "acme-@.globex");
    }
}

#[tokio::test]
async fn a_mac_made_by_the_hub() {
    for world in World::all().await {
        let directory = directory(&world).await;
        let [from, sender] = [
            Credential::new("NetworkID", world.fill("AN01-@")),
            Credential::new("NetworkID", world.fill("AN01-@")),
        ];
        let (creation, expiration) = ("2026-03-01T11:00:00+00:00", "2026-03-01T12:10:00+00:00");
        let secret = Secret::new("the secret of ACME_NET");
        let value = mac::compute(&secret, &from, &sender, creation, expiration);
        let made = |value: &str| {
            Proof::Mac(CredentialMac {
                kind: "FromSenderCredentials".to_owned(),
                algorithm: "HMAC-SHA1-96".to_owned(),
                creation_date: creation.to_owned(),
                expiration_date: expiration.to_owned(),
                value: value.to_owned(),
            })
        };
        // From has another credential before the one that was signed.
        let parties = [
            "VendorID V-77-@, NetworkID AN01-@",
            "NetworkID AN99-@",
            "NetworkID AN01-@",
        ];
        let good = envelope(&world, parties, made(&value));
        assert_eq!(outcome(&directory, &world, &good, None).await, "acme-@.globex");
        let forged = envelope(&world, parties, made("AAAAAAAAAAAAAAAA"));
        assert_eq!(outcome(&directory, &world, &forged, None).await, FAILED);
        let other = envelope(&world, ["NetworkID AN02-@", "", "NetworkID AN01-@"], made(&value));
        assert_eq!(outcome(&directory, &world, &other, None).await, FAILED);
        world.clock.advance(Duration::from_secs(601));
        assert_eq!(outcome(&directory, &world, &good, None).await, FAILED);
    }
}

/// A hub makes MACs for all its customers; one made for somebody else proves nothing for those beside whom it is
/// put.
#[tokio::test]
async fn a_mac_speaks_for_its_own_credentials_alone() {
    const PERIOD: [&str; 2] = ["2026-03-01T11:00:00+00:00", "2026-03-01T12:10:00+00:00"];
    let hub = "AribaNetworkUserId sysadmin-@.example";
    let (buyer, alias) = ("NetworkID AN01-@", "VendorID V-77-@");
    let (unknown, stranger) = ("NetworkID AN666-@", "AribaNetworkUserId someone@evil.example");
    // Made over From and Sender; then the From and the Sender of the document.
    let cases = [
        (buyer, hub, vec![buyer], vec![hub], "acme-@.globex"),
        (alias, hub, vec![buyer, alias], vec![hub], "acme-@.globex"),
        (
            buyer,
            hub,
            vec![unknown, buyer],
            vec![stranger, hub],
            "acme-@.globex",
        ),
        (unknown, hub, vec![buyer, unknown], vec![hub], FAILED),
        (unknown, hub, vec![unknown, buyer], vec![hub], FAILED),
        (buyer, stranger, vec![buyer], vec![hub, stranger], FAILED),
        (
            unknown,
            stranger,
            vec![buyer, unknown],
            vec![hub, stranger],
            FAILED,
        ),
    ];
    for world in World::all().await {
        let directory = directory(&world).await;
        let credential = |text: &str| {
            let text = world.fill(text);
            let (domain, identity) = text.split_once(' ').unwrap();
            Credential::new(domain, identity)
        };
        for (signed_from, signed_sender, from, sender, expected) in &cases {
            let [creation, expiration] = PERIOD;
            let (by, over) = (credential(signed_sender), credential(signed_from));
            let secret = Secret::new("the secret of ACME_NET");
            let proof = Proof::Mac(CredentialMac {
                kind: "FromSenderCredentials".to_owned(),
                algorithm: "HMAC-SHA1-96".to_owned(),
                creation_date: creation.to_owned(),
                expiration_date: expiration.to_owned(),
                value: mac::compute(&secret, &over, &by, creation, expiration),
            });
            let parties = [&from.join(", "), "NetworkID AN99-@", &sender.join(", ")];
            let envelope = envelope(&world, parties, proof);
            let found = outcome(&directory, &world, &envelope, None).await;
            assert_eq!(
                &found, expected,
                "made over {signed_from} and {signed_sender}: {parties:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_an_operator_learns_of_a_refusal() {
    for world in World::all().await {
        let directory = directory(&world).await;
        let known = envelope(
            &world,
            ["COUPA Initech-@", "DUNS 999-@", "COUPA Initech-@"],
            secret_of("WRONG"),
        );
        let refusal = directory.authenticate(&known, None).await.unwrap_err();
        assert!(matches!(refusal.reason, RefusalReason::WrongSecret));
        assert_eq!(
            refusal.supplier,
            Some(world.supplier()),
            "both candidates are of one supplier"
        );
        assert_eq!(refusal.relationship, None, "test or production is not known");
        let claimed = world.fill("From COUPA=Initech-@; To DUNS=999-@; Sender COUPA=Initech-@");
        assert_eq!(refusal.claimed, claimed);
        assert!(!format!("{refusal:?}").contains("WRONG"));

        let nobody = envelope(&world, ["DUNS 1-@", "", "DUNS 1-@"], secret_of("WRONG"));
        let refusal = directory.authenticate(&nobody, None).await.unwrap_err();
        assert_eq!((refusal.supplier, refusal.relationship), (None, None));
        let address = world.fill("acme-@.globex");
        let refusal = directory.authenticate(&nobody, Some(&address)).await.unwrap_err();
        assert_eq!(refusal.supplier, Some(world.supplier()));
        assert_eq!(refusal.relationship.unwrap().as_str(), "globex");

        let crowd = vec!["DUNS 1"; 17].join(", ");
        let crowd = envelope(&world, [&crowd, "", "COUPA Initech-@"], secret_of("INITECH"));
        let refusal = directory.authenticate(&crowd, None).await.unwrap_err();
        assert_eq!(refusal.problem, Problem::AuthenticationFailed);
        assert!(matches!(refusal.reason, RefusalReason::TooMany));
    }
}
