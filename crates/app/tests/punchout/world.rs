//! What a test starts from: a database with a supplier of its own, two buyers, a shop, and their requests.

use std::{path::Path, sync::Arc};

use punchgate_app::{
    Surroundings,
    clock::FixedClock,
    connectors::ConnectorRegistry,
    directory::{Directory, Relationship},
    entropy::{Entropy as _, OsEntropy, SeededEntropy},
    group_commit::Bounds,
    inbound::{Believed, Refused},
    orders::ArchivedBytes,
    provisioning::{Provisioning, SecretSource},
    punchout::{Answer, PostBack, Punchout, Settings},
    seal::Keyring,
};
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Secrets, Spec,
    egress::EgressRules,
};
use punchgate_domain::ids::SupplierId;
use punchgate_protocols::cxml::{
    Body, DeploymentMode, Document, Envelope, EnvelopeKind, StatedTimestamp,
    decode::setup::{BuyerCookie, ItemId, SetupItem, SetupOperation, SetupRequest},
};
use punchgate_storage::{
    Lane,
    body::StoredBody,
    cart_snapshot::{self, CartSnapshotRow},
    credit_account, customer,
    document::{self, DocumentFilter, DocumentRow},
    hold,
    session::{self, SessionFilter, SessionRow},
};
use punchgate_testing::{
    TestDatabase,
    customer::{account_row, customer_row},
};

use super::{fake_shop::FakeShop, hold::hold_row};

pub(super) const NOW: &str = "2026-03-01T12:00:00Z";
pub(super) const RETURN: &str = "https://suite.example/punchout/checkout?id=7&x=%2F";
pub(super) const NONCE: &str = "browser-one-0123456789abcdef";

/// `@` is the test's tag.
const ACME: &str = include_str!("acme.toml");

pub(super) struct World {
    pub(super) surroundings: Surroundings,
    pub(super) clock: Arc<FixedClock>,
    pub(super) directory: Arc<Directory>,
    pub(super) shop: Arc<FakeShop>,
    pub(super) punchout: Punchout,
    keyring: Arc<Keyring>,
    tag: String,
    _database: TestDatabase,
}

struct OneSecret;

impl SecretSource for OneSecret {
    fn variable(&self, _: &str) -> Option<String> {
        Some("a-secret-of-some-length".to_owned())
    }

    fn read(&self, _: &Path) -> std::io::Result<Option<String>> {
        Ok(None)
    }

    fn create(&self, _: &Path, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Idle;

#[async_trait::async_trait]
impl Connector for Idle {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: "idle",
            ..Spec::default()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        EgressRules::only(&"https://shop.example".parse().unwrap())
    }

    async fn check(&self, _: &Context) -> ConnectorResult<CheckReport> {
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "check",
            "does nothing",
        ))
    }
}

fn idle(_: &str, _: &serde_json::Value, _: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
    Ok(Box::new(Idle))
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
        let mut random = [0_u8; 8];
        OsEntropy.fill(&mut random);
        let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
        let surroundings = Surroundings {
            db: database.open().await,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(u64::from_be_bytes(random))),
        };
        let keyring = Arc::new(Keyring::ephemeral(&*surroundings.entropy));
        let directory = Arc::new(Directory::new(surroundings.clone(), Arc::clone(&keyring)));
        let shop = Arc::new(FakeShop::default());
        let settings = Settings {
            address: "https://gate.example/punchout".to_owned(),
            host: "gate.example".to_owned(),
            intake: Bounds {
                waiting: 64,
                batch: 16,
            },
        };
        let punchout = Punchout::with_shop(
            surroundings.clone(),
            Arc::clone(&directory),
            Arc::clone(&shop) as _,
            settings,
        );
        let world = Self {
            surroundings,
            clock,
            directory,
            shop,
            punchout,
            keyring,
            tag: random[..6].iter().map(|byte| format!("{byte:02x}")).collect(),
            _database: database,
        };
        world.apply(ACME).await;
        world
    }

    /// Declares; `@` is the test's tag.
    pub(super) async fn apply(&self, text: &str) {
        let registry = ConnectorRegistry::new().with("idle", idle);
        let provisioning = Provisioning {
            surroundings: &self.surroundings,
            keyring: &self.keyring,
            connectors: &registry,
            secrets: &OneSecret,
        };
        let text = text
            .replace("help@", "help#")
            .replace('@', &self.tag)
            .replace("help#", "help@");
        provisioning.apply(&text, false).await.unwrap();
        self.directory.forget();
    }

    /// Declares [`ACME`] with something else in place of something.
    pub(super) async fn apply_with(&self, from: &str, to: &str) {
        assert!(ACME.contains(from), "{from}");
        self.apply(&ACME.replace(from, to)).await;
    }

    pub(super) fn supplier(&self) -> SupplierId {
        format!("acme-{}", self.tag).into()
    }

    pub(super) async fn relationship(&self, id: &str) -> Arc<Relationship> {
        self.directory
            .relationship(&self.supplier(), &id.into())
            .await
            .unwrap()
    }

    pub(super) async fn believed(&self, relationship: &str, request: SetupRequest) -> Believed {
        Believed {
            relationship: self.relationship(relationship).await,
            document: Document {
                envelope: envelope(),
                body: Body::PunchOutSetupRequest(Box::new(request)),
                findings: Vec::new(),
                unknown_elements: 0,
                attachment_urls: Vec::new(),
            },
            content_hash: [7; 32],
            archived: ArchivedBytes {
                content_type: "text/xml".to_owned(),
                body: StoredBody::pack(b"<cXML/>"),
                parts: Vec::new(),
                findings: None,
            },
            at: NOW.parse().unwrap(),
        }
    }

    pub(super) async fn try_open(
        &self,
        relationship: &str,
        request: SetupRequest,
    ) -> Result<String, Refused> {
        let believed = self.believed(relationship, request).await;
        let response = self.punchout.opening().open(&believed).await.unwrap()?;
        let response = String::from_utf8(response).unwrap();
        let url = response
            .split("<URL>")
            .nth(1)
            .unwrap()
            .split("</URL>")
            .next()
            .unwrap();
        Ok(url
            .strip_prefix("https://gate.example/punchout/start/")
            .unwrap()
            .to_owned())
    }

    /// Opens a session; what stands in the start link after `/start/`.
    pub(super) async fn open(&self, relationship: &str, request: SetupRequest) -> String {
        self.try_open(relationship, request).await.unwrap()
    }

    /// Opens and redeems; the session's id, and what stands in the return address after `/return/`.
    pub(super) async fn enter(&self, relationship: &str, request: SetupRequest) -> (String, String) {
        let link = self.open(relationship, request).await;
        let redeemed = self.punchout.redeem(&link, NONCE).await.unwrap();
        let session = redeemed
            .login_url
            .split("code=")
            .nth(1)
            .unwrap()
            .rsplit_once('-')
            .unwrap()
            .0
            .to_owned();
        let return_url = self.shop.held(&session).request.return_url;
        let link = return_url
            .strip_prefix("https://gate.example/punchout/return/")
            .unwrap();
        (session, link.to_owned())
    }

    /// Gives the cart back, without a question being asked.
    pub(super) async fn posted(&self, link: &str) -> PostBack {
        match self.punchout.give_back(link, "").await.unwrap() {
            Answer::Post(post) => *post,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn sessions(&self) -> Vec<SessionRow> {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let filter = SessionFilter::default();
        let rows = session::list(&mut tx, self.supplier().as_str(), &filter, None, 100)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    pub(super) async fn session(&self, id: &str) -> SessionRow {
        let rows = self.sessions().await;
        rows.into_iter().find(|row| row.session_id == id).unwrap()
    }

    pub(super) async fn documents(&self, session: &str) -> Vec<DocumentRow> {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let filter = DocumentFilter {
            session_id: Some(session.to_owned()),
            ..DocumentFilter::default()
        };
        let rows = document::list(&mut tx, self.supplier().as_str(), &filter, None, 100)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    pub(super) async fn document_text(&self, id: &str) -> String {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let body = document::body(&mut tx, self.supplier().as_str(), id)
            .await
            .unwrap()
            .unwrap();
        tx.rollback().await.unwrap();
        String::from_utf8(body.unpack().unwrap()).unwrap()
    }

    pub(super) async fn snapshots(&self, purpose: &str, session: &str) -> Vec<CartSnapshotRow> {
        let mut tx = self.surroundings.db.read().await.unwrap();
        let sessions = [session.to_owned()];
        let supplier = self.supplier();
        let rows = cart_snapshot::of_sessions(&mut tx, supplier.as_str(), purpose, &sessions)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        rows
    }

    /// Globex's customer as the ERP told of it, with a hold if there is a text for one.
    pub(super) async fn add_customer(&self, hold_text: Option<&str>) {
        let supplier = self.supplier().to_string();
        let mut tx = self.surroundings.db.begin(Lane::Intake).await.unwrap();
        credit_account::insert_many(&mut tx, &[account_row(&supplier, "1000")])
            .await
            .unwrap();
        customer::insert_many(&mut tx, &[customer_row(&supplier, "1000")])
            .await
            .unwrap();
        if let Some(text) = hold_text {
            hold::insert_many(&mut tx, &[hold_row(&supplier, text)])
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn envelope() -> Envelope {
    Envelope {
        payload_id: "irrelevant".to_owned(),
        timestamp: StatedTimestamp {
            text: NOW.to_owned(),
            instant: Some(NOW.parse().unwrap()),
            has_offset: true,
        },
        version: None,
        doctype_system_id: None,
        language: Some("en-US".to_owned()),
        from: Vec::new(),
        to: Vec::new(),
        sender: Vec::new(),
        user_agent: None,
        deployment_mode: DeploymentMode::Production,
        kind: EnvelopeKind::Request,
        in_reply_to: None,
        status: None,
    }
}

/// A request to shop.
pub(super) fn create() -> SetupRequest {
    SetupRequest {
        operation: SetupOperation::Create,
        buyer_cookie: BuyerCookie::Text(" cookie <1> & \u{e9} ".to_owned()),
        browser_form_post: Some(RETURN.to_owned()),
        supplier_setup: None,
        extrinsics: vec![
            ("UserEmail".to_owned(), "bea@globex.example".to_owned()),
            ("UniqueName".to_owned(), "bea".to_owned()),
        ],
        contacts: Vec::new(),
        ship_to: None,
        selected_item: None,
        items: Vec::new(),
    }
}

/// A request to go on with these lines: part, key, quantity.
pub(super) fn with_items(operation: SetupOperation, items: &[(&str, &str, &str)]) -> SetupRequest {
    let items = items.iter().map(|(part, key, quantity)| SetupItem {
        item: ItemId {
            part_id: (*part).to_owned(),
            auxiliary_id: (!key.is_empty()).then(|| (*key).to_owned()),
            buyer_part_id: None,
        },
        quantity: quantity.parse_quantity(),
        line_number: None,
        unit: None,
        unit_price: None,
        description: None,
    });
    SetupRequest {
        operation,
        buyer_cookie: BuyerCookie::Text("second cookie".to_owned()),
        items: items.collect(),
        ..create()
    }
}

trait ParseQuantity {
    fn parse_quantity(&self) -> punchgate_domain::quantity::Quantity;
}

impl ParseQuantity for &str {
    fn parse_quantity(&self) -> punchgate_domain::quantity::Quantity {
        punchgate_domain::quantity::Quantity::parse(self).unwrap()
    }
}

/// Who turns a switch in a test.
pub(super) fn by_sam() -> punchgate_app::accounts::Author {
    punchgate_app::accounts::Author::new("sam", "the buyer's secret leaked").unwrap()
}
