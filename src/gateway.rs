//! The gateway put together: every use case with what it needs. Built once, handed to HTTP and jobs.

use std::sync::Arc;

use punchgate_app::{
    Surroundings,
    accounts::Accounts,
    alerts::Alerts,
    clock::SystemClock,
    connectors::{ConnectorRegistry, ConnectorSource},
    delivery::Reach,
    directory::Directory,
    doctor::Connections,
    entropy::OsEntropy,
    events::Tell,
    group_commit::{Bounds, GroupCommit},
    hooks::Hooks,
    inbound::{Inbound, QuarantineCaps, Settings},
    jobs::JobDesk,
    offers::Offers,
    operators::Operators,
    orders::{
        Intake, confirm::Deliver, contract::ComparePrices, feed::OrderFeed, operator::OrderDesk,
        redecide::Redecide, shadow::ShadowRuns, submit::Submit,
    },
    punchout::{self, Punchout},
    rehearsal::Rehearsals,
    seal::Keyring,
    throttle::{Rates, Throttle},
};
use punchgate_protocols::cxml::{Limits, dialect::Dialect};
use punchgate_storage::{Db, DbOptions};

use crate::{config::Config, mail::SmtpMailer, metrics::Metrics, post::EgressPost, serve::ServeError};

/// How many requests of one kind may wait for the intake; more are told to come again.
const INTAKE_DEPTH: usize = 4096;

/// The gateway.
#[derive(Debug)]
pub struct Gateway {
    /// The configuration it runs under.
    pub config: Config,
    /// Database, clock, randomness.
    pub surroundings: Surroundings,
    /// Suppliers and relationships.
    pub directory: Arc<Directory>,
    /// Connectors.
    pub connectors: Arc<ConnectorSource>,
    /// The way in for cXML.
    pub inbound: Inbound,
    /// Customers, holds, limits.
    pub accounts: Accounts,
    /// Who asks too often.
    pub throttle: Arc<Throttle>,
    /// Sessions.
    pub punchout: Punchout,
    /// Orders to their sinks.
    pub submit: Submit,
    /// Contract prices of what no cart covers.
    pub compare_prices: ComparePrices,
    /// Decisions again.
    pub redecide: Redecide,
    /// Confirmations to buyers.
    pub deliver: Deliver,
    /// Events to other systems.
    pub tell: Tell,
    /// What people are told of where they do not look.
    pub alerts: Alerts,
    /// Prices and stock of ERPs.
    pub offers: Offers,
    /// Webhooks that come in.
    pub hooks: Hooks,
    /// What sinks tell of orders.
    pub feed: OrderFeed,
    /// What people decide.
    pub desk: OrderDesk,
    /// Reports on copies.
    pub shadow: ShadowRuns,
    /// What people say of durable work.
    pub jobs: JobDesk,
    /// Whether all is well around a relationship.
    pub connections: Connections,
    /// Simulated buyers.
    pub rehearsals: Rehearsals,
    /// The people at the console.
    pub operators: Operators,
    /// What it counts.
    pub metrics: Metrics,
    /// Names this gateway among those that share the database.
    pub holder: String,
}

fn rehearsals(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
) -> Rehearsals {
    let (directory, connectors) = (Arc::clone(directory), Arc::clone(connectors));
    Rehearsals::new(surroundings.clone(), directory, connectors)
}

fn order_desk(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
) -> OrderDesk {
    OrderDesk::new(
        surroundings.clone(),
        Arc::clone(directory),
        Arc::clone(connectors),
    )
}

impl Gateway {
    /// Opens the database. Migrates, so that a first start needs no other step.
    pub async fn surroundings(config: &Config) -> Result<Surroundings, ServeError> {
        let options = DbOptions {
            connections: config.database.connections,
            acquire_timeout: config.database.acquire,
        };
        let db = Db::open(config.database.url.expose(), options)
            .await
            .map_err(ServeError::from_display)?;
        db.migrate().await.map_err(ServeError::from_display)?;
        Ok(Surroundings {
            db,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        })
    }

    /// Who tells people of what needs them; `holder` names it among those that share the database.
    pub fn alerts(
        config: &Config,
        surroundings: &Surroundings,
        directory: &Arc<Directory>,
        holder: String,
    ) -> Alerts {
        let settings = config
            .alerts
            .settings(config.console_url(), &config.server.public_url);
        let mailer = SmtpMailer::new(config.alerts.email.clone(), &settings.host);
        let (surroundings, directory) = (surroundings.clone(), Arc::clone(directory));
        Alerts::new(surroundings, directory, Arc::new(mailer), settings, holder)
    }

    /// Over an open, migrated database.
    pub fn assemble(
        config: Config,
        surroundings: Surroundings,
        keyring: Arc<Keyring>,
        registry: ConnectorRegistry,
    ) -> Result<Arc<Self>, ServeError> {
        let directory = Arc::new(Directory::new(surroundings.clone(), Arc::clone(&keyring)));
        let registry = registry.with_roots(config.folders.roots.clone());
        let hooks = Hooks::new(surroundings.clone(), Arc::clone(&keyring), Arc::clone(&directory));
        let connectors = Arc::new(ConnectorSource::new(surroundings.clone(), keyring, registry));
        let host = config.server.public_url.host_str().unwrap_or("punchgate");
        let host = host.to_owned();
        let bounds = Bounds {
            waiting: INTAKE_DEPTH,
            batch: config.limits.intake_batch,
        };
        let intake = Intake::new(surroundings.clone(), host.clone());
        let intake = GroupCommit::start(surroundings.db.clone(), intake, bounds);
        let settings = punchout::Settings {
            address: config.server.public_address("punchout"),
            host: host.clone(),
            intake: bounds,
        };
        let (book, ways) = (Arc::clone(&directory), Arc::clone(&connectors));
        let punchout = Punchout::new(surroundings.clone(), book, ways, settings, config.punchout.shop);
        let settings = inbound_settings(&config, host.clone())?;
        let throttle = Arc::new(throttle(&config));
        let inbound = Inbound::new(
            surroundings.clone(),
            Arc::clone(&directory),
            intake,
            punchout.opening(),
            Arc::clone(&throttle),
            settings,
        );
        let post = Arc::new(EgressPost::new(config.delivery.clone()));
        let reach: Arc<dyn Reach> = Arc::clone(&post) as _;
        let redecide = Redecide::new(surroundings.clone(), Arc::clone(&directory));
        Ok(Arc::new(Self {
            submit: Submit::new(
                surroundings.clone(),
                Arc::clone(&directory),
                Arc::clone(&connectors),
                config.jobs.settle,
            ),
            compare_prices: ComparePrices::new(
                surroundings.clone(),
                redecide.clone(),
                Arc::clone(&connectors),
            ),
            redecide,
            alerts: Self::alerts(&config, &surroundings, &directory, surroundings.new_id()),
            tell: Tell::new(surroundings.clone(), Arc::clone(&connectors)),
            deliver: Deliver::new(surroundings.clone(), Arc::clone(&directory), post, host),
            offers: offers(&surroundings, &directory, &connectors),
            feed: order_feed(&surroundings, &directory, &connectors),
            desk: order_desk(&surroundings, &directory, &connectors),
            shadow: shadow_runs(&surroundings, &directory, &connectors),
            hooks,
            metrics: Metrics::default(),
            holder: surroundings.new_id(),
            connections: connections(&surroundings, &directory, &connectors, reach),
            rehearsals: rehearsals(&surroundings, &directory, &connectors),
            jobs: JobDesk::new(surroundings.clone(), crate::jobs::KNOWN),
            accounts: Accounts::new(surroundings.clone()),
            operators: Operators::new(surroundings.clone(), config.console.session_life()),
            config,
            surroundings,
            directory,
            connectors,
            inbound,
            throttle,
            punchout,
        }))
    }
}

fn order_feed(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
) -> OrderFeed {
    let (directory, connectors) = (Arc::clone(directory), Arc::clone(connectors));
    OrderFeed::new(surroundings.clone(), directory, connectors, surroundings.new_id())
}

fn shadow_runs(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
) -> ShadowRuns {
    let (directory, connectors) = (Arc::clone(directory), Arc::clone(connectors));
    ShadowRuns::new(surroundings.clone(), directory, connectors)
}

fn throttle(config: &Config) -> Throttle {
    Throttle::new(Rates {
        per_address: config.limits.requests_per_address,
        per_sender: config.limits.refused_per_sender,
    })
}

fn connections(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
    reach: Arc<dyn Reach>,
) -> Connections {
    let (directory, connectors) = (Arc::clone(directory), Arc::clone(connectors));
    Connections::new(surroundings.clone(), directory, connectors, reach)
}

fn offers(
    surroundings: &Surroundings,
    directory: &Arc<Directory>,
    connectors: &Arc<ConnectorSource>,
) -> Offers {
    let (directory, connectors) = (Arc::clone(directory), Arc::clone(connectors));
    Offers::new(surroundings.clone(), directory, connectors)
}

/// What the way in for cXML is settled by.
fn inbound_settings(config: &Config, host: String) -> Result<Settings, ServeError> {
    Ok(Settings {
        limits: Limits::with_max_bytes(config.limits.document_bytes),
        quarantine: QuarantineCaps {
            per_address: i64::from(config.limits.quarantine_per_address),
            per_hour: i64::from(config.limits.quarantine_per_hour),
            bytes: i64::try_from(config.limits.document_bytes).unwrap_or(i64::MAX),
        },
        host,
        cxml_url: config.server.public_address("cxml"),
        dialect: Arc::new(Dialect::built_in("generic").map_err(ServeError::from_display)?),
    })
}
