//! A shop with sessions and carts of its own, as strict as its protocol: a closed cart stays closed, a locked one
//! is not changed, the same key opens the same session.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use punchgate_app::punchout::{Shop, ShopError, shop::ShopAt};
use punchgate_connector::{
    ConnectorError, ErrorKind,
    carts::{CartMove, CartState, FillLine, RefusedLine},
    sessions::{OpenedSession, SessionMode, SessionRequest},
};
use punchgate_domain::{
    cart::{Cart, CartLine, Charge},
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
};

/// A session in the shop.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) request: SessionRequest,
    pub(super) state: CartState,
    pub(super) lines: Vec<CartLine>,
    pub(super) logins: u32,
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<String, Held>,
    /// Parts that are no longer sold.
    gone: BTreeSet<String>,
    is_down: bool,
    /// Freight and tax of every cart.
    charges: [Option<Charge>; 2],
}

/// The shop.
#[derive(Debug, Default)]
pub(super) struct FakeShop(Mutex<State>);

impl FakeShop {
    /// The session with our key.
    pub(super) fn held(&self, session: &str) -> Held {
        self.0.lock().unwrap().sessions[session].clone()
    }

    /// The only session.
    pub(super) fn only(&self) -> Held {
        let state = self.0.lock().unwrap();
        assert_eq!(state.sessions.len(), 1);
        state.sessions.values().next().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().sessions.len()
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    pub(super) fn charge(&self, freight: &str, tax: &str) {
        let charges = [(freight, "Freight"), (tax, "Sales tax")].map(|(amount, description)| {
            let currency = Currency::parse("USD").unwrap();
            Some(Charge {
                amount: StatedAmount::parse(amount, currency).unwrap(),
                description: description.to_owned(),
            })
        });
        self.0.lock().unwrap().charges = charges;
    }

    pub(super) fn stop_selling(&self, part: &str) {
        self.0.lock().unwrap().gone.insert(part.to_owned());
    }

    /// The shopper changes the cart, if it can be changed.
    pub(super) fn shop(&self, session: &str, change: impl FnOnce(&mut Vec<CartLine>)) {
        let mut state = self.0.lock().unwrap();
        let held = state.sessions.get_mut(session).unwrap();
        assert_eq!(held.state, CartState::Open, "the cart cannot be changed");
        assert_ne!(held.request.mode, SessionMode::Inspect);
        change(&mut held.lines);
    }

    fn failed(operation: &'static str, kind: ErrorKind) -> ShopError {
        ShopError::Call(ConnectorError::new(kind, operation, "the fake shop says no"))
    }
}

/// A line as the shop has it.
pub(super) fn line(part: &str, key: Option<&str>, quantity: &str, unit: &str, price: &str) -> CartLine {
    let currency = Currency::parse("USD").unwrap();
    CartLine {
        part_id: part.to_owned(),
        auxiliary_id: key.map(str::to_owned),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: Unit::new(unit),
        unit_price: StatedAmount::parse(price, currency).unwrap(),
        price_basis: None,
        description: format!("Description of {part}"),
        short_name: None,
        language: "en".to_owned(),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        lead_time_days: None,
        image_url: None,
        extrinsics: Vec::new(),
        charge: None,
    }
}

#[async_trait::async_trait]
impl Shop for FakeShop {
    async fn open(&self, _: &ShopAt, request: &SessionRequest) -> Result<OpenedSession, ShopError> {
        let mut state = self.0.lock().unwrap();
        if state.is_down {
            return Err(Self::failed("open_session", ErrorKind::Temporary));
        }
        let (mut lines, mut refused) = (Vec::new(), Vec::new());
        for fill in &request.items {
            match state.gone.contains(&fill.part_id) {
                false => lines.push(filled(fill)),
                true => refused.push(RefusedLine {
                    line: fill.line,
                    code: "not_available".to_owned(),
                    message: "no longer sold".to_owned(),
                }),
            }
        }
        let is_new = !state.sessions.contains_key(&request.session);
        let held = state
            .sessions
            .entry(request.session.clone())
            .or_insert_with(|| Held {
                request: request.clone(),
                state: CartState::Open,
                lines,
                logins: 0,
            });
        if !matches!(held.state, CartState::Open | CartState::Locked) {
            return Err(Self::failed("open_session", ErrorKind::Conflict));
        }
        held.logins += 1;
        Ok(OpenedSession {
            storefront_session: format!("shop-{}", request.session),
            login_url: format!(
                "https://shop.example/login?code={}-{}",
                request.session, held.logins
            ),
            login_expires_at: request.expires_at,
            refused: if is_new { refused } else { Vec::new() },
        })
    }

    async fn move_cart(&self, _: &ShopAt, shop_session: &str, to: CartMove) -> Result<Cart, ShopError> {
        let mut state = self.0.lock().unwrap();
        if state.is_down {
            return Err(Self::failed("close_cart", ErrorKind::Temporary));
        }
        let [shipping, tax] = state.charges.clone();
        let held = shop_session
            .strip_prefix("shop-")
            .and_then(|session| state.sessions.get_mut(session))
            .ok_or_else(|| Self::failed("close_cart", ErrorKind::NotFound))?;
        let is_alive = matches!(held.state, CartState::Open | CartState::Locked);
        if !is_alive && held.state != to.target() {
            return Err(Self::failed("close_cart", ErrorKind::Conflict));
        }
        held.state = to.target();
        Ok(Cart {
            currency: Currency::parse("USD").unwrap(),
            lines: held.lines.clone(),
            shipping,
            tax,
        })
    }
}

fn filled(fill: &FillLine) -> CartLine {
    let unit = fill.unit.as_ref().map_or("EA", Unit::as_str);
    line(
        &fill.part_id,
        fill.auxiliary_id.as_deref(),
        fill.quantity.text(),
        unit,
        "12.40",
    )
}
