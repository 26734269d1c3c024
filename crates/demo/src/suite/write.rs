//! The buyer's documents: setup request, purchase order, profile request, and the answer to what comes in.
//!
//! Pure: ids and time are parameters. The encoder sees to validity against the DTD of the version named.

use jiff::Timestamp;
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::StatedAmount,
    purchase_order::{OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder},
};
use punchgate_protocols::cxml::{
    DeploymentMode, Secret,
    decode::setup::{BuyerCookie, SetupOperation},
    dialect::Dialect,
    encode::{
        Charset, Frame, Header, ItemKey, ItemOut, OrderRequest, PartyCredential, ProfileRequest,
        PunchOutSetupRequest, SenderProof, StatusCode, StatusResponse, WriteError,
    },
    timestamp::parse_stated_date,
};

use super::{
    books::{Order, Version, order_id},
    buyer::Buyer,
};

/// Why the suite could not write a document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteProblem {
    #[error(transparent)]
    Document(#[from] WriteError),
    #[error("{0}")]
    Dialect(#[from] punchgate_protocols::cxml::dialect::DialectError),
    #[error("{0}")]
    Content(&'static str),
}

/// What a document is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    pub(crate) payload_id: &'a str,
    pub(crate) now: Timestamp,
}

/// What a setup request says.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) operation: SetupOperation,
    pub(crate) cookie: &'a str,
    /// Where the cart comes back to.
    pub(crate) return_url: &'a str,
    /// The lines to edit or inspect.
    pub(crate) lines: &'a [CartLine],
}

fn parties(pairs: &'static [(&'static str, &'static str)]) -> Vec<PartyCredential<'static>> {
    pairs
        .iter()
        .map(|(domain, identity)| PartyCredential { domain, identity })
        .collect()
}

fn with_frame<T>(
    buyer: &Buyer,
    stamp: Stamp<'_>,
    secret: &str,
    write: impl FnOnce(&Frame<'_>, &Header<'_>) -> Result<T, WriteError>,
) -> Result<T, WriteProblem> {
    let versions = Dialect::built_in(buyer.dialect)?.dtd;
    let secret = Secret::new(secret);
    let (from, to, sender) = (parties(buyer.from), parties(buyer.to), parties(buyer.sender));
    let frame = Frame {
        payload_id: stamp.payload_id,
        timestamp: stamp.now,
        lang: "en-US",
        versions: &versions,
        charset: Charset::Utf8,
    };
    let header = Header {
        from: &from,
        to: &to,
        sender: &sender,
        proof: SenderProof::SharedSecret(&secret),
        user_agent: buyer.user_agent,
        mode: DeploymentMode::Production,
    };
    Ok(write(&frame, &header)?)
}

/// A setup request with the buyer's secret, or another one to see it refused.
pub(crate) fn setup_request(
    buyer: &Buyer,
    stamp: Stamp<'_>,
    secret: &str,
    setup: &Setup<'_>,
) -> Result<Vec<u8>, WriteProblem> {
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
            detail: Some(line),
        })
        .collect();
    let request = PunchOutSetupRequest {
        operation: setup.operation,
        buyer_cookie: &cookie,
        extrinsics: &buyer.extrinsics(),
        browser_form_post: Some(setup.return_url),
        contacts: &[buyer.contact()],
        supplier_setup: None,
        ship_to: Some(&buyer.ship_to()),
        selected_item: None,
        items: &items,
    };
    with_frame(buyer, stamp, secret, |frame, header| request.write(frame, header))
}

/// What can you do?
pub(crate) fn profile_request(buyer: &Buyer, stamp: Stamp<'_>) -> Result<Vec<u8>, WriteProblem> {
    with_frame(buyer, stamp, buyer.secret, |frame, header| {
        ProfileRequest.write(frame, header)
    })
}

/// The next version of an order: new, update or delete.
pub(crate) fn order_request(
    order: &Order,
    stamp: Stamp<'_>,
    operation: OrderOperation,
    cart: &Cart,
) -> Result<Version, WriteProblem> {
    let date = stamp.now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let purchase_order = purchase_order(order, operation, cart, &date)?;
    let request = OrderRequest {
        order: &purchase_order,
        card_number: None,
    };
    let buyer = order.buyer;
    let bytes = with_frame(buyer, stamp, buyer.secret, |frame, header| {
        request.write(frame, header)
    })?;
    Ok(Version {
        operation,
        payload_id: stamp.payload_id.to_owned(),
        date,
        cart: cart.clone(),
        bytes,
        sendings: Vec::new(),
    })
}

fn purchase_order(
    order: &Order,
    operation: OrderOperation,
    cart: &Cart,
    date: &str,
) -> Result<PurchaseOrder, WriteProblem> {
    let buyer = order.buyer;
    let total = cart
        .lines_total()
        .ok_or(WriteProblem::Content("the order's total is out of range"))?;
    let order_date =
        parse_stated_date(date).ok_or(WriteProblem::Content("the order's date cannot be written"))?;
    Ok(PurchaseOrder {
        order_number: order_id(order.number),
        operation,
        order_type: OrderType::Regular,
        stated_version: Some((order.versions.len() + 1).to_string()),
        order_date,
        requested_delivery: None,
        requisition_id: Some(format!("R{}", order.requisition)),
        agreement_id: None,
        total: StatedAmount::from_decimal(two_places(total.value()), cart.currency),
        tax: None,
        shipping: None,
        ship_to: Some(buyer.ship_to()),
        bill_to: Some(buyer.bill_to()),
        payment: Payment::Terms,
        payment_terms_days: None,
        contacts: vec![buyer.contact()],
        comments: Vec::new(),
        replaces_payload_id: order.latest().map(|version| version.payload_id.clone()),
        extrinsics: Vec::new(),
        lines: (1..)
            .zip(&cart.lines)
            .map(|(number, line)| order_line(number, line))
            .collect(),
    })
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

/// Rounded half up, always with two places.
pub(crate) fn two_places(amount: rust_decimal::Decimal) -> rust_decimal::Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// The suite's answer to a document of the supplier.
pub(crate) fn status_response(
    stamp: Stamp<'_>,
    status: StatusCode,
    details: &str,
) -> Result<Vec<u8>, WriteProblem> {
    let versions = Dialect::built_in("generic")?.dtd;
    let frame = Frame {
        payload_id: stamp.payload_id,
        timestamp: stamp.now,
        lang: "en-US",
        versions: &versions,
        charset: Charset::Utf8,
    };
    Ok(StatusResponse { status, details }.write(&frame))
}
