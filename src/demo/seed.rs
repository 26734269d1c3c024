//! `punchgate seed`: fills a database of its own with what weeks of trade leave in it, to see how console and API bear that.
//!
//! Nothing is written past the gateway: the demo's buyers send orders and requests to shop, which go through intake, decision,
//! the demo's ERP and confirmation as in daily work. Only the time is another: it runs from weeks ago to now.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use jiff::SignedDuration;
use punchgate_app::{
    Surroundings,
    clock::{Clock as _, FixedClock, SystemClock, micros},
    directory,
    entropy::OsEntropy,
    inbound::Arrival,
};
use punchgate_demo::{
    DemoError, ErpConfig, ShopConfig,
    http_client::http_client,
    products::Catalogue,
    serve_erp, serve_shop,
    suite::{
        buyer::{BUYERS, Buyer},
        volume,
    },
};
use punchgate_domain::{Instant, ids::SupplierId};
use punchgate_storage::{Db, DbOptions, document};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Addresses, ports::Ports, provision, storefront::Storefront};
use crate::{cli::opening, config::Config, connectors, gateway::Gateway, jobs, out, serve};

/// The demo's supplier.
const SUPPLIER: &str = "ironquay";
/// Orders that are sent before the work that they make is done.
const ROUND: u64 = 64;
/// Work that is done at a time.
const HANDS: usize = 8;
/// Of so many orders the last is of the buyer who is on hold, and one of so many is a request to shop.
const ON_HOLD_OF: u64 = 50;
const SETUP_OF: u64 = 4;

/// Arguments of `seed`.
#[derive(Debug, Clone, clap::Args)]
pub struct SeedArgs {
    /// How many documents there are to be, about
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub documents: u32,
    /// Over how many days they are spread, up to now
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3_650))]
    pub days: u16,
}

/// The time of the trade, for the gateway and those around it.
#[derive(Debug, Clone)]
struct Time(Arc<FixedClock>);

impl punchgate_demo::Clock for Time {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// Fills the configured database; how many documents it has then.
pub async fn seed(mut config: Config, args: &SeedArgs) -> Result<u64, String> {
    let _sole = serve::claim(&config).map_err(|error| error.to_string())?;
    refuse_what_is_in_use(&config).await?;
    let now = SystemClock.now();
    let begin = now - SignedDuration::from_hours(i64::from(args.days) * 24);
    let time = Time(Arc::new(FixedClock::at(begin)));
    let ports = Ports::bind(0).await?;
    let addresses = ports.addresses();
    let _peers = peers(ports, &addresses, &time)?;
    config.delivery.plain_http = true;
    config
        .delivery
        .networks
        .push(ipnet::IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    provision::apply(&config, &addresses, &Storefront::Own).await?;
    raise_limits(&addresses).await?;
    let gateway = assemble(config, &time).await?;
    let told = |error: punchgate_app::DatabaseError| error.to_string();
    Box::pin(jobs::periodic::once(&gateway)).await.map_err(told)?;
    let trade = Trade {
        gateway: &gateway,
        time: &time,
        catalogue: Catalogue::embedded().map_err(|error| error.to_string())?,
        begin,
        end: now,
        suite: addresses.suite,
    };
    let count = Box::pin(trade.go_on_until(u64::from(args.documents))).await;
    gateway.surroundings.db.close().await;
    count
}

/// Nobody's trade is to be mixed with an invented one.
async fn refuse_what_is_in_use(config: &Config) -> Result<(), String> {
    let surroundings = opening::surroundings(config).await?;
    let suppliers = directory::supplier_ids(&surroundings).await;
    surroundings.db.close().await;
    match suppliers.map_err(|error| error.to_string())?.first() {
        None => Ok(()),
        Some(supplier) => Err(format!(
            "the database has the supplier '{supplier}' already: seed fills a database of its own; name another in \
             database.url"
        )),
    }
}

/// The demo's ERP and shop, and an address that takes confirmations; they go with what is returned.
fn peers(ports: Ports, addresses: &Addresses, time: &Time) -> Result<DropGuard, String> {
    let told = |error: DemoError| error.to_string();
    let shutdown = CancellationToken::new();
    let mut erp = ErpConfig::demo().map_err(told)?;
    erp.clock = Arc::new(time.clone());
    erp.shutdown = shutdown.clone();
    let mut shop = ShopConfig::demo(&addresses.shop).map_err(told)?;
    shop.clock = Arc::new(time.clone());
    shop.shutdown = shutdown.clone();
    tokio::spawn(serve_erp(erp, ports.erp));
    tokio::spawn(serve_shop(shop, ports.shop));
    tokio::spawn(volume::serve_taker(
        ports.suite,
        Arc::new(time.clone()),
        shutdown.clone(),
    ));
    Ok(shutdown.drop_guard())
}

/// Orders are to go: who may order without end is not held for his limit.
async fn raise_limits(addresses: &Addresses) -> Result<(), String> {
    let client = http_client(Duration::from_secs(30)).map_err(|error| error.to_string())?;
    for customer in ["C-1001", "C-1002"] {
        let answer = client
            .post(format!("{}/customers/{customer}/credit", addresses.erp))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("terms=NET30&limit=90000000000&reason=seed")
            .send()
            .await
            .map_err(|error| error.to_string())?;
        if !answer.status().is_redirection() {
            return Err(format!(
                "the demo's ERP does not raise the limit of {customer}: HTTP {}",
                answer.status()
            ));
        }
    }
    Ok(())
}

async fn assemble(config: Config, time: &Time) -> Result<Arc<Gateway>, String> {
    let options = DbOptions {
        connections: config.database.connections,
        acquire_timeout: config.database.acquire,
    };
    let db = Db::open(config.database.url.expose(), options).await;
    let surroundings = Surroundings {
        db: db.map_err(|error| error.to_string())?,
        clock: Arc::clone(&time.0) as _,
        entropy: Arc::new(OsEntropy),
    };
    let keyring = Arc::new(opening::keyring(&config)?);
    Gateway::assemble(config, surroundings, keyring, connectors::registry())
        .map_err(|error| error.to_string())
}

struct Trade<'a> {
    gateway: &'a Arc<Gateway>,
    time: &'a Time,
    catalogue: Catalogue,
    begin: Instant,
    end: Instant,
    suite: String,
}

impl Trade<'_> {
    /// Round by round, each a piece of the time, until there are so many documents.
    async fn go_on_until(&self, wanted: u64) -> Result<u64, String> {
        let (mut number, mut count, mut told) = (0, 0, 0);
        while count < wanted {
            let requests = (0..ROUND).map(|_| {
                number += 1;
                self.request(number)
            });
            for request in join_all(requests.collect::<Vec<_>>()).await {
                request?;
            }
            self.do_the_work().await?;
            count = self.count().await?;
            self.move_on(count, wanted).await?;
            if count * 10 / wanted.max(1) > told {
                told = count * 10 / wanted.max(1);
                out::notice(format_args!("{count} documents"));
            }
        }
        Ok(count)
    }

    /// One document of a buyer's, which must be taken.
    async fn request(&self, number: u64) -> Result<(), String> {
        let [acme, borealis, on_hold] = &BUYERS;
        let buyer: &'static Buyer = match number {
            number if number.is_multiple_of(ON_HOLD_OF) => on_hold,
            number if number.is_multiple_of(3) => borealis,
            _ => acme,
        };
        let at = self.time.0.now();
        let body = match number % SETUP_OF {
            0 if !number.is_multiple_of(ON_HOLD_OF) => {
                volume::setup(buyer, number, at, &format!("{}/back", self.suite))
            }
            _ => volume::order(buyer, number, at, &self.catalogue),
        };
        let arrival = Arrival {
            body: body.map_err(|error| error.to_string())?,
            content_type: Some("text/xml; charset=utf-8".to_owned()),
            relationship: None,
            remote: IpAddr::V4(Ipv4Addr::LOCALHOST),
            at,
        };
        let reply = self.gateway.inbound.receive(arrival).await;
        let text = String::from_utf8_lossy(&reply.body);
        match reply.http == 200 && text.contains("code=\"200\"") {
            true => Ok(()),
            false => Err(format!(
                "document {number} was not taken: HTTP {} {text}",
                reply.http
            )),
        }
    }

    async fn do_the_work(&self) -> Result<(), String> {
        let told = |error: punchgate_app::DatabaseError| error.to_string();
        let hands = (0..HANDS).map(|_| jobs::drain(self.gateway));
        for done in join_all(hands).await {
            done.map_err(told)?;
        }
        jobs::periodic::once(self.gateway).await.map_err(told)?;
        jobs::drain(self.gateway).await.map_err(told)?;
        Ok(())
    }

    async fn count(&self) -> Result<u64, String> {
        let supplier = SupplierId::from(SUPPLIER);
        let told = |error: punchgate_app::DatabaseError| error.to_string();
        let mut tx = self.gateway.surroundings.db.read().await.map_err(told)?;
        let count = document::count_since(&mut tx, supplier.as_str(), micros(self.begin)).await;
        tx.rollback().await.map_err(told)?;
        Ok(u64::try_from(count.map_err(told)?).unwrap_or(0))
    }

    /// The share of the time that the share of the documents has; the last of them come now. What the ERP has said is asked for
    /// anew: days old, it holds orders.
    async fn move_on(&self, count: u64, wanted: u64) -> Result<(), String> {
        let all = micros(self.end) - micros(self.begin);
        let share = i128::from(all) * i128::from(count.min(wanted)) / i128::from(wanted.max(1));
        let to = micros(self.begin) + i64::try_from(share).unwrap_or(all);
        let by = to.saturating_sub(micros(self.time.0.now())).max(0);
        self.time
            .0
            .advance(Duration::from_micros(u64::try_from(by).unwrap_or(0)));
        self.do_the_work().await
    }
}
