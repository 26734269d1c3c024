//! A correct shop in memory, without a connector's clothes.

use std::sync::Mutex;

use jiff::Timestamp;
use punchgate_connector::{
    Capabilities, ConnectorError, ConnectorResult, Cursor, ErrorKind,
    carts::{CartMove, CartState, FillLine, FilledCart, RefusedLine, ShopCart},
    catalogue::{FoundItems, Item, SearchQuery},
    orders::{OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
    sessions::{OpenedSession, SessionMode, SessionRequest},
    shop_orders::{PaymentState, ShopOrder, ShopOrderLine},
};
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use super::ledger::{CUSTOMER, usd};

const PARTS: [&str; 5] = ["GLV-100", "GLV-200", "HLM-1", "DRL-7", "TAP-3"];

#[derive(Debug, Default)]
struct State {
    carts: Vec<ShopCart>,
    orders: Vec<ShopOrder>,
    numbers: u32,
    /// The logins that there were: which one, whose, whether it is the newest of its session and not used yet.
    logins: Vec<(String, String, bool)>,
}

#[derive(Debug, Default)]
pub(super) struct Stock(Mutex<State>);

pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        order_ref_unique: true,
        order_cancel: true,
        edit: true,
        inspect: true,
        parallel_sessions: true,
        keeps_auxiliary_ids: true,
        page_size: 50,
        ..Capabilities::default()
    }
}

fn absent(what: &'static str) -> ConnectorError {
    ConnectorError::new(ErrorKind::NotFound, what, "not there")
}

pub(super) fn conflict(what: &'static str) -> ConnectorError {
    ConnectorError::new(ErrorKind::Conflict, what, "not as it is now")
}

fn price() -> StatedAmount {
    StatedAmount::parse("12.40", usd()).unwrap()
}

fn filled(lines: &[FillLine]) -> (Vec<CartLine>, Vec<RefusedLine>) {
    let (known, unknown): (Vec<&FillLine>, Vec<&FillLine>) = lines
        .iter()
        .partition(|line| PARTS.contains(&line.part_id.as_str()));
    let line = |line: &&FillLine| CartLine {
        part_id: line.part_id.clone(),
        auxiliary_id: line.auxiliary_id.clone(),
        quantity: line.quantity.clone(),
        unit: Unit::new("BX"),
        unit_price: price(),
        price_basis: None,
        description: line.part_id.clone(),
        short_name: None,
        language: "en".to_owned(),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        lead_time_days: None,
        image_url: None,
        extrinsics: Vec::new(),
        charge: None,
    };
    let refused = |line: &&FillLine| RefusedLine {
        line: line.line,
        code: "unknown_part".to_owned(),
        message: "no such part".to_owned(),
    };
    (
        known.iter().map(line).collect(),
        unknown.iter().map(refused).collect(),
    )
}

impl Stock {
    pub(super) fn open(&self, request: &SessionRequest) -> ConnectorResult<OpenedSession> {
        if request.customer.external_id != CUSTOMER {
            return Err(absent("open"));
        }
        let mut state = self.0.lock().unwrap();
        state.numbers += 1;
        let number = state.numbers;
        let known = state.carts.iter().find(|cart| cart.session == request.session);
        if known.is_some_and(|cart| !matches!(cart.state, CartState::Open | CartState::Locked)) {
            return Err(conflict("open"));
        }
        let known = known.map(|cart| cart.storefront_session.clone());
        let (lines, refused) = filled(&request.items);
        let session = known.unwrap_or_else(|| {
            let session = format!("cart-{number}");
            state.carts.push(ShopCart {
                storefront_session: session.clone(),
                session: request.session.clone(),
                mode: request.mode,
                state: CartState::Open,
                revision: 1,
                cart: Cart { lines, ..empty() },
            });
            session
        });
        let login_url = format!("https://shop.example/login/{number}");
        for login in state.logins.iter_mut().filter(|(_, whose, _)| *whose == session) {
            login.2 = false;
        }
        state.logins.push((login_url.clone(), session.clone(), true));
        Ok(OpenedSession {
            storefront_session: session,
            login_url,
            login_expires_at: Timestamp::UNIX_EPOCH,
            refused,
        })
    }

    /// Whether a login lets in; `twice`: also one that was used, `older`: also one that is not the newest.
    pub(super) fn redeem(&self, login_url: &str, twice: bool, older: bool) -> bool {
        let mut state = self.0.lock().unwrap();
        let newest = state.logins.len();
        let mut logins = (1..).zip(&mut state.logins);
        let Some((place, login)) = logins.find(|(_, login)| login.0 == login_url) else {
            return false;
        };
        let enters = login.2 || (older && place < newest);
        login.2 = twice && login.2;
        enters
    }

    /// The first cart whose key is what this one begins with.
    pub(super) fn begun_by(&self, session: &str) -> Option<ShopCart> {
        let state = self.0.lock().unwrap();
        let mut carts = state.carts.iter();
        let exact = carts.find(|cart| cart.storefront_session == session);
        let mut carts = state.carts.iter();
        exact
            .or_else(|| carts.find(|cart| session.starts_with(&cart.storefront_session)))
            .cloned()
    }

    pub(super) fn read(&self, session: &str) -> ConnectorResult<ShopCart> {
        let state = self.0.lock().unwrap();
        let cart = state.carts.iter().find(|cart| cart.storefront_session == session);
        cart.cloned().ok_or_else(|| absent("read"))
    }

    /// `freely`: also where nothing may be changed.
    pub(super) fn fill(
        &self,
        session: &str,
        lines: &[FillLine],
        freely: bool,
    ) -> ConnectorResult<FilledCart> {
        let mut state = self.0.lock().unwrap();
        let cart = state
            .carts
            .iter_mut()
            .find(|cart| cart.storefront_session == session);
        let cart = cart.ok_or_else(|| absent("fill"))?;
        if !freely && (cart.state != CartState::Open || cart.mode == SessionMode::Inspect) {
            return Err(conflict("fill"));
        }
        let (lines, refused) = filled(lines);
        cart.cart.lines = lines;
        cart.revision += 1;
        Ok(FilledCart {
            cart: cart.clone(),
            refused,
        })
    }

    pub(super) fn close(&self, session: &str, to: CartMove) -> ConnectorResult<ShopCart> {
        let mut state = self.0.lock().unwrap();
        let cart = state
            .carts
            .iter_mut()
            .find(|cart| cart.storefront_session == session);
        let cart = cart.ok_or_else(|| absent("close"))?;
        if cart.state != to.target() {
            if !matches!(cart.state, CartState::Open | CartState::Locked) {
                return Err(conflict("close"));
            }
            cart.state = to.target();
            cart.revision += 1;
        }
        Ok(cart.clone())
    }

    pub(super) fn item(&self, part: &str) -> Option<Item> {
        PARTS.contains(&part).then(|| Item {
            part_id: part.to_owned(),
            name: format!("Part {part}"),
            description: None,
            language: "en".to_owned(),
            unit: Unit::new("BX"),
            units: vec![Unit::new("BX")],
            unit_price: price(),
            price_basis: None,
            list_price: None,
            active: true,
            in_stock: None,
            lead_time_days: None,
            classifications: Vec::new(),
            manufacturer_part_id: None,
            manufacturer_name: None,
            image_url: None,
            minimum_quantity: None,
            quantity_step: None,
        })
    }

    pub(super) fn search(&self, query: &SearchQuery) -> FoundItems {
        let from: usize = query
            .cursor
            .as_ref()
            .map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let hits: Vec<&str> = PARTS
            .into_iter()
            .filter(|part| part.contains(&query.text))
            .collect();
        let end = hits.len().min(from + query.limit as usize);
        FoundItems {
            items: hits[from..end]
                .iter()
                .filter_map(|part| self.item(part))
                .collect(),
            next_cursor: (end < hits.len()).then(|| Cursor::new(end.to_string())),
        }
    }

    pub(super) fn place(&self, what: &OrderSubmission, anew: bool) -> SubmitOutcome<ShopOrder> {
        let mut state = self.0.lock().unwrap();
        let known = state
            .orders
            .iter()
            .find(|order| order.order.reference == what.reference);
        if let Some(known) = known.filter(|_| !anew) {
            return SubmitOutcome::Existing(known.clone());
        }
        if what.customer != CUSTOMER {
            return SubmitOutcome::Rejected(Refusal {
                code: "customer".to_owned(),
                message: "no such customer".to_owned(),
                fields: Vec::new(),
            });
        }
        state.numbers += 1;
        let none = || Quantity::from_decimal(0.into());
        let lines = what.order.lines.iter().map(|line| ShopOrderLine {
            line_number: line.line_number,
            part_id: line.part_id.clone(),
            unit: line.unit.clone(),
            ordered: line.quantity.clone(),
            confirmed: none(),
            shipped: none(),
            invoiced: none(),
            cancelled: none(),
        });
        let order = ShopOrder {
            order: PlacedOrder {
                order_id: format!("O-{}", state.numbers),
                order_number: format!("S{}", state.numbers),
                reference: what.reference.clone(),
                purchase_order_number: Some(what.order.order_number.clone()),
                customer: what.customer.clone(),
                state: PlacedState::Open,
                total: Some(what.order.total.clone()),
                created_at: Timestamp::UNIX_EPOCH,
                revision: None,
            },
            payment: PaymentState::None,
            lines: lines.collect(),
        };
        state.orders.push(order.clone());
        SubmitOutcome::Created(order)
    }

    /// The order, cancelled; as it is if `only_said`.
    pub(super) fn cancel(&self, order_id: &str, only_said: bool) -> Option<ShopOrder> {
        let mut state = self.0.lock().unwrap();
        let order = state
            .orders
            .iter_mut()
            .find(|one| one.order.order_id == order_id)?;
        let mut said = order.clone();
        said.order.state = PlacedState::Cancelled;
        if !only_said {
            *order = said.clone();
        }
        Some(said)
    }

    pub(super) fn orders(&self, wanted: impl Fn(&ShopOrder) -> bool) -> Vec<ShopOrder> {
        let state = self.0.lock().unwrap();
        state
            .orders
            .iter()
            .filter(|order| wanted(order))
            .cloned()
            .collect()
    }
}

fn empty() -> Cart {
    Cart {
        currency: usd(),
        lines: Vec::new(),
        shipping: None,
        tax: None,
    }
}
