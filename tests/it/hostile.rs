//! An ERP that means no good, as the gateway meets it: the last good terms count, whoever looks after it hears of it
//! once, and it is asked more and more slowly than a feed that does well.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use punchgate::jobs;
use punchgate_app::sync::PullMode;
use punchgate_connector::{
    Accounts, ConfigError, Connector, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    Secrets, Spec,
    accounts::{Account, AccountPatch, PatchOutcome},
    documents::{DocumentKind, Documents, ErpDocument},
    page::Found,
};
use punchgate_domain::{customer::CreditLimit, money::Money};
use punchgate_storage::{
    Lane,
    sync::{self, CursorRow},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
    wrapped::{self, Wrap},
};

/// How often an ERP that does well is asked.
const PACE: Duration = Duration::from_millis(50);
/// Each is watched after its first warning for as long as another feed of the same ERP, which does well, takes for so
/// many turns.
const WATCHED: usize = 24;
/// How long the first warning, and then the watching, may take.
const WITHIN: Duration = Duration::from_secs(30);

/// What the ERP does to whoever reads accounts.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Fine,
    Fails(ErrorKind),
    /// There is always more, behind the same cursor.
    SameCursor,
    /// There is always more, behind another cursor.
    Endless,
    NegativeLimit,
    UnknownCode,
}

static MOOD: Mutex<Mood> = Mutex::new(Mood::Fine);
static PULLS: AtomicUsize = AtomicUsize::new(0);
/// One for each turn of the feed that does well.
static TURNS: Semaphore = Semaphore::const_new(0);

#[derive(Debug)]
struct Hostile {
    inner: Box<dyn Connector>,
}

impl Hostile {
    fn erp(id: &str, settings: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner })
    }

    fn accounts(&self) -> &dyn Accounts {
        self.inner.spec().accounts.expect("the ERP has accounts")
    }

    /// A page with the customer, changed.
    async fn page(&self, ctx: &Context, change: impl Fn(&mut Account)) -> ConnectorResult<Page<Account>> {
        let mut items = self.accounts().get(ctx, &[CUSTOMER.to_owned()]).await?.items;
        items.iter_mut().for_each(change);
        Ok(Page {
            items,
            deleted: Vec::new(),
            next_cursor: Cursor::new("0"),
            more: false,
        })
    }
}

impl Wrap for Hostile {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            accounts: Some(self),
            documents: Some(self),
            ..inner
        }
    }
}

#[async_trait]
impl Documents for Hostile {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        TURNS.add_permits(1);
        let documents = self.inner.spec().documents.expect("the ERP has documents");
        documents.pull_documents(ctx, cursor, kinds, limit).await
    }
}

#[async_trait]
impl Accounts for Hostile {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        let pulls = PULLS.fetch_add(1, Ordering::Relaxed);
        let mood = *MOOD.lock().unwrap();
        let more = |page: Page<Account>, next: String| Page {
            next_cursor: Cursor::new(next),
            more: true,
            ..page
        };
        match mood {
            Mood::Fine => self.accounts().pull(ctx, cursor, limit).await,
            Mood::Fails(kind) => Err(ConnectorError::new(kind, "pull", format!("answer {pulls}"))),
            Mood::SameCursor => {
                let same = cursor.map_or("0", Cursor::as_str).to_owned();
                Ok(more(self.page(ctx, |_| {}).await?, same))
            }
            Mood::Endless => Ok(more(self.page(ctx, |_| {}).await?, format!("page {pulls}"))),
            Mood::NegativeLimit => {
                let negative = |account: &mut Account| {
                    account.version = format!("negative {pulls}");
                    account.credit_limit = CreditLimit::Amount(Money::from_minor(-1, account.currency));
                };
                self.page(ctx, negative).await
            }
            Mood::UnknownCode => {
                let held = |account: &mut Account| {
                    account.version = format!("held {pulls}");
                    account.name = format!("Held {pulls}");
                    account.holds.iter_mut().for_each(|hold| {
                        hold.removes = None;
                        "NOBODY-KNOWS".clone_into(&mut hold.code);
                    });
                };
                self.page(ctx, held).await
            }
        }
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.accounts().get(ctx, ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.accounts().patch(ctx, patch).await
    }
}

/// What the log says.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn is_silent(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// Warnings and worse about the ERP's accounts.
    fn warnings(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

async fn customer(world: &World) -> Value {
    let list = world.get("/v1/customers").await;
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["external_id"] == CUSTOMER)
        .unwrap()
        .clone()
}

/// All accounts were read a moment ago, too: one feed of them is watched.
async fn all_was_read(world: &World) {
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let feeds = sync::cursors(&mut tx, SUPPLIER_ID).await.unwrap();
    let changes = feeds.into_iter().find(|row| row.feed == PullMode::Changes.feed());
    let all = CursorRow {
        feed: PullMode::Sweep.feed().to_owned(),
        cursor_value: None,
        ..changes.unwrap()
    };
    sync::put_cursor(&mut tx, &all).await.unwrap();
    tx.commit().await.unwrap();
}

/// Until the feed that does well has had so many turns.
async fn turns(count: usize, mood: Mood) {
    let turns = TURNS.acquire_many(u32::try_from(count).unwrap());
    let turns = tokio::time::timeout(WITHIN, turns).await;
    turns
        .unwrap_or_else(|_| panic!("{mood:?}: no turns"))
        .unwrap()
        .forget();
}

/// The gateway tends its ERP by itself for a while: how often it asked for accounts, and what it said.
async fn watch(world: &World, log: &Log, mood: Mood) -> (usize, Vec<String>) {
    *MOOD.lock().unwrap() = mood;
    PULLS.store(0, Ordering::Relaxed);
    log.warnings();
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::periodic::run(world.gateway.clone(), stop.clone()));
    let told = tokio::time::timeout(WITHIN, async {
        while log.is_silent() && !matches!(mood, Mood::Fine) {
            turns(1, mood).await;
        }
    });
    assert!(told.await.is_ok(), "{mood:?}: nobody is told");
    TURNS.forget_permits(usize::MAX);
    turns(WATCHED, mood).await;
    let pulls = PULLS.load(Ordering::Relaxed);
    stop.cancel();
    running.await.unwrap();
    (pulls, log.warnings())
}

#[tokio::test]
async fn the_last_good_terms_count_and_one_warning_is_enough() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .pace(PACE)
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Hostile::erp))
        .await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call.")
        .await;
    world.round().await;
    all_was_read(&world).await;
    let good = customer(&world).await;
    let limited = |seconds: Option<u64>| ErrorKind::RateLimited {
        after: seconds.map(Duration::from_secs),
    };
    // What the ERP does, how often it may be asked, and a word of the only warning.
    let cases = [
        (Mood::Fails(ErrorKind::Schema), 2..=6, "schema"),
        (Mood::Fails(ErrorKind::Temporary), 2..=6, "temporary"),
        (Mood::Fails(ErrorKind::Auth), 2..=6, "auth"),
        (Mood::Fails(ErrorKind::Blocked), 2..=6, "blocked"),
        (Mood::Fails(limited(None)), 2..=6, "rate_limited"),
        (Mood::Fails(limited(Some(600))), 1..=1, "rate_limited"),
        (Mood::SameCursor, 2..=6, "its cursor stays"),
        // A hundred pages in vain are one try.
        (Mood::Endless, 100..=600, "does not come to an end"),
        (Mood::NegativeLimit, 3..=40, "negative limits"),
    ];
    for (mood, asked, word) in cases {
        let (pulls, warnings) = watch(&world, &log, mood).await;
        assert!(asked.contains(&pulls), "{mood:?}: asked {pulls} times");
        assert!(
            warnings.len() == 1 && warnings[0].contains(word),
            "{mood:?}: {warnings:#?}"
        );
        let now = customer(&world).await;
        for field in ["limit", "terms", "stops_terms", "active", "name"] {
            assert_eq!(now[field], good[field], "{mood:?}: {field}");
        }
    }
    // A hold that nobody can read removes everything, and is told once although the account changes all the time.
    let (pulls, warnings) = watch(&world, &log, Mood::UnknownCode).await;
    assert!(
        pulls > 2 && warnings.len() == 1 && warnings[0].contains("NOBODY-KNOWS"),
        "{pulls}: {warnings:#?}"
    );
    assert_eq!(customer(&world).await["stops_orders"], json!(true));
    // And all is well again, from the beginning: the cursor was not the ERP's.
    let (pulls, warnings) = watch(&world, &log, Mood::Fine).await;
    assert!(pulls > 2 && warnings.len() == 1, "{pulls}: {warnings:#?}");
    assert!(warnings[0].contains("the cursor is void"), "{warnings:#?}");
    world.settle().await;
    assert_eq!(customer(&world).await["stops_orders"], json!(false));
    world.finish().await;
}
