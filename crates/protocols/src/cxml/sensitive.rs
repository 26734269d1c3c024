//! What of a document is secret, by the names that documents give it: the one list for the archive, the
//! content hash and the domain.

/// Elements whose whole content is secret. Some suites number their shared secrets.
const SECRET_ELEMENTS: &[&str] = &["SharedSecret", "CredentialMac", "DigitalSignature"];
/// Attributes of a card that are secret, wherever they stand.
const CARD_ATTRIBUTES: &[&str] = &[
    "number",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "securityCode",
    "cardNumber",
];
/// Elements whose attributes are a card's.
const CARD_ELEMENTS: &[&str] = &["PCard", "PaymentCard", "CreditCard"];
/// Elements that pair a name with a value.
const LABELLED_ELEMENTS: &[&str] = &["Extrinsic", "Option"];
/// Elements in which people write what they like, card numbers included.
const FREE_TEXT_ELEMENTS: &[&str] = &["Comments", "Description", "ShortName", "Extrinsic"];
/// Labels that are secret if they hold one of these, letters and digits alone counted.
const SECRET_LABEL_PARTS: &[&str] = &[
    "cvv",
    "cardnumber",
    "cardcode",
    "cardverification",
    "securitycode",
    "primaryaccountnumber",
    "sharedsecret",
    "password",
    "credentialmacvalue",
];
/// Labels that are secret as a whole.
const SECRET_LABELS: &[&str] = &["cvc", "cvc2", "ccnumber", "ccnum", "ccno", "cardno", "pcardno"];
/// Elements by whose content an order and its parties are read: never changed in the archive.
const FACT_ELEMENTS: &[&str] = &[
    "BuyerCookie",
    "BuyerPartID",
    "Classification",
    "CountryCode",
    "Identity",
    "ManufacturerPartID",
    "Money",
    "Number",
    "SupplierPartAuxiliaryID",
    "SupplierPartID",
    "UnitOfMeasure",
];
/// Attributes by which they are.
const FACT_ATTRIBUTES: &[&str] = &[
    "addressID",
    "addressIDDomain",
    "agreementID",
    "agreementItemNumber",
    "algorithm",
    "alternateAmount",
    "alternateCurrency",
    "code",
    "confirmID",
    "conversionFactor",
    "creationDate",
    "currency",
    "deliveryDate",
    "deploymentMode",
    "domain",
    "expiration",
    "expirationDate",
    "inReplyTo",
    "isoCountryCode",
    "lineNumber",
    "name",
    "noticeDate",
    "operation",
    "operationAllowed",
    "orderDate",
    "orderID",
    "orderType",
    "orderVersion",
    "parentLineNumber",
    "payInNumberOfDays",
    "payloadID",
    "quantity",
    "requestName",
    "requestedDeliveryDate",
    "requestedShipmentDate",
    "requisitionID",
    "role",
    "shipmentDate",
    "timestamp",
    "type",
    "version",
];
/// Names that betray markup with a secret in it, however the markup is escaped.
const TELLTALES: &[&str] = &[
    "sharedsecret",
    "credentialmac",
    "digitalsignature",
    "pcard",
    "paymentcard",
    "creditcard",
];

/// Whether all inside this element is secret.
pub(super) fn is_secret_element(name: &[u8]) -> bool {
    let numbered = name.len() - name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    is_one_of(name.get(..numbered).unwrap_or(name), SECRET_ELEMENTS)
}

/// Whether a secret element holds what somebody could quote; of a signature nobody does.
pub(super) fn is_quotable(name: &[u8]) -> bool {
    is_secret_element(name) && !name.eq_ignore_ascii_case(b"DigitalSignature")
}

/// Whether an order is read by what this element holds.
pub(super) fn is_fact_element(name: &[u8]) -> bool {
    is_one_of(name, FACT_ELEMENTS)
}

/// Whether an order is read by this attribute, or its markup is.
pub(super) fn is_fact_attribute(name: &[u8]) -> bool {
    name.starts_with(b"xml") || is_one_of(name, FACT_ATTRIBUTES)
}

/// Whether this element's attributes are a card's.
pub(super) fn is_card_element(name: &[u8]) -> bool {
    is_one_of(name, CARD_ELEMENTS)
}

/// Whether this attribute of a card is secret.
pub(super) fn is_card_attribute(name: &[u8]) -> bool {
    is_one_of(name, CARD_ATTRIBUTES)
}

/// Whether the attribute `name` of this element is a label for what it holds.
pub(super) fn is_labelled_element(name: &[u8]) -> bool {
    is_one_of(name, LABELLED_ELEMENTS)
}

/// Whether what stands under this label is secret, in whatever case and with whatever separators it is written.
pub(super) fn is_secret_label(label: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(label.len());
    let counted = label.iter().filter(|byte| byte.is_ascii_alphanumeric());
    plain.extend(counted.map(u8::to_ascii_lowercase));
    SECRET_LABELS.iter().any(|secret| plain == secret.as_bytes()) || holds_secret_part(&plain)
}

/// One walk over the label: it is short, and a search for each part would cost more to begin than to make.
fn holds_secret_part(plain: &[u8]) -> bool {
    let mut rest = plain;
    while let [first, after @ ..] = rest {
        let begins =
            |part: &&str| part.as_bytes().first() == Some(first) && rest.starts_with(part.as_bytes());
        if SECRET_LABEL_PARTS.iter().any(begins) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether people write what they like in this element.
pub(super) fn is_free_text_element(name: &[u8]) -> bool {
    is_one_of(name, FREE_TEXT_ELEMENTS)
}

/// Whether a stretch of text names an element that holds a secret.
pub(super) fn mentions_secret(text: &[u8]) -> bool {
    let plain = text.to_ascii_lowercase();
    TELLTALES
        .iter()
        .any(|name| memchr::memmem::find(&plain, name.as_bytes()).is_some())
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_every_spelling() {
        let secret = [
            "CVV",
            "cvv2",
            "CreditCardNumber",
            "credit_card-number",
            "Card Number",
            "card.security.code",
            "CVC",
            "ccNumber",
            "CredentialMac.value",
            "SharedSecret",
            "user-password",
        ];
        let open = [
            "CostCenter",
            "UserEmail",
            "CredentialMac.type",
            "PCardHolder",
            "cvcode",
            "Account",
            "",
        ];
        for label in secret {
            assert!(is_secret_label(label.as_bytes()), "{label}");
        }
        for label in open {
            assert!(!is_secret_label(label.as_bytes()), "{label}");
        }
    }

    #[test]
    fn elements_with_and_without_a_number() {
        for name in ["SharedSecret", "sharedsecret", "SharedSecret2", "CredentialMac"] {
            assert!(is_secret_element(name.as_bytes()), "{name}");
        }
        for name in ["SharedSecretX", "Identity", "2", ""] {
            assert!(!is_secret_element(name.as_bytes()), "{name}");
        }
    }
}
