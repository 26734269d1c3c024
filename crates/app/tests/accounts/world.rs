//! What a test starts from: a database with a supplier of its own, a clock that stands, an ERP.

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    Surroundings,
    accounts::{Accounts, Author, CustomerView, PlaceHold, PushJob, ReleaseHold, RequestLimit},
    clock::FixedClock,
    credit::{CheckoutOptions, CheckoutRequest, CustomerRef, checkout_options},
    entropy::{Entropy as _, OsEntropy, SeededEntropy},
    sync::{PullMode, PullReport, PushOutcome, Sync, SyncError, SyncPolicy, SyncScope},
};
use punchgate_connector::{
    Context,
    capabilities::Writable,
    egress::{Egress, EgressRules},
};
use punchgate_domain::{
    Instant,
    credit::CreditPolicy,
    customer::CreditLimit,
    hold::{HoldTexts, Permission, PermissionSet},
    ids::{CustomerId, HoldId},
    money::Money,
};
use punchgate_storage::{
    Lane, customer,
    order::{self, OrderRow},
    outbox::{self, EntryRow},
};
use punchgate_testing::TestDatabase;

use super::fake_erp::{FakeErp, usd};

pub(super) const NOW: &str = "2026-03-01T12:00:00Z";
pub(super) const ALL_WRITABLE: Writable = Writable {
    terms: true,
    credit_limit: true,
    holds: true,
};

pub(super) struct World {
    pub(super) surroundings: Surroundings,
    pub(super) clock: Arc<FixedClock>,
    pub(super) erp: FakeErp,
    pub(super) scope: SyncScope,
    pub(super) policy: SyncPolicy,
    pub(super) sync: Sync,
    pub(super) accounts: Accounts,
    _database: TestDatabase,
}

impl World {
    /// One on every database that there is.
    pub(super) async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for database in TestDatabase::all().await {
            worlds.push(Self::on(database).await);
        }
        worlds
    }

    async fn on(database: TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
        let mut seed = [0_u8; 8];
        OsEntropy.fill(&mut seed);
        let seed = u64::from_be_bytes(seed);
        let surroundings = Surroundings {
            db: database.open().await,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(seed)),
        };
        let scope = SyncScope {
            supplier: format!("acme-{seed:x}"),
            connector: "erp".to_owned(),
            scope: "1000".to_owned(),
        };
        Self {
            sync: Sync::new(surroundings.clone(), "gateway-1"),
            accounts: Accounts::new(surroundings.clone()),
            surroundings,
            clock,
            erp: FakeErp::default(),
            scope,
            policy: SyncPolicy::default(),
            _database: database,
        }
    }

    pub(super) fn supplier(&self) -> &str {
        &self.scope.supplier
    }

    pub(super) fn calls(&self) -> impl Fn(&str) -> Context + Send + std::marker::Sync + use<> {
        let http = Egress::new(EgressRules::default()).unwrap();
        let surroundings = self.surroundings.clone();
        move |operation: &str| {
            let patience = Duration::from_secs(5);
            Context::new(
                operation,
                surroundings.now(),
                patience,
                Default::default(),
                http.clone(),
            )
        }
    }

    pub(super) async fn try_pull(&self, mode: PullMode) -> Result<PullReport, SyncError> {
        let calls = self.calls();
        self.sync
            .pull_accounts(&self.scope, &self.policy, &self.erp, &calls, mode)
            .await
    }

    pub(super) async fn pull(&self) -> PullReport {
        self.clock.advance(Duration::from_secs(1));
        self.try_pull(PullMode::Changes).await.unwrap()
    }

    pub(super) async fn push(&self, id: &str) -> PushOutcome {
        self.try_push(id).await.unwrap()
    }

    pub(super) async fn try_push(&self, id: &str) -> Result<PushOutcome, SyncError> {
        self.clock.advance(Duration::from_secs(1));
        let calls = self.calls();
        let erp = (&self.erp as _, ALL_WRITABLE);
        self.sync
            .push_account(&self.scope, &self.policy, erp, &calls, id)
            .await
    }

    pub(super) async fn pull_exposure(&self) {
        let calls = self.calls();
        self.sync
            .pull_exposure(&self.scope, &self.erp, &calls)
            .await
            .unwrap();
    }

    /// An account with a limit and a fresh exposure of nothing.
    pub(super) async fn customer(&self, id: &str) -> CustomerId {
        self.erp.change(id, |_| {});
        self.erp.owes(id, usd(0), self.surroundings.now());
        self.pull().await;
        self.pull_exposure().await;
        self.id(id).await
    }

    pub(super) async fn id(&self, external: &str) -> CustomerId {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let ids = [external.to_owned()];
        let rows = customer::by_external(&mut tx, self.supplier(), "erp", &ids)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        CustomerId::new(rows[0].customer_id.clone())
    }

    pub(super) async fn view(&self, id: &CustomerId) -> CustomerView {
        self.accounts.get(self.supplier(), id).await.unwrap()
    }

    pub(super) async fn checkout(&self, id: &CustomerId, total: Money) -> CheckoutOptions {
        let request = CheckoutRequest {
            ship_tos: Vec::new(),
            customer: CustomerRef::Id(id.clone()),
            total,
            policy: CreditPolicy::default(),
            wording: None,
        };
        checkout_options(&self.surroundings, &self.supplier().into(), &request)
            .await
            .unwrap()
    }

    /// Whether the customer may order on terms now.
    pub(super) async fn on_terms(&self, id: &CustomerId, total: Money) -> bool {
        let options = self.checkout(id, total).await;
        options.tenders[0].allowed
    }

    pub(super) fn author(&self) -> Author {
        Author::new("sam", "agreed on the phone").unwrap()
    }

    pub(super) async fn hold_request(&self, id: &CustomerId, code: &str) -> PlaceHold {
        PlaceHold {
            customer: id.clone(),
            expected_version: self.view(id).await.summary.version,
            code: code.to_owned(),
            removes: PermissionSet::of(&[Permission::OrderOnTerms]),
            texts: HoldTexts {
                internal: Some("cheque bounced".to_owned()),
                accounts_payable: Some("Please settle invoice 7.".to_owned()),
                shopper: Some("Please ask your accounts payable.".to_owned()),
            },
            until: None,
            push: true,
            author: self.author(),
        }
    }

    /// Asks for a limit, a moment later than whatever was done before.
    pub(super) async fn ask_limit(&self, id: &CustomerId, minor: i64) {
        self.clock.advance(Duration::from_millis(1));
        let request = RequestLimit {
            customer: id.clone(),
            expected_version: self.view(id).await.summary.version,
            limit: CreditLimit::Amount(usd(minor)),
            author: self.author(),
        };
        self.accounts
            .request_limit(self.supplier(), &request)
            .await
            .unwrap();
    }

    pub(super) async fn release(&self, id: &CustomerId, code: &str) -> HoldId {
        let view = self.view(id).await;
        let held = view
            .holds
            .iter()
            .find(|held| held.in_force && held.row.code == code)
            .unwrap();
        let request = ReleaseHold {
            hold: held.hold.id.clone(),
            expected_version: held.row.version,
            author: self.author(),
        };
        self.accounts
            .release_hold(self.supplier(), &request)
            .await
            .unwrap()
            .hold
    }

    /// The open entries of the outbox of a kind.
    pub(super) async fn entries(&self, kind: &str) -> Vec<EntryRow> {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let rows = outbox::unfinished(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        rows.into_iter()
            .filter(|row| row.supplier_id == self.supplier() && row.kind == kind)
            .collect()
    }

    /// The accounts whose push is enqueued.
    pub(super) async fn pushes(&self) -> Vec<String> {
        let read = |row: EntryRow| serde_json::from_str::<PushJob>(&row.payload).unwrap().external_id;
        self.entries("push-account").await.into_iter().map(read).collect()
    }

    /// Ends what the outbox has, so that the next entry shows.
    pub(super) async fn clear_outbox(&self) {
        let mut tx = self.surroundings.db.begin(Lane::Background).await.unwrap();
        let rows = outbox::unfinished(&mut tx).await.unwrap();
        for row in rows.into_iter().filter(|row| row.supplier_id == self.supplier()) {
            outbox::skip(&mut tx, self.supplier(), &row.stream, row.seq, 0)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// An order of the customer in a state, reserving so much.
    pub(super) async fn order(&self, customer: &CustomerId, state: &str, reserved: i64) -> String {
        let row = OrderRow {
            reserved_minor: reserved,
            ..blank_order()
        };
        self.insert(customer, state, row).await
    }

    /// The same of an order that went to the shop, which created it at that instant.
    pub(super) async fn shop_order(&self, customer: &CustomerId, state: &str, reserved: i64, at: Instant) {
        let row = OrderRow {
            reserved_minor: reserved,
            sink: "storefront".to_owned(),
            sink_created_at: Some(at.as_microsecond()),
            ..blank_order()
        };
        self.insert(customer, state, row).await;
    }

    /// An approved order that has drawn on an override.
    pub(super) async fn draw(&self, customer: &CustomerId, id: &str, minor: i64) {
        let row = OrderRow {
            drawn_override_id: Some(id.to_owned()),
            drawn_minor: minor,
            ..blank_order()
        };
        self.insert(customer, "approved", row).await;
    }

    /// The sink has created the customer's orders of this state at that instant, by its clock.
    pub(super) async fn in_sink(&self, customer: &CustomerId, state: &str, at: Instant) {
        let write = |row: &mut OrderRow| {
            row.sink_created_at = Some(at.as_microsecond());
            row.erp_created_at = row.sink_created_at.filter(|_| row.sink == "erp");
        };
        self.change_orders(customer, state, write).await;
    }

    /// The customer's orders of one state are in another now.
    pub(super) async fn set_state(&self, customer: &CustomerId, from: &str, to: &str) {
        self.change_orders(customer, from, |row| to.clone_into(&mut row.state))
            .await;
    }

    async fn change_orders(&self, customer: &CustomerId, state: &str, change: impl Fn(&mut OrderRow)) {
        let filter = order::OrderFilter {
            state: Some(state.to_owned()),
            customer: Some(customer.to_string()),
            ..Default::default()
        };
        let mut tx = self.surroundings.db.begin(Lane::Intake).await.unwrap();
        let rows = order::list(&mut tx, self.supplier(), &filter, None, 10)
            .await
            .unwrap();
        for mut row in rows {
            change(&mut row);
            assert!(order::update(&mut tx, &row).await.unwrap());
        }
        tx.commit().await.unwrap();
    }

    async fn insert(&self, customer: &CustomerId, state: &str, row: OrderRow) -> String {
        let account = self.view(customer).await.summary.credit_account.to_string();
        let id = self.surroundings.new_id();
        let row = OrderRow {
            supplier_id: self.supplier().to_owned(),
            order_id: id.clone(),
            order_number: id.clone(),
            relationship_id: "globex".to_owned(),
            mode: "production".to_owned(),
            state: state.to_owned(),
            customer_id: Some(customer.to_string()),
            credit_account_id: Some(account),
            currency: "USD".to_owned(),
            ..row
        };
        let mut tx = self.surroundings.db.begin(Lane::Intake).await.unwrap();
        order::insert_many(&mut tx, &[row]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

fn blank_order() -> OrderRow {
    OrderRow {
        supplier_id: String::new(),
        order_id: String::new(),
        relationship_id: String::new(),
        mode: String::new(),
        buyer_system: String::new(),
        order_number: String::new(),
        version: 1,
        state: String::new(),
        state_reason: None,
        customer_id: None,
        ship_to_customer_ids: None,
        credit_account_id: None,
        arrival: 1,
        currency: String::new(),
        total_text: "0".to_owned(),
        total_minor: 0,
        reserved_minor: 0,
        drawn_override_id: None,
        drawn_minor: 0,
        tender: "terms".to_owned(),
        content_hash: vec![0],
        document_id: "d".to_owned(),
        payload_id: "p".to_owned(),
        session_id: None,
        cart_snapshot_id: None,
        sink: "erp".to_owned(),
        sink_connector_id: None,
        sink_order_id: None,
        sink_created_at: None,
        erp_created_at: None,
        billed_minor: 0,
        billed_at: None,
        reserves_charges: 0,
        commitment: None,
        requested_on: None,
        decision: None,
        confirmation: "none".to_owned(),
        received_at: 0,
        decided_at: None,
        confirmed_at: None,
        updated_at: 0,
        row_version: 1,
    }
}
