//! What we write, we read: decode ∘ encode = identity.

mod values;

use proptest::prelude::*;
use punchgate_protocols::cxml::{
    Body, Document, Limits, Secret, decode,
    decode::{
        message::{OperationAllowed, OrderMessage},
        setup::SetupRequest,
    },
    dialect::{BaseVersion, DtdVersions, FulfillVersion, TotalIncludes},
    encode::{Charset, Frame, ItemKey, ItemOut, OrderRequest, PunchOutOrderMessage, PunchOutSetupRequest},
};

use crate::samples::{buyer_header, frame, supplier_header, versions};

/// The grammar that can say everything.
fn newest() -> DtdVersions {
    versions(BaseVersion::V071, FulfillVersion::V071)
}

fn read(xml: &[u8]) -> Document {
    read_with(xml, &[])
}

/// Reads a document of which exactly this is to be found odd.
fn read_with(xml: &[u8], findings: &[&str]) -> Document {
    let document = decode(xml, Some("text/xml"), &Limits::default())
        .unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", String::from_utf8_lossy(xml)));
    let found: Vec<&str> = document.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, findings, "{:?}", document.findings);
    assert_eq!(document.unknown_elements, 0);
    document
}

fn write_setup(request: &SetupRequest, frame: &Frame<'_>) -> Vec<u8> {
    let key = |item: &punchgate_protocols::cxml::decode::setup::ItemId| {
        (item.part_id.clone(), item.auxiliary_id.clone())
    };
    let selected = request.selected_item.as_ref().map(key);
    let keys: Vec<_> = request.items.iter().map(|item| key(&item.item)).collect();
    let as_key = |(part_id, auxiliary_id)| ItemKey {
        part_id,
        auxiliary_id,
    };
    let items: Vec<_> = request
        .items
        .iter()
        .zip(&keys)
        .map(|(item, (part, auxiliary))| ItemOut {
            item: as_key((part, auxiliary.as_deref())),
            quantity: &item.quantity,
            line_number: item.line_number,
            detail: None,
        })
        .collect();
    let secret = Secret::new("s3cret");
    PunchOutSetupRequest {
        operation: request.operation,
        buyer_cookie: &request.buyer_cookie,
        extrinsics: &request.extrinsics,
        browser_form_post: request.browser_form_post.as_deref(),
        contacts: &request.contacts,
        supplier_setup: request.supplier_setup.as_deref(),
        ship_to: request.ship_to.as_ref(),
        selected_item: selected
            .as_ref()
            .map(|(part, auxiliary)| as_key((part, auxiliary.as_deref()))),
        items: &items,
    }
    .write(frame, &buyer_header(&secret))
    .unwrap()
}

proptest! {
    #[test]
    fn setup_requests(request in values::setup_request(), ascii: bool) {
        let versions = newest();
        let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
        let frame = Frame { charset, ..frame(&versions, "p1@suite.example") };
        let expected: &[&str] =
            if request.browser_form_post.is_none() { &["browser-form-post-missing"] } else { &[] };
        let document = read_with(&write_setup(&request, &frame), expected);
        prop_assert_eq!(&document.envelope.payload_id, "p1@suite.example");
        let Body::PunchOutSetupRequest(read) = document.body else {
            return Err(TestCaseError::fail("another kind"));
        };
        prop_assert_eq!(*read, request);
    }

    #[test]
    fn orders(order in values::order(), ascii: bool) {
        let versions = newest();
        let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
        let frame = Frame { charset, ..frame(&versions, "o1@suite.example") };
        let secret = Secret::new("s3cret");
        let request = OrderRequest { order: &order, card_number: None };
        let document = read(&request.write(&frame, &buyer_header(&secret)).unwrap());
        let Body::OrderRequest(read) = document.body else {
            return Err(TestCaseError::fail("another kind"));
        };
        prop_assert_eq!(*read, order);
    }

    #[test]
    fn carts(cookie in values::cookie(), cart in values::cart()) {
        let versions = newest();
        let secret = Secret::new("s3cret");
        let message = PunchOutOrderMessage {
            buyer_cookie: &cookie,
            operation_allowed: OperationAllowed::Inspect,
            cart: &cart,
            total_includes: TotalIncludes::Lines,
        };
        let frame = frame(&versions, "m1@gateway.example");
        let document = read(&message.write(&frame, &supplier_header(&secret)).unwrap());
        let Body::PunchOutOrderMessage(read) = document.body else {
            return Err(TestCaseError::fail("another kind"));
        };
        let expected = OrderMessage {
            buyer_cookie: cookie,
            operation_allowed: OperationAllowed::Inspect,
            is_pending: false,
            total: read.total.clone(),
            cart,
        };
        prop_assert_eq!(*read, expected);
    }
}
