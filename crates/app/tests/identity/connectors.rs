//! Cases: connectors made of their rows.

use std::{sync::Arc, time::Duration};

use punchgate_app::connectors::{ConnectorSource, ConnectorSourceError};
use tokio_util::sync::CancellationToken;

use super::world::{ACME, World, registry};

#[tokio::test]
async fn a_connector_is_made_once_for_each_version() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let source = ConnectorSource::new(world.surroundings.clone(), Arc::clone(&world.keyring), registry());
        let (supplier, shop) = (world.supplier(), "shop".into());
        let first = source.connector(&supplier, &shop).await.unwrap();
        assert_eq!(first.spec().kind, "idle");
        let now = world.surroundings.now();
        let context = first.context("op-1", now, Duration::from_secs(5), CancellationToken::new());
        assert_eq!(context.operation_id(), "op-1");

        world.clock.advance(Duration::from_secs(10));
        let again = source.connector(&supplier, &shop).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));

        world.set("SHOP", "another-secret-12");
        world.apply(ACME, false).await.unwrap();
        let cached = source.connector(&supplier, &shop).await.unwrap();
        assert!(Arc::ptr_eq(&first, &cached));
        world.clock.advance(Duration::from_secs(2));
        let changed = source.connector(&supplier, &shop).await.unwrap();
        assert!(!Arc::ptr_eq(&first, &changed));
    }
}

#[tokio::test]
async fn connectors_that_cannot_be_called() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let source = ConnectorSource::new(world.surroundings.clone(), Arc::clone(&world.keyring), registry());
        let (supplier, shop) = (world.supplier(), "shop".into());
        let unknown = source.connector(&supplier, &"till".into()).await.unwrap_err();
        assert!(matches!(unknown, ConnectorSourceError::Unknown { .. }));

        source.connector(&supplier, &shop).await.unwrap();
        let off = ACME.replacen("id = \"shop\"\n", "id = \"shop\"\nenabled = false\n", 1);
        world.apply(&off, false).await.unwrap();
        world.clock.advance(Duration::from_secs(2));
        let error = source.connector(&supplier, &shop).await.unwrap_err();
        assert!(matches!(error, ConnectorSourceError::Disabled { .. }), "{error}");

        let none = ConnectorSource::new(
            world.surroundings.clone(),
            Arc::clone(&world.keyring),
            punchgate_app::connectors::ConnectorRegistry::new(),
        );
        let error = none.connector(&supplier, &"erp".into()).await.unwrap_err();
        assert!(
            error.to_string().contains("there is no connector of kind 'idle'"),
            "{error}"
        );
    }
}
