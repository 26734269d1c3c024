//! Cases: relationships as the directory hands them out.

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    directory::{Directory, DirectoryError},
    entropy::SeededEntropy,
    seal::{Keyring, rotation},
};
use punchgate_domain::{catalogue::Problem, ids::RelationshipId};

use super::world::{ACME, World, by_sam};

#[tokio::test]
async fn a_change_counts_after_two_seconds_and_not_before() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let (here, elsewhere) = (world.directory(), world.directory());
        let (supplier, globex) = (world.supplier(), RelationshipId::from("globex"));
        let is_enabled =
            async |directory: &Directory| directory.relationship(&supplier, &globex).await.unwrap().enabled;
        assert!(is_enabled(&here).await && is_enabled(&elsewhere).await);

        here.switch(&supplier, &globex, false, &by_sam()).await.unwrap();
        assert!(!is_enabled(&here).await, "at once where it was switched");
        world.clock.advance(Duration::from_millis(1_999));
        assert!(is_enabled(&elsewhere).await);
        world.clock.advance(Duration::from_millis(1));
        assert!(
            !is_enabled(&elsewhere).await,
            "within two seconds in another process"
        );

        let renamed = ACME.replace("Globex by Ariba", "Globex");
        world.apply(&renamed, false).await.unwrap();
        world.clock.advance(Duration::from_secs(2));
        let now = elsewhere.relationship(&supplier, &globex).await.unwrap();
        assert_eq!((now.name.as_str(), now.enabled), ("Globex", false));
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_read_again() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let directory = world.directory();
        let (supplier, globex) = (world.supplier(), RelationshipId::from("globex"));
        let before = directory.relationship(&supplier, &globex).await.unwrap();
        // Something else of the supplier changes: the relationship is taken over as it is.
        world
            .apply(&ACME.replace("pages = 5", "pages = 7"), false)
            .await
            .unwrap();
        world.clock.advance(Duration::from_secs(3));
        let after = directory.relationship(&supplier, &globex).await.unwrap();
        assert!(Arc::ptr_eq(&before, &after));
        // The supplier itself changes: it stands in every relationship.
        let text = ACME
            .replace("America/Chicago", "Europe/Berlin")
            .replace("pages = 5", "pages = 7");
        world.apply(&text, false).await.unwrap();
        world.clock.advance(Duration::from_secs(3));
        let after = directory.relationship(&supplier, &globex).await.unwrap();
        assert_eq!(after.supplier.time_zone.iana_name(), Some("Europe/Berlin"));
    }
}

#[tokio::test]
async fn addresses_that_name_nobody() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let directory = world.directory();
        let supplier = world.supplier();
        for text in [
            String::new(),
            "globex".to_owned(),
            format!("{supplier}."),
            format!("{supplier}.nobody"),
            format!("{supplier}/globex"),
            format!("{supplier}.GLOBEX"),
            format!("nobody-{supplier}.globex"),
            "x".repeat(10_000),
        ] {
            let error = directory.by_url(&text).await.unwrap_err();
            assert!(matches!(error, DirectoryError::Unknown(_)), "{text}");
            assert_eq!(error.problem(), Problem::UnknownRelationship);
        }
        assert!(
            directory
                .switch(&supplier, &"nobody".into(), true, &by_sam())
                .await
                .is_err()
        );
        assert_eq!(directory.relationships(&supplier).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_missing_sealing_key_breaks_what_it_sealed_and_nothing_else() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let other = Arc::new(Keyring::ephemeral(&SeededEntropy::new(99)));
        let directory = Directory::new(world.surroundings.clone(), other);
        let error = directory
            .relationship(&world.supplier(), &"globex".into())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("which is not in the key file"),
            "{error}"
        );
        assert_eq!(error.problem(), Problem::Internal);
        assert_eq!(
            directory.supplier(&world.supplier()).await.unwrap().name,
            "Acme Supply"
        );
    }
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_no_longer_needed() {
    // Rotation is of the whole database: it belongs to one with this test's suppliers only.
    let mut world = World::all().await.remove(0);
    let (old, new) = (1, 2);
    let key = |seed| Keyring::new_key(&SeededEntropy::new(seed)).expose().to_owned();
    world.keyring = Arc::new(Keyring::read(&key(old)).unwrap());
    world.set_acme();
    world.apply(ACME, false).await.unwrap();

    let both = Keyring::read(&format!("{}\n{}", key(new), key(old))).unwrap();
    let rotated = rotation::rotate(&world.surroundings, &both).await.unwrap();
    assert_eq!((rotated.resealed, rotated.unchanged), (4, 0));
    let again = rotation::rotate(&world.surroundings, &both).await.unwrap();
    assert_eq!((again.resealed, again.unchanged), (0, 4));

    world.keyring = Arc::new(Keyring::read(&key(new)).unwrap());
    let globex = world
        .directory()
        .relationship(&world.supplier(), &"globex".into())
        .await
        .unwrap();
    assert_eq!(
        globex
            .outbound
            .as_ref()
            .unwrap()
            .secret
            .as_ref()
            .unwrap()
            .expose(),
        "outbound-secret"
    );
    assert!(world.apply(ACME, true).await.unwrap().is_unchanged());
    let lost = Keyring::read(&key(3)).unwrap();
    assert!(rotation::rotate(&world.surroundings, &lost).await.is_err());
}
