//! Runs the steps of a case: a gateway that may die, the ERP, and a note of everything that was asked for here.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use punchgate_app::{
    Surroundings,
    accounts::{
        Accounts, AccountsError, Author, CustomerView, PUSH_ACCOUNT, PlaceHold, PushJob, ReleaseHold,
        RequestLimit, RequestTerms,
    },
    clock::{Clock, FixedClock},
    entropy::{Entropy, SeededEntropy},
    sync::{PullMode, Sync, SyncError, SyncPolicy, SyncScope},
};
use punchgate_connector::{
    Context,
    egress::{Egress, EgressRules},
};
use punchgate_domain::{
    Instant,
    customer::CreditLimit,
    hold::{HoldTexts, Permission, PermissionSet},
    ids::CustomerId,
};
use punchgate_storage::{
    Db, Lane,
    customer::{self, CustomerRow},
    hold::HoldRow,
    outbox::{self, Attempt, EntryRow, Verdict},
    sync as shadow,
};

use super::{
    super::{
        fake_erp::usd,
        world::{ALL_WRITABLE, NOW},
    },
    books::{Books, NONE, Unseen, fields, hold_text, limit_text, terms},
    steps::{ACCOUNTS, Step, Turn},
    wire::Wire,
};

/// Somebody here asked for it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) at: u32,
    pub(super) account: String,
    pub(super) field: String,
    pub(super) to: String,
    /// What the gateway showed at that moment.
    pub(super) seen: String,
}

/// Burns down with every look at the clock or the dice; at its end the gateway dies.
#[derive(Debug, Default)]
struct Fuse(AtomicI64);

struct Died;

/// Nobody is asked over the network here; one client serves every context.
static HTTP: LazyLock<Egress> = LazyLock::new(|| Egress::new(EgressRules::default()).unwrap());

impl Fuse {
    fn burn(&self) {
        if self.0.load(Ordering::SeqCst) > 0 && self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::panic::resume_unwind(Box::new(Died));
        }
    }
}

/// A clock that moves on with every look at it.
#[derive(Debug)]
struct MortalClock(FixedClock, Arc<Fuse>);

impl Clock for MortalClock {
    fn now(&self) -> Instant {
        self.1.burn();
        self.0.advance(Duration::from_millis(1));
        self.0.now()
    }

    fn since_boot(&self) -> Duration {
        self.0.since_boot()
    }
}

#[derive(Debug)]
struct MortalDice(SeededEntropy, Arc<Fuse>);

impl Entropy for MortalDice {
    fn fill(&self, bytes: &mut [u8]) {
        self.1.burn();
        self.0.fill(bytes);
    }
}

pub(super) struct Rig {
    pub(super) surroundings: Surroundings,
    pub(super) scope: SyncScope,
    pub(super) policy: SyncPolicy,
    pub(super) sync: Sync,
    pub(super) accounts: Accounts,
    pub(super) books: Mutex<Books>,
    pub(super) asked: Mutex<Vec<Asked>>,
    fuse: Arc<Fuse>,
}

impl Rig {
    /// A supplier of its own in the database, with the accounts of a case read once.
    pub(super) async fn on(db: &Db, policy: SyncPolicy, names_holds: bool, case: &str) -> Self {
        let fuse = Arc::new(Fuse::default());
        let clock = MortalClock(FixedClock::at(NOW.parse().unwrap()), Arc::clone(&fuse));
        let seed = case
            .bytes()
            .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let surroundings = Surroundings {
            db: db.clone(),
            clock: Arc::new(clock),
            entropy: Arc::new(MortalDice(SeededEntropy::new(seed), Arc::clone(&fuse))),
        };
        let mut books = Books {
            names_holds,
            ..Books::default()
        };
        (0..ACCOUNTS).for_each(|of| books.open(&name(of)));
        let rig = Self {
            scope: SyncScope {
                supplier: format!("case-{case}"),
                connector: "erp".to_owned(),
                scope: "1000".to_owned(),
            },
            policy,
            sync: Sync::new(surroundings.clone(), "gateway-1"),
            accounts: Accounts::new(surroundings.clone()),
            surroundings,
            books: Mutex::new(books),
            asked: Mutex::default(),
            fuse,
        };
        rig.pull(false, &[]).await;
        rig.note_known().await;
        rig
    }

    pub(super) async fn run(&self, steps: &[Step]) {
        for step in steps {
            self.step(step).await;
        }
    }

    pub(super) fn step<'a>(&'a self, step: &'a Step) -> BoxFuture<'a, ()> {
        async move {
            match step {
                // Nothing is learned by these.
                Step::Limit(of, limit) => return self.ask_limit(*of, *limit).await,
                Step::Terms(of, code) => return self.ask_terms(*of, *code).await,
                Step::Place(of, code) => return self.place(*of, *code).await,
                Step::Release(of, which) => return self.release(*of, *which).await,
                Step::There(of, edit) => return self.books.lock().unwrap().edit(&name(*of), edit),
                Step::Late => return self.deliver_late(),
                Step::Pull { sweep, turns } => self.pull(*sweep, turns).await,
                Step::Push(turns) => self.push(turns).await,
                Step::Zombie(of) => self.push_one(&name(*of), &Wire::new(self, &[])).await,
                Step::Crash(after, step) => self.crash(*after, step).await,
            }
            self.note_known().await;
        }
        .boxed()
    }

    /// The gateway may have died after it noted that the last word on a field goes out, and before it did.
    fn note_what_may_be_out(&self) {
        let asked = self.asked.lock().unwrap().clone();
        let last: BTreeMap<(String, String), String> = asked
            .into_iter()
            .map(|asked| ((asked.account, asked.field), asked.to))
            .collect();
        let mut books = self.books.lock().unwrap();
        for ((account, field), to) in last {
            let on = books.known.get(&account).and_then(|known| known.last().copied());
            let on = on.unwrap();
            books.unseen.push(Unseen {
                account,
                field,
                to,
                on,
            });
        }
    }

    /// Notes by which versions the gateway goes now. Between two calls of the connector it learns of no more than one.
    pub(super) async fn note_known(&self) {
        let ids: Vec<String> = (0..ACCOUNTS).map(name).collect();
        let SyncScope {
            supplier,
            connector,
            scope,
        } = &self.scope;
        let mut tx = self.surroundings.db.read().await.unwrap();
        let rows = shadow::shadows(&mut tx, supplier, connector, scope, &ids)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        let mut books = self.books.lock().unwrap();
        for row in rows {
            books.note_known(&row.external_id, row.erp_version.parse().unwrap());
        }
    }

    pub(super) fn deliver_late(&self) {
        let mut books = self.books.lock().unwrap();
        for patch in std::mem::take(&mut books.late) {
            books.write(&patch);
        }
    }

    /// The gateway dies in the middle of it and starts anew; what it had claimed is free again.
    async fn crash(&self, after: u8, step: &Step) {
        self.fuse.0.store(i64::from(after), Ordering::SeqCst);
        self.books.lock().unwrap().dying = true;
        let ended = AssertUnwindSafe(self.step(step)).catch_unwind().await;
        self.books.lock().unwrap().dying = false;
        self.fuse.0.store(0, Ordering::SeqCst);
        if let Err(why) = ended {
            self.note_known().await;
            self.note_what_may_be_out();
            if !why.is::<Died>() {
                std::panic::resume_unwind(why);
            }
            for entry in self
                .entries()
                .await
                .iter()
                .filter(|entry| entry.state == "leased")
            {
                self.conclude(entry, Verdict::Retry(0)).await;
            }
        }
    }

    pub(super) fn calls(&self) -> impl Fn(&str) -> Context + Send + std::marker::Sync + use<> {
        let now = NOW.parse().unwrap();
        move |operation: &str| {
            Context::new(
                operation,
                now,
                Duration::from_secs(60),
                Default::default(),
                HTTP.clone(),
            )
        }
    }

    async fn pull(&self, sweep: bool, turns: &[Turn]) {
        let mode = if sweep { PullMode::Sweep } else { PullMode::Changes };
        let calls = self.calls();
        let wire = Wire::new(self, turns);
        let pulled = self
            .sync
            .pull_accounts(&self.scope, &self.policy, &wire, &calls, mode)
            .await;
        tolerate(pulled.map(drop));
    }

    /// As the jobs do it: claimed, carried out, concluded.
    pub(super) async fn push(&self, turns: &[Turn]) {
        let known = [outbox::job_key(PUSH_ACCOUNT, 1)];
        let mut tx = self.surroundings.db.begin(Lane::Background).await.unwrap();
        let claimed = outbox::claim(&mut tx, &self.scope.supplier, i64::MAX, 20, &known)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let wire = Wire::new(self, turns);
        for entry in claimed {
            let job: PushJob = serde_json::from_str(&entry.payload).unwrap();
            let pushed = self.push_account(&job.external_id, &wire).await;
            let verdict = if pushed.is_ok() {
                Verdict::Done
            } else {
                Verdict::Retry(0)
            };
            tolerate(pushed);
            self.conclude(&entry, verdict).await;
        }
    }

    async fn push_one(&self, id: &str, wire: &Wire<'_>) {
        tolerate(self.push_account(id, wire).await);
    }

    async fn push_account(&self, id: &str, wire: &Wire<'_>) -> Result<(), SyncError> {
        let calls = self.calls();
        let erp = (wire as _, ALL_WRITABLE);
        let pushed = self
            .sync
            .push_account(&self.scope, &self.policy, erp, &calls, id)
            .await;
        pushed.map(drop)
    }

    async fn conclude(&self, entry: &EntryRow, verdict: Verdict) {
        let attempt = Attempt {
            outcome: "tried",
            status_code: None,
            detail: String::new(),
            started_at: 0,
            finished_at: 0,
        };
        let mut tx = self.surroundings.db.begin(Lane::Background).await.unwrap();
        outbox::conclude(&mut tx, entry, &verdict, &attempt)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Pushes that are not carried out yet.
    pub(super) async fn entries(&self) -> Vec<EntryRow> {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let mut rows = outbox::unfinished(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        rows.retain(|row| row.supplier_id == self.scope.supplier && row.kind == PUSH_ACCOUNT);
        rows
    }

    pub(super) async fn row(&self, of: usize) -> CustomerRow {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let rows = customer::by_external(&mut tx, &self.scope.supplier, "erp", &[name(of)])
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        rows.into_iter().next().unwrap()
    }

    pub(super) async fn view(&self, of: usize) -> CustomerView {
        let id = CustomerId::new(self.row(of).await.customer_id);
        self.accounts.get(&self.scope.supplier, &id).await.unwrap()
    }

    async fn ask_limit(&self, of: usize, limit: u8) {
        let view = self.view(of).await;
        let limit = CreditLimit::Amount(usd(i64::from(limit) * 100));
        let request = RequestLimit {
            customer: view.summary.id.clone(),
            expected_version: view.summary.version,
            limit,
            author: author(),
        };
        self.accounts
            .request_limit(&self.scope.supplier, &request)
            .await
            .unwrap();
        self.note(of, "limit", limit_text(&limit), limit_text(&view.summary.limit));
    }

    async fn ask_terms(&self, of: usize, code: u8) {
        let view = self.view(of).await;
        let request = RequestTerms {
            customer: view.summary.id.clone(),
            expected_version: view.summary.version,
            terms: terms(code),
            author: author(),
        };
        self.accounts
            .request_terms(&self.scope.supplier, &request)
            .await
            .unwrap();
        let seen = view.summary.terms.map_or(NONE.to_owned(), |terms| terms.code);
        self.note(of, "terms", terms(code).code, seen);
    }

    async fn place(&self, of: usize, code: u8) {
        let view = self.view(of).await;
        let request = PlaceHold {
            customer: view.summary.id.clone(),
            expected_version: view.summary.version,
            code: format!("c{code}"),
            removes: PermissionSet::of(&[Permission::OrderOnTerms]),
            texts: HoldTexts {
                shopper: Some("Ask your accounts payable.".to_owned()),
                ..HoldTexts::default()
            },
            until: None,
            push: true,
            author: author(),
        };
        match self.accounts.place_hold(&self.scope.supplier, &request).await {
            Ok(placed) => {
                let to = hold_text(&request.code, request.texts.shopper.as_deref(), None);
                self.note(of, &format!("hold:{}", placed.hold), to, NONE.to_owned());
            }
            Err(AccountsError::InvalidTransition(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn release(&self, of: usize, which: u8) {
        let view = self.view(of).await;
        let held: Vec<_> = view.holds.iter().filter(|held| held.in_force).collect();
        let Some(held) = held.get(usize::from(which) % held.len().max(1)) else {
            return;
        };
        let request = ReleaseHold {
            hold: held.hold.id.clone(),
            expected_version: held.row.version,
            author: author(),
        };
        self.accounts
            .release_hold(&self.scope.supplier, &request)
            .await
            .unwrap();
        let seen = held_text(&held.row);
        self.note(
            of,
            &format!("hold:{}", held.row.external_id),
            NONE.to_owned(),
            seen,
        );
    }

    fn note(&self, of: usize, field: &str, to: String, seen: String) {
        let at = self.books.lock().unwrap().moment();
        let (account, field) = (name(of), field.to_owned());
        self.asked.lock().unwrap().push(Asked {
            at,
            account,
            field,
            to,
            seen,
        });
    }

    /// The fields of a customer as texts, as the gateway goes by them.
    pub(super) fn fields_here(view: &CustomerView) -> BTreeMap<String, String> {
        let summary = &view.summary;
        let mut fields = BTreeMap::from([
            ("limit".to_owned(), limit_text(&summary.limit)),
            (
                "terms".to_owned(),
                summary
                    .terms
                    .as_ref()
                    .map_or(NONE.to_owned(), |terms| terms.code.clone()),
            ),
            ("name".to_owned(), summary.name.clone()),
            ("active".to_owned(), summary.active.to_string()),
        ]);
        for held in view.holds.iter().filter(|held| held.in_force) {
            let key = format!("hold:{}", held.row.external_id);
            fields.insert(key, held_text(&held.row));
        }
        fields
    }

    pub(super) fn fields_there(&self, of: usize) -> BTreeMap<String, String> {
        fields(&self.books.lock().unwrap().accounts[&name(of)])
    }
}

fn held_text(row: &HoldRow) -> String {
    hold_text(&row.code, Some(&row.text_shopper), row.until)
}

pub(super) fn name(of: usize) -> String {
    format!("10{of}")
}

fn author() -> Author {
    Author::new("sam", "agreed on the phone").unwrap()
}

/// What a job tries again is no harm; anything else would wait for a person.
fn tolerate(result: Result<(), SyncError>) {
    if let Err(error) = result {
        assert!(error.is_retryable(), "{error}");
    }
}
