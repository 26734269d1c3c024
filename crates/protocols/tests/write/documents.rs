//! One document of each kind, in any versions, with plain or nasty texts.

use punchgate_domain::{
    cart::Cart,
    purchase_order::{MaskedCard, OrderOperation, Payment, PurchaseOrder},
    quantity::Unit,
};
use punchgate_protocols::cxml::{
    Secret,
    decode::{
        message::OperationAllowed,
        setup::{BuyerCookie, SetupOperation},
    },
    dialect::{BaseVersion, DtdVersions, FulfillVersion, TotalIncludes},
    encode::{
        CardNumber, Confirmation, ConfirmationRequest, ConfirmedLine, Frame, Header, ItemKey, ItemOut,
        LineOutcome, LinePart, OrderReference, OrderRequest, ProfileRequest, ProfileResponse, PunchOutCancel,
        PunchOutOrderMessage, PunchOutSetupRequest, PunchOutSetupResponse, StatusCode, StatusResponse,
        Transaction,
    },
};

use crate::samples::{
    address, buyer_header, cart, cart_line, contact, frame, moment, order, quantity, stated_date,
    supplier_header, usd, usd_amount,
};

/// Text that breaks careless writers.
pub(crate) const NASTY: &str =
    " ]]> & <a b='c'> \"quoted\" \u{1F600} caf\u{e9} \u{0} \u{B} \u{FFFE} \u{85} tab\tcr\rlf\n ";

/// A document and what it is to be valid against.
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) version: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Which texts stand in the documents.
#[derive(Clone, Copy)]
pub(crate) enum Texts {
    Plain,
    Nasty,
}

impl Texts {
    fn of(self, plain: &str) -> String {
        match self {
            Self::Plain => plain.to_owned(),
            Self::Nasty => format!("{plain}{NASTY}"),
        }
    }
}

/// Every kind of document; `versions` decides what is possible.
pub(crate) fn documents(versions: &DtdVersions, texts: Texts) -> Vec<Written> {
    let secret = Secret::new(texts.of("s3cret"));
    let mut all = responses(versions, texts);
    all.extend(punchout_requests(versions, texts, &secret));
    all.extend(messages(versions, texts, &secret));
    all.extend(orders(versions, texts, &secret));
    all.extend(confirmations(versions, texts, &secret));
    all
}

fn base(name: &'static str, version: BaseVersion, bytes: Vec<u8>) -> Written {
    Written {
        name,
        module: BaseVersion::MODULE,
        version: version.as_str(),
        bytes,
    }
}

fn responses(versions: &DtdVersions, texts: Texts) -> Vec<Written> {
    let payload_id = texts.of("r1@gateway.example");
    let frame = frame(versions, &payload_id);
    let options = vec![(texts.of("attachments"), texts.of("Yes"))];
    let url = texts.of("https://gateway.example/cxml?a=1&b=2");
    let transactions = [Transaction {
        request_name: "OrderRequest",
        url: &url,
        options: &options,
    }];
    let details = texts.of("Unknown sender");
    let status = StatusResponse {
        status: StatusCode::UNAUTHORIZED,
        details: &details,
    };
    let setup = PunchOutSetupResponse {
        start_page: &texts.of(" https://gateway.example/punchout/start?token=a&b=<c>\n"),
    };
    let profile = ProfileResponse {
        effective_date: moment(),
        options: &options,
        transactions: &transactions,
    };
    vec![
        base("status-401", versions.status_response, status.write(&frame)),
        base(
            "punchout-setup-response",
            versions.punchout_setup_response,
            setup.write(&frame),
        ),
        base(
            "profile-response",
            versions.profile,
            profile.write(&frame).unwrap(),
        ),
    ]
}

fn punchout_requests(versions: &DtdVersions, texts: Texts, secret: &Secret) -> Vec<Written> {
    let payload_id = texts.of("q1@suite.example");
    let frame = frame(versions, &payload_id);
    let header = buyer_header(secret);
    let cookie = BuyerCookie::Text(texts.of(" cookie 1 "));
    let extrinsics = vec![(texts.of("UserEmail"), texts.of("pat@buyer.example"))];
    let contacts = [contact()];
    let line = cart_line(&texts.of("GLV-1"));
    let auxiliary = line.auxiliary_id.clone();
    let items = [ItemOut {
        item: ItemKey {
            part_id: &line.part_id,
            auxiliary_id: auxiliary.as_deref(),
        },
        quantity: &line.quantity,
        line_number: Some(1),
        detail: Some(&line),
    }];
    let create = PunchOutSetupRequest {
        operation: SetupOperation::Create,
        buyer_cookie: &cookie,
        extrinsics: &extrinsics,
        browser_form_post: Some("https://suite.example/return?id=7&x=y"),
        contacts: &contacts,
        supplier_setup: Some("https://gateway.example/cxml"),
        ship_to: Some(&address()),
        selected_item: None,
        items: &[],
    };
    let edit = PunchOutSetupRequest {
        operation: SetupOperation::Edit,
        selected_item: Some(items[0].item),
        items: &items,
        ..create
    };
    let version = versions.punchout_setup_request;
    vec![
        base(
            "punchout-setup-request-create",
            version,
            create.write(&frame, &header).unwrap(),
        ),
        base(
            "punchout-setup-request-edit",
            version,
            edit.write(&frame, &header).unwrap(),
        ),
        base(
            "profile-request",
            versions.profile,
            ProfileRequest.write(&frame, &header).unwrap(),
        ),
    ]
}

fn messages(versions: &DtdVersions, texts: Texts, secret: &Secret) -> Vec<Written> {
    let version = versions.punchout_order_message;
    let payload_id = texts.of("m1@gateway.example");
    let frame = frame(versions, &payload_id);
    let header = supplier_header(secret);
    let mut line = cart_line(&texts.of("GLV-1"));
    line.description = texts.of("Safety gloves");
    line.extrinsics = vec![(texts.of("colour"), texts.of("blue"))];
    if version.is_extended() {
        line.price_basis = Some(quantity("100"));
    }
    let filled = cart(vec![line, cart_line("GLV-2")]);
    let empty = Cart {
        shipping: None,
        tax: None,
        ..cart(Vec::new())
    };
    let cookie = BuyerCookie::Text(texts.of("  1CX3L4843PPZO  "));
    let markup =
        BuyerCookie::Markup("<URL name=\"\u{e9}\">a &amp; \u{1F600}<![CDATA[<\u{e9}>]]></URL>".to_owned());
    let message = |buyer_cookie, cart| PunchOutOrderMessage {
        buyer_cookie,
        operation_allowed: OperationAllowed::Edit,
        cart,
        total_includes: TotalIncludes::Lines,
    };
    let cancel = PunchOutCancel {
        buyer_cookie: &cookie,
        operation_allowed: OperationAllowed::Create,
        currency: usd(),
    };
    let write = |cookie, cart| message(cookie, cart).write(&frame, &header).unwrap();
    vec![
        base("punchout-order-message", version, write(&cookie, &filled)),
        base("punchout-order-message-empty", version, write(&cookie, &empty)),
        base(
            "punchout-order-message-markup-cookie",
            version,
            write(&markup, &empty),
        ),
        base(
            "punchout-order-message-cancel",
            version,
            cancel.write(&frame, &header).unwrap(),
        ),
    ]
}

fn orders(versions: &DtdVersions, texts: Texts, secret: &Secret) -> Vec<Written> {
    let version = versions.order_request;
    let payload_id = texts.of("o1@suite.example");
    let frame = frame(versions, &payload_id);
    let header = buyer_header(secret);
    let mut new = order();
    new.comments.push(texts.of("Second comment"));
    new.lines[0].description = texts.of("Safety gloves");
    new.lines[1].ship_to = Some(address());
    if version.is_extended() {
        new.requested_delivery = Some(stated_date("2026-12-01T00:00:00+00:00"));
        new.lines[1].buyer_part_id = Some(texts.of("B-1"));
        new.lines[1].price_basis = Some(quantity("2"));
        new.lines[1].price_basis_factor = Some(quantity("0.10"));
        new.lines[1].is_return = true;
    }
    let card = PurchaseOrder {
        operation: OrderOperation::Update,
        stated_version: Some("2".to_owned()),
        replaces_payload_id: Some(texts.of("o0@suite.example")),
        payment: Payment::Card(MaskedCard {
            last_digits: "1111".to_owned(),
            expiration: Some("2028-12-31".to_owned()),
        }),
        ..order()
    };
    let delete = PurchaseOrder {
        operation: OrderOperation::Delete,
        ..card.clone()
    };
    let write = |order, card_number| {
        OrderRequest { order, card_number }
            .write(&frame, &header)
            .unwrap()
    };
    vec![
        base("order-request-new", version, write(&new, None)),
        base(
            "order-request-update-card",
            version,
            write(&card, Some(CardNumber("4111111111111111"))),
        ),
        base("order-request-delete", version, write(&delete, None)),
    ]
}

fn confirmations(versions: &DtdVersions, texts: Texts, secret: &Secret) -> Vec<Written> {
    let version = versions.confirmation_request;
    let payload_id = texts.of("c1@gateway.example");
    let frame = frame(versions, &payload_id);
    let header = supplier_header(secret);
    let comments = [texts.of("Order confirmed")];
    let order_number = texts.of("PO-1001");
    let (two, one, unit, price) = (quantity("2"), quantity("1"), Unit::new("EA"), usd_amount("13.10"));
    let part = |outcome, unit_price| LinePart {
        outcome,
        quantity: &one,
        unit_price,
        shipment_date: None,
        delivery_date: Some(moment()),
        comments: &comments,
    };
    let detail = [
        part(LineOutcome::Detail, Some(&price)),
        part(LineOutcome::Backordered, None),
    ];
    let rejected = [part(LineOutcome::Reject, None), part(LineOutcome::Reject, None)];
    let all = [
        part(LineOutcome::AllDetail, Some(&price)),
        part(LineOutcome::Unknown, None),
    ];
    let line = |line_number, parts| ConfirmedLine {
        line_number,
        quantity: &two,
        unit: &unit,
        parts,
    };
    let kinds: [(&str, Confirmation<'_>); 5] = [
        ("confirmation-accept", Confirmation::Accept),
        ("confirmation-reject", Confirmation::Reject),
        ("confirmation-except", Confirmation::Except(&[line(2, &rejected)])),
        (
            "confirmation-detail",
            Confirmation::Detail(&[line(1, &detail), line(2, &rejected)]),
        ),
        (
            "confirmation-all-detail",
            Confirmation::AllDetail(&[line(1, &all)]),
        ),
    ];
    kinds
        .into_iter()
        .map(|(name, confirmation)| Written {
            name,
            module: FulfillVersion::MODULE,
            version: version.as_str(),
            bytes: confirmation_of(&order_number, &comments, confirmation, &frame, &header),
        })
        .collect()
}

fn confirmation_of(
    order_number: &str,
    comments: &[String],
    confirmation: Confirmation<'_>,
    frame: &Frame<'_>,
    header: &Header<'_>,
) -> Vec<u8> {
    let accepted = matches!(confirmation, Confirmation::Accept);
    let (total, charges) = (usd_amount("50.00"), cart(Vec::new()));
    ConfirmationRequest {
        confirm_id: "OC-1",
        notice_date: moment(),
        replaces_payload_id: (!accepted).then_some("c0@gateway.example"),
        order: OrderReference {
            order_number,
            order_date: Some(&stated_date("2026-11-22T09:00:00-05:00")),
            payload_id: "o1@suite.example",
        },
        confirmation,
        total: accepted.then_some(&total),
        shipping: charges.shipping.as_ref(),
        tax: charges.tax.as_ref(),
        comments,
    }
    .write(frame, header)
    .unwrap()
}
