//! The buyer's documents: profile request, setup request, purchase order.
//!
//! Pure: ids and time are parameters. The encoder sees to validity against the DTD that the dialect names.

use jiff::Timestamp;
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::{Currency, StatedAmount},
    purchase_order::{Address, OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder},
};
use punchgate_protocols::cxml::{
    DeploymentMode, Secret,
    decode::setup::{BuyerCookie, SetupOperation},
    dialect::Dialect,
    encode::{
        Charset, Frame, Header, ItemKey, ItemOut, OrderRequest, PartyCredential, ProfileRequest,
        PunchOutSetupRequest, SenderProof, WriteError,
    },
    timestamp::parse_stated_date,
};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{
    manner::{Manner, SenderRule},
    run::Buyer,
};

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen<'a> {
    pub(crate) manner: &'a Manner,
    pub(crate) buyer: &'a Buyer,
    pub(crate) dialect: &'a Dialect,
    pub(crate) mode: DeploymentMode,
}

/// What a document is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    pub(crate) payload_id: &'a str,
    pub(crate) now: Timestamp,
    /// The right one, or one that must be refused.
    pub(crate) secret: &'a str,
}

/// What a setup request says.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) operation: SetupOperation,
    pub(crate) cookie: &'a str,
    pub(crate) return_url: &'a str,
    pub(crate) ship_to: Option<&'a Address>,
    /// The lines to edit or inspect.
    pub(crate) lines: &'a [CartLine],
}

/// What an order says.
#[derive(Clone, Debug)]
pub(crate) struct OrderText<'a> {
    pub(crate) number: &'a str,
    pub(crate) operation: OrderOperation,
    pub(crate) version: u32,
    pub(crate) replaces: Option<&'a str>,
    pub(crate) ship_to: Option<&'a Address>,
    pub(crate) cart: &'a Cart,
}

impl Pen<'_> {
    fn framed<T>(
        &self,
        stamp: Stamp<'_>,
        write: impl FnOnce(&Frame<'_>, &Header<'_>) -> Result<T, WriteError>,
    ) -> Result<T, String> {
        let secret = Secret::new(stamp.secret);
        let (from, to) = (parties(&self.buyer.from), parties(&self.buyer.to));
        let hub = match self.manner.sender {
            SenderRule::Hub => self.buyer.hub.as_ref(),
            SenderRule::Buyer => None,
        };
        let sender = match hub {
            Some(hub) => parties(std::slice::from_ref(hub)),
            None => from.clone(),
        };
        let frame = Frame {
            payload_id: stamp.payload_id,
            timestamp: stamp.now,
            lang: &self.manner.language,
            versions: &self.dialect.dtd,
            charset: Charset::Utf8,
        };
        let header = Header {
            from: &from,
            to: &to,
            sender: &sender,
            proof: SenderProof::SharedSecret(&secret),
            user_agent: &self.manner.user_agent,
            mode: self.mode,
        };
        write(&frame, &header).map_err(|error| error.to_string())
    }

    /// What can you do?
    pub(crate) fn profile(&self, stamp: Stamp<'_>) -> Result<Vec<u8>, String> {
        self.framed(stamp, |frame, header| ProfileRequest.write(frame, header))
    }

    /// A shopper wants to come in.
    pub(crate) fn setup(&self, stamp: Stamp<'_>, setup: &Setup<'_>) -> Result<Vec<u8>, String> {
        let cookie = BuyerCookie::Text(setup.cookie.to_owned());
        let items: Vec<ItemOut<'_>> = (1..)
            .zip(setup.lines)
            .map(|(number, line)| ItemOut {
                item: ItemKey {
                    part_id: &line.part_id,
                    auxiliary_id: line.auxiliary_id.as_deref(),
                },
                quantity: &line.quantity,
                line_number: Some(number),
                detail: self.manner.item_details.then_some(line),
            })
            .collect();
        let request = PunchOutSetupRequest {
            operation: setup.operation,
            buyer_cookie: &cookie,
            extrinsics: &self.manner.extrinsics,
            browser_form_post: Some(setup.return_url),
            contacts: &[self.manner.contact()],
            supplier_setup: None,
            ship_to: setup.ship_to,
            selected_item: None,
            items: &items,
        };
        self.framed(stamp, |frame, header| request.write(frame, header))
    }

    /// A version of an order.
    pub(crate) fn order(&self, stamp: Stamp<'_>, text: &OrderText<'_>) -> Result<Vec<u8>, String> {
        let order = self.purchase_order(stamp.now, text)?;
        let request = OrderRequest {
            order: &order,
            card_number: None,
        };
        self.framed(stamp, |frame, header| request.write(frame, header))
    }

    fn purchase_order(&self, now: Timestamp, text: &OrderText<'_>) -> Result<PurchaseOrder, String> {
        let total = text
            .cart
            .lines_total()
            .ok_or("the order's total is out of range")?;
        let total = in_currency(total.value(), text.cart.currency);
        let date = now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let bill_to = Address {
            name: self.buyer.name.clone(),
            deliver_to: vec!["Accounts payable".to_owned()],
            ..Address::default()
        };
        Ok(PurchaseOrder {
            order_number: text.number.to_owned(),
            operation: text.operation,
            order_type: OrderType::Regular,
            stated_version: Some(text.version.to_string()),
            order_date: parse_stated_date(&date).ok_or("the order's date cannot be written")?,
            requested_delivery: None,
            requisition_id: None,
            agreement_id: None,
            total: StatedAmount::from_decimal(total, text.cart.currency),
            tax: None,
            shipping: None,
            ship_to: text.ship_to.cloned(),
            bill_to: Some(bill_to),
            payment: Payment::Terms,
            payment_terms_days: None,
            contacts: vec![self.manner.contact()],
            comments: vec!["A rehearsal: written by a simulated buyer.".to_owned()],
            replaces_payload_id: text.replaces.map(str::to_owned),
            extrinsics: Vec::new(),
            lines: (1..)
                .zip(&text.cart.lines)
                .map(|(number, line)| order_line(number, line))
                .collect(),
        })
    }
}

fn parties(identities: &[(String, String)]) -> Vec<PartyCredential<'_>> {
    identities
        .iter()
        .map(|(domain, identity)| PartyCredential { domain, identity })
        .collect()
}

/// With the currency's digits, rounded half away from zero.
pub(crate) fn in_currency(amount: Decimal, currency: Currency) -> Decimal {
    let digits = currency.exponent();
    let mut rounded = amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(digits);
    rounded
}

/// What the cart said about a line must not be lost on its way into the order.
fn order_line(line_number: u32, line: &CartLine) -> OrderLine {
    OrderLine {
        line_number,
        quantity: line.quantity.clone(),
        unit: line.unit.clone(),
        part_id: line.part_id.clone(),
        auxiliary_id: line.auxiliary_id.clone(),
        buyer_part_id: None,
        unit_price: line.unit_price.clone(),
        price_basis: line.price_basis.clone(),
        price_basis_factor: None,
        description: line.description.clone(),
        classifications: line.classifications.clone(),
        manufacturer_part_id: line.manufacturer_part_id.clone(),
        manufacturer_name: line.manufacturer_name.clone(),
        requested_delivery: None,
        ship_to: None,
        is_ad_hoc: false,
        is_return: false,
        schedule_lines: 0,
        comments: Vec::new(),
        extrinsics: line.extrinsics.clone(),
    }
}
