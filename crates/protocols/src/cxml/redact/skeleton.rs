//! What is kept of a body that could not be read: the shape of its markup, from which nobody learns a secret.
//!
//! Kept are the names of known elements, line ends, and which order it was, where that stands in its proper
//! place in a proper form. Everything else is a star.

use super::token::{self, attributes};
use crate::cxml::card_number;

/// Elements that say which document and which order this is.
const IDENTIFYING: &[&str] = &["OrderRequestHeader", "cXML"];
/// Their attributes that do.
const IDENTIFYING_ATTRIBUTES: &[&str] = &[
    "orderDate",
    "orderID",
    "orderType",
    "orderVersion",
    "payloadID",
    "timestamp",
    "type",
    "version",
];
/// Longest value that is kept.
const LONGEST_VALUE: usize = 128;

/// The value of an attribute that a shape has kept.
pub(super) fn kept(shape: &[u8], name: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(shape, name)?;
    let rest = shape.get(at + name.len()..)?;
    let open = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\'' | b'>' | b'<'))?;
    let quote = *rest.get(open).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let value = rest.get(open + 1..)?;
    let end = memchr::memchr(quote, value)?;
    let text = std::str::from_utf8(value.get(..end)?).ok()?;
    (!text.is_empty() && !text.contains('*')).then(|| text.to_owned())
}

/// The shape of a text, byte by byte.
pub(super) fn of(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'<' | b'>' | b'\r' | b'\n' => *byte,
            _ => b'*',
        })
        .collect();
    let mut keep = |from: usize, to: usize| {
        if let (Some(kept), Some(given)) = (out.get_mut(from..to), text.get(from..to)) {
            kept.copy_from_slice(given);
        }
    };
    for open in memchr::memchr_iter(b'<', text) {
        let is_end = text.get(open + 1) == Some(&b'/');
        let begin = open + 1 + usize::from(is_end);
        // As far as the next mark: no place is looked at twice.
        let rest = text.get(begin..).unwrap_or_default();
        let tag = begin + memchr::memchr2(b'<', b'>', rest).unwrap_or(rest.len());
        let whole = text.get(begin..tag).unwrap_or_default();
        let name = whole.get(..token::name_length(whole)).unwrap_or_default();
        let local = token::local(name);
        if !is_known(local) {
            continue;
        }
        let end = begin + name.len();
        keep(open + 1, begin);
        keep(end - local.len(), end);
        if !is_end && IDENTIFYING.iter().any(|known| known.as_bytes() == local) {
            for one in attributes(text, end, tag)
                .0
                .iter()
                .filter(|one| identifies(text, one))
            {
                keep(one.name.0, one.value.1 + 1);
            }
        }
    }
    out
}

fn is_known(name: &[u8]) -> bool {
    NAMES.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
}

/// Whether this attribute says which order it is, and looks like nothing else.
fn identifies(text: &[u8], attribute: &token::Attribute) -> bool {
    let of = |(from, to): (usize, usize)| text.get(from..to).unwrap_or_default();
    let value = of(attribute.value);
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@' | b':' | b'+');
    IDENTIFYING_ATTRIBUTES
        .iter()
        .any(|known| known.as_bytes() == of(attribute.name))
        && value.len() <= LONGEST_VALUE
        && value.iter().all(is_plain)
        && card_number::ranges(value).is_empty()
}

/// Elements by whose names an operator finds the place in a document; sorted.
const NAMES: &[&str] = &[
    "Address",
    "Attachment",
    "BillTo",
    "BlanketItemDetail",
    "BrowserFormPost",
    "BuyerCookie",
    "BuyerPartID",
    "City",
    "Classification",
    "Comments",
    "ConfirmationHeader",
    "ConfirmationItem",
    "ConfirmationRequest",
    "Contact",
    "Country",
    "Credential",
    "CredentialMac",
    "DeliverTo",
    "Description",
    "DigitalSignature",
    "Distribution",
    "DocumentReference",
    "Email",
    "Extrinsic",
    "From",
    "Header",
    "Identity",
    "InvoiceDetailRequest",
    "ItemDetail",
    "ItemID",
    "ItemIn",
    "ItemOut",
    "ManufacturerName",
    "ManufacturerPartID",
    "Message",
    "Money",
    "Name",
    "Number",
    "Option",
    "OrderReference",
    "OrderRequest",
    "OrderRequestHeader",
    "PCard",
    "Payment",
    "PaymentTerm",
    "Phone",
    "PostalAddress",
    "PostalCode",
    "PriceBasisQuantity",
    "ProfileRequest",
    "ProfileResponse",
    "PunchOutOrderMessage",
    "PunchOutSetupRequest",
    "PunchOutSetupResponse",
    "Request",
    "Response",
    "ScheduleLine",
    "SelectedItem",
    "Sender",
    "SharedSecret",
    "ShipNoticeRequest",
    "ShipTo",
    "Shipping",
    "ShortName",
    "State",
    "Status",
    "Street",
    "SupplierPartAuxiliaryID",
    "SupplierPartID",
    "SupplierSetup",
    "Tax",
    "TaxDetail",
    "TelephoneNumber",
    "To",
    "Total",
    "URL",
    "UnitOfMeasure",
    "UnitPrice",
    "UserAgent",
    "cXML",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn what_a_shape_still_says() {
        let shape = of(b"<cXML payloadID='1@x'><OrderRequestHeader type=\"new\" orderID = \"P-1\"><b>");
        assert_eq!(kept(&shape, b"payloadID").as_deref(), Some("1@x"));
        assert_eq!(kept(&shape, b"orderID").as_deref(), Some("P-1"));
        for nothing in [
            &b"<cXML>"[..],
            b"<OrderRequestHeader orderID='",
            b"<OrderRequestHeader orderID=''>",
            b"",
        ] {
            assert_eq!(kept(&of(nothing), b"orderID"), None);
        }
    }

    #[test]
    fn the_shape_and_which_order() {
        let rows = [
            (
                "<cXML payloadID='1@x' note='y'>\n<SharedSecret '>top secret</SharedSecret>",
                "<cXML*payloadID='1@x'*********>\n<SharedSecret**>**********</SharedSecret>",
            ),
            (
                "<OrderRequestHeader orderID=\"PO 1\" type=\"new\"><hunter2>&hunter2;",
                "<OrderRequestHeader****************type=\"new\"><*******>*********",
            ),
            ("< SharedSecret>x", "<*************>*"),
            (
                "<cXML payloadID='4111111111111111'/>",
                "<cXML******************************>",
            ),
            ("%3CSharedSecret%3Ex", "*******************"),
            ("<p:cXML version='1", "<**cXML***********"),
        ];
        for (given, expected) in rows {
            let found = String::from_utf8(of(given.as_bytes())).unwrap();
            assert_eq!(found.len(), given.len(), "{found}");
            assert_eq!(found, expected);
        }
    }
}
