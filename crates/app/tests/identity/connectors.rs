//! Cases: connectors made of their rows.

use std::{path::PathBuf, sync::Arc, time::Duration};

use punchgate_app::connectors::{ConnectorRegistry, ConnectorSource, ConnectorSourceError};
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorResult, Context, EgressRules, Secrets, Spec, folder::Roots,
};
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

/// Opens a file of this machine.
#[derive(Debug)]
struct Opens(&'static str);

#[async_trait::async_trait]
impl Connector for Opens {
    fn spec(&self) -> Spec<'_> {
        Spec::default()
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    fn paths(&self) -> Vec<(&'static str, PathBuf)> {
        vec![("settings.file", self.0.into())]
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        unreachable!("nobody asks")
    }
}

fn opens_one(_: &str, _: &serde_json::Value, _: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
    Ok(Box::new(Opens("/srv/erp/erp.sqlite")))
}

fn opens_another(_: &str, _: &serde_json::Value, _: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
    Ok(Box::new(Opens("/srv/erp/../gateway/punchgate.sqlite")))
}

#[tokio::test]
async fn a_connector_opens_files_only_where_it_may() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let made = async |roots: &[&str], opens: punchgate_app::connectors::Constructor| {
            let roots = Roots(roots.iter().map(PathBuf::from).collect());
            let registry = ConnectorRegistry::new().with("idle", opens).with_roots(roots);
            let source =
                ConnectorSource::new(world.surroundings.clone(), Arc::clone(&world.keyring), registry);
            source.connector(&world.supplier(), &"erp".into()).await
        };
        made(&["/var", "/srv/erp"], opens_one).await.unwrap();
        for (roots, opens) in [
            (&[][..], opens_one as punchgate_app::connectors::Constructor),
            (&["/srv/er"], opens_one),
            (&["/srv/erp"], opens_another),
        ] {
            let error = made(roots, opens).await.unwrap_err().to_string();
            assert!(
                error.contains("settings.file") && error.contains("lies under no folder"),
                "{error}"
            );
        }
    }
}
