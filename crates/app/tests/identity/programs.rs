//! Cases: connectors that run a program.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use futures_util::future::join_all;
use punchgate_app::connectors::{ConnectorRegistry, ConnectorSource, ConnectorSourceError};
use punchgate_connector::{
    Capabilities, CheckReport, ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind,
    Secrets, Spec,
    child::{ChildError, Greeting, Limits, Program},
    egress::EgressRules,
};
use punchgate_domain::ids::ConnectorId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::world::{ACME, World};

/// Its program says how often it was started, in place of a page size, and ends when it is asked anything.
#[derive(Debug)]
struct Counting {
    script: String,
    started: u32,
}

impl Counting {
    /// The setting `base_url` names the file in which the starts are counted.
    fn make(_: &str, settings: &serde_json::Value, _: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        let file = settings["base_url"].as_str().unwrap();
        let script = format!("echo $$ >> {file}; read hello; wc -l < {file}; read line; exit 1");
        Ok(Box::new(Self { script, started: 0 }))
    }

    fn failing(_: &str, _: &serde_json::Value, _: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        let script = "exit 1".to_owned();
        Ok(Box::new(Self { script, started: 0 }))
    }
}

#[async_trait::async_trait]
impl Connector for Counting {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: "idle",
            capabilities: Capabilities {
                page_size: self.started,
                ..Capabilities::default()
            },
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    fn program(&self) -> Option<Program> {
        Some(Program {
            path: "/bin/sh".into(),
            args: vec!["-c".to_owned(), self.script.clone()],
            directory: "/".into(),
            environment: BTreeMap::new(),
            greeting: Greeting {
                line: "hello".into(),
                judge: Arc::new(|_| Ok(())),
            },
            secrets: Vec::new(),
            limits: Limits {
                start: Duration::from_mins(2),
                first_wait: Duration::ZERO,
                ..Limits::default()
            },
        })
    }

    fn introduced(&self, greeting: &[u8]) -> ConnectorResult<Box<dyn Connector>> {
        let said = String::from_utf8_lossy(greeting);
        Ok(Box::new(Self {
            script: self.script.clone(),
            started: said.trim().parse().unwrap(),
        }))
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "check",
            "counts only",
        ))
    }
}

/// Whether a process has ended; until somebody asks for its end it is a zombie.
fn is_gone(process: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process).join("stat"));
    stat.is_ok_and(|stat| stat.contains(") Z ")) || !Path::new("/proc").join(process).exists()
}

#[tokio::test]
async fn a_program_is_started_once_and_what_it_says_anew_counts() {
    for world in World::all().await {
        let folder = tempfile::tempdir().unwrap();
        let counted = folder.path().join("starts");
        let acme = ACME.replace("https://shop.example.com", counted.to_str().unwrap());
        world.set_acme();
        world.apply(&acme, false).await.unwrap();
        let registry = ConnectorRegistry::new().with("idle", Counting::make);
        let source = ConnectorSource::new(world.surroundings.clone(), Arc::clone(&world.keyring), registry);
        let (supplier, shop) = (world.supplier(), ConnectorId::from("shop"));

        let together = join_all((0..4).map(|_| source.connector(&supplier, &shop))).await;
        let first = together.into_iter().next().unwrap().unwrap();
        let starts = || std::fs::read_to_string(&counted).unwrap().lines().count();
        assert_eq!((first.spec().capabilities.page_size, starts()), (1, 1));

        // It ends while it is asked, twice: the second time it was another one, which said something else.
        for ask in ["ask-1", "ask-2"] {
            let now = world.surroundings.now();
            let context = first.context(ask, now, Duration::from_mins(2), CancellationToken::new());
            let until = Instant::now() + Duration::from_mins(2);
            let unseen = context.ask(b"anything", until, |_| Ok(())).await;
            assert!(matches!(unseen, Err(ChildError::Unseen { .. })), "{unseen:?}");
        }
        let anew = source.connector(&supplier, &shop).await.unwrap();
        assert_eq!((anew.spec().capabilities.page_size, starts()), (3, 3));
        let again = source.connector(&supplier, &shop).await.unwrap();
        assert!(Arc::ptr_eq(&anew, &again));

        // Switched off, it is ended with the last who uses it.
        let off = acme.replacen("id = \"shop\"\n", "id = \"shop\"\nenabled = false\n", 1);
        world.apply(&off, false).await.unwrap();
        world.clock.advance(Duration::from_secs(2));
        source.connector(&supplier, &shop).await.unwrap_err();
        let text = std::fs::read_to_string(&counted).unwrap();
        let process = text.lines().last().unwrap();
        assert!(!is_gone(process), "somebody still uses it");
        drop((first, anew, again));
        let gone = async {
            while !is_gone(process) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(2), gone).await.unwrap();
    }
}

#[tokio::test]
async fn a_program_that_does_not_run_is_said_so() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let registry = ConnectorRegistry::new().with("idle", Counting::failing);
        let source = ConnectorSource::new(world.surroundings.clone(), Arc::clone(&world.keyring), registry);
        let error = source
            .connector(&world.supplier(), &"shop".into())
            .await
            .unwrap_err();
        assert!(matches!(error, ConnectorSourceError::Program { .. }), "{error}");
        assert!(error.to_string().contains("/bin/sh was not asked"), "{error}");
    }
}
