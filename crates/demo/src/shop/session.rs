//! A punchout session of the shop: one cart, opened and closed from outside, filled by a shopper.
//!
//! Pure: instants, tokens' hashes and prices are parameters. Knows nothing of HTTP.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How long a one-time login may be redeemed.
pub(crate) const LOGIN_LIFETIME: SignedDuration = SignedDuration::from_secs(300);
/// How long a session lasts.
pub(crate) const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(8);
/// The most lines a cart holds.
const LINE_LIMIT: usize = 500;

/// SHA-256 of a token: tokens themselves are not kept.
pub(crate) type TokenHash = [u8; 32];

/// What the shopper came for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// A new cart.
    Create,
    /// A cart that went out before.
    Edit,
    /// To look only.
    Inspect,
}

/// A line of the cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its key for the gateway and the suite; never changes.
    pub(crate) auxiliary_id: String,
    pub(crate) sku: String,
    pub(crate) quantity: Decimal,
    /// Net price of one unit when the line was put in.
    pub(crate) unit_price: Decimal,
}

/// Where the cart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Open,
    Locked,
    Returned,
    Cancelled,
    Expired,
}

impl State {
    /// The state after the gateway asked for another; `Err` is a conflict.
    fn moved_to(self, wanted: Self) -> Result<Self, Self> {
        match (self, wanted) {
            (_, Self::Expired) => Err(self),
            (same, wanted) if same == wanted => Ok(same),
            (Self::Open | Self::Locked, wanted) => Ok(wanted),
            _ => Err(self),
        }
    }
}

/// A text the gateway wants shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) severity: Severity,
    pub(crate) text: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Info,
    Warning,
    Blocking,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// Our key of the session.
    pub(crate) id: String,
    /// The gateway's key of it.
    pub(crate) gateway_key: String,
    pub(crate) customer: String,
    pub(crate) user_name: String,
    pub(crate) mode: Mode,
    pub(crate) return_url: String,
    pub(crate) cancel_url: String,
    /// The product the shopper should land on.
    pub(crate) landing: Option<String>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) login: TokenHash,
    pub(crate) at: Timestamp,
    /// When the gateway wants the session to end; ours may be sooner.
    pub(crate) expires_at: Timestamp,
}

/// A punchout session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) opening: Opening,
    pub(crate) expires_at: Timestamp,
    pub(crate) revision: u64,
    state: State,
    login: Option<TokenHash>,
    login_until: Timestamp,
    bearer: Option<TokenHash>,
    lines: Vec<Line>,
    next_line: u32,
}

/// Why a session refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("This punchout session has ended. Start again from your procurement system.")]
    Ended,
    #[error(
        "This cart has been handed over and can no longer be changed. Open it again from your requisition."
    )]
    Closed,
    #[error("You are looking at this cart only. To change it, open it with Edit in your procurement system.")]
    ReadOnly,
    #[error("A quantity must be above zero and at most 999,999, with no more than {0} decimal places.")]
    Quantity(u32),
    #[error("This line is no longer in the cart.")]
    NoSuchLine,
    #[error("A cart holds at most 500 lines.")]
    Full,
}

impl Session {
    pub(crate) fn open(opening: Opening) -> Self {
        let expires_at = opening.expires_at.min(opening.at + SESSION_LIFETIME);
        Self {
            lines: Vec::new(),
            expires_at,
            revision: 0,
            state: State::Open,
            login: Some(opening.login),
            login_until: expires_at.min(opening.at + LOGIN_LIFETIME),
            bearer: None,
            next_line: 1,
            opening,
        }
    }

    /// Gives a new one-time login; the former one stops working.
    pub(crate) fn renew_login(&mut self, login: TokenHash, now: Timestamp) {
        self.login = Some(login);
        self.login_until = self.expires_at.min(now + LOGIN_LIFETIME);
    }

    /// Until when the present login may be redeemed.
    pub(crate) fn login_until(&self) -> Timestamp {
        self.login_until
    }

    /// Where the cart stands now.
    pub(crate) fn state(&self, now: Timestamp) -> State {
        match self.state {
            State::Open | State::Locked if self.is_expired(now) => State::Expired,
            other => other,
        }
    }

    /// Moves the cart to the state the gateway wants; `Err` is the state that forbids it.
    pub(crate) fn close(&mut self, wanted: State, now: Timestamp) -> Result<(), State> {
        let present = self.state(now);
        let next = present.moved_to(wanted)?;
        if next != present {
            self.state = next;
            self.revision += 1;
        }
        Ok(())
    }

    /// Exchanges the one-time login for a bearer; false if it is used, late, or another's.
    pub(crate) fn redeem(&mut self, login: &TokenHash, bearer: TokenHash, now: Timestamp) -> bool {
        let fits = self.login.as_ref().is_some_and(|known| same(known, login));
        if !fits
            || now > self.login_until
            || matches!(
                self.state(now),
                State::Returned | State::Cancelled | State::Expired
            )
        {
            return false;
        }
        self.login = None;
        self.bearer = Some(bearer);
        true
    }

    pub(crate) fn is_bearer(&self, bearer: &TokenHash) -> bool {
        self.bearer.as_ref().is_some_and(|known| same(known, bearer))
    }

    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(crate) fn total(&self) -> Decimal {
        self.lines
            .iter()
            .map(|line| super::customer::cents(line.quantity * line.unit_price))
            .sum()
    }

    /// Puts a product in, or adds to the line that has it.
    pub(crate) fn add(
        &mut self,
        sku: &str,
        quantity: Decimal,
        unit: &str,
        unit_price: Decimal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.changeable(now)?;
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == sku) {
            line.quantity = checked_quantity(line.quantity + quantity, unit)?;
            self.revision += 1;
            return Ok(());
        }
        if self.lines.len() >= LINE_LIMIT {
            return Err(Refusal::Full);
        }
        let quantity = checked_quantity(quantity, unit)?;
        let auxiliary_id = self.mint();
        self.lines.push(Line {
            auxiliary_id,
            sku: sku.to_owned(),
            quantity,
            unit_price,
        });
        self.revision += 1;
        Ok(())
    }

    /// Sets the quantity of a line; zero takes it out.
    pub(crate) fn set_quantity(
        &mut self,
        auxiliary_id: &str,
        quantity: Decimal,
        unit: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.changeable(now)?;
        let position = self
            .lines
            .iter()
            .position(|line| line.auxiliary_id == auxiliary_id)
            .ok_or(Refusal::NoSuchLine)?;
        if quantity.is_zero() {
            self.lines.remove(position);
        } else if let Some(line) = self.lines.get_mut(position) {
            line.quantity = checked_quantity(quantity, unit)?;
        }
        self.revision += 1;
        Ok(())
    }

    /// Replaces the whole cart, as the gateway does; keys given are kept.
    pub(crate) fn fill(&mut self, lines: Vec<(Option<String>, Line)>) {
        self.lines.clear();
        for (key, mut line) in lines.into_iter().take(LINE_LIMIT) {
            line.auxiliary_id = match key {
                Some(key) if !self.lines.iter().any(|other| other.auxiliary_id == key) => key,
                _ => self.mint(),
            };
            self.lines.push(line);
        }
        self.revision += 1;
    }

    fn changeable(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state(now) {
            State::Open => {}
            State::Expired => return Err(Refusal::Ended),
            State::Locked | State::Returned | State::Cancelled => return Err(Refusal::Closed),
        }
        if self.opening.mode == Mode::Inspect {
            return Err(Refusal::ReadOnly);
        }
        Ok(())
    }

    fn mint(&mut self) -> String {
        loop {
            let key = format!("{}-{}", self.opening.id, self.next_line);
            self.next_line += 1;
            if !self.lines.iter().any(|line| line.auxiliary_id == key) {
                return key;
            }
        }
    }
}

/// A quantity that a unit allows: metres may have two decimals, pieces none.
pub(crate) fn checked_quantity(quantity: Decimal, unit: &str) -> Result<Decimal, Refusal> {
    let places = if unit == "MTR" { 2 } else { 0 };
    let normal = quantity.normalize();
    if normal <= Decimal::ZERO || normal > Decimal::from(999_999) || normal.scale() > places {
        return Err(Refusal::Quantity(places));
    }
    Ok(normal)
}

fn same(left: &TokenHash, right: &TokenHash) -> bool {
    subtle::ConstantTimeEq::ct_eq(left.as_slice(), right.as_slice()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn session(mode: Mode) -> Session {
        Session::open(Opening {
            id: "s1".into(),
            gateway_key: "g1".into(),
            customer: "C-1001".into(),
            user_name: "Bea Buyer".into(),
            mode,
            return_url: "http://127.0.0.1/return".into(),
            cancel_url: "http://127.0.0.1/cancel".into(),
            landing: None,
            notices: Vec::new(),
            login: [1; 32],
            at: at(0),
            expires_at: at(100_000),
        })
    }

    #[test]
    fn a_login_is_redeemed_once_in_time_and_by_its_token() {
        for (name, token, seconds, used_before, expected) in [
            ("fresh", 1_u8, 0, false, true),
            ("at the last second", 1, 300, false, true),
            ("late", 1, 301, false, false),
            ("another token", 2, 0, false, false),
            ("used", 1, 0, true, false),
        ] {
            let mut session = session(Mode::Create);
            if used_before {
                assert!(session.redeem(&[1; 32], [9; 32], at(0)));
            }
            assert_eq!(
                session.redeem(&[token; 32], [8; 32], at(seconds)),
                expected,
                "{name}"
            );
            assert_eq!(session.is_bearer(&[8; 32]), expected, "{name}");
        }
    }

    #[test]
    fn a_closed_expired_or_inspected_cart_refuses_changes() {
        let price = Decimal::new(185, 2);
        let mut open = session(Mode::Create);
        assert_eq!(open.add("A", Decimal::TWO, "EA", price, at(0)), Ok(()));
        assert_eq!(open.add("A", Decimal::ONE, "EA", price, at(0)), Ok(()));
        assert_eq!(open.total().to_string(), "5.55");
        assert_eq!(open.lines().len(), 1);
        assert_eq!(
            open.add("A", Decimal::ONE, "EA", price, at(28_800)),
            Err(Refusal::Ended)
        );
        assert_eq!(open.close(State::Locked, at(0)), Ok(()));
        assert_eq!(
            open.add("A", Decimal::ONE, "EA", price, at(0)),
            Err(Refusal::Closed)
        );
        assert_eq!(
            open.set_quantity("s1-1", Decimal::ZERO, "EA", at(0)),
            Err(Refusal::Closed)
        );
        let mut inspected = session(Mode::Inspect);
        assert_eq!(
            inspected.add("A", Decimal::ONE, "EA", price, at(0)),
            Err(Refusal::ReadOnly)
        );
    }

    #[test]
    fn a_filled_cart_keeps_its_keys_and_never_mints_one_of_them() {
        let line = |sku: &str| Line {
            auxiliary_id: String::new(),
            sku: sku.into(),
            quantity: Decimal::ONE,
            unit_price: Decimal::ONE,
        };
        let mut session = session(Mode::Edit);
        session.fill(vec![(Some("s1-1".into()), line("A")), (None, line("B"))]);
        session.add("C", Decimal::ONE, "EA", Decimal::ONE, at(0)).unwrap();
        let keys: Vec<&str> = session
            .lines()
            .iter()
            .map(|line| line.auxiliary_id.as_str())
            .collect();
        assert_eq!(keys, ["s1-1", "s1-2", "s1-3"]);
        session.set_quantity("s1-2", Decimal::ZERO, "EA", at(0)).unwrap();
        assert_eq!(
            session.set_quantity("s1-2", Decimal::ONE, "EA", at(0)),
            Err(Refusal::NoSuchLine)
        );
    }

    #[test]
    fn the_cart_moves_as_the_protocol_says() {
        use State::{Cancelled, Expired, Locked, Open, Returned};
        for (from, to, expected) in [
            (Open, Locked, Ok(Locked)),
            (Open, Open, Ok(Open)),
            (Open, Returned, Ok(Returned)),
            (Open, Cancelled, Ok(Cancelled)),
            (Locked, Open, Ok(Open)),
            (Locked, Locked, Ok(Locked)),
            (Locked, Returned, Ok(Returned)),
            (Returned, Open, Err(Returned)),
            (Returned, Locked, Err(Returned)),
            (Returned, Returned, Ok(Returned)),
            (Returned, Cancelled, Err(Returned)),
            (Cancelled, Cancelled, Ok(Cancelled)),
            (Cancelled, Open, Err(Cancelled)),
            (Expired, Returned, Err(Expired)),
            (Expired, Locked, Err(Expired)),
        ] {
            assert_eq!(from.moved_to(to), expected, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn quantities_fit_their_unit() {
        for (quantity, unit, fits) in [
            ("1", "EA", true),
            ("1.00", "EA", true),
            ("1.5", "EA", false),
            ("1.5", "MTR", true),
            ("1.505", "MTR", false),
            ("0", "EA", false),
            ("-1", "EA", false),
            ("999999", "BX", true),
            ("1000000", "BX", false),
        ] {
            let read: Decimal = quantity.parse().unwrap();
            assert_eq!(checked_quantity(read, unit).is_ok(), fits, "{quantity} {unit}");
        }
    }
}
